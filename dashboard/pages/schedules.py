"""When runs, reports and alerts happen by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import get_args

import streamlit as st

from dashboard import access, data, forms, strings, widgets
from tracker import numbers
from tracker.schedule import Kind

words = strings.SchedulesPage
here = widgets.here()
now = datetime.now(UTC)


def show() -> None:
    widgets.title(strings.Nav.SCHEDULES, words.LEAD)
    due = data.schedules(here.workspace, now)
    if due:
        widgets.table(widgets.columns(words.COLUMNS), [line(each) for each in due])
    else:
        empty = strings.Runs
        widgets.empty(empty.NO_SCHEDULES, empty.NO_SCHEDULES_TEXT, empty.NO_SCHEDULES_COMMANDS)
    if not access.may("edit", here.world.name):
        widgets.quiet(strings.Editors.READ_ONLY)
        return
    with st.expander(words.ADD, expanded=not due, icon=":material/schedule:"):
        change()
    if due:
        gone = st.selectbox(words.WHICH, [each.name for each in due], format_func=widgets.visible)
        if st.button(words.REMOVE) and gone and widgets.tried(partial(remove, gone)):
            st.toast(words.REMOVED)
            st.rerun()


def line(each: data.ScheduleView) -> tuple[object, ...]:
    what = words.KINDS.get(each.kind, each.kind)
    when = widgets.small(words.WHENS.get(each.cron) or each.cron, each.timezone)
    following = widgets.small(numbers.age(each.next, now), numbers.moment(each.next))
    return each.name, what, when, following, each.outcome or numbers.UNKNOWN


def change() -> None:
    fields = forms.Fields()
    kind: Kind = st.selectbox(words.KIND, get_args(Kind), format_func=words.KINDS.__getitem__)
    when = st.selectbox(words.WHEN, list(words.WHENS), format_func=words.WHENS.__getitem__)
    cron = when or fields.text("cron", words.CRON, "0 6 * * 1")
    zone = fields.text("zone", words.ZONE, here.world.timezone)
    options = {}
    if kind == "report":
        period = st.selectbox(words.PERIOD, list(words.PERIODS), format_func=words.PERIODS.__getitem__)
        options = {"period": period} if period != "week" else {}
    name = fields.text("name", words.NAME, f"weekly {kind}")
    fields.end()
    if st.button(words.SAVE, type="primary") and fields.did(
        partial(data.save_schedule, here.workspace, name, kind, cron, zone, options)
    ):
        st.toast(words.SAVED)
        st.rerun()


def remove(name: str) -> bool:
    data.remove_schedule(here.workspace, name)
    return True


show()
