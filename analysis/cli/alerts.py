"""The verbs of alerts: what there is to tell, and telling it. Prints, computes nothing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from analysis.cli.scope import AnswerFilter, reading
from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, plain, print_json
from tracker.cli.verbs import READ, add, group_of
from tracker.cli.workspaces import synced


def register(app: typer.Typer) -> None:
    add(app, alerts, group=READ)
    add(group_of(app, "notify"), send, "send")


def alerts(where: Where, as_json: JsonOption = False) -> None:
    """List what is worth an alert now, each with the odds that it is nothing."""
    from analysis.alarms import alarms
    from tracker.run.work import Limits

    budget = Limits.of(where.settings()).month_budget_micros
    with reading(where, AnswerFilter()) as asked:
        found = alarms(asked.database, asked.world, datetime.now(UTC), month_budget=budget)
    if as_json:
        print_json({"rows": [asdict(each) for each in found]})
        return
    if not found:
        out.print("Nothing is worth an alert.")
    for each in found:
        out.print(f"[bold]{plain(each.kind)}[/bold] {numbers.day(each.at)}: {plain(each.says)}")
        out.print(f"  {plain(each.odds)}")


def send(where: Where) -> None:
    """Tell now what is due: new alerts, digests, and messages that wait for another try."""
    from analysis import alarms, frames

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        world = frames.world(db, workspace_id)
        said = alarms.tell(db, world, settings.catalog, settings, datetime.now(UTC))
    out.print(f"{said}.")
