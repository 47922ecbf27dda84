"""An alert is stored once and told to each person once: at once, in a digest, after quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from tracker import store
from tracker.models import Alarm, Delivery, Notice, Workspace
from tracker.notify import telling
from tracker.notify.message import Message, unpack
from tracker.notify.people import People, Recipient
from tracker.notify.telling import Found

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
ANA = Recipient("ana", "slack", url="A_WEBHOOK")
DAILY = Recipient("bea", "slack", url="B_WEBHOOK", when="daily", at=time(8), timezone="Europe/Berlin")


@pytest.fixture
def held(database: Engine) -> Engine:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
    return database


def found(*keys: str, kind: str = "move") -> list[Found]:
    return [Found(key, kind, NOW, f"{key} moved.", "1 in 20.", "home") for key in keys]  # type: ignore[arg-type]


def compose(alarms: Sequence[Alarm]) -> Message:
    keys = ",".join(alarm.key for alarm in alarms)
    return Message("alerts.found", keys, keys, keys)


def tell(database: Engine, people: People, now: datetime, *keys: str, kind: str = "move") -> list[str]:
    """What is posted now: `recipient: keys`."""
    with store.writing(database) as session:
        telling.note(session, 1, found(*keys, kind=kind), now)
        before = set(session.exec(select(Notice.id)))
        telling.post_due(session, 1, people, now, compose)
    with store.reading(database) as session:
        rows = session.exec(
            select(Notice, Delivery)
            .join(Delivery, col(Delivery.notice_id) == col(Notice.id))
            .order_by(col(Notice.id))
        ).all()
    return [f"{d.recipient}: {unpack(n.content).subject}" for n, d in rows if n.id not in before]


def test_what_is_found_again_is_told_once(held: Engine) -> None:
    people = People((ANA,))
    assert tell(held, people, NOW, "a", "b") == ["ana: a,b"]
    assert tell(held, people, NOW + timedelta(hours=1), "a", "b") == []
    assert tell(held, people, NOW + timedelta(hours=2), "a", "b", "c") == ["ana: c"]


def test_a_digest_holds_what_was_found_up_to_its_hour(held: Engine) -> None:
    people = People((DAILY,))
    assert tell(held, people, NOW, "a") == []
    assert tell(held, people, NOW + timedelta(hours=3), "b") == []
    morning = datetime(2026, 6, 11, 6, 0, tzinfo=UTC)
    assert tell(held, people, morning, "a", "b") == ["bea: a,b"]
    assert tell(held, people, morning + timedelta(hours=5), "c") == []
    assert tell(held, people, morning + timedelta(days=1)) == ["bea: c"]
    assert tell(held, people, morning + timedelta(days=2)) == []


def test_each_person_hears_what_they_asked_for(held: Engine) -> None:
    people = People(
        (
            Recipient("a", "slack", url="A_WEBHOOK", kinds=("link",)),
            Recipient("b", "slack", url="A_WEBHOOK", gets=("reports",)),
            Recipient("c", "slack", url="A_WEBHOOK"),
        )
    )
    assert tell(held, people, NOW, "x") == ["c: x"]
    assert tell(held, people, NOW, "y", kind="link") == ["a: y", "c: y"]


def test_who_is_new_hears_of_the_last_day_alone(held: Engine) -> None:
    tell(held, People(), NOW - timedelta(days=3), "old")
    tell(held, People(), NOW - timedelta(hours=3), "new")
    assert tell(held, People((ANA,)), NOW) == ["ana: new"]


def test_quiet_hours_put_the_message_off_and_not_away(held: Engine) -> None:
    quiet = Recipient("q", "slack", url="A_WEBHOOK", quiet=(time(10), time(14)))
    tell(held, People((quiet,)), NOW, "a")
    with store.reading(held) as session:
        assert session.exec(select(Delivery.not_before)).one() == NOW.replace(hour=14)
