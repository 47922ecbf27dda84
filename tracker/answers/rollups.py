"""Counts that every page asks for, kept beside the facts they come from and rebuilt from them at any time.

The selects that fill the two tables are public: where a roll-up does not cover the newest facts, a reader runs the
same select on the facts instead, so a number never depends on whether somebody rolled up in time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Connection,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
    values,
)
from sqlmodel import Session

from tracker import domains, store
from tracker.answers import counted
from tracker.answers.counted import ANSWER, MENTION
from tracker.models import Brand, Citation, Page, Setting, SourceRollup, VisibilityRollup


def _table(model: Any) -> Any:
    return model.__table__


BRAND, CITATION, PAGE, SETTING, VISIBILITY, SOURCE = map(
    _table, (Brand, Citation, Page, Setting, VisibilityRollup, SourceRollup)
)


@dataclass(frozen=True)
class Owned:
    """What belongs to which brand: whole domains, and single hosts of domains that are not the brand's."""

    domains: tuple[tuple[int, int], ...]
    """(brand id, domain id)."""
    hosts: tuple[tuple[int, int, str], ...]
    """(brand id, domain id, host)."""


def owned(connection: Connection, workspace_id: int) -> Owned:
    rows = connection.execute(
        select(BRAND.c.id, BRAND.c.domains).where(BRAND.c.workspace_id == workspace_id).order_by(BRAND.c.id)
    )
    whole: set[tuple[int, int]] = set()
    parts: set[tuple[int, int, str]] = set()
    for brand_id, names in rows:
        mine, hosts = split(names or [])
        whole |= {(brand_id, domains.domain_id(name)) for name in mine}
        parts |= {(brand_id, domains.domain_id(domain), host) for host, domain in hosts}
    return Owned(tuple(sorted(whole)), tuple(sorted(parts)))


def split(names: Sequence[str]) -> tuple[set[str], set[tuple[str, str]]]:
    """A brand's entries as whole domains and (host, its domain), each host named once, by its widest entry."""
    whole, hosts = set(), set()
    for name in names:
        found = domains.try_parse(name) or domains.try_parse(f"http://{name}")
        if found is None:
            continue
        if found.host.removeprefix("www.") == found.domain.removeprefix("www."):
            whole.add(found.domain)
        else:
            hosts.add((found.host, found.domain))
    spare = {h for h, _ in hosts}
    kept = {
        (host, domain)
        for host, domain in hosts
        if domain not in whole and not any(host.endswith("." + other) for other in spare)
    }
    return whole, kept


_KEY = ("week", "engine_id", "served_model", "prompt_id")


def _answers(workspace_id: int, weeks: Collection[date] | None) -> CTE:
    found = select(
        ANSWER.c.id,
        ANSWER.c.week,
        ANSWER.c.engine_id,
        func.coalesce(ANSWER.c.served_model, "").label("served_model"),
        ANSWER.c.prompt_id,
        case((counted.citable(), 1), else_=0).label("citable"),
    ).where(counted.usable(workspace_id, by_week=weeks is not None))
    if weeks is not None:
        found = found.where(ANSWER.c.week.in_(sorted(weeks)))
    return found.cte("answers")


def _values(name: str, columns: Sequence[Any], rows: Sequence[tuple[Any, ...]]) -> Any:
    """Literal rows to join with; a select that returns none where there are none."""
    if rows:
        return values(*columns, name=name).data(list(rows)).cte(name)
    return select(*(cast(null(), c.type).label(c.name) for c in columns)).where(literal(1) == 0).cte(name)


def of_brands(mine: Owned) -> Any:
    """Citations of the brands' own pages: (answer_id, brand_id, kind)."""
    whole = _values(
        "owned_domain", [column("brand_id", Integer), column("domain_id", BigInteger)], mine.domains
    )
    by_domain = select(CITATION.c.answer_id, whole.c.brand_id, CITATION.c.kind).join_from(
        CITATION, whole, CITATION.c.domain_id == whole.c.domain_id
    )
    if not mine.hosts:
        return by_domain.subquery("own_citation")
    columns = [column("brand_id", Integer), column("domain_id", BigInteger), column("host", String)]
    part = _values("owned_host", columns, mine.hosts)
    on_host = or_(PAGE.c.host == part.c.host, PAGE.c.host.like("%." + part.c.host))
    by_host = (
        select(CITATION.c.answer_id, part.c.brand_id, CITATION.c.kind)
        .join_from(CITATION, part, CITATION.c.domain_id == part.c.domain_id)
        .join(PAGE, and_(PAGE.c.id == CITATION.c.page_id, on_host))
    )
    return union_all(by_domain, by_host).subquery("own_citation")


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _totals(answers: CTE) -> Any:
    key = [answers.c[name] for name in _KEY]
    return (
        select(*key, func.count().label("all_citations"))
        .join_from(CITATION, answers, CITATION.c.answer_id == answers.c.id)
        .where(CITATION.c.kind == "cited", answers.c.citable == 1)
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
    own = of_brands(mine)
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
    found = each.subquery("source_answer")
    key = [answers.c.week, answers.c.engine_id, found.c.domain_id]
    return (
        select(
            literal(workspace_id).label("workspace_id"),
            *key,
            _count(found.c.cited > 0).label("answers"),
            cast(func.sum(found.c.cited), BigInteger).label("citations"),
            _count(found.c.retrieved > 0).label("retrieved"),
        )
        .join_from(found, answers, found.c.answer_id == answers.c.id)
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

    `since` adds every week from that Monday on. Where the brands or their domains are no longer those of the last
    time every week has changed, so all are rebuilt.
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
    found = select(ANSWER.c.week).distinct().where(of_workspace, or_(*touched))
    changed |= set(connection.execute(found).scalars())
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
    """All that decides what is a mention or an own page: when it changes, every week may have."""
    brand = BRAND.c
    wanted = (brand.id, brand.name, brand.aliases, brand.not_phrases, brand.domains)
    found = connection.execute(select(*wanted).where(brand.workspace_id == workspace_id).order_by(brand.id))
    text = json.dumps(
        [[key, name, *(sorted(part or [], key=str) for part in parts)] for key, name, *parts in found]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _covered(connection: Connection, workspace_id: int) -> dict[str, Any] | None:
    found = select(SETTING.c.value).where(SETTING.c.name == _name(workspace_id))
    stored = connection.execute(found).scalar()
    return json.loads(stored) if stored else None
