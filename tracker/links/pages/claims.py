"""The links that exports claim, by the page that is said to carry them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from tracker import domains
from tracker.domains.ownership import Owners, estate
from tracker.links.files.formats import NO_LINKS
from tracker.links.pages.look import Target
from tracker.links.pages.origins import Origin
from tracker.links.pages.verdicts import Claim
from tracker.models import Backlink, Domain


@dataclass
class ClaimedPage:
    page_id: int
    url: str
    """As an export writes it, which is what can be fetched; never the canonical name."""
    claims: list[Claim] = field(default_factory=list)


@dataclass(frozen=True)
class Claims:
    pages: dict[int, ClaimedPage]
    by_site_only: int
    """Links to a brand of which exports name the site and no page: nothing can be looked at."""

    def of(self, page_id: int) -> tuple[Claim, ...]:
        page = self.pages.get(page_id)
        return tuple(page.claims) if page else ()


def claimed(
    session: Session,
    workspace_id: int,
    targets: Iterable[Target],
    *,
    brands: Collection[int] | None = None,
    source: Origin | None = None,
) -> Claims:
    """All links to these brands from elsewhere, each once; `source` limits them to a site or a page."""
    owner = LinkOwner(targets, brands)
    pages: dict[int, ClaimedPage] = {}
    known: set[tuple[int, str | int, bool]] = set()
    where = listed_links(workspace_id, source)
    columns: Any = [
        col(Backlink.source_page_id),
        func.min(col(Backlink.source_url)),
        col(Backlink.target_url),
        func.min(col(Domain.name)),
        col(Backlink.link_type) == "redirect",
    ]
    keys = (col(Backlink.source_page_id), col(Backlink.target_url), col(Backlink.target_domain_id))
    statement = (
        select(*columns)
        .join(Domain, col(Domain.id) == col(Backlink.target_domain_id))
        .where(*where, col(Backlink.source_page_id).is_not(None), col(Backlink.source_url).is_not(None))
        .group_by(*keys, columns[4])
        .order_by(col(Backlink.source_page_id), col(Backlink.target_url))
    )
    for page, url, target_url, domain, is_redirect in session.connection().execute(statement):
        brand = owner.of(target_url, domain)
        key = (page, owner.page(target_url) or domain, bool(is_redirect))
        if brand is None or key in known:
            continue
        known.add(key)
        entry = pages.setdefault(page, ClaimedPage(page, domains.target(url)))
        entry.claims.append(Claim(brand, target_url, bool(is_redirect)))
    return Claims(pages, _by_site_only(session, where, owner))


def _by_site_only(session: Session, where: list[Any], owner: LinkOwner) -> int:
    counted = (
        select(
            col(Backlink.target_url), col(Domain.name), func.count(col(Backlink.source_domain_id).distinct())
        )
        .join(Domain, col(Domain.id) == col(Backlink.target_domain_id))
        .where(*where, or_(col(Backlink.source_page_id).is_(None), col(Backlink.source_url).is_(None)))
        .group_by(col(Backlink.target_url), col(Domain.name))
    )
    rows = session.connection().execute(counted)
    return sum(count for url, domain, count in rows if owner.of(url, domain) is not None)


def listed_links(workspace_id: int, source: Origin | None) -> list[Any]:
    """Which stored rows are links from elsewhere, to whomever."""
    kind = col(Backlink.link_type)
    conditions: list[Any] = [
        col(Backlink.workspace_id) == workspace_id,
        col(Backlink.source_domain_id) != col(Backlink.target_domain_id),
        or_(kind.is_(None), kind.not_in(sorted(NO_LINKS))),
    ]
    if source is None:
        return conditions
    if source.page is None:
        return [*conditions, col(Backlink.source_domain_id) == domains.domain_id(source.domain)]
    return [*conditions, col(Backlink.source_page_id) == domains.page_id(source.page)]


class LinkOwner:
    """Whose a linked address is; addresses recur thousands of times."""

    def __init__(self, targets: Iterable[Target], brands: Collection[int] | None) -> None:
        self.owners = Owners({each.brand: estate((*each.domains, *each.urls)) for each in targets})
        self.brands = brands
        self.known: dict[str, tuple[int | None, str | None]] = {}

    def of(self, url: str | None, domain: str) -> int | None:
        brand = self._read(url or f"https://{domain}/")[0]
        return brand if self.brands is None or brand in self.brands else None

    def page(self, url: str | None) -> str | None:
        return self._read(url)[1] if url else None

    def _read(self, url: str) -> tuple[int | None, str | None]:
        if url not in self.known:
            address = domains.try_parse(url)
            self.known[url] = (self.owners.of(address), address.canonical) if address else (None, None)
        return self.known[url]
