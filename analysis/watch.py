r"""Looking every week without crying wolf: an e-process that begins again at every week.

A test that holds its level once does not hold it fifty-two times. An *e-value* does: whoever looks every week
and stops when it reaches 1/α errs in a share α of the years at most, whenever they stop.

Per watched thing, with :math:`y_{pt}` the rate of prompt p in week t:

.. math::
    h_t = \frac1P\sum_p (y_{pt} - \bar y_{p,<t})\sqrt{t/(t+1)}, \qquad z_t = h_t/\sqrt{v_t},

.. math::
    E_t = \sum_{j \le t} \tfrac1{52}\,(1+nρ^2)^{-1/2} \exp\frac{ρ^2 S_{jt}^2}{2(1+nρ^2)}
    + 1 - \tfrac{t}{52}, \quad S_{jt} = \sum_{i=j}^t z_i,\; n = t-j+1 .

:math:`v_t` comes from earlier weeks only: the variance between prompts over their number, plus what past h
varied beyond that. Each summand is Robbins' mixture of likelihood ratios of a shift that began in week j;
their mixture over j is again a nonnegative martingale, so Ville's inequality bounds the false alarms of a
year.

References
----------
Howard, Ramdas, McAuliffe & Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences"
(the two-sided normal mixture); Shin, Ramdas & Rinaldo (2024), "E-detectors" (sums over starts); Wang & Ramdas
(2022), "False discovery rate control with e-values".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

YEAR = 52
SPREAD = 1.5
"""ρ²: shifts of about √1.5 standard errors a week are what it sees soonest."""
BURN_IN = 4
"""Weeks with a contrast before the first one that counts: their spread is the first that is known."""


@dataclass(frozen=True)
class Watched:
    """One thing, watched week by week.

    Attributes
    ----------
    z : ndarray, shape (T,)
        Standardised contrast of each week with the weeks before it; NaN where there is none.
    e : ndarray, shape (T,)
        The e-value after each week.
    since : ndarray of int, shape (T,)
        The week in which a move most likely began, if there was one; −1 before any contrast.
    """

    z: Floats
    e: Floats
    since: Ints


def watch(values: Floats, groups: ArrayLike, forget: Bools | None = None) -> Watched:
    """Follow one rate.

    Parameters
    ----------
    values : ndarray, shape (T, n)
        Rate of each cell (prompt × engine) in each week; NaN where it was not asked.
    groups : array_like, shape (n,)
        The prompt of each cell: its cells enter as their mean.
    forget : ndarray of bool, shape (T, n), optional
        Weeks from which on a cell is compared with later weeks only (its model changed).
    """
    z = standardised(*contrasts(values, groups, forget))
    e, since = e_process(z)
    return Watched(z, e, since)


def contrasts(
    values: Floats, groups: ArrayLike, forget: Bools | None = None
) -> tuple[Floats, Floats, Floats]:
    """Mean contrast h, variance between prompts, and prompts behind them, of each week: shape (T,) each."""
    weeks, cells = values.shape
    _, code = np.unique(np.asarray(groups), return_inverse=True)
    prompts = int(code.max()) + 1 if cells else 0
    n, mean = np.zeros(cells), np.zeros(cells)
    h, spread, count = np.full(weeks, np.nan), np.full(weeks, np.nan), np.zeros(weeks)
    for t in range(weeks):
        if forget is not None:
            n = np.where(forget[t], 0.0, n)
        now = values[t]
        known = np.isfinite(now)
        usable = known & (n > 0)
        each = np.where(usable, (now - mean) * np.sqrt(n / (n + 1)), 0.0)
        of_prompt = np.bincount(code[usable], minlength=prompts)
        asked = of_prompt > 0
        if asked.sum() >= 2:
            by_prompt = np.bincount(code, each, prompts)[asked] / of_prompt[asked]
            h[t], count[t] = by_prompt.mean(), asked.sum()
            spread[t] = max(by_prompt.var(ddof=1), _least(now[usable], int(asked.sum())))
        mean = np.where(known, np.where(n > 0, (mean * n + np.nan_to_num(now)) / (n + 1), now), mean)
        n = n + known
    return h, spread, count


def _least(rates: Floats, prompts: int) -> float:
    """Rates that are all 0 or all 1 vary too: half an answer more of `prompts`."""
    p = float(np.clip(rates.mean(), 0.5 / (prompts + 1), 1 - 0.5 / (prompts + 1)))
    return p * (1 - p) / prompts


def standardised(h: Floats, spread: Floats, prompts: Floats) -> Floats:
    """z of each week, its scale from earlier weeks alone; NaN for the first `BURN_IN`."""
    z = np.full(len(h), np.nan)
    past: list[int] = []
    for t in range(len(h)):
        if not np.isfinite(h[t]):
            continue
        if len(past) >= BURN_IN:
            noise = spread[past] / prompts[past]
            excess = max(float((h[past] ** 2 - noise).mean()), 0.0)
            z[t] = h[t] / np.sqrt(spread[past].mean() / prompts[t] + excess)
        past.append(t)
    return z


def e_process(z: Floats) -> tuple[Floats, Ints]:
    """e-value after each week, and the start with the largest part in it; z of shape (T,).

    After a year of looks the weight of the starts is spent, and a new year begins.
    """
    e, since = np.ones(len(z)), np.full(len(z), -1, np.int64)
    at = np.flatnonzero(np.isfinite(z))
    for year in (at[start : start + YEAR] for start in range(0, len(at), YEAR)):
        sums = np.concatenate([[0.0], np.cumsum(z[year])])
        for i in range(len(year)):
            length = np.arange(i + 1, 0, -1)
            total = sums[i + 1] - sums[: i + 1]
            wide = 1 + length * SPREAD
            parts = np.exp(np.minimum(SPREAD * total**2 / (2 * wide), 600)) / np.sqrt(wide)
            e[year[i]] = parts.sum() / YEAR + 1 - (i + 1) / YEAR
            since[year[i]] = year[int(parts.argmax())]
    last = 1.0
    for t in range(len(z)):  # a week without a look changes nothing
        if not np.isfinite(z[t]):
            e[t] = last
            since[t] = since[t - 1] if t else -1
        last = e[t]
    return e, since


def e_benjamini_hochberg(e: ArrayLike, alpha: float = 0.05) -> Bools:
    r"""Which of many e-values count: the k largest, k the most with :math:`k e_{(k)} ≥ m/α`.

    Bounds the share of false ones by α however the things hang together; if nothing moves, any alarm at all
    is as rare as for one.
    """
    return e_adjusted(e) <= alpha


def e_adjusted(e: ArrayLike) -> Floats:
    r"""The α at which each e-value begins to count (`e_benjamini_hochberg`): of those that are as sure or
    surer, at most this share are noise. :math:`\min_{j ≥ k} m / (j e_{(j)})`, at most 1; m things."""
    values = np.asarray(e, np.float64)
    m = len(values)
    order = np.argsort(-values, kind="stable")
    share = m / (np.arange(1, m + 1) * values[order])
    out = np.empty(m)
    out[order] = np.minimum(np.minimum.accumulate(share[::-1])[::-1], 1.0)
    return out
