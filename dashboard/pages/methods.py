"""What the numbers mean, how they are made, and how strong the words are."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

import analysis
from analysis.visibility import DEFINITIONS
from dashboard import strings, widgets

words = strings.Methods
METHODS = Path(analysis.__file__).with_name("METHODS.md")
"""Not every installation has it."""


def show() -> None:
    widgets.here()
    widgets.title(words.TITLE, words.LEAD)
    widgets.section(words.DEFINITIONS)
    rows = [(name.replace("_", " ").capitalize(), text) for name, text in DEFINITIONS.items()]
    widgets.table(widgets.columns(words.COLUMNS, wide=(1,)), rows)
    widgets.section(words.WORDS)
    widgets.table(widgets.columns(words.WORDS_COLUMNS, wide=(1,)), words.WORDS_ROWS)
    if METHODS.is_file():
        st.markdown(re.sub(r"(?m)^(#+ )", r"#\1", METHODS.read_text(encoding="utf-8")))
    else:
        widgets.quiet(words.MISSING_TEXT)


show()
