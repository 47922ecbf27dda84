"""How long each page takes to show something useful, at 10,000 and 1,000,000 answers with 200,000 links.

    python -m tests.bench.bench_pages [--folder build/worlds] [--most 1000000] [--page NAME …]

The worlds are made once in the folder; results of earlier runs are taken out of them first. For each: the
real server, Chromium, and the first useful paint (a heading and something under it) of every page before
anything is computed; then, once the process beside the server has computed what pages show by themselves, of
a server that was just started (cold) and again (warm), with the server's own CPU seconds; then twenty
sessions at once. Exit code 1 where a limit is missed; a busy machine misses them."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dashboard.places import PLACES
from dashboard.server import free_port
from tests.bench import large
from tests.bench.runs import MAIN, ROOT
from tracker import store

PAGES = ("home", *(place.name for place in PLACES if place.tab and place.name != "home"))
OPENED = {"source": "source?d=site3.com", "rival": "rival?name=Brand1", "prompt": "prompt?id=7"}
SMALL, SESSIONS = 10_000, 20
WARM, COLD, TOGETHER, GROWTH, MEMORY = 2.0, 5.0, 3.0, 2.0, 1024.0
USEFUL = """() => document.querySelector('h1') && document.querySelector(
  '.cl-tiles, .cl-cards, .cl-box, .cl-refused, .cl-computing, .cl-empty, table.stack, '
  + '[data-testid="stForm"], [data-testid="stVegaLiteChart"], [data-testid="stExpander"]')"""
WHOLE = """() => document.querySelector('[data-testid="stApp"]')?.getAttribute('data-test-script-state')
  === 'notRunning' && document.querySelector('h1')"""


@dataclass(frozen=True)
class Visit:
    paint: float
    whole: float
    cpu: float
    waits: int
    """Lines that say something is being computed."""


@dataclass(frozen=True)
class Server:
    url: str
    pid: int
    """Of the web server."""

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peaks(self) -> list[float]:
        """Megabytes at most: the server's, and those of the processes it started."""
        mine = [self.pid, *_children(self.pid)]
        found = (re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in mine)
        return [int(each[1]) / 1024 for each in found if each]


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(child) for each in threads for child in each.read_text().split())


@contextmanager
def served(address: str, log: Path) -> Iterator[Server]:
    port = free_port("127.0.0.1", 0)
    words = ["dashboard", "--database", address, "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=out, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if "Dashboard:" in line:
                break
        try:
            yield Server(f"http://localhost:{port}", _children(process.pid)[0])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def visit(browser: Any, server: Server, page: str) -> Visit:
    address = OPENED.get(page, "" if page == "home" else page)
    view = browser.new_page(viewport={"width": 1440, "height": 900})
    before, began = server.cpu(), time.perf_counter()
    view.goto(f"{server.url}/{address}", wait_until="commit")
    view.wait_for_function(USEFUL, timeout=180_000)
    paint = time.perf_counter() - began
    view.wait_for_function(WHOLE, timeout=180_000)
    whole = time.perf_counter() - began
    found = Visit(paint, whole, server.cpu() - before, view.locator(".cl-computing").count())
    view.close()
    return found


def computed(address: str) -> int:
    """Results that are there."""
    database = store.open_database(address, read_only=True)
    with store.reading(database) as session:
        count = text("select count(*) from computed where version is not null")
        found = int(session.connection().execute(count).scalar_one())
    database.dispose()
    return found


def standing(address: str) -> int:
    """How many results pages show by themselves, each with what it rests on."""
    os.environ["CITELIFT_DATABASE_URL"] = address
    from dashboard.data import standing as wanted
    from dashboard.data.opened import every_workspace

    return sum(len(wanted.standing(workspace)) for workspace in every_workspace())


def forget(address: str) -> None:
    database = store.open_database(address)
    with store.writing(database) as session:
        session.connection().execute(text("delete from computed"))
    database.dispose()


async def together(server: Server) -> list[float]:
    """Seconds until the page's script is through, of sessions that begin at once."""
    pages = [PAGES[i % len(PAGES)] for i in range(SESSIONS)]
    return list(await asyncio.gather(*(session(server, page) for page in pages)))


async def session(server: Server, page: str) -> float:
    """A session without a browser: what one sends to see a page."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.asyncio.client import connect

    began = time.perf_counter()
    address = f"{server.url.replace('http', 'ws')}/_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], max_size=None, proxy=None) as socket:  # type: ignore[list-item]
        ask = BackMsg()
        ask.rerun_script.page_name = "" if page == "home" else page
        ask.rerun_script.context_info.url = f"{server.url}/{page}"
        await socket.send(ask.SerializeToString())
        async for frame in socket:
            told = ForwardMsg()
            told.ParseFromString(frame if isinstance(frame, bytes) else frame.encode())
            if told.WhichOneof("type") == "script_finished":
                break
    return time.perf_counter() - began


def measure(folder: Path, answers: int, pages: list[str], browser: Any) -> dict[str, Visit]:
    address = large.made(folder, answers)
    log = folder / "server.log"
    forget(address)
    print(f"{answers:,} answers", flush=True)
    with served(address, log) as server:
        for page in pages:
            seen = visit(browser, server, page)
            told(page, "nothing computed", seen)
        wanted = standing(address)
        began = time.perf_counter()
        while computed(address) < wanted and time.perf_counter() - began < 1800:
            time.sleep(2)
        took = time.perf_counter() - began
        print(f"  {computed(address)} results after {took:.0f} s more; peaks {peaks(server)}", flush=True)
    warm: dict[str, Visit] = {}
    with served(address, log) as server:
        for page in pages:
            seen = visit(browser, server, page)
            told(page, "cold", seen)
            missed(page, "cold", seen.paint, COLD)
            warm[page] = visit(browser, server, page)
            told(page, "warm", warm[page])
            missed(page, "warm", warm[page].paint, WARM)
        with ThreadPoolExecutor(1) as apart:  # where Playwright has no loop of its own
            waited = statistics.median(apart.submit(lambda: asyncio.run(together(server))).result())
        print(f"  {SESSIONS} sessions at once: median {waited:.2f} s; peaks {peaks(server)}", flush=True)
        missed("all", f"{SESSIONS} sessions", waited, TOGETHER)
        missed("all", "megabytes of the server", server.peaks()[0], MEMORY)
    return warm


MISSED: list[str] = []


def missed(page: str, what: str, found: float, limit: float) -> None:
    if found > limit:
        MISSED.append(f"{page}, {what}: {found:.2f} (limit {limit:g})")


def told(page: str, what: str, seen: Visit) -> None:
    waits = f", {seen.waits} being computed" if seen.waits else ""
    paint = f"paint {seen.paint:.2f} s, whole {seen.whole:.2f} s, server {seen.cpu:.2f} CPU s"
    print(f"  {page:<12} {what:<16} {paint}{waits}", flush=True)


def peaks(server: Server) -> str:
    return ", ".join(f"{each:.0f} MB" for each in server.peaks())


def main() -> int:
    from playwright.sync_api import sync_playwright

    reader = argparse.ArgumentParser(prog="python -m tests.bench.bench_pages", description=__doc__)
    reader.add_argument("--folder", type=Path, default=ROOT / "build" / "worlds")
    reader.add_argument("--most", type=int, choices=sorted(large.SIZES)[1:], default=1_000_000)
    reader.add_argument("--page", action="append", choices=[*PAGES, *OPENED])
    chosen = reader.parse_args()
    pages = chosen.page or [*PAGES, *OPENED]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        few = measure(chosen.folder, SMALL, pages, browser)
        many = measure(chosen.folder, chosen.most, pages, browser)
        browser.close()
    for page in pages:
        ratio = many[page].cpu / max(few[page].cpu, 0.01)
        print(f"  {page}: server {few[page].cpu:.2f} → {many[page].cpu:.2f} CPU s, {ratio:.1f} ×")
        missed(page, "growth of server time", ratio, GROWTH)
    print("\n".join(["limits missed:", *MISSED] if MISSED else ["every limit kept"]))
    return int(bool(MISSED))


if __name__ == "__main__":
    sys.exit(main())
