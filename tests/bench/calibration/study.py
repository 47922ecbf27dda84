"""What lift, direction and gains say in worlds whose truth is known: one pass gives all three."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from analysis.lift.estimate import Checks, LiftTable, lift
from analysis.lift.gains import gains
from analysis.lift.panel import Panel
from analysis.lift.shrinking import sizes
from analysis.lift.simulate import Kind, Truth, world

CLAIMS = ("associated within the same question", "goes with fewer mentions")
WORLDS: dict[str, tuple[Kind, dict[str, int]]] = {kind: (kind, {}) for kind in get_args(Kind)} | {
    "planted, 3 brands": ("planted", {"brands": 3}),
    "planted, 15 brands": ("planted", {"brands": 15}),
    "uneven, 12 prompts": ("uneven", {"prompts": 12}),
}


@dataclass(frozen=True)
class Told:
    """One world.

    Attributes
    ----------
    facts : ndarray, shape (S, 8)
        A row per source: truth, exposed, has numbers, covered, claimed, false, lift, width.
    promises : ndarray, shape (n, 4)
        A row for each (source, brand) with a gain: gain, low, high, truth.
    warned : bool
        Whether a warning stands beside the table.
    """

    name: str
    seed: int
    facts: np.ndarray
    verdict: str
    links: int
    promises: np.ndarray
    warned: bool


def source_facts(panel: Panel, truth: Truth, table: LiftTable) -> np.ndarray:
    """`Told.facts`."""
    at = {s: i for i, s in enumerate(panel.sources)}
    out = np.full((len(panel.sources), 8), np.nan)
    for row in table.rows:
        s = at[row.source]
        true = float(np.nan_to_num(truth.lift[s]))
        known = row.lift is not None
        claimed = row.verdict in CLAIMS
        right = known and row.lift * true > 0
        covered = row.low <= true <= row.high if known else np.nan
        width = row.high - row.low if known else np.nan
        found = row.lift if known else np.nan
        out[s] = true, truth.exposed[s], known, covered, claimed, claimed and not right, found, width
    return out


def promised(panel: Panel, truth: Truth, table: LiftTable) -> np.ndarray:
    """Gains of every brand, not only the own one, so that few worlds give many."""
    rows: list[tuple[float, ...]] = []
    if table.alike is not None and table.held is not None:
        at = {s: i for i, s in enumerate(panel.sources)}
        for brand in range(len(panel.brands)):
            found = gains(panel, sizes(table.rows), table.works, brand, table.alike, table.held)
            rows += [(g.gain, g.low, g.high, truth.gain[at[s], brand]) for s, g in found.items()]
    return np.array(rows, float).reshape(-1, 4)


def told(name: str, seed: int, *, checks: Checks = "claims", **chosen: int) -> Told:
    """What is told of one world; `chosen` sizes replace the world's own."""
    kind, usual = WORLDS[name]
    panel, truth = world(kind, seed, **{**usual, **chosen})
    table = lift(panel, checks=checks)
    runs = table.direction
    return Told(
        name,
        seed,
        source_facts(panel, truth, table),
        "" if runs is None else runs.verdict,
        0 if runs is None else runs.links,
        promised(panel, truth, table),
        bool(table.warnings),
    )


def kept(path: Path) -> list[Told]:
    """Worlds of an earlier pass, from its file of JSON lines."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [_told(json.loads(line)) for line in lines]


def keep(told: Told, path: Path) -> None:
    """One line more."""
    with path.open("a") as file:
        file.write(json.dumps(asdict(told), default=np.ndarray.tolist) + "\n")


def _told(line: dict[str, Any]) -> Told:
    arrays = {"facts": (-1, 8), "promises": (-1, 4)}
    return Told(**line | {name: np.array(line[name], float).reshape(shape) for name, shape in arrays.items()})


def study(names: Sequence[str], seeds: Iterable[int], path: Path | None) -> Iterator[Told]:
    """Every world, seed by seed; those that the file holds are not made again."""
    known = {(each.name, each.seed): each for each in (kept(path) if path else ())}
    for seed in seeds:
        for name in names:
            each = known.get((name, seed)) or told(name, seed)
            if path and (name, seed) not in known:
                keep(each, path)
            yield each


def by_name(worlds: Iterable[Told]) -> list[tuple[str, list[Told]]]:
    """Worlds of one name together."""
    names: dict[str, list[Told]] = {}
    for each in worlds:
        names.setdefault(each.name, []).append(each)
    return list(names.items())
