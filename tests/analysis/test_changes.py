"""Weeks and brands are compared on what both share, and not at all where too little is shared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.changes import compare_brands, compare_weeks
from analysis.comparable import gate
from tests.facts import Facts, week
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
