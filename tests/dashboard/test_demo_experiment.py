"""The demo's experiment, on answers of the simulated web that are written straight into the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from dashboard.demo import tried
from tests.facts import Facts
from tests.shared import ROOT
from tracker import experiments, store
from tracker.sandbox import DEMO_SEED, SimulatedWorld, WorldAnswers, WorldAsk
from tracker.sandbox.__main__ import world_of

WEEKS = 12


def asked(facts: Facts, world: SimulatedWorld, weeks: range) -> None:
    answers = WorldAnswers(world)
    for number in weeks:
        day = world.start + timedelta(weeks=number, days=1)
        for prompt in facts.prompts:
            for repeat in range(4):
                made = answers.answer(WorldAsk("chat", prompt, day, str(repeat)))
                at = datetime.combine(day, datetime.min.time(), UTC)
                cited = [page.url for page in made.cited]
                facts.answer(prompt, "chat", at, named=made.named, cited=cited, repeat=repeat)


def test_a_world_whose_sites_are_hardly_cited_goes_on_without_an_experiment(sqlite_database: Engine) -> None:
    world = world_of(ROOT / "prompts", seed=DEMO_SEED, kind="varied", weeks=WEEKS)
    facts = Facts(brands=[(b.name, *b.domains) for b in world.brands], prompts=[world.prompts[0].text])
    facts.answer(world.prompts[0].text, named=["Norvane"], cited=["https://techdaily.com/"])
    facts.store(sqlite_database)
    assert tried.start(sqlite_database, facts.workspace, world, WEEKS) is world


def test_the_demo_draws_lots_wins_links_and_reads_one_result(sqlite_database: Engine) -> None:
    world = world_of(ROOT / "prompts", seed=DEMO_SEED, kind="varied", weeks=WEEKS)
    brands = [(b.name, *b.domains) for b in sorted(world.brands, key=lambda b: not b.own)]
    facts = Facts(brands=brands, engines=("chat",), prompts=[p.text for p in world.prompts])
    asked(facts, world, range(tried.BEFORE))
    facts.store(sqlite_database)
    after = tried.start(sqlite_database, facts.workspace, world, WEEKS)
    with store.reading(sqlite_database) as session:
        begun = experiments.read(session, facts.workspace, tried.NAME)
    drawn = {pair[pair["drawn"][0]] for pair in begun.started["pairs"]}
    refused = {line.source for line in begun.book if line.kind == "refused"}
    assert {x.source for x in after.placed} == drawn - refused
    assert len(drawn) >= 6
    assert len(refused) == 1
    assert {x.brand for x in after.placed} == {brands[0][0]}
    assert {x.first for x in after.placed} == {line.day for line in begun.book if line.kind == "link"}
    asked(facts, after, range(tried.BEFORE, WEEKS))
    facts.store(sqlite_database)
    tried.end(sqlite_database, facts.workspace, after.end)
    with store.reading(sqlite_database) as session:
        ended = experiments.read(session, facts.workspace, tried.NAME)
    assert ended.protocol_hash == begun.protocol_hash
    (line,) = (line for line in ended.book if line.kind == "result")
    assert line.figures["verdict"] in ("raised", "lowered", "no clear difference")
    assert "Norvane" in line.figures["sentence"]
