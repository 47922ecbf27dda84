"""A release's vertices and edges → mapped arrays in a folder, stage by stage, going on after any death.

The edges are read once, as a stream. Every few seconds what is written is noted; a killed build goes on from
the last note (a gz is unpacked up to there again, which is quick beside reading it).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.errors import DataError, UsageError
from tracker.links.web.download import local_file
from tracker.links.webgraph import transpose
from tracker.links.webgraph.compiled import compiled
from tracker.links.webgraph.folder import (
    GraphFile,
    Head,
    at_work,
    explained,
    make_room,
    read_head,
    write_head,
)
from tracker.links.webgraph.heads import check_head, first_lines
from tracker.links.webgraph.names import same_release
from tracker.links.webgraph.scan import Scan
from tracker.links.webgraph.text import Lines, blocks

SECONDS_BETWEEN_NOTES = 5.0
MOST_NODES = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Step:
    """How far a stage is, in a unit of its own."""

    stage: str
    done: float
    total: float


Told = Callable[[Step], None]


def build(
    vertices: Sequence[Path],
    edges: Sequence[Path],
    folder: Path,
    *,
    release: str,
    transposed: bool = False,
    told: Told = lambda _: None,
) -> Head:
    """The graph in `folder`: begun, gone on with, or found done.

    Raises
    ------
    DataError
        A file is damaged, unsorted or of another release, by name and line; or the disk is full.
    UsageError
        The folder holds another graph, or another process is at work in it; or numba is absent.
    """
    same_release(vertices[0], edges[0])
    with at_work(folder):
        head = _begun(vertices, edges, folder, release)
        if "names" not in head.done:
            told(Step("names", 0, 1))
            _names(vertices, folder, head)
            told(Step("names", 1, 1))
        if "edges" not in head.done:
            _Edges(edges, folder, head, told).run()
        if transposed and "transpose" not in head.done:
            transpose.run(folder, head.nodes, head.links, lambda n, of: told(Step("transpose", n, of)))
            _done(folder, head, "transpose")
        return head


def _begun(vertices: Sequence[Path], edges: Sequence[Path], folder: Path, release: str) -> Head:
    fresh = Head(release, [GraphFile.of(path) for path in vertices], [GraphFile.of(path) for path in edges])
    known = read_head(folder)
    if known is None:
        for kind, paths in (("vertices", vertices), ("edges", edges)):
            for path in paths:
                check_head(first_lines(path), kind, path)
        write_head(folder, fresh)
        return fresh
    if (known.release, known.vertices, known.edges) != (fresh.release, fresh.vertices, fresh.edges):
        raise UsageError(
            f"{folder} holds {known.release} built from other files",
            "choose another folder, or delete this one to build anew",
        )
    return known


def _done(folder: Path, head: Head, stage: str) -> None:
    head.done.append(stage)
    write_head(folder, head)


def _names(vertices: Sequence[Path], folder: Path, head: Head) -> None:
    new = folder / "names.parquet.new"
    with explained(folder), Scan({"vertices": vertices}, memory="400MB", spill=folder) as scan:
        scan.save_vertices(new)
    with explained(folder), Scan({"vertices": new}, memory="400MB", spill=folder) as scan:
        nodes = scan.vertices([], called=vertices[0].name)
        head.repeated = scan.repeated()
    if nodes.number > MOST_NODES:
        raise DataError(f"{nodes.number} domains are more than {MOST_NODES}", "split the graph")
    head.nodes = nodes.number
    new.replace(folder / "names.parquet")
    _done(folder, head, "names")


# --- edges --------------------------------------------------------------------------------------------------

FINE, NO_PAIR, NO_SOURCE, NO_TARGET, UNSORTED = range(5)


@compiled
def _parse(text: Any, nodes: int, last: Any, source: Any, target: Any) -> tuple[int, int, int]:
    """Pairs of numbers from whole lines: how many, bytes used, and what is wrong with the line there."""
    at = count = 0
    end = len(text)
    while at < end:
        begin = at
        one = two = np.int64(0)
        while 48 <= text[at] <= 57 and at - begin < 11:
            one = one * 10 + (text[at] - 48)
            at += 1
        if at == begin or text[at] != 9:
            return count, begin, NO_PAIR
        at += 1
        middle = at
        while 48 <= text[at] <= 57 and at - middle < 11:
            two = two * 10 + (text[at] - 48)
            at += 1
        if at == middle:
            return count, begin, NO_PAIR
        if text[at] == 13:
            at += 1
        if at >= end or text[at] != 10:
            return count, begin, NO_PAIR
        at += 1
        if one >= nodes:
            return count, begin, NO_SOURCE
        if two >= nodes:
            return count, begin, NO_TARGET
        if one < last:
            return count, begin, UNSORTED
        last = one
        source[count] = one
        target[count] = two
        count += 1
    return count, at, FINE


@compiled
def _settle(source: Any, target: Any, offsets: Any, after: Any, written: int) -> int:
    """Each source's targets ascending and once, packed to the front of `target`; the offsets of the nodes
    behind `after` up to the last source.
    """
    kept = first = 0
    while first < len(source):
        node = np.int64(source[first])
        end, ascending = first + 1, True
        while end < len(source) and source[end] == node:
            ascending &= target[end] >= target[end - 1]
            end += 1
        for each in range(after + 1, node + 1):
            offsets[each] = written + kept
        after = node
        if not ascending:
            target[first:end].sort()
        before = np.int64(-1)
        for place in range(first, end):
            if target[place] != before:
                before = np.int64(target[place])
                target[kept] = target[place]
                kept += 1
        first = end
    return kept


@dataclass(slots=True)
class _Note:
    """Where the stream is: all before it is on the disk, and `waiting` are targets of a source that may go
    on.
    """

    part: int = 0
    place: int = 0
    line: int = 0
    links: int = 0
    dropped: int = 0
    settled: int = -1
    source: int = -1


class _Edges:
    """The stage that reads the edges."""

    def __init__(self, edges: Sequence[Path], folder: Path, head: Head, told: Told) -> None:
        self.edges, self.folder, self.head, self.told = edges, folder, head, told
        self.total = sum(part.size for part in head.edges)
        self.note, self.waiting = self._noted()
        self.source = np.empty(0, np.uint32)
        self.target = np.empty(0, np.uint32)

    def run(self) -> None:
        size = 8 * (self.head.nodes + 1)
        offsets_file, targets_file = self.folder / "offsets.u64", self.folder / "targets.u32"
        with explained(self.folder):
            make_room(offsets_file, size)
            self.offsets = np.memmap(offsets_file, np.uint64, "r+")
            targets_file.touch()
            with targets_file.open("r+b", buffering=0) as self.out:
                self.out.truncate(4 * self.note.links)
                self.out.seek(4 * self.note.links)
                self._read()
                self._write(np.full(len(self.waiting), self.note.source, np.uint32), self.waiting)
                os.fsync(self.out.fileno())
            self.offsets[self.note.settled + 1 :] = self.note.links
            self.offsets.flush()
            del self.offsets
        self.head.links, self.head.dropped = self.note.links, self.note.dropped
        _done(self.folder, self.head, "edges")
        (self.folder / "note.npz").unlink(missing_ok=True)

    def _read(self) -> None:
        before = sum(part.size for part in self.head.edges[: self.note.part])
        noted = time.monotonic()
        while self.note.part < len(self.edges):
            path = self.edges[self.note.part]
            for block in blocks(path, self.note.place):
                self._take(block, path)
                self.told(Step("edges", before + block.read, self.total))
                if time.monotonic() - noted >= SECONDS_BETWEEN_NOTES:
                    self._keep_note()
                    noted = time.monotonic()
            before += self.head.edges[self.note.part].size
            self.note.part, self.note.place, self.note.line = self.note.part + 1, 0, 0
            self._keep_note()

    def _take(self, block: Lines, path: Path) -> None:
        text = np.frombuffer(block.text, np.uint8)
        most = len(text) // 4 + 1
        if len(self.source) < most:
            self.source, self.target = np.empty(most, np.uint32), np.empty(most, np.uint32)
        count, used, trouble = _parse(text, self.head.nodes, self.note.source, self.source, self.target)
        if trouble != FINE:
            raise self._refused(block.text[used:].split(b"\n", 1)[0], count, trouble, path)
        self.note.place += used
        self.note.line += count
        self._settle(self.source[:count], self.target[:count])

    def _settle(self, source: NDArray[np.uint32], target: NDArray[np.uint32]) -> None:
        """All but the last source, which may go on in the next block."""
        if len(self.waiting):
            source = np.concatenate([np.full(len(self.waiting), self.note.source, np.uint32), source])
            target = np.concatenate([self.waiting, target])
        whole = int(np.searchsorted(source, source[-1]))
        self.note.source = int(source[-1])
        self.waiting = target[whole:].copy()
        self._write(source[:whole], target[:whole])

    def _write(self, source: NDArray[np.uint32], target: NDArray[np.uint32]) -> None:
        if not len(source):
            return
        kept = _settle(source, target, self.offsets, self.note.settled, self.note.links)
        data = target[:kept].data.cast("B")
        while data:
            data = data[self.out.write(data) :]
        self.note.settled = int(source[-1])
        self.note.links += kept
        self.note.dropped += len(source) - kept

    def _refused(self, line: bytes, count: int, trouble: int, path: Path) -> DataError:
        where = f"{path.name}, line {self.note.line + count + 1:,}: {line[:120].decode('utf-8', 'replace')!r}"
        if trouble == UNSORTED:
            return DataError(
                f"{where} stands behind a line of a higher source: the file is not sorted by source",
                f"use the edges as they are published, or `sort -n -k1,1 -k2,2 {path.name}`",
            )
        if trouble == NO_PAIR:
            return DataError(
                f"{where} is not two ids, separated by a tab", "is this the edges file, and whole?"
            )
        end = "source" if trouble == NO_SOURCE else "target"
        return DataError(
            f"{where} has a {end} beyond the vertices, which end at {self.head.nodes - 1}",
            "vertices and edges are of two releases, or the vertices are cut",
        )

    def _keep_note(self) -> None:
        os.fsync(self.out.fileno())
        self.offsets.flush()
        new = self.folder / "note.new.npz"
        fields = np.array([getattr(self.note, name) for name in _Note.__slots__], np.int64)
        with new.open("wb") as out:
            np.savez(out, note=fields, waiting=self.waiting)
            out.flush()
            os.fsync(out.fileno())
        new.replace(self.folder / "note.npz")

    def _noted(self) -> tuple[_Note, NDArray[np.uint32]]:
        try:
            with np.load(self.folder / "note.npz") as kept:
                return _Note(*(int(each) for each in kept["note"])), kept["waiting"]
        except FileNotFoundError:
            return _Note(), np.empty(0, np.uint32)


def parts_of(given: str, cache: Path | None = None) -> Iterator[Path]:
    """An address, a file, the files of a folder, or those that a pattern matches, as numbered parts follow
    each other.
    """
    path = local_file(given, cache) if "://" in given else Path(given)
    if path.is_file():
        yield path
        return
    found = path.iterdir() if path.is_dir() else path.parent.glob(path.name)
    parts = sorted((each for each in found if each.is_file()), key=_numbered)
    if not parts:
        raise UsageError(
            f"there is no file {given}", "give a file, a folder of parts, or a pattern in quotes"
        )
    yield from parts


def _numbered(path: Path) -> list[tuple[int, str]]:
    return [(int(word), "") if word.isdigit() else (-1, word) for word in re.split(r"(\d+)", path.name)]
