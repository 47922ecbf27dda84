"""Looks at pages in the database, and which pages are due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import select

from tests.facts import BRANDS, Facts, import_row
from tracker import domains, store
from tracker.links.pages.checks import history, pages_to_check, save_check, targets_of
from tracker.links.pages.history import confirm
from tracker.links.pages.look import check
from tracker.links.web.fetch import Fetched, Refused, Validators
from tracker.mentions import BrandNames, Finder
from tracker.models import Backlink, Domain, LinkImport, Page, PageCheck, PageLink

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_looks_are_stored_and_judged_again_from_the_tables(database: Engine) -> None:
    facts = Facts()
    with store.writing(database) as session:
        for table, rows in facts.rows.items():
            store.bulk_insert(session, table, rows)
    norvane, oltera = facts.brand_ids["Norvane"], facts.brand_ids["Oltera"]
    url = "https://blog.test/post?utm_source=x"
    html = "<title>T</title><main><p>Oltera and <a rel=ugc href='https://norvane.com/x'>N</a></p></main>"
    finder = Finder([BrandNames(facts.brand_ids[name], name) for name, *_ in BRANDS])
    with store.writing(database) as session:
        targets = targets_of(session, 1)
        assert {target.brand for target in targets} == set(facts.brand_ids.values())
        good = Fetched(url, "https://blog.test/post", NOW, 200, html, headers=(("etag", '"v1"'),))
        save_check(session, 1, check(good, targets=targets, finder=finder))
        for day in (1, 5):
            save_check(session, 1, Refused(url, NOW + timedelta(days=day), "dns", "no such name"))
    page_id = domains.page_id(domains.parse(url).canonical)
    with store.reading(database) as session:
        row = session.exec(select(PageCheck).where(PageCheck.state == "fetched")).one()
        assert (row.page_id, row.title, row.outlinks, row.named, row.etag) == (
            page_id,
            "T",
            1,
            ["Oltera"],
            '"v1"',
        )
        link = session.exec(select(PageLink)).one()
        assert (link.brand_id, link.placement, link.ugc, link.nofollow) == (norvane, "content", True, False)
        assert confirm(history(session, 1, page_id, norvane)).state == "live"
        assert confirm(history(session, 1, page_id, oltera)).state == "unknown"
        assert history(session, 2, page_id, norvane) == []


def test_pages_never_checked_come_first_then_the_oldest(database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://cited.test/a?b=1", "https://cited.test/fresh"])
    with store.writing(database) as session:
        for table, rows in facts.rows.items():
            store.bulk_insert(session, table, rows)
        add_backlinks(session, ["https://old.test/p", "https://new.test/q"])
        for url, days in (("https://old.test/p", 20), ("https://cited.test/fresh", 1)):
            old = Fetched(url, url, NOW - timedelta(days=days), 200, "<p>x", headers=(("etag", '"e"'),))
            save_check(session, 1, check(old, targets=()))
    with store.reading(database) as session:
        due = pages_to_check(session, 1, now=NOW, every=timedelta(days=7))
        assert {each.url for each in due[:2]} == {"https://cited.test/a?b=1", "https://new.test/q"}
        assert [each.url for each in due[2:]] == ["https://old.test/p"]
        assert due[2].validators == Validators("https://old.test/p", '"e"', None)
        assert due[0].validators is None
        assert len(pages_to_check(session, 1, now=NOW, every=timedelta(days=7), limit=1)) == 1
        assert pages_to_check(session, 9, now=NOW, every=timedelta(days=7)) == []


def test_a_page_that_was_barred_is_asked_for_in_full_the_next_time(sqlite_database: Engine) -> None:
    facts = Facts()
    facts.answer("best crm", cited=["https://cited.test/a"])
    facts.store(sqlite_database)
    challenge = "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
    barred = Fetched(
        "https://cited.test/a", "https://cited.test/a", NOW, 200, challenge, headers=(("etag", '"e"'),)
    )
    with store.writing(sqlite_database) as session:
        save_check(session, 1, check(barred, targets=()))
        (due,) = pages_to_check(session, 1, now=NOW + timedelta(days=9), every=timedelta(days=7))
    assert due.validators is None


def add_backlinks(session: store.Session, urls: list[str]) -> None:
    session.add(LinkImport(**import_row(900)))
    session.flush()
    for url in urls:
        found = domains.parse(url)
        domain = {"id": domains.domain_id(found.domain), "name": found.domain}
        store.bulk_insert(session, Domain, [domain], ignore=True)
        target = domains.domain_id("norvane.com")
        store.bulk_insert(session, Domain, [{"id": target, "name": "norvane.com"}], ignore=True)
        page_row = {
            "id": domains.page_id(found.canonical),
            "domain_id": domain["id"],
            "host": found.host,
            "url": found.canonical,
        }
        store.bulk_insert(session, Page, [page_row], ignore=True)
        link = Backlink(
            workspace_id=1,
            import_id=900,
            source_page_id=page_row["id"],
            source_domain_id=domain["id"],
            target_domain_id=target,
            source_url=url,
            target_url="https://norvane.com/",
        )
        session.add(link)
    session.flush()
