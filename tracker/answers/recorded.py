"""Recorded answers: files from elsewhere (another tracker, a scraper, a published data set) → the tables.

A bad row is rejected with its number and reason, the rest go in; the same answer is stored once, however
often and in whatever layout it comes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine as Database
from sqlmodel import col, select

from tracker import store, weeks
from tracker.answers.arrivals import BATCH, Desk, ImportCounts, arrival
from tracker.answers.files.layouts import plain
from tracker.answers.files.recognise import FileOptions, Recognised, recognise, records
from tracker.catalog import refuse_pooling
from tracker.errors import DataError, UsageError
from tracker.files.records import Reject
from tracker.files.unpack import Part, parts_of
from tracker.files.values import DateOrder
from tracker.models import Setting, Workspace


def import_answers(
    database: Database,
    workspace_id: int,
    path: Path | str,
    *,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    timezone: str | None = None,
    date_order: DateOrder | None = None,
    encoding: str | None = None,
    citations_from_text: bool = False,
) -> ImportCounts:
    """Every table of answers in a file, pipe, workbook or archive.

    `mapping` (field → column) is remembered for this header; `constants` hold for all rows; `timezone` is
    that of clocks which name none.
    """
    with store.reading(database) as session:
        refuse_pooling(session, workspace_id, {"real"})
        home = session.get_one(Workspace, workspace_id).timezone
    options = FileOptions(
        now,
        dict(mapping or {}),
        dict(constants or {}),
        zone(timezone),
        date_order,
        citations_from_text,
        encoding,
        weeks.zone(home),
    )
    counts = ImportCounts()
    desk = Desk(database, workspace_id, counts, now)
    with parts_of(path) as parts:
        files = _recognised(database, workspace_id, parts, options, counts)
        for file in files:
            counts.layouts.append(file.layout)
            counts.mapping = file.mapping()
            for note in file.notes():
                counts.note(note)
            _import(file, desk, counts)
    desk.finish()
    return counts


def _recognised(
    database: Database, workspace_id: int, parts: Sequence[Part], options: FileOptions, counts: ImportCounts
) -> list[Recognised]:
    """What each part is; those that are no answers are named, unless nothing else is there."""
    files: list[Recognised] = []
    skipped: list[tuple[str, DataError]] = []
    for part in parts:
        try:
            files.append(_known_again(database, workspace_id, part.path, options))
        except DataError as error:
            if len(parts) == 1:
                raise
            skipped.append((part.name, error))
    if not files:
        name, first = skipped[0]
        raise DataError(f"nothing in the file holds recorded answers; {name}: {first.problem}", first.hint)
    for name, refusal in skipped:
        counts.note(f"{name} is skipped: {refusal.problem}")
    return files


def _known_again(database: Database, workspace_id: int, path: Path, options: FileOptions) -> Recognised:
    """With the mapping that was given for this header, now or before."""
    prefix = f"answers-map:{workspace_id}:"
    if options.mapping:
        file = recognise(path, options)
        row = {"name": prefix + _header_mark(file.columns), "value": json.dumps(dict(options.mapping))}
        with store.writing(database) as session:
            store.upsert(session, Setting, [row], key=["name"])
        return file
    with store.reading(database) as session:
        statement = select(Setting.name, Setting.value).where(col(Setting.name).startswith(prefix))
        known = {name.removeprefix(prefix): json.loads(value) for name, value in session.exec(statement)}
    try:
        file = recognise(path, options)
        mapping = known.get(_header_mark(file.columns))
        return recognise(path, replace(options, mapping=mapping)) if mapping else file
    except DataError:
        for mark, mapping in known.items():
            with suppress(DataError, UsageError):
                file = recognise(path, replace(options, mapping=mapping))
                if _header_mark(file.columns) == mark:
                    return file
        raise


def _header_mark(columns: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(sorted({plain(name) for name in columns})).encode()).hexdigest()[:24]


def _import(file: Recognised, desk: Desk, counts: ImportCounts) -> None:
    found = records(file)
    while batch := list(islice(found, BATCH)):
        counts.read += len(batch)
        for each in batch:
            if isinstance(each, Reject):
                counts.reject(each.line, each.reason)
        arrivals = [arrival(each) for each in batch if not isinstance(each, Reject)]
        if arrivals:
            desk.take(arrivals)


def zone(name: str | None) -> tzinfo | None:
    return None if name is None else weeks.zone(name)


def pairs(given: Sequence[str]) -> dict[str, str]:
    """`field=column,field=column` → a mapping; a comma that no field follows belongs to the column."""
    found: dict[str, str] = {}
    for text in given:
        for part in re.split(r",(?=\s*\w+=)", text):
            name, mark, value = part.partition("=")
            if not mark or not name.strip() or not value.strip():
                raise UsageError(f"{part!r} is no FIELD=VALUE", "write it like prompt=Question,text=Answer")
            found[name.strip()] = value.strip()
    return found
