from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from sqlalchemy import Engine, select

from analysis import frames
from analysis import visibility as v
from analysis.frames import Behind, Number, Scope, behind
from tests.facts import BRANDS, Facts, week
from tests.tracker.answers.test_rollups import random_facts, rebuild
from tracker import domains, store
from tracker.answers.counted import ANSWER
from tracker.errors import UsageError
from tracker.models import Brand

SITES = ("https://news.example.org/x", "https://news.example.org/y", "https://b.github.io/")
PROMPTS = ("best crm", "crm for two people", "cheap crm", "is Norvane good", "Oltera or what")


def a_world(database: Engine) -> frames.World:
    """Random answers over five weeks, prompts that name brands, countries, and a brand that ended in the
    fourth week."""
    facts = Facts(
        prompts=PROMPTS,
        topics={"cheap crm": "price"},
        countries={"best crm": "DE", "cheap crm": "US"},
        languages={"best crm": "de"},
    )
    random_facts(range(5), seed=7, facts=facts)
    for n, (name, domain) in enumerate(BRANDS):
        facts.link(SITES[n % 2], f"https://{domain}/", first=week(n), lost=week(4) if n == 1 else None)
        facts.link(SITES[2], f"https://{domain}/", first=week(2 - n), page_known=n != 0, anchor=name)
    facts.store(database)
    with store.writing(database) as session:
        session.get_one(Brand, facts.brand_ids["Quillo"]).until = week(3).date()
    return frames.world(database)


SCOPES = (
    Scope(),
    Scope(branded="include", rivals="exclude"),
    Scope(branded="only"),
    Scope(first=week(1).date(), last=week(2).date(), engine=101, branded="include"),
    Scope(topic="crm", country="DE", language="de", last=week(4).date()),
)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_the_answers_behind_every_rate_are_as_many_as_it_counts(
    sqlite_database: Engine, scope: Scope
) -> None:
    every_rate(sqlite_database, scope, ())


@pytest.mark.parametrize("rolled_up", [True, False], ids=["rolled up", "from the facts"])
def test_it_is_so_in_every_cell_of_a_table(database: Engine, rolled_up: bool) -> None:
    every_rate(database, Scope(first=week(3).date()), ("week", "engine"), rolled_up=rolled_up)


def every_rate(database: Engine, scope: Scope, by: tuple[str, ...], *, rolled_up: bool = False) -> None:
    world = a_world(database)
    if rolled_up:
        rebuild(database)
    table = v.table(database, world, scope, by)
    assert table
    for row in table:
        inside = narrowed(world, scope, row)
        for measure, formula in v.FORMULAS.items():
            found = both(database, world, inside, Number(measure, row.brand))
            assert found["counted"].units == row.counts[formula.numerator], (row, measure)
            assert found["all"].units == row.rates[measure].n, (row, measure)
            if formula.trials:
                assert set(found["all"].times) <= {1}
        covered = both(database, world, inside, Number("prompt_coverage", row.brand))
        assert covered["all"].units == row.coverage.n
        usual = (row.coverage.estimate or 0) * row.coverage.n
        assert covered["counted"].units == pytest.approx(usual)


def narrowed(world: frames.World, scope: Scope, row: v.Row) -> Scope:
    cell: dict[str, Any] = {"topic": row.topic} if row.topic else {}
    cell |= {"engine": world.engine(row.engine)} if row.engine else {}
    cell |= {"first": row.week, "last": row.week} if row.week else {}
    return replace(scope, **cell)


def both(database: Engine, world: frames.World, scope: Scope, number: Number) -> dict[str, Behind]:
    """Each side, complete: what is listed adds up to what is said, and the sides to the whole."""
    found = {
        side: behind(database, world, scope, replace(number, side=side)) for side in get_args(frames.Side)
    }
    for side in found.values():
        assert (len(side.ids), len(set(side.ids))) == (side.answers, side.answers)
        assert number.measure == "prompt_coverage" or sum(side.times) == side.units
    if number.measure not in ("average_position", "exposed"):
        assert found["counted"].units + found["rest"].units == found["all"].units
    return found


def test_the_answers_behind_a_source_are_those_that_the_table_of_sources_counts(
    sqlite_database: Engine,
) -> None:
    database, world = sqlite_database, a_world(sqlite_database)
    for scope in SCOPES[:2]:
        citable = sum(frames.citable_answers(database, world, scope).values())
        table = frames.sources(database, world, scope)
        every = sum(table["citations"])
        for row in table.itertuples():
            rate = both(database, world, scope, Number("source_rate", source=row.domain))
            assert (rate["counted"].units, rate["all"].units) == (row.answers, citable)
            share = both(database, world, scope, Number("source_share", source=row.domain))
            assert (share["counted"].units, share["all"].units) == (row.citations, every)
            fetched = both(database, world, scope, Number("retrieved_rate", source=row.domain))
            assert fetched["counted"].units == row.retrieved


def test_the_answers_behind_a_page_and_beside_a_brand_are_those_of_its_source(
    sqlite_database: Engine,
) -> None:
    database, world, scope = sqlite_database, a_world(sqlite_database), Scope(branded="include")
    source = frames.sources(database, world, scope).set_index("domain")
    key = domains.domain_id("example.org")
    pages = frames.pages_of(database, world, scope, [key])
    assert len(pages) >= 1
    for row in pages.itertuples():
        found = behind(database, world, scope, Number("source_rate", page=str(row.url)))
        assert found.units == row.answers
    beside = frames.named_beside(database, world, scope, [key]).set_index("brand_id")["answers"]
    for brand in world.brands:
        if brand.until is None:
            number = Number("mention_rate", brand.name, source="example.org")
            assert both(database, world, scope, number)["counted"].units == beside[brand.id]
            assert both(database, world, scope, number)["all"].units == source.loc["example.org", "answers"]


def test_the_answers_behind_a_lift_are_its_exposed_pairs(sqlite_database: Engine) -> None:
    database, world = sqlite_database, a_world(sqlite_database)
    for scope in (Scope(branded="include"), Scope(first=week(1).date(), last=week(3).date())):
        panel = frames.lift_panel(database, world, scope)
        pairs = panel.exposed.sum(axis=0)
        cited = panel.cited.sum(axis=0)
        for column, source in enumerate(panel.sources):
            found = both(database, world, scope, Number("exposed", source=source))
            assert (found["counted"].units, found["all"].units) == (pairs[column], cited[column])
            for b, brand in enumerate(panel.brands):
                mine = panel.exposed[b :: len(panel.brands)].sum(axis=0)[column]
                assert behind(database, world, scope, Number("exposed", brand, source=source)).units == mine


def test_pages_of_answers_are_the_whole_list_in_order(database: Engine) -> None:
    world = a_world(database)
    draw = random.Random(3)
    for number in (Number("mention_rate", "Norvane"), Number("exposed", source="example.org"), Number()):
        whole = behind(database, world, Scope(), number)
        at = draw.randrange(3, 9)
        parts = [
            behind(database, world, Scope(), number, limit=at, offset=start)
            for start in range(0, whole.answers, at)
        ]
        assert tuple(key for part in parts for key in part.ids) == whole.ids
        assert {(part.answers, part.units) for part in parts} == {(whole.answers, whole.units)}
        weeks = dict(answered_in(database))
        assert [weeks[key] for key in whole.ids] == sorted((weeks[key] for key in whole.ids), reverse=True)


def answered_in(database: Engine) -> list[tuple[int, date]]:
    with database.connect() as connection:
        return [(int(key), day) for key, day in connection.execute(select(ANSWER.c.id, ANSWER.c.week))]


def test_one_prompt_is_asked_for_whether_it_names_a_brand_or_not(sqlite_database: Engine) -> None:
    world = a_world(sqlite_database)
    branded = next(p.id for p in world.prompts.values() if p.text == "is Norvane good")
    found = behind(sqlite_database, world, Scope(), Number(prompt=branded))
    (row,) = [row for row in v.table(sqlite_database, world, Scope(branded="only")) if row.brand == "Norvane"]
    assert found.units == row.answers


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (Number("mention_rate"), "is a brand's"),
        (Number("exposed"), "is a source's"),
        (Number("mention_rate", "Nobody"), "there is no brand"),
        (Number("source_rate", page="not an address"), "is no address"),
        (Number("clicks"), "there is no number"),  # type: ignore[arg-type]
        (Number(side="half"), "no side"),  # type: ignore[arg-type]
    ],
)
def test_a_number_that_is_none_is_refused(sqlite_database: Engine, number: Number, says: str) -> None:
    world = a_world(sqlite_database)
    with pytest.raises(UsageError, match=says):
        behind(sqlite_database, world, Scope(), number)
