"""Harmonic centrality of a graph on the disk: HyperBall, pushing counters along the edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.authority.distances import Estimator, require_registers
from analysis.webgraph.checkpoints import Checkpoints
from tracker.errors import ConvergenceError
from tracker.links.webgraph.arrays import WebGraph, edge_blocks
from tracker.links.webgraph.compiled import compiled

Floats32 = NDArray[np.float32]
Told = Callable[[int, float], None]
"""How many links away, and the share of the edges seen there."""
SAMPLE = 32


@dataclass(frozen=True, eq=False)
class Estimated:
    """Attributes
    ----------
    values : ndarray, shape (n,)
        Sum of inverse distances from all nodes that reach a node.
    iterations : int
    standard_error : float
        Of the estimate of one ball: ``1.04 / sqrt(registers)``. Nodes that are reached from much the same
        nodes share it, so positions are much better than values.
    checked : int
        Nodes whose exact value was computed to measure the error; none of them used to calibrate.
    median_error, p95_error : float or None
        Quantiles of their relative error.
    """

    values: Floats32
    iterations: int
    standard_error: float
    checked: int
    median_error: float | None
    p95_error: float | None


def harmonic(
    graph: WebGraph,
    kept: Checkpoints,
    *,
    registers: int = 16,
    seed: int = 0,
    max_iter: int = 10_000,
    told: Told = lambda away, share: None,
) -> Estimated:
    r"""``H(v) ~ in-degree + sum over t >= 2 of (|Bt| - |Bt-1|) / t``, ``Bt`` the nodes that reach ``v`` in
    at most ``t`` links.

    Direct links are counted, balls estimated by one HyperLogLog counter a node with Ertl's estimator, as in
    `analysis.authority.distances.hyperball`; here along the edges as they are stored, and only from nodes
    whose counter has just grown. Then the part beyond direct links is scaled by exact values of `SAMPLE`
    nodes, and the error measured on as many others.

    Parameters
    ----------
    registers : int
        A power of two from 16 to 1024 a node, one byte each.

    References
    ----------
    Boldi and Vigna (2013), In-core computation of geometric centralities with HyperBall. Ertl (2017), New
    cardinality estimation algorithms for HyperLogLog sketches.
    """
    require_registers(registers)
    direct = _in_degrees(graph)
    values, iterations = _balls(graph, kept, direct, registers, seed, max_iter, told)
    measured = _calibrated(graph, values, direct, registers, seed, told)
    median, p95 = (float(np.quantile(measured, q)) for q in (0.5, 0.95)) if len(measured) else (None, None)
    return Estimated(values, iterations, 1.04 / registers**0.5, len(measured), median, p95)


# --- balls --------------------------------------------------------------------------------------------------


@compiled
def _count_in(offsets: Any, targets: Any, first: int, last: int, count: Any) -> None:
    for node in range(first, last):
        for edge in range(offsets[node], offsets[node + 1]):
            if targets[edge] != node:
                count[targets[edge]] += 1


@compiled
def spread(
    offsets: Any, targets: Any, first: int, last: int, live: Any, now: Any, after: Any, grown: Any
) -> None:
    """Each live node's counter into those that it links to: the larger of each byte, eight at a time."""
    high = np.uint64(0x8080808080808080)
    seven = np.uint64(7)
    for node in range(first, last):
        if live[node]:
            for edge in range(offsets[node], offsets[node + 1]):
                target = targets[edge]
                for word in range(now.shape[1]):
                    ours, theirs = now[node, word], after[target, word]
                    # bytes stay below 128, so the top bit says which of two is the larger
                    larger = ((ours | high) - theirs) & high
                    mask = (larger - (larger >> seven)) | larger
                    both = (ours & mask) | (theirs & ~mask)
                    if both != theirs:
                        after[target, word] = both
                        grown[target] = 1


@compiled
def _account(
    now: Any,
    after: Any,
    grown: Any,
    distance: int,
    weight: Any,
    empty: Any,
    scale: float,
    size: Any,
    value: Any,
) -> int:
    """Counters that grew are taken over; their balls' new members count ``1 / distance`` each."""
    number, nodes = 0, len(grown)
    for node in range(nodes):
        if grown[node]:
            number += 1
            total, zeros = 0.0, 0
            for byte in range(now.shape[1]):
                counter = after[node, byte]
                now[node, byte] = counter
                total += weight[counter]
                zeros += counter == 0
            ball = min(max(scale / (total + empty[zeros]), size[node]), float(nodes))
            if distance > 1:
                value[node] += (ball - size[node]) / distance
            size[node] = ball
    return number


def _in_degrees(graph: WebGraph) -> NDArray[np.uint32]:
    count = np.zeros(graph.nodes, np.uint32)
    for first, last in edge_blocks(graph.offsets):
        _count_in(graph.offsets, graph.targets, first, last, count)
    return count


def _balls(
    graph: WebGraph,
    kept: Checkpoints,
    direct: NDArray[np.uint32],
    registers: int,
    seed: int,
    max_iter: int,
    told: Told,
) -> tuple[Floats32, int]:
    estimator = Estimator(registers, graph.nodes)
    reached = kept.last()
    if reached:
        now, live, size, values = (reached.arrays[name] for name in ("now", "live", "size", "values"))
    else:
        now = _first_counters(graph.nodes, registers, np.random.default_rng(seed))
        live, size = np.ones(graph.nodes, np.uint8), np.ones(graph.nodes, np.float32)
        values = direct.astype(np.float32)
    after = now.copy()
    for distance in range(reached.iteration + 1 if reached else 1, max_iter + 1):
        grown = np.zeros(graph.nodes, np.uint8)
        for first, last in edge_blocks(graph.offsets):
            spread(
                graph.offsets,
                graph.targets,
                first,
                last,
                live,
                now.view(np.uint64),
                after.view(np.uint64),
                grown,
            )
            told(distance, last / graph.nodes)
        tables = (estimator.weights, estimator.empty, estimator.scale)
        if not _account(now, after, grown, distance, *tables, size, values):
            return values, distance
        live = grown
        kept.keep(distance, {"now": now, "live": live, "size": size, "values": values})
    raise ConvergenceError(f"balls still grow after {max_iter} links", "raise max_iter")


def _first_counters(nodes: int, registers: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each node counts itself: one register holds a draw of how many coin flips the first head takes."""
    counters = np.zeros((nodes, registers), np.uint8)
    for first in range(0, nodes, 1 << 20):
        part = counters[first : first + (1 << 20)]
        draws = np.minimum(rng.geometric(0.5, len(part)), 63)
        part[np.arange(len(part)), rng.integers(0, registers, len(part))] = draws
    return counters


# --- the error ----------------------------------------------------------------------------------------------


@compiled
def _reach(
    offsets: Any, targets: Any, first: int, last: int, fresh: Any, seen: Any, new: Any, counts: Any
) -> None:
    """Bit j of a node: sample j is first reached from it now."""
    one = np.uint64(1)
    for node in range(first, last):
        bits = np.uint64(0)
        for edge in range(offsets[node], offsets[node + 1]):
            bits |= fresh[targets[edge]]
        bits &= ~seen[node]
        new[node] = bits
        for sample in range(64):
            counts[sample] += (bits >> np.uint64(sample)) & one if bits else 0


def _exact(graph: WebGraph, chosen: NDArray[np.int64], told: Told) -> NDArray[np.float64]:
    """Exact values of at most 64 nodes, by one search against the links from all of them at once."""
    fresh, total, distance = np.zeros(graph.nodes, np.uint64), np.zeros(64), 0
    fresh[chosen] = np.uint64(1) << np.arange(len(chosen), dtype=np.uint64)
    seen = fresh.copy()
    while fresh.any():
        distance += 1
        new, counts = np.empty_like(fresh), np.zeros(64, np.int64)
        for first, last in edge_blocks(graph.offsets):
            _reach(graph.offsets, graph.targets, first, last, fresh, seen, new, counts)
            told(-distance, last / graph.nodes)
        seen |= new
        fresh = new
        total += counts / distance
    return total[: len(chosen)]


def _calibrated(
    graph: WebGraph, values: Floats32, direct: NDArray[np.uint32], registers: int, seed: int, told: Told
) -> NDArray[np.float64]:
    """Scale what lies beyond direct links, in place; the relative errors of the other sample.

    Nodes that are reached from much the same large set share most of one counter's error; one factor removes
    it.
    """
    rng = np.random.default_rng(seed + 1)
    large = np.flatnonzero(values - direct >= registers)
    linked = np.flatnonzero(direct)
    fit = rng.choice(large, min(SAMPLE, len(large)), replace=False)
    test = rng.choice(linked, min(SAMPLE, len(linked)), replace=False)
    exact = _exact(graph, np.concatenate([fit, test]).astype(np.int64), told)
    if len(fit) == SAMPLE:
        beyond = (exact[: len(fit)] - direct[fit]) / (values[fit] - direct[fit])
        values[large] = direct[large] + np.float32(np.median(beyond)) * (values[large] - direct[large])
    miss: NDArray[np.float64] = np.abs(values[test] - exact[len(fit) :]) / np.maximum(
        exact[len(fit) :], 1e-12
    )
    return miss
