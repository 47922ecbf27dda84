"""What changed between looks, from pages that change under the same address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.tracker.links.pages.served import CHALLENGES, LINK, TARGET, Served, article, served
from tests.tracker.links.pages.test_verdicts import claim, policy
from tracker import store
from tracker.links.pages import alerts, looking, verify
from tracker.links.web.fetch import Fetcher

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IN_TEXT = article(f"<p>We like {LINK} best.</p>")
NOFOLLOW = article(f'<p>We like <a rel="nofollow" href="{TARGET}">Norvane</a> best.</p>')
IN_FOOTER = article("", more=f"<footer><p>{LINK}</p></footer>")
NAMED = article("<p>We like Norvane best.</p>")
BARE = article("")
BLOCKED = CHALLENGES["cloudflare"]

Found = tuple[str, int, str, str, bool]


@pytest.mark.parametrize(
    ("story", "changes"),
    [
        ({0: IN_TEXT, 5: IN_TEXT}, []),
        ({0: IN_TEXT, 5: BARE}, [("lost", 5, "live", "gone", False)]),
        ({0: IN_TEXT, 5: BARE, 9: BARE}, [("lost", 5, "live", "gone", True)]),
        ({0: IN_TEXT, 5: BARE, 9: IN_TEXT}, []),
        ({0: BARE}, [("lost", 0, "claimed", "gone", False)]),
        ({0: IN_TEXT, 5: BLOCKED, 9: BLOCKED}, []),
        ({0: IN_TEXT, 5: BARE, 7: BLOCKED, 9: BARE}, [("lost", 5, "live", "gone", True)]),
        ({0: IN_TEXT, 5: NOFOLLOW}, [("nofollow", 5, "live", "live_nofollow", True)]),
        ({0: NOFOLLOW, 5: IN_TEXT}, []),
        ({0: IN_TEXT, 5: IN_FOOTER}, [("moved", 5, "content", "footer", True)]),
        ({0: IN_FOOTER, 5: IN_TEXT}, []),
        (
            {0: IN_TEXT, 5: NAMED, 9: NAMED},
            [("named", 5, "linked", "named without a link", True), ("lost", 5, "live", "gone", True)],
        ),
        (
            {0: BARE, 5: BLOCKED, 9: NAMED},
            [
                ("named", 9, "not named", "named without a link", True),
                ("lost", 0, "claimed", "gone", True),
            ],
        ),
    ],
)
def test_a_change_is_told_once_with_the_day_it_was_first_seen(
    sqlite_database: Engine, story: dict[int, str], changes: list[Found]
) -> None:
    with served({"blog.example": Served("")}) as web:
        claim(sqlite_database, [web.url("blog.example")])
        for day, body in story.items():
            web.pages["blog.example"] = Served("", body=body)
            at = NOW + timedelta(days=day)
            plan = verify.plan(sqlite_database, 1, now=at, min_age=timedelta(0))
            list(looking.look(sqlite_database, 1, plan.due, Fetcher(policy(web)), at=at))
    with store.reading(sqlite_database) as session:
        found = alerts.alerts(session, 1)
    assert [(e.kind, (e.at - NOW).days, e.before, e.after, e.confirmed) for e in found] == changes
    with store.reading(sqlite_database) as session:
        later = alerts.alerts(session, 1, since=NOW + timedelta(days=8))
    assert [each.kind for each in later] == [kind for kind, day, *_ in changes if day >= 8]
