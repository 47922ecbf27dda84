"""The kind of each link, with its evidence: of what a look of ours has read, and of what exports list and
nobody looked at; a person's own word wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.ledger import OWN_LOOK
from tracker.links.pages.checks import targets_of
from tracker.links.pages.claims import LinkOwner, listed_links
from tracker.links.pages.kinds import KINDS, AddressKind
from tracker.links.pages.origins import origin_of
from tracker.models import Backlink, Brand, Domain, LinkImport, LinkKind, Page, PageCheck, PageLink

OWN_WORD = "your own word"
RELS = ("nofollow", "ugc", "sponsored")
PLATFORMS = ("Platform", "powered_by", "domain_from_platform_type")
"""Columns of exports that name the software a page is made with, or what kind of site it stands on."""


@dataclass(frozen=True, slots=True)
class StoredKind:
    """One link of the newest look that read its page, or of an export; the byline stands beside it and counts
    nowhere."""

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
    checked_at: datetime | None
    """None where no look has read the page."""
    said_by: str = OWN_LOOK
    """The tool whose export lists the link, where no look has read its page."""

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
            "checked_at": self.checked_at and self.checked_at.isoformat(),
            "said_by": self.said_by,
        }


def kinds(session: Session, workspace_id: int) -> list[StoredKind]:
    """By page. Links read before kinds were have the kind `unknown`, until the next look."""
    words = _own_words(session, workspace_id)
    links = []
    read: set[int] = set()
    for page, domain, row in _links(session, workspace_id):
        read.add(page)
        own = words.get((domain, page)) or words.get((domain, 0))
        rel = " ".join(name for name in RELS if row[name])
        links.append(
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
    links += _listed(session, workspace_id, read | _read_pages(session, workspace_id), words)
    return sorted(links, key=lambda link: (link.source, link.url))


def _read_pages(session: Session, workspace_id: int) -> set[int]:
    """Pages that a look has got, with or without a link."""
    c = PageCheck
    got = select(col(c.page_id)).where(col(c.workspace_id) == workspace_id, col(c.state) == "fetched")
    return set(session.scalars(got.distinct()))


def _listed(
    session: Session, workspace_id: int, read: Set[int], words: Mapping[tuple[int, int], str]
) -> list[StoredKind]:
    """Links that exports list on pages that no look has read, each by its newest row that tells its kind."""
    owner = LinkOwner(targets_of(session, workspace_id), None)
    brands = session.scalars(select(Brand).where(col(Brand.workspace_id) == workspace_id))
    names = {brand.id: brand.name for brand in brands}
    listed: dict[tuple[int, str], StoredKind] = {}
    for row in _export_rows(session, workspace_id):
        brand = None if row["page"] in read else owner.of(row["target_url"], row["target"])
        if brand is None:
            continue
        key = row["page"], owner.page(row["target_url"]) or row["target"]
        if key not in listed or listed[key].kind == "unknown":
            link = _of_export(row, names[brand], words)
            if key not in listed or link.kind != "unknown":
                listed[key] = link
    return list(listed.values())


def _export_rows(session: Session, workspace_id: int) -> Iterable[RowMapping]:
    b, source, target = Backlink, aliased(Domain), aliased(Domain)
    columns: list[Any] = [col(b.source_page_id).label("page"), col(b.source_domain_id).label("domain_id")]
    columns += [col(source.name).label("source"), col(target.name).label("target")]
    columns += [getattr(b, name) for name in ("source_url", "target_url", "anchor", "metrics", *RELS)]
    kind = col(b.link_type)
    statement = (
        select(*columns, col(LinkImport.vendor))
        .join_from(b, LinkImport, col(LinkImport.id) == col(b.import_id))
        .join(source, col(source.id) == col(b.source_domain_id))
        .join(target, col(target.id) == col(b.target_domain_id))
        .where(*listed_links(workspace_id, None))
        .where(col(b.source_page_id).is_not(None), col(b.source_url).is_not(None))
        .where(or_(kind.is_(None), kind != "redirect"))
        .order_by(col(LinkImport.as_of).desc(), col(b.id).desc())
    )
    return session.connection().execute(statement).mappings()


def _of_export(row: RowMapping, brand: str, words: Mapping[tuple[int, int], str]) -> StoredKind:
    said = row["metrics"] or {}
    placement = str(said.get("placement") or "")
    rel = [name for name in RELS if row[name]]
    platform = " ".join(str(said.get(name) or "") for name in PLATFORMS)
    kind = AddressKind(row["source_url"]).claimed(row["target_url"], rel, placement, platform)
    own = words.get((row["domain_id"], row["page"])) or words.get((row["domain_id"], 0))
    because = f"{kind.because}, says {row['vendor']}" if kind.because else ""
    return StoredKind(
        url=row["source_url"],
        source=row["source"],
        brand=brand,
        target_url=row["target_url"] or f"https://{row['target']}/",
        kind=own or kind.kind,
        because=OWN_WORD if own else because,
        rel=" ".join(rel),
        placement=placement,
        anchor=row["anchor"],
        author=None,
        published=None,
        about_url=None,
        entity=None,
        checked_at=None,
        said_by=row["vendor"],
    )


def _links(session: Session, workspace_id: int) -> list[tuple[int, int, Any]]:
    c, x = PageCheck, PageLink
    newest = (
        select(col(c.page_id).label("page"), func.max(col(c.checked_at)).label("at"))
        .where(col(c.workspace_id) == workspace_id, col(c.state) == "fetched")
        .group_by(col(c.page_id))
        .subquery()
    )
    names = ("target_url", "kind", "kind_because", *RELS, "placement", "anchor")
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
