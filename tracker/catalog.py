"""`prompts/*.yaml` → a validated catalog. Refuses before anything is spent, naming file, line and fix.

The YAML is read as nodes, not as Python values, for two reasons: every refusal needs its line, and YAML 1.1 turns
`country: NO` into false.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from sqlmodel import Session, select

from tracker import domains, store
from tracker.engines.calls import foreign_options, plain_call
from tracker.errors import BadUrl, CatalogError
from tracker.models import Brand, Engine, Prompt, Setting, Workspace

Surface = Literal["api", "consumer", "serp"]
FILES = {
    "brands": ("brands.yaml",),
    "prompts": ("tracked.yaml", "prompts.yaml"),
    "engines": ("engines.yaml",),
}
MAX_BYTES = 20_000_000


@dataclass(frozen=True)
class Problem:
    id: str
    where: str
    problem: str
    hint: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem} [{self.id}]\n  fix: {self.hint}"


@dataclass(frozen=True)
class BrandEntry:
    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    own: bool = False
    not_phrases: tuple[str, ...] = ()
    line: int = 0


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
class Catalog:
    workspace: str
    brands: tuple[BrandEntry, ...]
    prompts: tuple[PromptEntry, ...] = ()
    engines: tuple[EngineEntry, ...] = ()
    judge: JudgeEntry | None = field(default=None, repr=False)
    """Not in `repr`, and so not in `hash`: a run does not depend on it."""

    @property
    def own(self) -> BrandEntry:
        return next(brand for brand in self.brands if brand.own)

    @property
    def hash(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def load(folder: Path, *, need: Literal["brands", "all"] = "all") -> Catalog:
    """The catalog of `folder`, or a CatalogError that lists every problem found."""
    catalog, problems = inspect(folder, need=need)
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        listing = "\n".join(str(problem) for problem in problems)
        raise CatalogError(f"the catalog has {count}:\n{listing}")
    assert catalog is not None
    return catalog


def inspect(folder: Path, *, need: Literal["brands", "all"] = "all") -> tuple[Catalog | None, list[Problem]]:
    """The catalog if it is usable, and what is wrong with it."""
    problems: list[Problem] = []
    if not folder.is_dir():
        hint = f"run `citelift init --catalog {folder}` to write a starter, or give --catalog"
        return None, [Problem("catalog.folder", str(folder), "there is no such folder", hint)]
    workspace, brands = _brands(_File.open(folder, "brands", problems, required=True))
    prompts = _prompts(_File.open(folder, "prompts", problems, required=need == "all"))
    engines, judge = _engines(_File.open(folder, "engines", problems, required=need == "all"), need)
    catalog = None if problems else Catalog(workspace, brands, prompts, engines, judge)
    return catalog, problems


# No database or network takes them.
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


class _File:
    """One YAML file: typed access to its nodes, every complaint with its line."""

    def __init__(self, path: Path, root: yaml.Node | None, problems: list[Problem]) -> None:
        self.path, self.root, self.problems = path, root, problems

    @classmethod
    def open(cls, folder: Path, kind: str, problems: list[Problem], *, required: bool) -> _File:
        present = [folder / name for name in FILES[kind] if (folder / name).is_file()]
        path = present[0] if present else folder / FILES[kind][0]
        found = cls(path, None, problems)
        if len(present) > 1:
            found.refuse(
                "catalog.two-files",
                1,
                f"{present[0].name} and {present[1].name} are both here",
                "keep one of them",
            )
        elif present:
            found.root = found._parse()
        elif required:
            found.refuse(
                "catalog.missing", None, "the file is not there", "run `citelift init` to write a starter"
            )
        return found

    def _parse(self) -> yaml.Node | None:
        try:
            raw = self.path.read_bytes()
        except OSError as error:
            self.refuse(
                "catalog.unreadable",
                None,
                f"cannot be read: {error.strerror}",
                "check the file's permissions",
            )
            return None
        if len(raw) > MAX_BYTES:
            self.refuse(
                "catalog.too-large",
                None,
                f"has {len(raw):,} bytes",
                "a catalog is a few hundred lines; is this the right file?",
            )
            return None
        try:
            root: yaml.Node | None = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.refuse("catalog.encoding", line, "is not UTF-8 text", "save the file as UTF-8")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            self.refuse(
                "catalog.yaml",
                mark.line + 1 if mark else 1,
                f"is not YAML: {error.problem}",
                "check indentation (spaces, no tabs), colons and quotes",
            )
        except (yaml.YAMLError, RecursionError) as error:
            self.refuse(
                "catalog.yaml",
                1,
                f"is not YAML: {str(error).splitlines()[0]}",
                "remove the unreadable characters",
            )
        else:
            if root is None:
                self.refuse("catalog.empty", 1, "is empty", "run `citelift init` to see a filled one")
            return root
        return None

    def refuse(self, id: str, at: yaml.Node | int | None, problem: str, hint: str) -> None:
        line = at.start_mark.line + 1 if isinstance(at, yaml.Node) else at
        where = f"{self.path}:{line}" if line else str(self.path)
        self.problems.append(Problem(id, where, problem, hint))

    def mapping(self, node: yaml.Node | None, known: tuple[str, ...], what: str) -> dict[str, yaml.Node]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.refuse(
                "catalog.shape", node, f"{what} must be `key: value` lines", f"known keys: {', '.join(known)}"
            )
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(known)}"
                self.refuse("catalog.unknown-key", key, f"unknown key `{name}` in {what}", hint)
            elif name in found:
                self.refuse("catalog.twice", key, f"key `{name}` stands twice in {what}", "keep one of them")
            else:
                found[name] = value
        return found

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.refuse("catalog.shape", node, f"{what} must be a list", "start each entry with `- `")
            return []
        return list(node.value)

    def text(self, node: yaml.Node | None, what: str, default: str | None = None) -> str | None:
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode) or node.tag.endswith(":null") or not node.value.strip():
            self.refuse(
                "catalog.empty-text", node, f"{what} is empty", f"write the {what} or remove the line"
            )
            return default
        if _UNSTORABLE.search(node.value):
            hint = "write it in plain characters; `\\u…` for half of a pair is none"
            self.refuse("catalog.character", node, f"{what} holds a control character or half of one", hint)
            return default
        return " ".join(str(node.value).split())

    def texts(self, node: yaml.Node | None, what: str) -> tuple[str, ...]:
        found = [self.text(item, what) for item in self.items(node, f"{what} list")]
        return tuple(text for text in found if text)

    def number(
        self,
        node: yaml.Node | None,
        what: str,
        kind: Callable[[str], Any],
        low: float,
        high: float,
        default: Any,
    ) -> Any:
        if node is None:
            return default
        try:
            value = kind(str(node.value))
        except (ValueError, TypeError):
            value = None
        if value is None or not low <= value <= high:
            word = "a whole number" if kind is int else "a number"
            self.refuse(
                "catalog.number",
                node,
                f"{what} must be {word} from {low:g} to {high:g}",
                f"for example `{what}: {max(low, 1):g}`",
            )
            return default
        return value

    def flag(self, node: yaml.Node | None, what: str) -> bool:
        if node is None:
            return False
        if str(node.value).lower() not in {"true", "false", "yes", "no"}:
            self.refuse("catalog.flag", node, f"{what} must be true or false", f"write `{what}: true`")
        return str(node.value).lower() in {"true", "yes"}


def _brands(file: _File) -> tuple[str, tuple[BrandEntry, ...]]:
    top = file.mapping(file.root, ("workspace", "brands"), "brands.yaml")
    workspace = file.text(top.get("workspace"), "workspace", "default") or "default"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", workspace):
        file.refuse(
            "catalog.workspace",
            top["workspace"],
            f"workspace `{workspace}` has spaces or signs",
            "use letters, digits, - and _",
        )
    brands = [_brand(file, node) for node in file.items(top.get("brands"), "brands")]
    entries = tuple(brand for brand in brands if brand)
    if file.root is not None and not brands:
        file.refuse(
            "catalog.no-brands",
            file.root,
            "no brands",
            "list your brand (with `own: true`) and its rivals under `brands:`",
        )
    _one_own(file, entries)
    _unique_names(file, entries)
    _unique_domains(file, entries)
    return workspace, entries


def _brand(file: _File, node: yaml.Node) -> BrandEntry | None:
    found = file.mapping(node, ("name", "aliases", "domains", "own", "not"), "a brand")
    name = file.text(found.get("name"), "name")
    if name is None:
        if "name" not in found:
            file.refuse("catalog.required", node, "a brand without `name`", "add `name:`")
        return None
    line = node.start_mark.line + 1
    hosts = [_host(file, item) for item in file.items(found.get("domains"), "domains")]
    return BrandEntry(
        name,
        file.texts(found.get("aliases"), "alias"),
        tuple(host for host in hosts if host),
        file.flag(found.get("own"), "own"),
        file.texts(found.get("not"), "not phrase"),
        line,
    )


def _host(file: _File, node: yaml.Node) -> str | None:
    given = file.text(node, "domain")
    if given is None:
        return None
    try:
        address = domains.named(given)
    except BadUrl as error:
        file.refuse(
            "catalog.domain", node, f"`{given}` is not a domain: {error.problem}", "write it as example.com"
        )
        return None
    if domains.is_public_suffix(address.host):
        file.refuse(
            "catalog.public-suffix",
            node,
            f"`{given}` is a public suffix: it belongs to everyone",
            f"write the brand's own name in front of it, like yourbrand.{address.host}",
        )
        return None
    if re.sub(r"^(https?://)?", "", given).rstrip("/").count("/"):
        file.refuse("catalog.domain", node, f"`{given}` is a page, not a domain", f"write {address.host}")
        return None
    return address.domain if address.host in {address.domain, f"www.{address.domain}"} else address.host


def _one_own(file: _File, brands: tuple[BrandEntry, ...]) -> None:
    own = [brand for brand in brands if brand.own]
    if brands and not own:
        file.refuse(
            "catalog.no-own", brands[0].line, "no brand is yours", "add `own: true` to exactly one brand"
        )
    for brand in own[1:]:
        file.refuse(
            "catalog.two-own",
            brand.line,
            f"`{brand.name}` is own, and so is `{own[0].name}` (line {own[0].line})",
            "keep `own: true` on one brand; the rest are rivals",
        )


def _unique_names(file: _File, brands: tuple[BrandEntry, ...]) -> None:
    seen: dict[str, BrandEntry] = {}
    for brand in brands:
        for name in {brand.name, *brand.aliases}:
            other = seen.setdefault(name.casefold(), brand)
            if other is not brand:
                file.refuse(
                    "catalog.duplicate-brand",
                    brand.line,
                    f"`{name}` also names the brand of line {other.line}",
                    "give each name and alias to one brand",
                )


def _unique_domains(file: _File, brands: tuple[BrandEntry, ...]) -> None:
    seen: dict[str, BrandEntry] = {}
    for brand in brands:
        for host in brand.domains:
            other = seen.setdefault(host, brand)
            if other is not brand:
                file.refuse(
                    "catalog.duplicate-domain",
                    brand.line,
                    f"`{host}` also belongs to the brand of line {other.line}",
                    "give each domain to one brand",
                )


def _prompts(file: _File) -> tuple[PromptEntry, ...]:
    top = file.mapping(file.root, ("prompts",), file.path.name)
    nodes = file.items(top.get("prompts"), "prompts")
    if file.root is not None and not nodes:
        file.refuse(
            "catalog.no-prompts",
            file.root,
            "no prompts",
            "list questions that your buyers ask under `prompts:`",
        )
    entries: list[PromptEntry] = []
    seen: dict[str, int] = {}
    for node in nodes:
        entry = _prompt(file, node)
        if entry is None:
            continue
        first = seen.setdefault(entry.key, entry.line)
        if first != entry.line:
            file.refuse(
                "catalog.duplicate-prompt",
                node,
                f"the prompt of line {first} again",
                "remove one; `repeats` in engines.yaml asks it several times",
            )
        entries.append(entry)
    return tuple(entries)


def _prompt(file: _File, node: yaml.Node) -> PromptEntry | None:
    found = file.mapping(node, ("text", "topic", "country", "language", "weight"), "a prompt")
    text = file.text(found.get("text"), "text")
    if text is None:
        if "text" not in found:
            file.refuse("catalog.required", node, "a prompt without `text`", "add `text:`")
        return None
    country = file.text(found.get("country"), "country")
    if country and country.upper() not in _countries():
        file.refuse(
            "catalog.country",
            found["country"],
            f"`{country}` is not an ISO 3166 country code",
            "two letters, like US, DE or GB",
        )
    language = file.text(found.get("language"), "language")
    if language and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
        file.refuse(
            "catalog.language",
            found["language"],
            f"`{language}` is not a language code",
            "like en, de or pt-BR",
        )
    return PromptEntry(
        text,
        file.text(found.get("topic"), "topic", "general") or "general",
        country.upper() if country else None,
        language,
        file.number(found.get("weight"), "weight", float, 0, 1e6, 1.0),
        node.start_mark.line + 1,
    )


@cache
def _countries() -> frozenset[str]:
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


def _engines(
    file: _File, need: Literal["brands", "all"]
) -> tuple[tuple[EngineEntry, ...], JudgeEntry | None]:
    top = file.mapping(file.root, ("engines", "judge"), "engines.yaml")
    nodes = file.items(top.get("engines"), "engines")
    if file.root is not None and not nodes and (need == "all" or "judge" not in top):
        file.refuse(
            "catalog.no-engines",
            file.root,
            "no engines",
            "list at least one under `engines:`; the sandbox needs no key",
        )
    entries: list[EngineEntry] = []
    seen: dict[str, int] = {}
    for node in nodes:
        entry = _engine(file, node)
        if entry is None:
            continue
        first = seen.setdefault(entry.name.casefold(), entry.line)
        if first != entry.line:
            file.refuse(
                "catalog.duplicate-engine",
                node,
                f"engine `{entry.name}` is there already (line {first})",
                "give each engine its own name",
            )
        entries.append(entry)
    return tuple(entries), _judge(file, top.get("judge"))


def _engine(file: _File, node: yaml.Node) -> EngineEntry | None:
    known = ("name", "model", "surface", "repeats", "budget_usd", "options", "concurrency", "rpm")
    found = file.mapping(node, known, "an engine")
    name, model = file.text(found.get("name"), "name"), file.text(found.get("model"), "model")
    for required in ("name", "model"):
        if required not in found and isinstance(node, yaml.MappingNode):
            file.refuse("catalog.required", node, f"an engine without `{required}`", f"add `{required}:`")
    if name is None or model is None:
        return None
    surface = file.text(found.get("surface"), "surface", "api")
    if surface not in get_args(Surface):
        file.refuse(
            "catalog.surface",
            found["surface"],
            f"unknown surface `{surface}`",
            f"one of {', '.join(get_args(Surface))}",
        )
    dollars = file.number(found.get("budget_usd"), "budget_usd", float, 0, 1e9, None)
    return EngineEntry(
        name,
        model,
        surface,  # type: ignore[arg-type]
        file.number(found.get("repeats"), "repeats", int, 1, 1000, 1),
        None if dollars is None else round(dollars * 1_000_000),
        _options(file, found.get("options"), model),
        file.number(found.get("concurrency"), "concurrency", int, 1, 1024, None),
        file.number(found.get("rpm"), "rpm", int, 1, 1_000_000, None),
        node.start_mark.line + 1,
    )


def _judge(file: _File, node: yaml.Node | None) -> JudgeEntry | None:
    if node is None:
        return None
    found = file.mapping(node, ("model", "budget_usd", "options", "domains"), "judge")
    model = file.text(found.get("model"), "model")
    dollars = file.number(found.get("budget_usd"), "budget_usd", float, 0, 1e9, None)
    for required, example in (("model", "openai/gpt-5-mini"), ("budget_usd", "2.00")):
        if required not in found and isinstance(node, yaml.MappingNode):
            hint = f"add `{required}: {example}`"
            file.refuse("catalog.required", node, f"judge without `{required}`", hint)
    if model is not None and plain_call(model) is None:
        hint = "name a model that can answer without one, like openai/gpt-5-mini"
        file.refuse("catalog.judge-model", found["model"], f"`{model}` always searches", hint)
    options = _options(file, found.get("options"), model or "")
    domains = file.flag(found.get("domains"), "domains")
    for name in sorted({"tools", "web_search_options", "plugins"} & options.keys()):
        hint = "a judge only reads what it is given: take it out"
        file.refuse("catalog.judge-tools", found["options"], f"`{name}` in the judge's options", hint)
    if model is None or dollars is None:
        return None
    return JudgeEntry(model, round(dollars * 1_000_000), options, domains, node.start_mark.line + 1)


def _options(file: _File, node: yaml.Node | None, model: str) -> dict[str, Any]:
    if node is None or node.tag.endswith(":null"):
        return {}
    if not isinstance(node, yaml.MappingNode):
        file.refuse(
            "catalog.shape", node, "options must be `key: value` lines", "write `options: {}` for none"
        )
        return {}
    try:
        options: dict[str, Any] = yaml.safe_load(yaml.serialize(node))
        json.dumps(options)
    except (yaml.YAMLError, TypeError, ValueError):
        file.refuse(
            "catalog.options",
            node,
            "options hold something that is not JSON (a date, say)",
            "put such values in quotes",
        )
        return {}
    for name in _secret_names(options):
        file.refuse(
            "catalog.secret",
            node,
            f"options hold a key (`{name}`)",
            "put keys into the environment; `citelift check` names the variable",
        )
    for name in foreign_options(model, options):
        hint = "take it out: every ask of a run is sent the same way, once, and its reply read as a whole"
        file.refuse("catalog.option", node, f"`{name}` is not for a catalog to set", hint)
    for name, wanted in _misshapen(options):
        file.refuse("catalog.option", node, f"the option `{name}` must be {wanted}", _SHAPES[name][2])
    return options


_NUMBER = (int, "a whole number", "write it like `max_tokens: 2000`")
_SHAPES: dict[str, tuple[type, str, str]] = {
    "tools": (list, "a list of `{type: …}`", "write it like `tools: [{type: web_search}]`"),
    "web_search_options": (dict, "`key: value` lines", "write `web_search_options: {}` for the usual search"),
    "api_base": (str, "an address", "write it like `api_base: https://example.com/v1`"),
    **dict.fromkeys(("max_tokens", "max_completion_tokens", "max_output_tokens"), _NUMBER),
}


def _misshapen(options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What litellm would stumble over before anything is sent, ask after ask."""
    for name in sorted(_SHAPES.keys() & options.keys()):
        kind, wanted, _ = _SHAPES[name]
        value = options[name]
        items = value if name == "tools" and isinstance(value, list) else []
        if type(value) is not kind or not all(isinstance(item, dict) for item in items):
            yield name, wanted


def _secret_names(value: Any) -> Iterator[str]:
    """Keys in a catalog would end in the database and in version control."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if (
                re.search(r"(?i)^(api_?key|authorization|.*(secret|password|access_?token).*)$", str(name))
                and inner
            ):
                yield str(name)
            yield from _secret_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_names(inner)


def sync(session: Session, catalog: Catalog, *, workspace: str | None = None) -> int:
    """Make the tables say what the catalog says, and return the workspace's id. Nothing is deleted: what left the
    catalog becomes inactive, and old answers stay with the wording they were asked in."""
    workspace_id = ensure_workspace(session, workspace or catalog.workspace)
    _sync_brands(session, workspace_id, catalog)
    if catalog.prompts:
        _sync_prompts(session, workspace_id, catalog)
    if catalog.engines:
        _sync_engines(session, workspace_id, catalog)
    if catalog.engines or catalog.judge:
        on = catalog.judge is not None and catalog.judge.domains
        row = {"name": judged_domains(workspace_id), "value": "on" if on else "off"}
        store.upsert(session, Setting, [row], key=["name"])
    return workspace_id


def judged_domains(workspace_id: int) -> str:
    """The setting that says whether a judge's verdicts classify domains."""
    return f"judged domains:{workspace_id}"


def ensure_workspace(session: Session, name: str) -> int:
    store.bulk_insert(session, Workspace, [{"name": name}], ignore=True)
    found = session.exec(select(Workspace.id).where(Workspace.name == name)).one()
    assert found is not None
    return found


def _sync_brands(session: Session, workspace_id: int, catalog: Catalog) -> None:
    present = {b.key: b for b in session.exec(select(Brand).where(Brand.workspace_id == workspace_id))}
    for entry in catalog.brands:
        key = entry.name.casefold()
        brand = present.pop(key, None) or Brand(workspace_id=workspace_id, key=key, name=entry.name)
        brand.name, brand.own, brand.active = entry.name, entry.own, True
        brand.aliases, brand.domains = list(entry.aliases), list(entry.domains)
        brand.not_phrases = list(entry.not_phrases)
        session.add(brand)
    for brand in present.values():
        brand.active = brand.own = False
        session.add(brand)
    session.flush()


def _sync_prompts(session: Session, workspace_id: int, catalog: Catalog) -> None:
    statement = select(Prompt).where(Prompt.workspace_id == workspace_id)
    present = {prompt.key: prompt for prompt in session.exec(statement)}
    wanted = {entry.key: entry for entry in catalog.prompts}
    gone = [p for key, p in present.items() if key not in wanted and p.active and not p.imported]
    for key, entry in wanted.items():
        prompt = present.get(key)
        if prompt is None:
            prompt = Prompt(workspace_id=workspace_id, key=key, text=entry.text)
            if old := _edited_from(entry, gone):
                prompt.version, prompt.replaces_id = old.version + 1, old.id
                gone.remove(old)
                old.active = False
        prompt.topic, prompt.weight = entry.topic, entry.weight
        prompt.country, prompt.language = entry.country, entry.language
        prompt.active, prompt.imported = True, False
        session.add(prompt)
    for prompt in gone:
        prompt.active = False
    session.flush()


def _edited_from(entry: PromptEntry, gone: list[Prompt]) -> Prompt | None:
    """The prompt that left in the same change and reads most like the new one: an edit keeps its history."""
    scored = [
        (difflib.SequenceMatcher(None, entry.text, old.text).ratio(), old)
        for old in gone
        if old.topic == entry.topic
    ]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= 0.6 else None


def _sync_engines(session: Session, workspace_id: int, catalog: Catalog) -> None:
    present = {e.name: e for e in session.exec(select(Engine).where(Engine.workspace_id == workspace_id))}
    for entry in catalog.engines:
        engine = present.pop(entry.name, None) or Engine(workspace_id=workspace_id, name=entry.name)
        engine.model, engine.surface, engine.repeats = entry.model, entry.surface, entry.repeats
        engine.budget_micros, engine.options = entry.budget_micros, entry.options
        engine.concurrency, engine.rpm = entry.concurrency, entry.rpm
        engine.active, engine.imported = True, False
        session.add(engine)
    for engine in present.values():
        engine.active = engine.active and engine.imported
        session.add(engine)
    session.flush()
