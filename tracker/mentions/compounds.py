"""Second parts of German compounds that begin with a company's name: Lidlfiliale, Aldimarkt."""

from __future__ import annotations

from functools import cache
from importlib import resources

from tracker.mentions.folding import fold_name


def is_head(part: str) -> bool:
    """Whether `part`, folded, is such a second part, with or without an s that joins it to the first."""
    return part in _heads() or (part.startswith("s") and part[1:] in _heads())


@cache
def _heads() -> frozenset[str]:
    lines = resources.files("tracker.mentions").joinpath("compounds.txt").read_text("utf-8").splitlines()
    return frozenset(fold_name(word) for line in lines if not line.startswith("#") for word in line.split())
