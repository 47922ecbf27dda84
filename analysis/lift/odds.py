r"""A lift in points as log-odds at the rates where it was seen, and what it would take to explain it away.

* *Pull*: the log-odds with which naming a brand would have to draw the source in, for the engine's choice of
  sources alone to give the lift. Naming n times as many brands where the source is cited means it is cited
  n times as often where they are named: :math:`e^d = P(c \mid n) / P(c \mid \bar n)`, and the pull is the
  log of the odds ratio of the same two.
* *Missing*: links of other sources that no export knows, each as strong as the strongest other claim, beside
  what share of the source's linked pairs and none of the others.
* *Scale*: whether lifts are alike in points or in log-odds. With v = p(1 − p) of the pair's brand, prompt
  and engine, :math:`\ell_s` the claimed sources' lifts and :math:`\bar v_s` the mean of v at the exposures of
  s, the coefficient of :math:`\sum_s x_s \ell_s (v / \bar v_s - 1)` beside all exposures is 0 where a link
  adds the same points to every brand, and 1 where it adds the same log-odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    """How far lifts are alike in log-odds (1) rather than in points (0), and its standard error."""

    odds: float
    se: float


def scale(panel: Panel, lifts: Mapping[str, float], fx: Effects) -> LiftScale:
    """The scale on which claimed lifts are alike, between 0 and 1; `fx` is what lifts were compared
    within."""
    b = len(panel.brands)
    rate = np.empty((panel.answers, b))
    rate[fx.order] = fx.rate[fx.cell]
    spread = (rate * (1 - rate)).ravel()
    exposed = sparse.csc_array(panel.exposed)
    varied = np.zeros(panel.answers * b)
    for s, source in enumerate(panel.sources):
        if source in lifts:
            rows = exposed.indices[exposed.indptr[s] : exposed.indptr[s + 1]]
            varied[rows] += lifts[source] * (spread[rows] / spread[rows].mean() - 1)
    live = np.flatnonzero(np.diff(exposed.indptr))
    columns = sparse.hstack([sparse.csr_array(varied[:, None]), exposed[:, live]], format="csr")
    beta, se = (float(each[0]) for each in jackknife(design(panel, sparse.csr_array(columns), fx)))
    known = bool(np.isfinite(beta) and np.isfinite(se))
    return LiftScale(float(np.clip(beta, 0, 1)), min(se, 0.5)) if known else LiftScale(0.5, 0.5)


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


def _by_group(named: NDArray[np.bool_], group: Ints, count: int) -> Floats:
    return np.stack([np.bincount(group, column, count) for column in named.T.astype(np.float64)], axis=1)
