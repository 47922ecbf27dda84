from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from analysis import firstparty, frames
from tests.facts import Facts, week
from tracker import store
from tracker.models import OwnCount
from tracker.visits import counts
from tracker.visits.logs import LogCount

DAY = date(2026, 3, 4)


def test_a_page_is_followed_from_crawled_to_visited_and_forged_hits_are_apart(database: Engine) -> None:
    facts = Facts(engines=("chatgpt", "perplexity"))
    own = "https://www.norvane.com/crm/"
    for repeat in range(3):
        named = ["Norvane"] * (repeat < 2)
        facts.answer("best crm", "chatgpt", week(0), named=named, cited=[own], repeat=repeat)
    facts.answer("best crm", "perplexity", week(0), cited=["https://norvane.com/other"])
    facts.store(database)
    rows = [
        ("crawled", "GPTBot", "verified", 5),
        ("crawled", "GPTBot", "forged", 7),
        ("crawled", "ClaudeBot", "unchecked", 2),
        ("fetched", "ChatGPT-User", "verified", 4),
        ("visited", "ChatGPT", "", 30),
        ("visited", "Perplexity", "", 10),
    ]
    with store.writing(database) as session:
        for step, agent, proof, hits in rows:
            row = OwnCount(
                workspace_id=1, day=DAY, step=step, agent=agent, url="norvane.com/crm", proof=proof, hits=hits
            )
            session.add(row)
    world = frames.world(database)
    page, other = firstparty.funnels(database, world)
    assert (page.url, page.crawled, page.fetched, page.visited) == ("norvane.com/crm", 7, 4, 40)
    assert (page.forged, page.unchecked, page.cited, page.named) == (7, 2, 3, 2)
    assert page.first == {
        "crawled": DAY,
        "fetched": DAY,
        "visited": DAY,
        "cited": date(2026, 3, 2),
        "named": date(2026, 3, 2),
    }
    assert (other.url, other.cited, other.named) == ("norvane.com/other", 1, 0)
    chatgpt, perplexity = firstparty.gaps(database, world)
    assert (chatgpt.visits, chatgpt.of_visits, chatgpt.cited, chatgpt.of_cited) == (30, 40, 3, 4)
    assert chatgpt.gap == 0
    assert chatgpt.low is not None
    assert chatgpt.low < 0 < (chatgpt.high or 0)
    assert perplexity.assistant == "Perplexity"


def test_newcombes_own_examples() -> None:
    """Newcombe (1998), table II, method 10: 56/70 and 48/80; 9/10 and 3/10; 10/10 and 0/10."""
    for x1, n1, x2, n2, low, high in (
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 10, 0.6075, 1.0),
    ):
        gap, found_low, found_high = firstparty.newcombe(x1, n1, x2, n2)
        assert gap == pytest.approx(x1 / n1 - x2 / n2)
        assert (found_low, found_high) == pytest.approx((low, high), abs=5e-4)
    assert firstparty.newcombe(1, 2, 0, 0) == (None, None, None)


def test_a_log_is_no_export_of_links(sqlite_database: Engine) -> None:
    Facts().store(sqlite_database)
    found = LogCount(Counter({(date(2026, 5, 18), "crawled", "GPTBot", "norvane.com/", ""): 2}), digest="d")
    with store.writing(sqlite_database) as session:
        counts.add(session, 1, found, "access.log", "server log", datetime(2026, 6, 1, tzinfo=UTC))
    world = frames.world(sqlite_database)
    assert not frames.has_links(sqlite_database, world)
    assert [page.crawled for page in firstparty.funnels(sqlite_database, world)] == [2]
