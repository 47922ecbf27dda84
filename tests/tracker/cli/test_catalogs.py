"""Brands, prompts and engines are changed by verbs, comments kept, and the audit log says who did it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from tracker.catalog import load, look
from tracker.cli import collect
from tracker.errors import CiteliftError
from tracker.notify import people

BRAND = ("--brand", "Norvane", "--domain", "norvane.com", "--rival", "Quillmere=quillmere.com")


def run(folder: Path, *words: str) -> Result:
    app = typer.Typer()
    collect.register(app)
    where = ["--catalog", str(folder / "prompts")]
    if words[0] != "init":
        where += ["--database", f"sqlite:///{folder / 'c.db'}"]
    return CliRunner().invoke(app, [*words, *where])


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of `citelift init`, changed once by each verb."""
    folder = tmp_path_factory.mktemp("started")
    for words in (
        ("init", *BRAND, "--topic", "CRM"),
        ("brands", "add", "Pipe Well", "--domain", "pipewell.com", "--not", "oil pipe"),
        ("brands", "change", "pipe well", "--name", "Pipewell", "--alias", "Pipe Well", "--clear", "not"),
        ("brands", "add", "Gone", "--owns", "gone.*"),
        ("brands", "remove", "Gone"),
        ("prompts", "add", "Which CRM syncs with mail?", "--topic", "CRM", "--country", "DE"),
        ("prompts", "change", "How do I choose a CRM?", "--text", "How do I pick a CRM?", "--weight", "2"),
        ("prompts", "remove", "Which CRM is the best value for money?"),
        ("engines", "change", "chat", "--repeats", "3", "--budget", "7.5"),
        ("engines", "remove", "anthropic"),
        (
            "notify",
            "mail",
            "--from",
            "r@acme.com",
            "--host",
            "localhost",
            "--port",
            "2525",
            "--security",
            "none",
        ),
        ("notify", "add", "ana", "--to", "ana@client.com", "--gets", "alerts"),
        ("notify", "add", "bea", "--to", "bea@client.com"),
        ("notify", "change", "ana", "--when", "daily", "--at", "09:00", "--clear", "gets"),
        ("notify", "remove", "bea"),
        ("letterhead", "--name", "Acme: Co", "--comment", "agreed # for June", "--week", "2026-05-20"),
        ("letterhead", "--accent", "#123456", "--clear", "name"),
    ):
        done = run(folder, *words)
        assert done.exit_code == 0, (words, done.output, done.exception)
    return folder


def test_who_is_told_and_how_reports_look_is_what_the_verbs_said(started: Path) -> None:
    told = people.load(started / "prompts")
    assert [(each.name, each.to, each.when, f"{each.at:%H:%M}", each.gets) for each in told.recipients] == [
        ("ana", "ana@client.com", "daily", "09:00", ("reports", "alerts"))
    ]
    assert told.smtp is not None
    assert (told.smtp.host, told.smtp.port) == ("localhost", 2525)
    report = look.load(started / "prompts")
    assert (report.name, report.accent) == ("", "#123456")
    assert {f"{day:%Y-%m-%d}": said for day, said in report.comments.items()} == {
        "2026-05-18": "agreed # for June"
    }


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("notify", "add", "ana", "--to", "a@b.c"), "two recipients are"),
        (("notify", "add", "eve", "--to", "nonsense"), "is no e-mail address"),
        (
            ("notify", "add", "eve", "--channel", "slack", "--url", "https://hooks/x"),
            "must name an env",
        ),
        (("notify", "change", "eve", "--when", "daily"), "there is no recipient"),
        (("notify", "change", "ana"), "nothing to change"),
        (("letterhead", "--accent", "red"), "cannot be used"),
        (("letterhead", "--comment", "x"), "is about a week"),
        (("letterhead", "--logo", "no.png"), "cannot be read"),
    ],
)
def test_what_notify_and_report_files_refuse_is_not_written(
    started: Path, words: tuple[str, ...], problem: str
) -> None:
    files = [started / "prompts" / name for name in ("notify.yaml", "report.yaml")]
    before = [file.read_bytes() for file in files]
    done = run(started, *words)
    assert isinstance(done.exception, CiteliftError)
    assert problem in str(done.exception)
    assert [file.read_bytes() for file in files] == before


def test_the_catalog_says_what_the_verbs_did_and_keeps_its_comments(started: Path) -> None:
    catalog = load(started / "prompts")
    assert [(b.name, b.aliases, b.not_phrases) for b in catalog.brands] == [
        ("Norvane", (), ()),
        ("Quillmere", (), ()),
        ("Pipewell", ("Pipe Well",), ()),
    ]
    texts = [(p.text, p.country, p.weight) for p in catalog.prompts]
    assert ("Which CRM syncs with mail?", "DE", 1.0) in texts
    assert ("How do I pick a CRM?", None, 2.0) in texts
    assert len(texts) == 6
    assert [(e.name, e.repeats, e.budget_micros) for e in catalog.engines] == [
        ("chat", 3, 7_500_000),
        ("perplexity", 2, 15_000_000),
    ]
    assert "# Rivals: five to ten" in (started / "prompts" / "brands.yaml").read_text("utf-8")
    assert "#  - name: openai " in (started / "prompts" / "engines.yaml").read_text("utf-8")


def test_the_audit_log_names_who_what_and_what_it_was(started: Path) -> None:
    rows = json.loads(run(started, "audit", "--json").stdout)["rows"]
    assert [row["what"] for row in reversed(rows)] == [
        "brand added",
        "brand changed",
        "brand added",
        "brand removed",
        "prompt added",
        "prompt changed",
        "prompt removed",
        "engine changed",
        "engine removed",
        "mail changed",
        "recipient added",
        "recipient added",
        "recipient changed",
        "recipient removed",
        "report look changed",
        "report look changed",
    ]
    assert all(row["who"] for row in rows)
    (engine,) = (row for row in rows if row["what"] == "engine changed")
    assert engine["before"]["budget_usd"] == "15.00"
    assert "Pipewell" in run(started, "audit").stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("brands", "change", "Nobody", "--name", "x"), "there is no brand 'Nobody'"),
        (("brands", "change", "Norvane"), "nothing to change"),
        (("brands", "remove", "Norvane"), "no brand is yours"),
        (("engines", "add", "openai"), "stand beside real ones"),
        (("engines", "add", "nonsense"), "no engine 'nonsense' to begin with"),
        (("prompts", "add", "Which CRM syncs with mail?", "--country", "DE"), "the prompt of line"),
    ],
)
def test_what_is_refused_changes_nothing(started: Path, words: tuple[str, ...], problem: str) -> None:
    before = [path.read_bytes() for path in sorted((started / "prompts").iterdir())]
    done = run(started, *words)
    assert isinstance(done.exception, CiteliftError)
    assert problem in done.exception.problem
    assert [path.read_bytes() for path in sorted((started / "prompts").iterdir())] == before


def test_prompts_come_from_a_file_and_what_is_wrong_is_told(started: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("text,country\nBest CRM?,US\nBest CRM?,US\nWorse?,Atlantis\n", "utf-8")
    done = run(started, "prompts", "import", str(tmp_path / "p.csv"), "--topic", "more", "--json")
    assert done.exit_code == 3
    told = json.loads(done.stdout)
    assert (told["added"], told["known"], [r["line"] for r in told["rejected"]]) == (1, 1, [4])
    rows = json.loads(run(started, "prompts", "list", "--json").stdout)["rows"]
    assert rows[-1] == {"topic": "more", "text": "Best CRM?", "country": "US"}
    assert run(started, "prompts", "remove", "Best CRM?").exit_code == 0


def test_a_first_question_joins_a_catalog_that_has_none(tmp_path: Path) -> None:
    assert run(tmp_path, "init", *BRAND).exit_code == 0
    assert run(tmp_path, "prompts", "add", "Best CRM?").exit_code == 0
    assert [prompt.text for prompt in load(tmp_path / "prompts").prompts] == ["Best CRM?"]


def test_known_engines_are_listed_and_added_with_their_row(tmp_path: Path) -> None:
    assert run(tmp_path, "init", *BRAND, "--topic", "CRM", "--engine", "claude").exit_code == 0
    known = json.loads(run(tmp_path, "engines", "list", "--known", "--json").stdout)["rows"]
    assert {"openai", "perplexity", "gemini"} <= {row["name"] for row in known}
    assert run(tmp_path, "engines", "add", "openai", "--repeats", "5").exit_code == 0
    (added,) = [engine for engine in load(tmp_path / "prompts").engines if engine.name == "openai"]
    assert (added.repeats, added.budget_micros) == (5, 5_000_000)
