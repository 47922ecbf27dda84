"""What a file is: its encoding, delimiter, layout and order of day and month, each decided once and with its
evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from tracker import domains
from tracker.errors import DataError, UsageError
from tracker.files import content, encodings, objects, records, tables, values
from tracker.files.encodings import Encoding
from tracker.files.records import Reject
from tracker.files.values import DateOrder, Decimal, Moment, OrderEvidence
from tracker.links.files import formats
from tracker.links.files.formats import Layout, Match

SAMPLE_ROWS = 2_000
PREAMBLE = 40
"""Lines in which a header may stand."""
MOST_COLUMNS = 2_000
DELIMITERS = (",", "\t", ";", "|")
DATE_ORDERS = ("auto", "day_first", "month_first")


@dataclass(frozen=True)
class Recognition:
    """What a file was found to be, and on what evidence."""

    layout: Layout
    encoding: Encoding
    header: tuple[str, ...]
    match: Match
    delimiter: str | None = None
    """None for JSON."""
    preamble: tuple[str, ...] = ()
    header_line: int = 1
    first_row: int = 2
    padding: int = 0
    translated: bool = False
    """Known by its cells, under a header in another language than English."""
    date_order: DateOrder = "unknown"
    date_evidence: str = "no numeric dates"
    decimal: Decimal = "."
    scope: formats.Scope = "all"
    scope_evidence: str = "as the layout says"
    evidence: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def vendor(self) -> str:
        return self.layout.vendor

    @property
    def mapping(self) -> dict[str, str]:
        """Field → the column it comes from."""
        return {name: formats.shown(self.header[place]) for name, place in self.match.fields.items()}

    @property
    def unused(self) -> tuple[str, ...]:
        match = self.match
        used = {
            *match.fields.values(),
            *match.metrics.values(),
            *match.labels.values(),
            *match.targets.values(),
        }
        return tuple(formats.shown(name) for n, name in enumerate(self.header) if n not in used)

    def as_json(self) -> dict[str, object]:
        return {
            "layout": self.layout.name,
            "vendor": self.vendor,
            "scope": self.scope,
            "scope_evidence": self.scope_evidence,
            "encoding": self.encoding.name,
            "encoding_evidence": self.encoding.evidence,
            "delimiter": self.delimiter,
            "preamble": list(self.preamble),
            "header_line": self.header_line,
            "mapping": self.mapping,
            "metrics": list(self.match.metrics),
            "labels": list(self.match.labels),
            "targets": list(self.match.targets),
            "unused": list(self.unused),
            "date_order": self.date_order,
            "date_evidence": self.date_evidence,
            "decimal": self.decimal,
            "evidence": self.evidence,
            "warnings": list(self.warnings),
        }


# --- recognising --------------------------------------------------------------------------------------------


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
    path: Path | str, format: str = "auto", *, date_order: str = "auto", encoding: str | None = None
) -> Recognition:
    """What a file is. Raises `DataError` for what is no link export, saying what was
    seen and what is known.
    """
    path = Path(path)
    layouts = _layouts(format)
    if date_order not in DATE_ORDERS:
        raise UsageError(f"no date order {date_order!r}", "use " + ", ".join(DATE_ORDERS))
    head = content.head_of(path)
    found_encoding = _given_encoding(encoding) if encoding else encodings.encoding_of(head)
    text = encodings.decode_head(head, found_encoding)
    if text.lstrip("\ufeff \n\t")[:1] in ("{", "["):
        found = _json_header(path, found_encoding, layouts)
    else:
        found = _table_header(path, text, [each for each in layouts if not each.json_only], format)
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
    return _settled(path, draft, text, date_order)


def _layouts(format: str) -> Sequence[Layout]:
    if format == "auto":
        return formats.LAYOUTS
    named = [each for each in formats.LAYOUTS if format in (each.name, each.vendor)]
    if not named:
        raise UsageError(
            f"no export format {format!r}", "use auto, or one of " + ", ".join(sorted(formats.BY_NAME))
        )
    return named


def _given_encoding(name: str) -> Encoding:
    try:
        "".encode(name)
    except LookupError:
        raise UsageError(
            f"no encoding {name!r}", "use a name such as utf-8, cp1252, cp1251 or utf-16"
        ) from None
    return Encoding(name, "as given")


def _table_header(path: Path, text: str, layouts: Sequence[Layout], format: str) -> _Found:
    best: _Found | None = None
    widest = 0
    for delimiter in DELIMITERS:
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
    best = best or _translated(text, layouts, given=format != "auto")
    if best is None:
        raise _unknown(path, text, layouts)
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
        "two are required)"
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


# --- what the cells decide ----------------------------------------------------------------------------------


def _settled(path: Path, draft: Recognition, text: str, date_order: str) -> Recognition:
    sample = _sample(path, draft, SAMPLE_ROWS)
    draft = replace(draft, decimal=_decimal(draft, sample))
    order, evidence = _date_order(path, draft, sample, date_order)
    draft = replace(draft, date_order=order, date_evidence=evidence)
    scope, why = _scope(draft, sample)
    return replace(draft, scope=scope, scope_evidence=why, warnings=tuple(_warnings(draft, text, sample)))


def _sample(path: Path, recognition: Recognition, limit: int) -> list[list[str]]:
    return list(islice((row for batch in batches(path, recognition) for row in batch.rows), limit))


def _columns_of(recognition: Recognition, kind: str) -> list[int]:
    return [place for name, place in recognition.match.fields.items() if formats.FIELDS[name] == kind]


def _decimal(recognition: Recognition, sample: Sequence[Sequence[str]]) -> Decimal:
    """The mark before decimals: as cells show that group nothing, else as the spreadsheet that wrote
    semicolons has it.
    """
    commas = points = 0
    for place in recognition.match.metrics.values():
        for row in sample:
            cell = row[place].strip()
            commas += bool(re.fullmatch(r"-?(0,\d+|\d+,(\d{1,2}|\d{4,}))%?", cell))
            points += bool(re.fullmatch(r"-?(0\.\d+|\d+\.(\d{1,2}|\d{4,}))%?", cell))
    return "," if commas > points or (recognition.delimiter == ";" and not points) else "."


def _date_order(
    path: Path, recognition: Recognition, sample: Sequence[Sequence[str]], wanted: str
) -> tuple[DateOrder, str]:
    """Day or month first, for the whole file: one date that only fits one order decides for the others."""
    if wanted == "day_first" or wanted == "month_first":
        return wanted, "as given"  # type: ignore[return-value]
    places = _columns_of(recognition, "moment")
    seen = values.order_evidence(row[place] for row in sample for place in places)
    if not seen.any:
        return "unknown", "no numeric dates"
    if seen.undecided and not (seen.day_first or seen.month_first) and len(sample) >= SAMPLE_ROWS:
        rest = (row[place] for batch in batches(path, recognition) for row in batch.rows for place in places)
        seen = values.order_evidence(rest)
    return _decided(seen, recognition, sample)


def _decided(
    seen: OrderEvidence, recognition: Recognition, sample: Sequence[Sequence[str]]
) -> tuple[DateOrder, str]:
    if seen.day_first or seen.month_first:
        order: DateOrder = "day_first" if seen.day_first >= seen.month_first else "month_first"
        example = seen.day_example if order == "day_first" else seen.month_example
        against = min(seen.day_first, seen.month_first)
        note = f"; {against} dates say the opposite and are rejected" if against else ""
        return (
            order,
            f"{max(seen.day_first, seen.month_first)} dates fit no other order, such as {example}{note}",
        )
    if not seen.undecided:
        return "day_first", "every numeric date is the same either way"
    if seen.dotted:
        return "day_first", "dates with dots put the day first"
    if recognition.translated or not " ".join(recognition.header).isascii():
        return "day_first", "the header is not English, and other languages put the day first"
    local = _local_words(recognition, sample)
    if local:
        return "day_first", f"{local} is not English, and other languages put the day first"
    by_time = _by_time(recognition, sample)
    if by_time:
        return by_time
    if recognition.delimiter == ";":
        return "day_first", "semicolons come from a spreadsheet whose language puts the day first"
    return "unknown", f"{seen.undecided} dates could be read either way and nothing in the file decides"


def _local_words(recognition: Recognition, sample: Sequence[Sequence[str]]) -> str:
    english = {"true", "false", "yes", "no", "y", "n", "t", "f", "1", "0", "+", "-", ""}
    for place in _columns_of(recognition, "truth"):
        for row in sample[:50]:
            word = row[place].strip().casefold()
            if word not in english and (word in values.TRUE_WORDS or word in values.FALSE_WORDS):
                return row[place]
    return ""


def _by_time(recognition: Recognition, sample: Sequence[Sequence[str]]) -> tuple[DateOrder, str] | None:
    """Links are first seen before they are last seen: the order that breaks this is the wrong one."""
    fields = recognition.match.fields
    if "first_seen" not in fields or "last_seen" not in fields:
        return None
    broken: dict[DateOrder, int] = {"day_first": 0, "month_first": 0}
    for row in sample:
        for order in broken:
            try:
                first = values.moment(row[fields["first_seen"]], order)
                last = values.moment(row[fields["last_seen"]], order)
            except ValueError:
                continue
            broken[order] += bool(first and last and _day(first) > _day(last))
    if bool(broken["day_first"]) == bool(broken["month_first"]):
        return None
    right: DateOrder = "month_first" if broken["day_first"] else "day_first"
    return right, f"the other order puts first seen after last seen in {max(broken.values())} rows"


def _day(moment: Moment) -> Any:
    return moment.date() if hasattr(moment, "date") else moment


def _scope(recognition: Recognition, sample: Sequence[Sequence[str]]) -> tuple[formats.Scope, str]:
    layout, fields = recognition.layout, recognition.match.fields
    if layout.scope != "all" or len(sample) < 5:
        return layout.scope, f"layout {layout.name}"
    for name, scope in (("lost", "lost"), ("new", "new")):
        if name in fields and all(_is_true(row[fields[name]]) for row in sample):
            return scope, f"every row says {recognition.mapping[name]}"  # type: ignore[return-value]
    if "lost_at" in fields and all(row[fields["lost_at"]].strip() for row in sample):
        return "lost", f"every row has a date in {recognition.mapping['lost_at']}"
    hosts = [address.domain for row in sample if (address := domains.try_parse(row[fields["source_url"]]))]
    if len(hosts) >= 50 and len(set(hosts)) == len(hosts):
        return "one_per_domain", f"{len(hosts)} rows from as many domains"
    return layout.scope, f"layout {layout.name}"


def _is_true(cell: str) -> bool:
    try:
        return values.truth(cell) is True
    except ValueError:
        return False


def _warnings(recognition: Recognition, text: str, sample: Sequence[Sequence[str]]) -> Iterator[str]:
    header = [formats.plain(name) for name in recognition.header]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        yield f"the header names a column twice ({', '.join(twice)}); the first one is read"
    if recognition.encoding.name == "cp1252" and recognition.encoding.evidence != "as given":
        yield "not UTF-8: read as Windows-1252; for another code page give its name as the encoding"
        if found := encodings.central_european(text):
            yield (
                f"letters as in {found!r} look like Windows-1250 (Central Europe): give cp1250 as the "
                "encoding"
            )
    if found := encodings.mojibake(text):
        yield f"text was garbled before this export was saved (UTF-8 read as Windows-1252), such as {found!r}"
    if not sample:
        yield "the file has a header and no rows"
    if recognition.date_order == "unknown" and recognition.date_evidence != "no numeric dates":
        yield f"{recognition.date_evidence}; they stay unknown unless you give the order of day and month"
    grouped = recognition.match.metrics.get("Links in group")
    if grouped is not None and any(row[grouped].strip() not in ("", "0", "1") for row in sample):
        yield "similar links are grouped: a row stands for as many links as its Links in group says"
    match = recognition.match
    if recognition.layout.rows in ("links", "domains") and not (
        match.targets or "target_url" in match.fields
    ):
        yield "the rows do not say which site they link to"


def batches(path: Path, recognition: Recognition) -> Iterator[records.Batch]:
    if recognition.delimiter is None:
        yield from _json_batches(path, recognition)
        return
    table = tables.Table(
        recognition.encoding,
        recognition.delimiter,
        len(recognition.header),
        recognition.first_row,
        recognition.padding,
    )
    yield from tables.batches(path, table)


def _json_batches(path: Path, recognition: Recognition, size: int = 2_000) -> Iterator[records.Batch]:
    found = objects.elements(path, recognition.encoding, formats.CONTAINERS)
    count = 0
    while block := list(islice(found, size)):
        batch = records.Batch([], [], [])
        for each in block:
            count += 1
            if isinstance(each, Reject):
                batch.rejects.append(each)
                continue
            cells = objects.flat(each)
            batch.lines.append(count)
            batch.rows.append([cells.get(name, "") for name in recognition.header])
        yield batch
