"""A workspace with one brand, in each kind of database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.tracker.links.exports import fill


@pytest.fixture
def workspace(database: Engine) -> int:
    fill(database)
    return 1


@pytest.fixture
def lone(sqlite_database: Engine) -> Engine:
    """A workspace on SQLite alone, for what does not depend on the database."""
    fill(sqlite_database)
    return sqlite_database
