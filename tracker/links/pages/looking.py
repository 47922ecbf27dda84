"""Due pages → fetched → read → stored, each look at once, with what it says of every claimed link.

Several processes may do this at once: each holds the hosts it is at, so that no page is looked at twice and
no host asked by two. What is stored stays: a killed process loses only what was under way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine as Database
from sqlmodel import Session, col, select

from tracker import leases, store
from tracker.answers import stored
from tracker.files.records import Reject
from tracker.links.pages import checks, claims, holds, saved
from tracker.links.pages.barriers import Barrier
from tracker.links.pages.checks import Due
from tracker.links.pages.history import Verdict, confirm
from tracker.links.pages.listing import Listing
from tracker.links.pages.look import PageReport, Target, check
from tracker.links.pages.readers import Read, Readers
from tracker.links.pages.verdicts import LinkState
from tracker.links.web.browser import Browser
from tracker.links.web.crawl import WORKERS, Wanted, crawl, host_of
from tracker.links.web.fetch import Fetcher, Refused
from tracker.mentions import BrandNames, Finder
from tracker.models import Brand, PageCheck, PageLink

T = TypeVar("T")
_BATCH = 100
_HOSTS = 8
"""Hosts that are taken in one transaction."""
_TRIES = 2
"""How often a host that another process holds is asked for again."""


@dataclass(frozen=True)
class BrandVerdict:
    brand: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Looked:
    outcome: PageReport | Refused
    links: tuple[LinkState, ...]
    """A verdict for each link that an export claims is on the page."""
    verdicts: tuple[BrandVerdict, ...]
    """Over all looks, one for each brand that the page ever linked to; none where only links are judged."""
    brands: Mapping[int, str]

    @property
    def state(self) -> str:
        return "refused" if isinstance(self.outcome, Refused) else self.outcome.state

    def as_json(self) -> dict[str, object]:
        at = {"url": self.outcome.url, "checked_at": self.outcome.at.isoformat(), "state": self.state}
        verdicts = [
            {"brand": each.brand, "link": each.verdict.state, "reason": each.verdict.reason}
            for each in self.verdicts
        ]
        claimed = self.claimed_json()
        if isinstance(self.outcome, Refused):
            why = {"reason": self.outcome.reason, "detail": self.outcome.detail}
            return at | why | {"verdicts": verdicts, "claimed": claimed}
        report = self.outcome
        links = [
            {
                "brand": self.brands.get(link.brand),
                "url": link.url,
                "anchor": link.anchor,
                "placement": link.placement,
                "rel": list(link.rel),
                "follows": link.follows,
                "kind": link.kind.kind,
                "kind_because": link.kind.because,
            }
            for link in report.links
        ]
        return at | {
            "status": report.status,
            "reason": report.reason,
            "final_url": report.final_url,
            "canonical": report.canonical,
            "robots": list(report.robots),
            "title": report.title,
            "links": links,
            "named_without_link": [self.brands.get(brand) for brand in report.named],
            "verdicts": verdicts,
            "claimed": claimed,
        }

    def claimed_json(self) -> list[dict[str, object]]:
        return [self._link_json(each) for each in self.links]

    def _link_json(self, state: LinkState) -> dict[str, object]:
        return {
            "brand": self.brands.get(state.claim.brand),
            "target_url": state.claim.target_url,
            "verdict": state.word,
            "reason": state.reason,
            "placement": state.placement,
            "anchor": state.anchor,
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


@dataclass(frozen=True)
class _World:
    """What the looks of one workspace have in common."""

    workspace_id: int
    targets: tuple[Target, ...]
    names: tuple[BrandNames, ...]
    brands: dict[int, str]
    claimed: claims.Claims
    of_brands: bool
    """Whether all looks are judged too, for each brand."""

    @cached_property
    def finder(self) -> Finder:
        return Finder(self.names)

    @classmethod
    def read(cls, session: Session, workspace_id: int, claimed: claims.Claims | None) -> _World:
        targets = checks.targets_of(session, workspace_id)
        names = tuple(stored.brand_names(session, workspace_id))
        rows = session.exec(select(Brand).where(Brand.workspace_id == workspace_id))
        return cls(
            workspace_id=workspace_id,
            targets=targets,
            names=names,
            brands={brand.id: brand.name for brand in rows if brand.id is not None},
            claimed=claimed or claims.claimed(session, workspace_id, targets),
            of_brands=claimed is None,
        )


def look(
    database: Database,
    workspace_id: int,
    wanted: Sequence[Due],
    fetcher: Fetcher,
    *,
    at: datetime,
    every: timedelta = timedelta(0),
    workers: int = WORKERS,
    claimed: claims.Claims | None = None,
    browser: Browser | None = None,
) -> Iterator[Looked]:
    """Every page once, stored as it arrives: what is interrupted keeps what it has. A page that another
    process has looked at less than `every` ago is left out, and so is one whose host another process holds.
    With a `browser`, what is a shell without scripts is drawn by it.
    """
    with store.reading(database) as session:
        world = _World.read(session, workspace_id, claimed)
    me = leases.holder()
    hosts = _Hosts(database, world.workspace_id, wanted, me, at - every)
    with (
        holds.kept(database, me),
        Readers(world.targets, world.names, pages=len(wanted)) as readers,
        closing(crawl(hosts.batches(), fetcher, at=at, workers=workers, read=readers.outcome)) as crawled,
    ):
        for arrived in crawled:
            outcomes = [_drawn(world, read, browser) for _, read in arrived]
            with store.writing(database) as session:
                looked = _save(session, world, outcomes)
                hosts.done(session, [page.url for page, _ in arrived])
            yield from looked


def _drawn(world: _World, read: Read, browser: Browser | None) -> PageReport | Refused:
    """What is a shell without scripts, as a browser draws it."""
    result, report = read.result, read.outcome
    if (
        browser is None
        or isinstance(result, Refused)
        or isinstance(report, Refused)
        or report.barrier is None
        or report.barrier.kind != "shell"
    ):
        return report
    drawn = browser.render(result.final_url, at=result.at)
    if isinstance(drawn, Refused):
        return report
    drawn = replace(drawn, url=result.url, hops=result.hops)
    return check(drawn, targets=world.targets, finder=world.finder, means="browser")


def _save(session: Session, world: _World, outcomes: Sequence[PageReport | Refused]) -> list[Looked]:
    pages = [checks.page_of(outcome.url) for outcome in outcomes]
    claimed = [world.claimed.of(page) for page in pages]
    saved = checks.save_checks(session, world.workspace_id, list(zip(outcomes, claimed, strict=True)))
    return [
        Looked(outcome, links, _verdicts(session, world, page) if world.of_brands else (), world.brands)
        for outcome, page, (_, links) in zip(outcomes, pages, saved, strict=True)
    ]


@dataclass(frozen=True)
class Taken:
    """What came of pages that somebody else has read."""

    looked: tuple[Looked, ...]
    already: int
    rejects: tuple[Reject, ...]


def take_saved(database: Database, workspace_id: int, path: Path, *, as_of: datetime | None) -> Taken:
    """Saved pages and extractions as looks of their day; the same page of the same moment is stored once."""
    with store.reading(database) as session:
        world = _World.read(session, workspace_id, None)
    looked: list[Looked] = []
    rejects: list[Reject] = []
    already = 0
    for part in batched(saved.read(path, as_of=as_of), _BATCH):
        with store.writing(database) as session:
            for each in part:
                if isinstance(each, Reject):
                    rejects.append(each)
                elif checks.is_stored(session, workspace_id, each.page.url, each.page.at):
                    already += 1
                else:
                    looked.append(_take(session, world, each))
    return Taken(tuple(looked), already, tuple(rejects))


def _take(session: Session, world: _World, each: saved.Saved) -> Looked:
    report = check(each.page, targets=world.targets, finder=world.finder, means="file")
    if not each.is_part:
        return _save(session, world, [report])[0]
    bare = [Listing(x.brand, x.rank, x.count, linked=x.linked, followed=x.followed) for x in report.listings]
    links = tuple(replace(link, placement="unknown") for link in report.links)
    stands_in = None if links else Barrier("extract")
    report = replace(report, links=links, listings=tuple(bare), barrier=stands_in, gone=None)
    if links:
        return _save(session, world, [report])[0]
    checks.save_check(session, world.workspace_id, report)
    return Looked(report, (), (), world.brands)


def batched(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    while part := list(islice(rows, size)):
        yield part


class _Hosts:
    """Due pages by host, the longest due first; a host's pages are fetched by one process."""

    def __init__(
        self, database: Database, workspace_id: int, wanted: Sequence[Due], me: str, since: datetime
    ) -> None:
        self.database, self.workspace_id, self.me, self.since = database, workspace_id, me, since
        self.pages: dict[str, list[Due]] = {}
        for page in wanted:
            self.pages.setdefault(host_of(page.url), []).append(page)
        self.left: dict[str, int] = {}

    def batches(self) -> Iterator[list[Wanted]]:
        waiting = list(self.pages)
        for _ in range(_TRIES):
            held: list[str] = []
            for start in range(0, len(waiting), _HOSTS):
                part = waiting[start : start + _HOSTS]
                taken = self._take(part)
                held += [host for host in part if host not in taken]
                yield from taken.values()
            waiting = held

    def _take(self, hosts: Sequence[str]) -> dict[str, list[Wanted]]:
        """The pages of those hosts that are ours now and that nobody has looked at meanwhile."""
        with store.writing(self.database) as session:
            taken = holds.take(session, hosts, self.me)
            pages = [page for host in hosts if host in taken for page in self.pages[host]]
            fresh = checks.looked_at_since(session, self.workspace_id, pages, self.since)
            wanted: dict[str, list[Wanted]] = {}
            for host in hosts:
                if host in taken:
                    mine = [page for page in self.pages[host] if page.page_id not in fresh]
                    wanted[host] = [Wanted(page.url, page.validators) for page in mine]
                    self.left[host] = len(mine)
            holds.release(session, [host for host, mine in wanted.items() if not mine], self.me)
        return wanted

    def done(self, session: Session, urls: Sequence[str]) -> None:
        for url in urls:
            self.left[host_of(url)] -= 1
        ended = [host for host in {host_of(url) for url in urls} if self.left[host] == 0]
        holds.release(session, ended, self.me)


def _verdicts(session: Session, world: _World, page_id: int) -> tuple[BrandVerdict, ...]:
    ever = session.exec(
        select(PageLink.brand_id)
        .join(PageCheck, col(PageCheck.id) == col(PageLink.check_id))
        .where(PageCheck.workspace_id == world.workspace_id, PageCheck.page_id == page_id)
        .distinct()
        .order_by(col(PageLink.brand_id))
    )
    return tuple(
        BrandVerdict(
            world.brands[brand], confirm(checks.history(session, world.workspace_id, page_id, brand))
        )
        for brand in ever.all()
        if brand in world.brands
    )
