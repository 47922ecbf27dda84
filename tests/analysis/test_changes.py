"""Weeks and brands are compared on what both share, and not at all where too little is shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sqlalchemy import Engine

from analysis import frames
from analysis.changes import compare_brands, compare_periods, compare_weeks, moving
from analysis.comparable import gate
from tests.facts import BRANDS, Facts, week
from tracker.errors import UsageError

PROMPTS = tuple(f"prompt {i}" for i in range(8))


def two_weeks(before: float, after: float, seed: int = 0, **second: object) -> Facts:
    draw = np.random.default_rng(seed)
    facts = Facts(prompts=PROMPTS)
    for number, rate in ((0, before), (1, after)):
        for prompt in PROMPTS:
            for engine in facts.engines:
                for repeat in range(10):
                    named = [n for n, p in (("Norvane", rate), ("Oltera", 0.5)) if draw.random() < p]
                    served = second.get("served", "m1") if number else "m1"
                    if number and (
                        engine in second.get("without", ()) or prompt in second.get("skipping", ())
                    ):  # type: ignore[operator]
                        continue
                    facts.answer(prompt, engine, week(number), named=named, repeat=repeat, served=str(served))
    return facts


def test_a_rise_beyond_noise_is_told_from_noise(database: Engine) -> None:
    two_weeks(0.2, 0.7).store(database)
    found = {
        change.brand: change
        for change in compare_weeks(database, frames.world(database), measures=("mention_rate",))
    }
    own = found["Norvane"]
    assert (own.verdict, found["Oltera"].verdict) == ("up", "within noise")
    assert own.difference.low is not None
    assert own.difference.low > 0.3
    assert own.difference.clusters == len(PROMPTS)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({"served": "m2"}, "alpha was served by m1 and then by m2"),
        ({"without": ("beta",)}, "beta has no answers in the week of 2026-03-09"),
        ({"skipping": PROMPTS[:3]}, "only 10 of 16 prompt × engine pairs were asked in both weeks"),
    ],
)
def test_weeks_that_differ_in_what_was_asked_are_not_comparable(
    sqlite_database: Engine, case: dict[str, object], reason: str
) -> None:
    two_weeks(0.2, 0.7, **case).store(sqlite_database)
    found = compare_weeks(sqlite_database, frames.world(sqlite_database))
    assert {change.verdict for change in found} == {"not comparable"}
    assert reason in found[0].reasons


def test_a_single_missing_ask_leaves_a_note_and_not_a_refusal() -> None:
    rows = [(d, 1, "m1", p, 1) for d in (0, 1) for p in range(20) if not (d and p == 7)]
    asked = pd.DataFrame(rows, columns=["week", "engine", "served_model", "prompt_id", "answers"])
    asked["week"] = [week(int(d)).date() for d in asked["week"]]
    found = gate(asked, week(0).date(), week(1).date(), {1: "alpha"})
    assert (found.comparable, found.notes) == (
        True,
        ("1 of 20 prompt × engine pairs were asked in one week only and are left out",),
    )
    assert len(found.cells) == 19


def test_an_engine_asked_more_often_in_one_week_moves_nothing(sqlite_database: Engine) -> None:
    facts = Facts(prompts=PROMPTS)
    for number, repeats in ((0, {"alpha": 2, "beta": 2}), (1, {"alpha": 20, "beta": 2})):
        for prompt in PROMPTS:
            for engine, count in repeats.items():
                for repeat in range(count):
                    named = ["Norvane"] if engine == "alpha" else []
                    facts.answer(prompt, engine, week(number), named=named, repeat=repeat)
    facts.store(sqlite_database)
    found = compare_weeks(sqlite_database, frames.world(sqlite_database), measures=("mention_rate",))[0]
    assert (found.before, found.after, found.difference.estimate) == (0.5, 0.5, 0.0)


def test_two_brands_are_compared_on_the_same_answers(sqlite_database: Engine) -> None:
    two_weeks(0.3, 0.3).store(sqlite_database)
    world = frames.world(sqlite_database)
    found = compare_brands(sqlite_database, world, "Norvane", "oltera")
    assert found.difference.low is not None
    assert found.difference.low > 0
    assert found.difference.estimate == pytest.approx((found.after or 0) - (found.before or 0))
    with pytest.raises(UsageError, match="no brand 'Nobody'"):
        compare_brands(sqlite_database, world, "Norvane", "Nobody")


def test_brands_are_compared_by_each_prompts_own_rate(sqlite_database: Engine) -> None:
    facts = Facts(engines=("alpha",), prompts=PROMPTS[:2], brands=BRANDS[:2])
    both, first, second = ["Norvane", "Oltera"], ["Norvane"], ["Oltera"]
    for prompt, answers in ((PROMPTS[0], [both, second, second, []]), (PROMPTS[1], [both, first])):
        for repeat, named in enumerate(answers):
            facts.answer(prompt, named=named, repeat=repeat)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    rates = compare_brands(sqlite_database, world, "Norvane", "Oltera")
    assert (rates.before, rates.after) == (pytest.approx((1 / 4 + 1) / 2), pytest.approx((3 / 4 + 1 / 2) / 2))
    assert (rates.difference.estimate, rates.difference.n) == (pytest.approx(0.0), 6)
    shares = compare_brands(sqlite_database, world, "Norvane", "Oltera", measure="share_of_voice")
    assert (shares.before, shares.after) == (pytest.approx(3 / 7), pytest.approx(4 / 7))


def test_a_share_of_voice_of_two_brands_is_compared(sqlite_database: Engine) -> None:
    facts = Facts(engines=("alpha",), prompts=PROMPTS, brands=BRANDS[:2])
    for number, named in ((0, ["Norvane", "Oltera"]), (1, ["Norvane"])):
        for prompt in PROMPTS:
            facts.answer(prompt, at=week(number), named=named)
    facts.store(sqlite_database)
    own, _ = compare_weeks(sqlite_database, frames.world(sqlite_database), measures=("share_of_voice",))
    assert (own.before, own.after, own.difference.estimate) == (0.5, 1.0, 0.5)


def test_none_of_all_and_none_of_all_differ_by_an_interval_and_not_by_a_point(
    sqlite_database: Engine,
) -> None:
    two_weeks(0.0, 0.0).store(sqlite_database)
    own, _, nobody = compare_weeks(sqlite_database, frames.world(sqlite_database), measures=("mention_rate",))
    # Newcombe's for 0 of 8 and 0 of 8: Wilson's bound for 0 of 8 is 0.3244
    assert (own.difference.low, own.difference.high) == (
        pytest.approx(-0.3244, abs=1e-4),
        pytest.approx(0.3244, abs=1e-4),
    )
    assert (own.verdict, nobody.verdict) == ("within noise", "within noise")


def weekly(rates: Sequence[float], seed: int = 0, served: dict[int, str] | None = None) -> Facts:
    """The own brand's chance to be named, week by week; its rival's stays."""
    draw = np.random.default_rng(seed)
    facts = Facts(prompts=PROMPTS, engines=("alpha", "beta"), brands=BRANDS[:2])
    model = "m1"
    for number, rate in enumerate(rates):
        model = (served or {}).get(number, model)
        for prompt in PROMPTS:
            for repeat in range(8):
                named = [n for n, p in (("Norvane", rate), ("Oltera", 0.5)) if draw.random() < p]
                facts.answer(prompt, "alpha", week(number), named=named, repeat=repeat, served=model)
    return facts


def test_two_equal_periods_are_compared_by_prompt(sqlite_database: Engine) -> None:
    weekly([0.2] * 5 + [0.4] * 4).store(sqlite_database)
    world = frames.world(sqlite_database)
    own, rival = compare_periods(sqlite_database, world, weeks=4, measures=("mention_rate",))
    assert (own.first, own.last, own.weeks) == (week(4).date(), week(8).date(), 4)
    assert (own.verdict, rival.verdict) == ("up", "within noise")
    sums = frames.visibility_sums(sqlite_database, world, frames.Scope(), ("week",))
    mine = sums[(sums["brand_id"] == world.brands[0].id) & (sums["week"] >= week(1).date())]
    late = mine["week"] > week(4).date()
    parts = [part.groupby("prompt_id")[["mentioned", "answers"]].sum() for part in (mine[~late], mine[late])]
    before, after = (part["mentioned"] / part["answers"] for part in parts)
    paired = stats.ttest_rel(after, before).confidence_interval()
    assert (own.difference.low, own.difference.high) == pytest.approx((paired.low, paired.high))


def test_periods_that_reach_beyond_the_first_week_are_not_compared(sqlite_database: Engine) -> None:
    weekly([0.2] * 7).store(sqlite_database)
    world = frames.world(sqlite_database)
    assert compare_periods(sqlite_database, world, weeks=7) == []
    (found, *_) = compare_periods(sqlite_database, world, weeks=4)
    assert found.verdict != "not comparable"  # a week that was not asked takes nothing from the others


def test_periods_that_other_models_served_are_not_comparable(sqlite_database: Engine) -> None:
    weekly([0.2] * 8, served={6: "m2"}).store(sqlite_database)
    (own, *_) = compare_periods(sqlite_database, frames.world(sqlite_database), weeks=4)
    assert own.verdict == "not comparable"
    assert own.reasons == ("alpha was served by m1 and then by m1, m2",)


def test_periods_are_compared_on_the_engines_whose_model_stayed(sqlite_database: Engine) -> None:
    facts = weekly([0.2] * 4 + [0.6] * 4, served={6: "m2"})
    draw = np.random.default_rng(5)
    for number in range(8):
        for prompt in PROMPTS:
            for repeat in range(8):
                named = ["Norvane"] if draw.random() < 0.3 else []
                facts.answer(prompt, "beta", week(number), named=named, repeat=repeat)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    (own, *_) = compare_periods(sqlite_database, world, weeks=4, measures=("mention_rate",))
    assert (own.verdict, own.reasons) == ("within noise", ())
    assert own.notes == ("alpha was served by m1 and then by m1, m2, and is left out of the comparison",)
    beta = next(key for key, name in world.engines.items() if name == "beta")
    (alone, *_) = compare_periods(
        sqlite_database, world, frames.Scope(engine=beta), measures=("mention_rate",)
    )
    assert own.difference == alone.difference


def test_a_rise_that_stays_is_seen_by_those_who_look_every_week(sqlite_database: Engine) -> None:
    weekly([0.2] * 12 + [0.5] * 4).store(sqlite_database)
    found = {
        m.brand: m for m in moving(sqlite_database, frames.world(sqlite_database), measures=("mention_rate",))
    }
    own, rival = found["Norvane"], found["Oltera"]
    assert (own.moved, rival.moved) == (True, False)
    assert own.since is not None
    assert abs((own.since - week(12).date()).days) <= 14
    assert (own.before, own.after) == (pytest.approx(0.2, abs=0.1), pytest.approx(0.5, abs=0.1))


def test_another_model_is_no_move_of_a_brand(sqlite_database: Engine) -> None:
    weekly([0.2] * 12 + [0.5] * 4, served={12: "m2"}).store(sqlite_database)
    found = moving(sqlite_database, frames.world(sqlite_database), measures=("mention_rate",))
    assert [m.moved for m in found] == [False, False]


def test_the_p_value_is_that_of_a_paired_t_test(sqlite_database: Engine) -> None:
    two_weeks(0.3, 0.45, seed=4).store(sqlite_database)
    world = frames.world(sqlite_database)
    (own, *_) = compare_weeks(
        sqlite_database, replace(world, brands=world.brands[:1]), measures=("mention_rate",)
    )
    sums = frames.visibility_sums(sqlite_database, world, frames.Scope(), ("week", "engine"))
    mine = sums[sums["brand_id"] == world.brands[0].id]
    rates = (mine["mentioned"] / mine["answers"]).groupby([mine["week"], mine["prompt_id"]]).mean().unstack()
    assert own.q == pytest.approx(stats.ttest_rel(rates.iloc[0], rates.iloc[1]).pvalue)


def test_without_dates_the_two_newest_of_many_weeks_are_compared(sqlite_database: Engine) -> None:
    facts = Facts(engines=("alpha",), prompts=PROMPTS)
    for number, rate in enumerate((0, 0, 0, 1)):
        for prompt in PROMPTS:
            facts.answer(prompt, at=week(number), named=["Norvane"] * rate)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    own, rival, _ = compare_weeks(sqlite_database, world, measures=("mention_rate",))
    assert (own.first, own.last) == (week(2).date(), week(3).date())
    assert (own.before, own.after, own.difference.clusters) == (0.0, 1.0, len(PROMPTS))
    assert own.difference.n == 2 * len(PROMPTS)
    # no prompt differs from another: the width is Newcombe's for as many trials as prompts
    assert (own.difference.low, own.difference.high) == (pytest.approx(0.541, abs=0.001), 1.0)
    assert own.q is not None
    assert 0 < own.q < 0.001
    assert own.verdict == "up"
    assert (rival.q, rival.verdict) == (1.0, "within noise")


@pytest.mark.parametrize(
    ("given", "weeks"), [({"first": 0}, (0, 3)), ({"last": 3}, (2, 3)), ({"first": 1, "last": 2}, (1, 2))]
)
def test_a_date_that_is_not_given_is_one_of_the_two_newest(
    sqlite_database: Engine, given: dict[str, int], weeks: tuple[int, int]
) -> None:
    facts = Facts(engines=("alpha",), prompts=PROMPTS)
    for number in range(4):
        facts.answer(PROMPTS[0], at=week(number))
    facts.store(sqlite_database)
    dates = {name: week(number).date() for name, number in given.items()}
    (own, *_) = compare_weeks(
        sqlite_database, frames.world(sqlite_database), measures=("mention_rate",), **dates
    )
    assert (own.first, own.last) == tuple(week(number).date() for number in weeks)


@pytest.mark.parametrize("quiet", [0, 1])
def test_a_share_of_voice_is_compared_where_both_weeks_name_somebody(
    sqlite_database: Engine, quiet: int
) -> None:
    facts = Facts(engines=("alpha",), prompts=PROMPTS)
    for number in (0, 1):
        for place, prompt in enumerate(PROMPTS):
            silent = number == quiet and place == 0
            named = [] if silent else ["Norvane", "Oltera"] if place % 2 else ["Norvane"]
            facts.answer(prompt, at=week(number), named=named)
    facts.store(sqlite_database)
    (own, *_) = compare_weeks(sqlite_database, frames.world(sqlite_database), measures=("share_of_voice",))
    assert own.difference.clusters == len(PROMPTS) - 1
    assert own.before == own.after == pytest.approx(7 / 11)


@pytest.mark.parametrize(("missing", "comparable"), [(2, True), (3, False)])
def test_weeks_that_share_nine_in_ten_pairs_are_compared(missing: int, comparable: bool) -> None:
    rows = [(d, 1, "m1", p, 1) for d in (0, 1) for p in range(20) if not (d and p < missing)]
    asked = pd.DataFrame(rows, columns=["week", "engine", "served_model", "prompt_id", "answers"])
    asked["week"] = [week(int(d)).date() for d in asked["week"]]
    assert gate(asked, week(0).date(), week(1).date(), {1: "alpha"}).comparable is comparable


@pytest.mark.parametrize("absent", [0, 1])
def test_an_engine_is_missed_in_the_week_that_lacks_it(absent: int) -> None:
    rows = [(d, e, "m1", 1, 1) for d in (0, 1) for e in (1, 2) if not (d == absent and e == 2)]
    asked = pd.DataFrame(rows, columns=["week", "engine", "served_model", "prompt_id", "answers"])
    asked["week"] = [week(int(d)).date() for d in asked["week"]]
    found = gate(asked, week(0).date(), week(1).date(), {1: "alpha", 2: "beta"})
    assert found.reasons == (f"beta has no answers in the week of {week(absent).date()}",)


def test_what_one_week_alone_asked_moves_no_share_of_voice(sqlite_database: Engine) -> None:
    """One of twenty prompts was asked in the first week only, and names nobody but the rival there."""
    prompts = tuple(f"prompt {i}" for i in range(20))
    facts = Facts(engines=("alpha", "beta"), prompts=prompts)
    for number in (0, 1):
        for prompt in prompts:
            facts.answer(prompt, "alpha", at=week(number), named=["Norvane", "Oltera"])
            if number == 0 or prompt != prompts[0]:
                named = ["Oltera"] if prompt == prompts[0] else ["Norvane", "Oltera"]
                facts.answer(prompt, "beta", at=week(number), named=named)
    facts.store(sqlite_database)
    (own, *_) = compare_weeks(sqlite_database, frames.world(sqlite_database), measures=("share_of_voice",))
    assert (own.before, own.after, own.difference.estimate) == (0.5, 0.5, 0.0)
    assert own.notes == ("1 of 40 prompt × engine pairs were asked in one week only and are left out",)


def test_brands_are_compared_by_share_and_by_citation_where_they_can_be(sqlite_database: Engine) -> None:
    facts = Facts(engines=("alpha",), prompts=PROMPTS)
    for place, prompt in enumerate(PROMPTS):
        named = ["Norvane"] if place < 2 else ["Oltera", "Norvane"] if place < 6 else []
        cited = ["https://norvane.com/"] if place % 2 else []
        facts.answer(prompt, named=named, cited=cited, known=place != 7)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    share = compare_brands(sqlite_database, world, "Norvane", "Oltera", measure="share_of_voice")
    assert (share.before, share.after, share.difference.clusters) == (0.6, 0.4, 6)
    cited = compare_brands(sqlite_database, world, "Norvane", "Oltera", measure="citation_rate")
    assert (cited.before, cited.after, cited.difference.clusters) == (pytest.approx(3 / 7), 0.0, 7)
