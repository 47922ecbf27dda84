"""Sign flips: exact tests of what was drawn by lot within pairs, and intervals by turning the test round."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EXACT = 18
"""Up to so many lots, every way in which they could have fallen is looked at; beyond, `DRAWS` of them."""
DRAWS = 49_999
CLOSE = 1e-9


@dataclass(frozen=True)
class Region:
    """Effects that a test does not reject: one piece, or two rays, or the whole line.

    Attributes
    ----------
    pieces : tuple of (float, float)
        Ascending and closed; infinite where open.
    """

    pieces: tuple[tuple[float, float], ...]

    @property
    def bounded(self) -> bool:
        return bool(self.pieces) and bool(np.isfinite([*self.pieces[0], *self.pieces[-1]]).all())

    @property
    def low(self) -> float:
        return self.pieces[0][0] if self.pieces else float("nan")

    @property
    def high(self) -> float:
        return self.pieces[-1][1] if self.pieces else float("nan")


def flipped(values: Floats, seed: int = 0) -> Floats:
    """The sum of the values under every choice of signs that could have been drawn, the drawn one first.

    Parameters
    ----------
    values : ndarray, shape (..., n)
        One value a lot, signed as it was drawn.

    Returns
    -------
    ndarray, shape (..., m)
        m = 2ⁿ⁻¹ for n ≤ `EXACT`, since a choice and its opposite have sums of one size; else 1 + `DRAWS`
        random choices, the same ones for one seed.
    """
    n = values.shape[-1]
    if n > EXACT:
        return np.asarray(values @ _choices(n, seed))
    sums = values[..., :1]
    for i in range(1, n):
        each = values[..., i : i + 1]
        sums = np.concatenate([sums + each, sums - each], axis=-1)
    return sums


@lru_cache(maxsize=2)
def _choices(n: int, seed: int) -> Floats:
    signs = np.random.default_rng(seed).integers(0, 2, (n, DRAWS)) * 2.0 - 1
    return np.concatenate([np.ones((n, 1)), signs], axis=1)


def p_value(values: Floats, seed: int = 0) -> Floats:
    r"""Two-sided p-value of "the lot changes nothing": the share of choices of signs with as large a sum.

    .. math:: p = \#\{\varepsilon : |\sum_i \varepsilon_i v_i| \ge |\sum_i v_i|\} / m

    Parameters
    ----------
    values : ndarray, shape (..., n)
        Weighted differences within pairs, drawn one minus the other.

    Notes
    -----
    Exact whatever the distribution of the values, since under the null only the signs are chance. Random
    choices count the drawn one among them, which keeps the level (Phipson & Smyth, 2010).
    """
    sums = np.abs(flipped(values, seed))
    first = sums[..., :1]
    return np.asarray((sums >= first - CLOSE * (1 + first)).mean(axis=-1))


def not_rejected(values: Floats, doses: Floats, *, level: float = 0.95, seed: int = 0) -> Region:
    r"""Effects β for which "values − β · doses" still looks like chance: p(β) > 1 − level.

    With doses of 1 this is the interval of the effect of the lot by test inversion; with the difference in
    what was obtained (a share of the time that a link was live), the Anderson–Rubin region of the effect of a
    link, which keeps its level however few links were obtained and then has no bounds.

    Parameters
    ----------
    values, doses : ndarray, shape (n,)
        Both weighted alike, drawn one minus the other.

    Notes
    -----
    For one choice of signs with sums (aₑ, bₑ), against (a, b) of the drawn one, |aₑ − βbₑ| ≥ |a − βb| where

    .. math:: ((a_e - a) - β(b_e - b)) · ((a_e + a) - β(b_e + b)) ≥ 0,

    so that p(β) is a step function whose steps are the roots of these products: it is swept, not searched.
    """
    sums, by = flipped(values, seed), flipped(doses, seed)
    m = len(sums)
    gap, total = sums - sums[0], sums + sums[0]
    below, above = by - by[0], by + by[0]
    scale = CLOSE * (1 + abs(by[0]))
    below, above = (np.where(np.abs(x) < scale, 0.0, x) for x in (below, above))
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([gap / below, total / above])
    bends = below * above
    everywhere = (below == 0) & (np.abs(gap) <= CLOSE * (1 + abs(sums[0])))
    everywhere |= (above == 0) & (np.abs(total) <= CLOSE * (1 + abs(sums[0])))
    # (holds at −∞, [points where it begins], [points where it ends])
    starts: list[Floats] = []
    ends: list[Floats] = []
    low, high = roots.min(axis=0), roots.max(axis=0)
    inside, outside = (bends < 0) & ~everywhere, (bends > 0) & ~everywhere
    starts += [low[inside], high[outside]]
    ends += [high[inside], low[outside]]
    held = int(everywhere.sum()) + int(outside.sum())
    for flat, slope, other, root in ((below, above, gap, roots[1]), (above, below, total, roots[0])):
        line = (flat == 0) & (slope != 0) & ~everywhere
        falls = line & (other * slope > 0)  # holds up to the root
        held += int(falls.sum())
        ends.append(root[falls])
        starts.append(root[line & ~falls])
    both = (below == 0) & (above == 0) & ~everywhere & (gap * total >= 0)
    held += int(both.sum())
    return _swept(np.concatenate(starts), np.concatenate(ends), held, (1 - level) * m)


def _swept(starts: Floats, ends: Floats, held: int, bar: float) -> Region:
    """Where more than `bar` of the closed conditions hold."""
    at = np.concatenate([starts, ends])
    step = np.concatenate([np.ones(len(starts), np.int64), -np.ones(len(ends), np.int64)])
    order = np.lexsort((-step, at))
    at, count = at[order], held + np.cumsum(step[order])
    holds = np.concatenate([[held], count]) > bar + CLOSE
    edges = np.concatenate([[-np.inf], at, [np.inf]])
    change = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]]).astype(np.int8)))
    pieces = [(float(edges[i]), float(edges[j])) for i, j in change.reshape(-1, 2)]
    merged: list[tuple[float, float]] = []
    for low, high in pieces:
        if merged and low - merged[-1][1] <= CLOSE * (1 + abs(low)):
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return Region(tuple(merged))
