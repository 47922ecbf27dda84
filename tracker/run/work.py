"""What the parts of one process's work on a run share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine as Database

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


@dataclass
class Counts:
    total: int = 0
    answered: int = 0
    failed: int = 0
    in_flight: int = 0
    spent_micros: int = 0
    open: int = 0
    """Claimed by this process and not settled."""


class Work:
    def __init__(self, database: Database, run_id: int, me: str, stop: asyncio.Event) -> None:
        self.database, self.run_id, self.me, self.stop = database, run_id, me, stop
        self.counts = Counts()
        self.outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue(maxsize=4 * WRITE_BATCH)
        self.ended = False
        self.hurry = False
        """Money runs short: what answers turn out to cost is wanted at once, in small batches."""
        self.mine: set[int] = set()
        """Asks that this process has claimed and not ended."""
        self._beat_at = datetime.now(UTC)
        self._beating = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="citelift-database")

    async def db(self, work: Callable[[], T]) -> T:
        """Database work, off the event loop and one piece at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def beat(self) -> None:
        """Renew the leases, and learn which asks others took over while this process was away."""
        now = datetime.now(UTC)
        self.mine &= await self.db(partial(claims.heartbeat, self.database, self.run_id, self.me, now))
        self._beat_at = now

    async def holds(self, ask_id: int) -> bool:
        """Whether an ask is still ours to send: a machine that slept for longer than a lease has to look."""
        async with self._beating:
            if datetime.now(UTC) - self._beat_at > claims.LEASE:
                await self.beat()
        return ask_id in self.mine

    async def end(self) -> None:
        """Nothing comes after what is in the queue now."""
        self.ended = True
        await self.outcomes.put(None)

    def close(self) -> None:
        self._thread.shutdown()
