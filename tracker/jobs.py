"""One run: claim → ask → save raw → read → save. Bounded, resumable, within its budget.

Each engine has a lane: its own number of asks in flight, pace, pauses and circuit breaker, so that one slow or
failing engine does not hold up the others. Everything that is answered goes through one writer, which stores raw
replies in batches before it reads them. A process that dies loses at most what was in flight.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import and_, case, func, update
from sqlmodel import Session, col, select

from tracker import answers, claims, prices, rollups, store
from tracker.answers import AnswerRows
from tracker.ask import FATAL, AskFailed, Question, RawReply, Reason, ask
from tracker.catalog import Catalog
from tracker.citations import Reading
from tracker.claims import Claimed, Outcome, Tally
from tracker.engines import call_for, is_sandbox
from tracker.errors import DataError
from tracker.mentions import Finder
from tracker.models import Answer, Ask, AskState, Brand, Engine, Event, Ledger, Mention, Prompt, Run, RunState
from tracker.plan import NOTHING_OBSERVED, Observed, Plan, order

log = logging.getLogger("citelift.run")
WRITE_BATCH = 64
WRITE_PAUSE = 0.05
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 60.0
BREAKER_FAILURES = 25
"""Failures in a row, over all asks of an engine, before it is left alone for a while."""
BREAKER_PAUSES = (5.0, 30.0, 120.0)


@dataclass(frozen=True)
class Limits:
    concurrency: int = 16
    rpm: int | None = None
    timeout: float = 180
    max_attempts: int = 5
    month_budget_micros: int | None = None
    first_backoff: float = FIRST_BACKOFF


@dataclass(frozen=True)
class Progress:
    total: int
    answered: int
    failed: int
    in_flight: int
    spent_micros: int


@dataclass(frozen=True)
class Summary:
    run_id: int
    state: RunState
    reason: str | None
    tally: Tally
    not_searched: int
    """Answers of a search engine that did not search: kept, and left out of its rates."""


def create_run(
    session: Session,
    workspace_id: int,
    catalog: Catalog,
    plan: Plan,
    *,
    key: str,
    now: datetime,
    asked_for: datetime | None = None,
    trigger: str = "manual",
    spread: timedelta | None = None,
) -> int:
    """Store the run and its planned asks; a run of the same key is there already and stays as it is."""
    present = session.exec(select(Run.id).where(Run.key == key)).first()
    if present is not None:
        return present
    run = Run(
        workspace_id=workspace_id,
        key=key,
        trigger=trigger,
        planned_at=now,
        asked_for=asked_for or now,
        catalog_hash=catalog.hash,
    )
    session.add(run)
    session.flush()
    assert run.id is not None
    _plan_asks(session, run.id, workspace_id, catalog, plan, now, spread)
    return run.id


def _plan_asks(
    session: Session,
    run_id: int,
    workspace_id: int,
    catalog: Catalog,
    plan: Plan,
    now: datetime,
    spread: timedelta | None,
) -> None:
    prompts = dict(
        session.exec(select(Prompt.key, Prompt.id).where(Prompt.workspace_id == workspace_id)).all()
    )
    engines = {e.name: e for e in session.exec(select(Engine).where(Engine.workspace_id == workspace_id))}
    planned = {engines[entry.name].id or 0: entry for entry in plan.engines}
    ids = [prompts[entry.key] for entry in catalog.prompts]
    cells = list(order(len(ids), {engine_id: entry.repeats for engine_id, entry in planned.items()}))
    rows = [
        {
            "workspace_id": workspace_id,
            "run_id": run_id,
            "prompt_id": ids[prompt],
            "engine_id": engine_id,
            "repeat": repeat,
            "model": planned[engine_id].model,
            "estimated_micros": planned[engine_id].ceiling_micros,
            "not_before": None if spread is None else now + spread * (place / len(cells)),
        }
        for place, (repeat, prompt, engine_id) in enumerate(cells)
    ]
    ledgers = [
        {"run_id": run_id, "engine_id": engine_id, "budget_micros": entry.budget_micros}
        for engine_id, entry in planned.items()
    ]
    store.bulk_insert(session, Ledger, ledgers)
    store.bulk_insert(session, Ask, rows)


def latest_open(session: Session, workspace_id: int) -> Run | None:
    """The newest run that has something left to ask, or failed for a passing reason."""
    ended = [RunState.DONE]
    statement = select(Run).where(Run.workspace_id == workspace_id, col(Run.state).not_in(ended))
    return session.exec(statement.order_by(col(Run.id).desc())).first()


def reopen(database: Database, run_id: int, *, budgets: dict[str, int | None] | None = None) -> int:
    """Make a stopped run ready to go on; a raised budget in the catalog takes effect. Returns asks planned again."""
    with store.writing(database) as session:
        again = claims.reopen(session, run_id)
        for engine in claims.engines_of(session, run_id):
            if budgets is not None and engine.name in budgets:
                session.connection().execute(
                    update(Ledger)
                    .where(col(Ledger.run_id) == run_id, col(Ledger.engine_id) == engine.id)
                    .values(budget_micros=budgets[engine.name])
                )
    return again


async def execute(
    database: Database,
    run_id: int,
    limits: Limits,
    *,
    sandbox_url: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Summary:
    """Ask whatever of the run is not asked yet, until it is done, the budget is, or `stop` is set."""
    worker = _Worker(database, run_id, limits, sandbox_url, on_progress, stop or asyncio.Event())
    return await worker.work()


@dataclass
class _Lane:
    engine: Engine
    concurrency: int
    rpm: int | None
    ready: deque[Claimed] = field(default_factory=deque)
    paused_until: float = 0.0
    failures: int = 0
    pauses: int = 0
    next_slot: float = 0.0
    stopped: tuple[Reason, str] | None = None
    dry: bool = False
    refill: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def id(self) -> int:
        assert self.engine.id is not None
        return self.engine.id


class _Worker:
    """The state of one process working on one run."""

    def __init__(
        self,
        database: Database,
        run_id: int,
        limits: Limits,
        sandbox_url: str | None,
        on_progress: Callable[[Progress], None] | None,
        stop: asyncio.Event,
    ) -> None:
        self.database, self.run_id, self.limits = database, run_id, limits
        self.sandbox_url, self.on_progress, self.stop = sandbox_url, on_progress, stop
        self.me = claims.holder()
        self.outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue(maxsize=4 * WRITE_BATCH)
        self.answered = self.failed = self.in_flight = self.spent = self.total = 0
        self.random = random.Random()
        self.lock = asyncio.Lock()
        self.engines: dict[int, Engine] = {}

    async def _db(self, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Database work off the event loop, one piece at a time."""
        async with self.lock:
            return await asyncio.to_thread(work, *arguments, **options)

    async def work(self) -> Summary:
        run, lanes, names = await self._db(self._begin)
        log.info("run=%s asks=%s engines=%s", self.run_id, self.total, len(lanes))
        writer = asyncio.create_task(self._write(run, names))
        pulse = asyncio.create_task(self._pulse())
        try:
            await asyncio.gather(*(self._lane(lane, run) for lane in lanes))
            await self._wait_for_others(lanes, run)
        finally:
            pulse.cancel()
            await self.outcomes.put(None)
            await writer
            await self._give_back(lanes)
        summary: Summary = await self._db(self._end)
        return summary

    def _begin(self) -> tuple[Run, list[_Lane], Finder]:
        now = datetime.now(UTC)
        released, stored = claims.recover(self.database, self.run_id, now)
        if released:
            log.warning(
                "run=%s recovered=%s asks of a process that died, booked as paid", self.run_id, released
            )
        with store.writing(self.database) as session:
            run = session.get_one(Run, self.run_id)
            run.state, run.started_at, run.ended_at = RunState.RUNNING, run.started_at or now, None
            session.add(run)
            self.engines = {engine.id or 0: engine for engine in claims.engines_of(session, self.run_id)}
            names = answers.finder(session, run.workspace_id)
        for start in range(0, len(stored), WRITE_BATCH):
            self._finish(run, names, stored[start : start + WRITE_BATCH])
        with store.reading(self.database) as session:
            self._count(claims.tally(session, self.run_id))
        lanes = [
            _Lane(e, e.concurrency or self.limits.concurrency, e.rpm or self.limits.rpm)
            for e in self.engines.values()
        ]
        return run, lanes, names

    def _count(self, tally: Tally) -> None:
        self.total, self.spent = tally.total, tally.spent_micros
        self.answered = tally.states.get(AskState.ANSWERED, 0)
        self.failed = tally.states.get(AskState.FAILED, 0) + tally.states.get(AskState.SKIPPED, 0)

    async def _lane(self, lane: _Lane, run: Run) -> None:
        await asyncio.gather(*(self._slot(lane, run) for _ in range(lane.concurrency)))

    async def _slot(self, lane: _Lane, run: Run) -> None:
        """One of an engine's places: take an ask, bring it to an end, take the next."""
        while not self.stop.is_set() and lane.stopped is None:
            claimed = await self._next(lane)
            if claimed is None:
                return
            self.in_flight += 1
            try:
                outcome = await self._attempts(lane, run, claimed)
            finally:
                self.in_flight -= 1
            await self.outcomes.put(outcome)

    async def _next(self, lane: _Lane) -> Claimed | None:
        while not lane.ready:
            if lane.dry or self.stop.is_set() or lane.stopped:
                return None
            async with lane.refill:
                if lane.ready or lane.dry:
                    continue
                wait = await self._refill(lane)
            if wait:
                await self._sleep(wait)
        return lane.ready.popleft() if lane.ready else None

    async def _refill(self, lane: _Lane) -> float:
        """Claim some more; returns seconds to wait where asks are there but not yet due or affordable."""
        now = datetime.now(UTC)
        month_left: int | None = await self._db(self._month_left, now)
        limit = max(4, lane.concurrency // 4)
        batch: claims.Batch = await self._db(
            claims.claim,
            self.database,
            self.run_id,
            lane.id,
            me=self.me,
            limit=limit,
            now=now,
            month_left=month_left,
        )
        lane.ready.extend(batch.asks)
        if batch.asks:
            return 0.0
        if batch.out_of_budget:
            # Money set aside for asks in flight may come back when they turn out cheaper.
            if self.in_flight:
                return 0.2
            lane.dry = True
        elif batch.next_at is not None and batch.next_at > now:
            return min(1.0, (batch.next_at - now).total_seconds())
        elif batch.remaining == 0:
            lane.dry = True
        return 0.0 if lane.dry else 0.2

    def _month_left(self, now: datetime) -> int | None:
        if self.limits.month_budget_micros is None:
            return None
        with store.reading(self.database) as session:
            run = session.get_one(Run, self.run_id)
            return self.limits.month_budget_micros - claims.month_spent(session, run.workspace_id, now)

    async def _attempts(self, lane: _Lane, run: Run, claimed: Claimed) -> Outcome:
        """Ask until there is a reply, a reason that trying again will not mend, or no more tries or money."""
        question = self._question(lane, run, claimed)
        reserved, booked, attempt = claimed.estimated_micros, 0, 0
        while True:
            attempt += 1
            await self._pace(lane)
            try:
                reply = await ask(question)
            except AskFailed as failure:
                paid = claimed.estimated_micros if failure.maybe_paid else 0
                if self._is_final(lane, failure, attempt):
                    return self._lost(
                        lane, claimed, attempt, failure, cost=paid, booked=booked, reserved=reserved
                    )
                if paid:
                    enough = await self._db(claims.rebook, self.database, self.run_id, lane.id, paid)
                    booked += paid
                    if not enough:
                        return self._lost(lane, claimed, attempt, failure, cost=0, booked=booked, reserved=0)
                await self._back_off(lane, failure, attempt)
            else:
                lane.failures = lane.pauses = 0
                return self._answered(lane, claimed, attempt, reply, booked=booked, reserved=reserved)

    def _question(self, lane: _Lane, run: Run, claimed: Claimed) -> Question:
        headers = {
            "x-citelift-ask": f"{self.run_id}:{claimed.id}",
            "x-citelift-asked-at": run.asked_for.isoformat(),
            "x-citelift-repeat": str(claimed.repeat),
        }
        sandboxed = is_sandbox(claimed.model)
        return Question(
            text=claimed.text,
            model=claimed.model,
            options=lane.engine.options,
            country=claimed.country,
            language=claimed.language,
            timeout=self.limits.timeout,
            api_base=self.sandbox_url if sandboxed else None,
            headers=headers if sandboxed else {},
        )

    def _is_final(self, lane: _Lane, failure: AskFailed, attempt: int) -> bool:
        if failure.reason in FATAL:
            self._stop_lane(lane, failure.reason, failure.detail)
        elif failure.retryable and failure.reason != "rate limited":
            lane.failures += 1
            if lane.failures >= BREAKER_FAILURES:
                self._open_breaker(lane, failure)
        if self.stop.is_set() or lane.stopped is not None:
            return True
        return not failure.retryable or attempt >= self.limits.max_attempts

    def _open_breaker(self, lane: _Lane, failure: AskFailed) -> None:
        lane.failures = 0
        if lane.pauses >= len(BREAKER_PAUSES):
            self._stop_lane(
                lane, "engine stopped", f"{BREAKER_FAILURES} failures in a row, last: {failure.reason}"
            )
            return
        pause = BREAKER_PAUSES[lane.pauses]
        lane.pauses += 1
        lane.paused_until = max(lane.paused_until, time.monotonic() + pause)
        log.warning(
            "run=%s engine=%s paused=%ss after=%s", self.run_id, lane.engine.name, pause, failure.reason
        )

    def _stop_lane(self, lane: _Lane, reason: Reason, detail: str) -> None:
        if lane.stopped is None:
            lane.stopped = (reason, detail)
            log.error("run=%s engine=%s stopped reason=%s", self.run_id, lane.engine.name, reason)

    async def _pace(self, lane: _Lane) -> None:
        """Hold the engine's pause and its asks per minute."""
        if lane.rpm is not None:
            slot = max(lane.next_slot, time.monotonic())
            lane.next_slot = slot + 60.0 / lane.rpm
            await self._sleep(slot - time.monotonic())
        while (wait := lane.paused_until - time.monotonic()) > 0 and not self.stop.is_set():
            await self._sleep(wait)

    async def _back_off(self, lane: _Lane, failure: AskFailed, attempt: int) -> None:
        """The engine's own word on when to come back binds all its asks; otherwise wait longer each time, with
        jitter so that many asks do not come back at once."""
        if failure.retry_after is not None:
            wait = min(failure.retry_after, LONGEST_BACKOFF * 10)
            if failure.reason == "rate limited":
                lane.paused_until = max(lane.paused_until, time.monotonic() + wait)
        else:
            ceiling = min(LONGEST_BACKOFF, self.limits.first_backoff * 2 ** (attempt - 1))
            wait = self.random.uniform(ceiling / 2, ceiling)
        await self._sleep(wait)

    async def _sleep(self, seconds: float) -> None:
        """Sleep that a stop cuts short."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except TimeoutError:
            return

    def _answered(
        self, lane: _Lane, claimed: Claimed, attempts: int, reply: RawReply, *, booked: int, reserved: int
    ) -> Outcome:
        row = {
            "workspace_id": lane.engine.workspace_id,
            "body": answers.pack(reply.body),
            "capture": reply.capture,
            "received_at": reply.received_at,
            "latency_ms": reply.latency_ms,
            "cost_micros": reply.litellm_micros,
        }
        return Outcome(claimed, lane.id, attempts, reply.received_at, 0, reserved, booked, reply=row)

    def _lost(
        self,
        lane: _Lane,
        claimed: Claimed,
        attempts: int,
        failure: AskFailed,
        *,
        cost: int,
        booked: int,
        reserved: int,
    ) -> Outcome:
        log.warning(
            "run=%s ask=%s engine=%s attempts=%s failed=%s",
            self.run_id,
            claimed.id,
            lane.engine.name,
            attempts,
            failure.reason,
        )
        return Outcome(
            claimed,
            lane.id,
            attempts,
            datetime.now(UTC),
            cost,
            reserved,
            booked,
            None,
            failure.reason,
            failure.detail,
        )

    async def _write(self, run: Run, names: Finder) -> None:
        """Store outcomes in batches, until the end mark."""
        ended = False
        while not ended:
            batch = [await self.outcomes.get()]
            await asyncio.sleep(WRITE_PAUSE)
            while not self.outcomes.empty() and len(batch) < WRITE_BATCH:
                batch.append(self.outcomes.get_nowait())
            ended = None in batch
            kept = [outcome for outcome in batch if outcome is not None]
            if kept:
                await self._db(self._store, run, names, kept)
                self._report()

    def _store(self, run: Run, names: Finder, batch: list[Outcome]) -> None:
        """Raw replies are safe before anything reads them; `claims.recover` mends a death between the two."""
        with store.writing(self.database) as session:
            claims.keep_replies(session, batch)
        read = self._finish(run, names, batch)
        self.answered += read
        self.failed += len(batch) - read

    def _finish(self, run: Run, names: Finder, batch: Sequence[Outcome]) -> int:
        """Read the replies, then store answers, the asks' ends and the money together. Returns how many answers."""
        settled: list[Outcome] = []
        rows: list[AnswerRows] = []
        for outcome in batch:
            final, answer = _read(run, self.engines[outcome.engine_id], outcome, names)
            settled.append(final)
            rows += [answer] if answer is not None else []
            self.spent += final.cost_micros + final.booked_micros
        with store.writing(self.database) as session:
            claims.settle(session, self.run_id, settled)
            answers.save(session, rows)
        return len(rows)

    def _report(self) -> None:
        if self.on_progress is not None:
            self.on_progress(Progress(self.total, self.answered, self.failed, self.in_flight, self.spent))

    async def _pulse(self) -> None:
        while True:
            await asyncio.sleep(claims.HEARTBEAT_SECONDS)
            await self._db(claims.heartbeat, self.database, self.run_id, self.me, datetime.now(UTC))

    async def _wait_for_others(self, lanes: Sequence[_Lane], run: Run) -> None:
        """Other processes may still hold asks of this run: theirs to end, or ours if they die."""
        while not self.stop.is_set():
            with store.reading(self.database) as session:
                mine = [Ask.run_id == self.run_id, Ask.state == AskState.CLAIMED, Ask.claimed_by != self.me]
                held = session.exec(select(func.count()).select_from(Ask).where(*mine)).one()
            if not held:
                return
            released, stored = await self._db(claims.recover, self.database, self.run_id, datetime.now(UTC))
            for outcome in stored:
                await self.outcomes.put(outcome)
            if released:
                for lane in lanes:
                    lane.dry = False
                await asyncio.gather(*(self._lane(lane, run) for lane in lanes))
            else:
                await self._sleep(0.5)

    async def _give_back(self, lanes: Sequence[_Lane]) -> None:
        for lane in lanes:
            unsent, lane.ready = list(lane.ready), deque()
            await self._db(claims.release, self.database, self.run_id, lane.id, unsent)
            if lane.stopped is not None:
                reason, detail = lane.stopped
                now = datetime.now(UTC)
                await self._db(claims.skip_rest, self.database, self.run_id, lane.id, reason, detail, now)

    def _end(self) -> Summary:
        with store.writing(self.database) as session:
            tally = claims.tally(session, self.run_id)
            state, reason = claims.end_state(tally, cancelled=self.stop.is_set())
            run = session.get_one(Run, self.run_id)
            run.state, run.reason, run.ended_at = state, reason, datetime.now(UTC)
            session.add(run)
            _note_model_changes(session, run)
            silent = _not_searched(session, self.run_id)
            rollups.update(session, run.workspace_id, weeks=[answers.week_of(run.asked_for)])
        log.info("run=%s state=%s reason=%s spent_micros=%s", self.run_id, state, reason, tally.spent_micros)
        return Summary(self.run_id, state, reason, tally, silent)


_PROBLEMS: dict[str, Reason] = {
    "error": "engine error",
    "refusal": "content refused",
    "empty": "empty answer",
}


def _read(run: Run, engine: Engine, outcome: Outcome, names: Finder) -> tuple[Outcome, AnswerRows | None]:
    """The outcome with what reading its reply says of cost and success, and the answer if there is one."""
    if outcome.reply is None:
        return outcome, None
    try:
        reading = answers.read_body(answers.unpack(outcome.reply["body"]))
    except DataError as error:
        # Something was sent, so something may have been charged.
        paid = outcome.ask.estimated_micros
        return replace(outcome, cost_micros=paid, reason="unreadable reply", detail=error.problem), None
    cost = _cost(outcome, reading)
    known = outcome.ask.estimated_micros if cost is None else cost
    if reading.problem in _PROBLEMS:
        reason = _PROBLEMS[reading.problem]
        return replace(outcome, cost_micros=known, reason=reason, detail=reading.detail), None
    head = {
        "workspace_id": run.workspace_id,
        "ask_id": outcome.ask.id,
        "run_id": run.id,
        "prompt_id": outcome.ask.prompt_id,
        "engine_id": engine.id,
        "fingerprint": f"ask:{outcome.ask.id}",
        "repeat": outcome.ask.repeat,
        "asked_at": run.asked_for if is_sandbox(outcome.ask.model) else outcome.at,
        "model": outcome.ask.model,
        "surface": engine.surface,
        "cost_micros": cost,
    }
    return replace(outcome, cost_micros=known), answers.answer_rows(reading, head, names)


def _cost(outcome: Outcome, reading: Reading) -> int | None:
    assert outcome.reply is not None
    return prices.cost(
        call_for(outcome.ask.model),
        outcome.ask.model,
        reported_micros=reading.usage.reported_micros,
        litellm_micros=outcome.reply["cost_micros"],
        input_tokens=reading.usage.input_tokens,
        output_tokens=reading.usage.output_tokens,
        searches=reading.usage.searches_billed,
    )


def _not_searched(session: Session, run_id: int) -> int:
    statement = select(Answer.model, func.count()).where(
        Answer.run_id == run_id, col(Answer.search_used).is_(False)
    )
    counted = session.exec(statement.group_by(Answer.model))
    return sum(count for model, count in counted if is_sandbox(model) or call_for(model).searches)


def _note_model_changes(session: Session, run: Run) -> None:
    """A model that the engine's run before did not serve breaks comparisons: it becomes an event, once."""
    for engine_id, models in _served(session, [Answer.run_id == run.id]).items():
        last = (
            select(Answer.run_id)
            .where(Answer.engine_id == engine_id, Answer.asked_at < run.asked_for, Answer.run_id != run.id)
            .order_by(col(Answer.asked_at).desc())
        )
        before = session.exec(last).first()
        known = _served(session, [Answer.run_id == before, Answer.engine_id == engine_id]).get(
            engine_id, set()
        )
        if before is None or models <= known:
            continue
        title = f"served model {' and '.join(sorted(known))} → {' and '.join(sorted(models))}"
        row = {"workspace_id": run.workspace_id, "at": run.asked_for, "kind": "served model", "title": title}
        store.bulk_insert(session, Event, [row | {"engine_id": engine_id}], ignore=True)


def _served(session: Session, which: Sequence[Any]) -> dict[int, set[str]]:
    statement = select(Answer.engine_id, Answer.served_model).where(*which)
    found: dict[int, set[str]] = {}
    for engine_id, model in session.exec(statement.distinct()):
        if model is not None:
            found.setdefault(engine_id, set()).add(model)
    return found


@contextmanager
def sandbox_for(catalog: Catalog, *, seed: int = 7) -> Iterator[str | None]:
    """The address of a sandbox around the catalog's own brands and prompts, where an engine asks for one."""
    if not any(is_sandbox(engine.model) for engine in catalog.engines):
        yield None
        return
    from tracker import sandbox

    brands = [sandbox.Brand(b.name, b.domains, b.own, b.aliases, b.not_phrases) for b in catalog.brands]
    prompts = [sandbox.Prompt(p.text, p.topic) for p in catalog.prompts]
    with sandbox.Sandbox(sandbox.World.build(brands, prompts, seed=seed)) as url:
        yield url


def observed(session: Session, workspace_id: int) -> dict[str, Observed]:
    """What earlier answers say about each engine: the own brand's rate, how alike repeats are, the usual cost."""
    own = select(Brand.id).where(Brand.workspace_id == workspace_id, col(Brand.own)).scalar_subquery()
    named = case((col(Mention.id).is_(None), 0), else_=1)
    cells = (
        select(Engine.name, func.count(), func.sum(named), func.avg(col(Answer.cost_micros)))
        .join(Answer, col(Answer.engine_id) == col(Engine.id))
        .outerjoin(
            Mention,
            and_(
                col(Mention.answer_id) == col(Answer.id),
                col(Mention.brand_id) == own,
                Mention.stance == "named",
            ),
        )
        .where(Answer.workspace_id == workspace_id)
        .group_by(Engine.name, col(Answer.prompt_id), col(Answer.run_id))
    )
    found: dict[str, list[tuple[int, int, float | None]]] = {}
    for name, answered, mentioned, cost in session.exec(cells):
        found.setdefault(name, []).append(
            (answered, int(mentioned or 0), None if cost is None else float(cost))
        )
    return {name: _observed(rows) for name, rows in found.items()}


def _observed(cells: list[tuple[int, int, float | None]]) -> Observed:
    """Likeness ρ: how much of the spread of single answers lies between cells of one prompt and run rather than
    inside them, by the analysis-of-variance estimator for binary outcomes."""
    answered = sum(n for n, _, _ in cells)
    rate = sum(k for _, k, _ in cells) / answered
    costs = [cost for _, _, cost in cells if cost is not None]
    inside = sum(k * (n - k) / n for n, k, _ in cells)
    freedom = answered - len(cells)
    likeness = NOTHING_OBSERVED.likeness
    if freedom > 0 and 0 < rate < 1:
        likeness = min(1.0, max(0.0, 1 - (inside / freedom) / (rate * (1 - rate))))
    # A rate seen at 0 or 1 still moves: half an answer keeps the planner from promising certainty.
    rate = min(max(rate, 0.5 / answered), 1 - 0.5 / answered)
    return Observed(rate, likeness, round(sum(costs) / len(costs)) if costs else None, answered)
