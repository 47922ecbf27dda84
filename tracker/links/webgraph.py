"""Common Crawl's web graph by domain: ranks and in-edges of the domains that somebody asked for.

Three files belong to a release (`cc-main-2026-jul-aug-sep-domain-…`), tab-separated and usually gz:

- vertices: `id  reversed name  number of hosts`, ids counting up from 0;
- edges: `id of the linking domain  id of the linked domain`;
- ranks: `#harmonicc_pos #harmonicc_val #pr_pos #pr_val #host_rev #n_hosts`, positions from 1.

DuckDB scans them once, as a stream, so memory depends on what is kept and not on the file. Positions of two
releases are not comparable, since every release has another number of domains: compare percentiles and
shares.

Which vertex is a domain of ours: the one with exactly its name. Common Crawl cuts names by the public part of
the suffix list, we also by the private part, so `github.io` is one vertex there and no domain here: it stands
under its own name and is never taken for `someone.github.io`, whose rank is unknown.
"""

from __future__ import annotations

import json
import re
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb

from tracker import domains
from tracker.errors import DataError, UsageError
from tracker.links.infrastructure import infrastructure, is_infrastructure
from tracker.links.web.download import local_file

Kind = Literal["vertices", "edges", "ranks"]
MOST_LISTED = 100_000
"""Linking domains up to which each is listed: who links to a giant says nothing, in millions of rows."""
_BATCH = 50_000
# DuckDB's own 32 MB buffers leave one core idle on a gz; measured on 12M edges.
_BUFFER = "buffer_size=8388608, max_line_size=1048576"
_PLAIN = "header=false, auto_detect=false, quote='', escape='', comment='', strict_mode=true"
_RELEASE = re.compile(r"cc-main(?:-\d{2,4}(?!\d)|-[a-z]{3}(?![a-z]))+")


@dataclass(frozen=True, slots=True)
class Rank:
    domain: str
    harmonic_position: int
    harmonic_value: float
    harmonic_percentile: float | None
    """Position ÷ number of domains: 0.001 is the best thousandth. None where the number is unknown."""
    pagerank_position: int
    pagerank_value: float
    pagerank_percentile: float | None
    hosts: int | None
    infrastructure: bool


@dataclass(frozen=True, slots=True)
class Ranks:
    release: str
    domains: int | None
    """In the whole release."""
    rows: tuple[Rank, ...]
    missing: tuple[str, ...]
    """Wanted, but not in the release: unknown, not worthless."""


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    hosts: int
    """Hosts of the linking domain in the release."""


@dataclass(frozen=True, slots=True)
class InEdges:
    domain: str
    linking: int
    """Domains that link to it, infrastructure among them, itself not."""
    share: float
    """linking ÷ domains of the release: the figure to compare across releases."""
    infrastructure: int
    """How many of them the list leaves out of the edges."""


@dataclass(frozen=True, slots=True)
class Edges:
    release: str
    domains: int
    counts: tuple[InEdges, ...]
    rows: tuple[Edge, ...]
    """Empty when they were handed to `write`."""
    written: int
    missing: tuple[str, ...]
    filtered: tuple[str, ...]
    """Wanted domains that the list names as infrastructure: counted, their edges not listed."""
    summarised: tuple[str, ...] = ()
    """Wanted domains to which more domains link than are listed: counted likewise."""


@dataclass(frozen=True, slots=True)
class Release:
    id: str
    domains: int | None
    links: int | None

    def url(self, kind: Kind) -> str:
        if kind not in get_args(Kind):
            raise UsageError(f"a release has no {kind!r}", f"one of {', '.join(get_args(Kind))}")
        base = f"https://data.commoncrawl.org/projects/hyperlinkgraph/{self.id}/domain"
        return f"{base}/{self.id}-domain-{kind}.txt.gz"


def releases(graphinfo: str | bytes) -> tuple[Release, ...]:
    """The releases of Common Crawl's `graphinfo.json`, newest first as it has them;
    a count of 0 is unknown.
    """
    try:
        listed = []
        for entry in json.loads(graphinfo):
            stats = entry.get("stats", {}).get("domain", {})
            listed.append(Release(str(entry["id"]), stats.get("nodes") or None, stats.get("arcs") or None))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise DataError(
            f"this is no graphinfo.json ({error})", "a list of releases with id and stats"
        ) from error
    return tuple(listed)


def reversed_name(host: str) -> str:
    return ".".join(reversed(host.split(".")))


def ranks(
    path_or_url: str | Path,
    wanted: Collection[str],
    *,
    release: str | None = None,
    total: int | None = None,
    cache: Path | None = None,
) -> Ranks:
    """Positions of the wanted domains; `total` is the release's number of domains where the file is an
    extract.
    """
    names = _wanted(wanted)
    path = local_file(path_or_url, cache)
    with _Scan({"ranks": path}) as scan:
        layout = _ranks_layout(scan.head("ranks"), path)
        read = scan.ranks(layout, list(names))
    extract = not layout.whole and total is None
    number = None if extract else _number_of_domains(read, layout, total, path)
    rows = tuple(_rank(row, names, number) for row in sorted(read.rows))
    present = {row.domain for row in rows}
    missing = tuple(sorted(set(names.values()) - present))
    return Ranks(release or release_of(path_or_url), number, rows, missing)


def edges(
    vertices: str | Path,
    links: str | Path,
    wanted: Collection[str],
    *,
    release: str | None = None,
    listed: Collection[str] | None = None,
    most: int = MOST_LISTED,
    in_full: Collection[str] = (),
    write: Callable[[Sequence[Edge]], None] | None = None,
    cache: Path | None = None,
) -> Edges:
    """Who links to the wanted domains. `write` gets the edges in batches.

    `listed` replaces the list of infrastructure. A domain to which more than `most` others link, such as a
    video platform, is counted and its edges are not listed, unless it is one of `in_full`.
    """
    names = _wanted(wanted)
    _same_release(vertices, links)
    paths = {"vertices": local_file(vertices, cache), "edges": local_file(links, cache)}
    kept: list[Edge] = []
    written = 0
    with _Scan(paths) as scan:
        _check_head(scan.head("vertices"), "vertices", paths["vertices"])
        _check_head(scan.head("edges"), "edges", paths["edges"])
        nodes = scan.vertices(list(names))
        scan.edges(nodes)
        scan.sources(nodes)
        counts = scan.counts(names, nodes, listed)
        filtered = tuple(c.domain for c in counts if is_infrastructure(c.domain, listed))
        giants = tuple(
            c.domain
            for c in counts
            if c.linking - c.infrastructure > most and c.domain not in {*in_full, *filtered}
        )
        for batch in scan.edge_batches(names, listed, (*filtered, *giants)):
            written += len(batch)
            (write or kept.extend)(batch)
    missing = tuple(sorted(set(names.values()) - {count.domain for count in counts}))
    return Edges(
        release or release_of(vertices),
        nodes.number,
        counts,
        tuple(kept),
        written,
        missing,
        filtered,
        giants,
    )


def release_of(path_or_url: str | Path) -> str:
    """The release's name: Common Crawl's own where the name has it, else the file's stem."""
    text = str(path_or_url)
    names = _RELEASE.findall(text)
    if names:
        return str(names[-1])
    stem = text.rstrip("/").rsplit("/", 1)[-1].split(".", 1)[0]
    return re.split(r"[-_](?:domain|vertices|edges|ranks)(?=[-_]|$)", stem, maxsplit=1)[0] or stem


def _same_release(vertices: str | Path, links: str | Path) -> None:
    one, two = release_of(vertices), release_of(links)
    if one != two and _RELEASE.fullmatch(one) and _RELEASE.fullmatch(two):
        raise UsageError(
            f"the vertices are of {one} and the edges of {two}", "ids mean something within one release only"
        )


def _wanted(names: Collection[str]) -> dict[str, str]:
    """reversed name → domain, each as `tracker.domains` spells it."""
    if isinstance(names, str):
        raise UsageError("wanted is a set of domains, not one string", "put it in a set")
    wanted: dict[str, str] = {}
    for name in names:
        domain = domains.domain_of(name)
        if domain is None and not domains.is_public_suffix(name):
            raise UsageError(f"{name!r} is no domain", "give registrable domains such as example.com")
        domain = domain or name.lower().strip(".")
        wanted[reversed_name(domain)] = domain
    if not wanted:
        raise UsageError("no domain is wanted", "import links or answers first, or name domains")
    return wanted


# --- the heads of files, read before the scan so that a wrong file is named as what it is -------------------


@dataclass(frozen=True, slots=True)
class _RanksLayout:
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
_TYPES = {
    "harmonic_position": "UINTEGER",
    "pagerank_position": "UINTEGER",
    "hosts": "UINTEGER",
    "harmonic_value": "DOUBLE",
    "pagerank_value": "DOUBLE",
}
_NEEDED = ("harmonic_position", "harmonic_value", "pagerank_position", "pagerank_value", "name")


def _ranks_layout(head: list[str], path: Path) -> _RanksLayout:
    first = head[0]
    delimiter = "\t" if "\t" in first else ","
    known = {spelling: name for name, spellings in _RANK_NAMES.items() for spelling in spellings}
    cells = [cell.strip().lstrip("#").lower() for cell in first.split(delimiter)]
    columns = tuple(known.get(cell, f"other_{index}") for index, cell in enumerate(cells))
    absent = [name for name in _NEEDED if columns.count(name) != 1]
    if absent:
        raise DataError(
            f"{path.name} is no ranks file: its first line {first[:120]!r} does not name {', '.join(absent)}",
            "the domain ranks begin with #harmonicc_pos #harmonicc_val #pr_pos #pr_val #host_rev #n_hosts",
        )
    return _RanksLayout(columns, delimiter, first.startswith("#"))


_SHAPES: dict[str, tuple[str, str]] = {
    "vertices": (r"\d+\t[^\t]+\t\d+", "id, reversed name and number of hosts"),
    "edges": (r"\d+\t\d+", "two ids"),
}


def _check_head(head: list[str], kind: str, path: Path) -> None:
    shape, words = _SHAPES[kind]
    for number, line in enumerate(head[:20], 1):
        if re.fullmatch(shape, line):
            continue
        looks = next((other for other, (each, _) in _SHAPES.items() if re.fullmatch(each, line)), None)
        hint = f"this looks like the {looks} file" if looks else "give the file of domains, not of hosts"
        raise DataError(f"{path.name}, line {number}: {line[:120]!r} is not {words}, separated by tabs", hint)


def _lines(path: Path) -> list[str]:
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


# --- the scan -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _FoundRanks:
    number: int
    highest: int
    blanks: int
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Nodes:
    number: int
    wanted: dict[int, str]
    """id → reversed name."""


class _Scan:
    """A throw-away database on disk beside the files, which are linked under names without wildcards."""

    def __init__(self, paths: dict[str, Path]) -> None:
        self.paths = paths

    def __enter__(self) -> _Scan:
        self.folder = tempfile.TemporaryDirectory(prefix="citelift-webgraph-")
        base = Path(self.folder.name)
        for kind, path in self.paths.items():
            (base / kind).symlink_to(path.resolve())
        self.base = base
        self.con = duckdb.connect(
            str(base / "scan.duckdb"), config={"memory_limit": "2GB", "temp_directory": str(base / "spill")}
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()
        self.folder.cleanup()

    def head(self, kind: str) -> list[str]:
        return _lines(self.paths[kind])

    def _reader(self, kind: str, columns: dict[str, str], delimiter: str = "\t", skip: int = 0) -> str:
        with self.paths[kind].open("rb") as raw:
            packing = "gzip" if raw.read(2) == b"\x1f\x8b" else "none"
        types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        never = ", ".join(f"'{name}'" for name in columns)
        path = str(self.base / kind).replace("'", "''")
        return (
            f"read_csv('{path}', columns={{{types}}}, delim='{delimiter}', skip={skip}, "
            f"force_not_null=[{never}], compression='{packing}', {_PLAIN}, {_BUFFER})"
        )

    @contextmanager
    def _clear_errors(self, kind: str) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise _explained(str(error), kind, self.paths[kind]) from error

    def _load_wanted(self, names: Sequence[str]) -> None:
        self.con.execute("CREATE TABLE wanted AS SELECT unnest($1::VARCHAR[]) AS name", [list(names)])

    def ranks(self, layout: _RanksLayout, names: Sequence[str]) -> _FoundRanks:
        self._load_wanted(names)
        columns = {name: _TYPES.get(name, "VARCHAR") for name in layout.columns}
        picked = [*_NEEDED, *(["hosts"] if "hosts" in columns else [])]
        row = ", ".join(picked)
        with self._clear_errors("ranks"):
            counts = self.con.execute(
                f"""SELECT count(*), max(greatest(harmonic_position, pagerank_position)),
                           count(*) FILTER (name = '' OR harmonic_position = 0 OR pagerank_position = 0),
                           list(row({row})) FILTER (hit)
                    FROM (SELECT {row}, coalesce(name IN (SELECT name FROM wanted), false) AS hit
                          FROM {self._reader("ranks", columns, layout.delimiter, 1)})"""  # noqa: S608
            ).fetchone()
        assert counts is not None
        number, highest, blanks, rows = counts
        if blanks or not number:
            raise DataError(
                f"{self.paths['ranks'].name}: {blanks} of {number} rows have no name or no position",
                "a blank is not a rank: download the file again",
            )
        return _FoundRanks(number, highest, blanks, [tuple(each) for each in rows or []])

    def vertices(self, names: Sequence[str]) -> _Nodes:
        self._load_wanted(names)
        source = self._reader("vertices", {"id": "UINTEGER", "name": "VARCHAR", "hosts": "UINTEGER"})
        with self._clear_errors("vertices"):
            counts = self.con.execute(
                f"""SELECT count(*), min(line) FILTER (id <> line - 1), min(line) FILTER (name = ''),
                           list(row(id, name)) FILTER (hit)
                    FROM (SELECT id, name, row_number() OVER () AS line,
                                 coalesce(name IN (SELECT name FROM wanted), false) AS hit FROM {source})"""  # noqa: S608
            ).fetchone()
        assert counts is not None
        number, unsorted, blank, rows = counts
        file = self.paths["vertices"].name
        if blank is not None:
            raise DataError(f"{file}, line {blank}: the domain has no name", "download the file again")
        if unsorted is not None:
            raise DataError(
                (
                    f"{file}, line {unsorted}: ids do not count up from 0, so the file is sorted anew, "
                    "cut or joined"
                ),
                "use the vertices as Common Crawl publishes them",
            )
        return _Nodes(number, {int(row[0]): str(row[1]) for row in rows or []})

    def edges(self, nodes: _Nodes) -> None:
        self.con.execute(
            "CREATE TABLE target AS SELECT unnest($1::UINTEGER[]) AS id, unnest($2::VARCHAR[]) AS name",
            [list(nodes.wanted), list(nodes.wanted.values())],
        )
        source = self._reader("edges", {"source": "UINTEGER", "target": "UINTEGER"})
        self.con.execute("SET preserve_insertion_order = false")
        with self._clear_errors("edges"):
            # `IS NOT FALSE` keeps the small table on the side that is hashed; a plain semi join hashes the
            # file.
            self.con.execute(
                f"""CREATE TABLE kept AS SELECT source, target FROM {source}
                    WHERE (target IN (SELECT id FROM target)) IS NOT FALSE"""  # noqa: S608
            )

    def sources(self, nodes: _Nodes) -> None:
        source = self._reader("vertices", {"id": "UINTEGER", "name": "VARCHAR", "hosts": "UINTEGER"})
        with self._clear_errors("vertices"):
            self.con.execute(
                f"""CREATE TABLE source AS SELECT id, name, hosts FROM {source}
                    WHERE (id IN (SELECT DISTINCT source FROM kept)) IS NOT FALSE"""  # noqa: S608
            )
        self._unify()
        beyond = self.con.execute("SELECT max(source) FROM kept").fetchone()
        if beyond and beyond[0] is not None and beyond[0] >= nodes.number:
            raise DataError(
                f"the edges name domain {beyond[0]}, but the vertices end at {nodes.number - 1}",
                "vertices and edges are of two releases, or the vertices are cut",
            )

    def _unify(self) -> None:
        """Two vertices may be one domain of ours, where the two suffix lists differ: they get its name."""
        odd: list[tuple[int, str]] = []
        self.con.execute("SELECT id, name FROM source")
        while rows := self.con.fetchmany(_BATCH):
            odd += [(id_, name) for id_, was in rows if (name := reversed_name(_domain(was))) != was]
        if odd:
            self.con.execute(
                """UPDATE source SET name = odd.name FROM
                   (SELECT unnest($1::UINTEGER[]) AS id, unnest($2::VARCHAR[]) AS name) AS odd
                   WHERE odd.id = source.id""",
                [[id_ for id_, _ in odd], [name for _, name in odd]],
            )

    def counts(
        self, names: dict[str, str], nodes: _Nodes, listed: Collection[str] | None
    ) -> tuple[InEdges, ...]:
        self._mark_infrastructure(listed)
        rows = self.con.execute(
            """SELECT target.name, count(DISTINCT source.name),
                      count(DISTINCT source.name) FILTER (plumbing.id IS NOT NULL)
               FROM target LEFT JOIN kept ON kept.target = target.id
               LEFT JOIN source ON source.id = kept.source AND source.name <> target.name
               LEFT JOIN plumbing ON plumbing.id = source.id
               GROUP BY target.name ORDER BY target.name"""
        ).fetchall()
        return tuple(
            InEdges(names[name], linking, linking / nodes.number, plumbing)
            for name, linking, plumbing in rows
        )

    def _mark_infrastructure(self, listed: Collection[str] | None) -> None:
        """In SQL, since a giant's linking domains are millions: the name or one of its parents is on the
        list.
        """
        roots = [reversed_name(name) for name in (infrastructure() if listed is None else listed)]
        self.con.execute(
            """CREATE TABLE plumbing AS SELECT DISTINCT id FROM (
                   SELECT id, unnest(list_transform(range(2, len(labels) + 1),
                                                    lambda n: array_to_string(labels[1:n], '.'))) AS root
                   FROM (SELECT id, string_split(name, '.') AS labels FROM source))
               WHERE root IN (SELECT unnest($1::VARCHAR[]))""",
            [roots],
        )

    def edge_batches(
        self, names: dict[str, str], listed: Collection[str] | None, filtered: Collection[str]
    ) -> Iterator[list[Edge]]:
        skipped = [reversed_name(name) for name in filtered]
        self.con.execute(
            """SELECT source, target, sum(hosts)::BIGINT FROM (
                   SELECT DISTINCT source.id, source.name AS source, target.name AS target,
                                   source.hosts AS hosts
                   FROM kept JOIN source ON source.id = kept.source JOIN target ON target.id = kept.target
                   WHERE source.name <> target.name AND NOT list_contains($1::VARCHAR[], target.name)
                     AND source.id NOT IN (SELECT id FROM plumbing))
               GROUP BY source, target ORDER BY target, source""",
            [skipped],
        )
        while rows := self.con.fetchmany(_BATCH):
            yield [Edge(reversed_name(source), names[target], hosts) for source, target, hosts in rows]


def _domain(name: str) -> str:
    """What `tracker.domains.Address.domain` would be for this vertex."""
    host = reversed_name(name)
    return domains.domain_of(host) or host


def _explained(text: str, kind: str, path: Path) -> DataError:
    """DuckDB's message in the words of the file; it names the line and what stands there."""
    line = re.search(r"Line: (\d+)", text)
    where = f"{path.name}, line {line[1]}" if line else path.name
    original = re.search(r"Original Line: (.*)", text)
    shown = f" {original[1][:120]!r}" if original else ""
    if "GZIP" in text.upper():
        return DataError(
            f"{path.name} ends or breaks in the middle of its compressed data", "download it again"
        )
    if "Number of Columns" in text:
        return DataError(f"{where}:{shown} has the wrong number of columns", f"is this the {kind} file?")
    if "convert" in text:
        return DataError(
            f"{where}:{shown} has a blank or something else where a number belongs", "download it again"
        )
    return DataError(f"{where}: {text.splitlines()[0][:300]}", "download it again")


def _number_of_domains(read: _FoundRanks, layout: _RanksLayout, total: int | None, path: Path) -> int:
    number = read.number if total is None else total
    if read.highest > number:
        raise DataError(
            f"{path.name} names position {read.highest}, but there are {number} domains",
            "the file is cut: download it again, or give the release's number of domains",
        )
    if layout.whole and total is not None and total != read.number:
        raise DataError(
            f"{path.name} has {read.number} rows, not {total}", "the file is cut, or of another release"
        )
    return number


def _rank(row: tuple[Any, ...], names: dict[str, str], number: int | None) -> Rank:
    harmonic, harmonic_value, pagerank, pagerank_value, name = row[:5]
    domain = names[name]
    return Rank(
        domain,
        harmonic,
        harmonic_value,
        None if number is None else harmonic / number,
        pagerank,
        pagerank_value,
        None if number is None else pagerank / number,
        row[5] if len(row) > 5 else None,
        is_infrastructure(domain),
    )
