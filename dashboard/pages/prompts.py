"""The questions that every run asks: one by one, and many at once."""

from __future__ import annotations

import streamlit as st

from dashboard import access, editors, strings, widgets

words = strings.Editors
here = widgets.here()


def show() -> None:
    found = editors.listing("prompts", strings.Nav.PROMPTS)
    if found is not None and access.may("edit", here.world.name):
        with st.expander(words.MANY, icon=":material/playlist_add:"):
            editors.many(found.rows)


show()
