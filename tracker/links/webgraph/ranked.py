"""The ranks of a built graph: a Parquet file a metric (name, value, position), and what it was made with."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tracker.errors import UsageError
from tracker.links.webgraph.arrays import WebGraph
from tracker.links.webgraph.folder import explained, replace_text

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class RankPosition:
    value: float
    position: int
    """1 is the highest value; equal values follow the order of the vertices."""


def folder_of(graph: WebGraph) -> Path:
    return graph.folder / "ranks"


def file_of(graph: WebGraph, metric: str) -> Path:
    return folder_of(graph) / f"{metric}.parquet"


def metrics(graph: WebGraph) -> list[str]:
    return sorted(path.stem for path in folder_of(graph).glob("*.parquet"))


def made_with(graph: WebGraph, metric: str) -> dict[str, Any] | None:
    note = file_of(graph, metric).with_suffix(".json")
    return dict(json.loads(note.read_text())) if note.exists() and file_of(graph, metric).exists() else None


def save(graph: WebGraph, metric: str, values: Floats, made: dict[str, Any]) -> None:
    """All nodes in their own order, so that names stand as sorted as in the release."""
    position = np.empty(len(values), np.uint32)
    position[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1, dtype=np.uint32)
    path = file_of(graph, metric)
    new = path.with_suffix(".parquet.new")
    with explained(graph.folder), duckdb.connect(config={"memory_limit": "600MB"}) as con:
        path.with_suffix(".json").unlink(missing_ok=True)
        con.register("ranked", {"value": values, "position": position})
        con.execute(
            f"""COPY (SELECT name, value, position FROM read_parquet({_quoted(graph.names)})
                      POSITIONAL JOIN ranked) TO {_quoted(new)} (FORMAT parquet)"""  # noqa: S608
        )
        new.replace(path)
        replace_text(path.with_suffix(".json"), json.dumps(made))


def values_of(graph: WebGraph, metric: str) -> NDArray[np.float64]:
    found = duckdb.execute("SELECT value FROM read_parquet($1)", [str(_known(graph, metric))]).fetchnumpy()
    return np.asarray(found["value"], np.float64)


def places(
    graph: WebGraph, metric: str, names: Collection[str]
) -> tuple[dict[str, RankPosition], tuple[str, ...]]:
    """reversed name → its better place, and the names that stand in the release more than once."""
    rows = duckdb.execute(
        """SELECT name, arg_min(value, position), min(position), count(*) FROM read_parquet($1)
           WHERE name IN (SELECT unnest($2::VARCHAR[])) GROUP BY name ORDER BY name""",
        [str(_known(graph, metric)), list(names)],
    ).fetchall()
    known = {str(name): RankPosition(float(value), int(position)) for name, value, position, _ in rows}
    return known, tuple(str(name) for name, _, _, count in rows if count > 1)


def _known(graph: WebGraph, metric: str) -> Path:
    path = file_of(graph, metric)
    if not path.exists():
        raise UsageError(
            f"the graph in {graph.folder} has no {metric}",
            f"citelift webgraph rank --metric {metric} --graph {graph.folder}",
        )
    return path


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
