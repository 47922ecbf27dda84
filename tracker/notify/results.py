"""How a try to hand something over ended, by the one thing that matters: may it be tried again?"""

from __future__ import annotations

from dataclasses import dataclass

from tracker.errors import CiteliftError


class LaterError(CiteliftError):
    """It certainly did not arrive, and may the next time."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait
        """Seconds that the other side asks for."""


class RejectedError(CiteliftError):
    """It did not arrive and will not: a wrong address, a bad key."""


class UnclearError(CiteliftError):
    """The line broke after it was handed over: it may have arrived."""


@dataclass(frozen=True)
class Handed:
    """The other side took it."""

    detail: str
