"""One run for one key, whoever plans it at the same moment; and no second bill beside a run that is not
done."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from dashboard import command
from tests.tracker.cli.test_collect import write_catalog
from tests.tracker.run.test_jobs import count, prepared, small_catalog
from tests.tracker.run.workers import CONTEXT
from tracker import store
from tracker.models import Ask, Run, RunState
from tracker.run import claims, jobs


def plan_the_same(address: str) -> int:
    return prepared(store.open_database(address), small_catalog(), "the same")


def test_four_processes_that_plan_the_same_run_plan_it_once(database: Engine, database_url: str) -> None:
    prepared(database, small_catalog(1, 1), "an earlier one")
    with ProcessPoolExecutor(4, mp_context=CONTEXT) as processes:
        assert len(set(processes.map(plan_the_same, [database_url] * 4))) == 1
    assert count(database, Run) == 2
    assert count(database, Ask) == 3 + 60


@pytest.mark.parametrize(
    ("state", "age", "open_asks", "found"),
    [
        (RunState.RUNNING, 0, True, True),
        (RunState.PLANNED, 1, True, True),
        (RunState.CANCELLED, 23, True, True),
        (RunState.CANCELLED, 25, True, False),
        (RunState.BUDGET, 0, True, False),
        (RunState.DONE, 0, False, False),
        (RunState.PARTIAL, 0, False, False),
    ],
)
def test_a_run_that_was_cut_off_within_a_day_is_under_way(
    database: Engine, state: str, age: int, open_asks: bool, found: bool
) -> None:
    run_id = prepared(database, small_catalog(1, 1))
    now = datetime.now(UTC)
    with store.writing(database) as session:
        run = session.get_one(Run, run_id)
        run.state, run.planned_at = state, now - timedelta(hours=age)
        for ask in session.exec(select(Ask)) if not open_asks else ():
            ask.state = "answered"
        session.flush()
        assert (jobs.under_way(session, 1, now) is not None) is found


def test_a_run_that_somebody_works_on_is_under_way_whatever_its_age(database: Engine) -> None:
    run_id = prepared(database, small_catalog(1, 1))
    claims.claim(database, run_id, 1, me="elsewhere:1:1", limit=1)
    with store.reading(database) as session:
        assert jobs.under_way(session, 1, datetime.now(UTC)) is not None


def test_a_second_run_beside_an_open_one_is_refused_unless_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, url = write_catalog(tmp_path), f"sqlite:///{tmp_path / 'x.db'}"

    def run(*words: str) -> int:
        return command.run(["run", "--catalog", str(folder), "--database", url, *words])

    assert run() == 0
    database = store.open_database(url)
    with store.writing(database) as session:
        session.exec(select(Run)).one().state = RunState.CANCELLED
        ask = session.exec(select(Ask)).first()
        assert ask is not None
        ask.state = "planned"
    capsys.readouterr()
    assert run() == 2
    refused = capsys.readouterr().err
    assert "1 asks are open" in refused
    assert "--resume" in refused
    assert count(database, Run) == 1
    assert run("--new") == 0
    assert count(database, Run) == 2
    database.dispose()
