"""Before and after a gained link, and the log of what happened."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analysis.events.study import EventRow, EventTable
from dashboard import cells, charts, data, noting, strings, widgets
from dashboard.data import Pooling
from dashboard.strings import Empty
from tracker import numbers

words = strings.Events

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    if not here.world.brands:
        widgets.stop_without_answers()
    if not data.weeks(here.workspace):
        widgets.empty(Empty.ANSWERS, Empty.ANSWERS_TEXT, Empty.ANSWERS_COMMANDS)
    elif not data.has_links(here.workspace):
        widgets.empty(Empty.LINKS, Empty.LINKS_TEXT, Empty.LINKS_COMMANDS)
    else:
        study()
    log()


def study() -> None:
    scope = widgets.scope()
    with widgets.bar():
        outcome = widgets.switch(words.TITLE, "outcome", words.OUTCOME)
        pooling = widgets.switch(words.PICK, "pooling", words.POOLING)
    with st.spinner(words.COMPUTING):
        event_table = data.event_study(here.workspace, scope, outcome, pooling)
    if event_table is None:
        widgets.empty(words.NO_STUDY, words.NO_STUDY_TEXT, Empty.LINKS_COMMANDS)
        return
    rows = sorted(event_table.rows, key=cells.event_order)
    summary(event_table, rows, pooling)
    drawn = [row for row in rows if row.path]
    if drawn:
        one(drawn)
    widgets.section(words.TABLE[pooling])
    most = widgets.how_many(len(rows), "events_shown", steps=(12, 50, 500))
    heads = [head.format(row=words.ROW_NAMES[pooling].capitalize()) for head in words.COLUMNS]
    few = [i for i, row in enumerate(rows[:most]) if row.att is None]
    shown = [cells.event_line(row) for row in rows[:most]]
    widgets.table(widgets.columns(heads, numeric=(1, 2, 3, 4, 5), wide=(7,)), shown, few=few)


def summary(event_table: EventTable, rows: list[EventRow], pooling: Pooling) -> None:
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


def one(rows: list[EventRow]) -> None:
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


def log() -> None:
    commands = widgets.Safe(" ".join(map(widgets.code, words.LOG_COMMANDS)))
    widgets.section(words.LOG, widgets.join(words.LOG_SUB, " ", commands))
    noting.events()
    happened = data.happened(here.workspace)
    if happened.empty:
        widgets.empty(words.LOG_NONE, words.LOG_NONE_TEXT, Empty.LINKS_COMMANDS)
        return
    kinds = {words.KINDS.get(kind, kind): kind for kind in sorted(set(happened["kind"]))}
    brands = [brand.name for brand in here.world.brands if brand.name in set(happened["brand"])]
    with widgets.bar():
        kind = widgets.choice(words.KIND, "kind_of_event", [words.ALL_KINDS, *kinds])
        whose = (
            widgets.choice(words.WHOSE, "whose", [*brands, words.ALL_BRANDS]) if brands else words.ALL_BRANDS
        )
        rows = [row for row in widgets.records(happened) if wanted(row, kinds.get(kind), whose)]
        most = widgets.how_many(len(rows), "log_shown")
        widgets.download("events.csv", list(happened.columns), lambda: happened.itertuples(index=False))
    widgets.table(widgets.columns(words.LOG_COLUMNS, wide=(2,)), [line(row) for row in rows[:most]])


def wanted(row: Any, kind: str | None, whose: str) -> bool:
    return kind in (None, row.kind) and (row.brand is None or whose in (row.brand, words.ALL_BRANDS))


def line(row: Any) -> tuple[object, ...]:
    what = row.title
    if row.brand is not None:
        what = widgets.join(widgets.link(f"https://{row.title}", row.title), f" → {row.brand}")
    tone = {"gained link": "good", "lost link": "bad", "served model": "warn"}.get(row.kind, "quiet")
    return numbers.day(row.at), widgets.badge(words.KINDS.get(row.kind, row.kind), tone), what


show()
