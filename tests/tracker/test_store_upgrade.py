"""A database of the first schema that was in use, full of rows, keeps all of them on the way to today's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    inspect,
    text,
)

from tracker import store
from tracker.answers.rows import pack

ROWS = 3
MORNING = (
    "drop table ledger",
    "drop table redirect",
    "alter table engine drop column concurrency",
    "alter table engine drop column rpm",
    "create index ix_backlink_source on backlink (workspace_id, source_domain_id)",
)
"""What 0001 had not, or had, when it came to main on 21 November 2026 (0cd5fb4)."""


def value(column: Column[Any], number: int) -> Any:
    """Something that fits, another for each row."""
    kind = column.type
    kind = getattr(kind, "impl", kind)
    if column.foreign_keys or (column.primary_key and isinstance(kind, Integer)):
        return number
    named = {"lease_until": None, "state": "answered", "claimed_by": None, "replaces_id": None}
    if column.name in named:
        return named[column.name]
    makes: tuple[tuple[Any, Any], ...] = (
        (Boolean, number % 2 == 0),
        (Integer, 10 + number),
        (Float, number / 4),
        (LargeBinary, pack(f"body {number}".encode())),
        (JSON, [f"{column.name} {number}"]),
        (DateTime, datetime(2026, 11, 20 + number, 9, tzinfo=UTC)),
        (Date, date(2026, 11, 15 + number)),
    )
    return next((made for type_, made in makes if isinstance(kind, type_)), f"{column.name} {number}")


def contents(database: Engine) -> dict[str, list[dict[str, Any]]]:
    metadata = MetaData()
    metadata.reflect(database)
    found = {}
    with database.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                rows = connection.execute(table.select().order_by(*table.primary_key.columns))
                found[table.name] = [dict(row._mapping) for row in rows]
    return found


@pytest.fixture
def first(database_url: str) -> Any:
    database = store.open_database(database_url, migrate=False)
    command.upgrade(store.alembic_config(database), "0001")
    with database.begin() as connection:
        for statement in MORNING:
            connection.execute(text(statement))
    metadata = MetaData()
    metadata.reflect(database)
    with database.connect().execution_options(**{store.WRITE: True}) as connection, connection.begin():
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                rows = [row(table, number) for number in range(1, ROWS + 1)]
                connection.execute(table.insert(), rows)
    yield database
    database.dispose()


def row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: value(column, number) for column in table.c}


def test_every_row_and_number_of_the_first_schema_is_kept(first: Engine) -> None:
    before = contents(first)
    assert len(before) > 20
    assert all(len(rows) == ROWS for rows in before.values())
    with pytest.raises(store.StoreError, match="has schema 0001"):
        store.open_database(first.url.render_as_string(hide_password=False), read_only=True)
    assert [step.version for step in store.steps_after("0001")] == list(store.VERSIONS[1:])
    store.upgrade(first)
    assert store.steps_after(store.schema_versions(first)[0]) == []
    after = contents(first)
    for table, rows in before.items():
        kept = [{name: each[name] for name in rows[0] if name in each} for each in after[table]]
        assert kept == rows, table
    assert {"ledger", "redirect"} <= set(after)
    columns = {column["name"] for column in inspect(first).get_columns("engine")}
    assert {"concurrency", "rpm", "after_crash"} <= columns


def test_each_step_says_what_it_does() -> None:
    steps = store.steps_after(None)
    assert [step.version for step in steps] == list(store.VERSIONS)
    assert all(len(step.what) > 10 for step in steps)
