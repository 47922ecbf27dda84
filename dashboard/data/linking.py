"""Who links to the brands, by the exports that were imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis import frames
from dashboard.data.cited import kinds
from dashboard.data.computing import kept, step
from dashboard.data.opened import OpenWorkspace, database, world
from tracker import domains
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


@st.cache_data(show_spinner=False, max_entries=2)
def links(workspace: OpenWorkspace) -> pd.DataFrame:
    """All links to the brands, for what computes and for files: pages have `links_of` and `brand_links`.

    One row per (linking page, brand): `source`, `url`, `target_url`, `anchor`,
    `brand`, `own`, `nofollow`, `first`, `lost` (moments or None), `vendors`."""
    return _by_page(workspace, None)


@st.cache_data(show_spinner=False, max_entries=64)
def links_of(workspace: OpenWorkspace, site: str) -> pd.DataFrame:
    """The same of one site."""
    return _by_page(workspace, [domains.domain_id(site)])


def _by_page(workspace: OpenWorkspace, sources: list[int] | None) -> pd.DataFrame:
    here, db = world(workspace), database(workspace)
    step("links")
    known = frames.links(db, here, only_cited=False, sources=sources, texts=("anchor",)).table
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


@dataclass(frozen=True)
class LinkDays:
    """How many linking pages the own brand gained and lost, by day."""

    gained: dict[date, int]
    lost: dict[date, int]

    def between(self, first: date, last: date) -> tuple[int, int]:
        """From the first to the last day."""
        gained, lost = (
            sum(n for day, n in moves.items() if first <= day <= last) for moves in (self.gained, self.lost)
        )
        return gained, lost


@kept
def link_days(workspace: OpenWorkspace) -> LinkDays:
    mine = links(workspace)
    mine = mine[mine["own"].astype(bool)]
    gained, lost = (mine[end].dropna().dt.date.value_counts().to_dict() for end in ("first", "lost"))
    return LinkDays(gained, lost)


@dataclass(frozen=True)
class BrandLinks:
    """A brand's links in numbers.

    Attributes
    ----------
    sites, links, live, lost : int
    known, followed : int
        Links of which it is known whether they are followed, and those that are.
    months : DataFrame
        `month`, `kind` ("gained" or "lost"), `links`; without links of unknown days.
    referring : DataFrame
        Per site, most links first: `source`, `kind`, `links`, `rivals` (rivals that it links to), `first`,
        `anchor`, `url` (None where unknown).
    anchors : DataFrame
        The most used texts: `text` (None: no text), `links`, `domains`.
    """

    brand: str
    sites: int
    links: int
    live: int
    lost: int
    known: int
    followed: int
    months: pd.DataFrame
    referring: pd.DataFrame
    anchors: pd.DataFrame


MOST_ANCHORS = 12


@kept
def brand_links(workspace: OpenWorkspace) -> list[BrandLinks]:
    """Of each brand."""
    known = links(workspace)
    rivals = known[~known["own"].astype(bool)].groupby("source")["brand"].nunique()
    parts = dict(iter(known.groupby("brand")))
    names = (brand.name for brand in world(workspace).brands)
    return [_brand_links(name, parts.get(name, known.iloc[:0]), rivals) for name in names]


def _brand_links(name: str, mine: pd.DataFrame, rivals: pd.Series[int]) -> BrandLinks:
    told, lost = mine["nofollow"].notna(), mine["lost"].notna()
    texts = [a.strip() if isinstance(a, str) and a.strip() else None for a in mine["anchor"]]
    mine = mine.assign(anchor=pd.Series(texts, dtype=object, index=mine.index))
    sites = mine.groupby("source")
    referring = sites.agg(
        kind=("kind", "first"),
        links=("source", "size"),
        first=("first", "min"),
        anchor=("anchor", "first"),
        url=("url", "first"),
    ).reset_index()
    referring["rivals"] = referring["source"].map(rivals).fillna(0).astype("int64")
    said = mine.groupby("anchor", dropna=False)
    anchors = said.agg(links=("source", "size"), domains=("source", "nunique")).reset_index(names="text")
    anchors = anchors.sort_values(["links", "text"], ascending=[False, True])
    return BrandLinks(
        name,
        mine["source"].nunique(),
        len(mine),
        int((~lost).sum()),
        int(lost.sum()),
        int(told.sum()),
        int((mine.loc[told, "nofollow"] == 0).sum()),
        _months(mine),
        referring.sort_values("links", ascending=False, kind="stable").reset_index(drop=True),
        anchors.head(MOST_ANCHORS).reset_index(drop=True),
    )


def _months(mine: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for column, kind in (("first", "gained"), ("lost", "lost")):
        months = mine[column].dropna().dt.tz_localize(None).dt.to_period("M").dt.to_timestamp().value_counts()
        parts += [(month, kind, int(n)) for month, n in months.items()]
    return pd.DataFrame(parts, columns=["month", "kind", "links"])


@dataclass(frozen=True)
class LinkProfile:
    """The own brand's anchors against the rivals', the weeks in which it gained unusually many domains, and
    the domains to look at."""

    anchors: list[AnchorShare]
    spikes: list[LinkWeek]
    queue: list[Review]


@kept
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


@kept
def prospects(workspace: OpenWorkspace, noted: tuple[object, ...]) -> Pipeline:
    """Prospects, those among them that somebody took up, by which `noted` changes."""
    from analysis import prospects as finder

    here, db = world(workspace), database(workspace)
    day = max((each.as_of for each in frames.link_imports(db, here)), default=None)
    since = None
    if day is not None:
        since = (day - timedelta(days=NEW_DAYS) - date(1970, 1, 1)).days * 86_400.0
    return Pipeline(finder.prospects(db, here, since=since), finder.linked_pages(db, here), day)


def reviews(workspace: OpenWorkspace, queue: Sequence[Review]) -> list[Review]:
    """The queue of a `link_profile` with decisions as they are now."""
    decided = frames.disavowed(database(workspace), world(workspace))
    return [
        replace(row, decision=said[0], note=said[1])
        if (said := decided.get(f"domain:{row.domain}"))
        else replace(row, decision=None, note="")
        for row in queue
    ]
