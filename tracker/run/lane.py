"""One engine's lane of a run: claim an ask, bring it to an end, take the next, so many at once."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import UTC, datetime
from functools import partial

from tracker.engines.ask import Question, RawReply
from tracker.engines.simulated import is_sandbox
from tracker.leases import Held
from tracker.models import Ask, Engine, Run
from tracker.run import claims, ends
from tracker.run.attempts import Asker, End
from tracker.run.claims import Claimed, Outcome
from tracker.run.gate import Paced
from tracker.run.money import Payment
from tracker.run.pace import Pace
from tracker.run.work import Limits, RunWork

log = logging.getLogger("citelift.run")
POLL = 0.2


class Lane:
    def __init__(
        self, work: RunWork, run: Run, engine: Engine, limits: Limits, sandbox_url: str | None
    ) -> None:
        assert engine.id is not None
        self.work, self.run, self.engine, self.limits = work, run, engine, limits
        self.id, self.sandbox_url = engine.id, sandbox_url
        self.concurrency = engine.concurrency or limits.concurrency
        self.slots = min(self.concurrency, limits.slots or self.concurrency)
        rpm = engine.rpm or limits.rpm
        scope = Paced(f"engine:{self.id}", Held(Ask, {"engine_id": self.id}), self.concurrency, rpm)
        self.pace = Pace(work, engine.name, scope, first_backoff=limits.first_backoff)
        self.asker = Asker(work, self.pace, limits)
        self.ready: deque[Claimed] = deque()
        self.refill = asyncio.Lock()
        self.dry = False

    async def drain(self) -> None:
        """Ask until nothing is left, affordable or allowed."""
        self.dry = False
        async with asyncio.TaskGroup() as group:
            for _ in range(self.slots):
                group.create_task(self._slot())

    async def _slot(self) -> None:
        while (claimed := await self._next()) is not None:
            self.work.counts.in_flight += 1
            try:
                end = await self.asker.bring_to_end(
                    claimed.id,
                    self._question(claimed),
                    claimed.estimated_micros,
                    partial(self._pay, claimed),
                    in_parts=True,
                )
            finally:
                self.work.counts.in_flight -= 1
            await self.work.hand_in(self._outcome(claimed, end))

    async def _next(self) -> Claimed | None:
        if not self.ready:
            async with self.refill:
                while not (self.ready or self.dry or self.asker.halted):
                    await self._claim()
        return self.ready.popleft() if self.ready and not self.asker.halted else None

    async def _claim(self) -> None:
        """Claim some more, or wait a little where asks are there but not yet due or affordable."""
        batch = await self.work.db(
            partial(
                claims.claim,
                self.work.database,
                self.work.run_id,
                self.id,
                me=self.work.me,
                limit=max(4, self.slots // 2),
                month_budget=self.limits.month_budget_micros,
            )
        )
        self.ready.extend(batch.asks)
        self.work.claimed(ask.id for ask in batch.asks)
        self.work.counts.open += len(batch.asks)
        self.work.hurry = self.work.hurry or batch.out_of_budget
        if batch.out_of_budget and self.work.counts.open:
            # Money set aside for open asks comes back where they turn out cheaper.
            await self.pace.sleep(POLL)
        elif batch.next_in is not None:
            await self.pace.sleep(min(1.0, max(0.01, batch.next_in)))
        elif not batch.asks:
            self.dry = True

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

    async def _pay(self, claimed: Claimed, *, going_on: bool) -> bool:
        return await self.work.db(
            partial(
                claims.set_aside,
                self.work.database,
                claimed,
                self.work.me,
                Payment(),
                month_budget=self.limits.month_budget_micros,
                going_on=going_on,
            )
        )

    def _outcome(self, claimed: Claimed, end: End) -> Outcome:
        failure = end.failure
        if failure is not None:
            known = {"ask": claimed.id, "engine": self.engine.name, "attempts": end.attempts}
            log.warning("ask failed", extra={**self.work.about, **known, "reason": failure.reason})
        return Outcome(
            claimed,
            self.id,
            end.attempts,
            end.reply.received_at if end.reply else datetime.now(UTC),
            cost_micros=end.spent.lost_with(failure) if failure else 0,
            reserved_micros=end.spent.reserved,
            booked_micros=end.spent.booked,
            advance_micros=end.spent.advance,
            reply=self._row(end.reply) if end.reply else None,
            reason=failure.reason if failure else None,
            detail=failure.detail if failure else None,
            given_back=end.given_back,
        )

    def _row(self, reply: RawReply) -> dict[str, object]:
        return {
            "workspace_id": self.engine.workspace_id,
            "body": reply.body,
            "capture": reply.capture,
            "received_at": reply.received_at,
            "latency_ms": reply.latency_ms,
            "cost_micros": reply.litellm_micros,
        }

    async def give_back(self) -> None:
        """What was claimed and not sent."""
        unsent, self.ready = list(self.ready), deque()
        back = partial(claims.release, self.work.database, self.work.run_id, self.id, unsent, self.work.me)
        await self.work.db(back)
        self.work.counts.open -= len(unsent)
        self.work.ended(ask.id for ask in unsent)

    async def close(self) -> None:
        """When all else is written: where the engine was stopped, the reason on all that is left of it."""
        if self.asker.stopped is None:
            return
        reason, detail = self.asker.stopped
        now = datetime.now(UTC)
        rest = partial(ends.skip_rest, self.work.database, self.work.run_id, self.id, reason, detail, now)
        await self.work.db(rest)
