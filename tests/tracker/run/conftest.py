"""The engines of the small catalog that runs are tested with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tracker import sandbox


@pytest.fixture(scope="module")
def server() -> Iterator[sandbox.Sandbox]:
    from tests.tracker.run.test_jobs import small_catalog, world

    running = sandbox.Sandbox.started(world(small_catalog()))
    yield running
    running.stop()
