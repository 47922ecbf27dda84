"""How verbs open their database, and what they say where it fails them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracker.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database
    from sqlalchemy.exc import DBAPIError

    from tracker.settings import Settings


@contextmanager
def opened(settings: Settings, *, read_only: bool = False) -> Iterator[Database]:
    from sqlalchemy.exc import DBAPIError

    from tracker.store import open_database

    database = open_database(settings.database_url, read_only=read_only)
    try:
        yield database
    except DBAPIError as error:
        explained = _explained(error)
        if explained is None:
            raise
        raise explained from error
    finally:
        database.dispose()


_AGAIN = (
    "then start the same command again; a run goes on with `citelift run --resume`, and keeps what it has"
)
_TROUBLES = (
    (
        ("database or disk is full", "no space left", "disk i/o error", "could not extend file"),
        "the disk is full or fails",
        f"free some space or move the database, {_AGAIN}",
    ),
    (
        ("readonly", "read-only", "permission denied", "unable to open database"),
        "the database cannot be written",
        "check the owner and the rights of the file and its folder",
    ),
    (
        ("malformed", "not a database", "file is encrypted"),
        "the database file is damaged",
        "restore it from a backup; `sqlite3 file .recover` saves what can be read",
    ),
    (
        ("is locked", "lock timeout", "deadlock"),
        "another process keeps the database locked",
        f"let that process end, {_AGAIN}",
    ),
    (
        ("connection", "server closed", "terminating", "shutting down", "starting up"),
        "the database server went away",
        f"see that it runs, {_AGAIN}",
    ),
)


def _explained(error: DBAPIError) -> StoreError | None:
    """What befell the database, where it is no fault of the program: those keep their traceback."""
    words = str(error.orig or error).strip().splitlines() or [""]
    for signs, problem, hint in _TROUBLES:
        if any(sign in line.lower() for line in words for sign in signs):
            return StoreError(f"{problem}: {words[0]}", hint)
    return None
