"""What kind of site a domain is and what kind of page a URL is: by lists and rules that a user can edit.

The order of evidence: what a person decided; the catalog (own and rival domains); the list of known domains;
rules about the name; what the domain's cited pages are; and, only where the user turned it on, what an LLM
judge said. What nothing speaks for is `other`, never a guess.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import World
from tracker import domains, store
from tracker.errors import BadUrl, CatalogError, UsageError
from tracker.models import Domain, DomainClass

Kind = Literal[
    "you",
    "rival",
    "editorial",
    "corporate",
    "community",
    "reference",
    "institutional",
    "video",
    "social",
    "other",
]
PageKind = Literal[
    "homepage",
    "article",
    "listicle",
    "comparison",
    "product",
    "category",
    "discussion",
    "profile",
    "documentation",
    "other",
]
Basis = Literal["a person's decision", "catalog", "list", "rule", "cited pages", "a judge", "nothing known"]
SHIPPED = Path(__file__).parent
OWN = "classes"
"""The folder of a catalog with the user's own lists and rules."""
LISTED = tuple(kind for kind in get_args(Kind) if kind not in ("you", "rival"))


@dataclass(frozen=True, slots=True)
class Label:
    """A class with what it rests on."""

    kind: str
    basis: Basis
    evidence: str


@dataclass(frozen=True)
class Rule:
    kind: str
    because: str
    suffix: frozenset[str] = frozenset()
    domain: frozenset[str] = frozenset()
    name: re.Pattern[str] | None = None
    host: re.Pattern[str] | None = None
    path: re.Pattern[str] | None = None
    title: re.Pattern[str] | None = None

    def fits_domain(self, name: str) -> bool:
        if self.suffix:
            labels = name.split(".")
            return any(".".join(labels[i:]) in self.suffix for i in range(len(labels)))
        return self.name is not None and self.name.search(_without_suffix(name)) is not None

    def fits_page(self, address: domains.Address, path: str, title: str) -> bool:
        if self.domain and address.domain not in self.domain:
            return False
        checks = ((self.host, address.host.removeprefix("www.")), (self.path, path), (self.title, title))
        return all(pattern is None or pattern.search(text) is not None for pattern, text in checks)


@dataclass(frozen=True)
class ClassRules:
    """The lists and rules of one folder.

    Attributes
    ----------
    known : dict of str to str
        Domain (or host) → kind.
    domains, pages : tuple of Rule
    least : int
        Cited pages that are needed before pages speak for their domain.
    by_pages : dict of str to str
        Page kind → the domain kind it speaks for.
    """

    known: Mapping[str, str]
    domains: tuple[Rule, ...]
    pages: tuple[Rule, ...]
    least: int
    by_pages: Mapping[str, str]


def own_folder(catalog: Path) -> Path | None:
    """The user's own lists and rules, where the catalog has some."""
    return catalog / OWN if (catalog / OWN).is_dir() else None


def load(folder: Path | None = None) -> ClassRules:
    """The rules of a folder; files that it does not have are those shipped with citelift."""
    listed = _file(folder, "domains.csv")
    ruled = _file(folder, "rules.yaml")
    try:
        raw = yaml.safe_load(_text(ruled)) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{ruled}:{mark.line + 1}" if mark else str(ruled)
        raise CatalogError(
            f"{where}: is not YAML", "compare it with the file that comes with citelift"
        ) from None
    if not isinstance(raw, Mapping) or not isinstance(raw.get("by_pages") or {}, Mapping):
        raise CatalogError(f"{ruled}: has another form", "compare it with the file that comes with citelift")
    by_pages = raw.get("by_pages") or {}
    least, kinds = by_pages.get("least", 3), by_pages.get("kinds") or {}
    if not isinstance(least, int) or not isinstance(kinds, Mapping) or not set(kinds) <= set(LISTED):
        raise CatalogError(
            f"{ruled}: by_pages has another form", f"give `least`, and `kinds` of {', '.join(LISTED)}"
        )
    return ClassRules(
        _known(listed),
        _rules(ruled, raw.get("domains") or [], LISTED),
        _rules(ruled, raw.get("pages") or [], get_args(PageKind)),
        least,
        {page: kind for kind, pages in kinds.items() for page in pages or ()},
    )


def _file(folder: Path | None, name: str) -> Path:
    own = folder / name if folder else None
    return own if own is not None and own.is_file() else SHIPPED / name


def _known(path: Path) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for line, row in enumerate(csv.DictReader(_text(path).splitlines()), start=2):
        name, kind = (row.get("domain") or "").strip().lower(), (row.get("kind") or "").strip()
        if kind not in LISTED or not name:
            raise CatalogError(
                f"{path}:{line}: {name!r} is {kind!r}", f"give a domain and one of: {', '.join(LISTED)}"
            )
        kinds[name] = kind
    return kinds


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CatalogError(f"{path}: is not UTF-8", "save it as UTF-8") from None


def _rules(path: Path, raw: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> tuple[Rule, ...]:
    rules = []
    for number, entry in enumerate(raw, start=1):
        where = f"{path}: rule {number}"
        if not isinstance(entry, Mapping):
            raise CatalogError(f"{where} is no rule", "write it as {kind: …, because: …, name: …}")
        if entry.get("kind") not in kinds:
            raise CatalogError(f"{where}: kind {entry.get('kind')!r}", f"use one of: {', '.join(kinds)}")
        unknown = set(entry) - {"kind", "because", "suffix", "domain", "name", "host", "path", "title"}
        if unknown:
            raise CatalogError(
                f"{where}: {', '.join(sorted(unknown))} is not known", "see the shipped rules.yaml"
            )
        patterns = {name: _pattern(entry.get(name), where) for name in ("name", "host", "path", "title")}
        lists = {name: frozenset(map(str, entry.get(name, ()))) for name in ("suffix", "domain")}
        rules.append(Rule(entry["kind"], str(entry.get("because", "")), **lists, **patterns))  # type: ignore[arg-type]
    return tuple(rules)


def _pattern(text: str | None, where: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise CatalogError(
            f"{where}: {text!r} is no pattern: {error}", "correct the regular expression"
        ) from None


def _without_suffix(name: str) -> str:
    """What its owner chose: `the-daily` of `the-daily.co.uk`."""
    labels = name.split(".")
    for i in range(1, len(labels)):
        if domains.is_public_suffix(".".join(labels[i:])):
            return ".".join(labels[:i])
    return name


@dataclass(frozen=True)
class Classifier:
    """Rules, the catalog's brands and people's decisions, ready to label.

    Attributes
    ----------
    rules : ClassRules
    own, rivals : dict of str to str
        Domain or host → brand name.
    decided : dict of str to str
        Domain → kind that a person chose.
    judged : dict of str to DomainVerdict
        Domain → what a judge said, where the user lets it.
    """

    rules: ClassRules
    own: Mapping[str, str]
    rivals: Mapping[str, str]
    decided: Mapping[str, str]
    judged: Mapping[str, frames.DomainVerdict] = field(default_factory=dict)

    @classmethod
    def stored(cls, database: Engine, world: World, *, folder: Path | None = None) -> Classifier:
        """For a workspace, with what its people decided and its judge said."""
        classifier = cls.of(world, decided=frames.domain_kinds(database, world), folder=folder)
        return replace(classifier, judged=frames.judged_domains(database, world))

    @classmethod
    def of(
        cls, world: World, *, decided: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> Classifier:
        """For a workspace; `folder` is the user's own `classes` folder, where there is one."""
        own: dict[str, str] = {}
        rivals: dict[str, str] = {}
        for brand in world.brands:
            names = brand.estate.domains | {host for host, _ in brand.estate.hosts}
            (own if brand.own else rivals).update(dict.fromkeys(names, brand.name))
        return cls(load(folder), own, rivals, decided or {})

    def domain(self, name: str, pages: Iterable[str] = ()) -> Label:
        """The kind of a domain; `pages` are kinds of its cited pages, used where nothing else speaks."""
        if name in self.decided:
            return Label(self.decided[name], "a person's decision", "set by hand")
        for kind, names in (("you", self.own), ("rival", self.rivals)):
            if name in names:
                return Label(kind, "catalog", f"a domain of {names[name]}")
        if name in self.rules.known:
            return Label(self.rules.known[name], "list", f"{name} is in the list of known domains")
        for rule in self.rules.domains:
            if rule.fits_domain(name):
                return Label(rule.kind, "rule", rule.because)
        label = self._by_pages(pages)
        if label.basis == "nothing known" and name in self.judged:
            verdict = self.judged[name]
            return Label(
                verdict.kind, "a judge", f"judged by {verdict.model}, prompt {verdict.prompt_version}"
            )
        return label

    def _by_pages(self, pages: Iterable[str]) -> Label:
        kinds = list(pages)
        votes = Counter(self.rules.by_pages[kind] for kind in kinds if kind in self.rules.by_pages)
        if len(kinds) >= self.rules.least and votes:
            kind, count = votes.most_common(1)[0]
            if 2 * count > len(kinds):
                return Label(kind, "cited pages", f"{count} of its {len(kinds)} cited pages look {kind}")
        return Label("other", "nothing known", "no list, rule or page speaks for a class")

    def page(self, url: str, title: str | None = None) -> Label:
        """The kind of a page, from its address and its title."""
        address = domains.try_parse(url)
        if address is None:
            return Label("other", "nothing known", "it is no web address")
        path = re.sub(r"^https?://[^/]*", "", address.canonical).partition("?")[0]
        for rule in self.rules.pages:
            if rule.fits_page(address, path, title or ""):
                return Label(rule.kind, "rule", rule.because)
        return Label("other", "nothing known", "no rule fits its address or title")


def labels(
    database: Engine, world: World, names: Iterable[str], *, folder: Path | None = None
) -> dict[str, Label]:
    """The kind of each domain, wherever it is shown; its newest cited pages are looked at where nothing else
    speaks.
    """
    classifier = Classifier.stored(database, world, folder=folder)
    by_name = {name: classifier.domain(name) for name in names}
    unknown = {
        domains.domain_id(n): n for n, label in by_name.items() if label.basis in ("nothing known", "a judge")
    }
    for key, pages in frames.newest_pages(database, world, list(unknown)).items():
        kinds = [classifier.page(url, title).kind for url, title in pages]
        by_name[unknown[key]] = classifier.domain(unknown[key], kinds)
    return by_name


def decide(database: Engine, world: World, name: str, kind: str) -> None:
    """Write down a person's classification of a domain; it wins over every rule."""
    if kind not in LISTED:
        raise UsageError(f"there is no class {kind!r}", f"use one of: {', '.join(LISTED)}")
    try:
        address = domains.named(name)
    except BadUrl:
        raise UsageError(f"{name!r} is no domain", "write it as example.com") from None
    key = domains.domain_id(address.domain)
    with store.writing(database) as session:
        store.bulk_insert(session, Domain, [{"id": key, "name": address.domain}], ignore=True)
        row = {"workspace_id": world.id, "domain_id": key, "kind": kind}
        store.upsert(session, DomainClass, [row], key=["workspace_id", "domain_id"])
