"""Rates over time on a page: lines in the brands' own colours, with what may explain a change marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analysis.frames import Scope
from analysis.visibility import Compared, Row
from dashboard import charts, data, numbered, rungs, widgets
from dashboard.strings import Common, Empty, Measure
from dashboard.widgets import Here


def of(rows: Sequence[Row], brand: str, name: Compared) -> list[float]:
    """The known rates of one brand, in the order of the rows."""
    return [rate for row in rows if row.brand == brand and (rate := row.rates[name].estimate) is not None]


def draw(
    here: Here, rows: Sequence[Row], name: Compared, second: str | None, scope: Scope | None = None
) -> None:
    """`rows` are of weeks; bands for the own brand and `second`. A point opens its answers; `scope` says what
    the page's own bar does not."""
    frame = points(rows, name, scope)
    if not frame["rate"].notna().any():
        widgets.empty(Common.NOT_ENOUGH, Empty.WIDEN)
        return
    marked = charts.marks(data.marked_moments(here.workspace), frame["week"])
    figure = charts.weekly(frame, marked, hues=rungs.colours(here), second=second, axis=Measure.NAMES[name])
    widgets.chart(figure, Measure.NAMES[name], marked, key="over_time", opens=True)


def points(rows: Sequence[Row], name: Compared, scope: Scope | None) -> pd.DataFrame:
    """What `charts.weekly` draws; `href` is where a point's answers are."""
    values = []
    for row in rows:
        rate = row.rates[name]
        within = None if scope is None else replace(scope, first=row.week, last=row.week)
        href = numbered.address(name, brand=row.brand, week=row.week, scope=within)
        values.append((row.week, row.brand, row.own, rate.estimate, rate.low, rate.high, rate.n, href))
    return pd.DataFrame(values, columns=["week", "brand", "own", "rate", "low", "high", "n", "href"])
