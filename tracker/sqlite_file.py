"""A database of SQLite is a file and, while something writes to it, a log beside it: whether it is whole, and
whether it can be written.

A file that was copied without its log is sound, and older than it looks: who goes on with it asks, and pays,
again. So while citelift uses a file, its header says which file that is (`user_version` is made of its inode,
which a copy does not have), and no longer when the last user has closed it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL
from sqlalchemy import Engine as Database

from tracker.errors import StoreError

_MARK_AT = 60
"""Of `user_version` in a file's header, four bytes long."""


def file_of(url: URL) -> Path | None:
    name = url.database or ""
    plain = url.get_backend_name() == "sqlite" and name and not name.startswith(("file:", ":"))
    return Path(name) if plain else None


def doubt_of(url: URL) -> StoreError | None:
    """Why the file is no whole database, where it looks like a copy that lacks its log. To be asked before it
    is opened for writing: that makes a log."""
    file = file_of(url)
    if file is None or not file.exists() or _mark_in(file) in (0, _identity(file)) or _has_log(file):
        return None
    problem = f"{file} was copied while citelift wrote to it, and lacks its log with the newest answers"
    way = f"`citelift restore {file} --database sqlite:///another.db` goes on with what it holds"
    return StoreError(problem, f"copy it by `citelift backup`, or with the -wal file beside it; {way}")


def unwritable(database: Path) -> str | None:
    """The URI by which to read a file that cannot be written here: SQLite would want to make its two helper
    files beside it. With a log beside it, it is no whole database without them."""
    file = database.absolute()
    if not file.exists() or (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return None
    return f"file:{quote(str(file))}?mode=ro" + ("" if _has_log(file) else "&immutable=1")


@contextmanager
def in_use(database: Database) -> Iterator[None]:
    """Mark the file meanwhile."""
    file = file_of(database.url)
    if file is None:
        yield
        return
    _mark(database, file)
    try:
        yield
    finally:
        database.dispose()
        if file.exists() and not _log_of(file).exists():  # else others use it, and the mark is right
            with suppress(sqlite3.Error):
                clear(file)


def clear(file: Path) -> None:
    """Say that the file is whole."""
    with closing(sqlite3.connect(file, timeout=60)) as connection:
        connection.execute("PRAGMA user_version=0")


def _mark(database: Database, file: Path) -> None:
    mark = _identity(file)
    if _mark_in(file) == mark:
        return
    with closing(database.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA user_version={mark}")
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")  # into the file itself: that is what gets copied


def _mark_in(file: Path) -> int:
    with file.open("rb") as header:
        return int.from_bytes(header.read(_MARK_AT + 4)[_MARK_AT:], "big")


def _identity(file: Path) -> int:
    """Never 0."""
    inode = os.stat(file).st_ino  # noqa: PTH116
    return (inode ^ inode >> 31) & 0x7FFFFFFF or 1


def _log_of(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _has_log(file: Path) -> bool:
    log = _log_of(file)
    return log.exists() and log.stat().st_size > 0
