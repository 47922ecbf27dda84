"""The first set-up: from an empty folder to a first run, one question after the other."""

from __future__ import annotations

import streamlit as st

from dashboard import access, data, strings, widgets, wizard

words = strings.Setup


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    if not access.may("edit"):
        widgets.quiet(words.READ_ONLY)
        return
    made = data.set_up()
    now = wizard.step_of(made)
    with st.container(key="setup", width=760):
        widgets.html(wizard.way(made, now))
        wizard.SHOWS[now](made)


show()
