"""Counts that every page asks for, kept beside the facts they come from and rebuilt from them at any time.

The selects that fill the two tables are public: where a roll-up does not cover the newest facts, a reader
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
)
from sqlmodel import Session

from tracker import store
from tracker.answers import counted
from tracker.answers.counted import ANSWER, MENTION
from tracker.answers.owned import Owned, own_citations, owned
from tracker.models import Brand, Citation, Setting, SourceRollup, VisibilityRollup, Workspace


def _table(model: Any) -> Any:
    return model.__table__


BRAND, CITATION, SETTING, VISIBILITY, SOURCE, WORKSPACE = map(
    _table, (Brand, Citation, Setting, VisibilityRollup, SourceRollup, Workspace)
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


def rebuild(session: Session, workspace_id: int) -> None:
    """Both roll-ups of a workspace, from nothing."""
    _replace(session, workspace_id, None)


def update(
    session: Session, workspace_id: int, *, weeks: Collection[date] = (), since: date | None = None
) -> None:
    """Both roll-ups for the weeks whose answers, citations or mentions changed, and those never rolled up.

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
    connection = session.connection()
    mine = owned(connection, workspace_id)
    for table, rows in (
        (VISIBILITY, visibility_select(workspace_id, mine, weeks)),
        (SOURCE, source_select(workspace_id, weeks)),
    ):
        gone = delete(table).where(table.c.workspace_id == workspace_id)
        connection.execute(gone if weeks is None else gone.where(table.c.week.in_(sorted(weeks))))
        connection.execute(insert(table).from_select([c.name for c in rows.selected_columns], rows))
    mark = json.dumps(_mark(connection, workspace_id), sort_keys=True)
    store.upsert(session, Setting, [{"name": _name(workspace_id), "value": mark}], key=["name"])


def _name(workspace_id: int) -> str:
    return f"rollups {workspace_id}"


def _mark(connection: Connection, workspace_id: int) -> dict[str, Any]:
    last = connection.execute(select(func.max(ANSWER.c.id))).scalar()
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
