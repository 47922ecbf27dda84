"""How visible a brand is in the answers: every rate with its formula, its n and its interval.

With answers *a* of prompts *p* with weights :math:`w_p` (1 unless the catalog says otherwise), every rate is a ratio of
sums over prompts, :math:`\\sum_p w_p y_p / \\sum_p w_p x_p`; `FORMULAS` says what y and x are. Weights of 1 give plain
counts. An interval resamples whole prompts with all their engines, weeks and repeats; one prompt alone has Wilson's
interval on its answers; with fewer than five prompts the bounds are Wilson's with the prompts as the trials, which
is wide, as it should be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from analysis.intervals import (
    MIN_CLUSTERS,
    RESAMPLES,
    Interval,
    Method,
    benjamini_hochberg,
    paired_difference,
    paired_ratio_difference,
    resample,
    wilson_bounds,
)
from tracker.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Literal[
    "mention_rate",
    "citation_rate",
    "share_of_voice",
    "citation_share",
    "ghost_rate",
    "silent_rate",
    "retrieved_not_cited_rate",
    "average_position",
]
FEW = 10
"""Answers below which a number is directional only."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A ratio of sums: what is counted, out of what, and whether each unit of the denominator is one trial."""

    numerator: str
    denominator: str
    definition: str
    trials: bool = True
    bounded: bool = True


FORMULAS: dict[Measure, Formula] = {
    "mention_rate": Formula(
        "mentioned", "answers", "answers that name the brand ÷ answers. An answer that only says it found nothing "
        "about the brand does not name it."
    ),
    "citation_rate": Formula(
        "cited", "citable", "answers that cite a page of the brand's own domains ÷ answers whose citations are known. "
        "What an engine only fetched is no citation; an engine that did not search has none to count."
    ),
    "share_of_voice": Formula(
        "mentioned", "all_mentioned", "the brand's mentions ÷ mentions of all tracked brands, a brand counting once an "
        "answer.", trials=False,
    ),
    "citation_share": Formula(
        "citations", "all_citations", "citations of the brand's own domains ÷ all citations, each occurrence counted.",
        trials=False,
    ),
    "ghost_rate": Formula(
        "ghost", "cited", "answers that cite the brand's domains without naming it ÷ answers that cite them."
    ),
    "silent_rate": Formula(
        "silent", "named_citable", "answers that name the brand without citing its domains ÷ answers that name it and "
        "whose citations are known."
    ),
    "retrieved_not_cited_rate": Formula(
        "retrieved_not_cited", "retrieved", "answers that fetched a page of the brand and cited none ÷ answers that "
        "fetched one. Only engines that report what they fetched count."
    ),
    "average_position": Formula(
        "position_sum", "mentioned", "mean place of the brand among the tracked brands of an answer, over answers that "
        "name it; 1 is named first.", trials=False, bounded=False,
    ),
}  # fmt: skip
COVERAGE = (
    "prompts at least half of whose answers name the brand ÷ prompts. Unlike “named at least once” this does not rise "
    "when a prompt is asked more often."
)
DEFINITIONS: dict[str, str] = {
    **{name: f.definition for name, f in FORMULAS.items()},
    "prompt_coverage": COVERAGE,
}


@dataclass(frozen=True)
class Row:
    """One brand in one cell of the grouping; keys that were not grouped by are None.

    Attributes
    ----------
    answers, prompts, citable : int
        Answers, prompts behind them, and answers whose citations are known.
    rates : dict of Measure to Interval
        In shares of 1; `average_position` in places.
    coverage : Interval
    counts : dict of str to int
        The sums of `analysis.frames.MEASURES`, unweighted.
    """

    brand: str
    own: bool
    engine: str | None
    topic: str | None
    country: str | None
    week: date | None
    answers: int
    prompts: int
    citable: int
    rates: Mapping[Measure, Interval]
    coverage: Interval
    counts: Mapping[str, int]

    @property
    def directional(self) -> bool:
        """Too few answers to say more than a direction."""
        return self.answers < FEW


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
    Columns with equally many prompts share their draws, so the work is one matrix product. A column with fewer than
    `MIN_CLUSTERS` prompts gets the Wilson bounds of its prompts.
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
        found = _bounds(
            np.take_along_axis(y[:, at], rows, 0),
            np.take_along_axis(x[:, at], rows, 0),
            estimate[at],
            level,
            resamples,
            seed,
        )
        low[at], high[at] = found
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
    """`numpy.quantile(drawn, [tail, 1 - tail], axis=1)`, several times faster: only four places are sorted."""
    last = drawn.shape[1] - 1
    at = [tail * last, (1 - tail) * last]
    places = [min(int(a), last - 1) for a in at]
    drawn.partition(sorted({p + i for p in places for i in (0, 1)}), axis=1)
    low, high = (
        drawn[:, p] + (a - p) * (drawn[:, p + 1] - drawn[:, p]) for a, p in zip(at, places, strict=True)
    )
    return low, high


def table(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    by: Collection[str] = (),
    *,
    measures: Collection[Measure] = get_args(Measure),
) -> list[Row]:
    """Every rate of every brand, per cell of `by` (any of engine, topic, country, week; pooled over the others).

    The headline is `by=()` with the default scope, which leaves out the prompts that name the own brand.
    """
    unknown = set(by) - {"engine", "topic", "country", "week"}
    if unknown:
        raise UsageError(f"cannot group by {', '.join(sorted(unknown))}", "use engine, topic, country, week")
    keys = [name for name in ("engine", "topic", "country", "week") if name in by]
    sums = frames.visibility_sums(database, world, scope or Scope(), keys)
    return rows_of(sums, world, keys, measures)


def rows_of(
    sums: pd.DataFrame, world: World, keys: Sequence[str], measures: Collection[Measure] = get_args(Measure)
) -> list[Row]:
    """Rows from sums per brand × prompt × keys (see `analysis.frames.visibility_sums`)."""
    if sums.empty:
        return []
    blocks = _Blocks(sums, world, keys)
    found = {measure: blocks.rates(measure) for measure in measures}
    coverage = blocks.coverage()
    order = sorted(
        range(len(blocks.cells)), key=lambda c: tuple((v is None, str(v)) for v in blocks.labels(c).values())
    )
    return [
        Row(
            brand=brand.name,
            own=brand.own,
            **{"engine": None, "topic": None, "country": None, "week": None, **blocks.labels(cell)},
            answers=blocks.count("answers", cell, b),
            prompts=blocks.prompts(cell),
            citable=blocks.count("citable", cell, b),
            rates={m: found[m][cell][b] for m in measures},
            coverage=coverage[cell][b],
            counts={m: blocks.count(m, cell, b) for m in frames.MEASURES},
        )
        for cell in order
        for b, brand in enumerate(world.brands)
    ]


class _Blocks:
    """Sums as dense arrays, one block (prompts of the cell, brands) per cell of the grouping and column."""

    def __init__(self, sums: pd.DataFrame, world: World, keys: Sequence[str]) -> None:
        self.world, self.keys = world, list(keys)
        grouped = sums.groupby(self.keys, sort=True, dropna=False) if keys else None
        cell = np.zeros(len(sums), np.int64)
        if grouped is not None:
            cell = np.asarray(grouped.ngroup(), np.int64)
        self.cells = self._cells(sums, cell)
        self.brands = len(world.brands)
        spot = {brand.id: i for i, brand in enumerate(world.brands)}
        brand = sums["brand_id"].map(spot).to_numpy(np.int64)
        prompt = sums["prompt_id"].to_numpy(np.int64)
        pairs, at = np.unique(np.stack([cell, prompt], axis=1), axis=0, return_inverse=True)
        at = np.asarray(at).ravel()
        self.cell_of, starts = pairs[:, 0], np.searchsorted(pairs[:, 0], np.arange(len(self.cells)))
        self.place = np.arange(len(pairs)) - starts[self.cell_of]
        self.size = np.bincount(self.cell_of, minlength=len(self.cells))
        self.weight = np.array([world.prompts[int(p)].weight for p in pairs[:, 1]])
        self.columns: dict[str, Floats] = {}
        for name in frames.MEASURES:
            column = np.zeros((len(pairs), self.brands))
            np.add.at(column, (at, brand), sums[name].to_numpy(np.float64))
            self.columns[name] = column
        named = self.columns["mentioned"].sum(axis=1, keepdims=True)
        self.columns["all_mentioned"] = np.repeat(named, self.brands, axis=1)
        on_both = self.columns["cited"] - self.columns["ghost"]
        self.columns["named_citable"] = self.columns["silent"] + on_both
        for name in ("answers", "citable", "all_citations"):
            self.columns[name] = np.repeat(self.columns[name].max(axis=1, keepdims=True), self.brands, axis=1)
        self.totals = {name: self._per_cell(column) for name, column in self.columns.items()}

    def _cells(self, sums: pd.DataFrame, cell: Ints) -> list[dict[str, Any]]:
        _, first = np.unique(cell, return_index=True)
        if not self.keys:
            return [{}]
        found = [{key: sums[key].iloc[int(i)] for key in self.keys} for i in first]
        for labels in found:
            if "engine" in labels:
                labels["engine"] = self.world.engines[int(labels["engine"])]
            if "country" in labels and not isinstance(labels["country"], str):
                labels["country"] = None
        return found

    def _per_cell(self, column: Floats) -> Floats:
        out = np.zeros((len(self.cells), self.brands))
        np.add.at(out, self.cell_of, column)
        return out

    def labels(self, cell: int) -> dict[str, Any]:
        return self.cells[cell]

    def prompts(self, cell: int) -> int:
        return int(self.size[cell])

    def count(self, name: str, cell: int, brand: int) -> int:
        return int(self.totals[name][cell, brand])

    def _wide(self, name: str) -> Floats:
        """Weighted sums as (most prompts of a cell, cells × brands), zero where a cell has fewer prompts."""
        out = np.zeros((int(self.size.max()), len(self.cells), self.brands))
        out[self.place, self.cell_of] = self.columns[name] * self.weight[:, None]
        return out.reshape(len(out), -1)

    def rates(self, measure: Measure) -> list[list[Interval]]:
        formula = FORMULAS[measure]
        found = ratios(self._wide(formula.numerator), self._wide(formula.denominator))
        n = self.totals[formula.denominator].astype(np.int64).ravel()
        one = (self.size == 1).repeat(self.brands)
        k = self.totals[formula.numerator].ravel()
        alone = np.stack(wilson_bounds(np.minimum(k, n), n), axis=1)
        return self._nested(
            [self._interval(found, i, int(n[i]), bool(one[i]), formula, alone[i]) for i in range(len(n))]
        )

    @staticmethod
    def _interval(found: Ratios, i: int, n: int, one: bool, formula: Formula, alone: Floats) -> Interval:
        if n == 0 or not np.isfinite(found.estimate[i]):
            return Interval(None, None, None, n, 0, "not enough data")
        estimate, g = float(found.estimate[i]), int(found.clusters[i])
        if one and formula.trials:
            return Interval(estimate, float(alone[0]), float(alone[1]), n, 1, "wilson")
        few = one or (g < MIN_CLUSTERS and not formula.bounded)
        if few or not np.isfinite(found.low[i]):
            return Interval(estimate, None, None, n, g, "not enough data")
        return Interval(estimate, float(found.low[i]), float(found.high[i]), n, g, found.method[i])

    def _nested(self, flat: list[Interval]) -> list[list[Interval]]:
        return [flat[i : i + self.brands] for i in range(0, len(flat), self.brands)]

    def coverage(self) -> list[list[Interval]]:
        usual = 2 * self.columns["mentioned"] >= self.columns["answers"]
        k, n = self._per_cell(usual.astype(np.float64)), self.size
        low, high = wilson_bounds(k, n[:, None])
        return [
            [
                Interval(k[c, b] / n[c], float(low[c, b]), float(high[c, b]), int(n[c]), int(n[c]), "wilson")
                for b in range(self.brands)
            ]
            for c in range(len(self.cells))
        ]


ChangeVerdict = Literal["up", "down", "within noise", "not enough data", "not comparable"]
Compared = Literal["mention_rate", "citation_rate", "share_of_voice"]
COMMON_ENOUGH = 0.9


@dataclass(frozen=True)
class Gate:
    """Whether two weeks may be compared, and on what.

    Attributes
    ----------
    comparable : bool
    reasons : tuple of str
        Why not; empty when comparable.
    notes : tuple of str
        What was left out of a comparison that is made.
    cells : frozenset of (int, int)
        (engine id, prompt id) that both weeks share under one served model.
    """

    comparable: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    cells: frozenset[tuple[int, int]]


def gate(asked: pd.DataFrame, first: date, last: date, engines: Mapping[Any, str]) -> Gate:
    """Compare what was asked in two weeks: the same engines, the same served models, (nearly) the same prompts.

    Parameters
    ----------
    asked : DataFrame
        Of `analysis.frames.asked`.

    Notes
    -----
    Weeks that share at least nine in ten (prompt, engine) pairs are compared on what they share, and a note says how many
    pairs were left out: a failed ask must not end every comparison. Below that, or where an engine is missing or another
    model answered, they are "not comparable".
    """
    week = {day: asked[asked["week"] == day] for day in (first, last)}
    reasons = [f"no answers in the week of {day}" for day, frame in week.items() if frame.empty]
    if reasons:
        return Gate(False, tuple(reasons), (), frozenset())
    pairs = {day: set(zip(f["engine"], f["prompt_id"], strict=True)) for day, f in week.items()}
    models = {
        day: {e: frozenset(g["served_model"]) - {""} for e, g in f.groupby("engine")}
        for day, f in week.items()
    }
    before, after = models[first], models[last]
    for engine in sorted(set(before) ^ set(after), key=lambda e: engines[e]):
        missing = first if engine in after else last
        reasons.append(f"{engines[engine]} has no answers in the week of {missing}")
    changed = {e for e in set(before) & set(after) if before[e] and after[e] and before[e] != after[e]}
    for engine in sorted(changed, key=lambda e: engines[e]):
        was, now = (", ".join(sorted(m[engine])) for m in (before, after))
        reasons.append(f"{engines[engine]} was served by {was} and then by {now}")
    shared = pairs[first] & pairs[last]
    same = set(before) & set(after)
    union = {pair for pair in pairs[first] | pairs[last] if pair[0] in same}
    on_same = {pair for pair in shared if pair[0] in same}
    lost = len(union) - len(on_same)
    notes = []
    if lost and len(on_same) < COMMON_ENOUGH * len(union):
        reasons.append(f"only {len(on_same)} of {len(union)} prompt × engine pairs were asked in both weeks")
    elif lost:
        notes.append(
            f"{lost} of {len(union)} prompt × engine pairs were asked in one week only and are left out"
        )
    cells = frozenset((int(e), int(p)) for e, p in on_same if e not in changed)
    return Gate(not reasons, tuple(reasons), tuple(notes), cells)


def _models(asked: pd.DataFrame) -> dict[int, frozenset[str]]:
    """Served models of each engine, unknown ones left out."""
    found: dict[int, set[str]] = {}
    for engine, model in zip(asked["engine"], asked["served_model"], strict=True):
        found.setdefault(int(engine), set()).update({model} - {""})
    return {engine: frozenset(names) for engine, names in found.items()}


@dataclass(frozen=True)
class Change:
    """One brand's measure in two weeks on the same prompts.

    Attributes
    ----------
    before, after : float or None
        The two rates on the shared prompts and engines.
    difference : Interval
        After minus before, paired by prompt; when the weeks are not comparable this is what their common part shows,
        and the verdict still says "not comparable".
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


def changes(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    *,
    first: date | None = None,
    last: date | None = None,
    measures: Sequence[Compared] = get_args(Compared),
    level: float = 0.95,
) -> list[Change]:
    """Week against week for every brand, on the prompts and engines that both weeks share.

    Rates are compared within prompt × engine and averaged over a prompt's engines, so that an engine asked more often
    in one of the weeks moves nothing. Without dates: the two newest weeks.
    """
    scope = scope or Scope()
    if first is None or last is None:
        known = frames.weeks(database, world)
        if len(known) < 2:
            return []
        first, last = first or known[-2], last or known[-1]
    narrow = Scope(first, last, scope.engine, scope.topic, scope.country, scope.branded)
    allowed = gate(frames.asked(database, world, narrow), first, last, world.engines)
    sums = frames.visibility_sums(database, world, narrow, ("engine", "week"))
    inside = [pair in allowed.cells for pair in zip(sums["engine"], sums["prompt_id"], strict=True)]
    sums = sums[np.array(inside, bool) & sums["week"].isin([first, last]).to_numpy()] if len(sums) else sums
    found: list[Change] = []
    for measure in measures:
        pairs = [_paired(sums, b.id, measure, first, last, level) for b in world.brands]
        q = benjamini_hochberg([_p(p.difference) for p in pairs])
        for brand, pair, adjusted in zip(world.brands, pairs, q, strict=True):
            known_q = float(adjusted) if np.isfinite(adjusted) else None
            verdict = _changed(pair.difference, known_q, allowed.comparable, 1 - level)
            found.append(
                Change(
                    *(brand.name, brand.own, measure, first, last, pair.before, pair.after, pair.difference),
                    *(known_q, verdict, allowed.reasons, allowed.notes),
                )
            )
    return found


@dataclass(frozen=True)
class Pair:
    """Two rates on the same prompts, and their paired difference."""

    before: float | None
    after: float | None
    difference: Interval


def _paired(sums: pd.DataFrame, brand: int, measure: Compared, first: date, last: date, level: float) -> Pair:
    formula = FORMULAS[measure]
    cell = ["engine", "prompt_id"]
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
    """Two-sided p-value of a difference from its own interval (95 %, t with prompts minus one degrees of freedom)."""
    if difference.estimate is None or difference.low is None or difference.high is None:
        return float("nan")
    dof = difference.clusters - 1
    se = (difference.high - difference.low) / 2 / float(stats.t.ppf(0.975, dof))
    if se == 0:
        return 1.0 if difference.estimate == 0 else 0.0
    return float(2 * stats.t.sf(abs(difference.estimate) / se, dof))


def _changed(difference: Interval, q: float | None, comparable: bool, alpha: float) -> ChangeVerdict:
    if not comparable:
        return "not comparable"
    if q is None or difference.estimate is None:
        return "not enough data"
    if q > alpha:
        return "within noise"
    return "up" if difference.estimate > 0 else "down"


def brand_difference(
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
    sums = frames.visibility_sums(database, world, scope or Scope())
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


@dataclass(frozen=True)
class Stability:
    """How much the cited domains of one engine change from week to week.

    Attributes
    ----------
    engine : str
    weeks : int
        Weeks with citations.
    core : tuple of str
        Domains cited in at least four of five weeks, most cited first.
    rotating : int
        Domains cited in fewer.
    jaccard, overlap : float or None
        Means over neighbouring weeks: shared domains ÷ domains of either week; rank-biased overlap of the two rankings.
    pairs : int
        Neighbouring weeks behind the means.
    core_share : float or None
        Share of all (answer, domain) citations that go to core domains.
    """

    engine: str
    weeks: int
    core: tuple[str, ...]
    rotating: int
    jaccard: float | None
    overlap: float | None
    pairs: int
    core_share: float | None
    each: tuple[tuple[date, float, float], ...] = field(default=(), repr=False)


CORE = 0.8
PERSISTENCE = 0.9


def stability(database: Engine, world: World, scope: Scope | None = None) -> list[Stability]:
    """Core and rotating sources of each engine, with week-to-week overlap."""
    frame = frames.sources(database, world, scope or Scope(branded="include"), ("engine", "week"))
    frame = frame[frame["answers"] > 0]
    return [
        _stability(world.engines[int(str(engine))], part)
        for engine, part in frame.groupby("engine", sort=True)
    ]


def _stability(engine: str, part: pd.DataFrame) -> Stability:
    days = sorted(part["week"].unique())
    seen = part.groupby("domain")["week"].nunique()
    total = part.groupby("domain")["answers"].sum()
    core = seen.index[(seen >= CORE * len(days)).to_numpy() & (len(days) >= 2)]
    ranked = {
        day: week.sort_values(["answers", "domain"], ascending=[False, True])["domain"].tolist()
        for day, week in part.groupby("week")
    }
    each = tuple(
        (after, jaccard(ranked[before], ranked[after]), rank_biased_overlap(ranked[before], ranked[after]))
        for before, after in pairwise(days)
        if (after - before).days == 7
    )
    top = sorted(core, key=lambda name: (-total[name], name))
    return Stability(
        engine=engine,
        weeks=len(days),
        core=tuple(top),
        rotating=len(seen) - len(core),
        jaccard=float(np.mean([j for _, j, _ in each])) if each else None,
        overlap=float(np.mean([o for _, _, o in each])) if each else None,
        pairs=len(each),
        core_share=float(total[core].sum() / total.sum()) if len(days) >= 2 else None,
        each=each,
    )


def jaccard(first: Iterable[str], second: Iterable[str]) -> float:
    """Shared ÷ all of two sets; 1 for two empty ones."""
    a, b = set(first), set(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def rank_biased_overlap(first: Sequence[str], second: Sequence[str], p: float = PERSISTENCE) -> float:
    r"""Extrapolated rank-biased overlap of two rankings without ties, of equal or different length.

    With overlap :math:`X_d` of the first d places, lengths s ≤ l:

    .. math::
        \frac{1-p}{p}\left(\sum_{d=1}^{l}\frac{X_d}{d}p^d + \sum_{d=s+1}^{l}\frac{X_s(d-s)}{sd}p^d\right)
        + \left(\frac{X_l-X_s}{l}+\frac{X_s}{s}\right)p^l

    Parameters
    ----------
    p : float
        Weight of going on to the next place; 0.9 puts 86 % of the weight on the first ten.

    References
    ----------
    Webber, Moffat & Zobel (2010), "A similarity measure for indefinite rankings", eq. 32.
    """
    short, long = sorted((list(first), list(second)), key=len)
    s, l = len(short), len(long)  # noqa: E741
    if not s:
        return 1.0 if not l else 0.0
    rank_short = {name: i for i, name in enumerate(short, start=1)}
    meets = np.zeros(l + 1)
    for i, name in enumerate(long, start=1):
        if name in rank_short:
            meets[max(i, rank_short[name])] += 1
    overlap = np.cumsum(meets)
    d = np.arange(1, l + 1)
    powers = p**d
    total = float((overlap[1:] / d * powers).sum())
    beyond = d > s
    total += float((overlap[s] * (d - s) / (s * d) * powers)[beyond].sum())
    end = (overlap[l] - overlap[s]) / l + overlap[s] / s
    return (1 - p) / p * total + float(end) * p**l
