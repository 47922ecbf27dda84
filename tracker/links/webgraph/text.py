"""A file's whole lines in blocks, plain or gz, from a place on; the next block is unpacked meanwhile."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import DataError

RAW = 1 << 20
BLOCK = 1 << 22
LONGEST_LINE = 16
"""Blocks without a line's end, behind which nothing is read any more."""
_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Lines:
    text: bytes
    """Whole lines."""
    read: int
    """Bytes of the file itself read so far, for the progress."""


def blocks(path: Path, skip: int = 0) -> Iterator[Lines]:
    """Whole lines behind the first `skip` unpacked bytes. A gz is unpacked from its beginning again."""
    lines = _whole_lines(path, skip)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(next, lines, None)
        while (block := coming.result()) is not None:
            coming = ahead.submit(next, lines, None)
            yield block


def _whole_lines(path: Path, skip: int) -> Iterator[Lines]:
    waiting: list[bytes] = []
    read = 0
    for piece, read in _pieces(path, skip):
        end = piece.rfind(b"\n") + 1
        if end:
            yield Lines(b"".join((*waiting, piece[:end])), read)
            waiting = []
        waiting.append(piece[end:])
        if len(waiting) > LONGEST_LINE:
            break
    text = b"".join(waiting)
    if text and not text.endswith(b"\n"):
        raise DataError(
            f"{path.name}: its last line has no end, so the file is cut",
            "download it again; if it is whole, end its last line",
        )
    if text:
        yield Lines(text, read)


def _pieces(path: Path, skip: int) -> Iterator[tuple[bytes, int]]:
    with path.open("rb") as raw:
        packed = raw.read(2) == _MAGIC
        raw.seek(0 if packed else skip)
        if not packed:
            while data := raw.read(BLOCK):
                yield data, raw.tell()
            return
        for data in _unpacked(path, raw):
            if skip < len(data):
                yield data[skip:], raw.tell()
            skip = max(0, skip - len(data))


def _unpacked(path: Path, raw: object) -> Iterator[bytes]:
    unpack, begun = zlib.decompressobj(31), False
    rest = b""
    while rest or (rest := raw.read(RAW)):  # type: ignore[attr-defined]
        if not begun and not (rest := rest.lstrip(b"\0")):
            continue
        begun = True
        try:
            data = unpack.decompress(rest, 4 * BLOCK)
        except zlib.error as error:
            raise _broken(path) from error
        rest = unpack.unconsumed_tail
        if unpack.eof:
            rest, unpack, begun = unpack.unused_data, zlib.decompressobj(31), False
        if data:
            yield data
    if begun:
        raise _broken(path)


def _broken(path: Path) -> DataError:
    return DataError(f"{path.name} ends or breaks in the middle of its compressed data", "download it again")
