"""Experiments as the page of them shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import streamlit as st

from analysis import trials
from analysis.trials import ExperimentProgress, ExperimentResult
from dashboard.data.opened import OpenWorkspace, database, world
from tracker import experiments, store
from tracker.errors import UsageError
from tracker.experiments import Stored
from tracker.weeks import day_of


@dataclass(frozen=True)
class ExperimentView:
    """A started experiment: where it stands and, once its window is over, what it says or why it cannot."""

    progress: ExperimentProgress
    result: ExperimentResult | None
    why_none: str


def drawn_experiments(workspace: OpenWorkspace) -> tuple[Stored, ...]:
    """Read afresh every time: whether a protocol was changed is seen at once."""
    with store.reading(database(workspace)) as session:
        return experiments.listed(session, workspace.id)


def experiment(workspace: OpenWorkspace, stored: Stored) -> ExperimentView:
    today = day_of(datetime.now(UTC), world(workspace).timezone)
    return _view(workspace, stored.name, stored.protocol_hash or "", len(stored.book), today)


@st.cache_data(show_spinner=False, max_entries=32)
def _view(workspace: OpenWorkspace, name: str, protocol_hash: str, lines: int, today: date) -> ExperimentView:
    """The hash and the number of lines are part of the key: a new line makes it be computed afresh."""
    db, here = database(workspace), world(workspace)
    with store.reading(db) as session:
        stored = experiments.read(session, workspace.id, name)
    seen = trials.progress(db, here, stored, today=today)
    if not seen.over:
        return ExperimentView(seen, None, "")
    try:
        return ExperimentView(seen, trials.result(db, here, stored, today=today), "")
    except UsageError as error:
        return ExperimentView(seen, None, error.problem)
