"""Words in cells in many languages (flags, months)."""

from __future__ import annotations

from tracker.shipped import words_of

WORDS = words_of("tracker.files", "words.yaml")
