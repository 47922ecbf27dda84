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
