"""What changed between two weeks, and how far two brands lie apart: differences paired by prompt.

Rates are compared on the prompts and engines that both sides share, so that an engine asked more often on one
of them moves nothing. Verdicts over several brands are adjusted together (Benjamini–Hochberg).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats
from sqlalchemy import Engine

from analysis import frames
from analysis.comparable import Comparability, gate
from analysis.frames import Floats, Scope, World
from analysis.intervals import Interval, benjamini_hochberg, paired_difference, paired_ratio_difference
from analysis.visibility import FORMULAS, NO_SHARE, SHARES, Compared
from tracker.errors import UsageError

ChangeVerdict = Literal["up", "down", "within noise", "not enough data", "not comparable"]


@dataclass(frozen=True)
class WeekChange:
    """One brand's measure in two weeks on the same prompts.

    Attributes
    ----------
    before, after : float or None
        The two rates on the shared prompts and engines.
    difference : Interval
        After minus before, paired by prompt; when the weeks are not comparable this is what their common part
        shows, and the verdict still says "not comparable".
    q : float or None
        p-value of no difference, adjusted over the brands (Benjamini–Hochberg).
    """

    brand: str
    own: bool
    measure: Compared
    first: date
    last: date
    before: float | None
    after: float | None
    difference: Interval
    q: float | None
    verdict: ChangeVerdict
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compare_weeks(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    *,
    first: date | None = None,
    last: date | None = None,
    measures: Sequence[Compared] = get_args(Compared),
    level: float = 0.95,
) -> list[WeekChange]:
    """Week against week for every brand, on the prompts and engines that both weeks share.

    Rates are compared within prompt × engine and averaged over a prompt's engines, so that an engine asked
    more often in one of the weeks moves nothing. Without dates: the two newest weeks.
    """
    scope = scope or Scope()
    if first is None or last is None:
        known = frames.weeks(database, world)
        if len(known) < 2:
            return []
        first, last = first or known[-2], last or known[-1]
    narrow = replace(scope, first=first, last=last)
    allowed = gate(frames.asked(database, world, narrow), first, last, world.engines)
    sums = frames.visibility_sums(database, world, narrow, ("engine", "week"))
    inside = [pair in allowed.cells for pair in zip(sums["engine"], sums["prompt_id"], strict=True)]
    sums = sums[np.array(inside, bool) & sums["week"].isin([first, last]).to_numpy()] if len(sums) else sums
    return [
        change
        for measure in measures
        for change in _by_brand(sums, world, measure, first, last, allowed, level)
    ]


def _by_brand(
    sums: pd.DataFrame,
    world: World,
    measure: Compared,
    first: date,
    last: date,
    allowed: Comparability,
    level: float,
) -> Iterator[WeekChange]:
    brands = [brand for brand in world.brands if brand.exists_in(last)]
    pairs = [_paired(sums, brand.id, measure, first, last, level) for brand in brands]
    adjusted = benjamini_hochberg([_p(pair.difference) for pair in pairs])
    for brand, pair, q in zip(brands, pairs, adjusted, strict=True):
        known = float(q) if np.isfinite(q) else None
        yield WeekChange(
            brand=brand.name,
            own=brand.own,
            measure=measure,
            first=first,
            last=last,
            before=pair.before,
            after=pair.after,
            difference=pair.difference,
            q=known,
            verdict=_verdict(pair.difference, known, allowed.comparable, 1 - level),
            reasons=allowed.reasons,
            notes=allowed.notes,
        )


@dataclass(frozen=True)
class Pair:
    """Two rates on the same prompts, and their paired difference."""

    before: float | None
    after: float | None
    difference: Interval


def _paired(sums: pd.DataFrame, brand: int, measure: Compared, first: date, last: date, level: float) -> Pair:
    formula = FORMULAS[measure]
    cell = ["engine", "prompt_id"]
    if measure in SHARES and sums["brand_id"].nunique() < 2:
        return Pair(None, None, NO_SHARE)
    if measure == "share_of_voice":
        everyone = sums.groupby([*cell, "week"])["mentioned"].sum().rename("all_mentioned")
        mine = sums[sums["brand_id"] == brand].join(everyone, on=[*cell, "week"])
        parts = [mine[mine["week"] == day].groupby("prompt_id") for day in (first, last)]
        ratio = [p[[formula.numerator, formula.denominator]].sum().sort_index() for p in parts]
        a, b = ratio[0].align(ratio[1], join="inner", axis=0)
        return _ratio_pair(a.to_numpy(np.float64), b.to_numpy(np.float64), level)
    mine = sums[(sums["brand_id"] == brand) & (sums[formula.denominator] > 0)]
    rate = mine.assign(rate=mine[formula.numerator] / mine[formula.denominator])
    wide = rate.pivot_table(index=cell, columns="week", values="rate").reindex(columns=[first, last]).dropna()
    by_prompt = wide.groupby("prompt_id").mean()
    n = int(mine.set_index(cell).loc[wide.index, formula.denominator].sum()) if len(wide) else 0
    was, now = by_prompt[first].to_numpy(np.float64), by_prompt[last].to_numpy(np.float64)
    return Pair(_mean(was), _mean(now), paired_difference(was, now, n=n, level=level))


def _ratio_pair(a: Floats, b: Floats, level: float) -> Pair:
    both = (a[:, 1] > 0) & (b[:, 1] > 0)
    a, b = a[both], b[both]
    difference = paired_ratio_difference((a[:, 0], a[:, 1]), (b[:, 0], b[:, 1]), level=level)
    shares = [float(t[:, 0].sum() / t[:, 1].sum()) if len(t) else None for t in (a, b)]
    return Pair(shares[0], shares[1], difference)


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _p(difference: Interval) -> float:
    """Two-sided p-value of a difference from its own interval (95 %, t with prompts minus one degrees of
    freedom)."""
    if difference.estimate is None or difference.low is None or difference.high is None:
        return float("nan")
    dof = difference.clusters - 1
    se = (difference.high - difference.low) / 2 / float(stats.t.ppf(0.975, dof))
    if se == 0:
        return 1.0 if difference.estimate == 0 else 0.0
    return float(2 * stats.t.sf(abs(difference.estimate) / se, dof))


def _verdict(difference: Interval, q: float | None, comparable: bool, alpha: float) -> ChangeVerdict:
    if not comparable:
        return "not comparable"
    if q is None or difference.estimate is None:
        return "not enough data"
    if q > alpha:
        return "within noise"
    return "up" if difference.estimate > 0 else "down"


def compare_brands(
    database: Engine,
    world: World,
    first: str,
    second: str,
    scope: Scope | None = None,
    measure: Compared = "mention_rate",
) -> Pair:
    """Second brand minus first on the very same answers, paired by prompt."""
    if measure not in get_args(Compared):
        raise UsageError(
            f"cannot compare brands by {measure!r}", f"use one of: {', '.join(get_args(Compared))}"
        )
    scope = (scope or Scope()).during(world.brand(first)).during(world.brand(second))
    sums = frames.visibility_sums(database, world, scope)
    formula = FORMULAS[measure]
    sums = sums.join(sums.groupby("prompt_id")["mentioned"].sum().rename("all_mentioned"), on="prompt_id")
    a, b = (
        sums[sums["brand_id"] == world.brand(name).id].set_index("prompt_id").sort_index()
        for name in (first, second)
    )
    columns = [formula.numerator, formula.denominator]
    left, right = a[columns].to_numpy(np.float64), b[columns].to_numpy(np.float64)
    if measure == "share_of_voice":
        return _ratio_pair(left, right, 0.95)
    known = left[:, 1] > 0
    rates = [part[known, 0] / part[known, 1] for part in (left, right)]
    return Pair(
        _mean(rates[0]), _mean(rates[1]), paired_difference(rates[0], rates[1], n=int(left[known, 1].sum()))
    )
