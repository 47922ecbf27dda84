"""What people write down because it may explain a change: checked, stored once, listed, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlmodel import Session, col, select

from tracker import audit, store
from tracker.errors import UsageError
from tracker.models import Event

Kind = Literal["pr", "content", "site", "product", "model", "link", "other"]
"""`served model` is not among them: the answers themselves tell of one. `link` is what work brought
(`tracker.links.won`), or what somebody knows of."""
LONGEST = 200
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=366)


@dataclass(frozen=True)
class Note:
    """A day and what happened on it."""

    at: datetime
    kind: str
    title: str


def checked(title: str, *, kind: str, at: datetime, now: datetime) -> Note:
    """The note as it is stored: its day at midnight, its words on one line."""
    words = " ".join(title.split())
    if not words:
        raise UsageError("an event needs words", 'say what happened: citelift event add "New pricing page"')
    if len(words) > LONGEST:
        raise UsageError(f"{len(words)} letters are too many for a mark on a chart", f"use at most {LONGEST}")
    if kind not in get_args(Kind):
        raise UsageError(f"unknown kind {kind!r}", f"one of {', '.join(get_args(Kind))}")
    if not EARLIEST <= at <= now + AHEAD:
        raise UsageError(
            f"{at:%Y-%m-%d} can hardly be meant",
            f"give a day from {EARLIEST:%Y-%m-%d} to {now + AHEAD:%Y-%m-%d}",
        )
    return Note(at.replace(hour=0, minute=0, second=0, microsecond=0), kind, words)


def add(session: Session, workspace_id: int, note: Note, *, who: str, now: datetime) -> int:
    """Store a note once, and say its number."""
    there = _number(session, workspace_id, note)
    if there is not None:
        return there
    row = {"workspace_id": workspace_id, "at": note.at, "kind": note.kind, "title": note.title}
    store.bulk_insert(session, Event, [row], ignore=True)
    number = _number(session, workspace_id, note)
    assert number is not None
    audit.record_change(
        session,
        workspace_id,
        who=who,
        what="event added",
        subject=note.title,
        before=None,
        after=_said(note),
        now=now,
    )
    return number


def _number(session: Session, workspace_id: int, note: Note) -> int | None:
    return session.exec(
        select(Event.id).where(
            Event.workspace_id == workspace_id,
            Event.at == note.at,
            Event.kind == note.kind,
            Event.title == note.title,
        )
    ).first()


def _said(note: Note) -> dict[str, str]:
    return {"day": f"{note.at:%Y-%m-%d}", "kind": note.kind}


def listed(session: Session, workspace_id: int) -> Sequence[Event]:
    return session.exec(
        select(Event).where(Event.workspace_id == workspace_id).order_by(col(Event.at), col(Event.id))
    ).all()


def remove(session: Session, workspace_id: int, number: int, *, who: str, now: datetime) -> Note:
    """Take one of the workspace's events away, and say what it was."""
    event = session.exec(select(Event).where(Event.workspace_id == workspace_id, Event.id == number)).first()
    if event is None:
        raise UsageError(f"there is no event {number} here", "`citelift event list` shows the numbers")
    gone = Note(event.at, event.kind, event.title)
    session.delete(event)
    audit.record_change(
        session,
        workspace_id,
        who=who,
        what="event removed",
        subject=gone.title,
        before=_said(gone),
        after=None,
        now=now,
    )
    return gone
