"""Signing in lasts a while; guessing is stopped, also by many at once and across restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from tests.tracker.access.test_people import PASSWORD, add
from tracker import store, tokens
from tracker.access import sessions
from tracker.access.sessions import LASTS, OF_A_NAME, WINDOW, TooManyGuesses
from tracker.models import SignedIn, SignInFailure

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def sign_in(database: Engine, password: str, now: datetime = NOW, **more: str) -> str | None:
    given = {"name": "Ana", "address": "192.0.2.1"} | more
    return sessions.sign_in(database, given["name"], password, address=given["address"], now=now)


def is_known(database: Engine, token: str, now: datetime) -> bool:
    with store.reading(database) as session:
        return sessions.visitor(session, token, now) is not None


def test_a_session_lasts_its_time_and_ends_when_it_is_signed_out(database: Engine) -> None:
    add(database)
    first, second = (sign_in(database, PASSWORD) for _ in range(2))
    assert first
    assert second
    assert first != second
    assert is_known(database, first, NOW + LASTS - MOMENT)
    assert not is_known(database, first, NOW + LASTS)
    with store.writing(database) as session:
        assert first not in repr(list(session.exec(select(SignedIn))))
        sessions.sign_out(session, first)
    assert not is_known(database, first, NOW)
    assert is_known(database, second, NOW)
    assert not is_known(database, "", NOW)
    assert not is_known(database, tokens.hashed(second), NOW)


def test_after_wrong_passwords_not_even_the_right_one_is_looked_at_for_a_while(database: Engine) -> None:
    add(database)
    for _ in range(OF_A_NAME):
        assert sign_in(database, "wrong") is None
    reopened = store.open_database(database.url.render_as_string(hide_password=False))
    with pytest.raises(TooManyGuesses):
        sign_in(reopened, PASSWORD, NOW + MOMENT, name=" ANA ", address="198.51.100.7")
    reopened.dispose()
    assert sign_in(database, PASSWORD, NOW + WINDOW + MOMENT)


def test_one_address_does_not_guess_for_many_names(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(sqlite_database)
    monkeypatch.setattr(sessions, "OF_AN_ADDRESS", 3)
    for name in ("bo", "cy", "di"):
        assert sign_in(sqlite_database, "wrong", name=name) is None
    with pytest.raises(TooManyGuesses):
        sign_in(sqlite_database, PASSWORD)
    assert sign_in(sqlite_database, PASSWORD, address="198.51.100.7")


def test_right_passwords_are_no_guesses(sqlite_database: Engine) -> None:
    add(sqlite_database)
    assert all(sign_in(sqlite_database, PASSWORD) for _ in range(3))
    with store.reading(sqlite_database) as session:
        assert list(session.exec(select(SignInFailure))) == []


def test_guessing_all_at_once_is_no_way_round(sqlite_database: Engine) -> None:
    add(sqlite_database)

    def guess(number: int) -> bool:
        try:
            sign_in(sqlite_database, f"wrong {number}")
        except TooManyGuesses:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        looked_at = list(pool.map(guess, range(OF_A_NAME + 6)))
    assert looked_at.count(True) == OF_A_NAME
