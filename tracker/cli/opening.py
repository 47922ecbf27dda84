"""How verbs open their database, and what they say where it fails them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from tracker.cli.printing import err, plain
from tracker.errors import StoreError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database
    from sqlalchemy.exc import DBAPIError

    from tracker.settings import Settings


@contextmanager
def opened(settings: Settings, *, read_only: bool = False) -> Iterator[Database]:
    from tracker import sqlite_file
    from tracker.archive.laid import open_to_read
    from tracker.database_url import parsed
    from tracker.store import open_database

    url = settings.database_url
    database = open_to_read(url, settings.archive) if read_only else open_database(url)
    with ExitStack() as stack:
        stack.callback(database.dispose)
        stack.push(_explain)
        if not read_only:
            stack.enter_context(sqlite_file.in_use(database))
        elif (doubt := sqlite_file.doubt_of(parsed(url))) is not None:
            err.print(f"[bold]warning[/bold] {plain(str(doubt))}")
        yield database


@contextmanager
def opened_facts(settings: Settings) -> Iterator[Database]:
    """What numbers are computed from, as `CITELIFT_ANALYSIS` says."""
    from tracker import extra

    kind, _, place = settings.analysis.partition(":")
    if kind == "database" and not place:
        with opened(settings, read_only=True) as database:
            yield database
        return
    if kind != "parquet" or not place:
        raise UsageError(
            f"CITELIFT_ANALYSIS={settings.analysis} is nothing that numbers are computed from",
            "`database`, or `parquet:DIR` with a folder that `citelift export DIR` wrote",
        )
    extra.need("analysis")
    from tracker.parquet import open_export

    err.print(f"From the export in {plain(place)}, as it was when it was written.")
    database = open_export(Path(place))
    with ExitStack() as stack:
        stack.callback(database.dispose)
        yield database


def _explain(
    _kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> None:
    """What befell the database is an error of ours; faults of the program keep their traceback."""
    from sqlalchemy.exc import DBAPIError

    explained = None
    if isinstance(error, DBAPIError):
        explained = _explained(error)
    elif isinstance(error, ValueError | LookupError | TypeError) and _comes_from_a_stored_value(trace):
        explained = StoreError(f"{_DAMAGED}: {error}", _MEND)
    if explained is not None:
        raise explained from error


def _comes_from_a_stored_value(trace: TracebackType | None) -> bool:
    """Whether a column's value was no date, no number or no word that it can be."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and "sqlalchemy/engine/" in trace.tb_frame.f_code.co_filename.replace("\\", "/")


_DAMAGED = "the database file is damaged"
_MEND = "restore it from a backup; `sqlite3 file .recover` saves what can be read"


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
        ("malformed", "not a database", "file is encrypted", "could not decode to utf-8"),
        _DAMAGED,
        _MEND,
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
