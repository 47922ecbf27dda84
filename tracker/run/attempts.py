"""One claimed ask → its reply, or why there is none: the attempts at it, their pace and their money.

Runs and the judge ask alike. They differ in what is claimed and how its end is stored, and in nothing here.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from tracker.engines.ask import Question, RawReply, ask
from tracker.engines.failures import FATAL, AskFailed, Reason
from tracker.run.pace import Pace
from tracker.run.work import Limits, Work

log = logging.getLogger("citelift.run")
RATE_LIMITED_TRIES = 20
"""Being told to wait is no failure of the ask; but not for ever."""


@dataclass
class Spent:
    """What one ask has set aside and booked so far, in micro-dollars."""

    reserved: int
    booked: int = 0
    advance: int = 0
    """For the first parts of a reply whose whole cost is not known yet."""

    def pay(self, what: Literal["attempt", "part"], again: int) -> None:
        """What was set aside is spent, and `again` is set aside for the next request."""
        if what == "attempt":
            self.booked += self.reserved
        else:
            self.advance += self.reserved
        self.reserved = again

    def lost_with(self, failure: AskFailed) -> int:
        """To be booked for the attempt that failed: it may have been paid."""
        return self.reserved if failure.maybe_paid else 0


@dataclass(frozen=True)
class End:
    """Neither reply nor failure: it was given back."""

    attempts: int
    spent: Spent
    reply: RawReply | None = None
    failure: AskFailed | None = None

    @property
    def given_back(self) -> bool:
        return self.reply is None and self.failure is None


class Pay(Protocol):
    """Book what is set aside as spent, and set the next request's cost aside; whether there was as much.
    `going_on`: that request leaves at once."""

    async def __call__(self, *, going_on: bool) -> bool: ...


class Asker:
    """Everything that is asked of one engine, or of one judge, by one process."""

    def __init__(self, work: Work, pace: Pace, limits: Limits) -> None:
        self.work, self.pace, self.limits = work, pace, limits
        self.stopped: tuple[Reason, str] | None = None
        """Why it is left alone for the rest of the run, and what it said."""

    @property
    def halted(self) -> bool:
        return self.work.stop.is_set() or self.stopped is not None

    async def bring_to_end(
        self, key: int, question: Question, micros: int, pay: Pay, *, in_parts: bool = False
    ) -> End:
        """Ask until there is a reply, a reason that trying again will not mend, or no more tries or money.
        `micros` are set aside for each request; `in_parts` lets a paused turn be continued."""
        spent = Spent(micros)

        async def paid(what: Literal["attempt", "part"]) -> bool:
            enough = await pay(going_on=what == "part")
            spent.pay(what, micros if enough else 0)
            return enough

        attempt = limited = 0
        while True:
            if self.halted or not await self.pace.turn(key):
                return End(attempt, spent)
            attempt += 1
            try:
                reply = await self._asked(key, question, (lambda: paid("part")) if in_parts else None)
            except AskFailed as failure:
                limited += failure.reason == "rate limited"
                if await self._is_final(key, failure, attempt - limited, limited):
                    return End(attempt, spent, failure=failure)
                if failure.maybe_paid and not await paid("attempt"):
                    return End(attempt, spent, failure=failure)
                await self.pace.back_off(failure, attempt)
            else:
                self.pace.succeeded()
                return End(attempt, spent, reply=reply)

    async def _asked(
        self, key: int, question: Question, may_continue: Callable[[], Awaitable[bool]] | None
    ) -> RawReply:
        try:
            return await ask(question, may_continue=may_continue)
        finally:
            self.pace.landed(key)

    async def _is_final(self, key: int, failure: AskFailed, tries: int, limited: int) -> bool:
        """Whether this was the last attempt; being rate limited uses none up."""
        why = await self.pace.failed(key, failure)
        if failure.reason in FATAL:
            self._stop(failure.reason, failure.detail)
        elif why is not None:
            self._stop("engine stopped", why)
        if not failure.retryable or self.stopped is not None:
            return True
        return tries >= self.limits.max_attempts or limited >= RATE_LIMITED_TRIES

    def _stop(self, reason: Reason, detail: str) -> None:
        if self.stopped is None:
            self.stopped = (reason, detail)
            log.error("engine stopped", extra={**self.work.about, "engine": self.pace.name, "reason": reason})
