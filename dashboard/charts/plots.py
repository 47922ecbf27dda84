"""Frames → figures. Pure: nothing is read, nothing is decided but how it looks. Shares arrive as shares of
1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import altair as alt
import pandas as pd

from analysis import moments
from analysis.moments import Moment
from dashboard.charts.ink import ACCENT, BAD, ENGINES, GOOD, INK, QUIET, WASH
from tracker import numbers

PERCENT_LABEL = "format(100 * datum.value, '.0f') + '\u00a0%'"
"""Vega's own percent has no space."""
LABEL_SHARE = 0.23
"""Part of a time chart's width that is kept for the lines' names."""
TIME_MARGIN: dict[str, Any] = {"minExtent": 40, "maxExtent": 40}
"""Room left of a time chart, so that what stands under it shares its weeks."""


def room_for_names(first: pd.Timestamp, last: pd.Timestamp) -> pd.Timestamp:
    """Where a time axis from `first` ends so that the names of its lines stand beyond `last`."""
    return last + max(last - first, pd.Timedelta(days=7)) * LABEL_SHARE / (1 - LABEL_SHARE)


def _click() -> alt.Parameter:
    """What is clicked, by its `href`, as "door"."""
    return alt.selection_point(name="door", fields=["href"], on="click")


def door_layer(base: alt.Chart, x: alt.X, y: alt.Y, tip: Sequence[alt.Tooltip]) -> Any:
    """Unseen discs over a figure's points, easy to hit: a click selects the point's `href` as "door"."""
    unseen = base.mark_circle(size=260, opacity=0, cursor="pointer")
    return unseen.encode(x=x, y=y, tooltip=list(tip)).add_params(_click())


def weekly(
    frame: pd.DataFrame,
    marked: pd.DataFrame,
    *,
    hues: Mapping[str, str],
    second: str | None,
    axis: str,
    height: int = 300,
) -> Any:
    """Lines of all brands in their `hues`; bands for the own one and `second`.

    `frame` has `week`, `brand`, `own`, `rate`, `low`, `high`, `n` and `href`, where a point's
    answers are; `marked` is of `marks`.
    """
    frame = _written(frame.dropna(subset=["rate"])).assign(week=lambda f: pd.to_datetime(f["week"]))
    frame["role"] = [
        "own" if o else "second" if b == second else "other"
        for o, b in zip(frame["own"], frame["brand"], strict=True)
    ]
    first, last = frame["week"].min(), frame["week"].max()
    end = room_for_names(first, last)
    x = alt.X(
        "week:T",
        title=None,
        scale=alt.Scale(domain=[_day(first), _day(end)]),
        axis=alt.Axis(format="%-d %b", values=_ticks(frame["week"]), grid=False, labelOverlap=True),
    )
    top = _top(frame)
    y = alt.Y(
        "rate:Q",
        title=axis,
        scale=alt.Scale(domain=[0, top]),
        axis=alt.Axis(
            labelExpr=PERCENT_LABEL,
            tickCount=5,
            titleAnchor="end",
            titleAngle=0,
            titleAlign="left",
            titleY=-22,
            titleX=0,
            **TIME_MARGIN,
        ),
    )
    colour = alt.Color(
        "brand:N", legend=None, scale=alt.Scale(domain=list(hues), range=[hues[name] for name in hues])
    )
    tip = [
        alt.Tooltip("brand:N", title="Brand"),
        alt.Tooltip("week:T", title="Week of", format="%-d %b %Y"),
        alt.Tooltip("written:N", title="Rate"),
        alt.Tooltip("span:N", title=f"{numbers.LEVEL} interval"),
        alt.Tooltip("n:Q", title="Answers", format=","),
    ]
    loud = frame[frame["role"] != "other"]
    band = (
        alt.Chart(loud.dropna(subset=["low", "high"]))
        .mark_area(opacity=0.16)
        .encode(
            x=x,
            y=alt.Y("low:Q", scale=alt.Scale(domain=[0, top])),
            y2="high:Q",
            color=colour,
            detail="brand:N",
        )
    )
    line = (
        alt.Chart(frame)
        .mark_line(interpolate="monotone")
        .encode(
            x=x,
            y=y,
            color=colour,
            detail="brand:N",
            tooltip=tip,
            strokeWidth=alt.condition("datum.role == 'other'", alt.value(1.4), alt.value(2.6)),
            opacity=alt.condition("datum.role == 'other'", alt.value(0.75), alt.value(1)),
        )
    )
    dot = (
        alt.Chart(frame)
        .mark_circle()
        .encode(
            x=x,
            y=y,
            color=colour,
            tooltip=tip,
            size=alt.condition("datum.role == 'other'", alt.value(14), alt.value(42)),
            opacity=alt.condition("datum.role == 'other'", alt.value(0.5), alt.value(1)),
        )
    )
    name = (
        alt.Chart(_line_names(frame, top))
        .mark_text(align="left", dx=8, fontSize=12, limit=110)
        .encode(
            x=alt.X("week:T"),
            y=alt.Y("at:Q"),
            text="brand:N",
            color=colour,
            opacity=alt.condition("datum.role == 'other'", alt.value(0.85), alt.value(1)),
        )
    )
    doors = door_layer(alt.Chart(frame), x, y, tip)
    return _sized(alt.layer(*_rules(marked), band, line, dot, name, doors), height)


def _written(frame: pd.DataFrame) -> pd.DataFrame:
    """With `rate` as `written`, and `low` and `high`, where there are such, as `span`."""
    frame = frame.assign(written=[numbers.percent(_known(rate)) for rate in frame["rate"]])
    if "low" not in frame:
        return frame
    ends = zip(frame["low"], frame["high"], strict=True)
    return frame.assign(span=[numbers.percent_range(_known(low), _known(high)) for low, high in ends])


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def marks(noted: Sequence[Moment], days: pd.Series, *, lasting: int = 7) -> pd.DataFrame:
    """What a chart of these days marks: `at`, `letter`, `titles`. Each of the days stands for `lasting`
    ones."""
    if days.empty:
        return pd.DataFrame(columns=["at", "letter", "titles"])
    every = pd.to_datetime(days)
    drawn = moments.marks(noted, every.min().date(), every.max().date() + timedelta(days=lasting))
    rows = [(m.at, m.letter, [f"{numbers.day(one.at)}: {one.title}" for one in m.moments]) for m in drawn]
    return pd.DataFrame(rows, columns=["at", "letter", "titles"]).astype({"at": "datetime64[ns]"})


def _rules(shown: pd.DataFrame) -> list[alt.Chart]:
    """Dashed lines with letters at what may explain a change."""
    if shown.empty:
        return []
    base = alt.Chart(
        shown.assign(title=["; ".join(titles) for titles in shown["titles"]]).drop(columns="titles")
    )
    tip = alt.Tooltip("title:N", title="Event")
    rule = base.mark_rule(strokeDash=[4, 4], color=QUIET, strokeWidth=1.4).encode(x="at:T", tooltip=tip)
    letter = base.mark_text(fontSize=11, fontWeight=700, color=QUIET, baseline="bottom").encode(
        x="at:T", y=alt.value(-4), text="letter:N", tooltip=tip
    )
    return [rule, letter]


def _line_names(frame: pd.DataFrame, top: float) -> pd.DataFrame:
    """The last point of each line, names pushed apart until none covers another."""
    ends = (
        frame.sort_values("week")
        .groupby("brand", as_index=False)
        .last()
        .sort_values("rate")
        .reset_index(drop=True)
    )
    return ends.assign(at=spread(ends["rate"].tolist(), top * 0.058, top), week=frame["week"].max())


def spread(heights: Sequence[float], gap: float, top: float) -> list[float]:
    """Ascending heights moved up, then down, so that neighbours are at least `gap` apart and none lies above
    `top`."""
    out = list(heights)
    for i in range(1, len(out)):
        out[i] = max(out[i], out[i - 1] + gap)
    ceiling = top
    for i in reversed(range(len(out))):
        out[i] = min(out[i], ceiling)
        ceiling = out[i] - gap
    return out


def _top(frame: pd.DataFrame) -> float:
    """A round upper end of the axis."""
    loud = frame[frame["role"] != "other"]
    highest = max(frame["rate"].max(), loud["high"].max() if loud["high"].notna().any() else 0.0, 0.02)
    steps = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    return next((step for step in steps if highest <= step), 1.0)


def _day(moment: Any) -> dict[str, int]:
    return {"year": moment.year, "month": moment.month, "date": moment.day}


def _ticks(weeks: pd.Series) -> list[dict[str, int]]:
    days = sorted(weeks.unique())
    step = max(1, -(-len(days) // 8))
    return [_day(pd.Timestamp(day)) for day in days[::step]]


Kind = Literal["points", "correlation", "ratio"]
TURNS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 50, 100)


def forest(frame: pd.DataFrame, *, axis: str, kind: Kind) -> Any:
    """One row per `name` in the frame's order: `estimate`, `low`, `high`, `tone` (good, bad, quiet), `note`,
    and where a row opens a page `href`."""
    order = frame["name"].tolist()
    scale, shown = _forest_axis(frame, kind)
    zero = 1.0 if kind == "ratio" else 0.0
    y = alt.Y("name:N", sort=order, title=None, axis=_names())
    tone = alt.Color(
        "tone:N", legend=None, scale=alt.Scale(domain=["good", "bad", "quiet"], range=[GOOD, BAD, QUIET])
    )
    tip = [alt.Tooltip("name:N", title="Source"), alt.Tooltip("note:N", title="Reading")]
    base = alt.Chart(frame)
    rule = (
        alt.Chart(pd.DataFrame({"zero": [zero]}))
        .mark_rule(color=QUIET, strokeWidth=1)
        .encode(x=alt.X("zero:Q", scale=scale))
    )
    bar = base.mark_rule(strokeWidth=2.5, strokeCap="round").encode(
        x=alt.X("low:Q", title=_lines(axis), scale=scale, axis=shown),
        x2="high:Q",
        y=y,
        color=tone,
        tooltip=tip,
    )
    x = alt.X("estimate:Q", scale=scale)
    dot = base.mark_circle(size=75, opacity=1).encode(x=x, y=y, color=tone, tooltip=tip)
    doors = [door_layer(base, x, y, tip)] if "href" in frame else []
    return _sized(alt.layer(rule, bar, dot, *doors), 26 * len(frame) + 64)


def _lines(title: str) -> str | list[str]:
    """A long title in two lines: one that is wider than its plot would take the plot's width."""
    first, colon, rest = title.partition(": ")
    return [first + ":", rest] if colon else title


def _forest_axis(frame: pd.DataFrame, kind: Kind) -> tuple[alt.Scale, alt.Axis]:
    low, high = float(frame["low"].min()), float(frame["high"].max())
    common: dict[str, Any] = {"orient": "top", "titleAnchor": "start", "labelFlush": False}
    if kind == "ratio":
        ends = [min(low, 0.75) / 1.04, max(high, 1.5) * 1.04]
        ticks = [turn for turn in TURNS if ends[0] <= turn <= ends[1]]
        return alt.Scale(type="log", domain=ends, nice=False), alt.Axis(
            values=ticks, labelExpr="datum.value + '×'", **common
        )
    if kind == "correlation":
        ends = [min(-0.2, low), 1.0]
        return alt.Scale(domain=ends, nice=True), alt.Axis(tickCount=6, labelExpr=_signed(1, ".1f"), **common)
    pad = 0.05 * (max(high, 0) - min(low, 0) or 0.1)
    ends = [min(low, 0) - pad, max(high, 0) + pad]
    return alt.Scale(domain=ends, nice=False), alt.Axis(tickCount=6, labelExpr=_signed(100, ".0f"), **common)


def _names(grid: bool = False) -> alt.Axis:
    return alt.Axis(
        labelLimit=170,
        ticks=False,
        domain=False,
        labelPadding=8,
        grid=grid,
        labelFlush=False,
        labelOverlap=False,
        labelBaseline="middle",
    )


def _signed(times: int, form: str) -> str:
    return (
        f"(datum.value > 1e-9 ? '+' : datum.value < -1e-9 ? '−' : '') + format(abs(datum.value) * {times}, "
        f"'{form}')"
    )


def sites(frame: pd.DataFrame, *, axis: str) -> Any:
    """Dots per domain, one an engine: `domain`, `engine`, `rate`, `answers`, `of`, `href`; domains in the
    frame's order."""
    order = list(dict.fromkeys(frame["domain"]))
    base = alt.Chart(_written(frame))
    x = alt.X(
        "rate:Q",
        title=axis,
        axis=alt.Axis(labelExpr=PERCENT_LABEL, orient="top", titleAnchor="start", tickCount=6),
        scale=alt.Scale(zero=True),
    )
    y = alt.Y("domain:N", sort=order, title=None, axis=_names(grid=True))
    tip = [
        alt.Tooltip("domain:N", title="Source"),
        alt.Tooltip("engine:N", title="Engine"),
        alt.Tooltip("written:N", title="Answers citing it"),
        alt.Tooltip("answers:Q", title="Answers", format=","),
        alt.Tooltip("of:Q", title="of", format=","),
    ]
    dot = base.mark_circle(size=85, opacity=0.9).encode(
        x=x, y=y, color=engine_colour(frame["engine"]), tooltip=tip
    )
    return _sized(alt.layer(dot, door_layer(base, x, y, tip)), 26 * len(order) + 96)


def engine_colour(names: pd.Series) -> alt.Color:
    known = sorted(names.unique())
    scale = alt.Scale(domain=known, range=[ENGINES[i % len(ENGINES)] for i in range(len(known))])
    return alt.Color(
        "engine:N",
        scale=scale,
        legend=alt.Legend(orient="top", title=None, columns=3, symbolType="circle", offset=14),
    )


def heat(frame: pd.DataFrame, *, brands: Sequence[str], title: str) -> Any:
    """Mention rates of brands (columns) per `cell` (rows); a click on one selects its `href` as "door"."""
    frame = _written(frame).assign(short=[numbers.percent(_known(rate), 0) for rate in frame["rate"]])
    base = alt.Chart(frame).encode(
        x=alt.X(
            "brand:N",
            sort=list(brands),
            title=None,
            scale=alt.Scale(paddingInner=0.05),
            axis=alt.Axis(
                orient="top", labelAngle=-35, ticks=False, domain=False, labelFlush=False, labelOverlap=False
            ),
        ),
        y=alt.Y("cell:N", title=None, scale=alt.Scale(paddingInner=0.1), axis=_names()),
    )
    box = base.mark_rect(cornerRadius=4, stroke="white", strokeWidth=0, cursor="pointer").encode(
        color=alt.Color(
            "rate:Q",
            legend=None,
            scale=alt.Scale(range=list(WASH), domain=[0, max(0.05, frame["rate"].max())]),
        ),
        tooltip=[
            alt.Tooltip("brand:N", title="Brand"),
            alt.Tooltip("cell:N", title=title),
            alt.Tooltip("written:N", title="Mention rate"),
            alt.Tooltip("span:N", title=f"{numbers.LEVEL} interval"),
            alt.Tooltip("n:Q", title="Answers", format=","),
        ],
    )
    dark = f"datum.rate > {0.78 * max(0.05, frame['rate'].max())}"
    text = base.mark_text(fontSize=12).encode(
        text=alt.Text("short:N"),
        color=alt.condition(dark, alt.value("white"), alt.value(INK)),
    )
    return _sized(alt.layer(box.add_params(_click()), text), 40 * frame["cell"].nunique() + 80)


COUNTS = [0, 10, 30, 100, 300, 1000, 3000, 10_000, 100_000, 1_000_000]


def scatter(frame: pd.DataFrame, *, x: str, y: str) -> Any:
    """Domains: `authority` against `answers` citing them; `href` is the page of each."""
    known = frame.dropna(subset=["authority"])
    log = (
        bool(len(known))
        and bool((known["authority"] > 0).all())
        and known["authority"].max() > 8 * known["authority"].min()
    )
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    return _sized(
        alt.Chart(known)
        .mark_circle(size=60, opacity=0.6, color=QUIET, cursor="pointer")
        .encode(
            x=alt.X(
                "authority:Q",
                title=x,
                scale=scale,
                axis=alt.Axis(
                    grid=False, tickCount=5, labelExpr="format(datum.value, ',.3~r')", labelOverlap=True
                ),
            ),
            y=alt.Y(
                "answers:Q",
                title=y,
                scale=alt.Scale(type="symlog", constant=10),
                axis=alt.Axis(values=COUNTS, format=",d", labelOverlap=False),
            ),
            tooltip=[
                alt.Tooltip("domain:N", title="Domain"),
                alt.Tooltip("kind:N", title="Type"),
                alt.Tooltip("authority:Q", title="Authority", format=",.4~g"),
                alt.Tooltip("answers:Q", title="Answers citing it", format=","),
            ],
        )
        .add_params(_click()),
        340,
    )


def spending(frame: pd.DataFrame, marked: pd.DataFrame) -> Any:
    """Dollars per week, stacked by engine: `week`, `engine`, `dollars`."""
    frame = frame.assign(week=pd.to_datetime(frame["week"])).sort_values(
        ["week", "engine"], ascending=[True, False]
    )
    frame["top"] = frame.groupby("week")["dollars"].cumsum()
    frame = frame.assign(floor=frame["top"] - frame["dollars"], end=frame["week"] + timedelta(days=6.2))
    bars = (
        alt.Chart(frame)
        .mark_rect()
        .encode(
            x=_spells(frame["week"], 7, "%-d %b"),
            x2="end:T",
            y=alt.Y("floor:Q", title=None, axis=alt.Axis(format="$,.2f", tickCount=4)),
            y2="top:Q",
            color=engine_colour(frame["engine"]),
            tooltip=[
                alt.Tooltip("engine:N", title="Engine"),
                alt.Tooltip("week:T", title="Week of", format="%-d %b %Y"),
                alt.Tooltip("dollars:Q", title="Spent", format="$,.4f"),
            ],
        )
    )
    return _sized(alt.layer(bars, *_rules(marked)), 240)


def gained_and_lost(frame: pd.DataFrame, marked: pd.DataFrame) -> Any:
    """Links per month: `month`, `links` (lost ones negative), `what`."""
    month = pd.to_datetime(frame["month"])
    frame = frame.assign(month=month, end=month + pd.offsets.MonthBegin() - timedelta(days=4), floor=0)
    bars = (
        alt.Chart(frame)
        .mark_rect()
        .encode(
            x=_spells(frame["month"], 30, "%b %y"),
            x2="end:T",
            y=alt.Y("floor:Q", title=None, axis=alt.Axis(tickCount=5, format="d")),
            y2="links:Q",
            color=alt.Color(
                "what:N",
                scale=alt.Scale(range=[GOOD, BAD]),
                legend=alt.Legend(orient="top", title=None, offset=14),
            ),
            tooltip=[
                alt.Tooltip("month:T", title="Month", format="%b %Y"),
                alt.Tooltip("what:N", title=""),
                alt.Tooltip("links:Q", title="Links", format="d"),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color=QUIET).encode(y="at:Q")
    return _sized(alt.layer(bars, zero, *_rules(marked)), 240)


def by_day(frame: pd.DataFrame, *, axis: str) -> Any:
    """Counts a day as a line: `day`, `count`, and where a point opens answers `href`."""
    frame = frame.assign(day=pd.to_datetime(frame["day"])).sort_values("day")
    base = alt.Chart(frame)
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", grid=False, labelOverlap=True))
    y = alt.Y("count:Q", title=axis, axis=alt.Axis(tickCount=5, format="d"))
    tip = [
        alt.Tooltip("day:T", title="Day", format="%-d %b %Y"),
        alt.Tooltip("count:Q", title=axis, format=",d"),
    ]
    line = base.mark_line(color=QUIET, point=len(frame) < 2).encode(x=x, y=y, tooltip=tip)
    doors = [door_layer(base, x, y, tip)] if "href" in frame else []
    return _sized(alt.layer(line, *doors), 240)


def _spells(days: pd.Series, lasting: int, form: str) -> alt.X:
    """A time axis for bars that begin on these days; a handful of them does not fill the width."""
    first, last = days.min(), days.max()
    end = max(last + timedelta(days=lasting), first + timedelta(days=8 * lasting))
    return alt.X(
        f"{days.name}:T",
        title=None,
        scale=alt.Scale(domain=[_day(first), _day(end)]),
        axis=alt.Axis(
            format=form,
            values=_ticks(days),
            grid=False,
            labelAlign="left",
            labelFlush=False,
            labelOverlap=True,
            labelSeparation=10,
        ),
    )


def path(frame: pd.DataFrame, *, axis: str, below: str) -> Any:
    """Weeks around a first link: `week` (0 is its first), `estimate`, `low`, `high`, `links`, `note`; shares
    of 1."""
    ends = [*frame["estimate"], *frame["low"].dropna(), *frame["high"].dropna(), 0.0]
    pad = 0.08 * (max(ends) - min(ends) or 0.1)
    y = alt.Scale(domain=[min(ends) - pad, max(ends) + pad], nice=False)
    x = alt.X(
        "week:Q",
        title=below,
        scale=alt.Scale(domain=[frame["week"].min() - 0.6, frame["week"].max() + 0.6], nice=False),
        axis=alt.Axis(
            values=frame["week"].tolist(), labelExpr=_signed(1, "d"), grid=False, labelOverlap=True
        ),
    )
    tone = alt.condition("datum.week >= 0", alt.value(ACCENT), alt.value(QUIET))
    tip = alt.Tooltip("note:N", title="Reading")
    base = alt.Chart(frame)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=QUIET).encode(y="zero:Q")
    link = (
        alt.Chart(pd.DataFrame({"at": [-0.5]}))
        .mark_rule(strokeDash=[4, 4], color=QUIET, strokeWidth=1.4)
        .encode(x="at:Q")
    )
    bar = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=2.5, strokeCap="round")
        .encode(
            x=x,
            y=alt.Y(
                "low:Q",
                title=axis,
                scale=y,
                axis=alt.Axis(
                    tickCount=5,
                    labelExpr=_signed(100, ".0f"),
                    titleAnchor="end",
                    titleAngle=0,
                    titleAlign="left",
                    titleY=-8,
                    titleX=0,
                ),
            ),
            y2="high:Q",
            color=tone,
            tooltip=tip,
        )
    )
    dot = base.mark_circle(size=75, opacity=1).encode(
        x=x, y=alt.Y("estimate:Q", scale=y), color=tone, tooltip=tip
    )
    return _sized(alt.layer(zero, link, bar, dot), 340)


def _sized(chart: Any, height: int) -> Any:
    return chart.properties(height=height, width="container").configure_view(stroke=None)
