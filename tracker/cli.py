"""The verbs of collecting: init, check, plan, run, import, reread, read-raw, … Prints, never computes.

Whatever is heavy is imported inside its verb: `citelift --help` must answer at once.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.catalog import Catalog
    from tracker.jobs import Progress, Summary
    from tracker.links.importer import ImportResult, Preview
    from tracker.links.rows import LinkRow
    from tracker.plan import EnginePlan, Plan
    from tracker.settings import Settings

CatalogOption = Annotated[
    Path | None, typer.Option("--catalog", help="Folder of brands.yaml, tracked.yaml, engines.yaml.")
]
DatabaseOption = Annotated[str | None, typer.Option("--database", help="sqlite:///file.db or postgresql://…")]
WorkspaceOption = Annotated[str | None, typer.Option("--workspace", help="Default: the catalog's own.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable result on standard output.")]

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def money(micros: int | None) -> str:
    """The one place where money is printed."""
    return (
        "unknown"
        if micros is None
        else f"${micros / 1e6:,.4f}"
        if abs(micros) < 100_000
        else f"${micros / 1e6:,.2f}"
    )


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()
) -> None:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        shown.add_column(name, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(plain(cell) for cell in row))
    out.print(shown)


def plain(value: object) -> str:
    """Text from outside, without rich's markup or a terminal's control characters."""
    from rich.markup import escape

    text = "–" if value is None else str(value)
    return escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))


def print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str, allow_nan=False) + "\n")


def settings_from(
    catalog: Path | None = None, database: str | None = None, workspace: str | None = None, **more: Any
) -> Settings:
    from tracker import settings

    return settings.load(catalog=catalog, database_url=database, workspace=workspace, **more)


@contextmanager
def opened(settings: Settings, *, read_only: bool = False) -> Iterator[Database]:
    from tracker.store import open_database

    database = open_database(settings.database_url, read_only=read_only)
    try:
        yield database
    finally:
        database.dispose()


def synced(
    database: Database, settings: Settings, *, need: Literal["brands", "all"] = "all"
) -> tuple[int, Catalog]:
    """The catalog, and the workspace that now says what it says; new brand names are looked for in old answers."""
    from tracker import answers, catalog, store

    found = catalog.load(settings.catalog, need=need)
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found, workspace=settings.workspace)
        stale = answers.brands_changed(session, workspace_id)
    if stale:
        count = answers.refresh_mentions(database, workspace_id)
        err.print(f"The brands changed: {count:,} stored answers were searched for their names again.")
    return workspace_id, found


def register(app: typer.Typer) -> None:
    for verb in (init, check, plan, run, runs, reread):
        app.command()(verb)
    app.command("read-raw")(read_raw)
    groups: dict[tuple[str, str], dict[str, Callable[..., None]]] = {
        ("import", "Bring in recorded answers, links and authority lists."): {
            "answers": import_answers,
            "links": import_links,
            "authority": import_authority,
        },
        ("schedule", "When runs and reports happen by themselves."): {
            "add": schedule_add,
            "list": schedule_list,
            "remove": schedule_remove,
        },
        ("event", "Write down what may explain a change."): {"add": event_add, "list": event_list},
    }
    for (name, text), verbs in groups.items():
        group = typer.Typer(help=text, no_args_is_help=True)
        for verb_name, act in verbs.items():
            group.command(verb_name)(act)
        app.add_typer(group, name=name)


def init(
    catalog: CatalogOption = None,
    brand: Annotated[str | None, typer.Option(help="Your brand's name.")] = None,
    domain: Annotated[str | None, typer.Option(help="Its domain, like example.com.")] = None,
    rival: Annotated[
        list[str] | None, typer.Option(help="A rival as name=domain; may be given several times.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="What your buyers look for, like `CRM`.")] = None,
) -> None:
    """Write a commented starter catalog for your brand. Existing files stay as they are."""
    from tracker import starter

    if sys.stdin.isatty():
        brand = brand or typer.prompt("Your brand's name")
        domain = domain or typer.prompt("Its domain (example.com)")
        topic = topic or typer.prompt("What your buyers look for (one or two words)", default="CRM")
    folder = settings_from(catalog).catalog
    written, kept = starter.write(folder, brand=brand, domain=domain, rivals=rival or [], topic=topic)
    for path in written:
        out.print(f"wrote {path}")
    for path in kept:
        out.print(f"kept  {path} (it was there)")
    out.print(
        f"\nNext: fill in {folder}/brands.yaml and {folder}/tracked.yaml, then `citelift check` and `citelift plan`."
    )


def check(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask each engine one cheap question. Costs money.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at catalog, settings, keys, database and engines. Spends nothing, unless --live."""
    from tracker import health

    settings = settings_from(catalog, database, workspace)
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
                f"[{colour}]{problem.level:<7}[/{colour}] {plain(problem.where)}: {plain(problem.problem)} \\[{problem.id}]"
            )
            if problem.hint:
                out.print(f"        fix: {plain(problem.hint)}")
        if report.live:
            _show_live(report.live)
    if report.errors:
        raise typer.Exit(2)


def _show_live(found: Sequence[Any]) -> None:
    rows = [
        (
            e.name,
            e.outcome,
            e.served_model,
            e.searched,
            e.cited,
            money(e.cost_micros),
            f"{e.seconds:.1f} s",
            e.note,
        )
        for e in found
    ]
    table(
        "Engines, asked once",
        ("engine", "outcome", "served model", "searched", "cited", "cost", "time", "note"),
        rows,
        right=(4, 5, 6),
    )


def plan(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a run would ask, what it may cost and how small a change it could detect. Spends nothing."""
    from tracker import health

    settings = settings_from(catalog, database, workspace)
    made = health.plan_for(settings)
    if as_json:
        print_json(_plan_json(made))
        return
    show_plan(made)


def _plan_json(made: Plan) -> dict[str, Any]:
    rows = [
        {
            "engine": e.name,
            "model": e.model,
            "prompts": e.prompts,
            "repeats": e.repeats,
            "asks": e.asks,
            "most_usd": e.most_micros / 1e6,
            "likely_usd": None if e.likely_micros is None else e.likely_micros / 1e6,
            "budget_usd": None if e.budget_micros is None else e.budget_micros / 1e6,
            "verdict": e.verdict,
            "missing_keys": list(e.missing_keys),
            "detectable_change": {str(d.repeats): round(d.change, 4) for d in e.detectable},
        }
        for e in made.engines
    ]
    return {
        "workspace": made.workspace,
        "asks": made.asks,
        "most_usd": made.most_micros / 1e6,
        "likely_usd": made.likely_micros / 1e6,
        "runs_per_month": round(made.runs_per_month, 2),
        "month_usd": made.likely_micros * made.runs_per_month / 1e6,
        "rows": rows,
    }


def show_plan(made: Plan) -> None:
    rows = [
        (
            e.name,
            e.model,
            e.prompts,
            e.repeats,
            e.asks,
            money(e.most_micros),
            money(e.likely_micros),
            money(e.budget_micros) if e.budget_micros is not None else "none",
            _verdict(e),
        )
        for e in made.engines
    ]
    columns = ("engine", "model", "prompts", "repeats", "asks", "at most", "usually", "budget", "verdict")
    table(f"Plan for workspace {made.workspace}: {made.asks:,} asks", columns, rows, right=(2, 3, 4, 5, 6, 7))
    out.print(
        f"\nA run: {money(made.likely_micros)} expected, {money(made.most_micros)} at most. A month ({made.runs_per_month:.1f} runs): {money(round(made.likely_micros * made.runs_per_month))}."
    )
    out.print()
    changes = [
        (e.name, ", ".join(f"{d.repeats}× {100 * d.change:.1f} points" for d in e.detectable), _basis(e))
        for e in made.engines
    ]
    columns = ("engine", "repeats and change", "from")
    table("Smallest change of a mention rate that two runs could show (80 % power)", columns, changes)


def _verdict(engine: EnginePlan) -> str:
    notes: list[str] = [engine.verdict]
    if engine.missing_keys:
        notes.append(f"key missing: {', '.join(engine.missing_keys)}")
    if not engine.priced:
        notes.append("no price known: $0.10 an ask assumed")
    if not engine.searches:
        notes.append("does not search")
    return "; ".join(notes)


def _basis(engine: EnginePlan) -> str:
    seen = engine.observed
    if not seen.answers:
        return f"assumed rate {seen.rate:.0%}, likeness {seen.likeness:.2f}"
    return f"{seen.answers:,} answers: rate {seen.rate:.0%}, likeness of repeats {seen.likeness:.2f}"


def run(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest run that is not done.")
    ] = False,
    at: Annotated[
        datetime | None,
        typer.Option(
            help="Simulated date of the answers; sandbox engines only.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    concurrency: Annotated[int | None, typer.Option(help="Asks in flight per engine.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds that one ask may take.")] = None,
    spread: Annotated[float | None, typer.Option(help="Spread the asks over so many hours.")] = None,
    key: Annotated[
        str | None, typer.Option(help="A name for the run: running the same name again plans nothing new.")
    ] = None,
    sandbox: Annotated[str | None, typer.Option(help="Address of a sandbox that runs already.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every prompt of every engine and store what comes back. Stops before the budget is passed."""
    settings = settings_from(catalog, database, workspace, concurrency=concurrency, timeout_seconds=timeout)
    with opened(settings) as db:
        workspace_id, found = synced(db, settings)
        run_id = (
            _resumed(db, workspace_id, found)
            if resume
            else _planned(db, workspace_id, found, at, spread, key, settings)
        )
        summary = run_now(db, run_id, found, settings, sandbox_url=sandbox, quiet=as_json)
    if as_json:
        print_json(
            {
                "run": summary.run_id,
                "state": str(summary.state),
                "reason": summary.reason,
                "states": dict(summary.tally.states),
                "reasons": dict(summary.tally.reasons),
                "spent_usd": summary.tally.spent_micros / 1e6,
            }
        )
    else:
        show_summary(summary)
    raise typer.Exit(exit_code(summary))


def exit_code(summary: Summary) -> int:
    return {"done": 0, "stopped at the budget": 4, "cancelled": 1}.get(str(summary.state), 3)


def _planned(
    db: Database,
    workspace_id: int,
    found: Catalog,
    at: datetime | None,
    spread: float | None,
    key: str | None,
    settings: Settings,
) -> int:
    from tracker import health, jobs, store
    from tracker.engines import is_sandbox

    if at is not None and not all(is_sandbox(engine.model) for engine in found.engines):
        raise UsageError("--at is for sandbox engines: a real engine answers now", "leave --at out")
    now = datetime.now(UTC)
    made = health.plan_with_history(db, workspace_id, found)
    if made.missing_keys:
        raise UsageError(
            f"keys are missing: {', '.join(made.missing_keys)}",
            "set them in the environment, or take the engine out of engines.yaml; `citelift check` shows which is whose",
        )
    with store.writing(db) as session:
        return jobs.create_run(
            session,
            workspace_id,
            found,
            made,
            key=f"{workspace_id}:{key or f'manual:{now.isoformat()}'}",
            now=now,
            asked_for=at.replace(tzinfo=UTC) if at else None,
            spread=timedelta(hours=spread) if spread else None,
        )


def _resumed(db: Database, workspace_id: int, found: Catalog) -> int:
    from tracker import jobs, store

    with store.reading(db) as session:
        latest = jobs.latest_open(session, workspace_id)
    if latest is None or latest.id is None:
        raise UsageError("there is no run to resume: every run is done", "start one with `citelift run`")
    jobs.reopen(db, latest.id, budgets={engine.name: engine.budget_micros for engine in found.engines})
    return latest.id


def run_now(
    db: Database,
    run_id: int,
    found: Catalog,
    settings: Settings,
    *,
    sandbox_url: str | None = None,
    quiet: bool = False,
) -> Summary:
    """Work on a run with a progress bar; the first Ctrl-C lets what is in flight end, the second ends at once."""
    from tracker import jobs

    limits = limits_of(settings)
    with _given_or(sandbox_url, lambda: jobs.sandbox_for(found)) as url, progress_bar(quiet) as show:

        async def main() -> Summary:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, _stopper(stop, loop))
            return await jobs.execute(db, run_id, limits, sandbox_url=url, on_progress=show, stop=stop)

        return asyncio.run(main())


def limits_of(settings: Settings) -> Any:
    from tracker.jobs import Limits

    month = settings.month_budget_usd
    return Limits(
        concurrency=settings.concurrency,
        rpm=settings.rpm,
        timeout=settings.timeout_seconds,
        max_attempts=settings.max_attempts,
        month_budget_micros=None if month is None else round(month * 1e6),
    )


def _stopper(stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    def stopping() -> None:
        if stop.is_set():
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            signal.raise_signal(signal.SIGINT)
        err.print("Stopping: asks in flight may end. Once more to leave them.")
        stop.set()

    return stopping


@contextmanager
def _given_or(url: str | None, start: Callable[[], Any]) -> Iterator[str | None]:
    if url is not None:
        yield url
        return
    with start() as started:
        yield started


@contextmanager
def progress_bar(quiet: bool, label: str = "asking") -> Iterator[Callable[[Progress], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    if quiet:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[cost]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=err, transient=False) as bar:
        task = bar.add_task(label, total=None, cost="")

        def show(now: Progress) -> None:
            failed = f", {now.failed} failed" if now.failed else ""
            bar.update(
                task,
                total=now.total,
                completed=now.answered + now.failed,
                cost=f"{money(now.spent_micros)}{failed}",
            )

        yield show


def show_summary(summary: Summary) -> None:
    states = summary.tally.states
    out.print(
        f"Run {summary.run_id}: {summary.state}. {states.get('answered', 0):,} answered, {states.get('failed', 0):,} failed, {states.get('skipped', 0):,} skipped of {summary.tally.total:,}; {money(summary.tally.spent_micros)} spent."
    )
    if summary.reason:
        out.print(f"  {plain(summary.reason)}")
    if summary.not_searched:
        out.print(
            f"  {summary.not_searched:,} answers came without a search: they are kept, and left out of search engines' rates."
        )
    if summary.tally.open or summary.tally.reasons:
        out.print("  `citelift run --resume` asks what is missing.")


def runs(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the runs and how they ended."""
    from sqlmodel import col, select

    from tracker import claims, store
    from tracker.models import Run

    settings = settings_from(catalog, database, workspace)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        workspace_id = workspace_of(session, settings)
        statement = (
            select(Run).where(Run.workspace_id == workspace_id).order_by(col(Run.id).desc()).limit(200)
        )
        found = [(r, claims.tally(session, r.id or 0)) for r in session.exec(statement)]
    if as_json:
        rows = [
            {
                "run": r.id,
                "asked_for": r.asked_for.isoformat(),
                "state": r.state,
                "reason": r.reason,
                "states": dict(t.states),
                "spent_usd": t.spent_micros / 1e6,
            }
            for r, t in found
        ]
        print_json({"rows": rows})
        return
    lines = [
        (
            r.id,
            f"{r.asked_for:%Y-%m-%d %H:%M}",
            r.state,
            t.states.get("answered", 0),
            t.total,
            money(t.spent_micros),
            r.reason or "",
        )
        for r, t in found
    ]
    table("Runs", ("run", "for", "state", "answered", "of", "cost", "reason"), lines, right=(0, 3, 4, 5))


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


def reread(
    catalog: CatalogOption = None, database: DatabaseOption = None, workspace: WorkspaceOption = None
) -> None:
    """Rebuild citations and mentions of all stored answers from their raw replies. Costs nothing."""
    from tracker import answers, rollups, store

    settings = settings_from(catalog, database, workspace)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        done = answers.reread(db, workspace_id)
        with store.writing(db) as session:
            rollups.rebuild(session, workspace_id)
    out.print(f"Read {done.answers:,} answers again; {done.unreadable:,} stored replies could not be read.")


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
        f"shape {reading.shape}; model {plain(reading.engine_model)}; searched: {reading.search_used}; problem: {reading.problem or 'none'}"
    )
    for search in reading.searches:
        out.print(f"  search  {plain(search)}")
    rows = [(c.kind, c.position, c.domain, c.url, c.title) for c in reading.citations]
    table("", ("kind", "position", "domain", "url", "title"), rows, right=(1,))


def import_answers(
    file: Annotated[Path, typer.Argument(help=".jsonl or .jsonl.gz, one answer a line.")],
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store answers that were recorded elsewhere. The same line is stored once, however often it comes."""
    from tracker import recorded, rollups, store

    settings = settings_from(catalog, database, workspace)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        counts = recorded.import_answers(db, workspace_id, file)
        if counts.stored:
            with store.writing(db) as session:
                rollups.update(session, workspace_id)
    if as_json:
        print_json(asdict(counts))
    else:
        out.print(
            f"{counts.read:,} read, {counts.stored:,} stored with {counts.citations:,} citations, {counts.already_there:,} already there, {counts.rejected:,} rejected."
        )
        for reject in counts.rejects[:20]:
            err.print(f"  {file}:{reject.line}: {plain(reject.reason)}")
        if counts.rejected > 20:
            err.print(f"  … and {counts.rejected - 20:,} more; --json lists the first thousand.")
    if counts.rejected:
        raise typer.Exit(3)


def import_links(
    file: Annotated[Path, typer.Argument(help="An export of a link tool, or the generic CSV.")],
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    format: Annotated[str, typer.Option(help="auto, or the name of a layout.")] = "auto",
    vendor: Annotated[
        str | None, typer.Option(help="Who made the export, where the file does not say.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(help="What the export covers; a wrong one makes links look lost.")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="The day the export shows.", formats=["%Y-%m-%d"])
    ] = None,
    target: Annotated[str | None, typer.Option(help="The site linked to, where rows do not say.")] = None,
    date_order: Annotated[str, typer.Option(help="auto, or dmy, mdy, ymd.")] = "auto",
    encoding: Annotated[str | None, typer.Option(help="Where the file's own signs mislead.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show format, mapping, rows and rejects; store nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Store one export of backlinks. Recognised by its header and content, never by its name; stored once."""
    from tracker.links import importer

    if dry_run:
        seen = importer.preview(file, format=format, date_order=date_order, encoding=encoding)
        _show_import(seen, as_json)
        raise typer.Exit(3 if seen.rejected else 0)
    settings = settings_from(catalog, database, workspace)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        result = importer.import_links(
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
        )
    _show_import(result, as_json)
    raise typer.Exit(3 if result.rejected else 0)


def _show_import(result: Preview | ImportResult, as_json: bool) -> None:
    if as_json:
        print_json(result.as_json())
        return
    seen = result.recognition
    out.print(
        f"{plain(seen.vendor)}, layout {plain(seen.layout.name)}, scope {seen.scope} ({plain(seen.scope_evidence)})"
    )
    if "rows" in result.as_json():
        _show_preview(result)  # type: ignore[arg-type]
    else:
        _show_stored(result)  # type: ignore[arg-type]
    for warning in seen.warnings:
        err.print(f"  note: {plain(warning)}")
    for reject in result.rejects[:20]:
        err.print(f"  line {reject.line}: {plain(reject.reason)}   {plain(reject.fragment)}")
    if result.rejected > 20:
        err.print(f"  … and {result.rejected - 20:,} more; --json lists the first of them.")


def _show_stored(result: ImportResult) -> None:
    out.print(
        f"{result.read:,} read, {result.stored:,} stored as of {result.as_of} ({plain(result.as_of_evidence)}), "
        f"{result.already_there:,} already there, {result.rejected:,} rejected."
    )
    for warning in result.warnings:
        err.print(f"  note: {plain(warning)}")


def _show_preview(result: Preview) -> None:
    seen = result.recognition
    out.print(
        f"encoding {plain(seen.encoding.name)}, separator {plain(repr(seen.delimiter))}, header in line {seen.header_line}, dates {seen.date_order} ({plain(seen.date_evidence)})"
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
    file: Annotated[Path, typer.Argument(help="A table with a domain and a number a row.")],
    metric: Annotated[str, typer.Option(help="The name of the metric, like referring_subnets.")],
    as_of: Annotated[datetime, typer.Option(help="The day the figures are of.", formats=["%Y-%m-%d"])],
    domain_column: Annotated[str | None, typer.Option(help="The column with the domain.")] = None,
    value_column: Annotated[str | None, typer.Option(help="The column with the number.")] = None,
    lower_is_better: Annotated[
        bool, typer.Option("--lower-is-better", help="For ranks: 1 is the best.")
    ] = False,
    database: DatabaseOption = None,
    catalog: CatalogOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a dated authority metric over domains; `citelift association --authority NAME` uses it."""
    from tracker.links import importer

    settings = settings_from(catalog, database, workspace)
    with opened(settings) as db:
        result = importer.import_authority(
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
            f"{plain(metric)} as of {result.as_of}: {result.read:,} read, {result.stored:,} stored, {result.already_there:,} already there, {result.left_out:,} hosts left out (their domain counts), {result.rejected:,} rejected."
        )
        for warning in result.warnings:
            err.print(f"  note: {plain(warning)}")
        for reject in result.rejects[:20]:
            err.print(f"  line {reject.line}: {plain(reject.reason)}")
    raise typer.Exit(3 if result.rejected else 0)


def schedule_add(
    name: Annotated[str, typer.Argument(help="A name; an existing one is replaced.")],
    cron: Annotated[str, typer.Argument(help="Five fields: minute hour day month weekday.")],
    kind: Annotated[str, typer.Option(help="run or report.")] = "run",
    timezone: Annotated[str, typer.Option(help="IANA name, like Europe/Berlin.")] = "UTC",
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Let a run or the weekly report happen by itself, while `citelift serve` is running."""
    from tracker import schedule, store

    if kind not in {"run", "report"}:
        raise UsageError(f"unknown kind {kind!r}", "run or report")
    settings = settings_from(catalog, database, workspace)
    now = datetime.now(UTC)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            folder = str(settings.catalog.resolve())
            schedule.add(
                session,
                workspace_id,
                name=name,
                kind=kind,
                cron=cron,
                timezone=timezone,
                catalog=folder,
                now=now,
            )  # type: ignore[arg-type]
    following = schedule.trigger(cron, timezone).get_next_fire_time(None, now)
    out.print(
        f"{kind} `{plain(name)}` is next due {following:%Y-%m-%d %H:%M %Z}. `citelift serve` must be running then."
    )


def schedule_list(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the schedules, when each is next due and what its last firing came to."""
    from sqlmodel import col, select

    from tracker import schedule, store
    from tracker.models import Firing, Schedule

    settings = settings_from(catalog, database, workspace)
    now = datetime.now(UTC)
    rows = []
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        workspace_id = workspace_of(session, settings)
        for s in session.exec(
            select(Schedule).where(Schedule.workspace_id == workspace_id, col(Schedule.active))
        ):
            last = session.exec(
                select(Firing).where(Firing.schedule_id == s.id).order_by(col(Firing.due_at).desc())
            ).first()
            following = schedule.next_due(s, now)
            rows.append(
                (
                    s.name,
                    s.kind,
                    s.cron,
                    s.timezone,
                    following.isoformat() if following else None,
                    last.due_at.isoformat() if last else None,
                    last.outcome if last else None,
                )
            )
    names = ("name", "kind", "cron", "timezone", "next", "last", "outcome")
    if as_json:
        print_json({"rows": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        table("Schedules", names, rows)


def schedule_remove(
    name: str,
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Take a schedule out of service."""
    from sqlmodel import select

    from tracker import store
    from tracker.models import Schedule

    settings = settings_from(catalog, database, workspace)
    with opened(settings) as db, store.writing(db) as session:
        workspace_id = workspace_of(session, settings)
        found = session.exec(
            select(Schedule).where(Schedule.workspace_id == workspace_id, Schedule.name == name)
        ).first()
        if found is None:
            raise UsageError(f"there is no schedule {name!r}", "`citelift schedule list` shows them")
        found.active = False
        session.add(found)
    out.print(f"`{plain(name)}` is out of service.")


def event_add(
    title: Annotated[str, typer.Argument(help="What happened, in a few words.")],
    on: Annotated[datetime | None, typer.Option(help="The day; default today.", formats=["%Y-%m-%d"])] = None,
    kind: Annotated[str, typer.Option(help="pr, content, site, product or other.")] = "other",
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Mark a moment that every time chart shows. Changes of a served model are marked by themselves."""
    from tracker import store
    from tracker.models import Event

    settings = settings_from(catalog, database, workspace)
    at = (on or datetime.now(UTC)).replace(tzinfo=UTC)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            store.bulk_insert(
                session,
                Event,
                [{"workspace_id": workspace_id, "at": at, "kind": kind, "title": title}],
                ignore=True,
            )
    out.print(f"{at:%Y-%m-%d} {plain(kind)}: {plain(title)}")


def event_list(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the marked moments."""
    from sqlmodel import col, select

    from tracker import store
    from tracker.models import Event

    settings = settings_from(catalog, database, workspace)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        workspace_id = workspace_of(session, settings)
        found = session.exec(
            select(Event).where(Event.workspace_id == workspace_id).order_by(col(Event.at))
        ).all()
    rows = [(f"{e.at:%Y-%m-%d}", e.kind, e.title) for e in found]
    if as_json:
        print_json({"rows": [dict(zip(("at", "kind", "title"), row, strict=True)) for row in rows]})
    else:
        table("Events", ("day", "kind", "what"), rows)
