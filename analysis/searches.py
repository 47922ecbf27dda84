"""What an engine searched for before it answered, and which of the tracked prompts that is about.

A search belongs to the topic of the prompt that shares most of its telling words with it, if that is at least
half of them (`SHARE`); telling are the words that are no stop words of the search's language or of English. A
search of which no prompt says half is asked by engines and tracked by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from stopwordsiso import has_lang, stopwords

from analysis.frames import PromptFact

SHARE = 0.5
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Search:
    """One search, and the topic it belongs to; None where no prompt asks for it."""

    query: str
    topic: str | None
    prompt_id: int | None


def searches(queries: Iterable[str], prompts: Iterable[PromptFact]) -> list[Search]:
    """Each query with the prompt that says most of it."""
    said = [(prompt, _telling(prompt.text, prompt.language)) for prompt in prompts]
    return [_search(query, said) for query in queries]


def _search(query: str, said: list[tuple[PromptFact, frozenset[str]]]) -> Search:
    def shared(each: tuple[PromptFact, frozenset[str]]) -> tuple[float, float]:
        prompt, words = each
        asked = _telling(query, prompt.language)
        both = len(asked & words)
        return both / max(len(asked), 1), both / max(len(words), 1)

    best = max(said, key=shared, default=None)
    if best is None or shared(best)[0] < SHARE:
        return Search(query, None, None)
    return Search(query, best[0].topic, best[0].id)


def _telling(text: str, language: str | None) -> frozenset[str]:
    words = frozenset(_WORDS.findall(text.casefold()))
    return words - _stop("en") - _stop((language or "en")[:2].lower())


@cache
def _stop(language: str) -> frozenset[str]:
    return frozenset(stopwords(language)) if has_lang(language) else frozenset()
