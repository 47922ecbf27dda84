"""One metric over a built graph, from its parameters to a Parquet file; what is there already is not made
again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.webgraph.checkpoints import Checkpoints
from analysis.webgraph.harmonic import harmonic
from analysis.webgraph.pagerank import pagerank, spam_mass
from tracker.errors import DataError, UsageError
from tracker.links.webgraph import ranked
from tracker.links.webgraph.arrays import WebGraph
from tracker.links.webgraph.build import Step, Told
from tracker.links.webgraph.folder import at_work
from tracker.links.webgraph.names import wanted_names

Metric = Literal["pagerank", "harmonic", "trustrank", "spam_mass"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Attributes
    ----------
    seeds : collection of str
        Domains that are trusted: for `trustrank` and `spam_mass`, and for them needed.
    alpha, tol, registers, gamma
        As the functions of `pagerank` and `harmonic` take them.
    """

    seeds: Collection[str] = ()
    alpha: float = 0.85
    tol: float = 1e-6
    registers: int = 16
    gamma: float = 0.85


def rank(
    graph: WebGraph, metric: Metric, given: Parameters | None = None, told: Told = lambda _: None
) -> dict[str, Any]:
    """Make `metric`'s file, and say with what it was made and how exact it is.

    Raises
    ------
    UsageError
        An unknown metric, no seeds where they are needed, another process at work in the folder, no numba.
    DataError
        None of the seeds is in the graph; the disk is full.
    """
    given = given or Parameters()
    if metric not in get_args(Metric):
        raise UsageError(f"there is no metric {metric!r}", f"one of {', '.join(get_args(Metric))}")
    with at_work(graph.folder):
        made: dict[str, Any] = _MAKERS[metric](graph, given, told)
        return made


def _pagerank(graph: WebGraph, given: Parameters, told: Told) -> dict[str, Any]:
    return _walked(graph, "pagerank", given, None, {}, told)


def _trustrank(graph: WebGraph, given: Parameters, told: Told) -> dict[str, Any]:
    seeds, said = _seeds(graph, given)
    return _walked(graph, "trustrank", given, seeds, said, told)


def _walked(
    graph: WebGraph,
    metric: str,
    given: Parameters,
    seeds: NDArray[np.int64] | None,
    said: dict[str, Any],
    told: Told,
) -> dict[str, Any]:
    key = _key(graph, alpha=given.alpha, tol=given.tol, **said)
    if known := _known(graph, metric, key):
        return known
    kept = Checkpoints(ranked.folder_of(graph), metric, key)
    found = pagerank(
        graph,
        kept,
        seeds=seeds,
        alpha=given.alpha,
        tol=given.tol,
        told=lambda done, of: told(Step(metric, done, of)),
    )
    made = {"key": key, "iterations": found.iterations, "error": found.error}
    ranked.save(graph, metric, found.values, made)
    kept.clear()
    return made


def _spam_mass(graph: WebGraph, given: Parameters, told: Told) -> dict[str, Any]:
    seeds, said = _seeds(graph, given)
    key = _key(graph, alpha=given.alpha, tol=given.tol, gamma=given.gamma, **said)
    if known := _known(graph, "spam_mass", key):
        return known
    _walked(graph, "pagerank", given, None, {}, told)
    _walked(graph, "trustrank", given, seeds, said, told)
    plain, trust = ranked.values_of(graph, "pagerank"), ranked.values_of(graph, "trustrank")
    made = {"key": key}
    ranked.save(
        graph, "spam_mass", spam_mass(graph, plain, trust, alpha=given.alpha, gamma=given.gamma), made
    )
    return made


def _harmonic(graph: WebGraph, given: Parameters, told: Told) -> dict[str, Any]:
    key = _key(graph, registers=given.registers)
    if known := _known(graph, "harmonic", key):
        return known
    kept = Checkpoints(ranked.folder_of(graph), "harmonic", key)
    found = harmonic(graph, kept, registers=given.registers, told=lambda n, share: told(_link(n, share)))
    made = {
        "key": key,
        "iterations": found.iterations,
        "standard_error": found.standard_error,
        "checked": found.checked,
        "median_error": found.median_error,
        "p95_error": found.p95_error,
    }
    ranked.save(graph, "harmonic", found.values, made)
    kept.clear()
    return made


def _link(away: int, share: float) -> Step:
    return Step(f"harmonic, {away} links away" if away > 0 else f"its error, {-away} links away", share, 1)


_MAKERS: dict[str, Callable[[WebGraph, Parameters, Told], dict[str, Any]]] = {
    "pagerank": _pagerank,
    "harmonic": _harmonic,
    "trustrank": _trustrank,
    "spam_mass": _spam_mass,
}


def _key(graph: WebGraph, **more: Any) -> dict[str, Any]:
    return {"nodes": graph.nodes, "links": graph.head.links, **more}


def _known(graph: WebGraph, metric: str, key: dict[str, Any]) -> dict[str, Any] | None:
    made = ranked.made_with(graph, metric)
    return made if made is not None and made["key"] == key else None


def _seeds(graph: WebGraph, given: Parameters) -> tuple[NDArray[np.int64], dict[str, Any]]:
    if not given.seeds:
        raise UsageError("trust needs seeds", "name trusted domains: --seed example.org, or --seed @file")
    names = wanted_names(given.seeds)
    ids = graph.ids(list(names))
    if not ids:
        raise DataError("none of the seeds is in the graph", "name domains that link or are linked in it")
    present = sorted(set(ids.values()))
    mark = blake2b("\n".join(present).encode(), digest_size=8).hexdigest()
    return np.array(sorted(ids), np.int64), {
        "seeds": len(present),
        "absent": len(names) - len(present),
        "seed_list": mark,
    }
