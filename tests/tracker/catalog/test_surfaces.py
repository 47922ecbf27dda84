"""Answers of two surfaces under one engine name: they never enter one rate."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import update
from sqlmodel import select

from tests.tracker.run.test_jobs import small_catalog
from tracker import catalog, store
from tracker.answers import recorded
from tracker.catalog.surfaces import split
from tracker.models import Answer, Engine

CATALOG = small_catalog(engines=("chat",))


def line(text: str, **more: Any) -> str:
    row = {"asked_at": "2026-05-04T09:00:00Z", "engine": "chat", "prompt": "Which CRM?", "text": text, **more}
    return json.dumps(row)


def synced(database: Database, surface: Any = "api") -> int:
    entry = replace(CATALOG.engines[0], model="openai/gpt-6-luna", surface=surface)
    with store.writing(database) as session:
        return catalog.sync(session, replace(CATALOG, engines=(entry,)))


def imported(database: Database, workspace_id: int, tmp_path: Path, *lines: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("\n".join(lines), "utf-8")
    recorded.import_answers(database, workspace_id, file, now=datetime.now(UTC))


def held(database: Database) -> dict[str, tuple[str, bool, list[str]]]:
    with store.reading(database) as session:
        engines = {e.id: e for e in session.exec(select(Engine))}
        found: dict[str, tuple[str, bool, list[str]]] = {
            e.name: (e.surface, e.active, []) for e in engines.values()
        }
        for answer in session.exec(select(Answer).order_by(Answer.id)):  # type: ignore[arg-type]
            assert answer.surface == engines[answer.engine_id].surface
            found[engines[answer.engine_id].name][2].append(answer.text)
        return found


def test_an_imported_answer_of_another_surface_is_another_engines(
    sqlite_database: Database, tmp_path: Path
) -> None:
    workspace_id = synced(sqlite_database)
    lines = (
        line("a", surface="api"),
        line("b", surface="consumer"),
        line("c", engine="CHAT", surface="consumer"),
    )
    imported(sqlite_database, workspace_id, tmp_path, *lines)
    assert held(sqlite_database) == {
        "chat": ("api", True, ["a"]),
        "chat (consumer)": ("consumer", True, ["b", "c"]),
    }


def test_an_import_that_does_not_say_a_surface_means_the_engines(
    sqlite_database: Database, tmp_path: Path
) -> None:
    workspace_id = synced(sqlite_database, "consumer")
    imported(sqlite_database, workspace_id, tmp_path, line("a"), line("b", engine="other"))
    assert held(sqlite_database) == {"chat": ("consumer", True, ["a"]), "other": ("api", True, ["b"])}


def test_an_engine_that_moves_to_another_surface_leaves_its_answers_behind_and_finds_them_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    workspace_id = synced(sqlite_database)
    imported(sqlite_database, workspace_id, tmp_path, line("a"))
    synced(sqlite_database, "consumer")
    imported(sqlite_database, workspace_id, tmp_path, line("b"))
    assert held(sqlite_database) == {"chat": ("consumer", True, ["b"]), "chat (api)": ("api", False, ["a"])}
    synced(sqlite_database)
    imported(sqlite_database, workspace_id, tmp_path, line("c"))
    assert held(sqlite_database) == {
        "chat": ("api", True, ["a", "c"]),
        "chat (consumer)": ("consumer", False, ["b"]),
    }


def test_an_engine_without_answers_just_moves(sqlite_database: Database) -> None:
    synced(sqlite_database)
    synced(sqlite_database, "consumer")
    assert held(sqlite_database) == {"chat": ("consumer", True, [])}


def test_answers_that_were_pooled_once_are_taken_apart(sqlite_database: Database, tmp_path: Path) -> None:
    workspace_id = synced(sqlite_database)
    imported(sqlite_database, workspace_id, tmp_path, line("a"), line("b"))
    with store.writing(sqlite_database) as session:
        session.connection().execute(update(Answer).where(Answer.text == "b").values(surface="serp"))  # type: ignore[arg-type]
        assert split(session, workspace_id) == 1
        assert split(session, workspace_id) == 0
    assert held(sqlite_database) == {"chat": ("api", True, ["a"]), "chat (serp)": ("serp", True, ["b"])}
