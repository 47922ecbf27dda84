"""Is an export complete? Asked before anything is taken for lost because the export lacks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, func, select

from tracker.links.files.formats import BY_LINK, FULL_SCOPES, Scope
from tracker.links.files.settle import SAMPLE_ROWS
from tracker.links.ledger import is_link
from tracker.links.snapshots import Change, Snapshot, between, earlier_snapshots, targets_of
from tracker.models import Backlink, LinkImport
from tracker.numbers import count

CAPS: frozenset[int] = frozenset(
    [
        100,
        250,
        500,
        1_000,
        2_000,
        2_500,
        5_000,
        10_000,
        15_000,
        20_000,
        25_000,
        30_000,
        50_000,
        75_000,
        100_000,
        150_000,
        200_000,
        250_000,
        300_000,
        500_000,
        1_000_000,
        2_000_000,
        5_000_000,
    ]
)
"""Numbers of rows at which tools cut their exports, by plan and report."""
MANY = 50
"""Rows, each of another domain, that are no accident."""
FEW = 5
"""Of fewer links before, nothing is said about the kind of a report."""


@dataclass
class Completeness:
    """What the export covers, and what a user should know before it counts."""

    scope: str
    warnings: list[str] = field(default_factory=list)


def judged(session: Session, head: LinkImport) -> Completeness:
    """What a stored export covers, where nobody said so: a sample, a report of new links, or what its layout
    says.
    """
    if head.scope not in FULL_SCOPES | BY_LINK:
        return Completeness(head.scope)
    if head.read in CAPS:
        cut = (
            f"it has exactly {count(head.read)} rows, and exports are cut at such numbers: taken as a sample"
        )
        return Completeness("sample", [f"{cut}; {_other_word(head, 'all')}"])
    if head.scope not in FULL_SCOPES:
        return _unsaid(session, head)
    verdict = _like_the_one_before(session, head)
    head.scope = verdict.scope
    for target, earlier in earlier_snapshots(session, head).items():
        _compare(session, head, earlier, target, verdict)
    return verdict


def _unsaid(session: Session, head: LinkImport) -> Completeness:
    """A header of anybody's words: what it lacks is no loss until somebody says that it lists all links."""
    lacks, listed, before = 0, 0, set[int]()
    for target, earlier in earlier_snapshots(session, head).items():
        missing = len(_missing(session, head, earlier, target))
        lacks += missing
        listed += _links(session, earlier.ids, target) if missing else 0
        before |= {*earlier.ids} if missing else set()
    spread = _spread(session, head)
    what = f"each of its {count(head.stored)} rows is of another domain, and nothing" if spread else "nothing"
    of_them = f" ({count(lacks)} of {count(listed)} that the file before listed)" if lacks else ""
    commands = " and ".join(f"`citelift import rescope {key} all`" for key in [*sorted(before), head.id])
    said = (
        f"{what} says whether this file lists all links, so those that it lacks{of_them} do not count as lost"
    )
    way_out = f"if it lists all: {commands}, and --scope all with the next one"
    return Completeness("sample" if spread else head.scope, [f"{said}; {way_out}"])


def _spread(session: Session, head: LinkImport) -> bool:
    """One row a domain, however many of its pages link: says nothing of the pages that are not listed."""
    rows: Any = select(col(Backlink.source_domain_id).label("domain")).where(Backlink.import_id == head.id)

    def domains(most: int) -> int:
        some = rows.limit(most).subquery()
        return session.exec(select(func.count(some.c.domain.distinct()))).one()

    first = min(head.stored, SAMPLE_ROWS)
    return first >= MANY and domains(first) == first and domains(head.stored) == head.stored


def _like_the_one_before(session: Session, head: LinkImport) -> Completeness:
    """Rows of as many domains as there are rows may be a report with one row a domain, or a list that happens
    to look so. Exports of one report are of one kind, or nothing could be compared with anything.
    """
    before = _of_the_same_report(session, head)
    if before is None or {before.scope, head.scope} != {"all", "one_per_domain"}:
        return Completeness(head.scope)
    if head.scope == "one_per_domain":
        why = (
            f"every row is of another domain, but the export of {before.as_of} was taken as all links: so is"
        )
        return Completeness("all", [f"{why} this one; {_other_word(head, 'one_per_domain', 'if it is not')}"])
    why = f"it has several rows of one domain, but the export of {before.as_of} was taken as one row a domain"
    way_out = f"if that one lists all links too: `citelift import rescope {before.id} all`"
    return Completeness("all", [f"{why}: the two are not compared; {way_out}"])


def _of_the_same_report(session: Session, head: LinkImport) -> LinkImport | None:
    """The newest earlier export with the same layout that shows one of the same sites."""
    statement = select(LinkImport).where(
        LinkImport.workspace_id == head.workspace_id,
        LinkImport.vendor == head.vendor,
        LinkImport.layout == head.layout,
        LinkImport.as_of < head.as_of,
        col(LinkImport.scope).in_(("all", "one_per_domain")),
    )
    sites = set(targets_of(session, head))
    newest = statement.order_by(col(LinkImport.as_of).desc(), col(LinkImport.id).desc())
    return next((each for each in session.exec(newest) if sites & set(targets_of(session, each))), None)


def _compare(
    session: Session, head: LinkImport, earlier: Snapshot, target: int, verdict: Completeness
) -> None:
    missing = _missing(session, head, earlier, target)
    if not missing:
        return
    listed = _links(session, earlier.ids, target)
    if len(missing) == listed >= FEW and _all_first_seen_since(session, head, earlier, target):
        verdict.scope = "new"
        verdict.warnings.append(
            f"all its links were first seen since the export of {earlier.as_of}, and none of the "
            f"{count(listed)} links of that one is in it: taken as a report of new links; "
            + _other_word(head, "all")
        )
        return
    verdict.warnings.append(
        f"{count(len(missing))} of {count(listed)} links that the export of {earlier.as_of} listed "
        "are not in "
        f"it and count as lost on {head.as_of}; "
        + _other_word(head, "sample", "if this file is not complete")
    )


def _missing(session: Session, head: LinkImport, earlier: Snapshot, target: int) -> list[Change]:
    """Links of the earlier export that this one, with others of its day, neither lists nor calls lost."""
    later = Snapshot(head.vendor, head.scope, head.as_of, (*_of_that_day(session, head),))
    lost = between(session, earlier, later, target).of("lost")
    return [change for change in lost if not change.stated]


def _other_word(head: LinkImport, scope: Scope, otherwise: str = "if it is complete") -> str:
    return f"{otherwise}: `citelift import rescope {head.id} {scope}`"


def _of_that_day(session: Session, head: LinkImport) -> Sequence[int]:
    statement = select(LinkImport.id).where(
        LinkImport.workspace_id == head.workspace_id,
        LinkImport.vendor == head.vendor,
        LinkImport.scope == head.scope,
        LinkImport.as_of == head.as_of,
    )
    return [key for key in session.exec(statement) if key is not None]


def _links(session: Session, imports: Sequence[int], target: int) -> int:
    """How many pages, or domains where no page is named, an export lists as linking to the target."""
    page = func.coalesce(col(Backlink.source_page_id), col(Backlink.source_domain_id))
    statement = select(func.count(page.distinct())).where(
        col(Backlink.import_id).in_(imports),
        Backlink.target_domain_id == target,
        Backlink.source_domain_id != target,
        col(Backlink.lost_at).is_(None),
        is_link(),
    )
    return session.exec(statement).one()


def _all_first_seen_since(session: Session, head: LinkImport, earlier: Snapshot, target: int) -> bool:
    statement = select(
        func.count(), func.count(col(Backlink.first_seen)), func.min(Backlink.first_seen)
    ).where(Backlink.import_id == head.id, Backlink.target_domain_id == target)
    rows, dated, oldest = session.exec(statement).one()
    return oldest is not None and rows == dated and oldest.date() >= earlier.as_of
