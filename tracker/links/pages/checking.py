"""Due pages → fetched → read → stored, each look at once, with what all looks at the page now say of its
links.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine as Database
from sqlmodel import Session, col, select

from tracker import store
from tracker.answers import stored
from tracker.links.pages import checks
from tracker.links.pages.checks import Due
from tracker.links.pages.history import Verdict, confirm
from tracker.links.pages.look import PageReport, check
from tracker.links.web.fetch import Fetched, Fetcher, Refused, Wanted, fetch_many
from tracker.models import Brand, PageCheck, PageLink


@dataclass(frozen=True)
class BrandVerdict:
    brand: str
    verdict: Verdict


@dataclass(frozen=True)
class Looked:
    outcome: PageReport | Refused
    verdicts: tuple[BrandVerdict, ...]
    """One for each brand that the page ever linked to."""
    brands: dict[int, str]

    @property
    def state(self) -> str:
        if isinstance(self.outcome, Refused):
            return "refused"
        return "not_modified" if self.outcome.status == 304 else "fetched"

    def as_json(self) -> dict[str, object]:
        at = {"url": self.outcome.url, "checked_at": self.outcome.at.isoformat(), "state": self.state}
        verdicts = [
            {"brand": each.brand, "link": each.verdict.state, "reason": each.verdict.reason}
            for each in self.verdicts
        ]
        if isinstance(self.outcome, Refused):
            return at | {"reason": self.outcome.reason, "detail": self.outcome.detail, "verdicts": verdicts}
        found = self.outcome
        links = [
            {
                "brand": self.brands.get(link.brand),
                "url": link.url,
                "anchor": link.anchor,
                "placement": link.placement,
                "rel": list(link.rel),
                "follows": link.follows,
            }
            for link in found.links
        ]
        return at | {
            "status": found.status,
            "final_url": found.final_url,
            "canonical": found.canonical,
            "robots": list(found.robots),
            "title": found.title,
            "links": links,
            "named_without_link": [self.brands.get(brand) for brand in found.named],
            "verdicts": verdicts,
        }


def due(
    database: Database,
    workspace_id: int,
    *,
    now: datetime,
    every: timedelta,
    limit: int,
    which: checks.Which = "all",
) -> list[Due]:
    with store.reading(database) as session:
        return checks.pages_to_check(session, workspace_id, now=now, every=every, limit=limit, which=which)


def look(
    database: Database, workspace_id: int, wanted: list[Due], fetcher: Fetcher, *, at: datetime
) -> Iterator[Looked]:
    """Every page once, stored as it arrives: what is interrupted keeps what it has."""
    with store.reading(database) as session:
        targets = checks.targets_of(session, workspace_id)
        finder = stored.finder(session, workspace_id)
        rows = session.exec(select(Brand).where(Brand.workspace_id == workspace_id))
        brands = {brand.id: brand.name for brand in rows if brand.id is not None}
    asked = [Wanted(each.url, each.validators) for each in wanted]
    for result in fetch_many(asked, fetcher, at=at):
        outcome = check(result, targets=targets, finder=finder) if isinstance(result, Fetched) else result
        with store.writing(database) as session:
            check_id = checks.save_check(session, workspace_id, outcome)
            verdicts = _verdicts(session, workspace_id, check_id, brands)
        yield Looked(outcome, verdicts, brands)


def _verdicts(
    session: Session, workspace_id: int, check_id: int, brands: dict[int, str]
) -> tuple[BrandVerdict, ...]:
    page_id = session.get_one(PageCheck, check_id).page_id
    ever = session.exec(
        select(PageLink.brand_id)
        .join(PageCheck, col(PageCheck.id) == col(PageLink.check_id))
        .where(PageCheck.workspace_id == workspace_id, PageCheck.page_id == page_id)
        .distinct()
        .order_by(col(PageLink.brand_id))
    )
    return tuple(
        BrandVerdict(brands[brand], confirm(checks.history(session, workspace_id, page_id, brand)))
        for brand in ever.all()
        if brand in brands
    )
