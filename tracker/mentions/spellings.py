"""One name → the spellings that people and models write for it.

Coca-Cola, Coca Cola and CocaCola; & and "and"; McDonalds for McDonald's; Yahoo for Yahoo!; Gruenfeld for
Grünfeld and Müller for Mueller; Demand IQ for DemandIQ; E. Leclerc for E.Leclerc; Home Depot for The Home
Depot; 淘寶 for 淘宝. What becomes an everyday word by being joined (Work Day → workday) is left out; what
becomes several by being split (Linked In) or loses its article must keep its capitals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tracker.mentions.folding import fold_name
from tracker.mentions.hanzi import other_hanzi
from tracker.mentions.languages import CYRILLIC, GERMAN_NOUNS, languages_of

Case = Literal["any", "capital", "acronym", "exact", "capitals", "parts"]
"""`parts`: two words that are a name beside others only, or where it is named otherwise too."""
_MOST = 32
_LEAST_PART = 4
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
_WRITTEN_UMLAUT = re.compile(r"(?<![aeq])ue|ae|oe", re.IGNORECASE)
_CAMEL = re.compile(r"[A-ZÀ-Þ]?[^\W\d_A-ZÀ-Þ]+|[A-ZÀ-Þ]+(?![^\W\d_A-ZÀ-Þ])|\d+")
_AND = re.compile(r"(?<=\w\w\s)(?:and|und|et|y|e|en|og|och)(?=\s\w\w)", re.IGNORECASE)
_INITIAL_AND = re.compile(r"\b\w and \w|\w and \w\b")
"""`AT and T`, whose small letters are words."""
_LETTER_AND_DIGITS = re.compile(r"[A-Za-z]\d+")
_TITLE = re.compile(r"\b(?:Dr|Mrs?|St|Ft|Mt)\b(?!\.)")
_ARTICLE = re.compile(r"The (?=\S+ \S)")
_INITIAL = re.compile(r"(?<!\w)([^\W\d_]\.) ?(?=[^\W\d_]{4})")
_GERMAN_ADJECTIVE = re.compile(r"\w*(?:sche|iche|ige|ste|eue|eine)(?= )", re.IGNORECASE)
_STEMS = re.compile(r"(?P<cut>[aoeаояйьёοηα]|[οηα]σ|(?P<fleeting>[eeоeе])(?P<kept>[kcкц]))$")


@dataclass(frozen=True, slots=True)
class Spelling:
    """`folded` is looked for; `written` is what it must look like where `case` asks for that."""

    folded: str
    written: str
    case: Case = "any"
    short: bool = False
    umlaut: bool = False
    """It must be written with a mark on a letter: Müller is Mueller, Muller is not."""
    cut: str = ""
    """What a stem lacks to be the name; another ending must follow: Алис is Алиса as Алисе, Алису …"""
    words: frozenset[str] = frozenset()
    """Languages in which it is everyday words."""
    meant: bool = False
    """Whether a user asked for just this, whatever else it may mean."""


_SOFTENED = {"ka": "c", "ка": "ц", "ra": "rz", "ro": "rz", "ga": "dz", "da": "dz", "ta": "c", "га": "з"} | {
    "ha": "z"
}
"""Żabka: Żabce, Zara: Zarze, Kanada: Kanadzie."""

_WEAKENED = tuple(
    (re.compile(strong), weak)
    for strong, weak in (
        (r"(?<=\w\w)(kk|pp|tt)(?=[aeiouy]$)", lambda pair: pair[0][0]),
        (r"(?<=\w\w)nk(?=[aeiouy]$)", "ng"),
        (r"(?<=\w\w)nt(?=[aeiouy]$)", "nn"),
        (r"(?<=\w\w)nen$", "se"),
        (r"(?<=\w[aeiouy]h)ti$", "de"),
        (r"(?<=\w[aeiouy])s$", "kse"),
        (r"(?<=\w[b-df-hj-np-tv-z])i$", "e"),
        (r"(?<=[a-z][a-z]h)t(?=[aeiouy]$)", "d"),
        (r"(?<=[a-z][a-z])t$", "c"),
        (r"(?<=[a-z][a-z])d$", "dz"),
        (r"(?<=[a-z][aeiou])k$", "g"),
        (r"(?<=[a-z][a-z])r$", "rz"),
        (r"(?<=[a-z][a-z])e(?=[lr]$)", ""),
        (r"(?<=[a-z][a-z][a-z])[yi]$", ""),
        (r"(?<=[а-яіїєґ][а-яіїєґ])[иыіо]й$", ""),
        (r"(?<=[а-яіїєґ][а-яіїєґ])[ыи]$", ""),
        (r"(?<=[а-яіїєґ])і(?=[бвгґджзклмнпрстфхцчшщ]$)", "о"),
        (r"(?<=[а-яіїєґ])і(?=[бвгґджзклмнпрстфхцчшщ]$)", "є"),
        (r"(?<=[а-яіїєґ][а-яіїєґ])г$", "з"),
    )
)
_CYRILLIC = re.compile(r"[а-яіїєґ]")
_POLISH_ADJECTIVE = re.compile(r"\b\w+(?:sk[ai]|ck[ai]|ny|na|owa|owy)\b")
_DECLINED = {
    "а": "ои оі іи ій ой ою ую у и ы і е",
    "я": "еи ей ею юю ю и і е",
    "ий": "ого ому им ім",
    "ый": "ого ому ым ом",
    "ое": "ого ому ым ом",
    "a": "y i ie ce e ej iej a o u ou",
    "y": "ego emu ym",
    "i": "iego iemu im",
}
"""What takes the place of a word's end in its other cases, folded."""


def spellings(name: str, *, exact: bool = False) -> Iterator[Spelling]:
    """The name as it is given first. `exact`: only so, and wherever it stands."""
    folded = fold_name(name)
    if exact:
        yield Spelling(folded, name, "exact", short=0 < letters(name) <= 2, meant=True)
        return
    yield _plain(name, folded)
    seen = {folded}
    for form, split in _forms(name):
        key = fold_name(form)
        if key in seen:
            continue
        seen.add(key)
        words = everyday(key)
        if words and not split and _is_joined(key, folded):
            continue
        case: Case = (
            "capitals"
            if split and words
            else "exact"
            if form == name.replace(".", "") or _INITIAL_AND.search(form)
            else _case(form, words)
        )
        yield Spelling(key, form, case, short=0 < letters(form) <= 2, words=words)
    yield from _marked(name, seen)
    yield from _stems(folded, seen)
    yield from _weakened(folded, seen)
    yield from _of_both_words(folded, seen)
    yield from _parted(folded, seen)


def _plain(name: str, folded: str) -> Spelling:
    words = everyday(folded)
    return Spelling(folded, name, _case(name, words), short=0 < letters(name) <= 2, words=words)


def _cyrillic(folded: str) -> frozenset[str]:
    return everyday(folded) & {CYRILLIC}


def _is_joined(form: str, name: str) -> bool:
    return not any(c in " -" for c in form) and any(c in " -" for c in name)


def everyday(folded: str) -> frozenset[str]:
    """Languages in which every part of a spelling is an everyday word."""
    parts = [part for part in re.split(r"[\s\-]+", folded) if part]
    if not parts or not all(part.isalpha() for part in parts):
        return frozenset()
    shared = languages_of(parts[0])
    for part in parts[1:]:
        shared &= languages_of(part)
    return shared


def letters(spelling: str) -> int:
    return sum(c.isalpha() and c.lower() != c.upper() for c in spelling)


def _case(spelling: str, words: frozenset[str]) -> Case:
    cased = [c for c in spelling if c.lower() != c.upper()]
    if not cased:
        return "any"
    count = letters(spelling)
    capitals = all(c.isupper() for c in cased)
    if _LETTER_AND_DIGITS.fullmatch(spelling):
        return "acronym"
    if count <= 2 and "&" not in spelling:
        return "exact"
    if capitals and count == 3 and words:
        return "acronym"
    return "capital" if capitals and count <= 5 and words - {GERMAN_NOUNS} else "any"


def _forms(name: str) -> Iterator[tuple[str, bool]]:
    """Other spellings, each with whether its words are a name by their capitals alone: `Linked In`, `Home
    Depot`."""
    forms = {name: False}
    for change in _CHANGES:
        for form, split in list(forms.items()):
            for changed in change(form):
                if len(forms) < _MOST:
                    forms.setdefault(changed, split or change in (_split, _without_article))
    del forms[name]
    yield from forms.items()


def _without_signs(name: str) -> Iterator[str]:
    for parted in ("", " "):
        bare = re.sub(r"[!?]+(?=\s|$)", "", re.sub(r"\s*[\"“”„]\s*", parted, name)).strip()
        if bare:
            yield bare
    yield _TITLE.sub(r"\g<0>.", name)
    if re.search(r"\w{4}\+$", name):
        yield f"{name[:-1]} Plus"
    for space in ("", " "):
        yield _INITIAL.sub(rf"\1{space}", name)
    dotless = re.sub(r"(?<=[^\W\d_])\.(?=\s|$)", "", name)
    yield dotless
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]*\.?(?: .*)?", name):
        yield name.replace(".", "")


def _without_article(name: str) -> Iterator[str]:
    if _ARTICLE.match(name):
        yield _ARTICLE.sub("", name)


def _ands(name: str) -> Iterator[str]:
    if re.search(r"\w\w\+\w\w", name):
        yield from (name.replace("+", joint) for joint in (" & ", " and ", " + ", " "))
    if "&" in name:
        yield re.sub(r"\s*&\s*", " & ", name)
        yield re.sub(r"\s*&\s*", "&", name)
        if re.search(r"\w\w\s*&\s*\w\w", name):
            for word in ("and", "und", "et", "y", "en"):
                yield re.sub(r"\s*&\s*", f" {word} ", name)
        elif letters(name) > 2:
            yield re.sub(r"\s*&\s*", " and ", name)
    if _AND.search(name):
        yield _AND.sub("&", name)


def _without_apostrophes(name: str) -> Iterator[str]:
    bare = re.sub(r"(?<=\w)['’`´](?=\w|$|\s)", "", name)
    if letters(bare) > 3:
        yield bare


def _split(name: str) -> Iterator[str]:
    """Hub Spot, and Tik Tok Shop."""
    before, space, after = name.partition(" ")
    if space:
        yield from (f"{parted} {after}" for parted in _split(before))
        return
    pieces = _CAMEL.findall(name)
    if len(pieces) < 2 or "".join(pieces) != name:
        return
    if all(len(piece) > 1 for piece in pieces) and not any(piece.isdigit() for piece in pieces):
        yield " ".join(pieces)
        yield "-".join(pieces)
    elif len(pieces) == 2 and len(pieces[0]) > 2 and pieces[1].isdigit():
        yield " ".join(pieces)


def _joints(name: str) -> Iterator[str]:
    """A space, a hyphen or nothing between the parts; a single letter or digit is not parted from its
    neighbour."""
    parts = [part for part in re.split(r"[\s\-]+", name) if part]
    if len(parts) < 2 or not all(part[0].isalnum() for part in parts):
        return
    yield " ".join(parts)
    yield "-".join(parts)
    joined = "".join(parts)
    if sum(map(str.isalnum, joined)) > (3 if "-" in name else 4):
        yield joined


def _declined(name: str) -> Iterator[str]:
    """`der Deutschen Bahn`."""
    adjective = _GERMAN_ADJECTIVE.match(name)
    if adjective:
        yield f"{adjective[0]}n{name[adjective.end() :]}"


def _spelt_out(name: str) -> Iterator[str]:
    if any(c in _UMLAUTS for c in name.lower()):
        yield "".join(_UMLAUTS.get(c.lower(), c) for c in name)


_CHANGES: tuple[Callable[[str], Iterator[str]], ...] = (
    _without_signs,
    _without_article,
    _ands,
    _without_apostrophes,
    _split,
    _joints,
    _declined,
    _spelt_out,
    other_hanzi,
)


def _marked(name: str, seen: set[str]) -> Iterator[Spelling]:
    marked = fold_name(_WRITTEN_UMLAUT.sub(lambda pair: pair[0][0], name))
    if marked not in seen and letters(name) > 4:
        seen.add(marked)
        yield Spelling(marked, name, umlaut=True)


def _stems(folded: str, seen: set[str]) -> Iterator[Spelling]:
    """Where a name's own last vowel gives way to an ending: Żabka, Alza, Алиса, Перекрёсток,
    Κωτσόβολος."""
    end = _STEMS.search(folded)
    if end is None or not folded[-4:].isalpha():
        return
    stem = folded[: end.start()] + (end["kept"] or "")
    stems = [stem]
    if softened := _SOFTENED.get(folded[-2:]):
        stems.append(stem[:-1] + softened)
    for one in stems:
        if len(one) >= 3 and one not in seen:
            seen.add(one)
            yield Spelling(one, one, cut=folded[len(one) :] or folded[-1], words=_cyrillic(folded))


def _weakened(folded: str, seen: set[str]) -> Iterator[Spelling]:
    """What Finnish and Slavic languages put before their endings: Gigantti is Giganti|sta, Sokos Sokokse|lta,
    Fiat Fiac|ie, Харків Харков|а."""
    for strong, weak in _WEAKENED:
        stem = strong.sub(weak, folded)
        if stem != folded and stem not in seen:
            seen.add(stem)
            yield Spelling(stem, stem, cut=folded[-2:], words=_cyrillic(folded))


def _of_both_words(folded: str, seen: set[str]) -> Iterator[Spelling]:
    """Where Slavic languages decline both words of a name: Новою поштою, Poczty Polskiej."""
    first, space, last = folded.partition(" ")
    if not space or not (_CYRILLIC.search(folded) or _POLISH_ADJECTIVE.search(folded)):
        return
    for declined in _declensions(first):
        for form in (f"{declined} {last}", *(f"{declined} {other}" for other in _declensions(last))):
            if form not in seen:
                seen.add(form)
                yield Spelling(form, form)
        yield from _stems(f"{declined} {last}", seen)


def _declensions(word: str) -> Iterator[str]:
    for end, others in _DECLINED.items():
        if word.endswith(end):
            yield from (word.removesuffix(end) + other for other in others.split())
    if softened := _SOFTENED.get(word[-2:]):
        yield f"{word[:-2]}{softened}ie"


def _parted(folded: str, seen: set[str]) -> Iterator[Spelling]:
    """X-Box for Xbox; Pipe Drive for Pipedrive, Face Book for Facebook."""
    if not folded.isascii() or not folded.isalpha() or languages_of(folded):
        return
    if "en" in languages_of(folded[1:]) and (form := f"{folded[0]}-{folded[1:]}") not in seen:
        seen.add(form)
        yield Spelling(form, form)
    for at in range(_LEAST_PART, len(folded) - _LEAST_PART + 1):
        first, second = folded[:at], folded[at:]
        if "en" in languages_of(first) and "en" in languages_of(second):
            for joint in " -":
                if (form := f"{first}{joint}{second}") not in seen:
                    seen.add(form)
                    yield Spelling(form, form, "parts")
