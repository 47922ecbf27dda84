"""Words in cells in many languages (flags, months), and how data beside a module is read."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def data(package: str, name: str) -> dict[str, Any]:
    text = files(package).joinpath(name).read_text("utf-8")
    content: dict[str, Any] = yaml.load(text, _LOADER)  # noqa: S506 - a safe one
    return content


WORDS = data("tracker.files", "words.yaml")
