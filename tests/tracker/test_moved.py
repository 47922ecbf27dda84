"""An export brought in elsewhere is the same database: each file of a second export has the same digest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.facts import week
from tests.tracker.forget.test_forgetting import filled
from tracker import exports, moved, store
from tracker.answers import rollups
from tracker.errors import DataError, UsageError
from tracker.models import Event

__all__ = ["filled"]
NOT_THERE = {"lease", "setting", "enginepace"}


def other(tmp_path: Path) -> Engine:
    return store.open_database(f"sqlite:///{tmp_path / 'elsewhere.db'}")


@pytest.mark.parametrize("workspace", [None, 2])
def test_there_and_back_is_the_same_by_digest(filled: Engine, tmp_path: Path, workspace: int | None) -> None:
    first = exports.export(filled, tmp_path / "out", workspace_id=workspace)
    elsewhere = other(tmp_path)
    counts = moved.bring_in(elsewhere, tmp_path / "out")
    again = exports.export(elsewhere, tmp_path / "again", workspace_id=workspace)
    hashes = {each.table: each.sha256 for each in first if each.table not in NOT_THERE}
    assert {each.table: each.sha256 for each in again if each.table not in NOT_THERE} == hashes
    assert counts["answer"] == next(each.rows for each in first if each.table == "answer") > 10
    with elsewhere.connect() as connection:
        for key in [workspace] if workspace else [1, 2]:
            assert rollups.fresh(connection, key)
    elsewhere.dispose()


def test_what_is_brought_in_goes_on_being_written(database: Engine, tmp_path: Path) -> None:
    """New rows get numbers after those that came, on both databases."""
    source = other(tmp_path)
    with store.writing(source) as session:
        session.connection().exec_driver_sql("insert into workspace (id, name) values (7, 'w')")
        session.add(Event(id=40, workspace_id=7, at=week(1), kind="pr", title="came"))
    exports.export(source, tmp_path / "out", workspace_id=7)
    source.dispose()
    moved.bring_in(database, tmp_path / "out")
    with store.writing(database) as session:
        event = Event(workspace_id=7, at=week(2), kind="pr", title="after")
        session.add(event)
        session.flush()
        assert event.id == 41


def test_what_is_none_or_not_whole_is_refused(sqlite_database: Engine, tmp_path: Path) -> None:
    with store.writing(sqlite_database) as session:
        session.connection().exec_driver_sql("insert into workspace (id, name) values (1, 'w')")
    exports.export(sqlite_database, tmp_path / "good", workspace_id=1)
    exports.export(sqlite_database, tmp_path / "part", workspace_id=1, only=["event"])
    for name in ("older", "damaged", "lost", "climbing"):
        shutil.copytree(tmp_path / "good", tmp_path / name)
    told = json.loads((tmp_path / "good" / exports.MANIFEST).read_text())
    (tmp_path / "older" / exports.MANIFEST).write_text(json.dumps(told | {"schema": "0001"}))
    (tmp_path / "damaged" / "event.parquet").write_bytes(b"x")
    (tmp_path / "lost" / "event.parquet").unlink()
    climbing = [each | {"file": "../good/" + each["file"]} for each in told["tables"]]
    (tmp_path / "climbing" / exports.MANIFEST).write_text(json.dumps(told | {"tables": climbing}))
    elsewhere = other(tmp_path)
    cases = (
        ("nothing", UsageError, "no export"),
        ("part", UsageError, "lacks"),
        ("older", UsageError, "schema 0001"),
        ("damaged", DataError, "not what was exported"),
        ("lost", DataError, "not there"),
        ("climbing", UsageError, "no Parquet file of the folder"),
    )
    for name, kind, word in cases:
        with pytest.raises(kind, match=word):
            moved.bring_in(elsewhere, tmp_path / name)
    with pytest.raises(UsageError, match="has a workspace already"):
        moved.bring_in(sqlite_database, tmp_path / "good")
    moved.bring_in(elsewhere, tmp_path / "good")
    elsewhere.dispose()
