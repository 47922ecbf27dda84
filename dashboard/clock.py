"""What `citelift serve` does when something is due: a run, or the report of the week before."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.cli.run import limits_of
from tracker.cli.workspaces import synced
from tracker.errors import CiteliftError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.models import Schedule
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
    from tracker.run import jobs

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
            return await jobs.execute(db, run_id, limits_of(settings), sandbox_url=url, stop=stop)
        finally:
            watcher.cancel()

    with jobs.sandbox_for(catalog) as url:
        summary = asyncio.run(work())
    return f"run {summary.run_id} {summary.state}" + (f": {summary.reason}" if summary.reason else "")


async def _watch(ending: threading.Event, stop: object) -> None:
    import asyncio

    assert isinstance(stop, asyncio.Event)
    while not ending.is_set():
        await asyncio.sleep(0.2)
    stop.set()


def scheduled_report(db: Database, folder: Path, what: Schedule, due: datetime) -> str:
    """The report of the last full week before the due moment."""
    from analysis import frames
    from analysis.classes.classify import own_folder
    from analysis.report import write
    from tracker import weeks

    week = weeks.week_of(due, frames.world(db, what.workspace_id).timezone) - timedelta(days=7)
    try:
        written = write.write(
            db, what.workspace_id, folder, week=week, classes=own_folder(Path(what.catalog))
        )
    except UsageError as error:
        return f"no report: {error.problem}"
    return f"report {', '.join(str(path) for path in written)}"
