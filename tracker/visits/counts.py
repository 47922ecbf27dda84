"""First-party counts as they are stored: a file counts once, files of one day add up, and each can be taken
back (`tracker.links.desk.undo`)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel import Session, select

from tracker import store
from tracker.errors import UsageError
from tracker.models import LinkImport, OwnCount, Setting
from tracker.visits.logs import LogCount

VENDOR = "own site"
Layout = Literal["server log", "analytics"]


def add(
    session: Session, workspace_id: int, counted: LogCount, name: str, layout: Layout, now: datetime
) -> LinkImport:
    """Store what a file came to. A file that is there already is refused."""
    store.alone(session, f"visits:{workspace_id}")
    wanted = LinkImport.workspace_id == workspace_id, LinkImport.file_hash == counted.digest
    before = session.exec(select(LinkImport).where(*wanted)).first()
    counted_before = session.get(Setting, f"visits:{workspace_id}:{counted.digest}")  # until schema 0017
    if before is not None or counted_before is not None:
        called = before.file_name if before is not None else counted_before and counted_before.value
        number = f"`citelift import undo {before.id}` takes it back" if before is not None else ""
        raise UsageError(f"this file is counted already, as {called}", number or "nothing was counted twice")
    hits = sum(counted.hits.values())
    made = LinkImport(
        workspace_id=workspace_id,
        vendor=VENDOR,
        layout=layout,
        scope="counts",
        as_of=max((key[0] for key in counted.hits), default=now.date()),
        imported_at=now,
        file_name=name[:200],
        file_hash=counted.digest,
        read=counted.matched,
        stored=hits,
        rejected=counted.unreadable,
    )
    session.add(made)
    session.flush()
    rows = [
        {
            "workspace_id": workspace_id,
            "day": day,
            "step": step,
            "agent": agent,
            "url": url,
            "proof": proof,
            "hits": hits,
            "import_id": made.id,
        }
        for (day, step, agent, url, proof), hits in counted.hits.items()
    ]
    store.bulk_insert(session, OwnCount, rows)
    return made
