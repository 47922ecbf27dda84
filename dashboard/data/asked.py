"""What was asked, what it cost, what failed, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from analysis import frames
from analysis.frames import RunRecord
from dashboard.data.opened import Opened, database, world
from tracker.engines.simulated import is_sandbox


def runs(place: Opened, limit: int = 100) -> list[RunRecord]:
    """The newest runs. Not cached: a run that is under way moves without storing an answer."""
    return frames.newest_runs(database(place), world(place), limit)


@st.cache_data(show_spinner=False, max_entries=64)
def costs(place: Opened) -> pd.DataFrame:
    """Spent per run's week and engine: `week`, `engine`, `spent` (micro-dollars), `budget` (per run, None: no
    limit)."""
    spent = frames.spending(database(place), world(place))
    weeks = [frames.monday(at.date()) for at in spent["asked_for"]]
    return pd.DataFrame(
        {"week": weeks, "engine": _names(place, spent), "spent": spent["spent"], "budget": spent["budget"]}
    )


def _names(place: Opened, found: pd.DataFrame) -> list[str]:
    return [world(place).engines.get(int(engine), "?") for engine in found["engine_id"]]


@st.cache_data(show_spinner=False, max_entries=64)
def simulated(place: Opened) -> bool:
    """Whether every engine is the sandbox's: then nobody was paid."""
    models = frames.engine_models(database(place), world(place))
    return bool(models) and all(is_sandbox(model) for model in models)


@st.cache_data(show_spinner=False, max_entries=64)
def failures(place: Opened) -> pd.DataFrame:
    """Asks that failed or were skipped: `engine`, `reason`, `asks`, `detail` (one example)."""
    found = frames.failures(database(place), world(place))
    return found.assign(engine=_names(place, found))


@dataclass(frozen=True)
class ScheduleView:
    name: str
    kind: str
    cron: str
    timezone: str
    next: datetime | None
    outcome: str | None
    last: datetime | None


def schedules(place: Opened, now: datetime) -> list[ScheduleView]:
    from tracker import schedule

    views = []
    for s, fired in frames.schedules(database(place), world(place)):
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
