"""The queue as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard import command
from tests.tracker.run.test_jobs import prepared, small_catalog
from tracker import store


@pytest.fixture
def url(tmp_path: Path, sqlite_template: bytes) -> str:
    (tmp_path / "x.db").write_bytes(sqlite_template)
    return f"sqlite:///{tmp_path / 'x.db'}"


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = command.run(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_what_is_queued_is_shown_drained_and_cancelled(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--database", url)
    assert "Nothing is to be asked" in typed(capsys, "queue", "show", *where)[1]
    database = store.open_database(url)
    prepared(database, small_catalog(2, 1))
    database.dispose()
    told = json.loads(typed(capsys, "queue", "show", *where, "--json")[1])
    assert [(row["engine"], row["due"]) for row in told["rows"]] == [
        ("anthropic", 2),
        ("chat", 2),
        ("perplexity", 2),
    ]
    assert (told["workers"], told["draining"]) == ([], False)
    assert typed(capsys, "queue", "drain", *where)[0] == 0
    assert "drained" in typed(capsys, "queue", "show", *where)[1]
    assert typed(capsys, "worker", "--until-empty", *where)[0] == 0
    assert typed(capsys, "queue", "resume", *where)[0] == 0
    assert "6 asks left" in typed(capsys, "queue", "cancel", "1", *where)[1]
    code, _, said = typed(capsys, "queue", "cancel", "1", *where)
    assert code == 2
    assert "is cancelled" in said


def test_a_queue_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_QUEUE", "somewhere")
    code, _, said = typed(capsys, "run")
    assert code == 2
    assert "CITELIFT_QUEUE" in said
    assert "'own' or 'workers'" in said
