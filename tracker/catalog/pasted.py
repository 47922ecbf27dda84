"""Prompts out of what a user pastes or hands over: a question a line, or a table with a column of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker import countries, spreadsheet
from tracker.catalog import lines
from tracker.catalog.lines import Row
from tracker.catalog.nodes import CatalogFile, Problem
from tracker.catalog.prompts import read_prompts
from tracker.errors import DataError
from tracker.files import content, encodings
from tracker.files.records import Reject, fragment
from tracker.files.unpack import parts_of

COLUMNS = {
    "text": ("text", "prompt", "prompts", "question", "questions", "query", "queries"),
    "topic": ("topic", "category", "group", "tag", "theme"),
    "country": ("country", "market", "location"),
    "language": ("language", "lang", "locale"),
    "weight": ("weight",),
}
MOST = 5_000
"""Of one paste: more is no list of prompts."""
MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class Pasted:
    rows: tuple[Row, ...]
    """New prompts, as the catalog takes them."""
    known: int
    """Those that the catalog has, or that stood there twice."""
    rejects: tuple[Reject, ...]


def read_file(path: Path, known: Iterable[Row], topic: str | None = None) -> Pasted:
    """A text, CSV or TSV file, or a workbook, packed or not."""
    with parts_of(path, most=1) as parts:
        encoding = encodings.encoding_of(content.head_of(parts[0].path))
        with content.open_bytes(parts[0].path) as handle:
            raw = handle.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise DataError(f"{path.name} is larger than any list of prompts", "is this the right file?")
    return read(raw.decode(encoding.name, "replace"), known, topic)


def read(text: str, known: Iterable[Row], topic: str | None = None) -> Pasted:
    """What of it is new to the catalog's prompts. `topic` is that of rows which name none."""
    there = {_key(row) for row in known}
    new: list[Row] = []
    rejects: list[Reject] = []
    again = 0
    for line, row in _rows(text.lstrip("\ufeff")):
        given = {**({"topic": topic} if topic else {}), **row}
        if problem := _problem(given):
            rejects.append(Reject(line, problem, fragment(str(row.get("text", "")))))
        elif _key(given) in there:
            again += 1
        elif len(new) == MOST:
            rejects.append(Reject(line, f"more than {MOST:,} prompts", fragment(str(row.get("text", "")))))
            break
        else:
            there.add(_key(given))
            new.append(given)
    return Pasted(tuple(new), again, tuple(rejects))


def _rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    written = text.splitlines(keepends=True)
    first = next((line for line in written if line.strip()), "")
    delimiter = max("\t;,|", key=first.count)
    heads = [_column(cell) for cell in next(csv.reader([first.strip()], delimiter=delimiter), [])]
    if "text" not in heads:
        for number, line in enumerate(written, start=1):
            if words := _bare(line):
                yield number, {"text": words}
        return
    reader = csv.reader(written[written.index(first) + 1 :], delimiter=delimiter)
    for cells in reader:
        row = {
            name: value
            for name, cell in zip(heads, cells, strict=False)
            if name and (value := " ".join(spreadsheet.plain(cell).split()))
        }
        if row:
            yield reader.line_num + written.index(first) + 1, _typed(row)


def _bare(line: str) -> str:
    """A pasted line without the mark or number of a list."""
    words = line.strip().lstrip("-*•").strip()
    number, dot, rest = words.partition(". ")
    return " ".join((rest if dot and number.isdigit() else words).strip('"').split())


def _column(cell: str) -> str | None:
    name = cell.strip().strip('"').casefold()
    return next((key for key, names in COLUMNS.items() if name in names), None)


def _typed(row: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {key: row[key] for key in COLUMNS if key in row}
    if "country" in typed:
        typed["country"] = countries.country(typed["country"]) or typed["country"]
    if "weight" in typed:
        with suppress(ValueError):  # the catalog's rule says what is wrong with it
            typed["weight"] = float(typed["weight"])
    return typed


def _problem(row: Row) -> str | None:
    """What the catalog's own rules say against it."""
    if "text" not in row:
        return "no question"
    problems: list[Problem] = []
    raw = ("prompts:\n" + lines.item(row, 2)).encode("utf-8", "replace")
    read_prompts(CatalogFile.of(Path("tracked.yaml"), raw, problems))
    return problems[0].problem if problems else None


def _key(row: Row) -> tuple[str, ...]:
    parts: Sequence[Any] = (row.get("text", ""), row.get("country") or "", row.get("language") or "")
    text, country, language = (" ".join(str(part).split()) for part in parts)
    return text, country.upper(), language
