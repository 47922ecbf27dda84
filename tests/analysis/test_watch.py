"""e-values: worked by hand, against the papers' own formulas, and over years in which nothing moves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.watch import BURN_IN, SPREAD, YEAR, contrasts, e_benjamini_hochberg, e_process, watch
from tests.bench.calibration_experiments import year


def test_the_first_looks_are_those_worked_out_by_hand() -> None:
    e, since = e_process(np.array([2.0, np.nan, 1.0]))
    first = np.exp(1.5 * 4 / (2 * 2.5)) / np.sqrt(2.5)
    two = np.exp(1.5 * 9 / (2 * 4)) / 2 + np.exp(1.5 / 5) / np.sqrt(2.5)
    assert e == pytest.approx([(first + 51) / 52, (first + 51) / 52, (two + 50) / 52])
    assert since.tolist() == [0, 0, 0]


def test_each_part_is_the_normal_mixture_of_likelihood_ratios() -> None:
    """Howard et al. (2021), two-sided normal mixture: ∫ exp(μS − nμ²/2) dN(μ; 0, ρ²)."""
    total, n = 4.2, 5

    def ratio(mean: float) -> float:
        prior = stats.norm.pdf(mean, 0, np.sqrt(SPREAD))
        return float(np.exp(mean * total - n * mean**2 / 2) * prior)

    mixed, _ = integrate.quad(ratio, -20, 20)
    z = np.array([0.0, total, 0.0, 0.0, 0.0, 0.0])
    from_second = np.exp(SPREAD * total**2 / (2 * (1 + n * SPREAD))) / np.sqrt(1 + n * SPREAD)
    assert mixed == pytest.approx(from_second)
    parts = [(total if j <= 1 else 0.0, 6 - j) for j in range(6)]
    every = [np.exp(SPREAD * s**2 / (2 * (1 + m * SPREAD))) / np.sqrt(1 + m * SPREAD) for s, m in parts]
    assert e_process(z)[0][-1] == pytest.approx((sum(every) + YEAR - 6) / YEAR)


def test_a_contrast_compares_with_the_mean_of_the_weeks_before() -> None:
    values = np.array([[0.2, 0.4], [0.4, 0.4], [np.nan, 0.7], [0.9, 0.5]])
    h, _, prompts = contrasts(values, [1, 2])
    assert np.isnan(h[0])
    assert h[1] == pytest.approx((0.2 + 0.0) / 2 * np.sqrt(1 / 2))
    assert np.isnan(h[2])  # one prompt alone has no spread
    assert h[3] == pytest.approx((0.6 * np.sqrt(2 / 3) + 0.0 * np.sqrt(3 / 4)) / 2)
    assert prompts.tolist() == [0, 2, 0, 2]


def test_what_was_before_a_change_of_model_is_forgotten() -> None:
    values = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    forget = np.array([[False, False], [True, True], [False, False]])
    h, _, _ = contrasts(values, [1, 2], forget)
    assert np.isnan(h[1])
    assert h[2] == 0


def test_a_first_name_after_weeks_of_none_is_no_alarm() -> None:
    values = np.zeros((12, 40))
    values[-1, 0] = 0.5
    seen = watch(values, np.arange(40))
    assert np.isfinite(seen.z[BURN_IN + 1 :]).all()
    assert seen.e[-1] < 20


def test_a_new_year_begins_when_the_weight_of_the_old_one_is_spent() -> None:
    e, _ = e_process(np.concatenate([np.full(YEAR, 3.0), [0.0]]))
    assert e[YEAR - 1] > 1e6
    assert e[YEAR] < 1.1


@pytest.mark.parametrize(
    ("e", "count"),
    [
        ((100, 1, 1, 1, 1), [0]),
        ((99, 1, 1, 1, 1), []),
        ((50, 50, 1, 1, 1), [0, 1]),
        ((20, 20, 20, 20, 20), [0, 1, 2, 3, 4]),
        ((19, 19, 19, 19, 19), []),
        ((60, 1, 40, 34, 1), [0, 2, 3]),
    ],
)
def test_of_many_e_values_those_count_that_their_number_allows(
    e: tuple[float, ...], count: list[int]
) -> None:
    """Wang & Ramdas (2022): the k largest, k the most with e_(k) ≥ m / (k α)."""
    assert np.flatnonzero(e_benjamini_hochberg(e)).tolist() == count


def test_years_without_a_move_are_quiet_and_a_rise_is_seen() -> None:
    draw = np.random.default_rng(2)
    quiet = year(draw, 25)
    assert (quiet.max(axis=1) >= 20).mean() <= 0.08
    risen = np.array([year(draw, 1, weeks=34, shift=0.1)[0] for _ in range(8)])
    assert (risen[:, 30:] >= 20).any(axis=1).mean() >= 0.85
