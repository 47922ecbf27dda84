"""The report's tables as CSV: which columns each has, and what stands in them. Numbers are raw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TypeVar, get_args

from analysis.changes import WeekChange
from analysis.frames import Measure
from analysis.intervals import Interval
from analysis.lift.estimate import LiftRow
from analysis.opportunities import Opportunity
from analysis.report import words
from analysis.report.week import Source
from analysis.visibility import Row
from tracker import spreadsheet

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], object]]


def table(columns: Columns[T], rows: Iterable[T]) -> str:
    """The rows as CSV; without rows, its heads."""
    return spreadsheet.text(list(columns), ([value(row) for value in columns.values()] for row in rows))


def _same(*names: str) -> dict[str, Callable[[T], object]]:
    """Columns that are named as what they hold."""
    return {name: attrgetter(name) for name in names}


def _bounds(name: str, interval: Callable[[T], Interval]) -> dict[str, Callable[[T], object]]:
    return {
        name: lambda row: interval(row).estimate,
        f"{name}_low": lambda row: interval(row).low,
        f"{name}_high": lambda row: interval(row).high,
        f"{name}_n": lambda row: interval(row).n,
    }


def _rate(name: Measure) -> Callable[[Row], Interval]:
    return lambda row: row.rates[name]


def _rates() -> dict[str, Callable[[Row], object]]:
    columns: dict[str, Callable[[Row], object]] = {}
    for name in get_args(Measure):
        columns |= _bounds(name, _rate(name))
    return columns


VISIBILITY: Columns[Row] = {
    "brand": attrgetter("brand"),
    "own": lambda row: int(row.own),
    **_same("answers", "prompts"),
    **_rates(),
    **_bounds("prompt_coverage", attrgetter("coverage")),
}
CHANGES: Columns[WeekChange] = {
    **_same("brand", "measure"),
    "week_before": attrgetter("first"),
    "week": attrgetter("last"),
    **_same("before", "after"),
    **_bounds("difference", attrgetter("difference")),
    **_same("q", "verdict"),
    "reasons": lambda change: "; ".join(change.reasons),
}
LIFT: Columns[LiftRow] = {
    **_same("source", "family", "lift", "low", "high", "p", "q", "exposed", "prompts", "verdict"),
    "checks": words.checks,
}
OPPORTUNITIES: Columns[Opportunity] = {
    "source": attrgetter("source"),
    "class": attrgetter("kind"),
    **_same("cited_answers", "answers", "rate", "low", "high", "engines", "weeks"),
    "links_to_rivals": lambda row: "; ".join(row.links_to_rivals),
    "links_to_own": lambda row: int(row.links_to_own),
    "reasons": lambda row: "; ".join(reason.text for reason in row.reasons),
    "next_step": lambda row: "; ".join(reason.next_step for reason in row.reasons),
    "ask_for": lambda row: row.ask.what,
    "pages": lambda row: " ".join(page for reason in row.reasons for page in reason.pages),
    **_same("gain", "gain_low", "gain_high", "state"),
}
SOURCES: Columns[Source] = {
    **_same("domain", "kind", "answers", "of_answers", "rate", "low", "high", "engines"),
    "links_to": lambda row: "; ".join(row.links_to),
}
