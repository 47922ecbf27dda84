"""What a catalog says, once it is read: the workspace, its brands, prompts, engines and judge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from tracker import weeks
from tracker.engines.row import Surface

AfterCrash = Literal["give_up", "ask_again"]


@dataclass(frozen=True)
class BrandEntry:
    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    own: bool = False
    not_phrases: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    """Those of the name and aliases that count only as they are written."""
    line: int = 0
    owns: tuple[str, ...] = ()
    """Pages, and names under every country; hosts that `owns:` names are among the domains."""
    until: date | None = field(default=None, repr=False)
    """The last day of a brand that ended: it stays in the weeks before."""


@dataclass(frozen=True)
class PromptEntry:
    text: str
    topic: str = "general"
    country: str | None = None
    language: str | None = None
    weight: float = 1.0
    line: int = 0

    @property
    def key(self) -> str:
        identity = "\x1f".join((self.text, self.country or "", self.language or ""))
        return hashlib.sha256(identity.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class EngineEntry:
    name: str
    model: str
    surface: Surface = "api"
    repeats: int = 1
    budget_micros: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    concurrency: int | None = None
    rpm: int | None = None
    after_crash: AfterCrash = "give_up"
    """What becomes of an ask that was sent by a process that died: it may have been paid for."""
    line: int = 0


@dataclass(frozen=True)
class JudgeEntry:
    model: str
    budget_micros: int
    """Of a UTC month; a hard ceiling."""
    options: dict[str, Any] = field(default_factory=dict)
    domains: bool = False
    """Its verdicts classify domains that no list and no rule knows."""
    line: int = 0


@dataclass(frozen=True)
class Keep:
    """How many whole weeks something is kept; None: for ever."""

    database_weeks: int | None = None
    """Answers in the database; then `citelift archive run` moves them to files."""
    replies_weeks: int | None = None
    """Raw replies, wherever they are; then they are deleted."""
    answers_weeks: int | None = None
    """Answers, wherever they are; then they are deleted, and their counts stay."""


@dataclass(frozen=True)
class Catalog:
    workspace: str
    brands: tuple[BrandEntry, ...]
    prompts: tuple[PromptEntry, ...] = ()
    engines: tuple[EngineEntry, ...] = ()
    judge: JudgeEntry | None = field(default=None, repr=False)
    """Not in `repr`, and so not in `hash`: a run does not depend on it."""
    timezone: str = field(default=weeks.UTC, repr=False)
    """In which the workspace's weeks run."""
    keep: Keep = field(default=Keep(), repr=False)

    @property
    def own(self) -> BrandEntry:
        return next(brand for brand in self.brands if brand.own)

    @property
    def hash(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]
