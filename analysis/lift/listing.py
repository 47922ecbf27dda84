"""Listing against link: what goes with being named on a cited page, and what a link on it adds.

A page that links to a brand nearly always names it too, and an engine that reads the page meets the name. Our
own looks at cited pages tell the two apart, because some pages name a brand without a link. One column per
source stands for *listed*, so that what a source's pages go with is its own; *linked* and *followed* are one
column each over all sources: what a link adds to being listed, and what following adds to a link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse, stats
from threadpoolctl import threadpool_limits

from analysis.lift.fitting import Fit, fit
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.sums import Design, design
from analysis.lift.within import Effects, effects
from tracker import numbers

__all__ = [
    "Addition",
    "Evidence",
    "ListingTable",
    "SourceListing",
    "Verdict",
    "listing",
    "sentence",
    "span",
    "told_from",
]

Verdict = Literal[
    "a link adds to the listing",
    "the listing, not the link",
    "not settled",
    "not enough pages looked at",
]

ENOUGH_SHARE, ENOUGH_PAGES, LEAST_SHARE = 0.75, 75, 0.5
"""A verdict wants three quarters of the citations looked at, or half of them and this many pages."""
MOST_SOURCES = 150
"""Sources with a column of their own; the smaller ones share one."""
PER_SOURCE = 300
"""Listed pairs whose page links, and whose page does not, from which a source's own figures are shown."""
MIN_PAIRS = 50
PROMINENCE = ("named first", "named second", "named third", "in a heading", "on the first screen")


@dataclass(frozen=True)
class Evidence:
    """What looks at cited pages saw, over the pairs of a panel: row a * B + b is answer a and brand b.

    Attributes
    ----------
    listed, linked, followed : csr_array, shape (A * B, S)
        1 where the answer cites a looked-at page of the source that names or links to the brand; that links
        to it; whose link is followed. Each is contained in the one before.
    unseen : csr_array, shape (A * B, S)
        1 where the answer cites a page of the source that nobody looked at while a link to the brand lives.
    prominence : csr_array, shape (A * B, 5), or None
        Sources whose cited pages name the brand so: the columns of `PROMINENCE`; None where looks did not
        record it.
    looked : int
        Citations, of sources in the panel, of pages that were looked at.
    citations : int
        All citations of those sources that name a page.
    pages : int
        Distinct pages looked at among them.
    """

    listed: sparse.csr_array
    linked: sparse.csr_array
    followed: sparse.csr_array
    unseen: sparse.csr_array
    prominence: sparse.csr_array | None
    looked: int
    citations: int
    pages: int

    @property
    def share(self) -> float | None:
        """Share of citations whose page was looked at; None without citations."""
        return self.looked / self.citations if self.citations else None


@dataclass(frozen=True, slots=True)
class Addition:
    """One effect in probability (0.045 = 4.5 points of mention rate), with its interval.

    Attributes
    ----------
    value, low, high, se : float or None
        None where there is nothing to compare: too few pairs, or every listed page links.
    pairs : int
        (answer, brand) pairs that have it.
    without : int
        Pairs that it is told from: listed and not linked, linked and not followed, cited and not listed.
    """

    value: float | None
    low: float | None
    high: float | None
    se: float | None
    pairs: int
    without: int


@dataclass(frozen=True, slots=True)
class SourceListing:
    """What being listed on one source's cited pages goes with, and what its own link adds."""

    source: str
    listed: Addition
    link: Addition
    linked: int
    """Pairs among the listed whose page links."""


@dataclass(frozen=True)
class ListingTable:
    """What a listing goes with, what a link adds to it, and what following adds to a link.

    Attributes
    ----------
    listed : Addition
        Mean over sources, weighted by their listed pairs.
    linked, followed : Addition
        Pooled over sources.
    sources : tuple of SourceListing
        Most listed pairs first.
    verdict : str
        See `Verdict`.
    adjusted : bool
        Whether prominence on the page is held fixed.
    share, pages
        As in `Evidence`.
    answers, level
        Answers compared; level of the intervals.
    """

    listed: Addition
    linked: Addition
    followed: Addition
    sources: tuple[SourceListing, ...]
    verdict: Verdict
    adjusted: bool
    share: float | None
    pages: int
    answers: int
    level: float

    @property
    def told_apart(self) -> bool:
        """Whether enough pages were looked at for a verdict."""
        return self.verdict != "not enough pages looked at"


def listing(panel: Panel, evidence: Evidence, *, level: float = 0.95) -> ListingTable:
    r"""Tell a listing from a link.

    .. math::
        y_{ab} = \sum_s \beta_s\,\mathrm{listed}_{abs} + \lambda \sum_s \mathrm{linked}_{abs}
                 + \phi \sum_s \mathrm{followed}_{abs} + \sum_s \gamma_s\,\mathrm{unseen}_{abs}
                 + \pi' \mathrm{prominence}_{ab} + \text{effects} + e_{ab}

    with the effects of the lift (`analysis.lift.within.effects`). The errors of :math:`\lambda` and
    :math:`\phi` are clustered by prompt *and* by source (Cameron, Gelbach & Miller 2011): pooled columns
    clustered by prompt alone take the odd source for proof.

    Parameters
    ----------
    panel : Panel
        A answers, B brands, S sources.
    evidence : Evidence
        Over the panel's pairs and sources.
    level : float
        Of the intervals.

    Returns
    -------
    ListingTable

    Notes
    -----
    An association within the same question, like lift. Whether the engine cites the page *because* it names
    the brand is asked by `analysis.lift.direction`.
    """
    counts = _Counts.of(evidence, len(panel.brands))
    if not panel.answers or counts.listed.sum() < MIN_PAIRS:
        return _table(panel, evidence, counts, None, level)
    groups = _groups(counts.listed)
    with threadpool_limits(limits=1, user_api="blas"):
        model = _Fitted.of(panel, evidence, groups, _of_their_own(counts, groups))
        return _table(panel, evidence, counts, model, level)


@dataclass(frozen=True)
class _Counts:
    """Pairs by source, and in all (a pair that several sources list counts once)."""

    listed: Ints
    linked: Ints
    once: tuple[int, int, int]
    beside: int
    """Pairs not listed, in answers that list some brand."""

    @classmethod
    def of(cls, evidence: Evidence, brands: int) -> _Counts:
        listed, linked, followed = (
            np.asarray(kind.astype(bool).sum(axis=1)).ravel() > 0
            for kind in (evidence.listed, evidence.linked, evidence.followed)
        )
        some = listed.reshape(-1, brands).any(axis=1).sum() * brands
        once = (int(listed.sum()), int(linked.sum()), int(followed.sum()))
        return cls(_columns(evidence.listed), _columns(evidence.linked), once, int(some) - once[0])


def _columns(table: sparse.csr_array) -> Ints:
    return np.asarray(table.astype(bool).sum(axis=0), np.int64).ravel()


def _groups(listed: Ints) -> Ints:
    """The column that each source's listings stand in: its own, or one that the smallest share."""
    order = np.argsort(-listed, kind="stable")
    out = np.empty(len(listed), np.int64)
    out[order] = np.minimum(np.arange(len(listed)), MOST_SOURCES - 1)
    return out


def _pooled(table: sparse.csr_array, groups: Ints) -> sparse.csr_array:
    """Columns of sources added up by group."""
    size = int(groups.max()) + 1
    into = sparse.csr_array(
        (np.ones(len(groups)), (np.arange(len(groups)), groups)), shape=(len(groups), size)
    )
    return sparse.csr_array(table.astype(np.float64) @ into)


@dataclass(frozen=True)
class _Fitted:
    """The fit; its columns are listed × G, linked, followed, unseen × G, prominence."""

    fit: Fit
    groups: int
    se: Floats
    dof: Floats
    own: dict[int, tuple[_Estimate, _Estimate]]
    """Of the sources with figures of their own: listed, and what their link adds."""

    @classmethod
    def of(cls, panel: Panel, evidence: Evidence, groups: Ints, chosen: Ints) -> _Fitted:
        listed, unseen = _pooled(evidence.listed, groups), _pooled(evidence.unseen, groups)
        linked, followed = _pooled(evidence.linked, groups), _pooled(evidence.followed, groups)
        g = listed.shape[1]
        sums = [sparse.csr_array(part.sum(axis=1)[:, None]) for part in (linked, followed)]
        parts = [listed, *sums, unseen]
        parts += [] if evidence.prominence is None else [evidence.prominence.astype(np.float64)]
        columns = sparse.csr_array(sparse.hstack(parts, format="csr"))
        fx = effects(panel)
        fitted = fit(design(panel, columns, fx))
        apart = sparse.csr_array(sparse.hstack([columns, linked, followed], format="csr"))
        se, dof = _two_way(design(panel, apart, fx), fitted, g, columns.shape[1])
        return cls(fitted, g, se, dof, _apart(panel, evidence, groups, chosen, fx))


def _of_their_own(counts: _Counts, groups: Ints) -> Ints:
    """Sources with enough listed pairs of both kinds, and a column of their own."""
    fewer = np.minimum(counts.linked, counts.listed - counts.linked)
    return np.flatnonzero((fewer >= PER_SOURCE) & (groups < MOST_SOURCES - 1))


def _apart(
    panel: Panel, evidence: Evidence, groups: Ints, chosen: Ints, fx: Effects
) -> dict[int, tuple[_Estimate, _Estimate]]:
    """Listed and link of each chosen source, its links taken out of the pooled columns: where links are worth
    more on one source than on others, its listing would get what its link does."""
    if not len(chosen):
        return {}
    listed, unseen = _pooled(evidence.listed, groups), _pooled(evidence.unseen, groups)
    linked = sparse.csr_array(evidence.linked.astype(np.float64))
    others = np.ones(len(groups))
    others[chosen] = 0.0
    rest = [sparse.csr_array((part @ others)[:, None]) for part in (linked, evidence.followed)]
    parts = [listed, linked[:, chosen], *rest, unseen]
    parts += [] if evidence.prominence is None else [evidence.prominence.astype(np.float64)]
    fitted = fit(design(panel, sparse.csr_array(sparse.hstack(parts, format="csr")), fx))

    def estimate(column: int) -> _Estimate:
        return _Estimate(fitted.beta[column], fitted.se[column], max(fitted.dof[column], 1.0))

    g = listed.shape[1]
    return {int(s): (estimate(int(groups[s])), estimate(g + i)) for i, s in enumerate(chosen)}


@dataclass(frozen=True, slots=True)
class _Estimate:
    value: float
    se: float
    dof: float


def _two_way(apart: Design, fitted: Fit, g: int, width: int) -> tuple[Floats, Floats]:
    """Errors of the pooled columns (linked, followed) by prompt and source, and their degrees of freedom.

    `apart` holds the model's columns, then linked and followed once more by source. A source's pull on a
    pooled estimate is what its own columns add to the estimate's score; the degrees of freedom are those of
    the prompts or, where fewer, of the sources that carry the column (their effective number less one).
    """
    keep, bread = fitted.solution.keep, fitted.solution.bread
    spot = {int(column): i for i, column in enumerate(keep)}
    known = [column for column in (g, g + 1) if column in spot]
    se, dof = np.full(2, np.nan), np.full(2, np.nan)
    if not known:
        return se, dof
    beta = fitted.beta[keep]
    rows = bread[[spot[c] for c in known]]
    pull, weight = _weights(rows, spot, g, width)
    by_source = np.zeros((len(known), g))
    by_both = np.zeros(len(known))
    carried = np.zeros((len(known), g))
    at, scores = -1, np.zeros(width + 2 * g)
    for start, _, part in apart.blocks():
        prompt = int(apart.effects.cluster[start])
        if prompt != at:
            by_both += _both(pull, weight, scores, by_source)
            at, scores = prompt, np.zeros(width + 2 * g)
        x = part[:, :-1]
        residual = part[:, -1] - x[:, keep] @ beta
        scores += x.T @ residual
        carried += (x[:, width:].reshape(-1, 2, g)[:, [c - g for c in known]] ** 2).sum(axis=0)
    by_both += _both(pull, weight, scores, by_source)
    effective = carried.sum(axis=1) ** 2 / np.maximum((carried**2).sum(axis=1), 1e-300)
    sources = (by_source**2).sum(axis=1) * effective / np.maximum(effective - 1, 1e-9)
    prompts = fitted.se[known] ** 2
    both = np.maximum(prompts + sources - by_both, np.maximum(prompts, sources))
    where = [c - g for c in known]
    se[where] = np.sqrt(both)
    dof[where] = np.minimum(fitted.dof[known], effective - 1)
    return se, np.where(dof >= 1, dof, np.nan)


def _weights(rows: Floats, spot: dict[int, int], g: int, width: int) -> tuple[Floats, Floats]:
    """How each column's score pulls on the pooled estimates: by source (its linked and followed columns), and
    its listed and unseen columns', which cancel over prompts and not within one."""
    size = len(rows)
    pull = np.zeros((size, 2))
    for i, column in enumerate((g, g + 1)):
        if column in spot:
            pull[:, i] = rows[:, spot[column]]
    weight = np.zeros((size, width))
    for column, at in spot.items():
        if column not in (g, g + 1):
            weight[:, column] = rows[:, at]
    return pull, weight


def _both(pull: Floats, weight: Floats, scores: Floats, by_source: Floats) -> Floats:
    """Add one prompt's pulls to the sources'; returns their squares, by prompt and source."""
    g = by_source.shape[1]
    width = weight.shape[1]
    linked, followed = scores[width : width + g], scores[width + g :]
    mine = pull[:, :1] * linked + pull[:, 1:] * followed
    mine += weight[:, :g] * scores[:g] + weight[:, g + 2 : 2 * g + 2] * scores[g + 2 : 2 * g + 2]
    by_source += mine
    return np.asarray((mine**2).sum(axis=1))


def _table(
    panel: Panel, evidence: Evidence, counts: _Counts, model: _Fitted | None, level: float
) -> ListingTable:
    listed, linked, followed = _additions(counts, model, level)
    return ListingTable(
        listed=listed,
        linked=linked,
        followed=followed,
        sources=_by_source(panel, counts, model, level),
        verdict=_verdict(listed, linked, evidence),
        adjusted=evidence.prominence is not None,
        share=evidence.share,
        pages=evidence.pages,
        answers=panel.answers,
        level=level,
    )


def _additions(counts: _Counts, model: _Fitted | None, level: float) -> tuple[Addition, Addition, Addition]:
    listed, linked, followed = counts.once
    sizes = ((listed, counts.beside), (linked, listed - linked), (followed, linked - followed))
    if model is None:
        return _unknown(sizes[0]), _unknown(sizes[1]), _unknown(sizes[2])
    fitted, g = model.fit, model.groups
    shared = np.bincount(_groups(counts.listed), weights=counts.listed, minlength=g)
    known = np.isfinite(fitted.beta[:g]) & np.isfinite(fitted.se[:g]) & (shared > 0)
    weight = np.where(known, shared, 0.0) / max(float(shared[known].sum()), 1.0)
    mean = float(weight[known] @ fitted.beta[:g][known]) if known.any() else np.nan
    pulls = np.nan_to_num(fitted.dropped[:, :g]) @ weight
    dof = float(np.nanmin(fitted.dof[:g][known], initial=np.inf)) if known.any() else np.nan
    figures = (
        (mean, float(np.sqrt((pulls**2).sum())), max(dof, 1.0)),
        *((fitted.beta[g + i], model.se[i], model.dof[i]) for i in (0, 1)),
    )
    first, second, third = (
        _addition(*each, size, level) if min(size) >= MIN_PAIRS and each[1] > 0 else _unknown(size)
        for each, size in zip(figures, sizes, strict=True)
    )
    return first, second, third


def _addition(value: float, se: float, dof: float, sizes: tuple[int, int], level: float) -> Addition:
    half = float(stats.t.ppf(0.5 + level / 2, dof)) * se
    if not (np.isfinite(value) and np.isfinite(half)):
        return _unknown(sizes)
    return Addition(float(value), float(value - half), float(value + half), float(se), *sizes)


def _unknown(sizes: tuple[int, int]) -> Addition:
    return Addition(None, None, None, None, *sizes)


def _by_source(
    panel: Panel, counts: _Counts, model: _Fitted | None, level: float
) -> tuple[SourceListing, ...]:
    order = [int(s) for s in np.argsort(-counts.listed, kind="stable") if counts.listed[s]]
    out = []
    for s in order:
        bare = int(counts.listed[s] - counts.linked[s])
        sizes = ((int(counts.listed[s]), bare), (int(counts.linked[s]), bare))
        listed, link = _unknown(sizes[0]), _unknown(sizes[1])
        if model is not None and s in model.own:
            listed, link = (
                _addition(each.value, each.se, each.dof, size, level)
                for each, size in zip(model.own[s], sizes, strict=True)
            )
        out.append(SourceListing(panel.sources[s], listed, link, int(counts.linked[s])))
    return tuple(out)


def _verdict(listed: Addition, linked: Addition, evidence: Evidence) -> Verdict:
    share = evidence.share or 0.0
    if share < LEAST_SHARE or (share < ENOUGH_SHARE and evidence.pages < ENOUGH_PAGES):
        return "not enough pages looked at"
    return told_from(listed, linked)


def told_from(listed: Addition, linked: Addition) -> Verdict:
    """What a listing and the link beyond it say, where enough pages were looked at."""
    if linked.low is None or linked.high is None:
        return "not settled"
    if linked.low > 0:
        return "a link adds to the listing"
    if listed.value is not None and (listed.low or 0.0) > 0 and linked.high < listed.value / 2:
        return "the listing, not the link"
    return "not settled"


def sentence(told: ListingTable) -> str:
    """What to ask a page for, as people read it, with n, intervals and definitions."""
    share = "no citation" if told.share is None else f"{numbers.percent(told.share)} of the citations"
    basis = f"Looked at: {share} of sources that list or link, {numbers.counted(told.pages, 'page')}."
    if not told.told_apart:
        return (
            f"Listing and link are not told apart yet. {basis} Needed: {numbers.percent(ENOUGH_SHARE, 0)}, "
            f"or {numbers.percent(LEAST_SHARE, 0)} with {ENOUGH_PAGES} pages; 'citelift pages check' looks "
            f"at more."
        )
    listed, linked = span(told.listed), span(told.linked)
    held = "" if told.adjusted else " Not adjusted for prominence on the page."
    if told.verdict == "a link adds to the listing":
        return (
            f"A link goes with more than being listed does: being listed on the cited page goes with "
            f"{listed}, a link on it with {linked} beyond that. Ask for a link. {basis}{held}"
        )
    if told.verdict == "the listing, not the link":
        return (
            f"Being listed is what goes with more: being listed on the cited page goes with {listed}, a link "
            f"on it with {linked} beyond that. Ask for a mention, linked or not. {basis}{held}"
        )
    return (
        f"Listing and link are not settled: being listed on the cited page goes with {listed}, a link on it "
        f"with {linked} beyond that. Ask for a mention with a link. {basis}{held}"
    )


def span(told: Addition) -> str:
    """An effect with its interval and n."""
    if told.value is None:
        return "an unknown difference (too few pairs)"
    return f"{numbers.points(told.value)} ({numbers.points_range(told.low, told.high)}, n = {told.pairs:,})"
