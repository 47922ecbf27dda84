"""The simulated engines: reproducible answers, exact dialects, planted truth, and faults on order."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import httpx
import numpy as np
import pytest

from tests.shared import ROOT
from tracker import citations
from tracker.engines.ask import Question, RawReply
from tracker.engines.ask import ask as ask_engine
from tracker.engines.simulated import JUDGE, SIMULATED
from tracker.errors import CatalogError, UsageError
from tracker.links import imports
from tracker.mentions import BrandNames, Finder
from tracker.sandbox import (
    DEMO_SEED,
    FAULTS,
    Faults,
    Kind,
    Sandbox,
    SimulatedWorld,
    WorldAnswer,
    WorldAnswers,
    WorldAsk,
    WorldBrand,
    truth,
    write_links,
)
from tracker.sandbox.__main__ import main, world_of
from tracker.sandbox.linkgraph import backlinks, brand_links
from tracker.sandbox.requests import Shape, read_request
from tracker.sandbox.shapes import error_body, render

CATALOG = ROOT / "prompts"
DAY = date(2026, 3, 9)
SHAPES: tuple[Shape, ...] = get_args(Shape)
CLIENT = httpx.Client(trust_env=False)
FORCED = ("perplexity", "perplexity-agent", "responses", "xai", "groq")


@pytest.fixture(scope="module")
def world() -> SimulatedWorld:
    return world_of(CATALOG, seed=DEMO_SEED, kind="planted")


@pytest.fixture(scope="module")
def shared_sandbox(world: SimulatedWorld) -> Iterator[Sandbox]:
    sandbox = Sandbox(world)
    with sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Sandbox:
    shared_sandbox.set_faults(Faults())
    shared_sandbox.reset()
    return shared_sandbox


@lru_cache(maxsize=8)
def answers_of(world: SimulatedWorld) -> WorldAnswers:
    return WorldAnswers(world)


def answer_of(world: SimulatedWorld, ask: WorldAsk) -> WorldAnswer:
    return answers_of(world).answer(ask)


def chat(text: str = "What is the best CRM?", model: str = "gpt-5-search-api", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], "web_search_options": {}, **more}


def headers(ask: str, repeat: int | str = 0, day: date = DAY) -> dict[str, str]:
    return {
        "x-citelift-ask": ask,
        "x-citelift-repeat": str(repeat),
        "x-citelift-asked-at": f"{day}T09:00:00Z",
    }


def post(
    sandbox: Sandbox, ask: str = "a", body: dict[str, Any] | None = None, **options: Any
) -> httpx.Response:
    return CLIENT.post(
        f"{sandbox.url}{options.pop('path', '/chat/completions')}",
        json=body or chat(),
        headers=options.pop("headers", headers(ask)),
        timeout=options.pop("timeout", 10),
    )


async def ask_all(url: str, asks: list[tuple[str, str]], concurrency: int) -> dict[str, bytes]:
    gate = asyncio.Semaphore(concurrency)
    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=30) as client:

        async def one(ask: str, text: str) -> tuple[str, bytes]:
            async with gate:
                sent = headers(ask, ask.split(":")[1])
                return ask, (
                    await client.post(f"{url}/chat/completions", json=chat(text), headers=sent)
                ).content

        return dict(await asyncio.gather(*(one(*pair) for pair in asks)))


# Answers


def test_an_answer_depends_on_seed_engine_prompt_date_and_repeat_and_on_nothing_else(
    world: SimulatedWorld,
) -> None:
    ask = WorldAsk("chat", world.prompts[0].text, DAY, "0")
    assert answer_of(world, ask) == answer_of(world_of(CATALOG, seed=DEMO_SEED, kind="planted"), ask)
    other_seed = world_of(CATALOG, seed=DEMO_SEED + 1, kind="planted")
    others = [
        answer_of(other_seed, ask),
        answer_of(world, replace(ask, engine="perplexity")),
        answer_of(world, replace(ask, prompt=world.prompts[1].text)),
        answer_of(world, replace(ask, day=DAY + timedelta(days=1))),
        answer_of(world, replace(ask, repeat="1")),
    ]
    assert len({answer_of(world, ask).key, *(a.key for a in others)}) == 6
    assert len({answer_of(world, ask).passages, *(a.passages for a in others)}) == 6


def test_bodies_are_the_same_in_any_order_and_at_any_concurrency(
    world: SimulatedWorld, sandbox: Sandbox
) -> None:
    asks = [(f"{p}:{r}", prompt.text) for p, prompt in enumerate(world.prompts[:15]) for r in range(4)]
    first = asyncio.run(ask_all(sandbox.url, asks, 1))
    random.Random(1).shuffle(asks)
    assert asyncio.run(ask_all(sandbox.url, asks, 32)) == first


def test_a_world_moved_to_other_dates_gives_the_same_answers(world: SimulatedWorld) -> None:
    moved = world_of(CATALOG, seed=DEMO_SEED, kind="planted", start=world.start + timedelta(days=371))
    for prompt in world.prompts[:10]:
        here = answer_of(world, WorldAsk("chat", prompt.text, DAY, "0"))
        there = answer_of(moved, WorldAsk("chat", prompt.text, DAY + timedelta(days=371), "0"))
        assert (here.named, [p.domain for p in here.cited]) == (there.named, [p.domain for p in there.cited])


def test_engines_and_repeats_disagree_and_brands_differ_in_popularity(world: SimulatedWorld) -> None:
    rates = {}
    for engine in ("chat", "perplexity", "anthropic"):
        named: Counter[str] = Counter()
        for prompt in world.prompts:
            for repeat in range(10):
                named.update(answer_of(world, WorldAsk(engine, prompt.text, DAY, str(repeat))).named)
        rates[engine] = [named[b.name] / 400 for b in world.brands]
        assert min(rates[engine]) > 0.04
        assert max(rates[engine]) > min(rates[engine]) + 0.2
    assert max(abs(a - b) for a, b in zip(rates["chat"], rates["perplexity"], strict=True)) > 0.03
    answers = [
        answer_of(world, WorldAsk("chat", world.prompts[0].text, DAY, str(r))).named for r in range(30)
    ]
    assert len(set(answers)) > 20


def test_most_answers_search_and_cite_a_part_of_what_they_read(world: SimulatedWorld) -> None:
    answers = [
        answer_of(world, WorldAsk("chat", world.prompts[i % 40].text, DAY, str(i))) for i in range(2000)
    ]
    searched = [a for a in answers if a.searched]
    assert 0.01 < 1 - len(searched) / len(answers) < 0.06
    assert 0.01 < sum(not a.cited for a in searched) / len(searched) < 0.06
    assert all(not a.cited and not a.retrieved and not a.searches for a in answers if not a.searched)
    citing = [a for a in searched if a.cited]
    assert np.mean([set(a.cited) < set(a.retrieved) for a in citing]) > 0.9
    assert all(a.searches for a in searched)


def test_an_ask_that_demands_search_always_searches(world: SimulatedWorld) -> None:
    forced = [
        WorldAsk("chat", world.prompts[0].text, DAY, str(r), search=True, forced=True) for r in range(300)
    ]
    assert all(answer_of(world, ask).searched for ask in forced)


def finder(world: SimulatedWorld) -> Finder:
    return Finder(
        [BrandNames(i, b.name, b.aliases, b.other_meanings, b.domains) for i, b in enumerate(world.brands)]
    )


@pytest.mark.parametrize("shape", ["chat", "perplexity", "anthropic", "gemini", "xai"])
def test_the_text_names_exactly_the_brands_the_world_meant_to_name(
    world: SimulatedWorld, shape: Shape
) -> None:
    find = finder(world)
    for i in range(400):
        answer = answer_of(world, WorldAsk(shape, world.prompts[i % 40].text, DAY, str(i)))
        mentions = find.mentions(render(world, answer, shape, "m").text)
        in_order = sorted((m for m in mentions if m.stance == "named"), key=lambda m: m.first_offset)
        assert tuple(world.brands[m.key].name for m in in_order) == answer.named
        assert {world.brands[m.key].name for m in mentions if m.stance == "absent"} == set(answer.absent)


def test_some_answers_name_a_brand_in_an_address_or_a_label_alone(world: SimulatedWorld) -> None:
    slugs = {b.name: b.name.split()[0].lower().replace("é", "e") for b in world.brands}
    traps = 0
    for i in range(400):
        answer = answer_of(world, WorldAsk("chat", world.prompts[i % 40].text, DAY, str(i)))
        text = render(world, answer, "chat", "m").text.lower()
        traps += any(slug in text for name, slug in slugs.items() if name not in answer.named)
    assert traps > 20


def test_the_chat_engine_changes_its_served_model_midway(world: SimulatedWorld) -> None:
    def served(day: date) -> object:
        return render(
            world, answer_of(world, WorldAsk("chat", "Which CRM?", day, "0")), "chat", "gpt-x"
        ).body["model"]

    change = world.served_changes_on
    assert served(world.start) == served(change - timedelta(days=1))
    assert served(change) == served(world.end)
    assert served(world.start) != served(change)


CATALOGS = {
    "one brand, no prompts": ([("Solo", ["solo.example"], True)], []),
    "two brands": ([("Onvia", ["one.example"], True), ("Twovo", ["two.example"], False)], [("Which?", "t")]),
    "brands that are plain words": (
        [
            (n, [f"{n.lower()}.example"], n == "Export")
            for n in ("Export", "Support", "Start", "Users", "Data")
        ],
        [("Which data tool?", "data"), ("Which support desk?", "support")],
    ),
    "other scripts": (
        [("株式会社ノルヴァン", ["nor.example"], True, ["ノルヴァン"]), ("Ёлка", ["elka.example"], False)],
        [("おすすめのCRMは?", "顧客管理"), ("Какую CRM выбрать?", "срм")],
    ),
    "fifty brands, many topics": (
        [(f"Brand{i:02d}x", [f"b{i}.example"], i == 0) for i in range(50)],
        [(f"Question {i}?", f"topic {i % 30}") for i in range(300)],
    ),
    "no domains": ([("Alpha Q", [], True), ("Beta Q", [], False), ("Gamma Q", [], False)], [("Q?", "t")]),
}


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("name", CATALOGS)
def test_a_world_is_built_around_any_catalog(name: str, kind: Kind, tmp_path: Path) -> None:
    brands, prompts = CATALOGS[name]
    world = SimulatedWorld.build(brands, prompts, seed=3, kind=kind)
    again = SimulatedWorld.from_spec(json.loads(json.dumps(world.spec())))
    assert json.loads(json.dumps(truth(world))) == json.loads(json.dumps(truth(again)))
    find = finder(world)
    counts = []
    for i in range(60):
        text = prompts[i % len(prompts)][0] if prompts else "Anything?"
        answer = answer_of(world, WorldAsk("chat", text, DAY, str(i)))
        assert answer == answer_of(again, WorldAsk("chat", text, DAY, str(i)))
        mentions = find.mentions(render(world, answer, "chat", "m").text)
        assert {world.brands[m.key].name for m in mentions if m.stance == "named"} == set(answer.named)
        counts.append(len(answer.named))
    assert np.mean(counts) < 5
    files = write_links(world, tmp_path)
    assert files.links.stat().st_size > 1000


def test_a_brand_named_in_the_question_is_nearly_always_in_the_answer(world: SimulatedWorld) -> None:
    named = [answer_of(world, WorldAsk("chat", "Is Norvane any good?", DAY, str(r))) for r in range(200)]
    rate = np.mean(["Norvane" in a.named for a in named])
    assert 0.88 < rate < 1
    assert {a.absent for a in named if "Norvane" not in a.named} == {("Norvane",)}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"kind": "plnated"}, "planted, null, momentum, varied"),
        ({"weeks": 0}, "at least one week"),
        ({"brands": []}, "brands.yaml"),
    ],
)
def test_a_world_that_cannot_be_is_refused_with_the_fix(arguments: dict[str, Any], problem: str) -> None:
    given: dict[str, Any] = {"brands": [("A", [], True)], "prompts": [], **arguments}
    with pytest.raises(UsageError, match=problem):
        SimulatedWorld.build(given.pop("brands"), given.pop("prompts"), **given)


# The truth in the world


def lift_of(world: SimulatedWorld, repeats: int = 2) -> dict[str, tuple[float, float, int]]:
    """Source → (lift, t, exposed pairs): ordinary least squares on the demo's answers, straight from the
    truth.

    Effects of the answer, of brand × prompt × engine and of brand × week × engine are taken out by one pass
    of means each, which is exact because every week asks every engine every prompt equally often.
    """
    source = {s.domain: i for i, s in enumerate(world.sources)}
    engines, prompts, brands = ("chat", "perplexity", "anthropic"), len(world.prompts), len(world.brands)
    named = np.zeros((world.weeks, len(engines), prompts, repeats, brands))
    exposed = np.zeros((*named.shape, len(source)))
    for week in range(world.weeks):
        day = world.start + timedelta(weeks=week)
        live: dict[str, list[int]] = {}
        for link in brand_links(world):
            if link.live_on(day):
                live.setdefault(link.source, []).append([b.name for b in world.brands].index(link.brand))
        for at in np.ndindex(len(engines), prompts, repeats):
            e, p, r = at
            ask = WorldAsk(engines[e], world.prompts[p].text, day, str(r), forced=engines[e] == "perplexity")
            answer = answer_of(world, ask)
            named[(week, *at)] = [b.name in answer.named for b in world.brands]
            for domain in {page.domain for page in answer.cited} & live.keys():
                exposed[(week, *at)][live[domain], source[domain]] = 1

    def within(values: Any) -> Any:
        for axes in ((4,), (0, 3), (2, 3)):
            values = values - values.mean(axis=axes, keepdims=True)
        return values

    y, x = within(named).reshape(-1), within(exposed).reshape(-1, len(source))
    # Errors clustered by prompt say nothing about a source that few prompts meet.
    spread = (exposed.sum(axis=(0, 1, 3, 4)) > 0).sum(axis=0)
    seen = np.flatnonzero((spread >= 15) & (exposed.sum(axis=(0, 1, 2, 3, 4)) >= 100))
    x = x[:, seen]
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ y
    scores = ((y - x @ beta)[:, None] * x).reshape(*named.shape, -1).sum(axis=(0, 1, 3, 4))
    error = np.sqrt(np.diag(bread @ scores.T @ scores @ bread) * prompts / (prompts - 1))
    pairs = exposed.sum(axis=(0, 1, 2, 3, 4)).astype(int)
    domains = list(source)
    return {
        domains[s]: (float(b), float(b / se), int(pairs[s]))
        for s, b, se in zip(seen, beta, error, strict=True)
    }


def test_the_demo_lets_a_plain_estimator_find_every_planted_source_and_rank_it_first(
    world: SimulatedWorld,
) -> None:
    found = lift_of(world)
    planted = {row["source"]: row["lift"] for row in truth(world)["planted"]}  # type: ignore[attr-defined]
    assert 6 <= len(planted) <= 9
    assert all(0.10 <= x <= 0.35 for x in planted.values())
    by_t = sorted(found, key=lambda s: -found[s][1])
    assert set(by_t[: len(planted)]) == set(planted)
    for source, lift in planted.items():
        assert found[source][0] == pytest.approx(lift, abs=0.06)
        assert found[source][1] > 4.5
        assert found[source][2] >= 100
    assert max(abs(found[s][1]) for s in by_t[len(planted) :]) < 4


@pytest.mark.parametrize("kind", ["null", "momentum"])
def test_nothing_stands_out_where_nothing_is_planted(kind: Kind) -> None:
    world = world_of(CATALOG, seed=DEMO_SEED, kind=kind)
    assert truth(world)["planted"] == []
    found = lift_of(world)
    assert len(found) > 20
    assert max(abs(t) for _, t, _ in found.values()) < 4


def test_popular_brands_have_more_links_in_every_world() -> None:
    world = world_of(CATALOG, seed=DEMO_SEED, kind="null")
    sources = {b.name: len({x.source for x in brand_links(world) if x.brand == b.name}) for b in world.brands}
    order = sorted(world.brands, key=lambda b: world.popularity[world.brands.index(b)])
    assert sources[order[-1].name] > 1.5 * sources[order[0].name]


def test_rising_brands_are_linked_after_they_rise() -> None:
    world = world_of(CATALOG, seed=DEMO_SEED, kind="momentum")
    rising = {world.brands[b].name for b in world.rising}
    assert rising
    assert all(x.first_seen > world.start for x in brand_links(world) if x.brand in rising)


def test_links_are_of_before_and_of_the_period_and_some_are_lost(world: SimulatedWorld) -> None:
    before = sum(x.first_seen < world.start for x in brand_links(world))
    within = sum(world.start <= x.first_seen < world.end for x in brand_links(world))
    assert before > within > 20
    assert before + within == len(brand_links(world))
    lost = [x for x in brand_links(world) if x.lost_at]
    assert lost
    assert all(x.lost_at > x.first_seen for x in lost if x.lost_at)
    assert not lost[0].live_on(lost[0].lost_at or world.end)


def test_a_planted_pair_is_linked_from_every_page_that_can_be_cited(world: SimulatedWorld) -> None:
    by_domain = {s.domain: i for i, s in enumerate(world.sources)}
    for row in truth(world)["planted"]:  # type: ignore[attr-defined]
        pages = {p.url for t in world.topics for p in world.pages(by_domain[row["source"]], t)}
        for brand in row["brands"]:
            linked = {
                x.source_url for x in brand_links(world) if (x.source, x.brand) == (row["source"], brand)
            }
            assert linked == pages


def test_both_link_files_are_recognised_and_read_without_a_reject(
    world: SimulatedWorld, tmp_path: Path
) -> None:
    files = write_links(world, tmp_path)
    links, ahrefs = imports.preview(files.links), imports.preview(files.ahrefs)
    assert links.recognition.layout.name == "generic"
    assert ahrefs.recognition.layout.name.startswith("ahrefs")
    assert (links.rejected, ahrefs.rejected) == (0, 0)
    assert links.read == len(backlinks(world))
    assert ahrefs.read == len(brand_links(world))


def test_the_ahrefs_file_tells_the_same_links_as_the_generic_one(
    world: SimulatedWorld, tmp_path: Path
) -> None:
    files = write_links(world, tmp_path)
    read = [imports.preview(f, limit=10_000).rows for f in (files.links, files.ahrefs)]
    sides = [
        {(r.source_url, r.target_url, r.anchor, r.nofollow, str(r.first_seen)[:10]) for r in rows}
        for rows in read
    ]
    assert len(sides[1]) > 300
    assert sides[1] <= sides[0]
    assert any(r.nofollow for r in read[1])
    assert any(r.lost_at for r in read[1])


# Dialects


@pytest.mark.parametrize("shape", SHAPES)
def test_a_reader_gets_back_exactly_what_the_world_says_was_cited(
    world: SimulatedWorld, shape: Shape
) -> None:
    for i in range(150):
        answer = answer_of(world, WorldAsk(shape, world.prompts[i % 40].text, DAY, str(i)))
        reply = render(world, answer, shape, "model-x")
        reading = citations.read(json.dumps(reply.body))
        cited = [(c.url, c.start, c.end, c.title) for c in reading.citations if c.kind == "cited"]
        assert cited == [(c.url, c.start, c.end, c.title) for c in reply.cited]
        assert [c.url for c in reading.citations if c.kind == "retrieved"] == list(reply.retrieved)
        assert tuple(reading.searches) == reply.searches
        assert reading.text == reply.text
        assert reading.search_used in (answer.searched, None)
        assert reading.usage.reported_micros == reply.cost_micro_usd
        if reply.domains:
            domains = [d.encode("idna").decode() for d in reply.domains]
            assert [c.domain for c in reading.citations if c.kind == "cited"] == domains
        assert citations.unknown_keys(reply.body) in ([], ["x_groq"])


def test_offsets_are_code_points_also_behind_characters_of_four_bytes(world: SimulatedWorld) -> None:
    checked = 0
    for i in range(200):
        answer = answer_of(world, WorldAsk("chat", world.prompts[i % 40].text, DAY, str(i)))
        reply = render(world, answer, "chat", "m")
        for cited in reply.cited:
            assert cited.url in reply.text[cited.start : cited.end]
        checked += bool(reply.cited) and "🚀" in reply.text
    assert checked > 5


@pytest.mark.parametrize(
    ("path", "body", "shape", "prompt"),
    [
        ("/chat/completions", chat("Q"), "chat", "Q"),
        ("/v1/chat/completions", chat("Q", "sonar-pro"), "perplexity", "Q"),
        ("/chat/completions", chat("Q", "groq/compound"), "groq", "Q"),
        ("/chat/completions", chat("Q", "openai/gpt-5.2"), "openrouter", "Q"),
        ("/v1/chat/completions", chat("Q", "mistral-large-latest"), "chat", "Q"),
        ("/v1/conversations", {"model": "mistral-large-latest", "inputs": "Q"}, "mistral", "Q"),
        ("/responses", {"model": "gpt-6-luna", "input": "Q"}, "responses", "Q"),
        ("/v1/responses", {"model": "perplexity/sonar", "input": "Q"}, "perplexity-agent", "Q"),
        ("/v1/agent", {"model": "x", "input": [{"role": "user", "content": "Q"}]}, "perplexity-agent", "Q"),
        ("/openai/v1/responses", {"model": "dep", "input": "Q"}, "azure", "Q"),
        ("/responses", {"model": "grok-4.7", "input": "Q"}, "xai", "Q"),
        ("/responses", {"model": "deepseek-v4-flash", "input": "Q"}, "deepseek", "Q"),
        (
            "/v1/messages",
            {"model": "claude", "messages": [{"role": "user", "content": [{"type": "text", "text": "Q"}]}]},
            "anthropic",
            "Q",
        ),
        (
            "/v1beta/models/gemini-3:generateContent",
            {"contents": [{"role": "user", "parts": [{"text": "Q"}]}]},
            "gemini",
            "Q",
        ),
        (
            "/model/us.nova:0/converse",
            {"messages": [{"role": "user", "content": [{"text": "Q"}]}]},
            "nova",
            "Q",
        ),
        (
            "/chat/completions",
            {
                "messages": [
                    {"role": "user", "content": "old"},
                    {"role": "assistant", "content": "x"},
                    {"role": "user", "content": "Q"},
                ]
            },
            "chat",
            "Q",
        ),
    ],
)
def test_a_request_is_understood_in_its_dialect(
    path: str, body: dict[str, Any], shape: Shape, prompt: str
) -> None:
    request = read_request(path, body)
    assert request is not None
    assert (request.shape, request.prompt) == (shape, prompt)


@pytest.mark.parametrize(
    ("body", "searches"),
    [
        (chat(model="gpt-5.2"), True),
        ({"model": "gpt-5.2", "messages": [{"role": "user", "content": "Q"}]}, False),
        ({"model": "gpt-5-search-api", "messages": [{"role": "user", "content": "Q"}]}, True),
        ({"model": "sonar", "messages": [{"role": "user", "content": "Q"}]}, True),
    ],
)
def test_an_engine_that_is_not_asked_to_search_does_not(body: dict[str, Any], searches: bool) -> None:
    request = read_request("/chat/completions", body)
    assert request is not None
    assert request.search is searches


def asked_over_http(url: str, model: str, text: str, **more: Any) -> RawReply:
    sent = headers(model, 5)
    return asyncio.run(ask_engine(Question(text, model, api_base=url, headers=sent, timeout=20, **more)))


@pytest.mark.parametrize("shape", SHAPES)
def test_each_engine_is_reached_as_the_real_one_and_its_raw_body_reads_back(
    shape: Shape, world: SimulatedWorld, sandbox: Sandbox
) -> None:
    text = world.prompts[3].text
    raw = asked_over_http(sandbox.url, f"sandbox/{shape}", text)
    drawn = WorldAsk(shape, text, DAY, "5", search=True, forced=shape in FORCED)
    reply = render(world, answer_of(world, drawn), shape, "m")
    reading = citations.read(raw.body)
    assert [(c.url, c.start, c.end) for c in reading.citations if c.kind == "cited"] == [
        (c.url, c.start, c.end) for c in reply.cited
    ]
    assert [c.url for c in reading.citations if c.kind == "retrieved"] == list(reply.retrieved)
    assert reading.text == reply.text
    if reply.cost_micro_usd is not None:
        assert reading.usage.reported_micros == reply.cost_micro_usd


def test_every_dialect_and_the_judge_are_engines_of_a_catalog() -> None:
    assert set(SIMULATED) == {JUDGE, *(f"sandbox/{shape}" for shape in SHAPES)}


# Faults


def test_every_fault_shows_its_face(sandbox: Sandbox) -> None:
    def under(**faults: float) -> httpx.Response:
        sandbox.set_faults(Faults(**faults))  # type: ignore[arg-type]
        return post(sandbox, "face", timeout=0.5 if "timeout" in faults else 5)

    assert under().json()["choices"][0]["message"]["content"]
    assert under(http_429=1).json()["error"]["code"] == "rate_limit_error"
    assert under(http_500=1).status_code == 500
    assert under(http_503=1).status_code == 503
    with pytest.raises(httpx.ReadTimeout):
        under(timeout=1)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        under(truncated=1).json()
    empty = under(empty=1).json()["choices"][0]["message"]
    assert (empty["content"], empty["annotations"]) == ("", [])
    page = under(wrong_type=1)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(httpx.TransportError):
        under(reset=1)
    silent = under(no_search=1).json()["choices"][0]["message"]
    assert silent["content"]
    assert silent["annotations"] == []


def test_a_slow_answer_arrives_whole_in_pieces(sandbox: Sandbox) -> None:
    whole = post(sandbox, "drip").content
    sandbox.set_faults(Faults(slow=1, drip=0.4))
    began = time.perf_counter()
    assert post(sandbox, "drip").content == whole
    assert 0.3 < time.perf_counter() - began < 3


def test_a_rate_limit_says_when_to_come_back_in_seconds_or_as_a_date(sandbox: Sandbox) -> None:
    sandbox.set_faults(Faults(http_429=1, retry_after=7))
    said = {post(sandbox, f"r{i}").headers["retry-after"] for i in range(20)}
    dates = {s for s in said if not s.isdigit()}
    assert said - dates == {"7"}
    assert dates
    assert all(5 <= parsedate_to_datetime(s).timestamp() - time.time() <= 9 for s in dates)


def test_faults_come_at_their_rates_and_the_same_ones_each_time() -> None:
    faults = Faults(http_429=0.10, http_500=0.05, timeout=0.05, truncated=0.02, empty=0.01, seed=3)
    drawn = [faults.draw(f"ask {i}", 1) for i in range(20_000)]
    counts = Counter(drawn)
    for name, rate in faults.rates().items():
        assert counts[name] / 20_000 == pytest.approx(rate, abs=0.006)
    assert drawn == [faults.draw(f"ask {i}", 1) for i in range(20_000)]
    assert drawn != [faults.draw(f"ask {i}", 2) for i in range(20_000)]
    assert {replace(faults, only_first_attempts=1).draw(f"ask {i}", 2) for i in range(1000)} == {None}


def test_which_asks_fail_does_not_depend_on_the_order_of_requests(sandbox: Sandbox) -> None:
    asks = [f"order {i}" for i in range(40)]

    def failed(order: list[str]) -> set[tuple[str, int]]:
        sandbox.reset()
        return {(ask, n) for n in (1, 2) for ask in order if post(sandbox, ask).status_code != 200}

    sandbox.set_faults(Faults(http_500=0.4))
    first = failed(asks)
    assert 10 < len(first) < 60
    assert failed(asks[::-1]) == first


def test_a_fault_changes_no_later_answer(sandbox: Sandbox) -> None:
    calm = post(sandbox, "later").content
    sandbox.set_faults(Faults(http_500=1, only_first_attempts=1))
    sandbox.reset()
    assert [post(sandbox, "later").status_code for _ in range(2)] == [500, 200]
    assert post(sandbox, "later").content == calm


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", Faults()),
        ("429=0.1,500=0.05", Faults(http_429=0.1, http_500=0.05)),
        ("wrong-type=1, latency=0.2", Faults(wrong_type=1, latency=0.2)),
        ("timeout=0.05,hang=2,only_first_attempts=1", Faults(timeout=0.05, hang=2, only_first_attempts=1)),
    ],
)
def test_faults_are_written_on_the_command_line(text: str, faults: Faults) -> None:
    assert Faults.parse(text) == faults


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("4229=0.1", "no fault is called '4229'"),
        ("429=a lot", "429=0.1"),
        ("429", "429=0.1"),
        ("429=0.6,500=0.6", "add up to 1.20"),
        ("empty=-0.1", "from 0 to 1"),
        ("latency=-1", "negative"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as refused:
        Faults.parse(text)
    assert problem in str(refused.value)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_body_is_read_as_an_error_in_every_dialect(shape: Shape, status: int) -> None:
    reading = citations.read(error_body(shape, status, "simulated"))
    assert reading.shape == "error"


# The server


def test_counters_tell_who_was_answered_how_often(sandbox: Sandbox) -> None:
    for ask in ("one", "two", "two", "three", "three", "three"):
        post(sandbox, ask)
    post(sandbox, "four", chat(model="sonar"))
    sandbox.set_faults(Faults(http_500=1))
    post(sandbox, "five")
    found = sandbox.counters()
    assert (found["requests"], found["answered"], found["refused"]) == (8, 7, 1)
    assert found["by_engine"] == {"chat": 6, "perplexity": 1}
    assert (found["asks_seen"], found["asks_answered"]) == (5, 4)
    assert found["answered_more_than_once"] == 2
    assert found["examples_answered_more_than_once"] == ["three", "two"]
    assert found["faults"] == {"500": 1}
    assert found["in_flight"] == 0
    assert found["reported_cost_micro_usd"] > 5000  # type: ignore[operator]


def test_the_high_water_mark_shows_how_many_were_in_flight(world: SimulatedWorld, sandbox: Sandbox) -> None:
    sandbox.set_faults(Faults(latency=0.05))
    asks = [(f"{i}:0", "Which CRM?") for i in range(60)]
    asyncio.run(ask_all(sandbox.url, asks, 7))
    assert sandbox.counters()["in_flight_high_water"] == 7


def test_an_ask_whose_caller_left_is_not_counted_as_answered(sandbox: Sandbox) -> None:
    sandbox.set_faults(Faults(latency=0.4))
    with pytest.raises(httpx.ReadTimeout):
        post(sandbox, "gone", timeout=0.1)
    time.sleep(0.7)
    found = sandbox.counters()
    assert (found["answered"], found["dropped"], found["in_flight"]) == (0, 1, 0)


def test_headers_are_optional(sandbox: Sandbox) -> None:
    assert post(sandbox, headers={}).status_code == 200
    assert sandbox.counters()["asks_answered"] == 1


@pytest.mark.parametrize(
    ("path", "body", "sent", "status", "word"),
    [
        ("/nowhere", chat(), {}, 404, "no engine"),
        ("/chat/completions", {"model": "m", "messages": []}, {}, 400, "no prompt"),
        ("/chat/completions", chat(stream=True), {}, 400, "stream"),
        ("/chat/completions", chat(), {"x-citelift-asked-at": "yesterday"}, 400, "ISO 8601"),
        ("/_sandbox/faults", {"nonsense": 1}, {}, 400, "no fault is called"),
        ("/_sandbox/nothing", {}, {}, 404, "nothing at"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(
    sandbox: Sandbox, path: str, body: dict[str, Any], sent: dict[str, str], status: int, word: str
) -> None:
    reply = post(sandbox, path=path, body=body, headers=sent)
    assert reply.status_code == status
    assert word in reply.json()["error"]["message"]


def address(sandbox: Sandbox) -> tuple[str, int]:
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    return host, int(port)


def test_one_connection_carries_many_requests_also_when_they_arrive_in_crumbs_or_all_at_once(
    sandbox: Sandbox,
) -> None:
    body = json.dumps(chat()).encode()
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nx-citelift-ask: %%d\r\n\r\n"
        % len(body)
    )
    with socket.create_connection(address(sandbox)) as line:
        line.sendall(b"".join(head % i + body for i in range(3)))
        for piece in (head % 3)[:20], (head % 3)[20:], body[:7], body[7:]:
            line.sendall(piece)
            time.sleep(0.01)
        reader = line.makefile("rb")
        for _ in range(4):
            assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (field := reader.readline()) != b"\r\n":
                if field.lower().startswith(b"content-length"):
                    length = int(field.split(b":")[1])
            assert json.loads(reader.read(length))["object"] == "chat.completion"
    assert sandbox.counters()["asks_answered"] == 4


def test_a_chunked_request_is_understood(sandbox: Sandbox) -> None:
    line = http.client.HTTPConnection(*address(sandbox))
    pieces = iter([json.dumps(chat()).encode()[:30], json.dumps(chat()).encode()[30:]])
    line.request("POST", "/chat/completions", pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert line.getresponse().status == 200
    line.close()


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"]
)
def test_rubbish_on_the_line_is_refused_and_the_server_lives_on(sandbox: Sandbox, rubbish: bytes) -> None:
    with socket.create_connection(address(sandbox)) as line:
        line.sendall(rubbish)
        assert line.recv(100).startswith(b"HTTP/1.1 4")
    assert post(sandbox).status_code == 200


def test_it_listens_on_loopback_only_and_ends_with_its_with(world: SimulatedWorld) -> None:
    sandbox = Sandbox(world)
    with sandbox as url:
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/_sandbox/health", trust_env=False).json()["status"] == "ok"
        assert httpx.get(f"{url}/_sandbox/truth", trust_env=False).json() == json.loads(
            json.dumps(truth(world))
        )
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/_sandbox/health", trust_env=False)


def test_the_sandbox_ends_when_its_parent_is_killed() -> None:
    script = (
        "import sys, time; from tracker.sandbox import Sandbox, SimulatedWorld;"
        "print(Sandbox(SimulatedWorld.build([('A', [], True)], [])).start(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=CATALOG.parent
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert httpx.get(f"{url}/_sandbox/health", trust_env=False).status_code == 200
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/_sandbox/health", trust_env=False)
        except httpx.TransportError:
            return
        time.sleep(0.05)
    pytest.fail("the sandbox outlived its parent")


def test_the_command_prints_its_address_and_stops_cleanly_at_sigterm(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tracker.sandbox",
        "--catalog",
        str(CATALOG),
        "--seed",
        "7",
        "--kind",
        "null",
    ]
    with subprocess.Popen(
        [*command, "--faults", "429=1", "--write-links", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CATALOG.parent,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.post(f"{url}/chat/completions", json=chat(), trust_env=False).status_code == 429
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            "ahrefs-backlinks.csv",
            "authority.csv",
            "links.csv",
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_the_command_prints_the_truth(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--catalog", str(CATALOG), "--truth"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == DEMO_SEED


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--catalog", "/no/such/folder"], CatalogError.exit_code, "no such folder"),
        (["--catalog", str(CATALOG), "--faults", "oops=1"], UsageError.exit_code, "429"),
    ],
)
def test_the_command_says_what_is_wrong(
    arguments: list[str], code: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert word in capsys.readouterr().err


def test_every_fault_has_a_rate() -> None:
    assert set(Faults().rates()) == set(FAULTS)


def test_brands_may_be_given_as_rows_or_as_brands() -> None:
    rows = SimulatedWorld.build([("A", ["a.example"], True, ["AA"], ["a river"])], [])
    brands = SimulatedWorld.build([WorldBrand("A", ("a.example",), True, ("AA",), ("a river",))], [])
    assert rows.brands == brands.brands
