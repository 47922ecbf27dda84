"""The simulated web can be looked at: its pages over HTTP, what stands on them, and no other machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.shared import ROOT
from tracker.errors import UsageError
from tracker.links.pages.look import PageReport, Target, check
from tracker.links.web.fetch import Fetched, Fetcher
from tracker.links.web.policy import Policy, simulated
from tracker.mentions import BrandNames, Finder
from tracker.sandbox import DEMO_SEED, Placement, Sandbox, SimulatedWorld, WorldAnswers, WorldAsk, truth
from tracker.sandbox.__main__ import world_of
from tracker.sandbox.linkgraph import brand_links
from tracker.sandbox.pages import SimulatedPages

NOW = datetime(2026, 5, 25, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> SimulatedWorld:
    bare = world_of(ROOT / "prompts", seed=DEMO_SEED, kind="varied")
    source = bare.sources[next(iter(bare.untapped))].domain
    return bare.placing([Placement(source, bare.brands[0].name, bare.start + timedelta(weeks=5))])


@pytest.fixture(scope="module")
def web(world: SimulatedWorld) -> Iterator[Fetcher]:
    with Sandbox(world) as url:
        yield Fetcher(simulated(url))


def looked(world: SimulatedWorld, web: Fetcher, url: str) -> PageReport:
    page = web.fetch(url, at=NOW)
    assert isinstance(page, Fetched), page
    targets = tuple(Target(i, b.domains) for i, b in enumerate(world.brands))
    finder = Finder([BrandNames(i, b.name, b.aliases, b.other_meanings) for i, b in enumerate(world.brands)])
    return check(page, targets=targets, finder=finder)


def test_a_look_finds_every_link_that_lives_and_no_other(world: SimulatedWorld, web: Fetcher) -> None:
    """One page of each source, with all links that the exports know of it."""
    pages = {link.source: link.source_url for link in brand_links(world)}
    assert len(pages) > 30
    for url in pages.values():
        known = [x for x in brand_links(world) if x.source_url == url]
        seen = looked(world, web, url)
        live = {(x.brand, "nofollow" not in x.rel) for x in known if x.live_on(world.end)}
        assert {(world.brands[x.brand].name, x.follows) for x in seen.links} == live, url
        assert {x.placement for x in seen.links} <= {"content"}


def test_what_only_lists_names_its_brands_everywhere_and_links_to_half_of_them(
    world: SimulatedWorld, web: Fetcher
) -> None:
    ((s, brands),) = world.listed.items()
    linked = {x.brand for x in brand_links(world) if x.source == world.sources[s].domain}
    assert len(linked) == len(brands) // 2
    for page in world.pages(s, world.topics[0]):
        seen = looked(world, web, page.url)
        assert {x.brand for x in seen.listings} == set(brands)
        assert {world.brands[x.brand].name for x in seen.listings if x.linked} == linked


def test_an_address_without_a_page_is_not_found(web: Fetcher) -> None:
    for url in ("https://www.techdaily.com/nothing", "https://nobody-here.com/", "http://norvane.com/x"):
        page = web.fetch(url, at=NOW)
        assert isinstance(page, Fetched)
        assert (page.status, page.text) == (404, "")


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:80", "http://127.0.0.1", "http://example.com:80", "x", ""]
)
def test_only_a_sandbox_can_stand_for_the_web(url: str) -> None:
    with pytest.raises(UsageError, match="is no address of a sandbox"):
        simulated(url)


@pytest.mark.parametrize("host", ["192.0.2.7", "8.8.8.8", "::2"])
def test_no_other_machine_can_stand_for_the_web(host: str) -> None:
    with pytest.raises(UsageError, match="is not this machine"):
        Policy("mailto:a@b.example", stand_in=(host, 80))


def test_a_varied_world_is_the_same_elsewhere_and_says_what_is_planted(world: SimulatedWorld) -> None:
    again = SimulatedWorld.from_spec(json.loads(json.dumps(world.spec())))
    assert json.dumps(truth(again)) == json.dumps(truth(world))
    told = truth(world)
    parts = [
        {row["source"] for row in told[key]}  # type: ignore[attr-defined]
        for key in ("planted", "only_lists", "only_selected", "untapped", "lifts_every_brand")
    ]
    assert all(parts)
    assert len(set.union(*parts)) == sum(map(len, parts))


def test_each_part_of_a_varied_world_does_what_it_is_named_for(world: SimulatedWorld) -> None:
    """Rates over the same 1,600 asks, counted without any model."""
    answers = WorldAnswers(world)
    day = world.end - timedelta(days=1)
    given = [answers.answer(WorldAsk("chat", p.text, day, str(r))) for p in world.prompts for r in range(40)]
    (lists,), (selected,) = world.listing, world.selected
    won = world.placed[0]
    linked = Counter(x.brand for x in brand_links(world) if x.source == world.sources[selected].domain)

    def rise(source: str, brand: str) -> float:
        """How much more often the brand is named in answers that cite the source."""
        citing = [brand in a.named for a in given if any(p.domain == source for p in a.cited)]
        others = [brand in a.named for a in given if all(p.domain != source for p in a.cited)]
        assert len(citing) > 30, source
        return sum(citing) / len(citing) - sum(others) / len(others)

    named_only = world.listed[lists][len(world.listed[lists]) // 2 :]
    outside = set(range(len(world.brands))) - set(world.listed[lists])
    listing = world.sources[lists].domain
    assert sum(rise(listing, world.brands[b].name) for b in named_only) / len(named_only) > 0.1
    assert sum(rise(listing, world.brands[b].name) for b in outside) / len(outside) < 0.08
    assert sum(rise(world.sources[selected].domain, b) for b in linked) / len(linked) > 0.1
    assert rise(won.source, won.brand) > 0.1


def test_a_link_that_nobody_won_is_on_no_page(world: SimulatedWorld) -> None:
    pages = SimulatedPages(world)
    _, *others = (world.sources[s] for s in world.untapped)
    for source in others:
        s = world.sources.index(source)
        for page in world.pages(s, world.topics[0]):
            text = pages.html(source.host, page.url.split(source.host, 1)[1], world.end)
            assert text is not None
            assert " See <a" not in text
