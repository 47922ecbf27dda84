"""`not` phrases: what a brand's name means elsewhere, in the forms in which it is written.

`target market` is also target markets, target-market, target's market and **target** market.
"""

from __future__ import annotations

import re
from itertools import product

from tracker.mentions.folding import Folded
from tracker.mentions.languages import takes_ending

_MOST_WORDS = 4
_REST = re.compile(r"(?:s'|'?s|es|'|e?n|er?n?|em|ies|e|ed|ing|[^\W\d_]{1,3})(?![\w'])")
_ENDINGS = frozenset(["n", "en", "er", "ern", "em", "ies", "e", "ed", "ing"])
_PLURAL = re.compile(r"(?:s'|'?s|es|')(?![\w'])")


def forms(folded: str) -> set[str]:
    words = folded.split()
    if len(words) == 1:
        return {folded}
    *inner, last = words
    if len(words) > _MOST_WORDS:
        ways = [tuple(inner)]
    else:
        ways = list(product(*((word, f"{word}s", f"{word}'s") for word in inner)))
    lasts = [last, f"{last[:-1]}ies"] if last.endswith("y") else [last]
    return {joint.join((*way, end)) for way in ways for end in lasts for joint in (" ", "-")}


def ends_here(folded: Folded, source: str, start: int, end: int) -> bool:
    """Whether a phrase's last word goes on with no more than an ending."""
    text = folded.text
    of_several = any(c in " -" for c in text[start:end])
    rest = (_REST if of_several else _PLURAL).match(text, end)
    if rest is None:
        return False
    if rest[0] in ("s", "es", "'s", "'", "s'") or (of_several and rest[0] in _ENDINGS):
        return True
    return takes_ending(source, rest[0], text[end - 1], stem=False)
