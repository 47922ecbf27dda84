"""A short message that shows whether a line works."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine as Database

from tracker import numbers, store
from tracker.errors import UsageError
from tracker.notify import outbox
from tracker.notify.message import Fact, Message
from tracker.notify.outbox import Shown
from tracker.notify.people import People

WORDS = "If you read this, reports and alerts will reach you here."


def send(
    database: Database,
    workspace_id: int,
    told: People,
    name: str | None,
    brand: str,
    workspace: str,
    now: datetime,
) -> list[Shown]:
    """To one of `told`, or to all of them; how each ended."""
    persons = [told.called(name)] if name else list(told.recipients)
    if not persons:
        raise UsageError("notify.yaml names nobody", "list recipients in it: `citelift help automate`")
    message = Message(
        kind="test",
        subject=f"citelift: a test for {brand}",
        text=f"{WORDS}\n\nWorkspace {workspace}, {numbers.moment(now)}.",
        lead=WORDS,
        facts=(Fact("Workspace", workspace),),
        data={"workspace": workspace, "sent_at": now.isoformat()},
    )
    with store.writing(database) as session:
        number = outbox.post(
            session,
            workspace_id,
            key=f"test:{now.isoformat()}",
            kind="test",
            message=message,
            to=[(person, now) for person in persons],
            now=now,
        )
    outbox.send_due(database, workspace_id, told, now)
    with store.reading(database) as session:
        return outbox.listed(session, workspace_id, notice=number)[::-1]
