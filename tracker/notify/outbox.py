"""What is told leaves from here: each notice to each recipient once, whoever dies in the middle.

A notice is stored with its whole content and one delivery per recipient, in one transaction, before anything
leaves. A delivery is claimed (`sending`), and marked as handed over in the last moment before the other side
can have it. A process that dies before the mark leaves a delivery that another one sends; one that dies after
it leaves a delivery of which nobody knows. A signed webhook is then sent again with the same id, by which its
receiver drops it; anything else is not sent twice: it becomes `unknown`, is shown, and a person decides.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine as Database
from sqlalchemy import func, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from tracker import audit, leases, store
from tracker.engines.failures import redact
from tracker.errors import UsageError
from tracker.models import Delivery, Notice
from tracker.notify import hooks, mail
from tracker.notify.message import Message, pack, unpack
from tracker.notify.people import People, Recipient
from tracker.notify.results import Handed, LaterError, RejectedError, UnclearError

log = logging.getLogger("citelift.notify")
State = Literal["waiting", "sending", "sent", "failed", "unknown"]
ENDED: tuple[State, ...] = ("sent", "failed", "unknown")
WAITS = (60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0)
"""Seconds between the tries of a delivery that does not arrive: seven tries in nineteen hours."""
LONGEST_WAIT = 24 * 3_600.0
LEASE = timedelta(minutes=10)
PATIENCE = 500
"""Seconds for which a database that went away is waited for, to note how a delivery ended."""
REPEATABLE = frozenset({"webhook"})
"""Channels whose receiver knows a repetition."""
_UNKNOWN = "the process ended while it was being handed over: it may have arrived, and is not sent again"


def post(
    session: Session,
    workspace_id: int,
    *,
    key: str,
    kind: str,
    message: Message,
    to: Iterable[tuple[Recipient, datetime]],
    now: datetime,
) -> int | None:
    """Put a message into the outbox, for each recipient from a moment on; None where its key is there
    already."""
    row = {
        "workspace_id": workspace_id,
        "key": key,
        "kind": kind,
        "subject": message.subject,
        "made_at": now,
        "content": pack(message),
    }
    store.alone(session, f"notice:{workspace_id}")
    if find(session, workspace_id, key) is not None:
        return None
    store.bulk_insert(session, Notice, [row])
    number = find(session, workspace_id, key)
    assert number is not None
    rows = [
        {
            "notice_id": number,
            "recipient": person.name,
            "channel": person.channel,
            "state": "waiting",
            "attempts": 0,
            "not_before": moment,
        }
        for person, moment in to
    ]
    store.bulk_insert(session, Delivery, rows)
    return number


def find(session: Session, workspace_id: int, key: str) -> int | None:
    found = select(Notice.id).where(Notice.workspace_id == workspace_id, Notice.key == key)
    return session.exec(found).first()


@dataclass(frozen=True)
class Shown:
    """One delivery, as lists show it."""

    id: int
    notice: str
    kind: str
    recipient: str
    channel: str
    state: str
    attempts: int
    made_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    detail: str | None


def listed(session: Session, workspace_id: int, *, notice: int | None = None, most: int = 50) -> list[Shown]:
    """The newest first."""
    wanted = (
        select(Delivery, Notice.subject, Notice.kind, Notice.made_at)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .where(Notice.workspace_id == workspace_id)
    )
    if notice is not None:
        wanted = wanted.where(Notice.id == notice)
    rows = session.exec(wanted.order_by(col(Delivery.id).desc()).limit(most)).all()
    return [
        Shown(
            each.id or 0,
            subject,
            kind,
            each.recipient,
            each.channel,
            each.state,
            each.attempts,
            made_at,
            each.not_before if each.state == "waiting" else None,
            each.ended_at,
            each.detail,
        )
        for each, subject, kind, made_at in rows
    ]


def again(session: Session, workspace_id: int, number: int, now: datetime, *, who: str) -> None:
    """A person's decision to send a delivery that failed, or of which nobody knows, once more."""
    delivery = session.get(Delivery, number)
    before = {"state": delivery.state, "to": delivery.recipient} if delivery else None
    mine = select(Notice.id).where(Notice.workspace_id == workspace_id)
    changed = session.connection().execute(
        update(Delivery)
        .where(
            col(Delivery.id) == number,
            col(Delivery.notice_id).in_(mine),
            col(Delivery.state).in_(("failed", "unknown")),
        )
        .values(state="waiting", attempts=0, not_before=now, handed_at=None, ended_at=None)
    )
    if not changed.rowcount:
        hint = "`citelift notify list` shows the numbers of those that failed or are unknown"
        raise UsageError(f"delivery {number} cannot be sent again", hint)
    audit.record_change(
        session,
        workspace_id,
        who=who,
        what="delivery sent again",
        subject=str(number),
        before=before,
        after={"state": "waiting", "to": (before or {}).get("to")},
        now=now,
    )


def waiting(database: Database, workspace_id: int) -> int:
    """Deliveries that have not ended."""
    with store.reading(database) as session:
        count = select(func.count(col(Delivery.id))).join(Notice, col(Notice.id) == col(Delivery.notice_id))
        return session.exec(
            count.where(Notice.workspace_id == workspace_id, col(Delivery.state).in_(("waiting", "sending")))
        ).one()


@dataclass(frozen=True)
class Sent:
    """What one pass came to: deliveries by how they ended, and those that wait for another try."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    later: int = 0

    def plus(self, state: str) -> Sent:
        name = "later" if state == "waiting" else state
        return Sent(**{**vars(self), name: getattr(self, name) + 1})

    def __str__(self) -> str:
        parts = [f"{value} {name}" for name, value in vars(self).items() if value]
        return ", ".join(parts) or "nothing to send"


def send_due(
    database: Database,
    workspace_id: int,
    people: People,
    now: datetime,
    *,
    stop: threading.Event | None = None,
    on_end: Callable[[str], None] = lambda words: None,
) -> Sent:
    """Send all that is due, one after the other."""
    me = leases.holder()
    _mend(database, workspace_id, now)
    total = Sent()
    while stop is None or not stop.is_set():
        claimed = _claim(database, workspace_id, me, now)
        if claimed is None:
            break
        state, detail = _try(database, claimed, people, me, now)
        total = total.plus(state)
        on_end(f"{claimed.subject} to {claimed.delivery.recipient}: {_STATES.get(state, state)}, {detail}")
        log.info("delivery=%s state=%s detail=%s", claimed.delivery.id, state, detail)
    return total


_STATES = {"waiting": "not yet"}


@dataclass(frozen=True)
class _Claimed:
    delivery: Delivery
    key: str
    subject: str
    content: bytes


def _mine(workspace_id: int) -> Any:
    return col(Delivery.notice_id).in_(select(Notice.id).where(Notice.workspace_id == workspace_id))


def _mend(database: Database, workspace_id: int, now: datetime) -> None:
    """What dead processes were sending: not handed over, or repeatable, waits again; else it is unknown."""
    with store.writing(database) as session:
        moment = leases.now(session)
        held = session.exec(
            select(Delivery).where(_mine(workspace_id), Delivery.state == "sending").with_for_update()
        ).all()
        for each in held:
            expired = each.lease_until is not None and each.lease_until < moment
            if not (expired or leases.is_dead(each.claimed_by or "::")):
                continue
            each.claimed_by = each.lease_until = None
            if each.handed_at is None or each.channel in REPEATABLE:
                each.state, each.handed_at, each.not_before = "waiting", None, now
                each.attempts = max(each.attempts - 1, 0)
            else:
                each.state, each.ended_at, each.detail = "unknown", now, _UNKNOWN
            session.add(each)


def _claim(database: Database, workspace_id: int, me: str, now: datetime) -> _Claimed | None:
    with store.writing(database) as session:
        due = (
            select(Delivery)
            .where(_mine(workspace_id), Delivery.state == "waiting", Delivery.not_before <= now)
            .order_by(col(Delivery.not_before), col(Delivery.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        delivery = session.exec(due).first()
        if delivery is None:
            return None
        notice = session.get_one(Notice, delivery.notice_id)
        delivery.state, delivery.claimed_by = "sending", me
        delivery.lease_until = leases.now(session) + LEASE
        delivery.handed_at = None
        delivery.attempts += 1
        session.add(delivery)
    return _Claimed(delivery, notice.key, notice.subject, notice.content)


class _Lost(Exception):  # noqa: N818
    """Another process took the delivery over meanwhile."""


def _try(database: Database, claimed: _Claimed, people: People, me: str, now: datetime) -> tuple[State, str]:
    delivery = claimed.delivery

    def hand_over() -> None:
        with store.writing(database) as session:
            mine = (col(Delivery.id) == delivery.id, col(Delivery.claimed_by) == me)
            marked = session.connection().execute(
                update(Delivery).where(*mine, col(Delivery.state) == "sending").values(handed_at=now)
            )
            if not marked.rowcount:
                raise _Lost

    wait: float | None = None
    state: State
    try:
        handed = _hand(claimed, people, now, hand_over)
        state, detail = "sent", handed.detail
    except _Lost:
        return "waiting", "another process took it over"
    except LaterError as error:
        over = delivery.attempts > len(WAITS)
        state, detail = ("failed" if over else "waiting"), error.problem
        wait = min(max(error.wait or 0, WAITS[min(delivery.attempts, len(WAITS)) - 1]), LONGEST_WAIT)
    except RejectedError as error:
        state, detail = "failed", error.problem
    except DBAPIError as error:  # raised by the mark alone: nothing left
        if not store.passes(error):
            raise
        state, detail = "waiting", "the database went away before it was handed over"
    except UnclearError as error:
        repeat = delivery.channel in REPEATABLE and delivery.attempts <= len(WAITS)
        state, detail = ("waiting" if repeat else "unknown"), error.problem
        wait = WAITS[min(delivery.attempts, len(WAITS)) - 1]
    _end(database, delivery, me, state, redact(detail), now, wait)
    return state, redact(detail)


def _hand(claimed: _Claimed, people: People, now: datetime, hand_over: Callable[[], None]) -> Handed:
    try:
        person = people.called(claimed.delivery.recipient)
    except UsageError:
        raise RejectedError("nobody of that name stands in notify.yaml any more") from None
    message = unpack(claimed.content)
    if person.channel != "email":
        return hooks.send(message, person, key=claimed.key, at=now, hand_over=hand_over)
    if people.smtp is None or people.sender is None:
        raise RejectedError("notify.yaml names no `smtp:` or no `sender:`")
    return mail.send(
        message, person, people.sender, people.smtp, key=claimed.key, at=now, hand_over=hand_over
    )


def _end(
    database: Database,
    delivery: Delivery,
    me: str,
    state: State,
    detail: str,
    now: datetime,
    wait: float | None,
) -> None:
    values: dict[str, Any] = {
        "state": state,
        "detail": detail,
        "claimed_by": None,
        "lease_until": None,
    }
    if state == "waiting":
        values |= {"handed_at": None, "not_before": now + timedelta(seconds=wait or WAITS[0])}
    else:
        values |= {"ended_at": now}
    for tries_left in range(PATIENCE, -1, -1):
        try:
            with store.writing(database) as session:
                mine = (col(Delivery.id) == delivery.id, col(Delivery.claimed_by) == me)
                session.connection().execute(update(Delivery).where(*mine).values(**values))
            return
        except DBAPIError as error:
            # It was sent: whoever forgot that would have to call it unknown.
            if not store.passes(error) or not tries_left:
                raise
            time.sleep(1)


def troubles(session: Session, workspace_id: int, since: datetime) -> Sequence[tuple[Delivery, str]]:
    """Deliveries that ended without arriving, or of which nobody knows, and what they were to tell."""
    ended = (
        select(Delivery, Notice.subject)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .where(
            Notice.workspace_id == workspace_id,
            col(Delivery.state).in_(("failed", "unknown")),
            col(Delivery.ended_at) >= since,
        )
        .order_by(col(Delivery.ended_at))
    )
    return list(session.exec(ended))
