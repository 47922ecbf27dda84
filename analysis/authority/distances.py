"""Sums of inverse distances in a directed graph: exact by bit-parallel search, estimated by HyperBall.

Both read a graph stored by target: ``indices[indptr[v]:indptr[v + 1]]`` link to ``v``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.errors import ConvergenceError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Words = NDArray[np.uint64]

WORK_BYTES = 1 << 26
CHUNK_EDGES = 1 << 15


def require_registers(registers: int) -> None:
    """Refuse what no counter has: a power of two from 16 to 1024."""
    if registers not in (16, 32, 64, 128, 256, 512, 1024):
        raise UsageError(f"registers={registers} is not supported", "use a power of two from 16 to 1024")


def exact_harmonic(indptr: Ints, indices: Ints) -> Floats:
    """``H(v) = sum over u != v of 1 / d(u, v)``, unreachable pairs counting 0.

    One bit per start node: a level of the breadth-first search from 64 starts is one OR over the edges, so
    the cost is about ``n * m / 64`` word operations a level.
    """
    nodes = len(indptr) - 1
    total = np.zeros(nodes)
    words = max(1, WORK_BYTES // (8 * max(len(indices), nodes, 1)))
    for first in range(0, nodes, 64 * words):
        starts = np.arange(first, min(first + 64 * words, nodes))
        for distance, fresh in _levels(indptr, indices, starts):
            total += np.bitwise_count(fresh).sum(axis=1, dtype=np.int64) / distance
    return total


def harmonic_towards(indptr: Ints, indices: Ints, chosen: Ints) -> Floats:
    """Exact ``H(v)`` for at most 64 nodes `chosen`, given the graph stored by *source*.

    The search runs against the links, from the chosen nodes to everything that reaches them.
    """
    total = np.zeros(64)
    for distance, fresh in _levels(indptr, indices, chosen):
        total += _bit_counts(fresh[:, 0]) / distance
    return total[: len(chosen)]


def _levels(indptr: Ints, indices: Ints, starts: Ints) -> Iterator[tuple[int, Words]]:
    """Yield ``(distance, bits)``: bit j of row v is set when start j first reaches v at that distance."""
    nodes = len(indptr) - 1
    row = np.arange(len(starts))
    fresh = np.zeros((nodes, -(-len(starts) // 64)), dtype=np.uint64)
    np.bitwise_or.at(fresh, (starts, row // 64), np.uint64(1) << (row % 64).astype(np.uint64))
    seen, distance = fresh.copy(), 0
    while fresh.any():
        reached = _or_over_links(indptr, indices, fresh)
        fresh = reached & ~seen
        seen |= fresh
        distance += 1
        yield distance, fresh


def _or_over_links(indptr: Ints, indices: Ints, bits: Words) -> Words:
    reached = np.zeros_like(bits)
    for rows, starts, picked in _edge_chunks(indptr, indices, WORK_BYTES // (8 * bits.shape[1])):
        united = np.bitwise_or.reduceat(np.take(bits, picked, axis=0), starts, axis=0)
        reached[rows] |= united
    return reached


def _edge_chunks(
    indptr: Ints, indices: Ints, size: int, live: NDArray[np.bool_] | None = None
) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Cut the edges into runs of `size`, keeping those from `live` nodes.

    Yields rows (distinct within a run), where each row's edges start in the run, and the linking nodes. A
    row with many links may go on in the next run: combine, do not assign.
    """
    for first in range(0, len(indices), size):
        picked = indices[first : first + size]
        low = int(np.searchsorted(indptr, first, side="right")) - 1
        high = int(np.searchsorted(indptr, first + len(picked), side="left"))
        ends = np.clip(indptr[low : high + 1], first, first + len(picked))
        rows = np.repeat(np.arange(low, high), np.diff(ends))
        if live is not None:
            kept = np.flatnonzero(np.take(live, picked))
            picked, rows = picked[kept], rows[kept]
        if len(picked):
            starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
            yield rows[starts], starts, picked


def _bit_counts(words: Words) -> NDArray[np.int64]:
    counts = np.zeros(64, dtype=np.int64)
    for first in range(0, len(words), 1 << 18):
        octets = np.ascontiguousarray(words[first : first + (1 << 18)]).astype("<u8").view(np.uint8)
        counts += np.unpackbits(octets.reshape(-1, 8), axis=1, bitorder="little").sum(axis=0, dtype=np.int64)
    return counts


@dataclass(frozen=True, eq=False)
class Balls:
    """What HyperBall saw: arrays of float, shape (n,).

    `values` are harmonic centralities, `neighbours` the exact part of them that direct links give, `sizes`
    the estimated number of nodes that reach each node, itself included.
    """

    values: Floats
    neighbours: Floats
    sizes: Floats
    iterations: int


def hyperball(
    indptr: Ints, indices: Ints, *, registers: int = 64, seed: int = 0, max_iter: int = 10_000
) -> Balls:
    r"""Harmonic centrality of every node from HyperLogLog counters of its growing in-balls.

    ``H(v) ~ |B1| - 1 + sum over t >= 2 of (|Bt| - |Bt-1|) / t`` where ``Bt`` holds the nodes that reach
    ``v`` in at most `t` links. ``|B1|`` is known exactly; later balls are estimated with Ertl's bias-free
    estimator. Only links from nodes whose counter has just grown are followed. Every node that is reached
    from the same set shares its error, so ranks are much better than values.

    Parameters
    ----------
    registers : int
        A power of two from 16 to 1024 per node, one byte each; the standard error of one ball is
        ``1.04 / sqrt(registers)``.

    References
    ----------
    Boldi and Vigna (2013), In-core computation of geometric centralities with HyperBall. Ertl (2017), New
    cardinality estimation algorithms for HyperLogLog sketches.
    """
    require_registers(registers)
    nodes = len(indptr) - 1
    counters = _first_counters(nodes, registers, np.random.default_rng(seed))
    estimator = Estimator(registers, nodes)
    live = np.ones(nodes, dtype=np.bool_)
    values, size = np.zeros(nodes), estimator(counters, np.arange(nodes))
    for distance in range(1, max_iter + 1):
        after, live = _grow(indptr, indices, counters, live)
        grown = np.flatnonzero(live)
        if not len(grown):
            neighbours = _neighbours(indptr, indices)
            return Balls(values + neighbours, neighbours, size, distance)
        counters = after
        now = np.maximum(estimator(counters, grown), size[grown])
        if distance > 1:
            values[grown] += (now - size[grown]) / distance
        size[grown] = now
    raise ConvergenceError(f"balls still grow after {max_iter} links", "raise max_iter")


def _neighbours(indptr: Ints, indices: Ints) -> Floats:
    degree = np.diff(indptr)
    own = np.flatnonzero(indices == np.repeat(np.arange(len(degree), dtype=indices.dtype), degree))
    loops = np.searchsorted(indptr, own, side="right") - 1
    others = degree.astype(np.float64)
    others[loops] -= 1
    return others


def _grow(
    indptr: Ints, indices: Ints, counters: NDArray[np.uint8], live: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    after, grown = counters.copy(), np.zeros(len(counters), dtype=np.bool_)
    for rows, starts, picked in _edge_chunks(indptr, indices, CHUNK_EDGES, live):
        merged = np.maximum.reduceat(np.take(counters, picked, axis=0), starts, axis=0)
        before = np.take(after, rows, axis=0)
        np.maximum(merged, before, out=merged)
        changed = (merged.view(np.uint64) != before.view(np.uint64)).any(axis=1)
        after[rows[changed]] = merged[changed]
        grown[rows[changed]] = True
    return after, grown


def _first_counters(nodes: int, registers: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Each node counts itself: one register holds a draw of how many coin flips the first head takes."""
    leading = np.minimum(rng.geometric(0.5, size=nodes), 63)
    counters = np.zeros((nodes, registers), dtype=np.uint8)
    counters[np.arange(nodes), rng.integers(0, registers, size=nodes)] = leading
    return counters


class Estimator:
    """Ertl's improved estimator, a row of counters at a time."""

    def __init__(self, registers: int, nodes: int) -> None:
        self.scale = registers**2 / (2 * np.log(2))
        self.weights = np.concatenate([[0.0], 0.5 ** np.arange(1, 64)]).astype(np.float32)
        self.empty = registers * np.array([_sigma(k / registers) for k in range(registers)] + [np.inf])
        self.nodes = nodes

    def __call__(self, counters: NDArray[np.uint8], rows: Ints) -> Floats:
        sizes = np.empty(len(rows))
        step = max(1, (1 << 22) // counters.shape[1])
        for first in range(0, len(rows), step):
            part = np.take(counters, rows[first : first + step], axis=0)
            zeros = (part == 0).sum(axis=1)
            sizes[first : first + step] = np.take(self.weights, part).sum(axis=1) + self.empty[zeros]
        with np.errstate(divide="ignore"):
            estimate: Floats = np.clip(self.scale / sizes, 1.0, self.nodes)
        return estimate


def _sigma(x: float) -> float:
    weight, total = 1.0, x
    while True:
        x *= x
        before, total = total, total + x * weight
        weight += weight
        if total == before:
            return total
