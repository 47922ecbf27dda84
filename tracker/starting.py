"""A run as a person starts it: planned by the catalog as it is now, or the latest one gone on with.

Refused where keys are missing, and said where the same would be paid for twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine as Database

from tracker import health, store
from tracker.catalog import Catalog
from tracker.errors import UsageError
from tracker.run import ends, jobs
from tracker.run.plan import Plan


def planned(database: Database, workspace_id: int, catalog: Catalog) -> Plan:
    """What a run asks now; refused where it cannot be asked."""
    made = health.plan_with_history(database, workspace_id, catalog)
    if made.missing_keys:
        raise UsageError(
            f"keys are missing: {', '.join(made.missing_keys)}",
            "set them in the environment or in .env, or take the engine out of engines.yaml; "
            "`citelift check` shows which is whose",
        )
    return made


def second_bill(database: Database, workspace_id: int, now: datetime) -> str | None:
    """Why a new run would pay for the same again; None where it would not."""
    with store.reading(database) as session:
        run = jobs.under_way(session, workspace_id, now)
        if run is None:
            return None
        left = ends.tally(session, run.id or 0).open
    return f"run {run.id} is not done: {left:,} asks are open, and a second run would pay for them again"


def start(
    database: Database,
    workspace_id: int,
    catalog: Catalog,
    made: Plan,
    *,
    key: str | None = None,
    now: datetime,
    asked_for: datetime | None = None,
    spread: timedelta | None = None,
) -> int:
    """Store a run and its asks; of a `key` that is there already, the run that has it."""
    with store.writing(database) as session:
        return jobs.create_run(
            session,
            workspace_id,
            catalog,
            made,
            key=f"{workspace_id}:{key or f'manual:{now.isoformat()}'}",
            now=now,
            asked_for=asked_for,
            spread=spread,
        )


def resume(database: Database, workspace_id: int, catalog: Catalog, *, now: datetime) -> int:
    """Make the latest run that is not done ready to go on, as the catalog is now."""
    made = planned(database, workspace_id, catalog)
    with store.reading(database) as session:
        latest = jobs.latest_open(session, workspace_id)
    if latest is None or latest.id is None:
        raise UsageError(
            "there is no run to resume: none has anything left to ask", "start one with `citelift run`"
        )
    jobs.reopen(database, latest.id, now=now, plan=made)
    return latest.id
