"""Brands: yours, its rivals, and companies that answers name and nobody tracks yet."""

from __future__ import annotations

from dashboard import access, data, editors, strings, widgets

words = strings.Editors
NEWEST, MOST = 1000, 15
here = widgets.here()


def show() -> None:
    found = editors.listing("brands", strings.Nav.BRANDS)
    if found is not None and data.weeks(here.workspace):
        suggested()


def suggested() -> None:
    rows = [one for one in data.suggestions(here.workspace, NEWEST) if one.beside][:MOST]
    if not rows:
        return
    widgets.section(words.SUGGESTED, words.SUGGESTED_SUB)
    shown = [(one.name, one.answers, one.beside, one.site or "") for one in rows]
    may = access.may("edit", here.world.name)
    peek = [f"track:{one.name}|{one.site or ''}" for one in rows] if may else []
    widgets.table(widgets.columns(words.SUGGESTED_COLUMNS, numeric=(1, 2)), shown, peek=peek)


show()
