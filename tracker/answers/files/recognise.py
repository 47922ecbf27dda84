"""What a file of recorded answers is (encoding, table or JSON, layout, order of days), and its rows."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from difflib import get_close_matches
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from tracker.answers.files.layouts import (
    FIELDS,
    NEEDED,
    Columns,
    Row,
    has,
    is_answer,
    lacking,
    plain,
    plain_row,
    reading_of,
)
from tracker.answers.files.records import Record, RowRules, is_zoneless, record
from tracker.citations import recognise as recognise_shape
from tracker.errors import DataError, UsageError
from tracker.files import values
from tracker.files.content import Unbroken, head_of
from tracker.files.encodings import Encoding, decode_head, encoding_named, encoding_of
from tracker.files.nested import Nested, nested
from tracker.files.records import Reject, fragment
from tracker.files.tables import split_sample
from tracker.files.values import DateOrder

SAMPLE = 500
PREAMBLE = 40
DELIMITERS = (",", "\t", ";", "|")
NEAR = 0.7


@dataclass(frozen=True)
class FileOptions:
    """What the user says of a file, beyond what it says itself."""

    now: datetime
    mapping: Mapping[str, str]
    constants: Mapping[str, str]
    zone: tzinfo | None = None
    order: DateOrder | None = None
    written: bool = False
    encoding: str | None = None
    day_zone: tzinfo = UTC


@dataclass(frozen=True)
class Header:
    """Where the rows of a table begin."""

    delimiter: str
    names: tuple[str, ...]
    records: int
    """How many records come before the first row, the header among them."""


@dataclass(frozen=True)
class Recognised:
    """How one file of answers is read."""

    path: Path
    encoding: Encoding
    rules: RowRules
    columns: tuple[str, ...]
    header: Header | None
    """None for JSON."""

    @property
    def layout(self) -> str:
        return self.rules.reading.layout.name

    def mapping(self) -> dict[str, str]:
        """Field → the column it comes from."""
        shown = {plain(name): name for name in self.columns}
        found: dict[str, str] = {}
        for field, paths in self.rules.reading.paths.items():
            for path in paths:
                if name := shown.get(plain(path)):
                    found.setdefault(field, name)
                elif plain(re.split(r"[.\[]", path.removeprefix("^"))[0]) in shown:
                    found.setdefault(field, path)
        return found

    def notes(self) -> list[str]:
        """What is not read, said once."""
        known = {plain(name): name for name in FIELDS}
        notes = []
        for name in self.rules.reading.unread[:20]:
            near = get_close_matches(plain(name), list(known), 1, NEAR)
            hint = f"; did you mean `{known[near[0]]}`?" if near else ""
            notes.append(f"`{fragment(name)[:60]}` is not read{hint}")
        return notes


def recognise(path: Path, options: FileOptions) -> Recognised:
    """Raises `DataError` for what is no file of recorded answers, in one sentence."""
    if not path.exists():
        raise DataError(f"there is no file {path}", "give the path of a file with recorded answers")
    head = head_of(path, of_damaged=True)
    encoding = encoding_named(options.encoding) if options.encoding else encoding_of(head)
    text = decode_head(head, encoding)
    if text.lstrip("\ufeff \t\r\n\0\x1e")[:1] in ("{", "["):
        return _of_json(path, encoding, options)
    return _of_table(path, encoding, text, options)


# --- JSON ---------------------------------------------------------------------------------------------------


def _of_json(path: Path, encoding: Encoding, options: FileOptions) -> Recognised:
    found = nested(path, encoding, _fits(options))
    read = list(islice(found, SAMPLE))
    objects = [each for each in read if isinstance(each, Nested)]
    columns = tuple(dict.fromkeys(name for each in objects for name in each.value))
    rows = [plain_row(each.value, each.around) for each in objects]
    reading = reading_of(rows, columns, options.mapping, options.constants) if rows else None
    if reading is None:
        if objects and _is_reply(objects[0].value):
            raise DataError(
                f"{path.name} holds recorded replies of an engine, not answers read from them",
                f"use `citelift import raw {path.name}`, which reads and keeps them",
            )
        rejects = [each for each in read if isinstance(each, Reject)]
        raise _unknown(path, rows, columns, rejects)
    reading = _without_lone_urls(reading, rows)
    _refuse_zoneless(path, reading, rows, options)
    order = options.order or _order(reading, rows)
    return Recognised(path, encoding, _rules(reading, options, order), columns, None)


def _is_reply(value: dict[str, Any]) -> bool:
    try:
        return recognise_shape(value) != "error"
    except DataError:
        return False


def _fits(options: FileOptions) -> Callable[[dict[str, Any]], bool]:
    def fits(value: dict[str, Any]) -> bool:
        row = plain_row(value, {})
        mapped = [path for path in options.mapping.values() if not path.startswith("^")]
        return is_answer(row) or (bool(mapped) and all(has(row, path) for path in mapped))

    return fits


def _fits_reading(reading: Columns) -> Callable[[dict[str, Any]], bool]:
    paths = [
        [path for path in reading.paths.get(name, ()) if not path.startswith("^")]
        for name in ("prompt", "text")
        if name not in reading.constants
    ]

    def fits(value: dict[str, Any]) -> bool:
        row = plain_row(value, {})
        return all(any(has(row, path) for path in known) for known in paths if known)

    return fits


# --- tables -------------------------------------------------------------------------------------------------


def _of_table(path: Path, encoding: Encoding, text: str, options: FileOptions) -> Recognised:
    best: tuple[tuple[bool, int], Header, Columns, list[Row]] | None = None
    wrong: UsageError | None = None
    for delimiter in DELIMITERS:
        lines = split_sample(text, delimiter, SAMPLE)
        for number, (_, names) in enumerate(lines[:PREAMBLE]):
            if len(names) < 2 or not all(names[:2]):
                continue
            body = [cells for _, cells in lines[number + 1 :]] or [[""] * len(names)]
            rows: list[Row] = [plain_row(dict(zip(names, cells, strict=False)), {}) for cells in body]
            try:
                reading = reading_of(rows, names, options.mapping, options.constants)
            except UsageError as error:
                wrong = wrong or error if number == 0 else wrong
                continue
            if reading is None:
                continue
            reading = _without_lone_urls(reading, rows)
            rank = (reading.layout.name != "any", len(names))
            if best is None or rank > best[0]:
                best = (rank, Header(delimiter, tuple(names), number + 1), reading, rows)
            break
    if best is None:
        if wrong is not None and options.mapping:
            raise wrong
        raise _unknown_table(path, text)
    _, header, reading, rows = best
    _refuse_zoneless(path, reading, rows, options)
    order = options.order or _order(reading, rows)
    rules = replace(_rules(reading, options, order), cells=True)
    return Recognised(path, encoding, rules, header.names, header)


def _without_lone_urls(reading: Columns, rows: Sequence[Row]) -> Columns:
    """A column with one address is a citation a row only where rows of the same answer follow one another;
    else it is one of its citations, and which others there are is unknown."""
    answers = [(str(reading.get(row, "prompt")), str(reading.get(row, "text"))) for row in rows]
    if "url" not in reading.paths or any(one == other for one, other in pairwise(answers)):
        return reading
    return replace(reading, paths={name: known for name, known in reading.paths.items() if name != "url"})


def _unknown_table(path: Path, text: str) -> DataError:
    delimiter = max(DELIMITERS, key=text.split("\n", 1)[0].count)
    lines = split_sample(text, delimiter, 2)
    names = tuple(lines[0][1]) if lines else ()
    body = lines[1][1] if len(lines) > 1 else [""] * len(names)
    return _unknown(path, [plain_row(dict(zip(names, body, strict=False)), {})], names, [])


# --- both ---------------------------------------------------------------------------------------------------


def _refuse_zoneless(path: Path, reading: Columns, rows: Sequence[Row], options: FileOptions) -> None:
    """One sentence instead of a reject a row, where no clock of the file says whose it is."""
    words = [word.strip() for row in rows if isinstance(word := reading.get(row, "asked_at"), str)]
    if options.zone is None and words and all(map(is_zoneless, words)):
        raise DataError(
            f"the clocks of {path.name} name no time zone: {fragment(words[0])[:40]}",
            "say whose they are, like --timezone Europe/Berlin or --timezone UTC",
        )


def _rules(reading: Columns, options: FileOptions, order: DateOrder) -> RowRules:
    return RowRules(
        reading, options.now, options.zone, options.day_zone, order=order, written=options.written
    )


def _order(reading: Columns, rows: Sequence[Row]) -> DateOrder:
    evidence = values.order_evidence(str(reading.get(row, "asked_at") or "") for row in rows)
    if evidence.day_first and not evidence.month_first:
        return "day_first"
    if evidence.month_first and not evidence.day_first:
        return "month_first"
    return "day_first" if evidence.dotted and not evidence.month_first else "unknown"


def _unknown(path: Path, rows: Sequence[Row], columns: Sequence[str], rejects: Sequence[Reject]) -> DataError:
    if not columns:
        why = f": {rejects[0].reason}" if rejects else ""
        return DataError(
            f"{path.name} holds no recorded answers{why}",
            f"give a table, or JSON objects, with {', '.join(NEEDED)}",
        )
    missing = lacking(rows)
    seen = ", ".join(fragment(name)[:40] for name in columns[:12])
    return DataError(
        f"{path.name} is no file of answers this program knows: it has no column for {', '.join(missing)}; "
        f"it has {seen}",
        "say which column is which (`--map "
        + ",".join(f"{name}=COLUMN" for name in missing)
        + f"`), or what holds for all rows (`--set {missing[0] if missing else 'engine'}=VALUE`)",
    )


def records(recognised: Recognised) -> Iterator[Record | Reject]:
    """Every answer of the file, and why other rows are none."""
    rows = _json_rows(recognised) if recognised.header is None else _table_rows(recognised, recognised.header)
    read = (_record(row, line, recognised.rules) if row is not None else why for line, row, why in rows)
    found = (each for each in read if each is not None)
    paths = recognised.rules.reading.paths
    return _together(found) if paths.get("url") and not paths.get("citations") else found


def _record(row: Row, line: int, rules: RowRules) -> Record | Reject:
    try:
        return record(row, line, rules)
    except ValueError as error:
        return Reject(line, str(error))


Numbered = tuple[int, Row | None, Reject | None]


def _json_rows(recognised: Recognised) -> Iterator[Numbered]:
    fits = _fits_reading(recognised.rules.reading)
    for each in nested(recognised.path, recognised.encoding, fits):
        if isinstance(each, Reject):
            yield each.line, None, each
        else:
            yield each.number, plain_row(each.value, each.around), None


def _table_rows(recognised: Recognised, header: Header) -> Iterator[Numbered]:
    names = [plain(name) for name in header.names]
    width = len(names)
    errors = "surrogateescape" if recognised.encoding.name.startswith("utf-8") else "replace"
    with Unbroken(recognised.path) as raw:
        stream = io.TextIOWrapper(
            io.BufferedReader(raw, 1 << 20), encoding=recognised.encoding.name, errors=errors, newline=""
        )
        line = 1
        for number, (line, cells, first) in enumerate(_cells(stream, header)):
            if cells is None:
                why = "a quote opens in this row and is never closed"
                yield line, None, Reject(line, why, fragment(first))
                continue
            if number < header.records or not any(cell.strip() for cell in cells):
                continue
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if len(cells) != width:
                why = f"{len(cells)} fields where the header has {width}"
                yield line, None, Reject(line, why, fragment(first))
                continue
            row: dict[str, Any] = {}
            for name, cell in zip(names, cells, strict=True):
                row.setdefault(name, _mended(cell, recognised.encoding))
            yield line, row, None
        if raw.damage:
            yield line + 1, None, Reject(line + 1, raw.damage)


def _cells(stream: io.TextIOWrapper, header: Header) -> Iterator[tuple[int, list[str] | None, str]]:
    """The records with the line where each begins and that line; no cells for one whose quote never closes,
    after which the lines below it are read again by themselves."""
    again: deque[str] = deque()
    held: list[str] = []
    ended = False

    def lines() -> Iterator[str]:
        nonlocal ended
        while line := again.popleft() if again else stream.readline():
            held.append(line)
            yield line
        ended = True

    at = 1
    delimiter = header.delimiter
    reader = csv.reader(lines(), delimiter=delimiter)
    while True:
        held.clear()
        try:
            cells = next(reader, None)
            if cells is None:
                return
            broken = (ended and _is_open(held, delimiter)) or _swallows(cells, held, header)
        except csv.Error:
            cells, broken = None, True
        if broken:
            yield at, None, held[0]
            again.extendleft(reversed(held[1:]))
            at, ended = at + 1, False
            reader = csv.reader(lines(), delimiter=delimiter)
        else:
            yield at, cells, held[0]
            at += len(held)


def _swallows(cells: Sequence[str], lines: Sequence[str], header: Header) -> bool:
    """Whether a record that does not fit holds lines which do: a stray quote that met another one below."""
    width = len(header.names)
    if len(lines) < 2 or len(cells) == width or not any(cells):
        return False
    inner = (next(csv.reader([line], delimiter=header.delimiter), []) for line in lines[1:])
    return any(len(each) == width for each in inner)


def _is_open(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the file ends inside a quote."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _mended(cell: str, encoding: Encoding) -> str:
    """A cell in another encoding than the beginning of the file."""
    if cell.isascii() or not encoding.fallback:
        return cell
    try:
        cell.encode()
    except UnicodeEncodeError:
        return cell.encode(errors="surrogateescape").decode(encoding.fallback, "replace")
    return cell


def _together(found: Iterator[Record | Reject]) -> Iterator[Record | Reject]:
    """Tables with a row for each citation: rows of the same answer, one after another, are one answer."""
    held: Record | None = None
    for each in found:
        if isinstance(each, Record) and held is not None and each.content_key == held.content_key:
            pages = (*(held.citations or ()), *(each.citations or ()))
            numbered = tuple(replace(page, position=at) for at, page in enumerate(pages, start=1))
            held = replace(held, citations=numbered or None)
            continue
        if held is not None:
            yield held
        held = each if isinstance(each, Record) else None
        if held is None:
            yield each
    if held is not None:
        yield held
