"""Events that people write down: what is stored, what is refused, what can be taken away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.tracker.cli.test_collect import Cite, cite
from tracker import events, store
from tracker.errors import UsageError
from tracker.models import Event, Workspace

__all__ = ["cite"]
NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)


def stored(cite: Cite) -> list[tuple[str, str, str]]:
    rows = json.loads(cite("event", "list", "--json").stdout)["rows"]
    return [(row["at"], row["kind"], row["title"]) for row in rows]


def test_an_event_is_added_listed_and_removed(cite: Cite) -> None:
    cite("event", "add", "A story in the Courier", "--on", "2026-05-02", "--kind", "pr")
    cite("event", "add", "New prices", "--on", "2026-04-01", "--kind", "content")
    assert stored(cite) == [
        ("2026-04-01", "content", "New prices"),
        ("2026-05-02", "pr", "A story in the Courier"),
    ]
    number = json.loads(cite("event", "list", "--json").stdout)["rows"][0]["id"]
    assert "New prices" in cite("event", "remove", str(number)).stdout
    assert stored(cite) == [("2026-05-02", "pr", "A story in the Courier")]


def test_a_list_without_events_says_how_to_add_one(cite: Cite) -> None:
    cite("event", "remove", str(json.loads(_added(cite))["id"]))
    assert "citelift event add" in cite("event", "list").stdout


def _added(cite: Cite) -> str:
    cite("event", "add", "x")
    return json.dumps(json.loads(cite("event", "list", "--json").stdout)["rows"][0])


def test_an_event_is_noted_on_one_line_and_on_its_day() -> None:
    note = events.checked("  New\n prices ", kind="content", at=NOW, now=NOW)
    assert (note.title, note.at) == ("New prices", datetime(2026, 5, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("title", "kind", "at", "why"),
    [
        (" \n ", "pr", NOW, "needs words"),
        ("x" * 201, "pr", NOW, "201 letters"),
        ("x", "party", NOW, "unknown kind 'party'"),
        ("x", "served model", NOW, "unknown kind"),
        ("x", "pr", datetime(206, 5, 2, tzinfo=UTC), "can hardly be meant"),
        ("x", "pr", NOW + timedelta(days=400), "can hardly be meant"),
    ],
)
def test_what_is_no_event_is_refused(title: str, kind: str, at: datetime, why: str) -> None:
    with pytest.raises(UsageError, match=why) as refusal:
        events.checked(title, kind=kind, at=at, now=NOW)
    assert refusal.value.hint


def test_an_event_that_is_not_there_cannot_be_removed(cite: Cite, tmp_path: Path) -> None:
    cite("event", "add", "x")
    with pytest.raises(UsageError, match="no event 99"):
        cite("event", "remove", "99")


def test_one_workspace_cannot_remove_the_event_of_another(database: Engine) -> None:
    with store.writing(database) as session:
        for number in (1, 2):
            session.add(Workspace(id=number, name=f"ws{number}"))
        session.flush()
        note = events.checked("x", kind="pr", at=NOW, now=NOW)
        first, second = (events.add(session, n, note, who="ana", now=NOW) for n in (1, 2))
        assert events.add(session, 1, note, who="ana", now=NOW) == first
        with pytest.raises(UsageError):
            events.remove(session, 1, second, who="ana", now=NOW)
        events.remove(session, 1, first, who="ana", now=NOW)
        assert [e.id for e in events.listed(session, 2)] == [second]
        assert events.listed(session, 1) == []
    with store.reading(database) as session:
        assert session.get(Event, first) is None
