"""Rates over time on a page: lines in the brands' own colours, with what may explain a change marked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.visibility import Compared, Row
from dashboard import charts, data, rungs, widgets
from dashboard.strings import Common, Empty, Measure
from dashboard.widgets import Here


def of(rows: Sequence[Row], brand: str, name: Compared) -> list[float]:
    """The known rates of one brand, in the order of the rows."""
    return [rate for row in rows if row.brand == brand and (rate := row.rates[name].estimate) is not None]


def draw(here: Here, rows: Sequence[Row], name: Compared, second: str | None) -> None:
    """`rows` are of weeks; bands for the own brand and `second`."""
    values = [(r.week, r.brand, r.own, i.estimate, i.low, i.high, i.n) for r in rows if (i := r.rates[name])]
    frame = pd.DataFrame(values, columns=["week", "brand", "own", "rate", "low", "high", "n"])
    if not frame["rate"].notna().any():
        widgets.empty(Common.NOT_ENOUGH, Empty.WIDEN)
        return
    marked = charts.marks(data.marked_moments(here.workspace), frame["week"])
    figure = charts.weekly(frame, marked, hues=rungs.colours(here), second=second, axis=Measure.NAMES[name])
    widgets.chart(figure, Measure.NAMES[name], marked)
