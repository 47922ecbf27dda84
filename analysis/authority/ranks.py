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
    by `analysis.authority.graph` has none: a domain does not vote for itself, and `self_loops="drop"` removes
    them.
Row order
    Never matters.
Blank ends
    Refused. An edge without a name at one end would pile the whole tail of an export on one node.
Damping
    ``alpha = 0.85``: the share that follows links; ``1 - alpha`` jumps by the teleport vector.
Dangling mass
    The rank of nodes without out-links is redistributed by the teleport vector (uniform for PageRank, the
    seeds for TrustRank), so ranks sum to one.
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

from analysis.association.association import spearman
from analysis.authority.distances import Balls, exact_harmonic, harmonic_towards, hyperball
from tracker.errors import ConvergenceError, DataError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Names = Sequence[str] | NDArray[Any]
SelfLoops = Literal["keep", "drop"]
Method = Literal["auto", "exact", "hyperball"]

BLOCK_EDGES = 1 << 19
EXACT_WORK = 2_000_000_000
LARGE_BALL = 16


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
        index = np.empty(len(names), dtype=np.int64)
        index[[codes[name] for name in names]] = np.arange(len(names))
        src, dst = (index[np.asarray(side, dtype=np.int64)] for side in (source, target))
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
        total = np.zeros(self.nodes, dtype=np.int64)
        # bincount copies its input to 64 bits: whole, that would be the largest array of the ranking
        for first in range(0, self.edges, 1 << 24):
            total += np.bincount(self.indices[first : first + (1 << 24)], minlength=self.nodes)
        return total

    @cached_property
    def csr(self) -> Any:
        """The adjacency matrix, row = source, column = target, as a scipy CSR of int8 ones."""
        ones = np.ones(self.edges, dtype=np.int8)
        incoming = sparse.csr_array((ones, self.indices, self.indptr), shape=(self.nodes, self.nodes))
        return incoming.T.tocsr()

    @cached_property
    def positions(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names)}

    def code_of(self, name: str | int) -> int | None:
        if isinstance(self.names, range):
            return int(name) if name in self.names else None
        return self.positions.get(str(name))

    def reversed(self) -> Graph:
        """The same graph with every link turned round."""
        turned = self.csr
        return Graph(self.names, turned.indptr, turned.indices, self.basis)


@dataclass(frozen=True, eq=False)
class NodeRanks:
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


def referring_domains(graph: Graph) -> NodeRanks:
    """How many other nodes link to each node: ``|{u != v : u -> v}|``. A count; self-loops never count."""
    rows = np.repeat(np.arange(graph.nodes, dtype=graph.indices.dtype), graph.in_degree)
    own = np.bincount(rows[graph.indices == rows], minlength=graph.nodes)
    return NodeRanks(graph.names, graph.in_degree - own, "referring_domains", graph.basis)


def pagerank(
    graph: Graph,
    *,
    alpha: float = 0.85,
    tol: float = 1e-6,
    max_iter: int = 1000,
    teleport: ArrayLike | None = None,
    metric: str = "pagerank",
) -> NodeRanks:
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
    NodeRanks
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
    if max_iter < 1:
        raise UsageError(f"max_iter={max_iter} leaves no iteration", "use at least 1; 1000 is the default")
    if graph.nodes == 0:
        return NodeRanks(graph.names, np.zeros(0), metric, graph.basis)
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
            return NodeRanks(
                graph.names, x / x.sum(), metric, graph.basis, iteration, bound, {"alpha": alpha}
            )
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


def harmonic(graph: Graph, *, method: Method = "auto", registers: int = 64, seed: int = 0) -> NodeRanks:
    r"""Harmonic centrality: ``H(v) = sum over u != v of 1 / d(u, v)``, distances along the links.

    The unit is "equivalents of a direct link". Unreachable pairs count zero, so no part of the graph has to
    be left out. Not divided by ``n - 1``.

    Parameters
    ----------
    method : {'auto', 'exact', 'hyperball'}
        Exact search costs about nodes x edges / 64 operations a level; 'auto' does it up to `EXACT_WORK`
        nodes x edges and estimates with HyperBall beyond.

    Returns
    -------
    NodeRanks
        `error` is 0 for exact values; for HyperBall the median relative error against exact values of up
        to 64 nodes drawn from those with in-links (none of them used to calibrate), and `notes` holds
        their 95th percentile and Spearman's correlation of estimate and truth.

    References
    ----------
    Boldi and Vigna (2014), Axioms for centrality.
    """
    if method not in get_args(Method):
        raise UsageError(f"method={method!r} is not known", f"use one of {', '.join(get_args(Method))}")
    if method == "exact" or (method == "auto" and graph.nodes * graph.edges <= EXACT_WORK):
        values = exact_harmonic(graph.indptr, graph.indices)
        return NodeRanks(graph.names, values, "harmonic", graph.basis, notes={"method": "exact"})
    balls = hyperball(graph.indptr, graph.indices, registers=registers, seed=seed)
    values, checked = _calibrated(graph, balls, registers, seed)
    notes = {"method": "hyperball", "registers": registers, **checked}
    return NodeRanks(
        graph.names, values, "harmonic", graph.basis, balls.iterations, notes.get("median", 0.0), notes
    )


def _calibrated(graph: Graph, balls: Balls, registers: int, seed: int) -> tuple[Floats, dict[str, Any]]:
    """Scale large balls by exact values of one sample of nodes, state the error on another.

    Nodes that are reached from much the same large set share most of one sketch's error; one factor removes
    it.
    """
    rng, turned = np.random.default_rng(seed), graph.reversed()
    values, large = balls.values.copy(), balls.sizes >= LARGE_BALL * registers
    if large.sum() >= 64:
        sample = np.sort(rng.choice(np.flatnonzero(large), size=64, replace=False))
        beyond = harmonic_towards(turned.indptr, turned.indices, sample) - balls.neighbours[sample]
        factor = np.median(beyond / (values - balls.neighbours)[sample])
        values[large] = (balls.neighbours + factor * (values - balls.neighbours))[large]
    linked = np.flatnonzero(graph.in_degree > 0)
    if not len(linked):
        return values, {}
    sample = np.sort(rng.choice(linked, size=min(64, len(linked)), replace=False))
    exact = harmonic_towards(turned.indptr, turned.indices, sample)
    miss = np.abs(values[sample] - exact) / np.maximum(exact, 1e-12)
    order = spearman(values[sample], exact, resamples=0).rho
    median, p95 = (float(np.quantile(miss, share)) for share in (0.5, 0.95))
    return values, {"checked": len(sample), "median": median, "p95": p95, "spearman": order}


def trustrank(
    graph: Graph, seeds: Iterable[str | int], *, alpha: float = 0.85, tol: float = 1e-6, max_iter: int = 1000
) -> NodeRanks:
    """PageRank that jumps only to hand-picked good nodes: trust flows from them and thins with distance.

    Parameters
    ----------
    seeds : iterable of str or int
        Names (or codes of a graph without names). Seeds that the graph does not have are listed in
        `notes["absent"]`; at least one must be there.

    References
    ----------
    Gyongyi, Garcia-Molina, Pedersen (2004), Combating web spam with TrustRank.
    """
    chosen, absent = _present(graph, seeds)
    jump = np.zeros(graph.nodes)
    jump[chosen] = 1.0
    ranks = pagerank(graph, alpha=alpha, tol=tol, max_iter=max_iter, teleport=jump, metric="trustrank")
    ranks.notes.update(seeds=len(chosen), absent=absent)
    return ranks


def _present(graph: Graph, seeds: Iterable[str | int]) -> tuple[list[int], list[str]]:
    wanted = sorted(set(seeds), key=str)
    codes = {seed: graph.code_of(seed) for seed in wanted}
    chosen = [code for code in codes.values() if code is not None]
    if not chosen:
        raise DataError("none of the seeds is in the graph", "name domains that link or are linked in it")
    return chosen, [str(seed) for seed, code in codes.items() if code is None]


@dataclass(frozen=True, eq=False)
class SpamMass:
    """How much of each node's PageRank does not come from good nodes.

    Attributes
    ----------
    rank : ndarray, shape (n,)
        Linear PageRank in units of the least possible rank: 1 for a node without in-links.
    relative : ndarray, shape (n,)
        ``1 - good / rank``: near 1 when hardly anything comes from the good core. Slightly negative for
        members of the core.
    absolute : ndarray, shape (n,)
        ``rank * relative``, in the unit of `rank`.
    core : int
        Good nodes used.
    """

    names: Names
    rank: Floats
    relative: Floats
    absolute: Floats
    core: int
    gamma: float
    basis: str = ""

    def suspects(self, *, relative: float = 0.75, rank: float = 3.0) -> list[str]:
        """Nodes whose rank is high enough to have been bought and comes almost wholly from outside the core.

        A node below `rank` gains nothing from links, so its mass says nothing about it.
        """
        high = np.flatnonzero((self.relative >= relative) & (self.rank >= rank))
        order = high[np.argsort(-self.absolute[high], kind="stable")]
        return [str(self.names[code]) for code in order]


def spam_mass(
    graph: Graph, good: Iterable[str | int], *, gamma: float = 0.85, alpha: float = 0.85, tol: float = 1e-6
) -> SpamMass:
    r"""Spam mass: PageRank minus the part of it that a core of good nodes accounts for.

    Both vectors are the linear PageRank ``(I - alpha P')^-1 (1 - alpha) v`` without redistributed dangling
    mass, ``v`` uniform for one and, for the other, uniform on the core with total `gamma`.

    Parameters
    ----------
    good : iterable of str or int
        The core: the wider and the less like one community, the better.
    gamma : float
        Share of the graph believed to be good; the core stands for all of it.

    References
    ----------
    Gyongyi, Berkhin, Garcia-Molina, Pedersen (2006), Link spam detection based on mass estimation.
    """
    if not 0 < gamma <= 1:
        raise UsageError(f"gamma={gamma} is no share", "use a number above 0 and up to 1, such as 0.85")
    chosen, _ = _present(graph, good)
    plain = pagerank(graph, alpha=alpha, tol=tol)
    trust = trustrank(
        graph,
        chosen if isinstance(graph.names, range) else [graph.names[c] for c in chosen],
        alpha=alpha,
        tol=tol,
    )
    rank, from_core = (_linear(graph, ranks.values, alpha) * graph.nodes for ranks in (plain, trust))
    relative = 1 - gamma * from_core / rank
    scaled = rank / (1 - alpha)
    return SpamMass(graph.names, scaled, relative, scaled * relative, len(chosen), gamma, graph.basis)


def _linear(graph: Graph, values: Floats, alpha: float) -> Floats:
    """Undo the dangling redistribution, which only rescales the linear solution."""
    dangling = float(values[graph.out_degree == 0].sum())
    linear: Floats = values * ((1 - alpha) / (1 - alpha + alpha * dangling))
    return linear
