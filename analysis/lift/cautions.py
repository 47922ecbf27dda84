"""What answers and links cannot carry, said where a lift stands; and what would explain a claim away, in
words."""

from __future__ import annotations

from typing import Protocol

from analysis.intervals import Interval, wilson
from analysis.lift.panel import Panel
from tracker import numbers

FEW_WEEKS = 4
KNOWN = 0.9
"""Exports that know fewer of the links found by looks than this get a warning: at 0.8, one in eight
discoveries was false."""

ONE_BRAND = (
    "One brand is tracked, so there is nothing to compare it with inside an answer. Track its rivals too: at "
    "least three brands, better six."
)
TWO_BRANDS = (
    "Two brands are tracked: what moves an answer as a whole cannot be told from their difference, and "
    "nearly one discovery in five may be false. Track at least three, better six."
)
YOUNG = (
    "{weeks} of answers: links that begin inside so few weeks cannot be followed on both sides, and repeats "
    "of one moment look surer than they are."
)
MISSING = (
    "Exports know {share} ({span}) of the {n} that our own looks found: with many links unknown, lifts come "
    "out too small and some discoveries are false. Import from a second tool."
)
WITHOUT_THE_LINK = "What would explain each lift without its link:"
NOTHING_WOULD = "no pull, and no unknown links as strong as the other claims"
KNOWN_SHARE = "Exports know {share} ({span}) of the {n} that our own looks found."
GATED = (
    "q is at most {discovery}, but the surest source of the table is not under {gate}: then nothing is "
    "claimed, because where no link lifts anything every claim would be false."
)


class Explained(Protocol):
    """A claim with what would explain it away (`analysis.lift.odds.Sensitivity`)."""

    @property
    def pull(self) -> float | None: ...
    @property
    def pull_low(self) -> float | None: ...
    @property
    def missing(self) -> float | None: ...
    @property
    def missing_low(self) -> float | None: ...


def exports_know(panel: Panel) -> Interval | None:
    """Share of the links found by own looks that exports know (Wilson); None without looks."""
    return wilson(panel.known, panel.looked) if panel.looked else None


def cautions(panel: Panel) -> tuple[str, ...]:
    """Sentences that stand beside the table; none where nothing is wrong."""
    out = []
    if len(panel.brands) < 3:
        out.append(ONE_BRAND if len(panel.brands) == 1 else TWO_BRANDS)
    weeks = int(panel.week.max(initial=-1)) + 1
    if 0 < weeks < FEW_WEEKS:
        out.append(YOUNG.format(weeks=numbers.counted(weeks, "week")))
    known = exports_know(panel)
    if known is not None and known.estimate is not None and known.estimate < KNOWN:
        share, span = numbers.percent(known.estimate), numbers.percent_range(known.low, known.high)
        out.append(MISSING.format(share=share, span=span, n=numbers.counted(panel.looked, "link")))
    return tuple(out)


def known_share(known: Interval | None) -> str:
    """How many of the links found by own looks exports know; "" without looks."""
    if known is None:
        return ""
    share, span = numbers.percent(known.estimate), numbers.percent_range(known.low, known.high)
    return KNOWN_SHARE.format(share=share, span=span, n=numbers.counted(known.n, "link"))


def gate(discovery: float, surest: float) -> str:
    """Why a small q stands beside "no clear difference"."""
    return GATED.format(discovery=numbers.percent(discovery, 0), gate=numbers.percent(surest, 0))


def explained(row: Explained) -> str:
    """What would explain a claim without its link, in a few words."""
    parts = []
    if row.pull is not None:
        low = "" if row.pull_low is None else f" (its lower bound: {numbers.correlation(row.pull_low)})"
        parts.append(f"a pull of {numbers.correlation(row.pull)} log-odds per named brand{low}")
    if row.missing is not None:
        parts.append(f"unknown links beside {numbers.percent(row.missing, 0)} of its linked pairs")
    return ", or ".join(parts) or NOTHING_WOULD
