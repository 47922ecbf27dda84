"""Looks at claimed links against a bare httpx loop over the same pages with the same delays, in one run:
`python -m tests.bench verify`.

Pages of 30 kB, many hosts, a server that answers after a while. The bare loop fetches and throws away; a look
reads robots.txt, parses the page, places its links, finds brands, and stores all of it.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.facts import Facts
from tests.tracker.links.pages.served import LINK, article, prose
from tracker import store
from tracker.links.pages import looking, verify
from tracker.links.web.fetch import Fetcher, Policy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SERVER = """
import asyncio, sys
body = open(sys.argv[1], "rb").read()
seconds = float(sys.argv[2])
end = b"\\r\\nConnection: close\\r\\n\\r\\n"
head = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: %d" + end
none = b"HTTP/1.1 404 Not Found\\r\\nContent-Length: 0" + end
async def serve(reader, writer):
    try:
        asked = await reader.readuntil(b"\\r\\n\\r\\n")
        await asyncio.sleep(seconds)
        writer.write(none if asked.startswith(b"GET /robots") else head % len(body) + body)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def server(folder: Path, seconds: float) -> Iterator[int]:
    page = folder / "page.html"
    page.write_text(article(LINK + "".join(prose(n) for n in range(10))))
    command = [sys.executable, "-c", SERVER, str(page), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def bare(urls: dict[str, list[str]], port: int, delay: float, workers: int) -> float:
    """Every page once; a host's pages one after another with the delay between them."""

    async def host(
        client: httpx.AsyncClient, places: asyncio.Semaphore, name: str, pages: deque[str]
    ) -> None:
        while pages:
            async with places:
                path = pages.popleft()
                url = f"http://127.0.0.1:{port}{path}"
                reply = await client.get(url, headers={"Host": name, "Connection": "close"})
                reply.raise_for_status()
            if pages:
                await asyncio.sleep(delay)

    async def every() -> None:
        places = asyncio.Semaphore(workers)
        limits = httpx.Limits(max_connections=workers, max_keepalive_connections=0)
        async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:
            await asyncio.gather(*(host(client, places, name, deque(paths)) for name, paths in urls.items()))

    began = time.perf_counter()
    asyncio.run(every())
    return time.perf_counter() - began


def looks(folder: Path, urls: dict[str, list[str]], port: int, delay: float, workers: int) -> float:
    database = store.open_database(f"sqlite:///{folder / 'bench.db'}")
    facts = Facts(engines=(), prompts=())
    for name, paths in urls.items():
        for path in paths:
            facts.link(f"http://{name}:{port}{path}", "https://norvane.com/crm")
    facts.store(database)
    policy = Policy(
        "https://norvane.com/bot",
        resolver=lambda host, port: ["127.0.0.1"],
        allowed=frozenset({("127.0.0.1", port)}),
        delay_seconds=delay,
    )
    began = time.perf_counter()
    plan = verify.plan(database, 1, now=NOW, min_age=timedelta(days=30))
    told = looking.look(database, 1, plan.due, Fetcher(policy), at=NOW, workers=workers, claimed=plan.claimed)
    live = sum(state.word == "live" for each in told for state in each.links)
    took = time.perf_counter() - began
    expected = sum(map(len, urls.values()))
    assert live == expected, f"{live} of {expected} links are live"
    return took


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--pages", type=int, default=10_000)
    reader.add_argument("--hosts", type=int, default=1_000)
    reader.add_argument("--delay", type=float, default=1.0, help="seconds between two requests to a host")
    reader.add_argument("--latency", type=float, default=0.2, help="seconds until the server answers")
    reader.add_argument("--workers", type=int, default=32)
    reader.add_argument("--least", type=float, default=0.0, help="fail below this share of the bare loop")
    given = reader.parse_args()
    paths = [f"/p{n}" for n in range(given.pages // given.hosts)]
    urls = {f"site{n}.example": list(paths) for n in range(given.hosts)}
    with tempfile.TemporaryDirectory() as name, server(Path(name), given.latency) as port:
        plain = bare(urls, port, given.delay, given.workers)
        ours = looks(Path(name), urls, port, given.delay, given.workers)
    count = given.hosts * len(paths)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count:,} pages of {given.hosts:,} hosts, {given.workers} at once, {given.delay} s between two")
    print(f"bare httpx  {plain:7.1f} s  {count / plain:6.1f} pages/s")
    print(
        f"looks       {ours:7.1f} s  {count / ours:6.1f} pages/s  {plain / ours:.2f} of it, {memory:.0f} MB"
    )
    return int(plain / ours < given.least)


if __name__ == "__main__":
    sys.exit(main())
