"""Farms and bad weeks are in the queue with their reasons; honest weeks, busy ones too, are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sqlalchemy import Engine

from analysis import frames, review
from analysis.frames import VendorWord
from analysis.quality import Factors
from analysis.review import LinkWeek
from tests.facts import MONDAY, Facts, week

START = MONDAY.date()
NAMES, TOPICS = ("Norvane",), frozenset({"crm", "sales software"})
ATTACKED = START + timedelta(weeks=40)


def link(source: str, first: date | None, **more: Any) -> Factors:
    base: dict[str, Any] = {
        "url": f"https://{source}/",
        "target_url": "https://norvane.com/",
        "brand": "Norvane",
        "anchor": source,
        "anchor_class": "other",
        "follow": "followed",
        "authority": "",
        "relevance": 0.5,
        "topic": "crm",
        "placement": "content",
        "sitewide": False,
        "outlinks": 9,
        "language": None,
        "foreign_language": None,
    }
    return Factors(source=source, first=first, **{**base, **more})


def steady(weeks: int, each: int = 2) -> list[Factors]:
    return [link(f"s{w}-{i}.com", START + timedelta(weeks=w)) for w in range(weeks) for i in range(each)]


# --- the pace -----------------------------------------------------------------------------------------------


def last_week(past: Sequence[int], size: int) -> LinkWeek:
    links = [
        link(f"s{w}-{i}.com", START + timedelta(weeks=w))
        for w, n in enumerate([*past, size])
        for i in range(n)
    ]
    return review.velocity(links)[-1]


def test_the_limit_of_a_week_is_a_negative_binomial_quantile_by_hand() -> None:
    """Eight equal weeks of 4: mean 32.5/8, no dispersion, so the predictive law of a Poisson rate."""
    found = last_week([4] * 8, 12)
    gamma = stats.nbinom(32.5, 8 / 9)  # Jeffreys: Gamma(32.5, 8), one week ahead
    assert found.expected == pytest.approx(32.5 / 8)
    assert found.limit == max(gamma.isf(0.001), 9)
    assert found.p == pytest.approx(gamma.sf(11))
    assert (found.history, found.verdict) == (8, "usual" if gamma.isf(0.001) >= 12 else "more than usual")


@pytest.mark.parametrize(
    ("past", "size", "verdict"),
    [
        ([2] * 7, 500, "not enough data"),
        ([1] * 8, 9, "usual"),
        ([1] * 8, 10, "more than usual"),
        ([30, 1, 25, 2, 28, 0, 31, 3, 27, 1], 45, "usual"),
        ([14] * 10, 45, "more than usual"),
    ],
)
def test_a_week_is_judged_by_the_brands_own_weeks(past: list[int], size: int, verdict: str) -> None:
    assert last_week(past, size).verdict == verdict


def test_a_second_bad_week_is_not_hidden_by_the_first_and_a_lasting_pace_becomes_usual() -> None:
    pace = [*[2] * 12, *[40] * 14]
    links = [link(f"s{w}-{i}.com", START + timedelta(weeks=w)) for w, n in enumerate(pace) for i in range(n)]
    spikes = [w.spike for w in review.velocity(links)]
    assert spikes[12:16] == [True] * 4
    assert not any(spikes[-6:])


def test_a_first_snapshot_makes_no_spike() -> None:
    assert review.velocity([link(f"u{i}.com", None) for i in range(500)]) == []
    assert not any(w.spike for w in review.velocity([link(f"u{i}.com", START) for i in range(500)]))


def test_a_domain_is_new_once() -> None:
    twice = [link("a.com", START), link("a.com", START + timedelta(weeks=1))]
    assert [w.new for w in review.velocity([*twice, link("b.com", START + timedelta(weeks=1))])] == [1, 1]


def test_of_honest_weeks_whose_links_come_in_clumps_few_stand_out() -> None:
    """1,404 weeks of brands that gain 1, 5 or 40 domains, with up to four times a Poisson's variance."""
    rng = np.random.default_rng(1)
    stood_out = weeks = 0
    for mean in (1, 5, 40):
        for dispersion in (1.001, 2, 4):
            counts = rng.negative_binomial(mean / (dispersion - 1), 1 / dispersion, (3, 60))
            for brand in counts:
                for at in range(review.LEAST_WEEKS, 60):
                    past = brand[max(0, at - review.HISTORY) : at].astype(float)
                    _, limit, _ = review._unusual(int(brand[at]), past)
                    stood_out += brand[at] > max(limit, 9)
                    weeks += 1
    assert weeks == 1_404
    assert stood_out / weeks < 0.004


# --- honest links, and others -------------------------------------------------------------------------------

PHRASES = [
    f"{a} {b}"
    for a in ("their", "this", "an", "our")
    for b in ["guide", "tool", "piece", "view", "list", "pick", "app"]
]
HONEST: dict[str, float] = {
    "branded": 0.45,
    "naked URL": 0.2,
    "generic": 0.17,
    "other": 0.12,
    "exact": 0.03,
    "empty": 0.03,
}


def honest(rng: np.random.Generator, name: str, day: date) -> tuple[Factors, VendorWord]:
    """A link as a profile without tricks has them: a tenth about something else, some foreign, many small."""
    kind = rng.choice(list(HONEST), p=list(HONEST.values()))
    anchors = {
        "branded": "Norvane",
        "naked URL": "norvane.com",
        "generic": "here",
        "exact": "crm",
        "empty": "",
    }
    relevance = None if rng.random() < 0.15 else 0.0 if rng.random() < 0.1 else float(rng.uniform(0.03, 0.6))
    flags = ("ahrefs flags it as spam",) if rng.random() < 0.03 else ()
    weak = ("ahrefs: domain rating 2",) if rng.random() < 0.3 else ()
    each = link(
        name,
        day,
        anchor=anchors.get(kind, str(rng.choice(PHRASES))),
        anchor_class=kind,
        relevance=relevance,
        title=f"a page about {name}",
        foreign_language=bool(rng.random() < 0.03),
        outlinks=int(rng.choice([5, 40, 400], p=[0.6, 0.38, 0.02])),
    )
    return each, VendorWord(flags, weak)


World = tuple[list[Factors], dict[str, VendorWord]]


def grown(seed: int, pace: float, *, burst: int = 0) -> World:
    """60 weeks in clumps, and in the 40th a burst of press: editorial pages, anchors of every kind."""
    rng = np.random.default_rng(seed)
    links: list[Factors] = []
    vendors: dict[str, VendorWord] = {}
    for at in range(60):
        count = rng.negative_binomial(pace, 0.5) + (burst if at == 40 else 0)
        for i in range(count):
            name = f"h{at}-{i}.com"
            each, word = honest(rng, name, START + timedelta(weeks=at, days=int(rng.integers(7))))
            links.append(each)
            vendors[name] = word
    return links, vendors


def queue(world: World, vendors: bool = True) -> list[review.Review]:
    known = world[1] if vendors else {}
    return review.review(world[0], {}, vendors=known, names=NAMES, topics=TOPICS)


def risky(world: World) -> list[LinkWeek]:
    found = review.signs(world[0], vendors=world[1], names=NAMES, topics=TOPICS)
    return [week for week in review.velocity(world[0], found) if week.risky]


@pytest.mark.parametrize("pace", [1, 6, 40])
@pytest.mark.parametrize("burst", [0, 30, 120])
@pytest.mark.parametrize("seed", [1, 2])
def test_honest_weeks_and_weeks_of_press_are_not_in_the_queue(pace: int, burst: int, seed: int) -> None:
    world = grown(seed, pace, burst=burst)
    assert risky(world) == []
    rows = queue(world)
    assert not any("pace" in row.votes for row in rows)
    assert len(rows) <= 0.02 * len(world[0]) + 2  # those alone to be looked at: off topic and flagged, say


def attack(kind: str, size: int = 80) -> World:
    """What others do to a brand in its 40th week, each in the data that one tool would have."""
    links: list[Factors] = []
    vendors: dict[str, VendorWord] = {}
    flagged = VendorWord(("ahrefs flags it as spam",), ("ahrefs: domain rating 1",))
    for i in range(size):
        name, day = f"x{i}.xyz", ATTACKED + timedelta(days=i % 7)
        if kind == "casino":
            each, vendors[name] = link(name, day, anchor="casino bonus", relevance=0.0), flagged
        elif kind == "exact anchors, nothing else known":
            more = {"anchor": "crm", "anchor_class": "exact", "relevance": None, "title": None}
            each = link(name, ATTACKED + timedelta(days=i % 4), **more)
        elif kind == "many anchors of one trade":
            words = (
                "best online casino",
                "viagra price",
                "slot gacor hari ini",
                "카지노사이트",
                "казино онлайн",
            )
            each = link(name, day, anchor=f"{words[i % 5]} {i}", relevance=None, foreign_language=True)
        else:
            each = link(name, day, anchor=f"read {i}", title="Top Ten Best Things To Buy Now", relevance=0.0)
        links.append(each)
    return links, vendors


ATTACKS = {
    "casino": {"anchor", "vendor", "topic", "network", "pace", "authority"},
    "exact anchors, nothing else known": {"anchor", "network", "pace"},
    "many anchors of one trade": {"anchor", "topic", "pace"},
    "one template": {"topic", "network", "pace"},
}


@pytest.mark.parametrize("pace", [1, 6])
@pytest.mark.parametrize("kind", ATTACKS)
def test_a_bad_week_is_in_the_queue_with_every_reason_and_its_neighbours_are_not(
    kind: str, pace: int
) -> None:
    links, vendors = grown(4, pace)
    bad, words = attack(kind)
    world = (links + bad, vendors | words)
    (only,) = risky(world)
    assert only.week == ATTACKED
    rows = queue(world)
    caught = [row for row in rows if row.domain.endswith(".xyz")]
    assert len(caught) == len(bad)
    assert all(set(row.votes) == ATTACKS[kind] for row in caught)
    assert all(row.advice.startswith("do nothing") and row.decision is None for row in caught)
    assert len(rows) - len(caught) <= 0.02 * len(links) + 2
    assert rows[0].domain.endswith(".xyz")


def test_a_farm_that_drips_is_seen_without_any_pace() -> None:
    links, vendors = grown(5, 6)
    farm = [
        link(
            f"farm{i}.net",
            START + timedelta(weeks=10 + i),
            anchor="crm",
            anchor_class="exact",
            relevance=None,
            title="Best Deals And Offers Online",
        )
        for i in range(40)
    ]
    words = {f.source: VendorWord((), (), "5.188.10.7") for f in farm}
    rows = queue((links + farm, vendors | words))
    caught = {row.domain: row for row in rows}
    assert all(f.source in caught for f in farm)
    assert caught["farm3.net"].reasons == (
        "an exact anchor",
        "its page has the title of the pages of 39 other domains",
        "stands behind one address (5.188.10.7) with 39 other linking domains",
    )


@pytest.mark.parametrize(
    "more",
    [
        {"anchor": "Norvane", "anchor_class": "branded"},
        {"anchor": "norvane.com", "anchor_class": "naked URL"},
        {"anchor": "click here", "anchor_class": "generic"},
        {"anchor": "the 2026 pipeline study", "target_url": "https://norvane.com/2026-pipeline-study"},
        {"anchor": "a survey of sales teams", "relevance": 0.3},
        {"follow": "sponsored", "anchor": "casino bonus"},
    ],
)
def test_an_anchor_that_honest_sites_would_choose_alike_is_no_sign(more: dict[str, Any]) -> None:
    """A study that sixty small sites write about in one week, or links that say what they are."""
    base = {"relevance": None, "title": None}
    burst = [link(f"b{i}.com", START + timedelta(weeks=20), **{**base, **more}) for i in range(60)]
    words = {f.source: VendorWord((), ("moz: domain authority 3",)) for f in burst}
    assert queue((steady(20) + burst, words)) == []


def test_words_of_a_trade_are_none_where_the_brand_is_of_that_trade() -> None:
    links = [link("a.com", START, anchor="best casino software", relevance=0.0)]
    assert len(review.review(links, {}, topics=frozenset({"crm"}))) == 1
    assert review.review(links, {}, topics=frozenset({"casino software"})) == []


def test_the_queue_holds_odd_followed_links_and_says_do_nothing() -> None:
    odd = {"anchor_class": "exact", "relevance": 0.0}
    found = review.review(
        [
            link("odd.com", None, **odd),
            link("declared.com", None, follow="sponsored", **odd),
            link("one.com", None, relevance=0.0),
            link("hidden.com", None, placement="hidden"),
            link("kept.com", None, outlinks=900, **odd),
        ],
        {"domain:kept.com": ("keep", "a partner")},
    )
    assert [row.domain for row in found] == ["odd.com", "hidden.com", "kept.com"]
    assert found[0].reasons == ("an exact anchor", "a page about something else")
    assert found[0].advice.startswith("do nothing")
    assert (found[2].decision, found[2].note) == ("keep", "a partner")


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("104.21.5.9", True),
        ("192.0.78.24", True),
        ("10.0.0.1", True),
        ("nowhere", True),
        ("5.188.10.7", False),
    ],
)
def test_an_address_of_a_large_host_is_no_sign(address: str, shared: bool) -> None:
    from analysis.frames.vendors import is_shared

    assert is_shared(address) is shared


def test_an_imported_week_of_casino_links_is_in_the_queue_of_the_database(database: Engine) -> None:
    """The week that once gave "nothing to show": 80 domains, one anchor, a rating of 1, the tool's flag."""
    facts = Facts()
    for n in range(20):
        for i in range(2):
            facts.link(f"https://s{n}-{i}.com/", "https://norvane.com/", first=week(n), anchor="Norvane")
    facts.link_import(2, vendor="ahrefs", day=week(22).date())
    for i in range(80):
        facts.link(
            f"https://x{i}.xyz/p",
            "https://norvane.com/",
            first=week(20, day=i % 5),
            anchor="casino bonus",
            nofollow=False,
            imported=2,
            metrics={"Domain rating": 1.0, "spam": True},
        )
    facts.store(database)
    found = review.profile(database, frames.world(database))
    assert len(found.queue) == 80
    assert {row.votes for row in found.queue} == {("anchor", "vendor", "network", "pace", "authority")}
    assert found.queue[0].reasons[0] == "an anchor of a trade that link spam is sold for (casino)"
    assert "ahrefs flags it as spam" in found.queue[0].reasons
    assert any(
        "80 new domains where 2.0 are usual (p < 0.001; 20 weeks)" in r for r in found.queue[0].reasons
    )
    (bad,) = [each for each in found.weeks if each.risky]
    assert "most of its sites are flagged by a link tool (80 of 80)" in bad.because


def test_the_newest_word_of_a_tool_counts_and_a_figure_below_its_bound_does_not(
    sqlite_database: Engine,
) -> None:
    facts = Facts()
    for key, (vendor, day, metrics) in enumerate(
        [
            ("moz", week(1), {"Spam Score": 80.0, "DA": 40.0}),
            ("moz", week(2), {"Spam Score": 12.0, "DA": 40.0}),
            ("semrush", week(1), {"Toxicity Score": 60.0, "Domain ascore": 2.0, "IP Address": "5.188.10.7"}),
        ],
        start=1,
    ):
        facts.link_import(key, vendor=vendor, day=day.date())
        facts.link("https://a.com/", "https://norvane.com/", imported=key, metrics=metrics)
    facts.store(sqlite_database)
    world = frames.world(sqlite_database)
    assert world.own is not None
    assert frames.vendor_words(sqlite_database, world, world.own) == {
        "a.com": VendorWord(
            ("semrush: toxicity score 60",),
            ("semrush: authority score 2",),
            "5.188.10.7",
        )
    }


def test_lost_links_make_old_weeks_no_quieter() -> None:
    history = [replace(f, follow="nofollow") for f in steady(12, each=20)]
    now = [link(f"n{i}.com", START + timedelta(weeks=12)) for i in range(22)]
    assert not any(w.spike for w in review.velocity([*history, *now]))
    assert review.review(now, {}, [*history, *now]) == []
