"""The study as Markdown tables: of lift, of direction, of gains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.lift.direction import DirectionVerdict
from tests.bench.calibration.study import Told, by_name

ENOUGH = 100
LARGE = 0.10
NOTHING = 1e-6
VERDICTS: tuple[DirectionVerdict, ...] = (
    "supports the source",
    "supports selection",
    "not settled",
    "not testable",
)


@dataclass(frozen=True)
class Tally:
    """Averages over worlds of one name: coverage over sources, false discovery over worlds, power over large
    lifts."""

    name: str
    worlds: int
    coverage: float
    coverage_planted: float
    false_discovery: float
    discoveries: float
    power: float
    powered: int
    bias: float
    width: float
    numbered: float


def tally(worlds: Sequence[Told]) -> Tally:
    """Of worlds of one name."""
    facts = np.concatenate([each.facts for each in worlds])
    known = facts[:, 2] == 1
    real = np.abs(facts[:, 0]) > 1e-12
    large = (facts[:, 1] >= ENOUGH) & (facts[:, 0] >= LARGE)
    claims = [(each.facts[:, 4].sum(), each.facts[:, 5].sum()) for each in worlds]
    return Tally(
        name=worlds[0].name,
        worlds=len(worlds),
        coverage=_mean(facts[known, 3]),
        coverage_planted=_mean(facts[known & real, 3]),
        false_discovery=float(np.mean([wrong / max(all_, 1) for all_, wrong in claims])),
        discoveries=float(np.mean([all_ for all_, _ in claims])),
        power=_mean(facts[large, 4] * (facts[large, 5] == 0)),
        powered=int(large.sum()),
        bias=_mean(facts[known & real, 6] - facts[known & real, 0]),
        width=_mean(facts[known, 7]),
        numbered=float(known.sum() / len(worlds)),
    )


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def lifts(worlds: Iterable[Told]) -> str:
    """Coverage, false discovery and power."""

    def cells(mine: Sequence[Told]) -> list[str]:
        t = tally(mine)
        return [
            _percent(t.coverage),
            _percent(t.coverage_planted),
            _percent(t.false_discovery),
            f"{t.discoveries:.1f}",
            f"{_percent(t.power)} ({t.powered})",
            "–" if np.isnan(t.bias) else f"{100 * t.bias:+.1f}",
            f"{100 * t.width:.1f}",
        ]

    head = (
        "world | coverage of 95 % intervals | … of planted lifts | false discovery | discoveries "
        "| power, ≥ 100 exposures and ≥ 10 points (sources) | bias of planted, points | width, points"
    )
    return _table(head, worlds, cells)


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.1f} %"


def directions(worlds: Iterable[Told]) -> str:
    """Verdicts, and those of worlds with few and with many dated links."""

    def cells(mine: Sequence[Told]) -> list[str]:
        at = [_share(mine, verdict) for verdict in VERDICTS]
        spans = ((10, 15), (20, 10**6))
        few, many = (
            _share([each for each in mine if low <= each.links <= high], VERDICTS[0]) for low, high in spans
        )
        links = f"{np.median([each.links for each in mine]):.0f}"
        return [str(len(mine)), links, at[0], few, many, *at[1:]]

    head = (
        "world | worlds | links, median | supports the source | … at 10–15 links | … at 20 and more "
        "| supports selection | not settled | not testable"
    )
    return _table(head, worlds, cells)


def _share(worlds: Sequence[Told], verdict: DirectionVerdict) -> str:
    if not worlds:
        return "–"
    return f"{100 * np.mean([each.verdict == verdict for each in worlds]):.0f} % ({len(worlds)})"


def promises(worlds: Iterable[Told]) -> str:
    """Gains beside what a link would bring."""

    def cells(mine: Sequence[Told]) -> list[str]:
        rows = np.concatenate([each.promises for each in mine])
        if not len(rows):
            return ["0", *"––––"]
        gain, low, high, true = rows.T
        sums = [(each.promises[:, 0].sum(), each.promises[:, 3].sum()) for each in mine if len(each.promises)]
        return [
            f"{len(rows)} ({len(sums)})",
            f"{gain.sum() / max(true.sum(), 1e-12):.2f}",
            f"{100 * np.mean((low <= true + 1e-9) & (true <= high + 1e-9)):.0f} %",
            f"{100 * np.mean(true < NOTHING):.0f} %",
            f"{max(a for a, _ in sums) / max(max(b for _, b in sums), 1e-12):.2f}",
        ]

    head = (
        "world | gains (in worlds) | promised ÷ true | interval holds it | without an effect | largest sum "
        "÷ largest true sum"
    )
    return _table(head, worlds, cells)


def _table(head: str, worlds: Iterable[Told], cells: Callable[[Sequence[Told]], list[str]]) -> str:
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    for name, mine in by_name(worlds):
        lines.append("| " + " | ".join([name, *cells(mine)]) + " |")
    return "\n".join(lines)
