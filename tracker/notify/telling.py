"""Alerts that were found are stored once, and told to each person once: at once, or in their digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from tracker import store
from tracker.models import Alarm, Notice
from tracker.notify import hours, outbox
from tracker.notify.message import Message
from tracker.notify.people import AlarmKind, People, Recipient

FIRST = timedelta(days=1)
"""How far back a person who is new is told."""
MOST = 200
"""Alerts of one message; more at once are an outage, and the newest tell it."""


@dataclass(frozen=True)
class Found:
    """An alert. Its key is the same each time the same thing is found."""

    key: str
    kind: AlarmKind
    at: datetime
    says: str
    odds: str
    """How likely it is that it is nothing; of what was counted and not estimated, that."""
    page: str
    """The name of the dashboard's page that shows it."""


def note(session: Session, workspace_id: int, found: Iterable[Found], now: datetime) -> list[Alarm]:
    """Store what is new; returns that."""
    known = set(session.exec(select(Alarm.key).where(Alarm.workspace_id == workspace_id)))
    fresh = {each.key: each for each in found if each.key not in known}
    rows = [{"workspace_id": workspace_id, "found_at": now, **asdict(each)} for each in fresh.values()]
    store.bulk_insert(session, Alarm, rows, ignore=True)
    stored = select(Alarm).where(Alarm.workspace_id == workspace_id, col(Alarm.key).in_(list(fresh)))
    return list(session.exec(stored.order_by(col(Alarm.id))))


def newest(session: Session, workspace_id: int, most: int = 50) -> Sequence[Alarm]:
    wanted = select(Alarm).where(Alarm.workspace_id == workspace_id)
    return session.exec(wanted.order_by(col(Alarm.id).desc()).limit(most)).all()


def post_due(
    session: Session,
    workspace_id: int,
    people: People,
    now: datetime,
    compose: Callable[[Sequence[Alarm]], Message],
) -> int:
    """Put into the outbox what each person is to hear by now; how many messages."""
    store.alone(session, f"telling:{workspace_id}")
    return sum(
        _post(session, workspace_id, person, now, compose)
        for person in people.recipients
        if "alerts" in person.gets
    )


def _post(
    session: Session,
    workspace_id: int,
    person: Recipient,
    now: datetime,
    compose: Callable[[Sequence[Alarm]], Message],
) -> bool:
    until = now if person.when == "at once" else hours.latest_digest(person, now)
    last = _told(session, workspace_id, person)
    wanted = select(Alarm).where(
        Alarm.workspace_id == workspace_id,
        col(Alarm.kind).in_(person.kinds),
        col(Alarm.found_at) <= until,
        col(Alarm.found_at) > now - FIRST if last is None else col(Alarm.id) > last,
    )
    alarms = session.exec(wanted.order_by(col(Alarm.id).desc()).limit(MOST)).all()
    if not alarms:
        return False
    posted = outbox.post(
        session,
        workspace_id,
        key=f"{_prefix(person)}{alarms[0].id}",
        kind="alerts" if person.when == "at once" else "digest",
        message=compose(alarms[::-1]),
        to=[(person, hours.not_before(person, now))],
        now=now,
    )
    return posted is not None


def _prefix(person: Recipient) -> str:
    return f"alerts:{person.name}:"


def _told(session: Session, workspace_id: int, person: Recipient) -> int | None:
    """The last alert that a person was told of, or is about to be."""
    keys = select(Notice.key).where(
        Notice.workspace_id == workspace_id, col(Notice.key).startswith(_prefix(person), autoescape=True)
    )
    numbers = [int(key.rpartition(":")[2]) for key in session.exec(keys)]
    return max(numbers, default=None)
