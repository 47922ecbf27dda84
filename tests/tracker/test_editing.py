"""The catalog's file, the tables and the audit log say the same after a change, or all stay as they were."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tracker import audit, editing, store
from tracker.catalog.lines import Add, Alter, Edit, Remove
from tracker.catalog.writing import Kind
from tracker.errors import CatalogError
from tracker.models import Answer, Brand, Prompt
from tracker.models import Engine as EngineRow

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
FILES = {
    "brands.yaml": "brands:\n  - {name: A, own: true}\n  - {name: B}\n",
    "tracked.yaml": "prompts:\n  - text: best crm?\n",
    "engines.yaml": "engines:\n  - name: chat\n    model: sandbox/chat\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def change(database: Engine, folder: Path, kind: Kind, *edits: Edit) -> int:
    taken = editing.change_catalog(database, folder, kind, lambda _: edits, who="ana", now=NOW)
    return taken.workspace_id


def logged(database: Engine, workspace_id: int) -> list[tuple[object, ...]]:
    with store.reading(database) as session:
        entries = audit.changes(session, workspace_id, 50)
        return [(e.who, e.what, e.subject, e.before, e.after) for e in reversed(entries)]


def test_a_change_stands_in_file_tables_and_log(database: Engine, folder: Path) -> None:
    change(database, folder, "brands", Add(({"name": "C", "domains": ["c.com"]},)))
    change(database, folder, "brands", Alter(2, {"name": "Sea", "aliases": ["C"]}), Remove((1,)))
    change(database, folder, "prompts", Add(({"text": "best erp?", "topic": "erp"},)))
    workspace = change(database, folder, "engines", Alter(0, {"repeats": 4}))
    assert "name: Sea" in (folder / "brands.yaml").read_text("utf-8")
    with store.reading(database) as session:
        assert set(session.exec(select(Brand.name).where(Brand.active))) == {"A", "Sea"}
        assert set(session.exec(select(Prompt.text))) == {"best crm?", "best erp?"}
        assert session.exec(select(EngineRow.repeats)).one() == 4
    assert logged(database, workspace) == [
        ("ana", "brand added", "C", None, {"name": "C", "domains": ["c.com"]}),
        ("ana", "brand changed", "Sea", {"name": "C"}, {"name": "Sea", "aliases": ["C"]}),
        ("ana", "brand removed", "B", {"name": "B"}, None),
        ("ana", "prompt added", "best erp?", None, {"text": "best erp?", "topic": "erp"}),
        ("ana", "engine changed", "chat", {}, {"repeats": "4"}),
    ]


def test_what_the_database_does_not_take_is_not_in_the_file_either(
    sqlite_database: Engine, folder: Path
) -> None:
    workspace = change(sqlite_database, folder, "brands", Add(({"name": "C"},)))
    with store.writing(sqlite_database) as session:
        prompt = Prompt(workspace_id=workspace, key="k", text="q")
        engine = EngineRow(workspace_id=workspace, name="real", model="openai/x")
        session.add_all([prompt, engine])
        session.flush()
        known = {
            "workspace_id": workspace,
            "prompt_id": prompt.id,
            "engine_id": engine.id,
            "model": "openai/x",
        }
        session.add(
            Answer(**known, asked_at=NOW, week=NOW.date(), text="real", fingerprint="f", content_key="c")
        )
    with pytest.raises(CatalogError):
        change(sqlite_database, folder, "engines", Alter(0, {"repeats": 4}))
    assert (folder / "engines.yaml").read_text("utf-8") == FILES["engines.yaml"]
    assert [row[1] for row in logged(sqlite_database, workspace)] == ["brand added"]


def test_a_catalog_is_begun_file_by_file(sqlite_database: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "prompts"

    def begin(kind: Kind, text: str) -> int:
        return editing.begin_catalog(sqlite_database, folder, kind, text, who="ana", now=NOW).workspace_id

    workspace = begin("brands", FILES["brands.yaml"])
    begin("prompts", FILES["tracked.yaml"])
    begin("engines", FILES["engines.yaml"])
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == FILES
    assert [row[1:3] for row in logged(sqlite_database, workspace)] == [
        ("brand added", "A"),
        ("brand added", "B"),
        ("prompt added", "best crm?"),
        ("engine added", "chat"),
    ]
    with pytest.raises(CatalogError, match="is there already"):
        begin("brands", FILES["brands.yaml"])


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        ("brands", "brands:\n  - name: A\n", "catalog.no-own"),
        ("brands", "brands:\n  - {name: A, own: true, domains: [co.uk]}\n", "catalog.public-suffix"),
        ("prompts", "prompts: []\n", "catalog.no-prompts"),
        ("engines", "engines:\n  - {name: x, model: sandbox/nothing}\n", "catalog.model"),
    ],
)
def test_a_beginning_that_is_refused_leaves_no_file(
    sqlite_database: Engine, tmp_path: Path, kind: Kind, text: str, rule: str
) -> None:
    with pytest.raises(CatalogError) as refused:
        editing.begin_catalog(sqlite_database, tmp_path, kind, text, who="ana", now=NOW)
    assert refused.value.rule == rule
    assert list(tmp_path.glob("*.yaml")) == []


def test_a_beginning_that_the_database_does_not_take_leaves_no_file(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    with pytest.raises(CatalogError, match="the file is not there"):
        editing.begin_catalog(sqlite_database, tmp_path, "prompts", FILES["tracked.yaml"], who="ana", now=NOW)
    assert list(tmp_path.glob("*.yaml")) == []
