"""The verbs of asking: run, runs. They print what other modules do."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import ConcurrencyOption, JsonOption, LogOption, SandboxOption, TimeoutOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.progress import interruptible, progress_bar
from tracker.cli.verbs import ASK, add
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.catalog import Catalog
    from tracker.run.jobs import Summary
    from tracker.settings import Settings

TROUBLES, WORDS = 8, 200
"""Reasons that a summary shows, and how much of an engine's own words on each."""
LONGEST_SPREAD = 31 * 24.0


def register(app: typer.Typer) -> None:
    add(app, run, group=ASK)
    add(app, runs, group=ASK)


def run(
    where: Where,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest run that is not done.")
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Ask everything anew, also beside a run that is not done.")
    ] = False,
    at: Annotated[
        datetime | None,
        typer.Option(
            help="Simulated date of the answers; sandbox engines only.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    spread: Annotated[
        float | None, typer.Option(min=0, max=LONGEST_SPREAD, help="Spread the asks over so many hours.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="A name for the run: running the same name again plans nothing new.")
    ] = None,
    sandbox: SandboxOption = None,
    log_file: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every prompt of every engine and store what comes back. Stops before the budget is passed."""
    from tracker import starting
    from tracker.logs import log_to

    settings = where.settings(concurrency=concurrency, timeout_seconds=timeout, log=log_file)
    with log_to(settings.log), opened(settings) as db:
        workspace_id, catalog = synced(db, settings)
        run_id = (
            starting.resume(db, workspace_id, catalog, now=datetime.now(UTC))
            if resume
            else _started(db, workspace_id, catalog, at, spread, key, new)
        )
        summary = run_now(db, run_id, catalog, settings, sandbox_url=sandbox, quiet=as_json)
    if as_json:
        print_json(
            {
                "run": summary.run_id,
                "state": str(summary.state),
                "reason": summary.reason,
                "states": dict(summary.tally.states),
                "reasons": dict(summary.tally.reasons),
                "troubles": [asdict(trouble) for trouble in summary.troubles],
                "spent_usd": summary.tally.spent_micros / 1e6,
            }
        )
    else:
        show_summary(summary)
    raise typer.Exit(exit_code(summary))


def exit_code(summary: Summary) -> int:
    return {"done": 0, "stopped at the budget": 4, "cancelled": 1}.get(str(summary.state), 3)


def _started(
    db: Database,
    workspace_id: int,
    catalog: Catalog,
    at: datetime | None,
    spread: float | None,
    key: str | None,
    new: bool,
) -> int:
    from tracker import starting
    from tracker.engines.simulated import is_sandbox

    if at is not None and not all(is_sandbox(engine.model) for engine in catalog.engines):
        raise UsageError("--at is for sandbox engines: a real engine answers now", "leave --at out")
    now = datetime.now(UTC)
    made = starting.planned(db, workspace_id, catalog)
    if key is None and not new:
        _refuse_a_second_bill(db, workspace_id, now)
    return starting.start(
        db,
        workspace_id,
        catalog,
        made,
        key=key,
        now=now,
        asked_for=at.replace(tzinfo=UTC) if at else None,
        spread=timedelta(hours=spread) if spread else None,
    )


def _refuse_a_second_bill(db: Database, workspace_id: int, now: datetime) -> None:
    from tracker import starting

    problem = starting.second_bill(db, workspace_id, now)
    if problem is None:
        return
    if sys.stdin.isatty() and typer.confirm(f"{problem}. Ask everything anew?", err=True):
        return
    raise UsageError(problem, "`citelift run --resume` goes on with it, `citelift run --new` asks all anew")


def run_now(
    db: Database,
    run_id: int,
    catalog: Catalog,
    settings: Settings,
    *,
    sandbox_url: str | None = None,
    quiet: bool = False,
) -> Summary:
    """Work on a run with a progress bar; a first Ctrl-C lets what is in flight end, a second ends at once.
    Where workers ask, only the progress is shown here."""
    from tracker.run import jobs, worker

    if settings.queue == "workers":
        with progress_bar(quiet) as show:
            return interruptible(lambda stop: worker.follow(db, run_id, on_progress=show, stop=stop))
    limits = jobs.Limits.of(settings)
    given = nullcontext(sandbox_url) if sandbox_url else jobs.sandbox_for(catalog)
    with given as url, progress_bar(quiet) as show:
        return interruptible(
            lambda stop: jobs.execute(db, run_id, limits, sandbox_url=url, on_progress=show, stop=stop)
        )


def show_summary(summary: Summary) -> None:
    states = summary.tally.states
    out.print(
        f"Run {summary.run_id}: {summary.state}. {states.get('answered', 0):,} answered, "
        f"{states.get('failed', 0):,} failed, {states.get('skipped', 0):,} skipped of "
        f"{summary.tally.total:,}; {numbers.money(summary.tally.spent_micros)} spent."
    )
    if summary.reason:
        out.print(f"  {plain(summary.reason)}")
    _show_troubles(summary)
    if summary.not_searched:
        out.print(
            f"  {summary.not_searched:,} answers came without a search: they count in mention rates "
            "and share of voice, and are in no citation rate."
        )
    if summary.cut_off:
        out.print(
            f"  {summary.cut_off:,} answers were cut off at a limit of length: they are in no rate. "
            "`max_output_tokens` (or `max_tokens`) in the engine's options raises it."
        )
    if summary.tally.can_go_on:
        out.print("  `citelift run --resume` asks what is missing.")


def _show_troubles(summary: Summary) -> None:
    """What each engine said, shortened, and what can be done about it."""
    from tracker.engines.failures import HINTS

    for trouble in summary.troubles[:TROUBLES]:
        words = " ".join(trouble.detail.split())
        words = f": {words[:WORDS]}{'…' if len(words) > WORDS else ''}" if words else ""
        out.print(f"  {plain(trouble.engine)}: {trouble.asks:,} × {trouble.reason}{plain(words)}")
        if trouble.reason in HINTS:
            out.print(f"    fix: {HINTS[trouble.reason]}")
    if len(summary.troubles) > TROUBLES:
        out.print(
            f"  and {len(summary.troubles) - TROUBLES} more reasons: `citelift run --json` lists them all"
        )


def runs(
    where: Where,
    as_json: JsonOption = False,
) -> None:
    """List the runs and how they ended."""
    from sqlmodel import col, select

    from tracker import store
    from tracker.models import Run
    from tracker.run import ends

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        workspace_id = workspace_of(session, settings)
        statement = (
            select(Run).where(Run.workspace_id == workspace_id).order_by(col(Run.id).desc()).limit(200)
        )
        tallies = [(r, ends.tally(session, r.id or 0)) for r in session.exec(statement)]
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
            for r, t in tallies
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
            numbers.money(t.spent_micros),
            r.reason or "",
        )
        for r, t in tallies
    ]
    table("Runs", ("run", "for", "state", "answered", "of", "cost", "reason"), lines, right=(0, 3, 4, 5))
