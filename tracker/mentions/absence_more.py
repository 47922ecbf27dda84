"""What `absence.yaml` holds."""

from __future__ import annotations

from importlib import resources

import yaml

_RAW = yaml.safe_load(resources.files("tracker.mentions").joinpath("absence.yaml").read_text("utf-8"))
BEHIND: tuple[str, ...] = tuple(phrase for phrases in _RAW["behind"].values() for phrase in phrases)
AROUND: tuple[tuple[str, str], ...] = tuple(
    (left, right) for pairs in _RAW["around"].values() for left, right in pairs
)
