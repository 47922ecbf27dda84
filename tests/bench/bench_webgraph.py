"""The edges pass against DuckDB's bare scan of the same gz, in one run: `python -m
tests.bench.bench_webgraph`."""

from __future__ import annotations

import argparse
import gzip
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

from tracker.links.webgraph import scan, watched

DOMAINS = 1_000_000
WANTED = 2_000
BLOCK = 500_000


def make(folder: Path, edges: int) -> tuple[Path, Path]:
    """A graph shaped like the open web's: sources in order, targets heavy-tailed."""
    draw = np.random.default_rng(1)
    source = np.sort(draw.integers(0, DOMAINS, edges))
    target = (draw.pareto(0.6, edges) * 50).astype(np.int64) % DOMAINS
    vertices, links = folder / "bench-domain-vertices.txt.gz", folder / "bench-domain-edges.txt.gz"
    with gzip.open(vertices, "wb", compresslevel=6) as out:
        out.writelines(f"{i}\tcom.site{i:07d}\t{1 + i % 7}\n".encode() for i in range(DOMAINS))
    with gzip.open(links, "wb", compresslevel=6) as out:
        for start in range(0, edges, BLOCK):
            pairs = zip(
                source[start : start + BLOCK].tolist(), target[start : start + BLOCK].tolist(), strict=True
            )
            out.write("".join(f"{a}\t{b}\n" for a, b in pairs).encode())
    return vertices, links


def wanted_ids() -> list[int]:
    return sorted({int(i) for i in np.random.default_rng(2).integers(0, DOMAINS, WANTED)})


def bare_scan(links: Path) -> None:
    duckdb.connect().execute(
        """SELECT count(*), sum(source), sum(target) FROM read_csv($1, delim='\t', header=false,
           auto_detect=false, columns={'source': 'BIGINT', 'target': 'BIGINT'})""",
        [str(links)],
    ).fetchall()


def our_pass(vertices: Path, links: Path) -> None:
    """The scan of the edges alone; the two short passes over the vertices are printed with the whole."""
    nodes = scan.Nodes(DOMAINS, {i: f"com.site{i:07d}" for i in wanted_ids()})
    with scan.Scan({"vertices": vertices, "edges": links}) as opened:
        opened.edges(nodes)


def best(work: Callable[[], None], times: int) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--edges", type=int, default=12_000_000)
    words.add_argument("--times", type=int, default=5)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        vertices, links = make(Path(name), asked.edges)
        pairs = [
            (best(lambda: bare_scan(links), 1), best(lambda: our_pass(vertices, links), 1))
            for _ in range(asked.times)
        ]
        bare, ours = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
        whole = best(
            lambda: watched.edges(vertices, links, {f"site{i:07d}.com" for i in wanted_ids()}) and None, 1
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"webgraph edges: {asked.edges:,} edges, {links.name}")
    print(
        f"  bare DuckDB scan {bare:.2f} s, edges pass {ours:.2f} s, ratio {bare / ours:.2f} (wanted ≥ 0.80)"
    )
    print(f"  whole command (vertices twice, edges once) {whole:.2f} s, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
