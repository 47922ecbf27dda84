"""A reply that is stored is paid for: it is packed once, read when it can be, and never asked for a second
time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from tests.tracker.run.test_jobs import AT, count, execute, prepared, small_catalog
from tracker import leases, sandbox, store
from tracker.answers.rows import pack, packed_once, unpack
from tracker.errors import DataError
from tracker.models import Answer, Ask, AskState, Ledger, Reply
from tracker.run import claims, jobs
from tracker.run.claims import Claimed, Outcome

BODY = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Norvane is a good start."},
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
).encode()


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_body_is_known_to_be_packed_too_often(times: int) -> None:
    packed = BODY
    for _ in range(times):
        packed = pack(packed)
    assert packed_once(packed) == (None if times == 1 else pack(BODY))


def test_a_body_that_is_damaged_is_no_traceback() -> None:
    with pytest.raises(DataError, match="damaged"):
        unpack(pack(BODY)[:-9])


def outcome(ask: Claimed, body: bytes) -> Outcome:
    now = datetime.now(UTC)
    row = {"workspace_id": 1, "body": body, "capture": "raw", "received_at": now, "latency_ms": 5}
    return Outcome(ask, 1, 1, now, 0, ask.estimated_micros, reply={**row, "cost_micros": 7})


def stored_by_another(database: Engine, run_id: int, body: bytes, lives: timedelta) -> int:
    """An ask that a process elsewhere sent, and whose reply it stored before it died; its lease lasts so
    long."""
    (ask,) = claims.claim(database, run_id, 1, me="elsewhere:1:1", limit=1).asks
    with store.writing(database) as session:
        claims.keep_replies(session, [outcome(ask, body)])
        row = session.get_one(Ask, ask.id)
        row.lease_until = leases.now(session) + lives
        row.sent_at = leases.now(session)
    return ask.id


def bodies(database: Engine) -> dict[int, bytes]:
    with store.reading(database) as session:
        return {reply.ask_id: reply.body for reply in session.exec(select(Reply))}


def test_a_reply_that_a_live_worker_takes_over_is_packed_once_and_becomes_an_answer(
    database: Engine, url: str
) -> None:
    run_id = prepared(database, small_catalog(6, 1, engines=("chat",)))
    key = stored_by_another(database, run_id, pack(BODY), timedelta(seconds=4))
    assert execute(database, run_id, url).tally.states == {"answered": 6}
    assert unpack(bodies(database)[key]) == BODY
    with store.reading(database) as session:
        text = session.exec(select(Answer.text).where(Answer.ask_id == key)).one()
    assert text == "Norvane is a good start."


def unread(database: Engine, run_id: int, body: bytes) -> int:
    """What an earlier release left: the reply stored in a form that it could not read, the ask failed for
    it."""
    key = stored_by_another(database, run_id, body, timedelta(days=1))
    with store.writing(database) as session:
        ask = session.get_one(Ask, key)
        ask.state, ask.reason, ask.claimed_by, ask.lease_until = (
            AskState.FAILED,
            "unreadable reply",
            None,
            None,
        )
        ask.spent_micros, ask.reserved_micros, ask.sent_at = ask.estimated_micros, 0, None
        ledger = session.exec(select(Ledger)).one()
        ledger.spent_micros, ledger.reserved_micros = ask.estimated_micros, 0
    return key


def money_adds_up(database: Engine) -> None:
    with store.reading(database) as session:
        ledger = session.exec(select(Ledger)).one()
        asks = session.exec(select(Ask)).all()
    assert ledger.spent_micros == sum(ask.spent_micros for ask in asks)
    assert ledger.reserved_micros == sum(ask.reserved_micros for ask in asks) == 0


def test_a_reply_packed_twice_is_read_by_the_next_start_and_not_asked_for_again(
    database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(database, small_catalog(3, 1, engines=("chat",)))
    key = unread(database, run_id, pack(pack(BODY)))
    assert jobs.reopen(database, run_id, now=AT) == 1
    assert execute(database, run_id, url).tally.states == {"answered": 3}
    assert server.counters()["requests"] == 2
    assert bodies(database)[key] == pack(BODY)
    money_adds_up(database)


def test_reading_again_mends_what_was_packed_twice_and_asks_nothing(
    database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(database, small_catalog(3, 1, engines=("chat",)))
    key = unread(database, run_id, pack(pack(pack(BODY))))
    assert jobs.mend_stored(database, 1) == 1
    assert jobs.mend_stored(database, 1) == 0
    assert bodies(database)[key] == pack(BODY)
    assert count(database, Answer, Answer.ask_id == key) == 1
    assert server.counters()["requests"] == 0
    money_adds_up(database)
    assert execute(database, run_id, url).tally.states == {"answered": 3}


def test_a_reply_that_nobody_can_read_is_asked_for_again_when_told_to(database: Engine, url: str) -> None:
    run_id = prepared(database, small_catalog(3, 1, engines=("chat",)))
    unread(database, run_id, pack(b'{"cut": '))
    assert jobs.mend_stored(database, 1) == 0
    assert count(database, Reply) == 1
    assert jobs.reopen(database, run_id, now=AT) == 1
    assert count(database, Reply) == 0
    assert execute(database, run_id, url).tally.states == {"answered": 3}
    assert count(database, Ask, col(Ask.state) == "answered") == 3
