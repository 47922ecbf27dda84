"""An export as a database that only reads: DuckDB over its Parquet files, for the tables' own statements.

DuckDB takes PostgreSQL's words. Moments are without a zone there (they are in UTC), as in SQLite: DuckDB's
own would need one more package to become Python's. Tables that the export lacks are empty.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DateTime, Engine, Table, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDialect, PGIdentifierPreparer, PGTypeCompiler
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool
from sqlmodel import SQLModel

from tracker import exports, store
from tracker.errors import DataError, UsageError

if TYPE_CHECKING:
    import duckdb

DRIVER = "citeliftparquet"


def open_export(folder: Path) -> Engine:
    """The tables that `citelift export` wrote into a folder."""
    files = _checked(folder)
    engine = create_engine(URL.create(DRIVER, database=str(folder.absolute())))
    with engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            connection.exec_driver_sql(_view(table, files.get(table.name)))
    return engine


def _checked(folder: Path) -> dict[str, Path]:
    try:
        told = json.loads((folder / exports.MANIFEST).read_text("utf-8"))
        files = {str(each["table"]): folder / Path(str(each["file"])).name for each in told["tables"]}
        schema = told["schema"]
    except FileNotFoundError:
        raise UsageError(
            f"{folder} is no export", f"`citelift export {folder}` writes one; CITELIFT_ANALYSIS names it"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{folder / exports.MANIFEST} cannot be read", "export again") from None
    if schema != store.VERSIONS[-1]:
        raise UsageError(
            f"the export is of schema {schema}, this citelift has {store.VERSIONS[-1]}", "export again"
        )
    for file in files.values():
        if file.suffix != ".parquet" or not file.is_file():
            raise UsageError(f"{file} is no Parquet file that is there", "export with --format parquet")
    if missing := sorted({"workspace", "brand", "answer"} - set(files)):
        raise UsageError(f"the export lacks {missing[0]}", "export without --table")
    return files


def _view(table: Table, file: Path | None) -> str:
    if file is None:
        columns = ", ".join(f'CAST(NULL AS {_type(c)}) AS "{c.name}"' for c in table.c)
        return f'CREATE VIEW "{table.name}" AS SELECT {columns} WHERE false'
    columns = ", ".join(_read(c) for c in table.c)
    path = str(file.absolute()).replace("'", "''")
    return f"CREATE VIEW \"{table.name}\" AS SELECT {columns} FROM read_parquet('{path}')"  # noqa: S608


def _is_moment(column: Column[Any]) -> bool:
    return isinstance(getattr(column.type, "impl", column.type), DateTime)


def _read(column: Column[Any]) -> str:
    return (
        f'timezone(\'UTC\', "{column.name}") AS "{column.name}"' if _is_moment(column) else f'"{column.name}"'
    )


def _type(column: Column[Any]) -> str:
    names = {
        "bool": "BOOLEAN",
        "int64": "BIGINT",
        "double": "DOUBLE",
        "binary": "BLOB",
        "date32[day]": "DATE",
    }
    if _is_moment(column):
        return "TIMESTAMP"
    return names.get(
        str(exports.arrow_type(column)), "DATE" if "date" in str(column.type).lower() else "VARCHAR"
    )


class _Connection:
    """As SQLAlchemy expects of a driver; there is nothing to commit."""

    def __init__(self, folder: str, whole: duckdb.DuckDBPyConnection) -> None:
        self.folder = folder
        self._whole = whole

    def cursor(self) -> _Cursor:
        return _Cursor(self._whole.cursor())

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class _Cursor:
    arraysize = 1
    rowcount = -1

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    @property
    def description(self) -> Any:
        return self._cursor.description

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        self._cursor.execute(statement, list(parameters))

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchmany(self, size: int = 1) -> Any:
        return self._cursor.fetchmany(size)

    def fetchall(self) -> Any:
        return self._cursor.fetchall()

    def close(self) -> None:
        self._cursor.close()


class _Quoted(PGIdentifierPreparer):
    """DuckDB keeps other words for itself than PostgreSQL."""

    def _requires_quotes(self, value: str) -> bool:
        return True


class _Types(PGTypeCompiler):
    def visit_FLOAT(self, type_: Any, **_: Any) -> str:  # noqa: N802
        """PostgreSQL's has 64 bits, DuckDB's 32."""
        return "DOUBLE"


class DuckDBDialect(PGDialect):
    driver = "duckdb"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    preparer = _Quoted
    type_compiler_cls = _Types

    @classmethod
    def import_dbapi(cls) -> Any:
        import duckdb

        return duckdb

    @classmethod
    def get_pool_class(cls, url: URL) -> type[QueuePool]:
        return QueuePool

    def initialize(self, connection: Any) -> None:
        """There is no server to ask what it can do."""

    def create_connect_args(self, url: URL) -> Any:
        return (url.database,), {}

    def connect(self, *folder: Any, **_: Any) -> Any:
        if not hasattr(self, "_whole"):
            self._whole = self.loaded_dbapi.connect(":memory:")
        return _Connection(str(folder[0]), self._whole)

    def do_begin(self, dbapi_connection: Any) -> None: ...

    def do_ping(self, dbapi_connection: Any) -> bool:
        return True


registry.register(DRIVER, __name__, DuckDBDialect.__name__)
