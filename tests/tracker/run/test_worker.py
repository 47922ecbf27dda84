"""Hosts that share one database: each ask ends once, whoever dies; limits hold over all of them."""

from __future__ import annotations

import asyncio
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, text
from sqlmodel import col, select

from tests.tracker.run.hosts import Host
from tests.tracker.run.test_jobs import LIMITS, prepared, small_catalog
from tracker import sandbox, store
from tracker.answers.rows import read_body, unpack
from tracker.models import Answer, Ask, EnginePace, Ledger, Reply, Run, RunState
from tracker.models import Engine as EngineRow
from tracker.run import queue
from tracker.run.worker import QueueWorker, follow

pytestmark = pytest.mark.usefixtures("loopback_allowed")


def told(database: Engine, statement: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def check_books(database: Engine) -> None:
    """The ledger is the sum of the asks, nothing is set aside, and every stored body reads as its answer."""
    assert told(database, "select sum(spent_micros), sum(reserved_micros) from ledger") == told(
        database, "select sum(spent_micros), 0 from ask"
    )
    with store.reading(database) as session:
        assert session.exec(select(func.sum(Ask.reserved_micros))).one() == 0
        bodies = session.exec(
            select(Reply.body, Answer.text).join(Answer, col(Answer.ask_id) == Reply.ask_id)
        )
        read = [(read_body(unpack(body)).text, words) for body, words in bodies]
    assert all(found == words for found, words in read)
    assert told(database, "select count(*) from answer") == [(len(read),)]


def states(database: Engine) -> dict[str, int]:
    return {str(s): int(str(n)) for s, n in told(database, "select state, count(*) from ask group by state")}


async def until(stop: asyncio.Event, worker: QueueWorker, seen: object) -> None:
    """Work until `seen()` is true, then stop."""
    working = asyncio.create_task(worker.work(stop))
    while not await asyncio.to_thread(seen):  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
    stop.set()
    await working


def test_a_worker_brings_every_planned_run_to_its_end(database: Engine, url: str) -> None:
    for number in range(3):
        prepared(database, small_catalog(2, 1), key=str(number))
    ended: list[int] = []
    worker = QueueWorker(database, LIMITS, 2, url, lambda summary: ended.append(summary.run_id))
    asyncio.run(worker.work(asyncio.Event(), until_empty=True))
    assert sorted(ended) == [1, 2, 3]
    assert told(database, "select distinct state from run") == [("done",)]
    assert states(database) == {"answered": 18}
    check_books(database)
    with store.reading(database) as session:
        assert queue.workers(session) == []


def test_a_worker_that_is_told_to_end_leaves_the_rest_to_the_others(
    database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(database, small_catalog(10, 4, engines=("chat",)))
    server.set_faults(sandbox.Faults(latency=0.2))
    first = QueueWorker(database, replace(LIMITS, concurrency=2), 2, url)
    asyncio.run(until(asyncio.Event(), first, lambda: states(database).get("answered", 0) > 3))
    with store.reading(database) as session:
        assert session.get_one(Run, run_id).state == RunState.RUNNING
    assert 3 < states(database)["answered"] < 40
    assert set(states(database)) == {"answered", "planned"}
    server.set_faults(sandbox.Faults())
    asyncio.run(QueueWorker(database, LIMITS, 2, url).work(asyncio.Event(), until_empty=True))
    assert states(database) == {"answered": 40}
    assert server.counters()["answered_more_than_once"] == 0
    check_books(database)


def test_cancelling_cuts_off_what_is_in_flight_within_five_seconds(
    database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(database, small_catalog(10, 2, engines=("chat",)))
    server.set_faults(sandbox.Faults(latency=60))
    took: list[float] = []

    async def main() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(QueueWorker(database, LIMITS, 2, url).work(stop))
        flying = "select count(*) from ask where sent_at is not null"
        while await asyncio.to_thread(told, database, flying) == [(0,)]:
            await asyncio.sleep(0.05)
        began = time.monotonic()
        await asyncio.to_thread(queue.cancel, database, run_id, datetime.now(UTC))
        while "claimed" in await asyncio.to_thread(states, database):
            await asyncio.sleep(0.05)
        took.append(time.monotonic() - began)
        stop.set()
        await working

    asyncio.run(main())
    assert took[0] < 5
    found = states(database)
    assert found["planned"] > 0
    assert told(database, "select distinct reason from ask where state = 'failed'") == [("maybe paid",)]
    assert told(database, "select state from run") == [("cancelled",)]
    check_books(database)


def test_a_host_has_no_more_in_flight_than_its_slots(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    prepared(sqlite_database, small_catalog(6, 2, engines=("chat",)))
    server.set_faults(sandbox.Faults(latency=0.1))
    worker = QueueWorker(sqlite_database, replace(LIMITS, slots=3), 2, url)
    asyncio.run(worker.work(asyncio.Event(), until_empty=True))
    assert states(sqlite_database) == {"answered": 12}
    assert server.counters()["in_flight_high_water"] == 3


def test_a_drained_queue_gives_nothing_out_until_it_is_resumed(database: Engine, url: str) -> None:
    prepared(database, small_catalog(2, 1))
    queue.drain(database, True)

    async def main() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(QueueWorker(database, LIMITS, 2, url).work(stop))
        await asyncio.sleep(1.5)
        assert states(database) == {"planned": 6}
        await asyncio.to_thread(queue.drain, database, False)
        while states(database) != {"answered": 6}:
            await asyncio.sleep(0.1)
        stop.set()
        await working

    asyncio.run(main())


def test_who_planned_a_run_sees_how_workers_bring_it_to_its_end(database: Engine, url: str) -> None:
    run_id = prepared(database, small_catalog(2, 2))
    seen: list[int] = []

    async def main() -> str:
        working = asyncio.create_task(QueueWorker(database, LIMITS, 2, url).work(stop := asyncio.Event()))
        looking = follow(
            database, run_id, on_progress=lambda p: seen.append(p.answered), stop=asyncio.Event()
        )
        summary = await looking
        stop.set()
        await working
        return str(summary.state)

    assert asyncio.run(main()) == "done"
    assert seen[-1] == 12


def test_looking_on_ends_and_the_run_goes_on(sqlite_database: Engine) -> None:
    run_id = prepared(sqlite_database, small_catalog(2, 1))
    stop = asyncio.Event()
    stop.set()
    summary = asyncio.run(follow(sqlite_database, run_id, stop=stop))
    assert summary.state == RunState.PLANNED
    assert summary.tally.open == 6


@pytest.mark.parametrize("policy", ["give_up", "ask_again"])
def test_three_hosts_and_one_is_killed(
    postgres_url: str, url: str, server: sandbox.Sandbox, policy: str
) -> None:
    """One of three dies with requests in flight; nobody helps. Under `give_up` no ask is requested twice;
    never are more in flight than the engine's row allows over all hosts."""
    database = store.open_database(postgres_url)
    prepared(database, small_catalog(12, 6, engines=("chat",)))
    with store.writing(database) as session:
        row = session.exec(select(EngineRow)).one()
        row.after_crash, row.concurrency = policy, 9
        session.add(row)
    server.set_faults(sandbox.Faults(latency=0.5))
    hosts = [Host(f"h{n}", postgres_url, url) for n in range(3)]
    unended = "select count(*) from ask where state = 'claimed' and sent_at is not null and claimed_by = "
    try:
        while states(database).get("answered", 0) < 6 or told(database, f"{unended}'{hosts[0].holder}'") == [
            (0,)
        ]:
            time.sleep(0.05)
        hosts[0].send(signal.SIGKILL)
        maybe = [host.end() for host in hosts[1:]]
    finally:
        for host in hosts:
            host.process.kill()
    assert maybe == ["", ""]
    counted = server.counters()
    found = states(database)
    assert sum(found.values()) == 72
    assert counted["in_flight_high_water"] <= 9
    assert told(database, "select state from run")[0][0] in {"done", "partial"}
    if policy == "give_up":
        assert counted["asked_again"] == 0
        assert found["failed"] >= 1
        assert told(database, "select distinct reason from ask where state = 'failed'") == [("maybe paid",)]
    else:
        assert found == {"answered": 72}
        assert 1 <= int(str(counted["asked_again"])) <= 9
    check_books(database)
    with store.reading(database) as session:
        assert session.exec(select(func.count()).select_from(EnginePace)).one() == 1
        assert session.exec(select(Ledger)).one().spent_micros > 0
    database.dispose()


def test_a_host_that_slept_past_its_lease_counts_nothing_twice(
    postgres_url: str, url: str, server: sandbox.Sandbox
) -> None:
    database = store.open_database(postgres_url)
    prepared(database, small_catalog(8, 4, engines=("chat",)))
    server.set_faults(sandbox.Faults(latency=0.3))
    asleep, awake = Host("asleep", postgres_url, url), None
    try:
        while states(database).get("answered", 0) < 4:
            time.sleep(0.05)
        asleep.send(signal.SIGSTOP)
        awake = Host("awake", postgres_url, url)
        assert awake.end() == ""
        asleep.send(signal.SIGCONT)
        assert asleep.end() == ""
    finally:
        for host in filter(None, (asleep, awake)):
            host.process.kill()
    found = states(database)
    assert sum(found.values()) == 32
    assert set(found) <= {"answered", "failed"}
    assert server.counters()["asked_again"] == 0
    check_books(database)
    database.dispose()
