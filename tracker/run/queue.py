"""The asks of all runs as one queue that many hosts work on: put in, take, cancel, depth.

A planned ask is what is queued: it is stored with its run in one transaction, claimed by one process
(`tracker.run.claims`), and let out by a gate that counts over all hosts by the database's clock
(`tracker.run.gate`). So no second table says what is to be done, and nothing is delivered twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine as Database
from sqlalchemy import and_, case, func, or_
from sqlmodel import Session, col, delete, select

from tracker import __version__, leases, store
from tracker.engines.simulated import is_sandbox
from tracker.errors import StoreError, UsageError
from tracker.models import Ask, AskState, Engine, Lease, Run, RunState, Setting, Workspace
from tracker.run import ends

VERSION = f"{__version__}.{store.VERSIONS[-1]}"
"""Of workers that may share a queue."""
OPEN = (RunState.PLANNED, RunState.RUNNING)
_WORKER = "worker:"
_DRAINING = "queue draining"


def offer(database: Database, run_id: int) -> None:
    """Let workers take up a run: one that was just planned, or a stopped one that was reopened."""
    with store.writing(database) as session:
        run = session.get_one(Run, run_id)
        if run.state != RunState.RUNNING and ends.tally(session, run_id).open:
            run.state, run.reason, run.ended_at = RunState.PLANNED, None, None
            session.add(run)


# Work


def next_run(database: Database, busy: Sequence[int], *, simulated: bool) -> int | None:
    """The run that has most need of another process: asks that are due, or that a dead one left; the one that
    fewest are at. `simulated`: also runs of simulated engines."""
    with store.reading(database) as session:
        now = leases.now(session)
        due = and_(
            col(Ask.state) == AskState.PLANNED,
            or_(col(Ask.not_before).is_(None), col(Ask.not_before) <= now),
        )
        left = and_(col(Ask.state) == AskState.CLAIMED, col(Ask.lease_until) < now)
        held = func.count(case((col(Ask.state) == AskState.CLAIMED, 1)))
        statement = (
            select(Ask.run_id, func.max(Ask.model))
            .join(Run, col(Run.id) == col(Ask.run_id))
            .where(col(Run.state).in_(OPEN), col(Run.id).not_in(busy))
            .where(col(Ask.state).in_([AskState.PLANNED, AskState.CLAIMED]))
            .group_by(col(Ask.run_id))
            .having(func.count(case((or_(due, left), 1))) > 0)
            .order_by(held, col(Ask.run_id))
        )
        for run_id, model in session.exec(statement):
            if simulated or not is_sandbox(model):
                return run_id
    return None


def is_cancelled(database: Database, run_id: int) -> bool:
    with store.reading(database) as session:
        return session.exec(select(Run.state).where(Run.id == run_id)).first() in {None, RunState.CANCELLED}


def cancel(database: Database, run_id: int, now: datetime) -> int:
    """Ask no more of this run: whoever works on it ends within seconds. Returns the asks that are left."""
    with store.writing(database) as session:
        run = session.get(Run, run_id)
        if run is None:
            raise UsageError(f"there is no run {run_id}", "`citelift runs` lists them")
        left = ends.tally(session, run_id).open
        if run.state not in OPEN:
            raise UsageError(
                f"run {run_id} is {run.state}", "only a run that is planned or running can be cancelled"
            )
        run.state, run.reason, run.ended_at = RunState.CANCELLED, f"{left} asks were not sent", now
        session.add(run)
        return left


# Depth


@dataclass(frozen=True)
class Depth:
    workspace: str
    engine: str
    due: int
    """Planned, and may be asked now."""
    later: int
    held: int
    in_flight: int
    """Of these, marked as sent."""
    lag_seconds: float
    """For how long the oldest due ask has waited."""


def depth(session: Session) -> list[Depth]:
    """What open runs have in the queue, by engine."""
    now = leases.now(session)
    since = func.coalesce(Ask.not_before, Run.planned_at)
    due = and_(col(Ask.state) == AskState.PLANNED, since <= now)
    held = col(Ask.state) == AskState.CLAIMED
    statement = (
        select(
            Workspace.name,
            Engine.name,
            func.count(case((due, 1))),
            func.count(case((and_(col(Ask.state) == AskState.PLANNED, since > now), 1))),
            func.count(case((held, 1))),
            func.count(case((and_(held, col(Ask.sent_at).is_not(None)), 1))),
            func.min(case((due, since))),
        )  # type: ignore[call-overload]
        .join_from(Ask, Run, col(Run.id) == col(Ask.run_id))
        .join(Engine, col(Engine.id) == col(Ask.engine_id))
        .join(Workspace, col(Workspace.id) == col(Ask.workspace_id))
        .where(col(Run.state).in_(OPEN), col(Ask.state).in_([AskState.PLANNED, AskState.CLAIMED]))
        .group_by(col(Workspace.name), col(Engine.name))
        .order_by(col(Workspace.name), col(Engine.name))
    )
    found = []
    for row in session.exec(statement):
        waited = 0.0 if row[6] is None else max(0.0, (now - row[6]).total_seconds())
        found.append(Depth(row[0], row[1], row[2], row[3], row[4], row[5], waited))
    return found


# Workers


@dataclass(frozen=True)
class AtWork:
    """A worker that lives."""

    holder: str
    version: str
    until: datetime


def workers(session: Session) -> list[AtWork]:
    now = leases.now(session)
    rows = session.exec(select(Lease).where(col(Lease.name).startswith(_WORKER), col(Lease.until) > now))
    found = [AtWork(row.holder, row.name.removeprefix(_WORKER).partition(":")[0], row.until) for row in rows]
    return [each for each in found if not leases.is_dead(each.holder)]


def join(database: Database, me: str) -> None:
    """Be one of the workers from now on, or still. Refused where others are of another version, or the
    database is: both would claim, and each by its own rules."""
    current, head = store.schema_versions(database)
    if current != head:
        raise StoreError(
            f"the database has schema {current}, this citelift {head}", "run one version on every host"
        )
    with store.writing(database) as session:
        store.alone(session, "workers")
        others = sorted({each.version for each in workers(session)} - {VERSION})
        if others:
            raise StoreError(
                f"workers of another version are at work: {', '.join(others)}, and this is {VERSION}",
                "end those first, with `citelift queue drain` or SIGTERM",
            )
        until = leases.now(session) + leases.LEASE
        row = {"name": f"{_WORKER}{VERSION}:{me}", "holder": me, "until": until}
        store.upsert(session, Lease, [row], key=["name"])


def leave(database: Database, me: str) -> None:
    with store.writing(database) as session:
        session.exec(delete(Lease).where(col(Lease.name) == f"{_WORKER}{VERSION}:{me}"))
        gone = leases.now(session) - timedelta(days=1)
        session.exec(delete(Lease).where(col(Lease.name).startswith(_WORKER), col(Lease.until) < gone))


def drain(database: Database, wanted: bool) -> None:
    """Let nobody take anything new, or let them again."""
    with store.writing(database) as session:
        session.exec(delete(Setting).where(col(Setting.name) == _DRAINING))
        if wanted:
            session.add(Setting(name=_DRAINING, value="yes"))


def is_draining(session: Session) -> bool:
    return session.get(Setting, _DRAINING) is not None
