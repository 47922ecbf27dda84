"""Simulated and real answers never pool: refused wherever they would meet, and told where they have met."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import select

from tests.tracker.catalog.test_files import BRANDS, PROMPTS, write
from tests.tracker.cli.calling import invoke
from tracker import catalog, health, settings, store
from tracker.answers import recorded
from tracker.errors import CatalogError
from tracker.models import Ask
from tracker.models import Engine as EngineRow
from tracker.run import jobs, plan

SIMULATED = "engines:\n  - {name: e, model: sandbox/chat, budget_usd: 1}\n"
REAL = "engines:\n  - {name: e, model: openai/gpt-6-luna, budget_usd: 1}\n"
LINE = {"asked_at": "2026-06-01T09:00:00Z", "engine": "x", "prompt": "Best CRM?", "text": "Norvane."}
NOW = datetime(2026, 6, 2, 9, tzinfo=UTC)


def answered(database: Engine, folder: Path, engines: str) -> int:
    """A run of these engines that was answered, as far as the tables say."""
    found = catalog.load(write(folder, engines=engines))
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found)
        jobs.create_run(session, workspace_id, found, plan.make(found), key=engines, now=NOW)
        session.connection().execute(update(Ask).values(state="answered"))
    return workspace_id


def record(database: Engine, folder: Path, workspace_id: int) -> None:
    (folder / "answers.jsonl").write_text(json.dumps(LINE) + "\n")
    recorded.import_answers(
        database, workspace_id, folder / "answers.jsonl", now=datetime(2026, 11, 27, tzinfo=UTC)
    )


@pytest.mark.parametrize(("first", "then"), [(SIMULATED, REAL), (REAL, SIMULATED)])
def test_a_workspace_that_was_asked_in_one_world_is_not_asked_in_the_other(
    database: Engine, tmp_path: Path, first: str, then: str
) -> None:
    answered(database, tmp_path, first)
    other = catalog.load(write(tmp_path, engines=then))
    with (
        store.writing(database) as session,
        pytest.raises(CatalogError, match=r"(?s)must not enter.*--workspace NAME.*--database URL"),
    ):
        catalog.sync(session, other)
    with store.writing(database) as session:
        assert catalog.sync(session, other, workspace="another") != catalog.sync(
            session, catalog.load(write(tmp_path, engines=first))
        )


def test_a_verb_that_asks_nobody_goes_on_and_leaves_the_engines_as_they_were(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    workspace_id = answered(sqlite_database, tmp_path, REAL)
    starter = catalog.load(write(tmp_path, engines=SIMULATED))
    with store.writing(sqlite_database) as session:
        assert catalog.sync(session, starter, need="brands") == workspace_id
        assert [e.model for e in session.exec(select(EngineRow))] == ["openai/gpt-6-luna"]


def test_what_was_never_answered_binds_nobody(sqlite_database: Engine, tmp_path: Path) -> None:
    answered(sqlite_database, tmp_path, SIMULATED)
    with store.writing(sqlite_database) as session:
        session.connection().execute(update(Ask).values(state="failed"))
        catalog.sync(session, catalog.load(write(tmp_path, engines=REAL)))


def test_recorded_answers_are_real_ones(sqlite_database: Engine, tmp_path: Path) -> None:
    workspace_id = answered(sqlite_database, tmp_path, SIMULATED)
    with pytest.raises(CatalogError, match="holds simulated answers, and real ones must not"):
        record(sqlite_database, tmp_path, workspace_id)
    with store.writing(sqlite_database) as session:
        other = catalog.ensure_workspace(session, "other")
    record(sqlite_database, tmp_path, other)
    with store.writing(sqlite_database) as session, pytest.raises(CatalogError, match="holds real answers"):
        catalog.sync(session, catalog.load(tmp_path), workspace="other")


def test_a_catalog_of_both_is_refused_with_its_line(tmp_path: Path) -> None:
    both = REAL + "  - {name: s, model: sandbox/chat}\n"
    with pytest.raises(CatalogError, match=r"engines.yaml:3: simulated engines \(s\) stand beside real ones"):
        catalog.load(write(tmp_path, engines=both))


def test_check_and_plan_say_what_has_met_and_what_would_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-0123456789")
    own = settings.load(catalog=tmp_path, database_url=f"sqlite:///{tmp_path}/x.db")
    database = store.open_database(own.database_url)
    workspace_id = answered(database, tmp_path, SIMULATED)
    assert "engine.mixed" not in {p.id for p in health.check(own).problems}
    write(tmp_path, engines=REAL)
    assert "engine.mixed" in {p.id for p in health.check(own).errors}
    with pytest.raises(CatalogError, match="must not enter"):
        health.plan_for(own)
    with store.writing(database) as session:
        session.connection().execute(update(Ask).values(state="planned"))
    record(database, tmp_path, workspace_id)
    with store.writing(database) as session:
        session.connection().execute(update(Ask).values(state="answered"))
    (told,) = [p for p in health.check(own).errors if p.id == "answers.mixed"]
    assert told.where == "workspace default"
    with pytest.raises(CatalogError, match="together"):
        health.plan_for(own)
    database.dispose()


def test_run_refuses_before_anything_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-0123456789")
    url = f"sqlite:///{tmp_path}/x.db"
    database = store.open_database(url)
    answered(database, tmp_path, SIMULATED)
    database.dispose()
    write(tmp_path, BRANDS, PROMPTS, REAL)
    done = invoke("run", "--catalog", tmp_path, "--database", url)
    assert isinstance(done.exception, CatalogError) or done.exit_code == 2
    assert "must not enter" in f"{done.output}{done.exception}"
