"""What lift predicts of dated links stands beside what came; a contradiction takes gains back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from analysis.events.histories import Histories
from analysis.events.study import EventRow, study
from analysis.lift.estimate import lift
from analysis.lift.gains import Gain
from analysis.lift.panel import Panel
from analysis.lift.simulate import Recipe, world
from analysis.lift.table import LiftRow, LiftTable
from analysis.reconciled import reconciled, withdrawn


def by_hand() -> tuple[Panel, LiftTable]:
    """Ten weeks of ten answers; one source, cited in the first half of each week's answers, links to the
    second brand from week 3."""
    week = np.repeat(np.arange(10), 10)
    cited = np.tile([1] * 5 + [0] * 5, 10)
    exposed = np.zeros((100, 2))
    exposed[:, 1] = cited * (week >= 3)
    zero = np.zeros(100, np.int64)
    panel = Panel(
        prompt=zero,
        engine=zero,
        week=week,
        topic=zero,
        brands=("A", "B"),
        sources=("s.example",),
        families=("news",),
        named=np.zeros((100, 2), bool),
        cited=sparse.csr_array(cited[:, None].astype(float)),
        exposed=sparse.csr_array(exposed.reshape(200, 1)),
        own=0,
        begins=np.array([[99, 3]]),
        ends=np.array([[99, 99]]),
    )
    row = LiftRow(
        "s.example",
        "news",
        0.2,
        0.1,
        0.3,
        0.001,
        0.002,
        35,
        1,
        "associated within the same question",
        se=0.01,
    )
    gains = {"s.example": Gain(0.05, 0.01, 0.09, 0.9, 0.5)}
    return panel, LiftTable((row,), 100, 1, None, "week", 1, 0.95, 0.08, gains=gains)


def seen(low: float | None, high: float | None) -> EventRow:
    middle = None if low is None or high is None else (low + high) / 2
    unknown: dict[str, Any] = dict.fromkeys(("adjusted", "p", "q", "pre_trend", "fake_date"))
    counts: dict[str, Any] = dict.fromkeys(("events", "treated", "controls", "already", "dated"), 3)
    return EventRow(
        "news", middle, low, high, **unknown, **counts, inference="", path=(), verdict="no clear change"
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict", "kept"),
    [
        (0.05, 0.15, "agree", True),
        (-0.02, 0.06, "agree", True),
        (-0.05, 0.04, "less than predicted", False),
        (0.21, 0.30, "more than predicted", True),
        (None, None, "cannot say", True),
    ],
)
def test_a_rise_of_twenty_points_in_half_of_the_answers_predicts_ten(
    low: float | None, high: float | None, verdict: str, kept: bool
) -> None:
    panel, table = by_hand()
    (one,) = reconciled(panel, table, [seen(low, high)])
    assert (one.links, one.verdict) == (1, verdict)
    assert one.predicted == pytest.approx(0.1, abs=0.001)
    after = withdrawn(panel, table, [one])
    assert (set(after.gains), set(after.withdrawn)) == (
        ({"s.example"}, set()) if kept else (set(), {"s.example"})
    )
    assert "lift predicts" in one.words


def history(panel: Panel) -> Histories:
    """The panel as the study reads it: topics as clusters."""
    assert panel.begins is not None
    b, topics, weeks = len(panel.brands), int(panel.topic.max()) + 1, int(panel.week.max()) + 1
    answers, counts = np.zeros((topics, weeks), np.int64), np.zeros((b, topics, weeks), np.int64)
    np.add.at(answers, (panel.topic, panel.week), 1)
    for k in range(b):
        np.add.at(counts[k], (panel.topic, panel.week), panel.named[:, k])
    clusters = tuple(str(t) for t in range(topics))
    return Histories(panel.brands, clusters, panel.sources, panel.families, answers, counts, panel.begins)


@pytest.mark.parametrize(
    ("recipe", "contradicted"),
    [(Recipe(outcome="logit", planted=0.3), False), (Recipe(outcome="logit", planted=0.0, select=1.5), True)],
)
def test_events_contradict_lift_where_links_do_nothing_and_not_where_they_work(
    recipe: Recipe, contradicted: bool
) -> None:
    panel, _ = world("logit", 0, recipe=recipe)
    panel = replace(panel, families=("all",) * len(panel.sources))
    table = lift(panel, checks="none")
    (one,) = reconciled(panel, table, study(history(panel), draws=199).rows)
    assert (one.verdict == "less than predicted") == contradicted
