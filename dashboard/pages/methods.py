"""What the numbers mean, how they are made, and how strong the words are."""

from __future__ import annotations

import re

import streamlit as st

from analysis.visibility import DEFINITIONS
from dashboard import data, strings, widgets

words = strings.Methods


def show() -> None:
    widgets.here()
    widgets.title(words.TITLE, words.LEAD)
    widgets.section(words.DEFINITIONS)
    rows = [(name.replace("_", " ").capitalize(), text) for name, text in DEFINITIONS.items()]
    widgets.table(widgets.columns(words.COLUMNS, wide=(1,)), rows)
    widgets.section(words.WORDS)
    widgets.table(widgets.columns(words.WORDS_COLUMNS, wide=(1,)), words.WORDS_ROWS)
    found = data.methods()
    if found is None:
        widgets.quiet(words.MISSING_TEXT)
    else:
        st.markdown(re.sub(r"(?m)^(#+ )", r"#\1", found))


show()
