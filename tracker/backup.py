"""A copy of the database that is whole, also in the middle of a run, and the way back from it.

A file of SQLite must not be copied while something writes: what was written last stands in a second file
beside it. PostgreSQL brings its own programs for this, which are asked to do it.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from tracker import child, sqlite_file
from tracker.database_url import parsed, without_secrets
from tracker.errors import StoreError, UsageError


def save(url: str, target: Path) -> None:
    """Copy the database, as it is at one moment, into a file that is not there yet."""
    if target.exists():
        raise UsageError(f"{target} is there already", "choose another file: a backup replaces none")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"the folder of {target} does not exist", "create it or choose another file")
    address = parsed(url)
    if (doubt := sqlite_file.doubt_of(address)) is not None:
        raise doubt
    if address.get_backend_name() == "sqlite":
        _save_sqlite(Path(address.database or ""), target)
    else:
        _postgres("pg_dump", address, "--format=custom", f"--file={target}")


def load(url: str, source: Path, *, replace: bool) -> None:
    """Make the database what the file says. One that is there already is replaced only where that is
    wanted."""
    if not source.is_file():
        raise UsageError(f"there is no file {source}", "name one that `citelift backup` wrote")
    address = parsed(url)
    if address.get_backend_name() == "sqlite":
        _load_sqlite(source, Path(address.database or ""), replace=replace)
        return
    more = ("--clean", "--if-exists") if replace else ()
    _postgres("pg_restore", address, "--single-transaction", "--no-owner", *more, str(source))


def _save_sqlite(database: Path, target: Path) -> None:
    if not database.is_file():
        raise StoreError(f"there is no database at {database}", "name it with --database")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        source = sqlite_file.unwritable(database) or f"{database.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(source, timeout=60, uri=True)) as connection:
            connection.execute("vacuum into ?", (str(part),))
        sqlite_file.clear(part)
        part.rename(target)
    except sqlite3.Error as error:
        raise StoreError(
            f"no backup was made: {error}", "see that there is space, and rights on the folder"
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _load_sqlite(source: Path, target: Path, *, replace: bool) -> None:
    if target.exists() and target.stat().st_size and not replace:
        hint = "`--replace` overwrites it; `citelift backup` keeps what it has before"
        raise UsageError(f"{target} is a database already", hint)
    backup = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    database = sqlite3.connect(target, timeout=60)
    try:
        if (verdict := backup.execute("pragma integrity_check").fetchone()[0]) != "ok":
            raise StoreError(f"{source} is damaged: {verdict}", "take another backup")
        if not backup.execute("select 1 from sqlite_master where name = 'alembic_version'").fetchone():
            raise StoreError(
                f"{source} is no database of citelift", "name a file that `citelift backup` wrote"
            )
        backup.backup(database)
        database.execute("pragma user_version=0")
    except sqlite3.Error as error:
        raise StoreError(
            f"{source} was not restored: {error}", "end what uses the database, then again"
        ) from None
    finally:
        backup.close()
        database.close()


def _postgres(program: str, address: URL, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        hint = (
            "install PostgreSQL's client programs of the server's version, or use your server's own backups"
        )
        raise StoreError(f"{program} is not installed", hint)
    place = {"--host": address.query.get("host") or address.host, "--port": address.port}
    place |= {"--username": address.username, "--dbname": address.database}
    options = [f"{name}={value}" for name, value in place.items() if value is not None]
    secret = {"PGPASSWORD": str(address.password)} if address.password else {}
    done = subprocess.run(
        [path, *options, *arguments],
        env=child.environment() | secret,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"{program} ended with {done.returncode}"]
        raise StoreError(
            f"{program}: {without_secrets(words[-1], address.render_as_string(hide_password=False))}",
            "see that the server runs and that its version is the program's",
        )
