"""What was sent to whom, whether it arrived, and what waits or failed."""

from __future__ import annotations

from collections import Counter
from functools import partial

import streamlit as st

from dashboard import access, data, forms, strings, widgets
from tracker import numbers
from tracker.notify.outbox import Shown

words = strings.DeliveriesPage
here = widgets.here()


def show() -> None:
    widgets.title(strings.Nav.DELIVERIES, words.LEAD)
    sent = data.deliveries(here.workspace)
    if not sent:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    count = Counter("waiting" if each.state == "sending" else each.state for each in sent)
    cards = zip(words.CARDS, words.CARD_STATES, words.CARD_NOTES, strict=True)
    widgets.cards(widgets.Card(name, numbers.count(count[state]), note=note) for name, state, note in cards)
    if access.may("edit", here.world.name):
        again([each for each in sent if each.state in {"failed", "unknown"}])
    with widgets.bar():
        names = {words.STATES[state][0]: state for state in words.STATES if count[state]}
        chosen = widgets.choice(words.WHICH, "state", [words.EVERY, *names])
        shown = [each for each in sent if chosen == words.EVERY or each.state == names[chosen]]
        most = widgets.how_many(len(shown), "deliveries_shown", steps=(50, 200, 500))
        heads = widgets.columns(words.COLUMNS, numeric=(3, 6), wide=(5,))
        plain = [head.name for head in heads]
        widgets.download("deliveries.csv", plain, lambda: [facts(each) for each in shown])
    widgets.table(heads, [line(each) for each in shown[:most]])


def facts(each: Shown) -> tuple[object, ...]:
    when = each.ended_at or each.next_at or each.made_at
    return (
        each.recipient,
        each.notice,
        words.STATES[each.state][0],
        each.attempts,
        numbers.moment(when),
        each.detail or "",
        each.id,
    )


def line(each: Shown) -> tuple[object, ...]:
    recipient, notice, _, attempts, when, detail, number = facts(each)
    state = widgets.badge(*words.STATES[each.state])
    if each.next_at:
        when = widgets.small(numbers.moment(each.made_at), words.NEXT.format(at=numbers.moment(each.next_at)))
    return widgets.small(recipient, each.channel), notice, state, attempts, when, detail, number


def again(those: list[Shown]) -> None:
    """One that did not arrive, by a person's decision."""
    if not those:
        return
    fields, by_number = forms.Fields(), {each.id: each for each in those}

    def said(number: int) -> str:
        each = by_number[number]
        return words.AGAIN_LINE.format(id=number, notice=widgets.visible(each.notice), to=each.recipient)

    with widgets.bar():
        number = st.selectbox(words.AGAIN_WHICH, list(by_number), format_func=said, width=420)
        clicked = st.button(words.AGAIN, icon=":material/replay:", help=words.AGAIN_HELP)
    fields.end()
    if clicked and number is not None:
        came = fields.tried(partial(data.send_again, here.workspace, number))
        if came is not None:
            st.toast(words.CAME.format(sent=came))
            st.rerun()


show()
