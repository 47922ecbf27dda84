"""Link exports → rows: recognise a file by its header and content, then read it row by row.

`inspect` decides everything about a file once (encoding, delimiter, layout, order of day and month) and says why;
`rows` reads it by that decision. A row that does not fit is a `Reject` with its line and reason; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from tracker import domains
from tracker.errors import DataError, UsageError
from tracker.links import formats, reading, values
from tracker.links.formats import Layout, Match
from tracker.links.reading import Encoding, Reject
from tracker.links.values import DateOrder, Decimal, Memo, Moment, OrderEvidence, Wrong

SAMPLE_ROWS = 2_000
PREAMBLE = 40
"""Lines in which a header may stand."""
DELIMITERS = (",", "\t", ";", "|")


class LinkRow(NamedTuple):
    """One link, or one fact about a domain or a page, as the vendor states it. Unknown is None.

    A named tuple and no dataclass: an import makes millions of them.
    """

    line: int
    source_url: str | None
    target_url: str | None
    source_domain: str | None
    target_domain: str | None
    source_page: str | None
    """The canonical form of `source_url`."""
    anchor: str | None
    """For an image link its alt text."""
    rel: str | None
    nofollow: bool | None
    ugc: bool | None
    sponsored: bool | None
    link_type: str | None
    first_seen: Moment | None
    last_seen: Moment | None
    lost_at: Moment | None
    lost: bool | None
    new: bool | None
    lost_reason: str | None
    title: str | None
    language: str | None
    context_left: str | None
    context_right: str | None
    placement: str | None
    sitewide: bool | None
    spam: bool | None
    metrics: dict[str, float]
    labels: dict[str, str]


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


# --- recognising ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A header that a layout explains, somewhere in the first lines."""

    match: Match
    header: tuple[str, ...]
    delimiter: str | None
    preamble: tuple[str, ...] = ()
    header_line: int = 1
    first_row: int = 2
    evidence: str = ""


def inspect(
    path: Path | str, format: str = "auto", *, date_order: str = "auto", encoding: str | None = None
) -> Recognition:
    """What a file is. Raises `DataError` for what is no link export, saying what was seen and what is known."""
    path = Path(path)
    layouts = _layouts(format)
    if date_order not in ("auto", "day_first", "month_first"):
        raise UsageError(f"no date order {date_order!r}", "use auto, day_first or month_first")
    head = reading.head_of(path)
    found_encoding = _given_encoding(encoding) if encoding else reading.encoding_of(head)
    text = reading.decode_head(head, found_encoding)
    if text.lstrip("\ufeff \n\t")[:1] in ("{", "["):
        found = _json_header(path, found_encoding, [each for each in layouts if each.is_json])
    else:
        found = _table_header(path, text, [each for each in layouts if not each.is_json], format)
    draft = Recognition(
        layout=found.match.layout,
        encoding=found_encoding,
        header=found.header,
        match=found.match,
        delimiter=found.delimiter,
        preamble=found.preamble,
        header_line=found.header_line,
        first_row=found.first_row,
        scope=found.match.layout.scope,
        evidence=found.evidence,
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
    for delimiter in DELIMITERS:
        for number, (line, cells) in enumerate(records := reading.split_sample(text, delimiter, PREAMBLE)):
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
                evidence=f"line {line} has {', '.join(_signature(match, cells))}",
            )
            break
    best = best or (_translated(text, layouts) if format in ("auto", "google-search-console") else None)
    if best is None:
        raise _unknown(path, text, layouts)
    return best


def _signature(match: Match, header: Sequence[str]) -> list[str]:
    names = {formats.plain(name) for each in match.layout.signature for name in each.split("|")}
    return [formats.shown(cell) for cell in header if formats.plain(cell) in names]


def _translated(text: str, layouts: Sequence[Layout]) -> _Found | None:
    """Google's reports under a header in the user's language: the cells below it must all be of one kind."""
    for delimiter in (",", ";", "\t"):
        records = [(line, cells) for line, cells in reading.split_sample(text, delimiter, 200) if any(cells)]
        if len(records) < 2:
            continue
        (line, header), *body = records
        if any(formats.plain(name) in formats.NOT_TRANSLATED for name in header):
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
        match = formats.read_header(layout, [name.split("|")[0] for name in names])
        return _Found(
            match=match,
            header=tuple(header),
            delimiter=delimiter,
            preamble=tuple(text.split("\n")[: line - 1]),
            header_line=line,
            first_row=body[0][0],
            evidence=f"a translated header ({', '.join(header)}) over columns of {', '.join(kinds)}",
        )
    return None


def _kind_of_column(cells: Sequence[str]) -> str:
    kinds = {_kind_of_cell(cell) for cell in cells}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of_cell(cell: str) -> str:
    cell = cell.strip()
    if re.match(r"https?://", cell, re.IGNORECASE):
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
    seen = reading.fragment(lines[0]) if lines else ""
    delimiter = max(DELIMITERS, key=lambda mark: lines[0].count(mark)) if lines else ","
    columns = len(next(iter(reading.split_sample(lines[0], delimiter, 1)), (0, [""]))[1]) if lines else 0
    known = "; ".join(
        f"{each.name}: {', '.join(name.split('|')[0] for name in each.signature)}" for each in layouts
    )
    return DataError(
        f"{path.name} is not a link export this program knows; its first line has {columns} "
        f"column{'s' if columns != 1 else ''}: {seen}",
        "give the header source_url,target_url,anchor,rel,first_seen,last_seen,lost_at (the first two are required), "
        f"or export one of these (each with the columns it is recognised by): {known}",
    )


def _json_header(path: Path, encoding: Encoding, layouts: Sequence[Layout]) -> _Found:
    keys = list(dict.fromkeys(key for layout in layouts for key in layout.container))
    sample = [
        each for each in islice(reading.elements(path, encoding, keys), 200) if not isinstance(each, Reject)
    ]
    header = tuple(dict.fromkeys(name for each in sample for name in reading.flat(each)))
    match = formats.match(header, layouts) if header else None
    if match is None:
        seen = ", ".join(header[:12]) or f"no objects in a list under {', '.join(keys)}"
        known = "; ".join(f"{each.name}: {', '.join(each.signature)}" for each in layouts)
        raise DataError(
            f"{path.name} is JSON, but no link export this program knows; it has {seen}",
            f"give the unmodified body of one of these (with the keys it is recognised by): {known}",
        )
    return _Found(
        match, header, None, header_line=0, first_row=1, evidence=f"objects with {', '.join(header[:8])}"
    )


# --- what the cells decide ---------------------------------------------------------------------------------------------


def _settled(path: Path, draft: Recognition, text: str, date_order: str) -> Recognition:
    sample = _sample(path, draft, SAMPLE_ROWS)
    draft = replace(draft, decimal=_decimal(draft, sample))
    order, evidence = _date_order(path, draft, sample, date_order)
    draft = replace(draft, date_order=order, date_evidence=evidence)
    scope, why = _scope(draft, sample)
    return replace(draft, scope=scope, scope_evidence=why, warnings=tuple(_warnings(draft, text, sample)))


def _sample(path: Path, recognition: Recognition, limit: int) -> list[list[str]]:
    return list(islice((row for batch in _batches(path, recognition) for row in batch.rows), limit))


def _columns_of(recognition: Recognition, kind: str) -> list[int]:
    return [place for name, place in recognition.match.fields.items() if formats.FIELDS[name] == kind]


def _decimal(recognition: Recognition, sample: Sequence[Sequence[str]]) -> Decimal:
    commas = points = 0
    for place in recognition.match.metrics.values():
        for row in sample:
            cell = row[place].strip()
            commas += bool(re.fullmatch(r"-?\d+,(\d{1,2}|\d{4,})%?", cell))
            points += bool(re.fullmatch(r"-?\d+\.(\d{1,2}|\d{4,})%?", cell))
    return "," if commas > points else "."


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
        rest = (row[place] for batch in _batches(path, recognition) for row in batch.rows for place in places)
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
    if not " ".join(recognition.header).isascii():
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
    if found := reading.mojibake(text):
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


# --- rows ---------------------------------------------------------------------------------------------------------------


def rows(path: Path | str, recognition: Recognition) -> Iterator[LinkRow | Reject]:
    """Every row of the file in order, or the reason why it is none; rejects come after the sound rows of their block."""
    reader = _Reader(recognition)
    for batch in _batches(Path(path), recognition):
        yield from reader.read(batch)


def _batches(path: Path, recognition: Recognition) -> Iterator[reading.Batch]:
    if recognition.delimiter is None:
        yield from _json_batches(path, recognition)
        return
    table = reading.Table(
        recognition.encoding, recognition.delimiter, len(recognition.header), recognition.first_row
    )
    yield from reading.batches(path, table)


def _json_batches(path: Path, recognition: Recognition, size: int = 2_000) -> Iterator[reading.Batch]:
    found = reading.elements(path, recognition.encoding, recognition.layout.container)
    count = 0
    while block := list(islice(found, size)):
        batch = reading.Batch([], [], [])
        for each in block:
            count += 1
            if isinstance(each, Reject):
                batch.rejects.append(each)
                continue
            cells = reading.flat(each)
            batch.lines.append(count)
            batch.rows.append([cells.get(name, "") for name in recognition.header])
        yield batch


def _text(cell: str) -> str:
    return cell.strip().replace("\0", "")


def _url(cell: str) -> domains.Address:
    address = domains.try_parse(cell.strip())
    if address is None:
        bare = domains.try_parse(_with_scheme(cell))
        address = bare and replace(bare, url=cell.strip())
    if address is None:
        raise ValueError("is not a web address")
    return address


def _with_scheme(cell: str) -> str:
    """Moz and Majestic leave the scheme out; what then stands there must look like a host."""
    text = cell.strip()
    return (
        f"http://{text}" if re.match(r"[^\s/?#:@]+\.[^\s/?#:@.\d][^\s/?#:@.]+(:\d+)?([/?#]|$)", text) else ""
    )


def _domain(cell: str) -> str:
    host = re.split(r"[/?#]", re.sub(r"^\s*(https?:)?//", "", cell, flags=re.IGNORECASE), maxsplit=1)[
        0
    ].strip()
    if not re.fullmatch(r"\*?\.?[\w-]+(\.[\w-]+)+\.?(:\d+)?|\[[0-9a-fA-F:]+\]", host):
        raise ValueError("is not a domain")
    return _url(f"http://{host.lstrip('*.')}/").domain


_TYPES = {
    "textlink": "text",
    "text link": "text",
    "hyperlink": "text",
    "anchor": "text",
    "href": "text",
    "a": "text",
    "imagelink": "image",
    "image link": "image",
    "img": "image",
    "mentiononly": "mention",
    "mention only": "mention",
}
_FOLLOW_WORDS = frozenset({"dofollow", "nofollow", "follow", "ugc", "sponsored"})


def _type(cell: str) -> tuple[str | None, str]:
    """The kind of link, and the words about following that old exports put into the same column."""
    word = " ".join(cell.casefold().split())
    tokens = [token for token in re.split(r"[\s,;/|]+", word) if token]
    about = " ".join(token for token in tokens if token in _FOLLOW_WORDS)
    if about:
        word = " ".join(token for token in tokens if token not in _FOLLOW_WORDS)
    return (_TYPES.get(word, word) or None), about


@dataclass
class _Reader:
    """Batches of cells → rows. Columns are converted as wholes, each through a memory of what it has seen."""

    recognition: Recognition
    memos: dict[str, Memo] = field(default_factory=dict)

    def __post_init__(self) -> None:
        recognition = self.recognition
        flag = values.marked if recognition.layout.blank_is_false else values.truth
        convert: dict[str, Callable[[str], Any]] = {
            "url": _url,
            "domain": _domain,
            "text": _text,
            "truth": flag,
            "type": _type,
            "moment": partial(values.moment, order=recognition.date_order),
            "number": values.whole
            if recognition.layout.counting
            else partial(values.number, decimal=recognition.decimal),
        }
        self.memos = {kind: Memo(function) for kind, function in convert.items()}

    def read(self, batch: reading.Batch) -> Iterator[LinkRow | Reject]:
        rejects = list(batch.rejects)
        if batch.rows:
            lines, rows = self._without_headers(batch, rejects)
            wrong: dict[int, str] = {}
            columns = list(zip(*rows, strict=True)) or [()] * len(self.recognition.header)
            built = self._rows(lines, columns, wrong)
            sound = [row for n, row in enumerate(built) if n not in wrong] if wrong else built
            yield from self._spread(sound, rows, lines) if self.recognition.match.targets else sound
            rejects += [Reject(lines[n], why, _join(rows[n])) for n, why in wrong.items()]
        yield from sorted(rejects, key=lambda reject: reject.line)

    def _without_headers(
        self, batch: reading.Batch, rejects: list[Reject]
    ) -> tuple[list[int], list[list[str]]]:
        """Files put together from several keep their headers in the middle."""
        header = list(self.recognition.header)
        if self.recognition.delimiter is None or header not in batch.rows:
            return batch.lines, batch.rows
        kept = [(n, row) for n, row in zip(batch.lines, batch.rows, strict=True) if row != header]
        rejects += [
            Reject(n, "the header again: several files put together?", _join(row))
            for n, row in zip(batch.lines, batch.rows, strict=True)
            if row == header
        ]
        return [n for n, _ in kept], [row for _, row in kept]

    def _rows(self, lines: list[int], columns: list[tuple[str, ...]], wrong: dict[int, str]) -> list[LinkRow]:
        match, nothing = self.recognition.match, [None] * len(lines)

        def get(name: str) -> list[Any]:
            place = match.fields.get(name)
            if place is None:
                return nothing
            return self._column(formats.FIELDS[name], columns[place], self.recognition.header[place], wrong)

        sources, targets = get("source_url"), get("target_url")
        link_types = get("link_type")
        rels, nofollow, ugc, sponsored = self._rel(get, link_types, nothing)
        lost_at, lost = get("lost_at"), get("lost")
        if lost is nothing and "lost_at" in match.fields:
            lost = [moment is not None for moment in lost_at]
        return list(
            map(
                LinkRow,
                lines,
                [each and each.url for each in sources] if sources is not nothing else nothing,
                [each and each.url for each in targets] if targets is not nothing else nothing,
                [each and each.domain for each in sources]
                if sources is not nothing
                else get("source_domain"),
                [each and each.domain for each in targets]
                if targets is not nothing
                else get("target_domain"),
                [each and each.canonical for each in sources] if sources is not nothing else nothing,
                self._anchors(get, nothing),
                rels,
                nofollow,
                ugc,
                sponsored,
                self._types(get, link_types, nothing),
                get("first_seen"),
                get("last_seen"),
                lost_at,
                lost,
                get("new"),
                _blank_is_none(get("lost_reason"), nothing),
                _blank_is_none(get("title"), nothing),
                _blank_is_none(get("language"), nothing),
                _blank_is_none(get("context_left"), nothing),
                _blank_is_none(get("context_right"), nothing),
                _blank_is_none(get("placement"), nothing),
                get("sitewide"),
                get("spam"),
                self._figures(columns, len(lines), wrong),
                self._labels(columns, len(lines)),
            )
        )

    def _rel(
        self, get: Callable[[str], list[Any]], link_types: list[Any], nothing: list[Any]
    ) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """rel, nofollow, ugc, sponsored: from their own columns where there are any, else from the words of rel."""
        rels, nofollow, ugc, sponsored = get("rel"), get("nofollow"), get("ugc"), get("sponsored")
        words = (
            [set(re.split(r"[\s,;]+", rel.casefold())) for rel in rels] if rels is not nothing else nothing
        )
        if nofollow is nothing and (follow := get("follow")) is not nothing:
            nofollow = [None if each is None else not each for each in follow]
        if nofollow is nothing and (only := get("only_nofollow")) is not nothing:
            pairs = zip(only, get("only_follow"), strict=True)
            nofollow = [True if no else False if yes else None for no, yes in pairs]
        if rels is nothing and any(each and each[1] for each in link_types):
            words = [set(each[1].split()) if each and each[1] else None for each in link_types]
        if words is not nothing:
            nofollow = _told("nofollow", words) if nofollow is nothing else nofollow
            ugc = _told("ugc", words) if ugc is nothing else ugc
            sponsored = _told("sponsored", words) if sponsored is nothing else sponsored
        return rels, nofollow, ugc, sponsored

    def _types(self, get: Callable[[str], list[Any]], link_types: list[Any], nothing: list[Any]) -> list[Any]:
        """The kind of link; a flag column says more than the plain "text" beside it, and an alt text alone is an image."""
        kinds = [each and each[0] for each in link_types] if link_types is not nothing else list(nothing)
        told = link_types is not nothing
        for name in ("image", "form", "frame", "redirect", "mention"):
            if (flags := get(f"is_{name}")) is not nothing:
                told = True
                kinds = [name if flag else kind for flag, kind in zip(flags, kinds, strict=True)]
        if not told:
            return nothing
        if any(f"is_{name}" in self.recognition.match.fields for name in ("image", "frame")):
            kinds = [kind or "text" for kind in kinds]
        if (alts := get("alt")) is not nothing and (anchors := get("anchor")) is not nothing:
            pairs = zip(kinds, anchors, alts, strict=True)
            kinds = [
                "image" if alt and not text and kind in ("text", None) else kind for kind, text, alt in pairs
            ]
        return kinds

    def _anchors(self, get: Callable[[str], list[Any]], nothing: list[Any]) -> list[Any]:
        anchors, alts = get("anchor"), get("alt")
        return (
            anchors
            if alts is nothing
            else [text or alt or "" for text, alt in zip(anchors, alts, strict=True)]
        )

    def _figures(
        self, columns: list[tuple[str, ...]], count: int, wrong: dict[int, str]
    ) -> list[dict[str, float]]:
        metrics = self.recognition.match.metrics
        found = [self._column("number", columns[place], name, wrong) for name, place in metrics.items()]
        if not found:
            return [{} for _ in range(count)]
        names = tuple(metrics)
        return [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in zip(*found, strict=True)
        ]

    def _labels(self, columns: list[tuple[str, ...]], count: int) -> list[dict[str, str]]:
        labels = self.recognition.match.labels
        if not labels:
            return [{} for _ in range(count)]
        names = tuple(labels)
        found = [columns[place] for place in labels.values()]
        return [
            {name: text for name, cell in zip(names, row, strict=True) if (text := _text(cell))}
            for row in zip(*found, strict=True)
        ]

    def _spread(self, sound: list[LinkRow], rows: list[list[str]], lines: list[int]) -> Iterator[LinkRow]:
        """A row of a link matrix → one row for each site that the page links to."""
        cells = dict(zip(lines, rows, strict=True))
        for row in sound:
            for site, place in self.recognition.match.targets.items():
                cell = cells[row.line][place].strip()
                if cell and not re.fullmatch(r"0|-|–|no|false|n/a", cell.casefold()):
                    yield row._replace(target_domain=_domain(site))

    def _column(self, kind: str, cells: Sequence[str], name: str, wrong: dict[int, str]) -> list[Any]:
        if kind == "text":
            return [cell.strip() if "\0" not in cell else _text(cell) for cell in cells]
        memo = self.memos[kind]
        converted = [memo[cell] for cell in cells]
        if memo.failed:
            for n, value in enumerate(converted):
                if isinstance(value, Wrong):
                    wrong.setdefault(n, f"{name} {value.why}: {reading.fragment(value.cell)[:60]!r}")
                    converted[n] = None
        return converted


def _told(word: str, words: list[Any]) -> list[Any]:
    return [None if each is None else word in each for each in words]


def _blank_is_none(texts: list[Any], nothing: list[Any]) -> list[Any]:
    return texts if texts is nothing else [text or None for text in texts]


def _join(row: Sequence[str]) -> str:
    return reading.fragment(" | ".join(row))
