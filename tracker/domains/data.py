"""The lists of this room (`*.yaml` beside this file), read once."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(name: str) -> Any:
    return yaml.load(resources.files(__package__).joinpath(name).read_text("utf-8"), _LOADER)  # noqa: S506 - safe


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())
