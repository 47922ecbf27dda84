"""Clauses of absence in whatever words: negation, finding, sources and small words, and nothing else.

`No one seems to mention Norvane`, `Norvane isn't something I can find`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from tracker.shipped import words_of

_TOKEN = re.compile(r"[^\W\d_]+|[,;:()|•–—]|(?<=\s)-(?=\s)")
_BUT = (
    "but",
    "because",
    "although",
    "whereas",
    "while",
    "aber",
    "mais",
    "pero",
    "mas",
    "maar",
    "men",
    "ale",
    "но",
)
_ENDS = frozenset([*",;:()|•–—-", *_BUT])
_MOST = 24
_OWNS = re.compile(
    r"'?s\b|-?\s*(?:app|apps|tool|platform|product|software|service|data|review|list|page)s?\b"
)
_WITHIN = re.compile(
    r"\b(?:at|in|from|inside|through|via|with|by|bei|mit|durch|chez|dans|avec|par|en|con|por|no|na|em|com|bij|met|hos|w|z|przez|"
    r"в|на|с)\s+$"
)
_INFLECTED = re.compile(r"'?(?:d[ae]n?|t[ae]n?|ss[ae]|lt[ae]|ll[ae]|ban|ben|nal|nel)\b")
"""`I could not find it at NAME`: the name is where one looked. The same as endings."""
_ACTIVE = re.compile(
    r"\s*(?:does|did|do|can|could|will|would)(?: ?not|n't)(?: \w+ly| yet| even)* "
    r"(?!(?:appear|exist|show|come|turn|seem|look|surface|be|get)\b)\w|"
    r"\s*(?:is|was|'s)(?: ?not|n't) an?\b"
)
"""`NAME does not list …`, `NAME is not a data company` are about what it does and is."""
_BRACKETS_BEFORE, _BRACKETS_AFTER = " ([{\"'“‘„«*_", " )]}\"'”’“»*_"


@dataclass(frozen=True, slots=True)
class _Words:
    """Whole words, and beginnings of words."""

    whole: frozenset[str]
    begun: tuple[str, ...]

    def __contains__(self, word: str) -> bool:
        return word in self.whole or word.startswith(self.begun)

    def __or__(self, other: _Words) -> _Words:
        return _Words(self.whole | other.whole, self.begun + other.begun)


@dataclass(frozen=True, slots=True)
class _Lexicon:
    negation: _Words
    found: _Words
    known: _Words


@cache
def _lexicons() -> tuple[_Lexicon, ...]:
    raw = words_of("tracker.mentions", "absence_words.yaml")
    keys = ("not", "found", "filler")
    return tuple(_lexicon(*(_of(entry[key]) for key in keys)) for entry in raw.values())


def _lexicon(negation: _Words, found: _Words, filler: _Words) -> _Lexicon:
    return _Lexicon(negation, found, filler | negation | found)


def _of(entries: str) -> _Words:
    words = entries.split()
    return _Words(
        frozenset(word for word in words if not word.endswith("*")),
        tuple(word.removesuffix("*") for word in words if word.endswith("*")),
    )


def says_nothing_else(before: str, after: str) -> bool:
    """Whether the clause about a name is one of absence; both sides are of its sentence."""
    if any(sign.match(after) for sign in (_OWNS, _ACTIVE, _INFLECTED)) or _WITHIN.search(before):
        return False
    left = _TOKEN.findall(before.rstrip(_BRACKETS_BEFORE))
    right = _TOKEN.findall(after.lstrip(_BRACKETS_AFTER))
    words = [*_clause(reversed(left)), *_clause(right)]
    if len(words) > _MOST:
        return False
    return any(
        all(word in lexicon.known for word in words)
        and any(word in lexicon.negation for word in words)
        and any(word in lexicon.found for word in words)
        for lexicon in _lexicons()
    )


def _clause(tokens: Iterable[str]) -> Iterator[str]:
    return takewhile(lambda token: token not in _ENDS, tokens)
