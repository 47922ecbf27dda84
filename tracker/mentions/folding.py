"""Text reduced to what a name is compared by, with the way back to the text as it was given."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(slots=True)
class Folded:
    """A text as it is compared, and the way back: worked out where it is asked for, as most of it never is.

    The lists hold the stretches of the source that make not exactly one character each: where the stretch
    begins and ends, where in the text it stands, and how many characters it made.
    """

    text: str
    begins: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    splits: bool = False
    """Whether any stretch made more than one character."""

    def span(self, index: int) -> tuple[int, int]:
        """The stretch of the source that `text[index]` was made from."""
        piece = bisect_right(self.at, index) - 1
        if piece < 0:
            return index, index + 1
        beyond = index - self.at[piece] - self.lengths[piece]
        if beyond < 0:
            return self.begins[piece], self.ends[piece]
        start = self.ends[piece] + beyond
        return start, start + 1

    def start(self, index: int) -> int:
        return self.span(index)[0]

    def index(self, position: int) -> int:
        """Where in the text the first stretch stands that begins at or behind a position of the source."""
        piece = bisect_right(self.begins, position) - 1
        if piece < 0:
            return position
        if position == self.begins[piece]:
            return self.at[piece]
        return self.at[piece] + self.lengths[piece] + max(0, position - self.ends[piece])

    def source(self, start: int, end: int) -> tuple[int, int] | None:
        """The stretch of the source behind `text[start:end]`, or None where it would cut a cluster."""
        first, last = self.start(start), self.span(end - 1)[1]
        if self.splits:
            if start and self.start(start - 1) == first:
                return None
            if end < len(self.text) and self.span(end)[1] == last:
                return None
        return first, last


_HYPHENS = "\u2010\u2011\u2012\u2212\ufe63\uff0d"
_QUOTES = "\u201c\u201d\u201e\u201f\u2033\uff02"
_APOSTROPHES = "\u2018\u2019\u02bc\u02bb\u2032\u00b4\u0060\uff07"
# Soft hyphens, joiners, directions, variation selectors: a table that drops them.
INVISIBLE = dict.fromkeys(
    (
        0xAD,
        0x34F,
        0x640,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
    )
) | dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
# Letters that people write without their stroke or joined, but that Unicode does not decompose.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
    | {"\u0629": "\u0647", "\u0649": "\u064a", "\u06a9": "\u0643", "\u06cc": "\u064a"}
)
# Combining classes of marks that leave a word recognisable: accents, Hebrew points, Arabic vowel signs. The
# others (kana
# voicing, nukta, virama, Thai tones) make another word.
_ACCENTS = frozenset(
    [1, 202, 214, 216, 218, 220, 222, 224, 226, 228, 230, 232, 233, 234, 240, *range(10, 36)]
)


class _Marks(dict[str, bool]):
    """Whether a character joins the one before it: an accent, a vowel sign, a Hangul vowel, one not seen."""

    def __missing__(self, character: str) -> bool:
        code = ord(character)
        self[character] = joins = (
            code in INVISIBLE
            or 0x1160 <= code <= 0x11FF
            or code in (0xFF9E, 0xFF9F)
            or (code >= 0x300 and unicodedata.category(character).startswith("M"))
        )
        return joins


_MARKS = _Marks()
_ASCII = frozenset(map(chr, range(128)))
_NOT_ASCII = re.compile(r"([^\x00-\x7f]+)")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
# White space with the marks of emphasis, trade marks and hidden stretches about it: all of it parts words as
# one space does, and without a space nothing is left of it at the edge of a word (`**Norvane** CRM`), nor of
# asterisks within one (`**N**orvane`). The patterns begin with one class of characters and look back at what
# it was, which makes them fast.
_MARKS_OF_TEXT = r"*_~`\0\u2122\xae\u2120"
_ENTITY = r"(?<=&)(?:amp|nbsp|apos|quot|[lr]squo|#[0-9]{1,6}|#x[0-9A-Fa-f]{1,6});"
_ESCAPE = r"(?<=\\)[!-/:-@\[-`{-~]"
_GAP = (
    rf"(?<=\s)[\s{_MARKS_OF_TEXT}]+|(?<=[{_MARKS_OF_TEXT}])(?:[{_MARKS_OF_TEXT}]*+\s[\s{_MARKS_OF_TEXT}]*+|"
    rf"(?<![^\W_][{_MARKS_OF_TEXT}])(?<![{_MARKS_OF_TEXT}]{{2}})[{_MARKS_OF_TEXT}]*+|"
    rf"[{_MARKS_OF_TEXT}]*+(?![^\W_]))|(?<=[^\W\d_]\*)\*{{0,2}}+(?=[^\W\d_])|(?<=\()(?:TM|R)\)|(?<=\s)\((?:TM|R)\)\s*"
)
_ASCII_CLUSTERS = re.compile(rf"[\s{_MARKS_OF_TEXT}(\\&](?:{_GAP}|{_ESCAPE}|{_ENTITY})")
_PART_OF_GAP = re.compile(rf"[\s{_MARKS_OF_TEXT}]|\((?:TM|R)\)")
_ADDRESS = re.compile(r"\s\0+\s")


class _Table(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def fold(text: str) -> Folded:
    if text.isascii():
        if not _ASCII_CLUSTERS.search(text):
            return Folded(text.translate(_TABLE))
        return _fold_clusters(text, _ASCII_CLUSTERS)
    text = _HALF_PAIR.sub("\ufffd", text)
    odd = "".join(sorted(c for c in set(text) - _ASCII if _MARKS[c] or len(_TABLE[ord(c)]) != 1))
    return _fold_clusters(text, _clusters(odd))


def fold_name(name: str) -> str:
    return fold(name.strip()).text


@lru_cache(maxsize=256)
def _clusters(odd: str) -> re.Pattern[str]:
    """Where one piece of the source does not make exactly one character, in a text with these odd
    characters."""
    if not odd:
        return _ASCII_CLUSTERS
    marks = re.escape("".join(c for c in odd if _MARKS[c]))
    joined = f"[^{marks}]?[{marks}]+|" if marks else ""
    return re.compile(f"{_ASCII_CLUSTERS.pattern}|{joined}[{re.escape(odd)}]")


def _fold_clusters(text: str, clusters: re.Pattern[str]) -> Folded:
    parts: list[str] = []
    whole = Folded("")
    copied = length = 0
    for match in clusters.finditer(text):
        begin, end = match.span()
        folded = _fold_cluster(match[0])
        parts += (_translated(text[copied:begin]), folded)
        length += begin - copied
        whole.begins.append(begin)
        whole.ends.append(end)
        whole.at.append(length)
        whole.lengths.append(len(folded))
        length += len(folded)
        copied = end
    parts.append(_translated(text[copied:]))
    whole.text = "".join(parts)
    whole.splits = max(whole.lengths, default=0) > 1
    return whole


def _translated(text: str) -> str:
    """A translation of ASCII alone is many times faster: worth taking a text apart for a sign here and there,
    as © on a page."""
    if text.isascii() or len(text.encode(errors="replace")) - len(text) > len(text) // 100:
        return text.translate(_TABLE)
    return "".join(part.translate(_TABLE) for part in _NOT_ASCII.split(text))


@lru_cache(maxsize=1 << 14)
def _fold_cluster(cluster: str) -> str:
    if _PART_OF_GAP.match(cluster):
        return _fold_gap(cluster)
    if cluster[0] == "&" and len(cluster) > 1:
        return "".join(_fold_character(c) for c in html.unescape(cluster))
    if cluster[0] == "\\" and len(cluster) == 2 and cluster[1].isascii():
        return cluster[1]
    return _fold_letters(cluster)


def _fold_gap(gap: str) -> str:
    if not any(c.isspace() for c in gap):
        return ""
    if _ADDRESS.search(gap):
        return " \0 "
    return "\n" if gap.count("\n") > 1 else " "


def _fold_character(character: str) -> str:
    if character.isascii():
        return " " if character.isspace() else "'" if character == "`" else character.lower()
    if character.isspace():
        return " "
    if character in _HYPHENS:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    if character in _QUOTES:
        return '"'
    if "\uff01" <= character <= "\uff5e" or "\uff66" <= character <= "\uff9f":
        return _fold_letters(character)
    if not character.isalnum() and not _MARKS[character]:
        return character
    return character if is_raised(character) else _fold_letters(character)


def is_raised(character: str) -> bool:
    """Whether it is a footnote's digit or a sign like ª, which ends a word and is no part of it."""
    return unicodedata.decomposition(character).startswith(("<super>", "<sub>"))


def _fold_letters(cluster: str) -> str:
    composed = unicodedata.normalize("NFC", cluster)
    if composed in ("й", "Й"):
        return "й"
    kept = [c for c in unicodedata.normalize("NFKD", cluster) if not _is_accent(c)]
    lower = "".join(kept).casefold().translate(_PLAIN_LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if not _is_accent(c))
    return unicodedata.normalize("NFC", bare)


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) in _ACCENTS or ord(character) in INVISIBLE


_TABLE = _Table()
