"""The weeks of one gained link that can be compared, and the brands that can be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from analysis.events.histories import Floats, Histories, Ints

MIN_PRE, MIN_POST = 4, 2
MIN_CONTROLS = 2


@dataclass(frozen=True)
class FirstLink:
    source: int
    brand: int
    week: int


class BrandSeries:
    """The brands' histories on two scales, with their noise, and the exchanges of brands to compare with."""

    def __init__(self, data: Histories, draws: int, seed: int) -> None:
        self.data = data
        self.known = data.answers > 0
        n = np.maximum(data.answers, 1)
        self.rate: Floats = np.where(self.known, data.counts / n, 0.0)
        odds = np.log((data.counts + 0.5) / (data.answers - data.counts + 0.5))
        self.log_odds: Floats = np.where(self.known, odds, 0.0)
        self.brands, self.weeks = len(data.brands), data.answers.shape[1]
        self.orders = _orders(self.brands, draws, np.random.default_rng(seed))
        self.seed, self.draws = seed, draws
        regime = np.zeros(data.answers.shape[1], dtype=np.int64)
        for week in data.breaks:
            regime[max(week, 0) :] += 1
        self.regime = regime

    def noise(self, values: Floats) -> Floats:
        """Relative variance of each brand's week-to-week changes, shocks common to all brands taken out."""
        steps = np.diff(values - values.mean(axis=0), axis=2)
        both = (self.known[:, 1:] & self.known[:, :-1])[None]
        variance = (steps**2 * both).sum(axis=(1, 2)) / max(int(both.sum()), 1)
        floor: Floats = np.maximum(variance, 0.05 * variance.mean() + 1e-12)
        return floor


def _orders(brands: int, draws: int, rng: np.random.Generator) -> Ints:
    """All orders of the brands if they are few, else random ones; the order as it is comes first."""
    if factorial(min(brands, 12)) <= draws + 1:
        return np.array(list(permutations(range(brands))), dtype=np.int64).reshape(-1, brands)
    shuffled = rng.permuted(np.tile(np.arange(brands), (draws, 1)), axis=1)
    return np.concatenate([np.arange(brands)[None], shuffled])


@dataclass(frozen=True, eq=False)
class Window:
    """The weeks of one event that can be used, and who waits.

    before, after : ndarray of int
        Weeks relative to the link, of the same regime, in which the shared clusters have answers.
    clusters : ndarray of float, shape (C,)
        Weight of each cluster (its answers in these weeks), summing to one; 0 where a week is missing.
    waiting : ndarray of bool, shape (B, after)
        Brands not linked by the source at the end of that week.
    """

    event: FirstLink
    before: Ints
    after: Ints
    clusters: Floats
    waiting: NDArray[np.bool_]

    @property
    def weeks(self) -> Ints:
        return self.event.week + np.concatenate([self.before, self.after])


def window_of(series: BrandSeries, event: FirstLink, pre: int, post: int) -> Window | None:
    data, weeks = series.data, series.weeks
    steps = np.arange(max(-pre, -event.week), min(post, weeks - event.week))
    at = event.week + steps
    same = series.regime[at] == series.regime[event.week]
    some = series.known[:, at].any(axis=0)
    waiting = data.first_link[event.source][:, None] > at
    waiting[event.brand] = False
    enough = (steps < 0) | (waiting.sum(axis=0) >= MIN_CONTROLS)
    kept = same & some & enough
    steps, waiting = steps[kept], waiting[:, kept]
    before, after = steps[steps < 0], steps[steps >= 0]
    if len(before) < MIN_PRE or len(after) < MIN_POST:
        return None
    window = data.answers[:, event.week + steps]
    complete = (window > 0).all(axis=1)
    if not complete.any():
        return None
    mass = np.where(complete, window.sum(axis=1), 0)
    return Window(event, before, after, mass / mass.sum(), waiting[:, steps >= 0])


def usable_windows(series: BrandSeries, members: Iterable[int], pre: int, post: int) -> list[Window]:
    links = series.data.first_link
    dated = [
        (s, int(b)) for s in members for b in np.flatnonzero((links[s] >= 0) & (links[s] < series.weeks))
    ]
    events = (FirstLink(s, b, int(links[s, b])) for s, b in dated)
    return [window for event in events if (window := window_of(series, event, pre, post)) is not None]
