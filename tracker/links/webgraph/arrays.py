"""A built graph, opened: arrays mapped from the disk, and names by DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
from numpy.typing import DTypeLike, NDArray

from tracker.errors import UsageError
from tracker.links.webgraph.folder import Head, read_head

Ints = NDArray[np.int64]
Ids = NDArray[np.uint32]
CHUNK = 1 << 25


def mapped(path: Path, kind: DTypeLike, mode: Literal["r", "r+"] = "r") -> Any:
    """No file of no bytes can be mapped."""
    return np.memmap(path, kind, mode) if path.stat().st_size else np.zeros(0, kind)


def edge_blocks(offsets: Ints, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Nodes `first … last - 1` whose edges are about `size`, one node's never cut."""
    nodes = len(offsets) - 1
    cuts = np.searchsorted(offsets, np.arange(size, int(offsets[-1]), size))
    yield from pairwise(np.unique(np.concatenate([[0], cuts, [nodes]])).tolist())


@dataclass(frozen=True, eq=False)
class WebGraph:
    """Who links to whom among all domains of a release.

    `targets[offsets[u]:offsets[u + 1]]` are the nodes that `u` links to, ascending; `sources` and
    `in_offsets`, the other way round, stand only where the graph was built with its transpose.
    """

    folder: Path
    head: Head
    offsets: Ints
    targets: Ids
    in_offsets: Ints | None
    sources: Ids | None

    @property
    def nodes(self) -> int:
        return self.head.nodes

    @property
    def names(self) -> Path:
        return self.folder / "names.parquet"

    def ids(self, names: Collection[str]) -> dict[int, str]:
        """id → reversed name, for those that are there; a name may have several ids."""
        rows = duckdb.execute(
            "SELECT id, name FROM read_parquet($1) WHERE name IN (SELECT unnest($2::VARCHAR[]))",
            [str(self.names), list(names)],
        ).fetchall()
        return {int(node): str(name) for node, name in sorted(rows)}

    def links_to(self, wanted: Collection[int]) -> tuple[Ids, Ids]:
        """Sources and targets of all edges to these nodes; without a transpose in one pass over all edges."""
        ids = np.array(sorted(wanted), np.int64)
        if self.in_offsets is not None and self.sources is not None:
            begin, end = self.in_offsets[ids], self.in_offsets[ids + 1]
            found = [self.sources[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
            target = np.repeat(ids, end - begin).astype(np.uint32)
            return np.concatenate(found) if found else np.zeros(0, np.uint32), target
        asked = np.zeros(self.nodes, np.bool_)
        asked[ids] = True
        edges = [np.zeros(0, np.int64)]
        for first in range(0, len(self.targets), CHUNK):
            edges.append(first + np.flatnonzero(asked[self.targets[first : first + CHUNK]]))
        places = np.concatenate(edges)
        source = np.searchsorted(self.offsets, places, side="right") - 1
        return source.astype(np.uint32), self.targets[places]


def opened(folder: Path) -> WebGraph:
    head = read_head(folder)
    if head is None or "edges" not in head.done:
        raise UsageError(
            f"no web graph is built in {folder}"
            if head is None
            else f"the graph in {folder} is not finished",
            f"citelift webgraph build VERTICES EDGES --release NAME --into {folder}",
        )
    turned = "transpose" in head.done
    return WebGraph(
        folder,
        head,
        mapped(folder / "offsets.u64", np.int64),
        mapped(folder / "targets.u32", np.uint32),
        mapped(folder / "in_offsets.u64", np.int64) if turned else None,
        mapped(folder / "sources.u32", np.uint32) if turned else None,
    )
