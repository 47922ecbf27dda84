"""Counts that every page asks for, kept beside the facts they come from and rebuilt from them at any time.

The selects that fill the tables are public: of weeks whose newest answers a roll-up does not cover, a reader
runs the same select on the facts instead, so a number never depends on whether somebody rolled up in time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Connection,
    Select,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlmodel import Session

from tracker import archived, store
from tracker.answers import counted
from tracker.answers.counted import ANSWER, MENTION
from tracker.answers.owned import Owned, own_citations, owned
from tracker.models import (
    AnswerRollup,
    Brand,
    Citation,
    Setting,
    SourceRollup,
    VisibilityRollup,
    Workspace,
)


def _table(model: Any) -> Any:
    return model.__table__


BRAND, CITATION, SETTING, VISIBILITY, SOURCE, STORED, WORKSPACE = map(
    _table, (Brand, Citation, Setting, VisibilityRollup, SourceRollup, AnswerRollup, Workspace)
)


_KEY = ("week", "engine_id", "served_model", "prompt_id")


def _answers(workspace_id: int, weeks: Collection[date] | None) -> CTE:
    answers = select(
        ANSWER.c.id,
        ANSWER.c.week,
        ANSWER.c.engine_id,
        func.coalesce(ANSWER.c.served_model, "").label("served_model"),
        ANSWER.c.prompt_id,
        case((counted.citable(), 1), else_=0).label("citable"),
    ).where(counted.usable(workspace_id, by_week=weeks is not None))
    if weeks is not None:
        answers = answers.where(ANSWER.c.week.in_(sorted(weeks)))
    return answers.cte("answers")


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _totals(answers: CTE) -> Any:
    key = [answers.c[name] for name in _KEY]
    return (
        select(*key, func.count().label("all_citations"))
        .join_from(CITATION, answers, CITATION.c.answer_id == answers.c.id)
        # what is no address, or leads nobody knows where, is in no share
        .where(CITATION.c.kind == "cited", CITATION.c.domain_id.is_not(None), answers.c.citable == 1)
        .group_by(*key)
        .subquery("totals")
    )


def _mentioned(answers: CTE) -> Any:
    key = [*(answers.c[name] for name in _KEY), MENTION.c.brand_id]
    return (
        select(
            *key,
            func.count().label("mentioned"),
            func.sum(MENTION.c.count).label("mentions"),
            func.sum(MENTION.c.position).label("position_sum"),
            func.sum(answers.c.citable).label("citable"),
        )
        .join_from(MENTION, answers, MENTION.c.answer_id == answers.c.id)
        .where(counted.names_it())
        .group_by(*key)
        .subquery("mentioned")
    )


def _cited(answers: CTE, mine: Owned) -> Any:
    own = own_citations(mine)
    each = (
        select(
            own.c.answer_id,
            own.c.brand_id,
            _count(own.c.kind == "cited").label("cited"),
            _count(own.c.kind == "retrieved").label("retrieved"),
        )
        .group_by(own.c.answer_id, own.c.brand_id)
        .subquery("own_answer")
    )
    named = and_(
        MENTION.c.answer_id == each.c.answer_id,
        MENTION.c.brand_id == each.c.brand_id,
        counted.names_it(),
    )
    key = [*(answers.c[name] for name in _KEY), each.c.brand_id]
    return (
        select(
            *key,
            _count(each.c.cited > 0).label("cited"),
            func.sum(each.c.cited).label("citations"),
            _count(and_(each.c.cited > 0, MENTION.c.id.is_(None))).label("ghost"),
            _count(each.c.retrieved > 0).label("retrieved"),
            _count(and_(each.c.retrieved > 0, each.c.cited == 0)).label("retrieved_not_cited"),
        )
        .join_from(each, answers, each.c.answer_id == answers.c.id)
        .outerjoin(MENTION, named)
        .where(answers.c.citable == 1)
        .group_by(*key)
        .subquery("cited")
    )


def visibility_select(workspace_id: int, mine: Owned, weeks: Collection[date] | None = None) -> Select[Any]:
    """The rows of `VisibilityRollup`, from the facts. A brand that was never named has its row of zeros."""
    answers = _answers(workspace_id, weeks)
    key = [answers.c[name] for name in _KEY]
    base = (
        select(*key, func.count().label("answers"), func.sum(answers.c.citable).label("citable"))
        .group_by(*key)
        .subquery("base")
    )
    totals, named, cited = _totals(answers), _mentioned(answers), _cited(answers, mine)

    def same(other: Any, *, brand: bool) -> Any:
        on = [base.c[name] == other.c[name] for name in _KEY]
        return and_(*on, BRAND.c.id == other.c.brand_id) if brand else and_(*on)

    def number(value: Any) -> Any:
        return cast(func.coalesce(value, 0), BigInteger)

    on_both = number(cited.c.cited) - number(cited.c.ghost)
    return (
        select(
            literal(workspace_id).label("workspace_id"),
            *(base.c[name] for name in _KEY),
            BRAND.c.id.label("brand_id"),
            base.c.answers,
            number(named.c.mentioned).label("mentioned"),
            number(named.c.mentions).label("mentions"),
            number(named.c.position_sum).label("position_sum"),
            number(base.c.citable).label("citable"),
            number(cited.c.cited).label("cited"),
            number(cited.c.citations).label("citations"),
            number(totals.c.all_citations).label("all_citations"),
            number(cited.c.ghost).label("ghost"),
            (number(named.c.citable) - on_both).label("silent"),
            number(cited.c.retrieved).label("retrieved"),
            number(cited.c.retrieved_not_cited).label("retrieved_not_cited"),
        )
        .join_from(base, BRAND, BRAND.c.workspace_id == workspace_id)
        .outerjoin(totals, same(totals, brand=False))
        .outerjoin(named, same(named, brand=True))
        .outerjoin(cited, same(cited, brand=True))
        .where(or_(BRAND.c.until.is_(None), base.c.week <= BRAND.c.until))
    )


def source_select(workspace_id: int, weeks: Collection[date] | None = None) -> Select[Any]:
    """The rows of `SourceRollup`, from the facts."""
    answers = _answers(workspace_id, weeks)
    each = (
        select(
            CITATION.c.answer_id,
            CITATION.c.domain_id,
            _count(CITATION.c.kind == "cited").label("cited"),
            _count(CITATION.c.kind == "retrieved").label("retrieved"),
        )
        .where(CITATION.c.domain_id.is_not(None), CITATION.c.kind.in_(("cited", "retrieved")))
        .group_by(CITATION.c.answer_id, CITATION.c.domain_id)
    )
    if weeks is not None:
        each = each.where(CITATION.c.answer_id.in_(select(answers.c.id)))
    each_source = each.subquery("source_answer")
    key = [answers.c.week, answers.c.engine_id, each_source.c.domain_id]
    return (
        select(
            literal(workspace_id).label("workspace_id"),
            *key,
            _count(each_source.c.cited > 0).label("answers"),
            cast(func.sum(each_source.c.cited), BigInteger).label("citations"),
            _count(each_source.c.retrieved > 0).label("retrieved"),
        )
        .join_from(each_source, answers, each_source.c.answer_id == answers.c.id)
        .where(answers.c.citable == 1)
        .group_by(*key)
    )


def stored_select(workspace_id: int, weeks: Collection[date] | None = None) -> Select[Any]:
    """The rows of `AnswerRollup`, from the facts."""
    bad = counted.unusable()
    absent, serp = and_(bad, counted.not_shown()), ANSWER.c.surface == "serp"
    key = (ANSWER.c.workspace_id, ANSWER.c.week, ANSWER.c.engine_id, ANSWER.c.prompt_id)
    counts = {
        "problem": and_(bad, ~counted.not_shown(), ~counted.cut_off()),
        "cut_off": counted.cut_off(),
        "not_shown": absent,
        "pages": and_(serp, or_(~bad, absent)),
        "shown": and_(serp, ~bad),
        "unknown": and_(~bad, ~ANSWER.c.citations_known),
        "not_searched": and_(~bad, counted.search_skipped()),
    }
    chosen = select(
        *key, func.count().label("stored"), *(_count(is_so).label(name) for name, is_so in counts.items())
    )
    if weeks is None:
        return chosen.where(ANSWER.c.workspace_id == workspace_id).group_by(*key)
    # `+ 0` keeps SQLite off the index of the workspace
    mine = (ANSWER.c.workspace_id + 0 == workspace_id, ANSWER.c.week.in_(sorted(weeks)))
    return chosen.where(*mine).group_by(*key)


def covered(connection: Connection, workspace_id: int, table: Any, facts: Any) -> Any:
    """The rows of a roll-up, as a subquery: stored ones, and of weeks with newer answers what `facts` selects
    of those weeks (or of all, where nothing is rolled up under the brands of today). Of archived weeks, what
    is stored stays."""
    newer = _newer_weeks(connection, workspace_id)
    if newer is None:
        return facts(None).subquery(table.name)
    stored = select(table).where(table.c.workspace_id == workspace_id)
    if not newer:
        return stored.subquery(table.name)
    old = stored.where(table.c.week.not_in(sorted(newer)))
    fresh_rows = facts(newer)
    names = [column.name for column in table.c]
    by_name = {column.name: column for column in fresh_rows.selected_columns}
    in_order = fresh_rows.with_only_columns(*(by_name[name] for name in names), maintain_column_froms=True)
    return union_all(old, in_order).subquery(table.name)


def weeks(connection: Connection, workspace_id: int) -> list[date]:
    """Mondays with answers that count, in order."""
    newer = _newer_weeks(connection, workspace_id)
    usable = select(ANSWER.c.week).distinct().where(counted.usable(workspace_id, by_week=newer is not None))
    if newer is None:
        return sorted(connection.execute(usable).scalars())
    known = select(VISIBILITY.c.week).distinct().where(VISIBILITY.c.workspace_id == workspace_id)
    found = set(connection.execute(known).scalars()) - newer
    if newer:
        found |= set(connection.execute(usable.where(ANSWER.c.week.in_(sorted(newer)))).scalars())
    return sorted(found)


def _newer_weeks(connection: Connection, workspace_id: int) -> set[date] | None:
    """Weeks with answers that no roll-up covers; None where that is all of them."""
    last = _covered(connection, workspace_id)
    if last is None or last["brands"] != _brands_mark(connection, workspace_id):
        kept = archived.weeks(connection, workspace_id)
        return _weeks_in_tables(connection, workspace_id) - kept if kept else None
    newer = select(ANSWER.c.week).where(
        ANSWER.c.id > last["answer"], ANSWER.c.workspace_id + 0 == workspace_id
    )
    return set(connection.execute(newer.distinct()).scalars())


def _weeks_in_tables(connection: Connection, workspace_id: int) -> set[date]:
    stored = select(ANSWER.c.week).distinct().where(ANSWER.c.workspace_id == workspace_id)
    return set(connection.execute(stored.execution_options(**{store.LIVE: True})).scalars())


def rebuild(session: Session, workspace_id: int) -> None:
    """All roll-ups of a workspace, from nothing but those of archived weeks, which stay as they are."""
    _replace(session, workspace_id, None)


def update(
    session: Session, workspace_id: int, *, weeks: Collection[date] = (), since: date | None = None
) -> None:
    """All roll-ups for the weeks whose answers, citations or mentions changed, and those never rolled up.

    `since` adds every week from that Monday on. Where the brands or their domains are no longer those of the
    last time every week has changed, so all are rebuilt.
    """
    connection = session.connection()
    last = _covered(connection, workspace_id)
    if last is None or last["brands"] != _brands_mark(connection, workspace_id):
        rebuild(session, workspace_id)
        return
    changed = set(weeks)
    of_workspace = ANSWER.c.workspace_id == workspace_id
    touched = [ANSWER.c.id > last["answer"]]
    if since is not None:
        touched.append(ANSWER.c.week >= since)
    weeks_touched = select(ANSWER.c.week).distinct().where(of_workspace, or_(*touched))
    changed |= set(connection.execute(weeks_touched).scalars())
    if changed:
        _replace(session, workspace_id, changed)


def fresh(connection: Connection, workspace_id: int) -> bool:
    """Whether the roll-ups cover every answer, under the brands of today. Costs the same at any size."""
    last = _covered(connection, workspace_id)
    if last is None or last["brands"] != _brands_mark(connection, workspace_id):
        return False
    # `+ 0` keeps SQLite off the index of the workspace, which would read all of it to find the newest answer
    newer = select(ANSWER.c.id).where(ANSWER.c.id > last["answer"], ANSWER.c.workspace_id + 0 == workspace_id)
    return connection.execute(newer.limit(1)).first() is None


def _replace(session: Session, workspace_id: int, weeks: Collection[date] | None) -> None:
    # Runs of one workspace may end at the same moment, and share a week.
    store.alone(session, _name(workspace_id))
    connection = session.connection()
    mine = owned(connection, workspace_id)
    kept = sorted(archived.weeks(connection, workspace_id))
    for table, rows in (
        (VISIBILITY, visibility_select(workspace_id, mine, weeks)),
        (SOURCE, source_select(workspace_id, weeks)),
        (STORED, stored_select(workspace_id, weeks)),
    ):
        gone = delete(table).where(table.c.workspace_id == workspace_id, table.c.week.not_in(kept))
        connection.execute(gone if weeks is None else gone.where(table.c.week.in_(sorted(weeks))))
        connection.execute(insert(table).from_select([c.name for c in rows.selected_columns], rows))
    mark = json.dumps(_mark(connection, workspace_id), sort_keys=True)
    store.upsert(session, Setting, [{"name": _name(workspace_id), "value": mark}], key=["name"])


def _name(workspace_id: int) -> str:
    return f"rollups {workspace_id}"


def _mark(connection: Connection, workspace_id: int) -> dict[str, Any]:
    newest = select(func.max(ANSWER.c.id)).execution_options(**{store.LIVE: True})
    last = connection.execute(newest).scalar()
    return {"answer": last or 0, "brands": _brands_mark(connection, workspace_id)}


def _brands_mark(connection: Connection, workspace_id: int) -> str:
    """All that decides what is a mention, an own page or a week: when it changes, every week may have."""
    brand = BRAND.c
    spelled = (brand.aliases, brand.not_phrases, brand.domains, brand.owns)
    wanted = (brand.id, brand.name, brand.until, *spelled)
    brands = connection.execute(select(*wanted).where(brand.workspace_id == workspace_id).order_by(brand.id))
    text = json.dumps(
        [
            [key, name, str(until or ""), *(sorted(part or [], key=str) for part in parts)]
            for key, name, until, *parts in brands
        ]
        + [connection.execute(select(WORKSPACE.c.timezone).where(WORKSPACE.c.id == workspace_id)).scalar()]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _covered(connection: Connection, workspace_id: int) -> dict[str, Any] | None:
    statement = select(SETTING.c.value).where(SETTING.c.name == _name(workspace_id))
    stored = connection.execute(statement).scalar()
    return json.loads(stored) if stored else None
