"""A file's bytes: unpacked where they are compressed, refused where they are no table at all."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from tracker.errors import DataError

HEAD = 1 << 20
DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, NotImplementedError)
TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
AS_CSV = "export the report as CSV, or open the file in a spreadsheet and save it as CSV UTF-8"
UNPACK = "unpack it and import the CSV inside"


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


class Unbroken(io.RawIOBase):
    """The bytes of a packed file up to where it breaks off; `damage` then says why."""

    def __init__(self, path: Path) -> None:
        self.source = open_bytes(path)
        self.damage: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self.source.read(min(len(buffer), 1 << 12))
        except DAMAGED as error:
            self.damage = self.damage or f"the compressed file is damaged from here on: {error}"
            return 0
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self.source.close()
        super().close()


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


def head_of(path: Path, *, of_damaged: bool = False) -> bytes:
    """The beginning of a file that can be an export; a clear refusal for what cannot. `of_damaged`: of a
    packed file that breaks off, what comes before the break."""
    if path.is_dir():
        raise DataError(f"{path} is a folder", "give one export file")
    head = b""
    try:
        with open_bytes(path) as handle:
            while len(head) < HEAD and (block := handle.read(1 << 10 if of_damaged else HEAD)):
                head += block
    except DAMAGED as error:
        if not (of_damaged and head):
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
