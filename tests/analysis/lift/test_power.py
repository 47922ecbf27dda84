"""Power, by hand, by scipy's t-test, by brute force, and against the estimator it plans for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.lift.estimate import lift
from analysis.lift.power import between_prompts, detectable_change, draw, plan_lift, plant, typical_panel
from analysis.lift.simulate import world
from tracker.errors import UsageError


def test_the_detectable_change_is_worked_by_hand():
    """25 prompts, 4 answers, rate ½, half the variance between prompts: V = 2 · ¼ · ½ / 4 = 1/16."""
    tails = stats.t.ppf(0.975, 24) + stats.t.ppf(0.8, 24)
    assert detectable_change(25, 4, 0.5, icc=0.5) == pytest.approx(tails * 0.25 / 5)


def test_the_detectable_change_is_found_in_four_of_five_simulated_weeks():
    rng = np.random.default_rng(0)
    prompts, answers = 40, 12
    change = detectable_change(prompts, answers, 0.4, icc=0.0)
    seen = 0
    for _ in range(1500):
        before = rng.binomial(answers, 0.4 - change / 2, prompts) / answers
        after = rng.binomial(answers, 0.4 + change / 2, prompts) / answers
        seen += stats.ttest_rel(after, before).pvalue < 0.05
    assert seen / 1500 == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("easier", "harder"),
    [
        ({"prompts": 80}, {"prompts": 20}),
        ({"answers": 20}, {"answers": 5}),
        ({"icc": 0.8}, {"icc": 0.1}),
        ({"drift": 0.0}, {"drift": 0.1}),
        ({"paired": True}, {"paired": False}),
        ({"power": 0.8}, {"power": 0.95}),
        ({"rate": 0.05}, {"rate": 0.5}),
    ],
)
def test_what_makes_a_change_easier_to_see(easier, harder):
    plan = {"prompts": 40, "answers": 10, "rate": 0.3}
    assert detectable_change(**(plan | easier)) < detectable_change(**(plan | harder))


@pytest.mark.parametrize(("prompts", "answers"), [(0, 4), (1, 4), (10, 0)])
def test_too_little_to_plan_with_has_no_detectable_change(prompts, answers):
    assert detectable_change(prompts, answers, 0.4) is None


@pytest.mark.parametrize("wrong", [{"rate": 40}, {"rate": 0.4, "icc": 2}])
def test_percentages_are_refused(wrong):
    with pytest.raises(UsageError):
        detectable_change(10, 4, **wrong)


def test_the_spread_between_prompts_is_recovered():
    rng = np.random.default_rng(1)
    a, b = 1.2, 2.0
    named = rng.binomial(9, rng.beta(a, b, 4000))
    assert between_prompts(named, np.full(4000, 9)) == pytest.approx(1 / (a + b + 1), abs=0.02)


@pytest.mark.parametrize(("named", "expected"), [([4, 0, 4, 0], 1.0), ([2, 2, 2, 2], 0.0)])
def test_repeats_that_never_or_always_differ_are_the_ends(named, expected):
    assert between_prompts(named, [4, 4, 4, 4]) == expected


def test_one_answer_per_prompt_cannot_tell_spreads_apart():
    with pytest.raises(UsageError):
        between_prompts([1, 0, 1], [1, 1, 1])


def test_a_drawn_panel_has_the_size_asked_for_and_only_observed_citations():
    panel, _ = world("planted", 0, answers=800, prompts=10, engines=2, weeks=8)
    drawn = draw(panel, 5, 3, np.random.default_rng(0))
    assert drawn.answers == 10 * 2 * 5 * 3
    assert set(drawn.week) == set(range(5))
    seen = {row.tobytes() for row in panel.cited.toarray()}
    assert all(row.tobytes() in seen for row in drawn.cited.toarray())


def test_drawn_names_keep_the_rates_of_prompt_and_engine():
    panel, _ = world("null", 0, answers=2000, prompts=10, engines=2, weeks=8)
    drawn = draw(panel, 30, 4, np.random.default_rng(0))
    for prompt in range(10):
        mine, theirs = panel.prompt == prompt, drawn.prompt == prompt
        assert drawn.named[theirs].mean(axis=0) == pytest.approx(panel.named[mine].mean(axis=0), abs=0.12)


def test_planted_points_appear_on_exposed_pairs_and_nowhere_else():
    panel, _ = world("null", 0)
    source = int(np.argmax(panel.exposed.sum(axis=0)))
    more = plant(panel, source, 0.15, np.random.default_rng(0))
    pairs = panel.exposed[:, [source]].toarray().ravel() > 0
    before, after = panel.named.ravel(), more.named.ravel()
    assert (before == after)[~pairs].all()
    assert after[pairs].mean() - before[pairs].mean() == pytest.approx(0.15, abs=0.05)


@pytest.fixture(scope="module")
def plan():
    panel = typical_panel(prompts=30, engines=2, sources=25)
    busy = panel.sources[int(np.argmax(panel.exposed.sum(axis=0)))]
    return panel, plan_lift(0.10, panel, source=busy, weeks=(2, 8, 16), repeats=(1, 4), draws=2)


def test_the_most_exposed_source_stands_beside_the_one_asked_about(plan) -> None:
    panel, found = plan
    pairs = np.asarray(panel.exposed.sum(axis=0)).ravel()
    assert pairs[panel.sources.index(found.best)] == pairs.max()
    assert [(r.weeks, r.repeats, r.answers) for r in found.best_rows] == [
        (r.weeks, r.repeats, r.answers) for r in found.rows
    ]
    assert all(best.exposed >= row.exposed for best, row in zip(found.best_rows, found.rows, strict=True))


def test_more_asking_shows_smaller_lifts(plan):
    _, found = plan
    by = {(row.weeks, row.repeats): row for row in found.rows}
    assert by[16, 4].detectable < by[8, 1].detectable
    assert by[16, 4].power > by[2, 1].power
    assert by[16, 4].answers == 30 * 2 * 16 * 4


def test_the_cheapest_plan_reaches_the_power_wanted(plan):
    _, found = plan
    enough = [row for row in found.rows if row.power >= found.wanted]
    assert found.cheapest == min(enough, key=lambda row: row.answers)


def test_the_planned_power_is_the_power_the_estimator_has(plan):
    """Brute force at one amount of asking: plant, estimate, count the claims."""
    panel, found = plan
    row = min(found.rows, key=lambda r: abs(r.power - 0.6))
    rng = np.random.default_rng(9)
    at = panel.sources.index(found.source)
    claims = [
        lift(plant(draw(panel, row.weeks, row.repeats, rng), at, 0.10, rng), checks="none")
        .row(found.source)
        .verdict
        == "associated within the same question"
        for _ in range(25)
    ]
    assert np.mean(claims) == pytest.approx(row.power, abs=0.3)


@pytest.mark.parametrize("wrong", [{"points": 10}, {"points": 0.1, "source": "nowhere.example"}])
def test_a_plan_for_nothing_is_refused(plan, wrong):
    with pytest.raises(UsageError):
        plan_lift(panel=plan[0], weeks=(1,), repeats=(1,), **wrong)
