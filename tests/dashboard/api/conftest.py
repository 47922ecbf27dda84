"""The API in this process, over two workspaces; an HTTP client that has no server between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from dashboard.api.app import build
from dashboard.api.calling import ApiDesk
from dashboard.api.limits import RequestLimits
from tests.dashboard.api import worlds
from tracker import settings, store

PLENTY = 100_000


@dataclass(frozen=True)
class Served:
    app: Any
    client: TestClient
    database: Engine
    url: str
    viewer: dict[str, str]
    editor: dict[str, str]
    other: dict[str, str]
    """Of the second workspace, where it may all."""


def serve(url: str, per_minute: int = PLENTY) -> Iterator[Served]:
    database = store.open_database(url)
    worlds.two(database)
    viewer = worlds.token(database, 1, "viewer")
    editor = worlds.token(database, 1, "editor", "editor")
    other = worlds.token(database, 2, "other", "editor")
    configured = settings.load(database_url=url, catalog=Path("none"), api_per_minute=per_minute)
    with ApiDesk(configured).open() as desk:
        app = build(desk, RequestLimits(per_minute))
        client = TestClient(app, raise_server_exceptions=False)
        yield Served(app, client, database, url, viewer, editor, other)
    database.dispose()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from serve(f"sqlite:///{tmp_path_factory.mktemp('api') / 'two.db'}")
