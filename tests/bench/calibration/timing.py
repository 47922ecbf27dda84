"""What direction and gains say in worlds whose truth is known: verdicts, and what is promised beside what a
link would bring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.lift.direction import DirectionVerdict
from analysis.lift.estimate import LiftTable, lift
from analysis.lift.gains import gains
from analysis.lift.panel import Panel
from analysis.lift.shrinking import sizes
from analysis.lift.simulate import Kind, Truth, world

Bounds = tuple[int, int]
VERDICTS: tuple[DirectionVerdict, ...] = (
    "supports the source",
    "supports selection",
    "not settled",
    "not testable",
)


@dataclass(frozen=True)
class Told:
    """One world. `promises` has a row for each (source, brand) with a gain: gain, low, high, truth."""

    kind: str
    verdict: DirectionVerdict
    links: int
    promises: np.ndarray


def worlds(kind: Kind, seeds: Iterable[int]) -> list[Told]:
    """What is told of one kind of world, a seed each."""
    found = []
    for seed in seeds:
        panel, truth = world(kind, seed)
        found.append(told(kind, panel, truth, lift(panel, checks="claims")))
    return found


def told(kind: str, panel: Panel, truth: Truth, table: LiftTable) -> Told:
    """Gains of every brand, not only the own one, so that few worlds give many."""
    runs = table.direction
    assert runs is not None
    at = {s: i for i, s in enumerate(panel.sources)}
    rows = []
    if runs.verdict == "supports the source":
        for brand in range(len(panel.brands)):
            found = gains(panel, sizes(table.rows), table.works, brand)
            rows += [(g.gain, g.low, g.high, truth.gain[at[s], brand]) for s, g in found.items()]
    return Told(kind, runs.verdict, runs.links, np.array(rows, float).reshape(-1, 4))


def directions(worlds: Sequence[Told]) -> str:
    """Verdicts by kind as a Markdown table."""
    lines = [
        "| world | worlds | links, median | supports the source | … at 10–15 links | … at 20 and more "
        "| supports selection | not settled | not testable |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, mine in _by_kind(worlds):
        at = [_share(mine, verdict) for verdict in VERDICTS]
        few, many = (_share(_between(mine, span), VERDICTS[0]) for span in ((10, 15), (20, 10**6)))
        links = f"{np.median([each.links for each in mine]):.0f}"
        lines.append("| " + " | ".join([kind, str(len(mine)), links, at[0], few, many, *at[1:]]) + " |")
    return "\n".join(lines)


def promises(worlds: Sequence[Told]) -> str:
    """Gains by kind as a Markdown table."""
    lines = [
        "| world | gains (in worlds) | promised ÷ true | interval holds it | without an effect | largest sum "
        "÷ largest true sum |",
        "|---|---|---|---|---|---|",
    ]
    for kind, mine in _by_kind(worlds):
        rows = np.concatenate([each.promises for each in mine])
        if not len(rows):
            lines.append(f"| {kind} | 0 | – | – | – | – |")
            continue
        gain, low, high, true = rows.T
        sums = [(each.promises[:, 0].sum(), each.promises[:, 3].sum()) for each in mine if len(each.promises)]
        cells = (
            kind,
            f"{len(rows)} ({len(sums)})",
            f"{gain.sum() / max(true.sum(), 1e-12):.2f}",
            f"{100 * np.mean((low <= true + 1e-9) & (true <= high + 1e-9)):.0f} %",
            f"{100 * np.mean(true < NOTHING):.0f} %",
            f"{max(a for a, _ in sums) / max(max(b for _, b in sums), 1e-12):.2f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


NOTHING = 1e-6


def _by_kind(worlds: Iterable[Told]) -> list[tuple[str, list[Told]]]:
    kinds: dict[str, list[Told]] = {}
    for each in worlds:
        kinds.setdefault(each.kind, []).append(each)
    return list(kinds.items())


def _between(worlds: Sequence[Told], span: Bounds) -> list[Told]:
    return [each for each in worlds if span[0] <= each.links <= span[1]]


def _share(worlds: Sequence[Told], verdict: DirectionVerdict) -> str:
    if not worlds:
        return "–"
    return f"{100 * np.mean([each.verdict == verdict for each in worlds]):.0f} % ({len(worlds)})"
