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
_SENTENCE_END = re.compile(r"[!?。！？;；؟؛।۔\n](?!$)|\.(?=\s)")
# A list of bare names after a colon belongs to the sentence that the colon ends.
_LISTED = re.compile(rf":[*_]*\s*\n(?:[\s\-*•\d.)_]*{NAME}[*_\s.,;]*\n)*[\s\-*•\d.)_]*$")


def is_absent(marked: str, index: int) -> bool:
    """Whether the `NAME` at `marked[place]` stands in a statement of absence."""
    before = _sentence_before(marked, index)
    after = _sentence_after(marked, index)
    if not _HINT.search(before) and not _HINT.search(after):
        return False
    from tracker.mentions import absence_phrases as phrases  # half a second to compile, and seldom needed

    if phrases.BEFORE.search(before) or phrases.AFTER.match(after):
        return True
    if not phrases.AROUND_LEFT.search(before):
        return False
    return any(left.search(before) and right.match(after) for left, right in phrases.AROUND)


def _sentence_before(marked: str, index: int) -> str:
    window = _LISTED.sub(": ", marked[max(0, index - _REACH) : index])
    end = 0
    for match in _SENTENCE_END.finditer(window):
        end = match.end()
    return window[end:]


def _sentence_after(marked: str, index: int) -> str:
    window = marked[index + 1 : index + 1 + _REACH]
    end = _SENTENCE_END.search(window)
    return window[: end.start() + 1] if end else window
