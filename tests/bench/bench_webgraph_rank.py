"""A whole web graph: building and ranking it against bare numba on the same files and arrays, in one run.

`python -m tests.bench.bench_webgraph_rank` is small; `--nodes 5000000 --edges 100000000` is the size that the
ratios are promised for. `--on-disk` makes the arrays directly, without files to read, and ranks them only:
`--nodes 50000000 --edges 1000000000 --on-disk --into FOLDER`.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import numba
import numpy as np

from analysis.webgraph import pagerank as walks
from analysis.webgraph.checkpoints import Checkpoints
from tracker.links.webgraph import arrays, folder
from tracker.links.webgraph.build import Step, build
from tracker.links.webgraph.folder import Head, make_room, write_head

BLOCK = 1 << 18


@numba.njit(cache=True)
def _draw(first: int, last: int, nodes: int, mean: float, seed: int, target: Any, degree: Any) -> int:
    """Out-degrees with a long tail, a third of them 0; targets ascending, each once, a few in most lists."""
    np.random.seed(seed)
    at = 0
    for node in range(first, last):
        number = min(np.random.pareto(1.5) * mean * 0.75, 1e5) if np.random.random() > 0.33 else 0.0
        start = at
        for _ in range(int(number)):
            popular = np.int64(nodes * np.random.random() ** 2.5)
            target[at] = popular * 2_654_435_761 % nodes
            at += 1
        target[start:at].sort()
        kept = start
        for place in range(start, at):
            if place == start or target[place] != target[kept - 1]:
                target[kept] = target[place]
                kept += 1
        degree[node - first] = kept - start
        at = kept
    return at


def drawn(nodes: int, edges: int) -> Iterator[tuple[int, Any, Any]]:
    """Blocks of nodes: the first one, out-degrees and targets."""
    mean = edges / nodes
    room = np.empty(int(BLOCK * mean * 4) + 1_000_000, np.uint32)
    for first in range(0, nodes, BLOCK):
        last = min(first + BLOCK, nodes)
        degree = np.empty(last - first, np.int64)
        count = _draw(first, last, nodes, mean, first + 1, room, degree)
        yield first, degree, room[:count]


def write_files(into: Path, nodes: int, edges: int) -> tuple[Path, Path]:
    vertices, plain = into / "bench-domain-vertices.txt.gz", into / "bench-domain-edges.txt"
    con = duckdb.connect()
    con.execute(
        f"""COPY (SELECT i, 'com.site' || lpad(i::VARCHAR, 9, '0'), 1 + i % 7 FROM range({nodes}) t(i))
            TO '{vertices}' (FORMAT csv, DELIMITER '\t', HEADER false, COMPRESSION gzip)"""
    )
    part = into / "block.csv"
    with plain.open("wb") as out:
        for first, degree, target in drawn(nodes, edges):
            source = np.repeat(np.arange(first, first + len(degree), dtype=np.uint32), degree)
            con.register("block", {"source": source, "target": target})
            con.execute(f"COPY block TO '{part}' (FORMAT csv, DELIMITER '\t', HEADER false)")
            out.write(part.read_bytes())
    part.unlink()
    subprocess.run(["gzip", "-1", plain], check=True)
    return vertices, plain.with_suffix(".txt.gz")


def write_arrays(into: Path, nodes: int, edges: int) -> None:
    """What `build` would leave, the names aside."""
    into.mkdir(parents=True, exist_ok=True)
    make_room(into / "offsets.u64", 8 * (nodes + 1))
    offsets = np.memmap(into / "offsets.u64", np.int64, "r+")
    links = 0
    with (into / "targets.u32").open("wb") as out:
        for first, degree, target in drawn(nodes, edges):
            offsets[first + 1 : first + len(degree) + 1] = links + np.cumsum(degree)
            links += len(target)
            out.write(memoryview(target).cast("B"))
    head = Head("bench", [], [], nodes, links, done=["names", "edges"])
    write_head(into, head)


# --- bare loops ---------------------------------------------------------------------------------------------


@numba.njit(cache=True, nogil=True)
def _bare_parse(text: Any, target: Any, degree: Any) -> int:
    count = at = 0
    while at < len(text):
        one = two = np.int64(0)
        while text[at] != 9:
            one = one * 10 + text[at] - 48
            at += 1
        at += 1
        while text[at] != 10:
            two = two * 10 + text[at] - 48
            at += 1
        at += 1
        degree[one] += 1
        target[count] = two
        count += 1
    return count


def bare_build(edges: Path, into: Path, nodes: int) -> None:
    """No check, no note, no names: unpack, parse, write."""
    degree, rest = np.zeros(nodes, np.int64), b""
    unpack = zlib.decompressobj(31)
    with edges.open("rb") as raw, (into / "bare.u32").open("wb") as out:
        while data := raw.read(1 << 20):
            text = rest + unpack.decompress(data)
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            target = np.empty(end // 4 + 1, np.uint32)
            count = _bare_parse(np.frombuffer(text[:end], np.uint8), target, degree)
            out.write(memoryview(target[:count]).cast("B"))
    np.cumsum(degree).tofile(into / "bare.i64")


@numba.njit(cache=True, nogil=True)
def _bare_step(offsets: Any, targets: Any, now: Any, after: Any) -> float:
    """One iteration and nothing else."""
    dangling, nodes = 0.0, len(now)
    after[:] = 0.0
    for node in range(nodes):
        begin, end = offsets[node], offsets[node + 1]
        if begin == end:
            dangling += now[node]
        for edge in range(begin, end):
            after[targets[edge]] += 0.85 * now[node] / (end - begin)
    change = 0.0
    for node in range(nodes):
        after[node] += (0.85 * dangling + 0.15) / nodes
        change += abs(after[node] - now[node])
    return change


def bare_rank(graph: arrays.WebGraph) -> int:
    now, after = np.full(graph.nodes, 1 / graph.nodes), np.empty(graph.nodes)
    limit = 1e-6 * 0.15 / 0.85
    offsets, targets = np.asarray(graph.offsets), np.asarray(graph.targets)
    rounds = 1
    while _bare_step(offsets, targets, now, after) >= limit:
        now, after = after, now
        rounds += 1
    return rounds


# --- measuring ----------------------------------------------------------------------------------------------


class Memory:
    """Private memory of this process, watched: mapped files are the system's cache, and not in it."""

    def __init__(self) -> None:
        self.peak = self.whole = 0

    def watch(self) -> None:
        while True:
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            self.peak = max(self.peak, int(lines["RssAnon"].split()[0]) // 1024)
            time.sleep(0.02)


@contextmanager
def timed(told: dict[str, tuple[float, float]], name: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    told[name] = (time.perf_counter() - wall, time.process_time() - cpu)


def walk(graph: arrays.WebGraph, into: Path) -> walks.Settled:
    kept = Checkpoints(into / "ranks", "pagerank", {})
    kept.clear()
    found = walks.pagerank(graph, kept)
    kept.clear()
    return found


def compare(into: Path, nodes: int, edges: int, memory: Memory) -> None:
    vertices, links = write_files(into, nodes, edges)
    took: dict[str, tuple[float, float]] = {}
    bare_build(_small(into), into, 10)
    for name, text in (("warm-v.txt", "0\ta\t1\n1\tb\t1\n"), ("warm-e.txt", "0\t1\n")):
        (into / name).write_text(text)
    build([into / "warm-v.txt"], [into / "warm-e.txt"], into / "warm", release="w", transposed=True)
    walk(arrays.opened(into / "warm"), into / "warm")
    bare_rank(arrays.opened(into / "warm"))
    memory.peak = 0
    with timed(took, "bare build"):
        bare_build(links, into, nodes)
    named = 0.0, 0.0
    begun = time.perf_counter(), time.process_time()

    def told(step: Step) -> None:
        nonlocal named
        if step.stage == "names":
            named = time.perf_counter() - begun[0], time.process_time() - begun[1]

    with timed(took, "build"):
        build([vertices], [links], into / "graph", release="bench", told=told)
    graph = arrays.opened(into / "graph")
    print(f"  {graph.nodes:,} nodes, {graph.head.links:,} edges, gz {links.stat().st_size / 1e6:,.0f} MB")
    print(f"  build {took['build'][0]:.1f} s, of it names {named[0]:.1f} s; peak private {memory.peak} MB")
    ours, ours_cpu = (took["build"][i] - named[i] for i in (0, 1))
    bare, bare_cpu = took["bare build"]
    print(
        f"  edges: ours {ours:.1f} s ({ours_cpu:.1f} CPU), bare {bare:.1f} s ({bare_cpu:.1f} CPU), ratio "
        f"{ours / bare:.2f}, CPU {ours_cpu / bare_cpu:.2f} (wanted ≤ 1.30)"
    )
    memory.peak = 0
    with timed(took, "ours"):
        found = walk(graph, into / "graph")
    peak = memory.peak
    with timed(took, "bare"):
        rounds = bare_rank(graph)
    (wall, cpu), (bare_wall, bare_cpu) = took["ours"], took["bare"]
    print(
        f"  PageRank: ours {wall:.1f} s ({cpu:.1f} CPU) in {found.iterations} iterations, bare "
        f"{bare_wall:.1f} s ({bare_cpu:.1f} CPU) in {rounds}, ratio {wall / bare_wall:.2f}, CPU "
        f"{cpu / bare_cpu:.2f} (wanted ≤ 1.30); peak private {peak} MB"
    )


def _small(into: Path) -> Path:
    path = into / "tiny.txt.gz"
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    path.write_bytes(packer.compress(b"0\t1\n") + packer.flush())
    return path


def on_disk(into: Path, nodes: int, edges: int, rounds: int, memory: Memory) -> None:
    took: dict[str, tuple[float, float]] = {}
    if folder.read_head(into) is None:
        with timed(took, "made"):
            write_arrays(into, nodes, edges)
        print(f"  made in {took['made'][0]:.0f} s", flush=True)
    graph = arrays.opened(into)
    print(f"  {graph.nodes:,} nodes, {graph.head.links:,} edges", flush=True)
    _bare_step(np.zeros(2, np.int64), np.zeros(1, np.uint32), np.ones(1), np.ones(1))
    memory.peak = 0
    marks: list[float] = []
    begun = time.perf_counter(), time.process_time()

    def told(done: float, of: float) -> None:
        if done == int(done):
            marks.append(time.perf_counter())
            if len(marks) == rounds:
                raise StopIteration

    kept = Checkpoints(into / "ranks", "pagerank", {})
    kept.clear()
    with suppress(StopIteration):
        walks.pagerank(graph, kept, told=told)
    cpu = (time.process_time() - begun[1]) / len(marks)
    between = np.diff([begun[0], *marks])
    print(
        f"  PageRank: {np.median(between):.1f} s an iteration (least {between.min():.1f}, CPU {cpu:.1f}), "
        f"{1e9 * between.min() / graph.head.links:.1f} ns an edge; peak private {memory.peak} MB",
        flush=True,
    )
    kept.clear()
    now, after = np.full(graph.nodes, 1 / graph.nodes), np.empty(graph.nodes)
    with timed(took, "bare"):
        _bare_step(np.asarray(graph.offsets), np.asarray(graph.targets), now, after)
    wall, bare_cpu = took["bare"]
    print(
        f"  bare numba: {wall:.1f} s for one (CPU {bare_cpu:.1f}); ours takes {cpu / bare_cpu:.2f} of its CPU"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--nodes", type=int, default=200_000)
    words.add_argument("--edges", type=int, default=4_000_000)
    words.add_argument("--into", type=Path)
    words.add_argument("--on-disk", action="store_true")
    words.add_argument("--rounds", type=int, default=5)
    asked = words.parse_args()
    memory = Memory()
    threading.Thread(target=memory.watch, daemon=True).start()
    print(f"webgraph rank: about {asked.nodes:,} nodes and {asked.edges:,} edges")
    with tempfile.TemporaryDirectory(dir=asked.into and asked.into.parent) as name:
        into = asked.into or Path(name)
        into.mkdir(parents=True, exist_ok=True)
        if asked.on_disk:
            on_disk(into, asked.nodes, asked.edges, asked.rounds, memory)
        else:
            compare(into, asked.nodes, asked.edges, memory)


if __name__ == "__main__":
    main()
