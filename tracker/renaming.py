"""Stored rows follow the rule that names pages and domains: ids are hashes of names.

Every citation and every link keeps the address as it was written, and is named anew from it. What has no
address of its own (a domain in an export of domains, a person's decision about a site) takes the name that
its site has today. Lists of authority and the web graph keep the names of their publishers. Nothing is
fetched; doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, select, update
from sqlalchemy import Engine as Database
from sqlmodel import Session

from tracker import citations, domains, store
from tracker.citations.publisher import REDIRECT_HOST
from tracker.models import (
    Backlink,
    Citation,
    Domain,
    DomainClass,
    OpportunityState,
    Page,
    PageCheck,
    Redirect,
    Setting,
)

BATCH = 5_000
SETTING = "addresses"
RULE = f"{domains.RULES} of {domains.SUFFIX_LIST_DATE}"
"""The rule of this program, with the list of suffixes that it uses."""


def _table(model: Any) -> Any:
    return model.__table__


CITATION, BACKLINK, PAGE, CHECK, DOMAIN, REDIRECT, DECISION, CLASS = map(
    _table, (Citation, Backlink, Page, PageCheck, Domain, Redirect, OpportunityState, DomainClass)
)


@dataclass
class Renamed:
    """Rows that have another name now."""

    citations: int = 0
    links: int = 0
    checks: int = 0
    decisions: int = 0


def outdated(session: Session) -> bool:
    """Whether rows may be named by another rule than this program's."""
    known = session.get(Setting, SETTING)
    if known is not None and known.value == RULE:
        return False
    row = session.connection().execute(
        select(exists().where(CITATION.c.id.is_not(None)) | exists().where(BACKLINK.c.id.is_not(None)))
    )
    return bool(row.scalar())


def remember(session: Session) -> None:
    """Rows that are stored from now on are named by this program's rule."""
    store.upsert(session, Setting, [{"name": SETTING, "value": RULE}], key=["name"])


def follow(database: Database) -> Renamed:
    """Name every stored row by this program's rule."""
    done = Renamed()
    with store.reading(database) as session:
        names = {int(key): str(name) for key, name in session.connection().execute(select(DOMAIN))}
    today = {key: _site_of_today(name) for key, name in names.items()}
    sites = _Sites(names, {key: name for key, name in today.items() if name != names[key]})
    done.checks = _checks(database)
    done.citations = _citations(database, sites)
    done.links = _links(database, sites)
    with store.writing(database) as session:
        done.decisions = _decisions(session, sites)
        remember(session)
    return done


@dataclass
class _Sites:
    """Domains by id, as they are stored and where they have another name today."""

    names: Mapping[int, str]
    moved: Mapping[int, str]

    @cached_property
    def ids(self) -> dict[int, int]:
        return {key: domains.domain_id(name) for key, name in self.moved.items()}

    def today(self, key: int) -> int:
        return self.ids.get(key, key)


def _site_of_today(name: str) -> str:
    address = domains.try_parse(f"https://{name}/")
    return name if address is None else address.domain


@dataclass
class _Batch:
    """Rows to change, with the pages and domains that they will name."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[int, dict[str, Any]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def page(self, address: domains.Address) -> tuple[int, int]:
        key, domain = domains.page_id(address.canonical), domains.domain_id(address.domain)
        self.names[domain] = address.domain
        self.pages[key] = {"id": key, "domain_id": domain, "host": address.host, "url": address.canonical}
        return key, domain

    def save(self, session: Session, table: Any, *columns: str, pages: bool = True) -> int:
        if not self.changes:
            return 0
        rows = [{"id": key, "name": self.names[key]} for key in sorted(self.names)]
        store.bulk_insert(session, Domain, rows, ignore=True)
        if pages:
            store.bulk_insert(session, Page, [self.pages[key] for key in sorted(self.pages)], ignore=True)
        change = update(table).where(table.c.id == bindparam("row"))
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        session.connection().execute(change.values(values), self.changes)
        return len(self.changes)


def _batches(database: Database, rows: Any, key: Any) -> Iterator[tuple[Session, list[Any]]]:
    """Rows in the order of their ids, each batch in a transaction of its own that may change them."""
    last = None
    while True:
        more = rows.order_by(key).limit(BATCH)
        with store.writing(database) as session:
            batch = list(session.connection().execute(more if last is None else more.where(key > last)))
            if batch:
                yield session, batch
        if not batch:
            return
        last = batch[-1][0]


def _checks(database: Database) -> int:
    """Looks at pages: a page keeps its old row, whose name tells the one of today."""
    done = 0
    looks = select(CHECK.c.id, CHECK.c.page_id, PAGE.c.url).join(PAGE, PAGE.c.id == CHECK.c.page_id)
    for session, rows in _batches(database, looks, CHECK.c.id):
        batch = _Batch()
        for key, page, url in rows:
            address = domains.try_parse(url)
            if address is not None and domains.page_id(address.canonical) != page:
                batch.changes.append({"row": key, "new_page_id": batch.page(address)[0]})
        done += batch.save(session, CHECK, "page_id")
    return done


def _citations(database: Database, sites: _Sites) -> int:
    done = 0
    c = CITATION.c
    cited = select(c.id, c.url, c.title, c.page_id, c.domain_id)
    for session, rows in _batches(database, cited, c.id):
        targets = _targets(session.connection(), [row.url for row in rows])
        batch = _Batch()
        for key, url, title, page, domain in rows:
            new = _named(batch, sites, targets.get(url, url), title, domain)
            if new != (page, domain):
                batch.changes.append({"row": key, "new_page_id": new[0], "new_domain_id": new[1]})
        done += batch.save(session, CITATION, "page_id", "domain_id")
    return done


def _named(
    batch: _Batch, sites: _Sites, url: str, title: str | None, domain: int | None
) -> tuple[int | None, int | None]:
    """Page and domain of a citation; what a redirect leads to, only the reply that is read again may tell."""
    if not citations.is_redirect(url):
        address = domains.try_parse(url)
        return (None, None) if address is None else batch.page(address)
    if domain is not None and sites.names.get(domain) != _site_of_today(REDIRECT_HOST):
        if (name := sites.moved.get(domain)) is not None:
            batch.names[sites.today(domain)] = name
        return None, sites.today(domain)
    name, _ = citations.publisher(url, title)
    if name is None:
        return None, None
    batch.names[domains.domain_id(name)] = name
    return None, domains.domain_id(name)


def _targets(connection: Connection, urls: list[str]) -> dict[str, str]:
    keys = sorted({domains.page_id(url) for url in urls if citations.is_redirect(url)})
    redirects = select(REDIRECT.c.url, REDIRECT.c.target).where(REDIRECT.c.id.in_(keys))
    return {url: target for url, target in connection.execute(redirects) if target} if keys else {}


def _links(database: Database, sites: _Sites) -> int:
    done = 0
    b = BACKLINK.c
    wanted = ("source_page_id", "source_domain_id", "target_domain_id")
    links = select(b.id, b.source_url, b.target_url, *[b[name] for name in wanted])
    for session, rows in _batches(database, links, b.id):
        batch = _Batch()
        for key, source_url, target_url, page, source, target in rows:
            new_page, new_source = _end(batch, sites, source_url, page, source)
            _, new_target = _end(batch, sites, target_url, None, target)
            new = (new_page, new_source, new_target)
            if new != (page, source, target):
                changes = {f"new_{name}": value for name, value in zip(wanted, new, strict=True)}
                batch.changes.append({"row": key, **changes})
        done += batch.save(session, BACKLINK, *wanted, pages=False)
    return done


def _end(
    batch: _Batch, sites: _Sites, url: str | None, page: int | None, domain: int
) -> tuple[int | None, int]:
    """One end of a link; one under a top-level domain that nobody lists stays as it is."""
    address = domains.try_parse(url) if url else None
    if address is not None:
        new_page, new_domain = batch.page(address)
        return (new_page if page is not None else None), new_domain
    if (name := sites.moved.get(domain)) is not None:
        batch.names[sites.today(domain)] = name
    return page, sites.today(domain)


def _decisions(session: Session, sites: _Sites) -> int:
    """What people decided about a site stands for its name of today, unless that is decided too."""
    done = 0
    for table, apart in ((DECISION, ("workspace_id", "kind")), (CLASS, ("workspace_id",))):
        connection = session.connection()
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        taken = {(*[row[name] for name in apart], row["domain_id"]) for row in rows}
        for row in rows:
            new = sites.today(row["domain_id"])
            if new == row["domain_id"]:
                continue
            mine = table.c.id == row["id"]
            key = (*[row[name] for name in apart], new)
            if key in taken:
                connection.execute(delete(table).where(mine))
            else:
                named = {"id": new, "name": sites.moved[row["domain_id"]]}
                store.bulk_insert(session, Domain, [named], ignore=True)
                connection.execute(update(table).where(mine).values(domain_id=new))
                taken.add(key)
            done += 1
    return done
