"""Looks at pages in the database: which pages are due, what a look found, all looks at one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import func, or_, select, union_all
from sqlmodel import Session, col

from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.pages.history import Look
from tracker.links.pages.listing import Listing
from tracker.links.pages.look import MAX_URL, Link, PageReport, Target, elsewhere
from tracker.links.pages.text import clean
from tracker.links.pages.verdicts import Claim, LinkSeen, LinkState, Sight, judge, sight
from tracker.links.web.fetch import Refused, Validators
from tracker.models import (
    Backlink,
    Brand,
    Citation,
    Domain,
    LinkVerdict,
    Page,
    PageBrand,
    PageCheck,
    PageLink,
)

Which = Literal["all", "linking", "cited"]


@dataclass(frozen=True, slots=True)
class Due:
    page_id: int
    url: str
    """As it was seen, which is what can be fetched; never the canonical name."""
    validators: Validators | None = field(default=None)


def targets_of(session: Session, workspace_id: int) -> tuple[Target, ...]:
    brands = session.scalars(select(Brand).where(col(Brand.workspace_id) == workspace_id, col(Brand.active)))
    return tuple(
        Target(brand.id, tuple(brand.domains), tuple(brand.owns)) for brand in brands if brand.id is not None
    )


def pages_to_check(
    session: Session,
    workspace_id: int,
    *,
    now: datetime,
    every: timedelta,
    limit: int = 1_000,
    which: Which = "all",
) -> list[Due]:
    """Linking and cited pages whose last check is older than `every`: never checked
    first, then the oldest.
    """
    if which not in get_args(Which):
        raise UsageError(f"unknown kind of pages {which!r}", f"one of {', '.join(get_args(Which))}")
    links: Any = select(
        col(Backlink.source_page_id).label("page"), col(Backlink.source_url).label("url")
    ).where(
        col(Backlink.workspace_id) == workspace_id,
        col(Backlink.source_page_id).is_not(None),
        col(Backlink.source_url).is_not(None),
        col(Backlink.source_domain_id) != col(Backlink.target_domain_id),
    )
    cited: Any = select(col(Citation.page_id).label("page"), col(Citation.url).label("url")).where(
        col(Citation.workspace_id) == workspace_id,
        col(Citation.page_id).is_not(None),
        col(Citation.kind) == "cited",
    )
    chosen = {"all": union_all(links, cited), "linking": links, "cited": cited}
    seen = chosen[which].subquery()
    checks = (
        select(col(PageCheck.page_id).label("page"), func.max(col(PageCheck.checked_at)).label("last"))
        .where(col(PageCheck.workspace_id) == workspace_id)
        .group_by(col(PageCheck.page_id))
        .subquery()
    )
    rows = session.connection().execute(
        select(seen.c.page, func.min(seen.c.url), checks.c.last)
        .join(checks, checks.c.page == seen.c.page, isouter=True)
        .where(or_(checks.c.last.is_(None), checks.c.last <= now - every))
        .group_by(seen.c.page, checks.c.last)
        .order_by(checks.c.last.is_not(None), checks.c.last, seen.c.page)
        .limit(limit)
    )
    return [
        Due(page, domains.target(url), _validators(session, workspace_id, page) if last else None)
        for page, url, last in rows
    ]


def _validators(session: Session, workspace_id: int, page_id: int) -> Validators | None:
    """Of the last look, and only when that look got the page: after a failure the body is wanted again."""
    row = session.scalars(_select_checks(workspace_id, page_id).limit(1)).first()
    if (
        row is None
        or row.state in ("refused", "barred")
        or row.final_url is None
        or row.status not in (200, 304)
    ):
        return None
    return Validators(row.final_url, row.etag, row.last_modified)


def _select_checks(workspace_id: int, page_id: int) -> Any:
    return (
        select(PageCheck)
        .where(col(PageCheck.workspace_id) == workspace_id, col(PageCheck.page_id) == page_id)
        .order_by(col(PageCheck.checked_at).desc(), col(PageCheck.id).desc())
    )


def save_check(
    session: Session, workspace_id: int, outcome: PageReport | Refused, claims: Sequence[Claim] = ()
) -> tuple[int, tuple[LinkState, ...]]:
    """One look, as `save_checks` stores it."""
    return save_checks(session, workspace_id, [(outcome, claims)])[0]


def save_checks(
    session: Session, workspace_id: int, looks: Sequence[tuple[PageReport | Refused, Sequence[Claim]]]
) -> list[tuple[int, tuple[LinkState, ...]]]:
    """Store looks, each with what it says of the claimed links; ids of their rows, and those verdicts. Pages
    and their domains are created where they are new.
    """
    reports = [outcome for outcome, _ in looks]
    pages = _page_rows(session, [outcome.url for outcome in reports])
    sights = [
        _as_last_read(session, workspace_id, page, outcome)
        for page, outcome in zip(pages, reports, strict=True)
    ]
    names = _named_brands(session, reports)
    rows = [
        _check_row(workspace_id, page, outcome, names) for page, outcome in zip(pages, reports, strict=True)
    ]
    session.add_all(rows)
    session.flush()
    keys = [row.id for row in rows if row.id is not None]
    read = [(key, each) for key, each in zip(keys, reports, strict=True) if isinstance(each, PageReport)]
    links = [_link_row(key, link) for key, report in read for link in report.links]
    store.bulk_insert(session, PageLink, links)
    store.bulk_insert(session, PageBrand, [_brand_row(key, x) for key, each in read for x in each.listings])
    states = [judge(seen, claims) for seen, (_, claims) in zip(sights, looks, strict=True)]
    save_verdicts(session, zip(keys, states, strict=True))
    return list(zip(keys, states, strict=True))


def _as_last_read(session: Session, workspace_id: int, page_id: int, outcome: PageReport | Refused) -> Sight:
    """A page that has not changed says what it said the last time."""
    seen = sight(outcome)
    if seen.state == "not_modified":
        return last_read(session, workspace_id, page_id) or seen
    return seen


def save_verdicts(session: Session, of_checks: Iterable[tuple[int, Iterable[LinkState]]]) -> None:
    rows = [
        {
            "check_id": check_id,
            "brand_id": each.claim.brand,
            "target_url": each.claim.target_url,
            "verdict": each.word,
            "reason": each.reason,
            "placement": each.placement,
            "anchor": each.anchor,
        }
        for check_id, states in of_checks
        for each in states
    ]
    store.bulk_insert(session, LinkVerdict, rows)


def _brand_row(check_id: int, listing: Listing) -> dict[str, Any]:
    names = ("rank", "count", "heading", "first_screen", "list_rank", "placement", "linked", "followed")
    return {"check_id": check_id, "brand_id": listing.brand} | {
        name: getattr(listing, name) for name in names
    }


def last_read(session: Session, workspace_id: int, page_id: int) -> Sight | None:
    """The newest look that got the page, as verdicts see it."""
    newest = _select_checks(workspace_id, page_id).where(col(PageCheck.state) == "fetched").limit(1)
    row = session.scalars(newest).first()
    return stored_sight(session, row) if row is not None else None


def stored_sight(session: Session, row: PageCheck) -> Sight:
    page = session.get_one(Page, row.page_id)
    links = session.scalars(select(PageLink).where(col(PageLink.check_id) == row.id))
    robots = {word.strip() for word in (row.robots or "").split(",")}
    return Sight(
        url=page.url,
        state=row.state,
        status=row.status,
        reason=row.reason,
        final_url=row.final_url,
        noindex="noindex" in robots,
        nofollow="nofollow" in robots,
        canonical_elsewhere=elsewhere(row.canonical, row.final_url),
        links=tuple(
            LinkSeen(x.target_url, x.brand_id, x.placement, x.anchor, x.nofollow, x.ugc, x.sponsored)
            for x in links
        ),
    )


def is_stored(session: Session, workspace_id: int, url: str, at: datetime) -> bool:
    """Whether a page that somebody else has read at this moment is there already."""
    row = select(col(PageCheck.id)).where(
        col(PageCheck.workspace_id) == workspace_id,
        col(PageCheck.page_id) == page_of(url),
        col(PageCheck.checked_at) == at,
        col(PageCheck.means) == "file",
    )
    return session.connection().execute(row.limit(1)).first() is not None


def page_of(url: str) -> int:
    return domains.page_id(domains.parse(url).canonical)


def looked_at_since(
    session: Session, workspace_id: int, pages: Sequence[Due], since: datetime
) -> frozenset[int]:
    """Those of the pages that have a look later than `since`."""
    looked_at: set[int] = set()
    keys = [page.page_id for page in pages]
    for start in range(0, len(keys), 5_000):
        recent = select(col(PageCheck.page_id)).where(
            col(PageCheck.workspace_id) == workspace_id,
            col(PageCheck.page_id).in_(keys[start : start + 5_000]),
            col(PageCheck.checked_at) > since,
        )
        looked_at |= set(session.connection().execute(recent).scalars())
    return frozenset(looked_at)


def _page_rows(session: Session, urls: Sequence[str]) -> list[int]:
    addresses = [domains.parse(url) for url in urls]
    sites = {domains.domain_id(each.domain): each.domain for each in addresses}
    pages = {domains.page_id(each.canonical): each for each in addresses}
    store.bulk_insert(
        session, Domain, [{"id": key, "name": name} for key, name in sorted(sites.items())], ignore=True
    )
    rows = [
        {"id": key, "domain_id": domains.domain_id(each.domain), "host": each.host, "url": each.canonical}
        for key, each in sorted(pages.items())
    ]
    store.bulk_insert(session, Page, rows, ignore=True)
    return [domains.page_id(each.canonical) for each in addresses]


def _named_brands(session: Session, outcomes: Iterable[PageReport | Refused]) -> dict[int, str]:
    wanted = {key for each in outcomes if isinstance(each, PageReport) for key in each.named}
    if not wanted:
        return {}
    brands = session.scalars(select(Brand).where(col(Brand.id).in_(sorted(wanted))))
    return {brand.id: brand.name for brand in brands if brand.id is not None}


def _check_row(
    workspace_id: int, page_id: int, outcome: PageReport | Refused, names: Mapping[int, str]
) -> PageCheck:
    if isinstance(outcome, Refused):
        return PageCheck(
            workspace_id=workspace_id,
            page_id=page_id,
            checked_at=outcome.at,
            state="refused",
            reason=outcome.reason,
        )
    report, known_by = outcome, outcome.validators
    return PageCheck(
        workspace_id=workspace_id,
        page_id=page_id,
        checked_at=report.at,
        state=report.state,
        status=report.status,
        reason=report.reason,
        barred_by=report.barrier.by if report.barrier else None,
        means=report.means,
        content_type=clean(report.content_type, 100) if report.content_type else None,
        final_url=clean(report.final_url, MAX_URL),
        canonical=report.canonical,
        robots=", ".join(report.robots)[:500] or None,
        title=report.title,
        language=report.language,
        outlinks=report.outlinks,
        etag=clean(known_by.etag, 500) if known_by and known_by.etag else None,
        last_modified=clean(known_by.last_modified, 100) if known_by and known_by.last_modified else None,
        named=[names[key] for key in report.named if key in names],
        author=report.byline.author,
        published=report.byline.published,
        about_url=report.byline.about_url,
        entity=report.byline.entity,
    )


def _link_row(check_id: int, link: Link) -> dict[str, Any]:
    return {
        "check_id": check_id,
        "brand_id": link.brand,
        "target_url": link.url,
        "anchor": link.anchor or None,
        "placement": link.placement,
        "nofollow": link.nofollow,
        "ugc": link.ugc,
        "sponsored": link.sponsored,
        "kind": link.kind.kind,
        "kind_because": link.kind.because[:200] or None,
    }


def history(session: Session, workspace_id: int, page_id: int, brand_id: int) -> list[Look]:
    """All stored looks at one page for one brand, oldest first: what `confirm` judges."""
    rows = list(session.scalars(_select_checks(workspace_id, page_id)))
    links: dict[int, list[PageLink]] = {}
    wanted = [row.id for row in rows]
    for link in session.scalars(
        select(PageLink).where(col(PageLink.check_id).in_(wanted), col(PageLink.brand_id) == brand_id)
    ):
        links.setdefault(link.check_id, []).append(link)
    return [_stored_look(row, links.get(row.id, [])) for row in reversed(rows)]


def _stored_look(row: PageCheck, links: Sequence[PageLink]) -> Look:
    robots = {word.strip() for word in (row.robots or "").split(",")}
    return Look(
        at=row.checked_at,
        state=row.state,  # type: ignore[arg-type]
        status=row.status,
        reason=row.reason,
        final_url=row.final_url,
        noindex="noindex" in robots,
        canonical_elsewhere=elsewhere(row.canonical, row.final_url),
        present=bool(links),
        follows="nofollow" not in robots and any(not (x.nofollow or x.ugc or x.sponsored) for x in links),
        hidden=bool(links) and all(link.placement == "hidden" for link in links),
    )


def by_look(
    session: Session, workspace_id: int, table: type[LinkVerdict | PageBrand], columns: Sequence[Any]
) -> Iterable[Sequence[Any]]:
    """What all looks of a workspace say, oldest first, with the page, its site and the brand at hand."""
    statement = (
        select(*columns)
        .join_from(table, PageCheck, col(PageCheck.id) == col(table.check_id))
        .join(Page, col(Page.id) == col(PageCheck.page_id))
        .join(Domain, col(Domain.id) == col(Page.domain_id))
        .join(Brand, col(Brand.id) == col(table.brand_id))
        .where(col(PageCheck.workspace_id) == workspace_id)
        .order_by(col(PageCheck.checked_at), col(table.id))
    )
    return session.connection().execute(statement)
