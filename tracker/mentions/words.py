"""Whether a stretch of text is a whole word (Unicode's word segmentation, UAX 29, with the liberties that
names need).

- Letters and digits of scripts with spaces join: `pineapple` does not hold Apple, `Norvane2` not Norvane.
- Names in Han, Hiragana, Thai, Lao, Khmer and Burmese need no space around them, as these scripts have
  none; Thai and Lao names do not end between a consonant and its vowel. Katakana joins Katakana. Hangul
  joins Hangul, except for a particle after the name. Arabic and Hebrew names may carry a prefixed article,
  preposition or "and". A change between one of these scripts and any other ends a word.
- A hyphen or slash ends a word (`Norvane-based`, `ex-Norvane`), and an apostrophe (`Norvane's`,
  `Norvane’nin`); before a name only an elision stands (`d'Apple`, not `O'Apple`). Emphasis inside a word
  (`**Nor**vane`) does not end it. The bare `s` of a German or Nordic possessive (`Norvanes Preise`) does, in
  texts of these languages only, and everywhere behind a name in capitals (`SAPs`).
- A plural does (`Teslas`, `Ray Bans`) where neither the name nor the whole is an everyday word.
- A full stop between letters does not end a word before a small letter (`Node.js` is not Node) and does
  before a capital, where a space was forgotten; between digits it and the comma never do.
- Names of at most two letters (N11 in `N11'den`, VW in `VW-Tochter`) are stricter: `X-ray`, `AT&T`, `C++`,
  `C#` and `O'Brien` do not hold X, T, C and O.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from tracker.mentions import compounds, languages
from tracker.mentions.folding import Folded, is_raised

Standing = Literal["whole", "inflected", "compound"]

_Kind = Literal["", "letter", "digit", "open", "thai", "kana", "hangul", "semitic"]
_RANGES: tuple[tuple[int, int, _Kind], ...] = (
    (0x0590, 0x08FF, "semitic"),
    (0xFB1D, 0xFDFF, "semitic"),
    (0xFE70, 0xFEFC, "semitic"),
    (0x0E00, 0x0EFF, "thai"),
    (0x1000, 0x109F, "open"),
    (0x1780, 0x17FF, "open"),
    (0x1100, 0x11FF, "hangul"),
    (0x3130, 0x318F, "hangul"),
    (0xAC00, 0xD7FF, "hangul"),
    (0xFFA0, 0xFFDC, "hangul"),
    (0x30A0, 0x30FF, "kana"),
    (0x31F0, 0x31FF, "kana"),
    (0xFF66, 0xFF9F, "kana"),
    (0x3005, 0x309F, "open"),
    (0x3400, 0x9FFF, "open"),
    (0xF900, 0xFAFF, "open"),
    (0x20000, 0x3FFFF, "open"),
)
_EMPHASIS = "*_~"
_LEADING_VOWELS = "เแโใไເແໂໃໄ"
_FOLLOWING_VOWELS = "ะาำๅํະາຳໍ"
_ELISION = re.compile(
    r"(?:^|[^\w])(?:l|d|j|m|n|s|t|c|un|qu|jusqu|lorsqu|puisqu|quoiqu|all|dall|dell|nell|sull|coll|quell|gl|"
    r"dagl|degl|negl)$"
)
_PARTICLE = re.compile(
    r"(?:은|는|이|가|을|를|의|에|에서|에게|와|과|도|로|으로|만|부터|까지|보다|처럼|나|이나|라|이라|"
    r"란|이란|이며|며|이고|고|인|등|측|사|"
    r"입니다|이다|였|에는|에도|에서는|에서도|로는|으로는|와는|과는|에선|엔|한테|께|께서|라는|이라는|"
    r"라고|이라고|용|형|랑|이랑|하고|밖에|마저|조차|마다|만큼|같은|같이|에게서|한테서|이지만|지만|이었다|이에요|예요|이죠|죠|"
    r"인데|이든|든지|이든지|이야|든가)+(?![\uac00-\ud7ff])"
)
_OF_AN_ADJECTIVE = "なにでだ"
"""Behind 的 they make a Japanese adjective: 楽天的な is no Rakuten."""
_PREFIX = re.compile(r"(?:^|[^\w])(?:[وف]?(?:ال|بال|كال|لل|[بلك])|[وف]|ו?[הבלמשכ]|ו|וה|של)$")

_GENITIVE = re.compile(r"s [^\W\d_]")
_NORDIC = frozenset(["sv", "da", "no"])
_PLURAL = re.compile(r"e?s(?!\w)")
_PART = re.compile(r"[^\W_]+")
_LEAST_PLURAL = 4
_SMALL_PARTS = frozenset(["and", "und", "et", "y", "of", "de"])
_ACRONYM = re.compile(r"[A-ZÀ-Þ](?:&?[A-ZÀ-Þ])+s(?!\w)")
_SUFFIX = re.compile(r"['’]([^\W\d_]{1,5})(?!\w)")
_JOINING = re.compile(r"(?:e?n|s)(?=-)")
_COMPOUND = re.compile(r"-[A-ZÄÖÜ][a-zäöü]")


def standing(
    folded: Folded, source: str, start: int, end: int, *, short: bool, cut: str = ""
) -> Standing | None:
    """How `folded.text[start:end]` stands for a name, or None where it is a part of another word.

    `short` for names of at most two letters, `cut` is what a stem lacks to be the name.
    """
    text = folded.text
    if start and _joins_before(text, start, short) and not _forgot_space(folded, source, start):
        return None
    if not cut:
        if end >= len(text) or not _joins_after(text, end, short):
            return "whole"
        if end + 1 < len(text) and _forgot_space(folded, source, end + 1):
            return "whole"
        if _is_acronym(folded, source, start, end):
            return "whole"
        if _goes_on(folded, source, start, end) if short else _is_genitive(folded, source, start, end):
            return "whole"
        if not short and (_is_plural(folded, source, start, end) or _is_joined(folded, source, start, end)):
            return "inflected"
    return None if short else _longer(folded, source, start, end, cut=cut)


_REST = re.compile(r"[^\W\d_]{1,16}(?![\w])")
_LEAST_NAME = 4
_LEAST_SMALL = 6


def _longer(folded: Folded, source: str, start: int, end: int, *, cut: str) -> Standing | None:
    """A name with an ending of its text's language, or the first part of a German compound."""
    text = folded.text
    rest = _REST.match(text, end)
    if rest is None or rest[0] == cut or not text[end - 1].isalpha():
        return None
    length = end - max(text.rfind(" ", 0, end), text.rfind("-", 0, end), start - 1) - 1
    written = source[folded.start(start) : folded.span(end - 1)[1]]
    capital = any(c.isupper() for c in written) or written.upper() == written
    whole = end - start + len(cut)
    if whole < _LEAST_NAME or not (capital or whole >= _LEAST_SMALL):
        return None
    word = text[end - length : rest.end()]
    if languages.takes_ending(source, rest[0], text[end - 1], stem=bool(cut)):
        return None if languages.spoken(source).any_of(languages.languages_of(word)) else "inflected"
    german = capital and not cut and "de" in languages.spoken(source).codes
    return "compound" if german and compounds.is_head(rest[0]) else None


def _is_genitive(folded: Folded, source: str, start: int, end: int) -> bool:
    """`Norvanes Preise` in a German text, `Norvanes priser` in a Nordic one: a possessive without
    apostrophe."""
    behind = _GENITIVE.match(folded.text, end)
    if behind is None or folded.text[end - 1] == "s" or not source[folded.start(start)].isupper():
        return False
    noun = source[folded.start(behind.end() - 1)]
    codes = languages.spoken(source).inflecting
    return (noun.isupper() and "de" in codes) or (noun.islower() and bool(_NORDIC & codes))


def _is_plural(folded: Folded, source: str, start: int, end: int) -> bool:
    """`two Teslas`, `Ray Bans`, `los Mercadonas`, `Rolexes`: a name with capitals that is no
    word, as the whole is none."""
    ending = _PLURAL.match(folded.text, end)
    if ending is None:
        return False
    name = folded.text[start:end]
    if (ending[0] == "es") != name.endswith(("s", "x", "z", "ch", "sh")):
        return False
    parts = _PART.findall(source[folded.start(start) : folded.span(end - 1)[1]])
    if not parts or not parts[-1].isalpha() or parts[-1].isupper():
        return False
    if not all(any(c.isupper() for c in part) or part in _SMALL_PARTS for part in parts):
        return False
    if len(parts) > 1 or any(c.isupper() for c in parts[0][1:]):
        return True
    codes = {"en", *languages.spoken(source).codes}
    known = languages.languages_of(name) | languages.languages_of(name + ending[0])
    return len(name) >= _LEAST_PLURAL and not codes & known


def _is_joined(folded: Folded, source: str, start: int, end: int) -> bool:
    """`Sparkassen-App`, `Commerzbanken-Filiale`: the letters that join a German compound."""
    return (
        _JOINING.match(folded.text, end) is not None
        and source[folded.start(start)].isupper()
        and _COMPOUND.match(source, source.find("-", folded.start(end))) is not None
        and "de" in languages.spoken(source).codes
    )


def _is_acronym(folded: Folded, source: str, start: int, end: int) -> bool:
    """`SAPs Preise`, `many BMWs`: capitals, and a small s behind them."""
    written = _ACRONYM.match(source, folded.start(start))
    return written is not None and written.end() == folded.span(end)[1]


def _goes_on(folded: Folded, source: str, start: int, end: int) -> bool:
    """`N11'den`, `LG'nin`, in a text of its language `X'in`, and `VW-Tochter`: a short name with an ending
    behind an apostrophe, or with a noun."""
    if end - start > 1 and _COMPOUND.match(source, folded.start(end)):
        return True
    suffix = _SUFFIX.match(source, folded.start(end))
    if suffix is None or not suffix[1].islower():
        return False
    return end - start > 1 or languages.takes_ending(source, suffix[1], folded.text[end - 1], stem=False)


def _forgot_space(folded: Folded, source: str, start: int) -> bool:
    """Whether a capital follows a full stop that ends a word: `I like it.Norvane is`."""
    before = folded.text[max(0, start - 2) : start]
    return (
        len(before) == 2
        and before[0].isalnum()
        and before[1] == "."
        and source[folded.start(start)].isupper()
    )


def _joins_before(text: str, start: int, short: bool) -> bool:
    first, before = text[start], text[start - 1]
    if before in _EMPHASIS:
        return joins(_visible_before(text, start), first)
    further = text[start - 2] if start > 1 else ""
    if before == "'":
        return _is_wordy(further) and not _ELISION.search(text[max(0, start - 10) : start - 1])
    if before in ".,":
        return _stop_joins(further, before, first)
    if short and before in "-&":
        return _is_wordy(further)
    if not joins(before, first):
        return before in _LEADING_VOWELS and _kind(first) == "thai"
    return not (_kind(first) == "semitic" and _PREFIX.search(text[max(0, start - 6) : start]))


def _joins_after(text: str, end: int, short: bool) -> bool:
    last, after = text[end - 1], text[end]
    if after in _EMPHASIS:
        return joins(last, _visible_after(text, end))
    further = text[end + 1] if end + 1 < len(text) else ""
    if after in ".,":
        return _stop_joins(last, after, further)
    if short and _joins_short(text, end, after, further):
        return True
    if after == "的" and further in _OF_AN_ADJECTIVE and further:
        return _kind(last) == "open"
    if not joins(last, after):
        return after in _FOLLOWING_VOWELS and _kind(last) == "thai"
    return not (_kind(last) == "hangul" and _PARTICLE.match(text, end))


def _joins_short(text: str, end: int, after: str, further: str) -> bool:
    if after == "'":
        return _is_wordy(further) and re.match(r"s(?!\w)", text[end + 1 :]) is None
    if after in "-&":
        return _is_wordy(further)
    return after in "+#"


def _stop_joins(before: str, stop: str, after: str) -> bool:
    if before.isdigit() and after.isdigit():
        return True
    return stop == "." and _kind(before) in ("letter", "digit") and _kind(after) == "letter"


def joins(left: str, right: str) -> bool:
    """Whether two neighbouring characters are of one word."""
    kinds = _kind(left), _kind(right)
    if "" in kinds or "open" in kinds or "thai" in kinds:
        return False
    if kinds[0] == kinds[1]:
        return True
    return {*kinds} == {"letter", "digit"} or {*kinds} == {"semitic", "digit"}


def _visible_before(text: str, start: int) -> str:
    while start and text[start - 1] in _EMPHASIS:
        start -= 1
    return text[start - 1] if start else ""


def _visible_after(text: str, end: int) -> str:
    while end < len(text) and text[end] in _EMPHASIS:
        end += 1
    return text[end] if end < len(text) else ""


def _is_wordy(character: str) -> bool:
    return _kind(character) != ""


def is_among_other_script(text: str, start: int, end: int) -> bool:
    """Whether a word in letters with spaces touches a script without them: `Slackを`, `使用Notion来`."""
    return any(_kind(c) in ("open", "kana", "hangul", "thai") for c in text[max(0, start - 1) : end + 1])


@lru_cache(maxsize=1 << 14)
def _kind(character: str) -> _Kind:
    if not character or is_raised(character):
        return ""
    if not (character.isalnum() or character == "ー" or unicodedata.category(character).startswith("M")):
        return ""
    if character.isdigit():
        return "digit"
    code = ord(character)
    return next((kind for low, high, kind in _RANGES if low <= code <= high), "letter")
