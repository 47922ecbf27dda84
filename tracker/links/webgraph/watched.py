"""Ranks and in-edges of the domains that somebody asked for, read from a release's own files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracker.errors import DataError
from tracker.links.infrastructure import is_infrastructure
from tracker.links.web.download import local_file
from tracker.links.webgraph.heads import RanksLayout, check_head, ranks_layout
from tracker.links.webgraph.names import release_of, same_release, wanted_names
from tracker.links.webgraph.scan import Edge, FoundRanks, InEdges, Nodes, Scan

MOST_LISTED = 100_000
"""Linking domains up to which each is listed: who links to a giant says nothing, in millions of rows."""


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
    repeated: tuple[str, ...] = ()
    """Stand in more than one row: the better position counts."""


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
    names = wanted_names(wanted)
    path = local_file(path_or_url, cache)
    with Scan({"ranks": path}) as scan:
        layout = ranks_layout(scan.head("ranks"), path)
        read = scan.ranks(layout, list(names))
    extract = not layout.whole and total is None
    number = None if extract else _number_of_domains(read, layout, total, path)
    rows: dict[str, Rank] = {}
    repeated: set[str] = set()
    for row in sorted(read.rows):
        rank = _rank(row, names, number)
        if rank.domain in rows:
            repeated.add(rank.domain)
            rank = _better(rows[rank.domain], rank)
        rows[rank.domain] = rank
    missing = tuple(sorted(set(names.values()) - set(rows)))
    release = release or release_of(path_or_url)
    return Ranks(release, number, tuple(rows.values()), missing, tuple(sorted(repeated)))


def _better(one: Rank, two: Rank) -> Rank:
    """Each position the better of two rows with one name."""
    best = min(one, two, key=lambda rank: rank.pagerank_position)
    return replace(
        min(one, two, key=lambda rank: rank.harmonic_position),
        pagerank_position=best.pagerank_position,
        pagerank_value=best.pagerank_value,
        pagerank_percentile=best.pagerank_percentile,
    )


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
    names = wanted_names(wanted)
    same_release(vertices, links)
    paths = {"vertices": local_file(vertices, cache), "edges": local_file(links, cache)}
    with Scan(paths) as scan:
        check_head(scan.head("vertices"), "vertices", paths["vertices"])
        check_head(scan.head("edges"), "edges", paths["edges"])
        nodes = scan.vertices(list(names))
        scan.edges(nodes)
        scan.sources(nodes)
        return listed_edges(scan, nodes, names, release or release_of(vertices), listed, most, in_full, write)


def listed_edges(
    scan: Scan,
    nodes: Nodes,
    names: dict[str, str],
    release: str,
    listed: Collection[str] | None,
    most: int,
    in_full: Collection[str],
    write: Callable[[Sequence[Edge]], None] | None,
) -> Edges:
    """What a scan has found, giants and infrastructure counted only."""
    kept: list[Edge] = []
    written = 0
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
    return Edges(release, nodes.number, counts, tuple(kept), written, missing, filtered, giants)


def _number_of_domains(read: FoundRanks, layout: RanksLayout, total: int | None, path: Path) -> int:
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
