"""What is queued is told as it is; a run is cancelled once; workers of two versions do not share a queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.run.test_jobs import AT, prepared, small_catalog
from tracker import leases, store
from tracker.errors import StoreError, UsageError
from tracker.models import Ask, AskState, Run, RunState
from tracker.run import claims, queue

NOW = datetime.now(UTC)


def states(database: Engine) -> list[str]:
    with store.reading(database) as session:
        return list(session.exec(select(Run.state).order_by(Run.id)))  # type: ignore[arg-type]


def test_the_depth_is_what_open_runs_have_to_ask(database: Engine) -> None:
    run_id = prepared(database, small_catalog(4, 1, engines=("chat", "perplexity")))
    with store.writing(database) as session:
        for ask in session.exec(select(Ask).where(Ask.repeat == 0).limit(2)):
            ask.not_before = NOW + timedelta(hours=1)
            session.add(ask)
        engine_id = session.exec(select(Ask.engine_id).order_by(Ask.engine_id.desc())).first()  # type: ignore[attr-defined]
    claims.claim(database, run_id, engine_id or 0, me="elsewhere:1:1", limit=3)
    with store.reading(database) as session:
        depth = queue.depth(session)
    assert [each.engine for each in depth] == ["chat", "perplexity"]
    assert sum(each.due for each in depth) == 8 - 2 - 3
    assert sum(each.later for each in depth) == 2
    assert [each.held for each in depth] == [0, 3]
    assert [each.in_flight for each in depth] == [0, 0]
    waited = (datetime.now(UTC) - AT).total_seconds()
    assert all(waited - 60 < each.lag_seconds < waited + 60 for each in depth if each.due)


def test_the_run_that_fewest_are_at_is_taken_first_and_ended_ones_never(database: Engine) -> None:
    first, second, third = (prepared(database, small_catalog(2, 1), key=str(n)) for n in range(3))
    with store.reading(database) as session:
        engine_id = session.exec(select(Ask.engine_id)).first() or 0
    claims.claim(database, first, engine_id, me="elsewhere:1:1", limit=1)
    assert queue.next_run(database, [], simulated=True) == second
    assert queue.next_run(database, [second], simulated=True) == third
    assert queue.next_run(database, [second, third], simulated=True) == first
    assert queue.next_run(database, [], simulated=False) is None, "no sandbox is there to ask"
    queue.cancel(database, second, NOW)
    assert queue.next_run(database, [], simulated=True) == third


def test_what_a_dead_host_left_makes_a_run_one_to_take(database: Engine) -> None:
    run_id = prepared(database, small_catalog(1, 1, engines=("chat",)))
    with store.reading(database) as session:
        engine_id = session.exec(select(Ask.engine_id)).first() or 0
    claims.claim(database, run_id, engine_id, me="elsewhere:1:1", limit=1)
    assert queue.next_run(database, [], simulated=True) is None
    with store.writing(database) as session:
        ask = session.exec(select(Ask)).one()
        ask.lease_until = NOW - timedelta(minutes=1)
        session.add(ask)
    assert queue.next_run(database, [], simulated=True) == run_id


def test_a_run_is_cancelled_while_it_is_open_and_offered_again_when_it_is_resumed(database: Engine) -> None:
    run_id = prepared(database, small_catalog(2, 1))
    assert queue.cancel(database, run_id, NOW) == 6
    assert queue.is_cancelled(database, run_id)
    with pytest.raises(UsageError, match="is cancelled"):
        queue.cancel(database, run_id, NOW)
    with pytest.raises(UsageError, match="no run 99"):
        queue.cancel(database, 99, NOW)
    queue.offer(database, run_id)
    assert states(database) == [RunState.PLANNED]
    with store.writing(database) as session:
        for ask in session.exec(select(Ask)):
            ask.state = AskState.ANSWERED
            session.add(ask)
    queue.cancel(database, run_id, NOW)
    queue.offer(database, run_id)
    assert states(database) == [RunState.CANCELLED], "nothing is left to ask"


def test_workers_of_two_versions_refuse_each_other(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.join(database, "one:1:1")
    queue.join(database, "one:1:1")
    queue.join(database, "two:1:1")
    with store.reading(database) as session:
        assert sorted(each.holder for each in queue.workers(session)) == ["one:1:1", "two:1:1"]
    monkeypatch.setattr(queue, "VERSION", "9.9.9.0099")
    with pytest.raises(StoreError, match="another version"):
        queue.join(database, "new:1:1")
    monkeypatch.undo()
    for name in ("one:1:1", "two:1:1"):
        queue.leave(database, name)
    monkeypatch.setattr(queue, "VERSION", "9.9.9.0099")
    queue.join(database, "new:1:1")


def test_a_worker_that_died_keeps_no_other_version_out(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=-1))
    queue.join(database, "one:1:1")
    monkeypatch.undo()
    monkeypatch.setattr(queue, "VERSION", "9.9.9.0099")
    queue.join(database, "new:1:1")


def test_a_worker_refuses_a_database_of_another_schema(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "VERSIONS", (*store.VERSIONS, "9999"))
    with pytest.raises(StoreError, match="this citelift 9999"):
        queue.join(sqlite_database, "one:1:1")


def test_draining_is_for_all_and_ends(database: Engine) -> None:
    for wanted in (True, True, False, True, False):
        queue.drain(database, wanted)
        with store.reading(database) as session:
            assert queue.is_draining(session) is wanted
