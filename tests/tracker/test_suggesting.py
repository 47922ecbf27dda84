"""Questions that a model suggests: what it costs is told before, and only fair new questions come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine
from sqlmodel import select
from werkzeug import Request, Response

from tests.tracker.cli.test_collect import write_catalog
from tracker import catalog, store, suggesting
from tracker.catalog import Catalog
from tracker.engines import prices
from tracker.engines.calls import plain_call
from tracker.errors import CiteliftError, DataError, UsageError
from tracker.models import JudgeLedger
from tracker.settings import Settings
from tracker.suggesting import Wish

pytestmark = pytest.mark.usefixtures("loopback_allowed")

PAID = Wish("openai/gpt-6-luna", "CRM", 3)
KNOWN = [{"text": "Which CRM is best?", "topic": "CRM"}]


@pytest.fixture
def written(tmp_path: Path) -> Catalog:
    return catalog.load(write_catalog(tmp_path / "prompts"))


@pytest.fixture
def workspace(sqlite_database: Engine, written: Catalog) -> int:
    with store.writing(sqlite_database) as session:
        return catalog.sync(session, written)


def settings(month: float | None = None) -> Settings:
    return Settings(month_budget_usd=month, timeout_seconds=20)


def ledger(database: Engine) -> list[tuple[int, int]]:
    with store.reading(database) as session:
        return [(row.spent_micros, row.reserved_micros) for row in session.exec(select(JudgeLedger))]


def test_the_request_tells_the_topic_the_number_and_what_is_known() -> None:
    said = suggesting.request(Wish("m", " CRM\nsoftware ", 7, "de", "AT"), KNOWN)
    for part in ("Topic: CRM software\n", "How many: 7\n", "Language: de\n", "AT", "- Which CRM is best?"):
        assert part in said


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        (Wish("openai/gpt-6-luna", "  "), "needs a topic"),
        (Wish("openai/gpt-6-luna", "CRM", 0), "0 questions"),
        (Wish("openai/gpt-6-luna", "CRM", 101), "101 questions"),
        (Wish("perplexity/sonar", "CRM"), "without a search"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_costs(wish: Wish, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        suggesting.ceiling(wish, ())


def test_what_no_price_list_knows_is_counted_dearly() -> None:
    assert suggesting.ceiling(Wish("openai/nobody-knows-this", "CRM"), ()) == suggesting.UNPRICED_MICROS


@pytest.mark.parametrize(
    ("reply", "texts", "known", "named", "rejected"),
    [
        ('{"questions": ["Which CRM is cheap?"]}', ["Which CRM is cheap?"], 0, 0, 0),
        ('```json\n{"questions": ["Which CRM\\n is cheap?"]}\n```', ["Which CRM is cheap?"], 0, 0, 0),
        ('Here: {"questions": ["1. Which CRM is cheap?"]} Enjoy', ["1. Which CRM is cheap?"], 0, 0, 0),
        ('{"questions": ["Which CRM is best?", "A?", "A?", "CRM?"]}', ["CRM?"], 1, 0, 0),
        ('{"questions": ["Is Norvane a good CRM?", "norvane.com or what?", "CRM?"]}', ["CRM?"], 0, 2, 0),
        ('{"questions": [7, null, ["x"], "CRM, or a list?"]}', ["CRM, or a list?"], 0, 0, 0),
        ('{"questions": ["a\\tb;c|d?"]}', ["a b;c|d?"], 0, 0, 0),
        ('{"questions": ["Bad \\u0007 sign?", "CRM?"]}', ["CRM?"], 0, 0, 1),
        ('{"questions": []}', [], 0, 0, 0),
    ],
)
def test_fair_new_questions_are_kept(
    written: Catalog, reply: str, texts: list[str], known: int, named: int, rejected: int
) -> None:
    found, left_out = suggesting.counted(reply, Wish("m", "CRM", 5), KNOWN, written)
    assert [row["text"] for row in found.rows] == texts
    assert all(row["topic"] == "CRM" for row in found.rows)
    assert (found.known, left_out, len(found.rejects)) == (known, named, rejected)


def test_a_language_that_was_wanted_is_the_questions_language(written: Catalog) -> None:
    found, _ = suggesting.counted('{"questions": ["Welches CRM?"]}', Wish("m", "CRM", 5, "de"), (), written)
    assert found.rows == ({"topic": "CRM", "text": "Welches CRM?", "language": "de"},)


@pytest.mark.parametrize(
    "reply", ["", "no", "[1]", '{"questions": "x"}', '{"q": []}', "{" * 5000, '{"questions": [}']
)
def test_what_is_no_list_of_questions_is_refused(written: Catalog, reply: str) -> None:
    with pytest.raises(DataError, match="no list of questions"):
        suggesting.counted(reply, PAID, (), written)


def test_a_simulated_model_suggests_for_nothing(
    sqlite_database: Engine, workspace: int, written: Catalog
) -> None:
    wish = Wish("sandbox/judge", "CRM", 4)
    came = suggesting.suggest(sqlite_database, workspace, written, wish, KNOWN, settings(0))
    assert (len(came.found.rows), came.cost_micros, came.named) == (4, 0, 0)
    assert came.served_model == "sandbox-judge-1"


def replied(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
    usage = {"input_tokens": 300, "output_tokens": 40, "total_tokens": 340}
    body = {"id": "r", "object": "response", "created_at": 1, "status": "completed", "output": [message]}
    return body | {"model": "gpt-6-luna-2026", "usage": usage}


def asked_of(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch, answer: Response
) -> tuple[Wish, list[Request]]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return answer

    server.expect_request("/responses").respond_with_handler(handler)
    return Wish(PAID.model, "CRM", 3, options={"api_base": server.url_for("").rstrip("/")}), seen


def test_a_paid_model_is_asked_once_without_a_search_and_its_real_cost_is_booked(
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    sqlite_database: Engine,
    workspace: int,
    written: Catalog,
) -> None:
    answer = Response(json.dumps(replied('{"questions": ["Cheap CRM?"]}')), content_type="application/json")
    wish, seen = asked_of(httpserver, monkeypatch, answer)
    came = suggesting.suggest(sqlite_database, workspace, written, wish, KNOWN, settings(1))
    (request,) = seen
    assert "tools" not in json.loads(request.get_data())
    call = plain_call(wish.model)
    assert call is not None
    usual: dict[str, Any] = dict.fromkeys(("reported_micros", "litellm_micros"))
    cost = prices.cost(call, wish.model, input_tokens=300, output_tokens=40, searches=0, **usual)
    assert came.cost_micros == cost
    assert ledger(sqlite_database) == [(cost, 0)]
    assert 0 < (cost or 0) < suggesting.ceiling(wish, KNOWN)


@pytest.mark.parametrize(
    ("answer", "paid"),
    [
        (Response('{"error": {"message": "no"}}', 401, content_type="application/json"), False),
        (Response(json.dumps(replied("I would rather not.")), content_type="application/json"), True),
    ],
    ids=["refused", "no questions"],
)
def test_what_fails_costs_what_it_cost(
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    sqlite_database: Engine,
    workspace: int,
    written: Catalog,
    answer: Response,
    paid: bool,
) -> None:
    wish, _ = asked_of(httpserver, monkeypatch, answer)
    with pytest.raises(CiteliftError):
        suggesting.suggest(sqlite_database, workspace, written, wish, (), settings())
    ((spent, reserved),) = ledger(sqlite_database)
    assert (spent > 0, reserved) == (paid, 0)


def test_a_month_without_the_money_sends_nothing(
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    sqlite_database: Engine,
    workspace: int,
    written: Catalog,
) -> None:
    wish, seen = asked_of(httpserver, monkeypatch, Response("{}"))
    with pytest.raises(UsageError, match="the month's budget has"):
        suggesting.suggest(sqlite_database, workspace, written, wish, (), settings(0.000001))
    assert (seen, ledger(sqlite_database)) == ([], [])


def test_without_its_key_nobody_is_asked(sqlite_database: Engine, workspace: int, written: Catalog) -> None:
    with pytest.raises(UsageError, match="no key for openai/gpt-6-luna"):
        suggesting.suggest(sqlite_database, workspace, written, PAID, (), settings())


def test_models_to_ask_begin_with_the_catalogs_and_can_do_without_a_search(written: Catalog) -> None:
    known = suggesting.models(written)
    assert known[0] == "sandbox/judge"
    assert "openai/gpt-6-luna" in known
    assert not [model for model in known if model != "sandbox/judge" and plain_call(model) is None]
