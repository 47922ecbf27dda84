"""A number as an address, and back."""

from __future__ import annotations

from datetime import date

import pytest

from analysis.frames import Number, Scope
from dashboard import numbered
from tracker.errors import UsageError

BAR = Scope(first=date(2026, 3, 2), last=date(2026, 5, 18), engine=4)


@pytest.mark.parametrize(
    ("parameters", "number", "scope"),
    [
        (
            {"measure": "mention_rate", "brand": "Norvane", "counted": "yes", "week": "2026-04-06"},
            Number("mention_rate", "Norvane"),
            Scope(first=date(2026, 4, 6), last=date(2026, 4, 6), engine=4),
        ),
        (
            {"measure": "source_rate", "source": "a.example", "counted": "no", "from": "2026-03-09"},
            Number("source_rate", source="a.example", side="rest"),
            Scope(first=date(2026, 3, 9), last=date(2026, 5, 18), engine=4),
        ),
        ({"prompt": "7", "counted": "all"}, Number(prompt=7, side="all"), BAR),
        ({"page": "https://a.example/x", "counted": "half"}, Number(page="https://a.example/x"), BAR),
    ],
)
def test_an_address_names_a_number(parameters: dict[str, str], number: Number, scope: Scope) -> None:
    assert numbered.asked({"engine": "chat", **parameters}, BAR) == (number, scope)


def test_an_address_without_a_number_names_none() -> None:
    assert numbered.asked({"engine": "chat", "counted": "no", "page_of": "3"}, BAR) is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"measure": "clicks"},
        {"prompt": "x"},
        {"prompt": "-1"},
        {"prompt": "9" * 30},
        {"prompt": "\u0663"},
        {"week": "soon"},
        {"to": "2026-02-30"},
    ],
)
def test_what_is_no_number_is_refused_with_what_to_do(parameters: dict[str, str]) -> None:
    with pytest.raises(UsageError) as refusal:
        numbered.asked(parameters, BAR)
    assert refusal.value.hint
