"""A release's files become arrays: the same whatever they are packed in and however often the build is
killed."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.shared import ROOT, shared
from tests.tracker.links.webgraph.graphs import put, write_graph
from tracker.errors import CiteliftError, DataError, UsageError
from tracker.links.webgraph import build as building
from tracker.links.webgraph import compiled, text
from tracker.links.webgraph.arrays import WebGraph, edge_blocks, opened
from tracker.links.webgraph.build import build, parts_of
from tracker.links.webgraph.folder import explained

NAMES = [f"com.site{n:04d}" for n in range(300)]


def random_edges(nodes: int = 300, edges: int = 4_000, seed: int = 3) -> list[tuple[int, int]]:
    """Heavy-tailed, with self-links and a third of the nodes without out-links."""
    draw = np.random.default_rng(seed)
    source = draw.integers(0, 2 * nodes // 3, edges)
    target = (draw.pareto(0.8, edges) * 4).astype(np.int64) % nodes
    return sorted(set(zip(source.tolist(), target.tolist(), strict=True)))


def pairs_of(graph: WebGraph) -> list[tuple[int, int]]:
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.offsets))
    return list(zip(source.tolist(), np.asarray(graph.targets).tolist(), strict=True))


def turned(graph: WebGraph) -> list[tuple[int, int]]:
    assert graph.in_offsets is not None
    assert graph.sources is not None
    target = np.repeat(np.arange(graph.nodes), np.diff(graph.in_offsets))
    return list(zip(target.tolist(), np.asarray(graph.sources).tolist(), strict=True))


@pytest.mark.parametrize(("ending", "parts"), [("txt", 1), ("txt.gz", 1), ("txt", 3), ("txt.gz", 4)])
def test_a_graph_is_the_same_however_its_files_are_packed_and_cut(
    tmp_path: Path, ending: str, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "BLOCK", 1_000)
    monkeypatch.setattr(text, "RAW", 333)
    edges = random_edges()
    head = build(
        *write_graph(tmp_path, NAMES, edges, ending, parts), tmp_path / "g", release="r", transposed=True
    )
    assert (head.nodes, head.links, head.dropped, head.repeated) == (300, len(edges), 0, 0)
    graph = opened(tmp_path / "g")
    assert pairs_of(graph) == edges
    assert turned(graph) == sorted((b, a) for a, b in edges)
    assert graph.ids(["com.site0007", "com.nowhere"]) == {7: "com.site0007"}


def test_the_transpose_is_right_where_targets_fill_several_buckets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """65,536 neighbouring targets share a bucket."""
    nodes = 140_000
    draw = np.random.default_rng(5)
    pairs = np.unique(draw.integers(0, nodes, (20_000, 2)), axis=0)
    edges = [(int(a), int(b)) for a, b in pairs]
    build(
        *write_graph(tmp_path, (f"n{n}" for n in range(nodes)), edges),
        tmp_path / "g",
        release="r",
        transposed=True,
    )
    assert turned(opened(tmp_path / "g")) == sorted((b, a) for a, b in edges)


def test_a_pair_said_twice_counts_once_and_targets_need_no_order(tmp_path: Path) -> None:
    edges = [(0, 3), (0, 1), (0, 3), (0, 0), (2, 1), (2, 1)]
    head = build(*write_graph(tmp_path, "abcde", edges), tmp_path / "g", release="r")
    assert pairs_of(opened(tmp_path / "g")) == [(0, 0), (0, 1), (0, 3), (2, 1)]
    assert (head.links, head.dropped) == (4, 2)


def test_one_source_may_fill_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BLOCK", 40)
    edges = [(1, n) for n in range(200)] + [(2, 0)]
    build(*write_graph(tmp_path, NAMES, edges), tmp_path / "g", release="r")
    assert pairs_of(opened(tmp_path / "g")) == edges


def test_common_crawl_s_own_layout_is_built(tmp_path: Path) -> None:
    files = [shared(f"data/link_exports/cc-tiny-domain-{kind}.txt.gz") for kind in ("vertices", "edges")]
    head = build([files[0]], [files[1]], tmp_path / "g", release="cc-tiny", transposed=True)
    assert (head.nodes, head.links) == (10, 15)
    lines = shared("data/link_exports/cc-tiny-domain-edges.txt").read_text().splitlines()
    assert [f"{a}\t{b}" for a, b in pairs_of(opened(tmp_path / "g"))] == lines


def test_names_that_stand_twice_are_counted_sorted_or_not(tmp_path: Path) -> None:
    for number, (names, twice) in enumerate([("aabcdd", 2), ("dabcda", 2), ("abcdef", 0)]):
        head = build(
            *write_graph(tmp_path / f"f{number}", names, [(0, 1)]), tmp_path / f"g{number}", release="r"
        )
        assert head.repeated == twice


# --- what is refused ----------------------------------------------------------------------------------------

FIRST = "".join(f"{n}\t{n + 1}\n" for n in range(100))
LATER = "".join(f"{n}\t1\n" for n in range(100, 200))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (FIRST + "50\t3\n" + LATER, "line 101: '50\\t3' stands behind a line of a higher source"),
        (FIRST + "100\t3\t9\n" + LATER, "line 101: '100\\t3\\t9' is not two ids"),
        (FIRST + "100\n" + LATER, "line 101: '100' is not two ids"),
        (FIRST + "\n" + LATER, "line 101: '' is not two ids"),
        (FIRST + "100\t-1\n" + LATER, "line 101"),
        (FIRST + "100\t99999999999999999999\n", "line 101"),
        (
            FIRST + "100\t300\n" + LATER,
            "line 101: '100\\t300' has a target beyond the vertices, which end at 299",
        ),
        (FIRST + "300\t1\n", "has a source beyond the vertices"),
        (FIRST + LATER[:-1], "its last line has no end"),
        ("0\tcom.acme\t5\n", "looks like the vertices file"),
        ("", "is empty"),
        ("<html>", "is a web page"),
    ],
)
def test_a_damaged_edges_file_is_refused_by_line(tmp_path: Path, lines: str, words: str) -> None:
    vertices, _ = write_graph(tmp_path, NAMES, [])
    refused(lambda: build(vertices, [put(tmp_path / "e.txt", lines)], tmp_path / "g", release="r"), words)


def test_an_unsorted_second_part_is_refused_by_its_own_line(tmp_path: Path) -> None:
    vertices, _ = write_graph(tmp_path, NAMES, [])
    parts = [put(tmp_path / "e-1.txt", "0\t1\n9\t2\n"), put(tmp_path / "e-2.txt", "9\t3\n8\t1\n")]
    refused(lambda: build(vertices, parts, tmp_path / "g", release="r"), "e-2.txt, line 2")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("0\ta\t1\n2\tb\t1\n", "line 2: ids do not count up from 0"),
        ("0\ta\t1\n" * 30, "line 2: ids do not count up"),
        ("".join(f"{n}\ta{n}\t1\n" for n in range(30)) + "30\tb\n", "line 31"),
        ("0\t1\n", "looks like the edges file"),
    ],
)
def test_damaged_vertices_are_refused_by_line(tmp_path: Path, rows: str, words: str) -> None:
    links = put(tmp_path / "e.txt", "0\t0\n")
    refused(lambda: build([put(tmp_path / "v.txt", rows)], [links], tmp_path / "g", release="r"), words)


def test_a_gz_that_is_cut_or_broken_is_refused_and_one_of_several_members_is_whole(tmp_path: Path) -> None:
    vertices, _ = write_graph(tmp_path, NAMES, [])
    whole = "".join(f"{n // 1000}\t{n * 7 % 300}\n" for n in range(200_000))
    packed = gzip.compress(whole.encode())
    path = tmp_path / "e.txt.gz"
    for damaged in (packed[:-100], packed[: len(packed) // 2], packed[:4000] + b"\xff" * 50 + packed[4050:]):
        path.write_bytes(damaged)
        refused(lambda: build(vertices, [path], tmp_path / "g", release="r"), "middle of its compressed data")
        (tmp_path / "g" / "graph.json").unlink()
        (tmp_path / "g" / "note.npz").unlink(missing_ok=True)
    half = len(whole) // 2
    path.write_bytes(gzip.compress(whole[:half].encode()) + gzip.compress(whole[half:].encode()) + b"\0" * 99)
    assert build(vertices, [path], tmp_path / "g", release="r").links == 200 * 300


def test_a_folder_holds_one_graph_and_is_found_done(tmp_path: Path) -> None:
    files = write_graph(tmp_path, NAMES, random_edges())
    build(*files, tmp_path / "g", release="r")
    before = (tmp_path / "g" / "targets.u32").stat().st_mtime_ns
    build(*files, tmp_path / "g", release="r", transposed=True)
    assert (tmp_path / "g" / "targets.u32").stat().st_mtime_ns == before
    assert opened(tmp_path / "g").sources is not None
    refused(lambda: build(*files, tmp_path / "g", release="s"), "built from other files", UsageError)
    refused(lambda: opened(tmp_path / "none"), "no web graph is built", UsageError)


def test_who_has_no_numba_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    refused(lambda: compiled.compiled(lambda: 1)(), "citelift[webgraph]", UsageError)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full"),
        (OSError("Not enough free space to write 40000000 bytes after offset 128"), "is full"),
        (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), "is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be used"),
    ],
)
def test_a_full_disk_is_said_in_words_that_a_tmpfs_of_30_mb_gave(error: Exception, words: str) -> None:
    def fails() -> None:
        with explained(Path("g")):
            raise error

    refused(fails, words)


def test_blocks_of_nodes_cover_all_nodes_once() -> None:
    for degrees in ([0, 0, 0], [5], [1, 9, 0, 2, 2, 0], [3] * 50):
        offsets = np.concatenate([[0], np.cumsum(degrees)])
        blocks = list(edge_blocks(offsets, 4))
        assert (blocks[0][0], blocks[-1][1]) == (0, len(degrees))
        assert all(one[1] == two[0] for one, two in pairwise(blocks))


def test_parts_follow_each_other_by_number(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        (tmp_path / f"part-{number}.txt").write_text("x")
    expected = ["part-1.txt", "part-9.txt", "part-10.txt"]
    for given in (str(tmp_path), str(tmp_path / "part-*")):
        assert [path.name for path in parts_of(given)] == expected
    refused(lambda: list(parts_of(str(tmp_path / "x*"))), "there is no file", UsageError)


def refused(work: Callable[[], object], words: str, kind: type[CiteliftError] = DataError) -> None:
    with pytest.raises(kind) as error:
        work()
    assert words in str(error.value)


# --- deaths -------------------------------------------------------------------------------------------------

BUILD = """
import sys, time
from pathlib import Path
from tracker.links.webgraph import build, text
text.BLOCK = text.RAW = 4_000
build.SECONDS_BETWEEN_NOTES = 0.0
taking = build._Edges._take
def slowly(self, block, path):
    time.sleep(0.02)
    taking(self, block, path)
build._Edges._take = slowly
def told(step):
    print(step.stage, step.done, flush=True)
edges = [Path(each) for each in sys.argv[3:]]
build.build([Path(sys.argv[1])], edges, Path(sys.argv[2]), release="r", told=told)
"""


def started(folder: Path, vertices: list[Path], edges: list[Path]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BUILD, *map(str, (vertices[0], folder, *edges))]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_killed_build_goes_on_and_a_second_one_is_refused_meanwhile(tmp_path: Path) -> None:
    edges = random_edges(300, 60_000)
    files = write_graph(tmp_path, NAMES, edges, "txt.gz", parts=2)
    process = started(tmp_path / "g", *files)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("edges") and (tmp_path / "g" / "note.npz").exists():
            break
    refused(lambda: build(*files, tmp_path / "g", release="r"), "another process", UsageError)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with np.load(tmp_path / "g" / "note.npz") as note:
        assert 0 < note["note"][3] < len(edges)
    head = build(*files, tmp_path / "g", release="r", transposed=True)
    graph = opened(tmp_path / "g")
    assert pairs_of(graph) == edges
    assert turned(graph) == sorted((b, a) for a, b in edges)
    assert head.links == len(edges)
    assert not list((tmp_path / "g").glob("note*"))


def test_what_was_written_behind_the_last_note_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source whose targets straddle the note, in no order, is the case that a naive note loses."""
    monkeypatch.setattr(text, "BLOCK", 60)
    monkeypatch.setattr(building, "SECONDS_BETWEEN_NOTES", 0.0)
    draw = np.random.default_rng(1)
    edges = [(n // 40, int(draw.integers(0, 300))) for n in range(600)]
    files = write_graph(tmp_path, NAMES, edges)
    taking = building._Edges._take
    deaths, left = 0, 0

    def dying(self, block, path):  # type: ignore[no-untyped-def]
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        taking(self, block, path)

    monkeypatch.setattr(building._Edges, "_take", dying)
    while True:
        left = 4
        try:
            build(*files, tmp_path / "g", release="r")
            break
        except KeyboardInterrupt:
            deaths += 1
    assert deaths >= 5
    assert pairs_of(opened(tmp_path / "g")) == sorted(set(edges))
