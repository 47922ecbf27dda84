"""Finds the reference data that lies beside the repository and is never copied into it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"reference data {name} is not beside this checkout (folder ../shared)")
    return path
