"""When an engine's next request goes out, over all processes: turns, Retry-After, back-off, the breaker."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from tests.tracker.run.test_jobs import prepared, small_catalog
from tracker import leases, store
from tracker.engines.failures import AskFailed
from tracker.leases import Held
from tracker.models import Ask, EnginePace
from tracker.run import claims, gate
from tracker.run.gate import BREAKER_FAILURES, Paced
from tracker.run.pace import Pace
from tracker.run.work import RunWork

T = TypeVar("T")
LIMITED = AskFailed("rate limited", "slow down", retry_after=0.3)
BROKEN = AskFailed("engine error", "oops")
ME, OTHER = leases.holder(), "elsewhere:1:1"


@pytest.fixture
def run_id(database: Engine) -> int:
    return prepared(database, small_catalog(10, 6, engines=("chat",)))


def claimed(database: Engine, run_id: int, count: int, me: str = ME) -> list[int]:
    return [ask.id for ask in claims.claim(database, run_id, 1, me=me, limit=count).asks]


def scope(rpm: int | None = None, concurrency: int = 64) -> Paced:
    return Paced("engine:1", Held(Ask, {"engine_id": 1}), concurrency, rpm)


def paced(database: Engine, run_id: int, work: Callable[[Pace], Awaitable[T]], **more: int) -> T:
    async def main() -> T:
        running = RunWork(database, run_id, ME, asyncio.Event())
        try:
            return await work(Pace(running, "chat", scope(**more)))
        finally:
            running.close()

    return asyncio.run(main())


async def starts(pace: Pace, keys: list[int]) -> list[float]:
    begun = time.monotonic()
    moments: list[float] = []

    async def one(key: int) -> None:
        assert await pace.turn(key)
        moments.append(time.monotonic() - begun)

    await asyncio.gather(*map(one, keys))
    return sorted(moments)


def sent(database: Engine) -> set[int]:
    with store.reading(database) as session:
        return {key or 0 for key in session.exec(select(Ask.id).where(col(Ask.sent_at).is_not(None)))}


def test_requests_go_out_evenly_at_so_many_a_minute(database: Engine, run_id: int) -> None:
    keys = claimed(database, run_id, 6)
    moments = paced(database, run_id, lambda pace: starts(pace, keys), rpm=240)
    assert moments[-1] >= 1.0
    assert all(later - first > 0.15 for first, later in zip(moments, moments[2:], strict=False))


def test_two_processes_share_the_requests_a_minute(database: Engine, run_id: int) -> None:
    mine, theirs = claimed(database, run_id, 30), claimed(database, run_id, 30, OTHER)
    begun, left = time.monotonic(), 0
    while time.monotonic() - begun < 1.5:
        for me, keys in ((ME, mine), (OTHER, theirs)):
            opened = gate.let_out(database, scope(rpm=600), me, keys, flying=0, recovered=False)
            keys[:] = [key for key in keys if key not in opened.sent]
            left += len(opened.sent)
        time.sleep(0.01)
    assert left <= (time.monotonic() - begun) * 10 + 2


def test_two_processes_share_what_may_be_in_flight(database: Engine, run_id: int) -> None:
    mine, theirs = claimed(database, run_id, 10), claimed(database, run_id, 10, OTHER)
    first = gate.let_out(database, scope(concurrency=8), OTHER, theirs, flying=0, recovered=False).sent
    second = gate.let_out(database, scope(concurrency=8), ME, mine, flying=0, recovered=False).sent
    assert (len(first), len(second)) == (4, 4)
    assert gate.let_out(database, scope(concurrency=8), ME, mine, flying=4, recovered=False).sent == set()
    assert sent(database) == first | second


def test_what_a_dead_process_had_in_flight_takes_no_room(database: Engine, run_id: int) -> None:
    machine, pid, started = ME.rsplit(":", 2)
    dead = f"{machine}:{pid}:{int(started or 0) + 1}"
    theirs, mine = claimed(database, run_id, 8, dead), claimed(database, run_id, 8)
    gate.let_out(database, scope(concurrency=8), dead, theirs, flying=0, recovered=False)
    assert len(gate.let_out(database, scope(concurrency=8), ME, mine, flying=0, recovered=False).sent) == 8


def test_what_another_took_over_does_not_leave(database: Engine, run_id: int) -> None:
    (key,) = claimed(database, run_id, 1, OTHER)

    async def turn(pace: Pace) -> bool:
        return await pace.turn(key)

    assert paced(database, run_id, turn) is False
    assert sent(database) == set()


def test_the_engines_word_on_waiting_binds_all_processes_and_they_come_back_apart(
    database: Engine, run_id: int
) -> None:
    (first,), keys = claimed(database, run_id, 1, OTHER), claimed(database, run_id, 30)
    gate.note_failure(database, scope(), OTHER, first, LIMITED, recovered=False)
    moments = paced(database, run_id, lambda pace: starts(pace, keys))
    assert moments[0] >= 0.2
    assert moments[-1] - moments[0] > 0.02


def test_back_off_doubles_and_is_never_the_same_twice(sqlite_database: Engine) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    async def main(pace: Pace) -> None:
        pace.first_backoff, pace.sleep = 1.0, note  # type: ignore[method-assign]
        for attempt in (1, 2, 3, 10):
            await pace.back_off(BROKEN, attempt)
            await pace.back_off(BROKEN, attempt)

    paced(sqlite_database, 1, main)
    ceilings = [1, 1, 2, 2, 4, 4, 60, 60]
    assert all(ceiling / 2 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    assert len(set(waits)) == len(waits)


def fail(database: Engine, failure: AskFailed, times: int, *, recovered: bool = False) -> list[str | None]:
    """Two processes in turn."""
    whose = itertools.cycle((ME, OTHER))
    return [
        gate.note_failure(database, scope(), next(whose), 0, failure, recovered=recovered)[0]
        for _ in range(times)
    ]


def pause_of(database: Engine) -> EnginePace:
    with store.reading(database) as session:
        return session.exec(select(EnginePace)).one()


def test_many_failures_in_a_row_pause_the_engine_and_then_stop_it(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BREAKER_PAUSES", (0.2,))
    assert fail(database, BROKEN, BREAKER_FAILURES) == [None] * BREAKER_FAILURES
    assert pause_of(database).paused_until is not None
    last = fail(database, BROKEN, BREAKER_FAILURES)[-1]
    assert last == f"{BREAKER_FAILURES} failures in a row, last: engine error"


def test_one_success_forgets_the_failures_before_it(sqlite_database: Engine) -> None:
    for _ in range(3):
        assert not any(fail(sqlite_database, BROKEN, BREAKER_FAILURES - 2))
        fail(sqlite_database, BROKEN, 1, recovered=True)
    assert pause_of(sqlite_database).paused_until is None


def test_a_wrong_request_is_not_repeated_for_every_prompt(sqlite_database: Engine) -> None:
    assert any(fail(sqlite_database, AskFailed("request refused", "no such model"), BREAKER_FAILURES))


@pytest.mark.parametrize("reason", ["rate limited", "content refused"])
def test_being_slowed_down_or_declined_is_no_sign_of_a_broken_engine(
    sqlite_database: Engine, reason: str
) -> None:
    assert not any(fail(sqlite_database, AskFailed(reason, ""), 2 * BREAKER_FAILURES))  # type: ignore[arg-type]
    assert pause_of(sqlite_database).failures == 0


@pytest.mark.parametrize(
    ("failure", "marked"), [(LIMITED, False), (AskFailed("timeout", "", maybe_paid=True), True)]
)
def test_only_what_may_have_been_paid_stays_marked_as_sent(
    database: Engine, run_id: int, failure: AskFailed, marked: bool
) -> None:
    (key,) = claimed(database, run_id, 1)
    gate.let_out(database, scope(), ME, [key], flying=0, recovered=False)
    assert sent(database) == {key}
    gate.note_failure(database, scope(), ME, key, failure, recovered=False)
    assert sent(database) == ({key} if marked else set())


def test_a_stop_ends_every_wait_at_once(sqlite_database: Engine) -> None:
    run_id = prepared(sqlite_database, small_catalog(10, 1, engines=("chat",)))
    keys = claimed(sqlite_database, run_id, 2)

    async def main(pace: Pace) -> float:
        begun = time.monotonic()
        asyncio.get_running_loop().call_later(0.05, pace.work.stop.set)
        long = AskFailed("timeout", "", retry_after=60)
        assert sorted(await asyncio.gather(*map(pace.turn, keys))) == [False, True]
        await pace.back_off(long, 1)
        return time.monotonic() - begun

    assert paced(sqlite_database, run_id, main, rpm=1) < 5
