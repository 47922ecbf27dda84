"""The lift ladder: reach, lift and who is linked, of every source at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.lift.estimate import LiftRow, LiftTable


@dataclass(frozen=True)
class Rung:
    """One source: how many answers cite it of how many, its lift, and the brands it links to."""

    row: LiftRow
    cited: int
    of: int
    linked: frozenset[str]
    gain: float | None

    @property
    def reach(self) -> float:
        return self.cited / self.of if self.of else 0.0


def rungs(
    table: LiftTable, cited: Mapping[str, int], of: int, linked: Mapping[str, frozenset[str]]
) -> tuple[Rung, ...]:
    """Those with the largest supported gain first, then claims in the order of their surety, then others.

    `cited`: by source, the answers that cite it, out of `of`; `linked`: the brands that it links to.
    """
    found = [
        Rung(
            row,
            int(cited.get(row.source, 0)),
            of,
            linked.get(row.source, frozenset()),
            table.gains[row.source].gain if row.source in table.gains else None,
        )
        for row in table.rows
    ]
    return tuple(sorted(found, key=lambda rung: (-(rung.gain or 0.0), not rung.row.goes_with_more)))
