"""Which workspace a verb is about: the catalog's, brought up to date, or one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tracker.cli.printing import err
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.catalog import Catalog
    from tracker.settings import Settings


def synced(
    database: Database, settings: Settings, *, need: Literal["brands", "all"] = "all"
) -> tuple[int, Catalog]:
    """The catalog, and its workspace, which now holds it; new brand names are looked for in old answers."""
    from tracker import catalog, store, weeks
    from tracker.answers import rollups, stored

    written = catalog.load(settings.catalog, need=need)
    _follow_the_rule(database)
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, written, workspace=settings.workspace, need=need)
        stale = stored.brands_changed(session, workspace_id)
    if stored.move_weeks(database, workspace_id):
        with store.writing(database) as session:
            rollups.rebuild(session, workspace_id)
        err.print(weeks.in_words(written.timezone))
    if stale:
        count = stored.refresh_mentions(database, workspace_id)
        with store.writing(database) as session:
            rollups.rebuild(session, workspace_id)
        err.print(f"{count:,} stored answers were searched again for the brands' names as they are now.")
    else:
        stored.remember_brands(database, workspace_id)
    return workspace_id, written


def _follow_the_rule(database: Database) -> None:
    """Rows of an older citelift get the names that pages have by the rule of this one."""
    from sqlmodel import select

    from tracker import renaming, store
    from tracker.answers import rollups
    from tracker.models import Workspace

    with store.writing(database) as session:
        if not renaming.outdated(session):
            renaming.remember(session)
            return
        workspaces = list(session.exec(select(Workspace.id)))
    done = renaming.follow(database)
    with store.writing(database) as session:
        for workspace_id in workspaces:
            rollups.rebuild(session, workspace_id or 0)
    err.print(
        f"Pages are named by a newer rule: {done.citations:,} citations and {done.links:,} links have "
        "another "
        "name now. What was written stays on each row."
    )


def say_what_changed(session: Any, settings: Settings, workspace_id: int) -> None:
    """Reading shows the brands of the last verb that wrote: says so where brands.yaml differs by now."""
    from tracker import catalog, renaming
    from tracker.models import Workspace

    if renaming.outdated(session):
        err.print("Pages here are named by an older rule. `citelift reread` names them anew, at no cost.")
    written, _ = catalog.inspect(settings.catalog, need="brands") if settings.catalog.is_dir() else (None, [])
    workspace = session.get(Workspace, workspace_id)
    if written is None or workspace is None or workspace.name != written.workspace:
        return
    if catalog.differs(session, workspace_id, written):
        err.print(
            "brands.yaml has been edited since: these are the brands as they were. `citelift reread` takes "
            "the edit up and searches the stored answers again, at no cost."
        )


def workspace_of(session: Any, settings: Settings) -> int:
    """The workspace that is asked for, else the catalog's, else the only one there is."""
    from sqlmodel import select

    from tracker import catalog
    from tracker.models import Workspace

    known = {w.name: w.id for w in session.exec(select(Workspace))}
    name = settings.workspace
    if name is None and settings.catalog.is_dir():
        written, _ = catalog.inspect(settings.catalog, need="brands")
        name = written.workspace if written else None
    if name is None and len(known) == 1:
        name = next(iter(known))
    if name in known:
        return int(known[name])
    listing = (
        ", ".join(sorted(known))
        or "none yet: run `citelift demo`, `citelift run` or `citelift import answers …`"
    )
    raise UsageError(
        f"the database has no workspace {name or '(none named)'}", f"workspaces there: {listing}"
    )
