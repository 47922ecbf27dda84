"""What changed between our looks: a link lost, turned nofollow or moved out of the text, a brand newly named.

Only looks that got the page count; a page that is blocked or down changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Literal, get_args

from sqlalchemy import or_, select
from sqlmodel import Session, col

from tracker.links.pages.checks import by_look
from tracker.links.pages.history import CONFIRM_DAYS
from tracker.links.pages.verdicts import LIVE, NOT_THERE
from tracker.links.pages.verify import StoredVerdict, history, link_key
from tracker.models import Brand, Domain, Page, PageBrand, PageCheck

Kind = Literal["lost", "nofollow", "moved", "named"]
KINDS: tuple[str, ...] = get_args(Kind)
_IN_TEXT = frozenset(("content", "references", "author_bio", "comment"))
_FURNITURE = frozenset(("nav", "sidebar", "footer", "hidden"))


@dataclass(frozen=True, slots=True)
class Alert:
    at: datetime
    """The first look that saw it so."""
    kind: Kind
    url: str
    source: str
    brand: str
    target_url: str | None
    before: str
    after: str
    reason: str | None
    confirmed: bool
    """Of a loss: seen again some days later. What was read off the page needs no second look."""

    def as_json(self) -> dict[str, object]:
        return {
            "at": self.at.isoformat(),
            "kind": self.kind,
            "url": self.url,
            "source": self.source,
            "brand": self.brand,
            "target_url": self.target_url,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
            "confirmed": self.confirmed,
        }


def alerts(session: Session, workspace_id: int, *, since: datetime | None = None) -> list[Alert]:
    """The newest first. A loss that a later look did not see again is none."""
    told = sorted(history(session, workspace_id), key=lambda each: (str(link_key(each)), each.checked_at))
    found = [alert for _, looks in groupby(told, key=link_key) for alert in _of_link(list(looks))]
    found += _named(session, workspace_id)
    recent = [each for each in found if since is None or each.at >= since]
    return sorted(recent, key=lambda each: (each.at, each.kind, each.url, each.brand), reverse=True)


def _of_link(looks: Iterable[StoredVerdict]) -> Iterator[Alert]:
    before: StoredVerdict | None = None
    missed: list[StoredVerdict] = []
    for now in looks:
        if now.verdict in NOT_THERE:
            missed.append(now)
        elif now.verdict in LIVE:
            if before is not None:
                yield from _worse(before, now)
            before, missed = now, []
    if missed:
        first, last = missed[0], missed[-1]
        seen = before.verdict if before else "claimed"
        twice = last.checked_at - first.checked_at >= timedelta(days=CONFIRM_DAYS)
        yield _alert("lost", first, seen, last.verdict, confirmed=twice)


def _worse(before: StoredVerdict, now: StoredVerdict) -> Iterator[Alert]:
    if (before.verdict, now.verdict) == ("live", "live_nofollow"):
        yield _alert("nofollow", now, before.verdict, now.verdict)
    if before.placement in _IN_TEXT and now.placement in _FURNITURE:
        yield _alert("moved", now, before.placement, now.placement)


def _alert(kind: Kind, now: StoredVerdict, before: str, after: str, *, confirmed: bool = True) -> Alert:
    return Alert(
        at=now.checked_at,
        kind=kind,
        url=now.url,
        source=now.source,
        brand=now.brand,
        target_url=now.target_url,
        before=before,
        after=after,
        reason=now.reason,
        confirmed=confirmed,
    )


@dataclass(frozen=True, slots=True)
class StoredListing:
    """How the newest look that read a page saw a brand on it."""

    page_id: int
    url: str
    source: str
    brand: str
    checked_at: datetime
    rank: int | None
    count: int
    heading: bool
    first_screen: bool
    list_rank: int | None
    placement: str | None
    linked: bool
    followed: bool

    def as_json(self) -> dict[str, object]:
        return {
            "url": self.url,
            "source": self.source,
            "brand": self.brand,
            "checked_at": self.checked_at.isoformat(),
            "rank": self.rank,
            "count": self.count,
            "heading": self.heading,
            "first_screen": self.first_screen,
            "list_rank": self.list_rank,
            "placement": self.placement,
            "linked": self.linked,
            "followed": self.followed,
        }


def listings(session: Session, workspace_id: int) -> list[StoredListing]:
    """Every brand on every page that was read, by the page's newest look that read it."""
    newest = {page: key for page, key, _ in _read_looks(session, workspace_id)}
    rows = _listed(session, workspace_id)
    return [listing for check, listing in rows if newest.get(listing.page_id) == check]


def _listed(session: Session, workspace_id: int) -> Iterator[tuple[int, StoredListing]]:
    b, c = PageBrand, PageCheck
    columns: Any = (
        b.check_id,
        c.page_id,
        Page.url,
        col(Domain.name).label("source"),
        col(Brand.name).label("brand"),
        c.checked_at,
        b.rank,
        b.count,
        b.heading,
        b.first_screen,
        b.list_rank,
        b.placement,
        b.linked,
        b.followed,
    )
    rows = by_look(session, workspace_id, b, columns)
    return ((check, StoredListing(*rest)) for check, *rest in rows)


def _read_looks(session: Session, workspace_id: int) -> list[tuple[int, int, datetime]]:
    """(page, look, moment) of looks that read the page, or a part of it, oldest first."""
    c = PageCheck
    columns: Any = (c.page_id, c.id, c.checked_at)
    read = (
        select(*columns)
        .where(
            col(c.workspace_id) == workspace_id,
            col(c.status) == 200,
            or_(col(c.state) == "fetched", col(c.reason) == "extract"),
        )
        .order_by(col(c.checked_at), col(c.id))
    )
    return [(page, key, at) for page, key, at in session.connection().execute(read)]


def _named(session: Session, workspace_id: int) -> Iterator[Alert]:
    """Brands that a page names without a link and at the look before did not, or did with one."""
    listed: dict[int, dict[str, StoredListing]] = {}
    for check, listing in _listed(session, workspace_id):
        listed.setdefault(check, {})[listing.brand] = listing
    before: dict[int, dict[str, StoredListing]] = {}
    for page, check, _ in _read_looks(session, workspace_id):
        now = listed.get(check, {})
        earlier = before.get(page)
        before[page] = now
        if earlier is None:
            continue
        for brand, each in now.items():
            then = earlier.get(brand)
            if each.rank is None or each.linked or (then is not None and then.rank and not then.linked):
                continue
            was = "linked" if then is not None and then.linked else "not named"
            yield Alert(
                at=each.checked_at,
                kind="named",
                url=each.url,
                source=each.source,
                brand=brand,
                target_url=None,
                before=was,
                after="named without a link",
                reason=None,
                confirmed=True,
            )
