"""Rows of an export into the tables: links, or counts of links and citations."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, func
from sqlmodel import Session, SQLModel, col, select

from tracker import store
from tracker.files import values
from tracker.files.records import Reject
from tracker.links.files.prepare import Prepared, prepared
from tracker.links.files.recognition import Recognition
from tracker.links.files.rows import Block, LinkRow, blocks
from tracker.models import Backlink, CitationCount, LinkImport
from tracker.models import Domain as DomainRow

REBUILD_FROM = 50_000
"""Rows from which it is quicker to make the indexes anew than to keep them up to date row by row."""


def writer_of(
    session: Session, head: LinkImport, recognition: Recognition, site: str | None, now: datetime
) -> LinkWriter | CountWriter:
    if recognition.layout.rows == "counts":
        return CountWriter(session, head, recognition)
    return LinkWriter(session, head, recognition, site, now)


@dataclass
class LinkWriter:
    session: Session
    head: LinkImport
    recognition: Recognition
    site: str | None
    now: datetime
    count: int = 0
    newest: datetime | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    table: type[SQLModel] = Backlink

    def write(self, path: Path) -> Iterator[list[Reject]]:
        vendor = self.head.vendor
        for part in prepared(path, self.recognition, vendor=vendor, site=self.site, now=self.now):
            self.insert(part)
            yield part.rejects

    def insert(self, part: Prepared) -> None:
        store.bulk_insert(self.session, DomainRow, part.publishers, ignore=True)
        if part.count:
            owner = {"workspace_id": self.head.workspace_id, "import_id": cast(int, self.head.id)}
            store.insert_columns(self.session, Backlink, part.columns, **owner)
        if part.newest and (self.newest is None or part.newest > self.newest):
            self.newest = part.newest
        self.count += part.count


MEASURES = {
    "Citations": "citations",
    "Total Citations": "citations",
    "Page citations": "citations",
    "Impressions": "impressions",
}
DIMENSIONS = {
    "Page": "page",
    "URL": "page",
    "Top pages": "page",
    "Cited page": "page",
    "Grounding Query": "query",
    "Grounding Queries": "query",
    "Query": "query",
    "Country": "country",
    "Device": "device",
}


@dataclass
class CountWriter:
    """Reports that count links or citations of the owner's pages; they name no linking page."""

    session: Session
    head: LinkImport
    recognition: Recognition
    count: int = 0
    newest: datetime | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    table: type[SQLModel] = CitationCount

    def write(self, path: Path) -> Iterator[list[Reject]]:
        for block in blocks(path, self.recognition):
            self.insert(block)
            yield block.rejects

    def insert(self, block: Block) -> None:
        kept = self.notes.setdefault("counts", [])
        citations: list[dict[str, Any]] = []
        for row in map(LinkRow, *block.columns):
            dimension, subject = _subject(row)
            kept.append({"subject": subject, **row.metrics, **row.labels})
            day = _day(row.labels.get("Date", ""), self.recognition)
            self._newest(day)
            citations += [
                {
                    "workspace_id": self.head.workspace_id,
                    "import_id": self.head.id,
                    "subject": subject,
                    "dimension": dimension,
                    "measure": MEASURES[name],
                    "day": day,
                    "citations": round(value),
                }
                for name, value in row.metrics.items()
                if name in MEASURES
            ]
        store.bulk_insert(self.session, CitationCount, citations)
        self.count += len(block)

    def _newest(self, day: date | None) -> None:
        if day is not None:
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
            self.newest = max(self.newest or moment, moment)


def _subject(row: LinkRow) -> tuple[str, str]:
    """What a row counts: which kind of thing, and which of them."""
    if row.target_url:
        return "page", row.target_url
    named = ((DIMENSIONS[name], text) for name, text in row.labels.items() if name in DIMENSIONS)
    return next(named, ("site", ""))


def _day(cell: str, recognition: Recognition) -> date | None:
    try:
        moment = values.moment(cell, recognition.date_order)
    except ValueError:
        return None
    return moment.date() if isinstance(moment, datetime) else moment


@contextmanager
def indexes_afterwards(session: Session, path: Path, writer: LinkWriter | CountWriter) -> Iterator[None]:
    """SQLite: an import that outweighs what is there builds the indexes once, after its rows, in the same
    transaction. That of the imports only grows at its end, which costs little, and while others read.
    """
    connection = session.connection()
    table: Table = writer.table.__table__  # type: ignore[attr-defined]
    expected = path.stat().st_size // 400
    big = expected > REBUILD_FROM and expected > (session.exec(select(func.max(col(Backlink.id)))).one() or 0)
    costly = [index for index in table.indexes if list(index.columns) != [table.c.import_id]]
    indexes = costly if big and connection.dialect.name == "sqlite" else []
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)


@contextmanager
def without_collector() -> Iterator[None]:
    """Millions of small, cycle-free objects: looking them through for cycles takes
    as long as all the rest.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
