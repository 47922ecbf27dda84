"""Prompts, and the answers behind every number."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analysis.frames import Number, Scope
from analysis.intervals import wilson
from analysis.visibility import FEW
from dashboard import charts, data, listed, numbered, strings, widgets
from dashboard.strings import Common
from tracker import numbers

words = strings.AnswersPage

here = widgets.here()
PAGE = 25


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    scope = widgets.scope()
    found = numbered.asked(st.query_params.to_dict(), scope)
    if found is not None:
        behind(*found)
        return
    prompts = data.prompts(here.workspace, scope)
    if prompts.empty:
        widgets.nothing(scope)
        return
    table(prompts)
    behind(Number(side="all"), scope, alone=False)


def behind(number: Number, scope: Scope, *, alone: bool = True) -> None:
    """The answers that a number counts, those it does not, or all it is out of."""
    totals = data.behind(here.workspace, scope, number, 0, 0)
    widgets.section(listed.headline(here, number, totals), listed.narrowed(here, number, scope))
    if alone:
        widgets.html(listed.sides(number, totals, st.query_params.to_dict()))
    of_side = totals.part.answers
    if not of_side:
        widgets.empty(words.NONE, words.NONE_TEXT)
        return
    pages = -(-of_side // PAGE)
    at = st.pagination(pages, key="page_of", bind="query-params") if pages > 1 else 1
    door = data.behind(here.workspace, scope, number, PAGE, (int(at or 1) - 1) * PAGE)
    lines = data.answer_lines(here.workspace, door.part.ids)
    rows = [listed.row(here, line) for line in lines]
    heads = widgets.columns(words.LIST_COLUMNS, wide=(2, 3, 4))
    widgets.table(heads, rows, peek=[f"answer:{line.id}" for line in lines], csv="answers")


def table(prompts: pd.DataFrame) -> None:
    widgets.section(words.TABLE, words.TABLE_SUB.format(brand=here.brand))
    with widgets.bar():
        order = widgets.choice(Common.SORT, "prompts_by", list(words.SORTS.values()))
        most = widgets.how_many(len(prompts), "prompts_shown", steps=(15, 50, 500))
    share = prompts["mentioned"] / prompts["answers"].clip(lower=1)
    by = next(key for key, name in words.SORTS.items() if name == order)
    keys = {"least": share, "most": -share, "prompt": prompts["text"]}
    shown = widgets.records(prompts.assign(key=keys[by]).sort_values(["key", "text"]))[:most]
    few = [i for i, row in enumerate(shown) if row.answers < FEW]
    heads = widgets.columns(words.COLUMNS, numeric=(2, 3, 4, 6), wide=(0,))
    widgets.table(heads, [line(row) for row in shown], few=few, csv="prompts")


def line(row: Any) -> tuple[object, ...]:
    named, cited = wilson(row.mentioned, row.answers), wilson(row.cited, row.citable)
    marks = [mark for mark, on in ((words.BRANDED, row.branded), (words.NAMES_RIVAL, row.rival)) if on]
    text = widgets.door("prompt", row.text, id=row.prompt_id)
    prompt = widgets.join(text, *(part for mark in marks for part in (" ", widgets.badge(mark))))
    span = numbers.percent_range(named.low, named.high, 0)
    drawn = widgets.picture(charts.sparkline(row.weekly), words.COLUMNS[5])
    shares = (
        numbered.door(
            numbers.percent(named.estimate, 0), "mention_rate", brand=here.brand, prompt=row.prompt_id
        ),
        span,
        numbered.door(
            numbers.percent(cited.estimate, 0), "citation_rate", brand=here.brand, prompt=row.prompt_id
        ),
    )
    every = numbered.door(numbers.count(row.answers), prompt=row.prompt_id)
    return (prompt, row.topic, *shares, drawn, every)


show()
