"""What a file is: its encoding, delimiter, layout and order of day and month, each decided once and with its
evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tracker import domains
from tracker.errors import DataError, UsageError
from tracker.files import content, encodings, objects, records, tables, values
from tracker.files.encodings import Encoding
from tracker.files.records import Reject
from tracker.links.files import formats
from tracker.links.files.formats import Layout, Match
from tracker.links.files.maps import MAPPED, ColumnMap
from tracker.links.files.recognition import Recognition
from tracker.links.files.settle import settled

PREAMBLE = 40
"""Lines in which a header may stand."""
MOST_COLUMNS = 2_000
DELIMITERS = (",", "\t", ";", "|")
DATE_ORDERS = ("auto", "day_first", "month_first")


@dataclass(frozen=True)
class _Found:
    """A header that a layout explains, somewhere in the first lines."""

    match: Match
    header: tuple[str, ...]
    delimiter: str | None
    preamble: tuple[str, ...] = ()
    header_line: int = 1
    first_row: int = 2
    padding: int = 0
    """Empty cells that nearly every row has beyond the header."""
    evidence: str = ""
    translated: bool = False


def inspect(
    path: Path | str,
    format: str = "auto",
    *,
    date_order: str = "auto",
    encoding: str | None = None,
    columns: ColumnMap | None = None,
    remembered: Sequence[ColumnMap] = (),
) -> Recognition:
    """What a file is. Raises `DataError` for what is no link export, saying what was seen and what is known.

    `columns` says which column is what, in place of any layout; `remembered` are maps for files with exactly
    their headers.
    """
    path = Path(path)
    layouts = [columns.layout] if columns else _layouts(format)
    if date_order not in DATE_ORDERS:
        raise UsageError(f"no date order {date_order!r}", "use " + ", ".join(DATE_ORDERS))
    head = content.head_of(path)
    found_encoding = encodings.encoding_named(encoding) if encoding else encodings.encoding_of(head)
    text = encodings.decode_head(head, found_encoding)
    if text.lstrip("\ufeff \n\t")[:1] in ("{", "["):
        found = _json_header(path, found_encoding, layouts)
    else:
        own = [] if columns or format != "auto" else [each.layout for each in remembered]
        tables_only = [each for each in layouts if not each.json_only]
        found = _best(path, text, own) or _table_header(path, text, tables_only, given=format != "auto")
    draft = Recognition(
        layout=found.match.layout,
        encoding=found_encoding,
        header=found.header,
        match=found.match,
        delimiter=found.delimiter,
        preamble=found.preamble,
        header_line=found.header_line,
        first_row=found.first_row,
        padding=found.padding,
        scope=found.match.layout.scope,
        evidence=found.evidence,
        translated=found.translated,
    )
    return settled(path, draft, text, date_order, doubted=format == "auto" and columns is None)


def _layouts(format: str) -> Sequence[Layout]:
    if format == "auto":
        return formats.LAYOUTS
    named = [each for each in formats.LAYOUTS if format in (each.name, each.vendor)]
    if not named:
        raise UsageError(
            f"no export format {format!r}", "use auto, or one of " + ", ".join(sorted(formats.BY_NAME))
        )
    return named


def _table_header(path: Path, text: str, layouts: Sequence[Layout], *, given: bool) -> _Found:
    best = _best(path, text, layouts) or _translated(text, layouts, given=given)
    if best is None:
        raise _unknown(path, text, layouts)
    return best


def _best(path: Path, text: str, layouts: Sequence[Layout]) -> _Found | None:
    best: _Found | None = None
    widest = 0
    for delimiter in DELIMITERS if layouts else ():
        for number, (line, cells) in enumerate(records := tables.split_sample(text, delimiter, PREAMBLE)):
            if len(cells) > MOST_COLUMNS:
                widest = max(widest, len(cells))
                continue
            match = formats.match(cells, layouts) if any(cells) else None
            if match is None or (best is not None and match.rank <= best.match.rank):
                continue
            after = records[number + 1][0] if number + 1 < len(records) else line + text.count("\n") + 1
            best = _Found(
                match=match,
                header=tuple(cells),
                delimiter=delimiter,
                preamble=tuple(text.split("\n")[: line - 1]),
                header_line=line,
                first_row=after,
                padding=_padding(len(cells), [row for _, row in records[number + 1 :]]),
                evidence=f"line {line} has {', '.join(_signature(match, cells))}",
            )
            break
    if best is None and widest:
        raise DataError(
            f"{path.name} has a line of {widest:,} columns; no link export has more than {MOST_COLUMNS:,}",
            "export the report again, or keep the columns that you need",
        )
    return best


def _padding(width: int, body: Sequence[Sequence[str]]) -> int:
    beyond = {len(row) - width for row in body if len(row) > width and not any(row[width:])}
    padded = sum(1 for row in body if len(row) > width)
    return beyond.pop() if len(beyond) == 1 and padded * 10 >= len([row for row in body if row]) * 9 else 0


def _signature(match: Match, header: Sequence[str]) -> list[str]:
    names = {formats.plain(name) for each in match.layout.signature for name in each.split("|")}
    return [formats.shown(cell) for cell in header if formats.plain(cell) in names]


def _translated(text: str, layouts: Sequence[Layout], *, given: bool) -> _Found | None:
    """Google's reports under a header in the user's language: the cells below it must all be of one kind.

    Unless the user names the format, the header must speak of links in some language.
    """
    for delimiter in (",", ";", "\t"):
        records = [(line, cells) for line, cells in tables.split_sample(text, delimiter, 200) if any(cells)]
        if len(records) < 2:
            continue
        (line, header), *body = records
        if len(header) == 1 and any(mark in header[0] for mark in DELIMITERS):
            continue
        if not given and not _speaks_of_links(header):
            continue
        if not text.endswith("\n") and len(body) > 1 and len(body[-1][1]) != len(header):
            body = body[:-1]
        kinds = tuple(
            _kind_of_column([cells[n] for _, cells in body if n < len(cells)]) for n in range(len(header))
        )
        layout = formats.BY_NAME.get(formats.TRANSLATED.get(kinds, ""))
        if layout is None or layout not in layouts or any(_kind_of_cell(name) for name in header):
            continue
        names = [*dict.fromkeys(layout.columns.values()), *layout.metrics]
        match = formats.read_header(layout, [name.split("|")[0] for name in names[: len(header)]])
        return _Found(
            match=match,
            header=tuple(header),
            delimiter=delimiter,
            preamble=tuple(text.split("\n")[: line - 1]),
            header_line=line,
            first_row=body[0][0],
            translated=True,
            evidence=f"a translated header ({', '.join(header)}) over columns of {', '.join(kinds)}",
        )
    return None


def _speaks_of_links(header: Sequence[str]) -> bool:
    english = any(formats.plain(name) in formats.NOT_TRANSLATED for name in header)
    return not english and formats.LINK_WORDS.search(" ".join(header)) is not None


def _kind_of_column(cells: Sequence[str]) -> str:
    kinds = {_kind_of_cell(cell) for cell in cells}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of_cell(cell: str) -> str:
    cell = cell.strip()
    if re.fullmatch(r"https?://\S+", cell, re.IGNORECASE):
        return "page"
    if re.fullmatch(r"\d{1,3}([.,\s\u00a0\u202f'’]?\d{3})*", cell):
        return "count"
    if domains.written_host(cell) or re.fullmatch(r"[\w-]+(\.[\w-]+)*\.[^\W\d_]{2,}", cell):
        return "site"
    try:
        return "date" if values.moment(cell, "day_first") or values.ambiguous(cell) else ""
    except ValueError:
        pass
    try:
        return "date" if values.moment(cell, "month_first") else ""
    except ValueError:
        return ""


def _unknown(path: Path, text: str, layouts: Sequence[Layout]) -> DataError:
    lines = [line for line in text.split("\n") if line.strip()]
    if [each.name for each in layouts] == [MAPPED]:
        wanted = ", ".join(map(repr, layouts[0].signature))
        first = records.fragment(lines[0]) if lines else ""
        return DataError(
            f"{path.name} has no line with the columns {wanted}; its first line is {first}",
            "write the names in --map as the header has them",
        )
    if lines and re.match(r"\W*https?://", lines[0], re.IGNORECASE):
        return DataError(
            f"{path.name} has no header: its first line is already data: {records.fragment(lines[0])}",
            "put a line with the names of the columns before it, such as source_url,target_url,anchor",
        )
    seen = records.fragment(lines[0]) if lines else ""
    delimiter = max(DELIMITERS, key=lambda mark: lines[0].count(mark)) if lines else ","
    columns = len(next(iter(tables.split_sample(lines[0], delimiter, 1)), (0, [""]))[1]) if lines else 0
    return DataError(
        f"{path.name} is not a link export this program knows; its first line has {columns} "
        f"column{'s' if columns != 1 else ''}: {seen}",
        "give the header source_url,target_url,anchor,rel,first_seen,last_seen,lost_at (the first "
        "two are required), or say which column is which: --map source=…,target=…"
        f"{_nearest(text, layouts)}; or export one of: {', '.join(each.name for each in layouts)}",
    )


def _nearest(text: str, layouts: Sequence[Layout]) -> str:
    """The layout that a header comes nearest to, and what it lacks of it."""
    best = (0.0, "")
    for delimiter in DELIMITERS:
        for _, cells in tables.split_sample(text, delimiter, 10):
            names = {formats.plain(cell) for cell in cells} - {""}
            for each in layouts:
                lacks = [
                    names_of
                    for names_of in each.signature
                    if not names & {formats.plain(name) for name in names_of.split("|")}
                ]
                share = 1 - len(lacks) / len(each.signature)
                if lacks and share > best[0]:
                    wanted = " and ".join(names_of.split("|")[0] for names_of in lacks)
                    best = (share, f"; as {each.name} it lacks the column {wanted}")
    return best[1]


def _json_header(path: Path, encoding: Encoding, layouts: Sequence[Layout]) -> _Found:
    keys = formats.CONTAINERS
    sample = [
        each for each in islice(objects.elements(path, encoding, keys), 200) if not isinstance(each, Reject)
    ]
    header = tuple(dict.fromkeys(name for each in sample for name in objects.flat(each)))
    # An API's reply before the table of the same name: `last_seen` can be the day of the loss in one alone.
    of_apis = [each for each in layouts if each.is_json]
    match = (formats.match(header, of_apis) or formats.match(header, layouts)) if header else None
    if match is None:
        seen = ", ".join(header[:12]) or f"no objects in a list under {', '.join(keys)}"
        known = "; ".join(f"{each.name}: {', '.join(each.signature)}" for each in layouts if each.is_json)
        raise DataError(
            f"{path.name} is JSON, but no link export this program knows; it has {seen}",
            f"give the unmodified body of one of these (with the keys it is recognised by): {known}",
        )
    return _Found(
        match, header, None, header_line=0, first_row=1, evidence=f"objects with {', '.join(header[:8])}"
    )
