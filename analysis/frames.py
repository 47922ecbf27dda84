"""Facts → arrays and frames with named columns. The only SQL of the analysis; grouping happens in the database.

Which answers count is decided here, once: an answer with a problem or without text is no row of anything; one whose
citations are unknown, or whose engine did not search, has no say about citations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Select, and_, case, func, or_, select

from tracker import rollups
from tracker.errors import DataError, UsageError
from tracker.models import (
    AuthorityList,
    AuthorityValue,
    Backlink,
    DisavowEntry,
    Domain,
    DomainClass,
    Event,
    LinkImport,
    OpportunityState,
    PageCheck,
    PageLink,
    WebEdge,
    Workspace,
)
from tracker.models import Engine as EngineTable
from tracker.models import Prompt as PromptTable
from tracker.rollups import ANSWER, BRAND, CITATION, MENTION, PAGE, SOURCE, VISIBILITY

if TYPE_CHECKING:
    from analysis.association import Citations
    from analysis.authority import Graph
    from analysis.events import Histories
    from analysis.panel import Panel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Branded = Literal["exclude", "include", "only"]
Key = Literal["engine", "week", "topic", "country", "served_model"]
COMPUTED = ("pagerank", "harmonic", "referring_domains")
"""Authority metrics that are computed from the stored links where no imported list has the name."""


def _table(model: Any) -> Any:
    return model.__table__


WORKSPACE = _table(Workspace)
ENGINE = _table(EngineTable)
PROMPT = _table(PromptTable)
DOMAIN = _table(Domain)
BACKLINK = _table(Backlink)
IMPORT = _table(LinkImport)
LIST = _table(AuthorityList)
VALUE = _table(AuthorityValue)
EDGE = _table(WebEdge)
EVENT = _table(Event)
CLASS = _table(DomainClass)
CHECK = _table(PageCheck)
LINK = _table(PageLink)
STATE = _table(OpportunityState)
DISAVOW = _table(DisavowEntry)


@dataclass(frozen=True)
class BrandFact:
    id: int
    name: str
    own: bool
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    not_phrases: tuple[str, ...]


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
    """

    id: int
    name: str
    brands: tuple[BrandFact, ...]
    prompts: Mapping[int, PromptFact]
    engines: Mapping[int, str]

    @property
    def own(self) -> BrandFact | None:
        return next((brand for brand in self.brands if brand.own), None)

    def brand(self, name: str) -> BrandFact:
        """The brand of this name, in any case."""
        found = next((b for b in self.brands if b.name.casefold() == name.casefold()), None)
        if found is None:
            names = ", ".join(b.name for b in self.brands) or "none"
            raise UsageError(f"there is no brand {name!r}", f"brands of this workspace: {names}")
        return found

    def engine(self, name: str) -> int:
        """The id of the engine of this name."""
        for key, known in self.engines.items():
            if known == name:
                return key
        names = ", ".join(sorted(self.engines.values())) or "none"
        raise UsageError(f"there is no engine {name!r}", f"engines of this workspace: {names}")

    def require_topic(self, name: str) -> str:
        topics = {prompt.topic for prompt in self.prompts.values()}
        if name not in topics:
            raise UsageError(
                f"there is no topic {name!r}",
                f"topics of this workspace: {', '.join(sorted(topics)) or 'none'}",
            )
        return name

    @cached_property
    def branded(self) -> frozenset[int]:
        """Prompts whose own text names the own brand: their answers repeat what was put in their mouth."""
        from tracker.mentions import BrandNames, Finder

        if self.own is None:
            return frozenset()
        own = self.own
        finder = Finder([BrandNames(own.id, own.name, own.aliases, own.not_phrases, own.domains)])
        return frozenset(p.id for p in self.prompts.values() if finder.spans(p.text))


@dataclass(frozen=True)
class Scope:
    """Which answers a number is about.

    Attributes
    ----------
    first, last : date or None
        Mondays of the first and last week, both included; None leaves that side open.
    engine : int or None
        Engine id.
    topic, country : str or None
    branded : {"exclude", "include", "only"}
        What to do with prompts that name the own brand.
    """

    first: date | None = None
    last: date | None = None
    engine: int | None = None
    topic: str | None = None
    country: str | None = None
    branded: Branded = "exclude"

    def prompts(self, world: World) -> set[int]:
        """Ids of the prompts within the scope."""
        return {
            p.id
            for p in world.prompts.values()
            if (self.topic is None or p.topic == self.topic)
            and (self.country is None or p.country == self.country)
            and (self.branded == "include" or (p.id in world.branded) == (self.branded == "only"))
        }


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def rows(connection: Connection, statement: Select[Any]) -> pd.DataFrame:
    """A select as a frame with its column names, also when it is empty.

    A column with nulls keeps its Python values: pandas would turn 63-bit ids into floats and merge what is not one.
    """
    result = connection.execute(statement)
    names = list(result.keys())
    columns = list(zip(*result.fetchall(), strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=object if not values or None in values else None)
            for name, values in zip(names, columns, strict=True)
        }
    )


def as_world(database: Engine, workspace: World | int) -> World:
    """The world of a workspace id; a world stays what it is."""
    return workspace if isinstance(workspace, World) else world(database, workspace)


def world(database: Engine, workspace: str | int | None = None) -> World:
    """The workspace of this name or id; without one, the only one there is."""
    with database.connect() as connection:
        key, name = _workspace(connection, workspace)
        brand = BRAND.c
        wanted = (brand.id, brand.name, brand.own, brand.aliases, brand.domains, brand.not_phrases)
        found = connection.execute(select(*wanted).where(brand.workspace_id == key, brand.active))
        brands = [
            BrandFact(i, n, bool(own), tuple(aliases or ()), tuple(doms or ()), tuple(nots or ()))
            for i, n, own, aliases, doms, nots in found
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
        )


def _workspace(connection: Connection, name: str | int | None) -> tuple[int, str]:
    known = {n: i for i, n in connection.execute(select(WORKSPACE.c.id, WORKSPACE.c.name))}
    if isinstance(name, int):
        name = next((n for n, i in known.items() if i == name), f"number {name}")
    if name is None and len(known) == 1:
        name = next(iter(known))
    name = "default" if name is None else str(name)
    if name not in known:
        raise UsageError(
            f"the database has no workspace {name!r}",
            f"use --workspace with one of: {', '.join(sorted(known))}"
            if known
            else "ask or import something first: `citelift demo`, `citelift run` or `citelift import answers FILE`",
        )
    return int(known[name]), name


def weeks(database: Engine, workspace: World) -> list[date]:
    """Mondays with answers, in order."""
    with database.connect() as connection:
        if rollups.fresh(connection, workspace.id):
            found = select(VISIBILITY.c.week).distinct().where(VISIBILITY.c.workspace_id == workspace.id)
        else:
            found = select(ANSWER.c.week).distinct().where(rollups.usable(workspace.id))
        return sorted(connection.execute(found).scalars())


MEASURES = (
    *("answers", "mentioned", "mentions", "position_sum", "citable", "cited", "citations", "all_citations"),
    *("ghost", "silent", "retrieved", "retrieved_not_cited"),
)


def visibility_sums(
    database: Engine, workspace: World, scope: Scope, by: Collection[str] = ()
) -> pd.DataFrame:
    """Sums per brand × prompt (× the keys of `by`): what every rate and its bootstrap is made of.

    Columns `brand_id`, `prompt_id`, the keys asked for (`engine` is the engine's id), then `MEASURES`. Read from the
    roll-up where it is fresh, else from the facts by the select that fills it.
    """
    unknown = set(by) - set(get_args(Key))
    if unknown:
        raise UsageError(
            f"cannot group by {', '.join(sorted(unknown))}", f"group by {', '.join(get_args(Key))}"
        )
    stored = [name for name in ("engine", "week", "served_model") if name in by]
    with database.connect() as connection:
        table = _visibility(connection, workspace, scope)
        named = {"engine": table.c.engine_id, "week": table.c.week, "served_model": table.c.served_model}
        key = [table.c.brand_id, table.c.prompt_id, *(named[name].label(name) for name in stored)]
        brands = [brand.id for brand in workspace.brands]
        statement = (
            select(*key, *(func.sum(table.c[m]).label(m) for m in MEASURES))
            .where(*_within(table, scope), table.c.brand_id.in_(brands))
            .group_by(*(k.element if hasattr(k, "element") else k for k in key))
        )
        frame = rows(connection, statement)
    frame[list(MEASURES)] = frame[list(MEASURES)].astype("int64")
    frame = frame[frame["prompt_id"].isin(scope.prompts(workspace))].reset_index(drop=True)
    prompts = workspace.prompts
    for name in ("topic", "country"):
        if name in by:
            attribute = {i: getattr(p, name) for i, p in prompts.items()}
            frame[name] = frame["prompt_id"].map(attribute).astype(object)
    return frame


def _visibility(connection: Connection, workspace: World, scope: Scope) -> Any:
    if rollups.fresh(connection, workspace.id):
        return select(VISIBILITY).where(VISIBILITY.c.workspace_id == workspace.id).subquery("visibility")
    mine = rollups.owned(connection, workspace.id)
    asked = _weeks_between(connection, workspace, scope)
    return rollups.visibility_select(workspace.id, mine, asked).subquery("visibility")


def _weeks_between(connection: Connection, workspace: World, scope: Scope) -> list[date] | None:
    if scope.first is None and scope.last is None:
        return None
    found = select(ANSWER.c.week).distinct().where(rollups.usable(workspace.id))
    return list(connection.execute(found.where(*_between(ANSWER.c.week, scope))).scalars())


def _between(column: Any, scope: Scope) -> list[Any]:
    clauses = []
    if scope.first is not None:
        clauses.append(column >= scope.first)
    if scope.last is not None:
        clauses.append(column <= scope.last)
    return clauses


def _within(table: Any, scope: Scope) -> list[Any]:
    clauses = _between(table.c.week, scope)
    if scope.engine is not None:
        clauses.append(table.c.engine_id == scope.engine)
    return clauses


def asked(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Answers per week × engine × served model × prompt: columns `week`, `engine`, `served_model`, `prompt_id`,
    `answers`. What a comparison checks before it compares."""
    frame = visibility_sums(database, workspace, scope, ("engine", "week", "served_model"))
    keys = ["week", "engine", "served_model", "prompt_id"]
    most: pd.DataFrame = frame.groupby(keys, as_index=False, sort=True).agg({"answers": "max"})
    return most


def excluded(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Answers per engine that leave some or all rates, with why: `engine`, `problem`, `unknown`, `not_searched`."""
    bad = or_(ANSWER.c.problem.is_not(None), ANSWER.c.text == "")
    skipped = and_(~bad, ANSWER.c.search_used.is_not(None), ~ANSWER.c.search_used)
    unknown = and_(~bad, ~ANSWER.c.citations_known)

    def count(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    statement = (
        select(
            ANSWER.c.engine_id.label("engine"),
            func.count().label("stored"),
            count(bad).label("problem"),
            count(unknown).label("unknown"),
            count(skipped).label("not_searched"),
        )
        .where(ANSWER.c.workspace_id == workspace.id, *_within(ANSWER, scope))
        .group_by(ANSWER.c.engine_id)
    )
    with database.connect() as connection:
        return rows(connection, statement)


def mention_places(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Per brand: `brand_id`, `first` (answers naming it before every other), `reciprocal` (sum of 1 ÷ position)."""
    inside = sorted(scope.prompts(workspace))
    found = (
        select(
            MENTION.c.brand_id,
            func.sum(case((MENTION.c.position == 1, 1), else_=0)).label("first"),
            func.sum(1.0 / MENTION.c.position).label("reciprocal"),
        )
        .join_from(MENTION, ANSWER, ANSWER.c.id == MENTION.c.answer_id)
        .where(rollups.usable(workspace.id), *_within(ANSWER, scope), ANSWER.c.prompt_id.in_(inside))
        .where(MENTION.c.stance != rollups.ABSENT, MENTION.c.brand_id.in_([b.id for b in workspace.brands]))
        .group_by(MENTION.c.brand_id)
    )
    with database.connect() as connection:
        return rows(connection, found)


def events(database: Engine, workspace: World, first: date, last: date) -> list[tuple[date, str, str]]:
    """What was written down for these days: (day, kind, title)."""
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last + timedelta(days=1), time(), UTC)
    statement = (
        select(EVENT.c.at, EVENT.c.kind, EVENT.c.title)
        .where(EVENT.c.workspace_id == workspace.id, EVENT.c.at >= start, EVENT.c.at < end)
        .order_by(EVENT.c.at, EVENT.c.id)
    )
    with database.connect() as connection:
        return [(at.date(), str(kind), str(title)) for at, kind, title in connection.execute(statement)]


def domain_kinds(database: Engine, workspace: World) -> dict[str, str]:
    """Kinds of domains that a person chose."""
    statement = (
        select(DOMAIN.c.name, CLASS.c.kind)
        .join_from(CLASS, DOMAIN, DOMAIN.c.id == CLASS.c.domain_id)
        .where(CLASS.c.workspace_id == workspace.id)
    )
    with database.connect() as connection:
        return {str(name): str(kind) for name, kind in connection.execute(statement)}


def sources(database: Engine, workspace: World, scope: Scope, by: Collection[str] = ()) -> pd.DataFrame:
    """Answers citing each domain: columns `domain`, the keys of `by`, `answers`, `citations`, `retrieved`.

    From the roll-up; a scope that names a topic or a country, or leaves out branded prompts where there are some,
    needs the prompt and is counted on the facts.
    """
    every = scope.prompts(workspace) == set(workspace.prompts)
    with database.connect() as connection:
        if every and rollups.fresh(connection, workspace.id):
            table = select(SOURCE).where(SOURCE.c.workspace_id == workspace.id).subquery("source")
        else:
            table = _source_facts(workspace, scope, every)
        key = [table.c.domain_id]
        key += [table.c.engine_id] if "engine" in by else []
        key += [table.c.week] if "week" in by else []
        grouped = (
            select(*key, *(func.sum(table.c[m]).label(m) for m in ("answers", "citations", "retrieved")))
            .where(*_within(table, scope))
            .group_by(*key)
            .subquery("grouped")
        )
        names = [grouped.c[k.name].label({"engine_id": "engine"}.get(k.name, k.name)) for k in key[1:]]
        sums = [grouped.c[m] for m in ("answers", "citations", "retrieved")]
        found = (
            select(DOMAIN.c.name.label("domain"), *names, *sums)
            .join_from(grouped, DOMAIN, DOMAIN.c.id == grouped.c.domain_id)
            .order_by(grouped.c.answers.desc(), DOMAIN.c.name)
        )
        frame = rows(connection, found)
    counts = ["answers", "citations", "retrieved"]
    frame[counts] = frame[counts].astype("int64")
    return frame


def _source_facts(workspace: World, scope: Scope, every: bool) -> Any:
    answers = _answer_ids(workspace, scope, every)
    each = (
        select(
            CITATION.c.answer_id,
            CITATION.c.domain_id,
            ANSWER.c.week,
            ANSWER.c.engine_id,
            func.sum(case((CITATION.c.kind == "cited", 1), else_=0)).label("cited"),
            func.sum(case((CITATION.c.kind == "retrieved", 1), else_=0)).label("retrieved"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .where(*answers, CITATION.c.domain_id.is_not(None), CITATION.c.kind.in_(("cited", "retrieved")))
        .group_by(CITATION.c.answer_id, CITATION.c.domain_id, ANSWER.c.week, ANSWER.c.engine_id)
        .subquery("each")
    )
    key = (each.c.domain_id, each.c.engine_id, each.c.week)
    return (
        select(
            *key,
            func.sum(case((each.c.cited > 0, 1), else_=0)).label("answers"),
            func.sum(each.c.cited).label("citations"),
            func.sum(case((each.c.retrieved > 0, 1), else_=0)).label("retrieved"),
        )
        .group_by(*key)
        .subquery("source")
    )


def _answer_ids(workspace: World, scope: Scope, every: bool | None = None) -> list[Any]:
    """Conditions on `answer` for a scope, citable answers only."""
    inside = scope.prompts(workspace)
    clauses = [rollups.usable(workspace.id), rollups.citable(), *_within(ANSWER, scope)]
    if every is False or (every is None and inside != set(workspace.prompts)):
        clauses.append(ANSWER.c.prompt_id.in_(sorted(inside)))
    return clauses


def citable_answers(database: Engine, workspace: World, scope: Scope) -> dict[int, int]:
    """Answers per engine whose citations are known: the denominator of a source's rate."""
    sums = visibility_sums(database, workspace, scope, ("engine",))
    once = sums[sums["brand_id"] == sums["brand_id"].min()] if len(sums) else sums
    totals = once.groupby("engine")["citable"].sum()
    return dict(zip(totals.index.astype(int).tolist(), totals.astype(int).tolist(), strict=True))


@dataclass(frozen=True)
class Links:
    """Links to the tracked brands, one row per stored link and import.

    Attributes
    ----------
    table : DataFrame
        `source` (domain name), `source_id`, `page` (id of the linking page or NaN), `url` (as exported), `brand` (position in the
        world's brands), `target`, `vendor`, `scope`, `as_of` (ordinal day), `first`, `lost` (seconds of the epoch;
        NaN where unknown or still live), `nofollow` (1, 0 or NaN).
    """

    table: pd.DataFrame


def _brand_targets(workspace: World) -> tuple[dict[int, int], dict[str, int], set[int]]:
    """Whole target domains → brand position; hosts → brand position; domains that hold such hosts."""
    from tracker.domains import domain_id

    whole: dict[int, int] = {}
    hosts: dict[str, int] = {}
    partly: set[int] = set()
    for position, brand in enumerate(workspace.brands):
        mine, parts = rollups.split(brand.domains)
        whole |= {domain_id(name): position for name in mine}
        hosts |= {host: position for host, _ in parts}
        partly |= {domain_id(domain) for _, domain in parts}
    return whole, hosts, partly


def links(database: Engine, workspace: World, *, only_cited: bool = True) -> Links:
    """Links to the brands' domains; with `only_cited`, from domains that some answer cites.

    Where no export says anything about a pair of domains, an edge of the open web graph stands in: undated, and
    known by domain only. A brand's own domains are no sources for itself.
    """
    whole, hosts, partly = _brand_targets(workspace)
    wanted = sorted(set(whole) | partly)
    b = BACKLINK.c
    columns = [
        *(
            b.source_domain_id.label("source_id"),
            b.source_page_id.label("page"),
            b.target_domain_id.label("target"),
        ),
        *(
            b.target_url,
            b.source_url.label("url"),
            IMPORT.c.vendor,
            IMPORT.c.scope,
            IMPORT.c.as_of,
            b.first_seen,
            b.lost_at,
            b.nofollow,
        ),
    ]
    found = (
        select(*columns)
        .join_from(BACKLINK, IMPORT, IMPORT.c.id == b.import_id)
        .where(b.workspace_id == workspace.id, b.target_domain_id.in_(wanted))
        .order_by(b.id)
    )
    edges = select(EDGE.c.source_domain_id.label("source_id"), EDGE.c.target_domain_id.label("target")).where(
        EDGE.c.target_domain_id.in_(sorted(whole))
    )
    with database.connect() as connection:
        if only_cited:
            cited = _cited_domains(connection, workspace)
            found, edges = (
                found.where(b.source_domain_id.in_(cited)),
                edges.where(EDGE.c.source_domain_id.in_(cited)),
            )
        table = _links_table(rows(connection, found), whole, hosts)
        spare = rows(connection, edges.distinct())
        table = _with_edges(table, spare, whole)
        names = _names(connection, table["source_id"].unique())
    table["source"] = table["source_id"].map(names)
    own = {(i, position) for i, position in whole.items()}
    pairs = zip(table["source_id"], table["brand"], strict=True)
    keep = np.array([pair not in own for pair in pairs], bool) & table["source"].notna().to_numpy()
    return Links(table[keep].reset_index(drop=True))


def _cited_domains(connection: Connection, workspace: World) -> Any:
    if rollups.fresh(connection, workspace.id):
        return select(SOURCE.c.domain_id).where(SOURCE.c.workspace_id == workspace.id, SOURCE.c.answers > 0)
    return select(CITATION.c.domain_id).where(
        CITATION.c.workspace_id == workspace.id, CITATION.c.kind == "cited", CITATION.c.domain_id.is_not(None)
    )


def _links_table(
    frame: pd.DataFrame, whole: Mapping[int, int], hosts: Mapping[str, int], *, keep: bool = False
) -> pd.DataFrame:
    targets = zip(frame["target"], frame["target_url"], strict=True)
    frame["brand"] = np.array(
        [whole[i] if i in whole else _host_brand(url, hosts) for i, url in targets], np.float64
    )
    frame["first"] = _seconds(frame["first_seen"])
    frame["lost"] = _seconds(frame["lost_at"])
    frame["as_of"] = [day.toordinal() for day in frame["as_of"]]
    frame["nofollow"] = frame["nofollow"].astype("float64")
    frame["page"] = frame["page"].astype("Int64")
    frame = frame.drop(columns=["first_seen", "lost_at", *([] if keep else ["target_url"])])
    frame = frame[frame["brand"].notna()]
    return frame.assign(brand=frame["brand"].astype("int64"))


def _host_brand(url: str | None, hosts: Mapping[str, int]) -> float:
    from tracker.domains import try_parse

    found = try_parse(url) if url else None
    if found is None:
        return float("nan")
    labels = found.host.split(".")
    endings = (".".join(labels[i:]) for i in range(len(labels)))
    return float(next((hosts[ending] for ending in endings if ending in hosts), "nan"))


def _seconds(moments: Iterable[Any]) -> Floats:
    return np.array([np.nan if m is None or m is pd.NaT else m.timestamp() for m in moments], np.float64)


def _with_edges(table: pd.DataFrame, edges: pd.DataFrame, whole: Mapping[int, int]) -> pd.DataFrame:
    if edges.empty:
        return table
    known = set(zip(table["source_id"], table["brand"], strict=True))
    edges = edges.assign(brand=edges["target"].map(whole).astype("int64"))
    new = [pair not in known for pair in zip(edges["source_id"], edges["brand"], strict=True)]
    spare = edges[new].assign(vendor="web graph", scope="domains", as_of=0)
    for name in ("first", "lost", "nofollow"):
        spare[name] = np.nan
    spare["url"] = pd.Series([None] * len(spare), dtype=object, index=spare.index)
    spare["page"] = pd.array([pd.NA] * len(spare), dtype="Int64")
    return pd.concat([table, spare[table.columns]], ignore_index=True) if len(spare) else table


def _names(connection: Connection, ids: Iterable[Any]) -> dict[int, str]:
    wanted = [int(i) for i in ids]
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 10_000):
        part = wanted[start : start + 10_000]
        found |= dict(
            connection.execute(select(DOMAIN.c.id, DOMAIN.c.name).where(DOMAIN.c.id.in_(part))).all()
        )
    return found


def answers(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Citable answers in the order they came: `answer`, `prompt_id`, `engine`, `week`, `seconds`."""
    found = (
        select(
            *(ANSWER.c.id.label("answer"), ANSWER.c.prompt_id, ANSWER.c.engine_id.label("engine")),
            *(ANSWER.c.week, ANSWER.c.asked_at),
        )
        .where(*_answer_ids(workspace, scope))
        .order_by(ANSWER.c.id)
    )
    with database.connect() as connection:
        frame = rows(connection, found)
    frame["seconds"] = _seconds(frame.pop("asked_at"))
    return frame


def citations(
    database: Engine,
    workspace: World,
    scope: Scope,
    *,
    kind: Literal["cited", "retrieved"] = "cited",
    domains: Sequence[int] | None = None,
    pages: bool = True,
) -> pd.DataFrame:
    """Distinct (answer, domain, page) of citable answers: `answer`, `source_id`, `page`. `domains` limits them."""
    columns = [CITATION.c.answer_id.label("answer"), CITATION.c.domain_id.label("source_id")]
    columns += [CITATION.c.page_id.label("page")] if pages else []
    found = (
        select(*columns)
        .distinct()
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .where(*_answer_ids(workspace, scope), CITATION.c.kind == kind, CITATION.c.domain_id.is_not(None))
    )
    with database.connect() as connection:
        if domains is not None and len(domains) <= 20_000:
            found = found.where(CITATION.c.domain_id.in_(sorted(int(d) for d in domains)))
        frame = rows(connection, found)
    if pages:
        frame["page"] = frame["page"].astype("Int64")
    return frame


def named(database: Engine, workspace: World, answer_ids: Ints) -> NDArray[np.bool_]:
    """Whether each answer names each brand: shape (A, B), brands in the world's order; `answer_ids` ascending."""
    position = {brand.id: i for i, brand in enumerate(workspace.brands)}
    found = (
        select(MENTION.c.answer_id, MENTION.c.brand_id)
        .join_from(MENTION, ANSWER, ANSWER.c.id == MENTION.c.answer_id)
        .where(ANSWER.c.workspace_id == workspace.id, MENTION.c.stance != rollups.ABSENT)
        .where(MENTION.c.brand_id.in_(sorted(position)))
    )
    if len(answer_ids):
        found = found.where(MENTION.c.answer_id.between(int(answer_ids[0]), int(answer_ids[-1])))
    with database.connect() as connection:
        frame = rows(connection, found)
    table = np.zeros((len(answer_ids), len(position)), bool)
    at = np.searchsorted(answer_ids, frame["answer_id"].to_numpy(np.int64))
    inside = at < len(answer_ids)
    inside[inside] = answer_ids[at[inside]] == frame["answer_id"].to_numpy(np.int64)[inside]
    table[at[inside], frame["brand_id"].map(position).to_numpy(np.int64)[inside]] = True
    return table


Exposure = Literal["auto", "page", "domain"]


def lift_panel(
    database: Engine,
    workspace: World | int,
    scope: Scope | None = None,
    *,
    exposure: Exposure = "auto",
    families: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> Panel:
    """Answers × brands × linking sources, as `analysis.lift.Panel`.

    A source is a domain that is cited by some answer and links to some brand. See `analysis.exposure` for when a
    brand counts as exposed. `families` names the family of each source (all one family without it).
    """
    from analysis.exposure import panel

    workspace = as_world(database, workspace)
    scope = scope or Scope(branded="include")
    linked = links(database, workspace).table
    frame = answers(database, workspace, scope)
    ids = sorted({int(i) for i in linked["source_id"]})
    cited = citations(database, workspace, scope, domains=ids)
    told = named(database, workspace, frame["answer"].to_numpy(np.int64))
    topics = {i: p.topic for i, p in workspace.prompts.items()}
    return panel(frame, cited, linked, told, workspace, topics, exposure=exposure, families=families)


def reach(database: Engine, workspace: World, scope: Scope, ids: Sequence[int]) -> pd.DataFrame:
    """Of each domain: `source_id`, `answers`, `engines`, `weeks`, `prompts` that cite it (distinct)."""
    found = (
        select(
            CITATION.c.domain_id.label("source_id"),
            func.count(CITATION.c.answer_id.distinct()).label("answers"),
            func.count(ANSWER.c.engine_id.distinct()).label("engines"),
            func.count(ANSWER.c.week.distinct()).label("weeks"),
            func.count(ANSWER.c.prompt_id.distinct()).label("prompts"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .where(
            *_answer_ids(workspace, scope), CITATION.c.kind == "cited", CITATION.c.domain_id.in_(list(ids))
        )
        .group_by(CITATION.c.domain_id)
    )
    with database.connect() as connection:
        return rows(connection, found)


def named_beside(database: Engine, workspace: World, scope: Scope, ids: Sequence[int]) -> pd.DataFrame:
    """Answers that cite a domain and name a brand: `source_id`, `brand_id`, `answers`."""
    found = (
        select(
            CITATION.c.domain_id.label("source_id"),
            MENTION.c.brand_id,
            func.count(CITATION.c.answer_id.distinct()).label("answers"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .join(MENTION, MENTION.c.answer_id == CITATION.c.answer_id)
        .where(
            *_answer_ids(workspace, scope), CITATION.c.kind == "cited", CITATION.c.domain_id.in_(list(ids))
        )
        .where(MENTION.c.stance != rollups.ABSENT)
        .group_by(CITATION.c.domain_id, MENTION.c.brand_id)
    )
    with database.connect() as connection:
        return rows(connection, found)


def pages_of(
    database: Engine,
    workspace: World,
    scope: Scope,
    ids: Sequence[int],
    kind: Literal["cited", "retrieved"] = "cited",
) -> pd.DataFrame:
    """Pages of these domains that answers cite (or retrieve): `source_id`, `page`, `url`, `title`, `answers`, most first."""
    found = (
        select(
            CITATION.c.domain_id.label("source_id"),
            CITATION.c.page_id.label("page"),
            PAGE.c.url,
            func.max(CITATION.c.title).label("title"),
            func.count(CITATION.c.answer_id.distinct()).label("answers"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .join(PAGE, PAGE.c.id == CITATION.c.page_id)
        .where(*_answer_ids(workspace, scope), CITATION.c.kind == kind, CITATION.c.domain_id.in_(list(ids)))
        .group_by(CITATION.c.domain_id, CITATION.c.page_id, PAGE.c.url)
        .order_by(func.count(CITATION.c.answer_id.distinct()).desc(), PAGE.c.url)
    )
    with database.connect() as connection:
        return rows(connection, found)


def page_checks(database: Engine, workspace: World) -> pd.DataFrame:
    """What our own newest look at each page found: `page`, `named` (brands named, not linked), `linked` (brand ids)."""
    newest = (
        select(CHECK.c.page_id, func.max(CHECK.c.checked_at).label("at"))
        .where(CHECK.c.workspace_id == workspace.id, CHECK.c.state == "fetched")
        .group_by(CHECK.c.page_id)
        .subquery("newest")
    )
    found = (
        select(CHECK.c.id, CHECK.c.page_id.label("page"), CHECK.c.named)
        .join(newest, and_(newest.c.page_id == CHECK.c.page_id, newest.c.at == CHECK.c.checked_at))
        .where(CHECK.c.workspace_id == workspace.id)
    )
    linked = select(LINK.c.check_id, LINK.c.brand_id).join_from(LINK, CHECK, CHECK.c.id == LINK.c.check_id)
    with database.connect() as connection:
        frame = rows(connection, found)
        of_check: dict[int, set[int]] = {}
        for check, brand in connection.execute(linked.where(CHECK.c.workspace_id == workspace.id)):
            of_check.setdefault(int(check), set()).add(int(brand))
    frame["linked"] = pd.Series([of_check.get(int(i), set()) for i in frame["id"]], dtype=object)
    return frame.drop(columns="id")


def opportunity_states(database: Engine, workspace: World, kind: str) -> dict[str, tuple[str, str]]:
    """What people decided: domain → (state, note)."""
    statement = (
        select(DOMAIN.c.name, STATE.c.state, STATE.c.note)
        .join_from(STATE, DOMAIN, DOMAIN.c.id == STATE.c.domain_id)
        .where(STATE.c.workspace_id == workspace.id, STATE.c.kind == kind)
    )
    with database.connect() as connection:
        return {str(name): (str(state), str(note)) for name, state, note in connection.execute(statement)}


def backlinks(database: Engine, workspace: World) -> pd.DataFrame:
    """Every stored link to a brand, newest import of each kept: what it says and what our own look found.

    `source`, `url`, `target_url`, `brand` (position), `anchor`, `nofollow`, `ugc`, `sponsored`, `link_type`, `first`,
    `lost` (seconds), `title`, `language`, `context`, then from page checks `placement`, `outlinks`, `checked_language`.
    """
    whole, hosts, partly = _brand_targets(workspace)
    b = BACKLINK.c
    columns = [
        *(
            b.source_domain_id.label("source_id"),
            b.source_page_id.label("page"),
            b.target_domain_id.label("target"),
        ),
        *(b.source_url.label("url"), b.target_url, b.anchor, b.nofollow, b.ugc, b.sponsored, b.link_type),
        *(b.first_seen, b.lost_at, b.title, b.language, b.context_left, b.context_right, IMPORT.c.as_of),
    ]
    found = (
        select(*columns)
        .join_from(BACKLINK, IMPORT, IMPORT.c.id == b.import_id)
        .where(b.workspace_id == workspace.id, b.target_domain_id.in_(sorted(set(whole) | partly)))
        .order_by(IMPORT.c.as_of, b.id)
    )
    with database.connect() as connection:
        frame = _links_table(rows(connection, found), whole, hosts, keep=True)
        frame["source"] = frame["source_id"].map(_names(connection, frame["source_id"].unique()))
        seen = _placements(connection, workspace)
    key = ["source_id", "page", "brand", "target_url"]
    frame = frame.drop_duplicates(key, keep="last").reset_index(drop=True)
    parts = [frame.pop("context_left"), frame["anchor"], frame.pop("context_right")]
    frame["context"] = [" ".join(str(t) for t in texts if t) for texts in zip(*parts, strict=True)]
    brands = [workspace.brands[int(i)].id for i in frame["brand"]]
    known = [
        seen.get((None if p is pd.NA else int(p), b)) for p, b in zip(frame["page"], brands, strict=True)
    ]
    for place, name in enumerate(("placement", "outlinks", "checked_language")):
        frame[name] = pd.Series([None if k is None else k[place] for k in known], dtype=object)
    return frame


def _placements(
    connection: Connection, workspace: World
) -> dict[tuple[int | None, int], tuple[str, int | None, str | None]]:
    """(page, brand) → placement, outlinks and language by the newest check that found the link."""
    found = (
        select(CHECK.c.page_id, LINK.c.brand_id, LINK.c.placement, CHECK.c.outlinks, CHECK.c.language)
        .join_from(LINK, CHECK, CHECK.c.id == LINK.c.check_id)
        .where(CHECK.c.workspace_id == workspace.id)
        .order_by(CHECK.c.checked_at)
    )
    return {(int(p), int(b)): (str(place), out, lang) for p, b, place, out, lang in connection.execute(found)}


def disavowed(database: Engine, workspace: World) -> dict[str, tuple[str, str]]:
    """Decisions about referring pages and domains: entry → (decision, note)."""
    statement = select(DISAVOW.c.entry, DISAVOW.c.decision, DISAVOW.c.note).where(
        DISAVOW.c.workspace_id == workspace.id
    )
    with database.connect() as connection:
        return {str(e): (str(d), str(n)) for e, d, n in connection.execute(statement)}


Outcome = Literal["mention", "citation"]


def histories(
    database: Engine,
    workspace: World | int,
    scope: Scope | None = None,
    *,
    outcome: Outcome = "mention",
    families: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> Histories:
    """Weekly outcomes per brand and prompt, and the week of each first link, as `analysis.events.Histories`.

    Weeks run without a gap from the first to the last with answers. A link whose first day is unknown was there
    before. A week is a break when an engine is served by other models than in its week before.
    """
    from analysis.events import Histories
    from analysis.exposure import first_weeks

    if outcome not in get_args(Outcome):
        raise UsageError(f"there is no outcome {outcome!r}", f"use one of: {', '.join(get_args(Outcome))}")
    workspace, scope = as_world(database, workspace), scope or Scope(branded="include")
    sums = visibility_sums(database, workspace, scope, ("week",))
    part, whole = ("mentioned", "answers") if outcome == "mention" else ("cited", "citable")
    days = sorted(sums["week"].unique())
    total = (days[-1] - days[0]).days // 7 + 1 if days else 0
    prompts = sorted(int(p) for p in sums["prompt_id"].unique())
    t = np.array([(day - days[0]).days // 7 for day in sums["week"]], np.int64)
    c = np.searchsorted(np.asarray(prompts, np.int64), sums["prompt_id"].to_numpy(np.int64))
    spot = {brand.id: i for i, brand in enumerate(workspace.brands)}
    b = sums["brand_id"].map(spot).to_numpy(np.int64)
    counts = np.zeros((len(spot), len(prompts), total), np.int64)
    answers = np.zeros((len(prompts), total), np.int64)
    counts[b, c, t] = sums[part].to_numpy(np.int64)
    answers[c, t] = sums[whole].to_numpy(np.int64)
    names, first = first_weeks(links(database, workspace).table, len(spot), days[0] if days else None, total)
    return Histories(
        brands=tuple(brand.name for brand in workspace.brands),
        clusters=tuple(workspace.prompts[p].text for p in prompts),
        sources=names,
        families=tuple(families(names)) if families else ("source",) * len(names),
        answers=answers,
        counts=counts,
        first_link=first,
        breaks=model_breaks(asked(database, workspace, scope)),
        outcome=outcome,
    )


def model_breaks(asked: pd.DataFrame) -> tuple[int, ...]:
    """Weeks (0 is the first) in which some engine is served by other models than in its week before."""
    if asked.empty:
        return ()
    start = asked["week"].min()
    found: set[int] = set()
    for _, part in asked[asked["served_model"] != ""].groupby("engine"):
        models = part.groupby("week")["served_model"].agg(frozenset).sort_index()
        days = list(models.index)
        found |= {(day - start).days // 7 for before, day in pairwise(days) if models[before] != models[day]}
    return tuple(sorted(found))


@dataclass(frozen=True)
class Authority:
    """One metric over domains, with where it comes from.

    Attributes
    ----------
    metric, source : str
    as_of : date or None
        None for a metric computed from the stored links.
    values : dict of str to float
        As the list has them.
    higher_is_better : bool
    """

    metric: str
    source: str
    as_of: date | None
    values: Mapping[str, float]
    higher_is_better: bool = True

    def strength(self, names: Sequence[str]) -> Floats:
        """Values by which more is better (a position becomes its reciprocal); NaN where the list has no row."""
        raw = np.array([self.values.get(name, np.nan) for name in names], np.float64)
        if self.higher_is_better:
            return raw
        out: Floats = np.divide(1.0, raw, out=np.full_like(raw, np.nan), where=raw > 0)
        return out


def authority_metrics(database: Engine) -> pd.DataFrame:
    """Imported lists, newest first: `metric`, `as_of`, `source`, `rows`, `higher_is_better`."""
    wanted = (LIST.c.id, LIST.c.metric, LIST.c.as_of, LIST.c.source, LIST.c.rows, LIST.c.higher_is_better)
    with database.connect() as connection:
        return rows(
            connection, select(*wanted).order_by(LIST.c.metric, LIST.c.as_of.desc(), LIST.c.id.desc())
        )


def authority_table(
    database: Engine, metric: str, workspace: World | None = None, *, names: Sequence[str] | None = None
) -> Authority:
    """The newest imported list of this name; else, for `COMPUTED` names, the metric over the stored links.

    `names` limits an imported list to these domains, so that a list of millions is not read for a few hundred.
    """
    known = authority_metrics(database)
    of_metric = known[known["metric"] == metric]
    if len(of_metric):
        newest = of_metric.iloc[0]
        found = _list_values(database, int(newest["id"]), names)
        higher = bool(newest["higher_is_better"])
        return Authority(metric, str(newest["source"]), newest["as_of"], found, higher)
    if metric in COMPUTED:
        return _computed(database, metric, workspace)
    offered = ", ".join([*COMPUTED, *dict.fromkeys(known["metric"])])
    raise UsageError(
        f"there is no authority metric {metric!r}",
        f"use one of: {offered}; or bring a list in with `citelift import authority FILE --metric {metric} …`",
    )


def _list_values(database: Engine, list_id: int, names: Sequence[str] | None) -> dict[str, float]:
    from tracker.domains import domain_id

    if names is None:
        statement = (
            select(DOMAIN.c.name, VALUE.c.value)
            .join_from(VALUE, DOMAIN, DOMAIN.c.id == VALUE.c.domain_id)
            .where(VALUE.c.list_id == list_id)
        )
        with database.connect() as connection:
            return {n: float(v) for n, v in connection.execute(statement)}
    by_id = {domain_id(name): name for name in names}
    found: dict[str, float] = {}
    with database.connect() as connection:
        for part in _chunks(sorted(by_id), 10_000):
            statement = select(VALUE.c.domain_id, VALUE.c.value).where(
                VALUE.c.list_id == list_id, VALUE.c.domain_id.in_(part)
            )
            found |= {by_id[i]: float(v) for i, v in connection.execute(statement)}
    return found


def _chunks(items: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _computed(database: Engine, metric: str, workspace: World | None) -> Authority:
    from analysis import authority

    graph = link_graph(database, workspace)
    if not graph.edges:
        raise DataError(
            f"{metric} needs links, and there are none",
            "import some first: `citelift import links FILE` or `citelift webgraph edges VERTICES EDGES`",
        )
    compute: dict[str, Callable[[authority.Graph], authority.Ranks]] = {
        "pagerank": authority.pagerank,
        "harmonic": authority.harmonic,
        "referring_domains": authority.referring_domains,
    }
    ranks = compute[metric](graph)
    values = dict(zip(map(str, graph.names), np.asarray(ranks.values, np.float64).tolist(), strict=True))
    return Authority(metric, f"computed from {graph.basis}", None, values)


def link_graph(database: Engine, workspace: World | None = None) -> Graph:
    """Every known link between domains as `analysis.authority.Graph`: the workspace's exports and the open web graph.

    Lost links are left out; a domain's links to itself too.
    """
    from analysis.authority import Graph

    b = BACKLINK.c
    stored = select(b.source_domain_id, b.target_domain_id).where(b.lost_at.is_(None)).distinct()
    if workspace is not None:
        stored = stored.where(b.workspace_id == workspace.id)
    edges = select(EDGE.c.source_domain_id, EDGE.c.target_domain_id).distinct()
    with database.connect() as connection:
        parts = [np.array(connection.execute(q).fetchall(), np.int64).reshape(-1, 2) for q in (stored, edges)]
        both = np.concatenate(parts)
        ids, codes = np.unique(both, return_inverse=True)
        known = _names(connection, ids)
    names = [known.get(int(i), f"domain {i}") for i in ids]
    codes = np.asarray(codes).reshape(-1, 2)
    basis = " and ".join(
        name for name, part in zip(("link exports", "the open web graph"), parts, strict=True) if len(part)
    )
    return Graph.from_edges(codes[:, 0], codes[:, 1], names, self_loops="drop", basis=basis or "no links")


def association_data(
    database: Engine, workspace: World | int, scope: Scope | None = None
) -> tuple[Citations, tuple[str, ...]]:
    """Who was cited or retrieved where, as `analysis.association.Citations`, and the names of its domain codes."""
    from analysis.association import Citations

    workspace, scope = as_world(database, workspace), scope or Scope(branded="include")
    frame = answers(database, workspace, scope)
    parts = {
        kind: citations(database, workspace, scope, kind=kind, pages=False) for kind in ("cited", "retrieved")
    }
    both = pd.concat(parts, names=["kind"]).reset_index("kind")
    row = pd.Index(frame["answer"])
    ids, domain = np.unique(both["source_id"].to_numpy(np.int64), return_inverse=True)
    with database.connect() as connection:
        names = _names(connection, ids)
        serp = connection.execute(
            select(ANSWER.c.engine_id)
            .distinct()
            .where(ANSWER.c.workspace_id == workspace.id, ANSWER.c.surface == "serp")
        ).scalars()
        plain = frozenset(workspace.engines[i] for i in serp)
    present = sorted({int(i) for i in frame["engine"]}, key=lambda i: workspace.engines[i])
    spot = {engine: code for code, engine in enumerate(present)}
    prompts, _ = pd.factorize(frame["prompt_id"], sort=True)
    found = Citations(
        answer=np.asarray(row.get_indexer(pd.Index(both["answer"])), np.int64),
        domain=np.asarray(domain, np.int64).ravel(),
        cited=(both["kind"] == "cited").to_numpy(bool),
        prompt=np.asarray(prompts, np.int64),
        engine=np.array([spot[int(i)] for i in frame["engine"]], np.int64),
        engines=tuple(workspace.engines[i] for i in present),
        serp=plain,
    )
    return found, tuple(names.get(int(i), f"domain {i}") for i in ids)
