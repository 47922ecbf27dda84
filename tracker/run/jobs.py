"""One run: claim → ask → save raw → read → save. Bounded, resumable, within its budget.

Each engine has a lane: its own number of asks in flight, pace, pauses and circuit breaker, so that one slow
or failing engine does not hold up the others. Everything that is answered goes through one writer, which
stores raw replies in batches before it reads them. A process that dies loses at most what was in flight.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine as Database
from sqlmodel import Session, col, select

from tracker import leases, store
from tracker.answers import rollups
from tracker.answers import stored as answers
from tracker.catalog import Catalog
from tracker.engines.simulated import is_sandbox
from tracker.mentions import BrandNames
from tracker.models import Answer, AskState, Engine, Run, RunState
from tracker.run import claims, ends, mend, money
from tracker.run.claims import Outcome
from tracker.run.create import create_run, latest_open, reopen, under_way
from tracker.run.ends import Tally, Trouble
from tracker.run.history import cut_off, not_searched, note_model_changes, observed
from tracker.run.lane import Lane
from tracker.run.reader import Reader
from tracker.run.redirects import Redirects
from tracker.run.spill import folders_for, left_over
from tracker.run.work import WRITE_BATCH, Limits, RunWork, first_of
from tracker.run.writer import Writer

__all__ = [
    "Limits",
    "Progress",
    "Summary",
    "create_run",
    "execute",
    "latest_open",
    "mend_stored",
    "observed",
    "reopen",
    "sandbox_for",
    "summary_of",
    "under_way",
]

log = logging.getLogger("citelift.run")
# Without a log file (`tracker.logs`) the log goes nowhere: Python would print its warnings among the
# progress.
logging.getLogger("citelift").addHandler(logging.NullHandler())


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
    """Answers of a search engine that did not search (`tracker.answers.counted.search_skipped`)."""
    cut_off: int = 0
    """Answers that end where a limit of length was reached: in no rate."""
    troubles: tuple[Trouble, ...] = ()


async def execute(
    database: Database,
    run_id: int,
    limits: Limits,
    *,
    sandbox_url: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: asyncio.Event | None = None,
    cut: asyncio.Event | None = None,
    hand_over: bool = False,
    redirects: Redirects | None = None,
) -> Summary:
    """Ask whatever of the run is not asked yet, until it is done, the budget is, or `stop` is set: what is in
    flight may end then, unless `cut` is set. `hand_over`: what is left at a stop is for other processes."""
    work = RunWork(database, run_id, leases.holder(), stop or asyncio.Event())
    if redirects is None and limits.resolve_redirects:
        redirects = Redirects()
    try:
        worker = _Worker(work, limits, sandbox_url, on_progress, redirects, cut=cut, hand_over=hand_over)
        return await worker.run()
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    finally:
        work.close()


async def read_stored(database: Database, run_id: int) -> Summary:
    """Read and settle what is stored and was never read; ask nothing."""
    work = RunWork(database, run_id, leases.holder(), asyncio.Event())
    try:
        return await _Worker(work, Limits(), None, None, None).read_stored()
    finally:
        work.close()


def mend_stored(database: Database, workspace_id: int) -> int:
    """Replies that are paid for and could not be read, or stored, when they came: those that can be now
    become answers. Returns how many."""
    mend.pack_once(database, workspace_id)
    offered = 0
    with store.reading(database) as session:
        runs = list(session.exec(select(Run.id).where(Run.workspace_id == workspace_id)))
    for run_id in filter(None, runs):
        with store.writing(database) as session:
            readable = mend.offer_readable(session, run_id)
        kept = sum(len(file.outcomes) for file in left_over(folders_for(database.url), run_id))
        if readable or kept:
            asyncio.run(read_stored(database, run_id))
        offered += readable + kept
    return offered


class _Worker:
    """One process working on one run."""

    def __init__(
        self,
        work: RunWork,
        limits: Limits,
        sandbox_url: str | None,
        on_progress: Callable[[Progress], None] | None,
        redirects: Redirects | None,
        *,
        cut: asyncio.Event | None = None,
        hand_over: bool = False,
    ) -> None:
        self.work, self.limits, self.sandbox_url = work, limits, sandbox_url
        self.on_progress, self.redirects = on_progress, redirects
        self.cut, self.hand_over = cut or asyncio.Event(), hand_over

    async def run(self) -> Summary:
        run, engines, names, stored = await self.work.db(self._begin)
        lanes = [Lane(self.work, run, engine, self.limits, self.sandbox_url) for engine in engines]
        known = {lane.id: lane.engine for lane in lanes}
        counts = self.work.counts
        log.info("run begins", extra={"run": run.id, "asks": counts.total, "engines": len(lanes)})
        async with Reader(names, replies=counts.total - counts.answered - counts.failed) as reader:
            writer = Writer(self.work, run, known, reader, self.redirects, self._report)
            for start in range(0, len(stored), WRITE_BATCH):
                await writer.finish(stored[start : start + WRITE_BATCH])
            async with asyncio.TaskGroup() as group:
                group.create_task(writer.write())
                pulse = group.create_task(self.work.pulse())
                await self._drain_or_cut(lanes)
                await self.work.end()
                pulse.cancel()
        if self.cut.is_set():
            gone = partial(claims.recover, self.work.database, self.work.run_id, self.work.me, mine=True)
            await self.work.db(gone)
        for lane in lanes:
            await lane.close()
        return await self.work.db(self._end)

    async def read_stored(self) -> Summary:
        run, engines, names, stored = await self.work.db(self._begin)
        known = {engine.id or 0: engine for engine in engines}
        async with Reader(names, replies=len(stored)) as reader:
            writer = Writer(self.work, run, known, reader, None, self._report)
            for start in range(0, len(stored), WRITE_BATCH):
                await writer.finish(stored[start : start + WRITE_BATCH])
        self.work.stop.set()  # what is still to be asked stays so
        return await self.work.db(self._end)

    def _begin(self) -> tuple[Run, list[Engine], list[BrandNames], Sequence[Outcome]]:
        stored = [*self._picked_up(), *self._recover()]
        with store.writing(self.work.database) as session:
            run = session.get_one(Run, self.work.run_id)
            if self.hand_over and run.state == RunState.CANCELLED:
                self.work.stop.set()
            else:
                run.state, run.ended_at = RunState.RUNNING, None
            run.started_at = run.started_at or datetime.now(UTC)
            session.add(run)
            session.flush()
            engines = ends.engines_of(session, self.work.run_id)
            names = answers.brand_names(session, run.workspace_id)
            tally = ends.tally(session, self.work.run_id)
        counts = self.work.counts
        counts.total, counts.spent_micros = tally.total, tally.spent_micros
        counts.answered = tally.states.get(AskState.ANSWERED, 0)
        counts.failed = tally.states.get(AskState.FAILED, 0) + tally.states.get(AskState.SKIPPED, 0)
        return run, engines, names, stored

    def _recover(self) -> Sequence[Outcome]:
        recovered = claims.recover(self.work.database, self.work.run_id, self.work.me)
        if recovered:
            counts = asdict(recovered) | {"stored": len(recovered.stored)}
            log.warning("a process died", extra={**self.work.about, **counts})
        return recovered.stored

    def _picked_up(self) -> list[Outcome]:
        """What earlier processes paid for and could not store."""
        replies: dict[int, Outcome] = {}
        for file in left_over(self.work.spill.folders, self.work.run_id):
            mine = claims.pick_up(self.work.database, file.outcomes, file.holder, self.work.me)
            replies |= {outcome.ask.id: outcome for outcome in mine}
            file.path.unlink()
            log.warning("replies picked up", extra={**self.work.about, "replies": len(file.outcomes)})
        return list(replies.values())

    def _strays(self) -> list[Outcome]:
        self.work.shaken = False
        work = self.work
        return claims.strays(work.database, work.run_id, work.me, work.mine | work.unsaved.keys())

    async def _drain_or_cut(self, lanes: Sequence[Lane]) -> None:
        """A cut ends what is in flight where it is: its lines close, and it may have been paid."""
        draining = asyncio.create_task(self._drain(lanes))
        cutting = asyncio.create_task(self.cut.wait())
        try:
            await asyncio.wait({draining, cutting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cutting.cancel()
            draining.cancel()
            await asyncio.wait({draining})
        if not draining.cancelled():
            draining.result()

    async def _drain(self, lanes: Sequence[Lane]) -> None:
        """Empty the lanes; then see to what other processes hold, until nothing is left that could be
        asked."""
        try:
            while True:
                async with asyncio.TaskGroup() as group:
                    for lane in lanes:
                        group.create_task(lane.drain())
                if self.work.stop.is_set() or not await self._wait_for_others(lanes):
                    return
        finally:
            for lane in lanes:
                await lane.give_back()

    async def _wait_for_others(self, lanes: Sequence[Lane]) -> bool:
        """Other processes may hold asks of this run: theirs to end, or ours if they die. True where the lanes
        should look again: asks were planned anew, or money came back."""
        waited = False
        if self.work.shaken:
            for outcome in await self.work.db(self._strays):
                await self._take_over(outcome)
            waited = True
        while not self.work.stop.is_set():
            others = partial(claims.held_by_others, self.work.database, self.work.run_id, self.work.me)
            if not await self.work.db(others):
                return waited
            waited = True
            for outcome in await self.work.db(self._recover):
                await self._take_over(outcome)
            await lanes[0].pace.sleep(0.5)
        return False

    async def _take_over(self, outcome: Outcome) -> None:
        self.work.claimed([outcome.ask.id])
        self.work.counts.open += 1
        await self.work.outcomes.put(outcome)

    def _report(self) -> None:
        c = self.work.counts
        if self.on_progress is not None:
            self.on_progress(Progress(c.total, c.answered, c.failed, c.in_flight, c.spent_micros))

    def _end(self) -> Summary:
        run_id = self.work.run_id
        with store.writing(self.work.database) as session:
            tally = ends.tally(session, run_id)
            short = money.used_up(session, run_id, self.limits.month_budget_micros)
            state, reason = ends.end_state(tally, short, cancelled=self.work.stop.is_set())
            run = session.get_one(Run, run_id)
            now: datetime | None = datetime.now(UTC)
            if self.hand_over and state == RunState.CANCELLED and run.state != RunState.CANCELLED:
                state, reason, now = RunState.RUNNING, None, None
            run.state, run.reason, run.ended_at = state, reason, now
            session.add(run)
            note_model_changes(session, run)
            weeks = session.exec(select(col(Answer.week)).where(Answer.run_id == run_id).distinct()).all()
            rollups.update(session, run.workspace_id, weeks=list(weeks))
            summary = summary_of(session, run)
        log.info(
            "run ends",
            extra={"run": run_id, "state": state, "reason": reason, "spent_micros": tally.spent_micros},
        )
        return summary


def summary_of(session: Session, run: Run) -> Summary:
    run_id = run.id or 0
    tally = ends.tally(session, run_id)
    silent, halves = not_searched(session, run_id), cut_off(session, run_id)
    return Summary(
        run_id, RunState(run.state), run.reason, tally, silent, halves, ends.troubles(session, run_id)
    )


@contextmanager
def sandbox_for(
    catalog: Catalog, *, seed: int = 7, models: Sequence[str] | None = None
) -> Iterator[str | None]:
    """The address of a sandbox around the catalog's own brands and prompts, where a model (by default an
    engine's) is one of its."""
    if not any(map(is_sandbox, models if models is not None else [e.model for e in catalog.engines])):
        yield None
        return
    from tracker import sandbox

    brands = [sandbox.WorldBrand(b.name, b.domains, b.own, b.aliases, b.not_phrases) for b in catalog.brands]
    prompts = [sandbox.WorldPrompt(p.text, p.topic) for p in catalog.prompts]
    with sandbox.Sandbox(sandbox.SimulatedWorld.build(brands, prompts, seed=seed)) as url:
        yield url
