"""How visible a brand is in the answers: every rate with its formula, its n and its interval.

With answers *a* of prompts *p* with weights :math:`w_p` (1 unless the catalog says otherwise), every rate is
a ratio of sums over prompts, :math:`\\sum_p w_p y_p / \\sum_p w_p x_p`; `FORMULAS` says what y and x are.
Weights of 1 give plain counts. An interval resamples whole prompts with all their engines, weeks and repeats;
one prompt alone has Wilson's interval on its answers; with fewer than five prompts the bounds are Wilson's
with the prompts as the trials, which is wide, as it should be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Floats, Ints, Measure, Scope, World
from analysis.intervals import (
    MIN_CLUSTERS,
    Interval,
    wilson_bounds,
)
from analysis.ratios import Ratios, ratios
from tracker.errors import UsageError

Compared = Literal["mention_rate", "citation_rate", "share_of_voice"]
"""Measures that two weeks or two brands are compared by."""
KEYS = ("engine", "topic", "country", "language", "week")
"""What rates can be split by."""
FEW = 10
"""Answers below which a number is directional only."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A ratio of sums: what is counted, out of what, and whether each unit of the denominator is one
    trial."""

    numerator: str
    denominator: str
    definition: str
    trials: bool = True
    bounded: bool = True


FORMULAS: dict[Measure, Formula] = {
    "mention_rate": Formula(
        "mentioned",
        "answers",
        "answers that name the brand ÷ answers. An answer that only says it found nothing "
        "about the brand does not name it.",
    ),
    "citation_rate": Formula(
        "cited",
        "citable",
        "answers that cite a page of the brand's own domains ÷ answers whose citations are known. "
        "What an engine only fetched is no citation; an engine that did not search has none to count.",
    ),
    "share_of_voice": Formula(
        "mentioned",
        "all_mentioned",
        "the brand's mentions ÷ mentions of all tracked brands, a brand counting once an answer; "
        "none where no rival is tracked.",
        trials=False,
    ),
    "citation_share": Formula(
        "citations",
        "all_citations",
        "citations of the brand's own domains ÷ all citations, each occurrence counted.",
        trials=False,
    ),
    "ghost_rate": Formula(
        "ghost", "cited", "answers that cite the brand's domains without naming it ÷ answers that cite them."
    ),
    "silent_rate": Formula(
        "silent",
        "named_citable",
        "answers that name the brand without citing its domains ÷ answers that name it and "
        "whose citations are known.",
    ),
    "retrieved_not_cited_rate": Formula(
        "retrieved_not_cited",
        "retrieved",
        "answers that fetched a page of the brand and cited none ÷ answers that "
        "fetched one. Only engines that report what they fetched count.",
    ),
    "average_position": Formula(
        "position_sum",
        "mentioned",
        "mean place of the brand among the tracked brands of an answer, over answers that "
        "name it; 1 is named first.",
        trials=False,
        bounded=False,
    ),
}
SHARES: tuple[Measure, ...] = ("share_of_voice",)
"""Shares among the tracked brands: of one brand alone they are none."""
NO_SHARE = Interval(None, None, None, 0, 0, "not enough data")
COVERAGE = (
    "prompts at least half of whose answers name the brand ÷ prompts. Unlike “named at least once” "
    "this does not rise "
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
    language: str | None
    week: date | None
    answers: int
    prompts: int
    citable: int
    rates: Mapping[Measure, Interval]
    coverage: Interval
    counts: Mapping[str, int]

    @property
    def cell(self) -> tuple[object, ...]:
        """Its keys of the grouping."""
        return self.engine, self.topic, self.country, self.language, self.week

    @property
    def directional(self) -> bool:
        """Too few answers to say more than a direction."""
        return self.answers < FEW


def table(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    by: Collection[str] = (),
    *,
    measures: Collection[Measure] = get_args(Measure),
) -> list[Row]:
    """Every rate of every brand, per cell of `by` (any of `KEYS`; pooled over the
    others).

    The headline is `by=()` with the default scope, which leaves out the prompts that name the own brand.
    """
    unknown = set(by) - set(KEYS)
    if unknown:
        raise UsageError(f"cannot group by {', '.join(sorted(unknown))}", f"use {', '.join(KEYS)}")
    keys = [name for name in KEYS if name in by]
    scope = scope or Scope()
    rows = rows_of(frames.visibility_sums(database, world, scope, keys), world, keys, measures)
    for brand in world.brands:
        its_own = scope.during(brand)
        if its_own != scope and "week" not in keys:
            sums = frames.visibility_sums(database, world, its_own, keys)
            found = rows_of(sums, world, keys, measures)
            of_its_days = {row.cell: row for row in found if row.brand == brand.name}
            rows = [of_its_days.get(row.cell, row) if row.brand == brand.name else row for row in rows]
    return rows


def rows_of(
    sums: pd.DataFrame, world: World, keys: Sequence[str], measures: Collection[Measure] = get_args(Measure)
) -> list[Row]:
    """Rows from sums per brand × prompt × keys (see `analysis.frames.visibility_sums`)."""
    if sums.empty:
        return []
    blocks = _Blocks(sums, world, keys)
    rates = {measure: blocks.rates(measure) for measure in measures}
    coverage = blocks.coverage()
    order = sorted(
        range(len(blocks.cells)), key=lambda c: tuple((v is None, str(v)) for v in blocks.labels(c).values())
    )
    return [
        Row(
            brand=brand.name,
            own=brand.own,
            **dict.fromkeys(KEYS) | blocks.labels(cell),
            answers=blocks.count("answers", cell, b),
            prompts=blocks.prompts(cell),
            citable=blocks.count("citable", cell, b),
            rates={m: rates[m][cell][b] for m in measures},
            coverage=coverage[cell][b],
            counts={m: blocks.count(m, cell, b) for m in frames.MEASURES},
        )
        for cell in order
        for b, brand in enumerate(world.brands)
        if brand.until is None or blocks.count("answers", cell, b)
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
        self.row = np.arange(len(pairs)) - starts[self.cell_of]
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
        lasting = np.array([brand.until is None for brand in world.brands])
        for name in ("answers", "citable", "all_citations"):
            column = self.columns[name]
            self.columns[name] = np.where(lasting, column.max(axis=1, keepdims=True, initial=0), column)
        self.totals = {name: self._per_cell(column) for name, column in self.columns.items()}

    def _cells(self, sums: pd.DataFrame, cell: Ints) -> list[dict[str, Any]]:
        _, first = np.unique(cell, return_index=True)
        if not self.keys:
            return [{}]
        cells = [{key: sums[key].iloc[int(i)] for key in self.keys} for i in first]
        for labels in cells:
            if "engine" in labels:
                labels["engine"] = self.world.engines[int(labels["engine"])]
            for trait in ("country", "language"):
                if trait in labels and not isinstance(labels[trait], str):
                    labels[trait] = None
        return cells

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
        out[self.row, self.cell_of] = self.columns[name] * self.weight[:, None]
        return out.reshape(len(out), -1)

    def rates(self, measure: Measure) -> list[list[Interval]]:
        formula = FORMULAS[measure]
        if measure in SHARES and self.brands < 2:
            return [[NO_SHARE] * self.brands for _ in self.cells]
        by_column = ratios(self._wide(formula.numerator), self._wide(formula.denominator))
        n = self.totals[formula.denominator].astype(np.int64).ravel()
        one = (self.size == 1).repeat(self.brands)
        k = self.totals[formula.numerator].ravel()
        alone = np.stack(wilson_bounds(np.minimum(k, n), n), axis=1)
        return self._nested(
            [self._interval(by_column, i, int(n[i]), bool(one[i]), formula, alone[i]) for i in range(len(n))]
        )

    @staticmethod
    def _interval(by_column: Ratios, i: int, n: int, one: bool, formula: Formula, alone: Floats) -> Interval:
        if n == 0 or not np.isfinite(by_column.estimate[i]):
            return Interval(None, None, None, n, 0, "not enough data")
        estimate, g = float(by_column.estimate[i]), int(by_column.clusters[i])
        if one and formula.trials:
            return Interval(estimate, float(alone[0]), float(alone[1]), n, 1, "wilson")
        few = one or (g < MIN_CLUSTERS and not formula.bounded)
        if few or not np.isfinite(by_column.low[i]):
            return Interval(estimate, None, None, n, g, "not enough data")
        return Interval(
            estimate, float(by_column.low[i]), float(by_column.high[i]), n, g, by_column.method[i]
        )

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
