"""The verbs of time: schedules and events. Prints, never computes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import ACT, AUTOMATE, add, add_group
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import UsageError


def register(app: typer.Typer) -> None:
    schedules = add_group(app, "schedule", "When runs and reports happen by themselves.", AUTOMATE)
    add(schedules, schedule_add, "add")
    add(schedules, schedule_list, "list")
    add(schedules, schedule_remove, "remove")
    events = add_group(app, "event", "Write down what may explain a change.", ACT)
    add(events, event_add, "add")
    add(events, event_list, "list")
    add(events, event_remove, "remove")


def schedule_add(
    where: Where,
    name: Annotated[str, typer.Argument(help="A name; an existing one is replaced.")],
    cron: Annotated[str, typer.Argument(help="Five fields: minute hour day month weekday.")],
    kind: Annotated[str, typer.Option(help="run, report or alerts.")] = "run",
    timezone: Annotated[str, typer.Option(help="IANA name, like Europe/Berlin.")] = "UTC",
    period: Annotated[
        Literal["week", "month", "quarter"], typer.Option(help="Of a report: what it is of.")
    ] = "week",
    topic: Annotated[str | None, typer.Option(help="Of a report: only this topic.")] = None,
    country: Annotated[str | None, typer.Option(help="Of a report: only this country.")] = None,
    brand: Annotated[str | None, typer.Option("--for", help="Of a report: a tracked brand.")] = None,
) -> None:
    """Let a run or the weekly report happen by itself, while `citelift serve` is running."""
    from tracker import audit, schedule, store

    settings = where.settings()
    now = datetime.now(UTC)
    given = {
        "period": period if period != "week" else None,
        "topic": topic,
        "country": country,
        "brand": brand,
    }
    options = {name: value for name, value in given.items() if value is not None}
    if options and kind != "report":
        raise UsageError(f"--{next(iter(options))} is for reports", "add --kind report, or leave it out")
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            folder = str(settings.catalog.resolve())
            schedule.add(
                session,
                workspace_id,
                name=name,
                kind=kind,  # type: ignore[arg-type]
                cron=cron,
                timezone=timezone,
                catalog=folder,
                now=now,
                who=audit.terminal_user(),
                options=options,
            )
    following = schedule.trigger(cron, timezone).get_next_fire_time(None, now)
    out.print(
        f"{plain(kind)} `{plain(name)}` is next due {following:%Y-%m-%d %H:%M %Z}. "
        "`citelift serve` must be running then."
    )


def schedule_list(
    where: Where,
    as_json: JsonOption = False,
) -> None:
    """List the schedules, when each is next due and what its last firing came to."""
    from sqlmodel import col, select

    from tracker import schedule, store
    from tracker.models import Firing, Schedule

    settings = where.settings()
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
    where: Where,
    name: str,
) -> None:
    """Take a schedule out of service."""
    from tracker import audit, schedule, store

    settings, who = where.settings(), audit.terminal_user()
    with opened(settings) as db, store.writing(db) as session:
        schedule.remove(session, workspace_of(session, settings), name, now=datetime.now(UTC), who=who)
    out.print(f"`{plain(name)}` is out of service.")


def event_add(
    where: Where,
    title: Annotated[str, typer.Argument(help="What happened, in a few words.")],
    on: Annotated[datetime | None, typer.Option(help="The day; default today.", formats=["%Y-%m-%d"])] = None,
    kind: Annotated[str, typer.Option(help="pr, content, site, product, model, link or other.")] = "other",
) -> None:
    """Mark a day that every chart over time shows. Changes of a served model are marked by themselves."""
    from tracker import audit, events, store

    settings = where.settings()
    now = datetime.now(UTC)
    event = events.checked(title, kind=kind, at=(on or now).replace(tzinfo=UTC), now=now)
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            number = events.add(session, workspace_id, event, who=audit.terminal_user(), now=now)
    out.print(f"{number}: {event.at:%Y-%m-%d} {plain(kind)}: {plain(event.title)}")


def event_list(
    where: Where,
    as_json: JsonOption = False,
) -> None:
    """List the marked days, with the numbers by which they can be removed."""
    from tracker import events, store

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        notes = events.listed(session, workspace_of(session, settings))
    rows = [(e.id, f"{e.at:%Y-%m-%d}", e.kind, e.title) for e in notes]
    if as_json:
        print_json({"rows": [dict(zip(("id", "at", "kind", "title"), row, strict=True)) for row in rows]})
    elif rows:
        table("Events", ("no.", "day", "kind", "what"), rows, right=(0,))
    else:
        out.print('Nothing is noted yet: citelift event add "What happened" --on 2026-05-04 --kind pr')


def event_remove(
    where: Where,
    number: Annotated[int, typer.Argument(help="Its number in `citelift event list`.")],
) -> None:
    """Take a day's mark away. What the answers themselves tell, a change of a served model, comes back."""
    from tracker import audit, events, store

    settings, now = where.settings(), datetime.now(UTC)
    with opened(settings) as db, store.writing(db) as session:
        workspace_id = workspace_of(session, settings)
        gone = events.remove(session, workspace_id, number, who=audit.terminal_user(), now=now)
        removed = f"{gone.at:%Y-%m-%d} {plain(gone.kind)}: {plain(gone.title)}"
    out.print(f"Removed {removed}")
