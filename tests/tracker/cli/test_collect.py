"""The verbs of collecting as people type them: what they print, what they store, how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import func
from sqlmodel import select

from tests.shared import ROOT, SHARED, shared
from tests.tracker.cli.calling import invoke
from tracker import store
from tracker.errors import CatalogError, CiteliftError, DataError, StoreError, UsageError
from tracker.models import Answer, Ask, Event, Run
from tracker.store import open_database

WIRE = sorted(p.relative_to(SHARED / "wire").as_posix() for p in (SHARED / "wire").glob("*/*") if p.is_file())
BODIES = [name for name in WIRE if "request" not in name]
BRANDS = """workspace: acme
brands:
  - {name: Norvane, domains: [norvane.com], own: true}
  - {name: Quellby, domains: [quellby.com]}
"""
RECORD = {
    "asked_at": "2026-06-01T09:00:00Z",
    "engine": "perplexity",
    "prompt": "Which CRM?",
    "text": "Norvane.",
}
Cite = Callable[..., Result]


def write_catalog(folder: Path, *engines: str, prompts: int = 4, brands: str = BRANDS) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "brands.yaml").write_text(brands)
    texts = "".join(
        f"  - {{text: 'What is the best CRM for team {n}?', topic: crm}}\n" for n in range(prompts)
    )
    (folder / "tracked.yaml").write_text(f"prompts:\n{texts}")
    rows = engines or ("{name: chat, model: sandbox/chat, repeats: 2}",)
    (folder / "engines.yaml").write_text("engines:\n" + "".join(f"  - {row}\n" for row in rows))
    return folder


@pytest.fixture
def cite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cite:
    """Runs one command in an empty folder with a small catalog; an error of ours is raised as it is."""
    monkeypatch.chdir(tmp_path)
    write_catalog(tmp_path / "prompts")

    def call(*words: object, code: int = 0) -> Result:
        result = invoke(*words)
        if isinstance(result.exception, CiteliftError):
            raise result.exception
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return call


def citelift(folder: Path, *words: str, timeout: float = 60, **environment: str) -> Any:
    """A real process without a terminal."""
    return subprocess.run(
        [sys.executable, "-c", "from dashboard.command import main; main()", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def count(folder: Path, table: type) -> int:
    database = open_database(f"sqlite:///{folder / 'citelift.db'}")
    with store.reading(database) as session:
        found = session.exec(select(func.count()).select_from(table)).one()
    database.dispose()
    return found


# --- the command itself -------------------------------------------------------------------------------------


def test_help_answers_without_what_is_heavy(tmp_path: Path) -> None:
    program = """
import sys
from dashboard.command import app
try:
    app(["--help"])
finally:
    heavy = {"litellm", "numpy", "scipy", "pandas", "streamlit", "altair", "sklearn", "duckdb"}
    heavy |= {"sqlalchemy", "httpx"}
    print("HEAVY", sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert "HEAVY []" in done.stdout, done.stdout[-300:] + done.stderr[-300:]
    for verb in (
        "init",
        "check",
        "plan",
        "run",
        "import",
        "webgraph",
        "pages",
        "disavow",
        "snapshots",
        "serve",
    ):
        assert f" {verb} " in done.stdout


def test_an_error_is_two_lines_on_the_error_output_with_its_exit_code(tmp_path: Path) -> None:
    done = citelift(tmp_path, "plan", "--catalog", "nowhere")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error ")
    assert "fix: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_setting_names_its_variable(cite: Cite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELIFT_CONCURRENCY", "many")
    with pytest.raises(UsageError, match="CITELIFT_CONCURRENCY"):
        cite("plan")


# --- check --------------------------------------------------------------------------------------------------


def problems(result: Result) -> set[tuple[str, str]]:
    return {(p["level"], p["id"]) for p in json.loads(result.stdout)["problems"]}


def test_check_of_a_good_catalog_has_no_errors(cite: Cite, tmp_path: Path) -> None:
    write_catalog(tmp_path / "prompts", prompts=12)
    assert not {level for level, _ in problems(cite("check", "--json"))} & {"error"}


def test_check_names_every_mistake_of_a_catalog_with_file_and_line(cite: Cite, tmp_path: Path) -> None:
    (tmp_path / "prompts" / "brands.yaml").write_text(
        BRANDS + "  - {name: Third, domains: [co.uk], colour: red}\n"
    )
    (tmp_path / "prompts" / "tracked.yaml").write_text("prompts:\n  - {text: 'A?'}\n  - {text: 'A?'}\n")
    result = cite("check", "--json", code=2)
    found = [p for p in json.loads(result.stdout)["problems"] if p["level"] == "error"]
    assert len(found) >= 3
    assert any("brands.yaml:5" in p["where"] for p in found)
    assert any("tracked.yaml:3" in p["where"] for p in found)
    assert all(p["hint"] for p in found)


def test_check_names_the_key_that_is_missing(cite: Cite, tmp_path: Path) -> None:
    write_catalog(tmp_path / "prompts", "{name: gpt, model: openai/gpt-4o-mini}")
    result = cite("check", code=2)
    assert "OPENAI_API_KEY" in result.stdout
    assert "engine.key" in result.stdout


def test_check_refuses_sandbox_and_real_engines_together(
    cite: Cite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-real")
    write_catalog(
        tmp_path / "prompts", "{name: a, model: sandbox/chat}", "{name: b, model: openai/gpt-4o-mini}"
    )
    assert ("error", "catalog.mixed") in problems(cite("check", "--json", code=2))


@pytest.mark.parametrize(
    "damage", [b"this is no database, it only has its name" * 50, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_check_says_that_a_database_is_damaged(cite: Cite, tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "citelift.db").write_bytes(damage)
    assert any(name.startswith("database") for _, name in problems(cite("check", "--json", code=2)))


def test_check_says_that_a_database_has_lost_pages(cite: Cite, tmp_path: Path) -> None:
    cite("check")
    path = tmp_path / "citelift.db"
    body = bytearray(path.read_bytes())
    for start in range(8 * 4096, len(body), 4096):
        body[start : start + 200] = b"\xa5" * 200
    path.write_bytes(bytes(body))
    found = problems(cite("check", "--json", code=2))
    assert any(level == "error" and name.startswith("database") for level, name in found)


# --- plan and run -------------------------------------------------------------------------------------------


def test_plan_shows_the_matrix_and_the_money_and_writes_nothing(cite: Cite, tmp_path: Path) -> None:
    write_catalog(tmp_path / "prompts", "{name: chat, model: sandbox/chat, repeats: 3, budget_usd: 0.001}")
    shown = cite("plan").stdout
    assert "12 asks" in shown
    assert "A month" in shown
    plan = json.loads(cite("plan", "--json").stdout)
    assert {"workspace", "asks", "most_usd", "likely_usd", "runs_per_month", "month_usd", "rows"} <= set(plan)
    (row,) = plan["rows"]
    assert (plan["workspace"], row["prompts"], row["repeats"], row["asks"]) == ("acme", 4, 3, 12)
    assert row["budget_usd"] == 0.001
    assert row["verdict"] != "within budget"
    assert not (tmp_path / "citelift.db").exists()


def test_a_run_is_asked_resumed_listed_and_read_again(cite: Cite, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run to resume"):
        cite("run", "--resume")
    done = json.loads(cite("run", "--key", "monday", "--at", "2026-03-02", "--json").stdout)
    assert (done["state"], done["states"]) == ("done", {"answered": 8})
    again = json.loads(cite("run", "--key", "monday", "--at", "2026-03-02", "--json").stdout)
    assert again["run"] == done["run"]
    assert count(tmp_path, Answer) == count(tmp_path, Ask) == 8
    (row,) = json.loads(cite("runs", "--json").stdout)["rows"]
    assert (row["run"], row["state"], row["asked_for"][:10]) == (done["run"], "done", "2026-03-02")
    assert "done" in cite("runs").stdout
    assert "Read 8 answers again" in cite("reread").stdout
    assert count(tmp_path, Answer) == 8
    with pytest.raises(UsageError, match="no workspace other"):
        cite("runs", "--workspace", "other")


def test_a_run_stops_at_its_budget_with_exit_code_4_and_goes_on_with_more_money(
    cite: Cite, tmp_path: Path
) -> None:
    write_catalog(tmp_path / "prompts", "{name: chat, model: sandbox/chat, repeats: 2, budget_usd: 0.0001}")
    said = json.loads(cite("run", "--json", code=4).stdout)
    assert said["state"] == "stopped at the budget"
    write_catalog(tmp_path / "prompts", "{name: chat, model: sandbox/chat, repeats: 2, budget_usd: 50}")
    assert json.loads(cite("run", "--resume", "--json").stdout)["states"] == {"answered": 8}
    assert count(tmp_path, Run) == 1


def test_a_run_without_its_key_asks_nothing(cite: Cite, tmp_path: Path) -> None:
    write_catalog(tmp_path / "prompts", "{name: gpt, model: openai/gpt-4o-mini}")
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        cite("run")
    with pytest.raises(UsageError, match="sandbox engines"):
        cite("run", "--at", "2026-03-02")
    assert count(tmp_path, Run) == 0


def test_a_bad_catalog_ends_a_run_before_it_begins(cite: Cite, tmp_path: Path) -> None:
    (tmp_path / "prompts" / "engines.yaml").write_text("engines: [{name: chat, modell: sandbox/chat}]\n")
    with pytest.raises(CatalogError, match=r"engines\.yaml") as refusal:
        cite("run")
    assert refusal.value.exit_code == 2
    assert not (tmp_path / "citelift.db").exists() or count(tmp_path, Run) == 0


@pytest.mark.parametrize("verb", [("runs",), ("schedule", "list"), ("event", "list")])
def test_reading_makes_no_database(cite: Cite, tmp_path: Path, verb: tuple[str, ...]) -> None:
    with pytest.raises(StoreError, match="no database"):
        cite(*verb)
    assert not (tmp_path / "citelift.db").exists()


# --- recorded bodies and answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", BODIES or ["EXPECTED.json"])
def test_every_recorded_body_is_read_as_expected(cite: Cite, name: str) -> None:
    body = shared(f"wire/{name}")
    expected = json.loads(shared("wire/EXPECTED.json").read_text()).get(name)
    said = json.loads(cite("read-raw", body, "--json").stdout)
    assert {"shape", "engine_model", "search_used", "text", "searches", "citations"} <= set(said)
    assert "shape" in cite("read-raw", body).stdout
    if expected:
        cited = [c for c in said["citations"] if c["kind"] == "cited"]
        assert [c["url"] for c in cited] == [url for url, *_ in expected["cited"]]


def test_a_body_of_our_own_is_read_and_printed_without_its_control_characters(
    cite: Cite, tmp_path: Path
) -> None:
    body = tmp_path / "body.json"
    cited = {"url": "https://a.com/", "title": "A\x1b[31m [bold]", "start_index": 0, "end_index": 2}
    message = {
        "role": "assistant",
        "content": "hi",
        "annotations": [{"type": "url_citation", "url_citation": cited}],
    }
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    reply = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    body.write_text(json.dumps(reply))
    said = json.loads(cite("read-raw", body, "--json").stdout)
    assert [(c["url"], c["kind"], c["domain"]) for c in said["citations"]] == [
        ("https://a.com/", "cited", "a.com")
    ]
    shown = cite("read-raw", body).stdout
    assert "[bold]" in shown
    assert "\x1b[31m" not in shown
    with pytest.raises(UsageError, match="cannot read"):
        cite("read-raw", tmp_path / "nowhere.json")
    with pytest.raises(UsageError, match="shape"):
        cite("read-raw", body, "--shape", "nonsense")
    body.write_text("not json")
    with pytest.raises(DataError):
        cite("read-raw", body)


def test_recorded_answers_are_stored_once_and_bad_lines_end_with_exit_code_3(
    cite: Cite, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"asked_at": "yesterday"}) + "\n")
    said = json.loads(cite("import", "answers", path, "--json", code=3).stdout)
    assert (said["read"], said["stored"], said["rejected"]) == (2, 1, 1)
    shown = cite("import", "answers", path, code=3)
    assert "1 already there" in shown.stdout
    assert "a.jsonl:2:" in shown.stderr
    path.write_text(json.dumps(RECORD) + "\n")
    cite("import", "answers", path)
    assert count(tmp_path, Answer) == 1
    with pytest.raises(DataError):
        cite("import", "answers", tmp_path / "nowhere.jsonl")


# --- time ---------------------------------------------------------------------------------------------------


def test_schedules_are_added_replaced_listed_and_removed(cite: Cite) -> None:
    added = cite("schedule", "add", "weekly", "0 6 * * 1", "--timezone", "Europe/Berlin")
    assert "is next due" in added.stdout
    cite("schedule", "add", "weekly", "0 7 * * 1", "--kind", "report")
    (row,) = json.loads(cite("schedule", "list", "--json").stdout)["rows"]
    assert (row["name"], row["kind"], row["cron"], row["timezone"], row["last"]) == (
        "weekly",
        "report",
        "0 7 * * 1",
        "UTC",
        None,
    )
    cite("schedule", "remove", "weekly")
    assert json.loads(cite("schedule", "list", "--json").stdout)["rows"] == []
    with pytest.raises(UsageError, match="no schedule 'weekly'"):
        cite("schedule", "remove", "weekly")


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("x", "whenever"), "not a cron expression"),
        (("x", "0 6 * * 1", "--timezone", "Berlin"), "unknown time zone"),
        (("x", "0 6 * * 1", "--kind", "dance"), "unknown kind"),
        (("x", "0 0 31 2 *"), "never due"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(cite: Cite, words: tuple[str, ...], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        cite("schedule", "add", *words)


def test_events_are_marked_once_and_listed_in_order(cite: Cite, tmp_path: Path) -> None:
    for _ in range(2):
        cite("event", "add", "A [bold]big\x1b[31m story", "--on", "2026-05-02", "--kind", "pr")
    cite("event", "add", "New prices", "--on", "2026-04-01")
    rows = json.loads(cite("event", "list", "--json").stdout)["rows"]
    assert [(row["at"], row["kind"]) for row in rows] == [("2026-04-01", "other"), ("2026-05-02", "pr")]
    assert "[bold]" in cite("event", "list").stdout
    assert "\x1b[31m" not in cite("event", "list").stdout
    assert count(tmp_path, Event) == 2


def test_an_event_of_no_known_kind_is_refused(cite: Cite) -> None:
    with pytest.raises(UsageError, match="unknown kind 'party'") as refusal:
        cite("event", "add", "x", "--kind", "party")
    assert "content" in refusal.value.hint
