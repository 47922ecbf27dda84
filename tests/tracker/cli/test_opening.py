"""What is wrong with a database is an error with a way out; a fault of the program keeps its trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import select

from tracker import settings, store
from tracker.cli.opening import opened
from tracker.errors import StoreError
from tracker.models import Domain, Run, Workspace
from tracker.settings import Settings


@pytest.fixture
def own(sqlite_database: Engine, tmp_path: Path) -> Settings:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
        session.add(Domain(id=1, name="a.com"))
        session.flush()
        session.connection().execute(
            text(
                "insert into run (id, workspace_id, key, trigger, planned_at, asked_for, state, catalog_hash)"
                " values (1, 1, 'k', 'manual', '2026-06-01 09:00:00', '2026-06-01 09:00:00', 'done', '')"
            )
        )
    sqlite_database.dispose()
    return settings.load(database_url=f"sqlite:///{tmp_path / 'citelift.db'}")


@pytest.mark.parametrize(
    ("damage", "read"),
    [
        ("update domain set name = cast(x'61ff62' as text)", "domain.name"),
        ("update run set planned_at = '2026-11-2' || char(21)", "run.planned_at"),
        ("update run set planned_at = x'00ff'", "run.planned_at"),
    ],
)
def test_a_damaged_value_is_no_traceback(own: Settings, damage: str, read: str) -> None:
    with opened(own) as database, store.writing(database) as session:
        session.connection().execute(text(damage))
    column = {"domain.name": Domain.name, "run.planned_at": Run.planned_at}[read]
    with (
        pytest.raises(StoreError, match="the database file is damaged") as caught,
        opened(own, read_only=True) as database,
        store.reading(database) as session,
    ):
        session.exec(select(column)).all()  # type: ignore[call-overload]
    assert "backup" in caught.value.hint


def test_a_fault_of_the_program_stays_what_it_is(own: Settings) -> None:
    with pytest.raises(ValueError, match="a fault"), opened(own, read_only=True):
        raise ValueError("a fault")
