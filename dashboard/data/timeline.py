"""What happened when: noted events, changes of model, links gained and lost, and what moved after a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from analysis import frames, moments
from analysis.frames import Outcome, Scope
from analysis.moments import Moment
from dashboard.data.cited import kinds
from dashboard.data.computing import kept, step
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


LOG = ["at", "kind", "title", "brand"]


def happened(workspace: OpenWorkspace, moves: pd.DataFrame | None) -> pd.DataFrame:
    """The log, newest first: `at` (date), `kind` ("gained link", "lost link", or of an event), `title`,
    `brand` (None: all). `moves` is `link_moves`, where it is known."""
    lines = [(m.at, m.kind, m.title, None) for m in marked_moments(workspace)]
    marked = pd.DataFrame(lines, columns=LOG)
    if moves is None or moves.empty:
        return marked.iloc[::-1]
    log = pd.concat([marked, moves], ignore_index=True) if len(marked) else moves
    return log.sort_values("at", ascending=False, kind="stable")


@kept
def link_moves(workspace: OpenWorkspace) -> pd.DataFrame:
    """The first link of each source to each brand, and the end of its last one, newest first: as `happened`
    has them, `title` being the source."""
    if not has_links(workspace):
        return pd.DataFrame(columns=LOG)
    per_source = links(workspace).groupby(["source", "brand"], sort=False)
    ends = per_source.agg(
        first=("first", "min"), last=("lost", "max"), gone=("lost", lambda days: days.notna().all())
    )
    ends = ends.reset_index()
    parts = []
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
    log: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return log.sort_values("at", ascending=False, kind="stable")


@kept
def telling_pooling(workspace: OpenWorkspace, scope: Scope, outcome: Outcome) -> Pooling:
    """The finest of the two poolings by type that can say anything, else the finer one."""
    by_type: tuple[Pooling, ...] = ("family", "kind")
    for pooling in by_type:
        found = event_study(workspace, scope, outcome, pooling)
        if found is not None and any(row.att is not None for row in found.rows):
            return pooling
    return "family"


@kept
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
    step("reading")
    histories = frames.histories(db, here, scope, outcome=outcome, families=named)
    if not histories.sources or not histories.answers.size:
        return None
    step("comparing")
    return study(histories, by="source" if pooling == "source" else "family")
