"""How answers speak about each brand, as a judge sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Judge, Scope, World
from analysis.intervals import Interval, cluster_bootstrap
from analysis.visibility import FEW
from tracker.judge.task import STANCES


@dataclass(frozen=True)
class StanceRow:
    """One brand's mentions by stance.

    Attributes
    ----------
    mentions, judged : int
        Stored mentions, and those of them with a verdict.
    counts : dict of str to int
        Verdicts by stance.
    positive, negative : Interval
        Share of the judged mentions that are not `absent`; bounds resample whole prompts.
    """

    brand: str
    own: bool
    mentions: int
    judged: int
    counts: dict[str, int]
    positive: Interval
    negative: Interval

    @property
    def directional(self) -> bool:
        return self.positive.n < FEW


def stances(database: Engine, world: World, scope: Scope, judge: Judge) -> list[StanceRow]:
    """One row per brand with mentions, the own brand first; verdicts of one judge only."""
    counts = frames.stance_counts(database, world, scope, judge)
    return [
        _row(brand.name, brand.own, part)
        for brand in world.brands
        if len(part := counts[counts["brand_id"] == brand.id])
    ]


def _row(brand: str, own: bool, part: pd.DataFrame) -> StanceRow:
    wide = part.assign(stance=part["stance"].fillna("")).pivot_table(
        index="prompt_id", columns="stance", values="mentions", aggfunc="sum", fill_value=0
    )
    table = wide.reindex(columns=STANCES, fill_value=0).astype(np.int64)
    named = table[[stance for stance in STANCES if stance != "absent"]].sum(axis=1)
    counts: dict[str, int] = {stance: int(table[stance].sum()) for stance in STANCES}
    return StanceRow(
        brand,
        own,
        int(part["mentions"].sum()),
        sum(counts.values()),
        counts,
        *(cluster_bootstrap(table[side], named) for side in ("positive", "negative")),
    )
