"""What happened week by week: one lane a kind, under a chart over time whose weeks it shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.ink import FAINT, QUIET
from dashboard.charts.plots import TIME_MARGIN, _day, _sized, room_for_names

LANE = 30


def lanes(frame: pd.DataFrame, weeks: Sequence[Any], *, hues: Mapping[str, str]) -> Any:
    """Dots per week and lane, the larger the more happened: `week`, `lane`, `n`, `titles`. `hues` is each
    lane's colour, in order; a lane without anything is drawn too. `picked` is the dot that is clicked: its
    `lane`, and its week's first day `on`."""
    names = list(hues)
    first, last = pd.Timestamp(min(weeks)), pd.Timestamp(max(weeks))
    end = room_for_names(first, last)
    week = pd.to_datetime(frame["week"])
    frame = frame.assign(week=week, on=week.dt.strftime("%Y-%m-%d"))
    scale = alt.Scale(domain=[_day(first), _day(end)])
    x = alt.X("week:T", title=None, axis=None, scale=scale)
    margin = alt.Axis(labels=False, ticks=False, domain=False, grid=False, **TIME_MARGIN)
    y = alt.Y("lane:N", sort=names, title=None, axis=margin, scale=alt.Scale(domain=names))
    colour = alt.Color("lane:N", legend=None, scale=alt.Scale(domain=names, range=list(hues.values())))
    picked = alt.selection_point(name="picked", fields=["on", "lane"], on="click")
    ground = pd.DataFrame({"lane": names, "week": last, "start": first})
    rule = (
        alt.Chart(ground)
        .mark_rule(color=FAINT)
        .encode(x=alt.X("start:T", title=None, axis=None, scale=scale), x2="week", y=y)
    )
    name = (
        alt.Chart(ground)
        .mark_text(align="left", dx=8, fontSize=12, color=QUIET, limit=130)
        .encode(x=x, y=y, text="lane:N")
    )
    dot = (
        alt.Chart(frame)
        .mark_circle(opacity=0.95)
        .encode(
            x=x,
            y=y,
            color=colour,
            size=alt.Size(
                "n:Q", legend=None, scale=alt.Scale(type="sqrt", domain=[1, 12], range=[60, 330], clamp=True)
            ),
            opacity=alt.condition(picked, alt.value(1), alt.value(0.25)),
            tooltip=[
                alt.Tooltip("week:T", title="Week of", format="%-d %b %Y"),
                alt.Tooltip("lane:N", title="Kind"),
                alt.Tooltip("titles:N", title="What"),
            ],
        )
        .add_params(picked)
    )
    return _sized(alt.layer(rule, name, dot), LANE * len(names))
