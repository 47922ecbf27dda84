"""What Home says first: whether the brand moved, in words."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.changes import ChangeVerdict, WeekChange
from analysis.intervals import Interval
from dashboard.standing import moved_in_words


def change(verdict: ChangeVerdict, estimate: float | None) -> WeekChange:
    low, high = (None, None) if estimate is None else (estimate - 0.05, estimate + 0.05)
    difference = Interval(estimate, low, high, 100, 20, "paired difference")
    first, last = date(2026, 4, 20), date(2026, 5, 18)
    return WeekChange(
        "Norvane", True, "mention_rate", first, last, None, None, difference, None, verdict, weeks=4
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (change("up", 0.08), "up 8.0\u00a0points on the 4 weeks before."),
        (change("down", -0.08), "down 8.0\u00a0points on the 4 weeks before."),
        (
            change("within noise", 0.02),
            "no clear change on the 4 weeks before (+2.0\u00a0points, −3.0\u00a0to\u00a0+7.0).",
        ),
        # its interval by itself leaves out none: it is the number of comparisons that makes it unclear
        (
            change("within noise", 0.08),
            "no clear change on the 4 weeks before, all comparisons allowed for "
            "(+8.0\u00a0points, +3.0\u00a0to\u00a0+13.0).",
        ),
        (change("not enough data", None), "too little yet to compare with the 4 weeks before."),
        # the model of every engine changed: nothing is left to compare, and that is the reason to give
        (change("not comparable", None), "which cannot be compared with the 4 weeks before."),
        (change("not comparable", 0.08), "which cannot be compared with the 4 weeks before."),
        (None, "with nothing before it yet to compare with."),
    ],
)
def test_a_move_is_told_as_what_it_is(told: WeekChange | None, expected: str) -> None:
    assert moved_in_words(told) == expected
