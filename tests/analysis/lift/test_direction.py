"""Which way a lift runs, told by when links begin: worlds whose truth is known, and the algebra against brute
force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from analysis.frames.exposure import lived
from analysis.lift import direction as d
from analysis.lift.direction import DirectionVerdict, sentence
from analysis.lift.estimate import LiftTable, lift
from analysis.lift.panel import Floats, Panel
from analysis.lift.simulate import Kind, world


def told(kind: Kind, seed: int) -> tuple[Panel, LiftTable]:
    panel, _ = world(kind, seed)
    return panel, lift(panel, checks="claims")


@pytest.mark.parametrize(
    ("kind", "seed", "verdict"),
    [
        ("planted", 16, "supports the source"),
        ("logit", 10, "supports the source"),
        ("selection", 0, "supports selection"),
        ("selection_some", 21, "supports selection"),
        ("selection_old", 10, "not testable"),
        ("null", 0, "not testable"),
    ],
)
def test_the_direction_of_a_world_is_told(kind: Kind, seed: int, verdict: DirectionVerdict) -> None:
    _, table = told(kind, seed)
    assert table.direction is not None
    assert table.direction.verdict == verdict
    assert bool(table.direction.reason) == (verdict == "not testable")


def test_brands_that_grow_in_a_topic_where_links_are_earned_are_no_support() -> None:
    """Weak selection, growth and another model: the brands' rates rise with their links, to size."""
    runs = told("selection_change", 304)[1].direction
    assert runs is not None
    assert runs.alpha is not None
    assert runs.alpha.low is not None
    assert runs.alpha.low > 0.8
    assert (runs.verdict, runs.reason) == ("not settled", d.NO_RISE)


def test_a_working_source_moves_the_brands_and_a_selected_one_the_sources() -> None:
    works, selected = told("planted", 16)[1].direction, told("selection", 0)[1].direction
    assert works is not None
    assert selected is not None
    for each, named, citing in ((works, 1.0, 0.0), (selected, 0.0, 1.0)):
        assert each.named is not None
        assert each.citing is not None
        assert each.named.estimate == pytest.approx(named, abs=0.3)
        assert each.citing.estimate == pytest.approx(citing, abs=0.3)


def test_without_days_of_links_nothing_can_be_tested_and_it_is_said() -> None:
    panel, _ = world("selection", 0)
    bare = lift(replace(panel, begins=None, ends=None), checks="claims").direction
    assert bare is not None
    assert bare.verdict == "not testable"
    assert "No gain is given" in sentence(bare)


def test_one_brands_table_tells_no_direction() -> None:
    panel, _ = world("planted", 16)
    table = lift(panel, brand="brand 1", checks="claims")
    assert table.direction is None
    assert "all brands together" in sentence(None)


def test_links_need_two_weeks_on_each_side() -> None:
    panel, _ = world("null", 0, answers=600)
    begins = np.full((60, 8), 99)
    begins[0] = [-1, 0, 1, 2, 13, 14, 15, 16]
    ends = np.full((60, 8), 16)
    ends[0, 3] = 3
    dated = d._dated(replace(panel, begins=begins, ends=ends))
    assert np.flatnonzero(dated[0]).tolist() == [4, 5]
    assert not dated[1:].any()


@pytest.mark.parametrize("slanted", [False, True])
def test_levels_are_removed_as_dummies_would(slanted: bool) -> None:
    """Weighted least squares with a dummy for each prompt and for each week of each engine and topic (and the
    same week times a prompt's own slope)."""
    rng = np.random.default_rng(3)
    e, p, t, k = 2, 6, 5, 3
    weight = rng.integers(0, 4, (e, p, t)).astype(float)
    topics = np.array([0, 0, 0, 1, 1, 1])
    slope = rng.random((e, p, k)) if slanted else None
    values = rng.normal(size=(e, p, t, k))
    moving = d._Moving(weight, topics, slope)
    rest = np.stack([moving.of_column(values[..., each], each) for each in range(k)], axis=3)
    cell = np.array(list(np.ndindex(e, p, t)))
    for column in range(k):
        dummies = [(cell[:, 0] == i) & (cell[:, 1] == j) for i in range(e) for j in range(p)]
        weeks = [
            (cell[:, 0] == i) & (topics[cell[:, 1]] == g) & (cell[:, 2] == w)
            for i in range(e)
            for g in (0, 1)
            for w in range(t)
        ]
        x = np.array([*dummies, *weeks], float).T
        if slope is not None:
            of = slope[cell[:, 0], cell[:, 1], column][:, None]
            x = np.hstack([x, np.array(weeks, float).T * of])
        root = np.sqrt(weight.ravel())
        y = values[..., column].ravel()
        beta = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
        expected = np.where(root > 0, y - x @ beta, 0.0)
        assert rest[..., column].ravel() == pytest.approx(expected, abs=1e-8)


class Untouched(d._Moving):
    """Removes nothing."""

    def __init__(self, weight: Floats) -> None:
        super().__init__(weight, np.zeros(weight.shape[1], np.int64), None)

    def of_column(self, values: Floats, k: int) -> Floats:
        return values


def test_slopes_are_least_squares_and_their_pulls_add_up_to_nothing() -> None:
    rng = np.random.default_rng(4)
    shape = (2, 4, 5, 3)
    weight = rng.integers(1, 4, shape[:3]).astype(float)
    columns = rng.normal(size=(4, *shape))
    outcome = rng.normal(size=shape)
    of = np.array([0, 0, 1, 1])
    predicted = [d._Predicted(s, k, columns[s, ..., k]) for s in range(len(columns)) for k in range(shape[3])]
    slopes = d._regress(outcome, predicted, Untouched(weight), len(of)).slopes(of, 2)
    x = np.stack([columns[:2].sum(axis=0).ravel(), columns[2:].sum(axis=0).ravel()], axis=1)
    root = np.sqrt(np.repeat(weight.ravel(), 3))
    expected = np.linalg.lstsq(x * root[:, None], outcome.ravel() * root, rcond=None)[0]
    assert slopes.beta == pytest.approx(expected)
    assert slopes.pull.sum(axis=(0, 1)) == pytest.approx([0, 0], abs=1e-12)


def test_errors_count_prompts_and_sources_and_what_they_share_once() -> None:
    pull = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    by_prompt = (9 + 4 + 1) * 3 / 2
    by_source = (16 + 4) * 2 / 1
    assert d._variance(pull) == pytest.approx(by_prompt + by_source - (1 + 4 + 9 + 1 + 1))
    assert d._variance(np.array([[1.0, -1.0], [-1.0, 1.0]])) >= 0


def test_the_other_engines_give_the_own_level() -> None:
    rate = np.array([[[[0.2]], [[0.4]]], [[[0.6]], [[0.8]]]])
    weight = np.full((2, 2, 1), 100.0)
    level = d._elsewhere(rate, weight)
    assert level[0, :, 0] == pytest.approx([0.6, 0.8], abs=0.02)
    assert level[1, :, 0] == pytest.approx([0.2, 0.4], abs=0.02)


def test_weeks_of_links_are_positions_among_the_weeks_with_answers() -> None:
    """Answers in three weeks, the last after a gap; one source, six brands."""
    weeks = pd.Series([date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 30), date(2026, 3, 2)])

    def at(day: int, month: int = 3) -> float:
        return datetime(2026, month, day, 12, tzinfo=UTC).timestamp()

    lives = [
        (0, -np.inf, np.inf),  # no known day
        (1, at(1), np.inf),  # older than the first week
        (2, at(10), at(31)),  # inside the second week, over within the last
        (3, at(18), np.inf),  # in the gap: live from the last week
        (4, at(2), at(5)),  # lost within its week
        (4, at(9), at(12)),  # and there again
    ]
    spans = pd.DataFrame(lives, columns=["brand", "start", "end"]).assign(source_id=7)
    begins, ends = lived(spans, {7: 0}, 6, weeks)
    assert begins.tolist() == [[-1, -1, 1, 2, 0, 3]]
    assert ends.tolist() == [[3, 3, 3, 3, 2, -1]]
