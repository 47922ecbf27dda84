"""Recognised file → rows. A row that does not fit its columns is a `Reject` with line and reason; nothing is
guessed.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from tracker import domains
from tracker.files import records, values
from tracker.files.records import Reject
from tracker.files.values import Memo, Moment, Wrong
from tracker.links.files import formats
from tracker.links.files.recognition import Recognition, batches
from tracker.links.files.words import WORDS

EMPTY: Mapping[str, Any] = MappingProxyType({})
SAMPLE = 256
"""Cells of a column that show whether it repeats itself."""


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
    metrics: Mapping[str, float]
    """The vendor's figures under the vendor's names."""
    labels: Mapping[str, str]
    """The vendor's words, likewise."""


@dataclass(frozen=True)
class Block:
    """Some thousands of rows, held by column in the order of `LinkRow`'s fields, and
    the rejects among them.
    """

    columns: list[Sequence[Any]]
    rejects: list[Reject]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __reduce__(self) -> Any:
        """Rows are read in a process of their own. A view of nothing does not travel, what says nothing need
        not, and of columns packed alone less has to be remembered than of all together.
        """
        return _block, (list(map(_packed, self.columns)), len(self), self.rejects)

    def column(self, name: str) -> Sequence[Any]:
        return self.columns[LinkRow._fields.index(name)]


def _packed(column: Sequence[Any]) -> bytes | Literal[False] | None:
    if not column or (column[0] is None and column.count(None) == len(column)):
        return None
    return False if column[0] is EMPTY else pickle.dumps(column, pickle.HIGHEST_PROTOCOL)


def _block(packed: list[bytes | Literal[False] | None], count: int, rejects: list[Reject]) -> Block:
    blank: dict[object, list[Any]] = {None: [None] * count, False: [EMPTY] * count}
    columns = [pickle.loads(each) if isinstance(each, bytes) else blank[each] for each in packed]  # noqa: S301
    return Block(columns, rejects)


def rows(path: Path | str, recognition: Recognition) -> Iterator[LinkRow | Reject]:
    """Every row of the file, and why others are none; the rejects of some thousands of rows come after these
    rows.
    """
    for block in blocks(path, recognition):
        yield from map(LinkRow, *block.columns)
        yield from block.rejects


def blocks(path: Path | str, recognition: Recognition) -> Iterator[Block]:
    """The same by column, for those who take millions."""
    reader = _Reader(recognition)
    for batch in batches(Path(path), recognition):
        yield reader.read(batch)


def _text(cell: str) -> str:
    return cell.strip().replace("\0", "")


def _with_scheme(cell: str) -> str:
    """Moz and Majestic leave the scheme out; what then stands there must look like a host."""
    text = cell.strip()
    return (
        f"http://{text}" if re.match(r"[^\s/?#:@]+\.[^\s/?#:@.\d][^\s/?#:@.]+(:\d+)?([/?#]|$)", text) else ""
    )


def _domain(cell: str) -> str:
    host = plain_host(cell)
    if host is None:
        raise ValueError("is not a domain")
    return domains.parse(f"http://{host}/").domain


def plain_host(cell: str) -> str | None:
    """The host of a cell that holds a domain, perhaps with a scheme before it or a path after; None for other
    text.

    As it is written: `twitter.com` is not yet the site it is today, for a list may rank both names.
    """
    host = re.split(r"[/?#]", re.sub(r"^\s*(https?:)?//", "", cell, flags=re.IGNORECASE), maxsplit=1)[
        0
    ].strip()
    if not re.fullmatch(r"(\*\.)?[\w-]+(\.[\w-]+)+\.?(:\d+)?|\[[0-9a-fA-F:]+\]", host):
        return None
    return domains.hostname(re.sub(r"(?<!:):\d+$", "", host.removeprefix("*."))) or None


def _words(cell: str) -> frozenset[str]:
    return frozenset(re.split(r"[\s,;]+", cell.casefold()))


def _is_gone(cell: str) -> bool | None:
    """Whether a tool's word for the state of a link says that it is gone; None where it says neither."""
    word = " ".join(cell.split()).casefold()
    return True if word in _GONE else False if word in _THERE else None


_GONE, _THERE = frozenset(WORDS["gone"]), frozenset(WORDS["there"])
_TYPES = {
    **dict.fromkeys(("hyperlien", "lien hypertexte", "hipervínculo", "hiperenlace", "hiperligação"), "text"),
    **dict.fromkeys(("collegamento ipertestuale", "texto", "texte", "testo", "lien", "enlace"), "text"),
    **dict.fromkeys(("bild", "imagen", "immagine", "imagem"), "image"),
    **dict.fromkeys(("http redirect", "meta refresh", "javascript redirect", "301", "302"), "redirect"),
    **dict.fromkeys(("iframe", "html frame"), "frame"),
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


def _followed(flag: Callable[[str], bool | None], yes: str, cell: str) -> bool | None:
    """A flag, or the word itself: `Nofollow` in a column Nofollow, `Dofollow` in a column Follow."""
    word = cell.strip().casefold().replace("-", "").replace(" ", "")
    if word in ("nofollow", "dofollow", "follow", "followed", "nofollowed"):
        return word.startswith("no") == (yes == "nofollow")
    return flag(cell)


def _type(cell: str, embeds: frozenset[str] = frozenset()) -> tuple[str | None, str]:
    """The kind of link, and the words about following that old exports put into the same column."""
    word = " ".join(cell.casefold().split())
    tokens = [token for token in re.split(r"[\s,;/|]+", word) if token]
    about = " ".join(token for token in tokens if token in _FOLLOW_WORDS)
    if about:
        word = " ".join(token for token in tokens if token not in _FOLLOW_WORDS)
    return ("embed" if word in embeds else _TYPES.get(word, word) or None), about


@dataclass
class _Reader:
    """Batches of cells → rows. Columns are converted as wholes, each through a memory of what it has seen."""

    recognition: Recognition
    memos: dict[str, Memo] = field(default_factory=dict)

    def __post_init__(self) -> None:
        recognition = self.recognition
        flag = values.marked if recognition.layout.blank_is_false else values.truth
        convert: dict[str, Callable[[str], Any]] = {
            "domain": _domain,
            "text": _text,
            "truth": flag,
            "nofollow": partial(_followed, flag, "nofollow"),
            "follow": partial(_followed, flag, "dofollow"),
            "type": partial(_type, embeds=frozenset(recognition.layout.embeds)),
            "words": _words,
            "state": _is_gone,
            "moment": partial(values.moment, order=recognition.date_order),
            "number": values.whole
            if recognition.layout.counting
            else partial(values.number, decimal=recognition.decimal),
        }
        self.memos = {kind: Memo(function) for kind, function in convert.items()}

    def read(self, batch: records.Batch) -> Block:
        rejects = list(batch.rejects)
        lines, cells = self._without_headers(batch, rejects)
        wrong: dict[int, str] = {}
        columns = self._columns(lines, cells, wrong)
        rejects += [Reject(lines[n], why, _join([cell[n] for cell in cells])) for n, why in wrong.items()]
        rejects.sort(key=lambda reject: reject.line)
        if wrong:
            sound = [n for n in range(len(lines)) if n not in wrong]
            columns, cells = _picked(columns, sound), _picked(cells, sound)
        return Block(self._spread(columns, cells) if self.recognition.match.targets else columns, rejects)

    def _without_headers(
        self, batch: records.Batch, rejects: list[Reject]
    ) -> tuple[Sequence[int], Sequence[Sequence[str]]]:
        """Files put together from several keep their headers in the middle."""
        header = self.recognition.header
        if self.recognition.delimiter is None or header[0] not in batch.columns[0]:
            return batch.lines, batch.columns
        again = [n for n, row in enumerate(batch.rows) if row == header]
        reason, text = "the header again: several files put together?", _join(header)
        rejects += [Reject(batch.lines[n], reason, text) for n in again]
        kept = sorted({*range(len(batch.lines))} - {*again})
        return [batch.lines[n] for n in kept], _picked(batch.columns, kept)

    def _columns(
        self, lines: Sequence[int], columns: Sequence[Sequence[str]], wrong: dict[int, str]
    ) -> list[Sequence[Any]]:
        match, nothing = self.recognition.match, [None] * len(lines)

        def get(name: str) -> list[Any]:
            place = match.fields.get(name)
            if place is None:
                return nothing
            return self._column(formats.FIELDS[name], columns[place], self.recognition.header[place], wrong)

        def end(of: str) -> domains.AddressColumns:
            """URL, page and domain; where the file names no pages, the domain alone."""
            place = match.fields.get(f"{of}_url")
            if place is None:
                return domains.AddressColumns(nothing, nothing, get(f"{of}_domain"))
            return self._addresses(columns[place], self.recognition.header[place], wrong)

        source_url, source_page, source_domain = end("source")
        target_url, _, target_domain = end("target")
        link_types = get("link_type")
        rels, nofollow, ugc, sponsored = self._rel(get, link_types, nothing)
        lost_at, lost = get("lost_at"), get("lost")
        if lost is nothing and "lost_at" in match.fields:
            lost = [moment is not None for moment in lost_at]
        if (gone := get("state")) is not nothing:
            lost = [word if word is not None else flag for word, flag in zip(gone, lost, strict=True)]
        return [
            lines,
            source_url,
            target_url,
            source_domain,
            target_domain,
            source_page,
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
        ]

    def _rel(
        self, get: Callable[[str], list[Any]], link_types: list[Any], nothing: list[Any]
    ) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
        """rel, nofollow, ugc, sponsored: from their own columns where there are any, else from the words of
        rel.
        """
        rels, nofollow, ugc, sponsored = get("rel"), get("nofollow"), get("ugc"), get("sponsored")
        memo = self.memos["words"]
        words = [memo[rel] for rel in rels] if rels is not nothing else nothing
        if nofollow is nothing and (follow := get("follow")) is not nothing:
            nofollow = [None if each is None else not each for each in follow]
        if nofollow is nothing and (only := get("only_nofollow")) is not nothing:
            pairs = zip(only, get("only_follow"), strict=True)
            nofollow = [True if no else False if yes else None for no, yes in pairs]
        if rels is nothing and any(each and each[1] for each in link_types):
            words = [memo[each[1]] if each and each[1] else None for each in link_types]
        if words is not nothing:
            nofollow = _told("nofollow", words) if nofollow is nothing else nofollow
            ugc = _told("ugc", words) if ugc is nothing else ugc
            sponsored = _told("sponsored", words) if sponsored is nothing else sponsored
        return rels, nofollow, ugc, sponsored

    def _types(self, get: Callable[[str], list[Any]], link_types: list[Any], nothing: list[Any]) -> list[Any]:
        """The kind of link; a flag column says more than the plain "text" beside it, and an alt text alone is
        an image.
        """
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
        self, columns: Sequence[Sequence[str]], count: int, wrong: dict[int, str]
    ) -> list[Mapping[str, float]]:
        metrics = self.recognition.match.metrics
        figures = [self._column("number", columns[place], name, wrong) for name, place in metrics.items()]
        if not figures:
            return [EMPTY] * count
        names = tuple(metrics)
        return [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in zip(*figures, strict=True)
        ]

    def _labels(self, columns: Sequence[Sequence[str]], count: int) -> list[Mapping[str, str]]:
        labels = self.recognition.match.labels
        if not labels:
            return [EMPTY] * count
        names = tuple(labels)
        cells = [columns[place] for place in labels.values()]
        return [
            {name: text for name, cell in zip(names, row, strict=True) if (text := _text(cell))}
            for row in zip(*cells, strict=True)
        ]

    def _spread(self, columns: list[Sequence[Any]], cells: Sequence[Sequence[str]]) -> list[Sequence[Any]]:
        """A row of a link matrix → one row for each site that the page links to."""
        sites = {_domain(site): place for site, place in self.recognition.match.targets.items()}
        links = [
            (n, site)
            for n in range(len(columns[0]))
            for site, place in sites.items()
            if _says_yes(cells[place][n])
        ]
        spread = _picked(columns, [n for n, _ in links])
        spread[LinkRow._fields.index("target_domain")] = [site for _, site in links]
        return spread

    def _addresses(self, cells: Sequence[str], name: str, wrong: dict[int, str]) -> domains.AddressColumns:
        """Linking pages hardly repeat; targets do all the time, and each is read once."""
        if len(set(cells[:SAMPLE])) * 2 < len(cells[:SAMPLE]):
            places = {cell: n for n, cell in enumerate(dict.fromkeys(cells))}
            late: dict[int, str] = {}
            distinct = self._addresses_of(list(places), name, late)
            at = [places[cell] for cell in cells]
            if late:
                for n, place in enumerate(at):
                    if place in late:
                        wrong.setdefault(n, late[place])
            return domains.AddressColumns(*([column[n] for n in at] for column in distinct))
        return self._addresses_of(cells, name, wrong)

    def _addresses_of(self, cells: Sequence[str], name: str, wrong: dict[int, str]) -> domains.AddressColumns:
        read = domains.try_parse_all(list(map(str.strip, cells)))
        for n in [n for n, url in enumerate(read.urls) if url is None] if None in read.urls else ():
            address = domains.try_parse(_with_scheme(cells[n]))
            if address is None:
                wrong.setdefault(n, _complaint(name, "is not a web address", cells[n]))
            else:
                read.urls[n] = cells[n].strip()
                read.canonicals[n], read.domains[n] = address.canonical, address.domain
        return read

    def _column(self, kind: str, cells: Sequence[str], name: str, wrong: dict[int, str]) -> list[Any]:
        if kind == "text":
            return list(map(_text if "\0" in "".join(cells) else str.strip, cells))
        return self._remembered(kind, cells, name, wrong)

    def _remembered(self, kind: str, cells: Sequence[str], name: str, wrong: dict[int, str]) -> list[Any]:
        memo = self.memos[kind]
        converted = list(map(memo.__getitem__, cells))
        if memo.failed:
            for n, value in enumerate(converted):
                if isinstance(value, Wrong):
                    wrong.setdefault(n, _complaint(name, value.why, value.cell))
                    converted[n] = None
        return converted


def _complaint(name: str, why: str, cell: str) -> str:
    return f"{name} {why}: {records.fragment(cell)[:60]!r}"


def _picked(columns: Sequence[Sequence[Any]], places: list[int]) -> list[Sequence[Any]]:
    return [[column[n] for n in places] for column in columns]


def _says_yes(cell: str) -> bool:
    return cell.strip().casefold() not in ("", "0", "-", "–", "no", "false", "n/a")


def _told(word: str, words: list[Any]) -> list[Any]:
    return [None if each is None else word in each for each in words]


def _blank_is_none(texts: list[Any], nothing: list[Any]) -> list[Any]:
    return texts if texts is nothing else [text or None for text in texts]


def _join(row: Sequence[str]) -> str:
    return records.fragment(" | ".join(row))
