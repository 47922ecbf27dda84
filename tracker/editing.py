"""The catalog taken up by the database, and changed: the file, the tables and the audit log say the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine as Database
from sqlmodel import Session, select

from tracker import audit, catalog, renaming, store, weeks
from tracker.answers import rollups, stored
from tracker.catalog import Catalog, look, writing
from tracker.catalog.lines import Key
from tracker.catalog.look import Logo
from tracker.catalog.nodes import FILES
from tracker.catalog.writing import CatalogChange, Edits, Kind, Made
from tracker.models import Workspace
from tracker.notify import people

HEADS = {
    "recipients": "# Who is told of reports and alerts: `citelift help automate` says what may stand here.\n",
    "report": "# How reports look: `citelift help automate` says what may stand here.\n",
}
"""The first line of a file that a change begins."""


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
        _record(session, taken.workspace_id, kind, written, who, now)
    return taken


def change_recipients(
    database: Database,
    workspace_id: int,
    folder: Path,
    edits: Edits,
    *,
    who: str,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Change who is told, in notify.yaml."""
    made = writing.in_list("recipients", edits)
    with _rewritten(folder, "recipients", made, seen) as written, store.writing(database) as session:
        _record(session, workspace_id, "recipients", written, who, now)


def change_mail(
    database: Database, workspace_id: int, folder: Path, values: Mapping[Key, Any], *, who: str, now: datetime
) -> None:
    """Change from where e-mail is sent, in notify.yaml: keys of `sender` and `smtp`."""
    made = writing.with_keys(values)
    with _rewritten(folder, "recipients", made, None) as written, store.writing(database) as session:
        _record(session, workspace_id, "mail", written, who, now)


def change_look(
    database: Database,
    workspace_id: int,
    folder: Path,
    values: Mapping[Key, Any],
    *,
    logo: Logo | None = None,
    who: str,
    now: datetime,
) -> None:
    """Change how reports look, in report.yaml; a logo becomes a file beside it, which the old one gives way
    to only with all the rest."""
    with ExitStack() as undo:
        if logo is not None:
            name = undo.enter_context(look.put_beside(folder, logo))
            values = {**values, ("logo",): name}
        written = undo.enter_context(_rewritten(folder, "report", writing.with_keys(values), None))
        session = undo.enter_context(store.writing(database))
        _record(session, workspace_id, "report look", written, who, now)


def _rewritten(
    folder: Path, kind: Literal["recipients", "report"], made: Made, seen: str | None
) -> AbstractContextManager[CatalogChange]:
    rules = people.read if kind == "recipients" else look.read
    return writing.rewritten(writing.path_of(folder, kind), made, rules, seen=seen, head=HEADS[kind])


def _record(
    session: Session,
    workspace_id: int,
    what: Kind | Literal["mail", "report look"],
    written: CatalogChange,
    who: str,
    now: datetime,
) -> None:
    """Each item of a list goes by its name, anything else by its file."""
    key = writing.NAMED_BY.get(what)
    for before, after in written.pairs:
        done = "added" if before is None else "removed" if after is None else "changed"
        audit.record_change(
            session,
            workspace_id,
            who=who,
            what=f"{what.removesuffix('s') if key else what} {done}",
            subject=str((after or before or {}).get(key, "")) if key else written.path.name,
            before=before,
            after=after,
            now=now,
        )
