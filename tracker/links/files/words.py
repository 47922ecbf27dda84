"""Words of link exports in many languages (names of columns), from `words.yaml`."""

from __future__ import annotations

from tracker.files.words import data

WORDS = data("tracker.links.files", "words.yaml")
