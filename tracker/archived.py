"""Which weeks stand in files (`tracker.archive`): what writes answers and roll-ups asks here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlmodel import Session

from tracker import store
from tracker.errors import UsageError
from tracker.models import ArchivedWeek

WEEKS: Any = ArchivedWeek.__table__  # type: ignore[attr-defined]


def weeks(connection: Connection, workspace_id: int) -> set[date]:
    """Mondays, also of weeks that a policy deleted: their counts stay."""
    return set(connection.scalars(select(WEEKS.c.week).where(WEEKS.c.workspace_id == workspace_id)))


def lock_name(workspace_id: int) -> str:
    """Held together by those who store answers, alone by who takes a week away."""
    return f"archive:{workspace_id}"


def refuse(session: Session, workspace_id: int, wanted: Iterable[date]) -> None:
    """An archived week takes no new answers: its counts would be of those alone."""
    store.together(session, lock_name(workspace_id))
    shut = sorted(weeks(session.connection(), workspace_id) & set(wanted))
    if shut:
        raise UsageError(
            f"the week of {shut[0]} is archived, and takes no answers",
            f"`citelift archive restore {shut[0]}` brings it back",
        )


def refuse_moving(session: Session, workspace_id: int) -> None:
    """Files do not follow a workspace into another time zone."""
    shut = sorted(weeks(session.connection(), workspace_id))
    if shut:
        raise UsageError(
            f"{len(shut)} weeks are archived, and were counted in the time zone before",
            f"`citelift archive restore {shut[0]}`, and so on, before `timezone:` changes",
        )


def numbered(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]]
) -> Sequence[dict[str, Any]]:
    """Rows that get no number which an archived row has. SQLite numbers on from the highest that is there;
    PostgreSQL counts."""
    if connection.dialect.name != "sqlite" or not rows:
        return rows
    files = connection.scalars(select(WEEKS.c.files))
    taken = max((each[table.name]["last"] or 0 for each in files if table.name in each), default=0)
    if not taken or (connection.scalar(select(func.max(table.c.id))) or 0) >= taken:
        return rows
    return [row | {"id": taken + place} for place, row in enumerate(rows, 1)]
