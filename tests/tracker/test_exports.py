"""An export is the tables: read back by DuckDB, row for row; and a workspace's is its own alone."""

from __future__ import annotations

import csv
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import Engine, LargeBinary, Table, select

from tests.dashboard.api.worlds import THEIRS, two
from tests.dashboard.worlds import HOSTILE
from tests.facts import week
from tracker import exports, spreadsheet, store
from tracker.errors import UsageError
from tracker.models import AccessToken, Event, Person, Redirect, Setting


@pytest.fixture
def filled(database: Engine) -> Engine:
    two(database)
    with store.writing(database) as session:
        session.add(Event(workspace_id=1, at=week(2), kind="pr", title=HOSTILE))
        session.add(Redirect(id=7, url=f"https://{THEIRS}.example/r", checked_at=week(1)))
        hidden = "never-exported"
        session.add(AccessToken(workspace_id=1, name="x", role="viewer", secret_hash=hidden, made_at=week(1)))
    return database


READ = {"parquet": "read_parquet(?)", "csv": "read_csv(?, all_varchar = true, header = true)"}


def digest(rows: Any) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


def stored(database: Engine, table: Table, workspace: int | None) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        rows = connection.execute(exports.rows_of(table, workspace)).all()
    return [tuple(map(as_stored, row)) for row in rows]


def as_stored(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@pytest.mark.parametrize("workspace", [None, 1])
def test_duckdb_reads_from_parquet_what_the_tables_hold(
    filled: Engine, tmp_path: Path, workspace: int | None
) -> None:
    made = exports.export(filled, tmp_path / "out", workspace_id=workspace)
    told = json.loads((tmp_path / "out" / exports.MANIFEST).read_text())
    assert [each["rows"] for each in told["tables"]] == [each.rows for each in made]
    by_name = {table.name: table for table in exports.tables()}
    assert sum(each.rows for each in made) > 400
    with duckdb.connect() as reader:
        reader.execute("set timezone = 'UTC'")
        for each in made:
            file = tmp_path / "out" / each.file
            assert hashlib.sha256(file.read_bytes()).hexdigest() == each.sha256
            found = reader.execute("select * from read_parquet(?)", [str(file)]).to_arrow_table()
            read = zip(*(column.to_pylist() for column in found.columns), strict=True)
            kept = stored(filled, by_name[each.table], workspace)
            assert digest(tuple(map(as_stored, row)) for row in read) == digest(kept), each.table


def test_duckdb_reads_from_csv_the_tables_with_cells_that_no_spreadsheet_runs(
    filled: Engine, tmp_path: Path
) -> None:
    made = exports.export(filled, tmp_path / "out", workspace_id=1, format="csv")
    by_name = {table.name: table for table in exports.tables()}
    for each in made:
        file = tmp_path / "out" / each.file
        with duckdb.connect() as reader:
            read = reader.execute(
                "select * from read_csv(?, all_varchar = true, header = true, nullstr = '', quote = '\"')",
                [str(file)],
            ).fetchall()
        kept = stored(filled, by_name[each.table], 1)
        assert not any(isinstance(c.type, LargeBinary) and kept for c in by_name[each.table].c)
        cells = [tuple(str(spreadsheet.neutral(exports.as_text(v))) for v in row) for row in kept]
        assert digest(tuple(v or "" for v in row) for row in read) == digest(cells), each.table
    with (tmp_path / "out" / "event.csv").open(encoding=spreadsheet.ENCODING, newline="") as opened:
        titles = [row["title"] for row in csv.DictReader(opened)]
    assert not [title for title in titles if title.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_workspaces_export_has_no_word_of_another_and_no_secret(
    filled: Engine, tmp_path: Path, format: exports.Format
) -> None:
    exports.export(filled, tmp_path / "out", workspace_id=1, format=format)
    with duckdb.connect() as reader:
        for file in (tmp_path / "out").glob(f"*.{format}"):
            found = reader.execute(f"select columns(*)::varchar from {READ[format]}", [str(file)])
            said = str(found.fetchall())
            assert THEIRS not in said.casefold(), file.name
            assert "never-exported" not in said
    assert not (tmp_path / "out" / f"accesstoken.{format}").exists()


def test_no_table_that_lets_somebody_in_is_exported() -> None:
    of_a_password_or_token = {"password_hash", "secret_hash", "token_hash"}
    assert not [table.name for table in exports.tables() if of_a_password_or_token & set(table.c.keys())]
    with_hashes = [t.name for t in Person.metadata.sorted_tables if of_a_password_or_token & set(t.c.keys())]
    assert {"accesstoken", "person", "signedin", "sharelink"} == set(with_hashes)


def test_a_folder_that_holds_something_and_a_table_that_is_none_are_refused(
    filled: Engine, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no table"):
        exports.export(filled, tmp_path / "out", workspace_id=1, only=["accesstoken"])
    (tmp_path / "x").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        exports.export(filled, tmp_path, workspace_id=1)


def test_memory_does_not_grow_with_rows(sqlite_database: Engine, tmp_path: Path) -> None:
    peaks = []
    for count in (20_000, 80_000):
        with store.writing(sqlite_database) as session:
            rows = [{"name": f"{count}-{n}", "value": "x" * 300} for n in range(count)]
            store.bulk_insert(session, Setting, rows)
            del rows
        tracemalloc.start()
        exports.export(sqlite_database, tmp_path / str(count), workspace_id=None, only=["setting"])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
    with sqlite_database.connect() as connection:
        assert len(connection.execute(select(Setting.name)).all()) >= 100_000
