"""`citelift judge`: claim → ask → read strictly → save, until nothing is left, the money is gone, or it is
stopped.

Each verdict is stored in a transaction of its own: a process that dies loses what was in flight and nothing
else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from sqlalchemy import Engine as Database

from tracker import leases
from tracker.answers.rows import read_body
from tracker.engines import prices
from tracker.engines.ask import Question, RawReply
from tracker.engines.calls import call_for, plain_call
from tracker.engines.failures import PROBLEMS, AskFailed
from tracker.engines.row import Call
from tracker.engines.simulated import is_sandbox
from tracker.errors import DataError
from tracker.judge import claims
from tracker.judge.claims import Bench, Case, ClaimedCase, Judged
from tracker.judge.task import InvalidVerdict, Task, fenced_in, verdict
from tracker.leases import Held
from tracker.models import Judgement
from tracker.run.attempts import Asker, Spent
from tracker.run.gate import Paced
from tracker.run.jobs import Progress
from tracker.run.money import Payment
from tracker.run.pace import Pace
from tracker.run.plan import UNPRICED_MICROS
from tracker.run.work import Limits, Work, first_of

log = logging.getLogger("citelift.judge")
_ECHO = 12
"""So many characters in a row are no chance: an engine's complaint that has them from the text repeats it."""


def estimate(bench: Bench, request: str) -> int:
    """The most that judging this can cost; what no price list knows is counted dearly until it reports its
    cost."""
    ceiling = _ceiling(bench, request)
    return UNPRICED_MICROS if ceiling is None else ceiling


def is_priced(bench: Bench) -> bool:
    return _ceiling(bench, "") is not None


def _ceiling(bench: Bench, request: str) -> int | None:
    return prices.ceiling(_call(bench.model), bench.model, request, bench.options)


def _call(model: str) -> Call:
    return plain_call(model) or call_for(model)


@dataclass(frozen=True)
class JudgeSummary:
    judged: int
    failed: int
    reasons: dict[str, int]
    spent_micros: int
    out_of_budget: bool
    stopped: str | None
    """Why the model was left alone before the end."""
    cancelled: bool


async def judge_all(
    database: Database,
    bench: Bench,
    task: Task,
    cases: Iterable[Case],
    limits: Limits,
    *,
    most: int | None = None,
    total: int = 0,
    sandbox_url: str | None = None,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> JudgeSummary:
    """Judge the cases that nobody has judged or is judging, at most `most` of them. What a dead process held
    is open again once `claims.recover` has been called."""
    work = _Judging(
        database, bench, task, iter(cases), limits, most, total, sandbox_url, stop or asyncio.Event()
    )
    work.on_progress = on_progress or work.on_progress
    try:
        return await work.run()
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    finally:
        work.base.close()


class _Judging:
    """One process working through the cases of one bench."""

    def __init__(
        self,
        database: Database,
        bench: Bench,
        task: Task,
        cases: Iterator[Case],
        limits: Limits,
        most: int | None,
        total: int,
        sandbox_url: str | None,
        stop: asyncio.Event,
    ) -> None:
        about = {"model": bench.model, "task": bench.task}
        self.base = Work(database, claims.held(bench.workspace_id), leases.holder(), stop, about)
        self.bench, self.task, self.cases, self.limits = bench, task, cases, limits
        self.room, self.total, self.sandbox_url, self.stop = most, total, sandbox_url, stop
        whose = {"workspace_id": bench.workspace_id, "model": bench.model}
        scope = Paced(
            f"judge:{bench.workspace_id}:{bench.model}",
            Held(Judgement, whose),
            limits.concurrency,
            limits.rpm,
        )
        self.pace = Pace(self.base, bench.model, scope, first_backoff=limits.first_backoff)
        self.asker = Asker(self.base, self.pace, limits)
        self.ready: deque[ClaimedCase] = deque()
        self.waiting: deque[Case] = deque()
        self.refill = asyncio.Lock()
        self.in_flight = self.judged = self.spent = self.dearest = 0
        self.reasons: Counter[str] = Counter()
        self.out_of_budget = False
        self.on_progress: Callable[[Progress], None] = lambda _: None

    async def run(self) -> JudgeSummary:
        async with asyncio.TaskGroup() as group:
            pulse = group.create_task(self.base.pulse())
            try:
                async with asyncio.TaskGroup() as slots:
                    for _ in range(self.limits.concurrency):
                        slots.create_task(self._slot())
            finally:
                while self.ready:
                    unsent = self.ready.popleft()
                    back = Judged(reserved_micros=unsent.case.estimated_micros, given_back=True)
                    await self._settle(unsent, back)
            pulse.cancel()
        failed = sum(self.reasons.values())
        ending = {"judged": self.judged, "failed": failed, "spent_micros": self.spent}
        log.info("judging ends", extra={**self.base.about, **ending})
        return JudgeSummary(
            self.judged,
            failed,
            dict(self.reasons),
            self.spent,
            self.out_of_budget,
            self._why_stopped(),
            self.stop.is_set(),
        )

    def _why_stopped(self) -> str | None:
        """The engine's own words may repeat what was to be judged; the breaker's are ours."""
        if self.asker.stopped is None:
            return None
        reason, detail = self.asker.stopped
        return detail if reason == "engine stopped" else reason

    async def _slot(self) -> None:
        while (claimed := await self._next()) is not None:
            self.in_flight += 1
            try:
                await self._settle(claimed, await self._judged(claimed))
            finally:
                self.in_flight -= 1
                self.base.ended([claimed.id])

    async def _next(self) -> ClaimedCase | None:
        async with self.refill:
            while not (self.ready or self.asker.halted or self.out_of_budget):
                if not await self._claim():
                    return None
        return self.ready.popleft() if self.ready and not self.asker.halted else None

    async def _claim(self) -> bool:
        """Claim some more; False where there is nothing left to claim."""
        size = max(4, self.limits.concurrency // 2)
        if self.room is not None:
            size = min(size, self.room)
        if size and len(self.waiting) < size:
            self.waiting.extend(await self.base.db(lambda: list(islice(self.cases, size))))
        cases = [self.waiting.popleft() for _ in range(min(size, len(self.waiting)))]
        if not cases:
            return False
        # One judgement was dearer than its estimate: from now on that much is set aside for each.
        cases = [replace(c, estimated_micros=max(c.estimated_micros, self.dearest)) for c in cases]
        base, now = self.base, datetime.now(UTC)
        batch = await base.db(partial(claims.claim, base.database, self.bench, cases, me=base.me, now=now))
        self.ready.extend(batch.claimed)
        self.base.claimed(one.id for one in batch.claimed)
        self.waiting.extendleft(reversed(batch.left))
        if self.room is not None:
            self.room -= len(batch.claimed)
        if batch.left and not batch.claimed:
            # Money set aside for what is in flight comes back where it turns out cheaper.
            if self.in_flight:
                await self.pace.sleep(0.05)
            else:
                self.out_of_budget = True
        return True

    async def _judged(self, claimed: ClaimedCase) -> Judged:
        micros = claimed.case.estimated_micros
        end = await self.asker.bring_to_end(
            claimed.id, self._question(claimed), micros, partial(self._pay, claimed)
        )
        if end.failure is not None:
            return self._lost(claimed, end.failure, end.attempts, end.spent)
        if end.reply is not None:
            return self._read(end.reply, end.attempts, end.spent)
        return Judged(attempts=end.attempts, reserved_micros=end.spent.reserved, given_back=True)

    def _question(self, claimed: ClaimedCase) -> Question:
        sandboxed = is_sandbox(self.bench.model)
        return Question(
            claimed.case.request,
            self.bench.model,
            self.bench.options,
            timeout=self.limits.timeout,
            api_base=self.sandbox_url if sandboxed else None,
            headers={"x-citelift-ask": f"judge:{claimed.id}"} if sandboxed else {},
            search=False,
        )

    async def _pay(self, claimed: ClaimedCase, *, going_on: bool) -> bool:
        base, now = self.base, datetime.now(UTC)
        return await base.db(
            partial(claims.set_aside, base.database, self.bench, claimed, Payment(), me=base.me, now=now)
        )

    def _read(self, reply: RawReply, attempts: int, spent: Spent) -> Judged:
        reserved = spent.reserved
        end = Judged(
            attempts=attempts, reserved_micros=reserved, cost_micros=reserved, booked_micros=spent.booked
        )
        try:
            reading = read_body(reply.body)
        except DataError:
            return replace(end, reason="unreadable reply", detail="the reply has no known shape")
        cost = prices.cost(
            _call(self.bench.model),
            self.bench.model,
            reported_micros=reading.usage.reported_micros,
            litellm_micros=reply.litellm_micros,
            input_tokens=reading.usage.input_tokens,
            output_tokens=reading.usage.output_tokens,
            searches=0,
        )
        end = replace(end, cost_micros=reserved if cost is None else cost, served_model=reading.engine_model)
        if end.cost_micros > reserved:
            self.dearest = max(self.dearest, end.cost_micros)
        if problem := PROBLEMS.get(reading.problem or ""):
            return replace(end, reason=problem)
        try:
            return replace(end, verdict=verdict(self.task, reading.text))
        except InvalidVerdict as invalid:
            return replace(end, reason="invalid verdict", detail=str(invalid))

    def _lost(self, claimed: ClaimedCase, failure: AskFailed, attempts: int, spent: Spent) -> Judged:
        return Judged(
            reason=failure.reason,
            detail=_own_words(failure.detail, claimed.case.request),
            attempts=attempts,
            cost_micros=spent.lost_with(failure),
            reserved_micros=spent.reserved,
            booked_micros=spent.booked,
        )

    async def _settle(self, claimed: ClaimedCase, end: Judged) -> None:
        base, now = self.base, datetime.now(UTC)
        ended = partial(claims.settle, base.database, self.bench, claimed, end, me=base.me, now=now)
        if not await base.db(ended):
            log.warning("claim lost", extra={"judgement": claimed.id})
            return
        self.spent += end.cost_micros + end.booked_micros
        if end.given_back:
            return
        if end.reason is None:
            self.judged += 1
        else:
            self.reasons[end.reason] += 1
            log.warning("judgement failed", extra={"judgement": claimed.id, "reason": end.reason})
        failed = sum(self.reasons.values())
        self.on_progress(Progress(self.total, self.judged, failed, self.in_flight, self.spent))


def _own_words(detail: str, request: str) -> str:
    """An engine's complaint, unless it repeats what was to be judged: that is not for keeping in a
    failure."""
    judged = fenced_in(request)
    windows = (detail[i : i + _ECHO] for i in range(max(1, len(detail) - _ECHO + 1)))
    if "\\u" in detail or (judged and judged in detail) or any(window in judged for window in windows):
        return "the engine's own words repeat the text and are not kept"
    return detail
