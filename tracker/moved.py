"""What `citelift export` wrote, brought into a database that is empty: the same rows under the same keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, func, select, text
from sqlmodel import Session

from tracker import exports, store
from tracker.answers import rollups, stored
from tracker.errors import DataError, UsageError
from tracker.models import Workspace

MAY_BE_THERE = frozenset({"setting", "enginepace"})
"""What a database notes of itself: its own word stays."""


def bring_in(database: Engine, folder: Path) -> dict[str, int]:
    """Rows by table. All of it is stored, or nothing."""
    told = _manifest(folder)
    _check(folder, told)
    counts: dict[str, int] = {}
    with store.writing(database) as session:
        if session.connection().scalar(select(func.count()).select_from(_table("workspace"))):
            raise UsageError("this database has a workspace already", "name a new one with --database")
        for each in told["tables"]:
            if each["table"] != "lease":
                counts[each["table"]] = _insert(session, _table(each["table"]), folder / each["file"])
        workspaces = list(session.connection().scalars(select(_table("workspace").c.id)))
        _number_on(session)
        for key in workspaces:
            rollups.rebuild(session, key)
    for key in workspaces:
        stored.remember_brands(database, key)
    return counts


def _table(name: str) -> Table:
    table: Table = Workspace.metadata.tables[name]
    return table


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / exports.MANIFEST).read_text("utf-8"))
        known = {table.name for table in exports.tables()}
        names = {each["table"] for each in told["tables"]}
        schema = told["schema"]
    except FileNotFoundError:
        raise UsageError(f"{folder} is no export", f"name a folder that has an {exports.MANIFEST}") from None
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{exports.MANIFEST} cannot be read", "export again") from None
    if schema != store.VERSIONS[-1]:
        raise UsageError(
            f"the export is of schema {schema}, this citelift has {store.VERSIONS[-1]}",
            "bring the database that it is of up to date (`citelift upgrade`), and export again",
        )
    if not names <= known:
        raise DataError(f"the export names tables that are none: {sorted(names - known)}", "export again")
    if missing := sorted({"workspace", "brand", "answer"} - names):
        raise UsageError(
            f"the export lacks {missing[0]}", "export without --table: a part cannot stand alone"
        )
    return told


def _check(folder: Path, told: dict[str, Any]) -> None:
    for each in told["tables"]:
        name = str(each["file"])
        if Path(name).name != name or not name.endswith(".parquet"):
            raise UsageError(f"{name} is no Parquet file of the folder", "export with --format parquet")
        try:
            found = exports.sha256_of(folder / name)
        except FileNotFoundError:
            raise DataError(f"{name} is not there", "export again, or copy the whole folder") from None
        if found != each["sha256"]:
            raise DataError(f"{name} is not what was exported", "export again, or copy the whole folder")


def _insert(session: Session, table: Table, file: Path) -> int:
    count = 0
    for rows in exports.rows_in(table, file):
        if table.name in MAY_BE_THERE:
            primary = [column.name for column in table.primary_key]
            there = {tuple(row) for row in session.connection().execute(select(*table.primary_key.columns))}
            rows = [row for row in rows if tuple(row[name] for name in primary) not in there]
        if rows:
            session.connection().execute(table.insert(), rows)
        count += len(rows)
    return count


def _number_on(session: Session) -> None:
    """PostgreSQL numbers new rows from a counter, which does not know of rows that came with their number."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in exports.tables():
        key = list(table.primary_key.columns)
        if len(key) == 1 and key[0].autoincrement is not False and key[0].type.python_type is int:
            named = {"table": table.name, "column": key[0].name}
            sequence = session.connection().scalar(
                text("select pg_get_serial_sequence(:table, :column)"), named
            )
            if sequence is not None:
                last = session.connection().scalar(select(func.max(key[0])))
                following = text("select setval(cast(:sequence as regclass), :last, true)")
                if last is not None:
                    session.connection().execute(following, {"sequence": sequence, "last": last})
