"""Work that brought its link: what a person worked for and an import or a look of ours then has is done, and
an event of the day on which the link began, so that charts mark it and its before and after begins.

A record counts as worked on from the moment somebody took it up (`Prospect.started_at`). The link must be
live, by the ledger, and have begun at or after that moment's day; where a person says `done`, who often
writes it down late, up to `LATE` earlier. Where nobody knows since when the links are there, that person's
word of its being done is their day. A link that was there before is nobody's work of now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlmodel import Session, col, select

from tracker import domains, events
from tracker.answers.owned import estates
from tracker.domains.ownership import Estate, Owners
from tracker.links import ledger
from tracker.links.prospects import Prospect, ProspectChange, change, is_taken_up, prospects
from tracker.links.prospects import won as write_won
from tracker.models import Brand

LATE = timedelta(days=60)
KIND = "link"
TITLE = "Link from {site}, worked for"
"""Of the event."""


@dataclass(frozen=True)
class Won:
    """A site that was worked on and links now, since `at`."""

    site: str
    at: datetime

    def as_json(self) -> dict[str, object]:
        return {"site": self.site, "since": f"{self.at:%Y-%m-%d}"}

    def in_words(self) -> str:
        since = f"{self.site} links to you since {self.at:%Y-%m-%d}"
        return f"{since}: the work on it is done, and marked as an event"


def settle(session: Session, workspace_id: int, *, now: datetime, who: str) -> tuple[Won, ...]:
    """Mark as done, and as an event, what the ledger has by now; `who` says by what it was seen."""
    waiting = {
        name: record
        for name, record in prospects(session, workspace_id).items()
        if is_taken_up(record) and record.won_at is None
    }
    began = _began(session, workspace_id, sorted(waiting)) if waiting else {}
    marked = []
    for name, record in waiting.items():
        start = (record.started_at or record.changed_at or now).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        early = start - LATE if record.stage == "done" else start
        days = began.get(name, [])
        at = next((day for day in days if day is not None and early <= day <= now), None)
        if at is None and record.stage == "done" and days and set(days) == {None}:
            # it is there, and nobody but the person who did it can say since when
            at = record.changed_at
        if at is None:
            continue
        write_won(session, workspace_id, record, at, now=now, who=who)
        note = events.checked(TITLE.format(site=name)[: events.LONGEST], kind=KIND, at=at, now=now)
        events.add(session, workspace_id, note, who=who, now=now)
        marked.append(Won(name, at))
    return tuple(marked)


def written(
    session: Session, workspace_id: int, site: str, what: ProspectChange, *, now: datetime, who: str
) -> Prospect:
    """A change of a record, by a verb or in the browser, and what follows from links that are there."""
    done = change(session, workspace_id, site, what, now=now, who=who)
    settle(session, workspace_id, now=now, who=who)
    return prospects(session, workspace_id)[done.domain]


def _began(session: Session, workspace_id: int, names: Sequence[str]) -> Mapping[str, list[datetime | None]]:
    """When each site's links to the own brand that are live now began, the first one first; None where
    nobody knows."""
    own = session.exec(
        select(Brand.id).where(Brand.workspace_id == workspace_id, col(Brand.own), col(Brand.active))
    ).first()
    if own is None:
        return {}
    estate = estates(session.connection(), workspace_id)[own]
    known = ledger.read(
        session.connection(),
        workspace_id,
        targets=_targets(estate),
        sources=[domains.domain_id(name) for name in names],
    )
    of_name = {domains.domain_id(name): name for name in names}
    site_of: dict[int, str] = {}
    for link, source, target, url in zip(
        known.link.tolist(),
        known.columns["source_id"],
        known.columns["target"],
        known.columns["target_url"],
        strict=True,
    ):
        if _is_own(estate, target, url):
            site_of[link] = of_name[source]
    out: dict[str, list[datetime | None]] = {}
    for link, start in sorted(_live(known), key=lambda each: each[1]):
        if link in site_of:
            known_day = datetime.fromtimestamp(start, UTC) if np.isfinite(start) else None
            out.setdefault(site_of[link], []).append(known_day)
    return out


def _live(known: ledger.LinkLedger) -> Iterator[tuple[int, float]]:
    spans = known.spans
    for link, start, end in zip(spans.link.tolist(), spans.start.tolist(), spans.end.tolist(), strict=True):
        if end == np.inf:
            yield link, start


def _targets(estate: Estate) -> list[int]:
    names = {*estate.domains, *(domain for _, domain in estate.hosts), *(p.domain for p in estate.pages)}
    return sorted(domains.domain_id(name) for name in names)


def _is_own(estate: Estate, target: int, url: str | None) -> bool:
    if target in {domains.domain_id(name) for name in estate.domains}:
        return True
    address = domains.try_parse(url) if url else None
    return address is not None and Owners({0: estate}).of(address) is not None
