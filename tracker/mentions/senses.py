"""What else some names mean: the UPS that holds a battery, GM crops, Apple pie, the planet Mercury.

Told by the words beside them (`senses.yaml`), and for abbreviations by the small words before their brackets:
`generative engine optimization (GEO)` is no company in that answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from tracker.mentions.folding import fold, fold_name
from tracker.mentions.hanzi import other_hanzi
from tracker.shipped import words_of

_REACH = 120
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
_NEXT = re.compile(r"['’]?[\s-]*([^\W_]+(?:/[^\W_]+)?)")
_LAST = re.compile(r"([^\W_]+(?:['’][^\W_]+)?)[\"“(]?[\s-]*$")
_DEFINED = re.compile(r"\b((?:[A-Z]?[a-z'’]+[\s-]+)(?:[a-z][a-z'’]*[\s-]+){0,6})\(([A-Z][A-Z0-9]{1,5})s?\)")
_JOINING = frozenset(["of", "and", "the", "for", "in", "to", "a", "an", "on", "by", "with", "or", "as"])


@dataclass(frozen=True, slots=True)
class Senses:
    """Patterns of folded words."""

    after: re.Pattern[str] | None
    before: re.Pattern[str] | None
    near: re.Pattern[str] | None
    own: re.Pattern[str] | None

    def owns(self, prose: str, end: int) -> bool:
        """Whether what follows is sold by the company alone."""
        word = _NEXT.match(prose, end) if self.own else None
        return word is not None and self.own is not None and bool(self.own.fullmatch(fold(word[1]).text))

    def fit(self, prose: str, start: int, end: int) -> bool:
        """Whether its neighbours say that it means something else."""
        before, after = prose[max(0, start - _REACH) : start], prose[end : end + _REACH]
        if self.after and (word := _NEXT.match(after)) and self.after.fullmatch(fold(word[1]).text):
            return True
        if self.before and (word := _LAST.search(before)) and self.before.fullmatch(fold(word[1]).text):
            return True
        if not self.near:
            return False
        sentence = _SENTENCE_END.split(before)[-1] + " " + _SENTENCE_END.split(after)[0]
        return any(self.near.fullmatch(word) for word in re.findall(r"[^\W_]+", fold(sentence).text))


def senses_of(folded: str) -> Senses | None:
    return next(filter(None, map(_table().get, (folded, *map(fold_name, other_hanzi(folded))))), None)


@lru_cache(maxsize=8)
def defined(prose: str) -> frozenset[str]:
    """Abbreviations that the text itself makes of words in small letters."""
    found = set()
    if "(" in prose:
        for match in _DEFINED.finditer(prose):
            words = re.findall(r"[a-z]+", match[1].lower())
            initials = "".join(word[0] for word in words).upper()
            bare = "".join(word[0] for word in words if word not in _JOINING).upper()
            if initials.endswith(match[2]) or bare.endswith(match[2]):
                found.add(match[2])
    return frozenset(found)


@cache
def _table() -> dict[str, Senses]:
    raw = words_of("tracker.mentions", "senses.yaml")
    return {
        name: Senses(*(_any(entry.get(key, "").split()) for key in ("after", "before", "near", "own")))
        for name, entry in raw.items()
    }


def _any(words: Iterable[str]) -> re.Pattern[str] | None:
    words = [re.escape(word).replace(r"\*", r"\w*") for word in words]
    return re.compile("|".join(words)) if words else None
