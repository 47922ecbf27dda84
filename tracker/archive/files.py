"""The files of an archived week: where they lie, how they are written, and that they are what they were."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from tracker import exports, sqlite_file
from tracker.archive.tables import ARCHIVED, of_week
from tracker.database_url import parsed
from tracker.errors import DataError, UsageError

UNFINISHED = ".part"


def folder_for(url: str, configured: Path | None) -> Path | None:
    """Where archives lie: as configured, else beside the file of SQLite."""
    if configured is not None:
        return configured
    file = sqlite_file.file_of(parsed(url))
    return None if file is None else file.with_name(file.name + ".archive")


def required(folder: Path | None) -> Path:
    if folder is None:
        raise UsageError(
            "nothing says where archives lie", "set CITELIFT_ARCHIVE to a folder that every host sees"
        )
    return folder


def place_of(folder: Path, workspace_id: int, week: date) -> Path:
    return folder / f"workspace={workspace_id}" / f"week={week}"


def write(connection: Connection, part: Path, workspace_id: int, week: date) -> dict[str, Any]:
    """The files of a week, as the connection sees it: table → rows, digest and highest id."""
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    told = {}
    for table in ARCHIVED:
        file = part / f"{table.name}.parquet"
        count = 0
        with exports.parquet_writer(file, list(table.c)) as write_rows:
            for rows in _rows(connection, table, workspace_id, week):
                write_rows(rows)
                count += len(rows)
        _to_disk(file)
        key = next(iter(table.primary_key))
        last = connection.scalar(select(func.max(key)).where(of_week(table, workspace_id, week)))
        told[table.name] = {"rows": count, "sha256": exports.sha256_of(file), "last": last}
    _to_disk(part)
    return told


def compare(connection: Connection, part: Path, workspace_id: int, week: date) -> None:
    """Every value in the files is the one in the tables, and no row is missing."""
    import pyarrow.parquet as pq

    for table in ARCHIVED:
        columns = list(table.c)
        schema = exports.arrow_schema(columns)
        with pq.ParquetFile(part / f"{table.name}.parquet") as file:
            group = 0
            for rows in _rows(connection, table, workspace_id, week):
                stored = exports.arrow_batch(columns, schema, rows)
                written = file.read_row_group(group).to_batches() if group < file.num_row_groups else []
                if len(written) != 1 or not written[0].equals(stored):
                    raise _changed(week)
                group += 1
            if group != file.num_row_groups:
                raise _changed(week)


def _changed(week: date) -> UsageError:
    return UsageError(f"the week of {week} changed while it was written", "archive it again: nothing moved")


def _rows(connection: Connection, table: Table, workspace_id: int, week: date) -> Iterator[list[Any]]:
    held = exports.rows_held(table)
    chosen = select(table).where(of_week(table, workspace_id, week)).order_by(*table.primary_key.columns)
    result = connection.execute(chosen, execution_options={"yield_per": held})
    yield from (list(part) for part in result.partitions(held))


def checked(place: Path, table: Table, told: dict[str, Any]) -> Path:
    """The file of a table, which is what was archived."""
    file = place / f"{table.name}.parquet"
    try:
        found = exports.sha256_of(file)
    except FileNotFoundError:
        raise DataError(f"{file} is not there", "bring the archive's folder back from its backup") from None
    if found != told["sha256"]:
        raise DataError(f"{file} is not what was archived", "bring it back from a backup of the folder")
    return file


def settle(part: Path, place: Path) -> None:
    """The finished folder under its name; one that an interrupted move left there goes."""
    if place.exists():
        shutil.rmtree(place)
    part.rename(place)
    _to_disk(place.parent)


def discard(place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
        _to_disk(place.parent)


def _to_disk(path: Path) -> None:
    """What is written is there after the power went."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
