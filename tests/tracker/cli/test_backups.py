"""Upgrading, moving and forgetting as they are typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command as alembic
from sqlalchemy import text

from dashboard import command
from tracker import store
from tracker.access import people
from tracker.forget import forgetting
from tracker.models import Event, Workspace

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = command.run(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_an_upgrade_is_looked_at_before_it_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    code, _, said = typed(capsys, "upgrade", "--check", "--database", url)
    assert code == 1
    assert "there is no database" in said
    assert not (tmp_path / "old.db").exists()
    old = store.open_database(url, migrate=False)
    alembic.upgrade(store.alembic_config(old), "0004")
    code, said, _ = typed(capsys, "upgrade", "--check", "--database", url, "--json")
    told = json.loads(said)
    assert (code, told["schema"], told["wanted"]) == (3, "0004", store.VERSIONS[-1])
    assert [step["version"] for step in told["steps"]] == list(store.VERSIONS[4:])
    assert store.schema_versions(old)[0] == "0004"
    assert typed(capsys, "upgrade", "--database", url)[0] == 0
    assert typed(capsys, "upgrade", "--check", "--database", url)[0] == 0
    old.dispose()


@pytest.fixture
def url(tmp_path: Path, sqlite_template: bytes) -> str:
    (tmp_path / "x.db").write_bytes(sqlite_template)
    url = f"sqlite:///{tmp_path / 'x.db'}"
    database = store.open_database(url)
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="acme"))
        session.flush()
        session.add(Event(workspace_id=1, at=NOW, kind="pr", title="acme wins"))
        people.add(session, "Wendelin", "a long password", role="admin", workspaces=None, who="x", now=NOW)
    database.dispose()
    return url


def test_an_export_is_brought_in_elsewhere(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, elsewhere = str(tmp_path / "out"), f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert typed(capsys, "export", out, "--database", url, "--workspace", "acme")[0] == 0
    code, said, _ = typed(capsys, "import", "export", out, "--database", elsewhere, "--json")
    assert code == 0
    assert {"table": "event", "rows": 1} in json.loads(said)["rows"]
    code, _, said = typed(capsys, "import", "export", out, "--database", elsewhere)
    assert code == 2
    assert "has a workspace already" in said


def test_nothing_is_forgotten_without_a_yes_and_the_receipt_is_a_file(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "x.log"
    log.write_text('{"who": "Wendelin"}\n{"who": "ana"}\n')
    monkeypatch.setenv("CITELIFT_LOG", str(log))
    words = ("forget", "person", "wendelin", "--database", url)
    code, _, said = typed(capsys, *words)
    assert code == 2
    assert "nothing was forgotten" in said
    receipt = tmp_path / "receipt.json"
    assert typed(capsys, *words, "--yes", "--receipt", str(receipt))[0] == 0
    assert log.read_text() == '{"who": "ana"}\n'
    told = json.loads(receipt.read_text())
    assert forgetting.is_of(told, "Wendelin")
    assert told["files"] == [str(log)]
    assert typed(capsys, "forget", "workspace", "acme", "--yes", "--database", url, "--json")[0] == 0
    database = store.open_database(url)
    with database.connect() as connection:
        assert connection.scalar(text("select count(*) from event")) == 0
        said = connection.execute(text("select group_concat(what || subject) from auditentry")).scalar()
    assert "acme" not in said
    database.dispose()
    assert b"wendelin" not in (tmp_path / "x.db").read_bytes().lower()
    assert b"acme" not in (tmp_path / "x.db").read_bytes().lower()
