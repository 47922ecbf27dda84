"""What changed between two weeks or two equal periods, what moves week after week, and how far two brands lie
apart: differences paired by prompt.

Rates are compared on the prompts and engines that both sides share, so that an engine asked more often on one
of them moves nothing. Verdicts over several brands are adjusted together (Benjamini–Hochberg). Such a verdict
is one look; who looks every week reads `moving`, whose e-values bound the false alarms of a whole year.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats
from sqlalchemy import Engine

from analysis import frames
from analysis.comparable import Comparability, Side, gate
from analysis.frames import Floats, Scope, World
from analysis.intervals import Interval, benjamini_hochberg, paired_difference, paired_ratio_difference
from analysis.visibility import FORMULAS, NO_SHARE, SHARES, Compared
from analysis.watch import Watched, e_benjamini_hochberg, watch
from tracker.answers import served
from tracker.errors import UsageError

ChangeVerdict = Literal["up", "down", "within noise", "not enough data", "not comparable"]


@dataclass(frozen=True)
class WeekChange:
    """One brand's measure in two weeks, or in two equal periods, on the same prompts.

    Attributes
    ----------
    first, last : date
        Mondays of the two weeks; of periods, those of their last weeks.
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
    weeks: int = 1
    """Of each side."""

    @property
    def apart(self) -> bool:
        """Whether its own interval leaves out zero, whatever else is compared."""
        d = self.difference
        return d.low is not None and d.high is not None and (d.low > 0 or d.high < 0)


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
    asked = frames.asked(database, world, narrow)
    sums = frames.visibility_sums(database, world, narrow, ("engine", "week"))
    return _compared(asked, sums, world, (first, last), measures, level)


def compare_periods(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    *,
    weeks: int = 4,
    last: date | None = None,
    measures: Sequence[Compared] = get_args(Compared),
    level: float = 0.95,
) -> list[WeekChange]:
    """The newest `weeks` weeks (up to `last`) against as many before them, as `compare_weeks` compares two.

    Rates are pooled over a period within prompt × engine. Empty where the weeks do not reach that far back.
    """
    if weeks < 1:
        raise UsageError("a period has at least one week", "compare periods of 4 weeks, say")
    known = frames.weeks(database, world)
    last = last or (known[-1] if known else None)
    if last is None or known[0] > last - timedelta(weeks=weeks):
        return []
    middle = last - timedelta(weeks=weeks)
    span = replace(scope or Scope(), first=middle - timedelta(weeks=weeks - 1), last=last)
    asked = _in_periods(frames.asked(database, world, span), middle, last)
    keys = ["week", "engine", "served_model", "prompt_id"]
    if len(asked):
        asked = asked.groupby(keys, as_index=False, sort=True).agg({"answers": "sum"})
    sums = _in_periods(frames.visibility_sums(database, world, span, ("engine", "week")), middle, last)
    pooled = (
        sums.groupby(["brand_id", "prompt_id", "engine", "week"], as_index=False).sum() if len(sums) else sums
    )
    return [
        replace(change, weeks=weeks)
        for change in _compared(asked, pooled, world, (middle, last), measures, level, what="period")
    ]


def _in_periods(frame: pd.DataFrame, middle: date, last: date) -> pd.DataFrame:
    """Weeks named by the last one of their period."""
    return frame.assign(week=[middle if week <= middle else last for week in frame["week"]])


def _compared(
    asked: pd.DataFrame,
    sums: pd.DataFrame,
    world: World,
    sides: tuple[date, date],
    measures: Sequence[Compared],
    level: float,
    what: Side = "week",
) -> list[WeekChange]:
    allowed = gate(asked, sides[0], sides[1], world.engines, what)
    inside = [pair in allowed.cells for pair in zip(sums["engine"], sums["prompt_id"], strict=True)]
    sums = sums[np.array(inside, bool) & sums["week"].isin(sides).to_numpy()] if len(sums) else sums
    return [
        change
        for measure in measures
        for change in _by_brand(sums, world, measure, sides[0], sides[1], allowed, level)
    ]


MOVED_AT = 0.05
"""The share of years with any false word of a move, if nobody looks at more than this table."""


@dataclass(frozen=True)
class Moving:
    """One brand's measure, followed over all weeks.

    Attributes
    ----------
    e : float
        e-value after the newest week; 20 is as rare as 1 in 20 years for a brand watched alone.
    moved : bool
        Whether it counts among all that are watched together (e-BH).
    since : date or None
        The week in which the move most likely began; None where nothing moved.
    before, after : float or None
        Mean rate over prompts before and from that week on. The week was picked because it differs: the size
        is for orientation.
    looks : int
        Weeks that were compared with their past.
    """

    brand: str
    own: bool
    measure: Compared
    e: float
    moved: bool
    since: date | None
    before: float | None
    after: float | None
    looks: int


def moving(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    *,
    last: date | None = None,
    measures: Sequence[Compared] = ("mention_rate", "citation_rate"),
) -> list[Moving]:
    """What moves, for those who look every week: e-values over all weeks with answers up to `last`.

    A prompt's rate on an engine is compared with its own past since the engine's model changed last, so that
    a change of the model is no move of a brand.
    """
    scope = replace(scope or Scope(), first=None, last=last or (scope.last if scope else None))
    asked = frames.asked(database, world, scope)
    sums = frames.visibility_sums(database, world, scope, ("engine", "week"))
    if sums.empty:
        return []
    weeks = sorted(set(sums["week"]))
    fresh = fresh_starts(asked)
    rows = []
    for measure in measures:
        for brand in world.brands:
            if not brand.exists_in(weeks[-1]):
                continue
            rates = weekly(sums, brand.id, measure, weeks)
            if rates is not None:
                rows.append((brand, measure, rates, watched(rates, fresh)))
    alarms = e_benjamini_hochberg([seen.e[-1] for *_, seen in rows], MOVED_AT)
    return [
        _moving(brand.name, brand.own, measure, rates, seen, bool(moved))
        for (brand, measure, rates, seen), moved in zip(rows, alarms, strict=True)
    ]


def fresh_starts(asked: pd.DataFrame) -> dict[int, set[date]]:
    """Weeks from which on an engine's answers come from another model."""
    return {
        engine: {change.at for change in served.once(served.changes(spells))}
        for engine, spells in frames.served_weeks(asked).items()
    }


def weekly(sums: pd.DataFrame, brand: int, measure: Compared, weeks: Sequence[date]) -> pd.DataFrame | None:
    """A brand's rates by week (rows) and (prompt, engine) (columns), NaN where not asked; None where never.

    Of sums per brand × prompt × engine × week.
    """
    formula = FORMULAS[measure]
    if measure == "share_of_voice":
        cell = ["prompt_id", "engine", "week"]
        sums = sums.assign(all_mentioned=sums.groupby(cell)["mentioned"].transform("sum"))
    mine = sums[(sums["brand_id"] == brand) & (sums[formula.denominator] > 0)]
    if mine.empty:
        return None
    rate = mine.assign(rate=mine[formula.numerator] / mine[formula.denominator])
    wide = rate.pivot_table(index="week", columns=["prompt_id", "engine"], values="rate")
    return wide.reindex(list(weeks))


def watched(rates: pd.DataFrame, fresh: Mapping[int, Collection[date]]) -> Watched:
    """Follow rates as `weekly` gives them; an engine begins anew where its model changed."""
    prompts, engines = (
        rates.columns.get_level_values(name).to_numpy(np.int64) for name in ("prompt_id", "engine")
    )
    forget = np.array([[week in fresh.get(int(e), ()) for e in engines] for week in rates.index], bool)
    values = rates.to_numpy(np.float64)
    return watch(values, prompts, forget.reshape(values.shape))


def _moving(
    brand: str, own: bool, measure: Compared, rates: pd.DataFrame, seen: Watched, moved: bool
) -> Moving:
    start = int(seen.since[-1]) if moved else -1
    by_week = rates.T.groupby(level="prompt_id").mean().mean()
    return Moving(
        brand=brand,
        own=own,
        measure=measure,
        e=float(seen.e[-1]),
        moved=moved,
        since=rates.index[start] if start >= 0 else None,
        before=float(by_week.iloc[:start].mean()) if start > 0 else None,
        after=float(by_week.iloc[start:].mean()) if start >= 0 else None,
        looks=int(np.isfinite(seen.z).sum()),
    )


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
