"""A number as an address: every number of the pages leads to the answers that it counts.

`answers?measure=mention_rate&brand=Norvane&counted=yes&week=2026-05-18`: what is counted, for whom, which
side of it, and which part of the scope bar's answers. `week`, or `from` and `to` (Mondays), take the place of
the bar's period; `prompt` is an id, `source` a domain, `page` an
address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Literal, get_args

from analysis.frames import NUMBER_MEASURES, Number, NumberMeasure, Scope, Side
from dashboard import widgets
from dashboard.strings import Common
from tracker.errors import UsageError

Counted = Literal["yes", "no", "all"]
SIDES: Mapping[Counted, Side] = {"yes": "counted", "no": "rest", "all": "all"}
PART = ("measure", "brand", "prompt", "week", "from", "to", "source", "page")
"""What makes an address of answers one of a number; the side of it is chosen on the page."""


def door(label: object, measure: NumberMeasure = "answers", **more: Any) -> widgets.Safe:
    """A number that opens its answers; the rest as for `address`."""
    return widgets.door_to(address(measure, **more), label)


def address(
    measure: NumberMeasure = "answers",
    *,
    brand: str | None = None,
    counted: Counted = "yes",
    week: date | None = None,
    first: date | None = None,
    last: date | None = None,
    scope: Scope | None = None,
    **more: object,
) -> str:
    """Of the answers that a number counts. `scope` says what the page's own bar does not; `more` are
    `prompt`, `source`, `page` and the scope bar's choices."""
    days: dict[str, object] = {"week": week, "from": first, "to": last}
    if scope is not None:
        # a page whose bar asks other things than that of the answers
        choices = Common.BRANDED_CHOICES
        days |= {"from": scope.first, "to": scope.last}
        days |= {"branded": choices[scope.branded], "rivals": choices[scope.rivals]}
    return widgets.address("answers", measure=measure, brand=brand, counted=counted, **days, **more)


def asked(parameters: Mapping[str, str], scope: Scope) -> tuple[Number, Scope] | None:
    """The number that an address names, and the answers it is about; None where it names none."""
    said = {name: value for name in PART if (value := parameters.get(name))}
    if not said:
        return None
    measure = said.get("measure", "answers")
    if measure not in NUMBER_MEASURES:
        raise UsageError(f"there is no number {measure[:60]!r}", f"one of {', '.join(NUMBER_MEASURES)}")
    side = parameters.get("counted", "yes")
    number = Number(
        measure,  # type: ignore[arg-type]
        said.get("brand"),
        said.get("source"),
        said.get("page"),
        _id(said.get("prompt")),
        SIDES[side] if side in get_args(Counted) else "counted",  # type: ignore[index]
    )
    week = _day(said.get("week"))
    first, last = week or _day(said.get("from")), week or _day(said.get("to"))
    return number, replace(scope, first=first or scope.first, last=last or scope.last)


def _id(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise UsageError(f"{text[:40]!r} is no prompt", "open one from the list of prompts")
    return int(text)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:40]!r} is no day", "write it as 2026-05-18") from None
