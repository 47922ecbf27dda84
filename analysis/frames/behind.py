"""Every number is a door: the answers that a number counts, and those it counts them out of.

A `Number` says which number, a `Scope` of which answers; `behind` gives the answers themselves, newest first.
An answer may count more than once (a share of citations counts each of them), so that what adds up to the
number's counts are the `times`: for every rate of answers each is 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import pandas as pd
from sqlalchemy import Connection, Engine, Select, and_, case, exists, func, literal, or_, select

from analysis.frames.answered import answer_conditions, visibility_sums, within
from analysis.frames.linked import links
from analysis.frames.tables import rows, seconds
from analysis.frames.tracked import BrandFact, Exposure, Measure, Scope, World
from tracker import domains
from tracker.answers import counted
from tracker.answers.counted import ANSWER, MENTION
from tracker.answers.owned import own_citations, owned
from tracker.answers.rollups import CITATION
from tracker.errors import BadUrl, UsageError

BrandMeasure = Literal[Measure, "prompt_coverage"]
SourceMeasure = Literal["source_rate", "source_share", "retrieved_rate", "exposed"]
"""Answers citing a source ÷ citable answers; its citations ÷ all; answers that fetched it ÷ citable answers;
(answer, brand) pairs that cite it while its link to the brand lives, out of the answers that cite it."""
NumberMeasure = Literal["answers"] | BrandMeasure | SourceMeasure
Side = Literal["counted", "rest", "all"]
"""What the number counts, what it does not count of what it is out of, and all it is out of."""
NUMBER_MEASURES: tuple[str, ...] = ("answers", *get_args(BrandMeasure), *get_args(SourceMeasure))
SIDES: tuple[str, ...] = get_args(Side)


@dataclass(frozen=True)
class Number:
    """A number of the pages.

    Attributes
    ----------
    brand : str, optional
        Whose; needed by the measures of a brand. Of `exposed`: only links to it.
    source, page : str, optional
        A domain; one page of it, by its address. Needed by the measures of a source; for the others they
        narrow to answers that cite it.
    prompt : int, optional
        Only answers to this prompt, whatever the scope says of prompts that name brands.
    """

    measure: NumberMeasure = "answers"
    brand: str | None = None
    source: str | None = None
    page: str | None = None
    prompt: int | None = None
    side: Side = "counted"


@dataclass(frozen=True)
class Behind:
    """A part of the answers behind a number, newest week first.

    Attributes
    ----------
    ids, times : tuple of int
        Answers of this part, and how often each counts.
    answers, units : int
        All answers, and what they add up to: the number's numerator (`counted`) or denominator (`all`).
        Of `prompt_coverage` the units are prompts.
    """

    ids: tuple[int, ...]
    times: tuple[int, ...]
    answers: int
    units: int


def behind(
    database: Engine,
    world: World,
    scope: Scope,
    number: Number,
    *,
    limit: int | None = None,
    offset: int = 0,
    exposure: Exposure = "auto",
) -> Behind:
    """The answers behind a number; without a limit, all of them."""
    brand = _checked(world, number)
    scope = scope.during(brand) if brand else scope
    if number.measure == "exposed":
        return _exposed(database, world, scope, number, brand, exposure, limit, offset)
    if number.measure == "prompt_coverage":
        return _covered(database, world, scope, number, limit, offset)
    totals = _rolled_up(database, world, scope, number, brand)
    with database.connect() as connection:
        statement = _statement(connection, world, scope, number, brand)
        return _page(connection, statement, limit, offset, totals)


_COLUMNS = {
    "answers": ("answers",),
    "mention_rate": ("answers", "mentioned"),
    "citation_rate": ("citable", "cited"),
}
"""What the roll-up counts: all that a number is out of, and what it counts of it."""


def _rolled_up(
    database: Engine, world: World, scope: Scope, number: Number, brand: BrandFact | None
) -> int | None:
    """How many answers a side has, by the roll-up; None where that does not tell."""
    known = _COLUMNS.get(number.measure)
    lasting = brand or next((each for each in world.brands if each.until is None), None)
    if known is None or number.source is not None or number.page is not None or lasting is None:
        return None
    if number.prompt is not None:
        scope = Scope(scope.first, scope.last, scope.engine, branded="include")
    sums = visibility_sums(database, world, scope)
    mine = sums[sums["brand_id"] == lasting.id]
    if number.prompt is not None:
        mine = mine[mine["prompt_id"] == number.prompt]
    every, *part = (int(mine[name].sum()) for name in known)
    if number.side == "all" or not part:
        return every if number.side != "rest" else None
    return part[0] if number.side == "counted" else every - part[0]


def _checked(world: World, number: Number) -> BrandFact | None:
    if number.measure not in NUMBER_MEASURES:
        raise UsageError(f"there is no number {number.measure!r}", f"one of {', '.join(NUMBER_MEASURES)}")
    if number.side not in SIDES:
        raise UsageError(f"a number has no side {number.side!r}", f"one of {', '.join(SIDES)}")
    if number.measure in get_args(BrandMeasure) and number.brand is None:
        raise UsageError(f"{number.measure} is a brand's", "name the brand")
    if number.measure in get_args(SourceMeasure) and number.source is None and number.page is None:
        raise UsageError(f"{number.measure} is a source's", "name the source or the page")
    return world.brand(number.brand) if number.brand is not None else None


def _page(
    connection: Connection,
    statement: Select[Any],
    limit: int | None,
    offset: int,
    known: int | None = None,
) -> Behind:
    """`known` answers, each of which counts once; counted here where it is not known."""
    answers = units = known
    if known is None:
        whole = statement.subquery("behind")
        totals = select(func.count(), func.coalesce(func.sum(whole.c.times), 0)).select_from(whole)
        answers, units = connection.execute(totals).one()
    if limit == 0:
        return Behind((), (), int(answers or 0), int(units or 0))
    newest = statement.order_by(ANSWER.c.week.desc(), ANSWER.c.id.desc()).limit(limit).offset(offset)
    part = connection.execute(newest).all()
    return Behind(
        tuple(int(key) for key, _ in part),
        tuple(int(n) for _, n in part),
        int(answers or 0),
        int(units or 0),
    )


def _statement(
    connection: Connection, world: World, scope: Scope, number: Number, brand: BrandFact | None
) -> Select[Any]:
    """(id, times) of the answers of one side."""
    cites = _cites(number, "cited")
    narrow = [cites, counted.citable()] if cites is not None else []
    base = _base(world, scope, number)
    one = literal(1)
    match number.measure:
        case "answers":
            return _sided(base + narrow, number.side, None, one, one)
        case "source_rate":
            return _sided([*base, counted.citable()], number.side, cites, one, one)
        case "retrieved_rate":
            return _sided([*base, counted.citable()], number.side, _cites(number, "retrieved"), one, one)
        case "source_share":
            mine = _citations(number)
            every = _citations(Number())
            return _sided([*base, counted.citable()], number.side, cites, mine, every)
    assert brand is not None
    naming = _naming(brand.id)
    if number.measure == "mention_rate":
        return _sided(base + narrow, number.side, naming, one, one)
    if number.measure == "share_of_voice":
        return _sided(base + narrow, number.side, naming, one, _brands_named(world))
    if number.measure == "average_position":
        position = select(MENTION.c.position).where(*_its_mention(brand.id)).scalar_subquery()
        return _sided([*base, *narrow], "counted", naming, one if number.side == "all" else position, one)
    own = own_citations(owned(connection, world.id))
    its = [own.c.answer_id == ANSWER.c.id, own.c.brand_id == brand.id]
    cited = exists().where(*its, own.c.kind == "cited")
    fetched = exists().where(*its, own.c.kind == "retrieved")
    base = [*base, *narrow[:1], counted.citable()]
    match number.measure:
        case "citation_rate":
            return _sided(base, number.side, cited, one, one)
        case "ghost_rate":
            return _sided([*base, cited], number.side, ~naming, one, one)
        case "silent_rate":
            return _sided([*base, naming], number.side, ~cited, one, one)
        case "retrieved_not_cited_rate":
            return _sided([*base, fetched], number.side, ~cited, one, one)
    mine = select(func.count()).where(*its, own.c.kind == "cited").scalar_subquery()
    return _sided(base, number.side, cited, mine, _citations(Number()))


def _base(world: World, scope: Scope, number: Number) -> list[Any]:
    clauses = [counted.usable(world.id, by_week=True), *within(ANSWER, scope)]
    if number.prompt is not None:
        return [*clauses, ANSWER.c.prompt_id == number.prompt]
    inside = scope.prompts(world)
    if inside == set(world.prompts):
        return clauses
    # `+ 0` keeps SQLite off the index of the prompts, from which nothing comes in the order of the weeks
    return [*clauses, (ANSWER.c.prompt_id + 0).in_(sorted(inside))]


def _sided(base: list[Any], side: Side, is_counted: Any, mine: Any, every: Any) -> Select[Any]:
    """`mine` and `every` say how often an answer counts above and below the line."""
    if side == "all" or is_counted is None:
        times, where = every, []
    elif side == "counted":
        times, where = mine, [is_counted]
    else:
        times, where = every - case((is_counted, mine), else_=0), []
    chosen = select(ANSWER.c.id, times.label("times")).where(*base, *where)
    # an answer that counts for nothing is not among the counted
    return chosen if times is mine and where else chosen.where(times > 0)


def _its_mention(brand_id: int) -> list[Any]:
    return [MENTION.c.answer_id == ANSWER.c.id, MENTION.c.brand_id == brand_id, counted.names_it()]


def _naming(brand_id: int) -> Any:
    return exists().where(*_its_mention(brand_id))


def _brands_named(world: World) -> Any:
    """How many tracked brands of its day an answer names."""
    of_its_day = [
        MENTION.c.brand_id == brand.id
        if brand.until is None
        else and_(MENTION.c.brand_id == brand.id, ANSWER.c.week <= brand.until)
        for brand in world.brands
    ]
    mine = (MENTION.c.answer_id == ANSWER.c.id, counted.names_it(), or_(*of_its_day))
    return select(func.count()).where(*mine).scalar_subquery()


def _of_source(number: Number) -> list[Any]:
    clauses = []
    if number.source is not None:
        clauses.append(CITATION.c.domain_id == domains.domain_id(number.source))
    if number.page is not None:
        try:
            clauses.append(CITATION.c.page_id == domains.page_id(domains.parse(number.page).canonical))
        except BadUrl:
            raise UsageError(f"{number.page[:200]!r} is no address", "give one as https://…") from None
    return clauses or [CITATION.c.domain_id.is_not(None)]


def _cites(number: Number, kind: str) -> Any:
    if number.source is None and number.page is None:
        return None
    return exists().where(CITATION.c.answer_id == ANSWER.c.id, CITATION.c.kind == kind, *_of_source(number))


def _citations(number: Number) -> Any:
    return (
        select(func.count())
        .where(CITATION.c.answer_id == ANSWER.c.id, CITATION.c.kind == "cited", *_of_source(number))
        .scalar_subquery()
    )


def _covered(
    database: Engine, world: World, scope: Scope, number: Number, limit: int | None, offset: int
) -> Behind:
    """Answers to the prompts that a coverage counts; its units are prompts."""
    brand = world.brand(number.brand or "")
    sums = visibility_sums(database, world, scope)
    mine = sums[sums["brand_id"] == brand.id]
    if number.prompt is not None:
        mine = mine[mine["prompt_id"] == number.prompt]
    usual = 2 * mine["mentioned"] >= mine["answers"]
    chosen = mine if number.side == "all" else mine[usual if number.side == "counted" else ~usual]
    prompts = [int(p) for p in chosen["prompt_id"]]
    base = [counted.usable(world.id, by_week=True), *within(ANSWER, scope), ANSWER.c.prompt_id.in_(prompts)]
    with database.connect() as connection:
        found = _page(connection, _sided(base, "all", None, literal(1), literal(1)), limit, offset)
    return replace(found, units=len(prompts))


def _exposed(
    database: Engine,
    world: World,
    scope: Scope,
    number: Number,
    brand: BrandFact | None,
    exposure: Exposure,
    limit: int | None,
    offset: int,
) -> Behind:
    """As lift sees it: over the brands that lasted until the last week with answers (`inside_answers`)."""
    from analysis.frames.exposure import exposed

    conditions = _base(world, scope, number)
    conditions.append(counted.citable())
    citing = select(ANSWER.c.id, ANSWER.c.week, ANSWER.c.asked_at).where(*conditions, _cites(number, "cited"))
    every = answer_conditions(world, scope)
    newest = select(ANSWER.c.week).where(*every).order_by(ANSWER.c.week.desc()).limit(1)
    with database.connect() as connection:
        last = connection.execute(newest).scalar()
        newest_first = citing.order_by(ANSWER.c.week.desc(), ANSWER.c.id.desc())
        frame = rows(connection, newest_first)
        ids = frame["id"].tolist()
        if not ids:
            return Behind((), (), 0, 0)
        its = select(
            CITATION.c.answer_id.label("answer"),
            CITATION.c.domain_id.label("source_id"),
            CITATION.c.page_id.label("page"),
        )
        its = its.distinct().where(CITATION.c.kind == "cited", *_of_source(number))
        its = its.where(CITATION.c.answer_id.in_(select(citing.subquery("citing").c.id)))
        cited = rows(connection, its)
    cited["page"] = cited["page"].astype("Int64")
    lasting = world.lasting(last) if last is not None else world
    answers = pd.DataFrame({"answer": ids, "seconds": seconds(frame["asked_at"], world.timezone)})
    known = links(database, lasting, sources=sorted({int(i) for i in cited["source_id"]}))
    pairs = exposed(answers, cited, known.spans, exposure, known.by_page)
    if brand is not None:
        at = [i for i, each in enumerate(lasting.brands) if each.id == brand.id]
        pairs = pairs[pairs["brand"].isin(at)]
    times = pairs.groupby("answer").size() if len(pairs) else pd.Series(dtype="int64")
    counts = [(int(key), int(times.get(key, 0))) for key in ids]
    if number.side == "all":
        chosen = [(key, 1) for key, _ in counts]
    elif number.side == "counted":
        chosen = [(key, n) for key, n in counts if n]
    else:
        chosen = [(key, 1) for key, n in counts if not n]
    part = chosen[offset:] if limit is None else chosen[offset : offset + limit]
    return Behind(
        tuple(key for key, _ in part), tuple(n for _, n in part), len(chosen), sum(n for _, n in chosen)
    )
