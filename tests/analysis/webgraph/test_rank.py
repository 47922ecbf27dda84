"""Ranks of a graph on the disk are those that networkx and scipy give, go on after a death, and say their
error."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import networkx
import numpy as np
import pytest
from scipy import sparse

from analysis.authority import ranks as small
from analysis.webgraph import harmonic as balls
from analysis.webgraph.rank import Parameters, rank
from tests.shared import ROOT
from tests.tracker.links.webgraph.graphs import write_graph
from tests.tracker.links.webgraph.test_build import random_edges
from tracker.errors import CiteliftError, DataError, UsageError
from tracker.links.webgraph import ranked
from tracker.links.webgraph.arrays import WebGraph, opened
from tracker.links.webgraph.build import build

NODES = 400
EDGES = random_edges(NODES, 3_000, seed=11)
NAMES = [f"com.site{n:03d}" for n in range(NODES)]
SEEDS = ("site003.com", "site120.com", "site399.com")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("built"), EDGES, NODES).folder


@pytest.fixture
def graph(built: Path, tmp_path: Path) -> WebGraph:
    """Built once; ranked by each test for itself."""
    return opened(Path(shutil.copytree(built, tmp_path / "g")))


def made(folder: Path, edges: list[tuple[int, int]], nodes: int) -> WebGraph:
    build(*write_graph(folder, (f"com.site{n:03d}" for n in range(nodes)), edges), folder / "g", release="r")
    return opened(folder / "g")


def truth(seeds: tuple[str, ...] = ()) -> np.ndarray:
    """networkx, to its own limit; its tolerance is multiplied by the number of nodes."""
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(NODES))
    graph.add_edges_from(EDGES)
    jump = {int(name[4:7]): 1.0 for name in seeds} or None
    found = networkx.pagerank(graph, alpha=0.85, tol=1e-15, max_iter=10_000, personalization=jump)
    return np.array([found[n] for n in range(NODES)])


def by_solving(seeds: list[int]) -> np.ndarray:
    """The linear equations themselves, solved by scipy."""
    source, target = np.array(EDGES).T
    links = sparse.csr_array((np.ones(len(EDGES)), (source, target)), shape=(NODES, NODES))
    out = links.sum(axis=1)
    jump = np.zeros(NODES)
    jump[seeds] = 1 / len(seeds)
    walk = sparse.diags_array(np.divide(1, out, out=np.zeros(NODES), where=out > 0)) @ links
    dangling = np.outer(jump, out == 0)
    system = np.eye(NODES) - 0.85 * (walk.T.toarray() + dangling)
    return np.linalg.solve(system, 0.15 * jump)


def test_pagerank_and_trustrank_are_networkx_s_and_scipy_s(graph: WebGraph) -> None:
    rank(graph, "pagerank", Parameters(tol=1e-9))
    rank(graph, "trustrank", Parameters(seeds=SEEDS, tol=1e-9))
    plain, trust = ranked.values_of(graph, "pagerank"), ranked.values_of(graph, "trustrank")
    assert np.abs(plain - truth()).sum() < 1e-6
    assert np.abs(trust - truth(SEEDS)).sum() < 1e-6
    assert np.abs(plain - by_solving(list(range(NODES)))).sum() < 1e-6
    assert np.abs(trust - by_solving([3, 120, 399])).sum() < 1e-6


def test_the_stated_error_holds_without_a_finer_tolerance(graph: WebGraph) -> None:
    said = rank(graph, "pagerank")
    assert np.abs(ranked.values_of(graph, "pagerank") - truth()).sum() <= said["error"] < 1e-6


def test_spam_mass_is_that_of_the_small_graph_s_own_definition(graph: WebGraph) -> None:
    rank(graph, "spam_mass", Parameters(seeds=SEEDS, tol=1e-10))
    source, target = np.array(EDGES).T
    same = small.Graph.from_edges(source, target, nodes=NODES)
    expected = small.spam_mass(same, [3, 120, 399], tol=1e-10).relative
    assert np.abs(ranked.values_of(graph, "spam_mass") - expected).max() < 1e-6


@pytest.mark.parametrize("registers", [16, 64])
def test_harmonic_lies_within_its_stated_error_of_networkx_s(graph: WebGraph, registers: int) -> None:
    said = rank(graph, "harmonic", Parameters(registers=registers))
    values = ranked.values_of(graph, "harmonic")
    full = networkx.DiGraph(EDGES)
    full.add_nodes_from(range(NODES))
    exact = np.array([networkx.harmonic_centrality(full, [n])[n] for n in range(NODES)])
    linked = exact > 0
    off = np.abs(values - exact)[linked] / exact[linked]
    assert said["standard_error"] == pytest.approx(1.04 / registers**0.5)
    assert np.median(off) < said["standard_error"]
    assert np.quantile(off, 0.95) < 2 * said["standard_error"]
    assert said["median_error"] == pytest.approx(np.median(off), abs=0.1)
    assert (values[~linked] == 0).all()
    assert small.spearman(values, exact, resamples=0).rho > 0.9


def test_the_search_for_the_error_is_exact(graph: WebGraph) -> None:
    full = networkx.DiGraph(EDGES)
    full.add_nodes_from(range(NODES))
    chosen = np.arange(0, NODES, 7)[:64]
    found = balls._exact(graph, chosen, lambda away, share: None)
    expected = networkx.harmonic_centrality(full, chosen.tolist())
    assert found == pytest.approx([expected[n] for n in chosen])


@pytest.mark.parametrize(
    ("edges", "nodes"),
    [([], 3), ([(0, 0)], 1), ([(0, 1)], 2), ([(0, 1), (1, 0)], 3), ([(n, n + 1) for n in range(9)], 10)],
)
def test_graphs_without_much_in_them_are_ranked(
    tmp_path: Path, edges: list[tuple[int, int]], nodes: int
) -> None:
    (tmp_path / "e").mkdir()
    full = networkx.DiGraph(edges)
    full.add_nodes_from(range(nodes))
    if not edges:
        edges = [(0, 0)]
        full.add_edge(0, 0)
    graph = made(tmp_path, edges, nodes)
    rank(graph, "pagerank", Parameters(tol=1e-10))
    rank(graph, "harmonic")
    expected = networkx.pagerank(full, tol=1e-15, max_iter=10_000)
    assert ranked.values_of(graph, "pagerank") == pytest.approx([expected[n] for n in range(nodes)], abs=1e-8)
    direct = [len([a for a, b in edges if b == n and a != n]) for n in range(nodes)]
    assert (ranked.values_of(graph, "harmonic") >= direct).all()


def test_the_file_holds_names_values_and_positions_and_a_double_name_takes_its_better_one(
    tmp_path: Path,
) -> None:
    names = ["com.a", "com.b", "com.b", "com.c"]
    build(*write_graph(tmp_path, names, [(0, 2), (1, 2), (3, 2), (3, 1)]), tmp_path / "g", release="r")
    graph = opened(tmp_path / "g")
    rank(graph, "pagerank")
    rows = duckdb.execute(f"SELECT * FROM '{ranked.file_of(graph, 'pagerank')}'").fetchall()
    assert [row[0] for row in rows] == names
    assert sorted(row[2] for row in rows) == [1, 2, 3, 4]
    assert [row[2] for row in sorted(rows, key=lambda row: -row[1])] == [1, 2, 3, 4]
    places, twice = ranked.places(graph, "pagerank", ["com.b", "com.c", "com.nowhere"])
    assert (places["com.b"].position, twice, sorted(places)) == (1, ("com.b",), ["com.b", "com.c"])
    assert places["com.b"].value == max(row[1] for row in rows)


RANK = """
import sys, time
from pathlib import Path
from analysis.webgraph import checkpoints
from analysis.webgraph.rank import Parameters, rank
from tracker.links.webgraph.arrays import opened
keeping = checkpoints.Checkpoints.keep
def slowly(self, iteration, arrays, **numbers):
    keeping(self, iteration, arrays, **numbers)
    print(iteration, flush=True)
    time.sleep(0.2)
checkpoints.Checkpoints.keep = slowly
rank(opened(Path(sys.argv[1])), sys.argv[2], Parameters(tol=1e-9))
"""


@pytest.mark.parametrize(("metric", "rounds"), [("pagerank", 6), ("harmonic", 2)])
def test_a_killed_ranking_goes_on_and_gives_the_same(graph: WebGraph, metric: str, rounds: int) -> None:
    whole = rank(graph, metric, Parameters(tol=1e-9))  # type: ignore[arg-type]
    values = ranked.values_of(graph, metric)
    for path in ranked.folder_of(graph).iterdir():
        path.unlink()
    command = [sys.executable, "-c", RANK, str(graph.folder), metric]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == rounds:
            break
    refused(lambda: rank(graph, metric), "another process", UsageError)  # type: ignore[arg-type]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not ranked.file_of(graph, metric).exists()
    steps: list[float] = []
    said = rank(graph, metric, Parameters(tol=1e-9), lambda step: steps.append(step.done))  # type: ignore[arg-type]
    assert said["iterations"] == whole["iterations"]
    assert np.array_equal(ranked.values_of(graph, metric), values)
    if metric == "pagerank":
        assert steps[0] > rounds
    assert not list(ranked.folder_of(graph).glob("*.npy"))


def test_what_is_ranked_is_not_ranked_again_unless_its_parameters_change(graph: WebGraph) -> None:
    steps: list[float] = []
    for seeds, expected in ((SEEDS, True), (SEEDS, False), (SEEDS[:1], True)):
        steps.clear()
        rank(graph, "trustrank", Parameters(seeds=seeds), lambda step: steps.append(step.done))
        assert bool(steps) is expected


@pytest.mark.parametrize(
    ("metric", "given", "words", "kind"),
    [
        ("trustrank", Parameters(), "trust needs seeds", UsageError),
        ("spam_mass", Parameters(seeds=["nowhere.org"]), "none of the seeds", DataError),
        ("pagerank", Parameters(alpha=1.0), "damping", UsageError),
        ("pagerank", Parameters(tol=0.0), "never be reached", UsageError),
        ("harmonic", Parameters(registers=17), "registers=17", UsageError),
        ("authority", Parameters(), "no metric", UsageError),
    ],
)
def test_what_cannot_be_ranked_is_said(
    graph: WebGraph, metric: str, given: Parameters, words: str, kind: type[CiteliftError]
) -> None:
    refused(lambda: rank(graph, metric, given), words, kind)  # type: ignore[arg-type]


def refused(work, words: str, kind: type[CiteliftError]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kind) as error:
        work()
    assert words in str(error.value)
