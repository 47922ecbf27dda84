"""Which languages a text may be in, by its small words and letters, and what names take on in them.

It is asked only where the answer matters: how a word that goes on after a name ends, and whether a name is a
word of the text's language. A text of few words may be in several.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from tracker.mentions.folding import fold_name
from tracker.shipped import words_of

_READ = 1500
_PECULIAR = 2
_SURE = 4
_LEAST_SIGNED = 4
_TOKEN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Language:
    words: frozenset[str]
    letters: frozenset[str]
    signs: tuple[str, ...]
    accented: frozenset[str]
    joined: re.Pattern[str] | None
    endings: frozenset[str]
    stem_endings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spoken:
    codes: frozenset[str]
    inflecting: frozenset[str]
    """Those of which enough was read to take a letter more for an ending."""
    sure: bool
    """Whether enough was read to exclude the others."""

    def any_of(self, codes: Iterable[str]) -> bool:
        """Whether the text may be in one of these; English stands beside what is too short to tell."""
        wanted = frozenset(codes)
        return bool(wanted & self.codes) or (not self.sure and "en" in wanted)


@lru_cache(maxsize=8)
def spoken(text: str) -> Spoken:
    head = text[:_READ].lower()
    scores: Counter[str] = Counter()
    tokens = set(_TOKEN.findall(head))
    for word in _speakers().keys() & tokens:
        speakers = _speakers()[word]
        for code in speakers:
            scores[code] += _PECULIAR if len(speakers) == 1 else 1
    if not head.isascii():
        letters = frozenset(head)
        for code, language in table().items():
            scores[code] += _PECULIAR * len(language.letters & letters)
    if max(scores.values(), default=0) < _SURE:
        accents = frozenset(c for c in head if c.isalpha() and not c.isascii())
        for code, language in table().items():
            scores[code] += sum(
                len(word) > _LEAST_SIGNED and word.endswith(language.signs) for word in tokens
            )
            scores[code] += bool(accents) and accents <= language.accented
            scores[code] += _PECULIAR * bool(language.joined and language.joined.search(head))
    best = max(scores.values(), default=0)
    codes = {code: score for code, score in scores.items() if score and score >= 0.6 * best}
    inflecting = frozenset(code for code, score in codes.items() if score >= _PECULIAR)
    return Spoken(frozenset(codes), inflecting, best >= _SURE)


@cache
def _speakers() -> dict[str, tuple[str, ...]]:
    """The languages of each small word; one that no other language has says more."""
    codes: dict[str, tuple[str, ...]] = {}
    for code, language in table().items():
        for word in language.words:
            codes[word] = (*codes.get(word, ()), code)
    return codes


@cache
def _endings() -> frozenset[str]:
    return frozenset("n").union(*(language.endings | language.stem_endings for language in table().values()))


def takes_ending(text: str, rest: str, last: str, *, stem: bool) -> bool:
    """Whether `rest`, folded, is an ending of names in a language of the text; `last` is the name's last
    letter.

    Hungarian -val and -vel repeat it instead of the v.
    """
    if rest not in _endings() and rest not in (f"{last}al", f"{last}el"):
        return False
    codes = spoken(text).inflecting
    if not stem and rest == "n" and last == "e" and "de" in codes:
        return True
    if not stem and "hu" in codes and rest in (f"{last}al", f"{last}el"):
        return True
    languages = table()
    return any(rest in (languages[code].stem_endings if stem else languages[code].endings) for code in codes)


@cache
def table() -> dict[str, Language]:
    raw = words_of("tracker.mentions", "languages.yaml")
    return {
        code: Language(
            frozenset(entry.get("words", "").split()),
            frozenset(str(entry.get("letters", "")).replace(" ", "")),
            tuple(entry.get("signs", "").split()),
            frozenset(entry.get("accented", "")),
            re.compile(entry["joined"]) if "joined" in entry else None,
            _folded(entry.get("endings", "")),
            _folded(entry.get("stem_endings", "")),
        )
        for code, entry in raw.items()
    }


def _folded(words: str) -> frozenset[str]:
    return frozenset(map(fold_name, words.split()))


# Vocabulary
# ---------------------------------------------------------------------------------------------------------

CYRILLIC = "cyrillic"
"""Companies' names that are everyday words, and are names with a capital wherever they stand."""
LISTED = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "da", "tr")
CODES = (CYRILLIC, *LISTED, "fi", "hu", "cs", "sk", "ro", "id")
GERMAN_NOUNS = "de_nouns"


def languages_of(word: str) -> frozenset[str]:
    """Languages of which `word`, folded, is a word that is written small; `GERMAN_NOUNS` has those that are
    not."""
    return frozenset(code for code in (*CODES, GERMAN_NOUNS) if word in _vocabulary(code))


@cache
def _vocabulary(code: str) -> frozenset[str]:
    words = ""
    if code in (CYRILLIC, GERMAN_NOUNS, *LISTED):
        words = resources.files("tracker.mentions").joinpath(f"vocabulary/{code}.txt").read_text("utf-8")
    return frozenset(words.split()) | _homonyms().get(code, frozenset())


@cache
def _homonyms() -> dict[str, frozenset[str]]:
    raw = words_of("tracker.mentions", "vocabulary/homonyms.yaml")
    return {code: frozenset(words.split()) for code, words in raw.items()}
