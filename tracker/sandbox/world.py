"""The fixed facts of a simulated web: its brands and prompts, and what is planted in it.

Everything follows from the arguments of `SimulatedWorld.build`, so a world is the same in every process.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any, Literal, Self, get_args

from tracker.errors import UsageError
from tracker.sandbox.web import PUBLISHERS, Publisher, WebPage, fraction, number, page_about, pages_of

Kind = Literal["planted", "null", "momentum", "varied"]
"""Sources that lift by their links; none that does; rising brands that earn links; and, beside sources that
lift, one that only lists, one that is cited because brands are named, and some that nobody links to yet."""
UNTAPPED = 14
START = date(2026, 3, 2)
WEEKS = 12
DEMO_SEED = 28


@dataclass(frozen=True, slots=True)
class WorldBrand:
    name: str
    domains: tuple[str, ...] = ()
    own: bool = False
    aliases: tuple[str, ...] = ()
    other_meanings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorldPrompt:
    text: str
    topic: str = "general"


@dataclass(frozen=True, slots=True)
class Placement:
    """A link that somebody won: on all pages of the source from that day on."""

    source: str
    brand: str
    first: date


def _brands(rows: Iterable[WorldBrand | Sequence[Any]]) -> tuple[WorldBrand, ...]:
    brands = []
    for row in rows:
        if isinstance(row, WorldBrand):
            brands.append(row)
            continue
        name, domains, own, *rest = row
        brands.append(WorldBrand(name, tuple(domains), bool(own), *map(tuple, rest)))
    return tuple(brands)


@dataclass(frozen=True, eq=False)
class SimulatedWorld:
    brands: tuple[WorldBrand, ...]
    prompts: tuple[WorldPrompt, ...]
    seed: int
    kind: Kind
    start: date
    weeks: int
    placed: tuple[Placement, ...] = ()

    @classmethod
    def build(
        cls,
        brands: Iterable[WorldBrand | Sequence[Any]],
        prompts: Iterable[WorldPrompt | Sequence[str]],
        *,
        seed: int = DEMO_SEED,
        kind: Kind = "planted",
        start: date = START,
        weeks: int = WEEKS,
    ) -> Self:
        if kind not in get_args(Kind):
            raise UsageError(
                f"no kind of world is called {kind!r}", f"use one of {', '.join(get_args(Kind))}"
            )
        if weeks < 1:
            raise UsageError(f"a world of {weeks} weeks has no dates", "give at least one week")
        known = _brands(brands)
        if not known:
            raise UsageError("a world needs at least one brand", "fill in brands.yaml")
        asked = tuple(p if isinstance(p, WorldPrompt) else WorldPrompt(*p) for p in prompts)
        return cls(known, asked, seed, kind, start, weeks)

    def spec(self) -> dict[str, object]:
        """JSON-able arguments: `SimulatedWorld.from_spec` builds the same world in another process."""
        return {
            "brands": [asdict(b) for b in self.brands],
            "prompts": [[p.text, p.topic] for p in self.prompts],
            "seed": self.seed,
            "kind": self.kind,
            "start": self.start.isoformat(),
            "weeks": self.weeks,
            "placed": [[x.source, x.brand, x.first.isoformat()] for x in self.placed],
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        lists = ("domains", "aliases", "other_meanings")
        brands = [WorldBrand(**(row | {k: tuple(row[k]) for k in lists})) for row in spec["brands"]]
        when = date.fromisoformat(spec["start"])
        kind: Kind = spec["kind"]
        world = cls.build(
            brands, spec["prompts"], seed=spec["seed"], kind=kind, start=when, weeks=spec["weeks"]
        )
        placed = (Placement(s, b, date.fromisoformat(day)) for s, b, day in spec.get("placed", ()))
        return world.placing(placed)

    def placing(self, links: Iterable[Placement]) -> Self:
        """The same world, in which these links were won too."""
        return replace(self, placed=(*self.placed, *links))

    # The fixed facts of a world

    @cached_property
    def sources(self) -> tuple[Publisher, ...]:
        return tuple(source for source, _ in PUBLISHERS)

    @cached_property
    def topics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p.topic for p in self.prompts)) or ("general",)

    @cached_property
    def end(self) -> date:
        return self.start + timedelta(weeks=self.weeks)

    @cached_property
    def served_changes_on(self) -> date:
        """From this day the chat engine is served by its next model, with somewhat other tastes."""
        return self.start + timedelta(weeks=math.ceil(self.weeks / 2))

    @cached_property
    def popularity(self) -> tuple[float, ...]:
        """Mean chance of being named; the sum stays at three brands an answer or under."""
        order = sorted(
            range(len(self.brands)), key=lambda b: fraction(self.seed, "rank", self.brands[b].name)
        )
        rank = {b: i for i, b in enumerate(order)}
        own = next((i for i, b in enumerate(self.brands) if b.own), None)
        if own is not None and len(order) > 2:  # an own brand at either end makes a dull demo
            other = order[len(order) // 2]
            rank[own], rank[other] = rank[other], rank[own]
        n = len(self.brands)
        raw = [0.1 + 0.32 * (1 - rank[b] / max(1, n - 1)) for b in range(n)]
        scale = min(1.0, 3.0 / sum(raw))
        return tuple(max(0.03, r * scale) for r in raw)

    def affinity(self, source: int, topic: str) -> float:
        publisher, general = PUBLISHERS[source]
        if general or source in self.at_work:
            return 0.7 + 0.3 * fraction(self.seed, "fond", publisher.domain, topic)
        near = fraction(self.seed, "fond", publisher.domain, topic)
        return 1.0 if near < 0.34 or len(self.topics) == 1 else 0.08

    @cached_property
    def lifts(self) -> dict[int, float]:
        """Source → planted lift in probability: 0.15 to 0.34."""
        if self.kind not in ("planted", "varied"):
            return {}
        rng = Random(number(self.seed, "lifts"))
        middling = [i for i, s in enumerate(self.sources) if 50 <= s.rating <= 84]
        chosen = rng.sample(middling, rng.randint(6, 9))
        steps = [0.15 + 0.19 * i / (len(chosen) - 1) for i in range(len(chosen))]
        return {s: round(x, 3) for s, x in zip(chosen, steps, strict=True)}

    @cached_property
    def crowd_pleasers(self) -> dict[int, float]:
        """Sources whose citation goes with more of *every* brand: nothing for a link to be credited with."""
        rng = Random(number(self.seed, "crowd"))
        few = min(1.0, 8 / len(self.brands))
        free = [i for i in range(len(self.sources)) if i not in self.lifts and self.sources[i].rating >= 60]
        return dict(zip(rng.sample(free, 2), (0.07 * few, 0.1 * few), strict=True))

    @cached_property
    def _spare(self) -> list[int]:
        """Sources of a varied world that have no part yet, in an order of their own."""
        if self.kind != "varied":
            return []
        taken = self.lifts.keys() | self.crowd_pleasers.keys()
        free = [i for i, s in enumerate(self.sources) if i not in taken and s.rating >= 40]
        return Random(number(self.seed, "parts")).sample(free, min(len(free), UNTAPPED + 2))

    @cached_property
    def listing(self) -> dict[int, float]:
        """Source → points for each brand that its pages name; a link on them adds nothing."""
        return dict.fromkeys(self._spare[:1], 0.2)

    @cached_property
    def selected(self) -> dict[int, float]:
        """Source → chance that an answer cites it for naming a brand that it links to."""
        return dict.fromkeys(self._spare[1:2], 0.2)

    @cached_property
    def untapped(self) -> dict[int, float]:
        """Source → lift of its links, which nobody has until somebody wins one."""
        return dict.fromkeys(self._spare[2:], 0.24)

    @cached_property
    def at_work(self) -> frozenset[int]:
        """Sources with a part: all topics know them."""
        return frozenset(self.lifts) | frozenset(self._spare)

    @cached_property
    def listed(self) -> dict[int, tuple[int, ...]]:
        """Source that lists → brands that its pages name, the first half of them with a link."""
        n = len(self.brands)
        return {
            s: tuple(Random(number(self.seed, "listed", s)).sample(range(n), max(1, n // 2)))
            for s in self.listing
        }

    @cached_property
    def rising(self) -> dict[int, float]:
        """Brand → points gained over the period, in a world where that is why they are linked."""
        if self.kind != "momentum":
            return {}
        lower = sorted(range(len(self.brands)), key=lambda b: self.popularity[b])[
            : max(1, len(self.brands) * 2 // 3)
        ]
        rng = Random(number(self.seed, "rising"))
        return dict.fromkeys(rng.sample(lower, min(len(lower), max(1, len(self.brands) // 3))), 0.28)

    def pages(self, s: int, topic: str) -> tuple[WebPage, ...]:
        shelf = pages_of(self.sources[s], topic, self.start.year)
        pick = number(self.seed, "about", self.sources[s].domain, topic)
        if pick % 3 or s in self.listing:
            return shelf
        return (
            *shelf,
            page_about(
                self.sources[s], self.brands[pick // 3 % len(self.brands)].name, topic, self.start.year
            ),
        )


def moment(text: str) -> datetime:
    """An ISO 8601 instant with a zone, or a bare date, as aware UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
