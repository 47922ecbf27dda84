"""The verbs of collecting: check, reread, read-raw, and those of asking, links and time.

Prints, never computes. Whatever is heavy is imported inside its verb: `citelift --help` must answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker import numbers
from tracker.cli import (
    answers,
    archives,
    audits,
    backups,
    brands,
    engines,
    forget,
    init,
    links,
    notify,
    people,
    prompts,
    pull,
    queue,
    run,
    schedule,
    tokens,
    visits,
)
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import ASK, IMPORT, SET_UP, add, add_group
from tracker.cli.workspaces import synced
from tracker.errors import UsageError


def register(app: typer.Typer) -> None:
    init.register(app)
    brands.register(app)
    prompts.register(app)
    engines.register(app)
    add(app, check, group=SET_UP)
    run.register(app)
    queue.register(app)
    add(app, reread, group=ASK)
    imports = add_group(app, "import", "Bring in recorded answers, links and authority lists.", IMPORT)
    answers.register(imports)
    add(app, read_raw, "read-raw", IMPORT)
    links.register(app, imports)
    pull.register(app)
    visits.register(imports)
    schedule.register(app)
    notify.register(app)
    backups.register(app, imports)
    forget.register(app)
    archives.register(app)
    audits.register(app)
    tokens.register(app)
    people.register(app)


def check(
    where: Where,
    live: Annotated[
        bool, typer.Option("--live", help="Ask each engine one cheap question. Costs money.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at catalog, settings, keys, database and engines. Spends nothing, unless --live."""
    from tracker import health

    settings = where.settings()
    report = health.check(settings)
    if live and not report.errors:
        report = health.check_live(
            settings, report, on_engine=lambda name: err.print(f"asking {plain(name)} …")
        )
    if as_json:
        print_json(asdict(report))
    else:
        for line in report.fine:
            out.print(f"[green]ok[/green]    {plain(line)}")
        for problem in report.problems:
            colour = "red" if problem.level == "error" else "yellow"
            out.print(
                f"[{colour}]{problem.level:<7}[/{colour}] {plain(problem.where)}: {plain(problem.problem)} "
                f"\\[{problem.id}]"
            )
            if problem.hint:
                out.print(f"        fix: {plain(problem.hint)}")
        if report.live:
            _show_live(report.live)
    if report.errors:
        raise typer.Exit(2)


def _show_live(events: Sequence[Any]) -> None:
    rows = [
        (
            e.name,
            e.outcome,
            e.served_model,
            e.searched,
            e.cited,
            numbers.money(e.cost_micros),
            f"{e.seconds:.1f} s",
            e.note,
        )
        for e in events
    ]
    table(
        "Engines, asked once",
        ("engine", "outcome", "served model", "searched", "cited", "cost", "time", "note"),
        rows,
        right=(4, 5, 6),
    )


def reread(where: Where) -> None:
    """Rebuild citations and mentions of all stored answers from their raw replies. Costs nothing."""
    from tracker import archived, store
    from tracker.answers import rollups, stored
    from tracker.catalog.surfaces import split
    from tracker.run import jobs

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        mended = jobs.mend_stored(db, workspace_id)
        done = stored.reread(db, workspace_id)
        with db.connect() as connection:
            kept = archived.weeks(connection, workspace_id)
        with store.writing(db) as session:
            moved = split(session, workspace_id)
            rollups.rebuild(session, workspace_id)
    out.print(f"Read {done.answers:,} answers again; {done.unreadable:,} stored replies could not be read.")
    if kept:
        out.print(
            f"{len(kept):,} archived weeks keep the reading they had: `citelift archive restore WEEK`, then "
            "`citelift reread` again."
        )
    if moved:
        out.print(f"{moved:,} answers of another surface are under an engine of their own now.")
    if mended:
        out.print(f"{mended:,} paid replies that could not be read or stored before are answers now.")


def read_raw(
    body: Annotated[Path, typer.Argument(help="One recorded reply body.")],
    shape: Annotated[str, typer.Option(help="auto, or the name of a reply shape.")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Read one recorded reply and show what it cites. Nothing is stored."""
    from tracker import citations

    try:
        raw = body.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {body}: {error.strerror}", "give the path of a file with one JSON reply"
        ) from None
    reading = citations.read(raw, shape)  # type: ignore[arg-type]
    if as_json:
        print_json(citations.as_json(reading))
        return
    out.print(
        f"shape {reading.shape}; model {plain(reading.engine_model)}; "
        f"searched: {plain(reading.search_used)}; problem: {plain(reading.problem or 'none')}"
    )
    for search in reading.searches:
        out.print(f"  search  {plain(search)}")
    rows = [(c.kind, c.position, c.domain, c.url, c.title) for c in reading.citations]
    table("", ("kind", "position", "domain", "url", "title"), rows, right=(1,))
