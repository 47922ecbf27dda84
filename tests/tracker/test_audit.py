"""What people change is written down once, with what differs and without keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from tracker import audit, catalog, store

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


def written(
    database: Engine, workspace: str | None, before: Any, after: Any, subject: str = "Norvane"
) -> None:
    with store.writing(database) as session:
        workspace_id = catalog.ensure_workspace(session, workspace) if workspace else None
        audit.record_change(
            session,
            workspace_id,
            who="ana",
            what="brand changed",
            subject=subject,
            before=before,
            after=after,
            now=NOW,
        )


def listed(database: Engine, workspace: str) -> list[tuple[Any, ...]]:
    with store.writing(database) as session:
        workspace_id = catalog.ensure_workspace(session, workspace)
        entries = audit.changes(session, workspace_id, 50)
        return [(e.at, e.who, e.what, e.subject, e.before, e.after) for e in entries]


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (None, {"name": "Norvane"}, (None, {"name": "Norvane"})),
        ({"name": "Norvane"}, None, ({"name": "Norvane"}, None)),
        ({"name": "a", "own": True}, {"name": "b", "own": True}, ({"name": "a"}, {"name": "b"})),
        ({"name": "a"}, {"name": "a", "until": "2026-05-01"}, ({}, {"until": "2026-05-01"})),
        ({"name": "a", "note": "x"}, {"name": "a"}, ({"note": "x"}, {})),
    ],
)
def test_what_differs_is_kept(database: Engine, before: Any, after: Any, kept: Any) -> None:
    written(database, "acme", before, after)
    assert listed(database, "acme") == [(NOW, "ana", "brand changed", "Norvane", *kept)]


def test_nothing_is_written_where_nothing_differs(database: Engine) -> None:
    written(database, "acme", {"name": "a"}, {"name": "a"})
    assert listed(database, "acme") == []


def test_a_workspace_sees_its_own_changes_and_those_of_none_the_newest_first(
    sqlite_database: Engine,
) -> None:
    for workspace, subject in (("acme", "first"), ("other", "hidden"), (None, "people"), ("acme", "last")):
        written(sqlite_database, workspace, None, {}, subject)
    assert [row[3] for row in listed(sqlite_database, "acme")] == ["last", "people", "first"]


def test_a_key_of_the_environment_is_never_written_down(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-1")
    held = {"options": {"headers": ["Bearer sk-very-secret-1"]}}
    written(sqlite_database, "acme", None, held, "sk-very-secret-1")
    assert "sk-very-secret-1" not in repr(listed(sqlite_database, "acme"))


def test_a_change_that_is_rolled_back_is_not_in_the_log(sqlite_database: Engine) -> None:
    with pytest.raises(RuntimeError), store.writing(sqlite_database) as session:
        audit.record_change(session, None, who="a", what="b", subject="c", before=None, after={}, now=NOW)
        raise RuntimeError
    assert listed(sqlite_database, "acme") == []
