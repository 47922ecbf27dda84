"""Signing in and out: a token in a cookie, its hash stored; guessing is slowed down, across restarts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine as Database
from sqlmodel import Session, col, delete, func, select

from tracker import store
from tracker.access import people
from tracker.access.rights import Visitor
from tracker.errors import UsageError
from tracker.models import Person, SignedIn, SignInFailure
from tracker.tokens import hashed

LASTS = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
OF_A_NAME, OF_AN_ADDRESS = 10, 50
"""Wrong passwords within the window; then none is looked at until it is over."""


class TooManyGuesses(UsageError):  # noqa: N818
    """Says nothing of whether the password was right: it was not looked at."""


def is_guessing(session: Session, name: str, address: str, now: datetime) -> bool:
    recent = select(func.count()).select_from(SignInFailure).where(col(SignInFailure.at) > now - WINDOW)
    of_name = session.exec(recent.where(SignInFailure.key == people.key_of(name)[:100])).one()
    of_address = session.exec(recent.where(SignInFailure.address == address)).one()
    return of_name >= OF_A_NAME or of_address >= OF_AN_ADDRESS


def sign_in(database: Database, name: str, password: str, *, address: str, now: datetime) -> str | None:
    """A new token, or None for a name and password that do not go together. Each try is counted before it is
    looked at, so that many at once are no way round the limit; a right one is taken off again."""
    with store.writing(database) as session:
        session.exec(delete(SignedIn).where(col(SignedIn.expires_at) <= now))
        session.exec(delete(SignInFailure).where(col(SignInFailure.at) <= now - WINDOW))
        if is_guessing(session, name, address, now):
            raise TooManyGuesses("too many wrong passwords", f"wait {WINDOW.seconds // 60} minutes")
        attempt = SignInFailure(key=people.key_of(name)[:100], address=address, at=now)
        session.add(attempt)
        person = people.named(session, name)
    if not people.verified(person, password) or person is None or person.id is None:
        return None
    with store.writing(database) as session:
        session.exec(delete(SignInFailure).where(col(SignInFailure.id) == attempt.id))
        return _begun(session, person.id, now)


def admitted(database: Database, name: str, *, now: datetime) -> str | None:
    """A new token for somebody whom another proved to be who they are; None where nobody is called so."""
    with store.writing(database) as session:
        session.exec(delete(SignedIn).where(col(SignedIn.expires_at) <= now))
        person = people.named(session, name)
        return None if person is None or person.id is None else _begun(session, person.id, now)


def _begun(session: Session, person_id: int, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(SignedIn(token_hash=hashed(token), person_id=person_id, expires_at=now + LASTS))
    return token


def visitor(session: Session, token: str, now: datetime) -> Visitor | None:
    """Who signed in with it, while it lasts."""
    found = session.exec(
        select(Person)
        .join(SignedIn, col(SignedIn.person_id) == Person.id)
        .where(SignedIn.token_hash == hashed(token), col(SignedIn.expires_at) > now)
    ).first()
    return people.visitor(found) if found else None


def sign_out(session: Session, token: str) -> None:
    session.exec(delete(SignedIn).where(col(SignedIn.token_hash) == hashed(token)))
