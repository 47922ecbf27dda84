"""A number is decision-grade only with enough prompts, repeats and one model, on each engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.grades import LEAST_PROMPTS, Grade, _noise, grades, shortfalls
from tests.facts import Facts, week

CASES = [
    ((60, 3, "m1"), "decision-grade", ()),
    ((50, 2, "m1"), "decision-grade", ()),
    ((49, 2, "m1"), "directional", ("50 prompts are needed, and there are 49",)),
    ((60, 1, "m1"), "directional", ("each prompt must be asked 2 times a week, so that noise can be told",)),
    (
        (60, 2, "m2"),
        "directional",
        ("another model answers since 16 Mar 2026, and the baseline begins anew with it",),
    ),
]


def stored(database: Engine, *engines: tuple[int, int, str], rate: float = 0.5) -> list[Grade]:
    """Four weeks of each engine: how many prompts and repeats, and the model of the last two weeks."""
    draw = np.random.default_rng(1)
    prompts = tuple(f"prompt {i}" for i in range(max(count for count, *_ in engines)))
    names = ("alpha", "beta")[: len(engines)]
    facts = Facts(prompts=prompts, engines=names)
    for name, (count, repeats, later) in zip(names, engines, strict=True):
        for number in range(4):
            for prompt in prompts[:count]:
                for repeat in range(repeats):
                    named = ["Norvane"] if draw.random() < rate else []
                    served = later if number > 1 else "m1"
                    facts.answer(prompt, name, week(number), named=named, repeat=repeat, served=served)
    facts.store(database)
    return grades(database, frames.world(database))


@pytest.mark.parametrize(("engine", "level", "reasons"), CASES)
def test_one_engine_is_graded_by(
    sqlite_database: Engine, engine: tuple[int, int, str], level: str, reasons: tuple[str, ...]
) -> None:
    whole, alone = stored(sqlite_database, engine)
    assert (whole.engine, alone.engine) == (None, "alpha")
    assert (alone.level, alone.reasons) == (level, reasons)
    assert (whole.level, whole.reasons) == (level, reasons)
    assert (alone.prompts, alone.repeats) == engine[:2]


def test_two_engines_are_as_good_as_the_worse_and_it_is_named(sqlite_database: Engine) -> None:
    whole, alpha, beta = stored(sqlite_database, (60, 2, "m1"), (60, 2, "m2"))
    assert (alpha.level, beta.level, whole.level) == ("decision-grade", "directional", "directional")
    assert whole.reasons == tuple(f"on beta: {reason}" for reason in beta.reasons)
    assert whole.since == beta.since == week(2).date()
    assert alpha.since == week(0).date()


def test_the_noise_range_holds_what_weeks_differ_by_when_nothing_changes() -> None:
    """Ninety-five of a hundred differences of two weeks of the same prompts lie within it."""
    draw = np.random.default_rng(5)
    chances = draw.beta(1, 2, 60)
    inside = []
    for _ in range(400):
        weeks = draw.binomial(3, chances, (2, 60))
        sums = pd.DataFrame(
            {
                "week": np.repeat([0, 1], 60),
                "prompt_id": np.tile(np.arange(60), 2),
                "answers": 3,
                "mentioned": weeks.ravel(),
            }
        )
        half = _noise(sums, 1)
        assert half is not None
        inside.append(abs(weeks[1].mean() - weeks[0].mean()) / 3 <= half)
    assert 0.92 <= np.mean(inside) <= 0.98


def test_a_brand_that_is_never_named_has_a_noise_range_too(sqlite_database: Engine) -> None:
    whole, _ = stored(sqlite_database, (60, 2, "m1"), rate=0.0)
    assert whole.noise is not None
    assert 0 < whole.noise < 0.03


def test_without_answers_nothing_is_graded(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    assert grades(sqlite_database, frames.world(sqlite_database)) == []


def test_the_words_say_grade_basis_and_what_is_lacking(sqlite_database: Engine) -> None:
    whole, alone = stored(sqlite_database, (12, 1, "m1"))
    assert whole.words == (
        "Directional: 12 prompts, 1.0 answers a prompt and week. 50 prompts are needed, and there are 12. "
        "Each prompt must be asked 2 times a week, so that noise can be told."
    )
    assert alone.words.startswith("Directional on alpha: 12 prompts")


def test_a_plan_says_what_it_lacks() -> None:
    assert shortfalls(LEAST_PROMPTS, 2) == ()
    assert len(shortfalls(10, 1)) == 2
