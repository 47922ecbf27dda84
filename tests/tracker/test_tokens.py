"""Tokens: shown once, known by their hash, ended at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import select

from tracker import store, tokens
from tracker.errors import UsageError
from tracker.models import AuditEntry, Workspace

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def workspaces(database: Engine) -> Engine:
    with store.writing(database) as session:
        session.add_all([Workspace(id=1, name="acme"), Workspace(id=2, name="other")])
    return database


def made(database: Engine, name: str = "looker", role: str = "viewer", days: int | None = None) -> str:
    with store.writing(database) as session:
        return tokens.add(session, 1, name, role, who="anna", now=NOW, days=days)


def who(database: Engine, secret: str, now: datetime = NOW) -> tokens.Bearer | None:
    with store.reading(database) as session:
        return tokens.bearer(session, secret, now=now)


def test_a_secret_lets_its_bearer_into_one_workspace_with_one_role(workspaces: Engine) -> None:
    found = who(workspaces, made(workspaces))
    assert found is not None
    assert (found.workspace_id, found.workspace, found.role, found.who) == (
        1,
        "acme",
        "viewer",
        "token looker",
    )
    assert found.may("viewer")
    assert not found.may("editor")


def test_no_row_holds_the_secret(workspaces: Engine) -> None:
    secret = made(workspaces)
    with workspaces.connect() as connection:
        for table in ("accesstoken", "auditentry"):
            assert secret not in str(connection.execute(text(f"select * from {table}")).all())


@pytest.mark.parametrize(
    ("secret", "now"),
    [("clt_wrong", NOW), ("", NOW), (None, NOW + timedelta(days=30)), (None, NOW + timedelta(days=31))],
)
def test_an_unknown_or_expired_secret_lets_nobody_in(
    workspaces: Engine, secret: str | None, now: datetime
) -> None:
    good = made(workspaces, days=30)
    assert who(workspaces, good, NOW + timedelta(days=29)) is not None
    assert who(workspaces, good if secret is None else secret, now) is None


def test_a_revoked_secret_stays_out_also_when_its_name_is_given_again(workspaces: Engine) -> None:
    first = made(workspaces)
    with store.writing(workspaces) as session:
        tokens.revoke(session, 1, " looker ", who="anna", now=NOW)
    assert who(workspaces, first) is None
    second = made(workspaces)
    assert who(workspaces, first) is None
    assert who(workspaces, second) is not None


def test_what_people_do_with_tokens_is_written_down(workspaces: Engine) -> None:
    made(workspaces, role="editor")
    with store.writing(workspaces) as session:
        tokens.revoke(session, 1, "looker", who="ben", now=NOW)
        tokens.revoke(session, 1, "looker", who="ben", now=NOW)
    with store.reading(workspaces) as session:
        told = [(e.who, e.what, e.subject) for e in session.exec(select(AuditEntry).order_by(AuditEntry.id))]
    assert told == [("anna", "token made", "looker"), ("ben", "token revoked", "looker")]


@pytest.mark.parametrize(("name", "role"), [("  ", "viewer"), ("x", "admin"), ("taken", "viewer")])
def test_a_token_without_a_name_or_with_one_that_is_taken_is_refused(
    workspaces: Engine, name: str, role: str
) -> None:
    made(workspaces, "taken")
    with pytest.raises(UsageError):
        made(workspaces, name, role)


def test_another_workspaces_token_cannot_be_revoked(workspaces: Engine) -> None:
    secret = made(workspaces)
    with pytest.raises(UsageError), store.writing(workspaces) as session:
        tokens.revoke(session, 2, "looker", who="eve", now=NOW)
    assert who(workspaces, secret) is not None
