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

    with reading(where, AnswerFilter()) as asked:
        found = alarms(asked.database, asked.world, datetime.now(UTC), month_budget=_budget(where))
    if as_json:
        print_json({"rows": [asdict(each) for each in found]})
        return
    if not found:
        out.print("Nothing is worth an alert.")
    for each in found:
        out.print(f"[bold]{plain(each.kind)}[/bold] {numbers.day(each.at)}: {plain(each.says)}")
        out.print(f"  {plain(each.odds)}")


def _budget(where: Where) -> int | None:
    usd = where.settings().month_budget_usd
    return None if usd is None else round(usd * 1e6)


def send(where: Where) -> None:
    """Tell now what is due: new alerts, digests, and messages that wait for another try."""
    from analysis import alarms, frames
    from tracker import store
    from tracker.archive.laid import reading_beside
    from tracker.catalog import look
    from tracker.notify import outbox, people, telling

    settings = where.settings()
    told = people.load(settings.catalog)
    now = datetime.now(UTC)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        world = frames.world(db, workspace_id)
        with reading_beside(db, settings.archive) as reader:
            found = alarms.alarms(reader, world, now, month_budget=_budget(where))
        pages = look.load(settings.catalog).pages
        with store.writing(db) as session:
            fresh = telling.note(session, workspace_id, found, now)
            telling.post_due(
                session, workspace_id, told, now, lambda each: alarms.message(world, each, pages)
            )
        sent = outbox.send_due(db, workspace_id, told, now)
    out.print(f"{numbers.counted(len(fresh), 'new alert')}; {sent}.")
