"""Phrases of absence that are data (`absence.yaml`), and those of languages whose sentences go alike.

"Nenašel jsem žádné informace o …", "لم أجد أي معلومات عن …": a negation, what was looked for, and "about".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.mentions.folding import fold_name
from tracker.shipped import words_of

_WORD = r"[^\s.,;:!?،؛()]+"


@dataclass(frozen=True, slots=True)
class _Language:
    negation: str
    facts: str
    about: str
    firm: str
    """Words that may stand between "about" and the name."""
    unlisted: str
    """What may follow the name: "is not mentioned"."""
    lists: str = ""
    """What "not in …" must name; else it would be a missing detail."""


_RAW = words_of("tracker.mentions", "absence.yaml")
_LANGUAGES = tuple(_Language(**entry) for entry in _RAW["alike"].values())
BEHIND: tuple[str, ...] = tuple(phrase for phrases in _RAW["behind"].values() for phrase in phrases)
AROUND: tuple[tuple[str, str], ...] = tuple(
    (left, right) for pairs in _RAW["around"].values() for left, right in pairs
)

_TURKISH = (
    r"(?:'\w+)? (?:hakkinda|konusunda|(?:ile )?ilgili|icin|uzerine)(?: \w+){0,4}? "
    r"(?:bilgi|sonuc|kaynak|kayit|veri|icerik)\w*"
    r"(?: \w+){0,3}? ?(?:bul(?:a|una)mad\w+|bulunm(?:uyor|amakta)\w*|bulmad\w+|yok\b|mevcut degil|"
    r"rastla\w*mad\w+)",
    r"(?:'\w+)?(?: \w+){0,3}? (?:liste|sonuc|kaynak)\w*(?: \w+){0,2}? "
    r"(?:yer alm(?:iyor|amakta)\w*|gecmiyor|bulunmuyor|yok\b|gorunmuyor)",
    r"(?:'\w+)?(?: \w+){0,2}? (?:bahsedilmiyor|listelenmiyor)",
)
TURKISH_AROUND = (
    r"\b(?:liste|sonuc|kaynak)\w*(?: \w+){0,2}",
    r"(?:'\w+)? (?:yer alm(?:iyor|amakta)\w*|gecmiyor|bulunmuyor|yok\b|gorunmuyor)",
)
# Hungarian says "about" behind the name, and Hindi the whole of it.
_HUNGARIAN = (
    r"\s*(?:nem|nincs)\b(?: \w+){0,2}? (?:szerepel\w*|talalhato|emlit\w+|jelenik meg)"
    r"(?:\s*$|[.,;]| (?:\w+ ){0,2}?(?:lista\w*|talalat\w*|forras\w*|eredmeny\w*))"
)
HUNGARIAN_AROUND = (
    r"\b(?:nem|nincs|nincsenek)\b(?: \w+){0,4}? (?:informaci|adat|talalat|eredmeny|emlit)\w*(?: az?)?",
    r"(?:-?(?:rol|val|vel|hoz|hez|ra|re)\b| (?:cegrol|markarol|termekrol))",
)
_HINDI = (
    r"\s*(?:के बारे में|से संबंधित|के लिए|पर)[^।.\n]{0,25}?(?:जानकारी|परिणाम|डेटा|उल्लेख|"
    r"सूचना)[^।.\n]{0,12}?नही",
    r"\s*की (?:कोई )?जानकारी[^।.\n]{0,12}?नही",
    r"\s*का (?:कोई )?(?:उल्लेख|ज़िक्र|जिक्र) नही",
)
_THAI_BEFORE = (
    r"ไม่(?:พบ|มี|เจอ|สามารถ(?:ค้น)?หา|สามารถพบ)[^\n.]{0,20}?(?:ข้อมูล|ผลลัพธ์|ผลการค้นหา|"
    r"รายละเอียด|การกล่าวถึง)"
    r"(?:ของ|[^\n.]{0,12}?(?:เกี่ยวกับ|สำหรับ|ถึง))\s*(?:บริษัท|แบรนด์)?"
)
_THAI_AFTER = r"\s*ไม่(?:ปรากฏ|ได้ถูกกล่าวถึง|ถูกกล่าวถึง|ได้อยู่ใน|อยู่ในราย)"


def _folded(pattern: str) -> str:
    """Thai vowels come apart when text is folded; the pattern's own signs stay as they are."""
    return "".join(fold_name(c) if ord(c) > 0x7F else c for c in pattern)


def _words(entries: str) -> str:
    words = (_folded(entry).replace("_", " ").replace("*", r"\w*") for entry in entries.split())
    return f"(?:{'|'.join(words)})"


def _before(language: _Language) -> str:
    return (
        rf"(?<!\w){_words(language.negation)}(?!\w)(?: {_WORD}){{0,5}}? {_words(language.facts)}(?!\w)"
        rf"(?: {_WORD}){{0,2}}? {_words(language.about)}(?: {_words(language.firm)})*"
    )


def _after(language: _Language) -> str:
    lists = rf"| (?:{_WORD} ){{0,3}}?{_words(language.lists)}"
    return rf"\s*{_words(language.unlisted)}(?:\s*$|[.,;:،]{lists})"


_ENGLISH = r"eds?\b|eded|eding|w|xt\b|ar|t\b|twork|gotiat"
"""What follows in English words that begin as Czech negations do: need, new, next, near, net."""


def _hints(languages: Iterable[_Language]) -> str:
    hints = "|".join(rf"(?<!\w){_words(language.negation)}(?!\w)" for language in languages)
    return hints.replace(r"ne\w*", rf"ne(?!{_ENGLISH})\w*")


BEFORE = (*map(_before, _LANGUAGES), _folded(_THAI_BEFORE))
AFTER = (*map(_after, _LANGUAGES), *_TURKISH, _HUNGARIAN, *map(_folded, _HINDI), _folded(_THAI_AFTER))
HINTS = (
    _hints(_LANGUAGES) + r"|\b(?:bul\w*mad\w+|ulas\w*mad\w+|yok|degil|rastla\w*mad\w+|nem|nincs\w*)\b|"
    r"(?<=\w)(?:m[iu]yor|mamakta)|नही|ไม่"
)
