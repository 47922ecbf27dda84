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

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import factorial
from typing import Literal, get_args

import numpy as np

from analysis.events.contrasts import (
    LEVEL,
    Pool,
    against_line,
    against_mean,
    against_others,
    at_fake_date,
    contrast,
    interval_of,
    mean_weights,
    one_week,
    slope_before,
)
from analysis.events.histories import Histories
from analysis.events.windows import MIN_POST, MIN_PRE, BrandSeries, Window, usable_windows
from analysis.intervals import benjamini_hochberg
from tracker.errors import UsageError

By = Literal["source", "family"]
Inference = Literal["auto", "randomisation", "bootstrap"]
Verdict = Literal["moved after", "no clear change", "pre-trend: cannot say", "not enough data"]

PRE, POST = 8, 4
MIN_EVENTS = 3
MIN_TREATED = 2
MANY = 20
FALSE_SHARE = 0.05
EARLY = 0.10
DRAWS = 1999
ALONE = "no dated links of other sources to compare with: a link that helps and a brand that rises look alike"


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
    series = BrandSeries(data, draws, seed)
    pool = Pool(series, tuple(usable_windows(series, range(len(data.sources)), pre, post)))
    rows = [_row(pool, name, members, inference, pre, post) for name, members in _members(data, by)]
    return EventTable(_judged(rows), by, data.outcome, data.answers.shape[1])


def _members(data: Histories, by: By) -> Iterator[tuple[str, list[int]]]:
    if by == "source":
        yield from ((name, [code]) for code, name in enumerate(data.sources))
        return
    for family in sorted(set(data.families)):
        yield family, [code for code, name in enumerate(data.families) if name == family]


def _row(
    pool: Pool,
    name: str,
    members: list[int],
    inference: Inference,
    pre: int,
    post: int,
) -> EventRow:
    series, mine = pool.series, set(members)
    windows = [window for window in pool.windows if window.event.source in mine]
    treated = len({window.event.brand for window in windows})
    controls = len({int(b) for window in windows for b in np.flatnonzero(window.waiting.any(axis=1))})
    links = series.data.first_link[members]
    dated = int(((links >= 0) & (links < series.weeks)).sum())
    counts = (len(windows), treated, controls, int((links < 0).sum()), dated)
    if reason := _too_little(series, windows, treated):
        return _unknown(name, *counts, reason)
    alone = len(pool.windows) - len(windows) < MIN_EVENTS
    few = treated < MANY or controls < MANY
    way = inference if inference != "auto" else ("randomisation" if few else "bootstrap")
    plain = contrast(series, windows, against_mean, series.rate, way)
    line = contrast(series, windows, against_line, series.rate, way)
    tests = [plain, line, contrast(series, windows, against_line, series.log_odds, way)]
    if not alone:
        tests.append(against_others(pool, windows, way))
    agree = len({np.sign(one.estimate) for one in tests}) == 1
    low, high = interval_of(series, windows, plain, way)
    return EventRow(
        name=name,
        att=plain.estimate,
        low=low,
        high=high,
        adjusted=line.estimate,
        p=max(one.p for one in tests) if agree else 1.0,
        q=None,
        pre_trend=contrast(series, windows, slope_before, series.rate, way).p,
        fake_date=contrast(series, windows, at_fake_date, series.rate, way).p,
        events=counts[0],
        treated=counts[1],
        controls=counts[2],
        already=counts[3],
        dated=counts[4],
        inference=way,
        path=_path(series, windows, way, pre, post),
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


def _too_little(series: BrandSeries, windows: list[Window], treated: int) -> str:
    if len(windows) < MIN_EVENTS or treated < MIN_TREATED:
        usable = f"{len(windows)} usable first link{'' if len(windows) == 1 else 's'}"
        brands = f" of {treated} brand{'' if treated == 1 else 's'}" if windows else ""
        return f"{usable}{brands}; {MIN_EVENTS} links of {MIN_TREATED} brands are needed"
    weights = mean_weights(series, windows, against_mean).round(12)
    _, alike = np.unique(weights, axis=0, return_counts=True)
    ways = factorial(series.brands) / np.prod([float(factorial(int(count))) for count in alike])
    if ways * LEVEL < 1:
        return (
            f"the links could have fallen on the brands in only {ways:.0f} ways; p can never be below "
            f"{1 / ways:.2f}"
        )
    return ""


def _path(series: BrandSeries, windows: list[Window], way: str, pre: int, post: int) -> tuple[PathPoint, ...]:
    points = []
    for week in range(-pre, post):
        there = [window for window in windows if week in window.before or week in window.after]
        if there:
            one = contrast(series, there, one_week(week), series.rate, way)
            half = one.critical * one.se
            known = np.isfinite(half) and len(there) >= MIN_EVENTS
            low, high = (one.estimate - half, one.estimate + half) if known else (None, None)
            points.append(PathPoint(week, one.estimate, low, high, len(there)))
    return tuple(points)


def _judged(rows: list[EventRow]) -> tuple[EventRow, ...]:
    tested = [k for k, row in enumerate(rows) if row.p is not None]
    q = benjamini_hochberg(np.array([rows[k].p for k in tested], dtype=np.float64)) if tested else np.zeros(0)
    judged = list(rows)
    for k, value in zip(tested, q, strict=True):
        judged[k] = _verdict(rows[k], float(value))
    return tuple(judged)


def _verdict(row: EventRow, q: float) -> EventRow:
    checks = (("slope", row.pre_trend), ("fake date", row.fake_date))
    early = [name for name, p in checks if p is not None and p <= EARLY]
    if early:
        reason = f"the rate moved before the link ({', '.join(early)})"
        return replace(row, q=q, verdict="pre-trend: cannot say", reason=reason)
    moved = q <= FALSE_SHARE and row.verdict != "not enough data"
    return replace(row, q=q, verdict="moved after" if moved else row.verdict)
