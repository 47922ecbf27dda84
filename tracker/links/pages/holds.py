"""Hosts that one process looks at, and no other at the same time: whatever their workspaces.

A hold is a lease by the database's clock. A process that dies leaves its holds to the others at once on its
own machine, elsewhere when they run out.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from tracker import leases, store
from tracker.models import Lease

_PREFIX = "look at "


def take(session: Session, hosts: Collection[str], me: str) -> set[str]:
    """Those of the hosts that are ours from now on: they were free, ours, or their holder is dead."""
    names = {_PREFIX + host: host for host in sorted(hosts)}
    now = leases.now(session)
    until = now + leases.LEASE
    fresh = [{"name": name, "holder": me, "until": until} for name in names]
    store.bulk_insert(session, Lease, fresh, ignore=True)
    rows = select(Lease).where(col(Lease.name).in_(list(names))).order_by(col(Lease.name)).with_for_update()
    taken = set()
    for lease in session.exec(rows):
        if lease.holder == me or lease.until <= now or leases.is_dead(lease.holder):
            lease.holder, lease.until = me, until
            session.add(lease)
            taken.add(names[lease.name])
    return taken


def release(session: Session, hosts: Collection[str], me: str) -> None:
    names = [_PREFIX + host for host in hosts]
    mine = delete(Lease).where(col(Lease.name).in_(names), col(Lease.holder) == me)
    session.connection().execute(mine)


@contextmanager
def kept(database: Database, me: str) -> Iterator[None]:
    """Renews what is held until the end, and then lets all of it go."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(leases.HEARTBEAT_SECONDS):
            with store.writing(database) as session:
                until = leases.now(session) + leases.LEASE
                session.connection().execute(update(Lease).where(*_mine(me)).values(until=until))

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with store.writing(database) as session:
            session.connection().execute(delete(Lease).where(*_mine(me)))


def _mine(me: str) -> tuple[Any, Any]:
    return col(Lease.holder) == me, col(Lease.name).startswith(_PREFIX)
