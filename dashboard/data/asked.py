"""What was asked, what it cost, what failed, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from analysis import frames
from analysis.frames import RunRecord
from dashboard.data.opened import OpenWorkspace, database, world
from tracker.engines.simulated import is_sandbox
from tracker.weeks import week_of


def runs(workspace: OpenWorkspace, limit: int = 100) -> list[RunRecord]:
    """The newest runs. Not cached: a run that is under way moves without storing an answer."""
    return frames.newest_runs(database(workspace), world(workspace), limit)


@st.cache_data(show_spinner=False, max_entries=64)
def costs(workspace: OpenWorkspace) -> pd.DataFrame:
    """Spent per run's week and engine: `week`, `engine`, `spent` (micro-dollars), `budget` (per run, None: no
    limit)."""
    spent = frames.spending(database(workspace), world(workspace))
    timezone = world(workspace).timezone
    weeks = [week_of(at, timezone) for at in spent["asked_for"]]
    return pd.DataFrame(
        {
            "week": weeks,
            "engine": _names(workspace, spent),
            "spent": spent["spent"],
            "budget": spent["budget"],
        }
    )


def _names(workspace: OpenWorkspace, frame: pd.DataFrame) -> list[str]:
    return [world(workspace).engines.get(int(engine), "?") for engine in frame["engine_id"]]


@st.cache_data(show_spinner=False, max_entries=64)
def simulated(workspace: OpenWorkspace) -> bool:
    """Whether every engine is the sandbox's: then nobody was paid."""
    models = frames.engine_models(database(workspace), world(workspace))
    return bool(models) and all(is_sandbox(model) for model in models)


@st.cache_data(show_spinner=False, max_entries=64)
def failures(workspace: OpenWorkspace) -> pd.DataFrame:
    """Asks that failed or were skipped: `engine`, `reason`, `asks`, `detail` (one example)."""
    failed = frames.failures(database(workspace), world(workspace))
    return failed.assign(engine=_names(workspace, failed))


@dataclass(frozen=True)
class ScheduleView:
    name: str
    kind: str
    cron: str
    timezone: str
    next: datetime | None
    outcome: str | None
    last: datetime | None


def schedules(workspace: OpenWorkspace, now: datetime) -> list[ScheduleView]:
    from tracker import schedule

    views = []
    for s, fired in frames.schedules(database(workspace), world(workspace)):
        due = schedule.next_due(s, now)
        views.append(
            ScheduleView(
                name=s.name,
                kind=s.kind,
                cron=s.cron,
                timezone=s.timezone,
                next=due.astimezone(UTC) if due else None,
                outcome=fired.outcome if fired else None,
                last=fired.due_at if fired else None,
            )
        )
    return views
