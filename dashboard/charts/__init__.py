"""Frames → figures. Pure: nothing is read, nothing is decided but how it looks. Shares arrive as shares of
1."""

from dashboard.charts.flow import Flow, sankey
from dashboard.charts.ink import ACCENT, BAD, ENGINES, GOOD, OTHER, QUIET, in_the_dark
from dashboard.charts.inline import sparkline, standings, whisker
from dashboard.charts.ladder import ladder
from dashboard.charts.lanes import lanes
from dashboard.charts.plots import (
    by_day,
    engine_colour,
    forest,
    gained_and_lost,
    heat,
    marks,
    path,
    scatter,
    sites,
    spending,
    spread,
    weekly,
)
from dashboard.charts.sent import spec

__all__ = [
    "ACCENT",
    "BAD",
    "ENGINES",
    "GOOD",
    "OTHER",
    "QUIET",
    "Flow",
    "by_day",
    "engine_colour",
    "forest",
    "gained_and_lost",
    "heat",
    "in_the_dark",
    "ladder",
    "lanes",
    "marks",
    "path",
    "sankey",
    "scatter",
    "sites",
    "sparkline",
    "spec",
    "spending",
    "spread",
    "standings",
    "weekly",
    "whisker",
]
