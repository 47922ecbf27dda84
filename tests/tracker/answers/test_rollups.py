from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, text

from analysis import frames
from analysis.frames import Scope
from tests.facts import BRANDS, Facts, week
from tracker import store
from tracker.answers import rollups
from tracker.answers.rollups import SOURCE, STORED, VISIBILITY


def rows(database: Engine, table: Any) -> list[dict[str, Any]]:
    keys = [column.name for column in table.primary_key.columns]
    with database.connect() as connection:
        found = [dict(row) for row in connection.execute(select(table)).mappings()]
    return sorted(found, key=lambda row: tuple(str(row[key]) for key in keys))


def rebuild(database: Engine, workspace: int = 1) -> None:
    with store.writing(database) as session:
        rollups.rebuild(session, workspace)


def update(database: Engine, workspace: int = 1, **options: Any) -> None:
    with store.writing(database) as session:
        rollups.update(session, workspace, **options)


def random_facts(weeks: range, seed: int = 1, facts: Facts | None = None) -> Facts:
    draw = random.Random(seed)
    facts = facts or Facts()
    names = [brand[0] for brand in BRANDS]
    urls = [
        "https://norvane.com/a",
        "https://www.oltera.com/",
        "https://news.example.org/x",
        "https://b.github.io/",
    ]
    for number in weeks:
        for prompt in facts.prompts:
            for engine in facts.engines:
                for repeat in range(2):
                    facts.answer(
                        prompt,
                        engine,
                        week(number, day=repeat),
                        named=[n for n in names if draw.random() < 0.5],
                        cited=[u for u in urls if draw.random() < 0.4] * draw.choice([1, 1, 2]),
                        retrieved=[u for u in urls if draw.random() < 0.4],
                        repeat=repeat,
                        served=draw.choice(["m1", "m2", None]),
                        searched=draw.choice([True, True, None, False]),
                        known=draw.random() < 0.9,
                        problem=draw.choice([None, None, None, "empty"]),
                    )
    return facts


def test_one_answer_counts_as_written(database: Engine) -> None:
    facts = Facts(prompts=("best crm",))
    facts.answer(
        "best crm",
        named=["Oltera", "Norvane"],
        cited=["https://norvane.com/a", "https://blog.norvane.com/b", "https://quillo.io/"],
        retrieved=["https://quillo.io/", "https://oltera.com/x"],
    )
    facts.store(database)
    rebuild(database)
    by_brand = {row["brand_id"]: row for row in rows(database, VISIBILITY)}
    wanted = {
        "Norvane": {"mentioned": 1, "mentions": 2, "position_sum": 2, "cited": 1, "citations": 2, "ghost": 0},
        "Oltera": {"mentioned": 1, "silent": 1, "cited": 0, "retrieved": 1, "retrieved_not_cited": 1},
        "Quillo": {
            "mentioned": 0,
            "cited": 1,
            "ghost": 1,
            "silent": 0,
            "retrieved": 1,
            "retrieved_not_cited": 0,
        },
    }
    for name, counts in wanted.items():
        row = by_brand[facts.brand_ids[name]]
        assert {key: row[key] for key in counts} == counts, name
        assert (row["answers"], row["citable"], row["all_citations"]) == (1, 1, 3)


@pytest.mark.parametrize(
    ("case", "answers", "citable", "mentioned"),
    [
        ({}, 1, 1, 1),
        ({"problem": "empty"}, 0, 0, 0),
        ({"text": ""}, 0, 0, 0),
        ({"known": False}, 1, 0, 1),
        ({"searched": False}, 1, 0, 1),
        ({"searched": None}, 1, 1, 1),
    ],
)
def test_an_answer_counts_where_it_has_something_to_say(
    sqlite_database: Engine, case: dict[str, Any], answers: int, citable: int, mentioned: int
) -> None:
    facts = Facts(prompts=("best crm",))
    facts.answer("best crm", named=["Norvane"], cited=["https://norvane.com/"], **case)
    facts.store(sqlite_database)
    rebuild(sqlite_database)
    own = [row for row in rows(sqlite_database, VISIBILITY) if row["brand_id"] == facts.brand_ids["Norvane"]]
    assert sum(row["answers"] for row in own) == answers
    assert sum(row["citable"] for row in own) == citable
    assert sum(row["cited"] for row in own) == citable
    assert sum(row["mentioned"] for row in own) == mentioned


def test_a_mention_that_says_nothing_was_found_is_no_mention(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("best crm",))
    facts.answer("best crm", absent=["Norvane"], cited=["https://norvane.com/"])
    facts.store(sqlite_database)
    rebuild(sqlite_database)
    own = next(
        row for row in rows(sqlite_database, VISIBILITY) if row["brand_id"] == facts.brand_ids["Norvane"]
    )
    assert (own["mentioned"], own["ghost"]) == (0, 1)


def test_a_brand_may_own_one_host_of_a_domain_that_is_not_its_own(database: Engine) -> None:
    brands = (("Norvane", "norvane.example.com"), ("Oltera", "oltera.com"))
    facts = Facts(brands=brands, prompts=("best crm",))
    facts.answer("best crm", cited=["https://norvane.example.com/a", "https://docs.norvane.example.com/"])
    facts.answer("best crm", cited=["https://www.example.com/", "https://xnorvane.example.com/"])
    facts.store(database)
    rebuild(database)
    own = next(row for row in rows(database, VISIBILITY) if row["brand_id"] == facts.brand_ids["Norvane"])
    assert (own["answers"], own["cited"], own["citations"]) == (2, 1, 2)


def test_the_rollups_equal_a_count_by_hand(database: Engine) -> None:
    facts = random_facts(range(3))
    kept = {name: list(facts.rows[name]) for name in facts.rows}
    facts.store(database)
    rebuild(database)
    by_table = {table.__name__: found for table, found in kept.items()}
    good = {a["id"]: a for a in by_table["Answer"] if a["problem"] is None}
    says = {i for i, a in good.items() if a["citations_known"] and a["search_used"] is not False}
    sites = {d["id"]: d["name"] for d in by_table["Domain"]}
    owner = {"norvane.com": facts.brand_ids["Norvane"], "oltera.com": facts.brand_ids["Oltera"]}
    cited: dict[tuple[int, Any], int] = defaultdict(int)
    for c in by_table["Citation"]:
        if c["kind"] == "cited":
            cited[c["answer_id"], owner.get(sites[c["domain_id"]])] += 1
    named = {(m["answer_id"], m["brand_id"]) for m in by_table["Mention"]}
    total: dict[str, int] = defaultdict(int)
    for i in good:
        for brand in facts.brand_ids.values():
            total["answers"] += 1
            total["mentioned"] += (i, brand) in named
            total["cited"] += i in says and cited[i, brand] > 0
            total["citations"] += cited[i, brand] if i in says else 0
            total["ghost"] += i in says and cited[i, brand] > 0 and (i, brand) not in named
            total["silent"] += i in says and cited[i, brand] == 0 and (i, brand) in named
    found = rows(database, VISIBILITY)
    assert {key: sum(row[key] for row in found) for key in total} == dict(total)
    source = rows(database, SOURCE)
    assert sum(row["citations"] for row in source) == sum(n for (i, _), n in cited.items() if i in says)


def test_incremental_and_rebuilt_rollups_have_the_same_rows(database: Engine) -> None:
    facts = random_facts(range(2))
    facts.store(database)
    update(database)
    random_facts(range(1, 4), seed=2, facts=facts).store(database)
    with database.connect() as connection:
        assert not rollups.fresh(connection, 1)
    update(database)
    with database.connect() as connection:
        assert rollups.fresh(connection, 1)
    grown = rows(database, VISIBILITY), rows(database, SOURCE)
    rebuild(database)
    assert (rows(database, VISIBILITY), rows(database, SOURCE)) == grown
    assert len(grown[0]) > 20


def test_a_changed_week_is_counted_again_when_named(sqlite_database: Engine) -> None:
    random_facts(range(2)).store(sqlite_database)
    update(sqlite_database)
    before = rows(sqlite_database, VISIBILITY)
    with store.writing(sqlite_database) as session:
        session.connection().execute(text("delete from mention"))
        rollups.update(session, 1, weeks=[week(1).date()])
    after = rows(sqlite_database, VISIBILITY)
    first, second = week(0).date(), week(1).date()
    assert [r for r in after if r["week"] == first] == [r for r in before if r["week"] == first]
    assert sum(r["mentioned"] for r in after if r["week"] == second) == 0


def test_other_brand_domains_make_the_rollups_stale_and_rebuilt(database: Engine) -> None:
    random_facts(range(2)).store(database)
    update(database)
    with store.writing(database) as session:
        session.connection().execute(
            text("""update brand set domains = '["github.io", "b.github.io"]' where id = 100""")
        )
    with database.connect() as connection:
        assert not rollups.fresh(connection, 1)
    update(database)
    own = [row for row in rows(database, VISIBILITY) if row["brand_id"] == 100]
    assert sum(row["cited"] for row in own) > 0
    grown = rows(database, VISIBILITY)
    rebuild(database)
    assert rows(database, VISIBILITY) == grown


def test_another_spelling_of_a_brand_makes_the_rollups_stale(sqlite_database: Engine) -> None:
    random_facts(range(1)).store(sqlite_database)
    update(sqlite_database)
    with store.writing(sqlite_database) as session:
        session.connection().execute(text("""update brand set aliases = '["Norvane CRM"]' where id = 100"""))
    with sqlite_database.connect() as connection:
        assert not rollups.fresh(connection, 1)


def test_answers_of_another_workspace_leave_the_rollups_fresh(database: Engine) -> None:
    one, two = Facts(), Facts(workspace=2, first_answer=50)
    one.answer("best crm")
    one.store(database)
    update(database)
    two.answer("best crm")
    two.store(database)
    with database.connect() as connection:
        assert rollups.fresh(connection, 1)
        assert not rollups.fresh(connection, 2)


def test_one_workspace_never_counts_another(database: Engine) -> None:
    one = Facts()
    one.answer("best crm", named=["Norvane"])
    two = Facts(workspace=2, first_answer=50)
    two.answer("best crm", named=["Norvane"])
    one.store(database)
    two.store(database)
    for workspace in (1, 2):
        update(database, workspace)
    found = rows(database, VISIBILITY)
    assert [row["answers"] for row in found] == [1] * 6
    assert {(row["workspace_id"], row["brand_id"] // 100) for row in found} == {(1, 1), (2, 2)}


def read_by_pages(database: Engine) -> list[Any]:
    """What pages read, of all weeks and of some."""
    world = frames.world(database)
    keys = ("engine", "week", "served_model")
    found: list[Any] = [frames.weeks(database, world)]
    for scope in (Scope(branded="include"), Scope(first=week(1).date(), last=week(2).date())):
        for frame in (
            frames.visibility_sums(database, world, scope, keys),
            frames.sources(database, world, scope, ("engine", "week")),
            frames.excluded(database, world, scope),
            frames.asked(database, world, scope),
        ):
            columns = list(frame.columns)
            found.append(sorted(map(tuple, frame[columns].astype(str).to_numpy().tolist())))
    return found


def test_weeks_with_newer_answers_are_read_from_the_facts_and_the_others_from_the_rollups(
    database: Engine,
) -> None:
    facts = random_facts(range(3))
    facts.store(database)
    rebuild(database)
    old = rows(database, STORED)
    random_facts(range(2, 4), seed=2, facts=facts).store(database)
    with database.connect() as connection:
        assert not rollups.fresh(connection, 1)
    before = read_by_pages(database)
    rebuild(database)
    assert before == read_by_pages(database)
    with store.writing(database) as session:
        # what is not read from the facts is read from here
        emptied = delete(VISIBILITY).where(VISIBILITY.c.week == week(0).date())
        session.connection().execute(emptied)
    assert week(0).date() not in read_by_pages(database)[0]
    assert len(rows(database, STORED)) > len(old)


def test_an_update_counts_what_leaves_answers_out_as_a_rebuild_does(database: Engine) -> None:
    facts = random_facts(range(2))
    facts.store(database)
    rebuild(database)
    random_facts(range(1, 3), seed=3, facts=facts).store(database)
    update(database)
    updated = rows(database, STORED)
    rebuild(database)
    assert rows(database, STORED) == updated
    assert sum(row["stored"] for row in updated) == 4 * 3 * 2 * 2
