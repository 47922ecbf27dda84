"""What a user hands over → the tables in it: a plain file, a pipe, a workbook's sheets, the files of a zip
archive.

Whatever is no plain file on disk is written to one first, in a folder that goes away: the readers look at a
file more than once.
"""

from __future__ import annotations

import csv
import re
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import python_calamine

from tracker.errors import DataError
from tracker.files.content import TABLES

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
MOST_PARTS = 100
MOST_BYTES = 64 << 30
"""What one archive may unpack to; more is no export but an attack or an accident."""
_ZIP, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Part:
    """One table: where it came from, as a user knows it, and the file it lies in."""

    name: str
    path: Path


@contextmanager
def parts_of(given: Path | str, *, most: int = MOST_PARTS) -> Iterator[tuple[Part, ...]]:
    """The tables in a file, a pipe or, for `-`, in standard input; an archive holds no more than `most`."""
    path = Path(given)
    with tempfile.TemporaryDirectory(prefix="citelift-import-") as folder:
        name, path = _on_disk(path, Path(folder))
        yield tuple(_parts(name, path, Path(folder), most))


def _on_disk(path: Path, folder: Path) -> tuple[str, Path]:
    if str(path) == "-":
        return "standard input", _spooled(sys.stdin.buffer, folder / "standard input")
    try:
        kind = path.stat().st_mode
    except OSError:
        return path.name, path  # the reader says what is wrong with it
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        return path.name, path
    with path.open("rb") as pipe:
        return path.name, _spooled(pipe, folder / path.name)


def _spooled(stream: IO[bytes], to: Path) -> Path:
    with to.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    return to


def _parts(name: str, path: Path, folder: Path, most: int, *, nested: bool = False) -> Iterator[Part]:
    magic = _magic(path)
    if magic == _OLD_WORKBOOK:
        yield from _sheets(name, path, folder)
    elif magic == _ZIP and (members := _members(path)):
        if any(each.startswith("xl/") for each in members) or "content.xml" in members:
            yield from _sheets(name, path, folder)
        elif nested or not (tables := [each for each in members if _is_table(each)]):
            yield Part(name, path)
        else:
            yield from _unpacked(name, path, tables, folder, most)
    else:
        yield Part(name, path)


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError:
        return b""


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return []


def _is_table(member: str) -> bool:
    at = PurePosixPath(member)
    hidden = any(part.startswith((".", "__MACOSX")) for part in at.parts)
    return not hidden and at.suffix.lower() in (*TABLES, *WORKBOOKS)


def _unpacked(name: str, path: Path, tables: list[str], folder: Path, most: int) -> Iterator[Part]:
    with zipfile.ZipFile(path) as archive:
        infos = [archive.getinfo(each) for each in tables]
        if len(infos) > most or sum(info.file_size for info in infos) > MOST_BYTES:
            raise DataError(
                f"{name} holds {len(infos)} tables, or more than {MOST_BYTES >> 30} GB of them",
                "unpack it and import the files that you mean",
            )
        if locked := [info.filename for info in infos if info.flag_bits & 1]:
            raise DataError(f"{locked[0]} in {name} is locked by a password", "unpack it and import the file")
        for info in infos:
            try:
                # Under its own name, which is what a reader calls it where it says what is wrong.
                with archive.open(info) as packed:
                    out = _spooled(packed, _place(folder) / _plain_name(info.filename))
            except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
                raise DataError(
                    f"{info.filename} in {name} is damaged: {error}", "download it again"
                ) from None
            yield from _parts(f"{name}/{info.filename}", out, folder, most, nested=True)


def _place(folder: Path) -> Path:
    """A folder of its own: two members may have one name."""
    return Path(tempfile.mkdtemp(dir=folder))


def _plain_name(member: str) -> str:
    at = PurePosixPath(member)
    stem = re.sub(r"[^\w .()-]", "_", at.stem)[:80]
    return f"{stem or 'table'}{at.suffix.lower()}"


# --- workbooks ----------------------------------------------------------------------------------------------


def _sheets(name: str, path: Path, folder: Path) -> Iterator[Part]:
    """Each sheet that has a table, as CSV: cells as they are stored, days and numbers unformatted."""
    try:
        with python_calamine.load_workbook(path) as book:
            names = book.sheet_names
            tables = [(each, book.get_sheet_by_name(each)) for each in names]
            filled = [(each, sheet) for each, sheet in tables if sheet.height > 1]
            for each, sheet in filled:
                out = _place(folder) / (path.name if len(filled) == 1 else _plain_name(each))
                _written(sheet, out)
                yield Part(name if len(filled) == 1 else f"{name}/{each}", out)
    except python_calamine.PasswordError:
        raise DataError(f"{name} is locked by a password", "save it without one, or as CSV") from None
    except python_calamine.CalamineError as error:
        raise DataError(f"{name} is a damaged workbook: {error}", "save it again, or as CSV") from None
    if not filled:
        raise DataError(f"{name} is a workbook without a table", "export the report again, or as CSV")


def _written(sheet: python_calamine.CalamineSheet, out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        for row in sheet.iter_rows():
            write([_cell(value) for value in row])


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
