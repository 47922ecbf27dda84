"""What every reader of files gives: records, and what was none of them and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reject:
    """One row that was not taken: where, why, and how it begins."""

    line: int
    reason: str
    fragment: str = ""

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "reason": self.reason, "fragment": self.fragment}


@dataclass(frozen=True)
class Batch:
    """Rows of one block: their line numbers, their cells by column, and what was no row."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    rejects: list[Reject]

    @property
    def rows(self) -> list[tuple[str, ...]]:
        return list(zip(*self.columns, strict=True))


def fragment(text: str) -> str:
    """The beginning of a row, safe to store and to show."""
    plain = "".join(c if c.isprintable() else " " for c in text[:160])
    return plain + ("…" if len(text) > 160 else "")
