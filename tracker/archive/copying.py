"""Backups with their archives: `FILE`, and beside it `FILE.archive` with the weeks that it names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import select

from tracker import archived, backup, store
from tracker.archive import files
from tracker.archive.tables import ARCHIVED
from tracker.errors import StoreError, UsageError
from tracker.models import ArchivedWeek

TRIES = 3


def save(url: str, folder: Path | None, target: Path) -> int:
    """How many archived weeks are in it."""
    beside = _beside(target)
    if beside.exists():
        raise UsageError(f"{beside} is there already", "choose another file: a backup replaces none")
    for _ in range(TRIES):
        before = _named(url)
        backup.save(url, target)
        try:
            for each in before:
                _copy(each, files.required(folder), beside)
            if _named(url) == before:
                return len(before)
        except StoreError:
            if _named(url) == before:
                raise
        target.unlink()
        files.discard(beside)
    raise StoreError("weeks are moved while they are saved", "save again when `citelift archive` ended")


def load(url: str, folder: Path | None, source: Path, *, replace: bool) -> int:
    """How many archived weeks came back."""
    backup.load(url, source, replace=replace)
    database = store.open_database(url)
    try:
        named = _weeks(database)
        for each in named:
            _copy(each, _beside(source), files.required(folder))
    finally:
        database.dispose()
    return len(named)


def _beside(file: Path) -> Path:
    return file.with_name(file.name + ".archive")


def _named(url: str) -> list[ArchivedWeek]:
    database = store.open_database(url, migrate=False)
    try:
        if store.schema_versions(database)[0] != store.VERSIONS[-1]:
            return []  # of a schema without archives, or one that backup must be able to save as it is
        return _weeks(database)
    finally:
        database.dispose()


def _weeks(database: Database) -> list[ArchivedWeek]:
    key = archived.WEEKS.c
    with store.reading(database) as session:
        every = session.scalars(select(ArchivedWeek).order_by(key.workspace_id, key.week))
        return [each for each in every if each.files]


def _copy(named: ArchivedWeek, source: Path, target: Path) -> None:
    here, there = (files.place_of(each, named.workspace_id, named.week) for each in (source, target))
    there.mkdir(parents=True, exist_ok=True)
    for table in ARCHIVED:
        told: dict[str, Any] | None = named.files.get(table.name)
        if told is not None:
            shutil.copyfile(files.checked(here, table, told), there / f"{table.name}.parquet")
            files.checked(there, table, told)
