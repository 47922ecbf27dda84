"""A paid reply that the database would not take is kept in a file, and picked up by the next start."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from tests.tracker.run.test_jobs import execute, prepared, server, small_catalog, url
from tests.tracker.run.test_mend import BODY, bodies, money_adds_up, outcome
from tracker import leases, sandbox, store
from tracker.answers.rows import unpack
from tracker.models import Ask
from tracker.run import claims
from tracker.run.spill import Spill, folder_for, left_over

__all__ = ["server", "url"]


def test_what_was_written_comes_back_and_a_line_that_was_cut_off_does_not(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    run_id = prepared(sqlite_database, small_catalog(3, 1, engines=("chat",)))
    asks = claims.claim(sqlite_database, run_id, 1, me="a:1:", limit=3).asks
    spill = Spill(tmp_path / "unsaved", run_id, "a:1:")
    written = [outcome(ask, BODY) for ask in asks]
    spill.append(written)
    with spill.path.open("a") as file:
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
    folder = folder_for(sqlite_database.url)
    Spill(folder, run_id, dead).append([outcome(ask, BODY)])
    assert execute(sqlite_database, run_id, url).tally.states == {"answered": 3}
    assert server.counters()["requests"] == 2
    assert unpack(bodies(sqlite_database)[ask.id]) == BODY
    assert left_over(folder, run_id) == []
    money_adds_up(sqlite_database)
