"""Ratios of sums over prompts, many at once: the numbers of `analysis.intervals.cluster_bootstrap`, one draw
for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.frames import Floats, Ints
from analysis.intervals import MIN_CLUSTERS, RESAMPLES, Method, resample, wilson_bounds


@dataclass(frozen=True, eq=False)
class Ratios:
    """Ratios of K columns with bounds: arrays of shape (K,); NaN where unknown."""

    estimate: Floats
    low: Floats
    high: Floats
    clusters: Ints
    method: list[Method]


def ratios(y: Floats, x: Floats, *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0) -> Ratios:
    """`analysis.intervals.cluster_bootstrap` for many columns at once: the same numbers, one draw for all.

    Parameters
    ----------
    y, x : ndarray, shape (G, K)
        Numerator and denominator per prompt; a prompt with x = 0 is not in its column.

    Notes
    -----
    Columns with equally many prompts share their draws, so the work is one matrix product. A column with
    fewer than `MIN_CLUSTERS` prompts gets the Wilson bounds of its prompts.
    """
    there = x > 0
    y, x = np.where(there, y, 0.0), np.where(there, x, 0.0)
    g = there.sum(axis=0).astype(np.int64)
    total = x.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = y.sum(axis=0) / total
    low, high = np.full(len(g), np.nan), np.full(len(g), np.nan)
    method: list[Method] = ["not enough data"] * len(g)
    inside = np.all((y >= 0) & (y <= x), axis=0)
    edge = np.all(y == 0, axis=0) | np.all(y == x, axis=0)
    by_prompt = (g > 0) & inside & (edge | (g < MIN_CLUSTERS))
    low[by_prompt], high[by_prompt] = wilson_bounds((estimate * g)[by_prompt], g[by_prompt], level=level)
    order = np.argsort(~there, axis=0, kind="stable")
    for size in np.unique(g[(g >= MIN_CLUSTERS) & ~by_prompt]):
        at = np.flatnonzero((g == size) & ~by_prompt)
        rows = order[: int(size)][:, at]
        bounds = _bounds(
            np.take_along_axis(y[:, at], rows, 0),
            np.take_along_axis(x[:, at], rows, 0),
            estimate[at],
            level,
            resamples,
            seed,
        )
        low[at], high[at] = bounds
        low[at] = np.where(inside[at], np.maximum(low[at], 0.0), low[at])
        high[at] = np.where(inside[at], np.minimum(high[at], 1.0), high[at])
    for i in range(len(g)):
        if by_prompt[i]:
            method[i] = "wilson"
        elif np.isfinite(low[i]):
            method[i] = "cluster bootstrap"
    return Ratios(estimate, low, high, g, method)


def _bounds(
    y: Floats, x: Floats, estimate: Floats, level: float, resamples: int, seed: int
) -> tuple[Floats, Floats]:
    g, k = y.shape
    draws = np.ascontiguousarray(resample(np.eye(g), resamples=resamples, seed=seed).T)
    tail = (1 - level) / 2
    low, high = np.empty(k), np.empty(k)
    for start in range(0, k, 1_000):
        part = slice(start, start + 1_000)
        drawn = y[:, part].T @ draws
        drawn /= x[:, part].T @ draws
        low[part], high[part] = _quantiles(drawn, tail)
    stretch = np.sqrt(g / (g - 1)) * stats.t.ppf(1 - tail, g - 1) / stats.norm.ppf(1 - tail)
    return estimate - stretch * (estimate - low), estimate + stretch * (high - estimate)


def _quantiles(drawn: Floats, tail: float) -> tuple[Floats, Floats]:
    """`numpy.quantile(drawn, [tail, 1 - tail], axis=1)`, several times faster: only four positions are
    sorted."""
    last = drawn.shape[1] - 1
    at = [tail * last, (1 - tail) * last]
    positions = [min(int(a), last - 1) for a in at]
    drawn.partition(sorted({p + i for p in positions for i in (0, 1)}), axis=1)
    low, high = (
        drawn[:, p] + (a - p) * (drawn[:, p + 1] - drawn[:, p]) for a, p in zip(at, positions, strict=True)
    )
    return low, high
