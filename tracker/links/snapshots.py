"""What changed between two complete exports of one vendor: links that came, that went, that no longer count.

New and lost links are inferred between full snapshots of one vendor, scope and target only; what a vendor
states is kept as stated. Whether a link is live, from all evidence together, is another question:
`tracker.links.ledger`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col, select

from tracker.links.files import formats
from tracker.links.ledger import is_link
from tracker.models import Backlink, LinkImport
from tracker.models import Domain as DomainRow

STATED_DAYS = 90
"""A loss that an export states is news for so long: vendors notice late."""
ChangeKind = Literal["new", "lost", "nofollow"]


@dataclass(frozen=True)
class Change:
    """A link that came, went or turned nofollow between two snapshots."""

    kind: ChangeKind
    source_domain_id: int
    source_page_id: int | None
    target_domain_id: int
    source_url: str | None
    target_url: str | None
    at: date
    """The vendor's day where it states one, else the day of the snapshot that shows it."""
    stated: bool
    reason: str | None = None

    def as_json(self, names: Mapping[int, str]) -> dict[str, object]:
        return {
            "kind": self.kind,
            "source": names.get(self.source_domain_id),
            "source_url": self.source_url,
            "target_url": self.target_url,
            "at": self.at.isoformat(),
            "stated": self.stated,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class SnapshotChanges:
    """Two successive full snapshots of one vendor, scope and target."""

    vendor: str
    scope: str
    target_domain_id: int
    earlier: date
    later: date
    changes: tuple[Change, ...]
    late_finds: int
    """Links only the later one has although the vendor first saw them before the earlier: its index grew, not
    the web.
    """

    def of(self, kind: ChangeKind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind == kind)

    def as_json(self, names: Mapping[int, str]) -> dict[str, object]:
        return {
            "vendor": self.vendor,
            "scope": self.scope,
            "target": names.get(self.target_domain_id),
            "earlier": self.earlier.isoformat(),
            "later": self.later.isoformat(),
            "new": len(self.of("new")),
            "lost": len(self.of("lost")),
            "late_finds": self.late_finds,
            "changes": [change.as_json(names) for change in self.changes],
        }


def domain_names(session: Session, changes: Iterable[SnapshotChanges]) -> dict[int, str]:
    """The names of all domains in `changes`."""
    keys = {c.source_domain_id for each in changes for c in each.changes}
    keys |= {each.target_domain_id for each in changes}
    names: dict[int, str] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), 500):
        wanted = col(DomainRow.id).in_(ordered[start : start + 500])
        names |= {row.id: row.name for row in session.exec(select(DomainRow).where(wanted))}
    return names


@dataclass(frozen=True)
class Snapshot:
    """The imports of one day of one vendor and scope: a big export comes in several files."""

    vendor: str
    scope: str
    as_of: date
    ids: tuple[int, ...]


def snapshot_changes(
    session: Session, workspace_id: int, *, vendor: str | None = None, scope: str | None = None
) -> list[SnapshotChanges]:
    """New and lost links between each two successive snapshots that claim to be complete.

    The first snapshot of a series has nothing before it and yields no change. Samples and lists of new or
    lost links only are no snapshots, and a target that one of two snapshots does not show at all is not
    compared. The day that an export shows counts, not the day it was imported; several exports of one day are
    one snapshot.
    """
    statement = select(LinkImport).where(
        LinkImport.workspace_id == workspace_id, col(LinkImport.scope).in_(sorted(formats.FULL_SCOPES))
    )
    if vendor is not None:
        statement = statement.where(LinkImport.vendor == vendor)
    if scope is not None:
        statement = statement.where(LinkImport.scope == scope)
    series: dict[tuple[str, str, int], dict[date, tuple[int, ...]]] = {}
    for each in session.exec(statement.order_by(col(LinkImport.as_of), col(LinkImport.id))):
        for target in targets_of(session, each):
            days = series.setdefault((each.vendor, each.scope, target), {})
            days[each.as_of] = (*days.get(each.as_of, ()), each.id or 0)
    return [
        between(session, earlier, later, target)
        for (name, kind, target), days in series.items()
        for earlier, later in pairwise(Snapshot(name, kind, day, ids) for day, ids in days.items())
    ]


def earlier_snapshots(session: Session, head: LinkImport) -> dict[int, Snapshot]:
    """Target domain → the newest complete export before this one, of the same vendor and scope, that shows
    it.
    """
    statement = select(LinkImport).where(
        LinkImport.workspace_id == head.workspace_id,
        LinkImport.vendor == head.vendor,
        LinkImport.scope == head.scope,
        LinkImport.as_of < head.as_of,
    )
    targets = set(targets_of(session, head))
    newest: dict[int, Snapshot] = {}
    for each in session.exec(statement.order_by(col(LinkImport.as_of), col(LinkImport.id))):
        for target in targets & set(targets_of(session, each)):
            known = newest.get(target)
            same_day = known.ids if known and known.as_of == each.as_of else ()
            newest[target] = Snapshot(each.vendor, each.scope, each.as_of, (*same_day, each.id or 0))
    return newest


def targets_of(session: Session, snapshot: LinkImport) -> Sequence[int]:
    statement = select(Backlink.target_domain_id).where(Backlink.import_id == snapshot.id).distinct()
    return session.exec(statement.order_by(col(Backlink.target_domain_id))).all()


def between(session: Session, earlier: Snapshot, later: Snapshot, target: int) -> SnapshotChanges:
    came, late_finds = [], 0
    for link in _only_in(session, later, earlier, target):
        if link.first_seen is not None and link.first_seen.date() < earlier.as_of:
            late_finds += 1
        else:
            at = link.first_seen.date() if link.first_seen else later.as_of
            came.append(_change("new", link, at, link.first_seen is not None))
    stated = _stated_losses(session, later, target)
    went = []
    for link in _only_in(session, earlier, later, target):
        known = stated.get(_identity(link, later.scope))
        at = known.lost_at.date() if known and known.lost_at else later.as_of
        went.append(_change("lost", link, at, known is not None, known.lost_reason if known else None))
    turned = [
        _change("nofollow", link, later.as_of, True) for link in _turned(session, earlier, later, target)
    ]
    return SnapshotChanges(
        vendor=later.vendor,
        scope=later.scope,
        target_domain_id=target,
        earlier=earlier.as_of,
        later=later.as_of,
        changes=(*came, *went, *turned),
        late_finds=late_finds,
    )


def _change(kind: ChangeKind, link: Backlink, at: date, stated: bool, reason: str | None = None) -> Change:
    return Change(
        kind,
        link.source_domain_id,
        link.source_page_id,
        link.target_domain_id,
        link.source_url,
        link.target_url,
        at,
        stated,
        reason,
    )


def _identity(link: Backlink, scope: str) -> tuple[int, int | None]:
    """What makes a link the same one: its page; where one link stands for its domain, the domain."""
    return link.source_domain_id, link.source_page_id if scope in formats.BY_LINK else None


def _external(target: int) -> tuple[ColumnElement[bool], ...]:
    """Rows that are links to the target from elsewhere."""
    return (
        col(Backlink.target_domain_id) == target,
        col(Backlink.source_domain_id) != target,
        is_link(),
    )


def _only_in(session: Session, here: Snapshot, there: Snapshot, target: int) -> list[Backlink]:
    """Live links of one snapshot whose page (or domain) has no live link in the other; the first one of each.

    One grouping of both snapshots: looking every link up in the other is quadratic where a site links from
    every page.
    """
    identity = [col(Backlink.source_domain_id)]
    if here.scope in formats.BY_LINK:
        identity.append(col(Backlink.source_page_id))  # type: ignore[arg-type]
    mine = col(Backlink.import_id).in_(here.ids)
    first = (
        select(func.min(case((mine, col(Backlink.id)))).label("id"))
        .where(
            col(Backlink.import_id).in_((*here.ids, *there.ids)),
            *_external(target),
            col(Backlink.lost_at).is_(None),
        )
        .group_by(*identity)
        .having(func.max(case((mine, 0), else_=1)) == 0)
        .subquery()
    )
    statement = select(Backlink).join(first, first.c.id == col(Backlink.id)).order_by(col(Backlink.id))
    return list(session.exec(statement))


def _turned(session: Session, earlier: Snapshot, later: Snapshot, target: int) -> list[Backlink]:
    """The first link of each page that followed to the target before, and of which none does now."""
    if later.scope not in formats.BY_LINK:
        return []
    now, nofollow = col(Backlink.import_id).in_(later.ids), col(Backlink.nofollow)
    first = (
        select(func.min(case((now, col(Backlink.id)))).label("id"))
        .where(
            col(Backlink.import_id).in_((*earlier.ids, *later.ids)),
            *_external(target),
            col(Backlink.lost_at).is_(None),
            col(Backlink.source_page_id).is_not(None),
        )
        .group_by(col(Backlink.source_page_id))
        .having(
            func.max(case((now & nofollow.is_(True), 1), else_=0)) == 1,
            func.max(case((now & nofollow.is_not(True), 1), else_=0)) == 0,
            func.max(case((~now & nofollow.is_(False), 1), else_=0)) == 1,
        )
        .subquery()
    )
    statement = select(Backlink).join(first, first.c.id == col(Backlink.id)).order_by(col(Backlink.id))
    return list(session.exec(statement))


@dataclass(frozen=True)
class PageNews:
    """What an export says of a page that linked: its link is lost, or nofollowed."""

    kind: Literal["lost", "nofollow"]
    url: str
    vendor: str
    as_of: date
    stated: bool
    """The vendor says so; else its complete export no longer lists the link."""


def worse_since(session: Session, workspace_id: int, since: datetime) -> list[PageNews]:
    """What the exports imported since then say to be lost or nofollowed, by page. Whether a link is live, all
    evidence together, is the ledger's to say."""
    recent = select(LinkImport).where(
        LinkImport.workspace_id == workspace_id, col(LinkImport.imported_at) >= since
    )
    found: list[PageNews] = []
    for head in session.exec(recent.order_by(col(LinkImport.id))).all():
        lost = select(Backlink.source_url).where(
            Backlink.import_id == head.id,
            is_link(),
            col(Backlink.source_url).is_not(None),
            col(Backlink.lost_at) >= since - timedelta(days=STATED_DAYS),
        )
        found += [PageNews("lost", url, head.vendor, head.as_of, True) for url in session.exec(lost) if url]
        if head.scope not in formats.FULL_SCOPES:
            continue
        here = Snapshot(head.vendor, head.scope, head.as_of, (head.id or 0,))
        for target, before in earlier_snapshots(session, head).items():
            for each in between(session, before, here, target).changes:
                if each.kind != "new" and each.source_url:
                    found.append(PageNews(each.kind, each.source_url, head.vendor, head.as_of, each.stated))
    return found


def _stated_losses(session: Session, later: Snapshot, target: int) -> dict[tuple[int, int | None], Backlink]:
    statement = select(Backlink).where(
        col(Backlink.import_id).in_(later.ids), *_external(target), col(Backlink.lost_at).is_not(None)
    )
    return {_identity(link, later.scope): link for link in session.exec(statement.order_by(col(Backlink.id)))}
