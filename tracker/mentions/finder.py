"""Where an answer names brands."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from tracker.errors import CatalogError
from tracker.mentions import absence, company, context, markup, phrases, senses, terms, words
from tracker.mentions.folding import INVISIBLE, Folded, fold
from tracker.mentions.languages import CYRILLIC, GERMAN_NOUNS, spoken
from tracker.mentions.names import BrandNames, check_names, folded_name, phrases_of
from tracker.mentions.spellings import Spelling, spellings

READER_VERSION = 8

Stance = Literal["named", "absent"]
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ITEM = re.compile(r"\n(?=[ \t>]*(?:[-*+•#|]|\d{1,3}[.)]))")
_ABBREVIATION = re.compile(r"[A-Z][A-Z0-9]{1,5}")
_WORDS = re.compile(r"[^\W_]+")
_PHRASES = frozenset(["robin hood", "base camp", "sales force", "market place", "open table", "work place"])
"""Names in two words that are something else."""
_UMLAUTS = frozenset("äöüåø")


@dataclass(frozen=True, slots=True)
class Span:
    """`text` is the answer from code point `start` to before `end`; `standing` tells a German compound's
    first part."""

    key: int
    start: int
    end: int
    text: str
    standing: words.Standing = "whole"


@dataclass(frozen=True, slots=True)
class BrandMention:
    """`position` counts the named brands from 1 by their first offsets; absent ones follow after them."""

    key: int
    position: int
    count: int
    first_offset: int
    stance: Stance


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A folded spelling: of a name when `spellings` holds how it may be written, else of the brands' `not`
    phrases."""

    keys: tuple[int, ...]
    spellings: tuple[Spelling, ...]
    short: bool = False
    cut: str = ""
    senses: senses.Senses | None = None
    """What else it means, unless it is asked for as it is written."""


class Finder:
    """The names of one workspace's brands, ready to be looked for; two brands may not share one."""

    def __init__(self, brands: Iterable[BrandNames]) -> None:
        brands = tuple(brands)
        names = _names(brands)
        silencing: dict[str, set[int]] = {}
        for brand in brands:
            check_names(brand)
            for form in phrases_of(brand):
                silencing.setdefault(form, set()).add(brand.key)
        self._patterns = [
            *(_name_pattern(folded, key, forms) for folded, (key, forms) in names.items()),
            *(_Pattern(tuple(sorted(keys)), ()) for keys in silencing.values()),
        ]
        self._hosts = frozenset(folded for folded in names if "." in folded)
        self._automaton = AhoCorasick(
            [*names, *silencing],
            matchkind=MatchKind.Standard,
            implementation=Implementation.DFA if names else None,
        )

    def mentions(self, text: str) -> list[BrandMention]:
        """One row for each brand that the text names, in the order of positions."""
        return self._mentions(*self._name_spans(text))

    def read(self, text: str) -> tuple[list[BrandMention], list[Span]]:
        """What `mentions` and `spans` say, for the work of one of them."""
        prose, folded, spans = self._name_spans(text)
        return self._mentions(prose, folded, spans), _written(text, spans)

    def _mentions(self, prose: str, folded: Folded, spans: list[company.NameSpan]) -> list[BrandMention]:
        if not spans:
            return []
        marked = _marked(folded, prose, spans)
        by_brand: dict[int, list[tuple[int, bool]]] = {}
        for number, span in enumerate(spans):
            by_brand.setdefault(span.key, []).append(
                (span.start, absence.is_absent(marked.text, marked.at[number]))
            )
        order = sorted(
            by_brand, key=lambda key: (all(gone for _, gone in by_brand[key]), by_brand[key][0][0])
        )
        return [_mention(key, position, by_brand[key]) for position, key in enumerate(order, start=1)]

    def spans(self, text: str) -> list[Span]:
        """Every place where a brand is named, left to right and never overlapping."""
        return _written(text, self._name_spans(text)[2])

    def _name_spans(self, text: str) -> tuple[str, Folded, list[company.NameSpan]]:
        prose = markup.hide(text, self._hosts)
        folded = fold(prose)
        candidates: list[company.NameSpan] = []
        silenced: dict[int, list[tuple[int, int]]] = {}
        other: set[tuple[int, str]] = set()
        for index, start, end in self._automaton.find_matches_as_indexes(folded.text, overlapping=True):
            pattern = self._patterns[index]
            source = folded.source(start, end)
            if source is None:
                continue
            standing = words.standing(folded, prose, start, end, short=pattern.short, cut=pattern.cut)
            if not pattern.spellings:
                if standing or phrases.ends_here(folded, prose, start, end):
                    for key in pattern.keys:
                        silenced.setdefault(key, []).append((start, end))
            elif standing and pattern.senses and pattern.senses.fit(prose, *source):
                other.add((pattern.keys[0], prose[source[0] : source[1]]))
            elif standing and (verdict := _verdict(prose, *source, pattern)) != "word":
                candidates.append(company.NameSpan(pattern.keys[0], start, end, *source, standing, verdict))
        code = markup.code(text)
        named = [
            span
            for span in candidates
            if not _is_within(span.fold_start, span.fold_end, silenced.get(span.key, ()))
            and not (code and prose[span.start].islower() and _is_within(span.start, span.end, code))
            and not (other and _is_abbreviation_of(other, span.key, prose[span.start : span.end]))
        ]
        return prose, folded, company.settled(folded.text, _longest(named))


def _written(text: str, spans: Iterable[company.NameSpan]) -> list[Span]:
    return [
        Span(span.key, span.start, span.end, text[span.start : span.end], span.standing) for span in spans
    ]


def _names(brands: Sequence[BrandNames]) -> dict[str, tuple[int, list[Spelling]]]:
    """Spellings by their folded text. What a catalog says outranks what follows from it for another brand."""
    names: dict[str, tuple[int, list[Spelling]]] = {}
    owners: dict[str, BrandNames] = {}
    derived: list[tuple[BrandNames, Spelling]] = []
    for brand in brands:
        for name in (brand.name, *brand.aliases):
            folded = folded_name(brand, name, "name")
            owner = owners.setdefault(folded, brand)
            if owner.key != brand.key:
                raise CatalogError(
                    f"the brands {owner.name!r} and {brand.name!r} share the name {name!r}",
                    "a name can belong to one brand only; give one of them a longer alias instead",
                )
            first, *others = spellings(_stylised(name, brand), exact=name in brand.exact)
            names.setdefault(folded, (brand.key, []))[1].append(first)
            derived += [(brand, spelling) for spelling in others]
    for brand, spelling in derived:
        key, forms = names.setdefault(spelling.folded, (brand.key, []))
        if key == brand.key and spelling.folded not in owners:
            forms.append(spelling)
    return names


def _stylised(name: str, brand: BrandNames) -> str:
    """`Monday` of monday.com, which its company and many others write small."""
    small = name.lower()
    return small if name not in brand.exact and brand.name.startswith(f"{small}.") else name


def _name_pattern(folded: str, key: int, forms: list[Spelling]) -> _Pattern:
    cut = forms[0].cut if forms and all(one.cut for one in forms) else ""
    meant = None if any(one.meant for one in forms) else senses.senses_of(folded)
    return _Pattern((key,), tuple(forms), all(one.short for one in forms), cut, meant)


def _verdict(prose: str, start: int, end: int, pattern: _Pattern) -> company.Verdict:
    """The best of what its spellings say: where several fold alike, the mildest rule decides."""
    if pattern.short and terms.is_term(prose, start, end):
        return "word"
    if pattern.senses and pattern.senses.owns(prose, end):
        return "name"
    written = _plain(prose[start:end])
    if _ABBREVIATION.fullmatch(written) and written in senses.defined(prose):
        return "word"
    verdicts = {_as_written(prose, start, end, written, spelling) for spelling in pattern.spellings}
    return next((verdict for verdict in company.VERDICTS if verdict in verdicts), "word")


def _as_written(prose: str, start: int, end: int, written: str, spelling: Spelling) -> company.Verdict:
    if spelling.case == "parts":
        if not all(part[0].isupper() for part in _WORDS.findall(written)):
            return "small" if written[0].islower() or context.is_title(prose, start, end) else "name"
        return "open" if spelling.folded in _PHRASES or context.is_title(prose, start, end) else "name"
    if not _written_so(written, spelling):
        return "word"
    if spelling.case == "acronym":
        if written == spelling.written or written.isupper():
            return "name"
        return "small" if written.islower() else _of_an_acronym(prose, spelling)
    if spelling.case == "exact" or not spelling.words:
        return "name"
    marked = written.islower() and spelling.written.isascii() and not written.isascii()
    if not marked and not spoken(prose).any_of(_small(spelling)):
        return "name"
    if CYRILLIC in spelling.words:
        return "name" if written[:1].isupper() else "small"
    if written.isascii() and words.is_among_other_script(prose, start, end):
        return "name"
    parts = _WORDS.findall(written)
    if len(parts) > 1:
        return context.of_several(prose, start, end, parts)
    if not parts or not parts[0][0].isupper():
        stylised = (
            any(c.isupper() for c in written)
            or context.is_listed(prose, start, end)
            or context.is_compared(prose, start, end)
            or (spelling.written.islower() and context.is_stylised(prose, start, end))
        )
        return "name" if stylised else "small"
    return context.verdict(prose, start, end, spelling.words)


def _of_an_acronym(prose: str, spelling: Spelling) -> company.Verdict:
    """`Tim` of TIM is a name where its text's language has no such word."""
    return "word" if not spelling.words or spoken(prose).any_of(spelling.words) else "name"


def _small(spelling: Spelling) -> Iterable[str]:
    return ("de" if code == GERMAN_NOUNS else code for code in spelling.words)


def _written_so(written: str, spelling: Spelling) -> bool:
    if spelling.umlaut:
        return any(c in _UMLAUTS for c in written.lower())
    if spelling.case in ("any", "acronym") or written == _plain(spelling.written):
        return True
    if spelling.case == "capitals":
        return all(part[0].isupper() or part.isdigit() for part in _WORDS.findall(written))
    return spelling.case == "capital" and next((c.isupper() for c in written if c.isalpha()), False)


def _plain(text: str) -> str:
    """A spelling with its case, as a reader sees it."""
    if text.isascii() and "&" not in text and "\\" not in text:
        return " ".join(text.split())
    bare = html.unescape(_ESCAPED.sub(r"\1", text)).translate(INVISIBLE)
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def _is_abbreviation_of(other: set[tuple[int, str]], key: int, written: str) -> bool:
    """Whether the text uses this abbreviation in another sense: it keeps to one."""
    return (key, written) in other and _ABBREVIATION.fullmatch(written) is not None


def _is_within(first: int, last: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= first and last <= end for start, end in spans)


def _longest(spans: list[company.NameSpan]) -> list[company.NameSpan]:
    """Leftmost first, then longest; what overlaps one taken is dropped."""
    taken: list[company.NameSpan] = []
    for span in sorted(spans, key=lambda p: (p.fold_start, -p.fold_end)):
        if not taken or taken[-1].fold_end <= span.fold_start:
            taken.append(span)
    return taken


@dataclass(frozen=True, slots=True)
class _Marked:
    text: str
    at: list[int]


def _marked(folded: Folded, prose: str, spans: list[company.NameSpan]) -> _Marked:
    """The folded text with names as `absence.NAME`, and with the line ends that begin a list item kept."""
    text = folded.text
    pieces, copied = [], 0
    for item in _ITEM.finditer(prose):
        place = folded.index(item.start())
        if place >= copied:  # two of them may lie in one gap
            pieces += [text[copied:place], "\n"]
            copied = place + 1
    text = "".join([*pieces, text[copied:]])
    parts, at, shorter, copied = [], [], 0, 0
    for span in spans:
        parts += [text[copied : span.fold_start], absence.NAME]
        at.append(span.fold_start - shorter)
        shorter += span.fold_end - span.fold_start - 1
        copied = span.fold_end
    return _Marked("".join([*parts, text[copied:]]), at)


def _mention(key: int, position: int, seen: list[tuple[int, bool]]) -> BrandMention:
    stance: Stance = "absent" if all(gone for _, gone in seen) else "named"
    return BrandMention(key, position, len(seen), seen[0][0], stance)
