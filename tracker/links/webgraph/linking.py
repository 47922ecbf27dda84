"""Who links to a domain in a built graph, who links to a rival only, what changed between two releases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tracker.errors import DataError
from tracker.links.webgraph import ranked
from tracker.links.webgraph.arrays import WebGraph
from tracker.links.webgraph.names import reversed_name, wanted_names
from tracker.links.webgraph.scan import Edge, InEdges, Nodes, Scan
from tracker.links.webgraph.watched import MOST_LISTED, Edges, listed_edges

BETTER_FIRST = ("harmonic", "pagerank")
"""Metrics that put linking domains in order, the first that the graph has."""


@contextmanager
def _scanned(graph: WebGraph, names: dict[str, str]) -> Iterator[tuple[Scan, Nodes]]:
    """The edges to these domains, in the same tables that a release's own files are read into."""
    nodes = Nodes(graph.nodes, graph.ids(list(names)))
    source, target = graph.links_to(nodes.wanted)
    with Scan({"vertices": graph.names}, memory="600MB", spill=graph.folder) as scan:
        scan.take(nodes, source, target)
        scan.sources(nodes)
        yield scan, nodes


def in_edges(
    graph: WebGraph,
    wanted: Collection[str],
    *,
    listed: Collection[str] | None = None,
    most: int = MOST_LISTED,
    in_full: Collection[str] = (),
    write: Callable[[Sequence[Edge]], None] | None = None,
) -> Edges:
    """As `watched.edges` says it, from the arrays."""
    names = wanted_names(wanted)
    with _scanned(graph, names) as (scan, nodes):
        return listed_edges(scan, nodes, names, graph.head.release, listed, most, in_full, write)


@dataclass(frozen=True, slots=True)
class Linking:
    domain: str
    hosts: int
    position: int | None
    """By the metric that orders them; None where the graph has none."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Who links to some domains, infrastructure left out, the best first."""

    counts: tuple[InEdges, ...]
    rows: tuple[Linking, ...]
    ordered_by: str | None
    missing: tuple[str, ...]


def links(graph: WebGraph, wanted: Collection[str], *, most: int = MOST_LISTED) -> Linked:
    """The domains that link to any of these. The best `most` are listed, all are counted."""
    names = wanted_names(wanted)
    with _scanned(graph, names) as (scan, nodes):
        counts = scan.counts(names, nodes, None)
        rows, metric = _ordered(graph, scan, most)
    here = {each.domain for each in counts}
    return Linked(counts, rows, metric, tuple(sorted(set(names.values()) - here)))


def _ordered(graph: WebGraph, scan: Scan, most: int) -> tuple[tuple[Linking, ...], str | None]:
    known = ranked.metrics(graph)
    metric = next((each for each in BETTER_FIRST if each in known), None)
    ranks = ranked.file_of(graph, metric) if metric else None
    found = scan.linking(ranks, most)
    return tuple(Linking(reversed_name(name), hosts, position) for name, hosts, position in found), metric


def gap(graph: WebGraph, own: Collection[str], rivals: Collection[str], *, most: int = MOST_LISTED) -> Linked:
    """Domains that link to a rival and to none of the own domains."""
    theirs, ours = wanted_names(rivals), wanted_names(own)
    with _scanned(graph, theirs | ours) as (scan, nodes):
        present = set(nodes.wanted.values())
        if not present & set(theirs):
            raise DataError(
                f"{', '.join(sorted(theirs.values()))} is not in {graph.head.release}", "check the spelling"
            )
        counts = scan.counts(theirs | ours, nodes, None)
        scan.without_links_to(list(ours))
        rows, metric = _ordered(graph, scan, most)
    missing = sorted(name for key, name in (theirs | ours).items() if key not in present)
    return Linked(counts, rows, metric, tuple(missing))


@dataclass(frozen=True, slots=True)
class Changed:
    """Of one domain, from the older release to the newer. A domain that only one release knows is None there:
    counts of two releases differ by how much of the web was seen, so the share says more.
    """

    domain: str
    before: InEdges | None
    after: InEdges | None
    new: tuple[str, ...]
    lost: tuple[str, ...]
    """No longer linking, and still in the newer release; who left it altogether is not a lost link."""
    unseen: tuple[str, ...]
    """Linked before, and not in the newer release at all."""
    listed: bool
    """False for infrastructure and giants, whose links are counted only: the three above are then empty."""


def diff(older: WebGraph, newer: WebGraph, wanted: Collection[str]) -> tuple[Changed, ...]:
    """Linking domains that came and went, infrastructure left out."""
    names = wanted_names(wanted)
    one, two = (in_edges(each, names.values()) for each in (older, newer))
    uncompared = {*one.summarised, *two.summarised, *one.filtered, *two.filtered}
    changed = []
    for domain in sorted(names.values()):
        before, after = (
            {edge.source for edge in each.rows if edge.target == domain and domain not in uncompared}
            for each in (one, two)
        )
        gone = before - after
        known = newer.ids([reversed_name(name) for name in gone]).values()
        seen = {reversed_name(name) for name in known}
        changed.append(
            Changed(
                domain,
                next((each for each in one.counts if each.domain == domain), None),
                next((each for each in two.counts if each.domain == domain), None),
                tuple(sorted(after - before)),
                tuple(sorted(gone & seen)),
                tuple(sorted(gone - seen)),
                domain not in uncompared,
            )
        )
    return tuple(changed)
