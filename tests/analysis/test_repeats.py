from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analysis.repeats import agreement

MONDAY = date(2026, 6, 1)
Answer = tuple[int, int, str]


def frame(*answers: Answer) -> pd.DataFrame:
    """(prompt, week, cited domains in order) of each answer; a letter a domain."""
    rows = [
        (i, prompt, MONDAY + timedelta(weeks=week), domain)
        for i, (prompt, week, cited) in enumerate(answers)
        for domain in (list(cited) or [None])
    ]
    return pd.DataFrame(rows, columns=["answer", "prompt_id", "week", "domain"])


def test_two_repeats_share_what_both_cite() -> None:
    told = agreement(frame((1, 0, "ab"), (1, 0, "bc"), (2, 0, "a"), (2, 0, "a"), (3, 0, "z")))
    assert (told.pairs, told.cells) == (2, 2)
    assert told.jaccard == pytest.approx((1 / 3 + 1) / 2)


def test_a_prompt_counts_once_however_often_it_is_asked() -> None:
    told = agreement(frame(*[(1, 0, "a")] * 10, (2, 0, "a"), (2, 0, "b")))
    assert (told.pairs, told.jaccard) == (46, pytest.approx(0.5))


def test_order_counts_for_rank_biased_overlap() -> None:
    same, turned = (agreement(frame((1, 0, "abc"), (1, 0, other))) for other in ("abc", "cba"))
    assert (same.jaccard, turned.jaccard, same.overlap) == (1, 1, pytest.approx(1))
    assert turned.overlap is not None
    assert turned.overlap < 0.9


def test_without_repeats_there_is_no_agreement_and_without_neighbours_no_floor() -> None:
    told = agreement(frame((1, 0, "a"), (2, 0, "b"), (1, 2, "a")))
    assert (told.jaccard, told.overlap, told.floor, told.weeks) == (None, None, None, 0)


def drawn(rng: np.random.Generator, weeks: tuple[str, str]) -> pd.DataFrame:
    """Twenty prompts, six answers a week, each citing three of the week's domains."""
    answers = [
        (prompt, week, "".join(rng.choice(list(weeks[week]), 3, replace=False)))
        for prompt in range(20)
        for week in (0, 1)
        for _ in range(6)
    ]
    return frame(*answers)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_weeks_that_differ_only_by_chance_share_what_shuffled_weeks_share() -> None:
    rng = np.random.default_rng(1)
    told = [agreement(drawn(rng, (LETTERS, LETTERS)), seed=i) for i in range(12)]
    assert sum(each.changed for each in told) <= 2
    assert all(each.floor is not None and each.floor > 0.9 for each in told)


def test_weeks_with_other_sources_share_less_than_repeats_explain() -> None:
    told = agreement(drawn(np.random.default_rng(2), (LETTERS, LETTERS[10:])))
    assert (told.changed, told.weeks) == (1, 1)


def test_an_answer_that_cites_nothing_shares_nothing_with_one_that_does() -> None:
    told = agreement(frame((1, 0, ""), (1, 0, "a"), (1, 0, "")))
    assert told.jaccard == pytest.approx(1 / 3)
