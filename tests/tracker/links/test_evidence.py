"""Who says what of a link, and where they disagree."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.tracker.links.test_ledger import OTHER, PAGE, Story, day
from tracker import store
from tracker.errors import UsageError
from tracker.links.evidence import LinkEvidence, evidence


def told(database: Engine, story: Story, text: str = PAGE) -> tuple[LinkEvidence, ...]:
    story.store(database)
    with store.reading(database) as session:
        return evidence(session, 1, text)


@pytest.mark.parametrize(
    ("story", "words", "live"),
    [
        (
            Story().export(5, "ahrefs", "all", {"first": 2}).export(9, "semrush", "lost", {"lost": 8}),
            {"ahrefs": True, "semrush": False},
            False,
        ),
        (
            Story()
            .export(5, "ahrefs", "sample", {"lost": 4})
            .export(9, "semrush", "sample", {"last_seen": 8}),
            {"ahrefs": False, "semrush": True},
            True,
        ),
        (
            Story()
            .export(5, "ahrefs", "all", {}, OTHER)
            .export(9, "ahrefs", "all", OTHER)
            .look(6, "https://norvane.com/"),
            {"ahrefs": False, "own look": True},
            False,
        ),
        (
            Story().export(9, "ahrefs", "all", {}).look(6, "https://norvane.com/").look(7).look(12),
            {"ahrefs": True, "own look": False},
            True,
        ),
        (Story().export(5, "ahrefs", "all", {}), {"ahrefs": True}, True),
    ],
)
def test_each_witness_has_its_own_word(
    sqlite_database: Engine, story: Story, words: dict[str, bool], live: bool
) -> None:
    (found,) = told(sqlite_database, story)
    assert (found.words, found.live, found.disputed) == (words, live, len(set(words.values())) > 1)


def test_statements_stand_in_the_order_of_their_days_with_reasons_and_spans(database: Engine) -> None:
    story = Story()
    story.export(9, "semrush", "sample", {"lost": 8, "lost_reason": "removed"})
    story.export(5, "ahrefs", "all", {"first": 2, "last_seen": 4})
    shown = told(database, story)[0].as_json()
    assert shown["spans"] == [{"from": day(2).isoformat(), "to": day(8).isoformat()}]
    one, two = shown["evidence"]  # type: ignore[misc]
    assert (one["vendor"], one["last_seen"], two["reason"]) == ("ahrefs", day(4).isoformat(), "removed")


def test_a_domain_stands_for_all_its_pages_and_another_page_says_nothing(sqlite_database: Engine) -> None:
    story = Story().export(5, "ahrefs", "all", {}, {"source": "https://example.org/x"}, OTHER)
    assert {each.source for each in told(sqlite_database, story, "example.org")} == {
        PAGE,
        "https://example.org/x",
    }
    with store.reading(sqlite_database) as session:
        assert evidence(session, 1, "https://blog.example.org/nothing") == ()
        with pytest.raises(UsageError, match="no page and no domain"):
            evidence(session, 1, "not a page")
