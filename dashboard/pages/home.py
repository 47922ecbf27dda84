"""Own brand and rivals: now, week by week, and what moved."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.changes import WeekChange
from analysis.frames import Scope
from analysis.visibility import FEW, Compared, Row
from dashboard import cells, charts, data, glance, strings, widgets
from dashboard.strings import Common, Measure
from tracker import numbers

words = strings.Overview

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_answers()
    scope = widgets.scope()
    rows = data.visibility(here.workspace, scope)
    if not rows:
        widgets.nothing(scope)
        return
    moved = data.changes(here.workspace, scope)
    headline(rows, moved, scope)
    slot = st.empty()
    slot.html(glance.panels(here, scope, rows, moved, None))
    over_time(scope)
    brands(rows, moved)
    engines(scope)
    slot.html(glance.panels(here, scope, rows, moved, glance.next_steps(here, scope, rows[0].answers)))


def headline(rows: list[Row], moved: list[WeekChange], scope: Scope) -> None:
    own = next((row for row in rows if row.own), rows[0])
    widgets.cards(card(name, own, rows, moved) for name in Measure.NAMES)
    widgets.quiet(cells.window(scope, here.world, data.excluded(here.workspace, scope)))
    gate = moved[0] if moved else None
    if gate and gate.reasons:
        widgets.box(words.NOT_COMPARABLE, widgets.bullets(gate.reasons), "warn")


def card(name: Compared, own: Row, rows: list[Row], moved: list[WeekChange]) -> widgets.Card:
    rate = own.rates[name]
    above = sum((row.rates[name].estimate or 0) > (rate.estimate or 0) for row in rows)
    position = words.RANK.format(place=numbers.ordinal(above + 1), all=len(rows)) if len(rows) > 1 else ""
    span = numbers.percent_range(rate.low, rate.high) if rate.enough else Common.NOT_ENOUGH
    change = next((c for c in moved if c.brand == own.brand and c.measure == name), None)
    rank = f" · {position}" if position else ""
    basis = widgets.basis(rate.n, rate.clusters, Measure.UNITS[name])
    lines = widgets.Safe(f"{span} · {basis}<br>{Measure.SHORT[name]}{rank}")
    return widgets.Card(
        Measure.NAMES[name], numbers.percent(rate.estimate), lines, cells.verdict(change), own.answers < FEW
    )


def over_time(scope: Scope) -> None:
    widgets.section(words.OVER_TIME, words.OVER_TIME_SUB)
    with widgets.bar():
        name = widgets.switch(words.MEASURE, "measure", Measure.NAMES)
        rivals = [brand.name for brand in here.world.brands if not brand.own]
        second = widgets.choice(words.HIGHLIGHT, "rival", [words.NOBODY, *rivals]) if rivals else words.NOBODY
    rows = data.visibility(here.workspace, scope, ("week",))
    values = [(r.week, r.brand, r.own, i.estimate, i.low, i.high, i.n) for r in rows if (i := r.rates[name])]
    frame = pd.DataFrame(values, columns=["week", "brand", "own", "rate", "low", "high", "n"])
    if frame["rate"].notna().any():
        marked = charts.marks(data.marked_moments(here.workspace), frame["week"])
        figure = charts.weekly(frame, marked, second=second, axis=Measure.NAMES[name])
        widgets.chart(figure, Measure.NAMES[name], marked)
    else:
        widgets.empty(Common.NOT_ENOUGH, strings.Empty.WIDEN)


def brands(rows: list[Row], moved: list[WeekChange]) -> None:
    widgets.section(words.BRANDS, words.BRANDS_SUB)
    top = (
        max((row.rates["mention_rate"].high or row.rates["mention_rate"].estimate or 0) for row in rows) or 1
    )
    ordered = sorted(rows, key=lambda row: -(row.rates["mention_rate"].estimate or 0))
    changed = {c.brand: c for c in moved if c.measure == "mention_rate"}
    shown = [
        (
            widgets.join(row.brand, f" ({Common.OWN})" if row.own else ""),
            *cells.rates(row, top),
            cells.change(changed.get(row.brand)),
            numbers.count(row.answers),
        )
        for row in ordered
    ]
    few = [i for i, row in enumerate(ordered) if row.directional]
    widgets.table(
        widgets.columns(words.BRAND_COLUMNS, numeric=(1, 3, 4, 5, 6)),
        shown,
        own=[i for i, row in enumerate(ordered) if row.own],
        few=few,
    )


def engines(scope: Scope) -> None:
    rows = [row for row in data.visibility(here.workspace, scope, ("engine",)) if row.own]
    if len(rows) < 2:
        return
    widgets.section(words.ENGINES.format(brand=here.brand))
    top = max((row.rates["mention_rate"].high or 0) for row in rows) or 1
    shown = [(row.engine, *cells.rates(row, top), numbers.count(row.answers)) for row in rows]
    few = [i for i, row in enumerate(rows) if row.directional]
    widgets.table(widgets.columns(words.ENGINE_COLUMNS, numeric=(1, 3, 4, 5)), shown, few=few)


show()
