"""One source, and one rival: all that is known of each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from analysis import frames
from analysis.frames import Scope
from dashboard.data.cited import kinds
from dashboard.data.opened import OpenWorkspace, database, world
from tracker import domains


@dataclass(frozen=True)
class SourceView:
    """A domain as a publisher, in the answers of a scope.

    Attributes
    ----------
    engines : DataFrame
        `engine` (name), `answers` citing it, `retrieved`, `of` (answers whose citations are known).
    weeks : DataFrame
        `week`, `answers`, `of`.
    pages : DataFrame
        Its cited pages: `url`, `title`, `answers`, most first.
    named : dict
        Brand → answers that cite it and name the brand.
    links : DataFrame
        Its links to brands: `brand`, `url`, `anchor`, `nofollow`, `first`, `lost` (moments or NaT).
    """

    name: str
    kind: str
    engines: pd.DataFrame
    weeks: pd.DataFrame
    pages: pd.DataFrame
    named: dict[str, int]
    links: pd.DataFrame

    @property
    def answers(self) -> int:
        return int(self.engines["answers"].sum())

    @property
    def of(self) -> int:
        return int(self.engines["of"].sum())


@st.cache_data(show_spinner=False, max_entries=64)
def source(workspace: OpenWorkspace, name: str, scope: Scope) -> SourceView | None:
    """None for what is no domain, or one that nobody cites and that links to nobody."""
    here, db = world(workspace), database(workspace)
    address = domains.try_parse(f"https://{name}")
    if address is None or address.domain != name:
        return None
    key = domains.domain_id(name)
    of = frames.citable_answers(db, here, scope)
    cited = frames.sources(db, here, scope, ("engine",), ids=[key]).set_index("engine")
    engines = pd.DataFrame({"engine": list(of), "of": list(of.values())})
    for column in ("answers", "retrieved"):
        engines[column] = engines["engine"].map(cited[column]).fillna(0).astype("int64")
    engines["engine"] = engines["engine"].map(here.engines)
    links = _links(workspace, key)
    if not engines["answers"].sum() and links.empty:
        return None
    beside = frames.named_beside(db, here, scope, [key])
    by_id = {brand.id: brand.name for brand in here.brands}
    named = dict(zip(beside["brand_id"].map(by_id), beside["answers"].astype(int), strict=True))
    return SourceView(
        name,
        kinds(workspace, [name])[0],
        engines,
        _weeks(workspace, name, scope),
        frames.pages_of(db, here, scope, [key]),
        named,
        links,
    )


def _weeks(workspace: OpenWorkspace, name: str, scope: Scope) -> pd.DataFrame:
    here, db = world(workspace), database(workspace)
    sums = frames.visibility_sums(db, here, scope, ("week",))
    once = sums[sums["brand_id"] == sums["brand_id"].min()] if len(sums) else sums
    weeks = once.groupby("week", as_index=False).agg(of=("citable", "sum"))
    cited = frames.sources(db, here, scope, ("week",), ids=[domains.domain_id(name)])
    counted = dict(zip(cited["week"], cited["answers"], strict=True))
    weeks["answers"] = weeks["week"].map(counted).fillna(0).astype("int64")
    return weeks


def _links(workspace: OpenWorkspace, key: int) -> pd.DataFrame:
    here, db = world(workspace), database(workspace)
    table = frames.links(db, here, sources=[key], texts=("anchor",)).table
    table = table.assign(brand=[here.brands[int(b)].name for b in table["brand"]])
    for name in ("first", "lost"):
        table[name] = pd.to_datetime(table[name], unit="s", utc=True)
    return table[["brand", "url", "anchor", "nofollow", "first", "lost"]]


@st.cache_data(show_spinner=False, max_entries=64)
def duel(workspace: OpenWorkspace, rival: str, scope: Scope) -> pd.DataFrame:
    """Per prompt, the own brand and a rival on the same answers: `prompt_id`, `text`, `topic`, `answers`,
    `own`, `rival` (answers naming each), `away` (own rate minus the rival's), worst first."""
    here = world(workspace)
    sums = frames.visibility_sums(database(workspace), here, scope)
    mine = here.own.id if here.own else 0
    own = sums[sums["brand_id"] == mine].set_index("prompt_id")
    theirs = sums[sums["brand_id"] == here.brand(rival).id].set_index("prompt_id")["mentioned"]
    told = pd.DataFrame({"answers": own["answers"], "own": own["mentioned"], "rival": theirs}).dropna()
    told = told[told["answers"] > 0].astype("int64").reset_index()
    told["text"] = [here.prompts[int(p)].text for p in told["prompt_id"]]
    told["topic"] = [here.prompts[int(p)].topic for p in told["prompt_id"]]
    told["away"] = (told["own"] - told["rival"]) / told["answers"]
    return told.sort_values(["away", "text"]).reset_index(drop=True)
