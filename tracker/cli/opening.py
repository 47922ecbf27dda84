"""How verbs begin: the options they share, their settings, their database, its workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tracker.cli.printing import err
from tracker.errors import StoreError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database
    from sqlalchemy.exc import DBAPIError

    from tracker.catalog import Catalog
    from tracker.settings import Settings

CatalogOption = Annotated[
    Path | None, typer.Option("--catalog", help="Folder of brands.yaml, tracked.yaml, engines.yaml.")
]
DatabaseOption = Annotated[str | None, typer.Option("--database", help="sqlite:///file.db or postgresql://…")]
WorkspaceOption = Annotated[str | None, typer.Option("--workspace", help="Default: the catalog's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable result on standard output.")]


def settings_from(
    catalog: Path | None = None, database: str | None = None, workspace: str | None = None, **more: Any
) -> Settings:
    from tracker import settings

    return settings.load(catalog=catalog, database_url=database, workspace=workspace, **more)


@contextmanager
def opened(settings: Settings, *, read_only: bool = False) -> Iterator[Database]:
    from sqlalchemy.exc import DBAPIError

    from tracker.store import open_database

    database = open_database(settings.database_url, read_only=read_only)
    try:
        yield database
    except DBAPIError as error:
        told = _told(error)
        if told is None:
            raise
        raise told from error
    finally:
        database.dispose()


_AGAIN = (
    "then start the same command again; a run goes on with `citelift run --resume`, and keeps what it has"
)
_TROUBLES = (
    (
        ("database or disk is full", "no space left", "disk i/o error", "could not extend file"),
        "the disk is full or fails",
        f"free some space or move the database, {_AGAIN}",
    ),
    (
        ("readonly", "read-only", "permission denied", "unable to open database"),
        "the database cannot be written",
        "check the owner and the rights of the file and its folder",
    ),
    (
        ("malformed", "not a database", "file is encrypted"),
        "the database file is damaged",
        "restore it from a backup; `sqlite3 file .recover` saves what can be read",
    ),
    (
        ("is locked", "lock timeout", "deadlock"),
        "another process keeps the database locked",
        f"let that process end, {_AGAIN}",
    ),
    (
        ("connection", "server closed", "terminating", "shutting down", "starting up"),
        "the database server went away",
        f"see that it runs, {_AGAIN}",
    ),
)


def _told(error: DBAPIError) -> StoreError | None:
    """What befell the database, where it is no fault of the program: those keep their traceback."""
    words = str(error.orig or error).strip().splitlines() or [""]
    for signs, problem, hint in _TROUBLES:
        if any(sign in line.lower() for line in words for sign in signs):
            return StoreError(f"{problem}: {words[0]}", hint)
    return None


def synced(
    database: Database, settings: Settings, *, need: Literal["brands", "all"] = "all"
) -> tuple[int, Catalog]:
    """The catalog, and the workspace that now says what it says; new brand names are looked for in old answers."""
    from tracker import catalog, store
    from tracker.answers import rollups, stored

    found = catalog.load(settings.catalog, need=need)
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found, workspace=settings.workspace)
        stale = stored.brands_changed(session, workspace_id)
    if stale:
        count = stored.refresh_mentions(database, workspace_id)
        with store.writing(database) as session:
            rollups.rebuild(session, workspace_id)
        err.print(f"{count:,} stored answers were searched again for the brands' names as they are now.")
    else:
        stored.remember_brands(database, workspace_id)
    return workspace_id, found


def workspace_of(session: Any, settings: Settings) -> int:
    """The workspace that is asked for, else the catalog's, else the only one there is."""
    from sqlmodel import select

    from tracker import catalog
    from tracker.models import Workspace

    known = {w.name: w.id for w in session.exec(select(Workspace))}
    name = settings.workspace
    if name is None and settings.catalog.is_dir():
        found, _ = catalog.inspect(settings.catalog, need="brands")
        name = found.workspace if found else None
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
