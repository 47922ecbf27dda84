"""A delimited file → its rows: where each ends, and which of them are damaged.

Nothing here knows a vendor. Memory stays flat: a file is read in blocks, and a row that never ends is cut
off.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, repeat
from pathlib import Path

from tracker.errors import DataError
from tracker.files.content import DAMAGED, open_bytes
from tracker.files.encodings import Encoding
from tracker.files.records import Batch, Reject, fragment
from tracker.files.streams import BLOCK

LONGEST_LINE = 1 << 20
MOST_JOINED = 200
"""Physical lines that one quoted record may span."""
EXCEL_RUN = 16
csv.field_size_limit(LONGEST_LINE)  # the reader's own limit would lose a row with a long text


def lines_of(path: Path, encoding: Encoding) -> Iterator[tuple[list[str], bool]]:
    """Blocks of lines without their ends, and whether the last line of the file had one."""
    with open_bytes(path) as raw:
        errors = "surrogateescape" if encoding.name.startswith("utf-8") else "replace"
        stream = io.TextIOWrapper(raw, encoding=encoding.name, errors=errors, newline=None)
        carried: list[str] = []
        held = 0
        while block := _read(stream, path):
            *whole, last = block.split("\n")
            if whole:
                whole[0] = "".join([*carried, whole[0]])
                carried, held = [last], len(last)
                yield whole, True
            elif held <= LONGEST_LINE:
                carried.append(last)
                held += len(last)
        if held:
            yield ["".join(carried)], False


def _read(stream: io.TextIOWrapper, path: Path) -> str:
    try:
        return stream.read(BLOCK)
    except DAMAGED as error:
        raise DataError(f"{path.name} is cut off: {error}", "download it again") from None


@dataclass(frozen=True)
class Table:
    """How the rows of a delimited file lie in it."""

    encoding: Encoding
    delimiter: str
    width: int
    first_row: int
    """Number of the first physical line after the header, from 1."""
    padding: int = 0
    """Empty cells that the rows of this file have beyond its header."""


def batches(path: Path, table: Table) -> Iterator[Batch]:
    joiner = _Joiner(table)
    for lines, ended in lines_of(path, table.encoding):
        yield joiner.block(lines, ended)
    yield joiner.rest()


class _Joiner:
    """Physical lines → records; a record of several lines has its line breaks inside quotes."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.line = 0
        self.open: list[str] = []
        self.opened_at = 0
        self.short: set[int] = set()
        """Widths of rows whose empty last cells a spreadsheet left away."""

    def block(self, lines: list[str], ended: bool) -> Batch:
        begin = self.line + 1
        self.line += len(lines)
        if begin < self.table.first_row:
            lines = lines[self.table.first_row - begin :]
            begin = self.line - len(lines) + 1
        numbers: list[int] = []
        texts: list[str] = []
        rejects: list[Reject] = []
        if not self.open and '"' not in "".join(lines):
            numbers, texts = list(range(begin, begin + len(lines))), lines
        else:
            self._join(deque(enumerate(lines, start=begin)), numbers, texts, rejects)
        return self._cells(numbers, texts, rejects, ended)

    def rest(self) -> Batch:
        """At the end of the file a quote that is still open closes nowhere; the
        lines after it may be sound.
        """
        numbers: list[int] = []
        texts: list[str] = []
        rejects: list[Reject] = []
        while self.open:
            rejects.append(self._unclosed())
            again = deque(enumerate(self.open[1:], start=self.opened_at + 1))
            self.open = []
            self._join(again, numbers, texts, rejects)
        return self._cells(numbers, texts, rejects, False)

    def _unclosed(self) -> Reject:
        return Reject(self.opened_at, "a quote opens in this row and is never closed", fragment(self.open[0]))

    def _join(
        self, queue: deque[tuple[int, str]], numbers: list[int], texts: list[str], rejects: list[Reject]
    ) -> None:
        while queue:
            number, line = queue.popleft()
            odd = line.count('"') % 2 == 1
            if not self.open:
                if odd and self._is_open(line):
                    self.open, self.opened_at = [line], number
                else:
                    numbers.append(number)
                    texts.append(line)
                continue
            self.open.append(line)
            joined = "\n".join(self.open)
            closes = odd and not self._is_open(joined)
            if closes and self._is_one_row(joined):
                numbers.append(self.opened_at)
                texts.append(joined)
                self.open = []
            elif closes or len(self.open) > MOST_JOINED or len(joined) > LONGEST_LINE:
                rejects.append(self._unclosed())
                queue.extendleft(reversed(list(enumerate(self.open[1:], start=self.opened_at + 1))))
                self.open = []

    def _is_one_row(self, joined: str) -> bool:
        """Whether lines were rightly joined: a stray quote could also have found
        another stray one far below.
        """
        try:
            cells = next(csv.reader([joined], delimiter=self.table.delimiter, strict=True))
        except csv.Error:
            return False
        inner = (line for line in self.open[1:-1] if len(self._split(line)) == self.table.width > 2)
        return len(cells) - self.table.width in (0, self.table.padding) and not any(inner)

    def _is_open(self, text: str) -> bool:
        try:
            list(csv.reader([text], delimiter=self.table.delimiter, strict=True))
        except csv.Error as error:
            return "unexpected end of data" in str(error)
        return False

    def _split(self, text: str) -> list[str]:
        try:
            return next(csv.reader([text], delimiter=self.table.delimiter), [])
        except csv.Error:
            return []

    def _cells(self, numbers: list[int], texts: list[str], rejects: list[Reject], ended: bool) -> Batch:
        texts = self._decoded(numbers, texts, rejects)
        if columns := self._plain(texts):
            return Batch(numbers, columns, rejects)
        rows = self._parsed(texts)
        width = self.table.width
        if set(map(len, rows)) - {width} or not all(map(any, rows)):
            numbers, rows = self._fitting(numbers, texts, rows, rejects, ended)
        return Batch(numbers, list(zip(*rows, strict=True)) or [()] * width, rejects)

    def _plain(self, texts: list[str]) -> list[list[str]] | None:
        """The columns of lines in which nothing is quoted and no cell lacks: no row need be looked at."""
        width, delimiter = self.table.width, self.table.delimiter
        if set(map(str.count, texts, repeat(delimiter))) != {width - 1} or delimiter * (width - 1) in texts:
            return None
        joined = delimiter.join(texts)
        if '"' in joined or max(map(len, texts)) >= LONGEST_LINE:
            return None
        cells = joined.split(delimiter)
        return [cells[n::width] for n in range(width)]

    def _parsed(self, texts: list[str]) -> list[list[str]]:
        try:
            rows = list(csv.reader(texts, delimiter=self.table.delimiter))
        except csv.Error:
            rows = []
        # a stray quote can make the reader swallow the next row: then each is read alone
        return rows if len(rows) == len(texts) else [self._split(text) for text in texts]

    def _decoded(self, numbers: list[int], texts: list[str], rejects: list[Reject]) -> list[str]:
        """Lines whose bytes are not of the file's encoding: read in the fallback, or rejected."""
        if not self.table.encoding.name.startswith("utf-8") or _sound("".join(texts)):
            return texts
        kept: list[tuple[int, str]] = []
        for number, text in zip(numbers, texts, strict=True):
            if _sound(text):
                kept.append((number, text))
            elif self.table.encoding.fallback:
                raw = text.encode("utf-8", "surrogateescape")
                kept.append((number, raw.decode(self.table.encoding.fallback, "replace")))
            else:
                shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                rejects.append(
                    Reject(number, "bytes that are not UTF-8: damaged on the way", fragment(shown))
                )
        numbers[:] = [number for number, _ in kept]
        return [text for _, text in kept]

    def _fitting(
        self, numbers: list[int], texts: list[str], rows: list[list[str]], rejects: list[Reject], ended: bool
    ) -> tuple[list[int], list[list[str]]]:
        width = self.table.width
        kept: list[tuple[int, list[str]]] = []
        self._learn_short(rows)
        last = numbers[-1] if numbers else 0
        for number, text, row in zip(numbers, texts, rows, strict=True):
            if len(row) == 1 < width:
                row = _unwrapped(row, self.table.delimiter)
            if self.table.padding and len(row) == width + self.table.padding and not any(row[width:]):
                row = row[:width]
            blank = not any(cell.strip(" \t\xa0\x00\x1a") for cell in row) and (bool(row) or not text.strip())
            if blank:
                continue
            cut = not ended and number == last and len(row) < width
            if len(row) == width:
                kept.append((number, row))
            elif len(row) in self.short and not cut:
                kept.append((number, row + [""] * (width - len(row))))
            else:
                reason = (
                    f"the file ends in the middle of this row ({len(row)} of {width} fields)"
                    if cut
                    else f"{len(row)} fields where the header has {width}"
                )
                rejects.append(Reject(number, reason, fragment(text)))
        return [number for number, _ in kept], [row for _, row in kept]

    def _learn_short(self, rows: list[list[str]]) -> None:
        """Excel leaves away the delimiters of empty last cells for 16 rows at a time: such runs are no
        damage.

        Only where most of the full rows have nothing in these cells either.
        """
        full = [row for row in rows if len(row) == self.table.width]
        for width, run in groupby(rows, len):
            if not full or not 1 < width < self.table.width or width in self.short:
                continue
            blank = sum(1 for row in full if not any(row[width:]))
            if sum(1 for _ in run) >= EXCEL_RUN and blank * 2 >= len(full):
                self.short.add(width)


def _sound(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unwrapped(row: list[str], delimiter: str) -> list[str]:
    """A line that a spreadsheet took for one cell and quoted as a whole, as it does where its separator is
    another.
    """
    if delimiter not in row[0]:
        return row
    try:
        return next(csv.reader([row[0]], delimiter=delimiter), row)
    except csv.Error:
        return row


def split_sample(text: str, delimiter: str, limit: int) -> list[tuple[int, list[str]]]:
    """The first records of a sample as (first physical line, cells), read as a spreadsheet would."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    while len(rows) < limit:
        begin = reader.line_num + 1
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            break
        rows.append((begin, _unwrapped(row, delimiter) if len(row) == 1 else row))
    return rows
