"""What a click on a row shows at the side, before one leaves the page: by kind of thing, for every page.

A row of `widgets.table` opens "source:example.com" by `peek`; a chart's selection calls the function itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from analysis.frames import Scope
from dashboard import cells, data, strings, widgets

words = strings.Drawer


def drawer(title: str, body: Callable[[], None]) -> None:
    """A panel at the right edge, over the page."""
    show: Any = st.dialog(title, width="medium", position="right")(body)
    show()


def source(name: str) -> None:
    """A link source: its lift in words, what its checks found, and to whom it links."""
    drawer(name, lambda: _source(name))


def _source(name: str) -> None:
    here = widgets.here()
    first, last = data.window(here.workspace, None)
    lifts = data.lift(here.workspace, Scope(first=first, last=last, branded="include"))
    row = next((row for row in lifts.rows if row.source == name), None)
    if row is not None:
        widgets.html(f"<p>{cells.lift_verdict(row)}</p>")
        if row.lift is not None:
            widgets.html(f'<p class="cl-quiet">{widgets.text(cells.lift_note(row))}</p>')
        if row.checks:
            widgets.section(strings.Lift.CHECKS, strings.Lift.CHECKS_SUB)
            widgets.table(widgets.columns(strings.Lift.CHECK_COLUMNS), cells.lift_checks(row))
    links = data.links(here.workspace)
    mine = links[links["source"] == name]
    widgets.section(words.LINKS_TO)
    if mine.empty:
        widgets.quiet(words.NO_LINKS)
    else:
        rows = [cells.linked_brand(*part) for part in mine.groupby("brand", sort=False)]
        widgets.table(widgets.columns(words.LINK_COLUMNS), rows)
    widgets.html(f"<p>{widgets.out(f'https://{name}')}</p>")


KINDS: dict[str, Callable[[str], None]] = {"source": source}
"""A row's `peek` names one of these."""
