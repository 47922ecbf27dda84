"""The lift ladder: per source how far it reaches, what its link goes with, and who is linked."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.ink import ACCENT, BAD, FAINT, INK, QUIET
from dashboard.charts.plots import _names, _signed

ROW = 30


def ladder(
    frame: pd.DataFrame, dots: pd.DataFrame, *, brands: dict[str, str], titles: tuple[str, ...]
) -> Any:
    """Three panels side by side, one row a source, in the frame's order.

    `frame` has `source`, `reach` (share of answers citing it), `lift`, `low`, `high`, `tone` (sure, open,
    quiet, bad) and the words `cited` and `reading`; `dots` has `source`, `brand`, `state` (linked, missing,
    none) and `says`; `brands` is each brand's colour, own one first; `titles` head the panels.
    """
    order = frame["source"].tolist()
    y = alt.Y("source:N", sort=order, title=None, axis=_names())
    bare = alt.Y("source:N", sort=order, title=None, axis=None)
    picked = alt.selection_point(name="source", fields=["source"], on="click")
    tip = [
        alt.Tooltip("source:N", title="Source"),
        alt.Tooltip("cited:N", title=titles[0]),
        alt.Tooltip("reading:N", title=titles[1]),
    ]
    base = alt.Chart(frame)
    reach = base.mark_bar(height=9, color=FAINT, cornerRadius=2).encode(
        x=alt.X("reach:Q", title=None, axis=None, scale=alt.Scale(domainMin=0)), y=y, tooltip=tip
    )
    share = base.mark_text(align="left", dx=5, fontSize=12, color=QUIET).encode(
        x="reach:Q", y=y, text="short:N", tooltip=tip
    )
    left = alt.layer(reach, share).properties(title=_head(titles[0]), height=ROW * len(order), width=190)
    return (
        alt.hconcat(
            left.add_params(picked),
            _whiskers(frame, bare, tip, titles[1]),
            _linked(dots, bare, brands, titles[2]),
            spacing=14,
        )
        .resolve_scale(color="independent")
        .configure_view(stroke=None)
    )


def _head(title: str) -> alt.TitleParams:
    return alt.TitleParams(title, anchor="start", fontSize=12, fontWeight="normal", color=QUIET, offset=8)


def _whiskers(frame: pd.DataFrame, y: alt.Y, tip: list[alt.Tooltip], title: str) -> Any:
    low, high = min(0.0, float(frame["low"].min())), max(0.05, float(frame["high"].max()))
    pad = 0.04 * (high - low)
    scale = alt.Scale(domain=[low - pad, high + pad], nice=False)
    tone = alt.Color(
        "tone:N",
        legend=None,
        scale=alt.Scale(domain=["sure", "open", "quiet", "bad"], range=[INK, INK, QUIET, BAD]),
    )
    axis = alt.Axis(tickCount=5, labelExpr=_signed(100, ".0f"), orient="bottom", domain=False, ticks=False)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=FAINT, strokeWidth=1.2)
    base = alt.Chart(frame)
    bar = base.mark_rule(strokeWidth=2, strokeCap="round").encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=axis),
        x2="high:Q",
        y=y,
        color=tone,
        tooltip=tip,
        opacity=alt.condition("datum.tone == 'sure'", alt.value(1), alt.value(0.75)),
    )
    dot = base.mark_point(size=80, filled=True, opacity=1).encode(
        x=alt.X("lift:Q", scale=scale), y=y, color=tone, tooltip=tip
    )
    ring = (
        base.transform_filter("datum.tone == 'open'")
        .mark_point(size=34, filled=True, opacity=1, color="#ffffff")
        .encode(x=alt.X("lift:Q", scale=scale), y=y, tooltip=tip)
    )
    return alt.layer(zero.encode(x="zero:Q"), bar, dot, ring).properties(
        title=_head(title), height=ROW * frame["source"].nunique(), width=330
    )


def _linked(dots: pd.DataFrame, y: alt.Y, brands: dict[str, str], title: str) -> Any:
    names = list(brands)
    colour = alt.Color(
        "brand:N", legend=None, scale=alt.Scale(domain=names, range=[brands[name] for name in names])
    )
    x = alt.X(
        "brand:N",
        sort=names,
        title=None,
        axis=alt.Axis(
            orient="bottom", labelAngle=-32, labelLimit=86, ticks=False, domain=False, labelOverlap=False
        ),
        scale=alt.Scale(padding=0.6),
    )
    tip = [alt.Tooltip("source:N", title="Source"), alt.Tooltip("says:N", title=title)]
    base = alt.Chart(dots).encode(x=x, y=y, tooltip=tip)
    none = base.transform_filter("datum.state == 'none'").mark_circle(size=12, color=FAINT, opacity=1)
    linked = (
        base.transform_filter("datum.state == 'linked'").mark_circle(size=130, opacity=1).encode(color=colour)
    )
    missing = base.transform_filter("datum.state == 'missing'").mark_point(
        size=130, strokeWidth=2, color=ACCENT, filled=False, opacity=1
    )
    return alt.layer(none, linked, missing).properties(
        title=_head(title), height=ROW * dots["source"].nunique(), width=max(150, 34 * len(names))
    )
