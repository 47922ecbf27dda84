"""Statements that a name was *not* found: "no results for Norvane", "Norvane is not listed", and so on.

They are read around each name of a brand, in folded text in which names have become `NAME`: by
what stands before it in its sentence, by what follows, or by both. Other names and filler words may stand
between, as in "nothing about Acme or a firm called Norvane". A missing detail is no absence: "no
information about Norvane's prices" and "Norvane has no free plan" name the brand, and so does whatever
these phrases do not know.
"""

from __future__ import annotations

import re

from tracker.mentions.absence_hints import HINTS, NAME

__all__ = ["NAME", "is_absent"]

_REACH = 160
_HINT = re.compile(HINTS)
_MOST_WORDS = 1 << 16
_SENTENCE_END = re.compile(r"[!?。！？;；؟؛।۔\n](?!$)|\.(?=\s)")
_LAST_SENTENCE_END = re.compile(rf".*(?:{_SENTENCE_END.pattern})", re.DOTALL)
# A list of bare names after a colon belongs to the sentence that the colon ends.
_LISTED = re.compile(rf":[*_]*\s*\n(?:[\s\-*•\d.)_]*{NAME}[*_\s.,;]*\n)*[\s\-*•\d.)_]*$")

_UNSURE = re.compile(
    r"\b(?:possible|perhaps|maybe|may|might|could you|can you|whether|if|sure|unsure|clarify|misspel\w*)\b|"
    r"\?$"
)
_PRONOUN = re.compile(
    r"\b(?:it|them|(?:this|that|such an?|the) (?:company|brand|product|tool|name|business|service|app|"
    r"software|platform|firm|provider|vendor))(?=\W*$)"
)


class _Hinted(dict[str, bool]):
    """Whether a word, with the signs about it, holds a hint: no hint holds a space."""

    def __missing__(self, word: str) -> bool:
        if len(self) >= _MOST_WORDS:
            self.clear()
        self[word] = hinted = _HINT.search(word) is not None
        return hinted


_HINTED = _Hinted()


def is_absent(marked: str, index: int) -> bool:
    """Whether the `NAME` at `marked[place]` stands in a statement of absence."""
    before = _sentence_before(marked, index)
    after = _sentence_after(marked, index)
    return _says_so(before, after) or _says_so_next(marked, index, before, after)


def _says_so(before: str, after: str) -> bool:
    if not any(map(_HINTED.__getitem__, f"{before} {after}".split())):
        return False
    from tracker.mentions import absence_phrases as phrases  # half a second to compile, and seldom needed

    if phrases.BEFORE.search(before) or phrases.AFTER.match(after):
        return True
    if not phrases.AROUND_LEFT.search(before):
        return False
    return any(left.search(before) and right.match(after) for left, right in phrases.AROUND)


def _says_so_next(marked: str, index: int, before: str, after: str) -> bool:
    """`It may be that NAME is very new; I found no information on it.`"""
    if not _UNSURE.search(before) and not _UNSURE.search(after):
        return False
    following = _sentence_after(marked, index + len(after))
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
