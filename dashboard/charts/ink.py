"""The dashboard's colours by light and by dark. Charts are made in the light ones; `in_the_dark` exchanges
them."""

from __future__ import annotations

import re

from analysis.palette import BAD, GOOD, OTHERS, RIVALS, YOU

ACCENT, QUIET = YOU, OTHERS
OTHER = RIVALS[0]
INK = "#1d2725"
FAINT = "#c9cfcd"
"""Rules and bars behind what is read."""
ENGINES = ("#1f5fa8", *RIVALS, "#7a7f85", "#3f8fb0", "#c2543c")
WASH = ("#eef1f4", "#2b4a78")
"""The two ends of a scale of one hue."""
DARK = {
    YOU: "#3fc1b0",
    RIVALS[0]: "#e39a62",
    RIVALS[1]: "#b6a0e6",
    RIVALS[2]: "#ec89a8",
    RIVALS[3]: "#b9c25c",
    OTHERS: "#98a19e",
    GOOD: "#74aef2",
    BAD: "#f2836f",
    INK: "#e6edeb",
    FAINT: "#47524f",
    WASH[0]: "#232c2f",
    WASH[1]: "#8fb4ea",
    "#ffffff": "#121917",
    "#7a7f85": "#a3a9af",
    "#3f8fb0": "#7cc3e0",
    "#c2543c": "#ef9179",
}
GROUNDS = {"light": "#ffffff", "dark": "#121917"}
_LIGHT = re.compile("|".join(map(re.escape, DARK)), re.IGNORECASE)

__all__ = ["ACCENT", "BAD", "DARK", "ENGINES", "FAINT", "GOOD", "GROUNDS", "INK", "OTHER", "QUIET", "WASH"]


def in_the_dark(drawn: str) -> str:
    """The same drawing, SVG or a chart's JSON, in the colours for a dark ground."""
    return _LIGHT.sub(lambda found: DARK[found.group().lower()], drawn)


def contrast(one: str, other: str) -> float:
    """Ratio of luminances of two colours, 1 to 21 (WCAG 2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
