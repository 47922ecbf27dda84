"""What takes longer than a page may: computed once for each state of the facts, and kept beside them.

One row for each thing and its parameters. It holds the newest result, which is shown while a newer one is
computed, and who computes one now: others wait for it, until it is there or its holder is dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import delete, update
from sqlalchemy import select as sql
from sqlmodel import Session, col, select

from tracker import leases, store
from tracker.models import Computed

MOST = 200
"""Results of a workspace that are kept, the newest ones."""


@dataclass(frozen=True)
class StoredResult:
    """A result of some state of the facts."""

    version: str
    body: bytes
    made_at: datetime
    seconds: float


@dataclass(frozen=True)
class Going:
    """A computation that is under way, and what it took the last time (0: never before)."""

    step: str
    seconds: float
    last: float


def newest(database: Database, workspace_id: int, key: str) -> StoredResult | None:
    with store.reading(database) as session:
        row = session.get(Computed, (workspace_id, key))
        if row is None or row.version is None or row.body is None or row.made_at is None:
            return None
        return StoredResult(row.version, row.body, row.made_at, row.seconds)


def version_of(database: Database, workspace_id: int, key: str) -> str | None:
    """Of the facts behind the newest result, without reading it."""
    wanted = select(Computed.version).where(Computed.workspace_id == workspace_id, Computed.key == key)
    with store.reading(database) as session:
        return session.exec(wanted).first()


def going(database: Database, workspace_id: int, key: str) -> Going | None:
    c: Any = Computed
    head = sql(c.holder, c.step, c.since, c.lease_until, c.seconds)
    with store.reading(database) as session:
        found = session.connection().execute(head.where(c.workspace_id == workspace_id, c.key == key))
        row = found.first()
        if row is None or row.holder is None:
            return None
        now = leases.now(session)
    if row.lease_until < now or leases.is_dead(row.holder):
        return None
    return Going(row.step, (now - row.since).total_seconds(), row.seconds)


def claim(database: Database, workspace_id: int, key: str, name: str, version: str, me: str) -> bool:
    """Whether the computation is ours: nobody has this result yet, and nobody alive is at it."""
    fresh = {"workspace_id": workspace_id, "key": key, "name": name, "seconds": 0.0, "step": ""}
    with store.writing(database) as session:
        store.bulk_insert(session, Computed, [fresh], ignore=True)
        mine = (Computed.workspace_id == workspace_id, Computed.key == key)
        row = session.exec(select(Computed).where(*mine).with_for_update()).one()
        now = leases.now(session)
        if row.version == version:
            return False
        held = row.holder is not None and row.lease_until is not None and row.lease_until > now
        if held and row.holder != me and not leases.is_dead(row.holder or "::"):
            return False
        row.holder, row.wanted, row.since, row.step = me, version, now, ""
        row.lease_until = now + leases.LEASE
        session.add(row)
    return True


def tell(database: Database, workspace_id: int, key: str, me: str, step: str | None = None) -> bool:
    """Put the lease off, and say what is being done; False where another took over."""
    with store.writing(database) as session:
        values: dict[str, Any] = {"lease_until": leases.now(session) + leases.LEASE}
        values |= {} if step is None else {"step": step}
        done = session.connection().execute(
            update(Computed).where(*_ours(workspace_id, key, me)).values(values)
        )
        return bool(done.rowcount)


def keep(
    database: Database, workspace_id: int, key: str, me: str, *, version: str, body: bytes, seconds: float
) -> bool:
    """Store the result; False where another took over meanwhile, whose result counts then."""
    with store.writing(database) as session:
        free = {"holder": None, "wanted": None, "since": None, "lease_until": None, "step": ""}
        what = {"version": version, "body": body, "made_at": leases.now(session), "seconds": seconds}
        ours = update(Computed).where(*_ours(workspace_id, key, me)).values(**free, **what)
        done = session.connection().execute(ours)
        _forget(session, workspace_id)
        return bool(done.rowcount)


def give_up(database: Database, workspace_id: int, key: str, me: str) -> None:
    """It failed, or was ended: another may try."""
    with store.writing(database) as session:
        free = {"holder": None, "wanted": None, "since": None, "lease_until": None, "step": ""}
        session.connection().execute(update(Computed).where(*_ours(workspace_id, key, me)).values(free))


def forget(session: Session, workspace_id: int | None = None) -> None:
    """All results, of one workspace or of every one: they may hold what is to be forgotten."""
    gone = delete(Computed)
    mine = gone if workspace_id is None else gone.where(col(Computed.workspace_id) == workspace_id)
    session.connection().execute(mine)


def _ours(workspace_id: int, key: str, me: str) -> list[Any]:
    return [
        col(Computed.workspace_id) == workspace_id,
        col(Computed.key) == key,
        col(Computed.holder) == me,
    ]


def _forget(session: Session, workspace_id: int) -> None:
    """All but the newest results."""
    mine = col(Computed.workspace_id) == workspace_id
    newest = select(Computed.key).where(mine, col(Computed.made_at).is_not(None))
    kept = newest.order_by(col(Computed.made_at).desc()).limit(MOST)
    old = delete(Computed).where(mine, col(Computed.made_at).is_not(None), col(Computed.holder).is_(None))
    session.connection().execute(old.where(col(Computed.key).not_in(kept)))
