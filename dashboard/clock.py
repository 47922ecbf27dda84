"""What `citelift serve` does when something is due: a run, or the report of the week before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.cli.workspaces import synced
from tracker.errors import CiteliftError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.models import Schedule
    from tracker.notify.people import People
    from tracker.settings import Settings


def scheduled_run(
    db: Database, settings: Settings, what: Schedule, due: datetime, ending: threading.Event
) -> str:
    """One firing's run; its key makes a second attempt go on with the first."""
    import asyncio

    from sqlmodel import select

    from tracker import catalog as catalogs
    from tracker import health, store
    from tracker.models import Brand, Workspace
    from tracker.run import jobs, worker

    with store.reading(db) as session:
        workspace = session.get_one(Workspace, what.workspace_id).name
        own_brand = session.exec(
            select(Brand.name).where(Brand.workspace_id == what.workspace_id, Brand.own, Brand.active)
        ).first()
    own = settings.model_copy(update={"catalog": Path(what.catalog), "workspace": workspace})
    try:
        catalog = catalogs.load(own.catalog)
        if catalog.workspace != workspace and catalog.own.name != own_brand:
            return f"not run: {what.catalog} is now the catalog of another workspace, {catalog.workspace}"
        workspace_id, catalog = synced(db, own)
    except CiteliftError as error:
        return f"not run: {error.problem}"
    run_plan = health.plan_with_history(db, workspace_id, catalog)
    if run_plan.missing_keys:
        return f"not run: keys are missing: {', '.join(run_plan.missing_keys)}"
    with store.writing(db) as session:
        run_id = jobs.create_run(
            session,
            workspace_id,
            catalog,
            run_plan,
            key=f"{workspace_id}:schedule:{what.id}:{due.isoformat()}",
            now=due,
            asked_for=due,
            trigger="schedule",
        )

    async def work() -> jobs.Summary:
        stop = asyncio.Event()
        watcher = asyncio.create_task(_watch(ending, stop))
        try:
            if settings.queue == "workers":
                return await worker.follow(db, run_id, stop=stop)
            return await jobs.execute(db, run_id, jobs.Limits.of(settings), sandbox_url=url, stop=stop)
        finally:
            watcher.cancel()

    with jobs.sandbox_for(catalog) as url:
        summary = asyncio.run(work())
    if not ending.is_set():
        try:
            tell_alerts(db, settings, what, datetime.now(UTC))
        except CiteliftError as error:  # the run is done all the same
            return f"run {summary.run_id} {summary.state}; alerts not told: {error.problem.splitlines()[0]}"
    return f"run {summary.run_id} {summary.state}" + (f": {summary.reason}" if summary.reason else "")


async def _watch(ending: threading.Event, stop: object) -> None:
    import asyncio

    assert isinstance(stop, asyncio.Event)
    while not ending.is_set():
        await asyncio.sleep(0.2)
    stop.set()


def scheduled_report(db: Database, folder: Path, what: Schedule, due: datetime) -> str:
    """The report of the last full week, month or quarter before the due moment: written, and sent to those
    who want it. Once it is in the outbox, a second attempt goes on from there."""
    from tracker import store
    from tracker.notify import outbox, people

    told = people.load(Path(what.catalog))
    key = f"report:{what.id}:{due.isoformat()}"
    with store.reading(db) as session:
        posted = outbox.find(session, what.workspace_id, key)
    words = "report sent before"
    if posted is None:
        try:
            words = _report(db, folder, what, due, told, key)
        except UsageError as error:
            return f"no report: {error.problem}"
    sent = outbox.send_due(db, what.workspace_id, told, datetime.now(UTC))
    return words if sent == outbox.Sent() else f"{words}; {sent}"


def _report(db: Database, folder: Path, what: Schedule, due: datetime, told: People, key: str) -> str:
    from typing import get_args

    from analysis import frames
    from analysis.classes.classify import own_folder
    from analysis.report import write
    from analysis.report.gather import gather
    from tracker import store
    from tracker.archive.laid import reading_beside
    from tracker.catalog import look
    from tracker.notify import hours, outbox
    from tracker.settings import load

    catalog, options = Path(what.catalog), what.options
    world = frames.world(db, what.workspace_id)
    period = options.get("period", "week")
    topic, country = options.get("topic"), options.get("country")
    part = frames.Scope(
        topic=world.require("topic", topic) if topic else None,
        country=world.require("country", country) if country else None,
    )
    with reading_beside(db, load().archive) as reader:
        facts = gather(
            reader,
            world,
            _week_of(due, world.timezone, period),
            own_folder(catalog),
            part,
            period=period,
            brand=options.get("brand"),
        )
    style = look.load(catalog)
    written = write.save(facts, folder, get_args(write.Format), style)
    wanted = [person for person in told.recipients if person.wants(what.name)]
    if wanted:
        now = datetime.now(UTC)
        with store.writing(db) as session:
            outbox.post(
                session,
                what.workspace_id,
                key=key,
                kind="report",
                message=write.message(facts, style),
                to=[(person, hours.not_before(person, now)) for person in wanted],
                now=now,
            )
    return f"report {', '.join(str(path) for path in written)}"


def tell_alerts(db: Database, settings: Settings, what: Schedule, now: datetime) -> str:
    """What there is to alert of, stored once and told to each person once: after a run, and on schedule."""
    from analysis import alarms, frames
    from tracker.notify import people

    catalog = Path(what.catalog)
    if not any("alerts" in person.gets for person in people.load(catalog).recipients):
        return "nobody is told of alerts"
    return alarms.tell(db, frames.world(db, what.workspace_id), catalog, settings, now)


def _week_of(due: datetime, timezone: str, period: str) -> date:
    """A day of the last week that ended before, or of the month or quarter before."""
    from tracker import weeks

    if period == "week":
        return weeks.week_of(due, timezone) - timedelta(days=7)
    day = weeks.day_of(due, timezone).replace(day=1)
    back = 1 if period == "month" else 1 + (day.month - 1) % 3
    for _ in range(back):
        day = (day - timedelta(days=1)).replace(day=1)
    first = weeks.monday(day + timedelta(days=6))  # the first Monday of that month
    return first


def deliver_due(db: Database, now: datetime, say: Callable[[str], None]) -> None:
    """What waits in the outbox of each workspace that has a schedule: retries, and what quiet hours held."""
    from sqlmodel import col, select

    from tracker import store
    from tracker.models import Schedule
    from tracker.notify import outbox, people

    with store.reading(db) as session:
        active = session.exec(select(Schedule).where(col(Schedule.active)).order_by(col(Schedule.id))).all()
    catalogs = {schedule.workspace_id: Path(schedule.catalog) for schedule in active}
    for workspace_id, catalog in catalogs.items():
        if outbox.waiting(db, workspace_id):
            outbox.send_due(db, workspace_id, people.load(catalog), now, on_end=say)


DELIVERY_SECONDS = 15.0


def keep_delivering(db: Database, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Until `stop`: a message that failed is tried again when it is due, whatever else happens."""
    from sqlalchemy.exc import DBAPIError

    from tracker import store

    told = ""
    while not stop.wait(DELIVERY_SECONDS):
        words = ""
        try:
            deliver_due(db, datetime.now(UTC), say)
        except DBAPIError as error:
            if not store.passes(error):
                raise
            words = "messages wait: the database is away"
        except CiteliftError as error:
            words = f"messages wait: {error.problem.splitlines()[0]}"
        if words and words != told:
            say(words)
        told = words
