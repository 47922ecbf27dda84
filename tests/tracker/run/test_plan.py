"""The planner: cost, verdict and the smallest change it promises, against hand-worked numbers and
simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.tracker.run.test_jobs import small_catalog
from tracker.engines import prices
from tracker.engines.calls import call_for
from tracker.run import plan
from tracker.run.history import Cell, summarised
from tracker.run.plan import NOTHING_OBSERVED, Observed, detectable_change


def test_detectable_change_by_hand() -> None:
    # 2.80 × sqrt(2 × 0.21 × (1 + 2 × 0.5) / (40 × 3))
    seen = Observed(rate=0.3, intraclass=0.5, cost_micros=None, answers=0)
    assert detectable_change(40, 3, seen) == pytest.approx(2.801585 * math.sqrt(2 * 0.21 * 2 / 120))


@pytest.mark.parametrize(("intraclass", "gain"), [(0.0, math.sqrt(2)), (1.0, 1.0)])
def test_repeats_help_by_what_they_do_not_have_in_common(intraclass: float, gain: float) -> None:
    seen = Observed(0.4, intraclass, None, 10)
    assert detectable_change(30, 2, seen) / detectable_change(30, 4, seen) == pytest.approx(gain)


def test_twice_the_prompts_always_help() -> None:
    seen = Observed(0.4, 0.9, None, 10)
    ratio = detectable_change(30, 2, seen) / detectable_change(60, 2, seen)
    assert ratio == pytest.approx(math.sqrt(2))


def test_the_promised_change_is_found_in_four_of_five_simulated_pairs_of_runs() -> None:
    """Prompts with rates of their own, runs that move them, repeats inside: the promise is kept."""
    random = np.random.default_rng(3)
    prompts, repeats, moved = 60, 3, 0.15
    base = random.uniform(0.3, 0.7, prompts)

    def named(shift: float) -> np.ndarray:
        return random.binomial(repeats, np.clip(base + random.normal(0, moved, prompts) + shift, 0, 1))

    cells = [Cell(p, repeats, int(k), None) for _ in range(60) for p, k in enumerate(named(0))]
    seen = summarised(cells)
    change = detectable_change(prompts, repeats, seen)
    error = change / plan.Z_POWER
    found = np.mean(
        [abs((named(change) - named(0)).sum() / (prompts * repeats)) > 1.96 * error for _ in range(1500)]
    )
    assert found == pytest.approx(0.8, abs=0.06)
    false = np.mean(
        [abs((named(0) - named(0)).sum() / (prompts * repeats)) > 1.96 * error for _ in range(1500)]
    )
    assert false == pytest.approx(0.05, abs=0.025)


def test_prompts_that_merely_differ_do_not_make_repeats_alike() -> None:
    always, never = [Cell(1, 4, 4, 10.0)] * 3, [Cell(2, 4, 0, 30.0)] * 3
    mixed = [Cell(3, 4, 2, 20.0)] * 3
    seen = summarised([*always, *never, *mixed])
    assert (seen.rate, seen.intraclass, seen.cost_micros) == (0.5, 0.0, 20)
    assert seen.variance == pytest.approx(3 / 27)
    once = summarised([always[0], never[0], mixed[0]])
    assert once.intraclass > 0.5
    assert once.variance is None


def test_a_rate_of_nothing_is_not_promised_to_stay_nothing() -> None:
    seen = summarised([Cell(1, 5, 0, None), Cell(2, 5, 0, None)])
    assert seen.rate == 0.05
    assert seen.intraclass == NOTHING_OBSERVED.intraclass


def test_a_plan_shows_half_and_twice_the_repeats() -> None:
    (engine,) = plan.make(small_catalog(10, 4, engines=("chat",))).engines
    assert [d.repeats for d in engine.detectable] == [2, 4, 8]
    assert engine.detectable[0].change > engine.detectable[1].change > engine.detectable[2].change
    assert [d.repeats for d in engine.detectable_citations] == [2, 4, 8]
    (seen,) = plan.make(
        small_catalog(10, 4, engines=("chat",)), cited={"chat": Observed(0.5, 0.5, None, 9)}
    ).engines
    assert seen.detectable == engine.detectable
    assert seen.detectable_citations[1].change > engine.detectable_citations[1].change


@pytest.mark.parametrize(
    ("budget", "seen", "verdict"),
    [
        (None, None, "no budget set"),
        (1, None, "over budget"),
        (10**9, None, "within budget"),
        (1_000, Observed(0.3, 0.5, 10, 100), "within budget"),
        (1_000, Observed(0.3, 0.5, 100, 100), "over budget"),
    ],
)
def test_the_verdict_weighs_what_is_usual_against_the_budget(
    budget: int | None, seen: Observed | None, verdict: str
) -> None:
    found = small_catalog(10, 2, budget=budget, engines=("chat",))
    made = plan.make(found, observed={"chat": seen} if seen else None)
    assert made.engines[0].verdict == verdict
    assert made.asks == 20


def test_every_prompt_is_asked_before_any_is_asked_again() -> None:
    asked = list(plan.order(3, {1: 2, 2: 1}))
    assert asked[:6] == [(0, p, e) for p in range(3) for e in (1, 2)]
    assert asked[6:] == [(1, p, 1) for p in range(3)]


@pytest.mark.parametrize(
    ("model", "options", "more"),
    [
        ("openai/gpt-6-luna", {"max_output_tokens": 40_000}, True),
        ("anthropic/claude-sonnet-5-5", {"tools": [{"type": "web_search_20250305", "max_uses": 9}]}, True),
        ("anthropic/claude-sonnet-5-5", {"max_tokens": 100}, False),
    ],
)
def test_what_is_set_aside_follows_the_engines_options(
    model: str, options: dict[str, object], more: bool
) -> None:
    usual, asked = (prices.ceiling(call_for(model), model, "q", o) for o in ({}, options))
    assert usual is not None
    assert asked is not None
    assert (asked > usual) is more


def test_a_fee_for_the_answer_is_paid_once_and_a_fee_for_a_search_each_time() -> None:
    used = {"reported_micros": None, "litellm_micros": None, "input_tokens": 0, "output_tokens": 0}
    preview, api = "openai/gpt-4o-search-preview", "openai/gpt-5-search-api"
    assert prices.cost(call_for(preview), preview, searches=3, **used) == 25_000  # type: ignore[arg-type]
    assert prices.cost(call_for(api), api, searches=3, **used) == 30_000  # type: ignore[arg-type]
    assert prices.cost(call_for(api), api, searches=0, **used) == 0  # type: ignore[arg-type]


def test_an_engines_own_figure_wins_and_unknown_is_not_free() -> None:
    unknown = call_for("nobody/model")
    used = {"input_tokens": 5, "output_tokens": 5, "searches": None}
    assert prices.cost(unknown, "nobody/model", reported_micros=9, litellm_micros=7, **used) == 9  # type: ignore[arg-type]
    assert prices.cost(unknown, "nobody/model", reported_micros=None, litellm_micros=7, **used) == 7  # type: ignore[arg-type]
    assert prices.cost(unknown, "nobody/model", reported_micros=None, litellm_micros=0, **used) is None  # type: ignore[arg-type]
    assert prices.ceiling(unknown, "nobody/model", "q") is None
