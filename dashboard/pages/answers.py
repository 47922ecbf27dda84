"""Prompts, and the answers behind every number, with what they name and cite marked."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analysis.frames import Scope
from analysis.intervals import wilson
from analysis.visibility import FEW
from dashboard import charts, data, marked, strings, widgets
from dashboard.strings import Common
from tracker import numbers
from tracker.models import Answer, Citation
from tracker.weeks import day_of

words = strings.AnswersPage

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    scope = widgets.scope()
    prompts = data.prompts(here.workspace, scope)
    if prompts.empty:
        widgets.nothing(scope)
        return
    table(prompts)
    read(prompts, scope)


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
    widgets.table(heads, [line(row) for row in shown], few=few)


def line(row: Any) -> tuple[object, ...]:
    named, cited = wilson(row.mentioned, row.answers), wilson(row.cited, row.citable)
    marks = [mark for mark, on in ((words.BRANDED, row.branded), (words.NAMES_RIVAL, row.rival)) if on]
    prompt = widgets.join(row.text, *(part for mark in marks for part in (" ", widgets.badge(mark))))
    span = numbers.percent_range(named.low, named.high, 0)
    drawn = widgets.picture(charts.sparkline(row.weekly), words.COLUMNS[5])
    shares = (numbers.percent(named.estimate, 0), span, numbers.percent(cited.estimate, 0))
    return (prompt, row.topic, *shares, drawn, numbers.count(row.answers))


def read(prompts: pd.DataFrame, scope: Scope) -> None:
    widgets.section(words.READ)
    texts = dict(zip(prompts["prompt_id"].astype(str), prompts["text"], strict=True))
    key = st.selectbox(
        words.PROMPT, list(texts), format_func=texts.__getitem__, key="prompt", bind="query-params"
    )
    known = {str(a.id): label(a) for a in data.answers_of(here.workspace, int(key), scope.engine)}
    if not known:
        widgets.nothing(scope)
        return
    if st.session_state.get("answer") not in known:
        st.session_state.pop("answer", None)
    picked = st.selectbox(
        words.ANSWER, list(known), format_func=known.__getitem__, key="answer", bind="query-params"
    )
    view = data.answer(here.workspace, int(picked))
    if view:
        text, facts = st.columns([1.7, 1], gap="large")
        with text:
            text_of(view)
        with facts:
            how(view)


def label(answer: Answer) -> str:
    problem = words.PROBLEM.format(problem=answer.problem) if answer.problem else ""
    engine = here.world.engines.get(answer.engine_id, "")
    day = numbers.day(day_of(answer.asked_at, here.world.timezone))
    return words.ANSWER_LABEL.format(day=day, engine=engine, repeat=answer.repeat + 1, problem=problem)


def text_of(view: data.AnswerView) -> None:
    widgets.section(words.TEXT)
    if view.answer.text:
        widgets.html(marked.answer(view))
        widgets.html(marked.key())
    else:
        widgets.quiet(words.NO_TEXT)
    for kind, name in words.KINDS.items():
        mine = [c for c in view.citations if c.kind == kind]
        if mine or kind == "cited":
            widgets.section(f"{name} ({len(mine)})", words.KIND_NOTES[kind])
            if kind == "cited" and not view.answer.citations_known:
                widgets.quiet(words.UNKNOWN_CITATIONS)
            widgets.html(f'<ul class="cl-list">{"".join(map(cited, mine))}</ul>')


def cited(citation: Citation) -> str:
    title = citation.title or citation.url
    under = f"<small>{widgets.text(citation.url)}</small>" if citation.title else ""
    return f"<li>{citation.position}. {widgets.link(citation.url, title)}{under}</li>"


def how(view: data.AnswerView) -> None:
    widgets.section(words.FACTS)
    widgets.html(marked.facts(view, here.world.engines.get(view.answer.engine_id, "")))


show()
