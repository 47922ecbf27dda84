"""Any table with a domain and a number a row → one named authority metric with its date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine as Database
from sqlmodel import Session, select

from tracker import domains, store
from tracker.errors import DataError, UsageError
from tracker.files import content, encodings, objects, records, tables, values
from tracker.files.records import Reject
from tracker.links.files import formats
from tracker.links.files.recognise import inspect
from tracker.links.files.rows import plain_host
from tracker.links.intake import KEPT_REJECTS, content_hash, one_at_a_time, plain_refusal
from tracker.models import AuthorityList, AuthorityValue
from tracker.models import Domain as DomainRow


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
    """Hosts below a registrable domain: links and citations are joined by domain, and the host's value is not
    its.
    """
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
    file_hash = content_hash(path)
    with plain_refusal(), store.writing(database) as session:
        one_at_a_time(session)
        there = session.exec(
            select(AuthorityList).where(
                AuthorityList.metric == metric,
                AuthorityList.as_of == as_of,
                AuthorityList.file_hash == file_hash,
            )
        ).first()
        if there is not None:
            return _already(there, given)
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
    table: tables.Table | None
    """None for JSON."""
    encoding: encodings.Encoding
    container: tuple[str, ...]
    header: tuple[str, ...]
    domain: int
    value: int

    @classmethod
    def of(cls, path: Path, domain: str | None, value: str | None, encoding: str | None) -> _AuthorityFile:
        head = content.head_of(path)
        codec = encodings.Encoding(encoding, "as given") if encoding else encodings.encoding_of(head)
        text = encodings.decode_head(head, codec)
        if text.lstrip("\ufeff \n\t")[:1] in ("{", "["):
            recognition = inspect(path, encoding=encoding)
            layout = recognition.layout
            domain = domain or layout.columns.get("source_domain", "domain")
            value = value or (layout.metrics[0] if layout.metrics else "")
            header = recognition.header
            return cls(path, None, codec, layout.container, header, *_two(path, header, domain, value))
        if not domain or not value:
            domain, value = _known_columns(path, encoding)
        seen: tuple[str, ...] = ()
        for delimiter in (",", "\t", ";", "|"):
            for n, (_, cells) in enumerate(records := tables.split_sample(text, delimiter, 40)):
                seen = tuple(cells) if len(cells) > len(seen) else seen
                names = [formats.plain(cell) for cell in cells]
                if formats.plain(domain) in names and formats.plain(value) in names:
                    first = records[n + 1][0] if n + 1 < len(records) else text.count("\n") + 2
                    table = tables.Table(codec, delimiter, len(cells), first)
                    return cls(path, table, codec, (), tuple(cells), *_two(path, cells, domain, value))
        _two(path, seen, domain, value)
        raise AssertionError("unreachable")

    def cells(self) -> Iterator[tuple[int, str, str] | Reject]:
        if self.table is None:
            for n, each in enumerate(objects.elements(self.path, self.encoding, self.container), start=1):
                if isinstance(each, Reject):
                    yield each
                    continue
                flat = objects.flat(each)
                name, value = flat.get(self.header[self.domain], ""), flat.get(self.header[self.value], "")
                if error := flat.get("error"):  # OpenPageRank says 0 of a domain that it does not know
                    yield Reject(n, f"no value: {error[:60]}", records.fragment(f"{name} | {value}"))
                    continue
                yield n, name, value
            return
        for batch in tables.batches(self.path, self.table):
            yield from zip(batch.lines, batch.columns[self.domain], batch.columns[self.value], strict=True)
            yield from batch.rejects


def _known_columns(path: Path, encoding: str | None) -> tuple[str, str]:
    """Domain and value of a list whose layout is known."""
    try:
        recognition = inspect(path, encoding=encoding)
    except DataError:
        recognition = None
    if recognition is None or recognition.layout.rows != "authority":
        raise UsageError(
            "the columns of the domain and of the value have no names",
            "give both: --domain-column and --value-column",
        )
    return recognition.mapping["source_domain"], next(iter(recognition.match.metrics))


def _two(path: Path, header: Sequence[str], domain: str, value: str) -> tuple[int, int]:
    names = [formats.plain(name) for name in header]
    for wanted in (domain, value):
        if formats.plain(wanted) not in names:
            raise DataError(
                (
                    f"{path.name} has no column {wanted!r}; it has "
                    f"{', '.join(formats.shown(name) for name in header[:40])}"
                ),
                "give the names of two of these columns",
            )
    return names.index(formats.plain(domain)), names.index(formats.plain(value))


def _already(there: AuthorityList, given: _AuthorityFile) -> AuthorityResult:
    """The file again: what of it was rejected is said again, as it was the first time."""
    count = _AuthorityCount()
    taken = sum(count.take(cells) is not None for cells in given.cells())
    return AuthorityResult(
        list_id=there.id,
        metric=there.metric,
        as_of=there.as_of,
        file_hash=there.file_hash,
        read=count.read,
        stored=0,
        already_there=taken,
        left_out=count.read - taken - count.rejected,
        rejected=count.rejected,
        rejects=tuple(count.rejects),
        warnings=(f"this list was imported on {there.imported_at:%Y-%m-%d}; nothing is stored twice",),
    )


def _authority_stored(session: Session, head: AuthorityList, given: _AuthorityFile) -> AuthorityResult:
    count = _AuthorityCount()
    rows = given.cells()
    while block := list(islice(rows, store.CHUNK)):
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
        figure = cells if isinstance(cells, Reject) else self._figure(*cells)
        if isinstance(figure, Reject):
            self.rejected += 1
            self.rejects += [figure][: KEPT_REJECTS - len(self.rejects)]
            return None
        return figure

    def _figure(self, line: int, name: str, cell: str) -> _Figure | Reject | None:
        host = plain_host(name)
        shown = records.fragment(f"{name} | {cell}")
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
