"""What was imported: listed, taken back, or told to cover something else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from tracker.errors import UsageError
from tracker.links.files.formats import SCOPES
from tracker.models import Backlink, CitationCount, LinkImport, OwnCount


@dataclass(frozen=True)
class Undone:
    import_id: int
    vendor: str
    as_of: date
    file_name: str
    links: int
    counts: int

    def as_json(self) -> dict[str, object]:
        return {
            "import_id": self.import_id,
            "vendor": self.vendor,
            "as_of": self.as_of.isoformat(),
            "file": self.file_name,
            "links": self.links,
            "counts": self.counts,
        }


def as_json(made: LinkImport) -> dict[str, Any]:
    return {
        "import_id": made.id,
        "vendor": made.vendor,
        "layout": made.layout,
        "scope": made.scope,
        "as_of": made.as_of.isoformat(),
        "imported_at": made.imported_at.isoformat(),
        "file": made.file_name,
        "file_hash": made.file_hash,
        "read": made.read,
        "stored": made.stored,
        "rejected": made.rejected,
        "warnings": made.notes.get("warnings", []),
        "rescoped": made.notes.get("rescoped", []),
    }


def imports(session: Session, workspace_id: int) -> list[LinkImport]:
    """All imports of links, counts and what the own site saw, the newest import first."""
    statement = select(LinkImport).where(LinkImport.workspace_id == workspace_id)
    return list(session.exec(statement.order_by(col(LinkImport.id).desc())))


def undo(session: Session, workspace_id: int, import_id: int) -> Undone:
    """Take one import back with all its rows; the same file can then be imported anew."""
    made = _one(session, workspace_id, import_id)
    removed = []
    for table in (Backlink, CitationCount, OwnCount):
        mine = col(table.import_id) == import_id
        removed.append(session.exec(select(func.count()).select_from(table).where(mine)).one())
        session.connection().execute(delete(table).where(mine))
    session.delete(made)
    session.flush()
    links, *counts = removed
    return Undone(import_id, made.vendor, made.as_of, made.file_name, links, sum(counts))


def rescope(
    session: Session,
    workspace_id: int,
    import_id: int,
    scope: str,
    *,
    now: datetime,
    as_of: date | None = None,
    vendor: str | None = None,
) -> LinkImport:
    """Say what an import covers, of which day it is and whose it is; what it said before is kept in its
    notes.
    """
    if scope not in SCOPES:
        raise UsageError(f"no scope {scope!r}", "use one of " + ", ".join(SCOPES))
    made = _one(session, workspace_id, import_id)
    before = {
        "at": now.isoformat(),
        "scope": made.scope,
        "as_of": made.as_of.isoformat(),
        "vendor": made.vendor,
    }
    made.scope = scope
    made.as_of = as_of or made.as_of
    made.vendor = vendor or made.vendor
    made.notes = made.notes | {"rescoped": [*made.notes.get("rescoped", []), before]}
    session.add(made)
    session.flush()
    return made


def _one(session: Session, workspace_id: int, import_id: int) -> LinkImport:
    made = session.get(LinkImport, import_id)
    if made is None or made.workspace_id != workspace_id:
        raise UsageError(f"no import has the number {import_id}", "see `citelift import list`")
    return made
