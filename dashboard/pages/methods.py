"""What the numbers mean, how they are made, and how strong the words are."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from markdown_it import MarkdownIt

import analysis
from analysis.visibility import DEFINITIONS
from dashboard import strings, widgets

words = strings.Methods
METHODS = Path(analysis.__file__).with_name("METHODS.md")
"""Not every installation has it."""
TABLE = re.compile(r"((?:^\|.*\n?)+)", re.MULTILINE)


def show() -> None:
    widgets.here()
    widgets.title(words.TITLE, words.LEAD)
    widgets.section(words.DEFINITIONS)
    rows = [(name.replace("_", " ").capitalize(), text) for name, text in DEFINITIONS.items()]
    widgets.table(widgets.columns(words.COLUMNS, wide=(1,)), rows)
    widgets.section(words.WORDS)
    widgets.table(widgets.columns(words.WORDS_COLUMNS, wide=(1,)), words.WORDS_ROWS)
    if METHODS.is_file():
        written(re.sub(r"(?m)^(#+ )", r"#\1", METHODS.read_text(encoding="utf-8")))
    else:
        widgets.quiet(words.MISSING_TEXT)


def written(text: str) -> None:
    """The text, each table of it in a box that a keyboard can scroll, named by the heading above."""
    heading = words.TITLE
    for part in TABLE.split(text):
        if part.startswith("|"):
            inner = MarkdownIt("commonmark", {"html": False}).enable("table").render(part)
            name = f'role="region" tabindex="0" aria-label="{widgets.text(heading)}"'
            widgets.html(f'<div class="cl-scroll" {name}>{inner}</div>')
        elif part.strip():
            st.markdown(part)
            heading = next(iter(re.findall(r"(?m)^#+ (.+)$", part)[::-1]), heading)


show()
