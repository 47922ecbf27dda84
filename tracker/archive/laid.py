"""Archived weeks under the eyes of whoever reads: the rows of a statement's weeks are laid over the tables.

Each connection keeps them in temporary tables. For the statements that need them, temporary views with the
tables' own names show both parts; the others read the tables alone, as they always did. Who writes works on
what the database itself holds.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Executable, Index, MetaData, Table, event, select
from sqlalchemy.schema import CreateIndex, CreateTable

from tracker import archived, exports, store
from tracker.archive import files
from tracker.archive.needed import WeekInFiles, tables_of, weeks_for
from tracker.archive.tables import ARCHIVED
from tracker.errors import StoreError

BUSY = "citelift_laying"
"""The execution option of statements of our own."""
TRIES = 3
MOST_HELD = 3_000_000
"""Rows that a connection keeps beyond what a statement needs."""
_INDEXED = {
    "answer": ("id", "week", "prompt_id"),
    "citation": ("answer_id", "domain_id"),
    "mention": ("answer_id",),
    "judgement": ("answer_id",),
    "reply": ("ask_id",),
    "recordedreply": ("answer_id",),
}


def open_to_read(url: str, configured: Path | None) -> Engine:
    """The database for who only reads, archived weeks included."""
    return lay_over(store.open_database(url, read_only=True), files.folder_for(url, configured))


@contextmanager
def reading_beside(database: Engine, configured: Path | None) -> Iterator[Engine]:
    """The same database with its archived weeks, for numbers that somebody who writes needs."""
    reader = open_to_read(database.url.render_as_string(hide_password=False), configured)
    try:
        yield reader
    finally:
        reader.dispose()


def lay_over(database: Engine, folder: Path | None) -> Engine:
    kind: type[_Laid] = _Postgres
    if database.dialect.name == "sqlite":
        kind = _SQLite
    else:
        # what is archived while somebody reads is in the tables until their transaction ends
        database = database.execution_options(isolation_level="REPEATABLE READ")
    laid = kind(folder)

    @event.listens_for(database, "begin")
    def begin(connection: Connection) -> None:
        if (held := connection.info.get(BUSY)) is not None:
            held.known = held.shown = None

    @event.listens_for(database, "before_execute")
    def before(connection: Connection, statement: Any, multi: Any, params: Any, options: Any) -> None:
        if isinstance(statement, Executable) and not (options.get(BUSY) or options.get(store.WRITE)):
            held = connection.info.setdefault(BUSY, _Held())
            if not connection.in_transaction():  # it will begin one for the statement
                held.known = held.shown = None
            given = {**(multi[0] if multi else {}), **(params or {})}
            laid.lay(connection, held, statement, given, live=bool(options.get(store.LIVE)))

    return database


@dataclass
class _Held:
    """What a connection knows and holds of the archive."""

    known: list[WeekInFiles] | None = None
    """Read once in a transaction."""
    loaded: set[tuple[str, WeekInFiles]] = field(default_factory=set)
    rows: int = 0
    ready: bool = False
    """The temporary tables are there."""
    shown: bool | None = None
    path: str = ""
    """Of PostgreSQL: where tables are looked for."""
    missing: Path | None = None


class _Laid(ABC):
    schema: str | None = None
    prefix = ""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.copies = {table.name: self._copy(table) for table in ARCHIVED}

    def _copy(self, table: Table) -> Table:
        columns = [Column(c.name, c.type) for c in table.c]
        temporary = [] if self.schema else ["TEMPORARY"]
        return Table(
            f"{self.prefix}{table.name}", MetaData(), *columns, schema=self.schema, prefixes=temporary
        )

    def lay(
        self, connection: Connection, held: _Held, statement: Any, given: Mapping[str, Any], *, live: bool
    ) -> None:
        for _ in range(TRIES):
            if held.known is None:
                held.known = _known(connection)
            if not held.known and not held.ready:
                return
            tables = tables_of(statement)
            if not tables:
                return
            needed = [] if live else weeks_for(statement, held.known, given)
            wanted = {(name, week) for week in needed for name in tables if name in week.files}
            gone = {each for each in held.loaded if each[1] not in held.known}
            if not wanted or (not gone and wanted <= held.loaded):
                if held.shown is not bool(wanted):
                    self.show(connection, held, bool(wanted))
                return
            with self.apart(connection, held):
                held.missing = self._load(connection, held, wanted, anew=bool(gone))
            held.known = None
        raise StoreError(
            f"{held.missing or 'the archive'} changes or is missing while it is read",
            "try again when `citelift archive` ended, or bring the archive's folder back from its backup",
        )

    def _load(
        self, connection: Connection, held: _Held, wanted: set[tuple[str, WeekInFiles]], *, anew: bool
    ) -> Path | None:
        """A file that is not there, if any."""
        if anew or held.rows > MOST_HELD:
            for copy in self.copies.values():
                _say(connection, f"DELETE FROM {copy.fullname}")  # noqa: S608
            held.loaded.clear()
            held.rows = 0
        for name, week in sorted(wanted - held.loaded, key=lambda each: (each[0], each[1].week)):
            table = next(each for each in ARCHIVED if each.name == name)
            place = files.place_of(files.required(self.folder), week.workspace_id, week.week)
            if not (place / f"{name}.parquet").exists():
                return place
            file = files.checked(place, table, week.files[name])
            for rows in exports.rows_in(table, file):
                columns = {c.name: [row[c.name] for row in rows] for c in table.c}
                store.insert_into(connection, self.copies[name], columns)
                held.rows += len(rows)
            held.loaded.add((name, week))
        return None

    def make(self, connection: Connection) -> None:
        for table in ARCHIVED:
            copy = self.copies[table.name]
            _say(connection, str(CreateTable(copy).compile(dialect=connection.dialect)))
            for column in _INDEXED[table.name]:
                index = Index(f"ix_{copy.name}_{column}", copy.c[column])
                _say(connection, str(CreateIndex(index).compile(dialect=connection.dialect)))

    def view(self, table: Table, real: str) -> str:
        names = ", ".join(f'"{c.name}"' for c in table.c)
        both = (f"SELECT {names} FROM {each}" for each in (real, self.copies[table.name].fullname))  # noqa: S608
        return f"CREATE TEMPORARY VIEW {table.name} AS {' UNION ALL '.join(both)}"

    @abstractmethod
    def apart(self, connection: Connection, held: _Held) -> AbstractContextManager[None]:
        """A transaction of its own, which may write temporary tables; the one before it is over."""

    @abstractmethod
    def show(self, connection: Connection, held: _Held, shown: bool) -> None:
        """Let the next statements see both parts, or the tables alone."""


def _known(connection: Connection) -> list[WeekInFiles]:
    rows = connection.execute(select(archived.WEEKS), execution_options={BUSY: True})
    return [
        WeekInFiles(
            row.workspace_id,
            row.week,
            row.first_answer,
            row.last_answer,
            row.files,
            f"{row.archived_at} {json.dumps(row.files, sort_keys=True)}",
        )
        for row in rows
    ]


def _say(connection: Connection, statement: str) -> Any:
    return connection.exec_driver_sql(statement, execution_options={"stream_results": False})


@contextmanager
def _whole(held: _Held, commit: Callable[[], Any], rollback: Callable[[], Any]) -> Iterator[None]:
    done = False
    try:
        yield
        done = True
    finally:
        if done:
            commit()
        else:
            held.loaded.clear()
            rollback()


class _SQLite(_Laid):
    """A second file, which SQLite deletes when the connection ends. Temporary names win over others."""

    schema = "archived"

    @contextmanager
    def apart(self, connection: Connection, held: _Held) -> Iterator[None]:
        say = partial(_say, connection)
        self.show(connection, held, False)
        say("COMMIT")
        say("PRAGMA query_only=OFF")
        try:
            if not held.ready:
                say("ATTACH DATABASE '' AS archived")
                self.make(connection)
                held.ready = True
            say("BEGIN")
            with _whole(held, partial(say, "COMMIT"), partial(say, "ROLLBACK")):
                yield
        finally:
            say("PRAGMA query_only=ON")
            say("BEGIN")

    def show(self, connection: Connection, held: _Held, shown: bool) -> None:
        _say(connection, "PRAGMA query_only=OFF")
        for table in ARCHIVED:
            _say(connection, f"DROP VIEW IF EXISTS temp.{table.name}")
            if shown:
                _say(connection, self.view(table, f"main.{table.name}"))
        _say(connection, "PRAGMA query_only=ON")
        held.shown = shown


class _Postgres(_Laid):
    """Temporary views stand behind the tables in the search path, and before them where they are shown."""

    prefix = "archived_"

    @contextmanager
    def apart(self, connection: Connection, held: _Held) -> Iterator[None]:
        driver: Any = connection.connection.driver_connection
        driver.rollback()
        if not held.ready:
            say = partial(_say, connection)
            say("SET TRANSACTION READ WRITE")
            self.make(connection)
            schemas = [f'"{name}"' for name in say("SELECT current_schemas(false)").scalar_one()]
            for table in ARCHIVED:
                say(self.view(table, f"{schemas[0]}.{table.name}"))
            held.path = ", ".join(schemas)
            say(f"SET search_path = {held.path}, pg_temp")
            driver.commit()
            held.ready = True
        with _whole(held, driver.commit, driver.rollback):
            yield
            for copy in self.copies.values():
                _say(connection, f"ANALYZE {copy.name}")
        held.shown = None

    def show(self, connection: Connection, held: _Held, shown: bool) -> None:
        if held.shown is not None or shown:
            path = f"pg_temp, {held.path}" if shown else f"{held.path}, pg_temp"
            _say(connection, f"SET LOCAL search_path = {path}")
        held.shown = shown
