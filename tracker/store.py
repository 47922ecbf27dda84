"""The database: opening it, its schema version, and the two helpers every write goes through.

SQLite and PostgreSQL alike. A write transaction on SQLite takes the write lock at once (`BEGIN IMMEDIATE`): a
transaction that reads first and writes later could otherwise fail half-way when two processes share the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Connection, Engine, Table, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlmodel import Session, SQLModel, create_engine

from tracker import sqlite_file
from tracker.database_url import parsed, shown, without_secrets
from tracker.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

CHUNK = 5_000
MOST_BOUND = 900
"""Values in one statement: some builds of SQLite take no more than 999."""
MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = tuple(sorted(path.name[:4] for path in MIGRATIONS.glob("versions/[0-9]*.py")))
"""The schema versions of this program, oldest first: a migration's file begins with its own."""
WRITE = "citelift_write"
"""The execution option that says a transaction will write."""
LIVE = "citelift_live"
"""The execution option that says a statement is about what the database itself holds, without archives."""


def open_database(url: str, *, read_only: bool = False, migrate: bool = True, beside: bool = False) -> Engine:
    """An engine on a database whose schema is this program's, or with `migrate=False` whatever it is;
    `read_only` never creates or migrates.

    `beside`: this process has the file open already. Then only SQLite may open it: closing it again would
    drop the locks that the process holds, and others would take its log away."""
    engine = _engine(url, read_only)
    if not read_only and not beside and (doubt := sqlite_file.doubt_of(engine.url)) is not None:
        raise doubt
    try:
        if read_only and migrate:
            _require_current(engine)
        elif migrate:
            upgrade(engine)
    except OperationalError as error:
        raise StoreError(
            f"cannot open the database {shown(url)}: {without_secrets(_first_line(error), url)}",
            "check that the address is right, the server runs and the folder is writable",
        ) from None
    except DatabaseError as error:
        raise StoreError(
            f"the database {shown(url)} is damaged or none: {without_secrets(_first_line(error), url)}",
            "restore it from a backup (`sqlite3 file .recover` saves what can be read),"
            " or point --database elsewhere",
        ) from None
    return engine


def is_blank(url: str) -> bool:
    """Whether citelift has never stored anything there: no file, or a database without a schema."""
    address = parsed(url)
    file = sqlite_file.file_of(address)
    if address.get_backend_name() == "sqlite":
        return file is not None and not file.exists()
    engine = _engine(url, True)
    try:
        return schema_versions(engine)[0] is None
    except OperationalError:
        return False  # opening it says what is wrong
    finally:
        engine.dispose()


def _engine(url: str, read_only: bool) -> Engine:
    address = parsed(url)
    kind = address.get_backend_name()
    if kind == "sqlite" and read_only and address.database and not Path(address.database).exists():
        raise StoreError(
            f"there is no database at {shown(url)}",
            "run `citelift demo`, `citelift run` or `citelift import …` first",
        )
    if kind == "sqlite" and address.database and not Path(address.database).absolute().parent.is_dir():
        raise StoreError(
            f"the folder of {shown(url)} does not exist", "create the folder or choose another file"
        )
    try:
        if kind == "sqlite":
            file = sqlite_file.file_of(address)
            unwritable = None if file is None else sqlite_file.unwritable(file)
            if unwritable is None:
                return _sqlite(address.render_as_string(hide_password=False), read_only)
            if not read_only:
                raise StoreError(
                    f"the database {shown(url)} cannot be written here",
                    "check the owner and the rights of the file and its folder; what only reads it works",
                )
            return _sqlite(f"sqlite:///{unwritable}&uri=true", read_only)
        options: dict[str, Any] = {"connect_timeout": 10}
        if read_only:
            options["options"] = "-c default_transaction_read_only=on"
        return create_engine(address, pool_pre_ping=True, connect_args=options)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise StoreError(
            f"citelift does not store in {address.drivername}",
            "use postgresql+psycopg:// or plain postgresql://",
        ) from None


def _sqlite(url: str, read_only: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 60, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late; ours is in `begin` below
        for pragma in (
            "foreign_keys=ON",
            "busy_timeout=60000",
            "synchronous=FULL",  # a reply that is stored is paid for, and an ask that is marked may be
            "cache_size=-16384",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA query_only=ON" if read_only else "PRAGMA journal_mode=WAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITE)
        # the indexes of a big import, sorted in memory, would take half a gigabyte; it cannot be set once it
        # has begun
        connection.exec_driver_sql(f"PRAGMA temp_store={'FILE' if writes else 'MEMORY'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def writing(database: Engine, *, one_moment: bool = False) -> Iterator[Session]:
    """One transaction: all of it is stored, or none. `one_moment`: PostgreSQL refuses it where another
    transaction changed a row meanwhile that this one changes too; SQLite has one writer anyway."""
    options: dict[str, Any] = {WRITE: True}
    if one_moment and database.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with (
        database.connect().execution_options(**options) as connection,
        connection.begin(),
        Session(bind=connection, expire_on_commit=False) as session,
    ):
        yield session
        session.flush()


def let_go(database: Engine, seconds: float) -> None:
    """Of what this process has locked, PostgreSQL lets go when it sleeps that long in a transaction: a host
    that stands still must not hold up the others."""
    if database.dialect.name != "postgresql":
        return

    @event.listens_for(database, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"set idle_in_transaction_session_timeout = {round(seconds * 1000)}")
        connection.commit()

    database.dispose()


def together(session: Session, name: str) -> None:
    """Until this transaction ends, nobody has the name `alone`, and many may have it like this."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(
            text("select pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"), {"name": name}
        )


def alone(session: Session, name: str) -> None:
    """Until this transaction ends, no other passes here with the same name. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(
            text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )


@contextmanager
def reading(database: Engine, *, live: bool = False) -> Iterator[Session]:
    """`live`: what the database itself holds, without archives."""
    with (
        database.connect().execution_options(**{LIVE: live}) as connection,
        Session(bind=connection, expire_on_commit=False) as session,
    ):
        yield session


def bulk_insert(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]], *, ignore: bool = False
) -> int:
    """Insert plain rows with the core, several times faster than objects. With `ignore`, rows whose key is
    there stay as they are. Returns the number of rows sent."""
    if not rows:
        return 0
    connection = session.connection()
    statement = _insert(table, connection.dialect.name, ignore)
    for start in range(0, len(rows), CHUNK):
        connection.execute(statement, list(rows[start : start + CHUNK]))
    return len(rows)


@cache
def _insert(table: type[SQLModel], kind: str, ignore: bool) -> Any:
    target = table.__table__  # type: ignore[attr-defined]
    if not ignore:
        return target.insert()
    return (sqlite if kind == "sqlite" else postgresql).insert(target).on_conflict_do_nothing()


def insert_columns(
    session: Session, model: type[SQLModel], columns: Mapping[str, Sequence[Any]], **everywhere: int
) -> None:
    """Insert rows given by column, straight through the driver, in a third of the time of `bulk_insert`; what
    is `everywhere` is the same in all of them."""
    insert_into(session.connection(), model.__table__, columns, **everywhere)  # type: ignore[attr-defined]


def insert_into(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]], **everywhere: int
) -> None:
    names = [column.name for column in table.columns if column.name in columns]
    bound = [_bound(connection, table, name, columns[name]) for name in names]
    quoted = [f'"{name}"' for name in names]
    into = f"{table.fullname} ({', '.join([*everywhere, *quoted])})"
    if connection.dialect.name == "sqlite":
        _insert_many(connection, into, everywhere.values(), bound)
    else:
        _copy(connection, into, [*map(repeat, everywhere.values()), *bound])


def _insert_many(
    connection: Connection, into: str, everywhere: Iterable[int], bound: Sequence[Sequence[Any]]
) -> None:
    """Several rows a statement: its start costs as much as a row."""
    width, count = len(bound), len(bound[0])
    at_once = max(1, MOST_BOUND // width)
    row = f"({', '.join([*map(str, everywhere), *['?'] * width])})"
    cells = chain.from_iterable(zip(*bound, strict=True))
    for rows, times in ((at_once, count // at_once), (1, count % at_once)):
        if times:
            sets = list(islice(zip(*[cells] * (rows * width), strict=False), times))
            connection.exec_driver_sql(f"INSERT INTO {into} VALUES {', '.join([row] * rows)}", sets)  # noqa: S608


def _copy(connection: Connection, into: str, bound: Sequence[Iterable[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {into} FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in zip(*bound, strict=False):
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        base = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(statement, None, error, base, dialect=connection.dialect) from error


def _bound(connection: Connection, table: Table, name: str, column: Sequence[Any]) -> Sequence[Any]:
    """A column as the driver takes it; each distinct value is made ready once."""
    kind = table.c[name].type
    process = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if process is None:
        return column
    if isinstance(kind, JSON):
        return [None if value is None else process(value) for value in column]
    ready = {value: None if value is None else process(value) for value in set(column)}
    return [ready[value] for value in column]


def upsert(
    session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Insert rows; where `key` is there already, the other columns take the new values."""
    if not rows:
        return
    target = table.__table__  # type: ignore[attr-defined]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(target)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=changed)
    for start in range(0, len(rows), CHUNK):
        session.connection().execute(statement, list(rows[start : start + CHUNK]))


def alembic_config(database: Engine) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database
    return config


def upgrade(database: Engine) -> None:
    """Bring the schema to this program's version; nothing happens where it is there already."""
    current, head = schema_versions(database)
    if current == head:
        return
    if current is not None and current not in VERSIONS:
        raise StoreError(
            f"the database was written by a newer citelift (schema {current})",
            "upgrade citelift, or point --database elsewhere",
        )
    from alembic import command  # a third of a second of every start, for what is seldom done

    command.upgrade(alembic_config(database), "head")


@dataclass(frozen=True)
class SchemaStep:
    version: str
    what: str
    """The first line of its migration."""


def steps_after(version: str | None) -> list[SchemaStep]:
    """What an upgrade from there would do."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    steps = [SchemaStep(each.revision, each.doc.partition("\n")[0]) for each in scripts]
    return sorted((s for s in steps if version is None or s.version > version), key=lambda s: s.version)


def schema_versions(database: Engine) -> tuple[str | None, str]:
    """(what the database has, what this program wants)."""
    with database.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None, VERSIONS[-1]
        return connection.scalar(text("select version_num from alembic_version")), VERSIONS[-1]


def unready(database: Engine) -> str | None:
    """What keeps a process from working with it; None where nothing does."""
    try:
        current, head = schema_versions(database)
    except DBAPIError:
        return "the database is away"
    return None if current == head else f"the database has schema {current}, this citelift {head}"


def _require_current(database: Engine) -> None:
    current, head = schema_versions(database)
    if current != head:
        raise StoreError(
            f"the database has schema {current or 'none'}, this citelift needs {head}",
            "run `citelift check` (or any command that writes) once to bring it up to date",
        )


def passes(error: DBAPIError) -> bool:
    """Whether the same may succeed in a while: the server went away or restarts, others hold a lock, no
    space."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code[:2] in _PASSING_CLASSES or code in _PASSING_CODES
    words = str(error.orig).lower()
    if isinstance(error.orig, sqlite3.Error):
        return any(sign in words for sign in ("locked", "busy", "is full", "disk i/o"))
    return isinstance(error, OperationalError | InterfaceError)


_PASSING_CLASSES = frozenset({"08", "53"})
"""Of SQLSTATE: the connection, resources."""
_PASSING_CODES = frozenset({"57P01", "57P02", "57P03", "40001", "40P01", "55P03", "25P03"})
"""Shut down, crashed, starting up; a deadlock or a lock that another process won; a transaction that we
slept in."""


def is_locked(error: DBAPIError) -> bool:
    return "locked" in str(error).lower()


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig else str(error)


def ping(database: Engine) -> str:
    with database.connect() as connection:
        if database.dialect.name == "sqlite":
            return f"SQLite {connection.execute(text('select sqlite_version()')).scalar_one()}"
        return f"PostgreSQL {connection.execute(text('show server_version')).scalar_one()}"
