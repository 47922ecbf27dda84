"""What the cells below a known header decide: the order of day and month, the mark before decimals, the
scope; and what a user should know before they are imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from tracker import domains
from tracker.errors import DataError
from tracker.files import encodings, values
from tracker.files.values import DateOrder, Decimal, Moment, OrderEvidence
from tracker.links.files import formats
from tracker.links.files.maps import MAPPED
from tracker.links.files.recognition import Recognition, batches
from tracker.links.files.rows import plain_host

SAMPLE_ROWS = 2_000


def settled(
    path: Path, draft: Recognition, text: str, date_order: str, *, doubted: bool = True
) -> Recognition:
    """`doubted`: the layout was recognised and not named by the user."""
    sample = _sample(path, draft, SAMPLE_ROWS)
    if doubted:
        _refuse_foreign_columns(path, draft, sample)
    if draft.layout.name == MAPPED:
        draft = _by_domain(draft, sample)
    draft = replace(draft, decimal=_decimal(draft, sample))
    order, evidence = _date_order(path, draft, sample, date_order)
    draft = replace(draft, date_order=order, date_evidence=evidence)
    scope, why = _scope(draft, sample)
    return replace(draft, scope=scope, scope_evidence=why, warnings=tuple(_warnings(draft, text, sample)))


def _sample(path: Path, recognition: Recognition, limit: int) -> list[tuple[str, ...]]:
    return list(islice((row for batch in batches(path, recognition) for row in batch.rows), limit))


def _refuse_foreign_columns(path: Path, recognition: Recognition, sample: Sequence[Sequence[str]]) -> None:
    """An owner's report names no other site than those that link. A table under the same words that has a
    second column of addresses says who is linked to, and that may be a rival.
    """
    fields = recognition.match.fields
    end = fields.get("source_url", fields.get("source_domain", fields.get("target_url")))
    if not recognition.layout.own_site or ("target_url" in fields and "source_url" in fields) or end is None:
        return
    for number, name in enumerate(recognition.header):
        if formats.shown(name) not in recognition.unused:
            continue
        pairs = [(row[number], row[end]) for row in sample if row[number].strip()]
        if pairs and all(_site(cell) for cell, _ in pairs) and any(_site(a) != _site(b) for a, b in pairs):
            known = formats.shown(recognition.header[end])
            raise DataError(
                f"{path.name} looks like {recognition.layout.name}, but its column {formats.shown(name)!r} "
                "holds addresses of other sites: the links may be to somebody else",
                f"say which column is which: --map source='{known}',target='{formats.shown(name)}', or "
                f"--format {recognition.layout.name} if all of them are links to you",
            )


def _site(cell: str) -> str | None:
    host = plain_host(cell)
    return (domains.domain_of(host) or host) if host else None


def _by_domain(recognition: Recognition, sample: Sequence[Sequence[str]]) -> Recognition:
    """A column of bare domains says nothing of their pages, whatever the user's map calls it."""
    fields = recognition.match.fields
    cells = [row[fields["source_url"]].strip() for row in sample] if "source_url" in fields else []
    if not any(cells) or any(re.search(r"[/?#]", cell) or not plain_host(cell) for cell in cells if cell):
        return recognition
    renamed = {"source_domain" if name == "source_url" else name: place for name, place in fields.items()}
    layout = replace(recognition.layout, rows="domains", scope="sample")
    match = replace(recognition.match, layout=layout, fields=renamed)
    return replace(recognition, layout=layout, match=match, scope="sample")


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
    unsaid = layout.scope == "unknown"
    as_laid_out = (
        layout.scope,
        "nothing says whether it lists all links" if unsaid else f"layout {layout.name}",
    )
    if layout.scope not in formats.BY_LINK or len(sample) < 5:
        return as_laid_out
    for name, scope in (("lost", "lost"), ("new", "new")):
        if name in fields and all(_is_true(row[fields[name]]) for row in sample):
            return scope, f"every row says {recognition.mapping[name]}"  # type: ignore[return-value]
    if "lost_at" in fields and all(row[fields["lost_at"]].strip() for row in sample):
        return "lost", f"every row has a date in {recognition.mapping['lost_at']}"
    if unsaid:
        return as_laid_out
    hosts = [address.domain for row in sample if (address := domains.try_parse(row[fields["source_url"]]))]
    if len(hosts) >= 50 and len(set(hosts)) == len(hosts):
        return "one_per_domain", f"{len(hosts)} rows from as many domains"
    return as_laid_out


def _is_true(cell: str) -> bool:
    try:
        return values.truth(cell) is True
    except ValueError:
        return False


def _warnings(recognition: Recognition, text: str, sample: Sequence[Sequence[str]]) -> Iterator[str]:
    if recognition.layout.name == MAPPED and recognition.layout.spelled:
        said = ", ".join(f"{field} from {column}" for field, column in recognition.mapping.items())
        yield f"read as an earlier file with this header was mapped: {said}; --map says otherwise"
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
