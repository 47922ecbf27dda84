"""A large run's replies are read in a process of their own: the same rows, no keys there, and nothing lost
with it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine
from sqlmodel import col

from tests.tracker.run.test_jobs import LIMITS, count, prepared, small_catalog, world
from tracker import child, sandbox
from tracker.answers.rows import ReadReply, Unread, pack
from tracker.mentions import BrandNames
from tracker.models import Answer, Ask, Citation, Mention
from tracker.run import jobs, reader
from tracker.run.jobs import Progress
from tracker.run.reader import MANY, Reader

BRANDS = [BrandNames(1, "Norvane", domains=("norvane.com",)), BrandNames(2, "Quellby")]
SECRET = "planted-0a1b2c3d4e5f6071"
HEAD = {"workspace_id": 1, "asked_at": datetime(2026, 3, 3, tzinfo=UTC)}

pytestmark = pytest.mark.skipif(not child.is_worth_it(), reason="one processor: everything is read here")


def reply(text: str) -> Unread:
    message = {"role": "assistant", "content": text}
    body = {
        "id": "c",
        "object": "chat.completion",
        "model": "served",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
    }
    return Unread(pack(json.dumps(body).encode()), HEAD)


REPLIES = [
    *(reply(f"Norvane beats Quellby, says https://example{n}.com/ é漢字.") for n in range(40)),
    reply(""),
    Unread(pack(b'{"cut": '), HEAD),
]


def process_of(reading: Reader) -> psutil.Process:
    """By its number: the system shows a process's words a moment after it has begun."""
    assert reading._child is not None
    return psutil.Process(reading._child.pid)


def read(replies: int, before: Callable[[Reader], None] = lambda _: None) -> list[ReadReply]:
    async def main() -> list[ReadReply]:
        async with Reader(BRANDS, replies=replies) as reading:
            before(reading)
            return await reading.read(REPLIES, {})

    return asyncio.run(main())


def test_a_reply_says_the_same_wherever_it_is_read() -> None:
    beside_this: list[psutil.Process] = []
    here = read(MANY - 1, lambda reading: pytest.fail("a process for few") if reading._child else None)
    beside = read(MANY, lambda reading: beside_this.append(process_of(reading)))
    assert beside == here
    assert [said.problem for said in here[-2:]] == ["empty", "unreadable"]
    assert here[0].rows is not None
    assert [row["brand_id"] for row in here[0].rows.mentions] == [1, 2]
    assert not beside_this[0].is_running()


def test_where_the_reading_process_dies_this_one_reads() -> None:
    assert read(MANY, lambda reading: process_of(reading).kill()) == read(1)


def test_without_a_second_process_this_one_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "command", lambda *_: ["/no/such/interpreter"])
    assert read(MANY) == read(1)


def test_a_reading_given_up_is_not_taken_for_the_next_one() -> None:
    async def main() -> list[ReadReply]:
        async with Reader(BRANDS, replies=MANY) as reader:
            task = asyncio.create_task(reader.read(REPLIES[:2], {}))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await reader.read(REPLIES, {})

    assert asyncio.run(main()) == read(1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc on this system")
def test_the_reading_process_has_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("SMTP_PASSWORD", SECRET)
    seen: list[str] = []

    def look(reading: Reader) -> None:
        process = process_of(reading)
        while not (said := process.environ()):  # it has begun, and its new words are not there yet
            time.sleep(0.01)
        seen.append(repr((said, process.cmdline())))

    read(MANY, look)
    assert "PYTHONPATH" in seen[0]
    assert SECRET not in seen[0]


PARENT = """
import asyncio, sys
from tracker.run.reader import MANY, Reader
async def main():
    async with Reader([], replies=MANY) as reader:
        await reader.read([], {})
        print(reader._child.pid, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_reading_process_ends_with_its_parent_however_that_ends(how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.send_signal(how)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_run_whose_reading_process_dies_ends_whole(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "MANY", 1)
    found = small_catalog(10, 4)
    run_id = prepared(database, found)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if not killed and progress.answered:
            (process,) = [p for p in psutil.Process().children() if "tracker.run.reader" in str(p.cmdline())]
            process.kill()
            killed.append(process.pid)

    with sandbox.Sandbox(world(found)) as url:
        summary = asyncio.run(jobs.execute(database, run_id, LIMITS, sandbox_url=url, on_progress=kill))
    assert killed
    assert summary.state == "done"
    assert count(database, Ask, col(Ask.state) == "answered") == count(database, Answer) == 120
    assert count(database, Citation) > 120
    assert count(database, Mention) > 40
