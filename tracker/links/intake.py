"""What imports of every kind share: one at a time, a file's identity, and refusals of the database in plain
words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from tracker import store
from tracker.errors import DataError, StoreError
from tracker.files.content import DAMAGED, open_bytes

KEPT_REJECTS = 50
"""Rejects that are kept with an import and shown; the others are counted."""
IMPORT_LOCK = 0x6C_69_6E_6B_73
"""The advisory lock that an import holds on PostgreSQL."""


@contextmanager
def plain_refusal() -> Iterator[None]:
    """What a database refuses in the middle of an import, said so that a user can act on it."""
    try:
        yield
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[0]
        if store.is_locked(error):
            hint = "wait until the other command that writes has ended, and import again"
        elif "full" in why or "No space left" in why:
            hint = (
                "free some space where the database lies (about four times the size of the file), and "
                "import again"
            )
        else:
            hint = "check that the database can be reached and written to, and import again"
        raise StoreError(f"the database took nothing of this file: {why}", hint) from error


def one_at_a_time(session: Session) -> None:
    """As on SQLite: two long imports would wait for each other's domains, and the same file would be stored
    twice.
    """
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))


def content_hash(path: Path) -> str:
    """Of what is in the file: it and its .gz are one."""
    try:
        with open_bytes(path) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    except DAMAGED as error:
        raise DataError(f"{path.name} is cut off: {error}", "download it again") from None
