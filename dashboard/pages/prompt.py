"""One prompt: how each engine answers it, week by week, and every answer to it."""

from __future__ import annotations

import streamlit as st

from analysis.frames import Number
from analysis.intervals import wilson
from dashboard import charts, data, listed, numbered, strings, widgets
from tracker import numbers

words = strings.AnswersPage
here = widgets.here()
PAGE = 25


def show() -> None:
    prompt = here.world.prompts.get(widgets.number_of("id") or 0)
    if prompt is None:
        widgets.title(words.NO_PROMPT, words.NO_PROMPT_TEXT)
        widgets.html(f"<p>{widgets.door('answers', words.ALL)}</p>")
        return
    widgets.stop_without_answers(prompt.text)
    found = data.prompt_by_engine(here.workspace, widgets.scope(), prompt.id)
    named, answers = (sum(getattr(row, name) for row in found) for name in ("mentioned", "answers"))
    counts = {"named": numbers.count(named), "answers": numbers.count(answers)}
    widgets.title(prompt.text, words.PROMPT_LEAD.format(topic=prompt.topic, brand=here.brand, **counts))
    if not answers:
        widgets.nothing(widgets.scope())
        return
    widgets.section(words.BY_ENGINE)
    heads = widgets.columns((*words.ENGINE_COLUMNS, words.COLUMNS[5]), numeric=(1, 2, 3, 4))
    widgets.table(heads, [engine(row, prompt.id) for row in found], csv="prompt-by-engine")
    members(prompt.id)


def engine(row: data.PromptEngine, prompt: int) -> tuple[object, ...]:
    share, cited = wilson(row.mentioned, row.answers), wilson(row.cited, row.citable)
    return (
        row.engine,
        numbered.door(
            numbers.percent(share.estimate, 0),
            "mention_rate",
            brand=here.brand,
            prompt=prompt,
            engine=row.engine,
        ),
        numbers.percent_range(share.low, share.high, 0),
        numbered.door(
            numbers.percent(cited.estimate, 0),
            "citation_rate",
            brand=here.brand,
            prompt=prompt,
            engine=row.engine,
        ),
        numbered.door(numbers.count(row.answers), prompt=prompt, engine=row.engine),
        widgets.picture(charts.sparkline(row.weekly), words.COLUMNS[5]),
    )


def members(prompt: int) -> None:
    scope, number = widgets.scope(), Number(prompt=prompt)
    total = data.behind(here.workspace, scope, number, 0, 0).every.answers
    widgets.section(words.MEMBERS, listed.narrowed(here, Number(), scope))
    pages = -(-total // PAGE)
    at = st.pagination(pages, key="page_of", bind="query-params") if pages > 1 else 1
    door = data.behind(here.workspace, scope, number, PAGE, (int(at or 1) - 1) * PAGE)
    lines = data.answer_lines(here.workspace, door.part.ids)
    widgets.table(
        widgets.columns(words.LIST_COLUMNS, wide=(2, 3, 4)),
        [listed.row(here, line) for line in lines],
        peek=[f"answer:{line.id}" for line in lines],
    )


show()
