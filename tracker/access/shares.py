"""Links that show one page or one report to whoever has them, until they expire or are taken back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from tracker import audit
from tracker.access.rights import Visitor
from tracker.errors import UsageError
from tracker.models import ShareLink, Workspace
from tracker.tokens import hashed

LONGEST = timedelta(days=366)
MOST_BYTES = 20_000_000


def make(
    session: Session,
    workspace_id: int,
    *,
    title: str,
    page: str | None,
    query: str = "",
    body: str | None = None,
    lasts: timedelta,
    who: str,
    now: datetime,
) -> str:
    """The token of a new link: it is told once, and only its hash is stored."""
    if (page is None) == (body is None):
        raise UsageError("a link shows one page or one report", "give one of them")
    if not timedelta() < lasts <= LONGEST:
        raise UsageError("a link lasts from one to 366 days", "give --days 30, for example")
    if body is not None and len(body) > MOST_BYTES:
        raise UsageError("the report is larger than any that citelift writes", "share the HTML report")
    token = secrets.token_urlsafe(32)
    link = ShareLink(
        token_hash=hashed(token),
        workspace_id=workspace_id,
        title=title[:200],
        page=page,
        query=query,
        body=body,
        created_by=who,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(link)
    audit.record_change(
        session,
        link.workspace_id,
        who=who,
        what="link shared",
        subject=link.title,
        before=None,
        after={"until": link.expires_at.isoformat()},
        now=now,
    )
    return token


def listed(session: Session, workspace_id: int) -> Sequence[ShareLink]:
    mine = select(ShareLink).where(ShareLink.workspace_id == workspace_id)
    return session.exec(mine.order_by(col(ShareLink.id).desc())).all()


def revoke(session: Session, workspace_id: int, number: int, *, who: str, now: datetime) -> None:
    mine = select(ShareLink).where(ShareLink.workspace_id == workspace_id, ShareLink.id == number)
    link = session.exec(mine).first()
    if link is None or link.revoked_at is not None:
        raise UsageError(f"there is no open link {number} here", "`citelift share list` shows them")
    link.revoked_at = now
    session.add(link)
    audit.record_change(
        session,
        link.workspace_id,
        who=who,
        what="link revoked",
        subject=link.title,
        before={"until": link.expires_at.isoformat()},
        after=None,
        now=now,
    )


def opened(session: Session, token: str, now: datetime) -> ShareLink | None:
    """The link of that token, while it is good."""
    good = col(ShareLink.revoked_at).is_(None) & (col(ShareLink.expires_at) > now)
    return session.exec(select(ShareLink).where(ShareLink.token_hash == hashed(token), good)).first()


def guest(session: Session, link: ShareLink) -> Visitor:
    workspace = session.get_one(Workspace, link.workspace_id).name
    return Visitor(f"link {link.id}", "viewer", (workspace,), link.page or "")
