"""Which link sources go with mentions, and what that makes worth doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis import frames
from analysis.frames import Scope
from dashboard.data.computing import kept, step
from dashboard.data.linking import has_links
from dashboard.data.opened import OpenWorkspace, database, world
from dashboard.data.written import records_of

if TYPE_CHECKING:
    from analysis.lift.estimate import LiftTable
    from analysis.lift.listing import ListingTable
    from analysis.opportunities import Opportunity


@kept
def lift(workspace: OpenWorkspace, scope: Scope, brand: str | None = None) -> LiftTable:
    """The within-answer comparison of every link source, checks included."""
    from analysis.classes.families import families
    from analysis.lift import estimate as estimator
    from analysis.reconciled import against_events

    db, here = database(workspace), world(workspace)
    of_family = families(db, here, folder=workspace.classes)
    step("reading")
    panel = frames.lift_panel(db, here, scope, families=of_family)
    step("comparing")
    table = estimator.lift(panel, brand=brand)
    step("checking")
    return against_events(db, here, scope, panel, table, of_family)[0] if table.gains else table


@kept
def listing(workspace: OpenWorkspace, scope: Scope) -> ListingTable:
    """What being listed on a cited page goes with, and what a link on it adds."""
    from analysis.lift import listing as estimator

    return estimator.listing(*frames.listing_data(database(workspace), world(workspace), scope))


def decided(workspace: OpenWorkspace, offers: Sequence[Opportunity]) -> list[Opportunity]:
    """The same with people's decisions on them as they are now, in order."""
    from analysis.opportunities import with_decisions

    return with_decisions(offers, records_of(workspace))


@kept
def opportunities(workspace: OpenWorkspace, scope: Scope) -> list[Opportunity]:
    """Sources that could bring the own brand something; `decided` has what people decided on them since."""
    from analysis import opportunities as finder

    lifts = lift(workspace, scope) if has_links(workspace) else None
    told = listing(workspace, scope)
    step("weighing")
    return finder.opportunities(
        database(workspace), world(workspace), scope, lift=lifts, listing=told, classes=workspace.classes
    )
