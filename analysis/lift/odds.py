r"""A lift in points as log-odds at the rates where it was seen, and what it would take to explain it away.

* *Pull*: the log-odds with which naming a brand would have to draw the source in, for the engine's choice of
  sources alone to give the lift. Naming n times as many brands where the source is cited means it is cited
  n times as often where they are named: :math:`e^d = P(c \mid n) / P(c \mid \bar n)`, and the pull is the
  log of the odds ratio of the same two.
* *Missing*: links of other sources that no export knows, each as strong as the strongest other claim, beside
  what share of the source's linked pairs and none of the others.
* *Scale*: whether lifts are alike in points or in log-odds. With :math:`p_0` the brand's rate at the prompt,
  less claimed lifts, each claimed lift is carried to every exposure in both ways: the same points, up to what
  :math:`p_0` leaves (:math:`P_s`), or the same log-odds (:math:`O_s`), both with the lift as their mean.
  Beside all exposures, the coefficient of :math:`\sum_s x_s (O_s - P_s)` on the outcome less
  :math:`\sum_s x_s (P_s - \ell_s)` is 0 where points are alike and 1 where log-odds are.
* *Dated*: a link without a day counts as live all the time, also while it was not, and its lift is thinned.
  The coefficient :math:`\delta` of :math:`\sum_s x_s \ell_s D`, D whether the link began inside the weeks,
  beside all exposures is by how much more, as a share of the lift, links with a day go with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse, special

from analysis.lift.fitting import jackknife
from analysis.lift.panel import Floats, Ints, Panel
from analysis.lift.sums import design
from analysis.lift.within import Effects, codes

LARGEST = 6.0
"""Log-odds that no link is believed to bring."""
DRAWN = 4.0
"""Answers' worth by which a cell's rate is drawn to a wider one's."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What would explain a claim away.

    Attributes
    ----------
    pull, pull_low : float or None
        Log-odds per named brand that explain the lift, and its lower bound; None where no pull does.
    missing, missing_low : float or None
        Share of its linked pairs beside which unknown links would have to stand, as strong as the strongest
        other claim; None where even all would not do, or nothing else is claimed.
    """

    pull: float | None
    pull_low: float | None
    missing: float | None
    missing_low: float | None


@dataclass(frozen=True, slots=True)
class LiftScale:
    """How lifts are carried from where they were seen to a new link.

    Attributes
    ----------
    odds, se : float
        How far lifts are alike in log-odds (1) rather than in points (0).
    dated, dated_se : float
        Share of the lift by which links that began inside the weeks go with more than the others.
    """

    odds: float
    se: float
    dated: float = 0.0
    dated_se: float = 0.0


def scale(panel: Panel, lifts: Mapping[str, float], fx: Effects) -> LiftScale:
    """The scale on which claimed lifts are alike, between 0 and 1; `fx` is what lifts were compared
    within."""
    a, b = panel.named.shape
    exposed = sparse.csc_array(panel.exposed)
    base = _without(panel, np.array([lifts.get(source, 0.0) for source in panel.sources])).ravel()
    capped, apart, begun = np.zeros(a * b), np.zeros(a * b), np.zeros(a * b)
    for s, source in enumerate(panel.sources):
        rows = exposed.indices[exposed.indptr[s] : exposed.indptr[s + 1]]
        if source not in lifts or not len(rows):
            continue
        lift, rate = lifts[source], base[rows]
        even = np.full(len(rows), 1 / len(rows))
        odds = special.expit(special.logit(rate) + _solved(rate, even, lift)) - rate
        points = np.minimum(lift, 1 - rate)
        odds, points = (each * lift / each.mean() for each in (odds, points))
        capped[rows] += points - lift
        apart[rows] += odds - points
        begun[rows] += lift * _begun(panel, s)[rows % b]
    live = np.flatnonzero(np.diff(exposed.indptr))
    columns = sparse.hstack([sparse.csr_array(np.stack([apart, begun], axis=1)), exposed[:, live]])
    beyond = replace(panel, named=panel.named - capped.reshape(a, b))
    fitted = jackknife(design(beyond, sparse.csr_array(columns), fx))
    (share, se), (dated, dated_se) = zip(*(each[:2] for each in fitted), strict=True)
    told = LiftScale(0.5, 0.5)
    if np.isfinite(share) and np.isfinite(se):
        told = LiftScale(float(np.clip(share, 0, 1)), min(float(se), 0.5))
    if np.isfinite(dated) and np.isfinite(dated_se):
        told = replace(told, dated=float(dated), dated_se=float(dated_se))
    return told


def _without(panel: Panel, lifts: Floats) -> Floats:
    """Each pair's rate at its prompt, less what claimed lifts are worth there, drawn to the brand's own,
    (A, B). The own engine counts half: its rate is high where the same pairs' lift is low by chance, and
    another engine's is not quite the same."""
    net = panel.named - (panel.exposed.astype(np.float64) @ lifts).reshape(panel.named.shape)
    total, size = _totals(net, codes(panel.prompt))
    own, answers = _totals(net, codes(panel.prompt, panel.engine))
    rate = (total - own / 2 + DRAWN * net.mean(axis=0)) / (size - answers / 2 + DRAWN)
    return np.asarray(np.clip(rate, 0.02, 0.98))


def _totals(values: Floats, group: Ints) -> tuple[Floats, Floats]:
    """Sums over the answers of each answer's group, (A, B), and their number, (A, 1)."""
    count = int(group.max()) + 1
    size = np.bincount(group, minlength=count).astype(np.float64)
    return _by_group(values, group, count)[group], size[group][:, None]


def _begun(panel: Panel, source: int) -> NDArray[np.bool_]:
    """Brands whose link from the source began inside the weeks, (B,)."""
    if panel.begins is None:
        return np.zeros(len(panel.brands), bool)
    return np.asarray(panel.begins[source] > 0)


def begun_share(panel: Panel, at: Ints) -> Floats:
    """Share of each source's exposures whose link began inside the weeks, (len(at),)."""
    exposed, b = sparse.csc_array(panel.exposed), len(panel.brands)
    out = np.ones(len(at))
    for j, s in enumerate(at.tolist()):
        brands = exposed.indices[exposed.indptr[s] : exposed.indptr[s + 1]] % b
        out[j] = _begun(panel, s)[brands].mean() if len(brands) else 1.0
    return out


def sensitivity(panel: Panel, at: Ints, lifts: Floats, lows: Floats) -> list[Sensitivity]:
    """Of each claimed source of `at`, from its lift and its lower bound in probability, (len(at),) both."""
    pulls = [_pulls(panel, at, log_odds(panel, at, np.maximum(size, 0.0))) for size in (lifts, lows)]
    out = []
    for i in range(len(at)):
        strongest = float(np.delete(lifts, i).max(initial=1e-300))
        shares = [
            size / strongest if 0 < size <= strongest else None for size in (lifts[i], max(lows[i], 0.0))
        ]
        out.append(Sensitivity(pulls[0][i], pulls[1][i], *shares))
    return out


def _pulls(panel: Panel, at: Ints, odds: Floats) -> list[float | None]:
    exposed = sparse.csc_array(panel.exposed)
    cited = np.asarray(panel.cited.mean(axis=0)).ravel()[at]
    rate = panel.named.mean(axis=0)
    out: list[float | None] = []
    for s, share, d in zip(at.tolist(), cited, odds, strict=True):
        brands = exposed.indices[exposed.indptr[s] : exposed.indptr[s + 1]] % len(panel.brands)
        named = float(rate[brands].mean())
        ratio = float(np.exp(d))
        without = share / (1 - named + named * ratio)
        within = ratio * without
        out.append(None if within >= 1 else float(special.logit(within) - special.logit(without)))
    return out


def log_odds(panel: Panel, at: Ints, lifts: Floats) -> Floats:
    r"""The d that gives back each source's lift at its own exposures, (len(at),); never above `LARGEST`.

    Mean over exposures of :math:`\sigma(\operatorname{logit} p_0 + d) - p_0` = lift.
    """
    b = len(panel.brands)
    cell = codes(panel.prompt, panel.engine)
    cells = int(cell.max()) + 1
    engine = np.zeros(cells, np.int64)
    engine[cell] = panel.engine
    size = np.bincount(cell, minlength=cells)
    named = _by_group(panel.named, cell, cells)
    pool = _by_group(panel.named, panel.engine, int(panel.engine.max()) + 1)
    pool /= np.maximum(np.bincount(panel.engine), 1)[:, None]
    exposed = sparse.csc_array(panel.exposed)
    out = np.zeros(len(at))
    for j, (s, lift) in enumerate(zip(at.tolist(), lifts.tolist(), strict=True)):
        answer, brand = np.divmod(exposed.indices[exposed.indptr[s] : exposed.indptr[s + 1]], b)
        spot = cell[answer] * b + brand
        pairs = np.bincount(spot, minlength=cells * b).reshape(cells, b)
        hits = np.bincount(spot, panel.named[answer, brand], cells * b).reshape(cells, b)
        outside = (named - hits + DRAWN * pool[engine]) / (size[:, None] - pairs + DRAWN)
        seen = pairs > 0
        base, weight = np.clip(outside[seen], 0.005, 0.995), pairs[seen] / pairs.sum()
        out[j] = _solved(base, weight, lift)
    return out


def _solved(base: Floats, weight: Floats, lift: float) -> float:
    if lift <= 0:
        return 0.0
    level = special.logit(base)

    def short(d: float) -> float:
        return float(weight @ (special.expit(level + d) - base)) - lift

    return LARGEST if short(LARGEST) <= 0 else float(optimize.brentq(short, 0.0, LARGEST))


def _by_group(named: NDArray[np.generic], group: Ints, count: int) -> Floats:
    return np.stack([np.bincount(group, column, count) for column in named.T.astype(np.float64)], axis=1)
