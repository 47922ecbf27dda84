"""Numbers, dates and money as people read them: one way of writing each, on every screen and in every report.

34.2 % · 1,530 · +2.1 points · 27.8 to 41.1 · $1.20. What belongs together is joined by no-break spaces, minus
is the true sign, and what is unknown is a dash, never a zero. An interval has no unit of its own: it stands
beside its estimate. `--json` and CSV hold raw numbers instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from tracker.errors import UsageError

UNKNOWN = "–"
NBSP = "\u00a0"
LEVEL = f"95{NBSP}%"
"""The level of every interval that is printed."""


_LANGUAGE: ContextVar[str | None] = ContextVar("language", default=None)


@contextmanager
def written_in(language: str | None) -> Iterator[None]:
    """Meanwhile figures and days are written as in a language (`de`, `pt-BR`), by Unicode's CLDR; the words
    around them stay."""
    if language is not None:
        _locale(language)
    token = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


@cache
def _locale(language: str) -> Any:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise UsageError(f"unknown language {language!r}", "write it like de, fr or pt-BR") from None


@cache
def _signs(language: str) -> dict[int, str]:
    known = _locale(language).number_symbols
    symbols = known.get("latn", known)
    group = NBSP if symbols["group"].isspace() else symbols["group"]
    return {ord("."): symbols["decimal"], ord(","): group}


def _figures(text: str) -> str:
    """Figures as Python writes them, as the reader does."""
    language = _LANGUAGE.get()
    return text if language is None else text.translate(_signs(language))


def count(value: int | None) -> str:
    return UNKNOWN if value is None else _figures(f"{value:,}")


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 answer`, `2 answers`."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def minus(text: str) -> str:
    """A text's negative numbers with a true minus."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)


def percent(share: float | None, places: int = 1) -> str:
    """A share of 1 as percent; what is rounded to none or to all, and is not, says so."""
    if share is None:
        return UNKNOWN
    text = f"{100 * share:.{places}f}"
    smallest = 10**-places
    if share > 0 and float(text) == 0:
        text = f"<{smallest:g}"
    elif share < 1 and float(text) == 100:
        text = f">{100 - smallest:g}"
    return f"{_figures(text)}{NBSP}%"


def percent_range(low: float | None, high: float | None, places: int = 1) -> str:
    if low is None or high is None:
        return UNKNOWN
    return between(_figures(f"{100 * low:.{places}f}"), _figures(f"{100 * high:.{places}f}"))


def between(low: str, high: str) -> str:
    """`27.8 to 41.1`, which no line end parts."""
    return f"{low}{NBSP}to{NBSP}{high}"


def signed(value: float, places: int = 1) -> str:
    """With its sign, a true minus, and no sign where it is rounded to zero."""
    text = f"{value:+.{places}f}"
    if float(text) == 0:
        return _figures(f"{0:.{places}f}")
    return _figures(text.replace("-", "−"))


def points(difference: float | None, places: int = 1) -> str:
    """A difference of two shares, in percentage points."""
    return UNKNOWN if difference is None else f"{signed(100 * difference, places)}{NBSP}points"


def points_range(low: float | None, high: float | None, places: int = 1) -> str:
    if low is None or high is None:
        return UNKNOWN
    return between(signed(100 * low, places), signed(100 * high, places))


def points_apart(difference: float, places: int = 1) -> str:
    """How far two shares lie apart, whichever is the larger."""
    return f"{_figures(f'{abs(100 * difference):.{places}f}')}{NBSP}points"


def points_apart_range(low: float, high: float, places: int = 1) -> str:
    """The interval of `points_apart`, for a difference whose interval leaves out zero."""
    near, far = sorted((abs(100 * low), abs(100 * high)))
    return between(_figures(f"{near:.{places}f}"), _figures(f"{far:.{places}f}"))


def ratio(value: float | None) -> str:
    return UNKNOWN if value is None else _figures(f"{value:.2f}×")


def ratio_range(low: float | None, high: float | None) -> str:
    return UNKNOWN if low is None or high is None else between(f"{low:.2f}", f"{high:.2f}×")


def correlation(value: float | None) -> str:
    return UNKNOWN if value is None else signed(value, 2)


def correlation_range(low: float | None, high: float | None) -> str:
    return UNKNOWN if low is None or high is None else between(signed(low, 2), signed(high, 2))


def number(value: float | None, places: int = 1) -> str:
    return UNKNOWN if value is None else _figures(minus(f"{value:,.{places}f}"))


def number_range(low: float | None, high: float | None, places: int = 2) -> str:
    return UNKNOWN if low is None or high is None else between(number(low, places), number(high, places))


def p_value(value: float | None, name: str = "p") -> str:
    """`q = 0.03`; never a flat zero."""
    if value is None:
        return f"{name} {UNKNOWN}"
    return f"{name} < 0.01" if value < 0.005 else f"{name} = {value:.2f}"


def probability(value: float | None) -> str:
    """A p- or q-value in a column of its own; never a flat zero."""
    if value is None:
        return UNKNOWN
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def money(micros: int | None) -> str:
    """Micro-dollars; small amounts keep the digits that make them different from nothing."""
    if micros is None:
        return UNKNOWN
    places = 4 if 0 < abs(micros) < 100_000 else 2
    return f"{'−' if micros < 0 else ''}${_figures(f'{abs(micros) / 1e6:,.{places}f}')}"


def seconds(milliseconds: int | None) -> str:
    return UNKNOWN if milliseconds is None else f"{milliseconds / 1000:.1f}{NBSP}s"


def day(value: date | datetime | None) -> str:
    if value is None:
        return UNKNOWN
    language = _LANGUAGE.get()
    if language is None:
        return f"{value.day} {value:%b %Y}"
    from babel.dates import format_date

    return format_date(value, "medium", locale=_locale(language))


def short_day(value: date) -> str:
    """A day whose year stands beside it."""
    language = _LANGUAGE.get()
    if language is None:
        return f"{value.day} {value:%b}"
    from babel.dates import format_skeleton

    return format_skeleton("MMMd", value, locale=_locale(language))


def month(value: date) -> str:
    """`May 2026`."""
    language = _LANGUAGE.get()
    if language is None:
        return f"{value:%B %Y}"
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", value, locale=_locale(language))


def moment(value: datetime | None) -> str:
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y, %H:%M} UTC"


def period(first: date | None, last: date | None) -> str:
    """`2 Mar – 24 May 2026`, the year said once where it is the same."""
    if first is None or last is None:
        return UNKNOWN
    if first.year == last.year:
        return f"{short_day(first)} – {day(last)}"
    return f"{day(first)} – {day(last)}"


STEPS = ((365 * 86_400, "year"), (30 * 86_400, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


def age(value: datetime | None, now: datetime) -> str:
    """How long ago, or in how long."""
    if value is None:
        return UNKNOWN
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    gone = (now - value).total_seconds()
    for size, name in STEPS:
        if abs(gone) >= size:
            amount = counted(int(abs(gone) // size), name)
            return f"{amount} ago" if gone > 0 else f"in {amount}"
    return "just now" if gone >= 0 else "in a moment"


def ordinal(place: int) -> str:
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
