"""A link shows one page or report until it ends or is revoked; the database does not hold the link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tracker import audit, catalog, store
from tracker.access import shares
from tracker.errors import UsageError

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def make(database: Engine, **more: Any) -> tuple[str, int]:
    given: dict[str, Any] = {"title": "/answers", "page": "answers", "lasts": WEEK, "who": "ana", "now": NOW}
    with store.writing(database) as session:
        workspace = catalog.ensure_workspace(session, "acme")
        return shares.make(session, workspace, **(given | more)), workspace


def test_a_link_is_good_until_it_ends(database: Engine) -> None:
    token, workspace = make(database, query="topic=crm")
    with store.reading(database) as session:
        link = shares.opened(session, token, NOW + WEEK - timedelta(seconds=1))
        assert link is not None
        guest = shares.guest(session, link)
        assert (guest.role, guest.workspaces, guest.page) == ("viewer", ("acme",), "answers")
        assert token not in repr(link)
        for wrong in ("", token[:-1], token + "x", link.token_hash, "' or 1=1 --", "\x00"):
            assert shares.opened(session, wrong, NOW) is None
        assert shares.opened(session, token, NOW + WEEK) is None
        assert [e.what for e in audit.changes(session, workspace, 5)] == ["link shared"]


def test_a_revoked_link_is_gone_and_only_its_workspace_can_revoke_it(database: Engine) -> None:
    token, workspace = make(database)
    with store.writing(database) as session:
        other = catalog.ensure_workspace(session, "other")
        (link,) = shares.listed(session, workspace)
        with pytest.raises(UsageError):
            shares.revoke(session, other, link.id or 0, who="eve", now=NOW)
        shares.revoke(session, workspace, link.id or 0, who="ana", now=NOW)
        assert shares.opened(session, token, NOW) is None
        with pytest.raises(UsageError):
            shares.revoke(session, workspace, link.id or 0, who="ana", now=NOW)


@pytest.mark.parametrize(
    "more",
    [
        {"lasts": timedelta()},
        {"lasts": timedelta(days=400)},
        {"page": None},
        {"body": "<p>"},
        {"page": None, "body": "x" * 20_000_001},
    ],
)
def test_a_link_that_shows_nothing_or_never_ends_is_refused(sqlite_database: Engine, more: Any) -> None:
    with pytest.raises(UsageError):
        make(sqlite_database, **more)
