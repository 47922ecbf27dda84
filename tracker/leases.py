"""Who holds what: a process holds rows, or a thing that only one may hold, until its lease runs out or it is
dead.

Leases are reckoned by the database's clock. Those of two hosts may be minutes apart, and whoever is ahead
would take what another is working on.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Engine as Database
from sqlalchemy import ScalarResult, text, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.models import Ask, AskState, Judgement, Lease

LEASE = timedelta(seconds=90)
HEARTBEAT_SECONDS = 20.0
Claimable: TypeAlias = type[Ask] | type[Judgement]
_SQLITE_NOW = "select strftime('%Y-%m-%dT%H:%M:%f', 'now')"


def now(session: Session) -> datetime:
    """The database's time. SQLite is a file of this machine, and has this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        written = session.connection().execute(text(_SQLITE_NOW)).scalar_one()
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    moment: datetime = session.connection().execute(text("select clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC)


# Processes


def holder() -> str:
    """This process, so that another on the same machine can tell whether it still lives."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def _machine() -> str:
    """Where process numbers mean the same: containers may share a host's name and not its processes."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{space}"


def _started(pid: int) -> str:
    """When a process began, so that a reused number is not taken for it; empty where the system does not
    say."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rsplit(b")", 1)[1].split()[19].decode()
    except (OSError, IndexError):
        return ""


def is_dead(name: str) -> bool:
    """Whether a holder is a process of this machine that has ended; of other machines only the lease
    tells."""
    machine, pid, started = name.rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return bool(started) and _started(int(pid)) != started


# Rows


@dataclass(frozen=True)
class Held:
    """The rows of one kind of work that processes may claim: a run's asks, a workspace's judgements."""

    table: Claimable
    scope: Mapping[str, Any]
    """Columns and what they are."""

    def where(self) -> list[Any]:
        claimed = col(self.table.state) == AskState.CLAIMED
        return [claimed, *(getattr(self.table, name) == value for name, value in self.scope.items())]


def renew(database: Database, held: Held, me: str) -> set[int]:
    """Put the leases off; returns the rows that are still ours."""
    with store.writing(database) as session:
        mine = (*held.where(), col(held.table.claimed_by) == me)
        until = now(session) + LEASE
        renewed = update(held.table).where(*mine).values(lease_until=until).returning(col(held.table.id))
        return set(filter(None, session.connection().execute(renewed).scalars()))


def still_held(session: Session, table: Claimable, me: str, keys: Iterable[int]) -> set[int]:
    """Those rows that are still ours, locked. A process that was away for longer than its lease has lost its
    rows to another, which has booked and perhaps asked them again: what it brings must not count a second
    time."""
    mine = (col(table.id).in_(list(keys)), col(table.state) == AskState.CLAIMED, col(table.claimed_by) == me)
    return set(filter(None, _scalars(session, select(table.id).where(*mine).with_for_update())))


def _scalars(session: Session, statement: Any) -> ScalarResult[Any]:
    return session.connection().execute(statement).scalars()


def left_behind(session: Session, held: Held) -> Sequence[Any]:
    """The rows that dead processes hold, or such as were away for too long; locked."""
    moment = now(session)
    rows: Sequence[Any] = session.exec(select(held.table).where(*held.where()).with_for_update()).all()
    return [
        row
        for row in rows
        if (row.lease_until is not None and row.lease_until < moment) or is_dead(row.claimed_by or "::")
    ]


# Things


def take(database: Database, name: str, me: str, length: timedelta) -> bool:
    """Whether the thing is ours from now on: it was free, expired, already ours, or its holder is dead."""
    with store.writing(database) as session:
        until = now(session) + length
        store.bulk_insert(session, Lease, [{"name": name, "holder": me, "until": until}], ignore=True)
        lease = session.exec(select(Lease).where(Lease.name == name).with_for_update()).one()
        if lease.holder != me and lease.until > now(session) and not is_dead(lease.holder):
            return False
        lease.holder, lease.until = me, until
        session.add(lease)
    return True


def drop(database: Database, name: str, me: str) -> None:
    with store.writing(database) as session:
        past = datetime(2000, 1, 1, tzinfo=UTC)
        statement = update(Lease).where(col(Lease.name) == name, col(Lease.holder) == me)
        session.connection().execute(statement.values(until=past))
