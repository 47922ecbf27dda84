"""The attempts at one ask: which may have been paid, which count, and what is not sent any more."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.run.test_jobs import execute, prepared, small_catalog
from tracker import sandbox, store
from tracker.engines.failures import AskFailed, by_status, named
from tracker.models import Ask, Ledger
from tracker.run.attempts import RATE_LIMITED_TRIES, End, Spent
from tracker.run.work import Limits


@pytest.mark.parametrize(
    ("failure", "maybe"),
    [
        # The request was read and cut off while the engine was at work.
        (by_status(408, "Request Timeout", {}), True),
        (named(httpx.ReadTimeout("")), True),
        (named(TimeoutError()), True),
        (named(ValueError("Expecting value: line 1 column 1 (char 0)")), True),
        # It was turned away at the door.
        (by_status(429, "slow down", {}), False),
        (by_status(401, "no key", {}), False),
        (by_status(400, "bad request", {}), False),
        (by_status(500, "oops", {}), False),
        (by_status(503, "overloaded", {}), False),
        (named(httpx.ConnectError("connection refused")), False),
    ],
)
def test_what_is_set_aside_is_booked_for_an_attempt_that_may_have_been_paid(
    failure: AskFailed, maybe: bool
) -> None:
    spent = Spent(reserved=40, booked=7)
    assert failure.maybe_paid is maybe
    assert spent.lost_with(failure) == (40 if maybe else 0)


def test_being_rate_limited_uses_up_no_attempt(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(sandbox.Faults(http_429=1.0, retry_after=0.01, only_first_attempts=3))
    run_id = prepared(sqlite_database, small_catalog(3, 1, engines=("chat",)))
    summary = execute(sqlite_database, run_id, url, Limits(max_attempts=1, first_backoff=0.01))
    assert summary.tally.states == {"answered": 3}
    with store.reading(sqlite_database) as session:
        assert [ask.attempts for ask in session.exec(select(Ask))] == [4, 4, 4]


def test_an_engine_that_always_says_wait_is_not_asked_for_ever(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    server.set_faults(sandbox.Faults(http_429=1.0, retry_after=0.001))
    run_id = prepared(sqlite_database, small_catalog(1, 1, engines=("chat",)))
    summary = execute(sqlite_database, run_id, url, Limits(max_attempts=2, first_backoff=0.001))
    assert summary.tally.reasons == {"rate limited": 1}
    assert server.counters()["requests"] == RATE_LIMITED_TRIES
    with store.reading(sqlite_database) as session:
        assert session.exec(select(Ledger.spent_micros)).one() == 0


def test_what_an_ask_has_spent_is_told_apart_by_attempts_parts_and_what_is_still_set_aside() -> None:
    spent = Spent(30)
    assert spent == Spent(reserved=30, booked=0, advance=0)
    spent.pay("attempt", 30)
    assert spent == Spent(reserved=30, booked=30, advance=0)
    spent.pay("part", 20)
    assert spent == Spent(reserved=20, booked=30, advance=30)
    spent.pay("part", 0)
    assert spent == Spent(reserved=0, booked=30, advance=50)
    spent.pay("attempt", 7)
    assert spent == Spent(reserved=7, booked=30, advance=50)


def test_an_ask_is_given_back_only_without_a_reply_and_without_a_failure() -> None:
    spent, failure = Spent(1), named(TimeoutError())
    assert End(0, spent).given_back is True
    assert End(1, spent, failure=failure).given_back is False
