"""The readers are tested through the imports of links, in the same workspace."""

from __future__ import annotations

from tests.tracker.links.conftest import lone as lone
