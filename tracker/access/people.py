"""People who may sign in: added, changed and removed, in the audit log too; passwords as Argon2 hashes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Session, col, delete, func, select

from tracker import audit
from tracker.access.rights import Visitor, role_named
from tracker.errors import UsageError
from tracker.models import Person, SignedIn

SHORTEST, LONGEST = 10, 1_000
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash("a password that nobody has, so that unknown names take as long as known ones")
_FEW = threading.Semaphore(2)
"""A check takes 64 MB: many guesses at once must not fill the memory."""


def key_of(name: str) -> str:
    return " ".join(name.split()).casefold()


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Person)).one()


def listed(session: Session) -> Sequence[Person]:
    return session.exec(select(Person).order_by(Person.key)).all()


def add(
    session: Session,
    name: str,
    password: str | None,
    *,
    role: str,
    workspaces: Sequence[str] | None,
    who: str,
    now: datetime,
) -> None:
    """A `password` of None: they sign in by the OpenID provider alone."""
    shown = " ".join(name.split())
    if not shown or len(shown) > 100:
        raise UsageError("a person needs a name of 1 to 100 letters", "for example: citelift users add ana")
    if named(session, name) is not None:
        raise UsageError(f"{shown} may sign in already", "`citelift users passwd` gives another password")
    person = Person(
        key=key_of(name),
        name=shown,
        role=role_named(role),
        workspaces=list(workspaces) if workspaces else None,
        password_hash="" if password is None else _hashed(password),
        created_at=now,
    )
    session.add(person)
    _record(session, "person added", person, None, _facts(person), who, now)


def change(
    session: Session,
    name: str,
    *,
    who: str,
    now: datetime,
    password: str | None = None,
    role: str | None = None,
    workspaces: Sequence[str] | None = None,
) -> None:
    """What is given takes the place of what was; every browser of theirs has to sign in again."""
    person = _named(session, name)
    before = _facts(person)
    if password is not None:
        person.password_hash = _hashed(password)
    if role is not None:
        person.role = role_named(role)
    if workspaces is not None:
        person.workspaces = list(workspaces) or None
    session.add(person)
    _sign_out(session, person)
    after = _facts(person) | ({"password": "another"} if password is not None else {})
    _record(session, "person changed", person, before, after, who, now)


def remove(session: Session, name: str, *, who: str, now: datetime) -> None:
    person = _named(session, name)
    _sign_out(session, person)
    _record(session, "person removed", person, _facts(person), None, who, now)
    session.delete(person)


def named(session: Session, name: str) -> Person | None:
    return session.exec(select(Person).where(Person.key == key_of(name))).first()


def verified(person: Person | None, password: str) -> bool:
    """Whether it is that person's password; as slow for nobody."""
    with _FEW:
        try:
            _HASHER.verify(person.password_hash if person else _NOBODYS, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return person is not None


def visitor(person: Person) -> Visitor:
    return Visitor(
        person.name,
        role_named(person.role),
        None if person.workspaces is None else tuple(person.workspaces),
    )


def _named(session: Session, name: str) -> Person:
    person = named(session, name)
    if person is None:
        raise UsageError(f"nobody is called {name!r}", "`citelift users list` shows who may sign in")
    return person


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"a password of {len(password)} signs",
            f"use {SHORTEST} or more: three or four words, for example",
        )
    return _HASHER.hash(password)


def _sign_out(session: Session, person: Person) -> None:
    session.exec(delete(SignedIn).where(col(SignedIn.person_id) == person.id))


def _facts(person: Person) -> dict[str, object]:
    return {"role": person.role, "workspaces": person.workspaces}


def _record(
    session: Session,
    what: str,
    person: Person,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
    who: str,
    now: datetime,
) -> None:
    audit.record_change(
        session, None, who=who, what=what, subject=person.name, before=before, after=after, now=now
    )
