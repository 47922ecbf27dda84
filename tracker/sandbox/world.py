"""A simulated web with the truth written in: who links to whom, who is cited, and what a citation does.

Everything follows from the arguments of `World.build`. An answer follows from (seed, engine, prompt, date,
repeat) alone, so the order and the concurrency of requests change nothing and a re-run reproduces.
The chance that an answer names a brand is a sum on the probability scale, so that a linear probability
model with the fixed effects of the headline method is the right model for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, Literal, Self, get_args

from tracker.errors import UsageError
from tracker.sandbox.linkgraph import LinkFiles, backlinks, brand_links, write_links
from tracker.sandbox.prose import Passage, Phrases
from tracker.sandbox.web import PUBLISHERS, Link, Page, Source, fraction, number, page_about, pages_of, slug

Kind = Literal["planted", "null", "momentum"]
START = date(2026, 3, 2)
WEEKS = 12
DEMO_SEED = 28

# The bounds of the linear scale: few enough probabilities touch them that planted lifts stay what they are.
_FLOOR, _CEILING, _BASE_CEILING = 0.01, 0.98, 0.46
_SEARCH_ENGINES = ("chat", "perplexity", "anthropic")


@dataclass(frozen=True, slots=True)
class Brand:
    name: str
    domains: tuple[str, ...] = ()
    own: bool = False
    aliases: tuple[str, ...] = ()
    other_meanings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    topic: str = "general"


@dataclass(frozen=True, slots=True)
class Ask:
    """What decides an answer. `repeat` is the repeat, or the ask's own key where no repeat is told."""

    engine: str
    prompt: str
    day: date
    repeat: str
    search: bool = True
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    key: int
    engine: str
    prompt: str
    day: date
    searched: bool
    searches: tuple[str, ...]
    retrieved: tuple[Page, ...]
    passages: tuple[Passage, ...]
    named: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def cited(self) -> tuple[Page, ...]:
        """The pages the answer points at, each occurrence, in reading order."""
        return tuple(self.retrieved[i] for p in self.passages for i in p.cites)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What one (engine, prompt) always has: base chances and the pages in reach."""

    topic: str
    base: tuple[float, ...]
    pages: tuple[tuple[Page, ...], ...]
    sources: tuple[int, ...]
    effort: tuple[float, ...]
    asked_about: tuple[int, ...]


def _cut(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


def _brands(rows: Iterable[Brand | Sequence[Any]]) -> tuple[Brand, ...]:
    found = []
    for row in rows:
        if isinstance(row, Brand):
            found.append(row)
            continue
        name, domains, own, *rest = row
        found.append(Brand(name, tuple(domains), bool(own), *map(tuple, rest)))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class World:
    brands: tuple[Brand, ...]
    prompts: tuple[Prompt, ...]
    seed: int
    kind: Kind
    start: date
    weeks: int
    _settings: dict[tuple[str, str], _Setting] = field(default_factory=dict, repr=False)
    _trends: dict[tuple[str, int], tuple[float, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def build(
        cls,
        brands: Iterable[Brand | Sequence[Any]],
        prompts: Iterable[Prompt | Sequence[str]],
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
        asked = tuple(p if isinstance(p, Prompt) else Prompt(*p) for p in prompts)
        return cls(known, asked, seed, kind, start, weeks)

    def spec(self) -> dict[str, object]:
        """JSON-able arguments: `World.from_spec` builds the same world in another process."""
        return {
            "brands": [asdict(b) for b in self.brands],
            "prompts": [[p.text, p.topic] for p in self.prompts],
            "seed": self.seed,
            "kind": self.kind,
            "start": self.start.isoformat(),
            "weeks": self.weeks,
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        lists = ("domains", "aliases", "other_meanings")
        brands = [Brand(**{**row, **{k: tuple(row[k]) for k in lists}}) for row in spec["brands"]]
        when = date.fromisoformat(spec["start"])
        kind: Kind = spec["kind"]
        return cls.build(
            brands, spec["prompts"], seed=spec["seed"], kind=kind, start=when, weeks=spec["weeks"]
        )

    # The fixed facts of a world

    @cached_property
    def sources(self) -> tuple[Source, ...]:
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
        if general or source in self.lifts:
            return 0.7 + 0.3 * fraction(self.seed, "fond", publisher.domain, topic)
        near = fraction(self.seed, "fond", publisher.domain, topic)
        return 1.0 if near < 0.34 or len(self.topics) == 1 else 0.08

    @cached_property
    def lifts(self) -> dict[int, float]:
        """Source → planted lift in probability: 0.15 to 0.34."""
        if self.kind != "planted":
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
    def rising(self) -> dict[int, float]:
        """Brand → points gained over the period, in a world where that is why they are linked."""
        if self.kind != "momentum":
            return {}
        lower = sorted(range(len(self.brands)), key=lambda b: self.popularity[b])[
            : max(1, len(self.brands) * 2 // 3)
        ]
        rng = Random(number(self.seed, "rising"))
        return dict.fromkeys(rng.sample(lower, min(len(lower), max(1, len(self.brands) // 3))), 0.28)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        return brand_links(self)

    def backlinks(self) -> list[dict[str, str]]:
        return backlinks(self)

    def write_links(self, folder: Path) -> LinkFiles:
        return write_links(self, folder)

    @cached_property
    def _link_dates(self) -> dict[int, dict[int, list[tuple[date, date | None]]]]:
        """Planted source → brand → spells in which some link from it is live."""
        at = {s.domain: i for i, s in enumerate(self.sources)}
        of = {b.name: i for i, b in enumerate(self.brands)}
        spells: dict[int, dict[int, list[tuple[date, date | None]]]] = {s: {} for s in self.lifts}
        for link in self.links:
            if at.get(link.source) in spells:
                spells[at[link.source]].setdefault(of[link.brand], []).append((link.first_seen, link.lost_at))
        return spells

    def truth(self) -> dict[str, object]:
        """What an estimator should find: JSON-able."""
        planted = [
            {
                "source": self.sources[s].domain,
                "lift": lift,
                "brands": sorted(self.brands[b].name for b in spells),
            }
            for s, lift in sorted(self.lifts.items(), key=lambda kv: -kv[1])
            for spells in [self._link_dates[s]]
        ]
        return {
            "kind": self.kind,
            "seed": self.seed,
            "start": self.start.isoformat(),
            "weeks": self.weeks,
            "sources": [s.domain for s in self.sources],
            "planted": planted,
            "lifts_every_brand": [
                {"source": self.sources[s].domain, "lift": x} for s, x in self.crowd_pleasers.items()
            ],
            "rising": [{"brand": self.brands[b].name, "points": x} for b, x in self.rising.items()],
            "popularity": {b.name: round(p, 4) for b, p in zip(self.brands, self.popularity, strict=True)},
            "served_model_change": {"engine": "chat", "from": self.served_changes_on.isoformat()},
        }

    # One answer

    @cached_property
    def _topic_of(self) -> dict[str, str]:
        return {_plain(p.text): p.topic for p in self.prompts}

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases(name for b in self.brands for name in (b.name, *b.aliases))

    @cached_property
    def _names(self) -> tuple[re.Pattern[str], ...]:
        def pattern(b: Brand) -> re.Pattern[str]:
            either = "|".join(re.escape(n) for n in (b.name, *b.aliases))
            return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)

        return tuple(pattern(b) for b in self.brands)

    def _setting(self, engine: str, prompt: str) -> _Setting:
        found = self._settings.get((engine, prompt))
        if found is None:
            if len(self._settings) > 50_000:
                self._settings.clear()
            found = self._settings[engine, prompt] = self._make_setting(engine, prompt)
        return found

    def _make_setting(self, engine: str, prompt: str) -> _Setting:
        topic = (
            self._topic_of.get(_plain(prompt)) or self.topics[number(self.seed, prompt) % len(self.topics)]
        )
        shared = Random(number(self.seed, "setting", prompt))
        alone = Random(number(self.seed, "setting", engine, prompt))
        asked_about = tuple(i for i, name in enumerate(self._names) if name.search(prompt))
        base = []
        for i, brand in enumerate(self.brands):
            fit = fraction(self.seed, "fit", brand.name, topic) - 0.5
            taste = fraction(self.seed, "taste", brand.name, engine) - 0.5
            known = self.popularity[i]
            luck = shared.gauss(0, 0.06) + alone.gauss(0, 0.03)
            level = known * (1 + 0.5 * fit + 0.4 * taste) + min(1.0, 5 * known) * luck
            base.append(0.95 if i in asked_about else _cut(level, min(0.04, known), _BASE_CEILING))
        weights = [
            self._reach(s, topic, engine) * math.exp(shared.gauss(0, 0.45)) for s in range(len(self.sources))
        ]
        near = sorted(range(len(weights)), key=lambda s: -weights[s])[:30]
        return _Setting(
            topic,
            tuple(base),
            tuple(self.pages(s, topic) for s in near),
            tuple(near),
            tuple(1 / weights[s] for s in near),
            asked_about,
        )

    def _reach(self, s: int, topic: str, engine: str) -> float:
        publisher = self.sources[s]
        taste = math.exp(1.1 * (fraction(self.seed, "reach", publisher.domain, engine) - 0.5))
        return self.affinity(s, topic) * math.exp(0.022 * publisher.rating) * taste

    def pages(self, s: int, topic: str) -> tuple[Page, ...]:
        shelf = pages_of(self.sources[s], topic, self.start.year)
        pick = number(self.seed, "about", self.sources[s].domain, topic)
        if pick % 3:
            return shelf
        return (
            *shelf,
            page_about(
                self.sources[s], self.brands[pick // 3 % len(self.brands)].name, topic, self.start.year
            ),
        )

    def _week(self, day: date) -> int:
        return (day - self.start).days // 7

    def _trend(self, engine: str, week: int) -> tuple[float, ...]:
        found = self._trends.get((engine, week))
        if found is None:
            found = self._trends[engine, week] = tuple(
                self._trend_of(b, engine, week) for b in range(len(self.brands))
            )
        return found

    def _trend_of(self, b: int, engine: str, week: int) -> float:
        name = self.brands[b].name
        drift = min(0.08, self.popularity[b]) * (fraction(self.seed, "week", name, engine, week) - 0.5)
        if engine == "chat" and self.start + timedelta(weeks=week) >= self.served_changes_on:
            drift += min(0.12, self.popularity[b]) * (fraction(self.seed, "served", name) - 0.5)
        return drift + self.rising.get(b, 0.0) * _cut((week + 1) / self.weeks, 0.0, 1.0)

    def answer(self, ask: Ask) -> Answer:
        # Days count from the start, so that a world moved to other dates gives the same answers.
        since = (ask.day - self.start).days
        key = number(self.seed, ask.engine, _plain(ask.prompt), since, ask.repeat, ask.search)
        rng = Random(key)
        here = self._setting(ask.engine, ask.prompt)
        lazy = rng.random() < 0.03
        searched = ask.search and (ask.forced or not lazy)
        retrieved, sources, cited = self._search(rng, here) if searched else ((), (), ())
        named = self._named(rng, here, ask, {sources[i] for i in cited})
        retrieved, cited = self._own_pages(rng, retrieved, cited, named) if cited else (retrieved, cited)
        absent = tuple(i for i in here.asked_about if i not in named)
        passages = self._write(rng, retrieved, cited, named, absent)
        searches: tuple[str, ...] = ()
        if searched:
            searches = self._phrases.searches(
                rng, ask.prompt, here.topic, ask.day.year, 1 + int(rng.random() < 0.35)
            )
        return Answer(
            key,
            ask.engine,
            ask.prompt,
            ask.day,
            searched,
            searches,
            retrieved,
            passages,
            tuple(self.brands[b].name for b in named),
            tuple(self.brands[b].name for b in absent),
        )

    def _search(
        self, rng: Random, here: _Setting
    ) -> tuple[tuple[Page, ...], tuple[int, ...], tuple[int, ...]]:
        """Efraimidis and Spirakis: the largest u^(1/w) are a weighted sample without replacement."""
        draw = rng.random
        keyed = sorted(((draw() ** e, i) for i, e in enumerate(here.effort)), reverse=True)
        picked = [i for _, i in keyed[: rng.randint(7, 9)]]
        pages = [here.pages[i][int(draw() * len(here.pages[i]))] for i in picked]
        sources = [here.sources[i] for i in picked]
        if draw() < 0.12:  # two pages of one publisher in one list
            spare = [p for p in here.pages[picked[0]] if p != pages[0]]
            if spare:
                pages.append(spare[0])
                sources.append(sources[0])
        count = 0 if draw() < 0.03 else rng.choice((3, 4, 4, 5, 5, 6))
        return (
            tuple(pages),
            tuple(sources),
            tuple(sorted(rng.sample(range(len(pages)), min(count, len(pages))))),
        )

    def _named(self, rng: Random, here: _Setting, ask: Ask, cited: set[int]) -> tuple[int, ...]:
        """Indexes of the brands the answer names, the likeliest first."""
        general = min(0.1, 1 / len(self.brands)) * (rng.random() - 0.5) + sum(
            x for s, x in self.crowd_pleasers.items() if s in cited
        )
        trend = self._trend(ask.engine, self._week(ask.day))
        chance = [b + t + general for b, t in zip(here.base, trend, strict=True)]
        for s in cited & self.lifts.keys():
            for b, spells in self._link_dates[s].items():
                if any(first <= ask.day and (lost is None or ask.day < lost) for first, lost in spells):
                    chance[b] += self.lifts[s]
        named = [b for b, p in enumerate(chance) if rng.random() < _cut(p, _FLOOR, _CEILING)]
        return tuple(sorted(named, key=lambda b: -(chance[b] + rng.gauss(0, 0.12))))

    def _own_pages(
        self, rng: Random, retrieved: tuple[Page, ...], cited: tuple[int, ...], named: tuple[int, ...]
    ) -> tuple[tuple[Page, ...], tuple[int, ...]]:
        """Named brands' own pages are cited too; now and then one is read and nothing comes of it."""
        for b, brand in enumerate(self.brands):
            roll = rng.random()
            if not brand.domains or roll >= (0.16 if b in named else 0.02):
                continue
            page = brand_page(brand, int(roll * 1000))
            retrieved = (*retrieved, page)
            if b in named or roll < 0.008:
                cited = (*cited, len(retrieved) - 1)
        return retrieved, cited

    def _write(
        self,
        rng: Random,
        retrieved: tuple[Page, ...],
        cited: tuple[int, ...],
        named: tuple[int, ...],
        absent: tuple[int, ...],
    ) -> tuple[Passage, ...]:
        spoken = [self._spoken(rng, b) for b in named]
        unknown = [self.brands[b].name for b in absent]
        parts = self._phrases.compose(rng, spoken, unknown, self._traps(rng))
        slots: list[list[int]] = [[] for _ in parts]
        body = range(1, len(parts))
        for page in cited:
            slots[self._slot(rng, retrieved[page], parts, named, body)].append(page)
            if rng.random() < 0.15:  # the same page credited a second time
                slots[rng.choice(body)].append(page)
        return tuple(
            Passage(text, tuple(dict.fromkeys(pages)), tail)
            for (text, tail, _), pages in zip(parts, slots, strict=True)
        )

    def _slot(
        self,
        rng: Random,
        page: Page,
        parts: Sequence[tuple[str, str, int | None]],
        named: tuple[int, ...],
        body: range,
    ) -> int:
        """Credit stands, as a rule, beside a brand that the publisher links to."""
        beside = [k for k in body if (i := parts[k][2]) is not None and named[i] in self._linked(page.domain)]
        return rng.choice(beside) if beside and rng.random() < 0.7 else rng.choice(body)

    @cached_property
    def _linked_brands(self) -> dict[str, frozenset[int]]:
        of = {b.name: i for i, b in enumerate(self.brands)}
        found: dict[str, set[int]] = {d: {i} for i, b in enumerate(self.brands) for d in b.domains}
        for link in self.links:
            found.setdefault(link.source, set()).add(of[link.brand])
        return {domain: frozenset(brands) for domain, brands in found.items()}

    def _linked(self, domain: str) -> frozenset[int]:
        return self._linked_brands.get(domain, frozenset())

    def _spoken(self, rng: Random, b: int) -> str:
        brand = self.brands[b]
        return rng.choice(brand.aliases) if brand.aliases and rng.random() < 0.2 else brand.name

    def _traps(self, rng: Random) -> list[str]:
        """Words that look like a brand and are none."""
        if rng.random() >= 0.02:
            return []
        brand = rng.choice(self.brands)
        if brand.other_meanings:
            return [f"(Not to be confused with the {rng.choice(brand.other_meanings)}.)"]
        if brand.name.isascii() and brand.name.isalpha() and len(brand.name) > 4:
            return [f"Some call the older approach {brand.name}ification."]
        return []


def _plain(text: str) -> str:
    return " ".join(text.split())


def brand_page(brand: Brand, n: int) -> Page:
    domain = brand.domains[n % len(brand.domains)]
    host = domain if domain.count(".") > 1 else f"www.{domain}"
    path, title = (
        ("/", "{b}"),
        ("/pricing", "{b} pricing"),
        (f"/blog/why-{slug(brand.name)}?utm_source=news", "Why {b}"),
        ("/features", "{b} features"),
    )[n % 4]
    return Page(f"https://{host}{path}", title.format(b=brand.name), domain, "")


def moment(text: str) -> datetime:
    """An ISO 8601 instant with a zone, or a bare date, as aware UTC."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
