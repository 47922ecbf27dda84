"""Who is told of reports and alerts, whether it arrives, and how reports look."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import access, data, forms, strings, widgets
from tracker import numbers
from tracker.notify.people import Recipient

words = strings.ToldPage
here = widgets.here()


def show() -> None:
    widgets.title(strings.Nav.TOLD, words.LEAD)
    fields = forms.Fields()
    fields.end()
    told = fields.tried(lambda: data.told(here.workspace))
    if told is not None and told.recipients:
        widgets.table(widgets.columns(words.COLUMNS), [line(each) for each in told.recipients])
        if access.may("edit", here.world.name):
            test([each.name for each in told.recipients])
    elif told is not None:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
    sent = data.deliveries(here.workspace)
    if sent:
        widgets.section(words.DELIVERIES)
        rows = [
            (d.recipient, d.notice, d.state, d.attempts, numbers.moment(d.ended_at or d.next_at), d.detail)
            for d in sent[:20]
        ]
        widgets.table(widgets.columns(words.DELIVERY_COLUMNS, numeric=(3,), wide=(5,)), rows)
    look()


def line(each: Recipient) -> tuple[object, ...]:
    hours = "-".join(f"{at:%H:%M}" for at in each.quiet) if each.quiet else numbers.UNKNOWN
    return each.name, each.channel, each.to or each.url, " and ".join(each.gets), each.when, hours


def test(names: list[str]) -> None:
    fields = forms.Fields()
    with widgets.bar():
        name = st.selectbox(words.TEST_WHO, [words.ALL, *names], width=220)
        clicked = st.button(words.TEST, icon=":material/send:")
    fields.end()
    if clicked:
        one = None if name == words.ALL else name
        ended = fields.tried(partial(data.send_test, here.workspace, one))
        said = [words.SENT.format(name=e.recipient, state=e.state, detail=e.detail) for e in ended or ()]
        widgets.html(widgets.bullets(said))


def look() -> None:
    fields = forms.Fields()
    widgets.section(words.LOOK, words.LOOK_SUB)
    fields.end()
    found = fields.tried(lambda: data.report_look(here.workspace))
    if found is not None:
        facts = {name: getattr(found, name) or words.PLAIN for name in words.LOOK_NAMES}
        shown = "".join(
            f"<div><dt>{widgets.text(words.LOOK_NAMES[name])}</dt><dd>{widgets.text(value)}</dd></div>"
            for name, value in facts.items()
        )
        widgets.html(f'<dl class="cl-facts">{shown}</dl>')


show()
