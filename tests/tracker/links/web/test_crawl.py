"""Many pages of many hosts at once, against real local servers."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from tests.tracker.links.web.test_fetch import NOW, Route, Site, answer, policy_for
from tracker.links.web.crawl import Wanted, crawl, host_of
from tracker.links.web.fetch import Fetched, Fetcher, Refused


def as_it_is(result: Fetched | Refused) -> Fetched | Refused:
    return result


def test_a_host_gets_one_request_at_a_time_and_hosts_do_not_wait_for_each_other() -> None:
    inside, most, lock = Counter[str](), Counter[str](), threading.Lock()

    def slow(name: str) -> Route:
        def route(connection: socket.socket, _: str) -> None:
            with lock:
                inside[name] += 1
                most[name] = max(most[name], inside[name])
            time.sleep(0.05)
            with lock:
                inside[name] -= 1
            connection.sendall(answer())

        return route

    first, second = Site(), Site()
    with closing(first.socket), closing(second.socket):
        for name, each in (("first", first), ("second", second)):
            each.routes.update({f"/{number}": slow(name) for number in range(5)})
        wanted = [
            Wanted(each.url(f"/{n}", host))
            for n in range(5)
            for each, host in ((first, "a.test"), (second, "b.test"))
        ]
        wanted.append(Wanted("http://10.0.0.1/"))
        fetcher = Fetcher(policy_for(first, second))
        hosts = ("a.test", "b.test", "10.0.0.1")
        batches = [[page for page in wanted if host_of(page.url) == name] for name in hosts]
        results = [
            result for arrived in crawl(batches, fetcher, at=NOW, read=as_it_is) for _, result in arrived
        ]
        assert {result.url for result in results} == {each.url for each in wanted}
        assert most == {"first": 1, "second": 1}
        assert sum(isinstance(result, Refused) for result in results) == 1
        threads = [
            threading.Thread(target=fetcher.fetch, args=(first.url(f"/{n}", "a.test"),), kwargs={"at": NOW})
            for n in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most["first"] == 1


def test_no_worker_waits_while_a_host_wants_its_time() -> None:
    """Six hosts with three pages each, a third of a second apart, and one worker: two pauses, not twelve."""
    site = Site()
    with closing(site.socket):
        names = [f"h{number}.test" for number in range(6)]
        batches = [[Wanted(site.url(f"/{n}", name)) for n in range(3)] for name in names]
        fetcher = Fetcher(policy_for(site, delay_seconds=0.34))
        started = time.monotonic()
        order = [
            page.url
            for arrived in crawl(batches, fetcher, at=NOW, read=as_it_is, workers=1)
            for page, _ in arrived
        ]
        took = time.monotonic() - started
        assert len(set(order)) == 18
        assert [host_of(url) for url in order[:6]] == names
        assert 0.6 < took < 3.0


def test_batches_are_asked_for_as_workers_fall_idle() -> None:
    site = Site()
    asked: list[int] = []

    def batches() -> Iterator[list[Wanted]]:
        for number in range(100):
            asked.append(number)
            yield [Wanted(site.url("/", f"h{number}.test"))]

    with closing(site.socket):
        results = crawl(batches(), Fetcher(policy_for(site)), at=NOW, read=as_it_is, workers=2)
        next(results)
        assert len(asked) < 20
        results.close()
