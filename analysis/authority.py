"""Authority of domains from who links to whom: one written definition of every rank.

Definitions, shared by every function here
------------------------------------------
Nodes
    Registrable domains (`tracker.domains`; suffix list with its private section), or hosts or pages if the
    caller built the graph from those: the graph's `basis` says which, and from which import or release.
Direction
    An edge ``source -> target`` means that source links to target; authority flows along it.
Duplicates
    A pair counts once, however many links stand behind it.
Self-loops
    An edge like any other when it is in the edge list (as in networkx). A domain graph built from backlinks
    by `analysis.graph` has none: a domain does not vote for itself, and `self_loops="drop"` removes them.
Row order
    Never matters.
Blank ends
    Refused. An edge without a name at one end would pile the whole tail of an export on one node.
Damping
    ``alpha = 0.85``: the share that follows links; ``1 - alpha`` jumps by the teleport vector.
Dangling mass
    The rank of nodes without out-links is redistributed by the teleport vector (uniform for PageRank,
    the seeds for TrustRank), so ranks sum to one.
Stopping
    PageRank's error in L1, summed over nodes and not multiplied by their number, is below `tol`; otherwise
    `ConvergenceError`. No rank that did not settle is ever returned.

A rank is a number within one graph. Across imports or releases compare percentiles, never values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from tracker.errors import ConvergenceError, DataError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Names = Sequence[str] | NDArray[Any]
SelfLoops = Literal["keep", "drop"]

BLOCK_EDGES = 1 << 19


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed graph without duplicate edges, stored by target.

    Attributes
    ----------
    names : sequence of str, length n
        What each node is called; a ``range`` when nodes have no names.
    indptr : ndarray of int, shape (n + 1,)
        ``indices[indptr[v]:indptr[v + 1]]`` are the nodes that link to ``v``, ascending.
    indices : ndarray of int, shape (m,)
    basis : str
        The import or release the edges come from, printed beside every rank.
    """

    names: Names
    indptr: NDArray[np.integer[Any]]
    indices: NDArray[np.integer[Any]]
    basis: str = ""

    @classmethod
    def from_edges(
        cls,
        source: ArrayLike,
        target: ArrayLike,
        names: Names | None = None,
        *,
        nodes: int | None = None,
        self_loops: SelfLoops = "keep",
        basis: str = "",
    ) -> Graph:
        """Build from two equally long arrays of node codes ``0 … n - 1``.

        Parameters
        ----------
        source, target : array_like of int, shape (m,)
            Edge ends. 32-bit codes are used without a copy.
        names : sequence of str, optional
            Node names; nodes without any edge are allowed. Names must be unique and not blank.
        nodes : int, optional
            Number of nodes when there are no names; default one more than the largest code.

        Raises
        ------
        DataError
            A code outside the range, a blank or repeated name, or arrays of different length.
        """
        if self_loops not in get_args(SelfLoops):
            raise UsageError(f"self_loops={self_loops!r} is not known", "use 'keep' or 'drop'")
        src, dst = _codes(source, "source"), _codes(target, "target")
        if src.size != dst.size:
            raise DataError(f"{src.size} sources but {dst.size} targets", "give one of each per edge")
        count = _node_count(src, dst, names, nodes)
        if self_loops == "drop":
            apart = src != dst
            src, dst = src[apart], dst[apart]
        indptr, indices = _by_target(src, dst, count)
        return cls(range(count) if names is None else names, indptr, indices, basis)  # type: ignore[arg-type]

    @classmethod
    def from_pairs(
        cls, pairs: Iterable[tuple[str, str]], *, self_loops: SelfLoops = "keep", basis: str = ""
    ) -> Graph:
        """Build from (source name, target name) pairs; names are sorted, blanks refused with their row."""
        codes: dict[str, int] = {}
        source, target = [], []
        for row, (left, right) in enumerate(pairs):
            if not (_named(left) and _named(right)):
                raise DataError(f"edge {row} has an end without a name: {left!r} -> {right!r}", _BLANK_HINT)
            source.append(codes.setdefault(left, len(codes)))
            target.append(codes.setdefault(right, len(codes)))
        names = sorted(codes)
        place = np.empty(len(names), dtype=np.int64)
        place[[codes[name] for name in names]] = np.arange(len(names))
        src, dst = (place[np.asarray(side, dtype=np.int64)] for side in (source, target))
        return cls.from_edges(src, dst, tuple(names), self_loops=self_loops, basis=basis)

    @property
    def nodes(self) -> int:
        return len(self.indptr) - 1

    @property
    def edges(self) -> int:
        return len(self.indices)

    @cached_property
    def in_degree(self) -> Ints:
        return np.diff(self.indptr).astype(np.int64)

    @cached_property
    def out_degree(self) -> Ints:
        return np.bincount(self.indices, minlength=self.nodes).astype(np.int64, copy=False)

    @cached_property
    def csr(self) -> Any:
        """The adjacency matrix, row = source, column = target, as a scipy CSR of int8 ones."""
        ones = np.ones(self.edges, dtype=np.int8)
        incoming = sparse.csr_array((ones, self.indices, self.indptr), shape=(self.nodes, self.nodes))
        return incoming.T.tocsr()

    @cached_property
    def positions(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names)}

    def reversed(self) -> Graph:
        """The same graph with every link turned round."""
        turned = self.csr
        return Graph(self.names, turned.indptr, turned.indices, self.basis)


@dataclass(frozen=True, eq=False)
class Ranks:
    """One authority metric over the nodes of one graph.

    Attributes
    ----------
    names : sequence of str, length n
    values : ndarray, shape (n,)
        In the metric's own unit (PageRank: a share, summing to one; harmonic: sum of inverse distances;
        referring domains: a count).
    metric : str
        The metric's name, as `citelift association --authority NAME` takes it.
    basis : str
        Import or release.
    iterations : int
    error : float
        PageRank family: a bound on the L1 distance from the true vector. HyperBall: median relative error
        measured against exact values on a sample of nodes. 0 where the value is exact.
    notes : dict
        What else a reader needs to repeat the number.
    """

    names: Names
    values: NDArray[Any]
    metric: str
    basis: str = ""
    iterations: int = 0
    error: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)

    def of(self, name: str) -> float | None:
        """The value of one node; None (unknown, not zero) when the graph does not have it."""
        code = self._positions.get(name)
        return None if code is None else float(self.values[code])

    def top(self, count: int) -> list[tuple[str, float]]:
        """The highest values, ties by name so that two runs print the same table."""
        order = sorted(np.argsort(-self.values, kind="stable")[: max(count * 4, 64)], key=self._key)
        return [(str(self.names[code]), float(self.values[code])) for code in order[:count]]

    @cached_property
    def percentiles(self) -> Floats:
        """Share of nodes at or below each value, ties at their middle: ``(below + equal / 2) / n``."""
        if not len(self.values):
            return np.zeros(0)
        _, inverse, counts = np.unique(self.values, return_inverse=True, return_counts=True)
        middle: Floats = (np.cumsum(counts) - counts / 2) / len(self.values)
        return middle[inverse]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names)}

    def _key(self, code: int) -> tuple[float, str]:
        return -float(self.values[code]), str(self.names[code])


def referring_domains(graph: Graph) -> Ranks:
    """How many other nodes link to each node: ``|{u != v : u -> v}|``. A count; self-loops never count."""
    rows = np.repeat(np.arange(graph.nodes), graph.in_degree)
    own = np.bincount(rows[graph.indices == rows], minlength=graph.nodes)
    return Ranks(graph.names, graph.in_degree - own, "referring_domains", graph.basis)


def pagerank(
    graph: Graph,
    *,
    alpha: float = 0.85,
    tol: float = 1e-6,
    max_iter: int = 1000,
    teleport: ArrayLike | None = None,
    metric: str = "pagerank",
) -> Ranks:
    r"""PageRank by power iteration.

    The fixed point of ``x = alpha * (P' x + d(x) v) + (1 - alpha) v``, where ``P[u, w] = 1 / out_degree(u)``
    for each edge, ``d(x)`` is the rank on nodes without out-links and ``v`` the teleport vector.

    Parameters
    ----------
    alpha : float
        Damping, ``0 <= alpha < 1``.
    tol : float
        Bound on the error itself, ``||x - x*||_1 < tol``. The map contracts by `alpha`, so it holds as soon
        as one step changes ``x`` by less than ``tol * (1 - alpha) / alpha``.
    teleport : array_like, shape (n,), optional
        Non-negative weights of the jump; uniform if absent. Normalised here.

    Returns
    -------
    Ranks
        Shares summing to one; empty for an empty graph.

    Raises
    ------
    ConvergenceError
        `max_iter` steps did not reach `tol`, or float64 cannot.

    Notes
    -----
    Arithmetic is float64 throughout. Every edge weighs one, so blocks of rows share a single short array of
    ones that stays in cache; that costs less memory traffic than a float32 matrix.

    References
    ----------
    Page, Brin, Motwani, Winograd (1999), The PageRank citation ranking. Langville and Meyer (2006), ch. 4-5.
    """
    if not 0 <= alpha < 1:
        raise UsageError(
            f"alpha={alpha} is not a damping factor", "use a number from 0 up to, not including, 1"
        )
    if not tol > 0:
        raise UsageError(f"tol={tol} can never be reached", "use a positive number such as 1e-6")
    if graph.nodes == 0:
        return Ranks(graph.names, np.zeros(0), metric, graph.basis)
    jump = _teleport(teleport, graph.nodes)
    step = _Step(graph, alpha, jump)
    limit = tol * min(1.0, (1 - alpha) / alpha) if alpha else tol
    x = np.full(graph.nodes, 1 / graph.nodes) if np.ndim(jump) == 0 else np.array(jump)
    for iteration in range(1, max_iter + 1):
        after = step(x)
        np.subtract(after, x, out=x)
        change = float(np.abs(x, out=x).sum())
        x = after
        if change < limit:
            bound = change * alpha / (1 - alpha)
            return Ranks(graph.names, x / x.sum(), metric, graph.basis, iteration, bound, {"alpha": alpha})
    raise ConvergenceError(
        f"{metric} still moved by {change:.2e} in L1 after {max_iter} iterations (needs {limit:.2e})",
        "raise max_iter, or tol if it is below 1e-12",
    )


class _Step:
    """One application of the PageRank map, with its work arrays kept between calls."""

    def __init__(self, graph: Graph, alpha: float, jump: Floats | float) -> None:
        self.alpha, self.jump = alpha, jump
        out = graph.out_degree
        self.dangling = np.flatnonzero(out == 0)
        self.share = np.divide(alpha, out, out=np.zeros(graph.nodes), where=out > 0)
        self.sent = np.empty(graph.nodes)
        self.blocks = _blocks(graph)

    def __call__(self, x: Floats) -> Floats:
        np.multiply(x, self.share, out=self.sent)
        after = np.empty_like(x)
        for first, last, block in self.blocks:
            after[first:last] = block @ self.sent
        after += self.jump * (self.alpha * float(x[self.dangling].sum()) + 1 - self.alpha)
        return after


def _blocks(graph: Graph) -> list[tuple[int, int, Any]]:
    """Row blocks of the by-target matrix, all sharing one array of ones as their data."""
    indptr = graph.indptr
    marks = np.arange(0, graph.edges, BLOCK_EDGES)
    cuts = np.unique(np.concatenate([[0], np.searchsorted(indptr, marks), [graph.nodes]]))
    ones = np.ones(int(np.diff(indptr[cuts]).max(initial=0)))
    blocks = []
    for first, last in pairwise(cuts):
        start, stop = indptr[first], indptr[last]
        local = (indptr[first : last + 1] - start).astype(graph.indices.dtype)
        parts = (ones[: stop - start], graph.indices[start:stop], local)
        blocks.append((int(first), int(last), sparse.csr_array(parts, shape=(last - first, graph.nodes))))
    return blocks


def _teleport(weights: ArrayLike | None, nodes: int) -> Floats | float:
    if weights is None:
        return 1 / nodes
    jump = np.asarray(weights, dtype=np.float64)
    if jump.shape != (nodes,):
        raise DataError(
            f"the teleport vector has shape {jump.shape}, the graph {nodes} nodes", "give one weight a node"
        )
    if not (np.isfinite(jump).all() and (jump >= 0).all() and jump.sum() > 0):
        raise DataError("the teleport vector needs finite weights of at least 0, not all 0")
    normal: Floats = jump / jump.sum()
    return normal


_BLANK_HINT = "drop such rows where the file is read; a rank over blank ends would be wrong"


def _named(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip())


def _codes(values: ArrayLike, side: str) -> NDArray[np.integer[Any]]:
    codes = np.asarray(values)
    if codes.size == 0:
        return np.zeros(0, dtype=np.int32)
    if codes.ndim != 1 or not np.issubdtype(codes.dtype, np.integer):
        raise DataError(
            f"{side} codes must be a flat array of integers, not {codes.dtype} of shape {codes.shape}",
            "code the names first, or use Graph.from_pairs; a missing end must be dropped, not coded as NaN",
        )
    return codes


def _node_count(src: NDArray[Any], dst: NDArray[Any], names: Names | None, nodes: int | None) -> int:
    if names is not None:
        _check_names(names)
        nodes = len(names)
    if src.size == 0:
        return nodes or 0
    low, high = min(src.min(), dst.min()), max(src.max(), dst.max())
    if low < 0:
        raise DataError(f"an edge has the code {low}: an end without a name", _BLANK_HINT)
    if nodes is not None and high >= nodes:
        raise DataError(
            f"an edge has the code {high}, but there are {nodes} nodes", "codes run from 0 to nodes - 1"
        )
    return int(high) + 1 if nodes is None else nodes


def _check_names(names: Names) -> None:
    if isinstance(names, range):
        return
    blank = next((code for code, name in enumerate(names) if not _named(name)), None)
    if blank is not None:
        raise DataError(f"node {blank} has no name ({names[blank]!r})", _BLANK_HINT)
    if len(set(names)) != len(names):
        raise DataError("two nodes have one name", "give each domain one code before building the graph")


def _by_target(
    src: NDArray[np.integer[Any]], dst: NDArray[np.integer[Any]], nodes: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    wide = max(nodes, src.size) >= 2**31 - 1
    kind: type[np.integer[Any]] = np.int64 if wide else np.int32
    # int8 weights may wrap when duplicates are summed; only the structure is kept
    ends = (dst.astype(kind, copy=False), src.astype(kind, copy=False))
    by_target = sparse.coo_array((np.ones(src.size, dtype=np.int8), ends), shape=(nodes, nodes)).tocsr()
    return by_target.indptr, by_target.indices
