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
    """The catalog, and its workspace, which now holds it; what else had to be done is said."""
    from tracker import editing

    taken = editing.take_up(database, settings.catalog, workspace=settings.workspace, need=need)
    for remark in taken.remarks:
        err.print(remark)
    return taken.workspace_id, taken.catalog


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
