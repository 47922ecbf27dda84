"""A database that an older rule named is named by today's, and nothing else of it changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import Session

from tests.facts import Facts, week
from tracker import domains, renaming, store
from tracker.models import (
    Backlink,
    Citation,
    Domain,
    DomainClass,
    LinkImport,
    OpportunityState,
    Page,
    PageCheck,
    Redirect,
    Setting,
)

NOW = datetime(2026, 11, 26, tzinfo=UTC)
GROUNDING = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/"
# what was written, its title, the name that the older rule gave it, the domain then → page and domain now
CITED: tuple[tuple[str, str | None, str | None, str | None, str | None, str | None], ...] = (
    (
        "https://norvane.com/a",
        None,
        "https://norvane.com/a",
        "norvane.com",
        "https://norvane.com/a",
        "norvane.com",
    ),
    (
        "https://norvane.com/a)",
        None,
        "https://norvane.com/a)",
        "norvane.com",
        "https://norvane.com/a",
        "norvane.com",
    ),
    ("<https://norvane.com/b>", None, None, None, "https://norvane.com/b", "norvane.com"),
    ("N/A", None, None, None, None, None),
    ("https://twitter.com/n/1", None, "https://twitter.com/n/1", "twitter.com", "https://x.com/n/1", "x.com"),
    (
        "https://www.google.com/url?q=https://norvane.com/c",
        None,
        "https://google.com/url?q=https://norvane.com/c",
        "google.com",
        "https://norvane.com/c",
        "norvane.com",
    ),
    (
        "https://n.substack.com/p/a",
        None,
        "https://n.substack.com/p/a",
        "substack.com",
        "https://n.substack.com/p/a",
        "n.substack.com",
    ),
    (f"{GROUNDING}x", "Pricing", f"{GROUNDING}x", "google.com", None, None),
    (f"{GROUNDING}y", "norvane.com", None, "norvane.com", None, "norvane.com"),
    (f"{GROUNDING}z", "a.com", None, "twitter.com", None, "x.com"),
    (f"{GROUNDING}known", None, None, None, "https://norvane.com/known", "norvane.com"),
)


def as_an_older_rule_left_it(database: Engine) -> None:
    facts = Facts()
    answer = facts.answer("best crm", at=week(0))
    facts.store(database)
    with store.writing(database) as session:
        store.upsert(session, Setting, [{"name": renaming.SETTING, "value": "1"}], key=["name"])
        for url, title, page, domain, _, _ in CITED:
            row = {
                "workspace_id": 1,
                "answer_id": answer,
                "kind": "cited",
                "position": 1,
                "url": url,
                "title": title,
            }
            key = None if page is None else _page(session, page, domain or "")
            session.add(
                Citation(**row, page_id=key, domain_id=None if domain is None else _domain(session, domain))
            )
        target = "https://norvane.com/known"
        key = domains.page_id(f"{GROUNDING}known")
        session.add(Redirect(id=key, url=f"{GROUNDING}known", target=target, status=302, checked_at=NOW))
        _links(session)
        _looks_and_decisions(session)


def _links(session: Session) -> None:
    head = LinkImport(
        workspace_id=1,
        vendor="v",
        layout="l",
        scope="all",
        as_of=date(2026, 1, 1),
        imported_at=NOW,
        file_name="f",
        file_hash="h",
    )
    session.add(head)
    session.flush()
    assert head.id is not None
    ends = (
        ("https://twitter.com/a/1", "https://norvane.com/a)", "twitter.com"),
        (None, None, "twitter.com"),
        ("site.unlisted/x", None, "site.unlisted"),
    )
    for source, target, domain in ends:
        session.add(
            Backlink(
                workspace_id=1,
                import_id=head.id,
                source_url=source,
                target_url=target,
                source_page_id=domains.page_id(source) if source else None,
                source_domain_id=_domain(session, domain),
                target_domain_id=_domain(session, "norvane.com"),
            )
        )


def _looks_and_decisions(session: Session) -> None:
    page = _page(session, "https://twitter.com/n/1", "twitter.com")
    session.add(PageCheck(workspace_id=1, page_id=page, checked_at=NOW, state="fetched"))
    old, new = _domain(session, "twitter.com"), _domain(session, "x.com")
    session.add(DomainClass(workspace_id=1, domain_id=old, kind="social"))
    session.add(OpportunityState(workspace_id=1, kind="source", domain_id=old, state="done", changed_at=NOW))
    session.add(
        OpportunityState(workspace_id=1, kind="source", domain_id=new, state="working", changed_at=NOW)
    )


def _domain(session: Session, name: str) -> int:
    key = domains.domain_id(name)
    store.bulk_insert(session, Domain, [{"id": key, "name": name}], ignore=True)
    return key


def _page(session: Session, canonical: str, domain: str) -> int:
    key = domains.page_id(canonical)
    row = {"id": key, "domain_id": _domain(session, domain), "host": domain, "url": canonical}
    store.bulk_insert(session, Page, [row], ignore=True)
    return key


def everything(database: Engine) -> dict[str, list[Any]]:
    tables = (Citation, Backlink, PageCheck, DomainClass, OpportunityState)
    with database.connect() as connection:
        return {
            table.__name__: [tuple(row) for row in connection.execute(select(table.__table__))]  # type: ignore[attr-defined]
            for table in tables
        }


def test_rows_of_an_older_rule_are_named_by_todays(database: Engine) -> None:
    as_an_older_rule_left_it(database)
    with store.reading(database) as session:
        assert renaming.outdated(session)
    done = renaming.follow(database)
    citation, page, domain = renaming.CITATION, renaming.PAGE, renaming.DOMAIN
    named = (
        select(citation.c.url, page.c.url, domain.c.name)
        .outerjoin_from(citation, page, page.c.id == citation.c.page_id)
        .outerjoin(domain, domain.c.id == citation.c.domain_id)
        .order_by(citation.c.id)
    )
    link = renaming.BACKLINK
    ends = select(link.c.source_page_id, link.c.source_domain_id)
    with database.connect() as connection:
        assert [tuple(row) for row in connection.execute(named)] == [(c[0], c[4], c[5]) for c in CITED]
        links = [tuple(row) for row in connection.execute(ends.order_by(link.c.id))]
        assert links == [
            (domains.page_id("https://x.com/a/1"), domains.domain_id("x.com")),
            (None, domains.domain_id("x.com")),
            (domains.page_id("site.unlisted/x"), domains.domain_id("site.unlisted")),
        ]
        looks = connection.execute(
            select(page.c.url).join(renaming.CHECK, renaming.CHECK.c.page_id == page.c.id)
        )
        assert list(looks.scalars()) == ["https://x.com/n/1"]
        decided = connection.execute(select(renaming.DECISION.c.domain_id, renaming.DECISION.c.state)).all()
        assert [tuple(row) for row in decided] == [(domains.domain_id("x.com"), "working")]
        assert list(connection.execute(select(renaming.CLASS.c.domain_id)).scalars()) == [
            domains.domain_id("x.com")
        ]
    assert done == renaming.Renamed(citations=8, links=2, checks=1, decisions=2)


def test_following_the_rule_twice_changes_nothing(sqlite_database: Engine) -> None:
    as_an_older_rule_left_it(sqlite_database)
    renaming.follow(sqlite_database)
    once = everything(sqlite_database)
    assert renaming.follow(sqlite_database) == renaming.Renamed()
    assert everything(sqlite_database) == once
    with store.reading(sqlite_database) as session:
        assert not renaming.outdated(session)


def test_an_empty_database_has_nothing_to_rename(sqlite_database: Engine) -> None:
    with store.reading(sqlite_database) as session:
        assert not renaming.outdated(session)


def test_another_list_of_suffixes_is_another_rule(sqlite_database: Engine) -> None:
    as_an_older_rule_left_it(sqlite_database)
    with store.writing(sqlite_database) as session:
        renaming.remember(session)
        assert not renaming.outdated(session)
        store.upsert(session, Setting, [{"name": renaming.SETTING, "value": "2 of 2020-01-01"}], key=["name"])
    with store.reading(sqlite_database) as session:
        assert renaming.outdated(session)
