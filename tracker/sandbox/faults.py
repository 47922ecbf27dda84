"""What goes wrong, how often, and for whom: decided by ask and attempt, never by the order of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, Self, get_args

from tracker.errors import UsageError
from tracker.sandbox.web import fraction

Fault = Literal[
    "429", "500", "503", "timeout", "truncated", "empty", "wrong_type", "slow", "reset", "no_search"
]
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(frozen=True, slots=True)
class Faults:
    """Rates in [0, 1] that add up to at most one; times in seconds."""

    http_429: float = 0.0
    http_500: float = 0.0
    http_503: float = 0.0
    timeout: float = 0.0
    truncated: float = 0.0
    empty: float = 0.0
    wrong_type: float = 0.0
    slow: float = 0.0
    reset: float = 0.0
    no_search: float = 0.0
    retry_after: float = 1.0
    hang: float = 600.0
    drip: float = 3.0
    latency: float = 0.0
    only_first_attempts: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        rates = self.rates()
        for name, rate in rates.items():
            if not 0 <= rate <= 1:
                raise UsageError(f"fault {name!r} has the rate {rate}", "give a number from 0 to 1")
        if sum(rates.values()) > 1 + 1e-9:
            raise UsageError(
                f"the fault rates add up to {sum(rates.values()):.2f}", "let them add up to 1 at most"
            )
        if min(self.retry_after, self.hang, self.drip, self.latency) < 0:
            raise UsageError("a fault has a negative time", "give seconds, 0 or more")

    def rates(self) -> dict[Fault, float]:
        return {f: getattr(self, f"http_{f}" if f.isdigit() else f) for f in FAULTS}

    def draw(self, ask: str, attempt: int) -> Fault | None:
        if self.only_first_attempts is not None and attempt > self.only_first_attempts:
            return None
        left = fraction(self.seed, "fault", ask, attempt)
        for fault, rate in self.rates().items():
            left -= rate
            if left < 0:
                return fault
        return None

    def wait(self, ask: str, attempt: int) -> float:
        """Seconds an answer takes: the latency, give or take half of it."""
        return self.latency * (0.5 + fraction(self.seed, "wait", ask, attempt)) if self.latency else 0.0

    def says_date(self, ask: str, attempt: int) -> bool:
        """Whether Retry-After is an HTTP date this time, and not seconds."""
        return fraction(self.seed, "date", ask, attempt) < 0.5

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """From names as people write them: `429`, `http_429`, `wrong-type`, `latency` …"""
        known = {f.name for f in fields(cls)}
        faults: dict[str, float | int | None] = {}
        for key, value in values.items():
            name = key.strip().replace("-", "_")
            name = f"http_{name}" if name.isdigit() else name
            if name not in known:
                raise UsageError(f"no fault is called {key!r}", f"use {', '.join((*FAULTS, *_TIMES))}")
            faults[name] = _number(key, value, whole=name in ("seed", "only_first_attempts"))
        return replace(cls(), **faults)  # type: ignore[arg-type]

    @classmethod
    def parse(cls, text: str) -> Self:
        """`429=0.1,500=0.05,latency=0.2`"""
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        return cls.of({name: value for name, _, value in pairs})


_TIMES = ("retry_after", "hang", "drip", "latency", "only_first_attempts", "seed")


def _number(key: str, value: object, *, whole: bool) -> float | int | None:
    if value is None:
        return None
    try:
        return int(str(value)) if whole else float(str(value))
    except ValueError:
        raise UsageError(
            f"fault {key!r} has the value {value!r}", "write it as name=number, e.g. 429=0.1"
        ) from None
