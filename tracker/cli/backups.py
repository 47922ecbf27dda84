"""The verbs of keeping: backup, restore, upgrade, and export with its way back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from tracker.cli.opening import opened
from tracker.cli.options import DatabaseOption, JsonOption, Where, settings_from
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import AUTOMATE, SET_UP, add


def register(app: typer.Typer, imports: typer.Typer) -> None:
    add(app, backup, group=SET_UP)
    add(app, restore, group=SET_UP)
    add(app, upgrade, group=SET_UP)
    add(app, export, group=AUTOMATE)
    add(imports, import_export, "export")


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    database: DatabaseOption = None,
) -> None:
    """Copy the database into a file, whole also while a run writes."""
    from tracker.archive import copying, files

    settings = settings_from(None, database)
    url = settings.database_url
    weeks = copying.save(url, files.folder_for(url, settings.archive), file)
    out.print(f"{plain(str(file))}: {file.stat().st_size:,} bytes. `citelift restore` brings it back.")
    if weeks:
        out.print(f"{weeks:,} archived weeks are in {plain(str(file))}.archive: keep both together.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `citelift backup` wrote.")],
    database: DatabaseOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a database that is there.")] = False,
) -> None:
    """Bring a backup back. Nothing may use the database meanwhile."""
    from tracker.archive import copying, files

    settings = settings_from(None, database)
    url = settings.database_url
    copying.load(url, files.folder_for(url, settings.archive), file, replace=replace)
    out.print(f"The database is what {plain(str(file))} says.")


def upgrade(
    database: DatabaseOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be done; exit code 3 where something would.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the database to the schema of this citelift, every row and number kept."""
    from tracker import store

    url = settings_from(None, database).database_url
    db = store.open_database(url, read_only=check, migrate=not check)
    try:
        current, head = store.schema_versions(db)
        steps = store.steps_after(current)
    finally:
        db.dispose()
    if as_json:
        print_json({"schema": current, "wanted": head, "steps": [asdict(step) for step in steps]})
    elif not steps:
        out.print(f"The database has schema {head}, as this citelift wants it.")
    else:
        table(
            f"From schema {current or 'none'} to {head}",
            ("step", "what"),
            [(each.version, each.what) for each in steps],
        )
        out.print("`citelift backup` before, then `citelift upgrade`. Older versions cannot write after it.")
    if steps:
        raise typer.Exit(3)


def import_export(
    folder: Annotated[Path, typer.Argument(help="A folder that `citelift export` wrote, as Parquet.")],
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring an export into a database that is empty: the same rows, checked by their hashes."""
    from tracker import moved

    with opened(settings_from(None, database)) as db:
        counts = moved.bring_in(db, folder)
    if as_json:
        print_json({"rows": [{"table": name, "rows": rows} for name, rows in counts.items()]})
        return
    out.print(f"{sum(counts.values()):,} rows of {len(counts)} tables are here now.")


def export(
    where: Where,
    folder: Annotated[Path, typer.Argument(help="A new folder; one file a table goes into it.")],
    format: Annotated[
        Literal["parquet", "csv"],
        typer.Option("--format", help="parquet says what is stored; csv is for spreadsheets."),
    ] = "parquet",
    only: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table; may be repeated.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all-workspaces", help="Of every workspace, and the machine's own tables.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write every table of the workspace as Parquet or CSV, for DuckDB, BigQuery, Looker or a spreadsheet."""
    from tracker import exports, store
    from tracker.cli.workspaces import workspace_of

    settings = where.settings()
    with opened(settings, read_only=True) as db:
        with store.reading(db) as session:
            key = None if everything else workspace_of(session, settings)
        made = exports.export(db, folder, workspace_id=key, format=format, only=only or ())
    if as_json:
        print_json({"folder": str(folder), "rows": [asdict(each) for each in made]})
        return
    table(f"In {folder}", ("table", "rows"), [(each.file, f"{each.rows:,}") for each in made], right=(1,))
    if format == "csv":
        out.print(
            "Cells that a spreadsheet would run are led by an apostrophe; Parquet has them as they are."
        )
