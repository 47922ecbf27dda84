"""One host's part of the queue: take runs that need another process, until told to end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from tracker import leases, store
from tracker.models import AskState, Run
from tracker.run import ends, jobs, queue
from tracker.run.work import PATIENCE, Limits

T = TypeVar("T")
LOOK_SECONDS = 1.0
"""Between looks at the queue, and at what was cancelled."""
GRACE_SECONDS = 2.0
"""After a run is cancelled, until what is in flight is cut off."""


async def follow(
    database: Database,
    run_id: int,
    *,
    on_progress: Callable[[jobs.Progress], None] | None = None,
    stop: asyncio.Event,
) -> jobs.Summary:
    """Offer a run to the workers, and see how they bring it to its end; `stop` only ends the looking."""
    await waited(partial(queue.offer, database, run_id))
    while True:
        state, progress = await waited(partial(_standing, database, run_id))
        if on_progress is not None:
            on_progress(progress)
        if stop.is_set() or state not in queue.OPEN:
            return await waited(partial(_summary, database, run_id))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


def _standing(database: Database, run_id: int) -> tuple[str, jobs.Progress]:
    with store.reading(database) as session:
        run, tally = session.get_one(Run, run_id), ends.tally(session, run_id)
        states = tally.states
        failed = states.get(AskState.FAILED, 0) + states.get(AskState.SKIPPED, 0)
        answered, held = states.get(AskState.ANSWERED, 0), states.get(AskState.CLAIMED, 0)
        return run.state, jobs.Progress(tally.total, answered, failed, held, tally.spent_micros)


def _summary(database: Database, run_id: int) -> jobs.Summary:
    with store.reading(database) as session:
        return jobs.summary_of(session, session.get_one(Run, run_id))


async def waited(work: Callable[[], T]) -> T:
    """A database that is away is waited for, as runs do."""
    began = time.monotonic()
    while True:
        try:
            return await asyncio.to_thread(work)
        except DBAPIError as error:
            if not store.passes(error) or time.monotonic() - began > PATIENCE:
                raise
            await asyncio.sleep(LOOK_SECONDS)


@dataclass
class _Taken:
    task: asyncio.Task[jobs.Summary]
    stop: asyncio.Event
    cut: asyncio.Event
    cancelled_at: float | None = None


@dataclass
class QueueWorker:
    database: Database
    limits: Limits
    at_once: int = 4
    """Runs."""
    sandbox_url: str | None = None
    on_end: Callable[[jobs.Summary], None] = lambda _: None
    me: str = field(default_factory=leases.holder)
    taken: dict[int, _Taken] = field(default_factory=dict)

    async def work(self, stop: asyncio.Event, *, until_empty: bool = False) -> None:
        """Until `stop`: what is in flight may end, and the rest is for others. `until_empty`: also end where
        nothing is left to take."""
        store.let_go(self.database, leases.LEASE.total_seconds() / 3)
        await waited(partial(queue.join, self.database, self.me))
        joined = time.monotonic()
        try:
            while not stop.is_set():
                if time.monotonic() - joined > leases.HEARTBEAT_SECONDS:
                    await waited(partial(queue.join, self.database, self.me))
                    joined = time.monotonic()
                took = await self._look()
                if until_empty and not took and not self.taken:
                    return
                await self._rest(stop)
        finally:
            await self._hand_over()
            await waited(partial(queue.leave, self.database, self.me))

    async def _look(self) -> bool:
        """Whether something was taken."""
        for run_id, taken in self.taken.items():
            await self._mind(run_id, taken)
        if await waited(self._draining):
            for taken in self.taken.values():
                taken.stop.set()
            return False
        took = False
        while len(self.taken) < self.at_once:
            simulated = self.sandbox_url is not None
            following = partial(queue.next_run, self.database, list(self.taken), simulated=simulated)
            found = await waited(following)
            if found is None:
                break
            self.taken[found] = self._begun(found)
            took = True
        return took

    async def _mind(self, run_id: int, taken: _Taken) -> None:
        if taken.cancelled_at is None and await waited(partial(queue.is_cancelled, self.database, run_id)):
            taken.cancelled_at = time.monotonic()
            taken.stop.set()
        elif taken.cancelled_at is not None and time.monotonic() - taken.cancelled_at > GRACE_SECONDS:
            taken.cut.set()

    def _begun(self, run_id: int) -> _Taken:
        stop, cut = asyncio.Event(), asyncio.Event()
        asking = jobs.execute(
            self.database,
            run_id,
            self.limits,
            sandbox_url=self.sandbox_url,
            stop=stop,
            cut=cut,
            hand_over=True,
        )
        return _Taken(asyncio.create_task(asking), stop, cut)

    async def _rest(self, stop: asyncio.Event) -> None:
        """A while; less where a run ends meanwhile or the work is over."""
        waiting = asyncio.create_task(stop.wait())
        tasks = [taken.task for taken in self.taken.values()]
        await asyncio.wait({waiting, *tasks}, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        self._collect()

    def _collect(self) -> None:
        for run_id in [run_id for run_id, taken in self.taken.items() if taken.task.done()]:
            self.on_end(self.taken.pop(run_id).task.result())

    async def _hand_over(self) -> None:
        for taken in self.taken.values():
            taken.stop.set()
        while self.taken:
            for run_id, taken in self.taken.items():
                await self._mind(run_id, taken)
            await asyncio.wait({taken.task for taken in self.taken.values()}, timeout=LOOK_SECONDS)
            self._collect()

    def _draining(self) -> bool:
        with store.reading(self.database) as session:
            return queue.is_draining(session)
