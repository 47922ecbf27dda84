"""When an engine's next request goes out: asks per minute, Retry-After, back-off with jitter, the breaker."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from tracker.engines.failures import AskFailed
from tracker.run.pace import BREAKER_FAILURES, Pace

LIMITED = AskFailed("rate limited", "slow down", retry_after=0.3)
BROKEN = AskFailed("engine error", "oops")


def pace(rpm: int | None = None, **more: object) -> Pace:
    return Pace("chat", rpm, asyncio.Event(), **more)  # type: ignore[arg-type]


async def starts(paced: Pace, count: int) -> list[float]:
    begun = time.monotonic()
    moments: list[float] = []

    async def one() -> None:
        await paced.turn()
        moments.append(time.monotonic() - begun)

    await asyncio.gather(*(one() for _ in range(count)))
    return sorted(moments)


def test_requests_go_out_evenly_at_so_many_a_minute() -> None:
    moments = asyncio.run(starts(pace(rpm=1200), 6))
    gaps = [b - a for a, b in itertools.pairwise(moments)]
    assert moments[0] < 0.04
    assert moments[-1] >= 0.24
    assert min(gaps) > 0.02


def test_without_a_limit_nothing_waits() -> None:
    assert asyncio.run(starts(pace(), 50))[-1] < 3


def test_the_engines_word_on_waiting_binds_all_its_asks_and_they_come_back_apart() -> None:
    async def main() -> list[float]:
        paced = pace()
        told = time.monotonic()
        waiting = asyncio.create_task(paced.back_off(LIMITED, 1))
        await asyncio.sleep(0.01)
        asked = time.monotonic()
        moments = await starts(paced, 30)
        await waiting
        return [moment + asked - told for moment in moments]

    moments = asyncio.run(main())
    assert moments[0] >= 0.3
    assert moments[-1] - moments[0] > 0.02


def test_back_off_doubles_and_is_never_the_same_twice() -> None:
    waits: list[float] = []
    paced = pace(first_backoff=1.0)

    async def note(seconds: float) -> None:
        waits.append(seconds)

    paced.sleep = note  # type: ignore[method-assign]
    for attempt in (1, 2, 3, 10):
        asyncio.run(paced.back_off(BROKEN, attempt))
        asyncio.run(paced.back_off(BROKEN, attempt))
    ceilings = [1, 1, 2, 2, 4, 4, 60, 60]
    assert all(ceiling / 2 <= wait <= ceiling for wait, ceiling in zip(waits, ceilings, strict=True))
    assert len(set(waits)) == len(waits)


def test_many_failures_in_a_row_pause_the_engine_and_then_stop_it() -> None:
    paced = pace(breaker_pauses=(0.2,))
    assert [paced.failed(BROKEN) for _ in range(BREAKER_FAILURES)] == [None] * BREAKER_FAILURES
    assert asyncio.run(starts(paced, 1))[0] >= 0.18
    found = [paced.failed(BROKEN) for _ in range(BREAKER_FAILURES)]
    assert found[-1] == f"{BREAKER_FAILURES} failures in a row, last: engine error"


def test_one_success_forgets_the_failures_before_it() -> None:
    paced = pace()
    for _ in range(5):
        for _ in range(BREAKER_FAILURES - 1):
            assert paced.failed(BROKEN) is None
        paced.succeeded()
    assert paced.paused_until == 0


def test_a_wrong_request_is_not_repeated_for_every_prompt() -> None:
    paced = pace()
    refused = AskFailed("request refused", "no such model")
    assert any(paced.failed(refused) for _ in range(BREAKER_FAILURES))


@pytest.mark.parametrize("reason", ["rate limited", "content refused"])
def test_being_slowed_down_or_declined_is_no_sign_of_a_broken_engine(reason: str) -> None:
    paced = pace()
    assert not any(paced.failed(AskFailed(reason, "")) for _ in range(200))  # type: ignore[arg-type]


def test_a_stop_ends_every_wait_at_once() -> None:
    async def main() -> float:
        paced = pace(rpm=1)
        begun = time.monotonic()
        asyncio.get_running_loop().call_later(0.05, paced.stop.set)
        await asyncio.gather(
            paced.turn(), paced.turn(), paced.back_off(AskFailed("timeout", "", retry_after=60), 1)
        )
        return time.monotonic() - begun

    assert asyncio.run(main()) < 1
