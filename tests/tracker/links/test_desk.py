"""Imports of links are listed, taken back and told to cover something else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.links.exports import HEADER, NOW, SOUND, count, imported, link, snapshot, write
from tracker import store
from tracker.errors import UsageError
from tracker.links import desk
from tracker.links.snapshots import snapshot_changes
from tracker.models import Backlink, CitationCount, LinkImport


def test_an_import_that_is_taken_back_leaves_no_row_and_can_be_made_again(
    database: Engine, workspace: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", f"{HEADER}\n{SOUND}\n")
    kept = imported(
        database, write(tmp_path / "b.csv", f"{HEADER}\n{SOUND}\n{SOUND.replace('a.com', 'b.com')}\n")
    )
    first = imported(database, path)
    assert first.import_id is not None
    with store.writing(database) as session:
        undone = desk.undo(session, workspace, first.import_id)
    assert (undone.links, undone.counts, undone.file_name) == (1, 0, "a.csv")
    with store.reading(database) as session:
        assert [each.id for each in desk.imports(session, workspace)] == [kept.import_id]
        assert count(session, Backlink) == 2
    assert imported(database, path).stored == 1


def test_counts_of_citations_are_taken_back_too(lone: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "counts.csv", "Grounding Query,Citations\nwidgets,12\n")
    made = imported(lone, path)
    assert made.import_id is not None
    with store.writing(lone) as session:
        assert count(session, CitationCount) == 1
        assert desk.undo(session, 1, made.import_id).counts == 1
        assert (count(session, CitationCount), count(session, LinkImport)) == (0, 0)


def test_an_import_told_to_be_a_sample_makes_nothing_look_lost(
    database: Engine, workspace: int, tmp_path: Path
) -> None:
    snapshot(database, tmp_path, "2026-05-01", [link("a.com/1"), link("b.com/1")])
    later = snapshot(database, tmp_path, "2026-06-01", [link("a.com/1")])
    assert later.import_id is not None
    with store.writing(database) as session:
        assert [c.source_url for pair in snapshot_changes(session, 1) for c in pair.of("lost")]
        made = desk.rescope(session, 1, later.import_id, "sample", now=NOW, as_of=date(2026, 6, 2))
        assert (made.scope, made.as_of) == ("sample", date(2026, 6, 2))
        assert snapshot_changes(session, 1) == []
    with store.reading(database) as session:
        (kept,) = session.exec(select(LinkImport).where(LinkImport.id == later.import_id)).all()
        assert [(each["scope"], each["as_of"]) for each in kept.notes["rescoped"]] == [("all", "2026-06-01")]
        assert kept.notes["mapping"]


@pytest.mark.parametrize("act", [desk.undo, lambda *given: desk.rescope(*given, "all", now=NOW)])
def test_an_import_of_another_workspace_or_none_is_refused(lone: Engine, tmp_path: Path, act: object) -> None:
    made = imported(lone, write(tmp_path / "a.csv", f"{HEADER}\n{SOUND}\n"))
    with store.writing(lone) as session:
        for workspace, number in ((2, made.import_id), (1, 99)):
            with pytest.raises(UsageError, match="no import") as refused:
                act(session, workspace, number)  # type: ignore[operator]
            assert "citelift import list" in refused.value.hint


def test_a_scope_that_is_none_is_refused_with_those_that_are(lone: Engine) -> None:
    with store.writing(lone) as session, pytest.raises(UsageError, match="no scope 'most'") as refused:
        desk.rescope(session, 1, 1, "most", now=NOW)
    assert "one_per_domain" in refused.value.hint


def test_the_same_file_with_another_scope_is_told_how(lone: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", f"{HEADER}\n{SOUND}\n")
    first = imported(lone, path)
    again = imported(lone, path, scope="sample")
    assert (again.already_there, again.scope) == (1, "unknown")
    assert f"citelift import rescope {first.import_id}" in again.warnings[0]
