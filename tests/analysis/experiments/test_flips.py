"""Sign flips: Darwin's maize as Fisher counted it, scipy, and every choice of signs by brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from analysis.experiments import flips

MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], float)
"""Crossed minus self-fertilised plants in eighths of an inch: Darwin (1876), in Fisher (1935), The Design of
Experiments, §21, where 863 of 32,768 choices of signs give as large a total."""


def test_darwins_maize_has_fishers_p_value() -> None:
    assert float(flips.p_value(MAIZE)) == 2 * 863 / 2**15


def test_the_smallest_p_value_of_n_lots_is_two_in_two_to_the_n() -> None:
    assert [float(flips.p_value(np.ones(n))) for n in (1, 4, 5, 6)] == [1, 0.125, 0.0625, 0.03125]


def test_scipy_has_the_same_p_values() -> None:
    draw = np.random.default_rng(3)
    for _ in range(5):
        values = draw.normal(0.3, 1, 9)
        theirs = stats.permutation_test(
            (values,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", vectorized=True
        )
        assert float(flips.p_value(values)) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_the_interval_holds_the_effects_that_brute_force_does_not_reject() -> None:
    draw = np.random.default_rng(5)
    for case in range(40):
        n = int(draw.integers(6, 9))
        values, doses = draw.normal(size=n).round(2), np.ones(n)
        if case % 2:
            doses = np.where(draw.random(n) < 0.6, draw.choice([1.0, 0.5, -1.0], n), 0.0)
        region = flips.not_rejected(values, doses)
        signs = np.array(list(product((1, -1), repeat=n)))
        for effect in draw.normal(0, 2, 25):
            moved = values - effect * doses
            p = (np.abs(signs @ moved) >= abs(moved.sum()) - 1e-9).mean()
            inside = any(low <= effect <= high for low, high in region.pieces)
            assert inside == (p > 0.05 + 1e-9), (case, effect, p, region)


def test_with_few_links_the_effect_of_a_link_has_no_bounds() -> None:
    values = np.array([0.3, 0.2, 0.25, 0.1, 0.28, 0.22, 0.3, 0.2])
    some = np.array([1.0, 1, 1, 0, 0, 0, 0, 0])
    assert not flips.not_rejected(values, some).bounded
    assert flips.not_rejected(values, np.ones(8)).bounded


def test_many_lots_are_tested_by_random_choices_that_one_seed_repeats() -> None:
    values = np.random.default_rng(1).normal(0.25, 1, 40)
    first, again = (float(flips.p_value(values, seed=2)) for _ in range(2))
    assert first == again
    assert first == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.01)
