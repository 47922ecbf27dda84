"""Every statement of the frames says the same on SQLite, on PostgreSQL, and on DuckDB over an export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from analysis import frames
from tests.analysis.frames import every
from tests.dashboard import worlds
from tests.facts import week
from tests.tracker.cli.test_backups import typed
from tracker import exports, parquet, store
from tracker.answers import rollups
from tracker.errors import CiteliftError

SCOPES = [frames.Scope(), frames.Scope(first=week(1).date(), last=week(2).date())]


def made(database: Engine) -> Engine:
    worlds.small(database)
    with store.writing(database) as session:
        rollups.rebuild(session, 1)
    return database


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Path:
    """Of a database of SQLite."""
    folder = tmp_path_factory.mktemp("exported")
    (folder / "x.db").write_bytes(sqlite_template)
    database = made(store.open_database(f"sqlite:///{folder / 'x.db'}"))
    exports.export(database, folder / "out", workspace_id=1)
    database.dispose()
    return folder


@pytest.fixture(scope="module")
def on_duckdb(exported: Path) -> dict[str, str]:
    return every.digests(parquet.open_export(exported / "out"), 1, SCOPES)


def test_an_export_says_what_the_database_says(database: Engine, on_duckdb: dict[str, str]) -> None:
    found = every.digests(made(database), 1, SCOPES)
    assert {name for name in found if found[name] != on_duckdb.get(name)} == set()
    assert len(found) == len(on_duckdb) > 150


def test_verbs_take_their_numbers_from_it_where_the_setting_says_so(
    exported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = (
        "--database",
        f"sqlite:///{exported / 'x.db'}",
        "--catalog",
        "none",
        "--workspace",
        "ws1",
        "--json",
    )
    verbs = ("visibility", "sources", "lift", "changes")
    there = [typed(capsys, verb, *where)[:2] for verb in verbs]
    monkeypatch.setenv("CITELIFT_ANALYSIS", f"parquet:{exported / 'out'}")
    nowhere = ("--database", "sqlite:///nowhere.db", *where[2:])
    assert [typed(capsys, verb, *nowhere)[:2] for verb in verbs] == there
    assert there[0][0] == 0
    for wrong in ("spark:local", "parquet:", "duck"):
        monkeypatch.setenv("CITELIFT_ANALYSIS", wrong)
        code, _, said = typed(capsys, "visibility", *where)
        assert code == 2
        assert "parquet:DIR" in said


def test_what_is_no_export_is_refused(exported: Path, tmp_path: Path) -> None:
    told = json.loads((exported / "out" / exports.MANIFEST).read_text())
    cases = {
        "is no export": None,
        "of schema 0001": told | {"schema": "0001"},
        "lacks answer": told | {"tables": [each for each in told["tables"] if each["table"] != "answer"]},
        "no Parquet file": told,
        "cannot be read": {"tables": 3},
    }
    for number, (says, manifest) in enumerate(cases.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        if manifest is not None:
            (folder / exports.MANIFEST).write_text(json.dumps(manifest))
        if says == "lacks answer":
            for file in (exported / "out").glob("*.parquet"):
                (folder / file.name).symlink_to(file)
        with pytest.raises(CiteliftError, match=says):
            parquet.open_export(folder)
