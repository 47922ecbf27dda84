"""Who links to the brands, by the exports that were imported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis import frames
from dashboard.data.cited import kinds
from dashboard.data.opened import OpenWorkspace, database, noted, world
from tracker.models import LinkImport

if TYPE_CHECKING:
    from analysis.prospects import LinkedPage, ProspectRow
    from analysis.quality import AnchorShare
    from analysis.review import LinkWeek, Review


@st.cache_data(show_spinner=False, max_entries=64)
def has_links(workspace: OpenWorkspace) -> bool:
    return frames.has_links(database(workspace), world(workspace))


@st.cache_data(show_spinner=False, max_entries=64)
def imports(workspace: OpenWorkspace) -> list[LinkImport]:
    return frames.link_imports(database(workspace), world(workspace))


@st.cache_data(show_spinner=False, max_entries=64)
def reported(workspace: OpenWorkspace) -> pd.DataFrame:
    """What engines themselves report of the own site: see `frames.reported`."""
    return frames.reported(database(workspace), world(workspace))


@st.cache_data(show_spinner=False, max_entries=64)
def links(workspace: OpenWorkspace) -> pd.DataFrame:
    """Links to the brands, one row per (linking page, brand): `source`, `url`, `target_url`, `anchor`,
    `brand`, `own`, `nofollow`, `first`, `lost` (moments or None), `vendors`."""
    here, db = world(workspace), database(workspace)
    known = frames.links(db, here, only_cited=False, texts=("anchor",)).table
    known = known.assign(page_key=known["page"].fillna(-1).astype("int64"))
    grouped = known.groupby(["source", "page_key", "brand"], sort=False, dropna=False)
    out = grouped.agg(
        url=("url", "first"),
        target_url=("target_url", "first"),
        anchor=("anchor", "first"),
        nofollow=("nofollow", "max"),
        first=("first", "min"),
        lost=("lost", lambda ends: ends.max(skipna=False)),
        vendors=("vendors", lambda names: ", ".join(sorted({n for each in names for n in each.split(", ")}))),
    ).reset_index()
    for name in ("first", "lost"):
        out[name] = pd.to_datetime(out[name], unit="s", utc=True)
    out["own"] = [here.brands[int(b)].own for b in out["brand"]]
    out["brand"] = [here.brands[int(b)].name for b in out["brand"]]
    out["kind"] = kinds(workspace, out["source"].tolist())
    return out.drop(columns="page_key")


def links_moved(workspace: OpenWorkspace, first: date, last: date) -> tuple[int, int]:
    """How many linking pages the own brand gained and lost from the first to the last day."""
    mine = links(workspace)
    mine = mine[mine["own"]]
    days = (mine[end].dropna().dt.date for end in ("first", "lost"))
    gained, lost = (int(((first <= day) & (day <= last)).sum()) for day in days)
    return gained, lost


@dataclass(frozen=True)
class LinkProfile:
    """The own brand's anchors against the rivals', the weeks in which it gained unusually many domains, and
    the domains to look at."""

    anchors: list[AnchorShare]
    spikes: list[LinkWeek]
    queue: list[Review]


@st.cache_data(show_spinner=False, max_entries=64)
def link_profile(workspace: OpenWorkspace) -> LinkProfile:
    from analysis import quality, review

    here, db = world(workspace), database(workspace)
    table = frames.backlinks(db, here)
    anchors = quality.anchors(here, table)
    if here.own is None:
        return LinkProfile(anchors, [], [])
    found = review.profile(db, here, table=table)
    return LinkProfile(anchors, [week for week in found.weeks if week.spike], found.queue)


NEW_DAYS = 30


@dataclass(frozen=True)
class Pipeline:
    """Prospects in order, own pages that others link to, and the day before which links are new."""

    rows: list[ProspectRow]
    pages: list[LinkedPage]
    day: date | None


def prospects(workspace: OpenWorkspace) -> Pipeline:
    """With people's decisions as they are now."""
    return _prospects(workspace, noted(workspace))


@st.cache_data(show_spinner=False, max_entries=16)
def _prospects(workspace: OpenWorkspace, noted: tuple[object, ...]) -> Pipeline:
    from analysis import prospects as finder

    here, db = world(workspace), database(workspace)
    day = max((each.as_of for each in frames.link_imports(db, here)), default=None)
    since = None
    if day is not None:
        since = (day - timedelta(days=NEW_DAYS) - date(1970, 1, 1)).days * 86_400.0
    return Pipeline(finder.prospects(db, here, since=since), finder.linked_pages(db, here), day)


def reviews(workspace: OpenWorkspace) -> list[Review]:
    """Referring domains that somebody may want to look at, with decisions as they are now."""
    decided = frames.disavowed(database(workspace), world(workspace))
    return [
        replace(row, decision=said[0], note=said[1])
        if (said := decided.get(f"domain:{row.domain}"))
        else replace(row, decision=None, note="")
        for row in link_profile(workspace).queue
    ]
