"""The verbs of keeping: backup and restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.options import DatabaseOption, settings_from
from tracker.cli.printing import out, plain
from tracker.cli.verbs import SET_UP, add


def register(app: typer.Typer) -> None:
    add(app, backup, group=SET_UP)
    add(app, restore, group=SET_UP)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    database: DatabaseOption = None,
) -> None:
    """Copy the database into a file, whole also while a run writes."""
    from tracker import backup as backups

    backups.save(settings_from(None, database).database_url, file)
    out.print(f"{plain(str(file))}: {file.stat().st_size:,} bytes. `citelift restore` brings it back.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `citelift backup` wrote.")],
    database: DatabaseOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a database that is there.")] = False,
) -> None:
    """Bring a backup back. Nothing may use the database meanwhile."""
    from tracker import backup as backups
    from tracker.store import open_database

    url = settings_from(None, database).database_url
    backups.load(url, file, replace=replace)
    open_database(url).dispose()
    out.print(f"The database is what {plain(str(file))} says.")
