"""Names among their kind: what stands in one list with a name is a name too (`slack, Asana and zoom`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tracker.mentions.context import cues
from tracker.mentions.words import Standing

Verdict = Literal["name", "open", "small", "word"]
"""`open`: its capital says nothing; `small`: an everyday word in small letters."""
VERDICTS: tuple[Verdict, ...] = ("name", "open", "small", "word")


@dataclass(frozen=True, slots=True)
class Place:
    """An occurrence, in the folded text and in the answer."""

    key: int
    fold_start: int
    fold_end: int
    start: int
    end: int
    standing: Standing
    verdict: Verdict


_AND = r"and|or|vs\.?|versus|und|oder|et|ou|y|o|e|ed|en|of|och|eller|og|i|lub|ve|veya|и|или"
_JOINT = re.compile(rf"[\"”'’)]*(?:\s*[,/&+|]\s*(?:{_AND})?|\s+(?:{_AND}))\s*[\"“'‘(]*")
_COMMA = re.compile(r"\s*,\s*")
_LAST = re.compile(r"([^\W\d_]+)\s+[\"“'‘(]*$")


def settled(text: str, places: list[Place]) -> list[Place]:
    """Those that are names, by their neighbours in `text` (folded) and by what is beyond doubt elsewhere."""
    if all(place.verdict == "name" for place in places):
        return places
    named = list(_with_their_kind(text, places))
    sure = {place.key for place in named if place.verdict == "name"}
    return [
        place for place in named if place.verdict == "name" or (place.verdict == "open" and place.key in sure)
    ]


def _with_their_kind(text: str, places: list[Place]) -> Iterator[Place]:
    for run in _runs(text, places):
        kind = _are_of_a_kind(text, run)
        for place in run:
            yield replace(place, verdict="name") if kind and not _is_pointed_at(text, place) else place


def _runs(text: str, places: list[Place]) -> Iterator[list[Place]]:
    run: list[Place] = []
    for place in places:
        if run and not _JOINT.fullmatch(text[run[-1].fold_end : place.fold_start]):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _are_of_a_kind(text: str, run: list[Place]) -> bool:
    """Whether different brands stand together, one beyond doubt or all joined by more than a comma."""
    if len({place.key for place in run}) < 2:
        return False
    first = text[run[0].fold_start : run[0].fold_end]
    comma = _COMMA.fullmatch(text[run[0].fold_end : run[1].fold_start]) is not None
    if first in cues().adverbs_first and comma and run[0].verdict != "name":
        return False
    return len(run) > 2 or not comma or any(place.verdict == "name" for place in run)


def _is_pointed_at(text: str, place: Place) -> bool:
    if place.verdict == "name":
        return False
    before = _LAST.search(text, max(0, place.fold_start - 30), place.fold_start)
    return before is not None and before[1] in cues().determiners
