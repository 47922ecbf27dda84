"""The heads of files, read before a scan so that a wrong file is named as what it is."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from tracker.errors import DataError


@dataclass(frozen=True, slots=True)
class RanksLayout:
    columns: tuple[str, ...]
    delimiter: str
    whole: bool
    """Common Crawl's own file, which lists every domain of its release; extracts (top 1000) do not."""


_RANK_NAMES = {
    "harmonic_position": ("harmonicc_pos", "hc_pos", "harmonic_pos"),
    "harmonic_value": ("harmonicc_val", "hc_val", "harmonic_val"),
    "pagerank_position": ("pr_pos", "pagerank_pos"),
    "pagerank_value": ("pr_val", "pagerank_val"),
    "name": ("host_rev", "rev", "domain_rev"),
    "hosts": ("n_hosts", "hosts"),
}
TYPES = {
    "harmonic_position": "UINTEGER",
    "pagerank_position": "UINTEGER",
    "hosts": "UINTEGER",
    "harmonic_value": "DOUBLE",
    "pagerank_value": "DOUBLE",
}
NEEDED = ("harmonic_position", "harmonic_value", "pagerank_position", "pagerank_value", "name")


def ranks_layout(head: list[str], path: Path) -> RanksLayout:
    first = head[0]
    delimiter = "\t" if "\t" in first else ","
    known = {spelling: name for name, spellings in _RANK_NAMES.items() for spelling in spellings}
    cells = [cell.strip().lstrip("#").lower() for cell in first.split(delimiter)]
    columns = tuple(known.get(cell, f"other_{index}") for index, cell in enumerate(cells))
    absent = [name for name in NEEDED if columns.count(name) != 1]
    if absent:
        raise DataError(
            f"{path.name} is no ranks file: its first line {first[:120]!r} does not name {', '.join(absent)}",
            "the domain ranks begin with #harmonicc_pos #harmonicc_val #pr_pos #pr_val #host_rev #n_hosts",
        )
    return RanksLayout(columns, delimiter, first.startswith("#"))


_SHAPES: dict[str, tuple[str, str]] = {
    "vertices": (r"\d+\t[^\t]+\t\d+", "id, reversed name and number of hosts"),
    "edges": (r"\d+\t\d+", "two ids"),
}


def check_head(head: list[str], kind: str, path: Path) -> None:
    shape, words = _SHAPES[kind]
    for number, line in enumerate(head[:20], 1):
        if re.fullmatch(shape, line):
            continue
        looks = next((other for other, (each, _) in _SHAPES.items() if re.fullmatch(each, line)), None)
        hint = f"this looks like the {looks} file" if looks else "give the file of domains, not of hosts"
        raise DataError(f"{path.name}, line {number}: {line[:120]!r} is not {words}, separated by tabs", hint)


def first_lines(path: Path) -> list[str]:
    """The first complete lines, unpacked."""
    with path.open("rb") as raw:
        start = raw.read(65_536)
    packed = start.startswith(b"\x1f\x8b")
    try:
        data = zlib.decompressobj(31).decompress(start, 65_536) if packed else start
    except zlib.error as error:
        raise DataError(f"{path.name} is damaged at its beginning ({error})", "download it again") from error
    text = data.decode("utf-8", "replace")
    if re.match(r"\s*(?:<!doctype|<html|<\?xml|<head|<body)", text, re.IGNORECASE):
        raise DataError(
            f"{path.name} is a web page, not a data file", "the download met an error page: fetch it again"
        )
    if path.suffix == ".gz" and not packed and data:
        raise DataError(
            f"{path.name} is not gz inside", "rename it if it is plain text, or download it again"
        )
    lines = text.split("\n")
    whole = lines[:-1] if len(data) >= 65_536 or not lines[-1] else lines
    if not whole:
        raise DataError(f"{path.name} is empty", "download it again")
    return [line.removesuffix("\r") for line in whole]
