"""Answers beside each other: by engine, repeat and week, and what only one of them says."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from analysis.frames import Sibling
from dashboard import beside
from dashboard.data import AnswerView
from tracker.models import Answer

W = [date(2026, 5, day) for day in (4, 11, 18, 25)]


def sibling(key: int, week: date, engine: int = 1, repeat: int = 0) -> Sibling:
    return Sibling(key, week, engine, repeat, None)


def view(text: str) -> AnswerView:
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    return AnswerView(Answer(id=1, asked_at=moment, text=text), (), (), ())


def test_the_nearest_weeks_of_its_engine_stand_around_an_answer() -> None:
    those = [sibling(n, week) for n, week in enumerate(W)]
    those += [sibling(10, W[1], repeat=1), sibling(20, W[1], engine=2), sibling(30, W[3], engine=2)]
    steps = beside.steps(those, 1)
    assert [each.id for each in steps.weeks] == [0, 1, 2]
    assert [each.id for each in steps.repeats] == [1, 10]
    assert [each.id for each in steps.engines] == [1, 20]
    assert [each.id for each in beside.steps(those, 10).weeks] == [0, 10, 2]


@pytest.mark.parametrize(
    ("texts", "only"),
    [
        (["Norvane leads. It is cheap.", "Norvane leads."], ["It is cheap."]),
        (["**Norvane** leads!", "norvane  leads."], []),
        (["- Norvane\n- Oltera", "1. Oltera"], ["Norvane"]),
        (["| a | b |\n|---|---|\nC.", "c"], ["a | b"]),
        (["", "x"], []),
    ],
)
def test_only_the_sentences_that_no_other_answer_says_are_left(texts: list[str], only: list[str]) -> None:
    assert beside.only_here([view(text) for text in texts], 0) == only
