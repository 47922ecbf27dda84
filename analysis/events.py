r"""Before and after a gained link, against brands that do not have it yet.

Unit: brand x prompt cluster x week. Treatment of a unit by source s: the week of the first live link from s
to the brand. Estimand: the average effect on the linked brands over the first weeks of the link,

.. math:: ATT_s = \operatorname{mean}_{b, c, t \ge g_b} \{ (Y_{bct} - \hat Y_{bc}) -
          \operatorname{mean}_{b' : g_{b'} > t} (Y_{b'ct} - \hat Y_{b'c}) \}

with ``g_b`` the link's week and ``Y^`` what the weeks before say (their mean; for the trend-adjusted
estimates their straight line). Comparing only with brands that are not linked *yet*, in the same cluster and
week, is the group-time estimator of Callaway and Sant'Anna; a brand linked before the first week is in
neither group. Families pool the events of their sources, each against its own controls.

Links follow rising brands, so one comparison is not enough: a finding needs the plain estimate, the
trend-adjusted one in points, the trend-adjusted one in log-odds and the difference from what follows links of
the other sources to agree in sign, the largest of their p-values to survive Benjamini-Hochberg, and both
checks of the weeks before (slope, fake date) to be silent. Even then it only "moved after". What raises a
brand and earns the link in the same week cannot be told apart by any of this.

References
----------
Callaway and Sant'Anna (2021), Difference-in-differences with multiple time periods. Ferman and Pinto (2019)
for few treated units of unequal noise. Berger (1982) for the largest of several p-values. Roth (2022) on
pre-trends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from math import factorial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.intervals import benjamini_hochberg
from tracker.errors import DataError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
By = Literal["source", "family"]
Inference = Literal["auto", "randomisation", "bootstrap"]
Verdict = Literal["moved after", "no clear change", "pre-trend: cannot say", "not enough data"]

PRE, POST = 8, 4
MIN_PRE, MIN_POST = 4, 2
MIN_CONTROLS = 2
MIN_EVENTS = 3
MIN_TREATED = 2
FAKE = 2
MANY = 20
LEVEL = 0.05
FALSE_SHARE = 0.05
EARLY = 0.10
DRAWS = 1999
ALONE = "no dated links of other sources to compare with: a link that helps and a brand that rises look alike"


@dataclass(frozen=True, eq=False)
class Histories:
    """Weekly outcomes of brands and when each link began; B brands, C prompt clusters, T weeks, S sources.

    Attributes
    ----------
    brands, clusters, sources, families : tuple of str
        Lengths B, C, S, S.
    answers : ndarray of int, shape (C, T)
        Answers to the cluster's prompts in the week; the same for every brand. 0 is unknown, not a rate of 0.
    counts : ndarray of int, shape (B, C, T)
        Of them, those that name the brand (or cite its domains: one outcome at a time).
    first_link : ndarray of int, shape (S, B)
        Week of the first live link; negative if it was there before the first week, T or more if never.
    breaks : tuple of int
        Weeks in which the served model changed; nothing is compared across one.
    outcome : str
        "mention" or "citation", printed beside the number.
    """

    brands: tuple[str, ...]
    clusters: tuple[str, ...]
    sources: tuple[str, ...]
    families: tuple[str, ...]
    answers: Ints
    counts: Ints
    first_link: Ints
    breaks: tuple[int, ...] = ()
    outcome: str = "mention"

    def __post_init__(self) -> None:
        b, c, s, t = len(self.brands), len(self.clusters), len(self.sources), self.answers.shape[-1]
        wanted = {"answers": (c, t), "counts": (b, c, t), "first_link": (s, b)}
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise DataError(f"{name} has the shape {getattr(self, name).shape}, not {shape}")
        if len(self.families) != s:
            raise DataError(f"{len(self.families)} families for {s} sources", "give every source its family")
        if (self.counts < 0).any() or (self.counts > self.answers).any():
            raise DataError("a brand is counted in more answers than there are, or in fewer than none")

    @classmethod
    def from_answers(
        cls,
        cluster: ArrayLike,
        week: ArrayLike,
        named: ArrayLike,
        *,
        brands: Sequence[str],
        clusters: Sequence[str],
        weeks: int,
        first_link: ArrayLike,
        sources: Sequence[str],
        families: Sequence[str],
        breaks: Sequence[int] = (),
        outcome: str = "mention",
    ) -> Histories:
        """Count answers, given the cluster and week code (A,) and the outcome (A, B) of each."""
        cell = np.asarray(cluster, dtype=np.int64) * weeks + np.asarray(week, dtype=np.int64)
        size, shape = len(clusters) * weeks, (len(clusters), weeks)
        table = np.asarray(named, dtype=np.float64).reshape(len(cell), len(brands))
        counts = [np.bincount(cell, table[:, b], size).reshape(shape) for b in range(len(brands))]
        stacked = np.array(counts).reshape(len(brands), *shape).round().astype(np.int64)
        answers = np.bincount(cell, minlength=size).reshape(shape)
        links = np.asarray(first_link, dtype=np.int64).reshape(len(sources), len(brands))
        return cls(
            tuple(brands),
            tuple(clusters),
            tuple(sources),
            tuple(families),
            answers,
            stacked,
            links,
            tuple(breaks),
            outcome,
        )


@dataclass(frozen=True)
class PathPoint:
    """One week relative to the link (0 = its first week): points of rate against the weeks before."""

    week: int
    estimate: float
    low: float | None
    high: float | None
    events: int


@dataclass(frozen=True)
class EventRow:
    """One source or family.

    Attributes
    ----------
    att, low, high : float or None
        Change of the rate (0.05 = 5 points) after the link, 95 % interval.
    adjusted : float or None
        The same after continuing each brand's own straight line.
    p, q : float or None
        Largest p-value of the four comparisons; Benjamini-Hochberg over the table.
    pre_trend, fake_date : float or None
        p-values of a slope before the link, and of a move at a date two weeks too early.
    events, treated, controls : int
        Usable first links, brands that got one, brands that served as not yet linked.
    already : int
        Links that were there before the first week and say nothing here.
    dated : int
        First links that fall into the weeks; usable or not.
    inference : str
        "randomisation" or "bootstrap".
    path : tuple of PathPoint
    verdict : str
    reason : str
    """

    name: str
    att: float | None
    low: float | None
    high: float | None
    adjusted: float | None
    p: float | None
    q: float | None
    pre_trend: float | None
    fake_date: float | None
    events: int
    treated: int
    controls: int
    already: int
    dated: int
    inference: str
    path: tuple[PathPoint, ...]
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class EventTable:
    rows: tuple[EventRow, ...]
    by: By
    outcome: str
    weeks: int


@dataclass(frozen=True)
class _Event:
    source: int
    brand: int
    week: int


Weights = Callable[[Ints, Ints], Floats]
"""(weeks before, weeks after) relative to the link -> weights of both, shape (before + after,)."""


def study(
    data: Histories,
    *,
    by: By = "family",
    inference: Inference = "auto",
    pre: int = PRE,
    post: int = POST,
    draws: int = DRAWS,
    seed: int = 0,
) -> EventTable:
    """Estimate every source, or every family of sources.

    Parameters
    ----------
    pre, post : int
        Most weeks used before and after; at least 4 and 2 must be there.
    inference : {'auto', 'randomisation', 'bootstrap'}
        Randomisation exchanges the brands' whole outcome histories, each scaled by its own noise; 'auto'
        takes the multiplier bootstrap over brands only with 20 linked and 20 not yet linked ones.
    """
    for value, options in ((by, get_args(By)), (inference, get_args(Inference))):
        if value not in options:
            raise UsageError(f"{value!r} is not known", f"use one of {', '.join(options)}")
    if pre < MIN_PRE or post < MIN_POST:
        raise UsageError(
            f"{pre} weeks before and {post} after are too few", f"use at least {MIN_PRE} and {MIN_POST}"
        )
    series = _Series(data, draws, seed)
    series.every = _usable(series, range(len(data.sources)), pre, post)
    rows = [_row(series, name, members, inference, pre, post) for name, members in _members(data, by)]
    return EventTable(_judged(rows), by, data.outcome, data.answers.shape[1])


def _members(data: Histories, by: By) -> Iterator[tuple[str, list[int]]]:
    if by == "source":
        yield from ((name, [code]) for code, name in enumerate(data.sources))
        return
    for family in sorted(set(data.families)):
        yield family, [code for code, name in enumerate(data.families) if name == family]


class _Series:
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
        self.every: list[_Frame] = []

    @cached_property
    def all_weights(self) -> Floats:
        return _summed(self, self.every, _level)

    @cached_property
    def all_influence(self) -> _Influence:
        return _influence(self, self.every, _level, self.rate)

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


def _usable(series: _Series, members: Iterable[int], pre: int, post: int) -> list[_Frame]:
    links = series.data.first_link
    dated = [
        (s, int(b)) for s in members for b in np.flatnonzero((links[s] >= 0) & (links[s] < series.weeks))
    ]
    events = (_Event(s, b, int(links[s, b])) for s, b in dated)
    return [frame for event in events if (frame := _frame(series, event, pre, post)) is not None]


def _row(
    series: _Series,
    name: str,
    members: list[int],
    inference: Inference,
    pre: int,
    post: int,
) -> EventRow:
    mine = set(members)
    frames = [frame for frame in series.every if frame.event.source in mine]
    treated = len({frame.event.brand for frame in frames})
    controls = len({int(b) for frame in frames for b in np.flatnonzero(frame.waiting.any(axis=1))})
    links = series.data.first_link[members]
    dated = int(((links >= 0) & (links < series.weeks)).sum())
    counts = (len(frames), treated, controls, int((links < 0).sum()), dated)
    if reason := _too_little(series, frames, treated):
        return _unknown(name, *counts, reason)
    alone = len(series.every) - len(frames) < MIN_EVENTS
    few = treated < MANY or controls < MANY
    way = inference if inference != "auto" else ("randomisation" if few else "bootstrap")
    plain = _contrast(series, frames, _level, series.rate, way)
    line = _contrast(series, frames, _line, series.rate, way)
    tests = [plain, line, _contrast(series, frames, _line, series.log_odds, way)]
    if not alone:
        tests.append(_against_others(series, frames, way))
    agree = len({np.sign(one.estimate) for one in tests}) == 1
    low, high = _bounds(series, frames, plain, way)
    return EventRow(
        name=name,
        att=plain.estimate,
        low=low,
        high=high,
        adjusted=line.estimate,
        p=max(one.p for one in tests) if agree else 1.0,
        q=None,
        pre_trend=_contrast(series, frames, _slope, series.rate, way).p,
        fake_date=_contrast(series, frames, _fake_date, series.rate, way).p,
        events=counts[0],
        treated=counts[1],
        controls=counts[2],
        already=counts[3],
        dated=counts[4],
        inference=way,
        path=_path(series, frames, way, pre, post),
        verdict="not enough data" if alone else "no clear change",
        reason=ALONE if alone else "",
    )


def _unknown(
    name: str, events: int, treated: int, controls: int, already: int, dated: int, reason: str
) -> EventRow:
    return EventRow(
        name=name,
        att=None,
        low=None,
        high=None,
        adjusted=None,
        p=None,
        q=None,
        pre_trend=None,
        fake_date=None,
        events=events,
        treated=treated,
        controls=controls,
        already=already,
        dated=dated,
        inference="",
        path=(),
        verdict="not enough data",
        reason=reason,
    )


def _too_little(series: _Series, frames: list[_Frame], treated: int) -> str:
    if len(frames) < MIN_EVENTS or treated < MIN_TREATED:
        usable = f"{len(frames)} usable first link{'' if len(frames) == 1 else 's'}"
        brands = f" of {treated} brand{'' if treated == 1 else 's'}" if frames else ""
        return f"{usable}{brands}; {MIN_EVENTS} links of {MIN_TREATED} brands are needed"
    histories = np.unique(_total(series, frames, _level).round(12), axis=0, return_counts=True)[1]
    ways = factorial(series.brands) / np.prod([float(factorial(int(count))) for count in histories])
    if ways * LEVEL < 1:
        return (
            f"the links could have fallen on the brands in only {ways:.0f} ways; p can never be below "
            f"{1 / ways:.2f}"
        )
    return ""


@dataclass(frozen=True, eq=False)
class _Frame:
    """The weeks of one event that can be used, and who waits.

    before, after : ndarray of int
        Weeks relative to the link, of the same regime, in which the shared clusters have answers.
    clusters : ndarray of float, shape (C,)
        Weight of each cluster (its answers in these weeks), summing to one; 0 where a week is missing.
    waiting : ndarray of bool, shape (B, after)
        Brands not linked by the source at the end of that week.
    """

    event: _Event
    before: Ints
    after: Ints
    clusters: Floats
    waiting: NDArray[np.bool_]

    @property
    def weeks(self) -> Ints:
        return self.event.week + np.concatenate([self.before, self.after])


def _frame(series: _Series, event: _Event, pre: int, post: int) -> _Frame | None:
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
    return _Frame(event, before, after, mass / mass.sum(), waiting[:, steps >= 0])


def _level(before: Ints, after: Ints) -> Floats:
    """Each later week less the mean of the earlier ones; shape (after, before + after)."""
    table = np.zeros((len(after), len(before) + len(after)))
    table[:, : len(before)] = -1 / len(before)
    table[:, len(before) :] = np.eye(len(after))
    return table / len(after)


def _line(before: Ints, after: Ints) -> Floats:
    """Each later week less what the straight line through the earlier ones says."""
    centred = before - before.mean()
    table = _level(before, after)
    table[:, : len(before)] -= np.outer(after - before.mean(), centred) / (centred @ centred) / len(after)
    return table


def _slope(before: Ints, after: Ints) -> Floats:
    """Slope per week of the line through the earlier weeks; the controls are those
    of the first later week.
    """
    centred = before - before.mean()
    table = np.zeros((len(after), len(before) + len(after)))
    table[0, : len(before)] = centred / (centred @ centred)
    return table


def _fake_date(before: Ints, after: Ints) -> Floats:
    """The last weeks before the link less the earlier ones, as if it had come then."""
    table = np.zeros((len(after), len(before) + len(after)))
    table[0, : len(before)] = -1 / (len(before) - FAKE)
    table[0, len(before) - FAKE : len(before)] = 1 / FAKE
    return table


def _brand_weeks(frame: _Frame, rule: Weights) -> Floats:
    """Weights of every brand and week in one event's estimate, shape (B, weeks of the frame).

    Row r of the rule uses the brands waiting in later week r; the linked brand counts +1, they share -1.
    """
    signs = -1.0 * frame.waiting / np.maximum(frame.waiting.sum(axis=0), 1)
    signs[frame.event.brand] = 1.0
    weights: Floats = signs @ rule(frame.before, frame.after)
    return weights


def _summed(series: _Series, frames: Iterable[_Frame], rule: Weights) -> Floats:
    """Sum of the events' weights, shape (B, C, T)."""
    total = np.zeros(series.rate.shape)
    for frame in frames:
        total[:, :, frame.weeks] += frame.clusters[None, :, None] * _brand_weeks(frame, rule)[:, None, :]
    return total


def _total(series: _Series, frames: Sequence[_Frame], rule: Weights) -> Floats:
    """Mean of the events' weights, one row per brand, shape (B, C * T)."""
    return (_summed(series, frames, rule) / len(frames)).reshape(series.brands, -1)


@dataclass(frozen=True)
class _Contrast:
    estimate: float
    se: float
    p: float
    critical: float


def _contrast(
    series: _Series,
    frames: list[_Frame],
    rule: Weights,
    values: Floats,
    way: str,
    *,
    shift: Floats | None = None,
) -> _Contrast:
    if way == "bootstrap":
        influence = _influence(series, frames, rule, values)
        return _bootstrapped(series, influence.estimate, influence.psi)
    return _randomised(series, _total(series, frames, rule), values, shift)


def _against_others(series: _Series, frames: list[_Frame], way: str) -> _Contrast:
    """The plain estimate less that of all other sources' events, taken from sums over every event."""
    rest = len(series.every) - len(frames)
    if way == "bootstrap":
        mine = _influence(series, frames, _level, series.rate)
        theirs = series.all_influence.less(mine)
        return _bootstrapped(series, mine.estimate - theirs.estimate, mine.psi - theirs.psi)
    mine_sum = _summed(series, frames, _level)
    weights = mine_sum / len(frames) - (series.all_weights - mine_sum) / rest
    return _randomised(series, weights.reshape(series.brands, -1), series.rate)


def _randomised(series: _Series, weights: Floats, values: Floats, shift: Floats | None = None) -> _Contrast:
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
    return _Contrast(estimate, se, float(as_far.mean()), float(np.quantile(np.abs(t), 1 - LEVEL)))


def _bootstrapped(series: _Series, estimate: float, psi: Floats) -> _Contrast:
    """Multiplier bootstrap over brands of the estimate's influence, one random sign a brand."""
    signs = np.random.default_rng(series.seed).choice([-1.0, 1.0], size=(series.draws, series.brands))
    drawn = np.abs(signs @ psi)
    se = float(np.sqrt((psi**2).sum()))
    p = (1 + int((drawn >= abs(estimate)).sum())) / (series.draws + 1)
    return _Contrast(estimate, se, p, float(np.quantile(drawn, 1 - LEVEL)) / max(se, 1e-300))


@dataclass(frozen=True, eq=False)
class _Influence:
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

    def less(self, part: _Influence) -> _Influence:
        return _Influence(
            self.total - part.total, self.deviations - part.deviations, self.linked - part.linked
        )


def _influence(series: _Series, frames: Sequence[_Frame], rule: Weights, values: Floats) -> _Influence:
    total, deviations, linked = 0.0, np.zeros(series.brands), np.zeros(series.brands)
    for frame in frames:
        seen = np.einsum("bcw,c->bw", values[:, :, frame.weeks], frame.clusters)
        part = (_brand_weeks(frame, rule) * seen).sum(axis=1)
        brand, share = frame.event.brand, (frame.waiting / frame.waiting.sum(axis=0)).mean(axis=1)
        control = -(part.sum() - part[brand])
        deviations += part + share * control
        deviations[brand] -= control
        linked[brand] += 1
        total += float(part.sum())
    return _Influence(total, deviations, linked)


def _bounds(series: _Series, frames: list[_Frame], plain: _Contrast, way: str) -> tuple[float, float]:
    """95 % interval; for randomisation the estimate itself is taken off the linked
    weeks before exchanging.
    """
    if way == "randomisation":
        after = np.zeros(series.rate.shape)
        for frame in frames:
            after[frame.event.brand, :, frame.event.week :] = plain.estimate
        plain = _contrast(series, frames, _level, series.rate, way, shift=after)
    half = plain.critical * plain.se
    return plain.estimate - half, plain.estimate + half


def _path(series: _Series, frames: list[_Frame], way: str, pre: int, post: int) -> tuple[PathPoint, ...]:
    points = []
    for week in range(-pre, post):
        there = [frame for frame in frames if week in frame.before or week in frame.after]
        if there:
            one = _contrast(series, there, _single(week), series.rate, way)
            half = one.critical * one.se
            known = np.isfinite(half) and len(there) >= MIN_EVENTS
            low, high = (one.estimate - half, one.estimate + half) if known else (None, None)
            points.append(PathPoint(week, one.estimate, low, high, len(there)))
    return tuple(points)


def _single(week: int) -> Weights:
    """One week less the mean of the weeks before the link (of the other ones, if it is one of them)."""

    def rule(before: Ints, after: Ints) -> Floats:
        table = np.zeros((len(after), len(before) + len(after)))
        row = int(np.flatnonzero(after == week)[0]) if week >= 0 else 0
        others = before != week
        table[row, : len(before)] = -1.0 * others / others.sum()
        table[row, np.flatnonzero(np.concatenate([before, after]) == week)[0]] = 1.0
        return table

    return rule


def _judged(rows: list[EventRow]) -> tuple[EventRow, ...]:
    tested = [k for k, row in enumerate(rows) if row.p is not None]
    q = benjamini_hochberg(np.array([rows[k].p for k in tested], dtype=np.float64)) if tested else np.zeros(0)
    judged = list(rows)
    for k, value in zip(tested, q, strict=True):
        judged[k] = _verdict(rows[k], float(value))
    return tuple(judged)


def _verdict(row: EventRow, q: float) -> EventRow:
    fields: dict[str, Any] = {**row.__dict__, "q": q}
    early = [
        name
        for name, p in (("slope", row.pre_trend), ("fake date", row.fake_date))
        if p is not None and p <= EARLY
    ]
    if early:
        fields |= {
            "verdict": "pre-trend: cannot say",
            "reason": f"the rate moved before the link ({', '.join(early)})",
        }
    elif q <= FALSE_SHARE and row.verdict != "not enough data":
        fields["verdict"] = "moved after"
    return EventRow(**fields)
