"""prompts × engines × repeats → planned asks, with what they may cost, whether the budget allows it, and how
small a change the rates could detect. Nothing is asked and nothing is written.

Detectable change. A rate over m prompts, asked r times each, compared between two runs on the same prompts:
the standard error of the difference is sqrt(2 v (1 + (r - 1) ρ) / (m r)), where v is the variance of one
answer around its prompt's own rate and ρ the share of it that repeats of one run have in common. With 80 %
power at the 5 % level the smallest change seen is (1.96 + 0.84) standard errors. Repeats help little when ρ
is large; prompts always help. Where no prompt was asked in two runs yet, v is p (1 - p) and ρ counts what
prompts have in common too: too large rather than too small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tracker.catalog import Catalog, EngineEntry, PromptEntry
from tracker.engines import hosts
from tracker.engines.calls import call_for, missing_keys
from tracker.engines.places import remarks
from tracker.engines.prices import USUAL_SEARCHES, ceiling
from tracker.errors import EngineError

Z_POWER = 1.959964 + 0.841621
UNPRICED_MICROS = 100_000
"""Set aside for an ask whose model no price list knows."""
Verdict = Literal["within budget", "over budget", "no budget set"]


@dataclass(frozen=True)
class Observed:
    """What earlier runs of an engine say: rate, intraclass correlation of repeats, and the usual cost of an
    ask."""

    rate: float
    intraclass: float
    cost_micros: int | None
    answers: int
    variance: float | None = None
    """Of one answer around its prompt's own rate; None where no prompt was asked in two runs."""


NOTHING_OBSERVED = Observed(rate=0.3, intraclass=0.5, cost_micros=None, answers=0)
NOTHING_CITED = Observed(rate=0.15, intraclass=0.5, cost_micros=None, answers=0)
"""Pages of one brand are cited more seldom than its name is named."""


@dataclass(frozen=True)
class Detectable:
    repeats: int
    change: float
    """Smallest detectable difference between two runs, as a share (0.08 = 8 points)."""


@dataclass(frozen=True)
class EnginePlan:
    name: str
    model: str
    prompts: int
    repeats: int
    ceiling_micros: int
    """The most one ask is expected to cost; set aside before it is sent."""
    priced: bool
    likely_micros: int | None
    """What a whole run usually cost, from earlier runs."""
    budget_micros: int | None
    missing_keys: tuple[str, ...]
    searches: bool
    elsewhere: tuple[str, ...]
    """Hosts other than its vendor's to which it is asked, because the environment allows them."""
    detectable: tuple[Detectable, ...]
    """Of the mention rate."""
    detectable_citations: tuple[Detectable, ...]
    """Of the citation rate."""
    observed: Observed
    usual_micros: int = 0
    """What one ask costs with the usual number of searches, by the price list."""
    places: tuple[str, ...] = ()
    """What is to be said of the places from which it is asked."""

    @property
    def asks(self) -> int:
        return self.prompts * self.repeats

    @property
    def most_micros(self) -> int:
        return self.asks * self.ceiling_micros

    @property
    def verdict(self) -> Verdict:
        if self.budget_micros is None:
            return "no budget set"
        expected = self.asks * self.usual_micros if self.likely_micros is None else self.likely_micros
        return "within budget" if expected <= self.budget_micros else "over budget"


@dataclass(frozen=True)
class Plan:
    workspace: str
    engines: tuple[EnginePlan, ...]
    runs_per_month: float

    @property
    def asks(self) -> int:
        return sum(engine.asks for engine in self.engines)

    @property
    def most_micros(self) -> int:
        return sum(engine.most_micros for engine in self.engines)

    @property
    def likely_micros(self) -> int:
        return sum(e.most_micros if e.likely_micros is None else e.likely_micros for e in self.engines)

    @property
    def missing_keys(self) -> tuple[str, ...]:
        return tuple(sorted({name for engine in self.engines for name in engine.missing_keys}))


def make(
    catalog: Catalog,
    *,
    observed: Mapping[str, Observed] | None = None,
    cited: Mapping[str, Observed] | None = None,
    runs_per_month: float = 52 / 12,
) -> Plan:
    """`observed` is what is known of each engine's mention rate, `cited` of its citation rate."""
    named, linked = observed or {}, cited or {}
    engines = tuple(
        _engine(
            entry,
            catalog.prompts,
            named.get(entry.name, NOTHING_OBSERVED),
            linked.get(entry.name, NOTHING_CITED),
        )
        for entry in catalog.engines
    )
    return Plan(catalog.workspace, engines, runs_per_month)


def _engine(
    entry: EngineEntry, prompts: tuple[PromptEntry, ...], observed: Observed, cited: Observed
) -> EnginePlan:
    call = call_for(entry.model)
    if problem := hosts.refusal(call, entry.model, entry.options):
        raise EngineError(problem, hosts.WAY_OUT)
    most = [ceiling(call, entry.model, prompt.text, entry.options) for prompt in prompts]
    known = [micros for micros in most if micros is not None]
    usual = [ceiling(call, entry.model, p.text, entry.options, most=USUAL_SEARCHES) for p in prompts]
    asks = len(prompts) * entry.repeats
    return EnginePlan(
        name=entry.name,
        model=entry.model,
        prompts=len(prompts),
        repeats=entry.repeats,
        ceiling_micros=max(known) if known else UNPRICED_MICROS,
        priced=bool(known),
        likely_micros=None if observed.cost_micros is None else observed.cost_micros * asks,
        budget_micros=entry.budget_micros,
        missing_keys=tuple(missing_keys(entry.model)),
        searches=call.searches,
        elsewhere=hosts.elsewhere(call, entry.model, entry.options),
        detectable=_detectable(len(prompts), entry.repeats, observed),
        detectable_citations=_detectable(len(prompts), entry.repeats, cited),
        observed=observed,
        usual_micros=max(filter(None, usual), default=UNPRICED_MICROS),
        places=tuple(remarks(call, entry.options, [prompt.country for prompt in prompts])),
    )


def _detectable(prompts: int, repeats: int, seen: Observed) -> tuple[Detectable, ...]:
    """For the present repeats, half and twice as many."""
    counts = sorted({max(1, repeats // 2), repeats, repeats * 2})
    return tuple(Detectable(count, detectable_change(prompts, count, seen)) for count in counts)


def detectable_change(prompts: int, repeats: int, seen: Observed) -> float:
    """Smallest change of a rate that two runs on the same prompts would show with 80 % power; see the
    module."""
    if prompts < 1 or repeats < 1:
        return math.inf
    variance = seen.rate * (1 - seen.rate) if seen.variance is None else seen.variance
    spread = variance * (1 + (repeats - 1) * seen.intraclass)
    return min(1.0, Z_POWER * math.sqrt(2 * spread / (prompts * repeats)))


def order(prompts: int, engines: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """(repeat, prompt index, engine id) in asking order: a run that stops early has still asked every
    prompt."""
    for repeat in range(max(engines.values(), default=0)):
        for prompt in range(prompts):
            for engine, repeats in engines.items():
                if repeat < repeats:
                    yield repeat, prompt, engine
