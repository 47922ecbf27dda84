"""What a chart over time marks, and under which letter."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.intervals import Interval
from analysis.moments import Moment, marks, moments, within
from analysis.report.charts import trend
from tests.facts import Facts, week
from tracker import store
from tracker.answers.served import KIND as SERVED
from tracker.models import Event

START = date(2026, 3, 2)


def on(day: int, title: str = "x") -> Moment:
    return Moment(START + timedelta(days=day), "pr", title)


def test_marks_are_lettered_in_order_of_their_days() -> None:
    found = marks([on(30, "later"), on(2, "sooner")], START, START + timedelta(days=60))
    assert [(m.letter, m.moments[0].title) for m in found] == [("A", "sooner"), ("B", "later")]


@pytest.mark.parametrize(("gap", "letters"), [(1, ["A"]), (2, ["A", "B"])])
def test_moments_too_close_to_tell_apart_share_a_letter(gap: int, letters: list[str]) -> None:
    found = marks([on(10), on(10 + gap)], START, START + timedelta(days=80))
    assert [m.letter for m in found] == letters
    assert sum(len(m.moments) for m in found) == 2


def test_what_lies_outside_is_not_marked() -> None:
    assert [m.at for m in marks([on(-1), on(0), on(6), on(7)], START, START + timedelta(days=7))] == [
        START,
        START + timedelta(days=6),
    ]
    assert within((on(-1), on(0), on(6), on(7)), START, START + timedelta(days=6)) == (on(0), on(6))


def test_letters_go_on_after_z() -> None:
    found = marks([on(10 * n) for n in range(30)], START, START + timedelta(days=300))
    assert [m.letter for m in found][24:28] == ["Y", "Z", "AA", "AB"]


def served(*models: str) -> Facts:
    facts = Facts()
    for number, model in enumerate(models):
        facts.answer("best crm", "alpha", week(number), served=model)
    return facts


def test_a_change_of_model_is_read_from_the_answers_themselves(sqlite_database: Engine) -> None:
    served("m1", "m1", "m2").store(sqlite_database)
    (found,) = moments(sqlite_database, frames.world(sqlite_database))
    assert (found.at, found.kind, found.engine) == (week(2).date(), SERVED, "alpha")
    assert found.title == "alpha: served model m1 → m2"


def test_a_change_that_a_run_noted_is_told_once(sqlite_database: Engine) -> None:
    served("m1", "m2").store(sqlite_database)
    with store.writing(sqlite_database) as session:
        at = week(1) + timedelta(days=1)
        session.add(Event(workspace_id=1, at=at, kind=SERVED, title="alpha: m1 → m2", engine_id=100))
        session.add(Event(workspace_id=1, at=week(0), kind="pr", title="a prize"))
    found = moments(sqlite_database, frames.world(sqlite_database))
    assert [m.title for m in found] == ["a prize", "alpha: m1 → m2"]


@pytest.mark.parametrize(
    ("engine", "at", "derived"),
    [
        (100, 1, []),
        (None, 1, []),
        (101, 1, ["alpha: served model m1 → m2"]),
        (None, 0, ["alpha: served model m1 → m2"]),
    ],
    ids=["of the engine", "of no engine in particular", "of another engine", "in another week"],
)
def test_a_noted_change_hides_the_one_that_the_answers_tell(
    sqlite_database: Engine, engine: int | None, at: int, derived: list[str]
) -> None:
    served("m1", "m2").store(sqlite_database)
    with store.writing(sqlite_database) as session:
        day = week(at) + timedelta(days=3)
        session.add(Event(workspace_id=1, at=day, kind=SERVED, title="noted", engine_id=engine))
    found = moments(sqlite_database, frames.world(sqlite_database))
    assert [m.title for m in found if m.title != "noted"] == derived


def test_a_change_in_the_middle_of_a_week_is_told_once(sqlite_database: Engine) -> None:
    facts = served("m1", "m1", "m2")
    facts.answer("best crm", "alpha", week(1), served="m2", repeat=1)
    facts.store(sqlite_database)
    (found,) = moments(sqlite_database, frames.world(sqlite_database))
    assert (found.at, found.title) == (week(1).date(), "alpha: served model m1 → m2")


def row(brand: str, number: int, rate: float | None, own: bool = False) -> SimpleNamespace:
    low, high = (None, None) if rate is None else (rate / 2, rate * 1.4)
    method = "not enough data" if rate is None else "wilson"
    interval = Interval(rate, low, high, 20, 5, method)
    return SimpleNamespace(
        brand=brand, own=own, week=START + timedelta(weeks=number), rates={"mention_rate": interval}
    )


def test_the_reports_trend_places_weeks_rates_and_marks_on_one_drawing() -> None:
    rows = [row("us", n, 0.2, own=True) for n in range(5)] + [
        row("them", n, None if n == 2 else 0.1) for n in range(5)
    ]
    found = trend(rows, [on(7, "a prize")])  # type: ignore[arg-type]
    assert found is not None
    assert [x for x, _ in found.lines[0].points] == [0, 25, 50, 75, 100]
    assert len(found.lines[1].points) == 4
    ((place, mark),) = found.marks
    assert (place, mark.letter) == (25, "A")
    top = 100 - found.lines[0].points[0][1]
    assert found.y[-1][0] == pytest.approx(0)
    assert top == pytest.approx(100 * 0.2 / 0.3)
    assert len(found.band) == 10


def test_one_week_has_no_trend() -> None:
    assert trend([row("us", 0, 0.2, own=True)]) is None  # type: ignore[list-item]
