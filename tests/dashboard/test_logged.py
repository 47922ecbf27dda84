"""What happened, in lanes and in words."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard import charts, logged
from dashboard.logged import Happening
from tests.facts import week

HERE: Any = SimpleNamespace(brand="Norvane")
LOG = [
    Happening(date(2026, 3, 20), "gained link", "a.example", "Norvane"),
    Happening(date(2026, 3, 18), "gained link", "b.example", "Norvane"),
    Happening(date(2026, 3, 18), "gained link", "c.example", "Brimwick"),
    Happening(date(2026, 3, 3), "lost link", "d.example", "Norvane"),
    Happening(date(2026, 3, 2), "pr", "a prize", None),
    Happening(date(2026, 2, 1), "gained link", "old.example", "Norvane"),
]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (date(2026, 3, 2), "2 sites began to link to Norvane and 1 stopped; 1 event noted."),
        (date(2026, 3, 19), "1 site began to link to Norvane and 0 stopped; 0 events noted."),
    ],
)
def test_a_sentence_counts_the_own_brands_links_and_what_concerns_all(first: date, said: str) -> None:
    assert logged.said(HERE, LOG, first).endswith(said)


def test_a_dot_stands_for_all_of_one_lane_and_week_of_the_chart() -> None:
    weeks = [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]
    found = logged.dots(logged.mine(HERE, LOG), weeks)
    assert sorted(found.itertuples(index=False, name=None)) == [
        (date(2026, 3, 2), "Events", 1, "a prize"),
        (date(2026, 3, 2), "Links lost", 1, "d.example"),
        (date(2026, 3, 16), "Links gained", 2, "a.example, b.example"),
    ]


def test_a_dot_of_many_names_some_and_counts_the_rest() -> None:
    log = [Happening(week(0).date(), "gained link", f"{n}.example", "Norvane") for n in range(9)]
    (titles,) = logged.dots(log, [week(0).date()])["titles"]
    assert titles == "0.example, 1.example, 2.example, 3.example, 4.example, 5.example, and 3 more"


def test_lanes_share_the_weeks_of_the_chart_above_them() -> None:
    weeks = [date(2026, 3, 2), date(2026, 3, 9)]
    made = charts.lanes(logged.dots(LOG, weeks), weeks, hues=logged.LANES).to_dict()
    dots = made["layer"][2]["encoding"]
    assert dots["x"]["scale"]["domain"][0] == {"year": 2026, "month": 3, "date": 2}
    assert dots["y"]["scale"]["domain"] == ["Links gained", "Links lost", "Events", "Moved"]


def test_the_standings_mark_the_own_brand_alone() -> None:
    drawn = charts.standings({"Norvane": 0.3, "Brimwick": 0.6}, "Norvane")
    assert drawn.count("<circle") == 2
    assert drawn.count(charts.ACCENT) == 1
