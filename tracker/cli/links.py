"""The verbs about links: the look at pages, the web graph, disavow files, snapshots. Prints only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.cli import imports as cli_import
from tracker.cli import looks, webgraph
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import ACT, IMPORT, READ, add, add_group
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import DataError

if TYPE_CHECKING:
    from tracker.files.records import Reject
    from tracker.links.decisions import Imported, Merged

SHOWN_REJECTS = 20
OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Write the file here; without it to standard output.")
]


def register(app: typer.Typer, imports: typer.Typer) -> None:
    cli_import.register(imports)
    webgraph.register(app)
    add(imports, looks.import_pages, "pages")
    add(app, snapshots, group=READ)
    groups: dict[tuple[str, str, str], dict[str, Callable[..., None]]] = {
        ("links", "What is known of links, by whom, and our own look at them.", READ): {
            "evidence": links_evidence,
            "verify": looks.verify,
            "verdicts": looks.verdicts,
            "listings": looks.listings,
            "kinds": looks.kinds,
            "alerts": looks.alerts,
        },
        ("pages", "Our own look at the pages that link or are cited.", IMPORT): {"check": looks.pages_check},
        ("disavow", "Decisions about links, and Google's disavow file.", ACT): {
            "import": disavow_import,
            "add": disavow_add,
            "export": disavow_export,
            "merge": disavow_merge,
        },
    }
    for (name, text, panel), verbs in groups.items():
        group = add_group(app, name, text, panel)
        for verb_name, act in verbs.items():
            add(group, act, verb_name)


def links_evidence(
    where: Where,
    page: Annotated[str, typer.Argument(help="A linking page's URL, or a domain for all its pages.")],
    as_json: JsonOption = False,
) -> None:
    """All dated evidence on the links of a page or domain, when each was live, and who disagrees."""
    from tracker import store
    from tracker.links.evidence import evidence

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        links = evidence(session, workspace_of(session, settings), page)
    if as_json:
        print_json({"rows": [each.as_json() for each in links]})
        return
    if not links:
        out.print(f"Nothing is known of links from {plain(page)}.")
        return
    columns = ("said by", "scope", "as of", "first seen", "last seen", "lost", "why")
    for each in links:
        said = ", ".join(f"{name} {'live' if live else 'lost'}" for name, live in each.words.items())
        state = "live" if each.live else "lost"
        out.print(f"\n{plain(each.source)} → {plain(each.target or '?')}: {state}")
        out.print(f"  {'DISPUTED: ' if each.disputed else ''}{plain(said)}")
        for start, end in each.spans:
            begun = "before everything known" if start is None else str(start.date())
            out.print(f"  live from {begun} {'on' if end is None else f'until {end.date()}'}")
        rows = [
            (
                s.vendor,
                s.scope,
                *(at and at.date() for at in (s.as_of, s.first_seen, s.last_seen, s.lost_at)),
                s.reason,
            )
            for s in each.statements
        ]
        table("", columns, rows)


def snapshots(
    where: Where,
    vendor: Annotated[str | None, typer.Option(help="Exports of this vendor only.")] = None,
    scope: Annotated[str | None, typer.Option(help="Exports of this scope only.")] = None,
    links: Annotated[bool, typer.Option("--links", help="Show every link that came or went.")] = False,
    as_json: JsonOption = False,
) -> None:
    """New and lost links between successive full exports of one vendor and scope. A first export has none."""
    from tracker import store
    from tracker.links import snapshots as comparison

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        workspace_id = workspace_of(session, settings)
        changes = comparison.snapshot_changes(session, workspace_id, vendor=vendor, scope=scope)
        names = comparison.domain_names(session, changes)
    if as_json:
        print_json({"rows": [each.as_json(names) for each in changes]})
        return
    if not changes:
        out.print("Nothing to compare: no target has two full exports of one vendor and scope.")
        return
    rows = [
        (
            each.vendor,
            each.scope,
            names.get(each.target_domain_id),
            each.earlier,
            each.later,
            len(each.of("new")),
            len(each.of("lost")),
            each.late_finds,
        )
        for each in changes
    ]
    columns = ("vendor", "scope", "links to", "from", "to", "new", "lost", "found late")
    table("New and lost between full exports", columns, rows, right=(5, 6, 7))
    if links:
        changed = [
            (c.kind, c.at, c.source_url or names.get(c.source_domain_id), c.target_url, c.reason)
            for each in changes
            for c in each.changes
        ]
        table("\nLinks", ("", "day", "from", "to", "reason"), changed)


def disavow_import(
    where: Where,
    file: Annotated[Path, typer.Argument(help="The disavow file that is in force at Google.")],
    note: Annotated[str, typer.Option(help="Why, for those who read it later.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take a disavow file's entries as decisions. What somebody decided to keep stays kept."""
    from tracker import store
    from tracker.links import decisions

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            done = decisions.import_file(session, workspace_id, file, now=datetime.now(UTC), note=note)
    if as_json:
        print_json(_imported_json(done))
    else:
        out.print(
            f"{done.read:,} read, {done.stored:,} stored, {done.already_there:,} already there, "
            f"{len(done.file.rejects):,} rejected."
        )
        for line in done.kept:
            err.print(f"  note: {plain(line)} was decided to be kept and stays so")
        _show_rejects(done.file.rejects)
        _notes(done.file.warnings)
    raise typer.Exit(3 if done.file.rejects else 0)


def _imported_json(done: Imported) -> dict[str, Any]:
    return {
        "read": done.read,
        "stored": done.stored,
        "already_there": done.already_there,
        "kept": done.kept,
        "rejected": len(done.file.rejects),
        "rejects": [reject.as_json() for reject in done.file.rejects],
        "warnings": done.file.warnings,
    }


def _show_rejects(rejects: Iterable[Reject]) -> None:
    listed = list(rejects)
    for reject in listed[:SHOWN_REJECTS]:
        err.print(f"  line {reject.line}: {plain(reject.reason)}   {plain(reject.fragment)}")
    if len(listed) > SHOWN_REJECTS:
        err.print(f"  … and {len(listed) - SHOWN_REJECTS:,} more")


def _notes(warnings: Iterable[str]) -> None:
    for warning in warnings:
        err.print(f"  note: {plain(warning)}")


def disavow_add(
    where: Where,
    entries: Annotated[list[str], typer.Argument(help="domain:example.com, or the full URL of one page.")],
    keep: Annotated[
        bool, typer.Option("--keep", help="Decide to keep the link, whatever a file says.")
    ] = False,
    note: Annotated[str, typer.Option(help="Why, for those who read it later.")] = "",
) -> None:
    """Decide about a domain or a page. The last decision about it counts."""
    from tracker import audit, store
    from tracker.links import decisions

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            done = decisions.decide(
                session,
                workspace_id,
                entries,
                "keep" if keep else "disavow",
                now=datetime.now(UTC),
                note=note,
                who=audit.terminal_user(),
            )
    for each in done:
        out.print(f"{'keep' if keep else 'disavow'}  {plain(each.line)}")


def disavow_export(
    where: Where,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write Google's file of what was decided to be disavowed."""
    _write_disavow((), output, where, as_json)


def disavow_merge(
    where: Where,
    files: Annotated[list[Path], typer.Argument(help="Disavow files to go in beside the decisions.")],
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one file of the decisions and of other disavow files. Stores nothing; what is kept stays out."""
    _write_disavow(files, output, where, as_json)


def _write_disavow(
    files: Iterable[Path],
    output: Path | None,
    where: Where,
    as_json: bool,
) -> None:
    from tracker import store
    from tracker.links import decisions, disavow

    read = {path: disavow.read(path) for path in files}
    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        made = decisions.merged(session, workspace_of(session, settings), list(read.values()))
    rejects = [(path, reject) for path, file in read.items() for reject in file.rejects]
    if output is not None:
        _save_text(output, made)
    if as_json:
        print_json(
            {
                "entries": [each.line for each in made.entries],
                "overruled": made.overruled,
                "rejects": [{"file": str(path)} | reject.as_json() for path, reject in rejects],
            }
        )
    elif output is None:
        sys.stdout.write(made.text)
    else:
        out.print(f"{len(made.entries):,} entries written to {plain(output)}.")
    for line in made.overruled:
        err.print(f"  note: {plain(line)} is kept, but its whole domain is disavowed")
    for path, reject in rejects[:SHOWN_REJECTS]:
        err.print(f"  {plain(path)}:{reject.line}: {plain(reject.reason)}   {plain(reject.fragment)}")
    raise typer.Exit(3 if rejects else 0)


def _save_text(path: Path, made: Merged) -> None:
    try:
        path.write_text(made.text, "utf-8")
    except OSError as error:
        raise DataError(
            f"cannot write {path}: {error.strerror}", "give a file in a folder you may write to"
        ) from None
