"""What the own site saw, beside what is sampled. Not cached: counts are few, and imports of them change no
other number."""

from __future__ import annotations

from datetime import date

from analysis import firstparty
from analysis.firstparty import PageFunnel, ShareGap
from dashboard.data.opened import OpenWorkspace, database, world


def own_pages(workspace: OpenWorkspace, first: date | None, last: date | None) -> list[PageFunnel]:
    """Own pages from crawled to visited, most visited first."""
    return firstparty.funnels(database(workspace), world(workspace), first, last)


def own_gaps(workspace: OpenWorkspace, first: date | None, last: date | None) -> list[ShareGap]:
    """Each assistant's share of the visits beside its share of the sampled citations of own pages."""
    return firstparty.gaps(database(workspace), world(workspace), first, last)
