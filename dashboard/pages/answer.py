"""One answer: its text with brands and citations marked, what else was said to the same prompt, how it was
asked."""

from __future__ import annotations

import streamlit as st

from analysis.frames import Scope, Sibling
from dashboard import beside, data, marked, strings, widgets
from tracker import numbers

words = strings.AnswersPage
here = widgets.here()
SHOWN_RAW = 20_000


def show() -> None:
    view = data.answer(here.workspace, widgets.number_of("id") or 0)
    if view is None or view.answer.id is None:
        widgets.title(words.GONE, words.GONE_TEXT)
        widgets.html(f"<p>{widgets.door('answers', words.ALL)}</p>")
        return
    answer = view.answer
    prompt = here.world.prompts.get(answer.prompt_id)
    engine = here.world.engines.get(answer.engine_id, "")
    asked = {"day": numbers.day(answer.asked_at.date()), "engine": engine, "repeat": answer.repeat + 1}
    topic = prompt.topic if prompt else ""
    widgets.title(prompt.text if prompt else "", words.ASKED_AS.format(topic=topic, **asked))
    steps = beside.steps(data.siblings(here.workspace, answer.prompt_id), view.answer.id)
    widgets.html(beside.stepping(steps, view.answer.id, answer.prompt_id, here.world.engines))
    those = {"engines": steps.engines, "repeats": steps.repeats, "weeks": steps.weeks}
    ways = {key: name for key, name in words.BESIDE.items() if len(those.get(key, ())) > 1}
    way = widgets.switch(words.HOW, "beside", {"": words.ALONE, **ways}) if ways else ""
    if way:
        side_by_side(way, those[way])
        how(view, engine)
    else:
        alone(view, engine)


def alone(view: data.AnswerView, engine: str) -> None:
    table = None
    if data.has_links(here.workspace):
        table = widgets.computed(data.lift, here.workspace, data.whole(here.workspace, Scope()))
    notes = data.source_notes(here.workspace, tuple(beside.cites(view)), table)
    text, facts = st.columns([1.7, 1], gap="large")
    with text:
        if view.answer.text:
            widgets.html(marked.answer(view, marked.notes(view, notes)))
            widgets.html(marked.key())
        else:
            widgets.quiet(words.NO_TEXT)
        searched(view)
        how(view, engine)
    with facts:
        widgets.html(marked.named(view, here))
        for kind, name in words.KINDS.items():
            mine = [c for c in view.citations if c.kind == kind]
            if kind == "cited":
                widgets.section(f"{name} ({len(mine)})", words.KIND_NOTES[kind])
                if not view.answer.citations_known:
                    widgets.quiet(words.UNKNOWN_CITATIONS)
                widgets.html(marked.cited(view, mine, notes))
            elif mine:
                with st.expander(f"{name} ({len(mine)})"):
                    widgets.quiet(words.KIND_NOTES[kind])
                    widgets.html(marked.cited(view, mine, {}))


def side_by_side(way: str, those: tuple[Sibling, ...]) -> None:
    widgets.quiet(words.BESIDE_TEXT[way])
    views = [view for each in those if (view := data.answer(here.workspace, each.id))]
    only = st.toggle(words.DIFFERENCES, key="differences", bind="query-params")
    names = [beside.name_of(way, view.answer, here.world.engines) for view in views]
    rows = beside.compared(views, only_differences=only)
    if rows:
        widgets.table(widgets.columns((*words.COMPARE_COLUMNS, *names)), rows)
    else:
        widgets.quiet(words.ALIKE)
    for place, column in enumerate(st.columns(len(views))):
        view = views[place]
        with column:
            widgets.html(f'<h2 class="cl-h">{widgets.door("answer", names[place], id=view.answer.id)}</h2>')
            if only:
                said = beside.only_here(views, place)
                widgets.html(widgets.bullets(map(marked.plain, said)) if said else "")
                widgets.quiet(words.ONLY_HERE if said else words.NOTHING_ONLY_HERE)
            else:
                widgets.html(marked.answer(view))


def searched(view: data.AnswerView) -> None:
    found = data.searched(here.workspace, tuple(map(str, view.answer.searches or ())))
    if found:
        widgets.section(words.SEARCHES, words.SEARCHES_SUB)
        widgets.quiet(marked.covered([each.topic for each in found]))
        widgets.table(widgets.columns(words.SEARCH_COLUMNS, wide=(0,)), marked.searches(found))


def how(view: data.AnswerView, engine: str) -> None:
    with st.expander(words.FACTS):
        widgets.html(marked.facts(view, engine))
    with st.expander(words.RAW):
        body = data.raw_reply(here.workspace, view.answer.id or 0)
        if body is None:
            widgets.quiet(words.RAW_NONE)
            return
        raw = body.decode("utf-8", "replace")
        if len(raw) > SHOWN_RAW:
            n, of = (numbers.count(each) for each in (SHOWN_RAW, len(raw)))
            widgets.quiet(words.RAW_MORE.format(n=n, of=of))
        st.code(widgets.visible(raw[:SHOWN_RAW]), language=None, wrap_lines=True, height=320)
        st.download_button(words.RAW_FILE, body, f"reply-{view.answer.id}.txt", "text/plain", key="raw")


show()
