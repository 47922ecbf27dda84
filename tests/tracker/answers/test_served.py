"""When the served model changed: one rule for every reader."""

from __future__ import annotations

import pytest

from tracker.answers import served


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("a", "a", False),
        ("a", "b", True),
        ("a", "ab", True),
        ("ab", "a", True),
        ("ab", "ba", False),
        ("", "a", False),
        ("a", "", False),
        ("", "", False),
    ],
)
def test_a_model_changed_where_two_known_sets_differ(before: str, after: str, changed: bool) -> None:
    assert served.changed(set(before), set(after)) is changed


@pytest.mark.parametrize(
    ("spells", "at"),
    [
        (["a", "a", "b"], [2]),
        (["a", "", "b"], [2]),
        (["", "a", "a"], []),
        (["a", "ab", "b"], [1, 2]),
        (["a", "b", "a"], [1, 2]),
        ([], []),
    ],
)
def test_spells_are_compared_with_the_last_that_tells(spells: list[str], at: list[int]) -> None:
    assert [change.at for change in served.changes(enumerate(spells))] == at


@pytest.mark.parametrize(
    ("spells", "told"),
    [
        (["a", "ab", "b"], [(1, "a", "b")]),
        (["a", "ab", "ab", "b"], [(1, "a", "b")]),
        (["a", "ab", "a"], [(1, "a", "ab"), (2, "ab", "a")]),
        (["a", "b", "a"], [(1, "a", "b"), (2, "b", "a")]),
        (["a", "ab", "abc"], [(1, "a", "ab"), (2, "ab", "abc")]),
        (["a", "ab", "c"], [(1, "a", "ab"), (2, "ab", "c")]),
    ],
)
def test_a_change_in_the_middle_of_a_spell_is_one_change(
    spells: list[str], told: list[tuple[int, str, str]]
) -> None:
    found = served.once(served.changes(enumerate(spells)))
    assert [(c.at, "".join(sorted(c.before)), "".join(sorted(c.after))) for c in found] == told


def test_a_title_names_the_engine_and_both_sides() -> None:
    (change,) = served.changes([(1, {"m2", "m1"}), (2, {"m3"})])
    assert change.title("alpha") == "alpha: served model m1, m2 → m3"
