"""Neighbourhoods, paths, rings and gaps on graphs small enough to draw."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from analysis.authority import graph as links
from analysis.authority.ranks import Graph
from tracker.errors import DataError, UsageError

WEB = links.domain_graph(
    [
        ("news.com", "own.com", 3),
        ("news.com", "rival.com"),
        ("blog.com", "rival.com", 2),
        ("blog.com", "other.com"),
        ("forum.com", "other.com", 5),
        ("forum.com", "news.com"),
        ("rival.com", "other.com"),
        ("own.com", "own.com"),
    ]
)


def test_repeated_pairs_add_up_and_own_links_are_left_out():
    graph = links.domain_graph([("a", "b"), ("a", "b", 2), ("b", "b"), ("c", "c")])
    assert list(graph.edges(data="links")) == [("a", "b", 3)]
    assert set(graph) == {"a", "b", "c"}


@pytest.mark.parametrize("edge", [("", "a"), ("a", "  "), (None, "a"), ("a", float("nan"))])
def test_an_edge_without_an_end_is_refused_with_its_row(edge):
    with pytest.raises(DataError, match="edge 1 has an end without a name"):
        links.domain_graph([("a", "b"), edge])


def test_too_many_edges_are_refused_with_another_way(monkeypatch):
    monkeypatch.setattr(links, "MOST_EDGES", 2)
    with pytest.raises(DataError, match=r"(?s)more than 2 edges.*analysis\.authority"):
        links.domain_graph([("a", "b"), ("b", "c"), ("c", "d")])


class TestNeighbourhood:
    def test_it_has_both_directions_and_only_edges_with_both_ends(self):
        found = links.neighbourhood(WEB, ["own.com"], radius=2)
        assert found.nodes == ("own.com", "news.com", "forum.com", "rival.com")
        assert found.distance == (0, 1, 2, 2)
        assert found.edges == (
            ("forum.com", "news.com", 1),
            ("news.com", "own.com", 3),
            ("news.com", "rival.com", 1),
        )
        assert found.left_out == 0

    def test_it_is_what_networkx_calls_the_ego_graph(self):
        rng = np.random.default_rng(1)
        graph = links.domain_graph((f"n{a}", f"n{b}") for a, b in rng.integers(0, 60, (150, 2)))
        for radius in (0, 1, 2):
            ego = nx.ego_graph(graph, "n7", radius=radius, undirected=True)
            found = links.neighbourhood(graph, ["n7"], radius=radius)
            assert set(found.nodes) == set(ego)
            assert {edge[:2] for edge in found.edges} == set(ego.edges)

    def test_a_cut_keeps_the_nearest_and_the_most_linked_and_says_how_many_are_missing(self):
        graph = links.domain_graph([(f"s{k}", "own.com", k) for k in range(1, 500)])
        found = links.neighbourhood(graph, ["own.com"])
        assert (len(found.nodes), found.left_out) == (300, 200)
        assert found.nodes[:3] == ("own.com", "s499", "s498")
        assert all(end in found.nodes for edge in found.edges for end in edge[:2])

    def test_a_centre_that_nobody_links_stands_alone(self):
        found = links.neighbourhood(WEB, ["new.com"], radius=3)
        assert (found.nodes, found.edges) == (("new.com",), ())

    def test_no_centre_and_no_room_are_refused(self):
        with pytest.raises(UsageError, match="needs a centre"):
            links.neighbourhood(WEB, [])
        with pytest.raises(UsageError, match="does not even hold"):
            links.neighbourhood(WEB, ["a", "b"], limit=1)


class TestPaths:
    def test_all_shortest_ways_along_the_links(self):
        graph = links.domain_graph(
            [
                ("s", "b"),
                ("s", "a"),
                ("a", "own"),
                ("b", "own"),
                ("own", "s"),
                ("s", "c"),
                ("c", "d"),
                ("d", "own"),
            ]
        )
        assert links.paths(graph, "s", "own") == (("s", "a", "own"), ("s", "b", "own"))
        assert links.paths(graph, "s", "own", most=1) == (("s", "a", "own"),)

    def test_no_way_is_an_empty_answer(self):
        assert links.paths(WEB, "own.com", "news.com") == ()
        assert links.paths(WEB, "nowhere.com", "own.com") == ()

    def test_a_lattice_with_very_many_shortest_ways_is_answered_at_once(self):
        layers = [(f"{k}-{i}", f"{k + 1}-{j}") for k in range(30) for i in range(5) for j in range(5)]
        assert len(links.paths(links.domain_graph(layers), "0-0", "30-0", most=10)) == 10


class TestStructure:
    def test_two_dense_groups_with_one_bridge_are_two_communities_in_any_row_order(self):
        groups = [[f"{g}{i}" for i in range(6)] for g in "ab"]
        edges = [(x, y) for group in groups for x in group for y in group if x != y] + [("a0", "b0")]
        found = links.communities(links.domain_graph(edges))
        assert found == tuple(frozenset(group) for group in groups)
        assert links.communities(links.domain_graph(edges[::-1])) == found

    def test_an_empty_graph_has_no_structure(self):
        empty = links.domain_graph([])
        assert links.communities(empty) == links.rings(empty) == ()

    def test_a_ring_needs_every_link_in_both_directions(self):
        ring = [(a, b) for a in "xyz" for b in "xyz" if a != b]
        graph = links.domain_graph(
            [*ring, ("x", "w"), ("y", "w"), ("z", "w"), ("w", "x"), ("fan", "x"), ("p", "q"), ("q", "p")]
        )
        (found,) = links.rings(graph)
        assert (found.members, found.links, found.outside) == (("x", "y", "z"), 6, 2)
        assert links.rings(graph, smallest=2)[1].members == ("p", "q")
        with pytest.raises(UsageError, match="is no ring"):
            links.rings(graph, smallest=1)


def test_the_part_of_a_large_graph_that_touches_some_names():
    whole = Graph.from_pairs([("a", "b"), ("b", "c"), ("c", "d"), ("d", "d"), ("x", "a"), ("b", "a")])
    part = links.from_ranked(whole, ["a", "nowhere"])
    assert set(part.edges) == {("a", "b"), ("x", "a"), ("b", "a")}
    with pytest.raises(DataError, match="3 edges touch"):
        links.from_ranked(whole, ["a"], limit=2)
