"""Three hosts against one, and hosts that are killed or cut off, on one PostgreSQL.

A host is a network, PID and UTS namespace with a line of its own to the database and to a sandbox that takes
two seconds an answer. `python -m tests.bench fleet -- --asks 20000 --kill-every 60 --cut 60` is the long way.
Needs root. Each line says what became of the asks; whatever breaks a promise ends the benchmark."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import Engine, func, make_url
from sqlmodel import select

from tests.bench import runs
from tests.bench.bench_run import catalog_of, world_of
from tests.tracker.run.hosts import PROGRAM
from tracker import catalog, sandbox, store
from tracker.models import Engine as EngineRow
from tracker.models import Reply
from tracker.run import jobs, plan

GATE = "10.77.0.1"
HERE = "127.0.0.1"
NEAR = """
import asyncio, threading
from tests.bench.bench_fleet import GATE, HERE, forward
lines = forward(HERE, {{{port}: GATE}})
threading.Thread(target=lambda: asyncio.run(lines), daemon=True).start()
"""
"""Simulated engines are only asked at a host's own address: its line to the sandbox begins there."""
PORTS = count(15432)
"""Of the database on the bridge, another for each scene."""
SLOTS = 16
LATENCY = 2.0


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.bench fleet --", description=__doc__)
    reader.add_argument("--asks", type=int, default=400)
    reader.add_argument("--kill-every", type=float, default=10, help="seconds")
    reader.add_argument("--cut", type=float, default=10, help="seconds that a host's line is down")
    given = reader.parse_args()
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    speeds = {}
    for hosts in (1, 3):
        with scene(given.asks) as (database, line):
            finish([line.host(number) for number in range(hosts)])
            speeds[hosts] = speed(database)
            report(f"{hosts} hosts", database, line.url)
    sys.stdout.write(f"{speeds[3] / speeds[1]:.2f} times as fast with three hosts\n")
    with scene(given.asks) as (database, line):
        trouble(database, line, given.kill_every, given.cut)
        report("killed and cut", database, line.url)


def speed(database: Engine) -> float:
    """Answers a second, from the first request on: how long hosts take to start is another matter."""
    with store.reading(database) as session:
        first, last, answers = session.exec(
            select(func.min(Reply.received_at), func.max(Reply.received_at), func.count())
        ).one()
    return float(answers / ((last - first).total_seconds() + LATENCY))


def trouble(database: Engine, line: Lines, every: float, cut: float) -> None:
    """One host dies every so often and another takes its place; one host's line is cut meanwhile."""
    hosts = {number: line.host(number) for number in range(3)}
    runs.wait_for_replies(database, 60, hosts[2])  # all three are at work by then
    line.up(2, False)
    back = time.monotonic() + cut
    following = time.monotonic() + every
    while any(host.poll() is None for host in hosts.values()):
        time.sleep(0.2)
        if back and time.monotonic() > back:
            line.up(2, True)
            back = 0.0
        if time.monotonic() > following and hosts[0].poll() is None:
            hosts[0].send_signal(signal.SIGKILL)
            hosts[0].wait()
            hosts[0] = line.host(0)
            following = time.monotonic() + every
    finish(list(hosts.values()))


def finish(hosts: list[subprocess.Popen[str]]) -> None:
    for host in hosts:
        _, said = host.communicate(timeout=3600)
        if host.returncode:
            sys.exit(said)


def report(name: str, database: Engine, url: str) -> None:
    end = runs.standing(database, url)
    sys.stdout.write(
        f"{name}: {end.answered} answered, {end.maybe_paid} maybe paid, {end.asked_again} requested again, "
        f"{end.failed} failed, {end.unlike} of {end.stored} bodies unlike, books {end.adds_up}\n"
    )
    sys.stdout.flush()
    if end.lost or end.asked_again or end.unlike or end.failed or not end.adds_up:
        sys.exit(f"{name}: a promise is broken")


class Lines:
    """A bridge of this machine, to which each host has a cable; the database and the engine answer there."""

    def __init__(self, database_url: str, engine_url: str) -> None:
        address, engine = make_url(database_url), make_url(engine_url)
        folder = str(address.query["host"])
        self.url = engine_url
        port = next(PORTS)
        self.far_database = address.set(host=GATE, port=port, query={}).render_as_string(hide_password=False)
        self.engine_port = int(engine.port or 0)
        aims = {port: f"{folder}/.s.PGSQL.{address.port or 5432}", self.engine_port: HERE}
        threading.Thread(target=lambda: asyncio.run(forward(GATE, aims)), daemon=True).start()

    def host(self, number: int) -> subprocess.Popen[str]:
        near = f"http://{HERE}:{self.engine_port}"
        program = NEAR.format(port=self.engine_port) + PROGRAM
        inside = f'hostname fleet{number} && exec "$@"'
        words = [sys.executable, "-W", "ignore", "-c", program, self.far_database, near, "48"]
        space = [
            "unshare",
            "--pid",
            "--fork",
            "--uts",
            "--mount-proc",
            "--kill-child",
            "sh",
            "-c",
            inside,
            "sh",
        ]
        return subprocess.Popen(
            ["ip", "netns", "exec", f"fleet{number}", *space, *words, "until_empty", f"slots={SLOTS}"],
            cwd=runs.ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def up(self, number: int, wanted: bool) -> None:
        _ip(f"link set fleet-h{number} {'up' if wanted else 'down'}")


async def forward(listen: str, aims: dict[int, str]) -> None:
    """From these ports of an address to sockets of this machine, or to the same port elsewhere."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while part := await reader.read(65536):
                writer.write(part)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(port: int, path: str) -> None:
        async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            is_file = path.startswith("/")
            near = asyncio.open_unix_connection(path) if is_file else asyncio.open_connection(path, port)
            there, back = await near
            await asyncio.gather(pump(reader, back), pump(there, writer))

        server = await asyncio.start_server(joined, listen, port)
        await server.serve_forever()

    await asyncio.gather(*(serve(port, path) for port, path in aims.items()))


def _ip(words: str, *, check: bool = True) -> None:
    subprocess.run(["ip", *words.split()], check=check, capture_output=True)


@contextmanager
def _cables(hosts: int) -> Iterator[None]:
    try:
        _ip("link add fleet-br type bridge")
        _ip(f"addr add {GATE}/24 dev fleet-br")
        _ip("link set fleet-br up")
        for number in range(hosts):
            _ip(f"netns add fleet{number}")
            _ip(f"link add fleet-h{number} type veth peer name eth0 netns fleet{number}")
            _ip(f"link set fleet-h{number} master fleet-br up")
            _ip(f"-n fleet{number} addr add 10.77.0.{10 + number}/24 dev eth0")
            _ip(f"-n fleet{number} link set eth0 up")
            _ip(f"-n fleet{number} link set lo up")
        yield
    finally:
        for number in range(hosts):
            _ip(f"netns del fleet{number}", check=False)
            _ip(f"link del fleet-h{number}", check=False)
        _ip("link del fleet-br", check=False)


@contextmanager
def scene(asks: int) -> Iterator[tuple[Engine, Lines]]:
    found = catalog_of(asks)
    with _cables(3), runs.server() as server, runs.fresh("postgresql", server) as url:
        database = store.open_database(url)
        with store.writing(database) as session:
            workspace_id = catalog.sync(session, found)
            now = datetime.now(UTC)
            jobs.create_run(session, workspace_id, found, plan.make(found), key="fleet", now=now)
            for row in session.exec(select(EngineRow)):
                row.concurrency = 3 * SLOTS
                session.add(row)
        with sandbox.Sandbox(world_of(found), faults=sandbox.Faults(latency=LATENCY)) as engine_url:
            yield database, Lines(url, engine_url)
        database.dispose()


if __name__ == "__main__":
    main()
