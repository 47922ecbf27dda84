"""How much the cited sources change from week to week."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.rankings import rank_biased_overlap
from analysis.stability import source_stability
from tests.facts import Facts, week


@pytest.mark.parametrize(
    ("first", "second", "p", "wanted"),
    [
        ("abc", "abc", 0.9, 1.0),
        ("", "", 0.9, 1.0),
        ("abc", "", 0.9, 0.0),
        ("abc", "xyz", 0.9, 0.0),
        # by hand, p = ½: X/d = 0, 1 → (1-p)/p · (0·½ + 1·¼) + 1·¼ = ½
        ("ab", "ba", 0.5, 0.5),
        # lengths 1 and 2, one shared at place 1: agreement 1 at depth 1, extrapolated to 1 at depth 2
        ("a", "ab", 0.5, 1.0),
    ],
)
def test_rank_biased_overlap_by_hand(first: str, second: str, p: float, wanted: float) -> None:
    assert rank_biased_overlap(list(first), list(second), p) == pytest.approx(wanted)
    assert rank_biased_overlap(list(second), list(first), p) == pytest.approx(wanted)


def test_rank_biased_overlap_equals_its_series_on_long_lists() -> None:
    rng = np.random.default_rng(1)
    a, b = (list(map(str, rng.permutation(400))) for _ in range(2))
    series = sum(0.1 * 0.9 ** (d - 1) * len(set(a[:d]) & set(b[:d])) / d for d in range(1, 401))
    assert rank_biased_overlap(a, b) == pytest.approx(series, abs=1e-9)


def test_core_sources_stay_and_rotating_ones_go(database: Engine) -> None:
    facts = Facts(engines=("alpha",), prompts=("best crm",))
    for number in range(5):
        cited = ["https://stays.com/", f"https://comes{number}.com/"]
        facts.answer("best crm", at=week(number), cited=cited)
        facts.answer("best crm", at=week(number), cited=["https://stays.com/"], repeat=1)
    facts.store(database)
    (found,) = source_stability(database, frames.world(database))
    assert (found.core, found.rotating, found.weeks, found.pairs) == (("stays.com",), 5, 5, 4)
    assert found.jaccard == pytest.approx(1 / 3)
    assert found.core_share == pytest.approx(10 / 15)
