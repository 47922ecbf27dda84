"""Pairs, lots and weights."""

from __future__ import annotations

import hashlib

import pytest

from analysis.experiments.design import PairCandidate, lots, paired, require_lots, weight
from tracker.errors import UsageError


def candidate(name: str, cited: int, family: str = "media", state: str = "nothing known") -> PairCandidate:
    return PairCandidate(name, cited, cited, family, state)


def test_pairs_are_neighbours_of_one_state_and_family() -> None:
    pairs, left = paired(
        [
            candidate("a", 100),
            candidate("b", 90),
            candidate("c", 95, "community"),
            candidate("d", 20, "community"),
            candidate("e", 50, "media", "names"),
            candidate("f", 40),
            candidate("g", 30, "community", "names"),
        ]
    )
    named = [(pair.first.source, pair.second.source) for pair in pairs]
    assert named == [("a", "b"), ("e", "g"), ("c", "d")]
    assert left == ("f",)


def test_only_the_most_cited_pairs_are_kept() -> None:
    pairs, left = paired([candidate(f"s{i}", 10 * i) for i in range(1, 9)], most=2)
    assert [(pair.first.source, pair.second.source) for pair in pairs] == [("s8", "s7"), ("s6", "s5")]
    assert set(left) == {"s1", "s2", "s3", "s4"}


@pytest.mark.parametrize(
    ("design", "pairs", "weeks", "enough"),
    [
        ("pairs", 5, 8, False),
        ("pairs", 6, 8, True),
        ("switch", 2, 4, False),
        ("switch", 1, 12, True),
        ("switch", 3, 4, True),
        ("pairs", 0, 8, False),
    ],
)
def test_fewer_than_six_lots_are_refused(design: str, pairs: int, weeks: int, enough: bool) -> None:
    if enough:
        require_lots(design, pairs, weeks)  # type: ignore[arg-type]
        return
    with pytest.raises(UsageError, match="too few for an experiment"):
        require_lots(design, pairs, weeks)  # type: ignore[arg-type]


def test_anybody_can_draw_the_lots_again() -> None:
    drawn = lots("2026-04-25 lottery", 40, 6)
    assert drawn[2][4] == int(hashlib.sha256(b"2026-04-25 lottery:3:5").hexdigest()[0] in "89abcdef")
    flat = [each for pair in drawn for each in pair]
    assert 90 < sum(flat) < 150
    assert lots("another", 40, 6) != drawn


def test_a_pair_weighs_as_its_counts_allow() -> None:
    assert weight((9, 9)) == pytest.approx((2 / 9.5 + 0.2) ** -0.5)
    assert weight((0, 100)) < weight((20, 20)) < weight((1000, 1000)) < 0.2**-0.5
