"""The gate that every request passes: it is marked as sent before it leaves, and all processes keep one pace.

A request that has left may be paid for, whatever becomes of the process that sent it. So the mark is stored
first, for all that wait together in one transaction, and only for claims that are still ours. What an engine
allows is counted there too, over every process that works on the database: requests in flight, requests a
minute, its own word on waiting, and failures in a row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine as Database
from sqlalchemy import func, update
from sqlmodel import Session, col, select

from tracker import leases, store
from tracker.engines.failures import AskFailed
from tracker.leases import Held
from tracker.models import EnginePace

LONGEST_RETRY_AFTER = 600.0
BREAKER_FAILURES = 25
"""Failures in a row, over all asks of an engine, before it is left alone for a while."""
BREAKER_PAUSES = (5.0, 30.0, 120.0)
FULL = 0.1
"""Seconds until it is worth looking again where others have all that is allowed in flight."""
LATE = timedelta(seconds=0.25)
"""By so much a turn that came late is made up for, so that a busy machine keeps the pace."""
SPARE = 1.03
"""By so much turns lie further apart than the engine allows: it counts what arrives, and on its way a request
may be late and the next one not."""
EARLY = 0.02
"""Seconds by which a turn may be early, so that a fast pace needs no transaction for every request."""


@dataclass(frozen=True)
class Paced:
    """Whose requests share one pace: those to one engine, or to one judge."""

    name: str
    held: Held
    concurrency: int
    rpm: int | None


@dataclass(frozen=True)
class Opened:
    sent: frozenset[int]
    """Marked: these may leave."""
    lost: frozenset[int]
    """Others have taken these over."""
    wait: float
    """Seconds until the next may leave."""
    failures: int
    """In a row, over all processes."""


def let_out(
    database: Database, scope: Paced, me: str, waiting: Sequence[int], *, flying: int, recovered: bool
) -> Opened:
    """Mark as many of the waiting claims as sent as may leave now. `flying`: our own requests under way;
    `recovered`: one was answered since the failures that are counted."""
    with store.writing(database) as session:
        now = leases.now(session)
        pace = _locked(session, scope.name)
        if recovered:
            pace.failures = pace.pauses = 0
        sent: set[int] = set()
        chosen: Sequence[int] = ()
        wait = (pace.paused_until - now).total_seconds() if pace.paused_until else 0.0
        if wait <= 0:
            chosen, wait = _chosen(session, scope, pace, me, waiting, flying, now)
            sent = _mark(session, scope, me, chosen, now)
        session.add(pace)
        return Opened(frozenset(sent), frozenset(set(chosen) - sent), wait, pace.failures)


def _locked(session: Session, name: str) -> EnginePace:
    mine = select(EnginePace).where(EnginePace.name == name).with_for_update()
    pace = session.exec(mine).first()
    if pace is None:
        store.bulk_insert(session, EnginePace, [{"name": name, "failures": 0, "pauses": 0}], ignore=True)
        pace = session.exec(mine).one()
    return pace


def _chosen(
    session: Session,
    scope: Paced,
    pace: EnginePace,
    me: str,
    waiting: Sequence[int],
    flying: int,
    now: datetime,
) -> tuple[Sequence[int], float]:
    """Those that may leave now, and how long the others have to wait."""
    room = _allowed(session, scope, me, now) - flying
    if room <= 0:
        return (), FULL
    if scope.rpm is None:
        return waiting[:room], FULL
    every = timedelta(seconds=60 / scope.rpm * SPARE)
    first = max(pace.next_at or now, now - LATE)
    turns = math.floor((now + timedelta(seconds=EARLY) - first) / every) + 1
    chosen = waiting[: min(room, max(0, turns))]
    pace.next_at = first + every * len(chosen)
    return chosen, max(0.0, (pace.next_at - now).total_seconds())


def _allowed(session: Session, scope: Paced, me: str, now: datetime) -> int:
    """How many requests may be ours: what others leave, and no more than our share while others wait for
    theirs."""
    table = scope.held.table
    counts = (
        select(table.claimed_by, func.count(), func.count(col(table.sent_at)))
        .where(*scope.held.where(), col(table.claimed_by) != me, col(table.lease_until) > now)
        .group_by(col(table.claimed_by))
    )
    others = [row for row in session.connection().execute(counts) if not leases.is_dead(row[0])]
    left: int = scope.concurrency - sum(sent for _, _, sent in others)
    if any(claimed > sent for _, claimed, sent in others):
        return min(left, math.ceil(scope.concurrency / (len(others) + 1)))
    return left


def _mark(session: Session, scope: Paced, me: str, keys: Sequence[int], now: datetime) -> set[int]:
    if not keys:
        return set()
    table = scope.held.table
    mine = (*scope.held.where(), col(table.claimed_by) == me, col(table.id).in_(keys))
    marked = update(table).where(*mine).values(sent_at=now).returning(col(table.id))
    return set(filter(None, session.connection().execute(marked).scalars()))


def note_failure(
    database: Database, scope: Paced, me: str, key: int, failure: AskFailed, *, recovered: bool
) -> tuple[str | None, float]:
    """Count a failure for all processes. Returns why the engine should be left alone for good, if it should,
    and the seconds for which it is left alone now. A request that surely cost nothing is no longer marked as
    sent."""
    with store.writing(database) as session:
        now = leases.now(session)
        pace = _locked(session, scope.name)
        if recovered:
            pace.failures = pace.pauses = 0
        stop, pause = _broken(pace, failure)
        if failure.reason == "rate limited" and failure.retry_after is not None:
            pause = max(pause, min(failure.retry_after, LONGEST_RETRY_AFTER))
        if pause:
            pace.paused_until = max(pace.paused_until or now, now + timedelta(seconds=pause))
        session.add(pace)
        if not failure.maybe_paid:
            table = scope.held.table
            mine = (col(table.id) == key, col(table.claimed_by) == me)
            session.connection().execute(update(table).where(*mine).values(sent_at=None))
    return stop, pause


def _broken(pace: EnginePace, failure: AskFailed) -> tuple[str | None, float]:
    """(why the engine should be left alone for good, seconds to leave it alone)"""
    if failure.reason in {"rate limited", "content refused"}:
        return None, 0.0
    pace.failures += 1
    if pace.failures < BREAKER_FAILURES:
        return None, 0.0
    pace.failures = 0
    if not failure.retryable or pace.pauses >= len(BREAKER_PAUSES):
        return f"{BREAKER_FAILURES} failures in a row, last: {failure.reason}", 0.0
    pace.pauses += 1
    return None, BREAKER_PAUSES[pace.pauses - 1]
