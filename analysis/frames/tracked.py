"""What a workspace tracks, and which part of it a number is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from sqlalchemy import Connection, Engine, select

from analysis.frames.tables import CLASS, DOMAIN, ENGINE, EVENT, PROMPT, WORKSPACE
from tracker.answers import rollups, served
from tracker.answers.owned import estates
from tracker.answers.rollups import BRAND
from tracker.domains.ownership import Estate, estate
from tracker.errors import UsageError
from tracker.mentions.names import BrandNames, of_row
from tracker.weeks import UTC, day_of, in_words, monday

Branded = Literal["exclude", "include", "only"]
Measure = Literal[
    "mention_rate",
    "citation_rate",
    "share_of_voice",
    "citation_share",
    "ghost_rate",
    "silent_rate",
    "retrieved_not_cited_rate",
    "average_position",
]
"""Rates of a brand; their formulas stand in `analysis.visibility`."""
Exposure = Literal["auto", "page", "domain"]
Trait = Literal["topic", "country", "language"]
"""What prompts are told apart by."""


@dataclass(frozen=True)
class BrandFact:
    id: int
    name: str
    own: bool
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    not_phrases: tuple[str, ...]
    exact: tuple[str, ...] = ()
    owned: Estate | None = None
    until: date | None = None
    """The last day of a brand that ended: no later week has a row of it."""

    @property
    def competes(self) -> bool:
        """Whether it is a rival of today."""
        return not self.own and self.until is None

    def exists_in(self, week: date) -> bool:
        """Whether the brand counts in the answers of a week, named by its Monday: as the roll-up has it."""
        return self.until is None or week <= self.until

    @property
    def names(self) -> BrandNames:
        return BrandNames(self.id, self.name, self.aliases, self.not_phrases, self.domains, self.exact)

    @cached_property
    def estate(self) -> Estate:
        """What it owns: its domains, and the pages and names of the catalog's `owns:`."""
        return self.owned if self.owned is not None else estate(self.domains)


@dataclass(frozen=True)
class PromptFact:
    id: int
    text: str
    topic: str
    country: str | None
    language: str | None
    weight: float


@dataclass(frozen=True)
class World:
    """What a workspace tracks: everything small enough to hold, read once.

    Attributes
    ----------
    id : int
    name : str
    brands : tuple of BrandFact
        Active brands, the own one first, rivals by name.
    prompts : dict of int to PromptFact
    engines : dict of int to str
    timezone : str
        In which its weeks run.
    """

    id: int
    name: str
    brands: tuple[BrandFact, ...]
    prompts: Mapping[int, PromptFact]
    engines: Mapping[int, str]
    timezone: str = UTC

    @property
    def weeks_in_words(self) -> str:
        """What every page says of its weeks."""
        return in_words(self.timezone)

    @property
    def own(self) -> BrandFact | None:
        return next((brand for brand in self.brands if brand.own), None)

    def lasting(self, week: date) -> World:
        """The same without the brands that ended before a week: for what compares all brands of an answer."""
        return replace(self, brands=tuple(brand for brand in self.brands if brand.exists_in(week)))

    def brand(self, name: str) -> BrandFact:
        """The brand of this name, in any case."""
        brand = next((b for b in self.brands if b.name.casefold() == name.casefold()), None)
        if brand is None:
            names = ", ".join(b.name for b in self.brands) or "none"
            raise UsageError(f"there is no brand {name!r}", f"brands of this workspace: {names}")
        return brand

    def engine(self, name: str) -> int:
        """The id of the engine of this name."""
        for key, known in self.engines.items():
            if known == name:
                return key
        names = ", ".join(sorted(self.engines.values())) or "none"
        raise UsageError(f"there is no engine {name!r}", f"engines of this workspace: {names}")

    def require(self, what: Trait, name: str) -> str:
        """A topic, country or language that some prompt has, as the catalog writes it."""
        known = {value for prompt in self.prompts.values() if (value := getattr(prompt, what))}
        spelled: str | None = next((value for value in known if value.casefold() == name.casefold()), None)
        if spelled is None:
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"there is no {what} {name!r}", f"known in this workspace: {names}")
        return spelled

    @cached_property
    def branded(self) -> frozenset[int]:
        """Prompts whose own text names the own brand: their answers repeat what was put in their mouth."""
        own = self.own
        return (
            frozenset() if own is None else frozenset(p for p, named in self.named.items() if own.id in named)
        )

    @cached_property
    def naming_rivals(self) -> frozenset[int]:
        """Prompts whose own text names a rival."""
        rivals = {brand.id for brand in self.brands if not brand.own}
        return frozenset(p for p, named in self.named.items() if rivals & named)

    @cached_property
    def named(self) -> Mapping[int, frozenset[int]]:
        """The brands that each prompt names, by name or by site."""
        from tracker.mentions import Finder
        from tracker.mentions.asked import named_in

        finder = Finder(brand.names for brand in self.brands)
        names = [brand.names for brand in self.brands]
        return {p.id: named_in(p.text, finder, names) for p in self.prompts.values()}


@dataclass(frozen=True)
class Scope:
    """Which answers a number is about.

    Attributes
    ----------
    first, last : date or None
        Mondays of the first and last week, both included; None leaves that side open.
    engine : int, tuple of int or None
        Ids of engines; `engines` has them as a tuple. Several stand in order, none twice.
    topic : str, tuple of str or None
        As `engine`.
    country, language : str or None
    branded : {"exclude", "include", "only"}
        What to do with prompts that name the own brand.
    rivals : {"exclude", "include", "only"}
        What to do with prompts that name a rival.
    """

    first: date | None = None
    last: date | None = None
    engine: int | tuple[int, ...] | None = None
    topic: str | tuple[str, ...] | None = None
    country: str | None = None
    branded: Branded = "exclude"
    rivals: Branded = "include"
    language: str | None = None

    @property
    def engines(self) -> tuple[int, ...]:
        """Those chosen; none where all are."""
        return (
            () if self.engine is None else self.engine if isinstance(self.engine, tuple) else (self.engine,)
        )

    @property
    def topics(self) -> tuple[str, ...]:
        return self.topic if isinstance(self.topic, tuple) else () if self.topic is None else (self.topic,)

    def during(self, brand: BrandFact) -> Scope:
        """The same answers, as far as the brand existed: what any number of a brand that ended is about."""
        if brand.until is None or (self.last is not None and brand.exists_in(self.last)):
            return self
        return replace(self, last=monday(brand.until))

    def prompts(self, world: World) -> set[int]:
        """Ids of the prompts within the scope."""
        return {
            p.id
            for p in world.prompts.values()
            if (self.topic is None or p.topic in self.topics)
            and (self.country is None or p.country == self.country)
            and (self.language is None or p.language == self.language)
            and (self.branded == "include" or (p.id in world.branded) == (self.branded == "only"))
            and (self.rivals == "include" or (p.id in world.naming_rivals) == (self.rivals == "only"))
        }


def _brand(names: BrandNames, *, own: bool, owned: Estate, until: date | None) -> BrandFact:
    spelled = (names.aliases, names.domains, names.not_phrases, names.exact)
    return BrandFact(names.key, names.name, own, *spelled, owned, until)


def as_world(database: Engine, workspace: World | int) -> World:
    """The world of a workspace id; a world stays what it is."""
    return workspace if isinstance(workspace, World) else world(database, workspace)


def world(database: Engine, workspace: str | int | None = None) -> World:
    """The workspace of this name or id; without one, the only one there is."""
    with database.connect() as connection:
        key, name = _workspace(connection, workspace)
        zones = select(WORKSPACE.c.timezone).where(WORKSPACE.c.id == key)
        timezone = str(connection.execute(zones).scalar_one())
        brand = BRAND.c
        spelled = (brand.aliases, brand.domains, brand.not_phrases)
        wanted = (brand.id, brand.name, brand.own, brand.until, *spelled)
        brand_rows = connection.execute(select(*wanted).where(brand.workspace_id == key, brand.active))
        owned = estates(connection, key)
        brands = [
            _brand(of_row(i, n, aliases, nots, doms), own=bool(own), owned=owned[i], until=until)
            for i, n, own, until, aliases, doms, nots in brand_rows
        ]
        p = PROMPT.c
        prompts = connection.execute(
            select(p.id, p.text, p.topic, p.country, p.language, p.weight).where(p.workspace_id == key)
        )
        engines = connection.execute(
            select(ENGINE.c.id, ENGINE.c.name).where(ENGINE.c.workspace_id == key).order_by(ENGINE.c.name)
        )
        return World(
            key,
            name,
            tuple(sorted(brands, key=lambda b: (not b.own, b.name.casefold()))),
            {row[0]: PromptFact(*row) for row in prompts},
            {int(i): str(n) for i, n in engines},
            timezone,
        )


def _workspace(connection: Connection, name: str | int | None) -> tuple[int, str]:
    known = {n: i for i, n in connection.execute(select(WORKSPACE.c.id, WORKSPACE.c.name))}
    if isinstance(name, int):
        name = next((n for n, i in known.items() if i == name), f"number {name}")
    if name is None and len(known) == 1:
        name = next(iter(known))
    name = "default" if name is None else str(name)
    if name not in known:
        fix = "ask or import something first: `citelift demo`, `citelift run`, `citelift import answers FILE`"
        if known:
            fix = f"use --workspace with one of: {', '.join(sorted(known))}"
        raise UsageError(f"the database has no workspace {name!r}", fix)
    return int(known[name]), name


def weeks(database: Engine, workspace: World) -> list[date]:
    """Mondays with answers, in order."""
    with database.connect() as connection:
        return rollups.weeks(connection, workspace.id)


def events(database: Engine, workspace: World) -> list[tuple[date, str, str, str | None]]:
    """What was written down, in order: (day, kind, title, the engine it concerns)."""
    statement = (
        select(EVENT.c.at, EVENT.c.kind, EVENT.c.title, EVENT.c.engine_id)
        .where(EVENT.c.workspace_id == workspace.id)
        .order_by(EVENT.c.at, EVENT.c.id)
    )
    with database.connect() as connection:
        noted = connection.execute(statement).all()
    return [
        (
            # a person notes a day, a run a moment
            day_of(at, workspace.timezone) if kind == served.KIND else at.date(),
            str(kind),
            str(title),
            workspace.engines.get(engine),
        )
        for at, kind, title, engine in noted
    ]


def domain_kinds(database: Engine, workspace: World) -> dict[str, str]:
    """Kinds of domains that a person chose."""
    statement = (
        select(DOMAIN.c.name, CLASS.c.kind)
        .join_from(CLASS, DOMAIN, DOMAIN.c.id == CLASS.c.domain_id)
        .where(CLASS.c.workspace_id == workspace.id)
    )
    with database.connect() as connection:
        return {str(name): str(kind) for name, kind in connection.execute(statement)}
