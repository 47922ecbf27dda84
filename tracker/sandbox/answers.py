"""The answers that a simulated world's engines give, and what a citation does to them.

An answer follows from (seed, engine, prompt, date, repeat) alone, so the order and the concurrency of
requests change nothing and a re-run reproduces. The chance that an answer names a brand is a sum on the
probability scale, so that a linear probability model with the fixed effects of the headline method is the
right model for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random

from tracker.sandbox.linkgraph import Spell, brand_links, live, planted_spells, spells_of
from tracker.sandbox.prose import Passage, Phrases
from tracker.sandbox.web import WebPage, fraction, number, slug
from tracker.sandbox.world import SimulatedWorld, WorldBrand

# The bounds of the linear scale: few enough probabilities touch them that planted lifts stay what they are.
_FLOOR, _CEILING, _BASE_CEILING = 0.01, 0.98, 0.46


@dataclass(frozen=True, slots=True)
class WorldAsk:
    """What decides an answer. `repeat` is the repeat, or the ask's own key where no repeat is told."""

    engine: str
    prompt: str
    day: date
    repeat: str
    search: bool = True
    forced: bool = False


@dataclass(frozen=True, slots=True)
class WorldAnswer:
    key: int
    engine: str
    prompt: str
    day: date
    searched: bool
    searches: tuple[str, ...]
    retrieved: tuple[WebPage, ...]
    passages: tuple[Passage, ...]
    named: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def cited(self) -> tuple[WebPage, ...]:
        """The pages the answer points at, each occurrence, in reading order."""
        return tuple(self.retrieved[i] for p in self.passages for i in p.cites)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What one (engine, prompt) always has: base chances and the pages in reach."""

    topic: str
    base: tuple[float, ...]
    pages: tuple[tuple[WebPage, ...], ...]
    sources: tuple[int, ...]
    effort: tuple[float, ...]
    asked_about: tuple[int, ...]


def _cut(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


class WorldAnswers:
    """What a world answers; it remembers what stays the same from answer to answer."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world
        self._settings: dict[tuple[str, str], _Setting] = {}
        self._trends: dict[tuple[str, int], tuple[float, ...]] = {}

    @cached_property
    def _spells(self) -> dict[int, dict[int, list[Spell]]]:
        return planted_spells(self.world)

    @cached_property
    def _drawn_by(self) -> dict[int, dict[int, list[Spell]]]:
        return spells_of(self.world, self.world.selected)

    @cached_property
    def _listed_since(self) -> dict[int, dict[int, list[Spell]]]:
        """Source that lists → brand → spells in which its pages name it: those of a link, if any."""
        linked = spells_of(self.world, self.world.listed)
        return {
            s: {b: linked[s].get(b) or [(date.min, None)] for b in brands}
            for s, brands in self.world.listed.items()
        }

    @cached_property
    def _topic_of(self) -> dict[str, str]:
        return {_plain(p.text): p.topic for p in self.world.prompts}

    @cached_property
    def _phrases(self) -> Phrases:
        return Phrases(name for b in self.world.brands for name in (b.name, *b.aliases))

    @cached_property
    def _names(self) -> tuple[re.Pattern[str], ...]:
        def pattern(b: WorldBrand) -> re.Pattern[str]:
            either = "|".join(re.escape(n) for n in (b.name, *b.aliases))
            return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)

        return tuple(pattern(b) for b in self.world.brands)

    def _setting(self, engine: str, prompt: str) -> _Setting:
        setting = self._settings.get((engine, prompt))
        if setting is None:
            if len(self._settings) > 50_000:
                self._settings.clear()
            setting = self._settings[engine, prompt] = self._make_setting(engine, prompt)
        return setting

    def _make_setting(self, engine: str, prompt: str) -> _Setting:
        topic = (
            self._topic_of.get(_plain(prompt))
            or self.world.topics[number(self.world.seed, prompt) % len(self.world.topics)]
        )
        shared = Random(number(self.world.seed, "setting", prompt))
        alone = Random(number(self.world.seed, "setting", engine, prompt))
        asked_about = tuple(i for i, name in enumerate(self._names) if name.search(prompt))
        base = []
        for i, brand in enumerate(self.world.brands):
            fit = fraction(self.world.seed, "fit", brand.name, topic) - 0.5
            taste = fraction(self.world.seed, "taste", brand.name, engine) - 0.5
            known = self.world.popularity[i]
            luck = shared.gauss(0, 0.06) + alone.gauss(0, 0.03)
            level = known * (1 + 0.5 * fit + 0.4 * taste) + min(1.0, 5 * known) * luck
            base.append(0.95 if i in asked_about else _cut(level, min(0.04, known), _BASE_CEILING))
        weights = [
            self._reach(s, topic, engine) * math.exp(shared.gauss(0, 0.45))
            for s in range(len(self.world.sources))
        ]
        near = sorted(range(len(weights)), key=lambda s: -weights[s])[:30]
        return _Setting(
            topic,
            tuple(base),
            tuple(self.world.pages(s, topic) for s in near),
            tuple(near),
            tuple(1 / weights[s] for s in near),
            asked_about,
        )

    def _reach(self, s: int, topic: str, engine: str) -> float:
        publisher = self.world.sources[s]
        taste = math.exp(1.1 * (fraction(self.world.seed, "reach", publisher.domain, engine) - 0.5))
        return self.world.affinity(s, topic) * math.exp(0.022 * publisher.rating) * taste

    def _week(self, day: date) -> int:
        return (day - self.world.start).days // 7

    def _trend(self, engine: str, week: int) -> tuple[float, ...]:
        trend = self._trends.get((engine, week))
        if trend is None:
            trend = self._trends[engine, week] = tuple(
                self._trend_of(b, engine, week) for b in range(len(self.world.brands))
            )
        return trend

    def _trend_of(self, b: int, engine: str, week: int) -> float:
        name = self.world.brands[b].name
        drift = min(0.08, self.world.popularity[b]) * (
            fraction(self.world.seed, "week", name, engine, week) - 0.5
        )
        if engine == "chat" and self.world.start + timedelta(weeks=week) >= self.world.served_changes_on:
            drift += min(0.12, self.world.popularity[b]) * (fraction(self.world.seed, "served", name) - 0.5)
        return drift + self.world.rising.get(b, 0.0) * _cut((week + 1) / self.world.weeks, 0.0, 1.0)

    def answer(self, ask: WorldAsk) -> WorldAnswer:
        # Days count from the start, so that a world moved to other dates gives the same answers.
        since = (ask.day - self.world.start).days
        key = number(self.world.seed, ask.engine, _plain(ask.prompt), since, ask.repeat, ask.search)
        rng = Random(key)
        here = self._setting(ask.engine, ask.prompt)
        lazy = rng.random() < 0.03
        searched = ask.search and (ask.forced or not lazy)
        retrieved, sources, cited = self._search(rng, here) if searched else ((), (), ())
        named = self._named(rng, here, ask, {sources[i] for i in cited})
        if searched:
            retrieved, cited = self._drawn_in(rng, here, ask.day, retrieved, sources, cited, named)
        retrieved, cited = self._own_pages(rng, retrieved, cited, named) if cited else (retrieved, cited)
        absent = tuple(i for i in here.asked_about if i not in named)
        passages = self._write(rng, retrieved, cited, named, absent)
        searches: tuple[str, ...] = ()
        if searched:
            searches = self._phrases.searches(
                rng, ask.prompt, here.topic, ask.day.year, 1 + int(rng.random() < 0.35)
            )
        return WorldAnswer(
            key,
            ask.engine,
            ask.prompt,
            ask.day,
            searched,
            searches,
            retrieved,
            passages,
            tuple(self.world.brands[b].name for b in named),
            tuple(self.world.brands[b].name for b in absent),
        )

    def _search(
        self, rng: Random, here: _Setting
    ) -> tuple[tuple[WebPage, ...], tuple[int, ...], tuple[int, ...]]:
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

    def _named(self, rng: Random, here: _Setting, ask: WorldAsk, cited: set[int]) -> tuple[int, ...]:
        """Indexes of the brands the answer names, the likeliest first."""
        general = min(0.1, 1 / len(self.world.brands)) * (rng.random() - 0.5) + sum(
            x for s, x in self.world.crowd_pleasers.items() if s in cited
        )
        trend = self._trend(ask.engine, self._week(ask.day))
        chance = [b + t + general for b, t in zip(here.base, trend, strict=True)]
        for points, since in (
            (self.world.lifts | self.world.untapped, self._spells),
            (self.world.listing, self._listed_since),
        ):
            for s in sorted(cited & points.keys()):
                for b, spells in since[s].items():
                    if live(spells, ask.day):
                        chance[b] += points[s]
        named = [b for b, p in enumerate(chance) if rng.random() < _cut(p, _FLOOR, _CEILING)]
        return tuple(sorted(named, key=lambda b: -(chance[b] + rng.gauss(0, 0.12))))

    def _drawn_in(
        self,
        rng: Random,
        here: _Setting,
        day: date,
        retrieved: tuple[WebPage, ...],
        sources: tuple[int, ...],
        cited: tuple[int, ...],
        named: tuple[int, ...],
    ) -> tuple[tuple[WebPage, ...], tuple[int, ...]]:
        """Selection: a source is cited because the answer names a brand that it links to."""
        there = {sources[i] for i in cited}
        for s, pull in self.world.selected.items():
            if s not in there and any(
                live(self._drawn_by[s].get(b, ()), day) and rng.random() < pull for b in named
            ):
                retrieved = (*retrieved, rng.choice(self.world.pages(s, here.topic)))
                cited = (*cited, len(retrieved) - 1)
        return retrieved, cited

    def _own_pages(
        self, rng: Random, retrieved: tuple[WebPage, ...], cited: tuple[int, ...], named: tuple[int, ...]
    ) -> tuple[tuple[WebPage, ...], tuple[int, ...]]:
        """Named brands' own pages are cited too; now and then one is read and nothing comes of it."""
        for b, brand in enumerate(self.world.brands):
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
        retrieved: tuple[WebPage, ...],
        cited: tuple[int, ...],
        named: tuple[int, ...],
        absent: tuple[int, ...],
    ) -> tuple[Passage, ...]:
        spoken = [self._spoken(rng, b) for b in named]
        unknown = [self.world.brands[b].name for b in absent]
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
        page: WebPage,
        parts: Sequence[tuple[str, str, int | None]],
        named: tuple[int, ...],
        body: range,
    ) -> int:
        """Credit stands, as a rule, beside a brand that the publisher links to."""
        beside = [k for k in body if (i := parts[k][2]) is not None and named[i] in self._linked(page.domain)]
        return rng.choice(beside) if beside and rng.random() < 0.7 else rng.choice(body)

    @cached_property
    def _linked_brands(self) -> dict[str, frozenset[int]]:
        of = {b.name: i for i, b in enumerate(self.world.brands)}
        linked: dict[str, set[int]] = {d: {i} for i, b in enumerate(self.world.brands) for d in b.domains}
        for link in brand_links(self.world):
            linked.setdefault(link.source, set()).add(of[link.brand])
        return {domain: frozenset(brands) for domain, brands in linked.items()}

    def _linked(self, domain: str) -> frozenset[int]:
        return self._linked_brands.get(domain, frozenset())

    def _spoken(self, rng: Random, b: int) -> str:
        brand = self.world.brands[b]
        return rng.choice(brand.aliases) if brand.aliases and rng.random() < 0.2 else brand.name

    def _traps(self, rng: Random) -> list[str]:
        """Words that look like a brand and are none."""
        if rng.random() >= 0.02:
            return []
        brand = rng.choice(self.world.brands)
        if brand.other_meanings:
            return [f"(Not to be confused with the {rng.choice(brand.other_meanings)}.)"]
        if brand.name.isascii() and brand.name.isalpha() and len(brand.name) > 4:
            return [f"Some call the older approach {brand.name}ification."]
        return []


def _plain(text: str) -> str:
    return " ".join(text.split())


def brand_page(brand: WorldBrand, n: int) -> WebPage:
    domain = brand.domains[n % len(brand.domains)]
    host = domain if domain.count(".") > 1 else f"www.{domain}"
    path, title = (
        ("/", "{b}"),
        ("/pricing", "{b} pricing"),
        (f"/blog/why-{slug(brand.name)}?utm_source=news", "Why {b}"),
        ("/features", "{b} features"),
    )[n % 4]
    return WebPage(f"https://{host}{path}", title.format(b=brand.name), domain, "")
