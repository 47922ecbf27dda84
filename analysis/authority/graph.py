"""Neighbourhoods and structure of the link graph, with networkx: for up to 100,000 edges.

Nodes are names of domains; an edge ``source -> target`` says that source links to target, with the attribute
``links`` (how many). A domain's links to itself are left out: they say nothing about who vouches for whom.
Ranks over larger graphs are in `analysis.authority.ranks`, link gaps in `analysis.authority.gap`: they need
no networkx.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import networkx as nx
import numpy as np

from analysis.authority.ranks import Graph
from tracker.errors import DataError, UsageError

Digraph: TypeAlias = "nx.DiGraph[str]"

MOST_EDGES = 100_000
MAP_NODES = 300
MOST_RINGS = 1_000


@dataclass(frozen=True)
class Neighbourhood:
    """What a map page draws: every edge has both ends among `nodes`.

    Attributes
    ----------
    centres : tuple of str
    nodes : tuple of str
        Centres first, then by distance, links to the centres' side, name.
    distance : tuple of int
        Links between a node and the nearest centre, either direction, aligned with `nodes`.
    edges : tuple of (source, target, links)
    left_out : int
        Nodes within the radius that the limit left out.
    """

    centres: tuple[str, ...]
    nodes: tuple[str, ...]
    distance: tuple[int, ...]
    edges: tuple[tuple[str, str, int], ...]
    left_out: int


@dataclass(frozen=True)
class Ring:
    """Domains that all link to one another: a possible link exchange, or one owner, or a real community."""

    members: tuple[str, ...]
    links: int
    outside: int


def domain_graph(edges: Iterable[tuple[str, str] | tuple[str, str, int]]) -> Digraph:
    """Build from (source, target) or (source, target, links) rows; repeated pairs add up.

    Raises
    ------
    DataError
        An end without a name (with its row), or more than `MOST_EDGES` different pairs.
    """
    graph: Digraph = nx.DiGraph()
    for row, edge in enumerate(edges):
        source, target, links = edge if len(edge) == 3 else (*edge, 1)
        if not all(isinstance(name, str) and name.strip() for name in (source, target)):
            raise DataError(
                f"edge {row} has an end without a name: {source!r} -> {target!r}",
                "drop such rows where the file is read; one of them blanks the whole map",
            )
        if source == target:
            graph.add_node(source)
            continue
        known = graph.get_edge_data(source, target, default={"links": 0})["links"]
        graph.add_edge(source, target, links=known + int(links))
        if graph.number_of_edges() > MOST_EDGES:
            raise DataError(
                f"more than {MOST_EDGES:,} edges are too many for networkx",
                "cut a neighbourhood out first, or rank with analysis.authority.ranks",
            )
    return graph


def from_ranked(graph: Graph, keep: Iterable[str], *, limit: int = MOST_EDGES) -> Digraph:
    """The part of a large graph that touches the names in `keep`: their edges in
    both directions, once each.
    """
    wanted = np.zeros(graph.nodes, dtype=np.bool_)
    wanted[[code for name in keep if (code := graph.code_of(name)) is not None]] = True
    target = np.repeat(np.arange(graph.nodes), graph.in_degree)
    touched = np.flatnonzero((wanted[target] | wanted[graph.indices]) & (target != graph.indices))
    if len(touched) > limit:
        raise DataError(
            f"{len(touched):,} edges touch these names, more than {limit:,}", "ask for fewer names"
        )
    names = graph.names
    return domain_graph((str(names[int(graph.indices[e])]), str(names[int(target[e])])) for e in touched)


def digraph(graph: Graph, keep: Iterable[str]) -> Digraph:
    """All of a graph of at most `MOST_EDGES` edges; of a larger one what touches the names in `keep`."""
    return from_ranked(graph, graph.names if graph.edges <= MOST_EDGES else keep)


def neighbourhood(
    graph: Digraph, centres: Iterable[str], *, radius: int = 1, limit: int = MAP_NODES
) -> Neighbourhood:
    """Everything within `radius` links of the centres, either direction, at most `limit` nodes.

    Nearer nodes come first, then those with more links to and from what is nearer still; so a cut keeps what
    the map is about. Centres that the graph does not have are drawn alone.
    """
    wanted = tuple(dict.fromkeys(centres))
    if not wanted:
        raise UsageError("a neighbourhood needs a centre", "name a brand's domain or a source")
    if limit < len(wanted):
        raise UsageError(f"limit={limit} does not even hold the {len(wanted)} centres", "raise it")
    distance = dict.fromkeys(wanted, 0)
    weight: dict[str, int] = {}
    ring: Sequence[str] = [name for name in wanted if name in graph]
    for step in range(1, radius + 1):
        next_ring: dict[str, int] = {}
        for name in ring:
            for near, links in _touching(graph, name):
                if near not in distance:
                    next_ring[near] = next_ring.get(near, 0) + links
        distance |= dict.fromkeys(next_ring, step)
        weight |= next_ring
        ring = list(next_ring)
    order = sorted(distance, key=lambda name: (distance[name], -weight.get(name, 0), name))
    order = [*wanted, *(name for name in order if distance[name])]
    nodes = tuple(order[:limit])
    inside = graph.subgraph(nodes)
    edges = tuple(sorted((a, b, int(held["links"])) for a, b, held in inside.edges(data=True)))
    return Neighbourhood(wanted, nodes, tuple(distance[n] for n in nodes), edges, len(order) - len(nodes))


def _touching(graph: Digraph, name: str) -> Iterable[tuple[str, int]]:
    for near in graph.successors(name):
        yield near, int(graph[name][near]["links"])
    for near in graph.predecessors(name):
        yield near, int(graph[near][name]["links"])


def paths(graph: Digraph, source: str, brand: str, *, most: int = 10) -> tuple[tuple[str, ...], ...]:
    """The shortest ways along links from a source to a brand's domain, in order of names; empty if none."""
    if source not in graph or brand not in graph or not nx.has_path(graph, source, brand):
        return ()
    # all shortest paths can be astronomically many; sorting only what is shown keeps the call short
    shortest = islice(nx.all_shortest_paths(graph, source, brand), max(most * 20, 200))
    return tuple(tuple(path) for path in sorted(shortest)[:most])


def communities(graph: Digraph, *, seed: int = 0) -> tuple[frozenset[str], ...]:
    """Louvain communities of the undirected graph weighted by links, the largest first, each name in one.

    References
    ----------
    Blondel, Guillaume, Lambiotte, Lefebvre (2008).
    """
    if not graph.number_of_nodes():
        return ()
    # nodes and edges in order of names: the result must not depend on the order of rows
    ordered: nx.Graph[str] = nx.Graph()
    ordered.add_nodes_from(sorted(graph))
    for source, target in sorted(graph.edges):
        known = ordered.get_edge_data(source, target, default={"links": 0})["links"]
        ordered.add_edge(source, target, links=known + graph[source][target]["links"])
    groups = nx.community.louvain_communities(ordered, weight="links", seed=seed)
    return tuple(sorted((frozenset(part) for part in groups), key=lambda part: (-len(part), min(part))))


def rings(graph: Digraph, *, smallest: int = 3, most: int = MOST_RINGS) -> tuple[Ring, ...]:
    """Maximal reciprocal cliques of at least `smallest` domains, the largest first.

    `outside` counts domains beyond the ring that link to a member: a ring that nobody else links to deserves
    a look. It is a reason to look, not a verdict.
    """
    if smallest < 2:
        raise UsageError(f"smallest={smallest} is no ring", "use at least 2")
    mutual = graph.to_undirected(reciprocal=True)
    cliques = sorted(
        (
            sorted(members)
            for members in islice(nx.find_cliques(mutual), 100 * most)
            if len(members) >= smallest
        ),
        key=lambda members: (-len(members), members),
    )
    return tuple(_ring(graph, members) for members in cliques[:most])


def _ring(graph: Digraph, members: list[str]) -> Ring:
    inside = set(members)
    links = sum(int(graph[a][b]["links"]) for a in members for b in members if a != b)
    outside = {name for member in members for name in graph.predecessors(member)} - inside
    return Ring(tuple(members), links, len(outside))
