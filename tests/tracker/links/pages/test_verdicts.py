"""Two hundred pages on loopback, each with the right verdict; none that is blocked is called lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.facts import Facts
from tests.tracker.links.pages.served import TARGET, Web, all_pages, served
from tracker import store
from tracker.links.pages import looking, verify
from tracker.links.pages.verdicts import NOT_THERE, VERDICTS
from tracker.links.pages.verify import StoredVerdict
from tracker.links.web.fetch import Fetcher, Policy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
PAGES = {f"site{number}.example": page for number, page in enumerate(all_pages())}


def policy(web: Web, **changes: object) -> Policy:
    options: dict[str, object] = {
        "resolver": web.resolve,
        "allowed": frozenset({("127.0.0.1", web.port)}),
        "delay_seconds": 0.0,
        "idle_seconds": 4.0,
    }
    return Policy("https://norvane.com/bot", **(options | changes))  # type: ignore[arg-type]


def claim(database: Engine, urls: list[str], target: str = TARGET) -> None:
    facts = Facts()
    for url in urls:
        facts.link(url, target)
    facts.store(database)


def verified(database: Engine, web: Web, *, at: datetime = NOW, **changes: object) -> list[looking.Looked]:
    plan = verify.plan(database, 1, now=at, min_age=MONTH)
    fetcher = Fetcher(policy(web, **changes))
    return list(
        looking.look(database, 1, plan.due, fetcher, at=at, every=MONTH, workers=8, claimed=plan.claimed)
    )


def stored(database: Engine) -> list[StoredVerdict]:
    with store.reading(database) as session:
        return verify.verdicts(session, 1)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with served(PAGES) as running:
        yield running


@pytest.fixture(scope="module")
def said(web: Web, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StoredVerdict]:
    pytest.importorskip("pypdf")
    database = store.open_database(f"sqlite:///{tmp_path_factory.mktemp('verdicts') / 'citelift.db'}")
    claim(database, [web.url(host) for host in PAGES])
    verified(database, web)
    found = {each.source: each for each in stored(database)}
    database.dispose()
    return found


def test_there_are_two_hundred_pages_of_every_verdict() -> None:
    assert len(PAGES) >= 200
    assert set(Counter(page.verdict for page in PAGES.values())) == set(VERDICTS)


@pytest.mark.parametrize("host", PAGES)
def test_each_page_gets_its_verdict(said: dict[str, StoredVerdict], host: str) -> None:
    page = PAGES[host]
    assert (said[host].verdict, said[host].reason) == (
        page.verdict,
        page.reason if page.reason or page.verdict != "blocked" else said[host].reason,
    ), (page.status, page.headers, page.body[:600])


def test_nothing_that_is_blocked_is_called_lost(said: dict[str, StoredVerdict]) -> None:
    kept = {host for host, page in PAGES.items() if page.verdict not in NOT_THERE}
    assert {host for host in kept if said[host].verdict in NOT_THERE} == set()
