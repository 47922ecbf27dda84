"""Many pages of many hosts, as they arrive: no worker waits while a host wants its time between requests."""

from __future__ import annotations

import heapq
import queue
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import can_ada

from tracker.links.web.fetch import Fetched, Fetcher, Refused, Validators

WORKERS = 16
_OPEN = 8
"""Hosts for each worker that may be under way at once: most of them wait."""


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


_Done = tuple[_Host, Wanted, Future[Fetched | Refused]]


def crawl(
    batches: Iterable[Sequence[Wanted]], fetcher: Fetcher, *, at: datetime, workers: int = WORKERS
) -> Iterator[list[tuple[Wanted, Fetched | Refused]]]:
    """Every page once, with what came of it: what has arrived since the last look, and at least one. A batch
    is the pages of one host, and is asked for when workers fall idle; a host gets one request at a time.
    """
    feed = _Feed(batches, _OPEN * workers)
    done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
    running = 0
    with ThreadPoolExecutor(workers) as pool:
        try:
            while True:
                while running < workers and (host := feed.ready()) is not None:
                    page = host.pages.popleft()
                    task = pool.submit(fetcher.fetch, page.url, at=at, validators=page.validators)
                    task.add_done_callback(lambda t, h=host, p=page: done.put((h, p, t)))  # type: ignore[misc]
                    running += 1
                pause = feed.pause() if running < workers else None
                if not running and pause is None:
                    return
                arrived = _arrived(done, pause)
                running -= len(arrived)
                for host, page, _ in arrived:
                    feed.back(host, fetcher.free_at(page.url))
                if arrived:
                    yield [(page, task.result()) for _, page, task in arrived]
        finally:
            pool.shutdown(cancel_futures=True)


def _arrived(done: queue.SimpleQueue[_Done], seconds: float | None) -> list[_Done]:
    found: list[_Done] = []
    try:
        found.append(done.get(timeout=seconds))
        while True:
            found.append(done.get_nowait())
    except queue.Empty:
        return found


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
