"""What moved after a brand gained its first link from a site."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis.events.study import EventRow, EventTable
from dashboard import cells, charts, data, strings, widgets
from dashboard.data import Pooling
from dashboard.strings import Empty
from tracker import numbers

words = strings.Events

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    widgets.stop_without_links()
    scope = widgets.scope()
    with widgets.bar():
        outcome = widgets.switch(words.WHAT, "outcome", words.OUTCOME)
        usual = widgets.computed(data.telling_pooling, here.workspace, scope, outcome)
        pooling = widgets.switch(words.PICK, "pooling", words.POOLING, usual or "family")
    told = widgets.told(data.event_study, here.workspace, scope, outcome, pooling)
    if told is None:
        return
    event_table = told.value
    if event_table is None:
        widgets.empty(words.NO_STUDY, words.NO_STUDY_TEXT, Empty.LINKS_COMMANDS)
        return
    rows = sorted(event_table.rows, key=cells.event_order)
    known = [row for row in rows if row.att is not None]
    summary(event_table, rows, pooling)
    if drawn := [row for row in rows if row.path]:
        one(drawn)
    if known:
        listed(known, pooling, "events_shown")
    if few := [row for row in rows if row.att is None]:
        with st.expander(words.FEW.format(rows=numbers.counted(len(few), words.ROW_NAMES[pooling]))):
            listed(few, pooling, "few_shown")


def listed(rows: Sequence[EventRow], pooling: Pooling, key: str) -> None:
    most = widgets.how_many(len(rows), key, steps=(12, 50, 500))
    heads = [head.format(row=words.ROW_NAMES[pooling].capitalize()) for head in words.COLUMNS]
    few = [i for i, row in enumerate(rows[:most]) if row.att is None]
    shown = [cells.event_line(row) for row in rows[:most]]
    columns = widgets.columns(heads, numeric=(1, 2, 3, 4, 5), wide=(7,))
    widgets.table(columns, shown, few=few, csv=f"what-moved-{key.removesuffix('_shown')}")


def summary(event_table: EventTable, rows: Sequence[EventRow], pooling: Pooling) -> None:
    moved = sum(row.verdict == "moved after" for row in rows)
    estimated = any(row.att is not None for row in rows)
    counted = numbers.counted(len(rows), words.ROW_NAMES[pooling])
    head = words.HEADLINE.format(moved=moved, rows=counted) if moved else words.HEADLINE_NONE
    sentence = words.SUMMARY.format(
        dated=numbers.counted(sum(row.dated for row in rows), "first link"),
        usable=sum(row.events for row in rows),
        already=sum(row.already for row in rows),
        weeks=numbers.counted(event_table.weeks, "week"),
    )
    widgets.section(head if estimated else words.HEADLINE_THIN, sentence)
    if not estimated:
        widgets.quiet(words.MISSING_WEEKS.format(pool=words.MISSING_POOL[pooling]))


def one(rows: Sequence[EventRow]) -> None:
    widgets.section(words.CHART, words.CHART_SUB)
    by_name = {cells.event_name(row.name): row for row in rows}
    row = by_name[widgets.choice(words.PICK, "look_at", list(by_name), width=320)]
    frame = pd.DataFrame([cells.event_point(point) for point in row.path], columns=cells.EVENT_POINT)
    picture, facts = st.columns([1.9, 1], gap="large")
    with picture:
        widgets.chart(charts.path(frame, axis=words.AXIS, below=words.AXIS_BELOW), words.CHART)
    with facts:
        widgets.html(cells.event_facts(row))
    widgets.box(words.CAN_HEAD, widgets.text(words.CAN))


show()
