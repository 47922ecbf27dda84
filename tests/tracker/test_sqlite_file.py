"""A file that was copied while something wrote to it, without its log, is told from a whole one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tracker import backup, settings, store
from tracker.cli.opening import opened
from tracker.errors import StoreError
from tracker.models import Domain


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def domains(database: Engine) -> list[str]:
    with store.reading(database) as session:
        return list(session.exec(select(Domain.name).order_by(Domain.name)))


def add(database: Engine, key: int) -> None:
    with store.writing(database) as session:
        session.add(Domain(id=key, name=f"{key}.com"))


@pytest.fixture
def file(tmp_path: Path, sqlite_template: bytes) -> Path:
    path = tmp_path / "citelift.db"
    path.write_bytes(sqlite_template)
    return path


@pytest.fixture
def written(file: Path) -> Iterator[Engine]:
    """In use, with something in its log that is not in the file."""
    with opened(settings.load(database_url=url_of(file))) as database:
        add(database, 1)
        yield database


def copied(file: Path, *, log: bool) -> Path:
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    if log:
        shutil.copy(f"{file}-wal", f"{copy}-wal")
    return copy


def opens_with(file: Path) -> list[str]:
    database = store.open_database(url_of(file))
    try:
        return domains(database)
    finally:
        database.dispose()


@pytest.mark.usefixtures("written")
def test_a_copy_without_its_log_is_refused_for_writing_and_read_with_a_warning(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = copied(file, log=False)
    with pytest.raises(StoreError, match="lacks its log") as caught:
        opens_with(copy)
    assert f"`citelift restore {copy} --database" in caught.value.hint
    with pytest.raises(StoreError, match="lacks its log"):
        backup.save(url_of(copy), copy.with_name("backup"))
    with opened(settings.load(database_url=url_of(copy)), read_only=True) as database:
        assert domains(database) == []
    assert "lacks its log" in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("written")
def test_what_such_a_copy_holds_can_be_gone_on_with(file: Path, tmp_path: Path) -> None:
    backup.load(url_of(tmp_path / "again.db"), copied(file, log=False), replace=False)
    assert opens_with(tmp_path / "again.db") == []


@pytest.mark.usefixtures("written")
def test_a_copy_with_its_log_and_a_backup_are_whole(file: Path, tmp_path: Path) -> None:
    assert opens_with(copied(file, log=True)) == ["1.com"]
    backup.save(url_of(file), tmp_path / "backup")
    assert opens_with(tmp_path / "backup") == ["1.com"]


def test_a_copy_of_what_nobody_uses_is_whole(file: Path) -> None:
    with opened(settings.load(database_url=url_of(file))) as database:
        add(database, 1)
    assert opens_with(copied(file, log=False)) == ["1.com"]


def test_the_mark_stays_while_another_uses_the_file(file: Path, written: Engine) -> None:
    with opened(settings.load(database_url=url_of(file))) as other:
        add(other, 2)
    add(written, 3)
    with pytest.raises(StoreError, match="lacks its log"):
        opens_with(copied(file, log=False))


def test_a_file_that_another_program_closed_after_a_crash_is_whole(file: Path, tmp_path: Path) -> None:
    with opened(settings.load(database_url=url_of(file))) as database:
        add(database, 1)
        (tmp_path / "crashed").mkdir()
        crashed = tmp_path / "crashed" / "x.db"
        file.rename(crashed)
        Path(f"{file}-wal").rename(f"{crashed}-wal")
    with closing(sqlite3.connect(crashed)) as other:
        assert other.execute("select count(*) from domain").fetchone() == (1,)
    assert not Path(f"{crashed}-wal").exists()
    assert opens_with(crashed) == ["1.com"]
