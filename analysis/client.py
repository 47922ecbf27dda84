"""A workspace for programs and notebooks: `with workspace(url) as (database, world):`, and then the functions
of this package, typed as they stand. `examples/` has three notebooks, which the tests run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from analysis import frames
from analysis.frames import World
from tracker import settings
from tracker.archive.laid import open_to_read


@contextmanager
def workspace(url: str | None = None, name: str | None = None) -> Iterator[tuple[Engine, World]]:
    """The database, opened for reading alone with its archived weeks, and what the workspace tracks.

    Parameters
    ----------
    url : str, optional
        Like `sqlite:///citelift.db`; without it, the settings' (`CITELIFT_DATABASE_URL`, `.env`).
    name : str, optional
        The workspace's; without it, the settings', or the only one there is.

    Raises
    ------
    CiteliftError
        Where there is no such database or workspace, saying what to do.
    """
    configured = settings.load(database_url=url, workspace=name)
    database = open_to_read(configured.database_url, configured.archive)
    try:
        yield database, frames.world(database, configured.workspace)
    finally:
        database.dispose()
