"""Words of link exports in many languages (names of columns, flags, months), from `words.yaml`, and what else
is data beside this module.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def data(name: str) -> dict[str, Any]:
    text = files("tracker.links.files").joinpath(name).read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, _LOADER)  # noqa: S506 - a safe one
    return found


WORDS = data("words.yaml")
