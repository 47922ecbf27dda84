"""Many pages of many hosts, as they arrive: no worker waits while a host wants its time between requests, nor
while what has arrived is stored.
"""

from __future__ import annotations

import heapq
import math
import queue
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

import can_ada

from tracker.links.web.fetch import Fetched, Fetcher, Refused, Validators

T = TypeVar("T")
WORKERS = 16
_OPEN = 8
"""Hosts for each worker that may be under way at once: most of them wait."""
_TOGETHER = 0.1
"""Seconds in which what arrives is handed on, and stored, together."""


@dataclass(frozen=True, slots=True)
class Wanted:
    url: str
    validators: Validators | None = None


@dataclass(order=True)
class _Host:
    at: float
    """When it may be asked, by the monotonic clock."""
    number: int
    pages: deque[Wanted] = field(compare=False)


def crawl(
    batches: Iterable[Sequence[Wanted]],
    fetcher: Fetcher,
    *,
    at: datetime,
    read: Callable[[Fetched | Refused], T],
    workers: int = WORKERS,
) -> Generator[list[tuple[Wanted, T]], None, None]:
    """Every page once, with what its worker read of it: what has arrived since the last look, and at least
    one. A batch is the pages of one host, and is asked for when workers fall idle; a host gets one request at
    a time.
    """

    def visit(page: Wanted) -> T:
        return read(fetcher.fetch(page.url, at=at, validators=page.validators))

    feed = _Feed(batches, _OPEN * workers)
    with ThreadPoolExecutor(workers) as pool:
        under_way = _UnderWay(pool, workers, feed, visit)
        try:
            while under_way.fill():
                batch: list[tuple[Wanted, T]] = []
                until = math.inf
                while len(batch) < feed.most and time.monotonic() < until and under_way.fill():
                    arrived = under_way.arrived(until)
                    for host, page, task in arrived:
                        feed.back(host, fetcher.free_at(page.url))
                        batch.append((page, task.result()))
                    if batch:
                        until = min(until, time.monotonic() + _TOGETHER)
                if batch:
                    under_way.fill()
                    yield batch
        finally:
            pool.shutdown(cancel_futures=True)


class _UnderWay(Generic[T]):
    """Pages that workers are at."""

    def __init__(
        self, pool: ThreadPoolExecutor, workers: int, feed: _Feed, visit: Callable[[Wanted], T]
    ) -> None:
        self.pool, self.workers, self.feed, self.visit = pool, workers, feed, visit
        self.done: queue.SimpleQueue[tuple[_Host, Wanted, Future[T]]] = queue.SimpleQueue()
        self.running = 0

    def fill(self) -> bool:
        """Give every idle worker a page; whether anything is left to wait for."""
        while self.running < self.workers and (host := self.feed.ready()) is not None:
            page = host.pages.popleft()
            task = self.pool.submit(self.visit, page)
            task.add_done_callback(lambda t, h=host, p=page: self.done.put((h, p, t)))  # type: ignore[misc]
            self.running += 1
        return self.running > 0 or self.feed.pause() is not None

    def arrived(self, until: float) -> list[tuple[_Host, Wanted, Future[T]]]:
        """What is done, or nothing when it is time, or a host may be asked, before anything is."""
        pause = self.feed.pause() if self.running < self.workers else None
        left = max(0.0, until - time.monotonic())
        pause = min(left, math.inf if pause is None else pause)
        pause = None if pause == math.inf else pause
        done = []
        try:
            done.append(self.done.get(timeout=pause))
            while True:
                done.append(self.done.get_nowait())
        except queue.Empty:
            self.running -= len(done)
            return done


class _Feed:
    """Hosts in the order in which they may be asked."""

    def __init__(self, batches: Iterable[Sequence[Wanted]], most: int) -> None:
        self.batches = iter(batches)
        self.most = most
        self.open = 0
        self.number = 0
        self.ended = False
        self.waiting: list[_Host] = []

    def ready(self) -> _Host | None:
        while not (self.waiting and self.waiting[0].at <= time.monotonic()):
            if self.ended or self.open >= self.most:
                return None
            batch = next(self.batches, None)
            if batch is None:
                self.ended = True
            elif batch:
                self.open += 1
                self.number += 1
                heapq.heappush(self.waiting, _Host(-1.0, self.number, deque(batch)))
        return heapq.heappop(self.waiting)

    def pause(self) -> float | None:
        """Seconds until a host may be asked; None where none waits."""
        return max(0.0, self.waiting[0].at - time.monotonic()) if self.waiting else None

    def back(self, host: _Host, at: float) -> None:
        if host.pages:
            host.at = at
            heapq.heappush(self.waiting, host)
        else:
            self.open -= 1


def host_of(url: str) -> str:
    try:
        return str(can_ada.parse(url).hostname)
    except (ValueError, TypeError):
        return url
