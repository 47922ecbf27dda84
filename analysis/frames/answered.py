"""Answers, what they name and what they cite."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, and_, case, func, select

from analysis.frames.tables import DOMAIN, Ints, rows, seconds
from analysis.frames.tracked import Scope, World
from tracker.answers import counted, rollups
from tracker.answers.counted import ANSWER, MENTION
from tracker.answers.owned import PAGE, owned
from tracker.answers.rollups import CITATION, SOURCE, STORED, VISIBILITY
from tracker.errors import UsageError

Key = Literal["engine", "week", "topic", "country", "language", "served_model"]
MEASURES = (
    "answers",
    "mentioned",
    "mentions",
    "position_sum",
    "citable",
    "cited",
    "citations",
    "all_citations",
    "ghost",
    "silent",
    "retrieved",
    "retrieved_not_cited",
)


def visibility_sums(
    database: Engine, workspace: World, scope: Scope, by: Collection[str] = ()
) -> pd.DataFrame:
    """Sums per brand × prompt (× the keys of `by`): what every rate and its bootstrap is made of.

    Columns `brand_id`, `prompt_id`, the keys asked for (`engine` is the engine's id), then `MEASURES`. Read
    from the roll-up where it is fresh, else from the facts by the select that fills it.
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
            .where(*within(table, scope), table.c.brand_id.in_(brands))
            .group_by(*(k.element if hasattr(k, "element") else k for k in key))
        )
        frame = rows(connection, statement)
    frame[list(MEASURES)] = frame[list(MEASURES)].astype("int64")
    frame = frame[frame["prompt_id"].isin(scope.prompts(workspace))].reset_index(drop=True)
    prompts = workspace.prompts
    for name in ("topic", "country", "language"):
        if name in by:
            attribute = {i: getattr(p, name) for i, p in prompts.items()}
            frame[name] = frame["prompt_id"].map(attribute).astype(object)
    return frame


def _visibility(connection: Connection, workspace: World, scope: Scope) -> Any:
    def facts(newer: Collection[date] | None) -> Any:
        asked = _weeks_between(connection, workspace, scope) if newer is None else _inside(newer, scope)
        return rollups.visibility_select(workspace.id, owned(connection, workspace.id), asked)

    return rollups.covered(connection, workspace.id, VISIBILITY, facts)


def _inside(weeks: Collection[date], scope: Scope) -> list[date]:
    return [
        week
        for week in weeks
        if (scope.first is None or week >= scope.first) and (scope.last is None or week <= scope.last)
    ]


def _weeks_between(connection: Connection, workspace: World, scope: Scope) -> list[date] | None:
    if scope.first is None and scope.last is None:
        return None
    distinct = select(ANSWER.c.week).distinct().where(counted.usable(workspace.id))
    return list(connection.execute(distinct.where(*_between(ANSWER.c.week, scope))).scalars())


def _between(column: Any, scope: Scope) -> list[Any]:
    clauses = []
    if scope.first is not None:
        clauses.append(column >= scope.first)
    if scope.last is not None:
        clauses.append(column <= scope.last)
    return clauses


def within(table: Any, scope: Scope) -> list[Any]:
    clauses = _between(table.c.week, scope)
    if scope.engine is not None:
        clauses.append(table.c.engine_id.in_(scope.engines))
    return clauses


def asked(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Answers per week × engine × served model × prompt: columns `week`, `engine`, `served_model`,
    `prompt_id`, `answers`. What a comparison checks before it compares."""
    with database.connect() as connection:
        table = _visibility(connection, workspace, scope)
        key = [table.c.week, table.c.engine_id, table.c.served_model, table.c.prompt_id]
        brands = [brand.id for brand in workspace.brands]
        statement = (
            select(*key, func.max(table.c.answers).label("answers"))
            .where(*within(table, scope), table.c.brand_id.in_(brands))
            .group_by(*key)
            .order_by(*key)
        )
        frame = rows(connection, statement).rename(columns={"engine_id": "engine"})
    return frame[frame["prompt_id"].isin(scope.prompts(workspace))].reset_index(drop=True)


def served_weeks(asked: pd.DataFrame) -> dict[int, list[tuple[date, frozenset[str]]]]:
    """The known models that served each engine (by id) in each week with answers, of a frame of `asked`."""
    models_in: dict[int, dict[date, set[str]]] = {}
    ordered = asked.sort_values("week")
    for engine, week, model in zip(ordered["engine"], ordered["week"], ordered["served_model"], strict=True):
        models_in.setdefault(int(engine), {}).setdefault(week, set()).update({model} - {""})
    return {
        engine: [(week, frozenset(models)) for week, models in weeks.items()]
        for engine, weeks in models_in.items()
    }


def excluded(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Stored answers per engine, and those that leave some or all rates, with why.

    `engine`, `stored`, `problem` (failed or empty), `cut_off` (ends where a limit was reached), `not_shown`
    (a page of results without the overview that was asked for), `pages` and `shown` (pages of results, and
    those with an answer on them), `unknown` (what it cites), `not_searched`.
    """
    counts = ("stored", "problem", "cut_off", "not_shown", "pages", "shown", "unknown", "not_searched")

    def facts(newer: Collection[date] | None) -> Any:
        return rollups.stored_select(workspace.id, None if newer is None else _inside(newer, scope))

    with database.connect() as connection:
        table = rollups.covered(connection, workspace.id, STORED, facts)
        statement = (
            select(table.c.engine_id.label("engine"), *(func.sum(table.c[n]).label(n) for n in counts))
            .where(*within(table, scope), table.c.prompt_id.in_(sorted(scope.prompts(workspace))))
            .group_by(table.c.engine_id)
        )
        frame = rows(connection, statement)
    frame[list(counts)] = frame[list(counts)].astype("int64")
    return frame


def mention_places(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Per brand: `brand_id`, `first` (answers naming it before every other), `reciprocal` (sum of 1 ÷
    position)."""
    inside = sorted(scope.prompts(workspace))
    statement = (
        select(
            MENTION.c.brand_id,
            func.sum(case((MENTION.c.position == 1, 1), else_=0)).label("first"),
            func.sum(1.0 / MENTION.c.position).label("reciprocal"),
        )
        .join_from(MENTION, ANSWER, ANSWER.c.id == MENTION.c.answer_id)
        .where(counted.usable(workspace.id), *within(ANSWER, scope), ANSWER.c.prompt_id.in_(inside))
        .where(counted.names_it(), MENTION.c.brand_id.in_([b.id for b in workspace.brands]))
        .group_by(MENTION.c.brand_id)
    )
    with database.connect() as connection:
        return rows(connection, statement)


def sources(
    database: Engine,
    workspace: World,
    scope: Scope,
    by: Collection[str] = (),
    *,
    ids: Collection[int] | None = None,
) -> pd.DataFrame:
    """Answers citing each domain, or each of `ids`: columns `domain`, the keys of `by`, `answers`,
    `citations`, `retrieved`.

    From the roll-up; a scope that names a topic or a country, or leaves out branded prompts where there are
    some, needs the prompt and is counted on the facts.
    """
    every = scope.prompts(workspace) == set(workspace.prompts)
    with database.connect() as connection:
        if every:
            facts = partial(rollups.source_select, workspace.id)
            table = rollups.covered(connection, workspace.id, SOURCE, facts)
        else:
            table = _source_facts(workspace, scope, every)
        key = [table.c.domain_id]
        key += [table.c.engine_id] if "engine" in by else []
        key += [table.c.week] if "week" in by else []
        grouped = (
            select(*key, *(func.sum(table.c[m]).label(m) for m in ("answers", "citations", "retrieved")))
            .where(*within(table, scope), *([table.c.domain_id.in_(sorted(ids))] if ids is not None else ()))
            .group_by(*key)
            .subquery("grouped")
        )
        names = [grouped.c[k.name].label({"engine_id": "engine"}.get(k.name, k.name)) for k in key[1:]]
        sums = [grouped.c[m] for m in ("answers", "citations", "retrieved")]
        statement = (
            select(DOMAIN.c.name.label("domain"), *names, *sums)
            .join_from(grouped, DOMAIN, DOMAIN.c.id == grouped.c.domain_id)
            .order_by(grouped.c.answers.desc(), DOMAIN.c.name, *(grouped.c[k.name] for k in key[1:]))
        )
        frame = rows(connection, statement)
    counts = ["answers", "citations", "retrieved"]
    frame[counts] = frame[counts].astype("int64")
    return frame


def _source_facts(workspace: World, scope: Scope, every: bool) -> Any:
    answers = answer_conditions(workspace, scope, every)
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


def answer_conditions(workspace: World, scope: Scope, every: bool | None = None) -> list[Any]:
    """Conditions on `answer` for a scope, citable answers only."""
    inside = scope.prompts(workspace)
    clauses = [counted.usable(workspace.id), counted.citable(), *within(ANSWER, scope)]
    if every is False or (every is None and inside != set(workspace.prompts)):
        clauses.append(ANSWER.c.prompt_id.in_(sorted(inside)))
    return clauses


def citable_answers(database: Engine, workspace: World, scope: Scope) -> dict[int, int]:
    """Answers per engine whose citations are known: the denominator of a source's rate."""
    sums = visibility_sums(database, workspace, scope, ("engine",))
    once = sums[sums["brand_id"] == sums["brand_id"].min()] if len(sums) else sums
    totals = once.groupby("engine")["citable"].sum()
    return dict(zip(totals.index.astype(int).tolist(), totals.astype(int).tolist(), strict=True))


def answers(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Citable answers in the order they came: `answer`, `prompt_id`, `engine`, `week`, `seconds`."""
    statement = (
        select(
            ANSWER.c.id.label("answer"),
            ANSWER.c.prompt_id,
            ANSWER.c.engine_id.label("engine"),
            ANSWER.c.week,
            ANSWER.c.asked_at,
        )
        .where(*answer_conditions(workspace, scope))
        .order_by(ANSWER.c.id)
    )
    with database.connect() as connection:
        frame = rows(connection, statement)
    frame["seconds"] = seconds(frame.pop("asked_at"), workspace.timezone)
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
    """Distinct (answer, domain, page) of citable answers: `answer`, `source_id`, `page`. `domains` limits
    them."""
    columns = [CITATION.c.answer_id.label("answer"), CITATION.c.domain_id.label("source_id")]
    columns += [CITATION.c.page_id.label("page")] if pages else []
    statement = (
        select(*columns)
        .distinct()
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .where(
            *answer_conditions(workspace, scope), CITATION.c.kind == kind, CITATION.c.domain_id.is_not(None)
        )
    )
    with database.connect() as connection:
        if domains is not None and len(domains) <= 20_000:
            # Of an expression: SQLite would look into the index once for each domain of each answer.
            wanted = (CITATION.c.domain_id + 0).in_(sorted(int(d) for d in domains))
            statement = statement.where(wanted)
        frame = rows(connection, statement)
    if pages:
        frame["page"] = frame["page"].astype("Int64")
    return frame


def cited_places(database: Engine, workspace: World, scope: Scope) -> pd.DataFrame:
    """Every citable answer's cited domains in the order cited: `answer`, `prompt_id`, `engine`, `week`,
    `domain` (an id; null once for an answer that cites none)."""
    place = func.min(CITATION.c.position)
    cites = and_(
        CITATION.c.answer_id == ANSWER.c.id, CITATION.c.kind == "cited", CITATION.c.domain_id.is_not(None)
    )
    key = (ANSWER.c.id, ANSWER.c.prompt_id, ANSWER.c.engine_id, ANSWER.c.week, CITATION.c.domain_id)
    labels = ("answer", "prompt_id", "engine", "week", "domain")
    statement = (
        select(*(column.label(label) for column, label in zip(key, labels, strict=True)))
        .join_from(ANSWER, CITATION, cites, isouter=True)
        .where(*answer_conditions(workspace, scope))
        .group_by(*key)
        .order_by(ANSWER.c.id, place)
    )
    with database.connect() as connection:
        return rows(connection, statement)


def named(database: Engine, workspace: World, answer_ids: Ints) -> NDArray[np.bool_]:
    """Whether each answer names each brand: shape (A, B), brands in the world's order; `answer_ids`
    ascending."""
    position = {brand.id: i for i, brand in enumerate(workspace.brands)}
    statement = (
        select(MENTION.c.answer_id, MENTION.c.brand_id)
        .join_from(MENTION, ANSWER, ANSWER.c.id == MENTION.c.answer_id)
        .where(ANSWER.c.workspace_id == workspace.id, counted.names_it())
        .where(MENTION.c.brand_id.in_(sorted(position)))
    )
    if len(answer_ids):
        statement = statement.where(MENTION.c.answer_id.between(int(answer_ids[0]), int(answer_ids[-1])))
    with database.connect() as connection:
        frame = rows(connection, statement)
    table = np.zeros((len(answer_ids), len(position)), bool)
    at = np.searchsorted(answer_ids, frame["answer_id"].to_numpy(np.int64))
    inside = at < len(answer_ids)
    inside[inside] = answer_ids[at[inside]] == frame["answer_id"].to_numpy(np.int64)[inside]
    table[at[inside], frame["brand_id"].map(position).to_numpy(np.int64)[inside]] = True
    return table


def reach(database: Engine, workspace: World, scope: Scope, ids: Sequence[int]) -> pd.DataFrame:
    """Of each domain: `source_id`, `answers`, `engines`, `weeks`, `prompts` that cite it (distinct)."""
    statement = (
        select(
            CITATION.c.domain_id.label("source_id"),
            func.count(CITATION.c.answer_id.distinct()).label("answers"),
            func.count(ANSWER.c.engine_id.distinct()).label("engines"),
            func.count(ANSWER.c.week.distinct()).label("weeks"),
            func.count(ANSWER.c.prompt_id.distinct()).label("prompts"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .where(
            *answer_conditions(workspace, scope),
            CITATION.c.kind == "cited",
            CITATION.c.domain_id.in_(list(ids)),
        )
        .group_by(CITATION.c.domain_id)
    )
    with database.connect() as connection:
        return rows(connection, statement)


def named_beside(database: Engine, workspace: World, scope: Scope, ids: Sequence[int]) -> pd.DataFrame:
    """Answers that cite a domain and name a brand: `source_id`, `brand_id`, `answers`."""
    statement = (
        select(
            CITATION.c.domain_id.label("source_id"),
            MENTION.c.brand_id,
            func.count(CITATION.c.answer_id.distinct()).label("answers"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .join(MENTION, MENTION.c.answer_id == CITATION.c.answer_id)
        .where(
            *answer_conditions(workspace, scope),
            CITATION.c.kind == "cited",
            CITATION.c.domain_id.in_(list(ids)),
        )
        .where(counted.names_it())
        .group_by(CITATION.c.domain_id, MENTION.c.brand_id)
    )
    with database.connect() as connection:
        return rows(connection, statement)


def pages_of(
    database: Engine,
    workspace: World,
    scope: Scope,
    ids: Sequence[int],
    kind: Literal["cited", "retrieved"] = "cited",
) -> pd.DataFrame:
    """Pages of these domains that answers cite (or retrieve): `source_id`, `page`, `url`, `title`, `answers`,
    most first."""
    statement = (
        select(
            CITATION.c.domain_id.label("source_id"),
            CITATION.c.page_id.label("page"),
            PAGE.c.url,
            func.max(CITATION.c.title).label("title"),
            func.count(CITATION.c.answer_id.distinct()).label("answers"),
        )
        .join_from(CITATION, ANSWER, ANSWER.c.id == CITATION.c.answer_id)
        .join(PAGE, PAGE.c.id == CITATION.c.page_id)
        .where(
            *answer_conditions(workspace, scope), CITATION.c.kind == kind, CITATION.c.domain_id.in_(list(ids))
        )
        .group_by(CITATION.c.domain_id, CITATION.c.page_id, PAGE.c.url)
        .order_by(func.count(CITATION.c.answer_id.distinct()).desc(), PAGE.c.url)
    )
    with database.connect() as connection:
        return rows(connection, statement)


def newest_pages(
    database: Engine, workspace: World, ids: Sequence[int], newest: int = 60
) -> dict[int, list[tuple[str, str | None]]]:
    """Distinct (url, title) among the newest citations of each domain: what tells its kind, whatever the
    filters."""
    statement = (
        select(PAGE.c.url, CITATION.c.title)
        .join_from(CITATION, PAGE, PAGE.c.id == CITATION.c.page_id)
        .where(CITATION.c.workspace_id == workspace.id, CITATION.c.kind == "cited")
        .order_by(CITATION.c.id.desc())
        .limit(newest)
    )
    out: dict[int, list[tuple[str, str | None]]] = {}
    with database.connect() as connection:
        for key in ids:
            titles: dict[str, str | None] = {}
            for url, title in connection.execute(statement.where(CITATION.c.domain_id == key)):
                titles[url] = titles.get(url) or title
            out[key] = list(titles.items())
    return out
