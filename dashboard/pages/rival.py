"""One rival, head to head: prompts won and lost, and the sources it has and you do not."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from analysis.frames import Scope
from analysis.visibility import Compared
from dashboard import cells, data, lines, rungs, strings, widgets
from dashboard.strings import Measure
from tracker import numbers

words = strings.RivalPage
MOST = 8

here = widgets.here()


def show() -> None:
    rivals = [brand.name for brand in here.world.brands if not brand.own]
    asked = st.query_params.get("name", "")
    if here.world.own is None or not rivals:
        widgets.title(strings.Rivals.TITLE, "")
        widgets.empty(strings.Rivals.ALONE, strings.Rivals.ALONE_TEXT, strings.Rivals.ALONE_COMMANDS)
        return
    if asked and asked not in rivals:
        widgets.title(strings.Rivals.TITLE, "")
        widgets.empty(words.NO_RIVAL, words.NO_RIVAL_TEXT.format(name=asked))
        return
    head = st.empty()
    widgets.stop_without_answers(strings.Rivals.TITLE)
    scope = widgets.scope()
    with widgets.bar():
        rival = widgets.choice(words.RIVAL, "name", rivals, label_visibility="collapsed", width=260)
    said = words.TITLE.format(brand=here.brand, rival=rival)
    widgets.tab(said)
    head.html(f'<div class="cl"><h1 class="cl-say">{widgets.text(said)}</h1></div>')
    if not data.visibility(here.workspace, scope):
        widgets.nothing(scope)
        return
    measures(rival, scope)
    widgets.graded(scope)
    over_time(rival, scope)
    prompts(rival, scope)
    sources(rival, scope)


def measures(rival: str, scope: Scope) -> None:
    rows = [
        cells.head_to_head(Measure.NAMES[name], dict(found)[rival])
        for name in get_args(Compared)
        if (found := widgets.computed(data.differences, here.workspace, scope, name)) is not None
    ]
    heads = [head.format(rival=rival) for head in words.MEASURE_COLUMNS]
    widgets.table(widgets.columns(heads, numeric=(1, 2, 3, 4)), rows, csv="head-to-head")


def over_time(rival: str, scope: Scope) -> None:
    rows = data.visibility(here.workspace, scope, ("week",))
    told = [row for row in rows if row.own or row.brand == rival]
    if len({row.week for row in told}) > 1:
        widgets.section(words.OVER_TIME)
        lines.draw(here, told, "mention_rate", rival)


def prompts(rival: str, scope: Scope) -> None:
    told = data.duel(here.workspace, rival, scope)
    lost, won = told[told["away"] < 0], told[told["away"] > 0].iloc[::-1]
    counts = {"won": numbers.counted(len(won), "prompt"), "lost": str(len(lost))}
    score = words.SCORE.format(rival=rival, even=len(told) - len(won) - len(lost), **counts)
    for heading, sub, part, none, name in (
        (words.LOST, score, lost, words.NONE_LOST, "prompts-lost"),
        (words.WON, "", won, words.NONE_WON, "prompts-won"),
    ):
        widgets.section(heading, sub)
        if part.empty:
            widgets.quiet(none)
            continue
        heads = [head.format(rival=rival) for head in words.PROMPT_COLUMNS]
        rows = [line(row, rival) for row in widgets.records(part.head(MOST))]
        columns = widgets.columns(heads, numeric=(2, 3, 4, 5), wide=(0,))
        widgets.table(columns, rows, csv=name)


def line(row: Any, rival: str) -> tuple[object, ...]:
    def share(count: int, brand: str) -> widgets.Safe:
        words = numbers.percent(count / row.answers, 0)
        named = {"measure": "mention_rate", "brand": brand, "prompt": row.prompt_id}
        return widgets.door("answers", words, **named)

    mine, theirs = share(row.own, here.brand), share(row.rival, rival)
    text = widgets.door("answers", row.text, prompt=row.prompt_id)
    return text, row.topic, mine, theirs, numbers.points(row.away, 0), numbers.count(row.answers)


def sources(rival: str, scope: Scope) -> None:
    if not data.has_links(here.workspace):
        return
    widgets.section(words.SOURCES.format(rival=rival), words.SOURCES_SUB)
    found = widgets.computed(data.ladder, here.workspace, data.whole(here.workspace, scope))
    if found is None:
        return
    theirs = [r for r in found.rungs if rival in r.linked and here.brand not in r.linked and r.cited]
    if theirs:
        rungs.table(here, sorted(theirs, key=lambda rung: -rung.cited)[: 2 * MOST])
    else:
        widgets.quiet(words.NO_SOURCES.format(rival=rival))


show()
