"""Several looks at one page: whether its link is live, suspected lost or lost, and why.

A loss counts only when it was seen twice some days apart: pages are down, blocked or half-rendered for an
hour all the time. A look that did not get the page is no such look, however often it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from tracker import domains
from tracker.errors import UsageError
from tracker.links.pages.look import PageReport
from tracker.links.web.fetch import Refused

LostReason = Literal[
    "removed",
    "hidden",
    "nofollowed",
    "not_found",
    "gone",
    "redirected",
    "noindex",
    "canonical_elsewhere",
]
LOST_REASONS: tuple[str, ...] = get_args(LostReason)
State = Literal["live", "suspected", "lost", "unknown"]

CONFIRM_DAYS = 3
GONE = (404, 410)
"""The server says itself that the page is no more."""


@dataclass(frozen=True, slots=True)
class Look:
    """One check of one page, as far as one brand's link goes."""

    at: datetime
    state: Literal["fetched", "not_modified", "refused", "barred"]
    status: int | None = None
    reason: str | None = None
    final_url: str | None = None
    noindex: bool = False
    canonical_elsewhere: bool = False
    present: bool = False
    follows: bool = False
    hidden: bool = False


def look(outcome: PageReport | Refused, brand: int) -> Look:
    if isinstance(outcome, Refused):
        return Look(outcome.at, "refused", reason=outcome.reason)
    mine = [link for link in outcome.links if link.brand == brand]
    return Look(
        at=outcome.at,
        state=outcome.state,
        status=outcome.status,
        reason=outcome.reason,
        final_url=outcome.final_url,
        noindex=outcome.noindex,
        canonical_elsewhere=outcome.canonical_elsewhere,
        present=bool(mine),
        follows=any(link.follows for link in mine),
        hidden=bool(mine) and all(link.placement == "hidden" for link in mine),
    )


def lost_reason(before: Look, now: Look) -> LostReason | None:
    """Why the link that `before` had is worth nothing now; None while it stands, or while nobody can tell.

    A page that was already noindex or nofollow when the link was first seen lost nothing.
    """
    if not before.present or now.state == "not_modified" or not known(now):
        return None
    if now.status in GONE:
        return "not_found" if now.status == 404 else "gone"
    if not now.present:
        return "redirected" if _moved(before, now) else "removed"
    if now.noindex and not before.noindex:
        return "noindex"
    if now.canonical_elsewhere and not before.canonical_elsewhere:
        return "canonical_elsewhere"
    if now.hidden and not before.hidden:
        return "hidden"
    return "nofollowed" if before.follows and not now.follows else None


def known(now: Look) -> bool:
    """Whether the look says anything of the page's links: it got the page, or the server says itself that it
    is gone or unchanged. A page that is blocked, down or slow says nothing.
    """
    return _tells(now.state, now.status)


def _tells(state: str, status: int | None) -> bool:
    if state == "fetched":
        return status is None or 200 <= status < 300 or status in GONE
    return state == "not_modified"


def _moved(before: Look, now: Look) -> bool:
    one, two = domains.try_parse(before.final_url or ""), domains.try_parse(now.final_url or "")
    return one is not None and two is not None and one.canonical != two.canonical


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    since: datetime | None = None
    """When the present run of losses, or of good looks, began."""
    reason: LostReason | None = None
    looks: int = 0


def confirm(history: Iterable[Look], *, days: float = CONFIRM_DAYS) -> Verdict:
    """Live, suspected (seen lost once, or twice too close together) or lost, from all looks at one page."""
    if days <= 0:
        raise UsageError(f"a loss cannot be confirmed {days} days apart", "give a positive number of days")
    good: Look | None = None
    run: list[tuple[datetime, LostReason | None]] = []
    count = 0
    for now in sorted(history, key=lambda each: each.at):
        count += 1
        if not known(now):
            continue
        reason = None if good is None else lost_reason(good, now)
        if good is None and not now.present:
            continue
        if reason is None and (now.state == "not_modified" and run and run[-1][1] is not None):
            # Unchanged since the look that had lost the link.
            reason = run[-1][1]
        if run and (run[-1][1] is None) != (reason is None):
            run = []
        run.append((now.at, reason))
        good = now if reason is None and now.state == "fetched" else good
    return _verdict(run, count, timedelta(days=days))


def _verdict(run: Sequence[tuple[datetime, LostReason | None]], count: int, apart: timedelta) -> Verdict:
    if not run:
        return Verdict("unknown", looks=count)
    (first, _), (last, reason) = run[0], run[-1]
    if reason is None:
        return Verdict("live", first, looks=count)
    return Verdict("lost" if last - first >= apart else "suspected", first, reason, count)


# --- whether the link is there, for the ledger --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookEvidence:
    """What our looks at one page say about one of its links; moments in seconds of the epoch."""

    seen: tuple[float, ...]
    lost: tuple[float, ...]
    """Of each run of looks that got the page without the link and lie days apart, the first, and those after
    the one that confirmed it.
    """
    lacked_before: bool
    """A look before the first that had the link got the page without it."""


def look_evidence(
    looks: Iterable[tuple[datetime, str, int | None, bool]], *, days: float = CONFIRM_DAYS
) -> LookEvidence:
    """From the moment, state and status of all looks at a page, and whether they had the link, oldest first.

    The link is one that somebody, a vendor or an earlier look of ours, says is or was there.
    """
    seen: list[float] = []
    lost: list[float] = []
    lacking: list[float] = []
    there: bool | None = None
    lacked_before = False
    for moment, state, status, present in looks:
        if not _tells(state, status):
            continue
        if state == "fetched":
            there = present
        elif there is None:
            continue
        at = moment.timestamp()
        if there:
            seen.append(at)
            lacking = []
            continue
        lacked_before |= not seen
        lacking.append(at)
        if at - lacking[0] >= days * 86_400:
            # Each further one counts too: a vendor's sighting in between would else revive it for good.
            lost += [at] if lacking[0] in lost else [lacking[0]]
    return LookEvidence(tuple(seen), tuple(lost), lacked_before)
