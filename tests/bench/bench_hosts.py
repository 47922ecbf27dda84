"""Two hosts on one PostgreSQL whose clocks are minutes apart: is a lease stolen, is an ask paid twice?

python -m tests.bench.bench_hosts [asks=1800] [apart=300]

Each host is a PID and a network namespace, the database is reached over a cable between them, and one host's
clock is so many seconds ahead of the other's. Once both live to the end, once the one ahead and once the one
behind is killed with -9. Needs root on Linux and a C compiler.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import make_url

from tests.bench import clock
from tests.bench.bench_deaths import (
    CONCURRENCY,
    check,
    fresh,
    server,
    standing,
    wait_for_replies,
    worker,
)
from tests.bench.bench_run import catalog_of, planned, world_of
from tracker import sandbox, store

CABLE = ("10.213.77.1", "10.213.77.2")
RELAY = """
import asyncio, sys

def parts(place):
    host, colon, port = place.rpartition(":")
    return (host, int(port)) if colon else None

async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

async def relay(reader, writer):
    to = sys.argv[2]
    far = await (asyncio.open_connection(*parts(to)) if parts(to) else asyncio.open_unix_connection(to))
    await asyncio.gather(copy(reader, far[1]), copy(far[0], writer))

async def main():
    at = sys.argv[1]
    start = asyncio.start_server(relay, *parts(at)) if parts(at) else asyncio.start_unix_server(relay, at)
    async with await start as server:
        print("up", flush=True)
        await server.serve_forever()

asyncio.run(main())
"""


@dataclass(frozen=True)
class Host:
    network: subprocess.Popen[str]
    """What keeps the namespace."""
    clock: clock.Clock

    @property
    def enter(self) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.network.pid}/ns/net"]

    @property
    def before(self) -> list[str]:
        """What stands before a command that is to run on this host, with process numbers of its own."""
        spaces = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        clocked = [f"{name}={value}" for name, value in self.clock.environment.items()]
        return [*self.enter, *spaces, "env", *clocked]


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has said a line, until the end of the block."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), command
            yield process
        finally:
            process.kill()


@contextmanager
def hosts(apart: int, database: str, engine: str) -> Iterator[tuple[Host, Host]]:
    """Two, with a cable between them. The first has the database's server, an engine is on both."""
    port = engine.rpartition(":")[2]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        lives = ("unshare", "--net", "sh", "-c", "echo up; exec sleep 9999")
        both = [
            Host(stack.enter_context(running(*lives)), clock.made_in(folder, timedelta(seconds=seconds)))
            for seconds in (0, apart)
        ]
        one, two = both
        other = str(two.network.pid)
        _do(*one.enter, "ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", other)
        for host, address in zip(both, CABLE, strict=True):
            _do(*host.enter, "ip", "addr", "add", f"{address}/24", "dev", "cable")
            for device in ("lo", "cable"):
                _do(*host.enter, "ip", "link", "set", device, "up")
        relays = [
            ([], str(folder / "engine"), f"127.0.0.1:{port}"),
            *((host.enter, f"127.0.0.1:{port}", str(folder / "engine")) for host in both),
            (one.enter, f"{CABLE[0]}:5432", database),
        ]
        for enter, at, to in relays:
            stack.enter_context(running(*enter, sys.executable, "-c", RELAY, at, to))
        yield one, two


def _do(*command: str) -> None:
    subprocess.run(command, check=True)


def two_hosts(apart: int, asks: int, running_server: Any, dies: int | None) -> None:
    """`dies`: which of the two is killed when a third of the replies are stored."""
    catalog = catalog_of(asks)
    with fresh("postgresql", running_server) as address, sandbox.Sandbox(world_of(catalog)) as url:
        at = make_url(address)
        socket = f"{at.query['host']}/.s.PGSQL.{at.port or 5432}"
        far = at.set(query={}, host=CABLE[0], port=5432).render_as_string(hide_password=False)
        database = store.open_database(address)
        run_id = planned(database, catalog)
        with hosts(apart, socket, url) as both:
            processes = [worker(far, run_id, url, before=host.before) for host in both]
            wait_for_replies(database, asks // 3, processes[0])
            started = time.monotonic()
            if dies is not None:
                processes[dies].kill()
            ends = [process.communicate() for process in processes]
        seconds = time.monotonic() - started
        end = standing(database, url)
        database.dispose()
    what = "both live" if dies is None else f"the one {('behind', 'ahead')[dies]} killed"
    print(f"clocks {apart} s apart, {what}: {end}; {seconds:.0f} s more", flush=True)
    for number, (out, err) in enumerate(ends):
        assert "Traceback" not in err, err
        assert number == dies or "done" in out or "partial" in out, (out, err)
    check(end, "give_up", asks)
    assert dies is not None or end.maybe_paid == 0, end
    assert end.maybe_paid <= CONCURRENCY, end


def main() -> None:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    if os.name != "posix" or os.getuid() != 0:
        print("not run: it needs root on Linux, for namespaces")
        return
    numbers = dict(word.split("=") for word in sys.argv[1:])
    apart, asks = int(numbers.get("apart", 300)), int(numbers.get("asks", 1800))
    with server() as running_server:
        for dies in (None, 0, 1):
            two_hosts(apart, asks, running_server, dies)


if __name__ == "__main__":
    main()
