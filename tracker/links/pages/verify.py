"""Which claimed links are due for a look, what that will take, and what all looks have said so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import func, select
from sqlmodel import Session, col

from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.pages import checks, claims
from tracker.links.pages.checks import Due
from tracker.links.pages.origins import Origin
from tracker.links.pages.verdicts import Claim, judge
from tracker.links.web.crawl import host_of
from tracker.links.web.fetch import Validators
from tracker.models import Brand, Domain, LinkVerdict, Page, PageCheck

SECONDS_A_PAGE = 1.0
"""What a page takes beside the delay, as a rule of thumb for the outlook."""


@dataclass(frozen=True)
class Outlook:
    claimed: claims.Claims
    due: tuple[Due, ...]
    """Never looked at first, then the oldest look."""
    links: int
    """Claimed links with a known page."""
    due_links: int
    hosts: int
    busiest: tuple[str, int] | None
    """The host with most pages due."""

    @property
    def pages(self) -> int:
        return len(self.claimed.pages)

    def seconds(self, delay: float, workers: int) -> float:
        """About what the looks will take: a host's pages one after another, and no more at once than there
        are workers.
        """
        busiest = self.busiest[1] if self.busiest else 0
        return max(
            busiest * (delay + SECONDS_A_PAGE), (len(self.due) + self.hosts) * SECONDS_A_PAGE / workers
        )


def plan(
    database: Database,
    workspace_id: int,
    *,
    now: datetime,
    min_age: timedelta,
    brand: str | None = None,
    source: Origin | None = None,
) -> Outlook:
    """Claimed links whose page has no look younger than `min_age`."""
    with store.reading(database) as session:
        targets = checks.targets_of(session, workspace_id)
        brands = _brands(session, workspace_id, brand)
        claimed = claims.claimed(session, workspace_id, targets, brands=brands, source=source)
        last = _newest(session, workspace_id)
    _settle(database, workspace_id, claimed, last)
    due = [
        Due(page.page_id, page.url, known.validators if known else None)
        for page in claimed.pages.values()
        if (known := last.get(page.page_id)) is None or known.at <= now - min_age
    ]
    oldest = datetime.min.replace(tzinfo=now.tzinfo)
    due.sort(key=lambda page: last[page.page_id].at if page.page_id in last else oldest)
    hosts = Counter(host_of(page.url) for page in due)
    return Outlook(
        claimed=claimed,
        due=tuple(due),
        links=sum(len(page.claims) for page in claimed.pages.values()),
        due_links=sum(len(claimed.of(page.page_id)) for page in due),
        hosts=len(hosts),
        busiest=hosts.most_common(1)[0] if hosts else None,
    )


def _brands(session: Session, workspace_id: int, brand: str | None) -> Collection[int] | None:
    if brand is None:
        return None
    rows = session.scalars(select(Brand).where(col(Brand.workspace_id) == workspace_id, col(Brand.active)))
    known = {row.name: row.id for row in rows if row.id is not None}
    for name, key in known.items():
        if name.casefold() == brand.casefold():
            return {key}
    raise UsageError(f"no brand is called {brand!r}", f"one of {', '.join(sorted(known))}")


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest look at a page."""

    check_id: int
    at: datetime
    state: str
    validators: Validators | None


def _newest(session: Session, workspace_id: int) -> dict[int, _Newest]:
    c = PageCheck
    columns: Any = (c.id, c.page_id, c.checked_at, c.state, c.status, c.final_url, c.etag, c.last_modified)
    newest = (
        select(col(c.page_id).label("page"), func.max(col(c.checked_at)).label("at"))
        .where(col(c.workspace_id) == workspace_id)
        .group_by(col(c.page_id))
        .subquery()
    )
    rows = session.connection().execute(
        select(*columns)
        .join(newest, (newest.c.page == col(c.page_id)) & (newest.c.at == col(c.checked_at)))
        .where(col(c.workspace_id) == workspace_id)
        .order_by(col(c.id))
    )
    looks: dict[int, _Newest] = {}
    for key, page, at, state, status, final_url, etag, modified in rows:
        got = state not in ("refused", "barred") and status in (200, 304) and final_url
        looks[page] = _Newest(key, at, state, Validators(final_url, etag, modified) if got else None)
    return looks


def _settle(database: Database, workspace_id: int, claimed: claims.Claims, last: dict[int, _Newest]) -> None:
    """Links that were claimed after the newest look at their page get their verdict from that look."""
    looks = {known.check_id: page for page, known in last.items() if page in claimed.pages}
    judged = _judged(database, list(looks))
    missing: list[tuple[int, int, list[Claim]]] = []
    for check_id, page in looks.items():
        left = [each for each in claimed.of(page) if (check_id, each.brand, each.target_url) not in judged]
        if left:
            missing.append((check_id, page, left))
    if not missing:
        return
    with store.writing(database) as session:
        for check_id, page, left in missing:
            row = session.get_one(PageCheck, check_id)
            seen = checks.stored_sight(session, row)
            if row.state == "not_modified":
                seen = checks.last_read(session, workspace_id, page) or seen
            of_page = judge(seen, claimed.of(page))
            checks.save_verdicts(session, [(check_id, [each for each in of_page if each.claim in left])])


def _judged(database: Database, checks_of: list[int]) -> set[tuple[int, int, str | None]]:
    v = LinkVerdict
    columns: Any = (v.check_id, v.brand_id, v.target_url)
    judged: set[tuple[int, int, str | None]] = set()
    with store.reading(database) as session:
        for start in range(0, len(checks_of), 5_000):
            part = select(*columns).where(col(v.check_id).in_(checks_of[start : start + 5_000]))
            judged |= {(check, brand, url) for check, brand, url in session.connection().execute(part)}
    return judged


# --- what was said ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """The newest verdict on one claimed link."""

    page_id: int
    url: str
    source: str
    brand: str
    target_url: str | None
    verdict: str
    reason: str | None
    placement: str | None
    anchor: str | None
    checked_at: datetime
    status: int | None
    final_url: str | None
    barred_by: str | None
    means: str

    def as_json(self) -> dict[str, object]:
        return {
            "url": self.url,
            "source": self.source,
            "brand": self.brand,
            "target_url": self.target_url,
            "verdict": self.verdict,
            "reason": self.reason,
            "placement": self.placement,
            "anchor": self.anchor,
            "checked_at": self.checked_at.isoformat(),
            "status": self.status,
            "final_url": self.final_url,
            "barred_by": self.barred_by,
            "means": self.means,
        }


def verdicts(session: Session, workspace_id: int) -> list[StoredVerdict]:
    """The newest verdict on every claimed link that was looked at, by linking page."""
    newest: dict[tuple[int, str, bool], StoredVerdict] = {}
    for each in history(session, workspace_id):
        newest[link_key(each)] = each
    return sorted(newest.values(), key=lambda each: (each.source, each.url, each.target_url or ""))


def link_key(each: StoredVerdict) -> tuple[int, str, bool]:
    """Which link a verdict is on: the linking page, and the linked page by its name."""
    address = domains.try_parse(each.target_url) if each.target_url else None
    return each.page_id, address.canonical if address else each.brand, each.target_url is None


def history(session: Session, workspace_id: int) -> Iterator[StoredVerdict]:
    """Every verdict of every look, oldest first."""
    v, c = LinkVerdict, PageCheck
    columns: Any = (
        c.page_id,
        Page.url,
        col(Domain.name).label("source"),
        col(Brand.name).label("brand"),
        v.target_url,
        v.verdict,
        v.reason,
        v.placement,
        v.anchor,
        c.checked_at,
        c.status,
        c.final_url,
        c.barred_by,
        c.means,
    )
    return (StoredVerdict(*row) for row in checks.by_look(session, workspace_id, v, columns))
