"""The context of one process's work: its database, its claims, its limits, and where it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine as Database

from tracker import leases
from tracker.leases import Held
from tracker.run import claims
from tracker.run.claims import Outcome

T = TypeVar("T")
WRITE_BATCH = 64


@dataclass(frozen=True)
class Limits:
    concurrency: int = 16
    """Asks in flight per engine, where the catalog does not say."""
    rpm: int | None = None
    timeout: float = 180
    max_attempts: int = 5
    month_budget_micros: int | None = None
    first_backoff: float = 0.5
    resolve_redirects: bool = True


def first_of(error: BaseException) -> BaseException:
    """One part failed and the others were cancelled for it: that failure is what happened."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class Work:
    """What is claimed, and by whom; all that runs and the judge share."""

    def __init__(
        self, database: Database, held: Held, me: str, stop: asyncio.Event, about: Mapping[str, object]
    ) -> None:
        self.database, self.held, self.me, self.stop = database, held, me, stop
        self.about = about
        """What the log says with everything."""
        self.mine: set[int] = set()
        """What this process has claimed and not ended."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="citelift-database")

    async def db(self, work: Callable[[], T]) -> T:
        """Database work, off the event loop and one piece at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def claimed(self, keys: Iterable[int]) -> None:
        self.mine.update(keys)

    def ended(self, keys: Iterable[int]) -> None:
        self.mine.difference_update(keys)

    async def pulse(self) -> None:
        while True:
            await asyncio.sleep(leases.HEARTBEAT_SECONDS)
            await self.beat()

    async def beat(self) -> None:
        """Renew the leases, and learn what others took over while this process was away."""
        self.mine &= await self.db(partial(leases.renew, self.database, self.held, self.me))

    def close(self) -> None:
        self._thread.shutdown()


@dataclass
class Counts:
    total: int = 0
    answered: int = 0
    failed: int = 0
    in_flight: int = 0
    spent_micros: int = 0
    open: int = 0
    """Claimed by this process and not settled."""


class RunWork(Work):
    """Of one run."""

    def __init__(self, database: Database, run_id: int, me: str, stop: asyncio.Event) -> None:
        super().__init__(database, claims.held(run_id), me, stop, {"run": run_id})
        self.run_id = run_id
        self.counts = Counts()
        self.outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue(maxsize=WRITE_BATCH)
        self.last = False
        """Nothing comes after what is in the queue now."""
        self.hurry = False
        """Money runs short: what answers turn out to cost is wanted at once, in small batches."""

    async def end(self) -> None:
        self.last = True
        await self.outcomes.put(None)
