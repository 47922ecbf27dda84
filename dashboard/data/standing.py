"""What pages show without a filter: computed before anybody looks, once the facts have changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.frames import Scope
from dashboard.data.cited import metrics, sources, stability, suggestions
from dashboard.data.computing import Kept, KeptJob
from dashboard.data.gains import lift, listing, opportunities
from dashboard.data.ladder import ladder, linked, whole
from dashboard.data.linking import brand_links, has_links, link_days, link_profile, prospects
from dashboard.data.mapped import mapped
from dashboard.data.opened import OpenWorkspace, noted, weeks, window, world
from dashboard.data.rates import changes, differences, movers
from dashboard.data.timeline import link_moves, telling_pooling

NEWEST_TEXTS = 1000
"""Answers whose texts are read for names that nobody tracks."""
PERIOD = 4
"""Weeks that Home shows without a filter."""


def standing(workspace: OpenWorkspace) -> list[KeptJob]:
    """What takes longest is last; what Home shows is first."""
    if not weeks(workspace) or not world(workspace).brands:
        return []
    has_own, links_known = world(workspace).own is not None, has_links(workspace)
    first, last = window(workspace, PERIOD)
    home = Scope(first=first, last=last)
    first, last = window(workspace, None)
    every = Scope(first=first, last=last, branded="include")
    most = whole(workspace, home)
    wanted: list[tuple[Kept[..., Any], tuple[Any, ...]]] = [
        (changes, (home,)),
        (movers, (home,)),
        (movers, (replace(every, branded="exclude"),)),
    ]
    if links_known:
        wanted += [
            (link_days, ()),
            (link_moves, ()),
            (linked, (most,)),
            (ladder, (most,)),
            (opportunities, (most,)) if has_own else (lift, (most,)),
        ]
    wanted += [(sources, (home,))]
    if links_known:
        wanted += [
            (mapped, (every,)),
            (telling_pooling, (every, "mention")),
            (listing, (most,)),
            (brand_links, ()),
            (link_profile, ()),
            (metrics, ()),
        ]
    if has_own:
        wanted += [(differences, (home, "mention_rate"))]
        wanted += [(prospects, (noted(workspace),))] if links_known else []
    wanted += [(suggestions, (NEWEST_TEXTS,)), (stability, (home,))]
    return [function.job(workspace, *arguments) for function, arguments in wanted]
