"""The pipeline of prospects: one record a site, into a spreadsheet and back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.opportunities import decide
from tests.facts import Facts
from tracker import spreadsheet, store
from tracker.errors import DataError, UsageError
from tracker.links import prospects as records
from tracker.links.prospects import HEADS, Prospect, ProspectChange

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def written(database: Engine, site: str, at: datetime = NOW, **what: str) -> Prospect:
    with store.writing(database) as session:
        return records.change(session, 1, site, ProspectChange(**what), now=at)


def known(database: Engine) -> dict[str, Prospect]:
    with store.reading(database) as session:
        return records.prospects(session, 1)


def imported(database: Engine, path: Path) -> records.ProspectImport:
    with store.writing(database) as session:
        return records.import_file(session, 1, path, now=NOW + timedelta(days=1))


def exported(rows: dict[str, Prospect], path: Path) -> Path:
    text = spreadsheet.text(HEADS, (each.cells() for each in rows.values()))
    path.write_text(text, spreadsheet.ENCODING, newline="")
    return path


def test_what_is_not_named_stays_and_the_opportunity_is_the_same_record(database: Engine) -> None:
    Facts().store(database)
    written(database, "https://blog.example.org/post", stage="contacted", owner="Ana", cost="$1,250.50")
    after = written(database, "example.org", NOW + timedelta(hours=1), note="two\nlines \u202e")
    assert after == Prospect(
        domain="example.org",
        stage="contacted",
        owner="Ana",
        note="two lines",
        cost_micros=1_250_500_000,
        started_at=NOW,
        changed_at=NOW + timedelta(hours=1),
    )
    assert after.state == "working"
    decide(database, frames.world(database), "example.org", "done", now=NOW + timedelta(hours=2))
    now = known(database)["example.org"]
    assert (now.stage, now.owner, now.note, now.cost_micros) == ("done", "Ana", "two lines", 1_250_500_000)
    assert written(database, "example.org", cost="").cost_micros is None


@pytest.mark.parametrize(
    ("site", "what", "said"),
    [
        ("no domain", {"stage": "done"}, "is no domain"),
        ("a.com", {"stage": "maybe"}, "there is no stage 'maybe'"),
        ("a.com", {"cost": "cheap"}, "is no cost"),
        ("a.com", {"cost": "-3"}, "is no cost"),
        ("a.com", {"cost": "NaN"}, "is no cost"),
        ("a.com", {"cost": "1e99"}, "is no cost"),
        ("a.com", {"value": "much"}, "is no cost"),
        ("a.com", {"due": "soon"}, "is no day"),
        ("a.com", {"due": "2026-02-30"}, "is no day"),
    ],
)
def test_what_nobody_can_mean_is_refused(
    sqlite_database: Engine, site: str, what: dict[str, Any], said: str
) -> None:
    Facts().store(sqlite_database)
    with pytest.raises(UsageError, match=said):
        written(sqlite_database, site, **what)
    assert known(sqlite_database) == {}


NOTES = (
    "=1+1",
    "'=1+1",
    "''+x",
    "-5 dollars; =cmd|x",
    'it\'s "fine", ok',
    "＝wide",
    "@you",
    "'quoted'",
    "a;b\t=c",
)


def test_a_pipeline_goes_to_a_spreadsheet_and_back_unchanged(database: Engine, tmp_path: Path) -> None:
    Facts().store(database)
    for n, note in enumerate(NOTES):
        written(
            database,
            f"site{n}.example",
            stage="replied",
            owner="=HYPERLINK(1)",
            contact="https://a.example/?q=-1",
            campaign="+spring",
            note=note,
            cost=f"{n}.25",
            value=f"{n}00",
            due=f"2026-07-{n + 1:02}",
        )
    before = known(database)
    file = exported(before, tmp_path / "p.csv")
    cells = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    assert not [c for row in cells for c in row if c[:1] in "=+-@" and c]
    assert imported(database, file).as_json() == {
        "read": len(NOTES),
        "stored": 0,
        "already_there": len(NOTES),
        "rejected": 0,
        "rejects": [],
    }
    with store.writing(database) as session:
        session.connection().exec_driver_sql("delete from opportunitystate")
    assert imported(database, file).stored == len(NOTES)
    assert [(p.cells()[:-1]) for p in known(database).values()] == [p.cells()[:-1] for p in before.values()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("domain\na.com\nhttps://www.b.com/x\n", dict.fromkeys(("a.com", "b.com"), ("open", "", None))),
        (
            "Domain;Stage;Owner;Cost USD\na.com;Contacted;Ana;12\n",
            {"a.com": ("contacted", "Ana", 12_000_000)},
        ),
        (  # BuzzStream, as its help centre names the columns
            "Website,Relationship Stage,Assigned To,Payment - Amount\na.com,Attempting to Reach,Bo,\n",
            {"a.com": ("contacted", "Bo", None)},
        ),
        (  # Pitchbox
            "Opportunity URL\tOpportunity Status\tLink Type Price\nhttps://a.com/best\tWon\t$80\n",
            {"a.com": ("done", "", 80_000_000)},
        ),
        ("domain,stage\na.com,\n", {}),
        ("domain,stage\na.com,replied\na.com,agreed\n", {"a.com": ("agreed", "", None)}),
    ],
)
def test_files_of_other_tools_are_read(
    sqlite_database: Engine, tmp_path: Path, text: str, found: dict[str, Any]
) -> None:
    Facts().store(sqlite_database)
    (tmp_path / "p.csv").write_text(text, "utf-8")
    assert imported(sqlite_database, tmp_path / "p.csv").rejects == []
    assert {n: (p.stage, p.owner, p.cost_micros) for n, p in known(sqlite_database).items()} == found


def test_a_bad_row_is_rejected_with_its_line_and_the_others_go_in(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    Facts().store(sqlite_database)
    text = "domain,stage,cost\na.com,done,1\nnot a site,done,\nb.com,someday,\nc.com,open,much\n"
    (tmp_path / "p.csv").write_text(text, "utf-8")
    made = imported(sqlite_database, tmp_path / "p.csv")
    assert (made.stored, [each.line for each in made.rejects]) == (1, [3, 4, 5])
    assert "there is no stage 'someday'" in made.rejects[1].reason
    assert set(known(sqlite_database)) == {"a.com"}


def test_a_file_without_sites_is_refused_with_the_heads_it_may_have(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    Facts().store(sqlite_database)
    (tmp_path / "p.csv").write_text("name,colour\nx,red\n", "utf-8")
    with pytest.raises(DataError, match="no column that names sites"):
        imported(sqlite_database, tmp_path / "p.csv")
