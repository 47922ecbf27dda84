"""What only some installations have: asked for where it is first needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from tracker.errors import UsageError


def required(module: str, extra: str) -> ModuleType:
    """One of our modules that needs the packages of an extra."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] in {"dashboard", "analysis", "tracker"}:
            raise
        raise UsageError(
            f"this needs {error.name}, which is not installed", f"pip install 'citelift[{extra}]'"
        ) from error
