"""A file's bytes → its records: what it is encoded in, where its rows end, and which of them are damaged.

Nothing here knows a vendor. Memory stays flat: a file is read in blocks, and a row that never ends is cut
off.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from tracker.errors import DataError

HEAD = 1 << 20
BLOCK = 1 << 20
LONGEST_LINE = 1 << 20
LONGEST_ELEMENT = 16 << 20
DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, NotImplementedError)
MOST_JOINED = 200
"""Physical lines that one quoted record may span."""

EXCEL_RUN = 16
TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
csv.field_size_limit(LONGEST_LINE)  # the reader's own limit would lose a row with a long text
AS_CSV = "export the report as CSV, or open the file in a spreadsheet and save it as CSV UTF-8"
UNPACK = "unpack it and import the CSV inside"
_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[™œ\u009d“”¦˜]|Â[ «»°]")


@dataclass(frozen=True)
class Reject:
    """One row that was not taken: where, why, and how it begins."""

    line: int
    reason: str
    fragment: str = ""

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "reason": self.reason, "fragment": self.fragment}


@dataclass(frozen=True)
class Encoding:
    name: str
    evidence: str
    fallback: str | None = None
    """What lines are read in that turn out not to be in `name`; None: they are rejected."""


@dataclass(frozen=True)
class Batch:
    """Rows of one block: their line numbers, their cells, and what was no row."""

    lines: list[int]
    rows: list[list[str]]
    rejects: list[Reject]


def fragment(text: str) -> str:
    """The beginning of a row, safe to store and to show."""
    plain = "".join(c if c.isprintable() else " " for c in text[:160])
    return plain + ("…" if len(text) > 160 else "")


def open_bytes(path: Path) -> IO[bytes]:
    try:
        handle = path.open("rb")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", "give the path of an export file") from None
    magic = handle.read(4)
    handle.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.open(handle)  # type: ignore[return-value]
    if magic == b"PK\x03\x04" and (packed := _only_member(handle)):
        return packed
    return handle


def _only_member(handle: IO[bytes]) -> IO[bytes] | None:
    """The table in a zip archive that holds one and nothing else."""
    try:
        archive = zipfile.ZipFile(handle)
    except (zipfile.BadZipFile, OSError):
        handle.seek(0)
        return None
    names = [name for name in archive.namelist() if not re.search(r"/$|(^|/)(__MACOSX/|\.)", name)]
    if len(names) == 1 and names[0].lower().endswith(TABLES) and not archive.getinfo(names[0]).flag_bits & 1:
        return archive.open(names[0])
    handle.seek(0)
    return None


def head_of(path: Path) -> bytes:
    """The beginning of a file that can be an export; a clear refusal for what cannot."""
    if path.is_dir():
        raise DataError(f"{path} is a folder", "give one export file")
    try:
        with open_bytes(path) as handle:
            head = handle.read(HEAD)
    except DAMAGED as error:
        raise DataError(f"{path.name} is damaged: {error}", "download it again") from None
    _refuse_other_files(path, head)
    return head


def _refuse_other_files(path: Path, head: bytes) -> None:
    if not head.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise DataError(f"{path.name} is empty", "download the export again")
    begins = head[:2048].lstrip().lower()
    for magic, what, hint in (
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", AS_CSV),
        (b"%pdf", "a PDF", AS_CSV),
        (b"par1", "a Parquet file", "write it out as CSV"),
        (b"sqlite format 3", "a SQLite database", AS_CSV),
        (b"7z\xbc\xaf", "a 7z archive", UNPACK),
        (b"rar!", "a RAR archive", UNPACK),
        (b"bzh", "a bzip2 archive", UNPACK),
        (b"\xfd7zxz\x00", "an xz archive", UNPACK),
        (b"\x28\xb5\x2f\xfd", "a zstd archive", UNPACK),
        (b"\xff\xd8\xff", "a picture", AS_CSV),
        (b"{\\rtf", "a text document (RTF)", AS_CSV),
        (b"\x89png", "a picture", AS_CSV),
    ):
        if begins.startswith(magic):
            raise DataError(f"{path.name} is {what}, not a CSV or JSON export", hint)
    if begins.startswith(b"pk\x03\x04"):
        raise DataError(*_packed(path))
    text = begins.decode("utf-8", "replace").lstrip("\ufeff")
    if text.startswith("<?xml"):
        raise DataError(f"{path.name} is XML, not a CSV or JSON export", AS_CSV)
    if text.startswith("<"):
        raise DataError(
            f"{path.name} is a web page (HTML), not an export",
            "the download was probably a login or error page: sign in and export the report as CSV",
        )


def _packed(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return f"{path.name} is a damaged zip file", "download it again"
    if any(name.startswith("xl/") for name in names):
        return f"{path.name} is an Excel workbook (.xlsx), not a CSV or JSON export", AS_CSV
    if "content.xml" in names:
        return f"{path.name} is a LibreOffice document, not a CSV or JSON export", AS_CSV
    inside = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    return (
        f"{path.name} is a zip archive holding {inside}",
        "unpack it and import the CSV files inside, one by one",
    )


def encoding_of(head: bytes) -> Encoding:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return Encoding(name, f"byte order mark {mark.hex(' ').upper()}")
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = max(1, len(head[:4000]) // 2)
    if odd > half * 0.6 and even < half * 0.1:
        return Encoding("utf-16-le", "every second byte is zero, and there is no byte order mark")
    if even > half * 0.6 and odd < half * 0.1:
        return Encoding("utf-16-be", "every second byte is zero, and there is no byte order mark")
    if head.isascii():
        return Encoding("utf-8", f"the first {len(head):,} bytes are ASCII", fallback="cp1252")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError as error:
        if _damage(head) <= 0.001:
            return Encoding("utf-8", "nearly all bytes are UTF-8; a few are damaged")
        _refuse_other_scripts(head)
        bad = head[error.start]
        return Encoding("cp1252", f"byte {bad:#04x} at {error.start:,} is not UTF-8: read as Windows-1252")
    return Encoding("utf-8", "the bytes are UTF-8")


def _refuse_other_scripts(head: bytes) -> None:
    """Western letters beyond ASCII stand alone between others; whole words of them are Cyrillic, Greek,
    Japanese …

    Which code page it is cannot be told safely, and a wrong one garbles every anchor.
    """
    runs = re.findall(rb"[\x80-\xff]+", head)
    long = sum(len(run) for run in runs if len(run) > 3)
    if long * 2 > sum(map(len, runs)):
        raise DataError(
            "the text is in an old code page of another script than the Latin one",
            "save the file as CSV UTF-8, or give its code page as --encoding: cp1251 (Cyrillic), "
            "shift_jis, euc_jp, gb18030, "
            "big5, cp949 (Korean), cp1253 (Greek), cp1255 (Hebrew), cp1256 (Arabic), cp874 (Thai)",
        )


_CENTRAL = re.compile(r"[a-z][¹³][a-z ]|[a-z]œ[a-z]*[æê¿]|[a-z][ìøè][a-z]*[ùò]")


def central_european(text: str) -> str | None:
    """A word that Windows-1252 cannot have meant: Polish, Czech … saved as Windows-1250."""
    found = _CENTRAL.search(text)
    return text[max(0, found.start() - 12) : found.end() + 12].replace("\n", " ") if found else None


def _damage(head: bytes) -> float:
    """Of the bytes beyond ASCII, the share that UTF-8 cannot read."""
    text = head.decode("utf-8", "surrogateescape")
    bad = sum(1 for c in text if "\udc80" <= c <= "\udcff")
    good = sum(1 for c in text if c > "\x7f") - bad
    return bad / (100 * good + bad)


def decode_head(head: bytes, encoding: Encoding) -> str:
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    return re.sub(r"\r\n?", "\n", decoder.decode(head))


def mojibake(text: str) -> str | None:
    """An example of UTF-8 that somebody read as Windows-1252 and saved again."""
    found = _MOJIBAKE.search(text)
    return text[max(0, found.start() - 12) : found.end() + 12].replace("\n", " ") if found else None


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
        rows = self._parsed(texts)
        width = self.table.width
        if set(map(len, rows)) - {width} or not all(map(any, rows)):
            numbers, rows = self._fitting(numbers, texts, rows, rejects, ended)
        return Batch(numbers, rows, rejects)

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
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    while len(found) < limit:
        begin = reader.line_num + 1
        try:
            row = next(reader)
        except (StopIteration, csv.Error):
            break
        found.append((begin, _unwrapped(row, delimiter) if len(row) == 1 else row))
    return found


# --- JSON ---------------------------------------------------------------------------------------------------


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


class _Scanner:
    def __init__(self, path: Path, encoding: Encoding) -> None:
        self.stream = io.TextIOWrapper(open_bytes(path), encoding=encoding.name, errors="replace")
        self.decoder = json.JSONDecoder()
        self.text = ""
        self.at = 0
        self.count = 0

    def __enter__(self) -> _Scanner:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def more(self) -> bool:
        block = self.stream.read(BLOCK)
        self.text = self.text[self.at :] + block
        self.at = 0
        return bool(block)

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            while self.at < len(self.text):
                if not self.text[self.at].isspace() and self.text[self.at] != "\ufeff":
                    return self.text[self.at]
                self.at += 1
            if not self.more():
                return ""

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
            found = opening.search(self.text, self.at)
            if found:
                self.at = found.end()
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
            found = self._one()
            if isinstance(found, dict):
                yield found
                continue
            shown = fragment(self.text[self.at : self.at + 200])
            yield Reject(self.count, found, shown)
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
