"""What a plan learns from stored answers is what the pages show of them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine

from analysis import frames, visibility
from analysis.frames import Scope
from tests.facts import Facts, week
from tracker import store
from tracker.answers import rollups
from tracker.run import history

BRANDS = (("Norvane", "norvane.com"), ("Oltera", "oltera.com"))
KINDS: dict[str, dict[str, Any]] = {
    "ordinary": {},
    "empty": {"text": ""},
    "failed": {"problem": "refused", "text": "I cannot help with that"},
    "without a search": {"searched": False},
    "search unknown": {"searched": None},
    "unknown citations": {"known": False},
}


def mixed(seed: int, kinds: tuple[str, ...], weights: dict[str, float] | None = None) -> Facts:
    """Answers of these kinds that name, cite, fetch, or only miss the own brand at random."""
    rng = random.Random(seed)
    facts = Facts(brands=BRANDS, weights=weights or {})
    for number in range(60):
        shape = KINDS[rng.choice(kinds)]
        facts.answer(
            rng.choice(facts.prompts),
            rng.choice(facts.engines),
            week(rng.randrange(2)),
            named=[name for name, _ in BRANDS if rng.random() < 0.4],
            cited=[f"https://{site}/{number}" for _, site in BRANDS if rng.random() < 0.4],
            retrieved=["https://norvane.com/only"] if rng.random() < 0.2 else [],
            repeat=number,
            **shape,
        )
    for number in range(60, 70):
        facts.answer("best crm", absent=["Norvane"], repeat=number)
    return facts


def shown(database: Engine, measure: frames.Measure) -> dict[str, tuple[float | None, int]]:
    """Rate and answers behind it of the own brand, by engine, over all prompts."""
    world = frames.world(database)
    rows = visibility.table(database, world, Scope(branded="include"), ("engine",))
    rates = {str(row.engine): row.rates[measure] for row in rows if row.own}
    return {engine: (rate.estimate, rate.n) for engine, rate in rates.items()}


@pytest.mark.parametrize(
    "kinds", [*((kind, "ordinary") for kind in KINDS), tuple(KINDS)], ids=lambda kinds: kinds[0]
)
def test_the_plan_and_the_pages_count_the_same_answers(database: Engine, kinds: tuple[str, ...]) -> None:
    mixed(len(kinds), kinds).store(database)
    with store.reading(database) as session:
        named = history.observed(session, 1)
        cited = history.observed_citations(session, 1)
    for seen, measure in ((named, "mention_rate"), (cited, "citation_rate")):
        on_pages = shown(database, measure)  # type: ignore[arg-type]
        assert {engine: one.answers for engine, one in seen.items()} == {
            e: n for e, (_, n) in on_pages.items()
        }
        assert {engine: one.rate for engine, one in seen.items()} == pytest.approx(
            {engine: rate for engine, (rate, _) in on_pages.items()}
        )


def test_a_prompt_weighs_in_the_plan_what_it_weighs_on_the_pages(sqlite_database: Engine) -> None:
    mixed(3, tuple(KINDS), weights={"best crm": 4.0}).store(sqlite_database)
    with store.reading(sqlite_database) as session:
        seen = history.observed(session, 1)
    on_pages = shown(sqlite_database, "mention_rate")
    assert {e: one.rate for e, one in seen.items()} == pytest.approx({e: r for e, (r, _) in on_pages.items()})


def test_thirty_empty_pages_do_not_make_a_brand_of_every_second_answer_rare(sqlite_database: Engine) -> None:
    facts = Facts()
    for number in range(10):
        facts.answer("best crm", named=["Norvane"] if number < 5 else [], repeat=number)
    for number in range(10, 40):
        facts.answer("best crm", text="", repeat=number)
    facts.store(sqlite_database)
    with store.reading(sqlite_database) as session:
        seen = history.observed(session, 1)["alpha"]
    assert (seen.rate, seen.answers) == (0.5, 10)


def test_the_roll_up_agrees_too(sqlite_database: Engine) -> None:
    mixed(5, tuple(KINDS)).store(sqlite_database)
    before = shown(sqlite_database, "mention_rate")
    with store.writing(sqlite_database) as session:
        rollups.rebuild(session, 1)
    assert shown(sqlite_database, "mention_rate") == before
