"""Immutable, dated imports of link exports and authority lists, and what changed between two snapshots.

A file goes in whole or not at all, and once: the same bytes a second time store nothing. New and lost links are
inferred between full snapshots of one vendor, scope and target only; what a vendor states is kept as stated.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, Table, case, func, insert, or_
from sqlalchemy import Engine as Database
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel, col, select

from tracker import domains, store
from tracker.errors import DataError, StoreError, UsageError
from tracker.links.files import formats, values
from tracker.links.files import records as reading
from tracker.links.files.formats import Scope
from tracker.links.files.prepare import Prepared, prepared
from tracker.links.files.recognise import Recognition, inspect
from tracker.links.files.records import Reject
from tracker.links.files.rows import Block, LinkRow, blocks, plain_host, rows
from tracker.models import (
    AuthorityList,
    AuthorityValue,
    Backlink,
    Brand,
    CitationCount,
    LinkImport,
)
from tracker.models import Domain as DomainRow

__all__ = [
    "AuthorityResult",
    "Change",
    "ImportResult",
    "LinkRow",
    "Preview",
    "Recognition",
    "Reject",
    "SnapshotChanges",
    "import_authority",
    "import_links",
    "inspect",
    "preview",
    "rows",
    "snapshot_changes",
]

KEPT_REJECTS = 50
"""Rejects that are kept with an import and shown; the others are counted."""
IMPORT_LOCK = 0x6C_69_6E_6B_73
"""The advisory lock that an import holds on PostgreSQL."""
REBUILD_FROM = 50_000
"""Rows from which it is quicker to make the indexes anew than to keep them up to date row by row."""


@dataclass(frozen=True)
class Preview:
    """What an import would do."""

    recognition: Recognition
    rows: tuple[LinkRow, ...]
    read: int
    rejected: int
    rejects: tuple[Reject, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "recognition": self.recognition.as_json(),
            "rows": [_row_json(row) for row in self.rows],
            "read": self.read,
            "stored": 0,
            "already_there": 0,
            "rejected": self.rejected,
            "rejects": [reject.as_json() for reject in self.rejects],
        }


@dataclass(frozen=True)
class ImportResult:
    """`read` = `stored` + `already_there` + `rejected`."""

    import_id: int | None
    """None where no row fitted: then nothing is stored."""
    recognition: Recognition
    vendor: str
    scope: Scope
    as_of: date
    as_of_evidence: str
    file_hash: str
    read: int
    stored: int
    already_there: int
    rejected: int
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...] = ()

    @property
    def duplicate(self) -> bool:
        return self.already_there > 0

    def as_json(self) -> dict[str, object]:
        return {
            "import_id": self.import_id,
            "recognition": self.recognition.as_json(),
            "vendor": self.vendor,
            "scope": self.scope,
            "as_of": self.as_of.isoformat(),
            "as_of_evidence": self.as_of_evidence,
            "file_hash": self.file_hash,
            "read": self.read,
            "stored": self.stored,
            "already_there": self.already_there,
            "rejected": self.rejected,
            "rejects": [reject.as_json() for reject in self.rejects],
            "warnings": list(self.warnings),
        }


def _row_json(row: LinkRow) -> dict[str, object]:
    return {
        name: value.isoformat()
        if isinstance(value, date)
        else dict(value)
        if isinstance(value, Mapping)
        else value
        for name, value in row._asdict().items()
        if value is not None
    }


def preview(
    path: Path | str,
    *,
    format: str = "auto",
    date_order: str = "auto",
    encoding: str | None = None,
    limit: int = 20,
) -> Preview:
    """Format, mapping, the first rows and all rejects of a file; reads all of it and stores nothing."""
    recognition = inspect(path, format, date_order=date_order, encoding=encoding)
    first: list[LinkRow] = []
    rejects: list[Reject] = []
    sound = rejected = 0
    for block in blocks(path, recognition):
        first += map(LinkRow, *(column[: limit - len(first)] for column in block.columns))
        sound += len(block)
        rejected += len(block.rejects)
        rejects += block.rejects[: KEPT_REJECTS - len(rejects)]
    return Preview(recognition, tuple(first), sound + rejected, rejected, tuple(rejects))


# --- links --------------------------------------------------------------------------------------------------------------


def import_links(
    database: Database,
    workspace_id: int,
    path: Path | str,
    *,
    now: datetime,
    format: str = "auto",
    vendor: str | None = None,
    scope: str | None = None,
    as_of: date | None = None,
    target: str | None = None,
    date_order: str = "auto",
    encoding: str | None = None,
) -> ImportResult:
    """Store one export, all of it in one transaction.

    `as_of` is the day the export shows; without it, the newest day the file names. `target` is the site that rows link
    to which do not say so; without it, the workspace's own brand.
    """
    path = Path(path)
    if scope is not None and scope not in formats.SCOPES:
        raise UsageError(f"no scope {scope!r}", "use one of " + ", ".join(formats.SCOPES))
    recognition = inspect(path, format, date_order=date_order, encoding=encoding)
    if recognition.layout.rows == "authority":
        raise DataError(
            f"{path.name} holds authority values of domains and no links ({recognition.layout.name})",
            "use `citelift import authority` for it",
        )
    file_hash = _hash(path)
    with _plain_refusal(), store.writing(database) as session, _without_collector():
        _one_at_a_time(session)
        there = session.exec(
            select(LinkImport).where(
                LinkImport.workspace_id == workspace_id, LinkImport.file_hash == file_hash
            )
        ).first()
        if there is not None:
            return _already(there, recognition)
        head = LinkImport(
            workspace_id=workspace_id,
            vendor=vendor or recognition.vendor,
            layout=recognition.layout.name,
            scope=scope or recognition.scope,
            as_of=as_of or now.date(),
            imported_at=now,
            file_name=path.name,
            file_hash=file_hash,
        )
        return _stored(session, head, path, recognition, as_of, target, now)


def _already(there: LinkImport, recognition: Recognition) -> ImportResult:
    return ImportResult(
        import_id=there.id,
        recognition=recognition,
        vendor=there.vendor,
        scope=cast(Scope, there.scope),
        as_of=there.as_of,
        as_of_evidence="as imported before",
        file_hash=there.file_hash,
        read=there.read,
        stored=0,
        already_there=there.stored,
        rejected=there.rejected,
        rejects=tuple(Reject(**each) for each in there.notes.get("rejects", ())),
        warnings=(f"this file was imported on {there.imported_at:%Y-%m-%d}; nothing is stored twice",),
    )


def _stored(
    session: Session,
    head: LinkImport,
    path: Path,
    recognition: Recognition,
    as_of: date | None,
    target: str | None,
    now: datetime,
) -> ImportResult:
    site, warnings = _target(session, head.workspace_id, recognition, target, path)
    session.add(head)
    session.flush()
    writer = _writer(session, head, recognition, site, now)
    rejects: list[Reject] = []
    with _indexes_afterwards(session, path, writer):
        for more in writer.write(path):
            head.rejected += len(more)
            rejects += more[: KEPT_REJECTS - len(rejects)]
    head.stored, head.read = writer.count, writer.count + head.rejected
    evidence = "as given"
    if as_of is None:
        seen = writer.newest if writer.newest and writer.newest <= now else None
        head.as_of = seen.date() if seen else now.date()
        evidence = "the newest day in the file" if seen else "the day of the import: the file names none"
    kept = head.id
    if writer.count:
        head.notes = _notes(recognition, evidence, rejects, writer.notes)
    else:
        session.delete(head)
        kept, warnings = None, [*warnings, "no row fitted, so nothing was stored"]
    session.flush()
    return ImportResult(
        import_id=kept,
        recognition=recognition,
        vendor=head.vendor,
        scope=cast(Scope, head.scope),
        as_of=head.as_of,
        as_of_evidence=evidence,
        file_hash=head.file_hash,
        read=head.read,
        stored=head.stored,
        already_there=0,
        rejected=head.rejected,
        rejects=tuple(rejects),
        warnings=(*recognition.warnings, *warnings),
    )


def _notes(
    recognition: Recognition, evidence: str, rejects: Sequence[Reject], more: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "mapping": recognition.mapping,
        "encoding": recognition.encoding.name,
        "date_order": recognition.date_order,
        "date_evidence": recognition.date_evidence,
        "as_of_evidence": evidence,
        "warnings": list(recognition.warnings),
        "rejects": [reject.as_json() for reject in rejects],
        **more,
    }


def _target(
    session: Session, workspace_id: int, recognition: Recognition, target: str | None, path: Path
) -> tuple[str | None, list[str]]:
    """The domain that rows link to which name no target."""
    match = recognition.match
    if (
        match.targets
        or "target_url" in match.fields
        or not ({"source_url", "source_domain"} & set(match.fields))
    ):
        return None, []
    if target:
        address = domains.try_parse(target) or domains.try_parse(f"http://{target}")
        if address is None:
            raise UsageError(f"no site {target!r}", "give a domain such as example.com")
        return address.domain, []
    own = session.exec(
        select(Brand).where(Brand.workspace_id == workspace_id, col(Brand.own), col(Brand.active))
    ).first()
    if own is None or not own.domains:
        raise DataError(
            f"the rows of {path.name} do not say which site they link to ({recognition.layout.name})",
            "give the site that the report is about as the target, or its brand in the catalog",
        )
    site = own.domains[0]
    domain = domains.domain_of(site) or site
    if recognition.layout.own_site:
        return domain, []
    return domain, [
        f"the rows do not say which site they link to; {domain} is assumed (give another as the target)"
    ]


@contextmanager
def _plain_refusal() -> Iterator[None]:
    """What a database refuses in the middle of an import, said so that a user can act on it."""
    try:
        yield
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        if store.is_locked(error):
            hint = "wait until the other command that writes has ended, and import again"
        elif "full" in why or "No space left" in why:
            hint = "free some space where the database lies (about four times the size of the file), and import again"
        else:
            hint = "check that the database can be reached and written to, and import again"
        raise StoreError(f"the database took nothing of this file: {why}", hint) from error


def _one_at_a_time(session: Session) -> None:
    """As on SQLite: two long imports would wait for each other's domains, and the same file would be stored twice."""
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of small, cycle-free objects: looking them through for cycles takes as long as all the rest."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


# --- rows into tables -----------------------------------------------------------------------------------------------------


def _writer(
    session: Session, head: LinkImport, recognition: Recognition, site: str | None, now: datetime
) -> _LinkWriter | _CountWriter:
    if recognition.layout.rows == "counts":
        return _CountWriter(session, head, recognition)
    return _LinkWriter(session, head, recognition, site, now)


@dataclass
class _LinkWriter:
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
            owner: dict[str, list[Any]] = {
                "workspace_id": [self.head.workspace_id] * part.count,
                "import_id": [self.head.id] * part.count,
            }
            _insert(self.session, Backlink, {**owner, **part.columns})
        if part.newest and (self.newest is None or part.newest > self.newest):
            self.newest = part.newest
        self.count += part.count


@dataclass
class _CountWriter:
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
            subject = row.target_url or next(
                (text for name, text in row.labels.items() if name != "Date"), ""
            )
            kept.append({"subject": subject, **row.metrics, **row.labels})
            if (cited := row.metrics.get("Citations", row.metrics.get("Total Citations"))) is not None:
                citations.append(
                    {
                        "workspace_id": self.head.workspace_id,
                        "import_id": self.head.id,
                        "subject": subject,
                        "day": _day(row.labels.get("Date", ""), self.recognition),
                        "citations": round(cited),
                    }
                )
        store.bulk_insert(self.session, CitationCount, citations)
        self.count += len(block)


def _day(cell: str, recognition: Recognition) -> date | None:
    try:
        found = values.moment(cell, recognition.date_order)
    except ValueError:
        return None
    return found.date() if isinstance(found, datetime) else found


def _insert(session: Session, model: type[SQLModel], columns: Mapping[str, list[Any]]) -> None:
    """Columns → rows. On SQLite straight through the driver, each distinct value bound once: half the time."""
    names = list(columns)
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        store.bulk_insert(
            session,
            model,
            [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)],
        )
        return
    table: Table = model.__table__  # type: ignore[attr-defined]
    statement = str(insert(table).compile(dialect=connection.dialect, column_keys=names))
    order = [column.name for column in table.columns if column.name in columns]
    bound = [_bound(connection, table, name, columns[name]) for name in order]
    connection.exec_driver_sql(statement, list(zip(*bound, strict=True)))


def _bound(connection: Connection, table: Table, name: str, column: list[Any]) -> list[Any]:
    kind = table.c[name].type
    process = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if process is None:
        return column
    if name == "metrics":
        return [None if value is None else process(value) for value in column]
    texts = {value: None if value is None else process(value) for value in set(column)}
    return [texts[value] for value in column]


@contextmanager
def _indexes_afterwards(session: Session, path: Path, writer: _LinkWriter | _CountWriter) -> Iterator[None]:
    """SQLite: an import that outweighs what is there builds the indexes once, after its rows, in the same transaction."""
    connection = session.connection()
    table: Table = writer.table.__table__  # type: ignore[attr-defined]
    expected = path.stat().st_size // 400
    big = expected > REBUILD_FROM and expected > (session.exec(select(func.max(col(Backlink.id)))).one() or 0)
    indexes = list(table.indexes) if big and connection.dialect.name == "sqlite" else []
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)


# --- authority lists -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AuthorityResult:
    """`read` = `stored` + `already_there` + `left_out` + `rejected`."""

    list_id: int | None
    metric: str
    as_of: date
    file_hash: str
    read: int
    stored: int
    already_there: int
    left_out: int
    """Hosts below a registrable domain: links and citations are joined by domain, and the host's value is not its."""
    rejected: int
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "list_id": self.list_id,
            "metric": self.metric,
            "as_of": self.as_of.isoformat(),
            "file_hash": self.file_hash,
            "read": self.read,
            "stored": self.stored,
            "already_there": self.already_there,
            "left_out": self.left_out,
            "rejected": self.rejected,
            "rejects": [reject.as_json() for reject in self.rejects],
            "warnings": list(self.warnings),
        }


def import_authority(
    database: Database,
    path: Path | str,
    *,
    metric: str,
    as_of: date,
    now: datetime,
    domain_column: str | None = None,
    value_column: str | None = None,
    higher_is_better: bool = True,
    source: str | None = None,
    encoding: str | None = None,
) -> AuthorityResult:
    """Any table with a domain and a number a row → one named authority metric with its date.

    The two columns need no name where the layout is a known authority list (OpenPageRank).
    """
    path = Path(path)
    if not metric.strip():
        raise UsageError("the metric has no name", "give one, such as referring_subnets")
    given = _AuthorityFile.of(path, domain_column, value_column, encoding)
    file_hash = _hash(path)
    with _plain_refusal(), store.writing(database) as session:
        _one_at_a_time(session)
        there = session.exec(
            select(AuthorityList).where(
                AuthorityList.metric == metric,
                AuthorityList.as_of == as_of,
                AuthorityList.file_hash == file_hash,
            )
        ).first()
        if there is not None:
            return AuthorityResult(
                there.id,
                metric,
                as_of,
                file_hash,
                there.rows,
                0,
                there.rows,
                0,
                0,
                (),
                (f"this list was imported on {there.imported_at:%Y-%m-%d}; nothing is stored twice",),
            )
        head = AuthorityList(
            metric=metric,
            as_of=as_of,
            imported_at=now,
            source=source or path.name,
            file_hash=file_hash,
            higher_is_better=higher_is_better,
        )
        session.add(head)
        session.flush()
        return _authority_stored(session, head, given)


@dataclass(frozen=True)
class _AuthorityFile:
    path: Path
    table: reading.Table | None
    """None for JSON."""
    encoding: reading.Encoding
    container: tuple[str, ...]
    header: tuple[str, ...]
    domain: int
    value: int

    @classmethod
    def of(cls, path: Path, domain: str | None, value: str | None, encoding: str | None) -> _AuthorityFile:
        head = reading.head_of(path)
        found = reading.Encoding(encoding, "as given") if encoding else reading.encoding_of(head)
        text = reading.decode_head(head, found)
        if text.lstrip("\ufeff \n\t")[:1] in ("{", "["):
            recognition = inspect(path, encoding=encoding)
            layout = recognition.layout
            domain = domain or layout.columns.get("source_domain", "domain")
            value = value or (layout.metrics[0] if layout.metrics else "")
            header = recognition.header
            return cls(path, None, found, layout.container, header, *_two(path, header, domain, value))
        if not domain or not value:
            raise UsageError(
                "the columns of the domain and of the value have no names",
                "give both: --domain-column and --value-column",
            )
        seen: tuple[str, ...] = ()
        for delimiter in (",", "\t", ";", "|"):
            for n, (_, cells) in enumerate(records := reading.split_sample(text, delimiter, 40)):
                seen = tuple(cells) if len(cells) > len(seen) else seen
                names = [formats.plain(cell) for cell in cells]
                if formats.plain(domain) in names and formats.plain(value) in names:
                    first = records[n + 1][0] if n + 1 < len(records) else text.count("\n") + 2
                    table = reading.Table(found, delimiter, len(cells), first)
                    return cls(path, table, found, (), tuple(cells), *_two(path, cells, domain, value))
        _two(path, seen, domain, value)
        raise AssertionError("unreachable")

    def cells(self) -> Iterator[tuple[int, str, str] | Reject]:
        if self.table is None:
            for n, each in enumerate(reading.elements(self.path, self.encoding, self.container), start=1):
                if isinstance(each, Reject):
                    yield each
                    continue
                flat = reading.flat(each)
                yield n, flat.get(self.header[self.domain], ""), flat.get(self.header[self.value], "")
            return
        for batch in reading.batches(self.path, self.table):
            for line, row in zip(batch.lines, batch.rows, strict=True):
                yield line, row[self.domain], row[self.value]
            yield from batch.rejects


def _two(path: Path, header: Sequence[str], domain: str, value: str) -> tuple[int, int]:
    names = [formats.plain(name) for name in header]
    for wanted in (domain, value):
        if formats.plain(wanted) not in names:
            raise DataError(
                f"{path.name} has no column {wanted!r}; it has {', '.join(formats.shown(name) for name in header[:40])}",
                "give the names of two of these columns",
            )
    return names.index(formats.plain(domain)), names.index(formats.plain(value))


def _authority_stored(session: Session, head: AuthorityList, given: _AuthorityFile) -> AuthorityResult:
    count = _AuthorityCount()
    found = given.cells()
    while block := list(islice(found, store.CHUNK)):
        count.stored += _values_stored(
            session, head, [taken for cells in block if (taken := count.take(cells))]
        )
    head.rows = count.stored
    kept = head.id
    if not count.stored:
        session.delete(head)
        kept = None
    session.flush()
    left_out = count.read - count.stored - count.rejected
    warnings = (
        (f"{left_out} rows name hosts below a registrable domain and are left out",) if left_out else ()
    )
    return AuthorityResult(
        list_id=kept,
        metric=head.metric,
        as_of=head.as_of,
        file_hash=head.file_hash,
        read=count.read,
        stored=count.stored,
        already_there=0,
        left_out=left_out,
        rejected=count.rejected,
        rejects=tuple(count.rejects),
        warnings=warnings,
    )


@dataclass(frozen=True)
class _Figure:
    id: int
    name: str
    value: float


def _values_stored(session: Session, head: AuthorityList, figures: Sequence[_Figure]) -> int:
    store.bulk_insert(
        session, DomainRow, [{"id": each.id, "name": each.name} for each in figures], ignore=True
    )
    rows = [{"list_id": head.id, "domain_id": each.id, "value": each.value} for each in figures]
    return store.bulk_insert(session, AuthorityValue, rows)


@dataclass
class _AuthorityCount:
    read: int = 0
    stored: int = 0
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    seen: dict[int, int] = field(default_factory=dict)
    """Domain → the line it stands on."""

    def take(self, cells: tuple[int, str, str] | Reject) -> _Figure | None:
        self.read += 1
        found = cells if isinstance(cells, Reject) else self._figure(*cells)
        if isinstance(found, Reject):
            self.rejected += 1
            self.rejects += [found][: KEPT_REJECTS - len(self.rejects)]
            return None
        return found

    def _figure(self, line: int, name: str, cell: str) -> _Figure | Reject | None:
        host = plain_host(name)
        shown = reading.fragment(f"{name} | {cell}")
        if host is None:
            return Reject(line, f"{name[:60]!r} is not a domain", shown)
        domain = domains.domain_of(host) or host
        if host != domain:
            return None
        try:
            value = values.number(cell)
        except ValueError:
            value = None
        if value is None:
            return Reject(line, f"{cell[:60]!r} is not a number", shown)
        figure = _Figure(domains.domain_id(domain), domain, value)
        if figure.id in self.seen:
            return Reject(line, f"{domain} has a value on line {self.seen[figure.id]} already", shown)
        self.seen[figure.id] = line
        return figure


# --- snapshots -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A link that came or went between two snapshots."""

    kind: Literal["new", "lost"]
    source_domain_id: int
    source_page_id: int | None
    target_domain_id: int
    source_url: str | None
    target_url: str | None
    at: date
    """The vendor's day where it states one, else the day of the snapshot that shows it."""
    stated: bool
    reason: str | None = None

    def as_json(self, names: Mapping[int, str]) -> dict[str, object]:
        return {
            "kind": self.kind,
            "source": names.get(self.source_domain_id),
            "source_url": self.source_url,
            "target_url": self.target_url,
            "at": self.at.isoformat(),
            "stated": self.stated,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class SnapshotChanges:
    """Two successive full snapshots of one vendor, scope and target."""

    vendor: str
    scope: str
    target_domain_id: int
    earlier: date
    later: date
    changes: tuple[Change, ...]
    late_finds: int
    """Links only the later one has although the vendor first saw them before the earlier: its index grew, not the web."""

    def of(self, kind: Literal["new", "lost"]) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)

    def as_json(self, names: Mapping[int, str]) -> dict[str, object]:
        return {
            "vendor": self.vendor,
            "scope": self.scope,
            "target": names.get(self.target_domain_id),
            "earlier": self.earlier.isoformat(),
            "later": self.later.isoformat(),
            "new": len(self.of("new")),
            "lost": len(self.of("lost")),
            "late_finds": self.late_finds,
            "changes": [change.as_json(names) for change in self.changes],
        }


def domain_names(session: Session, found: Iterable[SnapshotChanges]) -> dict[int, str]:
    """The names of all domains in `found`."""
    keys = {c.source_domain_id for each in found for c in each.changes}
    keys |= {each.target_domain_id for each in found}
    names: dict[int, str] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), 500):
        wanted = col(DomainRow.id).in_(ordered[start : start + 500])
        names |= {row.id: row.name for row in session.exec(select(DomainRow).where(wanted))}
    return names


@dataclass(frozen=True)
class _Snapshot:
    """The imports of one day of one vendor and scope: a big export comes in several files."""

    vendor: str
    scope: str
    as_of: date
    ids: tuple[int, ...]


def snapshot_changes(
    session: Session, workspace_id: int, *, vendor: str | None = None, scope: str | None = None
) -> list[SnapshotChanges]:
    """New and lost links between each two successive snapshots that claim to be complete.

    The first snapshot of a series has nothing before it and yields no change. Samples and lists of new or lost
    links only are no snapshots, and a target that one of two snapshots does not show at all is not compared. The day
    that an export shows counts, not the day it was imported; several exports of one day are one snapshot.
    """
    statement = select(LinkImport).where(
        LinkImport.workspace_id == workspace_id, col(LinkImport.scope).in_(sorted(formats.FULL_SCOPES))
    )
    if vendor is not None:
        statement = statement.where(LinkImport.vendor == vendor)
    if scope is not None:
        statement = statement.where(LinkImport.scope == scope)
    series: dict[tuple[str, str, int], dict[date, tuple[int, ...]]] = {}
    for each in session.exec(statement.order_by(col(LinkImport.as_of), col(LinkImport.id))):
        for target in _targets(session, each):
            days = series.setdefault((each.vendor, each.scope, target), {})
            days[each.as_of] = (*days.get(each.as_of, ()), each.id or 0)
    return [
        _between(session, earlier, later, target)
        for (name, kind, target), days in series.items()
        for earlier, later in pairwise(_Snapshot(name, kind, day, ids) for day, ids in days.items())
    ]


def _targets(session: Session, snapshot: LinkImport) -> Sequence[int]:
    statement = select(Backlink.target_domain_id).where(Backlink.import_id == snapshot.id).distinct()
    return session.exec(statement.order_by(col(Backlink.target_domain_id))).all()


def _between(session: Session, earlier: _Snapshot, later: _Snapshot, target: int) -> SnapshotChanges:
    came, late_finds = [], 0
    for link in _only_in(session, later, earlier, target):
        if link.first_seen is not None and link.first_seen.date() < earlier.as_of:
            late_finds += 1
        else:
            at = link.first_seen.date() if link.first_seen else later.as_of
            came.append(_change("new", link, at, link.first_seen is not None))
    stated = _stated_losses(session, later, target)
    went = []
    for link in _only_in(session, earlier, later, target):
        known = stated.get(_place(link, later.scope))
        at = known.lost_at.date() if known and known.lost_at else later.as_of
        went.append(_change("lost", link, at, known is not None, known.lost_reason if known else None))
    return SnapshotChanges(
        vendor=later.vendor,
        scope=later.scope,
        target_domain_id=target,
        earlier=earlier.as_of,
        later=later.as_of,
        changes=(*came, *went),
        late_finds=late_finds,
    )


def _change(
    kind: Literal["new", "lost"], link: Backlink, at: date, stated: bool, reason: str | None = None
) -> Change:
    return Change(
        kind,
        link.source_domain_id,
        link.source_page_id,
        link.target_domain_id,
        link.source_url,
        link.target_url,
        at,
        stated,
        reason,
    )


def _place(link: Backlink, scope: str) -> tuple[int, int | None]:
    """What makes a link the same one: its page; where one link stands for its domain, the domain."""
    return link.source_domain_id, link.source_page_id if scope == "all" else None


def _external(target: int) -> tuple[ColumnElement[bool], ...]:
    """Rows that are links to the target from elsewhere."""
    kind = col(Backlink.link_type)
    return (
        col(Backlink.target_domain_id) == target,
        col(Backlink.source_domain_id) != target,
        or_(kind.is_(None), kind.not_in(sorted(formats.NO_LINKS))),
    )


def _only_in(session: Session, here: _Snapshot, there: _Snapshot, target: int) -> list[Backlink]:
    """Live links of one snapshot whose page (or domain) has no live link in the other; the first one of each.

    One grouping of both snapshots: looking every link up in the other is quadratic where a site links from every page.
    """
    places = [col(Backlink.source_domain_id)]
    if here.scope == "all":
        places.append(col(Backlink.source_page_id))  # type: ignore[arg-type]
    mine = col(Backlink.import_id).in_(here.ids)
    first = (
        select(func.min(case((mine, col(Backlink.id)))).label("id"))
        .where(
            col(Backlink.import_id).in_((*here.ids, *there.ids)),
            *_external(target),
            col(Backlink.lost_at).is_(None),
        )
        .group_by(*places)
        .having(func.max(case((mine, 0), else_=1)) == 0)
        .subquery()
    )
    statement = select(Backlink).join(first, first.c.id == col(Backlink.id)).order_by(col(Backlink.id))
    return list(session.exec(statement))


def _stated_losses(session: Session, later: _Snapshot, target: int) -> dict[tuple[int, int | None], Backlink]:
    statement = select(Backlink).where(
        col(Backlink.import_id).in_(later.ids), *_external(target), col(Backlink.lost_at).is_not(None)
    )
    return {_place(link, later.scope): link for link in session.exec(statement.order_by(col(Backlink.id)))}
