"""Where an answer names brands."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from tracker.errors import CatalogError
from tracker.mentions import absence, markup, words
from tracker.mentions.folding import INVISIBLE, Folded, fold, fold_name

READER_VERSION = 3

Stance = Literal["named", "absent"]
_Case = Literal["any", "capital", "exact"]
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ITEM = re.compile(r"\n(?=[ \t>]*(?:[-*+•#|]|\d{1,3}[.)]))")


@dataclass(frozen=True, slots=True)
class BrandNames:
    key: int
    name: str
    aliases: tuple[str, ...] = ()
    not_phrases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """`text` is the answer from code point `start` to before `end`."""

    key: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """`position` counts the named brands from 1 by their first offsets; absent ones follow after them."""

    key: int
    position: int
    count: int
    first_offset: int
    stance: Stance


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A folded spelling: of a name when `spellings` holds how it may be written, else of the brand's `not` phrases."""

    keys: tuple[int, ...]
    spellings: tuple[str, ...]
    case: _Case
    short: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """An occurrence, in the folded text and in the answer."""

    key: int
    fold_start: int
    fold_end: int
    start: int
    end: int


class Finder:
    """The names of one workspace's brands, ready to be looked for; two brands may not share one."""

    def __init__(self, brands: Iterable[BrandNames]) -> None:
        names: dict[str, tuple[BrandNames, list[str]]] = {}
        phrases: dict[str, set[int]] = {}
        for brand in brands:
            for spelling in (brand.name, *brand.aliases):
                _add_name(names, brand, spelling)
            for phrase in brand.not_phrases:
                folded = _folded(brand, phrase, "phrase under `not`")
                for form in (folded, _hyphenated(folded)):
                    phrases.setdefault(form, set()).add(brand.key)
        _add_hyphenated(names)
        patterns = {
            folded: _name_pattern(brand.key, spellings) for folded, (brand, spellings) in names.items()
        }
        self._patterns = [
            *patterns.values(),
            *(_Pattern(tuple(sorted(keys)), (), "any", False) for keys in phrases.values()),
        ]
        self._hosts = frozenset(folded for folded in patterns if "." in folded)
        self._automaton = AhoCorasick(
            [*patterns, *phrases],
            matchkind=MatchKind.Standard,
            implementation=Implementation.DFA if patterns else None,
        )

    def mentions(self, text: str) -> list[Mention]:
        """One row for each brand that the text names, in the order of positions."""
        prose, folded, places = self._places(text)
        if not places:
            return []
        marked = _marked(folded, prose, places)
        by_brand: dict[int, list[tuple[int, bool]]] = {}
        for number, place in enumerate(places):
            by_brand.setdefault(place.key, []).append(
                (place.start, absence.is_absent(marked.text, marked.at[number]))
            )
        order = sorted(
            by_brand, key=lambda key: (all(gone for _, gone in by_brand[key]), by_brand[key][0][0])
        )
        return [_mention(key, position, by_brand[key]) for position, key in enumerate(order, start=1)]

    def spans(self, text: str) -> list[Span]:
        """Every place where a brand is named, left to right and never overlapping."""
        _, _, places = self._places(text)
        return [Span(place.key, place.start, place.end, text[place.start : place.end]) for place in places]

    def _places(self, text: str) -> tuple[str, Folded, list[_Place]]:
        prose = markup.hide(text, self._hosts)
        folded = fold(prose)
        found: list[_Place] = []
        phrases: dict[int, list[tuple[int, int]]] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(folded.text, overlapping=True):
            pattern = self._patterns[index]
            source = folded.source(start, end)
            if source is None or not words.is_word(folded, prose, start, end, short=pattern.short):
                continue
            if not pattern.spellings:
                for key in pattern.keys:
                    phrases.setdefault(key, []).append((start, end))
            elif _written_so(prose[source[0] : source[1]], pattern):
                found.append(_Place(pattern.keys[0], start, end, *source))
        return (
            prose,
            folded,
            _longest([place for place in found if not _is_within(place, phrases.get(place.key, ()))]),
        )


def _add_name(names: dict[str, tuple[BrandNames, list[str]]], brand: BrandNames, spelling: str) -> None:
    folded = _folded(brand, spelling, "name")
    owner, spellings = names.setdefault(folded, (brand, []))
    if owner.key != brand.key:
        raise CatalogError(
            f"the brands {owner.name!r} and {brand.name!r} share the name {spelling!r}",
            "a name can belong to one brand only; give one of them a longer alias instead",
        )
    spellings.append(spelling)


def _add_hyphenated(names: dict[str, tuple[BrandNames, list[str]]]) -> None:
    """`Rolls Royce` is also written `Rolls-Royce`; the other way about it is not so: `on page` is not On-Page."""
    for folded, (brand, spellings) in list(names.items()):
        names.setdefault(_hyphenated(folded), (brand, [_hyphenated(one) for one in spellings]))


def _hyphenated(words: str) -> str:
    return "-".join(words.split())


def _folded(brand: BrandNames, spelling: str, what: str) -> str:
    folded = fold_name(spelling)
    if not any(c.isalnum() or ord(c) > 0x7F for c in folded) or "\0" in folded:
        raise CatalogError(
            f"the brand {brand.name!r} has a {what} without a letter or digit: {spelling!r}",
            "remove it or write it out",
        )
    return folded


def _name_pattern(key: int, spellings: list[str]) -> _Pattern:
    """Where several spellings fold alike, the one with the mildest rule decides."""
    case = min(map(_case, spellings), key=("any", "capital", "exact").index)
    short = all(0 < _letters(spelling) <= 2 for spelling in spellings)
    return _Pattern((key,), tuple(map(_plain, spellings)), case, short)


def _case(spelling: str) -> _Case:
    cased = [c for c in spelling if c.lower() != c.upper()]
    if not cased:
        return "any"
    letters = _letters(spelling)
    capitals = all(c.isupper() for c in cased)
    if letters <= 2 or (capitals and letters == 3):
        return "exact"
    return "capital" if capitals and letters <= 5 else "any"


def _letters(spelling: str) -> int:
    return sum(c.isalpha() and c.lower() != c.upper() for c in spelling)


def _written_so(text: str, pattern: _Pattern) -> bool:
    if pattern.case == "any":
        return True
    written = _plain(text)
    if written in pattern.spellings:
        return True
    return pattern.case == "capital" and next((c.isupper() for c in written if c.isalpha()), False)


def _plain(text: str) -> str:
    """A spelling with its case, as a reader sees it."""
    bare = html.unescape(_ESCAPED.sub(r"\1", text)).translate(INVISIBLE)
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def _is_within(place: _Place, phrases: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place.fold_start and place.fold_end <= end for start, end in phrases)


def _longest(places: list[_Place]) -> list[_Place]:
    """Leftmost first, then longest; what overlaps one taken is dropped."""
    taken: list[_Place] = []
    for place in sorted(places, key=lambda p: (p.fold_start, -p.fold_end)):
        if not taken or taken[-1].fold_end <= place.fold_start:
            taken.append(place)
    return taken


@dataclass(frozen=True, slots=True)
class _Marked:
    text: str
    at: list[int]


def _marked(folded: Folded, prose: str, places: list[_Place]) -> _Marked:
    """The folded text with names as `absence.NAME`, and with the line ends that begin a list item kept."""
    text = list(folded.text)
    for item in _ITEM.finditer(prose):
        text[bisect_left(folded.starts, item.start())] = "\n"
    parts, at, length, done = [], [], 0, 0
    for place in places:
        between = "".join(text[done : place.fold_start])
        length += len(between)
        parts += [between, absence.NAME]
        at.append(length)
        length += 1
        done = place.fold_end
    return _Marked("".join([*parts, *text[done:]]), at)


def _mention(key: int, position: int, seen: list[tuple[int, bool]]) -> Mention:
    stance: Stance = "absent" if all(gone for _, gone in seen) else "named"
    return Mention(key, position, len(seen), seen[0][0], stance)
