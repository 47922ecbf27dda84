from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner

from analysis import frames
from analysis.cli import answers as cli
from tests.analysis.report.test_write import world_with_links
from tests.analysis.test_changes import two_weeks
from tests.facts import Facts, week
from tracker import store
from tracker.errors import CiteliftError, UsageError
from tracker.models import Workspace


@pytest.fixture
def address(sqlite_database: Engine) -> str:
    world_with_links(sqlite_database)
    return sqlite_database.url.render_as_string(hide_password=False)


def run(address: str, *words: str) -> str:
    app = typer.Typer()
    cli.register(app)
    result = CliRunner().invoke(app, [*words, "--database", address, "--workspace", "ws1"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def read(address: str, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(address, *words, "--json"))
    return found


def test_visibility_has_the_published_fields_in_every_cell(address: str) -> None:
    found = read(address, "visibility")
    assert found["window"] == {"from": "2026-03-02", "to": "2026-03-22"}
    row = found["rows"][0]
    assert {
        "brand",
        "engine",
        "topic",
        "week",
        "answers",
        "mention_rate",
        "low",
        "high",
        "citation_rate",
    } <= set(row)
    assert (row["engine"], row["topic"], row["week"], row["answers"]) == ("alpha", "crm", "2026-03-02", 48)
    assert row["low"] < row["mention_rate"] < row["high"]
    assert len(found["rows"]) == 3 * 4
    whole = {r["brand"]: r["answers"] for r in found["headline"]}
    assert whole == dict.fromkeys(("Norvane", "Oltera", "Quillo", "Vantra"), 144)


def test_a_grouping_and_a_brand_can_be_chosen(address: str) -> None:
    rows = read(address, "visibility", "--by", "week", "--brand", "oltera", "--weeks", "2")["rows"]
    assert [(r["brand"], r["week"], r["engine"]) for r in rows] == [
        ("Oltera", "2026-03-09", None),
        ("Oltera", "2026-03-16", None),
    ]


def test_lift_has_the_published_fields(address: str) -> None:
    found = read(address, "lift")
    assert set(found) >= {"design", "brand", "window", "answers", "prompts", "direction", "rows"}
    assert (found["design"], found["brand"], found["answers"], found["prompts"]) == (
        "within-answer",
        None,
        144,
        8,
    )
    (row,) = found["rows"]
    wanted = {"source", "lift", "low", "high", "p", "q", "exposed", "prompts", "verdict", "checks"}
    wanted |= {"gated", "pull", "pull_low", "missing", "missing_low", "works"}
    assert wanted <= set(row)
    assert {"by_family", "exports_know", "warnings"} <= set(found)
    assert (row["source"], row["exposed"]) == ("example.org", 72)
    assert (row["lift"] is None) == (row["verdict"] == "not enough data")
    assert (found["direction"]["verdict"], row["direction"]) == ("not testable", None)


def test_association_has_the_published_fields(address: str) -> None:
    (row,) = read(address, "association", "--authority", "pagerank")["rows"]
    assert set(row) >= {
        "engine",
        "authority",
        "domains",
        "spearman",
        "low",
        "high",
        "odds_ratio_per_doubling",
        "or_low",
        "or_high",
        "answers",
    }


def test_opportunities_have_the_published_fields_and_take_decisions(
    address: str, sqlite_database: Engine
) -> None:
    from tests.facts import Facts

    facts = Facts(workspace=2, first_answer=9_000)
    facts.answer("best crm", cited=["https://news.example.org/best"])
    facts.store(sqlite_database)
    words = ("--database", address, "--workspace", "ws2")
    app = typer.Typer()
    cli.register(app)
    assert (
        CliRunner()
        .invoke(app, ["opportunities", "--set", "example.org=working", "--note", "n", *words])
        .exit_code
        == 0
    )
    found = json.loads(CliRunner().invoke(app, ["opportunities", "--json", *words]).output)
    (row,) = found["rows"]
    assert set(row) >= {"source", "cited_answers", "engines", "links_to_rivals", "links_to_own", "reasons"}
    assert (row["source"], row["cited_answers"], row["state"], row["note"]) == (
        "example.org",
        1,
        "working",
        "n",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("visibility",),
        ("visibility", "--by", "engine,week"),
        ("visibility", "--definitions"),
        ("visibility", "--compare"),
        ("changes",),
        ("sources",),
        ("stability",),
        ("lift", "--checks", "none"),
        ("association", "--authority", "referring_domains"),
        ("authority",),
        ("authority", "--metric", "referring_domains"),
        ("events",),
        ("opportunities", "--no-gains"),
        ("quality", "--show", "factors"),
        ("quality", "--show", "anchors"),
        ("quality", "--show", "velocity"),
        ("quality", "--show", "review"),
        ("classify",),
        ("classify", "--pages", "--weeks", "1"),
    ],
)
def test_every_verb_prints_a_table_and_json(address: str, words: tuple[str, ...]) -> None:
    assert run(address, *words)
    assert read(address, *words)


@pytest.mark.parametrize(
    "verb", ["visibility", "changes", "sources", "stability", "lift", "events", "opportunities", "quality"]
)
def test_an_empty_workspace_is_told_quietly(sqlite_database: Engine, verb: str) -> None:
    from tests.facts import Facts

    Facts().store(sqlite_database)
    address = sqlite_database.url.render_as_string(hide_password=False)
    run(address, verb)
    assert read(address, verb)["rows"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("visibility", "--engine", "nobody"), "no engine 'nobody'"),
        (("visibility", "--topic", "nothing"), "no topic 'nothing'"),
        (("visibility", "--by", "colour"), "cannot group by colour"),
        (("visibility", "--brand", "Nobody"), "no brand 'Nobody'"),
        (("lift", "--from", "2026-03-16", "--to", "2026-03-02"), "--from lies after --to"),
        (("association", "--authority", "nothing"), "no authority metric"),
        (("report", "--week", "2020-01-01"), "no answers in the week"),
    ],
)
def test_wrong_words_end_with_exit_code_2(address: str, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        run(address, *words)
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_a_database_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CiteliftError, match="no database"):
        run(f"sqlite:///{tmp_path / 'nothing.db'}", "visibility")


def test_the_report_lists_its_files(address: str, tmp_path: Path) -> None:
    files = read(address, "report", "--out", str(tmp_path), "--format", "html,md")["files"]
    assert [Path(name).suffix for name in files] == [".html", ".md"]
    assert all(Path(name).stat().st_size > 1000 for name in files)


def test_changes_are_paired_by_prompt(sqlite_database: Engine) -> None:
    two_weeks(0.2, 0.7).store(sqlite_database)
    rows = read(sqlite_database.url.render_as_string(hide_password=False), "changes")["rows"]
    own = next(r for r in rows if r["brand"] == "Norvane" and r["measure"] == "mention_rate")
    assert (own["verdict"], own["difference"]["clusters"]) == ("up", 8)


def test_the_verbs_load_nothing_heavy_before_they_run() -> None:
    heavy = ("numpy", "pandas", "scipy", "sqlalchemy")
    code = f"import sys, analysis.cli.answers; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_spearman_on_the_reference_data_is_as_published(sqlite_database: Engine) -> None:
    import csv
    import gzip

    from tests.facts import Facts
    from tests.shared import shared
    from tracker import domains

    with gzip.open(shared("data/citations/perplexity_2024-11.jsonl.gz"), "rt", encoding="utf-8") as lines:
        answers = [json.loads(line) for line in lines]
    facts = Facts(engines=("perplexity",), prompts=tuple(dict.fromkeys(a["prompt"] for a in answers)))
    for answer in answers:
        urls = [c["url"] for c in answer["citations"] if domains.try_parse(c["url"])]
        facts.answer(answer["prompt"], "perplexity", cited=urls, repeat=answer["repeat"])
    with shared("data/authority/majestic_million_top15000.csv").open(newline="") as file:
        facts.authority("subnets", {row["Domain"]: float(row["RefSubNets"]) for row in csv.DictReader(file)})
    facts.store(sqlite_database)
    address = sqlite_database.url.render_as_string(hide_password=False)
    (row,) = read(address, "association", "--authority", "subnets")["rows"]
    # 933 and 0.399 by the suffix list alone; here tenants of platforms are sites of their own
    assert (row["domains"], row["spearman"]) == (926, pytest.approx(0.405, abs=0.003))
    assert frames.authority_metrics(sqlite_database)["metric"].tolist() == ["subnets"]


@pytest.mark.parametrize("option", ["--country", "--language"])
@pytest.mark.parametrize(
    "verb",
    [
        "visibility",
        "changes",
        "sources",
        "stability",
        "lift",
        "association",
        "events",
        "opportunities",
        "report",
    ],
)
def test_a_country_or_language_that_no_prompt_has_is_refused(address: str, verb: str, option: str) -> None:
    with pytest.raises(UsageError, match=f"there is no {option[2:]} 'XX'"):
        run(address, verb, option, "XX")


def test_a_report_is_of_the_prompts_of_one_language(sqlite_database: Engine, tmp_path: Path) -> None:
    facts = Facts(languages={"best crm": "de"})
    facts.answer("best crm", named=["Norvane"])
    facts.answer("cheap crm")
    facts.store(sqlite_database)
    address = sqlite_database.url.render_as_string(hide_password=False)
    (path,) = json.loads(
        run(address, "report", "--language", "DE", "--format", "md", "--out", str(tmp_path), "--json")
    )["files"]
    assert path.endswith("-de.md")
    text = Path(path).read_text("utf-8")
    assert "1 answer to 1 question from alpha" in text
    assert "Only questions of: de" in text
    rows = read(address, "visibility", "--by", "language", "--brand", "Norvane")["rows"]
    assert [(row["language"], row["mention_rate"]) for row in rows] == [("de", 1.0), (None, 0.0)]


def test_no_answers_says_why(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", problem="refused")
    facts.store(sqlite_database)
    address = sqlite_database.url.render_as_string(hide_password=False)
    assert "All 1 answer here are left out: 1 failed or came empty." in run(address, "visibility")


def test_sources_say_which_cited_sites_may_be_ours_and_what_is_no_address(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("best crm",))
    for number in range(3):
        facts.answer("best crm", at=week(number), named=["Norvane"], cited=["https://norvane.de/preise"])
    facts.store(sqlite_database)
    address = sqlite_database.url.render_as_string(hide_password=False)
    read_back = read(address, "sources")
    assert read_back["yours"] == [{"domain": "norvane.de", "brand": "Norvane", "own": True, "answers": 3}]
    assert read_back["no_address"] == {"citations": 0, "examples": []}
    shown = " ".join(run(address, "sources").split())
    assert "norvane.de, cited by 3 answers, belongs to no brand: yours?" in shown


def test_every_number_says_in_which_time_zone_its_weeks_run(address: str, sqlite_database: Engine) -> None:
    assert "Weeks run from Monday to Sunday, in UTC." in " ".join(run(address, "visibility").split())
    with store.writing(sqlite_database) as session:
        session.get_one(Workspace, 1).timezone = "Europe/Berlin"
    assert "in the time of Europe/Berlin." in " ".join(run(address, "visibility").split())
