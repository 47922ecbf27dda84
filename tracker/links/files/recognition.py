"""What a file was found to be, and its rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tracker.files import objects, records, tables
from tracker.files.encodings import Encoding
from tracker.files.records import Reject
from tracker.files.values import DateOrder, Decimal
from tracker.links.files import formats
from tracker.links.files.formats import Layout, Match


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
        lines: list[int] = []
        rows: list[list[str]] = []
        rejects: list[Reject] = []
        for each in block:
            count += 1
            if isinstance(each, Reject):
                rejects.append(each)
                continue
            cells = objects.flat(each)
            lines.append(count)
            rows.append([cells.get(name, "") for name in recognition.header])
        yield records.Batch(lines, list(zip(*rows, strict=True)) or [()] * len(recognition.header), rejects)
