"""Ranks on graphs named by their trap, against networkx, by hand and on planted farms."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.authority.distances import hyperball
from analysis.authority.ranks import Graph, harmonic, pagerank, referring_domains, spam_mass, trustrank
from tests.bench.bench_authority import link_farm
from tracker.errors import ConvergenceError, DataError, UsageError

TRAPS = {
    "cycle": (3, [(0, 1), (1, 2), (2, 0)]),
    "one dangling": (3, [(0, 1), (0, 2), (1, 2)]),
    "all dangling": (4, []),
    "star in": (5, [(1, 0), (2, 0), (3, 0), (4, 0)]),
    "star out": (5, [(0, 1), (0, 2), (0, 3), (0, 4)]),
    "self-loop beside a link": (3, [(0, 0), (0, 1), (1, 2), (2, 2)]),
    "self-loop only": (2, [(0, 0)]),
    "duplicates": (3, [(0, 1), (0, 1), (0, 1), (0, 2), (1, 0), (2, 0)]),
    "two parts": (6, [(0, 1), (1, 0), (3, 4), (4, 5), (5, 3)]),
    "isolated node last": (4, [(0, 1), (1, 0), (1, 2)]),
    "long chain": (30, [(k, k + 1) for k in range(29)]),
    "periodic": (4, [(0, 1), (1, 0), (2, 3), (3, 2)]),
    "one node": (1, []),
}


def built(nodes, edges):
    source, target = (np.array([edge[side] for edge in edges], dtype=np.int64) for side in (0, 1))
    theirs = nx.DiGraph()
    theirs.add_nodes_from(range(nodes))
    theirs.add_edges_from(edges)
    return Graph.from_edges(source, target, nodes=nodes), theirs


def in_order(by_node):
    return np.array([by_node[node] for node in range(len(by_node))])


def theirs_pagerank(graph, **options):
    return in_order(nx.pagerank(graph, tol=1e-15, max_iter=5000, **options))


@pytest.mark.parametrize(("nodes", "edges"), TRAPS.values(), ids=TRAPS)
def test_ranks_equal_networkx_on_a_graph_with_a_trap(nodes, edges):
    mine, theirs = built(nodes, edges)
    assert pagerank(mine, tol=1e-13).values == pytest.approx(theirs_pagerank(theirs), abs=1e-12)
    assert harmonic(mine).values == pytest.approx(in_order(nx.harmonic_centrality(theirs)), abs=1e-12)
    seeded = trustrank(mine, [0], tol=1e-13).values
    assert seeded == pytest.approx(theirs_pagerank(theirs, personalization={0: 1}), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), max_size=40))
    )
)
def test_ranks_equal_networkx_on_any_small_graph(case):
    mine, theirs = built(*case)
    assert pagerank(mine, tol=1e-13).values == pytest.approx(theirs_pagerank(theirs), abs=1e-11)
    assert harmonic(mine).values == pytest.approx(in_order(nx.harmonic_centrality(theirs)), abs=1e-12)
    assert referring_domains(mine).values.tolist() == [
        sum(other != node for other in theirs.predecessors(node)) for node in range(case[0])
    ]


def test_a_random_web_ranks_as_in_networkx_and_as_in_a_dense_solution():
    rng = np.random.default_rng(3)
    edges = list(
        zip(
            rng.integers(0, 400, 2500).tolist(),
            (400 * rng.random(2500) ** 2).astype(int).tolist(),
            strict=True,
        )
    )
    mine, theirs = built(450, edges)
    got = pagerank(mine, tol=1e-6).values
    assert np.abs(got - theirs_pagerank(theirs)).sum() < 1e-6
    follow = mine.csr.toarray().astype(float)
    out = follow.sum(axis=1, keepdims=True)
    follow = np.where(out > 0, follow / np.where(out > 0, out, 1), 1 / 450)
    dense = np.linalg.solve(np.eye(450) - 0.85 * follow.T, np.full(450, 0.15 / 450))
    assert np.abs(got - dense).sum() < 1e-6
    assert harmonic(mine).values == pytest.approx(in_order(nx.harmonic_centrality(theirs)), rel=1e-12)


def test_three_nodes_by_hand():
    # a -> b, b -> a, c -> a; c = .05; a = .05 + .85 (b + c), b = .05 + .85 a
    a = (0.05 + 0.85 * 0.05 + 0.85 * 0.05) / (1 - 0.85**2)
    ranks = pagerank(Graph.from_pairs([("a", "b"), ("b", "a"), ("c", "a")]), tol=1e-12)
    assert [ranks.of(name) for name in "abc"] == pytest.approx([a, 0.05 + 0.85 * a, 0.05])
    assert ranks.of("d") is None
    assert [name for name, _ in ranks.top(2)] == ["a", "b"]
    assert harmonic(Graph.from_pairs([("a", "b"), ("b", "c")])).values.tolist() == [0, 1, 1.5]


def test_the_error_is_below_the_tolerance_in_l1_where_convergence_is_slowest():
    nodes = 3000
    chain = Graph.from_edges(np.arange(nodes), (np.arange(nodes) + 1) % nodes, nodes=nodes)
    seeds = np.zeros(nodes)
    seeds[0] = 1
    exact = 0.15 * 0.85 ** np.arange(nodes) / (1 - 0.85**nodes)
    for tol in (1e-3, 1e-6, 1e-9):
        ranks = pagerank(chain, tol=tol, teleport=seeds)
        assert np.abs(ranks.values - exact).sum() < tol
        assert ranks.error < tol


def test_row_order_index_width_and_duplicates_do_not_matter():
    rng = np.random.default_rng(1)
    source, target = rng.integers(0, 50, (2, 400))
    first = pagerank(Graph.from_edges(source, target, nodes=50)).values
    order = rng.permutation(800)
    twice = Graph.from_edges(
        np.tile(source, 2)[order].astype(np.int32), np.tile(target, 2)[order].astype(np.uint8), nodes=50
    )
    assert pagerank(twice).values.tolist() == first.tolist()


def test_more_than_one_row_block_changes_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    graph = Graph.from_edges(*rng.integers(0, 50, (2, 400)), nodes=50)
    whole = pagerank(graph, tol=1e-12).values
    monkeypatch.setattr("analysis.authority.ranks.BLOCK_EDGES", 7)
    assert pagerank(graph, tol=1e-12).values == pytest.approx(whole, abs=1e-15)


def test_an_empty_graph_has_empty_ranks():
    empty = Graph.from_pairs([])
    assert empty.nodes == 0
    for ranks in (pagerank(empty), harmonic(empty), referring_domains(empty)):
        assert len(ranks.values) == 0
        assert ranks.top(3) == []
        assert len(ranks.percentiles) == 0


def test_a_dropped_self_loop_is_no_vote():
    kept = Graph.from_pairs([("a", "a"), ("a", "b")])
    dropped = Graph.from_pairs([("a", "a"), ("a", "b")], self_loops="drop")
    assert (kept.edges, dropped.edges) == (2, 1)
    assert referring_domains(kept).values.tolist() == referring_domains(dropped).values.tolist() == [0, 1]


@pytest.mark.parametrize(
    "pair", [("", "a.com"), ("a.com", ""), (" ", "a.com"), (None, "a.com"), ("a.com", float("nan"))]
)
def test_an_end_without_a_name_is_refused_with_its_row(pair):
    with pytest.raises(DataError, match="edge 1 has an end without a name"):
        Graph.from_pairs([("x.com", "y.com"), pair])


@pytest.mark.parametrize(
    ("source", "target", "options", "words"),
    [
        ([0, -1], [1, 0], {}, "an end without a name"),
        ([0, 5], [1, 0], {"nodes": 5}, "there are 5 nodes"),
        ([0], [1], {"names": ("a", "")}, "node 1 has no name"),
        ([0], [1], {"names": ("a", "a")}, "two nodes have one name"),
        ([0, 1], [1], {}, "2 sources but 1 targets"),
        ([0.0, np.nan], [1, 0], {}, "array of integers"),
    ],
)
def test_edge_lists_that_name_nothing_are_refused(source, target, options, words):
    with pytest.raises(DataError, match=words):
        Graph.from_edges(source, target, **options)


def test_a_rank_that_does_not_settle_is_never_returned():
    graph = Graph.from_pairs([("a", "b"), ("b", "c"), ("c", "a"), ("c", "b")])
    with pytest.raises(ConvergenceError, match=r"pagerank still moved by .* after 3 iterations"):
        pagerank(graph, max_iter=3)
    with pytest.raises(ConvergenceError, match="still grow"):
        hyperball(graph.indptr, graph.indices, max_iter=1)


@pytest.mark.parametrize(
    "bad",
    [
        lambda graph: pagerank(graph, alpha=1.0),
        lambda graph: pagerank(graph, tol=0),
        lambda graph: pagerank(graph, max_iter=0),
        lambda graph: harmonic(graph, method="guess"),
        lambda graph: harmonic(graph, method="hyperball", registers=65),
        lambda graph: spam_mass(graph, ["a"], gamma=0),
        lambda graph: Graph.from_edges([0], [1], self_loops="maybe"),
    ],
)
def test_options_that_mean_nothing_are_refused(bad):
    with pytest.raises(UsageError):
        bad(Graph.from_pairs([("a", "b")]))


def test_damping_of_zero_is_the_teleport_vector():
    graph = Graph.from_pairs([("a", "b"), ("b", "c")])
    assert pagerank(graph, alpha=0.0, teleport=[2, 1, 1]).values.tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize("teleport", [[1, 1], [0, 0, 0], [1, -1, 1], [1, np.nan, 1]])
def test_a_teleport_vector_that_is_no_distribution_is_refused(teleport):
    with pytest.raises(DataError, match="teleport"):
        pagerank(Graph.from_pairs([("a", "b"), ("b", "c")]), teleport=teleport)


def test_percentiles_share_ties_and_do_not_depend_on_the_scale():
    ranks = referring_domains(Graph.from_pairs([("a", "c"), ("b", "c"), ("c", "d")]))
    assert dict(zip(ranks.names, ranks.percentiles, strict=True)) == {
        "a": 0.25,
        "b": 0.25,
        "c": 0.875,
        "d": 0.625,
    }


def test_the_basis_travels_from_the_graph_to_every_rank():
    graph = Graph.from_pairs([("a", "b")], basis="import 3 of 2026-05-01")
    ranks = [
        pagerank(graph),
        harmonic(graph),
        referring_domains(graph),
        trustrank(graph, ["a"]),
        spam_mass(graph, ["a"]),
    ]
    assert {rank.basis for rank in ranks} == {"import 3 of 2026-05-01"}


def test_the_reversed_graph_turns_every_link_round():
    graph = Graph.from_pairs([("a", "b"), ("a", "c"), ("b", "c")])
    assert graph.reversed().csr.toarray().tolist() == graph.csr.toarray().T.tolist()


def test_hyperball_states_its_error_against_exact_values():
    rng = np.random.default_rng(5)
    source, target = (
        (3000 * rng.random(20_000) ** 2).astype(int),
        (3000 * rng.random(20_000) ** 3).astype(int),
    )
    graph = Graph.from_edges(source, target, nodes=3000)
    exact, guess = harmonic(graph, method="exact"), harmonic(graph, method="hyperball", seed=2)
    linked = exact.values > 0
    miss = np.abs(guess.values[linked] / exact.values[linked] - 1)
    assert np.median(miss) < 0.04
    assert guess.error == pytest.approx(np.median(miss), abs=0.02)
    assert guess.notes["spearman"] > 0.98
    assert exact.error == 0


def test_hyperball_of_many_registers_is_near_exact_where_balls_stay_small():
    graph = Graph.from_edges(np.arange(200), np.arange(1, 201), nodes=201)
    exact, guess = (
        harmonic(graph, method="exact").values,
        harmonic(graph, method="hyperball", registers=1024).values,
    )
    assert guess[1:] == pytest.approx(exact[1:], rel=0.03)


def test_hyperball_does_not_depend_on_how_edges_are_cut(monkeypatch):
    rng = np.random.default_rng(5)
    graph = Graph.from_edges(rng.integers(0, 300, 2000), (300 * rng.random(2000) ** 4).astype(int), nodes=300)
    whole = hyperball(graph.indptr, graph.indices).values
    monkeypatch.setattr("analysis.authority.distances.CHUNK_EDGES", 13)
    assert hyperball(graph.indptr, graph.indices).values.tolist() == whole.tolist()


def test_exact_search_in_many_batches_is_exact(monkeypatch):
    graph = Graph.from_edges(*np.random.default_rng(5).integers(0, 200, (2, 900)), nodes=200)
    whole = harmonic(graph).values
    monkeypatch.setattr("analysis.authority.distances.WORK_BYTES", 4096)
    assert harmonic(graph).values == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_trust_and_spam_mass_find_a_planted_link_farm(seed):
    farm = link_farm(seed)
    bought = farm.targets | {b for b in farm.boosters if farm.mass.rank[b] >= 3}
    found = {int(name) for name in farm.mass.suspects()}
    assert len(found & (farm.targets | farm.boosters)) >= 0.95 * len(found)
    assert len(found & bought) >= 0.9 * len(bought)
    assert farm.targets <= found
    by_rank, by_trust = (np.argsort(np.argsort(-values)) for values in (farm.rank, farm.trust))
    targets = list(farm.targets)
    assert by_rank[targets].max() < 50 < by_trust[targets].min()


def test_spam_mass_is_near_nothing_when_the_whole_web_is_the_core():
    graph = Graph.from_pairs([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])
    mass = spam_mass(graph, "abcd", gamma=1.0, tol=1e-12)
    assert mass.relative == pytest.approx(np.zeros(4), abs=1e-9)
    assert mass.rank.min() >= 1 - 1e-9


def test_spam_mass_by_hand_on_a_dangling_end():
    # linear ranks in units of a lone node: s = 1, g = 1, t = 1 + .85 (s + g)
    # the core is g alone, with gamma .5
    mass = spam_mass(Graph.from_pairs([("g", "t"), ("s", "t")]), ["g"], gamma=0.5, tol=1e-13)
    assert mass.rank == pytest.approx([1, 1, 2.7])
    assert mass.relative == pytest.approx([1 - 0.5 * 3, 1, 1 - 0.5 * 3 * 0.85 / 2.7])


def test_seeds_outside_the_graph_are_listed_and_at_least_one_is_needed():
    graph = Graph.from_pairs([("a", "b")])
    assert trustrank(graph, ["a", "nowhere.com"]).notes["absent"] == ["nowhere.com"]
    with pytest.raises(DataError, match="none of the seeds"):
        trustrank(graph, ["nowhere.com"])
