"""Intervals: Wilson for one cell, whole prompts resampled for a pool, paired differences, false discovery.

Repeats and engines of one prompt are not independent, so everything pooled over prompts treats the prompt as
the unit: its sums go into the resample together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from tracker.errors import UsageError

Method = Literal[
    "wilson",
    "cluster bootstrap",
    "paired difference",
    "within answers",
    "prompts and sources",
    "large sample",
    "not enough data",
]
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]

MIN_CLUSTERS = 5
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval; `low` and `high` are None where the data do not allow one.

    Attributes
    ----------
    estimate : float or None
        None where the denominator is zero.
    low, high : float or None
        Two-sided bounds at the level asked for.
    n : int
        Observations in the denominator (answers, mentions …).
    clusters : int
        Independent units behind them (prompts); equals `n` for a single cell.
    method : str
        How the bounds were made, or "not enough data".
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    method: Method

    @property
    def enough(self) -> bool:
        """Whether there are bounds to show."""
        return self.low is not None and self.high is not None


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise UsageError(f"The level {level!r} is not between 0 and 1.", "Use 0.95 for a 95 % interval.")
    return level


def wilson(successes: float, n: int, *, level: float = 0.95) -> Interval:
    r"""Wilson score interval of a proportion.

    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    successes : float
        Count of successes, 0 ≤ successes ≤ n.
    n : int
        Trials; 0 gives "not enough data", never 0 %.
    level : float
        Coverage asked for.

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if not 0 <= successes <= n:
        raise UsageError(
            f"{successes} successes in {n} trials is impossible.", "Count both on the same rows."
        )
    if n == 0:
        return Interval(None, None, None, 0, 0, "not enough data")
    low, high = wilson_bounds(successes, n, level=level)
    return Interval(successes / n, float(low), float(high), n, n, "wilson")


def wilson_bounds(
    successes: ArrayLike, n: ArrayLike, *, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson bounds of whole arrays (same formula as `wilson`); NaN where n is 0.

    Parameters
    ----------
    successes, n : array_like
        Broadcastable counts.

    Returns
    -------
    low, high : ndarray
        Of the broadcast shape.
    """
    k, trials = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(n, np.float64))
    z = float(special.ndtri(0.5 + _level(level) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = k / trials
        centre = (p + z * z / (2 * trials)) / (1 + z * z / trials)
        half = z * np.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2)) / (1 + z * z / trials)
    low = np.where(k == 0, np.where(trials > 0, 0.0, np.nan), centre - half)
    high = np.where(k == trials, np.where(trials > 0, 1.0, np.nan), centre + half)
    return low, high


def cluster_sums(values: ArrayLike, clusters: ArrayLike) -> NDArray[np.float64]:
    """Sums of each column within each cluster.

    Parameters
    ----------
    values : array_like, shape (n,) or (n, k)
    clusters : array_like of int or str, shape (n,)

    Returns
    -------
    ndarray, shape (clusters, k)
        Ordered by the clusters' sorted labels.
    """
    table = np.asarray(values, np.float64)
    table = table[:, None] if table.ndim == 1 else table
    labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
    columns = [np.bincount(codes, column, len(labels)) for column in table.T]
    return np.stack(columns, axis=1) if columns else np.empty((len(labels), 0))


def resample(sums: NDArray[np.float64], *, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.float64]:
    """Totals of `resamples` draws of whole clusters with replacement.

    A draw of G clusters is a multinomial count vector, so every draw's totals are one matrix product over
    the G per-cluster sums; no row is ever copied.

    Parameters
    ----------
    sums : ndarray, shape (G, k)
        Per-cluster sums, e.g. numerator and denominator of a ratio as two columns.

    Returns
    -------
    ndarray, shape (resamples, k)
    """
    g = len(sums)
    rng = np.random.default_rng(seed)
    totals = np.empty((resamples, sums.shape[1]))
    step = max(1, 4_000_000 // max(g, 1))
    for start in range(0, resamples, step):
        stop = min(resamples, start + step)
        counts = rng.multinomial(g, np.full(g, 1 / g), size=stop - start)
        totals[start:stop] = counts @ sums
    return totals


def cluster_bootstrap(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    n: int | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    minimum: int = MIN_CLUSTERS,
) -> Interval:
    r"""Interval of a ratio of sums, resampling whole prompts.

    The estimand is :math:`\sum_g y_g / \sum_g x_g` over prompts g (a rate: named answers ÷ answers; a share:
    the brand's mentions ÷ all brands' mentions). Both sums of a drawn prompt enter together.

    Draws give the shape (percentiles), and the few-cluster correction the width: percentile distances from
    the estimate are stretched by :math:`\sqrt{G/(G-1)}\; t_{G-1}/z`, which is 1 for many prompts and removes
    most of the bootstrap's undercoverage for few.

    Parameters
    ----------
    numerator, denominator : array_like, shape (G,)
        Sums per prompt (see `cluster_sums`). Prompts with a denominator of 0 are left out.
    n : int, optional
        Observations to report; the denominator's total if None.
    minimum : int
        Fewer prompts than this give "not enough data" in place of bounds.

    Notes
    -----
    One and the same rate in every prompt has no spread to resample; its bounds come from the Wilson formula
    on the number of prompts, which is the honest count of independent trials.

    References
    ----------
    Cameron, Gelbach & Miller (2008), "Bootstrap-based improvements for inference with clustered errors".
    """
    _level(level)
    y, x = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    if y.shape != x.shape or y.ndim != 1:
        raise UsageError(f"Shapes {y.shape} and {x.shape} differ.", "Give one sum per prompt in both.")
    y, x = y[x > 0], x[x > 0]
    g, total = len(x), float(x.sum())
    count = round(total) if n is None else n
    estimate = float(y.sum() / total) if total else None
    if estimate is None or g < minimum:
        return Interval(estimate, None, None, count, g, "not enough data")
    inside = bool(np.all((y >= 0) & (y <= x)))
    if inside and np.ptp(y / x) < 1e-12:
        sure = wilson(min(estimate, 1.0) * g, g, level=level)
        return Interval(estimate, sure.low, sure.high, count, g, "wilson")
    totals = resample(np.column_stack([y, x]), resamples=resamples, seed=seed)
    low, high = _stretched(estimate, totals[:, 0] / totals[:, 1], g, level)
    return Interval(
        estimate,
        max(low, 0.0) if inside else low,
        min(high, 1.0) if inside else high,
        count,
        g,
        "cluster bootstrap",
    )


def bootstrap_statistic(
    sums: NDArray[np.float64],
    statistic: Statistic,
    *,
    n: int,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    minimum: int = MIN_CLUSTERS,
) -> Interval:
    """Interval of any smooth function of summed columns, resampling whole prompts.

    Parameters
    ----------
    sums : ndarray, shape (G, k)
        Per-prompt sums.
    statistic : callable
        Maps totals of shape (draws, k) to values of shape (draws,).
    """
    _level(level)
    estimate = float(statistic(sums.sum(axis=0, keepdims=True))[0]) if len(sums) else float("nan")
    known = np.isfinite(estimate)
    if not known or len(sums) < minimum:
        return Interval(estimate if known else None, None, None, n, len(sums), "not enough data")
    draws = statistic(resample(sums, resamples=resamples, seed=seed))
    low, high = _stretched(estimate, draws[np.isfinite(draws)], len(sums), level)
    return Interval(estimate, low, high, n, len(sums), "cluster bootstrap")


def _stretched(estimate: float, draws: NDArray[np.float64], g: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    stretch = np.sqrt(g / (g - 1)) * stats.t.ppf(1 - tail, g - 1) / special.ndtri(1 - tail)
    return float(estimate - stretch * (estimate - low)), float(estimate + stretch * (high - estimate))


def newcombe(first: float, second: float, n: int, m: int, *, level: float = 0.95) -> tuple[float, float]:
    r"""Bounds of `second - first`, two proportions of n and m trials, from their Wilson bounds (l, u).

    .. math::
        d - \sqrt{(p_1-u_1)^2 + (p_2-l_2)^2},\quad d + \sqrt{(p_1-l_1)^2 + (p_2-u_2)^2}

    References
    ----------
    Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10.
    """
    low, high = wilson_bounds([first * n, second * m], [n, m], level=level)
    d = second - first
    below = np.hypot(first - high[0], second - low[1])
    return float(d - below), float(d + np.hypot(first - low[0], second - high[1]))


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    n: int | None = None,
    level: float = 0.95,
    minimum: int = MIN_CLUSTERS,
) -> Interval:
    r"""Mean of `second - first` over the same prompts, with a t interval on the prompts' differences.

    .. math:: \bar d \pm t_{G-1} \, s_d / \sqrt{G}

    Parameters
    ----------
    first, second : array_like, shape (G,)
        One rate per prompt, in the same order of prompts; a prompt unknown (NaN) in either is left out.

    Notes
    -----
    One and the same difference in every prompt (0 % and 0 %, say) has no spread; its bounds are Newcombe's
    with the prompts as trials, as a rate without spread has Wilson's.

    References
    ----------
    Student (1908); the same numbers as `scipy.stats.ttest_rel`'s confidence interval.
    """
    _level(level)
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise UsageError(f"Shapes {a.shape} and {b.shape} differ.", "Pair the two on the same prompts first.")
    difference = (b - a)[np.isfinite(a) & np.isfinite(b)]
    g = len(difference)
    count = g if n is None else n
    estimate = float(difference.mean()) if g else None
    if estimate is None or g < max(minimum, 2):
        return Interval(estimate, None, None, count, g, "not enough data")
    spread = float(difference.std(ddof=1))
    if spread < 1e-12 and _are_shares(a, b):
        both = np.isfinite(a) & np.isfinite(b)
        low, high = newcombe(float(a[both].mean()), float(b[both].mean()), g, g, level=level)
        return Interval(estimate, low, high, count, g, "paired difference")
    half = float(stats.t.ppf(0.5 + level / 2, g - 1) * spread / np.sqrt(g))
    return Interval(estimate, estimate - half, estimate + half, count, g, "paired difference")


def paired_ratio_difference(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    *,
    n: int | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
    minimum: int = MIN_CLUSTERS,
) -> Interval:
    """Difference of two ratios of sums on the same prompts, both resampled with the same draw of prompts.

    Parameters
    ----------
    first, second : pair of array_like, shape (G,)
        (numerator, denominator) per prompt. The estimate is second minus first.
    """
    columns = np.column_stack(
        [*(np.asarray(c, np.float64) for c in first), *(np.asarray(c, np.float64) for c in second)]
    )
    both = columns[(columns[:, 1] > 0) & (columns[:, 3] > 0)]

    def difference(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(t[:, 2] / t[:, 3] - t[:, 0] / t[:, 1])

    count = round(float(both[:, [1, 3]].sum())) if n is None else n
    if not len(both):
        return Interval(None, None, None, count, 0, "not enough data")
    shares = both[:, 0] / both[:, 1], both[:, 2] / both[:, 3]
    if len(both) >= minimum and max(np.ptp(share) for share in shares) < 1e-12 and _are_shares(*shares):
        first_share, second_share = (float(share[0]) for share in shares)
        low, high = newcombe(first_share, second_share, len(both), len(both), level=level)
        return Interval(second_share - first_share, low, high, count, len(both), "paired difference")
    interval = bootstrap_statistic(
        both, difference, n=count, level=level, resamples=resamples, seed=seed, minimum=minimum
    )
    method: Method = "paired difference" if interval.enough else "not enough data"
    return Interval(interval.estimate, interval.low, interval.high, count, len(both), method)


def _are_shares(*rates: NDArray[np.float64]) -> bool:
    return all(bool(np.all((r >= 0) & (r <= 1) | np.isnan(r))) for r in rates)


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values that bound the expected share of false discoveries; NaN stays NaN and is not counted.

    Parameters
    ----------
    p : array_like, shape (m,)

    Returns
    -------
    ndarray, shape (m,)
        q such that {q ≤ α} has a false discovery rate of at most α under independence.

    References
    ----------
    Benjamini & Hochberg (1995), "Controlling the false discovery rate".
    """
    values = np.asarray(p, np.float64)
    known = np.flatnonzero(np.isfinite(values))
    out = np.full(values.shape, np.nan)
    if not len(known):
        return out
    if (values[known] < 0).any() or (values[known] > 1).any():
        raise UsageError("A p-value lies outside 0 to 1.", "Pass probabilities, not percentages.")
    order = known[np.argsort(values[known])]
    m = len(order)
    stepped = values[order] * m / np.arange(1, m + 1)
    out[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return out
