"""Link gap: domains that link to rivals and not to the own brand, in a graph of any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.authority.ranks import Graph

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Gap:
    """A source that links to rivals and not to the own brand.

    `links` counts the rivals' domains that it links to.
    """

    source: str
    rivals: tuple[str, ...]
    links: int


@dataclass(frozen=True)
class LinkGap:
    """All sources of a gap as arrays, in order: most rivals first, then most links, then by name.

    Attributes
    ----------
    names : sequence of str, length of the graph
    codes, links : ndarray of int, shape (gaps,)
        The source's node, and how many of the rivals' domains it links to.
    linked : ndarray of bool, shape (rivals, gaps)
        Which rival each source links to, in the order of `rivals`.
    rivals : tuple of str, in order of names
    """

    names: NDArray[np.object_]
    codes: Ints
    links: Ints
    linked: NDArray[np.bool_]
    rivals: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def page(self, skip: int = 0, top: int | None = None) -> tuple[Gap, ...]:
        """`top` rows after the first `skip`; all the rest without it."""
        wanted = range(len(self))[skip:] if top is None else range(len(self))[skip : skip + top]
        return tuple(
            Gap(
                str(self.names[at]),
                tuple(name for name, here in zip(self.rivals, self.linked[:, at], strict=True) if here),
                int(self.links[at]),
            )
            for at in wanted
        )


def link_gap(
    graph: Graph, own: Iterable[str], rivals: Mapping[str, Iterable[str]], *, smallest: int = 1
) -> LinkGap:
    """Sources that link to rivals' domains and to none of the own ones.

    Parameters
    ----------
    own : iterable of str
        The own brand's domains.
    rivals : mapping of str to iterable of str
        Rival's name to its domains. A brand's own domains are never sources.
    smallest : int
        How many rivals a source must link to.
    """
    names = tuple(sorted(rivals))
    ours = _codes(graph, own)
    theirs = [_codes(graph, rivals[name]) for name in names]
    out = np.zeros(graph.nodes, np.bool_)
    for code in ours:
        out[_sources(graph, code)] = True
    for code in [*ours, *(each for part in theirs for each in part)]:
        out[code] = True
    links = np.zeros(graph.nodes, np.int64)
    linked = np.zeros((len(names), graph.nodes), np.bool_)
    for at, codes in enumerate(theirs):
        for code in codes:
            links[_sources(graph, code)] += 1
            linked[at, _sources(graph, code)] = True
    count = linked.sum(axis=0)
    found = np.flatnonzero(~out & (count >= max(smallest, 1)))
    called = np.array([str(graph.names[int(code)]) for code in found], dtype=object)
    order = np.lexsort((called.astype(str), -links[found], -count[found]))
    found = found[order]
    return LinkGap(called[order], found, links[found], linked[:, found], names)


def _codes(graph: Graph, names: Iterable[str]) -> list[int]:
    return [code for name in dict.fromkeys(names) if (code := graph.code_of(name)) is not None]


def _sources(graph: Graph, code: int) -> NDArray[np.integer]:
    return graph.indices[graph.indptr[code] : graph.indptr[code + 1]]
