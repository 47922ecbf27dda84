"""One comparison of linked with not yet linked brands: its weights, its estimate, its p-value.

Every comparison is linear in the brands' weekly outcomes. A rule of weeks (`against_mean`, `against_line`,
`slope_before`, `at_fake_date`, `one_week`) and the brands that wait give each brand and week its weight;
chance is judged by exchanging the brands' histories, or by a multiplier bootstrap over brands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.events.histories import Floats, Ints
from analysis.events.windows import BrandSeries, Window

FAKE = 2
LEVEL = 0.05

Weights = Callable[[Ints, Ints], Floats]
"""(weeks before, weeks after) relative to the link -> weights of both, shape (before + after,)."""


def against_mean(before: Ints, after: Ints) -> Floats:
    """Each later week less the mean of the earlier ones; shape (after, before + after)."""
    table = np.zeros((len(after), len(before) + len(after)))
    table[:, : len(before)] = -1 / len(before)
    table[:, len(before) :] = np.eye(len(after))
    return table / len(after)


def against_line(before: Ints, after: Ints) -> Floats:
    """Each later week less what the straight line through the earlier ones says."""
    centred = before - before.mean()
    table = against_mean(before, after)
    table[:, : len(before)] -= np.outer(after - before.mean(), centred) / (centred @ centred) / len(after)
    return table


def slope_before(before: Ints, after: Ints) -> Floats:
    """Slope per week of the line through the earlier weeks; controls are those of the first later week."""
    centred = before - before.mean()
    table = np.zeros((len(after), len(before) + len(after)))
    table[0, : len(before)] = centred / (centred @ centred)
    return table


def at_fake_date(before: Ints, after: Ints) -> Floats:
    """The last weeks before the link less the earlier ones, as if it had come then."""
    table = np.zeros((len(after), len(before) + len(after)))
    table[0, : len(before)] = -1 / (len(before) - FAKE)
    table[0, len(before) - FAKE : len(before)] = 1 / FAKE
    return table


def one_week(week: int) -> Weights:
    """One week less the mean of the weeks before the link (of the other ones, if it is one of them)."""

    def rule(before: Ints, after: Ints) -> Floats:
        table = np.zeros((len(after), len(before) + len(after)))
        row = int(np.flatnonzero(after == week)[0]) if week >= 0 else 0
        others = before != week
        table[row, : len(before)] = -1.0 * others / others.sum()
        table[row, np.flatnonzero(np.concatenate([before, after]) == week)[0]] = 1.0
        return table

    return rule


def _brand_weeks(window: Window, rule: Weights) -> Floats:
    """Weights of every brand and week in one event's estimate, shape (B, weeks of the window).

    Row r of the rule uses the brands waiting in later week r; the linked brand counts +1, they share -1.
    """
    signs = -1.0 * window.waiting / np.maximum(window.waiting.sum(axis=0), 1)
    signs[window.event.brand] = 1.0
    weights: Floats = signs @ rule(window.before, window.after)
    return weights


def _summed(series: BrandSeries, windows: Iterable[Window], rule: Weights) -> Floats:
    """Sum of the events' weights, shape (B, C, T)."""
    total = np.zeros(series.rate.shape)
    for window in windows:
        total[:, :, window.weeks] += window.clusters[None, :, None] * _brand_weeks(window, rule)[:, None, :]
    return total


def mean_weights(series: BrandSeries, windows: Sequence[Window], rule: Weights) -> Floats:
    """Mean of the events' weights, one row per brand, shape (B, C * T)."""
    return (_summed(series, windows, rule) / len(windows)).reshape(series.brands, -1)


@dataclass(frozen=True)
class Contrast:
    estimate: float
    se: float
    p: float
    critical: float


@dataclass(frozen=True, eq=False)
class Pool:
    """All events of all sources, to compare one source's events with."""

    series: BrandSeries
    windows: tuple[Window, ...]

    @cached_property
    def weights(self) -> Floats:
        return _summed(self.series, self.windows, against_mean)

    @cached_property
    def influence(self) -> Influence:
        return influence_of(self.series, self.windows, against_mean, self.series.rate)


def contrast(
    series: BrandSeries,
    windows: list[Window],
    rule: Weights,
    values: Floats,
    way: str,
    *,
    shift: Floats | None = None,
) -> Contrast:
    if way == "bootstrap":
        mine = influence_of(series, windows, rule, values)
        return bootstrapped(series, mine.estimate, mine.psi)
    return randomised(series, mean_weights(series, windows, rule), values, shift)


def against_others(pool: Pool, windows: list[Window], way: str) -> Contrast:
    """The plain estimate less that of all other sources' events, taken from sums over every event."""
    series, rest = pool.series, len(pool.windows) - len(windows)
    if way == "bootstrap":
        mine = influence_of(series, windows, against_mean, series.rate)
        theirs = pool.influence.less(mine)
        return bootstrapped(series, mine.estimate - theirs.estimate, mine.psi - theirs.psi)
    mine_sum = _summed(series, windows, against_mean)
    weights = mine_sum / len(windows) - (pool.weights - mine_sum) / rest
    return randomised(series, weights.reshape(series.brands, -1), series.rate)


def randomised(series: BrandSeries, weights: Floats, values: Floats, shift: Floats | None = None) -> Contrast:
    """Give each brand's link history the outcome history of another brand, and compare t.

    The estimate is linear, so its value under every exchange is a sum of entries of one B x B table. `shift`
    is what to take off the outcomes first (an effect that is assumed, when an interval is made).
    """
    flat = values.reshape(series.brands, -1)
    estimate = float((weights * flat).sum())
    moved = values if shift is None else values - shift
    noise = series.noise(moved)
    gains = weights @ moved.reshape(series.brands, -1).T
    spread = np.outer((weights**2).sum(axis=1), noise)
    brands = np.arange(series.brands)
    t = gains[brands, series.orders].sum(axis=1) / np.sqrt(spread[brands, series.orders].sum(axis=1) + 1e-300)
    as_far = np.abs(t) >= abs(t[0]) * (1 - 1e-9)
    se = float(np.sqrt(spread[brands, brands].sum()))
    return Contrast(estimate, se, float(as_far.mean()), float(np.quantile(np.abs(t), 1 - LEVEL)))


def bootstrapped(series: BrandSeries, estimate: float, psi: Floats) -> Contrast:
    """Multiplier bootstrap over brands of the estimate's influence, one random sign a brand."""
    signs = np.random.default_rng(series.seed).choice([-1.0, 1.0], size=(series.draws, series.brands))
    drawn = np.abs(signs @ psi)
    se = float(np.sqrt((psi**2).sum()))
    p = (1 + int((drawn >= abs(estimate)).sum())) / (series.draws + 1)
    return Contrast(estimate, se, p, float(np.quantile(drawn, 1 - LEVEL)) / max(se, 1e-300))


@dataclass(frozen=True, eq=False)
class Influence:
    """Sums over events: of the estimates, of each brand's deviations (B,), and of its own events (B,)."""

    total: float
    deviations: Floats
    linked: Floats

    @property
    def estimate(self) -> float:
        return self.total / float(self.linked.sum())

    @property
    def psi(self) -> Floats:
        """Each brand's part in the error of the mean: linked and waiting brands around their own means."""
        error: Floats = (self.deviations - self.estimate * self.linked) / float(self.linked.sum())
        return error

    def less(self, part: Influence) -> Influence:
        return Influence(
            self.total - part.total, self.deviations - part.deviations, self.linked - part.linked
        )


def influence_of(series: BrandSeries, windows: Sequence[Window], rule: Weights, values: Floats) -> Influence:
    total, deviations, linked = 0.0, np.zeros(series.brands), np.zeros(series.brands)
    for window in windows:
        seen = np.einsum("bcw,c->bw", values[:, :, window.weeks], window.clusters)
        part = (_brand_weeks(window, rule) * seen).sum(axis=1)
        brand, share = window.event.brand, (window.waiting / window.waiting.sum(axis=0)).mean(axis=1)
        control = -(part.sum() - part[brand])
        deviations += part + share * control
        deviations[brand] -= control
        linked[brand] += 1
        total += float(part.sum())
    return Influence(total, deviations, linked)


def interval_of(series: BrandSeries, windows: list[Window], plain: Contrast, way: str) -> tuple[float, float]:
    """95 % interval; for randomisation the estimate is first taken off the linked weeks."""
    if way == "randomisation":
        after = np.zeros(series.rate.shape)
        for window in windows:
            after[window.event.brand, :, window.event.week :] = plain.estimate
        plain = contrast(series, windows, against_mean, series.rate, way, shift=after)
    half = plain.critical * plain.se
    return plain.estimate - half, plain.estimate + half
