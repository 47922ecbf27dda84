"""The typed client, and its three notebooks-as-scripts: run as they stand, and right."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from sqlalchemy import Engine

from analysis import visibility
from analysis.client import workspace
from tests.dashboard import worlds
from tests.shared import ROOT
from tracker import store
from tracker.errors import CiteliftError
from tracker.models import OwnCount

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite:///{tmp_path_factory.mktemp('client') / 'small.db'}"
    database = store.open_database(made)
    worlds.small(database)
    with store.writing(database) as session:
        row = {"workspace_id": 1, "day": worlds.week(1).date(), "url": "norvane.com/crm", "hits": 7}
        session.add(OwnCount(step="visited", agent="ChatGPT", **row))
        session.add(OwnCount(step="crawled", agent="GPTBot", proof="forged", **row))
    database.dispose()
    return made


def run(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    monkeypatch.setenv("CITELIFT_DATABASE_URL", url)
    runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def test_there_are_three() -> None:
    assert [path.name for path in EXAMPLES] == ["own_site.py", "sources.py", "visibility.py"]


def test_the_rates_of_a_script_are_those_of_the_verb(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run("visibility.py", url, monkeypatch, capsys)
    with workspace(url) as (database, world):
        own = next(row for row in visibility.table(database, world) if row.own).rates["mention_rate"]
    assert own.estimate is not None
    assert any(line.startswith(f"Norvane: {own.estimate:.3f} (") and f"n = {own.n})" in line for line in said)
    assert any(line.startswith("mention_rate: ") for line in said)
    assert sum(line.endswith(" 8") or line[:2] == "20" for line in said) >= 6


def test_sources_and_what_is_next(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run("sources.py", url, monkeypatch, capsys)
    assert any(line.startswith("techdaily.com: ") and "exposed" in line for line in said)
    assert any("cited in" in line and "gain" in line for line in said)


def test_the_own_site_and_the_tables(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run("own_site.py", url, monkeypatch, capsys)
    assert any(
        line.startswith("norvane.com/crm ") and '"visited": 7' in line and "7 forged" in line for line in said
    )
    assert any(line.startswith("ChatGPT 7 7") for line in said)
    assert any(line.startswith("owncount 2 ['id', 'workspace_id'") for line in said)


def test_the_client_only_reads_and_says_what_is_missing(sqlite_database: Engine, tmp_path: Path) -> None:
    worlds.small(sqlite_database)
    with (
        pytest.raises(CiteliftError, match="no workspace"),
        workspace(sqlite_database.url.render_as_string(), "nobody"),
    ):
        pass
    with pytest.raises(CiteliftError), workspace(f"sqlite:///{tmp_path / 'none.db'}"):
        pass
    row = OwnCount(workspace_id=1, day=worlds.week(1).date(), step="x", agent="x", url="x", hits=1)
    with (
        workspace(sqlite_database.url.render_as_string()) as (database, _),
        pytest.raises(Exception, match=r"readonly|read-only"),
        store.writing(database) as session,
    ):
        session.add(row)
