"""One engine's lane of a run: claim an ask, bring it to an end, take the next, so many at once."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from tracker.engines.ask import Question, RawReply, ask
from tracker.engines.failures import FATAL, AskFailed, Reason
from tracker.engines.simulated import is_sandbox
from tracker.models import Engine, Run
from tracker.run import claims
from tracker.run.claims import Claimed, Outcome
from tracker.run.pace import Pace
from tracker.run.work import Limits, Work

log = logging.getLogger("citelift.run")
RATE_LIMITED_TRIES = 20
"""Being told to wait is no failure of the ask; but not for ever."""
POLL = 0.2


@dataclass
class _Money:
    """What one ask has set aside and booked so far, in micro-dollars."""

    reserved: int
    booked: int = 0
    advance: int = 0


class Lane:
    def __init__(self, work: Work, run: Run, engine: Engine, limits: Limits, sandbox_url: str | None) -> None:
        assert engine.id is not None
        self.work, self.run, self.engine, self.limits = work, run, engine, limits
        self.id, self.sandbox_url = engine.id, sandbox_url
        self.concurrency = engine.concurrency or limits.concurrency
        self.pace = Pace(engine.name, engine.rpm or limits.rpm, work.stop, first_backoff=limits.first_backoff)
        self.ready: deque[Claimed] = deque()
        self.refill = asyncio.Lock()
        self.dry = False
        self.stopped: tuple[Reason, str] | None = None

    @property
    def halted(self) -> bool:
        return self.work.stop.is_set() or self.stopped is not None

    async def drain(self) -> None:
        """Ask until nothing is left, affordable or allowed."""
        self.dry = False
        async with asyncio.TaskGroup() as group:
            for _ in range(self.concurrency):
                group.create_task(self._slot())

    async def _slot(self) -> None:
        while (claimed := await self._next()) is not None:
            self.work.counts.in_flight += 1
            try:
                outcome = await self._attempts(claimed)
            finally:
                self.work.counts.in_flight -= 1
                self.work.mine.discard(claimed.id)
            await self.work.outcomes.put(outcome)

    async def _next(self) -> Claimed | None:
        if not self.ready:
            async with self.refill:
                while not (self.ready or self.dry or self.halted):
                    await self._claim()
        return self.ready.popleft() if self.ready and not self.halted else None

    async def _claim(self) -> None:
        """Claim some more, or wait a little where asks are there but not yet due or affordable."""
        now = datetime.now(UTC)
        batch = await self.work.db(
            partial(
                claims.claim,
                self.work.database,
                self.work.run_id,
                self.id,
                me=self.work.me,
                limit=max(4, self.concurrency // 2),
                now=now,
                month_budget=self.limits.month_budget_micros,
            )
        )
        self.ready.extend(batch.asks)
        self.work.mine.update(ask.id for ask in batch.asks)
        self.work.counts.open += len(batch.asks)
        self.work.hurry = self.work.hurry or batch.out_of_budget
        if batch.out_of_budget and self.work.counts.open:
            await self.pace.sleep(
                POLL
            )  # money set aside for open asks comes back where they turn out cheaper
        elif batch.next_at is not None:
            await self.pace.sleep(min(1.0, max(0.01, (batch.next_at - now).total_seconds())))
        elif not batch.asks:
            self.dry = True

    async def _attempts(self, claimed: Claimed) -> Outcome:
        """Ask until there is a reply, a reason that trying again will not mend, or no more tries or money."""
        question, money = self._question(claimed), _Money(claimed.estimated_micros)
        attempt = limited = 0
        while True:
            await self.pace.turn()
            if self.halted or not await self.work.holds(claimed.id):
                return self._ended(claimed, attempt, money, given_back=True)
            attempt += 1
            try:
                reply = await ask(question, may_continue=partial(self._continue, claimed, money))
            except AskFailed as failure:
                if not await self.work.holds(claimed.id):
                    return self._ended(claimed, attempt, money, given_back=True)
                limited += failure.reason == "rate limited"
                if self._is_final(failure, attempt, limited):
                    return self._lost(claimed, attempt, failure, money)
                if failure.maybe_paid and not await self._set_aside(claimed, money):
                    return self._lost(claimed, attempt, failure, money)
                await self.pace.back_off(failure, attempt)
            else:
                self.pace.succeeded()
                return self._ended(claimed, attempt, money, reply=reply)

    def _question(self, claimed: Claimed) -> Question:
        sandboxed = is_sandbox(claimed.model)
        headers = {
            "x-citelift-ask": f"{self.work.run_id}:{claimed.id}",
            "x-citelift-asked-at": self.run.asked_for.isoformat(),
            "x-citelift-repeat": str(claimed.repeat),
        }
        return Question(
            text=claimed.text,
            model=claimed.model,
            options=self.engine.options,
            country=claimed.country,
            language=claimed.language,
            timeout=self.limits.timeout,
            api_base=self.sandbox_url if sandboxed else None,
            headers=headers if sandboxed else {},
        )

    def _is_final(self, failure: AskFailed, attempt: int, limited: int) -> bool:
        why = self.pace.failed(failure)
        if failure.reason in FATAL:
            self._stop(failure.reason, failure.detail)
        elif why is not None:
            self._stop("engine stopped", why)
        if not failure.retryable or self.stopped is not None:
            return True
        return attempt - limited >= self.limits.max_attempts or limited >= RATE_LIMITED_TRIES

    def _stop(self, reason: Reason, detail: str) -> None:
        if self.stopped is None:
            self.stopped = (reason, detail)
            log.error(
                "engine stopped",
                extra={"run": self.work.run_id, "engine": self.engine.name, "reason": reason},
            )

    async def _set_aside(self, claimed: Claimed, money: _Money) -> bool:
        """The attempt before may have been paid: book it, and set aside as much again if there is as much."""
        enough = await self._pay(claimed, money.reserved)
        money.booked += money.reserved
        money.reserved = claimed.estimated_micros if enough else 0
        return enough

    async def _continue(self, claimed: Claimed, money: _Money) -> bool:
        """The part before is paid: book its estimate until the whole reply's cost is known."""
        enough = await self._pay(claimed, money.reserved)
        money.advance += money.reserved
        money.reserved = claimed.estimated_micros if enough else 0
        return enough

    async def _pay(self, claimed: Claimed, paid: int) -> bool:
        return await self.work.db(
            partial(
                claims.set_aside,
                self.work.database,
                self.work.run_id,
                self.id,
                claimed.estimated_micros,
                now=datetime.now(UTC),
                month_budget=self.limits.month_budget_micros,
                paid=paid,
            )
        )

    def _ended(
        self,
        claimed: Claimed,
        attempts: int,
        money: _Money,
        *,
        reply: RawReply | None = None,
        given_back: bool = False,
    ) -> Outcome:
        row = None
        if reply is not None:
            row = {
                "workspace_id": self.engine.workspace_id,
                "body": reply.body,
                "capture": reply.capture,
                "received_at": reply.received_at,
                "latency_ms": reply.latency_ms,
                "cost_micros": reply.litellm_micros,
            }
        return Outcome(
            claimed,
            self.id,
            attempts,
            reply.received_at if reply else datetime.now(UTC),
            cost_micros=0,
            reserved_micros=money.reserved,
            booked_micros=money.booked,
            advance_micros=money.advance,
            reply=row,
            given_back=given_back,
        )

    def _lost(self, claimed: Claimed, attempts: int, failure: AskFailed, money: _Money) -> Outcome:
        known = {"run": self.work.run_id, "ask": claimed.id, "engine": self.engine.name, "attempts": attempts}
        log.warning("ask failed", extra={**known, "reason": failure.reason})
        return Outcome(
            claimed,
            self.id,
            attempts,
            datetime.now(UTC),
            cost_micros=money.reserved if failure.maybe_paid else 0,
            reserved_micros=money.reserved,
            booked_micros=money.booked,
            advance_micros=money.advance,
            reason=failure.reason,
            detail=failure.detail,
        )

    async def give_back(self) -> None:
        """What was claimed and not sent."""
        unsent, self.ready = list(self.ready), deque()
        back = partial(claims.release, self.work.database, self.work.run_id, self.id, unsent, self.work.me)
        await self.work.db(back)
        self.work.counts.open -= len(unsent)

    async def close(self) -> None:
        """When all else is written: where the engine was stopped, the reason on all that is left of it."""
        if self.stopped is None:
            return
        reason, detail = self.stopped
        now = datetime.now(UTC)
        rest = partial(claims.skip_rest, self.work.database, self.work.run_id, self.id, reason, detail, now)
        await self.work.db(rest)
