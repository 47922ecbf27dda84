"""When an engine's next request goes out: its turn at the gate, and its back-off after a failure."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable
from functools import partial

from tracker.engines.failures import AskFailed
from tracker.run import gate
from tracker.run.gate import FULL, LONGEST_RETRY_AFTER, Paced
from tracker.run.work import Work

log = logging.getLogger("citelift.run")
LONGEST_BACKOFF = 60.0


class Pace:
    """One engine's requests from one process. Every wait ends early when the work is stopped."""

    def __init__(self, work: Work, name: str, scope: Paced, *, first_backoff: float = 0.5) -> None:
        self.work, self.name, self.scope, self.first_backoff = work, name, scope, first_backoff
        self.random = random.Random()
        self._waiting: dict[int, asyncio.Future[bool]] = {}
        self._flying: set[int] = set()
        self._letting_out: asyncio.Task[None] | None = None
        self._paused: dict[int, float] = {}
        """Claims that waited for so long."""
        self._landed = False
        self._failures = 0
        self._recovered = False
        """One was answered since the failures that are counted."""

    async def turn(self, key: int) -> bool:
        """Wait until the request of this claim may leave; it is marked as sent then. False where it may not:
        the work is stopped, or the claim is another's by now."""
        if self.work.stop.is_set():
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[key] = turn
        if self._letting_out is None or self._letting_out.done():
            self._letting_out = asyncio.create_task(self._let_out())
            self._letting_out.add_done_callback(self._pass_on)
        try:
            may_leave = await turn
        finally:
            self._waiting.pop(key, None)
        # Those who waited together for an engine's pause do not come back at once.
        await self.sleep(self.random.uniform(0, min(1.0, self._paused.pop(key, 0.0) / 4)))
        return may_leave

    def _pass_on(self, letting_out: asyncio.Task[None]) -> None:
        """What went wrong at the gate went wrong for all that wait there."""
        error = None if letting_out.cancelled() else letting_out.exception()
        for turn in self._waiting.values() if error else ():
            if not turn.done():
                turn.set_exception(error or RuntimeError())

    async def _let_out(self) -> None:
        """As long as any wait: whoever comes meanwhile goes with the next transaction."""
        while self._waiting:
            if self.work.stop.is_set():
                self._answer(list(self._waiting), False)
                return
            opened = await self._opened(list(self._waiting))
            self._failures = opened.failures
            self._flying |= opened.sent
            self._answer(opened.sent, True)
            self._answer(opened.lost, False)
            if self._waiting and not (opened.sent or opened.lost):
                await self._rest(opened.wait)

    async def _rest(self, seconds: float) -> None:
        """Until it is worth looking again: a reply of our own makes room at once."""
        if seconds > FULL:
            self._paused = dict.fromkeys(self._waiting, seconds)
            await self.sleep(seconds)
            return
        self._landed = False
        for _ in range(5):
            await self.sleep(seconds / 5)
            if self._landed:
                return

    async def _opened(self, waiting: list[int]) -> gate.Opened:
        recovered, self._recovered = self._recovered, False
        out = partial(
            gate.let_out,
            self.work.database,
            self.scope,
            self.work.me,
            waiting,
            flying=len(self._flying),
            recovered=recovered,
        )
        return await self.work.db(out)

    def _answer(self, keys: Iterable[int], may_leave: bool) -> None:
        for key in keys:
            turn = self._waiting.pop(key, None)
            if turn is not None and not turn.done():
                turn.set_result(may_leave)

    def landed(self, key: int) -> None:
        """Its reply is here, or its failure."""
        self._flying.discard(key)
        self._landed = True

    def succeeded(self) -> None:
        self._recovered = self._recovered or self._failures > 0
        self._failures = 0

    async def failed(self, key: int, failure: AskFailed) -> str | None:
        """Count it; returns why the engine should be left alone for good, if it should."""
        recovered, self._recovered = self._recovered, False
        database, scope, me = self.work.database, self.scope, self.work.me
        note = partial(gate.note_failure, database, scope, me, key, failure, recovered=recovered)
        stop, pause = await self.work.db(note)
        self._failures += 1
        if pause and failure.reason != "rate limited":
            paused = {"engine": self.name, "seconds": pause, "reason": failure.reason}
            log.warning("engine paused", extra={**self.work.about, **paused})
        return stop

    async def back_off(self, failure: AskFailed, attempt: int) -> None:
        """The engine's own word on when to come back, or longer each time; with jitter, so that many asks do
        not come back at once."""
        if failure.retry_after is not None:
            wait = min(failure.retry_after, LONGEST_RETRY_AFTER)
            wait += self.random.uniform(0, min(1.0, wait / 4))
        else:
            ceiling = min(LONGEST_BACKOFF, self.first_backoff * 2 ** (attempt - 1))
            wait = self.random.uniform(ceiling / 2, ceiling)
        await self.sleep(wait)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.work.stop.wait(), seconds)
        except TimeoutError:
            return
