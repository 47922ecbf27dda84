"""Google's grounding links → the publisher's page behind each, asked of Google's own host and of nobody else.

A grounded answer cites addresses on one redirecting host, and they do not live for ever: they are resolved
right after the answer and kept. Only that host is contacted, over HTTPS, with HEAD; where it points to is
stored as text and never fetched.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Engine as Database

from tracker import citations, domains, store
from tracker.answers import redirects
from tracker.engines import sending
from tracker.engines.simulated import is_sandbox
from tracker.models import Redirect
from tracker.run.work import Work

log = logging.getLogger("citelift.run")
HOME = "https://vertexaisearch.cloud.google.com"
PATH = "/grounding-api-redirect/"
TIMEOUT = 4.0
CONCURRENCY = 24
LONGEST = 4_000


@dataclass(frozen=True)
class Resolved:
    url: str
    target: str | None
    status: int | None
    """0 where there was nothing to ask for or to find; None where the host did not answer: such a link is
    tried again when it is met again."""


class Redirects:
    """`home` is another address in tests; simulated answers are never looked up at the real one."""

    def __init__(self, home: str = HOME, *, timeout: float = TIMEOUT) -> None:
        self.home, self.timeout = home, timeout
        self.slots = asyncio.Semaphore(CONCURRENCY)

    def apply_to(self, model: str) -> bool:
        return self.home != HOME or not is_sandbox(model)

    async def targets(self, work: Work, urls: Set[str]) -> Mapping[str, str]:
        """Redirect → target for every one of these links whose target is known or can be found."""
        if not urls:
            return {}
        seen = await work.db(partial(_load, work.database, urls))
        settled = {row.url for row in seen if row.status is not None}
        fresh = await asyncio.gather(*(self.resolve(url) for url in urls - settled))
        if fresh:
            await work.db(partial(_save, work.database, fresh))
            lost = sum(one.target is None for one in fresh)
            log.info("redirects", extra={**work.about, "resolved": len(fresh) - lost, "unresolved": lost})
        targets = {row.url: row.target for row in seen} | {one.url: one.target for one in fresh}
        return {url: target for url, target in targets.items() if target}

    async def resolve(self, url: str) -> Resolved:
        address = self._address(url)
        if address is None:
            return Resolved(url, None, 0)
        async with self.slots:
            try:
                async with asyncio.timeout(self.timeout):
                    reply = await sending.client().head(address, follow_redirects=False, timeout=self.timeout)
            except httpx.InvalidURL:
                return Resolved(url, None, 0)  # it leads to something that is no address
            except (httpx.HTTPError, TimeoutError):
                return Resolved(url, None, None)
        return Resolved(url, _target(reply), None if reply.status_code in {429, 503} else reply.status_code)

    def _address(self, url: str) -> str | None:
        """The link on its trusted host, built anew from path and query: no port, user or scheme of its
        own."""
        parts = urlsplit(url)
        if not citations.is_redirect(url) or not parts.path.startswith(PATH) or len(url) > LONGEST:
            return None
        return f"{self.home}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _target(reply: httpx.Response) -> str | None:
    location = reply.headers.get("location", "")
    if reply.status_code not in {301, 302, 303, 307, 308} or citations.is_redirect(location):
        return None
    address = domains.try_parse(location)
    return location if address is not None and address.domain and len(location) <= LONGEST else None


def _load(database: Database, urls: Iterable[str]) -> list[Redirect]:
    with store.reading(database) as session:
        return redirects.known(session, urls)


def _save(database: Database, resolved: Sequence[Resolved]) -> None:
    now = datetime.now(UTC)
    with store.writing(database) as session:
        redirects.save(session, [{**asdict(one), "checked_at": now} for one in resolved])
