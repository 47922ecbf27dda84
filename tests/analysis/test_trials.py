"""An experiment on a workspace, from the draft to the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner

from analysis import frames, trials
from analysis.cli import experiments as cli
from analysis.experiments import paper
from tests.analysis.experiments.worlds import NAME, SITES, START, after, answered, drawn_of, started
from tracker import experiments, store
from tracker.errors import UsageError

DRAWN = ("site3.org", "site1.org", "site5.org", "site8.org", "site4.org", "site10.org", "site14.org")


def stored(database: Engine) -> experiments.Stored:
    with store.reading(database) as session:
        return experiments.read(session, frames.world(database).id, NAME)


@pytest.fixture(scope="module")
def once(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The lots of a seed are known beforehand: so are the sites that work."""
    path = tmp_path_factory.mktemp("experiment") / "citelift.db"
    path.write_bytes(sqlite_template)
    database = store.open_database(f"sqlite:///{path}")
    answered(database, lift=0.5, drawn=DRAWN)
    assert set(drawn_of(started(database))) == set(DRAWN)
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path.read_bytes()


@pytest.fixture
def ended(once: bytes, tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "citelift.db").write_bytes(once)
    database = store.open_database(f"sqlite:///{tmp_path / 'citelift.db'}")
    yield database
    database.dispose()


def test_a_finished_experiment_may_say_raised(ended: Engine) -> None:
    found = trials.result(ended, frames.world(ended), stored(ended), today=after())
    assert found.verdict == "raised"
    assert "raised how often Norvane is named" in found.sentence
    assert (found.progress.won, found.progress.drawn, found.progress.crossed) == (7, 7, 0)
    assert found.reading.unnamed.p == 4 / 2**7
    assert found.reading.of_link.region is not None


def test_nothing_is_said_before_the_window_is_over(ended: Engine) -> None:
    last = date(2026, 7, 19)
    with pytest.raises(UsageError, match=r"runs until 2026-07-19"):
        trials.result(ended, frames.world(ended), stored(ended), today=last)
    seen = trials.progress(ended, frames.world(ended), stored(ended), today=last)
    assert (seen.over, seen.weeks_done, seen.weeks) == (False, 8, 8)


def test_links_that_no_export_knows_count_as_recorded(sqlite_database: Engine) -> None:
    answered(sqlite_database)
    first = drawn_of(started(sqlite_database))[0]
    world = frames.world(sqlite_database)
    now = stored(sqlite_database).drafted_at + timedelta(weeks=30)
    for day, kind in ((START + timedelta(weeks=4), "link"), (START + timedelta(weeks=8), "lost")):
        line = experiments.BookLine(now, day, kind, first, "Ana", "")
        with store.writing(sqlite_database) as session:
            experiments.record(session, world.id, NAME, line)
    seen = trials.progress(sqlite_database, world, stored(sqlite_database), today=after())
    work = next(each for each in seen.work if each.source == first)
    assert (work.told, work.who, work.last, seen.won) == (True, "Ana", "lost", 1)
    assert work.live[0] == pytest.approx(28 / 56, abs=0.04)


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        ({"sources": SITES[:10]}, "5 pairs are too few"),
        ({"sources": (*SITES[:13], "site1.org/")}, "named twice"),
        ({"sources": (*SITES[:13], "nobody.org")}, "cited without your name in 0 answers"),
        ({"sources": (*SITES[:13], "not a site")}, "no site and no page"),
        ({"sources": (), "pairs": 5}, "5 pairs are too few"),
        ({"design": "switch", "sources": ()}, "pages that you control"),
        ({"design": "switch", "weeks": 7}, "even number of weeks"),
        ({"before": 3}, "weeks are too few"),
        ({"outcome": "sales"}, "no outcome 'sales'"),
    ],
)
def test_what_nothing_could_come_of_is_refused(
    sqlite_database: Engine, draft: dict[str, object], why: str
) -> None:
    answered(sqlite_database, weeks=9)
    asked = replace(trials.ExperimentDraft(NAME, SITES), **draft)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=why):
        trials.propose(sqlite_database, frames.world(sqlite_database), asked, today=START)


def test_a_site_that_links_already_is_no_candidate(sqlite_database: Engine) -> None:
    answered(sqlite_database, weeks=9, drawn=("site1.org",))
    world = frames.world(sqlite_database)
    late = START + timedelta(weeks=3)
    with pytest.raises(UsageError, match=r"site1.org links to you already"):
        trials.propose(sqlite_database, world, trials.ExperimentDraft(NAME, SITES), today=late)
    found = trials.propose(sqlite_database, world, trials.ExperimentDraft(NAME), today=late)
    assert "site1.org" not in trials.sources_of(found)
    assert len(found["pairs"]) == 6


def test_pages_are_switched_in_blocks_of_two_weeks(sqlite_database: Engine) -> None:
    answered(sqlite_database)
    pages = [f"https://www.{site}/best" for site in SITES[:4]]
    protocol = started(sqlite_database, design="switch", sources=tuple(pages), settle=1, weeks=12)
    assert [len(pair["drawn"]) for pair in protocol["pairs"]] == [6, 6]
    assert protocol["pairs"][0]["first"] == "https://site3.org/best"
    found = trials.result(
        sqlite_database, frames.world(sqlite_database), stored(sqlite_database), today=after()
    )
    assert (found.reading.lots, found.progress.e) == (12, None)


# --- the page to sign ---------------------------------------------------------------------------------------


def test_the_protocol_fits_one_page_and_takes_names_as_they_are(ended: Engine, tmp_path: Path) -> None:
    one = stored(ended)
    protocol = dict(one.started) | {"brand": "<b>$x$ #evil</b>", "pairs": list(one.started["pairs"]) * 3}
    paths = paper.write(protocol, "0" * 64, tmp_path, "protocol")
    assert [path.suffix for path in paths] == [".html", ".pdf", ".json"]
    html, pdf = paths[0].read_text("utf-8"), paths[1].read_bytes()
    assert "<b>$x$" not in html
    assert "site13.org" in html
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") <= 1
    assert json.loads(paths[2].read_text("utf-8"))["hash"] == "0" * 64


# --- the command --------------------------------------------------------------------------------------------


def run(database: Engine, *words: str) -> str:
    app = typer.Typer()
    cli.register(app)
    address = database.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(app, ["experiment", *words, "--database", address, "--workspace", "ws1"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_the_command_reads_a_finished_experiment_and_keeps_its_first_word(
    ended: Engine, tmp_path: Path
) -> None:
    assert "raised" in run(ended, "result", NAME)
    found = json.loads(run(ended, "result", NAME, "--json"))
    assert (found["verdict"], found["outcomes"]["unnamed"]["p"]) == ("raised", 4 / 2**7)
    run(ended, "look", NAME)
    assert [line.kind for line in stored(ended).book] == ["result", "look"]
    run(ended, "list", NAME, "--out", str(tmp_path))
    assert "is what was started" in run(
        ended, "list", NAME, "--compare", str(tmp_path / "protocol-spring.json")
    )
    rows = json.loads(run(ended, "list", "--json"))["rows"]
    assert [(row["name"], row["state"], row["changed"]) for row in rows] == [(NAME, "read", None)]


@pytest.mark.parametrize("words", [("new", NAME), ("start", NAME), ("start", NAME, "--seed", "luckier")])
def test_the_command_changes_no_experiment_that_started(ended: Engine, words: tuple[str, ...]) -> None:
    before = stored(ended)
    with pytest.raises(UsageError, match="is not changed any more"):
        run(ended, *words)
    assert stored(ended) == before


def test_the_command_foresees_what_a_draft_would_see(sqlite_database: Engine) -> None:
    answered(sqlite_database, weeks=9)
    started(sqlite_database)
    rows = json.loads(run(sqlite_database, "power", NAME, "--won", "100", "--json"))["rows"]
    chances = [row["unnamed"] for row in rows]
    assert [row["lift"] for row in rows] == [0.1, 0.2, 0.3]
    assert chances == sorted(chances)
