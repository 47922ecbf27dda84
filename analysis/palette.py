"""Colours that mean the same on every page and in the report: you, rivals, everybody else, better, worse."""

from __future__ import annotations

from collections.abc import Iterable

YOU = "#0b6e63"
RIVALS = ("#a85a22", "#7a5ea8", "#b0446a", "#6b751c")
OTHERS = "#6f757e"
GOOD, BAD = "#1f5fa8", "#b42318"


def hues(brands: Iterable[tuple[str, bool]]) -> dict[str, str]:
    """The colour of each brand by name: `brands` are (name, own) in the catalog's order, whose first four
    rivals have a hue of their own, so that no week's numbers change a colour."""
    free = iter(RIVALS)
    return {name: YOU if own else next(free, OTHERS) for name, own in brands}
