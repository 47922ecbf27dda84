"""The verbs that bring in links and authority lists. Prints, never computes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import (
    JsonOption,
    Where,
)
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import add
from tracker.cli.workspaces import synced, workspace_of

if TYPE_CHECKING:
    from tracker.links.files.rows import LinkRow
    from tracker.links.imports import ImportedFile, ImportResult, Preview


def register(imports: typer.Typer) -> None:
    add(imports, import_links, "links")
    add(imports, import_authority, "authority")
    add(imports, list_imports, "list")
    add(imports, undo, "undo")
    add(imports, rescope, "rescope")


def import_links(
    where: Where,
    file: Annotated[
        Path,
        typer.Argument(
            help=(
                "An export of a link tool or the generic CSV; a workbook, a zip, a pipe, or - for "
                "standard input."
            )
        ),
    ],
    format: Annotated[str, typer.Option(help="auto, or the name of a layout.")] = "auto",
    vendor: Annotated[
        str | None, typer.Option(help="Who made the export, where the file does not say.")
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(help="What the export covers; of all links, those that the next one lacks are lost."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="The day the export shows.", formats=["%Y-%m-%d"])
    ] = None,
    target: Annotated[str | None, typer.Option(help="The site linked to, where rows do not say.")] = None,
    date_order: Annotated[str, typer.Option(help="auto, day_first or month_first.")] = "auto",
    encoding: Annotated[str | None, typer.Option(help="Where the file's own signs mislead.")] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="Which column is what: source=Page,target=Our page. Remembered for the same header."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show format, mapping, rows and rejects; store nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store one export of backlinks. Recognised by its header and content, never by its name; stored once."""
    from tracker.links import imports as importer
    from tracker.links.files.maps import ColumnMap

    given = ColumnMap.parse(columns) if columns else None
    if dry_run:
        previews = importer.preview_file(
            file, format=format, date_order=date_order, encoding=encoding, columns=given
        )
        _show_previews(previews, as_json)
        raise typer.Exit(3 if any(seen.rejected for _, seen in previews) else 0)
    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        made = importer.import_file(
            db,
            workspace_id,
            file,
            now=datetime.now(UTC),
            format=format,
            vendor=vendor,
            scope=scope,
            as_of=as_of.date() if as_of else None,
            target=target,
            date_order=date_order,
            encoding=encoding,
            columns=given,
        )
    _show_file(made, as_json)
    raise typer.Exit(3 if made.rejected else 0)


def _show_previews(previews: Sequence[tuple[str, Preview]], as_json: bool) -> None:
    if as_json:
        files = [{"file": name, **seen.as_json()} for name, seen in previews]
        print_json(previews[0][1].as_json() if len(previews) == 1 else {"files": files})
        return
    for name, seen in previews:
        if len(previews) > 1:
            out.print(f"\n{plain(name)}")
        _show_import(seen)


def _show_file(made: ImportedFile, as_json: bool) -> None:
    if as_json:
        print_json(made.as_json())
        return
    for name, result in made.results:
        if len(made.results) + len(made.skipped) > 1:
            out.print(f"\n{plain(name)}")
        _show_import(result)
    for part in made.skipped:
        err.print(f"  note: {plain(part.name)} is skipped: {plain(part.reason)}")


def _show_import(result: Preview | ImportResult) -> None:
    from tracker.links import imports as importer

    seen = result.recognition
    out.print(f"{plain(seen.vendor)}, layout {plain(seen.layout.name)}, scope {_scope(result)}")
    if isinstance(result, importer.ImportResult):
        _show_stored(result)
    else:
        _show_preview(result)
        for warning in seen.warnings:
            err.print(f"  note: {plain(warning)}")
    for reject in result.rejects[:20]:
        err.print(f"  line {reject.line}: {plain(reject.reason)}   {plain(reject.fragment)}")
    if result.rejected > 20:
        err.print(f"  … and {result.rejected - 20:,} more; --json lists the first of them.")


def _scope(result: Preview | ImportResult) -> str:
    seen = result.recognition
    scope = getattr(result, "scope", seen.scope)
    return f"{seen.scope} ({plain(seen.scope_evidence)})" if scope == seen.scope else str(scope)


def _show_stored(result: ImportResult) -> None:
    out.print(
        f"{result.read:,} read, {result.stored:,} stored as of {result.as_of} "
        f"({plain(result.as_of_evidence)}), "
        f"{result.already_there:,} already there, {result.rejected:,} rejected."
    )
    for warning in result.warnings:
        err.print(f"  note: {plain(warning)}")
    for each in result.won:
        out.print(f"  {plain(each.in_words())}")


def _show_preview(result: Preview) -> None:
    seen = result.recognition
    out.print(
        f"encoding {plain(seen.encoding.name)}, separator {plain(repr(seen.delimiter))}, header in "
        f"line {seen.header_line}, dates {seen.date_order} ({plain(seen.date_evidence)})"
    )
    table("Mapping", ("field", "column"), list(seen.mapping.items()))
    rows = [
        (
            r.source_url or r.source_domain,
            r.target_url or r.target_domain,
            r.anchor,
            _rel(r),
            r.first_seen,
            r.lost_at,
        )
        for r in result.rows
    ]
    table(f"First {len(rows)} rows", ("from", "to", "anchor", "rel", "first seen", "lost"), rows)
    out.print(f"{result.read:,} read, {result.rejected:,} rejected. Nothing was stored.")


def _rel(row: LinkRow) -> str:
    given = [name for name in ("nofollow", "ugc", "sponsored") if getattr(row, name)]
    return " ".join(given) or ("–" if row.nofollow is None else "follow")


def import_authority(
    where: Where,
    file: Annotated[Path, typer.Argument(help="A table with a domain and a number a row.")],
    metric: Annotated[str, typer.Option(help="The name of the metric, like referring_subnets.")],
    as_of: Annotated[datetime, typer.Option(help="The day the figures are of.", formats=["%Y-%m-%d"])],
    domain_column: Annotated[str | None, typer.Option(help="The column with the domain.")] = None,
    value_column: Annotated[str | None, typer.Option(help="The column with the number.")] = None,
    lower_is_better: Annotated[
        bool, typer.Option("--lower-is-better", help="For ranks: 1 is the best.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store a dated authority metric over domains; `citelift association --authority NAME` uses it."""
    from tracker.links import authority_lists

    settings = where.settings()
    with opened(settings) as db:
        result = authority_lists.import_authority(
            db,
            file,
            metric=metric,
            as_of=as_of.date(),
            now=datetime.now(UTC),
            domain_column=domain_column,
            value_column=value_column,
            higher_is_better=not lower_is_better,
        )
    if as_json:
        print_json(result.as_json())
    else:
        out.print(
            f"{plain(metric)} as of {result.as_of}: {result.read:,} read, {result.stored:,} stored, "
            f"{result.already_there:,} already there, {result.left_out:,} hosts left out (their "
            f"domain counts), {result.rejected:,} rejected."
        )
        for warning in result.warnings:
            err.print(f"  note: {plain(warning)}")
        for reject in result.rejects[:20]:
            err.print(f"  line {reject.line}: {plain(reject.reason)}")
    raise typer.Exit(3 if result.rejected else 0)


def list_imports(
    where: Where,
    as_json: JsonOption = False,
) -> None:
    """The imports of links, counts and the own site's logs, newest first: of which day, what each covers."""
    from tracker import store
    from tracker.links import desk

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        made = desk.imports(session, workspace_of(session, settings))
    if as_json:
        print_json({"rows": [desk.as_json(each) for each in made]})
        return
    if not made:
        out.print("Nothing has been imported: `citelift import links FILE`.")
        return
    rows = [
        (
            each.id,
            each.as_of,
            each.vendor,
            each.scope,
            f"{each.stored:,}",
            f"{each.rejected:,}",
            each.file_name,
        )
        for each in made
    ]
    columns = ("number", "as of", "vendor", "scope", "stored", "rejected", "file")
    table("Imports", columns, rows, right=(0, 4, 5))


NumberArgument = Annotated[int, typer.Argument(help="The import's number, from `citelift import list`.")]


def undo(
    where: Where,
    number: NumberArgument,
    as_json: JsonOption = False,
) -> None:
    """Take an import back with all its rows: links, counts, a log. The file can be imported again."""
    from tracker import store
    from tracker.links import desk

    settings = where.settings()
    with opened(settings) as db, store.writing(db) as session:
        undone = desk.undo(session, workspace_of(session, settings), number)
    if as_json:
        print_json(undone.as_json())
        return
    out.print(
        f"Import {undone.import_id} ({plain(undone.vendor)} as of {undone.as_of}, "
        f"{plain(undone.file_name)}) is "
        f"taken back: {undone.links:,} links and {undone.counts:,} counts."
    )


def rescope(
    where: Where,
    number: NumberArgument,
    scope: Annotated[
        str, typer.Argument(help="What it covers: all, one_per_domain, domains, sample, new, lost, unknown.")
    ],
    as_of: Annotated[
        datetime | None, typer.Option(help="The day the export shows.", formats=["%Y-%m-%d"])
    ] = None,
    vendor: Annotated[str | None, typer.Option(help="Who made the export.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what an import covers. Only complete ones (all, one_per_domain, domains) make others' links look
    lost.
    """
    from tracker import store
    from tracker.links import desk

    settings = where.settings()
    with opened(settings) as db, store.writing(db) as session:
        key, day = workspace_of(session, settings), as_of.date() if as_of else None
        made = desk.rescope(session, key, number, scope, now=datetime.now(UTC), as_of=day, vendor=vendor)
        shown = desk.as_json(made)
    if as_json:
        print_json(shown)
        return
    before = shown["rescoped"][-1]["scope"]
    out.print(
        f"Import {number} ({plain(shown['vendor'])} as of {shown['as_of']}) covers {shown['scope']},"
        f" before {before}."
    )
