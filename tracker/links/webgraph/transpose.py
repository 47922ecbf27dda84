"""Who links to each node: the targets turned round by a counting sort in buckets of neighbouring targets.

One pass counts, one writes each source and the low half of its target into the target's bucket, one sorts
bucket by bucket. Memory holds one bucket; the disk, beside the result, two bytes an edge meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tracker.links.webgraph.arrays import edge_blocks, mapped
from tracker.links.webgraph.compiled import compiled
from tracker.links.webgraph.folder import explained, make_room

BITS = 16
"""Targets that differ only in these low bits share a bucket."""
CHUNK = 1 << 25


@compiled
def _count(targets: Any, counts: Any) -> None:
    for target in targets:
        counts[target + 1] += 1


@compiled
def _scatter(
    offsets: Any, targets: Any, first: int, last: int, start: int, place: Any, source: Any, low: Any
) -> None:
    for node in range(first, last):
        for edge in range(offsets[node], offsets[node + 1]):
            target = targets[edge - start]
            at = place[target >> 16]
            source[at] = node
            low[at] = target & 0xFFFF
            place[target >> 16] = at + 1


@compiled
def _sort_bucket(source: Any, low: Any, starts: Any, out: Any) -> None:
    for edge in range(len(source)):
        out[starts[low[edge]]] = source[edge]
        starts[low[edge]] += 1


def run(folder: Path, nodes: int, links: int, told: Callable[[int, int], None]) -> None:
    """`in_offsets.u64` and `sources.u32`; begun anew if it was killed."""
    offsets, targets = mapped(folder / "offsets.u64", np.int64), mapped(folder / "targets.u32", np.uint32)
    new, halves = folder / "sources.u32.new", folder / "halves.u16"
    with explained(folder):
        for path, size in (
            (folder / "in_offsets.u64", 8 * (nodes + 1)),
            (new, 4 * links),
            (halves, 2 * links),
        ):
            path.unlink(missing_ok=True)
            make_room(path, size)
        starts = mapped(folder / "in_offsets.u64", np.int64, "r+")
        for edge in range(0, links, CHUNK):
            _count(targets[edge : edge + CHUNK], starts)
            told(min(edge + CHUNK, links), 3 * links)
        np.cumsum(starts, out=starts)
        source, low = mapped(new, np.uint32, "r+"), mapped(halves, np.uint16, "r+")
        place = starts[: -1 : 1 << BITS].copy()
        for first, last in edge_blocks(offsets, CHUNK):
            begin, end = int(offsets[first]), int(offsets[last])
            _scatter(offsets, targets[begin:end], first, last, begin, place, source, low)
            told(links + end, 3 * links)
        for node in range(0, nodes, 1 << BITS):
            inside = starts[node : node + (1 << BITS) + 1]
            begin, end = int(inside[0]), int(inside[-1])
            out = np.empty(end - begin, np.uint32)
            _sort_bucket(source[begin:end], low[begin:end], inside[:-1] - begin, out)
            source[begin:end] = out
            told(2 * links + end, 3 * links)
        for array in (source, starts):
            if isinstance(array, np.memmap):
                array.flush()
        halves.unlink()
        new.replace(folder / "sources.u32")
