"""People are added, changed and removed; what is stored is no password, and the audit log has each change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.conftest import HASHER
from tracker import audit, store
from tracker.access import people, sessions
from tracker.errors import UsageError
from tracker.models import Person

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
PASSWORD = "correct horse battery"


def add(database: Engine, name: str = "Ana", password: str = PASSWORD, **more: Any) -> None:
    given = {"role": "viewer", "workspaces": None, "who": "root", "now": NOW} | more
    with store.writing(database) as session:
        people.add(session, name, password, **given)


def test_what_is_stored_is_a_hash_that_takes_memory(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_HASHER", HASHER)
    add(database, role="editor", workspaces=["acme"])
    with store.reading(database) as session:
        (person,) = people.listed(session)
        assert person.password_hash.startswith("$argon2id$v=19$m=65536,")
        assert PASSWORD not in repr(person)
        assert people.visitor(person).workspaces == ("acme",)
        assert people.verified(people.named(session, " aNA "), PASSWORD)
        assert not people.verified(people.named(session, "ana"), PASSWORD.upper())
        assert not people.verified(None, "a password that nobody has")


@pytest.mark.parametrize(
    ("name", "password", "role"),
    [
        ("ana", PASSWORD, "viewer"),
        (" ", PASSWORD, "viewer"),
        ("x" * 101, PASSWORD, "viewer"),
        ("bo", "short", "viewer"),
        ("bo", "x" * 1001, "viewer"),
        ("bo", PASSWORD, "root"),
    ],
)
def test_what_cannot_be_a_person_is_refused(
    sqlite_database: Engine, name: str, password: str, role: str
) -> None:
    add(sqlite_database)
    with pytest.raises(UsageError):
        add(sqlite_database, name, password, role=role)


def test_a_change_ends_the_sessions_there_were_and_the_log_has_no_password(sqlite_database: Engine) -> None:
    add(sqlite_database)
    for change in ({"password": "another horse battery"}, {"role": "admin"}, {"workspaces": ["acme"]}):
        with store.reading(sqlite_database) as session:
            known = people.verified(people.named(session, "ana"), PASSWORD)
        secret = PASSWORD if known else "another horse battery"
        token = sessions.sign_in(sqlite_database, "ana", secret, address="a", now=NOW)
        assert token
        with store.writing(sqlite_database) as session:
            people.change(session, "ANA", who="root", now=NOW, **change)  # type: ignore[arg-type]
            assert sessions.visitor(session, token, NOW) is None
    with store.writing(sqlite_database) as session:
        people.remove(session, "ana", who="root", now=NOW)
        log = [(e.what, e.before, e.after) for e in reversed(audit.changes(session, None, 50))]
    assert log == [
        ("person added", None, {"role": "viewer", "workspaces": None}),
        ("person changed", {}, {"password": "another"}),
        ("person changed", {"role": "viewer"}, {"role": "admin"}),
        ("person changed", {"workspaces": None}, {"workspaces": ["acme"]}),
        ("person removed", {"role": "admin", "workspaces": ["acme"]}, None),
    ]
    with store.reading(sqlite_database) as session:
        assert list(session.exec(select(Person))) == []
