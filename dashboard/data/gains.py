"""Which link sources go with mentions, and what that makes worth doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analysis import frames
from analysis.frames import Scope
from dashboard.data.linking import has_links
from dashboard.data.opened import OpenWorkspace, database, world
from dashboard.data.written import records_of

if TYPE_CHECKING:
    from analysis.lift.estimate import LiftTable
    from analysis.lift.listing import ListingTable
    from analysis.opportunities import Opportunity


@st.cache_data(show_spinner=False, max_entries=64)
def lift(workspace: OpenWorkspace, scope: Scope, brand: str | None = None) -> LiftTable:
    """The within-answer comparison of every link source, checks included."""
    from analysis.classes.families import families
    from analysis.lift import estimate as estimator
    from analysis.reconciled import against_events

    db, here = database(workspace), world(workspace)
    of_family = families(db, here, folder=workspace.classes)
    panel = frames.lift_panel(db, here, scope, families=of_family)
    table = estimator.lift(panel, brand=brand)
    return against_events(db, here, scope, panel, table, of_family)[0] if table.gains else table


@st.cache_data(show_spinner=False, max_entries=64)
def listing(workspace: OpenWorkspace, scope: Scope) -> ListingTable:
    """What being listed on a cited page goes with, and what a link on it adds."""
    from analysis.lift import listing as estimator

    return estimator.listing(*frames.listing_data(database(workspace), world(workspace), scope))


def opportunities(workspace: OpenWorkspace, scope: Scope) -> list[Opportunity]:
    """Sources that could bring the own brand something, with people's decisions on them as they are now."""
    from analysis.opportunities import with_decisions

    return with_decisions(_opportunities(workspace, scope), records_of(workspace))


@st.cache_data(show_spinner=False, max_entries=64)
def _opportunities(workspace: OpenWorkspace, scope: Scope) -> list[Opportunity]:
    from analysis import opportunities as finder

    lifts = lift(workspace, scope) if has_links(workspace) else None
    return finder.opportunities(
        database(workspace), world(workspace), scope, lift=lifts, classes=workspace.classes
    )
