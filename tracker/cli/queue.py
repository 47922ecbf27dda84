"""The verbs of many hosts: worker, and the queue that they share."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import (
    ConcurrencyOption,
    DatabaseOption,
    JsonOption,
    LogOption,
    SandboxOption,
    TimeoutOption,
    settings_from,
)
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.progress import interruptible
from tracker.cli.verbs import ASK, add, add_group

if TYPE_CHECKING:
    from tracker.run.jobs import Summary


def register(app: typer.Typer) -> None:
    add(app, worker, group=ASK)
    queue = add_group(app, "queue", "What workers on all hosts have to ask; cancelling and draining.", ASK)
    add(queue, show, "show")
    add(queue, cancel, "cancel")
    add(queue, drain, "drain")
    add(queue, resume, "resume")


def worker(
    database: DatabaseOption = None,
    runs: Annotated[int, typer.Option("--runs", min=1, max=64, help="Runs worked on at once.")] = 4,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End where nothing is left to take.")
    ] = False,
    slots: Annotated[
        int | None,
        typer.Option(
            "--slots", min=1, help="Asks in flight per engine on this host; default: all it allows."
        ),
    ] = None,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    sandbox: SandboxOption = None,
    log_file: LogOption = None,
) -> None:
    """Ask what is planned, beside other workers on this and other hosts, until SIGTERM or Ctrl-C. Then asks
    in flight may end, and the rest is for the others."""
    from tracker.logs import log_to
    from tracker.run.jobs import Limits
    from tracker.run.worker import QueueWorker

    settings = settings_from(
        database=database, concurrency=concurrency, timeout_seconds=timeout, log=log_file
    )
    with log_to(settings.log), opened(settings) as db:
        limits = replace(Limits.of(settings), slots=slots)
        mine = QueueWorker(db, limits, runs, sandbox, _say_end)
        interruptible(lambda stop: mine.work(stop, until_empty=until_empty))


def _say_end(summary: Summary) -> None:
    counted = numbers.counted(summary.tally.states.get("answered", 0), "answer")
    err.print(plain(f"{datetime.now(UTC):%H:%M:%S} run {summary.run_id} {summary.state}: {counted}"))


def show(database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show what is due, held and in flight, for how long it has waited, and who is at work."""
    from tracker import store
    from tracker.run import queue

    with opened(settings_from(database=database), read_only=True) as db, store.reading(db) as session:
        depth, at_work, draining = queue.depth(session), queue.workers(session), queue.is_draining(session)
    if as_json:
        print_json(
            {
                "rows": [asdict(each) for each in depth],
                "workers": [asdict(each) | {"until": each.until.isoformat()} for each in at_work],
                "draining": draining,
            }
        )
        return
    lines = [
        (d.workspace, d.engine, d.due, d.later, d.held, d.in_flight, f"{d.lag_seconds:,.0f} s") for d in depth
    ]
    names = ("workspace", "engine", "due", "later", "held", "in flight", "waits for")
    if lines:
        table("Queue", names, lines, right=(2, 3, 4, 5, 6))
    else:
        out.print("Nothing is to be asked.")
    for each in at_work:
        out.print(plain(f"worker {each.holder}, version {each.version}"))
    if not at_work:
        out.print("No worker is at work: `citelift worker` is one.")
    if draining:
        out.print("The queue is drained: nobody takes anything new until `citelift queue resume`.")


def cancel(
    run: Annotated[int, typer.Argument(help="The run's number, as `citelift runs` has it.")],
    database: DatabaseOption = None,
) -> None:
    """Ask no more of a run, on any host. What is in flight is cut off after two seconds, and may have been
    paid for."""
    from tracker.run import queue

    with opened(settings_from(database=database)) as db:
        left = queue.cancel(db, run, datetime.now(UTC))
    out.print(f"Run {run} is cancelled: {numbers.counted(left, 'ask')} left.")


def drain(database: DatabaseOption = None) -> None:
    """Let no worker take anything new: before an upgrade, or to stop spending."""
    _drain(database, True)
    out.print("Workers end what is in flight, and take nothing new. `citelift queue resume` lets them again.")


def resume(database: DatabaseOption = None) -> None:
    """Let workers take up asks again."""
    _drain(database, False)
    out.print("Workers take up asks again.")


def _drain(database: str | None, wanted: bool) -> None:
    from tracker.run import queue

    with opened(settings_from(database=database)) as db:
        queue.drain(db, wanted)
