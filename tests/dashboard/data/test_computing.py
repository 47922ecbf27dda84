"""What pages show is what is computed directly, is computed once, and is of the facts as they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import col, select, update

from analysis import packing
from dashboard import data
from dashboard.data import computing, worker
from dashboard.data.computing import KEPT, KeptJob, settled
from dashboard.data.standing import standing
from tests.dashboard.worlds import WORLDS
from tests.facts import Facts, week
from tests.shared import ROOT
from tracker import child, events, store
from tracker.models import Brand, Computed, DomainClass, Prompt, Run, RunState

SITE = "https://techdaily.com/a/0"


@pytest.fixture
def workspace(database: Engine, monkeypatch: pytest.MonkeyPatch) -> data.OpenWorkspace:
    return filled(database, "links that moved", monkeypatch)


@pytest.fixture
def small(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> data.OpenWorkspace:
    return filled(sqlite_database, "a small world", monkeypatch)


def filled(database: Engine, world: str, monkeypatch: pytest.MonkeyPatch) -> data.OpenWorkspace:
    WORLDS[world](database)
    monkeypatch.setenv("CITELIFT_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.chdir(Path(database.url.database or "x").parent if database.name == "sqlite" else ROOT)
    return data.open_workspace(None, "")


def direct(job: KeptJob) -> bytes:
    """Computed now, whatever is kept."""
    value = KEPT[job.name].function(job.workspace, *job.arguments)
    return packing.pack(packing.unpack(packing.pack(value)))  # Arrow has units of time of its own


def rows(workspace: data.OpenWorkspace) -> dict[str, tuple[str | None, datetime | None]]:
    wanted = select(Computed.name, Computed.version, Computed.made_at)
    with store.reading(data.database(workspace)) as session:
        return {name: (version, at) for name, version, at in session.exec(wanted).all()}


def test_what_is_kept_is_what_is_computed_directly(workspace: data.OpenWorkspace) -> None:
    jobs = standing(workspace)
    assert len(jobs) > 12
    for job in jobs:
        settled(job)
    computing._HAND._known.clear()
    for job in jobs:
        there = computing.newest(job)
        assert there is not None
        assert there.version == job.version
        assert packing.pack(there.value) == direct(job), job.name
    assert {job.name for job in jobs} <= set(rows(workspace))


@pytest.mark.parametrize(
    "other",
    [
        {"o": "dashboard.data.ladder:Ladder", "f": []},
        {"o": "dashboard.data.ladder:Gone", "f": []},
        {"o": "analysis.gone:Ladder", "f": [1]},
    ],
)
def test_what_a_program_of_other_results_kept_is_computed_anew(
    small: data.OpenWorkspace, other: dict[str, object]
) -> None:
    scope = data.whole(small, data_scope(small))
    assert data.computed(data.ladder, small, scope, patience=60) is not None
    body = zlib.compress(json.dumps(other).encode())
    with store.writing(data.opened.writable(small.url, small.file)) as session:
        session.connection().execute(update(Computed).values(body=body, version="older"))
    computing._HAND._known.clear()
    found = data.computed(data.ladder, small, scope, patience=60)
    assert found is not None
    assert found.current


def test_a_page_that_asks_twice_computes_once(small: data.OpenWorkspace) -> None:
    scope = data.whole(small, data_scope(small))
    found = data.computed(data.ladder, small, scope, patience=60)
    assert found is not None
    assert found.current
    before = rows(small)
    computing._HAND._known.clear()
    again = data.computed(data.ladder, small, scope, patience=0)
    assert again is not None, "it is read, and nothing is asked for"
    assert packing.pack(again.value) == packing.pack(found.value)
    assert rows(small) == before


def test_who_may_only_read_computes_for_itself(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    if database.name != "postgresql":
        pytest.skip("a file is read-only by its rights, which root does not heed")
    workspace = filled(database, "a small world", monkeypatch)
    with database.begin() as connection:
        name = connection.execute(text("select current_database()")).scalar_one()
        connection.execute(text(f'alter database "{name}" set default_transaction_read_only = on'))
    try:
        job = data.lift.job(workspace, data.whole(workspace, data_scope(workspace)))
        assert packing.pack(settled(job).value) == direct(job)
        assert rows(workspace) == {}
    finally:
        with database.begin() as connection:
            connection.execute(text("set transaction read write"))
            connection.execute(text(f'alter database "{name}" reset default_transaction_read_only'))


def data_scope(workspace: data.OpenWorkspace):  # type: ignore[no-untyped-def]
    from analysis.frames import Scope

    first, last = data.window(workspace, None)
    return Scope(first=first, last=last)


# --- what makes it be computed anew, and what does not -----------------------------------------------------


def an_answer(database: Engine) -> None:
    facts = Facts(prompts=["another"], first_answer=90_000)
    facts.rows.clear()
    with store.writing(database) as session:
        key = session.exec(select(Prompt.id)).first()
        engine = session.connection().execute(text("select min(id) from engine")).scalar_one()
        facts.prompt_ids, facts.engine_ids = {"another": int(key or 0)}, {"alpha": int(engine)}
        facts.answer("another", at=week(1), named=["Norvane"], cited=[SITE])
        facts.store_in(session)


def a_link(database: Engine) -> None:
    facts = Facts()
    facts.rows.clear()
    facts.link_import(77, vendor="another")
    facts.link("https://techdaily.com/new", "https://norvane.com/", first=week(1), imported=77)
    facts.store(database)


def a_class(database: Engine) -> None:
    with store.writing(database) as session:
        key = session.connection().execute(text("select min(id) from domain")).scalar_one()
        session.add(DomainClass(workspace_id=1, domain_id=int(key), kind="community"))


def a_brand_of_another_name(database: Engine) -> None:
    with store.writing(database) as session:
        session.connection().execute(update(Brand).where(col(Brand.own)).values(name="Norvana"))


def a_topic(database: Engine) -> None:
    with store.writing(database) as session:
        first = select(Prompt.id).order_by(col(Prompt.id)).limit(1).scalar_subquery()
        session.connection().execute(update(Prompt).where(col(Prompt.id) == first).values(topic="new"))


def an_event(database: Engine) -> None:
    with store.writing(database) as session:
        note = events.checked("A story", kind="pr", at=week(0), now=datetime.now(UTC))
        events.add(session, 1, note, who="Ana", now=datetime.now(UTC))


def a_run(database: Engine) -> None:
    moment = week(9)
    with store.writing(database) as session:
        session.add(Run(workspace_id=1, key="k", planned_at=moment, asked_for=moment, state=RunState.DONE))


@pytest.mark.parametrize(
    ("happens", "anew"),
    [
        (an_answer, True),
        (a_link, True),
        (a_class, True),
        (a_brand_of_another_name, True),
        (a_topic, True),
        (an_event, False),
        (a_run, False),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_a_result_is_of_the_facts_as_they_are(
    small: data.OpenWorkspace, sqlite_database: Engine, happens: Callable[[Engine], None], anew: bool
) -> None:
    scope = data.whole(small, data_scope(small))
    before = settled(data.lift.job(small, scope))
    happens(sqlite_database)
    now = data.open_workspace(None, "")
    assert (now.version != small.version) is anew
    job = data.lift.job(now, scope)
    after = settled(job)
    assert (after.made_at != before.made_at) is anew
    assert packing.pack(after.value) == direct(job)


def test_the_older_result_is_shown_while_a_newer_one_is_computed(
    small: data.OpenWorkspace, sqlite_database: Engine
) -> None:
    scope = data.whole(small, data_scope(small))
    before = settled(data.lift.job(small, scope))
    an_answer(sqlite_database)
    now = data.open_workspace(None, "")
    older = data.computed(data.lift, now, scope, patience=0)
    assert older is not None
    assert (older.current, older.made_at) == (False, before.made_at)
    newer = data.computed(data.lift, now, scope, patience=60)
    assert newer is not None
    assert newer.current
    assert newer.value.answers == before.value.answers + 1


# --- processes ------------------------------------------------------------

DIES = """
import sys, time
from dashboard import data
from dashboard.data import computing
from analysis import packing
import base64
job = packing.unpack(base64.b64decode(sys.argv[1]))
data.lift.function = lambda *_: time.sleep(600)
computing.settled(job)
"""


def encoded(job: KeptJob) -> str:
    import base64

    return base64.b64encode(packing.pack(job)).decode()


def test_of_a_process_killed_while_it_computes_another_takes_over(small: data.OpenWorkspace) -> None:
    job = data.lift.job(small, data.whole(small, data_scope(small)))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", DIES, encoded(job)], env=environment)
    try:
        while data.progress(data.lift, small, *job.arguments) is None:
            assert process.poll() is None
            time.sleep(0.05)
        assert computing.newest(job) is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert data.progress(data.lift, small, *job.arguments) is None
    assert packing.pack(settled(job).value) == direct(job)


@pytest.fixture
def beside() -> Iterator[worker.InAnotherProcess]:
    found = worker.InAnotherProcess()
    yield found
    found.end()


def test_a_worker_that_is_killed_is_followed_by_another_which_computes_what_waits(
    small: data.OpenWorkspace, beside: worker.InAnotherProcess
) -> None:
    job = data.lift.job(small, data.whole(small, data_scope(small)))
    first = beside.pid
    future = beside(job)
    os.kill(first, signal.SIGKILL)
    found = future.result(120)
    assert beside.pid != first
    assert packing.pack(found.value) == direct(job)
    (made,) = [at for name, (_, at) in rows(small).items() if name == job.name]
    assert made is not None


def test_what_is_cached_is_imported_without_a_remark() -> None:
    program = "import dashboard.drawers, dashboard.logged, dashboard.data.worker"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=child.environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
