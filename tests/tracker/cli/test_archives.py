"""Archiving as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.dashboard import worlds
from tests.tracker.cli.test_backups import typed
from tracker import store

BRANDS = "workspace: ws1\nkeep: {{{keep}}}\nbrands: [{{name: Norvane, own: true, domains: [norvane.com]}}]\n"


@pytest.fixture
def where(tmp_path: Path, sqlite_template: bytes) -> tuple[str, ...]:
    (tmp_path / "x.db").write_bytes(sqlite_template)
    url = f"sqlite:///{tmp_path / 'x.db'}"
    database = store.open_database(url)
    worlds.small(database)
    database.dispose()
    return "--database", url, "--catalog", str(tmp_path), "--workspace", "ws1"


def test_weeks_go_and_come_back_as_the_catalog_says(
    where: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = typed(capsys, "archive", "run", *where)
    assert code == 2
    assert "keep: {database_weeks: 26}" in said
    before = typed(capsys, "visibility", "--json", *where)[1]
    (tmp_path / "brands.yaml").write_text(BRANDS.format(keep="database_weeks: 2"))
    code, said, _ = typed(capsys, "archive", "run", "--json", *where)
    assert code == 0
    assert [each["rows"]["answer"] for each in json.loads(said)["weeks"]] == [18] * 6
    code, said, _ = typed(capsys, "archive", "list", "--json", *where)
    told = json.loads(said)
    assert told["folder"] == str(tmp_path / "x.db.archive")
    assert len(told["weeks"]) == 6
    assert all(each["bytes"] > 0 for each in told["weeks"])
    assert typed(capsys, "visibility", "--json", *where)[1] == before
    code, said, _ = typed(capsys, "archive", "restore", "2026-03-02", *where)
    assert code == 0
    assert "18 answers" in said
    assert typed(capsys, "visibility", "--json", *where)[1] == before
    assert "no day" in typed(capsys, "archive", "restore", "May", *where)[2]
    assert "not archived" in typed(capsys, "archive", "restore", "2026-03-02", *where)[2]
    code, said, _ = typed(capsys, "reread", *where)
    assert "Read 18 answers again" in said
    assert "5 archived weeks" in said


def test_what_is_no_longer_kept_is_deleted_and_counts_stay(
    where: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(capsys, "archive", "run", "--weeks", "2", *where)
    before = typed(capsys, "visibility", "--json", *where)[1]
    (tmp_path / "brands.yaml").write_text(BRANDS.format(keep="answers_weeks: 3"))
    code, said, _ = typed(capsys, "archive", "run", *where)
    assert code == 0
    assert "108 answers" in said
    assert typed(capsys, "visibility", "--json", *where)[1] == before
    assert "deleted" in typed(capsys, "archive", "list", *where)[1]


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        ("database_weeks: 0", "from 1 to 5000"),
        ("replies_weeks: 9, answers_weeks: 3", "replies_weeks is more than answers_weeks"),
        ("weeks: 3", "weeks"),
    ],
)
def test_a_keep_that_cannot_be_is_refused(
    where: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], keep: str, says: str
) -> None:
    (tmp_path / "brands.yaml").write_text(BRANDS.format(keep=keep))
    code, _, said = typed(capsys, "archive", "run", *where)
    assert code == 2
    assert says in said
