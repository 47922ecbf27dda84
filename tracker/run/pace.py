"""When an engine's next request may go out: its asks per minute, its own word on waiting, back-off and
breaker."""

from __future__ import annotations

import asyncio
import logging
import random
import time

from tracker.engines.failures import AskFailed

log = logging.getLogger("citelift.run")
LONGEST_BACKOFF = 60.0
LONGEST_RETRY_AFTER = 600.0
BREAKER_FAILURES = 25
"""Failures in a row, over all asks of an engine, before it is left alone for a while."""
BREAKER_PAUSES = (5.0, 30.0, 120.0)


class Pace:
    """One engine's clock in one process. Every sleep ends early when `stop` is set."""

    def __init__(
        self,
        name: str,
        rpm: int | None,
        stop: asyncio.Event,
        *,
        first_backoff: float = 0.5,
        breaker_pauses: tuple[float, ...] = BREAKER_PAUSES,
    ) -> None:
        self.name, self.rpm, self.stop = name, rpm, stop
        self.first_backoff, self.breaker_pauses = first_backoff, breaker_pauses
        self.paused_until = self.next_slot = 0.0
        self.failures = self.pauses = 0
        self.random = random.Random()

    async def turn(self) -> None:
        """Wait until a request may go out."""
        while not self.stop.is_set():
            wait = self.paused_until - time.monotonic()
            if wait <= 0:
                break
            # Those who waited together do not come back at once.
            await self.sleep(wait + self.random.uniform(0, min(1.0, wait / 4)))
        if self.rpm is not None:
            slot = max(self.next_slot, time.monotonic())
            self.next_slot = slot + 60.0 / self.rpm
            await self.sleep(slot - time.monotonic())

    def succeeded(self) -> None:
        self.failures = self.pauses = 0

    def failed(self, failure: AskFailed) -> str | None:
        """Count it; returns why the engine should be left alone for good, if it should."""
        if failure.reason in {"rate limited", "content refused"}:
            return None
        self.failures += 1
        if self.failures < BREAKER_FAILURES:
            return None
        self.failures = 0
        if not failure.retryable or self.pauses >= len(self.breaker_pauses):
            return f"{BREAKER_FAILURES} failures in a row, last: {failure.reason}"
        pause = self.breaker_pauses[self.pauses]
        self.pauses += 1
        self._pause(pause)
        log.warning("engine paused", extra={"engine": self.name, "seconds": pause, "reason": failure.reason})
        return None

    async def back_off(self, failure: AskFailed, attempt: int) -> None:
        """The engine's own word on when to come back binds all its asks; otherwise wait longer each time,
        with jitter so that many asks do not come back at once."""
        if failure.retry_after is not None:
            wait = min(failure.retry_after, LONGEST_RETRY_AFTER)
            if failure.reason == "rate limited":
                self._pause(wait)
            wait += self.random.uniform(0, min(1.0, wait / 4))
        else:
            ceiling = min(LONGEST_BACKOFF, self.first_backoff * 2 ** (attempt - 1))
            wait = self.random.uniform(ceiling / 2, ceiling)
        await self.sleep(wait)

    def _pause(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, time.monotonic() + seconds)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except TimeoutError:
            return
