"""Words of link exports in many languages: names of columns, flags and months, from `words.yaml`."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

WORDS: dict[str, Any] = yaml.safe_load((files("tracker.links.files") / "words.yaml").read_text("utf-8"))
