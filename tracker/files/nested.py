"""A JSON file whose rows stand anywhere → each row with what stands around it, one at a time.

A list, one object a line, objects one after another, or lists wrapped in pages of a reply: which it is, the
content says. Memory stays flat but for one page of a reply.
"""

from __future__ import annotations

import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.files.content import Unbroken
from tracker.files.encodings import Encoding
from tracker.files.records import Reject, fragment
from tracker.files.streams import BLOCK, TextStream

LONGEST = 20_000_000
"""Characters of one row, and of a page of rows that is read as a whole; of a longer one the list is read."""
DEEPEST = 4
FIRST_LINES = 50
_LIST = re.compile(r'"\w+"\s*:\s*\[\s*(?=\{)')
_DAMAGED = re.compile("[\udc80-\udcff]")
_DECODER = json.JSONDecoder(strict=False)

Object = dict[str, Any]
Fits = Callable[[Object], bool]


@dataclass(frozen=True)
class Nested:
    """A row, its number in the file, and the object that holds its list (empty where there is none)."""

    number: int
    value: Object
    around: Object


def nested(path: Path, encoding: Encoding, fits: Fits) -> Iterator[Nested | Reject]:
    """Every row of the file. An object that does not fit is looked through for lists of such as do."""
    errors = "surrogateescape" if encoding.name.startswith("utf-8") else "replace"
    last = 0
    with Unbroken(path) as raw:
        text = _Text(io.TextIOWrapper(io.BufferedReader(raw, BLOCK), encoding=encoding.name, errors=errors))
        for row in _rows(text, fits):
            last = row.line if isinstance(row, Reject) else row.number
            yield row
        if raw.damage:
            yield Reject(last + 1, raw.damage)


def _rows(text: _Text, fits: Fits) -> Iterator[Nested | Reject]:
    if text.peek() == "[":
        text.at += 1
        return _list(text, fits, {})
    return _lines(text, fits) if _is_lines(text) else _objects(text, fits)


def _is_lines(text: _Text) -> bool:
    """Whether one of the first lines is an object by itself."""
    while "\n" not in text.text[text.at :] and len(text.text) <= LONGEST and text.more():
        pass
    if len(text.text) > LONGEST and "\n" not in text.text:
        return _LIST.search(text.text) is None
    for line in text.text[text.at :].split("\n")[:FIRST_LINES]:
        try:
            if isinstance(_decoded(line), dict):
                return True
        except ValueError:
            continue
    return False


def _decoded(line: str) -> Any:
    try:
        return json.loads(line, strict=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _lines(text: _Text, fits: Fits) -> Iterator[Nested | Reject]:
    for number, line in text.lines():
        if not line.strip(" \t\r\ufeff\0\x1e"):
            continue
        if len(line) > LONGEST:
            yield Reject(number, f"longer than {LONGEST:,} characters", fragment(line[:200]))
            continue
        if not line.isascii() and _DAMAGED.search(line):
            yield Reject(number, f"not {text.stream.encoding.upper()}", fragment(line))
            continue
        try:
            value = _decoded(line.strip("\ufeff\0\x1e"))
        except ValueError as error:
            yield Reject(number, f"not JSON: {error}", fragment(line))
            continue
        if isinstance(value, dict):
            for row, around in rows_in(value, fits) or [(value, {})]:
                yield Nested(number, row, around)
        else:
            yield Reject(number, "not a JSON object", fragment(line))


def _objects(text: _Text, fits: Fits) -> Iterator[Nested | Reject]:
    """Objects over several lines, one after another: each a row or a page of rows."""
    number = 0
    while text.peek():
        try:
            value = text.value()
        except _TooLong:
            yield from _streamed(text, fits, number)
            return
        except ValueError as error:
            yield Reject(number + 1, str(error), text.here())
            return
        for row, around in rows_in(value, fits) or [(value, {})] if isinstance(value, dict) else ():
            number += 1
            yield Nested(number, row, around)


def _streamed(text: _Text, fits: Fits, number: int) -> Iterator[Nested | Reject]:
    """The first list of rows in a page that is too long to be held."""
    while True:
        mark = _LIST.search(text.text, text.at)
        if mark is None:
            text.at = max(text.at, len(text.text) - 200)  # a key may stand across two blocks
            if not text.more():
                return
            continue
        around = _opened(text.text[text.at : mark.start()])
        text.at = begin = mark.end()
        before = len(text.text)
        first = text.value()
        if isinstance(first, dict) and fits(first):
            yield Nested(number + 1, first, around)
            yield from _list(text, fits, around, number + 1)
            return
        text.at = begin if len(text.text) == before else text.at


def _list(text: _Text, fits: Fits, around: Object, number: int = 0) -> Iterator[Nested | Reject]:
    while (mark := text.peek()) not in ("]", ""):
        if mark == ",":
            text.at += 1
            continue
        number += 1
        try:
            value = text.value()
        except ValueError as error:
            yield Reject(number, str(error), text.here())
            return
        if isinstance(value, dict):
            for row, more in rows_in(value, fits) or [(value, {})]:
                yield Nested(number, row, around | more)
        else:
            yield Reject(number, "an element that is no object", fragment(str(value)))
    if not mark:
        yield Reject(number + 1, "the file ends in the middle of the list", "")


def rows_in(value: Object, fits: Fits) -> list[tuple[Object, Object]]:
    """The rows in the outermost list that holds any; none where the object is a row itself."""
    if fits(value):
        return []
    queue: deque[tuple[Object, Object, int]] = deque([(value, {}, 0)])
    while queue:
        holder, above, depth = queue.popleft()
        around = above | {name: part for name, part in holder.items() if not isinstance(part, list)}
        lists = [part for part in holder.values() if isinstance(part, list)]
        for part in lists:
            if any(isinstance(each, dict) and fits(each) for each in part[:50]):
                return [(each, around) for each in part if isinstance(each, dict)]
        if depth < DEEPEST:
            below = [*holder.values(), *(each for part in lists for each in part[:1])]
            queue += [(part, around, depth + 1) for part in below if isinstance(part, dict)]
    return []


def _opened(text: str) -> Object:
    """What stands in an object before one of its lists."""
    try:
        value = _decoded(text.rstrip().rstrip(",").rstrip() + "}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


class _TooLong(ValueError):  # noqa: N818
    """A value of more than `LONGEST` characters."""


class _Text(TextStream):
    skipped = "\ufeff\0\x1e"

    def here(self) -> str:
        return fragment(self.text[self.at : self.at + 200])

    def value(self) -> Any:
        """The value that begins here; a `ValueError` says why there is none."""
        while True:
            held = len(self.text) - self.at
            try:
                value, self.at = _DECODER.raw_decode(self.text, self.at)
                return value
            except RecursionError:
                raise ValueError("not JSON: nested too deeply") from None
            except json.JSONDecodeError as error:
                if error.pos < len(self.text) - 64 and not error.msg.startswith("Unterminated"):
                    raise ValueError(f"not JSON: {error.msg}") from None
            if held > LONGEST:
                raise _TooLong(f"longer than {LONGEST:,} characters")
            if not self.more(held):
                raise ValueError("the file ends in the middle of this element")

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines of the whole stream from here on, by number; of one that is too long, the beginning."""
        number = 1
        kept = self.text[self.at :]
        while True:
            *whole, kept = kept.split("\n")
            for line in whole:
                yield number, line
                number += 1
            block = self.stream.read(BLOCK)
            if not block:
                if kept:
                    yield number, kept
                return
            if len(kept) <= LONGEST:
                kept += block
            elif (end := block.find("\n")) >= 0:
                kept += block[end:]
