"""Files of a graph as a release has them, for tests."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path


def write_graph(
    folder: Path, names: Iterable[str], edges: Iterable[tuple[int, int]], ending: str = "txt", parts: int = 1
) -> tuple[list[Path], list[Path]]:
    """Vertices, and edges in so many parts."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{place}\t{name}\t{1 + place % 5}\n" for place, name in enumerate(names)]
    lines = [f"{a}\t{b}\n" for a, b in edges]
    size = -(-len(lines) // parts) or 1
    vertices = put(folder / f"g-domain-vertices.{ending}", "".join(rows))
    shares = [lines[first : first + size] for first in range(0, max(len(lines), 1), size)]
    return [vertices], [
        put(folder / f"g-domain-edges-{number}.{ending}", "".join(share))
        for number, share in enumerate(shares)
    ]


def put(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path
