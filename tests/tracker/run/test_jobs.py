"""Runs against the real sandbox over HTTP: every ask ends as an answer or a reason, once, within the
budget."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import sqlite3
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine, func
from sqlmodel import col, select
from werkzeug import Request, Response

from dashboard import command
from tests.tracker.run.workers import Worker
from tracker import catalog, sandbox, store
from tracker.answers import rows as reading
from tracker.catalog import BrandEntry, Catalog, EngineEntry, PromptEntry
from tracker.domains import domain_id
from tracker.engines.calls import CALLS
from tracker.logs import log_to
from tracker.models import Answer, Ask, Citation, Event, Ledger, Mention, Reply
from tracker.run import gate, history, jobs, plan
from tracker.run.jobs import Limits, Summary

pytestmark = pytest.mark.usefixtures("loopback_allowed")

MISTRAL: dict[str, Any] = {
    "object": "conversation.response",
    "conversation_id": "c",
    "outputs": [
        {
            "object": "entry",
            "type": "message.output",
            "content": [{"type": "text", "text": "Norvane is good."}],
        }
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
}
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
LIMITS = Limits(concurrency=16, timeout=3, max_attempts=6, first_backoff=0.05)


def small_catalog(
    prompts: int = 10,
    repeats: int = 2,
    budget: int | None = None,
    engines: tuple[str, ...] = ("chat", "perplexity", "anthropic"),
) -> Catalog:
    return Catalog(
        "w",
        (
            BrandEntry("Norvane", domains=("norvane.com",), own=True),
            BrandEntry("Quellby", domains=("quellby.com",)),
            BrandEntry("Tarnwick", domains=("tarnwick.com",)),
        ),
        tuple(PromptEntry(f"What is the best CRM for team number {n}?", "crm") for n in range(prompts)),
        tuple(
            EngineEntry(name, f"sandbox/{name}", repeats=repeats, budget_micros=budget) for name in engines
        ),
    )


def world(found: Catalog) -> sandbox.SimulatedWorld:
    brands = [sandbox.WorldBrand(b.name, b.domains, b.own) for b in found.brands]
    return sandbox.SimulatedWorld.build(
        brands, [sandbox.WorldPrompt(p.text, p.topic) for p in found.prompts], seed=3
    )


def prepared(database: Engine, found: Catalog, key: str = "k") -> int:
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found)
        return jobs.create_run(session, workspace_id, found, plan.make(found), key=key, now=AT)


def execute(database: Engine, run_id: int, url: str, limits: Limits = LIMITS) -> Summary:
    return asyncio.run(jobs.execute(database, run_id, limits, sandbox_url=url))


def count(database: Engine, table: type, *where: object) -> int:
    with store.reading(database) as session:
        return session.exec(select(func.count()).select_from(table).where(*where)).one()  # type: ignore[arg-type]


def under_way(database: Engine) -> int:
    """Asks that have left, or are about to, and whose replies are not stored: should their process die now,
    they may have been paid for."""
    unstored = ~select(Reply.ask_id).where(Reply.ask_id == Ask.id).exists()
    return count(database, Ask, Ask.state == "claimed", col(Ask.sent_at).is_not(None), unstored)


def test_a_run_stores_one_answer_per_ask_with_its_raw_reply(
    database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(database, small_catalog())
    summary = execute(database, run_id, url)
    assert (summary.state, summary.tally.states) == ("done", {"answered": 60})
    assert count(database, Answer) == count(database, Reply) == 60
    assert count(database, Citation) > 60
    assert count(database, Mention) > 20
    assert server.counters()["answered"] == 60


def test_planning_the_same_run_twice_plans_it_once(sqlite_database: Engine) -> None:
    first, second = prepared(sqlite_database, small_catalog()), prepared(sqlite_database, small_catalog())
    assert first == second
    assert count(sqlite_database, Ask) == 60


def test_faults_are_tried_again_and_nothing_is_counted_twice(
    database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(
        sandbox.Faults(http_429=0.1, http_500=0.1, retry_after=0.1, truncated=0.05, reset=0.03, empty=0.03)
    )
    run_id = prepared(database, small_catalog())
    summary = execute(database, run_id, url)
    states = summary.tally.states
    assert states["answered"] + states.get("failed", 0) == 60
    assert set(summary.tally.reasons) <= {"empty answer"}
    assert states.get("failed", 0) == sum(summary.tally.reasons.values())
    assert count(database, Answer) == states["answered"]
    assert summary.state == ("partial" if summary.tally.reasons else "done")


def test_an_ask_that_keeps_failing_is_a_row_with_its_reason(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(sandbox.Faults(http_500=1.0))
    run_id = prepared(sqlite_database, small_catalog(2, 1, engines=("chat",)))
    summary = execute(sqlite_database, run_id, url, Limits(max_attempts=2, first_backoff=0.01))
    assert (summary.state, summary.tally.reasons) == ("partial", {"engine error": 2})
    with store.reading(sqlite_database) as session:
        assert [(a.state, a.attempts) for a in session.exec(select(Ask))] == [("failed", 2)] * 2
    server.set_faults(sandbox.Faults())
    assert jobs.reopen(sqlite_database, run_id, now=AT) == 2
    assert execute(sqlite_database, run_id, url).state == "done"


def test_the_budget_is_a_ceiling_whatever_the_asks_cost(database: Engine, url: str) -> None:
    found = small_catalog(10, 3, budget=400_000, engines=("chat",))
    run_id = prepared(database, found)
    summary = execute(database, run_id, url)
    assert summary.state == "stopped at the budget"
    assert "(chat's for a run)" in (summary.reason or "")
    with store.reading(database) as session:
        ledger = session.exec(select(Ledger)).one()
        paid = session.exec(select(func.sum(Answer.cost_micros))).one()
    assert ledger.spent_micros == paid <= 400_000
    assert ledger.reserved_micros == 0
    assert 0 < summary.tally.states["answered"] < 30
    jobs.reopen(
        database, run_id, now=AT, plan=plan.make(small_catalog(10, 3, budget=40_000_000, engines=("chat",)))
    )
    assert execute(database, run_id, url).state == "done"


def test_a_resumed_run_asks_what_the_catalog_says_by_then(sqlite_database: Engine, url: str) -> None:
    """Two engines and two prompts left it, and another engine has a better model's name."""
    before = small_catalog(4, 2, engines=("chat", "perplexity", "anthropic"))
    broken = replace(before.engines[0], model="sandbox/chatt")
    run_id = prepared(sqlite_database, replace(before, engines=(broken, *before.engines[1:])))
    after = replace(before, prompts=before.prompts[:2], engines=before.engines[:1])
    with store.writing(sqlite_database) as session:
        catalog.sync(session, after)
    jobs.reopen(sqlite_database, run_id, now=AT, plan=plan.make(after))
    summary = execute(sqlite_database, run_id, url)
    assert summary.state == "partial"
    assert summary.tally.states == {"answered": 4, "skipped": 20}
    assert summary.tally.reasons == {"left the catalog": 20}
    with store.reading(sqlite_database) as session:
        assert set(session.exec(select(Answer.model))) == {"sandbox/chat"}
    with store.writing(sqlite_database) as session:
        catalog.sync(session, before)
    jobs.reopen(sqlite_database, run_id, now=AT, plan=plan.make(before))
    assert execute(sqlite_database, run_id, url).tally.states == {"answered": 24}


def test_a_run_of_simulated_engines_is_not_finished_with_real_ones(sqlite_database: Engine, url: str) -> None:
    before = small_catalog(2, 1, engines=("chat",))
    run_id = prepared(sqlite_database, before)
    after = replace(before, engines=(replace(before.engines[0], model="openai/gpt-6-luna"),))
    with store.writing(sqlite_database) as session:
        catalog.sync(session, after)
    jobs.reopen(sqlite_database, run_id, now=AT, plan=plan.make(after))
    assert execute(sqlite_database, run_id, url).tally.reasons == {"left the catalog": 2}


def test_the_planner_knows_how_often_the_own_brand_is_cited(database: Engine, url: str) -> None:
    run_id = prepared(database, small_catalog(8, 3))
    execute(database, run_id, url)
    with store.reading(database) as session:
        workspace_id = session.exec(select(Answer.workspace_id)).first() or 0
        seen = history.observed_citations(session, workspace_id)
        own = select(Citation.answer_id).where(
            Citation.kind == "cited", Citation.domain_id == domain_id("norvane.com")
        )
        citing = set(session.exec(own))
        known = session.exec(select(Answer).where(col(Answer.search_used).is_not(False))).all()
    assert sum(one.answers for one in seen.values()) == len(known)
    hits = len([answer for answer in known if answer.id in citing])
    assert sum(round(one.rate * one.answers) for one in seen.values()) == pytest.approx(hits, abs=3)
    assert hits > 0


def test_the_months_budget_holds_over_runs(sqlite_database: Engine, url: str) -> None:
    found = small_catalog(6, 1, engines=("chat", "perplexity"))
    limits = Limits(month_budget_micros=100_000, timeout=3)
    with store.writing(sqlite_database) as session:
        workspace_id = catalog.sync(session, found)
        now = datetime.now(UTC)
        first = jobs.create_run(session, workspace_id, found, plan.make(found), key="1", now=now)
        second = jobs.create_run(session, workspace_id, found, plan.make(found), key="2", now=now)
    execute(sqlite_database, first, url, limits)
    stopped = execute(sqlite_database, second, url, limits)
    assert stopped.state == "stopped at the budget"
    assert "(the month's)" in (stopped.reason or "")
    with store.reading(sqlite_database) as session:
        assert session.exec(select(func.sum(Ledger.spent_micros))).one() <= 100_000


def test_a_stop_lets_asks_in_flight_end_and_keeps_the_rest_planned(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(sandbox.Faults(latency=0.3))
    run_id = prepared(sqlite_database, small_catalog(10, 12))

    async def main() -> Summary:
        stop = asyncio.Event()
        return await jobs.execute(
            sqlite_database, run_id, LIMITS, sandbox_url=url, stop=stop, on_progress=lambda p: stop.set()
        )

    summary = asyncio.run(main())
    assert summary.state == "cancelled"
    assert set(summary.tally.states) == {"answered", "planned"}
    with store.reading(sqlite_database) as session:
        assert session.exec(select(func.sum(Ledger.reserved_micros))).one() == 0
    server.set_faults(sandbox.Faults())
    assert execute(sqlite_database, run_id, url).tally.states == {"answered": 360}


def test_two_processes_share_a_run_and_ask_nothing_twice(
    database: Engine, database_url: str, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(database, small_catalog(10, 5))
    both = [Worker(database_url, run_id, url) for _ in range(2)]
    assert [worker.last_word() for worker in both] == ["done", "done"]
    assert count(database, Answer) == 150
    counted = server.counters()
    assert (counted["answered"], counted["answered_more_than_once"]) == (150, 0)


def test_a_run_killed_twice_ends_with_no_ask_answered_twice(
    sqlite_database: Engine, tmp_path: Path, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(sqlite_database, small_catalog(10, 24))
    chance = random.Random(5)
    maybe = 0
    for _ in range(2):
        worker = Worker(f"sqlite:///{tmp_path / 'citelift.db'}", run_id, url)
        for _ in range(chance.randint(1, 2)):
            worker.says()
        worker.kill()
        maybe += under_way(sqlite_database)
    summary = execute(sqlite_database, run_id, url)
    assert 0 < maybe < 720
    assert summary.tally.states == {"answered": 720 - maybe, "failed": maybe}
    assert summary.tally.reasons == {"maybe paid": maybe}
    assert count(sqlite_database, Answer) == 720 - maybe
    assert server.counters()["answered_more_than_once"] == 0
    with store.reading(sqlite_database) as session:
        ledgers = session.exec(select(Ledger)).all()
        paid = session.exec(select(func.sum(Answer.cost_micros))).one()
    assert all(ledger.reserved_micros == 0 for ledger in ledgers)
    assert sum(ledger.spent_micros for ledger in ledgers) >= paid


def test_a_refused_key_stops_its_engine_and_no_other(
    sqlite_database: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.engines import ask
    from tracker.run import attempts

    real = ask.ask

    async def refusing(question: ask.Question, **more: object) -> ask.RawReply:
        if question.model == "sandbox/chat":
            raise ask.AskFailed("key refused", "401")
        return await real(question, **more)

    monkeypatch.setattr(attempts, "ask", refusing)
    summary = execute(sqlite_database, prepared(sqlite_database, small_catalog()), url)
    assert summary.state == "partial"
    assert summary.tally.states["answered"] == 40
    assert summary.tally.reasons == {"key refused": 20}
    assert [(t.engine, t.reason, t.asks, t.detail) for t in summary.troubles] == [
        ("chat", "key refused", 20, "401")
    ]


def test_answers_that_did_not_search_are_counted(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(sandbox.Faults(no_search=1.0))
    summary = execute(
        sqlite_database, prepared(sqlite_database, small_catalog(4, 1, engines=("anthropic",))), url
    )
    assert summary.not_searched == 4


def test_another_served_model_becomes_an_event(sqlite_database: Engine) -> None:
    found = small_catalog(4, 1, engines=("chat",))
    place = world(found)
    days = [place.start, place.served_changes_on, place.served_changes_on + timedelta(days=7)]
    with sandbox.Sandbox(place) as url:
        for day in days:
            moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
            with store.writing(sqlite_database) as session:
                workspace_id = catalog.sync(session, found)
                run_id = jobs.create_run(
                    session, workspace_id, found, plan.make(found), key=str(day), now=moment, asked_for=moment
                )
            execute(sqlite_database, run_id, url)
    assert count(sqlite_database, Event, col(Event.kind) == "served model") == 1


def test_the_raw_reply_is_there_when_reading_fails(
    sqlite_database: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a reader with a bug")

    run_id = prepared(sqlite_database, small_catalog(2, 1, engines=("chat",)))
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(reading, "answer_rows", broken)
        execute(sqlite_database, run_id, url)
    assert count(sqlite_database, Reply) == 2


def test_asks_spread_over_a_window_go_out_one_after_another(sqlite_database: Engine, url: str) -> None:
    found = small_catalog(4, 1, engines=("chat",))
    with store.writing(sqlite_database) as session:
        workspace_id = catalog.sync(session, found)
        run_id = jobs.create_run(
            session,
            workspace_id,
            found,
            plan.make(found),
            key="s",
            now=datetime.now(UTC),
            spread=timedelta(seconds=2),
        )
    assert execute(sqlite_database, run_id, url).state == "done"
    with store.reading(sqlite_database) as session:
        rows = session.exec(
            select(Ask.not_before, Reply.received_at).join(Reply, Reply.ask_id == Ask.id)
        ).all()
    due = [at for at, _ in rows if at]
    assert (max(due) - min(due)).total_seconds() >= 1
    assert all(received > at for at, received in rows if at)


FAULTS = sandbox.Faults(
    http_429=0.1, http_500=0.05, timeout=0.05, truncated=0.02, empty=0.01, retry_after=0.05, hang=3, seed=11
)


def test_five_kinds_of_faults_leave_no_ask_without_an_end_and_no_money_uncounted(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(FAULTS)
    budget = 200_000_000
    run_id = prepared(sqlite_database, small_catalog(10, 7, budget=budget))
    limits = Limits(concurrency=64, timeout=0.7, max_attempts=6, first_backoff=0.02)
    summary = execute(sqlite_database, run_id, url, limits)
    states = summary.tally.states
    assert states["answered"] + states.get("failed", 0) == 210
    assert sum(summary.tally.reasons.values()) == states.get("failed", 0)
    _money_adds_up(sqlite_database, budget)


def _money_adds_up(database: Engine, budget: int) -> None:
    with store.reading(database) as session:
        ledgers = session.exec(select(Ledger)).all()
        asked = session.exec(select(func.sum(Ask.spent_micros))).one()
        repeated = session.exec(
            select(Answer.ask_id).group_by(col(Answer.ask_id)).having(func.count() > 1)
        ).all()
    assert repeated == []
    assert all(one.reserved_micros == 0 and one.spent_micros <= budget for one in ledgers)
    assert sum(one.spent_micros for one in ledgers) == asked


def test_a_tight_budget_holds_while_everything_goes_wrong(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(FAULTS)
    budget = 700_000
    run_id = prepared(sqlite_database, small_catalog(10, 7, budget=budget))
    limits = Limits(concurrency=64, timeout=0.7, max_attempts=6, first_backoff=0.02)
    assert execute(sqlite_database, run_id, url, limits).state == "stopped at the budget"
    _money_adds_up(sqlite_database, budget)


def test_an_engine_of_nothing_but_failures_is_stopped_and_says_why(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BREAKER_PAUSES", (0.1,))
    server.set_faults(sandbox.Faults(http_500=1.0))
    run_id = prepared(sqlite_database, small_catalog(10, 10, engines=("chat",)))
    summary = execute(sqlite_database, run_id, url, Limits(concurrency=8, first_backoff=0.01))
    assert summary.state == "partial"
    assert set(summary.tally.reasons) == {"engine error", "engine stopped"}
    assert server.counters()["requests"] < 100


def test_a_writer_that_fails_ends_the_run_instead_of_hanging_it(
    sqlite_database: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.run import claims

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(claims, "keep_replies", broken)
    with pytest.raises(RuntimeError, match="disk"):
        execute(sqlite_database, prepared(sqlite_database, small_catalog(10, 30)), url)


def test_the_log_tells_what_happened_in_lines_without_keys_or_answers(
    sqlite_database: Engine,
    url: str,
    server: sandbox.Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-4f9a8b7c6d5e4f3a")
    server.set_faults(sandbox.Faults(http_500=1.0))
    run_id = prepared(sqlite_database, small_catalog(3, 1, engines=("chat",)))
    with log_to(tmp_path / "log.jsonl"):
        execute(sqlite_database, run_id, url, Limits(max_attempts=1))
        logging.getLogger("citelift.run").info("with a key", extra={"detail": "planted-4f9a8b7c6d5e4f3a"})
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines[:1]] == ["run begins"]
    assert [line["reason"] for line in lines if line["event"] == "ask failed"] == ["engine error"] * 3
    assert {line["run"] for line in lines[:-1]} == {run_id}
    assert lines[-1]["detail"] == "[key]"


# Keys


def test_no_key_is_written_anywhere(
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Every variable has a key of its own. Some engines answer, others refuse, all send back what they were
    sent."""
    secret = "planted/4f9a8b7c+6d5e4f3a2b1c"
    names = sorted({name for call in CALLS for name in "|".join(call.keys).split("|") if name})
    planted = {name: f"{secret}{number:02d}" for number, name in enumerate(names)}

    def echo(request: Request) -> Response:
        sent = f"{request.headers} {request.url} {secret}07 {request.args.to_dict()}"
        if request.path.endswith("/conversations"):
            said = MISTRAL | {"outputs": [*MISTRAL["outputs"], {"type": "message.output", "content": sent}]}
            return Response(json.dumps(said), content_type="application/json")
        if request.path.endswith("/answer"):
            return Response(json.dumps({"error": sent, "citations": []}), content_type="application/json")
        return Response(json.dumps({"error": {"message": f"who is {sent}?"}}), 401)

    httpserver.expect_request(re.compile(".*")).respond_with_handler(echo)
    models = (
        "openai/gpt-5-search-api",
        "openai/gpt-6-luna",
        "anthropic/claude-sonnet-5-5",
        "xai/grok-4.7",
        "gemini/gemini-3.8-flash",
        "mistral/mistral-medium-latest",
        "exa/answer",
        "serpapi/google_ai_mode",
        "dataforseo/ai_mode",
        "perplexity/perplexity/sonar",
        "openrouter/openai/gpt-5.2",
    )

    # The server's own log, in this very process, has the keys of addresses.
    monkeypatch.setattr(logging.getLogger("werkzeug"), "disabled", True)

    def said(*words: str) -> str:
        """On both outputs, also by what is not Python."""
        command.run(words)
        return "".join(capfd.readouterr())

    base = httpserver.url_for("").rstrip("/")
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "brands.yaml").write_text(
        "brands: [{name: Norvane, domains: [norvane.com], own: true}]", "utf-8"
    )
    (folder / "tracked.yaml").write_text("prompts: [{text: 'Which CRM?'}]", "utf-8")
    rows = [
        {"name": f"e{n}", "model": model, "budget_usd": 9, "options": {"api_base": base}}
        for n, model in enumerate(models)
    ]
    (folder / "engines.yaml").write_text(json.dumps({"engines": rows}), "utf-8")
    for name, value in (planted | {"HOME": str(tmp_path), "CITELIFT_ALLOWED_HOSTS": base}).items():
        monkeypatch.setenv(name, value)
    place = ["--catalog", str(folder), "--database", f"sqlite:///{tmp_path / 'x.db'}"]
    told = said("run", *place, "--json", "--log-file", str(tmp_path / "log.jsonl"))
    result = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert result["reasons"]["key refused"] >= 6, result
    assert result["states"]["answered"] >= 1, result
    for verb in (
        ["runs"],
        ["check", "--live"],
        ["report", "--out", str(tmp_path / "report"), "--format", "html,md,csv"],
    ):
        words = said(*verb, *place)
        assert words
        told += words
    signs = ("planted", "4f9a8b7c", quote(secret, safe=""), b64encode(secret.encode()).decode()[4:20])
    assert [sign for sign in signs if sign in told] == []
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(written) >= 6
    assert [path for path, stored in written.items() if any(sign.encode() in stored for sign in signs)] == []
    with sqlite3.connect(tmp_path / "x.db") as stored:
        bodies = [reading.unpack(body) for (body,) in stored.execute("select body from reply")]
    assert bodies
    assert not any(sign.encode() in body for body in bodies for sign in signs)


def test_the_sandboxs_process_gets_no_key(
    url: str, server: sandbox.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-4f9a8b7c6d5e4f3a")
    with sandbox.Sandbox(server.world) as other:
        assert other != url
        children = [p.pid for p in psutil.Process().children() if "tracker.sandbox" in str(p.cmdline())]
        assert len(children) >= 2
        for pid in children:
            for name in ("environ", "cmdline"):
                assert b"planted" not in Path(f"/proc/{pid}/{name}").read_bytes()
