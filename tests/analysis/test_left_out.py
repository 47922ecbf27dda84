"""Why there is no number: what was left out, counted."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from analysis import frames, visibility
from analysis.changes import compare_weeks
from analysis.definitions import AMONG_BRANDS, other_definitions
from analysis.frames import Scope
from analysis.left_out import why_nothing
from analysis.presence import presence
from tests.facts import Facts, week
from tracker.errors import UsageError


def why(database: Engine, scope: Scope) -> str:
    world = frames.world(database)
    assert visibility.table(database, world, scope) == []
    return why_nothing(database, world, scope)


def test_nothing_stored_and_everything_left_out_are_told_apart(database: Engine) -> None:
    facts = Facts(prompts=("best crm", "is Norvane good"), countries={"best crm": "DE"})
    facts.store(database)
    assert why(database, Scope()) == "No answer is stored yet."
    facts.answer("best crm", problem="refused", text="no")
    facts.answer("best crm", text="", repeat=1)
    facts.answer("best crm", text="", repeat=2, problem="empty", stop="not_shown", surface="serp")
    facts.answer("is Norvane good", named=["Norvane"], at=week(1))
    facts.store(database)
    first = Scope(last=week(0).date())
    assert why(database, first) == (
        "All 3 answers here are left out: 2 failed or came empty, "
        "1 found a page of results without an AI overview."
    )
    named = Scope(topic="crm", branded="exclude", country="DE", first=week(1).date())
    assert "No answer was stored for this selection" in why(database, named)


def test_a_selection_that_only_names_the_own_brand_says_so(sqlite_database: Engine) -> None:
    facts = Facts(prompts=("is Norvane good",))
    facts.answer("is Norvane good", named=["Norvane"])
    facts.store(sqlite_database)
    assert why(sqlite_database, Scope()) == "All 1 prompt here name the own brand, and those are left out."


def test_a_selection_without_a_prompt_names_what_was_asked_for(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm")
    facts.store(sqlite_database)
    scope = Scope(topic="crm", country="FR", language="fr")
    assert why(sqlite_database, scope) == (
        "No prompt fits the selection (topic crm, country FR, language fr)."
    )


@pytest.mark.parametrize(
    ("what", "asked", "known"), [("country", "de", "DE"), ("language", "EN", "en"), ("topic", "crm", "crm")]
)
def test_a_part_that_exists_is_found_in_any_case_and_another_is_refused(
    sqlite_database: Engine, what: frames.Trait, asked: str, known: str
) -> None:
    facts = Facts(countries={"best crm": "DE"}, languages={"best crm": "en"})
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert world.require(what, asked) == known
    with pytest.raises(UsageError, match=f"there is no {what} 'nowhere'"):
        world.require(what, "nowhere")


def test_rates_split_by_language(sqlite_database: Engine) -> None:
    facts = Facts(languages={"best crm": "en", "cheap crm": "de"})
    facts.answer("best crm", named=["Norvane"])
    facts.answer("cheap crm")
    facts.answer("crm for two people")
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    rows = visibility.table(sqlite_database, world, by=("language",))
    rates = {row.language: row.rates["mention_rate"].estimate for row in rows if row.own}
    assert rates == {"en": 1.0, "de": 0.0, None: 0.0}
    (english,) = (row for row in visibility.table(sqlite_database, world, Scope(language="en")) if row.own)
    assert (english.answers, english.language) == (1, None)


def test_one_brand_alone_has_no_share_of_voice(sqlite_database: Engine) -> None:
    facts = Facts(brands=(("Norvane", "norvane.com"),))
    for number in (0, 1):
        facts.answer("best crm", at=week(number), named=["Norvane"], cited=["https://norvane.com/"])
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    (row,) = visibility.table(sqlite_database, world)
    assert row.rates["share_of_voice"].estimate is None
    assert row.rates["mention_rate"].estimate == 1.0
    changes = {change.measure: change for change in compare_weeks(sqlite_database, world)}
    assert changes["share_of_voice"].after is None
    assert changes["mention_rate"].after == 1.0
    others = {n.name: n for n in other_definitions(sqlite_database, world)}
    assert {name: others[name].value for name in AMONG_BRANDS} == dict.fromkeys(AMONG_BRANDS)
    assert {n.ours for n in others.values() if n.ours_is == "share of voice"} == {None}


def test_an_overview_that_was_not_shown_is_counted_and_no_failure(database: Engine) -> None:
    facts = Facts(prompts=("best crm",))
    for repeat in range(8):
        facts.answer("best crm", "alpha", repeat=repeat, surface="serp", named=["Norvane"])
    for repeat in range(8, 10):
        facts.answer("best crm", "alpha", repeat=repeat, surface="serp", text="", stop="not_shown")
    facts.answer("best crm", "alpha", repeat=10, surface="serp", text="", problem="timeout")
    facts.answer("best crm", "beta", named=["Norvane"])
    facts.store(database)
    world = frames.world(database)
    (alpha,) = presence(database, world)
    assert (alpha.engine, alpha.rate.estimate, alpha.rate.n) == ("alpha", 0.8, 10)
    left = frames.excluded(database, world, Scope()).set_index("engine").loc[world.engine("alpha")]
    assert (left["stored"], left["problem"], left["not_shown"]) == (11, 1, 2)
