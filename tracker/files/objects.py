"""A JSON file → its objects, wherever in it the list of them stands, one at a time."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracker.files.content import open_bytes
from tracker.files.encodings import Encoding
from tracker.files.records import Reject, fragment
from tracker.files.streams import TextStream
from tracker.files.tables import lines_of

LONGEST_ELEMENT = 16 << 20


def elements(path: Path, encoding: Encoding, containers: Sequence[str]) -> Iterator[dict[str, Any] | Reject]:
    """The objects of every list that stands under one of the keys, one after another, never all at once.

    A top-level list counts as such a list, and so does a file of one object a line.
    """
    keys = "|".join(re.escape(key) for key in containers)
    opening = re.compile(rf'"(?:{keys})"\s*:\s*\[')
    scanner = _Scanner(path, encoding)
    with scanner:
        if scanner.peek() == "[":
            scanner.at += 1
            yield from scanner.objects()
            return
        if scanner.is_line_of_its_own(opening):
            yield from _json_lines(path, encoding)
            return
        while scanner.find(opening):
            yield from scanner.objects()


def _json_lines(path: Path, encoding: Encoding) -> Iterator[dict[str, Any] | Reject]:
    number = 0
    for lines, ended in lines_of(path, encoding):
        for line in lines:
            number += 1
            if not line.strip("\ufeff \t\0"):
                continue
            try:
                value = json.loads(line.strip("\ufeff"))
            except (json.JSONDecodeError, RecursionError) as error:
                cut = not ended and line is lines[-1]
                why = "the file ends in the middle of this line" if cut else f"not JSON: {error}"
                yield Reject(number, why, fragment(line))
                continue
            yield (
                value
                if isinstance(value, dict)
                else Reject(number, "a line that is no object", fragment(line))
            )


class _Scanner(TextStream):
    def __init__(self, path: Path, encoding: Encoding) -> None:
        super().__init__(io.TextIOWrapper(open_bytes(path), encoding=encoding.name, errors="replace"))
        self.decoder = json.JSONDecoder()
        self.count = 0

    def __enter__(self) -> _Scanner:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def is_line_of_its_own(self, opening: re.Pattern[str]) -> bool:
        """Whether the file begins with an object that is a row itself, and not the wrapping around a list of
        them.
        """
        try:
            _, end = self.decoder.raw_decode(self.text, self.at)
        except (json.JSONDecodeError, RecursionError):
            return False
        return opening.search(self.text, self.at, end) is None

    def find(self, opening: re.Pattern[str]) -> bool:
        while True:
            match = opening.search(self.text, self.at)
            if match:
                self.at = match.end()
                return True
            self.at = max(self.at, len(self.text) - 200)  # a key may stand across two blocks
            if not self.more():
                return False

    def objects(self) -> Iterator[dict[str, Any] | Reject]:
        while (mark := self.peek()) not in ("]", ""):
            if mark == ",":
                self.at += 1
                continue
            self.count += 1
            part = self._one()
            if isinstance(part, dict):
                yield part
                continue
            shown = fragment(self.text[self.at : self.at + 200])
            yield Reject(self.count, part, shown)
            return
        if not mark:
            yield Reject(self.count + 1, "the file ends in the middle of the list", "")
        self.at += 1

    def _one(self) -> dict[str, Any] | str:
        """One element, or why there is none."""
        while True:
            try:
                value, self.at = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if error.pos < len(self.text) - 64 and not error.msg.startswith("Unterminated"):
                    return f"not JSON: {error.msg}"
                if len(self.text) - self.at > LONGEST_ELEMENT:
                    return "an element of more than 16 MB"
                if not self.more():
                    return "the file ends in the middle of this element"
                continue
            return value if isinstance(value, dict) else "an element that is no object"


def flat(value: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """An object as cells: dotted names for what is nested, lists joined by a space."""
    cells: dict[str, str] = {}
    for name, part in value.items():
        if isinstance(part, dict):
            cells.update(flat(part, f"{prefix}{name}."))
        else:
            cells[prefix + name] = _cell(part)
    return cells


def _cell(part: Any) -> str:
    if part is None:
        return ""
    if isinstance(part, bool):
        return "true" if part else "false"
    if isinstance(part, list):
        return " ".join(_cell(each) for each in part if not isinstance(each, dict))
    return str(part)
