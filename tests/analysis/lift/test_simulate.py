"""Worlds whose truth is written in: the truth is what the world did."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from analysis.lift.simulate import RECIPES, Kind, Recipe, world
from tracker.errors import UsageError

KINDS = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_world_has_the_shape_asked_for_and_every_exposure_is_a_citation(kind):
    panel, truth = world(kind, 0, answers=600, brands=6, sources=20, prompts=10, weeks=8, engines=2)
    assert panel.answers == 600
    assert (len(panel.brands), len(panel.sources)) == (6, 20)
    assert (panel.prompt.max(), panel.week.max(), panel.engine.max()) == (9, 7, 1)
    per_answer = panel.exposed.toarray().reshape(600, 6, 20)
    assert not (per_answer.any(axis=1) & (panel.cited.toarray() == 0)).any()
    assert (truth.exposed == per_answer.sum(axis=(0, 1))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_world(kind):
    (a, ta), (b, tb) = world(kind, 3, answers=400), world(kind, 3, answers=400)
    assert (a.named == b.named).all()
    assert (a.exposed != b.exposed).nnz == 0
    assert np.array_equal(ta.lift, tb.lift, equal_nan=True)
    assert not (world(kind, 4, answers=400)[0].named == a.named).all()


def test_answers_are_spread_evenly_and_the_remainder_at_random():
    panel, _ = world("planted", 0, answers=2 * 10 * 4 * 2 + 7, prompts=10, weeks=4, engines=2)
    cell = (panel.prompt * 4 + panel.week) * 2 + panel.engine
    assert sorted(set(np.bincount(cell, minlength=80))) == [2, 3]


def test_an_additive_lift_away_from_the_limits_is_the_truth():
    recipe = Recipe(planted=0.5, low=0.2, high=0.2, base=0.0, cites=2.0, verbosity=0.0)
    _, truth = world("planted", 1, answers=2000, recipe=recipe)
    real = truth.lift[truth.planted & (truth.exposed > 50)]
    assert real.max() <= 0.2 + 1e-12
    assert np.median(real) > 0.15


@pytest.mark.parametrize("kind", ["planted", "logit", "saturated"])
def test_names_come_at_the_rates_written_down(kind):
    panel, truth = world(kind, 2)
    for low in np.arange(0.1, 0.9, 0.2):
        within = (truth.rate >= low) & (truth.rate < low + 0.2)
        if within.sum() > 500:
            assert panel.named[within].mean() == pytest.approx(truth.rate[within].mean(), abs=0.03)


def test_a_lift_in_a_list_is_what_redrawing_without_the_link_would_lose():
    """Brute force: the same worlds with and without lifts, same seed, differ on exposed pairs by the
    truth."""
    with_it, truth = world("list", 5)
    base, _ = world("list", 5, recipe=Recipe(outcome="list", verbosity=0.5, low=1e-9, high=1e-9))
    exposed = with_it.exposed.toarray() > 0
    alone = exposed[:, truth.planted].sum(axis=1) == 1
    only = exposed & alone[:, None] & truth.planted[None]
    moved = with_it.named.ravel()[only.any(axis=1)].mean() - base.named.ravel()[only.any(axis=1)].mean()
    expected = np.average(np.nan_to_num(truth.lift)[truth.planted], weights=only.sum(axis=0)[truth.planted])
    assert moved == pytest.approx(expected, abs=0.05)


def test_nothing_is_lifted_where_nothing_is_planted():
    for kind in ("null", "momentum", "followers"):
        _, truth = world(kind, 0)
        assert not truth.planted.any()
        assert np.nansum(np.abs(truth.lift)) == 0


def test_popular_brands_have_the_links_of_the_null_world():
    panel, _ = world("null", 0)
    links = panel.exposed.toarray().reshape(panel.answers, 8, 60).any(axis=0).sum(axis=1)
    assert np.corrcoef(links, panel.named.mean(axis=0))[0, 1] > 0.5


def test_rising_brands_earn_links_in_the_momentum_world():
    panel, _ = world("momentum", 1)
    early, late = panel.week < 8, panel.week >= 8
    rise, gain = [], []
    for topic in range(5):
        mine = panel.topic == topic
        rise.extend(panel.named[mine & late].mean(axis=0) - panel.named[mine & early].mean(axis=0))
        pairs = panel.exposed.toarray().sum(axis=1).reshape(panel.answers, 8)
        gain.extend(pairs[mine & late].mean(axis=0) - pairs[mine & early].mean(axis=0))
    assert np.corrcoef(rise, gain)[0, 1] > 0.4


def test_the_model_changes_at_half_time():
    def jump(kind: Kind) -> float:
        panel, _ = world(kind, 0, recipe=None if kind == "model_change" else RECIPES["planted"])
        rate = np.stack([panel.named[panel.week == w].mean(axis=0) for w in range(16)])
        return float(np.abs(rate[8:].mean(axis=0) - rate[:8].mean(axis=0)).mean())

    assert jump("model_change") > 1.5 * jump("planted")


def test_sources_that_raise_everybody_do():
    panel, truth = world("lifts_all", 0)
    some = (panel.cited.toarray()[:, truth.common] > 0).any(axis=1)
    assert panel.named[some].mean() > panel.named[~some].mean() + 0.05


def test_links_of_unknown_date_count_as_live_all_the_time():
    dated, _ = world("undated", 0, recipe=Recipe())
    undated, truth = world("undated", 0)
    assert undated.exposed.sum() > dated.exposed.sum()
    assert np.nanmax(truth.lift) < 0.35


def test_an_unknown_world_is_answered_with_the_known_ones():
    with pytest.raises(UsageError) as caught:
        world("flat", 0)  # type: ignore[arg-type]
    assert "momentum" in caught.value.hint
