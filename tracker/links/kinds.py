"""The kind of each link that a look of ours has read, with its evidence; a person's own word wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.pages.kinds import KINDS
from tracker.links.pages.origins import origin_of
from tracker.models import Brand, Domain, LinkKind, Page, PageCheck, PageLink

OWN_WORD = "your own word"


@dataclass(frozen=True, slots=True)
class StoredKind:
    """One link of the newest look that read its page; the byline stands beside it and counts nowhere."""

    url: str
    source: str
    brand: str
    target_url: str
    kind: str
    because: str
    rel: str
    placement: str
    anchor: str | None
    author: str | None
    published: date | None
    about_url: str | None
    entity: str | None
    checked_at: datetime

    def as_json(self) -> dict[str, object]:
        return {
            "url": self.url,
            "source": self.source,
            "brand": self.brand,
            "target_url": self.target_url,
            "kind": self.kind,
            "because": self.because,
            "rel": self.rel,
            "placement": self.placement,
            "anchor": self.anchor,
            "author": self.author,
            "published": self.published and self.published.isoformat(),
            "about_url": self.about_url,
            "entity": self.entity,
            "checked_at": self.checked_at.isoformat(),
        }


def kinds(session: Session, workspace_id: int) -> list[StoredKind]:
    """By page. Links read before kinds were have the kind `unknown`, until the next look."""
    words = _own_words(session, workspace_id)
    found = []
    for page, domain, row in _links(session, workspace_id):
        own = words.get((domain, page)) or words.get((domain, 0))
        rel = " ".join(name for name in ("nofollow", "ugc", "sponsored") if row[name])
        found.append(
            StoredKind(
                url=row["url"],
                source=row["source"],
                brand=row["brand"],
                target_url=row["target_url"],
                kind=own or row["kind"] or "unknown",
                because=OWN_WORD if own else row["kind_because"] or "",
                rel=rel,
                placement=row["placement"],
                anchor=row["anchor"],
                author=row["author"],
                published=row["published"],
                about_url=row["about_url"],
                entity=row["entity"],
                checked_at=row["checked_at"],
            )
        )
    return found


def _links(session: Session, workspace_id: int) -> list[tuple[int, int, Any]]:
    c, x = PageCheck, PageLink
    newest = (
        select(col(c.page_id).label("page"), func.max(col(c.checked_at)).label("at"))
        .where(col(c.workspace_id) == workspace_id, col(c.state) == "fetched")
        .group_by(col(c.page_id))
        .subquery()
    )
    names = ("target_url", "kind", "kind_because", "nofollow", "ugc", "sponsored", "placement", "anchor")
    said_by = ("author", "published", "about_url", "entity", "checked_at")
    columns: list[Any] = [col(Page.id).label("page"), col(Page.domain_id), col(Page.url)]
    columns += [col(Domain.name).label("source"), col(Brand.name).label("brand")]
    columns += [getattr(x, name) for name in names] + [getattr(c, name) for name in said_by]
    statement = (
        select(*columns)
        .join_from(x, c, col(c.id) == col(x.check_id))
        .join(newest, (newest.c.page == col(c.page_id)) & (newest.c.at == col(c.checked_at)))
        .join(Page, col(Page.id) == col(c.page_id))
        .join(Domain, col(Domain.id) == col(Page.domain_id))
        .join(Brand, col(Brand.id) == col(x.brand_id))
        .where(col(c.workspace_id) == workspace_id)
        .order_by(col(Domain.name), col(Page.url), col(x.id))
    )
    rows = session.connection().execute(statement).mappings()
    return [(row["page"], row["domain_id"], row) for row in rows]


def _own_words(session: Session, workspace_id: int) -> dict[tuple[int, int], str]:
    rows = session.scalars(select(LinkKind).where(col(LinkKind.workspace_id) == workspace_id))
    return {(row.domain_id, row.page_id): row.kind for row in rows}


def decide(session: Session, workspace_id: int, place: str, kind: str, *, now: datetime) -> str:
    """A person's word on all links from a page, or from a site; returns what it is about."""
    if kind not in KINDS:
        raise UsageError(f"there is no kind {kind!r}", f"one of {', '.join(KINDS)}")
    origin = origin_of(place)
    site = domains.domain_id(origin.domain)
    row = {
        "workspace_id": workspace_id,
        "domain_id": site,
        "page_id": domains.page_id(origin.page) if origin.page else 0,
        "kind": kind,
        "decided_at": now,
    }
    store.bulk_insert(session, Domain, [{"id": site, "name": origin.domain}], ignore=True)
    store.upsert(session, LinkKind, [row], key=["workspace_id", "domain_id", "page_id"])
    return origin.page or origin.domain
