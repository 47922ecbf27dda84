"""A stored link has the kind that its page showed, until a person says another."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from tests.facts import Facts, week
from tracker import store
from tracker.errors import UsageError
from tracker.links import kinds
from tracker.links.pages import checks
from tracker.links.pages.look import check
from tracker.links.web.fetch import Fetched

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PAGES = ("https://uni.example/a", "https://uni.example/b")
HTML = (
    '<title>T</title><meta name="author" content="Ana Roth"><meta property="og:type" content="article">'
    "<article><p>Small teams that have outgrown a sheet, as most do in their second year, may like "
    '<a href="https://norvane.com/">Norvane</a>.</p></article>'
)


@pytest.fixture
def looked(database: Engine) -> Engine:
    Facts().store(database)
    with store.writing(database) as session:
        targets = checks.targets_of(session, 1)
        for url in PAGES:
            for number in (0, 1):
                page = Fetched(url, url, week(number), 200, HTML)
                checks.save_check(session, 1, check(page, targets=targets))
    return database


def said(database: Engine) -> list[tuple[str, str, str]]:
    with store.reading(database) as session:
        return [(row.url, row.kind, row.because) for row in kinds.kinds(session, 1)]


def test_a_persons_word_on_a_page_wins_over_that_on_its_site_and_both_over_the_page(looked: Engine) -> None:
    why = "in the text of an article (og:type article)"
    assert said(looked) == [(url, "editorial", why) for url in PAGES]
    with store.writing(looked) as session:
        assert kinds.decide(session, 1, "uni.example", "directory", now=NOW) == "uni.example"
        kinds.decide(session, 1, PAGES[1], "directory", now=NOW)
        assert kinds.decide(session, 1, PAGES[1], "guest post", now=NOW) == PAGES[1]
    own = "your own word"
    assert said(looked) == [(PAGES[0], "directory", own), (PAGES[1], "guest post", own)]
    with store.reading(looked) as session:
        (row, _) = kinds.kinds(session, 1)
    assert (row.author, row.checked_at, row.placement) == ("Ana Roth", week(1), "content")


@pytest.mark.parametrize(("place", "kind"), [("uni.example", "link farm"), ("no place", "forum")])
def test_a_word_that_nobody_knows_is_refused(sqlite_database: Engine, place: str, kind: str) -> None:
    Facts().store(sqlite_database)
    with store.writing(sqlite_database) as session, pytest.raises(UsageError):
        kinds.decide(session, 1, place, kind, now=NOW)


LISTED: list[tuple[str, str, dict[str, object], tuple[str, str]]] = [
    # the page, where it links, what an export says beside it, the kind and why
    (
        "https://blog.example/a",
        "https://norvane.com/",
        {"sponsored": True},
        ("sponsored", "rel=sponsored, says ahrefs"),
    ),
    (
        "https://blog.example/b",
        "https://norvane.com/?irclickid=x",
        {"nofollow": True},
        ("affiliate", "irclickid=x in the linked address, says ahrefs"),
    ),
    ("https://blog.example/c", "https://norvane.com/?ref=x", {}, ("unknown", "")),
    (
        "https://www.reddit.com/r/crm/1",
        "https://norvane.com/",
        {"ugc": True},
        ("forum", "on reddit.com, says ahrefs"),
    ),
    ("https://www.prnewswire.com/a", "https://norvane.com/", {}, ("press", "on prnewswire.com, says ahrefs")),
    ("https://www.g2.com/products/n", "https://norvane.com/", {}, ("directory", "on g2.com, says ahrefs")),
    ("https://linktr.ee/n", "https://norvane.com/", {}, ("profile", "on linktr.ee, says ahrefs")),
    ("https://www.g2.com/x", "https://norvane.com/", {"metrics": {"placement": "Footer"}}, ("unknown", "")),
    (
        "https://blog.example/d",
        "https://norvane.com/",
        {"metrics": {"placement": "Comments"}},
        ("comment", "placed in “Comments”, says ahrefs"),
    ),
    (
        "https://hub.example/viewtopic",
        "https://norvane.com/",
        {"metrics": {"Platform": "message-boards"}},
        ("forum", "platform “message-boards”, says ahrefs"),
    ),
    (
        "https://hub.example/t",
        "https://norvane.com/",
        {"metrics": {"powered_by": "PHP, phpBB"}},
        ("forum", "platform “phpBB”, says ahrefs"),
    ),
    (
        "https://hub.example/users/ana",
        "https://norvane.com/",
        {},
        ("profile", "/users/ before a name in its address, says ahrefs"),
    ),
    (
        "https://hub.example/list/member/norvane-578",
        "https://norvane.com/",
        {},
        ("directory", "/list/member/ in its address, says ahrefs"),
    ),
    # A blog, an article's title, a word in the middle of another: nothing is known before somebody looked.
    (
        "https://blog.example/guest-post/e",
        "https://norvane.com/",
        {"metrics": {"Platform": "blogs"}},
        ("unknown", ""),
    ),
    ("https://blog.example/f", "https://norvane.com/", {"ugc": True}, ("unknown", "")),
]


def test_a_link_that_nobody_looked_at_has_the_kind_that_its_export_tells(database: Engine) -> None:
    facts = Facts()
    facts.link_import(1, vendor="ahrefs")
    for source, target, more, _ in LISTED:
        facts.link(source, target, **more)
    facts.link("https://blog.example/g", "https://elsewhere.example/", sponsored=True)
    facts.link("https://blog.example/h", "https://norvane.com/", sponsored=True, link_type="redirect")
    facts.store(database)
    with store.reading(database) as session:
        rows = kinds.kinds(session, 1)
    assert {row.url: (row.kind, row.because) for row in rows} == {
        source: said for source, _, _, said in LISTED
    }
    assert {(row.brand, row.said_by, row.checked_at) for row in rows} == {("Norvane", "ahrefs", None)}


def test_a_look_outweighs_what_an_export_tells_and_the_newest_export_that_tells_wins(
    database: Engine,
) -> None:
    facts = Facts()
    facts.link_import(1, vendor="ahrefs", day=week(0).date())
    facts.link_import(2, vendor="moz", day=week(1).date())
    facts.link(PAGES[0], "https://norvane.com/", sponsored=True)
    facts.link("https://uni.example/c", "https://norvane.com/", sponsored=True)
    facts.link("https://uni.example/c", "http://www.norvane.com", imported=2)
    facts.link("https://uni.example/d", "https://norvane.com/")
    facts.store(database)
    with store.writing(database) as session:
        page = Fetched(PAGES[0], PAGES[0], week(0), 200, HTML)
        checks.save_check(session, 1, check(page, targets=checks.targets_of(session, 1)))
        kinds.decide(session, 1, "https://uni.example/d", "guest post", now=NOW)
    with store.reading(database) as session:
        rows = [(row.url[-1], row.kind, row.said_by) for row in kinds.kinds(session, 1)]
    assert rows == [
        ("a", "editorial", "own look"),
        ("c", "sponsored", "ahrefs"),
        ("d", "guest post", "ahrefs"),
    ]
