"""What an experiment reads: hand-worked changes, and worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.experiments.counts import TrialCounts
from analysis.experiments.outcomes import Outcomes, changes, read, verdict
from analysis.experiments.worlds import MONDAY, RECIPES, TrialRecipe
from tests.bench.calibration_experiments import Plan, ends, experiment


def counts(answers: list[int], named: list[int], cited: list[int], unnamed: list[int]) -> TrialCounts:
    cells = tuple((i, 1) for i in range(len(answers)))
    week, source = (
        (np.array([each], np.int64) for each in (answers, named)),
        (np.array([[each]], np.int64) for each in (cited, unnamed)),
    )
    return TrialCounts((MONDAY,), ("s.example",), cells, *week, *source)


def test_changes_are_those_worked_out_by_hand() -> None:
    before = counts([10, 10], [2, 6], [4, 0], [3, 0])
    after = counts([10, 10], [5, 6], [4, 0], [1, 0])
    found = changes(before, after)
    assert found["unnamed"] == pytest.approx([np.log(1.5 / 3.5)])
    assert found["beside"] == pytest.approx([np.log(3.5 / 1.5)])
    assert found["named"] == pytest.approx([0.3])  # of the one prompt for which it was cited
    assert found["where_cited"] == pytest.approx([3.5 / 5 - 1.5 / 5])


def test_a_prompt_asked_more_often_afterwards_moves_nothing() -> None:
    before, after = counts([10, 10], [2, 8], [5, 1], [4, 0]), counts([40, 10], [8, 8], [20, 1], [16, 0])
    assert changes(before, after)["unnamed"] == pytest.approx([0], abs=0.05)
    assert changes(before, after)["named"] == pytest.approx([0])


def test_a_prompt_that_was_asked_in_one_window_only_is_left_out() -> None:
    before, after = counts([10, 10], [2, 8], [5, 9], [4, 0]), counts([10, 0], [2, 0], [5, 0], [4, 0])
    assert changes(before, after)["unnamed"] == pytest.approx([0])


PAIRS = Plan("pairs", 10, 8)


@pytest.mark.parametrize("world", ["selection", "momentum"])
def test_where_links_do_nothing_one_in_twenty_says_otherwise(world: str) -> None:
    said = np.array([ends(PAIRS, RECIPES[world], seed) for seed in range(40)]).mean(axis=0)
    assert said[0] <= 0.13
    assert said[1] <= 0.13
    if world == "selection":
        assert said[2] > 0.6  # (i) would cry out: it is for description


def test_where_links_work_it_is_found_and_sized() -> None:
    found = [read(experiment(PAIRS, TrialRecipe(lift=0.25, compliance=1.0), seed)) for seed in range(6)]
    assert sum(verdict(each, "unnamed") == "raised" for each in found) >= 4
    assert all(each.got == 1 for each in found)
    assert np.mean([each.of_link.estimate for each in found]) == pytest.approx(
        np.mean([each.named.estimate for each in found])
    )
    assert all(each.where_cited.p is None for each in found)


def reading(unnamed: float, beside: float, p: float) -> Outcomes:
    from analysis.experiments.outcomes import Estimate

    none = Estimate(0.0, None, None)
    return Outcomes(8, none, Estimate(unnamed, None, p), Estimate(unnamed, None, p), none, beside, 0.5)


@pytest.mark.parametrize(
    ("unnamed", "beside", "p", "said"),
    [
        (-0.3, 0.2, 0.03, "raised"),
        (-0.3, -0.2, 0.03, "only cited less"),
        (0.3, 0.2, 0.03, "lowered"),
        (-0.3, 0.2, 0.05, "no clear difference"),
    ],
)
def test_sources_that_are_merely_cited_less_raise_nothing(
    unnamed: float, beside: float, p: float, said: str
) -> None:
    assert verdict(reading(unnamed, beside, p), "unnamed") == said
