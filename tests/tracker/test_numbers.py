"""Numbers are written one way, and in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.shared import ROOT
from tracker import numbers

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0.0 %"),
        (0.12345, "12.3 %"),
        (1.0, "100.0 %"),
        (0.0001, "<0.1 %"),
        (0.0005, "0.1 %"),
        (0.9999, ">99.9 %"),
        (0.9995, ">99.9 %"),
        (0.9994, "99.9 %"),
    ],
)
def test_a_share_reads_as_percent(value: float | None, shown: str) -> None:
    assert numbers.percent(value) == shown.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.031, "+3.1 points"), (-0.004, "−0.4 points"), (-0.0001, "0.0 points"), (None, "–")],
)
def test_a_difference_reads_as_points(value: float | None, shown: str) -> None:
    assert numbers.points(value) == shown.replace(" ", "\u00a0")


def test_a_distance_has_no_sign_and_its_interval_begins_at_the_near_end() -> None:
    assert numbers.points_apart(-0.0571) == "5.7\u00a0points"
    assert numbers.points_apart_range(-0.107, -0.007) == "0.7\u00a0to\u00a010.7"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (numbers.percent_range(0.278, 0.411), "27.8 to 41.1"),
        (numbers.percent_range(None, 0.411), "–"),
        (numbers.points_range(-0.012, 0.054), "−1.2 to +5.4"),
        (numbers.correlation_range(-0.2, 0.66), "−0.20 to +0.66"),
        (numbers.ratio_range(0.97, 1.25), "0.97 to 1.25×"),
        (numbers.number_range(-0.1, 0.75), "−0.10 to 0.75"),
    ],
)
def test_an_interval_has_no_unit_and_no_line_end(shown: str, text: str) -> None:
    assert shown == text.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (None, "–"),
        (0, "$0.00"),
        (1_234_567, "$1.23"),
        (2_500, "$0.0025"),
        (-1_000_000, "−$1.00"),
        (12_345_678_900, "$12,345.68"),
    ],
)
def test_money_reads_as_dollars(micros: int | None, shown: str) -> None:
    assert numbers.money(micros) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.0, "<0.001"), (0.0004, "<0.001"), (0.0006, "0.001"), (0.25, "0.250")],
)
def test_a_probability_is_never_a_flat_zero(value: float | None, shown: str) -> None:
    assert numbers.probability(value) == shown


@pytest.mark.parametrize(
    ("gone", "shown"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(hours=-3), "in 3 hours"),
        (timedelta(days=70), "2 months ago"),
    ],
)
def test_an_age_reads_in_its_largest_unit(gone: timedelta, shown: str) -> None:
    assert numbers.age(NOW - gone, NOW) == shown


def test_a_period_says_its_year_once() -> None:
    assert numbers.period(date(2026, 3, 2), date(2026, 5, 18)) == "2 Mar – 18 May 2026"
    assert numbers.period(date(2025, 12, 29), date(2026, 1, 5)) == "29 Dec 2025 – 5 Jan 2026"


# --- nobody else writes them --------------------------------------------------------------------------------

UNIT = re.compile(r"^[ \u00a0]?(%(?![0-9A-Fa-f]{2})|points?\b)")
LIKE = re.compile(r"^f.[\w:/.]*%")
"""A pattern of SQL begins with its sign, or with an address's scheme and its sign."""
GEOMETRY = {"analysis/report/charts.py"}
"""Places on a drawing, in percent of its size."""


def written_by_hand(source: str) -> Iterator[int]:
    """Lines of f-strings that make a percentage, points or an interval of a computed number."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        if LIKE.match(ast.unparse(node)):
            continue
        for part, after in zip(node.values, [*node.values[1:], None], strict=True):
            if not isinstance(part, ast.FormattedValue):
                continue
            spec = ast.unparse(part.format_spec)[2:-1] if part.format_spec else ""
            unit = isinstance(after, ast.Constant) and UNIT.match(str(after.value))
            if (
                spec.endswith("%")
                or (unit and "NBSP" not in ast.unparse(part.value))
                or ("f" in spec and "100 *" in ast.unparse(part.value))
            ):
                yield part.lineno


@pytest.mark.parametrize(
    ("source", "by_hand"),
    [
        ('f"{x:.1%}"', True),
        ('f"{100 * x:.1f}"', True),
        ('f"{x:.1f} %"', True),
        ('f"{x}%"', True),
        ('f"{x} points"', True),
        ('f"{x:.1f} seconds"', False),
        ('f"{numbers.percent(x)} of all"', False),
        ('f"{n:,} answers"', False),
        ('f"%.{host}%"', False),
        ('f"https://%/%.{host}%"', False),
    ],
)
def test_what_counts_as_written_by_hand(source: str, by_hand: bool) -> None:
    assert bool(list(written_by_hand(source))) is by_hand


def test_nobody_else_writes_percent_or_points() -> None:
    places = [
        f"{path.relative_to(ROOT)}:{line}"
        for package in ("tracker", "analysis", "dashboard")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path != ROOT / "tracker" / "numbers.py" and path.relative_to(ROOT).as_posix() not in GEOMETRY
        for line in written_by_hand(path.read_text("utf-8"))
    ]
    assert places == []


def test_no_template_and_no_sentence_writes_the_level_by_hand() -> None:
    templates = sorted((ROOT / "analysis" / "report" / "templates").iterdir())
    texts: list[Path] = [*templates, *sorted((ROOT / "dashboard" / "strings").glob("*.py"))]
    assert len(texts) > 3
    for path in texts:
        written = path.read_text("utf-8")
        assert not re.search(r"\b95 ?% (?!%)", written), path.name
        assert not re.search(r"100 ?\*[^}]*\}\} ?%", written), path.name
