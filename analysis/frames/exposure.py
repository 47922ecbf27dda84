"""When a brand counts as exposed to a source in an answer. Pure arrays.

**Exposure** of brand *b* to source *s* in answer *a*: the answer cites a page of *s* while a link *s → b*
lives (`tracker.links.ledger`). Where the cited page itself is known to link to some brand, its own links
decide; else the domain's do, as they do for a brand of which no linking page of that domain is known
(`auto`). A brand whose links are listed page by page in an export that claims to be complete has no domain
to fall back on where a linking page of it is known: a page that is not listed does not link to it. `page`
counts only pages that are themselves known to link; `domain` never looks at the page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.frames.linked import Links, known_to_exports
from analysis.frames.tracked import Exposure, World
from analysis.lift.panel import Panel
from tracker.errors import UsageError

Ints = NDArray[np.int64]
DAY = 86_400.0
AT_ONCE = 500_000
"""Citations joined with spans at a time: what is live is few of what meets."""


def first_weeks(
    links: Links, brands: int, first_day: date | None, weeks: int
) -> tuple[tuple[str, ...], Ints]:
    """Sources, and the week of each one's first live link to each brand, shape (S, B).

    Week 0 begins on `first_day`; -1 is before it, `weeks` is never (or after the last week).
    """
    table, spans = links.table, links.spans
    names = sorted(set(table["source"]))
    out = np.full((len(names), brands), weeks, np.int64)
    if first_day is None or not names:
        return tuple(names), out
    epoch = (first_day - date(1970, 1, 1)).days * DAY
    source = dict(zip(table["source_id"], table["source"], strict=True))
    at = {name: i for i, name in enumerate(names)}
    week = np.clip(np.floor((spans["start"].to_numpy(np.float64) - epoch) / (7 * DAY)), -1, weeks)
    rows = np.array([at[source[i]] for i in spans["source_id"]], np.int64)
    np.minimum.at(out, (rows, spans["brand"].to_numpy(np.int64)), week.astype(np.int64))
    return tuple(names), out


def exposed(
    answers: pd.DataFrame,
    cited: pd.DataFrame,
    links: pd.DataFrame,
    exposure: Exposure,
    by_page: Collection[int] = (),
) -> pd.DataFrame:
    """Distinct (`answer`, `source_id`, `brand`) that are exposed.

    Parameters
    ----------
    answers : DataFrame with `answer` and `seconds`
    cited : DataFrame with `answer`, `source_id`, `page`
    links : DataFrame of `Links.spans`
    by_page : collection of int
        Brands whose links are listed page by page (`Links.by_page`).
    """
    if exposure not in get_args(Exposure):
        raise UsageError(
            f"exposure={exposure!r} is not known", f"use one of: {', '.join(get_args(Exposure))}"
        )
    events = cited.merge(answers[["answer", "seconds"]], on="answer")
    of_page = links[links["page"].notna()]
    no_page = _pages_unknown(links, of_page)
    unknown, whole, paged = (
        _united(no_page, "source_id"),
        _united(links, "source_id"),
        _united(of_page, "page"),
    )
    listed = links["brand"].isin(by_page)
    by_source = _united(pd.concat([no_page[no_page["brand"].isin(by_page)], links[~listed]]), "source_id")
    knows = events["page"].isin(of_page["page"].unique()) & events["page"].notna()
    parts = []
    for start in range(0, max(len(events), 1), AT_ONCE):
        some = events.iloc[start : start + AT_ONCE]
        known = knows.iloc[start : start + AT_ONCE]
        if exposure != "domain":
            parts.append(_live_at(some[known], paged, "page"))
        if exposure == "auto":
            parts += [
                _live_at(some[~known], by_source, "source_id"),
                _live_at(some[known], unknown, "source_id"),
            ]
        elif exposure == "domain":
            parts.append(_live_at(some, whole, "source_id"))
    return pd.concat(parts, ignore_index=True).drop_duplicates()


def _live_at(events: pd.DataFrame, spans: pd.DataFrame, key: str) -> pd.DataFrame:
    pairs = events.merge(spans, on=key)
    live = (pairs["start"] <= pairs["seconds"]) & (pairs["seconds"] < pairs["end"])
    return pairs.loc[live, ["answer", "source_id", "brand"]].drop_duplicates()


def _united(links: pd.DataFrame, key: str) -> pd.DataFrame:
    """When any link of each `key` to each brand lived, as spans that do not touch: a site with a thousand
    links to a brand meets each citation once."""
    keys = [key, "brand"]
    spans = links[[*keys, "start", "end"]].sort_values([*keys, "start"], ignore_index=True)
    reached = spans.groupby(keys)["end"].cummax()
    before = reached.groupby([spans[name] for name in keys]).shift()
    spans["run"] = (~(spans["start"] <= before)).cumsum()
    runs = spans.groupby([*keys, "run"], sort=False).agg(start=("start", "min"), end=("end", "max"))
    return runs.reset_index().drop(columns="run")


def _pages_unknown(links: pd.DataFrame, of_page: pd.DataFrame) -> pd.DataFrame:
    """Links of the (source, brand) pairs of which no linking page is known."""
    pairs = pd.MultiIndex.from_frame(links[["source_id", "brand"]])
    known = pairs.isin(pd.MultiIndex.from_frame(of_page[["source_id", "brand"]]))
    return links[~known]


def panel(
    answers: pd.DataFrame,
    cited: pd.DataFrame,
    links: Links,
    named: NDArray[np.bool_],
    workspace: World,
    topics: Mapping[int, str],
    *,
    exposure: Exposure = "auto",
    families: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> Panel:
    """Codes and sparse tables from the frames of one scope (see `analysis.frames.lift_panel`)."""
    seen = links.table[links.table["source_id"].isin(cited["source_id"].unique())]
    spans = links.spans[links.spans["source_id"].isin(seen["source_id"])]
    names = dict(zip(seen["source_id"].tolist(), seen["source"].tolist(), strict=True))
    pairs = PairIndex(answers, names, len(workspace.brands))
    exposures = exposed(answers, cited, spans, exposure, links.by_page)
    looked, known = known_to_exports(seen)
    whole = assembled(pairs, cited, exposures, spans, named, workspace, topics, families=families)
    return replace(whole, looked=looked, known=known)


class PairIndex:
    """Where (answer, brand, source) stand in a panel: row a * B + b, and the source's column, by name."""

    def __init__(self, answers: pd.DataFrame, names: Mapping[int, str], brands: int) -> None:
        self.answers, self.brands = answers, brands
        order = sorted(names, key=names.__getitem__)
        self.sources = tuple(names[i] for i in order)
        self.column = {source: i for i, source in enumerate(order)}
        self.row = {answer: i for i, answer in enumerate(answers["answer"].tolist())}

    def ones(self, triples: pd.DataFrame) -> sparse.csr_array:
        """1 at every (`answer`, `source_id`, `brand`) of the frame, however often it stands there."""
        rows = triples["answer"].map(self.row).to_numpy(np.int64) * self.brands
        rows += triples["brand"].to_numpy(np.int64)
        shape = (len(self.row) * self.brands, len(self.sources))
        return _ones(rows, triples["source_id"].map(self.column), shape)


def assembled(
    pairs: PairIndex,
    cited: pd.DataFrame,
    exposures: pd.DataFrame,
    spans: pd.DataFrame,
    named: NDArray[np.bool_],
    workspace: World,
    topics: Mapping[int, str],
    *,
    families: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> Panel:
    """The panel of these sources, with these (`answer`, `source_id`, `brand`) as exposed."""
    answers, column = pairs.answers, pairs.column
    hits = cited[cited["source_id"].isin(column)]
    begins, ends = lived(spans[spans["source_id"].isin(column)], column, pairs.brands, answers["week"])
    size = len(pairs.sources)
    return Panel(
        prompt=_codes(answers["prompt_id"]),
        engine=_codes(answers["engine"]),
        week=_codes(answers["week"]),
        topic=_codes(answers["prompt_id"].map(topics)),
        brands=tuple(brand.name for brand in workspace.brands),
        sources=pairs.sources,
        families=tuple(families(pairs.sources)) if families else ("source",) * size,
        named=named,
        cited=_ones(hits["answer"].map(pairs.row), hits["source_id"].map(column), (len(pairs.row), size)),
        exposed=pairs.ones(exposures),
        own=next((i for i, brand in enumerate(workspace.brands) if brand.own), None),
        begins=begins,
        ends=ends,
    )


def lived(
    spans: pd.DataFrame, column: Mapping[int, int], brands: int, weeks: pd.Series[Any]
) -> tuple[Ints, Ints]:
    """The week in which each source's first link to each brand begins, and the first in which no link is
    left, both (S, B), as positions among the weeks with answers.

    A link older than the first week, or without a known first day, begins at -1; no link at the number of
    weeks.
    """
    days = sorted(set(weeks))
    at = np.array([(day - date(1970, 1, 1)).days * DAY for day in days], np.float64)
    first = np.full((len(column), brands), len(days), np.int64)
    last = np.full((len(column), brands), -1, np.int64)
    if len(days):
        spot = (spans["source_id"].map(column).to_numpy(np.int64), spans["brand"].to_numpy(np.int64))
        start, end = spans["start"].to_numpy(np.float64), spans["end"].to_numpy(np.float64)
        week = np.searchsorted(at, start, side="right") - 1
        # A link that begins in a week without answers is live from the next one that has some.
        week += (week >= 0) & (start >= at[np.maximum(week, 0)] + 7 * DAY)
        np.minimum.at(first, spot, week)
        np.maximum.at(last, spot, np.searchsorted(at, end, side="left"))
    return first, last


def _codes(values: Any) -> Ints:
    codes, _ = pd.factorize(pd.Series(values), sort=True)
    return np.asarray(codes, np.int64)


def _ones(rows: Any, columns: Any, shape: tuple[int, int]) -> sparse.csr_array:
    """1 at these places, however often they are told."""
    at = (np.asarray(rows, np.int64), np.asarray(columns, np.int64))
    table = sparse.csr_array((np.ones(len(at[0]), np.float64), at), shape=shape)
    table.data[:] = 1.0
    return table
