"""One invented reply body and all that must be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# (url, the words of the text it is cited for or None where the engine gives no place, title)
Cited = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class Case:
    name: str
    shape: str
    body: dict[str, Any]
    cited: list[Cited] = field(default_factory=list)
    retrieved: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    search_used: bool | None = None
    text: str | None = None
    stop: str | None = None
    problem: str | None = None
    model: str | None = None
    billed: int | None = None
    """Searches that the engine charges for; None where it does not say, which is not none."""
    micros: int | None = None
    domains: list[tuple[str | None, str]] | None = None

    def __str__(self) -> str:
        return f"{self.shape}: {self.name}"
