"""The context of one process's work: its database, its claims, its limits, and where it stands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from tracker import leases, store
from tracker.leases import Held
from tracker.run import claims, spill
from tracker.run.claims import Outcome
from tracker.run.spill import Spill
from tracker.settings import Settings

log = logging.getLogger("citelift.run")
T = TypeVar("T")
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
PATIENCE, PATIENCE_AT_THE_END = 600.0, 30.0
"""Seconds that a database may be away before the work is given up; fewer where it is to end anyway."""
WRITE_BATCH = 64


@dataclass(frozen=True)
class Limits:
    concurrency: int = 16
    """Asks in flight per engine over all processes, where the catalog does not say."""
    slots: int | None = None
    """Of these in this process; None for all."""
    rpm: int | None = None
    timeout: float = 180
    max_attempts: int = 5
    month_budget_micros: int | None = None
    first_backoff: float = 0.5
    resolve_redirects: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        month = settings.month_budget_usd
        return cls(
            concurrency=settings.concurrency,
            rpm=settings.rpm,
            timeout=settings.timeout_seconds,
            max_attempts=settings.max_attempts,
            month_budget_micros=None if month is None else round(month * 1e6),
            resolve_redirects=settings.resolve_redirects,
        )


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
        self.away_since: float | None = None
        """Since when the database cannot be reached."""
        self.shaken = False
        """It was away: something may have been stored of which no word came."""
        self._failing = 0
        self._stopped_at: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="citelift-database")

    async def db(self, work: Callable[[], T]) -> T:
        """Database work, off the event loop and one piece at a time. A database that is away for a while is
        waited for: `work` has to be such that it may be done twice, where only the word of its end was
        lost."""
        wait, failing = FIRST_WAIT, False
        try:
            while True:
                try:
                    done = await asyncio.get_running_loop().run_in_executor(self._thread, work)
                except DBAPIError as error:
                    if not store.passes(error) or self._patience_is_over():
                        raise
                    self._is_away(error)
                    self._failing += not failing
                    failing = True
                    await asyncio.sleep(wait)
                    wait = min(LONGEST_WAIT, 2 * wait)
                else:
                    if failing:  # a full disk can still be read: what never failed proves nothing
                        self._is_back()
                    return done
        finally:
            self._failing -= failing
            if not self._failing:
                self.away_since = None

    def _is_away(self, error: DBAPIError) -> None:
        if self.away_since is None:
            self.away_since = time.monotonic()
            self.shaken = True
            log.warning("database away", extra={**self.about, "reason": str(error.orig)[:200]})

    def _patience_is_over(self) -> bool:
        if self.away_since is None:
            return False
        now = time.monotonic()
        if not self.stop.is_set():
            return now - self.away_since > PATIENCE
        self._stopped_at = self._stopped_at or now
        return now - max(self.away_since, self._stopped_at) > PATIENCE_AT_THE_END

    def _is_back(self) -> None:
        if self.away_since is not None:
            seconds = round(time.monotonic() - self.away_since, 1)
            self.away_since = None
            log.warning("database back", extra={**self.about, "seconds": seconds})

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
        self.unsaved: dict[int, Outcome] = {}
        """Replies that are paid for and not stored."""
        self.spill = Spill(spill.folders_for(database.url), run_id, me)
        self.last = False
        """Nothing comes after what is in the queue now."""
        self.hurry = False
        """Money runs short: what answers turn out to cost is wanted at once, in small batches."""

    async def hand_in(self, outcome: Outcome) -> None:
        """To be stored. While the database is away its replies wait in memory, and past a bound in a file."""
        if outcome.reply is not None:
            if self.away_since is not None and self._waiting_bytes() > spill.MEMORY and self._kept([outcome]):
                self.counts.open -= 1
                return
            self.unsaved[outcome.ask.id] = outcome
        await self.outcomes.put(outcome)

    def _waiting_bytes(self) -> int:
        return sum(len(outcome.reply["body"]) for outcome in self.unsaved.values() if outcome.reply)

    def saved(self, keys: Iterable[int]) -> None:
        for key in keys:
            self.unsaved.pop(key, None)

    async def end(self) -> None:
        self.last = True
        await self.outcomes.put(None)

    def _kept(self, outcomes: Sequence[Outcome]) -> bool:
        """Whether a file took them."""
        try:
            path = self.spill.append(outcomes)
        except OSError as error:
            lost = {"replies": len(outcomes), "reason": str(error)}
            log.error("no file takes replies", extra={**self.about, **lost})
            return False
        if path is not None:
            kept = {"replies": len(outcomes), "file": str(path.absolute())}
            log.error("replies kept in a file", extra={**self.about, **kept})
        return True

    def close(self) -> None:
        """What could not be stored is kept in a file."""
        if self.unsaved:
            self._kept(list(self.unsaved.values()))
        super().close()
