"""Statements that a name was *not* found: "no results for Norvane", "Norvane is not listed", and so on.

They are read around each name of a brand, in folded text in which names have become `NAME`: by
what stands before it in its sentence, by what follows, or by both. Other names and filler words may stand
between, as in "nothing about Acme or a firm called Norvane". A missing detail is no absence: "no
information about Norvane's prices" and "Norvane has no free plan" name the brand, and so does whatever
these phrases do not know.
"""

from __future__ import annotations

import re
from typing import Literal

from tracker.mentions.absence_clauses import says_nothing_else
from tracker.mentions.absence_hints import HINTS, NAME

__all__ = ["NAME", "is_absent"]

_REACH = 160
_HINT = re.compile(HINTS)
_MOST_WORDS = 1 << 16
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"[!?。！？;；؟؛।۔\n](?!$)|\.(?=\s)")
_LAST_SENTENCE_END = re.compile(rf".*(?:{_SENTENCE_END.pattern})", re.DOTALL)
# A list of bare names after a colon belongs to the sentence that the colon ends.
_LISTED = re.compile(rf":[*_]*\s*\n(?:[\s\-*•\d.)_]*{NAME}[*_\s.,;]*\n)*[\s\-*•\d.)_]*$")

_UNSURE = re.compile(
    r"(?:possible|perhaps|maybe|may|might|could|whether|if|sure|unsure|clarify)[,:]?|[^?]+\?"
)
_PRONOUN = re.compile(
    r"\b(?:it|them|(?:this|that|such an?|the) (?:company|brand|product|tool|name|business|service|app|"
    r"software|platform|firm|provider|vendor))(?=\W*$)"
)


Hint = Literal["", "absence", "unsure"]


class _Hints(dict[str, Hint]):
    """What a word, with the signs about it, hints at: no hint of absence holds a space."""

    def __missing__(self, word: str) -> Hint:
        if len(self) >= _MOST_WORDS:
            self.clear()
        hint: Hint = "absence" if _HINT.search(word) else "unsure" if _UNSURE.fullmatch(word) else ""
        self[word] = hint
        return hint


_HINTS = _Hints()


def is_absent(marked: str, index: int) -> bool:
    """Whether the `NAME` at `marked[place]` stands in a statement of absence."""
    before = _sentence_before(marked, index)
    after = _sentence_after(marked, index)
    hints = set(map(_HINTS.__getitem__, f"{before} {after}".split()))
    if "absence" in hints and _says_so(before, after):
        return True
    return "unsure" in hints and _says_so_next(marked, index + len(after))


def _says_so(before: str, after: str) -> bool:
    from tracker.mentions import absence_phrases as phrases  # half a second to compile, and seldom needed

    if phrases.AFTER.match(after):
        return True
    if _LETTER.search(before) is not None:  # every phrase before a name has words
        if phrases.BEFORE.search(before):
            return True
        if phrases.AROUND_LEFT.search(before) and any(
            left.search(before) and right.match(after) for left, right in phrases.AROUND
        ):
            return True
    return says_nothing_else(before, after)


def _says_so_next(marked: str, end: int) -> bool:
    """`It may be that NAME is very new; I found no information on it.`"""
    following = _sentence_after(marked, end)
    pronoun = _PRONOUN.search(following)
    return pronoun is not None and _says_so(following[: pronoun.start()].lstrip(), following[pronoun.end() :])


def _sentence_before(marked: str, index: int) -> str:
    window = marked[max(0, index - _REACH) : index]
    if ":" in window:
        window = _LISTED.sub(": ", window)
    end = _LAST_SENTENCE_END.match(window)
    return window[end.end() :] if end else window


def _sentence_after(marked: str, index: int) -> str:
    window = marked[index + 1 : index + 1 + _REACH]
    end = _SENTENCE_END.search(window)
    return window[: end.start() + 1] if end else window
