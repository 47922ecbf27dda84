"""Short names that are also units, amounts, variables or parts of terms: 3M and $3M, X and vitamin X, dm and
10 dm."""

from __future__ import annotations

import re

from tracker.mentions.context import cues
from tracker.mentions.folding import fold_name
from tracker.mentions.languages import languages_of

_AMOUNT = re.compile(r"\d+(?:[.,]\d+)?\s?[KMBTkmbt]")
_MONEY = re.compile(r"(?:[$€£¥₹]|\b(?:USD|EUR|GBP|Rs\.?))\s?$")
_COUNTED = re.compile(
    r"[+]?\s+(?:(?:active|monthly|daily|paying|registered|new|total|unique|global|annual|more)\s+){0,2}"
    r"(?:users?|customers?|people|downloads?|visitors?|visits|records?|subscribers?|members?|views?|"
    r"followers?|"
    r"players?|installs?|rows?|documents?|tokens?|parameters?|companies|businesses|dollars|euros|"
    r"pounds|items?|"
    r"listings?|contacts?|messages?|requests?|in (?:funding|revenue|sales|arr|annual|seed|series)|"
    r"raised(?! (?:its|their|his|her|the|prices?|guidance|\w+ prices?)\b)|"
    r"arr|mrr|funding|revenue|round|seed)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"x|[mcdkn]?m|k?g|mg|[mcd]?l|h|s|min|[km]?w|k?v|[vakcf]|[kmg]?hz|d?b|[gtmk]b|in|ft|oz|lb|pt|qt|hp|ps|bp|ma|pa|nm|ha|px|"
    r"em|hr|yr|mo|am|pm|bn|mn",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d\s?$")
_KIND = re.compile(
    r"\b(?:fig\.|vitamin|factor|generation|gen|option|plan|product|company|brand|variable|value|point|"
    r"type|grade|level|class|"
    r"series|model|section|appendix|group|team|section|phase|exhibit|figure|table|column|row|"
    r"chromosome|planet|project|"
    r"malcolm|iphone|xbox|mac os|os|solve for|movie|film|letter|category|episode|track|vitamins|axis)\s$",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"[a-z,;]['’”\"]?\s+[A-ZÀ-Þ][\w-]*\s$")
_INITIAL = re.compile(r"\.\s?(?:[A-ZÀ-Þ]\.\s?)*(?P<surname>[A-ZÀ-Þ][\w'’-]+)")
_GIVEN_NAME = re.compile(r"([A-ZÀ-Þ][\w'’-]+)\s$")
_BEFORE_INITIAL = re.compile(r"(?:^|[\n,;:(/•*-]|[A-ZÀ-Þ][\w.'’-]*|\b(?:by|and|with|from|like))\s*$")
_STOOD_FOR = re.compile(
    r"\s?%|\s+(?:factor|axis|chromosomes?|rays?|coordinate|marks the|times|number of|amount of|"
    r"drive|chord|major|minor|squared|value|string|clamp|clef|section|movie|day\b|"
    r"percent|and Y\b|or Y\b|per cent)|\s*[=+*/^²]\s*\w"
)


def is_term(prose: str, start: int, end: int) -> bool:
    """Whether `prose[start:end]`, a name of at most two letters, is a part of an amount or longer term."""
    name, before, after = prose[start:end], prose[max(0, start - 40) : start], prose[end : end + 60]
    if _AMOUNT.fullmatch(name):
        return _MONEY.search(before) is not None or _COUNTED.match(after) is not None
    if _UNIT.fullmatch(name) and _NUMBER.search(before):
        return True
    if len(name) > 1:
        return False
    if any((_KIND.search(before), _NAME_BEFORE.search(before), _STOOD_FOR.match(after))):
        return True
    initial = _INITIAL.match(after)
    if initial is not None and (given := _GIVEN_NAME.search(before)):
        return given[1].lower() not in cues().before
    if initial is None or not _BEFORE_INITIAL.search(before):
        return False
    return not languages_of(fold_name(initial["surname"]))
