"""PageRank and TrustRank of a graph on the disk, by pushing rank along its edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.webgraph.checkpoints import Checkpoints
from tracker.errors import ConvergenceError, UsageError
from tracker.links.webgraph.arrays import WebGraph, edge_blocks
from tracker.links.webgraph.compiled import compiled

Floats = NDArray[np.float64]
Told = Callable[[float, float], None]
"""Iterations done, with their fractions, and how many are expected."""


@compiled
def push(offsets: Any, targets: Any, first: int, last: int, alpha: float, now: Any, after: Any) -> float:
    """``after[t] += alpha * now[u] / out_degree(u)`` for each edge ``u -> t`` of the nodes ``first … last -
    1``; the rank on those without out-links.
    """
    dangling = 0.0
    for node in range(first, last):
        begin, end = offsets[node], offsets[node + 1]
        if begin == end:
            dangling += now[node]
        else:
            share = alpha * now[node] / (end - begin)
            for edge in range(begin, end):
                after[targets[edge]] += share
    return dangling


@compiled
def _finish(now: Any, after: Any, base: float) -> float:
    change = 0.0
    for node in range(len(now)):
        after[node] += base
        change += abs(after[node] - now[node])
        now[node] = 0.0
    return change


@dataclass(frozen=True, eq=False)
class Settled:
    """Attributes
    ----------
    values : ndarray, shape (n,)
        Shares summing to one.
    iterations : int
    error : float
        Bound on the L1 distance from the true vector, summed over nodes.
    """

    values: Floats
    iterations: int
    error: float


def pagerank(
    graph: WebGraph,
    kept: Checkpoints,
    *,
    seeds: NDArray[np.int64] | None = None,
    alpha: float = 0.85,
    tol: float = 1e-6,
    max_iter: int = 1000,
    told: Told = lambda done, of: None,
) -> Settled:
    r"""The fixed point of ``x = alpha * (P' x + d(x) v) + (1 - alpha) v``.

    ``P[u, w] = 1 / out_degree(u)`` for each edge, ``d(x)`` is the rank on nodes without out-links, and ``v``
    the jump: uniform over all nodes, or over the seeds (TrustRank). Definitions and stopping as in
    `analysis.authority.ranks.pagerank`: with ``tol``, ``||x - x*||_1 < tol``.

    Parameters
    ----------
    kept : Checkpoints
        Where each iteration is kept, and from where a killed one goes on.
    seeds : ndarray of int, optional
        Codes of nodes, each once.

    Raises
    ------
    ConvergenceError
        `max_iter` steps did not reach `tol`.

    References
    ----------
    Page, Brin, Motwani, Winograd (1999), The PageRank citation ranking. Gyongyi, Garcia-Molina, Pedersen
    (2004), Combating web spam with TrustRank.
    """
    _check(alpha, tol)
    limit = tol * min(1.0, (1 - alpha) / alpha) if alpha else tol
    reached = kept.last()
    begun = reached.iteration if reached else 0
    now = reached.arrays["rank"] if reached else _jump(graph.nodes, seeds)
    change = reached.numbers["change"] if reached else np.inf
    after = np.zeros(graph.nodes)
    for iteration in range(begun + 1, max_iter + 1):
        if change < limit:
            break
        dangling = 0.0
        expected = iteration + (
            max(0, ceil(log(limit / change) / log(alpha))) if change < 1 and alpha else 60
        )
        for first, last in edge_blocks(graph.offsets):
            dangling += push(graph.offsets, graph.targets, first, last, alpha, now, after)
            told(iteration - 1 + last / graph.nodes, expected)
        jumped = alpha * dangling + 1 - alpha
        if seeds is not None:
            after[seeds] += jumped / len(seeds)
        change = float(_finish(now, after, jumped / graph.nodes if seeds is None else 0.0))
        now, after = after, now
        kept.keep(iteration, {"rank": now}, change=change)
        begun = iteration
    if change >= limit:
        raise ConvergenceError(
            f"the rank still moved by {change:.2e} in L1 after {max_iter} iterations (needs {limit:.2e})",
            "start it again to go on, or take a larger tol",
        )
    now /= now.sum()
    return Settled(now, begun, change * alpha / (1 - alpha))


def _jump(nodes: int, seeds: NDArray[np.int64] | None) -> Floats:
    if seeds is None:
        return np.full(nodes, 1 / nodes)
    start = np.zeros(nodes)
    start[seeds] = 1 / len(seeds)
    return start


def _check(alpha: float, tol: float) -> None:
    if not 0 <= alpha < 1:
        raise UsageError(
            f"alpha={alpha} is not a damping factor", "use a number from 0 up to, not including, 1"
        )
    if not tol > 0:
        raise UsageError(f"tol={tol} can never be reached", "use a positive number such as 1e-6")


def spam_mass(graph: WebGraph, rank: Floats, trust: Floats, *, alpha: float, gamma: float = 0.85) -> Floats:
    r"""Relative spam mass ``(p - p') / p``: the share of a node's PageRank that no good node accounts for.

    ``p`` is the linear PageRank ``(I - alpha P')^-1 (1 - alpha) v`` with uniform ``v``, and ``p'`` the same
    with the jump on the good core only, its total scaled to `gamma`, the share of the web believed to be
    good. Both come from vectors with redistributed dangling mass, which only rescales them. Near 1 where
    hardly anything comes from the core; slightly negative for its members; says nothing of a node that gains
    nothing from links.

    Parameters
    ----------
    rank, trust : ndarray, shape (n,)
        `pagerank` without and with the core as seeds, of the same `alpha`.

    References
    ----------
    Gyongyi, Berkhin, Garcia-Molina, Pedersen (2006), Link spam detection based on mass estimation.
    """
    scale = gamma * _linear(graph, trust, alpha) / _linear(graph, rank, alpha)
    relative: Floats = 1 - scale * trust / rank
    return relative


def _linear(graph: WebGraph, values: Floats, alpha: float) -> float:
    """By what a vector is to be multiplied to undo the redistribution of dangling mass."""
    dangling = 0.0
    for first in range(0, graph.nodes, 1 << 22):
        ends = np.asarray(graph.offsets[first : first + (1 << 22) + 1])
        dangling += float(values[first : first + len(ends) - 1][ends[1:] == ends[:-1]].sum())
    return (1 - alpha) / (1 - alpha + alpha * dangling)
