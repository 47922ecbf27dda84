"""What happened when: noted events, changes of model, links gained and lost, and what moved after a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from analysis import frames, moments
from analysis.frames import Outcome, Scope
from analysis.moments import Moment
from dashboard.data.cited import kinds
from dashboard.data.linking import has_links, links
from dashboard.data.opened import OpenWorkspace, database, noted, world

if TYPE_CHECKING:
    from analysis.events.study import EventTable


Pooling = Literal["family", "kind", "source"]


def marked_moments(workspace: OpenWorkspace) -> list[Moment]:
    """What every chart over time marks."""
    return _moments(workspace, noted(workspace))


@st.cache_data(show_spinner=False, max_entries=64)
def _moments(workspace: OpenWorkspace, noted: tuple[object, ...]) -> list[Moment]:
    return moments.moments(database(workspace), world(workspace))


def happened(workspace: OpenWorkspace) -> pd.DataFrame:
    """The log, newest first: `at` (date), `kind` ("gained link", "lost link", or of an event), `title`,
    `brand` (None: all)."""
    return _happened(workspace, noted(workspace))


@st.cache_data(show_spinner=False, max_entries=64)
def _happened(workspace: OpenWorkspace, noted: tuple[object, ...]) -> pd.DataFrame:
    lines = [(m.at, m.kind, m.title, None) for m in _moments(workspace, noted)]
    marked = pd.DataFrame(lines, columns=["at", "kind", "title", "brand"])
    if not has_links(workspace):
        return marked.iloc[::-1]
    per_source = links(workspace).groupby(["source", "brand"], sort=False)
    ends = per_source.agg(
        first=("first", "min"), last=("lost", "max"), gone=("lost", lambda days: days.notna().all())
    )
    ends = ends.reset_index()
    parts = [marked]
    for kind, at, part in (
        ("gained link", "first", ends),
        ("lost link", "last", ends[ends["gone"].astype(bool)]),
    ):
        known = part[part[at].notna()]
        parts.append(
            pd.DataFrame(
                {"at": known[at].dt.date, "kind": kind, "title": known["source"], "brand": known["brand"]}
            )
        )
    log = pd.concat([part for part in parts if len(part)] or [marked], ignore_index=True)
    return log.sort_values("at", ascending=False, kind="stable")


def telling_pooling(workspace: OpenWorkspace, scope: Scope, outcome: Outcome) -> Pooling:
    """The finest of the two poolings by type that can say anything, else the finer one."""
    by_type: tuple[Pooling, ...] = ("family", "kind")
    for pooling in by_type:
        found = event_study(workspace, scope, outcome, pooling)
        if found is not None and any(row.att is not None for row in found.rows):
            return pooling
    return "family"


@st.cache_data(show_spinner=False, max_entries=64)
def event_study(
    workspace: OpenWorkspace, scope: Scope, outcome: Outcome, pooling: Pooling
) -> EventTable | None:
    """Before and after first links; None where no source links to a brand or nothing was answered."""
    from analysis.classes.families import families
    from analysis.events.study import study

    db, here = database(workspace), world(workspace)
    named = (
        (lambda names: kinds(workspace, names))
        if pooling == "kind"
        else families(db, here, folder=workspace.classes)
    )
    histories = frames.histories(db, here, scope, outcome=outcome, families=named)
    if not histories.sources or not histories.answers.size:
        return None
    return study(histories, by="source" if pooling == "source" else "family")
