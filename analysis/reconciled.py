r"""Lift and events about the same links: the rise that lift predicts beside the rise that came.

For each family of sources, over the first links whose day lies inside the weeks:

.. math:: \text{predicted} = \operatorname{mean}_{(s, b)} \; \text{lift}_s \cdot
    \operatorname{mean}_{a\, :\, g \le t(a) < g + 4} x_{abs}

with :math:`\text{lift}_s` the claimed source's lift drawn to the other claims (0 where nothing is claimed), g
the link's week, and the second mean the share of all answers of its first four weeks that cite the source
with the link live. The realised rise is that of the before-and-after study over the same weeks
(`analysis.events`), which knows nothing of citations.

Where the whole interval of the realised rise lies under half of the predicted one, the two disagree, and no
gain is given for the family's sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse
from sqlalchemy import Engine

from analysis import frames
from analysis.events.study import POST, EventRow, study
from analysis.frames import Scope, World
from analysis.lift.panel import Panel
from analysis.lift.shrinking import sizes
from analysis.lift.table import LiftTable
from tracker import numbers

Agreement = Literal["agree", "less than predicted", "more than predicted", "cannot say"]

LEAST = 0.01
"""A predicted rise under one point is too small to contradict."""
SHORT = 0.5


@dataclass(frozen=True)
class Reconciled:
    """One family: what lift predicts of its dated links, and what came.

    Attributes
    ----------
    links : int
        First links inside the weeks; 0 where lift has none of the family.
    predicted : float
        Rise of a linked brand's rate, in probability.
    realised, low, high : float or None
        From the before-and-after study; None with too few links.
    """

    family: str
    links: int
    predicted: float
    realised: float | None
    low: float | None
    high: float | None
    verdict: Agreement

    @property
    def words(self) -> str:
        """Both rises in one sentence."""
        links = numbers.counted(self.links, "dated link")
        head = f"{self.family}: lift predicts {numbers.points(self.predicted)} from {links}"
        if self.realised is None:
            return f"{head}; too few of them to see what came."
        span = numbers.points_range(self.low, self.high)
        told = {"agree": "in agreement", "cannot say": "the prediction is too small to contradict"}
        return (
            f"{head}; {numbers.points(self.realised)} came ({span}): {told.get(self.verdict, self.verdict)}."
        )


def against_events(
    database: Engine,
    world: World,
    scope: Scope | None,
    panel: Panel,
    table: LiftTable,
    families: Callable[[Sequence[str]], Sequence[str]],
) -> tuple[LiftTable, list[Reconciled]]:
    """The table without the gains that events contradict, and what both say; nothing is asked of events where
    too few links are dated to tell a direction."""
    if table.direction is None or table.direction.verdict == "not testable":
        return table, []
    histories = frames.histories(database, world, scope, families=families)
    found = reconciled(panel, table, study(histories).rows)
    return withdrawn(panel, table, found), found


def reconciled(panel: Panel, table: LiftTable, rows: Sequence[EventRow]) -> list[Reconciled]:
    """Families with dated links of claimed sources, by name; `rows` are the study's by family.

    Parameters
    ----------
    panel : Panel
        With `begins`; its families are those of the study.
    """
    by_family = {row.name: row for row in rows}
    return [
        _one(family, *each, by_family.get(family))
        for family, each in sorted(_predicted(panel, table).items())
    ]


def withdrawn(panel: Panel, table: LiftTable, found: Sequence[Reconciled]) -> LiftTable:
    """The table without the gains of families that rose surely less than predicted."""
    short = {each.family for each in found if each.verdict == "less than predicted"}
    family = dict(zip(panel.sources, panel.families, strict=True))
    gone = frozenset(source for source in table.gains if family[source] in short)
    kept = {source: gain for source, gain in table.gains.items() if source not in gone}
    return replace(table, gains=kept, withdrawn=gone) if gone else table


def _predicted(panel: Panel, table: LiftTable) -> Mapping[str, tuple[int, float]]:
    """Dated links of each family with a claimed source, and the mean rise predicted of them."""
    lifts = {source: size for source, (size, _) in sizes(table.rows).items()}
    claimed = {panel.families[s] for s, source in enumerate(panel.sources) if source in lifts}
    if panel.begins is None or not claimed:
        return {}
    weeks = int(panel.week.max(initial=-1)) + 1
    sources, brands = np.nonzero((panel.begins > 0) & (panel.begins <= weeks - POST))
    exposed = sparse.csc_array(panel.exposed)
    size = np.bincount(panel.week, minlength=weeks)
    rises: dict[str, list[float]] = {}
    for s, b in zip(sources.tolist(), brands.tolist(), strict=True):
        if panel.families[s] not in claimed:
            continue
        rows = exposed.indices[exposed.indptr[s] : exposed.indptr[s + 1]]
        week = panel.week[rows[rows % len(panel.brands) == b] // len(panel.brands)]
        first = int(panel.begins[s, b])
        seen = int(((week >= first) & (week < first + POST)).sum())
        share = seen / max(int(size[first : first + POST].sum()), 1)
        rises.setdefault(panel.families[s], []).append(lifts.get(panel.sources[s], 0.0) * share)
    return {family: (len(each), float(np.mean(each))) for family, each in rises.items()}


def _one(family: str, links: int, predicted: float, row: EventRow | None) -> Reconciled:
    if row is None or row.att is None or row.low is None or row.high is None:
        return Reconciled(family, links, predicted, None, None, None, "cannot say")
    verdict: Agreement = "agree"
    if predicted < LEAST:
        verdict = "cannot say"
    elif row.high < SHORT * predicted:
        verdict = "less than predicted"
    elif row.low > predicted / SHORT:
        verdict = "more than predicted"
    return Reconciled(family, links, predicted, row.att, row.low, row.high, verdict)
