"""Intervals, by the evidence ladder: hand-worked, statsmodels and scipy, brute force, collapse,
simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from analysis.intervals import (
    benjamini_hochberg,
    bootstrap_statistic,
    cluster_bootstrap,
    cluster_sums,
    paired_difference,
    paired_ratio_difference,
    resample,
    wilson,
    wilson_bounds,
)
from tracker.errors import UsageError


def test_wilson_of_eight_in_ten_is_the_hand_worked_interval():
    found = wilson(8, 10)
    assert found.estimate == 0.8
    assert found.low == pytest.approx(0.4901625, abs=1e-6)
    assert found.high == pytest.approx(0.9433178, abs=1e-6)
    assert (found.n, found.clusters, found.method, found.enough) == (10, 10, "wilson", True)


@given(st.integers(1, 500), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_statsmodels_wilson(n, data, level):
    k = data.draw(st.integers(0, n))
    low, high = proportion_confint(k, n, alpha=1 - level, method="wilson")
    found = wilson(k, n, level=level)
    assert found.low == pytest.approx(low, abs=1e-12)
    assert found.high == pytest.approx(high, abs=1e-12)


def test_nothing_asked_is_not_a_rate_of_zero():
    found = wilson(0, 0)
    assert found.estimate is None
    assert found.low is None
    assert found.method == "not enough data"


def test_a_rate_of_nought_in_ten_still_has_a_width():
    found = wilson(0, 10)
    assert found.low == 0.0
    assert found.high == pytest.approx(0.2775328, abs=1e-6)


def test_bounds_of_whole_arrays_are_those_of_each_cell():
    low, high = wilson_bounds([[1, 0], [3, 0]], [[4, 0], [3, 7]])
    assert low[0, 0] == pytest.approx(wilson(1, 4).low)
    assert high[1, 0] == 1.0
    assert np.isnan(low[0, 1])
    assert np.isnan(high[0, 1])


@pytest.mark.parametrize(("k", "n", "level"), [(3, 2, 0.95), (-1, 5, 0.95), (1, 5, 1.0), (1, 5, 95)])
def test_impossible_counts_and_levels_are_refused(k, n, level):
    with pytest.raises(UsageError):
        wilson(k, n, level=level)


def test_sums_per_cluster_follow_the_sorted_labels():
    found = cluster_sums([[1, 10], [2, 20], [3, 30]], ["b", "a", "b"])
    assert found.tolist() == [[2, 20], [4, 40]]


def test_a_draw_is_whole_prompts_and_nothing_else():
    sums = np.array([[1.0, 2.0], [5.0, 7.0], [0.0, 3.0]])
    draws = resample(sums, resamples=400, seed=3)
    brute = {tuple(sums[list(pick)].sum(axis=0)) for pick in np.ndindex(3, 3, 3)}
    assert {tuple(row) for row in draws} == brute


def test_the_same_seed_draws_the_same_prompts():
    sums = np.random.default_rng(0).random((12, 2))
    assert np.array_equal(resample(sums, seed=5), resample(sums, seed=5))
    assert not np.array_equal(resample(sums, seed=5), resample(sums, seed=6))


def test_multinomial_draws_are_row_resampling_by_brute_force():
    rng = np.random.default_rng(1)
    sums = rng.poisson(5, (20, 2)).astype(float) + np.array([0, 10])
    fast = resample(sums, resamples=8000, seed=2)
    slow = np.stack([sums[rng.integers(0, 20, 20)].sum(axis=0) for _ in range(8000)])
    quantiles = [0.025, 0.5, 0.975]
    assert np.quantile(fast[:, 0] / fast[:, 1], quantiles) == pytest.approx(
        np.quantile(slow[:, 0] / slow[:, 1], quantiles), rel=0.02
    )


def test_prompts_of_one_answer_each_collapse_to_the_t_interval():
    y = np.random.default_rng(4).random(400)
    found = cluster_bootstrap(y, np.ones(400), resamples=20_000)
    half = stats.t.ppf(0.975, 399) * y.std(ddof=1) / 20
    assert found.estimate == pytest.approx(y.mean())
    assert found.low == pytest.approx(y.mean() - half, abs=0.06 * half)
    assert found.high == pytest.approx(y.mean() + half, abs=0.06 * half)


def test_repeats_of_one_prompt_add_no_certainty():
    named = np.repeat([0, 1, 1, 0, 1, 0, 1, 1, 0, 1], 1)
    once = cluster_bootstrap(named, np.ones(10))
    often = cluster_bootstrap(named * 50, np.full(10, 50))
    assert often.n == 500
    assert often.clusters == 10
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_a_share_resamples_numerator_and_denominator_together():
    mine = np.array([1, 2, 30, 4, 5, 6.0])
    all_brands = 2 * mine
    all_brands[0] += 0.1
    found = cluster_bootstrap(mine, all_brands)
    assert found.method == "cluster bootstrap"
    assert 0.49 < found.low < found.estimate < found.high < 0.51


def test_the_same_rate_in_every_prompt_is_bounded_by_the_number_of_prompts():
    found = cluster_bootstrap(np.full(10, 15), np.full(10, 30))
    assert (found.low, found.high) == pytest.approx(tuple(float(b) for b in wilson_bounds(5, 10)))
    assert (found.n, found.clusters, found.method) == (300, 10, "wilson")


@pytest.mark.parametrize("prompts", [0, 1, 4])
def test_few_prompts_give_the_rate_without_bounds(prompts):
    found = cluster_bootstrap(np.ones(prompts), np.full(prompts, 2))
    assert found.estimate == (0.5 if prompts else None)
    assert found.method == "not enough data"
    assert not found.enough


def test_a_brand_never_named_is_bounded_by_the_number_of_prompts():
    found = cluster_bootstrap(np.zeros(10), np.full(10, 30))
    assert found.low == 0
    assert found.high == pytest.approx(wilson(0, 10).high)


def test_a_prompt_with_no_answer_leaves_the_denominator():
    with_gap = cluster_bootstrap([1, 2, 3, 1, 2, 0], [4, 4, 4, 4, 4, 0])
    without = cluster_bootstrap([1, 2, 3, 1, 2], [4, 4, 4, 4, 4])
    assert with_gap == without


def test_a_statistic_of_sums_agrees_with_the_ratio():
    sums = np.random.default_rng(0).integers(1, 9, (15, 2)).astype(float)
    sums[:, 1] += 9
    ratio = cluster_bootstrap(sums[:, 0], sums[:, 1], seed=8)
    free = bootstrap_statistic(sums, lambda t: t[:, 0] / t[:, 1], n=1, seed=8)
    assert (free.estimate, free.low, free.high) == pytest.approx((ratio.estimate, ratio.low, ratio.high))


def test_paired_differences_are_scipys():
    rng = np.random.default_rng(7)
    a, b = rng.random(14), rng.random(14)
    found = paired_difference(a, b)
    known = stats.ttest_rel(b, a).confidence_interval()
    assert (found.low, found.high) == pytest.approx((known.low, known.high))
    assert found.method == "paired difference"


def test_a_prompt_unknown_in_one_week_is_paired_with_nothing():
    found = paired_difference([0.1, np.nan, 0.3, 0.2, 0.5, 0.4], [0.2, 0.9, 0.4, 0.3, 0.6, 0.5])
    assert found.clusters == 5
    assert found.estimate == pytest.approx(0.1)


def test_a_difference_of_shares_on_the_same_prompts_is_sharper_than_two_intervals():
    rng = np.random.default_rng(3)
    size = rng.integers(5, 60, 30).astype(float)
    before = size * rng.uniform(0.1, 0.9, 30)
    after = np.minimum(before + 0.05 * size, size)
    found = paired_ratio_difference((before, size), (after, size))
    alone = cluster_bootstrap(before, size)
    assert found.estimate == pytest.approx(0.05, abs=0.01)
    assert found.high - found.low < 0.2 * (alone.high - alone.low)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_false_discovery_is_multipletests(p):
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-12)


def test_unknown_p_values_are_neither_counted_nor_filled():
    found = benjamini_hochberg([0.01, np.nan, 0.04])
    assert found[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(found[1])


def test_percentages_are_no_p_values():
    with pytest.raises(UsageError):
        benjamini_hochberg([5, 3])


@pytest.mark.parametrize("prompts", [8, 25])
def test_ninety_five_percent_intervals_hold_the_truth_as_often_as_they_say(prompts):
    rng = np.random.default_rng(prompts)
    held = []
    for seed in range(400):
        rate = rng.beta(2, 4, prompts)
        named = rng.binomial(12, rate)
        found = cluster_bootstrap(named, np.full(prompts, 12), seed=seed, resamples=600)
        held.append(found.low <= 1 / 3 <= found.high)
    assert 0.915 <= np.mean(held) <= 0.985
