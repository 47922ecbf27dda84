"""A paid reply that the database would not take is kept in a file, and picked up by the next start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.tracker.run.test_jobs import execute, prepared, small_catalog
from tests.tracker.run.test_mend import BODY, bodies, money_adds_up, outcome
from tracker import leases, sandbox, store
from tracker.answers.rows import unpack
from tracker.models import Ask
from tracker.run import claims, jobs, spill, work
from tracker.run.spill import Spill, folders_for, left_over


def test_what_was_written_comes_back_and_a_line_that_was_cut_off_does_not(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    run_id = prepared(sqlite_database, small_catalog(3, 1, engines=("chat",)))
    asks = claims.claim(sqlite_database, run_id, 1, me="a:1:", limit=3).asks
    spill = Spill((tmp_path / "unsaved",), run_id, "a:1:")
    written = [outcome(ask, BODY) for ask in asks]
    spill.append(written)
    with spill.paths[0].open("a") as file:
        file.write('{"holder": "a:1:", "ask": {"id"')
    assert spill.take() == written


def test_the_next_start_stores_what_a_dead_process_could_not(
    sqlite_database: Engine, url: str, server: sandbox.Sandbox
) -> None:
    run_id = prepared(sqlite_database, small_catalog(3, 1, engines=("chat",)))
    machine, pid, started = leases.holder().rsplit(":", 2)
    dead = f"{machine}:{pid}:{int(started or 0) + 1}"
    (ask,) = claims.claim(sqlite_database, run_id, 1, me=dead, limit=1).asks
    with store.writing(sqlite_database) as session:
        session.get_one(Ask, ask.id).sent_at = leases.now(session)
    folders = folders_for(sqlite_database.url)
    Spill(folders, run_id, dead).append([outcome(ask, BODY)])
    assert execute(sqlite_database, run_id, url).tally.states == {"answered": 3}
    assert server.counters()["requests"] == 2
    assert unpack(bodies(sqlite_database)[ask.id]) == BODY
    assert left_over(folders, run_id) == []
    money_adds_up(sqlite_database)


NO_END = 2**30
Grow = Callable[[int], None]


@pytest.fixture
def may_grow(sqlite_database: Engine) -> Grow:
    """How many pages the file may have from now on, as if the disk had room for no more."""
    limit = NO_END

    def grow(pages: int) -> None:
        nonlocal limit
        with sqlite_database.connect() as connection:
            limit = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + pages

    @event.listens_for(sqlite_database, "checkout")
    def limited(connection: object, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit}")  # type: ignore[attr-defined]

    return grow


@pytest.mark.parametrize("beside", [True, False])
def test_a_disk_that_stays_full_costs_no_reply(
    sqlite_database: Engine,
    url: str,
    server: sandbox.Sandbox,
    may_grow: Grow,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    beside: bool,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(work, "PATIENCE", 0.3)
    folders = folders_for(sqlite_database.url)
    if not beside:
        folders[0].write_text("no folder: the disk of the database takes nothing more")
    run_id = prepared(sqlite_database, small_catalog(20, 2, engines=("chat",)))
    may_grow(3)
    with pytest.raises(OperationalError, match="full"):
        execute(sqlite_database, run_id, url)
    (kept,) = left_over(folders, run_id)
    assert kept.path.parent == folders[0 if beside else 1]
    may_grow(NO_END)
    assert execute(sqlite_database, run_id, url).tally.states == {"answered": 40}
    assert server.counters()["answered_more_than_once"] == 0
    assert spill.kept_files(folders) == []
    money_adds_up(sqlite_database)


def test_replies_past_the_bound_of_memory_wait_in_a_file_and_are_stored_when_there_is_room(
    sqlite_database: Engine,
    url: str,
    server: sandbox.Sandbox,
    may_grow: Grow,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(spill, "MEMORY", 1)
    run_id = prepared(sqlite_database, small_catalog(50, 4, engines=("chat",)))
    may_grow(3)
    room = threading.Timer(3, may_grow, [NO_END])
    room.start()
    with caplog.at_level(logging.WARNING, "citelift.run"):
        assert execute(sqlite_database, run_id, url).tally.states == {"answered": 200}
    room.join()
    events = [record.message for record in caplog.records]
    assert {"database away", "replies kept in a file", "database back"} <= set(events)
    assert server.counters()["answered_more_than_once"] == 0
    assert spill.kept_files(folders_for(sqlite_database.url)) == []
    money_adds_up(sqlite_database)


def test_where_no_file_takes_replies_the_run_still_ends_with_what_befell_the_database(
    sqlite_database: Engine, url: str, may_grow: Grow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(work, "PATIENCE", 0.2)
    monkeypatch.setattr(spill, "folders_for", lambda _: (tmp_path / "citelift.db" / "no folder",))
    run_id = prepared(sqlite_database, small_catalog(20, 2, engines=("chat",)))
    may_grow(3)
    with pytest.raises(OperationalError, match="full"):
        execute(sqlite_database, run_id, url)


def test_what_a_file_keeps_of_a_run_that_has_nothing_left_to_ask_is_stored_too(
    sqlite_database: Engine,
) -> None:
    """As after another process gave the ask up as paid for."""
    run_id = prepared(sqlite_database, small_catalog(1, 1, engines=("chat",)))
    dead = "elsewhere:1:1"
    (ask,) = claims.claim(sqlite_database, run_id, 1, me=dead, limit=1).asks
    with store.writing(sqlite_database) as session:
        row = session.get_one(Ask, ask.id)
        row.sent_at, row.lease_until = leases.now(session), leases.now(session) - leases.LEASE
    assert claims.recover(sqlite_database, run_id, "other:2:2").given_up == 1
    file = Spill(folders_for(sqlite_database.url), run_id, leases.holder())
    file.append([outcome(ask, BODY)])
    assert jobs.mend_stored(sqlite_database, 1) == 1
    assert unpack(bodies(sqlite_database)[ask.id]) == BODY
    with store.reading(sqlite_database) as session:
        assert session.get_one(Ask, ask.id).state == "answered"
    money_adds_up(sqlite_database)
