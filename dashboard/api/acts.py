"""The few safe acts: what they do can be undone, and nothing is asked, bought or sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dashboard.api.shapes import Decided, NotedEvent
from tracker import events, store
from tracker.cli.opening import opened
from tracker.events import Kind
from tracker.links import prospects
from tracker.tokens import Bearer

if TYPE_CHECKING:
    from dashboard.api.calling import ApiDesk

__all__ = ["Kind", "note_event", "set_state"]


def note_event(desk: ApiDesk, who: Bearer, title: str, kind: str, at: datetime | None) -> NotedEvent:
    now = datetime.now(UTC)
    note = events.checked(title, kind=kind, at=at or now, now=now)
    with opened(desk.settings) as db, store.writing(db) as session:
        number = events.add(session, who.workspace_id, note, who=who.who, now=now)
    return {"id": number, "at": f"{note.at:%Y-%m-%d}", "kind": note.kind, "title": note.title}


def set_state(desk: ApiDesk, who: Bearer, source: str, state: str, note: str) -> Decided:
    wanted = prospects.ProspectChange(stage=state, note=note or None)
    now = datetime.now(UTC)
    with opened(desk.settings) as db, store.writing(db) as session:
        made = prospects.change(session, who.workspace_id, source, wanted, who=who.who, now=now)
    return {"about": made.domain, "decision": made.stage}
