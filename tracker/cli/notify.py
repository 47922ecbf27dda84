"""The verbs of delivery: who is told, whether it arrives, what did not. Prints, never computes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import AUTOMATE, add, add_group
from tracker.cli.workspaces import synced, workspace_of

if TYPE_CHECKING:
    from tracker.notify.people import Recipient


def register(app: typer.Typer) -> None:
    group = add_group(app, "notify", "Who is told of reports and alerts, and whether it arrived.", AUTOMATE)
    add(group, notify_list, "list")
    add(group, notify_test, "test")
    add(group, notify_again, "again")


def notify_list(where: Where, as_json: JsonOption = False) -> None:
    """List who stands in notify.yaml, and the newest deliveries with how each ended."""
    from tracker import store
    from tracker.notify import outbox, people

    settings = where.settings()
    told = people.load(settings.catalog)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        deliveries = outbox.listed(session, workspace_of(session, settings))
    persons = [
        {
            "name": each.name,
            "channel": each.channel,
            "to": each.to or each.url,
            "gets": list(each.gets),
            "when": each.when,
            "quiet": hours(each),
            "timezone": each.timezone,
        }
        for each in told.recipients
    ]
    if as_json:
        print_json({"recipients": persons, "deliveries": [asdict(each) for each in deliveries]})
        return
    if not persons:
        out.print("Nobody is told yet: list recipients in notify.yaml (`citelift help automate`).")
    else:
        names = ("name", "channel", "to", "gets", "alerts", "quiet hours", "time of")
        rows = [
            (p.name, p.channel, p.to or p.url, " and ".join(p.gets), p.when, hours(p), p.timezone)
            for p in told.recipients
        ]
        table("Recipients", names, rows)
    if deliveries:
        out.print()
        shown = [
            (d.id, d.recipient, d.notice, d.state, d.attempts, _when(d.ended_at or d.next_at), d.detail)
            for d in deliveries
        ]
        heads = ("no.", "to", "what", "state", "tries", "ended, or next try", "what the other side said")
        table("Deliveries", heads, shown, right=(0, 4))


def hours(person: Recipient) -> str | None:
    return "-".join(f"{at:%H:%M}" for at in person.quiet) if person.quiet else None


def _when(moment: datetime | None) -> str:
    return numbers.moment(moment)


def notify_test(
    where: Where,
    name: Annotated[
        str | None, typer.Argument(help="One of notify.yaml's recipients; without it, all of them.")
    ] = None,
) -> None:
    """Send a short message to see that it arrives."""
    from tracker.notify import people, testing

    settings = where.settings()
    told = people.load(settings.catalog)
    with opened(settings) as db:
        workspace_id, catalog = synced(db, settings, need="brands")
        brand, workspace = catalog.own.name, catalog.workspace
        ended = testing.send(db, workspace_id, told, name, brand, workspace, datetime.now(UTC))
    for each in ended:
        out.print(f"{plain(each.recipient)}: {plain(each.state)} ({plain(each.detail)})")
    if any(each.state != "sent" for each in ended):
        err.print("What waits is tried again by `citelift serve`, or by `citelift notify send`.")
        raise typer.Exit(3)


def notify_again(
    where: Where,
    number: Annotated[int, typer.Argument(help="Its number in `citelift notify list`.")],
) -> None:
    """Send a delivery that failed, or of which nobody knows whether it arrived, once more."""
    from tracker import store
    from tracker.notify import outbox, people

    settings = where.settings()
    now = datetime.now(UTC)
    with opened(settings) as db:
        with store.writing(db) as session:
            workspace_id = workspace_of(session, settings)
            outbox.again(session, workspace_id, number, now)
        sent = outbox.send_due(db, workspace_id, people.load(settings.catalog), now)
    out.print(str(sent))
