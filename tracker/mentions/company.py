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
class NameSpan:
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
_TO = re.compile(r"\s+to\s+")
_FROM = re.compile(
    r"(?:switch|migrat|mov|sync|import|port|chang|convert|com|cam|transfer|integrat)\w*(?: \w+){0,3} from\s+$"
)
_COMMA = re.compile(r"\s*,\s*")
_LAST = re.compile(r"([^\W\d_]+)\s+[\"“'‘(]*$")


def settled(text: str, spans: list[NameSpan]) -> list[NameSpan]:
    """Those that are names, by their neighbours in `text` (folded) and by what is beyond doubt elsewhere."""
    if all(span.verdict == "name" for span in spans):
        return spans
    named = list(_with_their_kind(text, spans))
    sure = {span.key for span in named if span.verdict == "name"}
    return [span for span in named if span.verdict == "name" or (span.verdict == "open" and span.key in sure)]


def _with_their_kind(text: str, spans: list[NameSpan]) -> Iterator[NameSpan]:
    for run in _runs(text, spans):
        kind = _are_of_a_kind(text, run)
        for span in run:
            yield replace(span, verdict="name") if kind and not _is_pointed_at(text, span) else span


def _runs(text: str, spans: list[NameSpan]) -> Iterator[list[NameSpan]]:
    run: list[NameSpan] = []
    for span in spans:
        between = text[run[-1].fold_end : span.fold_start] if run else ""
        if run and not (_JOINT.fullmatch(between) or _goes_over(text, run[-1].fold_start, between)):
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def _goes_over(text: str, first: int, between: str) -> bool:
    """`switched from notion to obsidian`."""
    return _TO.fullmatch(between) is not None and _FROM.search(text, max(0, first - 60), first) is not None


def _are_of_a_kind(text: str, run: list[NameSpan]) -> bool:
    """Whether different brands stand together, one beyond doubt or all joined by more than a comma."""
    if len({span.key for span in run}) < 2:
        return False
    first = text[run[0].fold_start : run[0].fold_end]
    comma = _COMMA.fullmatch(text[run[0].fold_end : run[1].fold_start]) is not None
    if first in cues().adverbs_first and comma and run[0].verdict != "name":
        return False
    return len(run) > 2 or not comma or any(span.verdict == "name" for span in run)


def _is_pointed_at(text: str, span: NameSpan) -> bool:
    if span.verdict == "name":
        return False
    before = _LAST.search(text, max(0, span.fold_start - 30), span.fold_start)
    return before is not None and before[1] in cues().determiners
