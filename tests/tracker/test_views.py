from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from tests.facts import Facts
from tracker import audit, store, views
from tracker.errors import UsageError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_view_is_kept_replaced_listed_and_taken_away(database: Engine) -> None:
    Facts().store(database)
    with store.writing(database) as session:
        for address in ("answers?engine=chat", "answers?engine=chat&topic=crm"):
            assert views.save(session, 1, "  Monday\n call ", address, who="ana", now=NOW) == "Monday call"
        views.save(session, 1, "Home", "home", who="bo", now=NOW)
        kept = [(view.name, view.address) for view in views.listed(session, 1)]
        assert kept == [("Home", "home"), ("Monday call", "answers?engine=chat&topic=crm")]
        views.remove(session, 1, "Home", who="bo", now=NOW)
        with pytest.raises(UsageError, match="no view"):
            views.remove(session, 1, "Home", who="bo", now=NOW)
        told = [entry.what for entry in audit.changes(session, 1, 9)]
        assert told == ["view removed", "view saved", "view saved", "view saved"]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        (" \n", "home"),
        ("\u202e", "home"),
        ("x" * 81, "home"),
        ("x", "https://elsewhere.example/"),
        ("x", "//elsewhere.example"),
        ("x", "javascript:alert(1)"),
        ("x", "home?a=<b>"),
        ("x", "home?" + "a" * 2_000),
    ],
)
def test_what_is_no_view_is_refused(sqlite_database: Engine, name: str, address: str) -> None:
    Facts().store(sqlite_database)
    with store.writing(sqlite_database) as session, pytest.raises(UsageError):
        views.save(session, 1, name, address, who="ana", now=NOW)
