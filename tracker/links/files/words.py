"""Words of link exports in many languages (names of columns), from `words.yaml`."""

from __future__ import annotations

from tracker.shipped import words_of

WORDS = words_of("tracker.links.files", "words.yaml")
