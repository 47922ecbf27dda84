"""Immutable, dated imports of link exports.

A file goes in whole or not at all, and once: the same bytes a second time store nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine as Database
from sqlmodel import Session, col, select

from tracker import domains, store
from tracker.errors import DataError, UsageError
from tracker.files.records import Reject
from tracker.files.unpack import parts_of
from tracker.links import completeness, won
from tracker.links.files import formats
from tracker.links.files.formats import Scope
from tracker.links.files.maps import MAPPED, ColumnMap
from tracker.links.files.recognise import inspect
from tracker.links.files.recognition import Recognition
from tracker.links.files.rows import LinkRow, blocks
from tracker.links.intake import KEPT_REJECTS, content_hash, one_at_a_time, plain_refusal
from tracker.links.won import Won
from tracker.links.writers import indexes_afterwards, without_collector, writer_of
from tracker.models import Brand, LinkImport


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
    won: tuple[Won, ...] = ()
    """Work that this export shows to be done."""

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
            "won": [each.as_json() for each in self.won],
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
    columns: ColumnMap | None = None,
    limit: int = 20,
) -> Preview:
    """Format, mapping, the first rows and all rejects of a file; reads all of it and stores nothing."""
    recognition = inspect(path, format, date_order=date_order, encoding=encoding, columns=columns)
    first: list[LinkRow] = []
    rejects: list[Reject] = []
    sound = rejected = 0
    for block in blocks(path, recognition):
        first += map(LinkRow, *(column[: limit - len(first)] for column in block.columns))
        sound += len(block)
        rejected += len(block.rejects)
        rejects += block.rejects[: KEPT_REJECTS - len(rejects)]
    return Preview(recognition, tuple(first), sound + rejected, rejected, tuple(rejects))


def preview_file(given: Path | str, **options: Any) -> tuple[tuple[str, Preview], ...]:
    """What importing each table of a file, pipe, workbook or archive would do; `options` as of `preview`."""
    with parts_of(given) as parts:
        return tuple((part.name, preview(part.path, **options)) for part in parts)


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
    columns: ColumnMap | None = None,
    name: str | None = None,
) -> ImportResult:
    """Store one export, all of it in one transaction; `name` is what it is called, where its path does not
    say.

    `as_of` is the day the export shows; without it, the newest day the file names. `target` is the site that
    rows link to which do not say so; without it, the workspace's own brand.
    """
    path, name = Path(path), name or Path(path).name
    if scope is not None and scope not in formats.SCOPES:
        raise UsageError(f"no scope {scope!r}", "use one of " + ", ".join(formats.SCOPES))
    known = [] if columns or format != "auto" else _remembered(database, workspace_id)
    recognition = inspect(
        path, format, date_order=date_order, encoding=encoding, columns=columns, remembered=known
    )
    if recognition.layout.rows == "authority":
        raise DataError(
            f"{path.name} holds authority values of domains and no links ({recognition.layout.name})",
            "use `citelift import authority` for it",
        )
    file_hash = content_hash(path)
    with plain_refusal(), store.writing(database) as session, without_collector():
        one_at_a_time(session)
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
            file_name=name,
            file_hash=file_hash,
        )
        made = _stored(session, head, path, recognition, as_of, target, now)
        if not scope and made.import_id is not None:
            made = _doubted(session, head, made)
        return replace(made, won=won.settle(session, workspace_id, now=now, who="import"))


def _remembered(database: Database, workspace_id: int) -> list[ColumnMap]:
    """The maps that this workspace's imports were read by, the newest first."""
    mapped = select(LinkImport).where(LinkImport.workspace_id == workspace_id, LinkImport.layout == MAPPED)
    with store.reading(database) as session:
        return [
            ColumnMap(each.notes["mapping"], tuple(each.notes["header"]), each.vendor)
            for each in session.exec(mapped.order_by(col(LinkImport.id).desc()))
        ]


@dataclass(frozen=True)
class Skipped:
    """A part of an archive or workbook that is no export of links."""

    name: str
    reason: str


@dataclass(frozen=True)
class ImportedFile:
    """What became of everything in one file that was handed over."""

    results: tuple[tuple[str, ImportResult], ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def rejected(self) -> int:
        return sum(result.rejected for _, result in self.results)

    def as_json(self) -> dict[str, object]:
        """Of one export its own figures; of several their sums, and each by name."""
        if len(self.results) == 1 and not self.skipped:
            return self.results[0][1].as_json()
        each = [result for _, result in self.results]
        return {
            "read": sum(result.read for result in each),
            "stored": sum(result.stored for result in each),
            "already_there": sum(result.already_there for result in each),
            "rejected": self.rejected,
            "files": [{"file": name, **result.as_json()} for name, result in self.results],
            "skipped": [{"file": part.name, "reason": part.reason} for part in self.skipped],
        }


def import_file(database: Database, workspace_id: int, given: Path | str, **options: Any) -> ImportedFile:
    """Store every export in a file, pipe, workbook or archive; `options` are those of `import_links`.

    What in it is no export of links is skipped with its reason, unless nothing else is there.
    """
    results: list[tuple[str, ImportResult]] = []
    skipped: list[tuple[str, DataError]] = []
    with parts_of(given) as parts:
        for part in parts:
            try:
                result = import_links(database, workspace_id, part.path, name=part.name, **options)
                results.append((part.name, result))
            except DataError as error:
                if len(parts) == 1:
                    raise
                skipped.append((part.name, error))
    if not results:
        raise DataError(
            f"nothing in {Path(given).name} is a link export: "
            + "; ".join(f"{name}: {error.problem}" for name, error in skipped[:5]),
            skipped[0][1].hint,
        )
    return ImportedFile(tuple(results), tuple(Skipped(name, error.problem) for name, error in skipped))


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
        warnings=(
            f"this file was imported on {there.imported_at:%Y-%m-%d} as scope {there.scope}; "
            "nothing is stored "
            f"twice. For another scope: `citelift import rescope {there.id} SCOPE`",
        ),
    )


def _doubted(session: Session, head: LinkImport, made: ImportResult) -> ImportResult:
    """The scope that nobody gave, judged now that all rows are there."""
    verdict = completeness.judged(session, head)
    head.scope = verdict.scope
    head.notes = head.notes | {"warnings": [*head.notes["warnings"], *verdict.warnings]}
    session.flush()
    warnings = (*made.warnings, *verdict.warnings)
    return replace(made, scope=cast(Scope, verdict.scope), warnings=warnings)


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
    writer = writer_of(session, head, recognition, site, now)
    rejects: list[Reject] = []
    with indexes_afterwards(session, path, writer):
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
        **({"header": list(recognition.header)} if recognition.layout.name == MAPPED else {}),
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
