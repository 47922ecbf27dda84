"""The catalog taken up by the database, and changed: the file, the tables and the audit log say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine as Database
from sqlmodel import select

from tracker import audit, catalog, renaming, store, weeks
from tracker.answers import rollups, stored
from tracker.catalog import Catalog, writing
from tracker.catalog.nodes import FILES
from tracker.catalog.writing import CatalogChange, Edits, Kind
from tracker.models import Workspace


@dataclass(frozen=True)
class TakenUp:
    workspace_id: int
    catalog: Catalog
    remarks: tuple[str, ...] = ()
    """What else had to be done: answers searched again, weeks moved, pages named anew."""


def take_up(
    database: Database,
    folder: Path,
    *,
    workspace: str | None = None,
    need: Literal["brands", "all"] = "all",
) -> TakenUp:
    """Make the database say what the catalog says; new brand names are looked for in old answers."""
    written = catalog.load(folder, need=need)
    remarks = _follow_the_rule(database)
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, written, workspace=workspace, need=need)
        stale = stored.brands_changed(session, workspace_id)
    if stored.move_weeks(database, workspace_id):
        with store.writing(database) as session:
            rollups.rebuild(session, workspace_id)
        remarks.append(weeks.in_words(written.timezone))
    if stale:
        count = stored.refresh_mentions(database, workspace_id)
        with store.writing(database) as session:
            rollups.rebuild(session, workspace_id)
        remarks.append(f"{count:,} stored answers were searched again for the brands' names as they are now.")
    else:
        stored.remember_brands(database, workspace_id)
    return TakenUp(workspace_id, written, tuple(remarks))


def _follow_the_rule(database: Database) -> list[str]:
    """Rows of an older citelift get the names that pages have by the rule of this one."""
    with store.writing(database) as session:
        if not renaming.outdated(session):
            renaming.remember(session)
            return []
        workspaces = list(session.exec(select(Workspace.id)))
    done = renaming.follow(database)
    with store.writing(database) as session:
        for workspace_id in workspaces:
            rollups.rebuild(session, workspace_id or 0)
    return [
        f"Pages are named by a newer rule: {done.citations:,} citations and {done.links:,} links have "
        "another name now. What was written stays on each row."
    ]


def change_catalog(
    database: Database,
    folder: Path,
    kind: Kind,
    edits: Edits,
    *,
    who: str,
    now: datetime,
    workspace: str | None = None,
    seen: str | None = None,
) -> TakenUp:
    """Change one list of the catalog. Where the database does not take it up, the file is as it was."""
    with writing.changed(folder, kind, edits, seen=seen) as written:
        return _taken_up(database, folder, kind, written, workspace, who, now)


def begin_catalog(
    database: Database,
    folder: Path,
    kind: Kind,
    text: str,
    *,
    who: str,
    now: datetime,
    workspace: str | None = None,
) -> TakenUp:
    """Write the file of a list that has none. Where the database does not take it up, there is none."""
    with writing.begun(folder, kind, text) as written:
        return _taken_up(database, folder, kind, written, workspace, who, now)


def _taken_up(
    database: Database,
    folder: Path,
    kind: Kind,
    written: CatalogChange,
    workspace: str | None,
    who: str,
    now: datetime,
) -> TakenUp:
    whole = kind == "engines" and any((folder / name).is_file() for name in FILES["prompts"])
    taken = take_up(database, folder, workspace=workspace, need="all" if whole else "brands")
    with store.writing(database) as session:
        for before, after in written.pairs:
            is_new, is_gone = before is None, after is None
            audit.record_change(
                session,
                taken.workspace_id,
                who=who,
                what=f"{kind[:-1]} {'added' if is_new else 'removed' if is_gone else 'changed'}",
                subject=str((after or before or {}).get(writing.NAMED_BY[kind], "")),
                before=before,
                after=after,
                now=now,
            )
    return taken
