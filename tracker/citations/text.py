"""Places in the answer's text: links, markers, and offsets in code points."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from tracker.domains.written import written_urls

# Perplexity also writes `[web:1]`; a range is spelled with a hyphen or a dash.
_SOURCE = r"(?:(?:web|search|page):\s*)?\d{1,4}"
_MARKER = re.compile(rf"(?<!\\)\[(?P<inside>{_SOURCE}(?:\s*[,\-–]\s*{_SOURCE})*)\]")
_CODE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}+|~{3,}+)[^\n]*+\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(?P<tick>`++)[^\n]+?(?<!`)(?P=tick)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_THINKING = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.S)
_MARKDOWN_LINK = re.compile(
    r"\[(?P<label>(?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(\s*<?(?P<url>https?://)", re.IGNORECASE
)
_DEFINITION = re.compile(r"^[ \t]*\[\d{1,4}\]:[ \t]*(?=<?https?://)", re.MULTILINE | re.IGNORECASE)
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_LONGEST_RANGE = 50


@dataclass(frozen=True, slots=True)
class Marker:
    """`[n]` in the text; one bracket with several numbers gives one marker a number.

    `url` is where the marker itself links to, as in `[n](url)`; then `start:end` is the whole link.
    """

    number: int
    start: int
    end: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MarkdownLink:
    """A Markdown link: the whole `[label](url)` is `start:end`."""

    label: str
    url: str
    start: int
    end: int


def markdown_links(text: str) -> list[MarkdownLink]:
    urls = {written.start: written for written in written_urls(text)}
    links = []
    for match in _MARKDOWN_LINK.finditer(text):
        written = urls.get(match.start("url"))
        if written is None:
            continue
        close = text.find(")", written.end)
        title_only = close >= 0 and "\n" not in text[written.end : close]
        end = close + 1 if title_only else written.end
        links.append(MarkdownLink(match["label"], written.url, match.start(), end))
    return links


def markers(text: str) -> list[Marker]:
    """Numbered markers outside code, addresses and a leading thinking block, ranges spelled out.

    The line that defines a numbered link (`[1]: https://…`) points at nothing.
    """
    skipped = sorted(
        [
            (0, thinking_end(text)),
            *(match.span() for match in _CODE.finditer(text)),
            *(match.span() for match in _DEFINITION.finditer(text)),
            *((written.start, written.end) for written in written_urls(text)),
        ]
    )
    starts = [start for start, _ in skipped]
    ends = list(accumulate((end for _, end in skipped), max))
    links = {link.start: link for link in markdown_links(text)}
    return [
        marker
        for match in _MARKER.finditer(text)
        if ends[bisect_right(starts, match.start()) - 1] <= match.start()
        for marker in _markers_of(match, links)
    ]


def _markers_of(match: re.Match[str], links: dict[int, MarkdownLink]) -> list[Marker]:
    start, end, url = match.start(), match.end(), None
    for link, label in ((links.get(start), match["inside"]), (links.get(start - 1), match.group())):
        if link is not None and link.label.strip() == label:
            start, end, url = link.start, link.end, link.url
    numbers = _numbers(re.sub(r"[a-z]+:|\s", "", match["inside"]))
    return [Marker(number, start, end, url) for number in numbers]


def thinking_end(text: str) -> int:
    """Where a leading thinking block ends; what stands in it is not the answer."""
    thinking = _THINKING.match(text)
    return thinking.end() if thinking else 0


def _numbers(inside: str) -> list[int]:
    numbers: list[int] = []
    for part in inside.split(","):
        ends = [int(end) for end in re.split(r"[-–]", part)]
        if len(ends) == 1:
            numbers.append(ends[0])
        elif 0 <= ends[-1] - ends[0] <= _LONGEST_RANGE:
            numbers.extend(range(ends[0], ends[-1] + 1))
    return numbers


class Offsets:
    """Offsets of one text in UTF-8 bytes or UTF-16 units → code points; inside a character, that
    character."""

    def __init__(self, text: str, encoding: Literal["utf-8", "utf-16"]) -> None:
        self._length = len(text)
        self._starts: list[int] | None = None
        if not (text.isascii() if encoding == "utf-8" else _ASTRAL.search(text) is None):
            widths = map(_bytes if encoding == "utf-8" else _units, text)
            self._starts = list(accumulate(widths, initial=0))

    def code_point(self, offset: int) -> int | None:
        if self._starts is None:
            return offset if 0 <= offset <= self._length else None
        if not 0 <= offset <= self._starts[-1]:
            return None
        return bisect_right(self._starts, offset) - 1


def _bytes(character: str) -> int:
    return len(character.encode("utf-8"))


def _units(character: str) -> int:
    return 2 if character > "\uffff" else 1


class UrlSpans:
    """Puts an engine's span over a URL right, one text at a time."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._utf16: Offsets | None = None

    def verified(self, url: str, start: int | None, end: int | None) -> tuple[int | None, int | None]:
        """The engine's span where it holds the URL or nothing better exists.

        0/0 means "no span" at OpenRouter and is kept as the engine gave it. Offsets counted in UTF-16 units
        (characters beyond the BMP) and spans that drifted are put right by the URL itself.
        """
        if start is None or end is None:
            return None, None
        inside = 0 <= start < end <= len(self._text)
        holds = inside and url in self._text[start:end]
        if start == end == 0 or (holds and self._is_link(start, end)):
            return start, end
        first, last = self._from_utf16(start), self._from_utf16(end)
        if first is not None and last is not None and url in self._text[first:last]:
            return (first, last) if not holds or self._is_link(first, last) else (start, end)
        offset = None if holds else self._nearest(url, start)
        if offset is not None:
            return offset, offset + len(url)
        return (start, end) if inside else (None, None)

    def _is_link(self, start: int, end: int) -> bool:
        """Engines' spans cover a Markdown link from bracket to bracket."""
        return self._text[start] in "([" and self._text[end - 1] == ")" if start < end else False

    def _from_utf16(self, offset: int) -> int | None:
        if self._utf16 is None:
            self._utf16 = Offsets(self._text, "utf-16")
        return self._utf16.code_point(offset)

    def _nearest(self, url: str, start: int) -> int | None:
        before = self._text.rfind(url, 0, max(start, 0) + len(url))
        offsets = [offset for offset in (before, self._text.find(url, max(start, 0))) if offset >= 0]
        return min(offsets, key=lambda offset: abs(offset - start)) if offsets else None
