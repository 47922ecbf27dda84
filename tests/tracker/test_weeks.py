"""Which week a moment belongs to depends on the time zone; the answers were written down from a calendar."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from analysis import frames, visibility
from analysis.changes import compare_weeks
from tests.facts import Facts, week
from tests.tracker.catalog.test_tables import loaded
from tracker import catalog, store, weeks
from tracker.answers import recorded, rollups, stored
from tracker.errors import CatalogError, UsageError
from tracker.models import Answer, Setting

BERLIN = "Europe/Berlin"
HALF_PAST_ONE = [  # on Mondays, in Berlin, over the change of clocks of 29 March 2026
    datetime(2026, 3, 16, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 23, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 23, 30, tzinfo=UTC),
    datetime(2026, 4, 5, 23, 30, tzinfo=UTC),
]


@pytest.mark.parametrize(
    ("moment", "timezone", "monday"),
    [
        ("2026-03-29T23:30", "UTC", "2026-03-23"),
        ("2026-03-29T23:30", BERLIN, "2026-03-30"),
        ("2026-03-29T21:59", BERLIN, "2026-03-23"),
        ("2026-10-25T22:59", BERLIN, "2026-10-19"),
        ("2026-10-25T23:00", BERLIN, "2026-10-26"),
        ("2026-06-01T03:59", "America/New_York", "2026-05-25"),
        ("2026-06-01T04:00", "America/New_York", "2026-06-01"),
        ("2025-12-31T23:00", "Pacific/Kiritimati", "2025-12-29"),
        ("2026-05-31T10:00", "Pacific/Kiritimati", "2026-06-01"),
        ("2026-05-31T18:15", "Asia/Kathmandu", "2026-06-01"),
    ],
)
def test_a_moment_is_in_the_week_that_the_clock_on_the_wall_shows(
    moment: str, timezone: str, monday: str
) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert weeks.week_of(at, timezone) == date.fromisoformat(monday)


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown time zone"):
        weeks.zone("Europe/Nowhere")
    with pytest.raises(CatalogError, match=r"brands.yaml:1: unknown time zone 'Berlin'"):
        loaded(tmp_path, brands="timezone: Berlin\nbrands:\n  - {name: Norvane, own: true}\n")


def brands(timezone: str) -> str:
    return f"workspace: ws1\ntimezone: {timezone}\nbrands:\n  - {{name: Norvane, own: true}}\n"


def facts_at(moments: list[datetime]) -> Facts:
    facts = Facts(prompts=("best crm",))
    for moment in moments:
        facts.answer("best crm", at=moment, named=["Norvane"])
    return facts


def mondays(database: Engine) -> list[date]:
    with store.reading(database) as session:
        return list(session.exec(select(Answer.week).order_by(Answer.id)))  # type: ignore[arg-type]


def test_stored_answers_move_to_the_weeks_of_another_time_zone(database: Engine, tmp_path: Path) -> None:
    facts_at(HALF_PAST_ONE).store(database)
    assert mondays(database) == [date(2026, 3, day) for day in (16, 23, 23)] + [date(2026, 3, 30)]
    with store.writing(database) as session:
        key = catalog.sync(session, loaded(tmp_path, brands=brands(BERLIN)))
        rollups.rebuild(session, key)
        assert session.get(Setting, weeks.moving(key)) is not None
    assert stored.move_weeks(database, key)
    assert mondays(database) == [date(2026, 3, day) for day in (16, 23, 30)] + [date(2026, 4, 6)]
    assert not stored.move_weeks(database, key)
    with store.writing(database) as session:
        catalog.sync(session, loaded(tmp_path, brands=brands("UTC")))
    with database.connect() as connection:
        assert not rollups.fresh(connection, key)
    assert stored.move_weeks(database, key)
    assert mondays(database) == [date(2026, 3, day) for day in (16, 23, 23)] + [date(2026, 3, 30)]


def test_answers_that_come_later_are_stored_in_the_weeks_of_the_time_zone(
    database: Engine, tmp_path: Path
) -> None:
    with store.writing(database) as session:
        key = catalog.sync(session, loaded(tmp_path, brands=brands(BERLIN)))
    lines = [
        {"asked_at": at.isoformat(), "engine": "e", "prompt": "Which CRM?", "text": f"Norvane, {number}"}
        for number, at in enumerate(HALF_PAST_ONE)
    ]
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    recorded.import_answers(database, key, file, now=week(20))
    assert mondays(database) == [date(2026, 3, day) for day in (16, 23, 30)] + [date(2026, 4, 6)]


def test_a_brand_that_ended_keeps_its_weeks_and_has_none_after(database: Engine, tmp_path: Path) -> None:
    facts = Facts(prompts=("best crm",))
    for number in range(4):
        facts.answer("best crm", at=week(number), named=["Norvane", "Oltera"])
    facts.store(database)
    text = (
        "workspace: ws1\nbrands:\n  - {name: Norvane, own: true, domains: [norvane.com]}\n"
        "  - {name: Oltera, domains: [oltera.com], until: 2026-03-10}\n"
    )
    with store.writing(database) as session:
        key = catalog.sync(session, loaded(tmp_path, brands=text))
        rollups.rebuild(session, key)
    world = frames.world(database, key)
    rows = visibility.table(database, world, frames.Scope(), ("week",))
    assert [row.week.day for row in rows if row.brand == "Oltera" and row.week] == [2, 9]
    assert [row.week.day for row in rows if row.brand == "Norvane" and row.week] == [2, 9, 16, 23]
    whole = {row.brand: row for row in visibility.table(database, world)}
    assert (whole["Oltera"].answers, whole["Oltera"].rates["mention_rate"].estimate) == (2, 1.0)
    assert {c.brand for c in compare_weeks(database, world)} == {"Norvane"}


def test_the_own_brand_cannot_end_and_a_day_is_a_day(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="is own and cannot end"):
        loaded(tmp_path, brands="brands:\n  - {name: Norvane, own: true, until: 2026-03-10}\n")
    with pytest.raises(CatalogError, match="until is no day: `May`"):
        loaded(tmp_path, brands="brands:\n  - {name: N1, own: true}\n  - {name: O1, until: May}\n")
