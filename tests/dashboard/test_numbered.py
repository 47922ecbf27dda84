"""A number as an address, and back."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Number, Scope
from analysis.report import write
from analysis.report.gather import gather
from dashboard import numbered
from dashboard.strings import Common
from tests.dashboard import worlds
from tracker import numbers
from tracker.catalog.look import ReportLook
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


def test_a_number_of_the_report_leads_to_the_answers_that_it_counts(sqlite_database: Engine) -> None:
    """Also what its lift ladder says of reach: the address opens the answers of its numerator."""
    worlds.small(sqlite_database)
    week = gather(sqlite_database, frames.world(sqlite_database))
    page = write.html(week, ReportLook(pages="https://citelift.acme.com"))
    found = re.findall(r'href="https://citelift\.acme\.com/answers\?([^"]+)"[^>]*>([^<]+)<', page)
    world = frames.world(sqlite_database)
    seen = Counter()
    for query, said in found:
        parameters = dict(parse_qsl(html.unescape(query)))
        asked = numbered.asked(parameters, Scope(branded="include" if "branded" in parameters else "exclude"))
        assert asked is not None
        number, scope = asked
        assert parameters.get("branded", "Included") == Common.BRANDED_CHOICES["include"]
        counted, every = (
            frames.behind(sqlite_database, world, scope, replace(number, side=side)).units
            for side in ("counted", "all")
        )
        assert numbers.percent(counted / every) in said
        seen[number.measure] += 1
    assert seen["mention_rate"] == len(week.rows) + 1
    assert seen["source_rate"] >= len(week.sources)
    assert set(seen) == {"mention_rate", "share_of_voice", "citation_rate", "source_rate"}
