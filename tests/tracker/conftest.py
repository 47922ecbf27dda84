"""Simulated engines that a module asks, faultless at the beginning of each test."""

from __future__ import annotations

import pytest

from tracker import sandbox


@pytest.fixture
def url(server: sandbox.Sandbox) -> str:
    """Where the module's `server` is."""
    server.set_faults(sandbox.Faults())
    server.reset()
    return server.url
