"""What lift finds in worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.lift.estimate import Checks, LiftTable, lift
from analysis.lift.panel import Panel
from analysis.lift.simulate import Kind, Truth, world

CLAIMS = ("associated within the same question", "goes with fewer mentions")
ENOUGH = 100
LARGE = 0.10


@dataclass(frozen=True)
class Tally:
    """Sums over seeds of one kind of world."""

    kind: str
    seeds: int
    coverage: float
    coverage_planted: float
    false_discovery: float
    discoveries: float
    power: float
    powered: int
    bias: float
    width: float
    numbered: float


def source_facts(panel: Panel, truth: Truth, table: LiftTable) -> np.ndarray:
    """One row per source: truth, exposed, has numbers, covered, claimed, false, lift, width."""
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


def tally(kind: Kind, seeds: Iterable[int], *, checks: Checks = "claims", **sizes: int) -> Tally:
    """Averages over seeds: coverage over sources, false discovery over worlds, power over large lifts."""
    worlds = []
    for seed in seeds:
        panel, truth = world(kind, seed, **sizes)
        worlds.append(source_facts(panel, truth, lift(panel, checks=checks)))
    facts = np.concatenate(worlds)
    known = facts[:, 2] == 1
    real = np.abs(facts[:, 0]) > 1e-12
    large = (facts[:, 1] >= ENOUGH) & (facts[:, 0] >= LARGE)
    wrong = [w[:, 5].sum() / max(w[:, 4].sum(), 1) for w in worlds]
    return Tally(
        kind=kind,
        seeds=len(worlds),
        coverage=_mean(facts[known, 3]),
        coverage_planted=_mean(facts[known & real, 3]),
        false_discovery=float(np.mean(wrong)),
        discoveries=float(np.mean([w[:, 4].sum() for w in worlds])),
        power=_mean(facts[large, 4] * (facts[large, 5] == 0)),
        powered=int(large.sum()),
        bias=_mean(facts[known & real, 6] - facts[known & real, 0]),
        width=_mean(facts[known, 7]),
        numbered=float(known.sum() / len(worlds)),
    )


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def table(tallies: Iterable[Tally]) -> str:
    """The study as a Markdown table."""
    head = (
        "| world | coverage of 95 % intervals | … of planted lifts | false discovery | discoveries "
        "| power, ≥ 100 exposures and ≥ 10 points (sources) | bias of planted, points | width, points |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for t in tallies:
        cells = (
            t.kind,
            _percent(t.coverage),
            _percent(t.coverage_planted),
            _percent(t.false_discovery),
            f"{t.discoveries:.1f}",
            f"{_percent(t.power)} ({t.powered})",
            "–" if np.isnan(t.bias) else f"{100 * t.bias:+.1f}",
            f"{100 * t.width:.1f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.1f} %"
