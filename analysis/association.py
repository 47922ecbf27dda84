"""Does authority go with being cited? Rank correlation over domains, and conditional logit within answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracker.errors import DataError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK_CELLS = 2_000_000


@dataclass(frozen=True)
class Spearman:
    """A rank correlation over domains with its bootstrap interval.

    `rho`, `low` and `high` are None where they are not defined: fewer than three domains, or one of the two
    columns constant. `unknown` counts the domains left out because one value is unknown (NaN).
    """

    rho: float | None
    low: float | None
    high: float | None
    domains: int
    unknown: int
    resamples: int
    level: float


def spearman(
    x: ArrayLike, y: ArrayLike, *, seed: int = 0, resamples: int = 2000, level: float = 0.95
) -> Spearman:
    r"""Spearman's rank correlation, with a percentile bootstrap over domains.

    Estimand: the correlation of mid-ranks of `x` and `y` over the population of domains of which these are
    a sample. Each resample draws whole domains with replacement and ranks them afresh.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        One value a domain, for example authority and answers citing it. NaN is unknown: the domain leaves
        both columns. A bootstrap over prompts instead is biased for sparse counts: it makes new zeros.
    seed : int
        The same seed gives the same interval.

    References
    ----------
    Spearman (1904). Efron and Tibshirani (1993), ch. 13.
    """
    left, right = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if left.shape != right.shape or left.ndim != 1:
        raise DataError(f"two columns of one value a domain are needed, not {left.shape} and {right.shape}")
    if not 0 < level < 1:
        raise UsageError(f"level={level} is no coverage", "use a number between 0 and 1 such as 0.95")
    known = ~(np.isnan(left) | np.isnan(right))
    left, right = left[known], right[known]
    n, unknown = len(left), int((~known).sum())
    codes = [np.unique(side, return_inverse=True)[1] for side in (left, right)]
    rho = float(_rank_correlation(codes, np.ones((1, n)))[0]) if n >= 3 else np.nan
    if np.isnan(rho):
        return Spearman(None, None, None, n, unknown, 0, level)
    draws = _resampled(codes, n, np.random.default_rng(seed), resamples)
    draws = draws[~np.isnan(draws)]
    if not draws.size:
        return Spearman(rho, None, None, n, unknown, 0, level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Spearman(rho, float(low), float(high), n, unknown, len(draws), level)


def _resampled(codes: list[Ints], n: int, rng: np.random.Generator, resamples: int) -> Floats:
    chunk = max(1, CHUNK_CELLS // n)
    parts = []
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = rng.integers(0, n, size=(rows, n)) + (np.arange(rows) * n)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        parts.append(_rank_correlation(codes, weights))
    return np.concatenate(parts) if parts else np.zeros(0)


def _rank_correlation(codes: list[Ints], weights: Floats) -> Floats:
    """Correlation of mid-ranks when row r holds `weights[r, i]` copies of domain i; NaN where undefined."""
    ranks = [_mid_ranks(side, weights) for side in codes]
    total = weights.sum(axis=1, keepdims=True)
    a, b = (rank - (weights * rank).sum(axis=1, keepdims=True) / total for rank in ranks)
    cross: Floats = (weights * a * b).sum(axis=1)
    scale = np.sqrt((weights * a * a).sum(axis=1) * (weights * b * b).sum(axis=1))
    undefined = np.full(len(cross), np.nan)
    np.divide(cross, scale, out=undefined, where=scale > 1e-9)
    return undefined


def _mid_ranks(codes: Ints, weights: Floats) -> Floats:
    """Ranks in the resample, ties at their middle, of every domain (also of those drawn 0 times)."""
    rows, values = len(weights), int(codes.max()) + 1
    flat = (codes + (np.arange(rows) * values)[:, None]).ravel()
    mass = np.bincount(flat, weights.ravel(), rows * values).reshape(rows, values)
    middle: Any = np.cumsum(mass, axis=1) - (mass - 1) / 2
    ranks: Floats = middle[:, codes]
    return ranks
