"""`citelift check`: what is wrong is said with an id and a fix; `--live` says what each engine did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import make_url
from werkzeug import Response

from tests.tracker.engines.test_ask import ANTHROPIC, CHAT
from tests.tracker.run.test_mend import BODY, outcome
from tracker import health, settings
from tracker.run import spill
from tracker.run.claims import Claimed
from tracker.run.spill import Spill
from tracker.settings import Settings

pytestmark = pytest.mark.usefixtures("loopback_allowed")

BRANDS = (
    "brands:\n- {name: Norvane, domains: [norvane.com], own: true}\n- {name: Quellby, domains: "
    "[quellby.com]}\n"
)
PROMPTS = "prompts:\n" + "".join(f"- text: What is the best CRM for team {n}?\n" for n in range(12))


def catalog(folder: Path, *engines: str) -> Settings:
    folder.mkdir(exist_ok=True)
    (folder / "brands.yaml").write_text(BRANDS, "utf-8")
    (folder / "tracked.yaml").write_text(PROMPTS, "utf-8")
    (folder / "engines.yaml").write_text(
        "engines:\n" + "".join(f"- {{{engine}}}\n" for engine in engines), "utf-8"
    )
    return settings.load(catalog=folder, database_url=f"sqlite:///{folder / 'x.db'}")


def ids(report: health.Report) -> set[str]:
    return {problem.id for problem in report.problems}


def test_a_good_catalog_has_no_errors(tmp_path: Path) -> None:
    report = health.check(catalog(tmp_path, "name: chat, model: sandbox/chat, budget_usd: 1"))
    assert not report.errors
    assert any("simulated" in line for line in report.fine)


def test_paid_replies_that_wait_in_a_file_are_told(tmp_path: Path) -> None:
    own = catalog(tmp_path, "name: chat, model: sandbox/chat, budget_usd: 1")
    folders = spill.folders_for(make_url(own.database_url))
    Spill(folders, 3, "a:1:").append([outcome(Claimed(7, 1, 0, "sandbox/chat", 5, "?", None, None), BODY)])
    (kept,) = [problem for problem in health.check(own).problems if problem.id == "replies.kept"]
    assert kept.where == str(folders[0] / Path(kept.where).name)
    assert kept.problem == "1 paid replies wait here to be stored"


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        ("name: o, model: openai/gpt-6-luna, budget_usd: 1", "engine.key"),
        ("name: o, model: openai/gpt-6-luna", "engine.no-budget"),
        ("name: s, model: sandbox/nobody", "catalog.model"),
        ("name: p, model: perplexity/sonar, budget_usd: 1", "engine.retired"),
        ("name: t, model: together_ai/x, budget_usd: 1", "engine.no-search"),
        ("name: t, model: together_ai/x, budget_usd: 1", "engine.price"),
    ],
)
def test_a_doubt_about_an_engine_has_an_id(tmp_path: Path, engine: str, found: str) -> None:
    assert found in ids(health.check(catalog(tmp_path, engine)))


def test_simulated_and_real_engines_do_not_share_a_workspace(tmp_path: Path) -> None:
    report = health.check(
        catalog(tmp_path, "name: a, model: sandbox/chat", "name: b, model: openai/gpt-6-luna")
    )
    assert "catalog.mixed" in ids(report)


def live(tmp_path: Path, *engines: str) -> dict[str, health.Live]:
    own = catalog(tmp_path, *engines)
    return {one.name: one for one in health.check_live(own, health.check(own)).live}


def test_live_says_whether_an_engine_searched_and_what_it_cost(tmp_path: Path) -> None:
    found = live(tmp_path, "name: chat, model: sandbox/chat", "name: claude, model: sandbox/anthropic")
    assert [one.outcome for one in found.values()] == ["answered", "answered"]
    assert all(one.searched and one.cost_micros and one.served_model for one in found.values())
    assert not any(one.unknown_keys for one in found.values())


def test_live_names_keys_that_no_reader_knows_and_searches_that_did_not_happen(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "planted-0123456789")
    reply: dict[str, Any] = {**ANTHROPIC, "horoscope": {"sign": "leo"}}
    httpserver.expect_request("/v1/messages").respond_with_json(reply)
    options = f"options: {{api_base: '{httpserver.url_for('').rstrip('/')}'}}"
    (found,) = live(
        tmp_path, f"name: c, model: anthropic/claude-sonnet-5-5, budget_usd: 1, {options}"
    ).values()
    assert (found.outcome, found.searched, found.unknown_keys) == ("answered", False, ("horoscope",))
    assert "did not search" in found.note
    assert "horoscope" in found.note


def test_live_reports_a_failure_without_the_key(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-0123456789")
    body = json.dumps({"error": {"message": "Incorrect API key provided: planted-0123456789"}})
    httpserver.expect_request("/chat/completions").respond_with_response(Response(body, 401))
    options = f"options: {{api_base: '{httpserver.url_for('').rstrip('/')}'}}"
    (found,) = live(tmp_path, f"name: c, model: openai/gpt-5-search-api, budget_usd: 1, {options}").values()
    assert found.outcome == "key refused"
    assert "planted" not in repr(found)
    assert CHAT
