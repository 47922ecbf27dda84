"""What counts for a month's budget, and what the ledgers still give."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.run.test_jobs import prepared, small_catalog
from tracker import store
from tracker.models import JudgeLedger, Ledger, Run
from tracker.run import money

MIDDLE = datetime(2026, 3, 17, 14, 25, 36, 7, tzinfo=UTC)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("planned", "ended", "counts"),
    [
        (BEFORE, BEFORE, False),
        (FIRST, None, True),
        (FIRST, FIRST, True),
        (BEFORE, FIRST, True),
        (BEFORE, LATER, True),
        (BEFORE, None, True),
        (LATER, LATER, True),
    ],
)
def test_a_month_counts_the_runs_that_were_in_it(
    database: Engine, planned: datetime, ended: datetime | None, counts: bool
) -> None:
    prepared(database, small_catalog(1, 1, engines=("chat",)))
    with store.writing(database) as session:
        run = session.exec(select(Run)).one()
        run.planned_at, run.ended_at = planned, ended
        row = session.exec(select(Ledger)).one()
        row.spent_micros, row.reserved_micros = 40, 2
    with store.reading(database) as session:
        assert money.month_spent(session, 1, MIDDLE) == (42 if counts else 0)
        assert money.month_spent(session, 2, MIDDLE) == 0, "another workspace's month"


def test_a_month_counts_what_its_judge_spent_and_set_aside(sqlite_database: Engine) -> None:
    prepared(sqlite_database, small_catalog(1, 1, engines=("chat",)))
    with store.writing(sqlite_database) as session:
        for month, micros in ((date(2026, 2, 1), 1000), (date(2026, 3, 1), 70), (date(2026, 4, 1), 3000)):
            books = {"month": month, "spent_micros": micros, "reserved_micros": micros // 10}
            session.add(JudgeLedger(workspace_id=1, **books))
    with store.reading(sqlite_database) as session:
        assert money.month_spent(session, 1, MIDDLE) == 77


@pytest.mark.parametrize(
    ("costs", "left", "paid_for"),
    [
        ([3, 4, 5], None, 3),
        ([3, 4, 5], 12, 3),
        ([3, 4, 5], 11, 2),
        ([3, 4, 5], 2, 0),
        ([], 5, 0),
        ([3], -1, 0),
    ],
)
def test_the_money_covers_the_first_ones(costs: list[int], left: int | None, paid_for: int) -> None:
    assert money.affordable(costs, left) == paid_for
