"""PageRank against a bare scipy power iteration, building included, and HyperBall against exact values.

Run from the top of the repository: ``python -m tests.bench.bench_authority [--large]``. Each contender runs
in its own process, so that its peak memory is its own; only the ratios of one run count."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from analysis.authority.ranks import Graph, SpamMass, harmonic, pagerank, spam_mass, trustrank

SIZES = {"1M nodes, 10M edges": (1_000_000, 10_000_000), "10M nodes, 100M edges": (10_000_000, 100_000_000)}
ALPHA, TOL = 0.85, 1e-6


def web(nodes: int, edges: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Skewed in- and out-degrees, a chain that slows convergence, and a tenth of the nodes dangling."""
    rng = np.random.default_rng(seed)
    source, target = np.empty(edges, dtype=np.int32), np.empty(edges, dtype=np.int32)
    for first in range(0, edges, 1 << 22):
        part = slice(first, min(first + (1 << 22), edges))
        size = part.stop - part.start
        source[part] = (0.9 * nodes * rng.random(size) ** 1.5).astype(np.int32)
        target[part] = (nodes * rng.random(size) ** 3).astype(np.int32)
    chain = np.arange(min(edges, nodes // 100), dtype=np.int32)
    source[: len(chain)], target[: len(chain)] = chain, chain + 1
    return source, target


def bare(source: np.ndarray, target: np.ndarray, nodes: int) -> np.ndarray:
    ones = np.ones(len(source), dtype=np.float32)
    matrix = sparse.csr_array((ones, (target, source)), shape=(nodes, nodes))
    out = np.bincount(source, minlength=nodes).astype(np.float32)
    share = np.divide(np.float32(ALPHA), out, out=np.zeros(nodes, dtype=np.float32), where=out > 0)
    dangling = np.flatnonzero(out == 0)
    x = np.full(nodes, 1 / nodes, dtype=np.float32)
    while True:
        after = matrix @ (x * share)
        after += np.float32((ALPHA * x[dangling].sum(dtype=np.float64) + 1 - ALPHA) / nodes)
        if np.abs(after - x).sum(dtype=np.float64) < TOL:
            return after
        x = after


def ours(source: np.ndarray, target: np.ndarray, nodes: int) -> np.ndarray:
    return pagerank(Graph.from_edges(source, target, nodes=nodes), alpha=ALPHA, tol=TOL).values


def child(who: str, nodes: int, edges: int, rounds: int) -> dict[str, float]:
    source, target = web(nodes, edges)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run = {"bare": bare, "ours": ours}[who]
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        values = run(source, target, nodes)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": min(seconds),
        "peak_mb": peak / 1024,
        "input_mb": before / 1024,
        "top": float(values.max()),
    }


def in_own_process(who: str, nodes: int, edges: int, rounds: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_authority", "--child", who, str(nodes), str(edges)]
    printed = subprocess.run([*command, str(rounds)], check=True, capture_output=True, text=True).stdout
    return json.loads(printed)


def compare(label: str, nodes: int, edges: int, rounds: int) -> None:
    pairs = [
        (in_own_process("bare", nodes, edges, rounds), in_own_process("ours", nodes, edges, rounds))
        for _ in range(2)
    ]
    base, mine = (min(side, key=lambda run: run["seconds"]) for side in zip(*pairs, strict=True))
    print(
        f"PageRank, {label}: {mine['seconds']:.2f} s, bare scipy {base['seconds']:.2f} s, "
        f"ratio {mine['seconds'] / base['seconds']:.2f} (bound 1.3); peak {mine['peak_mb']:.0f} MB, "
        f"of it edge list {mine['input_mb']:.0f} MB (bound 4096), bare scipy {base['peak_mb']:.0f} MB"
    )


def hyperball(nodes: int, edges: int) -> None:
    graph = Graph.from_edges(*web(nodes, edges), nodes=nodes)
    start = time.perf_counter()
    ranks = harmonic(graph, method="hyperball")
    print(
        f"HyperBall, {nodes:,} nodes, {edges:,} edges, 64 registers: {time.perf_counter() - start:.1f} s "
        "with its check; "
        f"median error {ranks.error:.1%}, 95th percentile {ranks.notes['p95']:.1%}, Spearman "
        f"{ranks.notes['spearman']:.3f} "
        f"against exact values of {ranks.notes['checked']} nodes"
    )


@dataclass(frozen=True)
class Farm:
    targets: set[int]
    boosters: set[int]
    rank: np.ndarray
    trust: np.ndarray
    mass: SpamMass


def link_farm(seed: int, good: int = 3000, targets: int = 5, boosters: int = 200, hijacked: int = 40) -> Farm:
    """A popularity web of `good` domains with a farm in it that also got `hijacked` links from good ones.

    Every booster links to every target and to another booster, targets link back; the core is 100 good
    domains."""
    rng = np.random.default_rng(seed)
    popularity = np.arange(1, good + 1) ** -0.8
    liked = rng.permutation(good)[rng.choice(good, good * 8, p=popularity / popularity.sum())]
    goal, helper = good + np.arange(targets), good + targets + np.arange(boosters)
    source = [
        rng.integers(0, good, good * 8),
        np.repeat(helper, targets),
        np.repeat(goal, boosters // 4),
        helper,
    ]
    target = [
        liked,
        np.tile(goal, boosters),
        rng.choice(helper, targets * (boosters // 4)),
        rng.permutation(helper),
    ]
    source.append(rng.integers(0, good, hijacked))
    target.append(rng.choice(np.concatenate([goal, helper]), hijacked))
    nodes = good + targets + boosters
    graph = Graph.from_edges(np.concatenate(source), np.concatenate(target), nodes=nodes, self_loops="drop")
    core = rng.choice(good, 100, replace=False).tolist()
    ranks, trust = pagerank(graph).values, trustrank(graph, core).values
    return Farm(set(goal.tolist()), set(helper.tolist()), ranks, trust, spam_mass(graph, core))


def farms(count: int = 20) -> None:
    precision, recall, low_trust = [], [], []
    for seed in range(count):
        farm = link_farm(seed)
        bought = {node for node in farm.targets | farm.boosters if farm.mass.rank[node] >= 3}
        found = {int(name) for name in farm.mass.suspects()}
        precision.append(len(found & bought) / len(found))
        recall.append(len(found & bought) / len(bought))
        strong = np.argsort(-farm.rank)[:100]
        ratio = farm.trust[strong] / farm.rank[strong]
        least = set(strong[np.argsort(ratio)[: len(farm.targets)]].tolist())
        low_trust.append(len(least & farm.targets) / len(farm.targets))
    print(
        f"Planted link farm, {count} seeds: spam mass precision {np.mean(precision):.2f}, recall "
        f"{np.mean(recall):.2f}; "
        f"of the 100 strongest domains, the five with least trust per rank are the farm's targets: "
        f"{np.mean(low_trust):.2f}"
    )


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--large", action="store_true", help="also 10M nodes, 100M edges (about two minutes)")
    reader.add_argument("--child", nargs=4, metavar=("WHO", "NODES", "EDGES", "ROUNDS"))
    given = reader.parse_args()
    if given.child:
        who, *numbers = given.child
        print(json.dumps(child(who, *map(int, numbers))))
        return
    small, large = SIZES.items()
    compare(small[0], *small[1], rounds=3)
    hyperball(100_000, 1_000_000)
    farms()
    if given.large:
        compare(large[0], *large[1], rounds=1)
        hyperball(*small[1])


if __name__ == "__main__":
    main()
