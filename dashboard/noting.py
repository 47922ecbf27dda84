"""What one writes down from any page: an event on the day it happened, and a view under a name."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import get_args
from urllib.parse import urlencode

import streamlit as st

from dashboard import access, data, strings, widgets
from tracker import numbers
from tracker.events import Kind

words, views = strings.Noting, strings.Views


def events() -> None:
    """A button that notes an event, or takes one away; nothing where nobody may."""
    if not access.may("edit"):
        return
    here = widgets.here()
    with st.popover(words.ADD, icon=":material/edit_calendar:", help=words.ADD_HELP):
        with st.form("note_event", border=False, clear_on_submit=True):
            title = st.text_input(words.WHAT)
            day = st.date_input(words.DAY, format="YYYY-MM-DD")
            kind = st.selectbox(words.KIND, get_args(Kind), format_func=words.KINDS.__getitem__)
            if st.form_submit_button(words.SAVE, type="primary"):
                at = datetime.combine(day, time(), UTC)
                if widgets.tried(lambda: data.add_event(here.workspace, title, kind, at)) is not None:
                    st.toast(words.SAVED)
                    st.rerun()
        noted = {e.id: e for e in data.events_of(here.workspace) if e.kind in words.KINDS}
        if noted:
            lines = {
                key: words.LINE.format(day=numbers.day(e.at.date()), title=widgets.visible(e.title))
                for key, e in noted.items()
            }
            gone = st.selectbox(words.REMOVE_WHICH, list(noted)[::-1], format_func=lines.__getitem__)
            if st.button(words.REMOVE) and gone is not None:
                data.remove_event(here.workspace, gone)
                st.toast(words.REMOVED)
                st.rerun()


def shared(page: str) -> None:
    """The link to what is seen, and the views that a team keeps."""
    here = widgets.here()
    chosen = {key: st.query_params.get_all(key) for key in st.query_params}
    address = f"{page}?{urlencode(chosen, doseq=True)}" if chosen else page
    with st.popover(views.OPEN, icon=":material/bookmark:", width="stretch"):
        st.caption(views.LINK, help=views.LINK_HELP)
        base = (st.context.url or "").split("?")[0]
        st.code(base + address.removeprefix(page), language=None, wrap_lines=True)
        kept = data.views_of(here.workspace)
        st.caption(views.SAVED)
        if not kept:
            widgets.quiet(views.NONE)
        links = (f"<li>{widgets.door_to(view.address, view.name)}</li>" for view in kept)
        widgets.html(f'<ul class="cl-list">{"".join(links)}</ul>')
        if access.may("edit"):
            keeping(here, address, [view.name for view in kept])


def keeping(here: widgets.Here, address: str, names: list[str]) -> None:
    with st.form("save_view", border=False, clear_on_submit=True):
        name = st.text_input(views.NAME)
        if st.form_submit_button(views.SAVE):
            done = widgets.tried(lambda: data.save_view(here.workspace, name, address))
            if done is not None:
                st.toast(views.KEPT.format(name=done))
                st.rerun()
    for number, name in enumerate(names):
        if st.button(views.REMOVE.format(name=widgets.visible(name)), key=f"view-{number}", type="tertiary"):
            data.remove_view(here.workspace, name)
            st.toast(views.GONE)
            st.rerun()
