"""What runs spend, to the micro-dollar, over real HTTP: what an engine can take is set aside before it is
asked."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine as Database
from sqlalchemy import select as sql_select
from sqlmodel import select
from werkzeug import Request, Response

from tests.tracker.engines.test_ask import ANTHROPIC, GEMINI, RESPONSES, keys
from tracker import catalog, store
from tracker.answers import counted
from tracker.answers.counted import ANSWER
from tracker.catalog import BrandEntry, Catalog, EngineEntry, PromptEntry
from tracker.engines.calls import call_for
from tracker.engines.prices import ceiling, token_price
from tracker.models import Answer, Ask, Ledger
from tracker.run import jobs, plan
from tracker.run.jobs import Limits, Summary

__all__ = ["keys"]
pytestmark = pytest.mark.usefixtures("loopback_allowed", "keys")

NO_CREDIT = {
    "anthropic/claude-sonnet-5-5": (
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Your credit balance is too low to access the Anthropic API. Please go to Plans & "
                "Billing to upgrade or purchase credits.",
            },
        },
    ),
    "xai/grok-4.7": (
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Your team has either used all available credits or reached its monthly spending limit. "
            "To continue making API requests, please purchase more credits or raise your spending limit.",
        },
    ),
}


class Vendor:
    """Answers with what `reply` makes of the number of the request and its body."""

    def __init__(self, server: HTTPServer, reply: Callable[[int, Any], tuple[int, Any]]) -> None:
        self.reply, self.asked, self.lock = reply, 0, threading.Lock()
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.url = server.url_for("").rstrip("/")

    def _answer(self, request: Request) -> Response:
        with self.lock:
            self.asked += 1
            number = self.asked
        status, body = self.reply(number, json.loads(request.get_data()))
        return Response(json.dumps(body), status, content_type="application/json")


@pytest.fixture
def vendor(httpserver: HTTPServer) -> Iterator[Callable[..., Vendor]]:
    yield lambda reply: Vendor(httpserver, reply)
    httpserver.clear()


def begun(database: Database, model: str, url: str, prompts: int, budget: int, **options: Any) -> int:
    entry = EngineEntry(
        "e", model, call_for(model).surface, budget_micros=budget, options={"api_base": url, **options}
    )
    asked = tuple(PromptEntry(f"Which CRM suits team {n:03}?", "crm") for n in range(prompts))
    found = Catalog("w", (BrandEntry("Norvane", domains=("norvane.com",), own=True),), asked, (entry,))
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found)
        made = plan.make(found)
        return jobs.create_run(session, workspace_id, found, made, key="k", now=datetime.now(UTC))


def worked(database: Database, run_id: int, concurrency: int = 16) -> Summary:
    limits = Limits(concurrency=concurrency, timeout=60, first_backoff=0.01)
    return asyncio.run(jobs.execute(database, run_id, limits))


def books(database: Database) -> tuple[int, int]:
    """(spent, set aside)"""
    with store.reading(database) as session:
        (row,) = session.exec(select(Ledger)).all()
        return row.spent_micros, row.reserved_micros


def searched(count: int, model: str = "gpt-6-luna") -> dict[str, Any]:
    call = RESPONSES["output"][0]
    return {
        **RESPONSES,
        "model": model,
        "output": [*[{**call, "id": f"w{n}"} for n in range(count)], RESPONSES["output"][1]],
        "usage": {"input_tokens": 12_000 * count, "output_tokens": 900, "total_tokens": 12_000 * count + 900},
    }


@pytest.mark.parametrize("model", NO_CREDIT)
def test_an_engine_without_credit_stops_at_once_costs_nothing_more_and_goes_on_after_a_top_up(
    sqlite_database: Database, vendor: Callable[..., Vendor], model: str
) -> None:
    state = {"paid": 2}
    status, error = NO_CREDIT[model]
    good = (
        {
            **ANTHROPIC,
            "usage": {
                "input_tokens": 1_000,
                "output_tokens": 200,
                "server_tool_use": {"web_search_requests": 2},
            },
        }
        if model.startswith("anthropic")
        else {
            **searched(1, "grok-4.7"),
            "usage": {"input_tokens": 1, "output_tokens": 1, "cost_in_usd_ticks": 161_508_500},
        }
    )
    one = 1_000 * 2 + 200 * 10 + 2 * 10_000 if model.startswith("anthropic") else 16_151
    shop = vendor(lambda number, _: (200, good) if number <= state["paid"] else (status, error))
    run_id = begun(sqlite_database, model, shop.url, 6, 100_000_000)
    stopped = worked(sqlite_database, run_id, concurrency=1)
    assert stopped.tally.reasons == {"no credit": 4}
    assert (books(sqlite_database), shop.asked) == ((2 * one, 0), 3)
    state["paid"] = 1_000
    assert jobs.reopen(sqlite_database, run_id, now=datetime.now(UTC)) == 4
    done = worked(sqlite_database, run_id)
    assert (done.state, done.tally.states) == ("done", {"answered": 6})
    assert books(sqlite_database) == (6 * one, 0)


def test_gemini_bills_a_query_once_however_often_it_is_repeated(
    sqlite_database: Database, vendor: Callable[..., Vendor]
) -> None:
    candidate = GEMINI["candidates"][0] | {
        "groundingMetadata": {"webSearchQueries": ["crm", "crm preis", "crm", "crm test", "crm preis"]}
    }
    reply = {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 400, "candidatesTokenCount": 200, "thoughtsTokenCount": 1_000},
        "modelVersion": "gemini-3.8-flash",
    }
    shop = vendor(lambda *_: (200, reply))
    run_id = begun(sqlite_database, "gemini/gemini-3.8-flash", shop.url, 4, 100_000_000)
    worked(sqlite_database, run_id)
    assert books(sqlite_database) == (4 * (3 * 14_000 + 300 + 4_500), 0)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("openai/gpt-6-luna", {}),
        ("openai/gpt-6-luna", {"max_tool_calls": 30}),
        ("openai/gpt-6-luna", {"max_tool_calls": None, "tools": [{"type": "web_search"}]}),
        ("xai/grok-4.7", {}),
        ("azure/gpt-6-luna", {}),
    ],
)
def test_thirty_searches_in_one_reply_do_not_pass_the_budget(
    sqlite_database: Database,
    vendor: Callable[..., Vendor],
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    options: dict[str, Any],
) -> None:
    """The engine searches as often as the request lets it: thirty times where nothing stops it."""
    name = model.partition("/")[2]
    shop = vendor(lambda _, body: (200, searched(min(30, body.get("max_tool_calls") or 30), name)))
    monkeypatch.setenv("AZURE_API_BASE", shop.url)
    run_id = begun(sqlite_database, model, shop.url, 40, 1_000_000, **options)
    summary = worked(sqlite_database, run_id)
    spent, reserved = books(sqlite_database)
    price = token_price(model)
    fee = call_for(model).search_fee_micros
    count = 30 if options.get("max_tool_calls", 6) != 6 or model.startswith("xai") else 6
    assert price is not None
    one = -(-round((price.input * 12_000 * count + price.output * 900) * 1_000) // 1_000) + fee * count
    answered = summary.tally.states["answered"]
    assert (spent, reserved) == (answered * one, 0)
    assert 0 < spent <= 1_000_000
    with store.reading(sqlite_database) as session:
        assert min(session.exec(select(Ask.estimated_micros)).all()) >= one


def test_dataforseo_is_not_booked_for_an_endpoint_that_is_not_there(
    sqlite_database: Database, vendor: Callable[..., Vendor]
) -> None:
    task = {"status_code": 40402, "status_message": "Invalid Path.", "cost": 0, "result": None}
    shop = vendor(lambda *_: (200, {"status_code": 20000, "cost": 0, "tasks_error": 1, "tasks": [task]}))
    run_id = begun(sqlite_database, "dataforseo/chat_gpt/llm_scraper", shop.url, 5, 1_000_000)
    summary = worked(sqlite_database, run_id, concurrency=1)
    assert summary.tally.reasons == {"no such model": 5}
    assert (books(sqlite_database), shop.asked) == ((0, 0), 1)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 6),
        ({"max_tool_calls": 2}, 2),
        ({"tools": [{"type": "web_search"}], "max_tool_calls": 30}, 30),
    ],
)
def test_what_options_allow_is_what_is_set_aside(options: dict[str, Any], expected: int) -> None:
    call = call_for("openai/gpt-6-luna")
    per_search = 10_000 + 12_000 * 0.1
    least = ceiling(call, "openai/gpt-6-luna", "q", {"max_output_tokens": 0, **options})
    assert least is not None
    assert round((least - 50) / per_search) == expected


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ([{"type": "web_search_20250305", "name": "web_search", "max_uses": 5}], 5),
        ([{"type": "web_search_20250305", "name": "web_search"}], 30),
    ],
)
def test_a_search_tool_without_a_cap_may_search_on(tools: list[Any], expected: int) -> None:
    call = call_for("anthropic/claude-sonnet-5-5")
    least = ceiling(call, "anthropic/claude-sonnet-5-5", "q", {"tools": tools, "max_tokens": 0})
    assert least is not None
    assert round(least / (10_000 + 12_000 * 2)) == expected


def test_half_an_answer_is_flagged_said_and_in_no_rate(
    sqlite_database: Database, vendor: Callable[..., Vendor]
) -> None:
    cut = {**RESPONSES, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    thought = {**cut, "output": [{"type": "reasoning", "id": "r", "summary": []}]}
    shop = vendor(lambda number, _: (200, (RESPONSES, cut, thought)[number % 3]))
    run_id = begun(sqlite_database, "openai/gpt-6-luna", shop.url, 6, 100_000_000)
    summary = worked(sqlite_database, run_id, concurrency=1)
    assert (summary.cut_off, summary.tally.reasons) == (2, {"empty answer": 2})
    with store.reading(sqlite_database) as session:
        workspace_id = session.exec(select(Answer.workspace_id)).first() or 0
        rows = session.connection().execute(sql_select(ANSWER.c.problem).where(counted.usable(workspace_id)))
        assert [problem for (problem,) in rows] == [None, None]
        flagged = session.exec(select(Answer.stop).where(Answer.problem == "cut off")).all()
        assert flagged == ["max_output_tokens"] * 2
        details = session.exec(select(Ask.detail).where(Ask.reason == "empty answer")).all()
        assert all("limit was used up before the answer began" in (detail or "") for detail in details)
