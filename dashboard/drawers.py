"""What a click on a row shows at the side, before one leaves the page: by kind of thing, for every page.

A row of `widgets.table` opens "source:example.com" by `peek`; a chart's selection calls the function itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from analysis.frames import Scope
from dashboard import cells, data, editors, marked, strings, widgets, workings

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
    lifts = widgets.computed(data.lift, here.workspace, data.whole(here.workspace, Scope()))
    row = next((row for row in lifts.rows if row.source == name), None) if lifts else None
    if row is not None:
        widgets.html(f"<p>{cells.lift_verdict(row)}</p>")
        if row.lift is not None:
            widgets.html(f'<p class="cl-quiet">{widgets.text(cells.lift_note(row))}</p>')
        if row.checks:
            widgets.section(strings.Lift.CHECKS, strings.Lift.CHECKS_SUB)
            widgets.table(widgets.columns(strings.Lift.CHECK_COLUMNS), cells.lift_checks(row))
    mine = data.links_of(here.workspace, name)
    widgets.section(words.LINKS_TO)
    if mine.empty:
        widgets.quiet(words.NO_LINKS)
    else:
        rows = [cells.linked_brand(*part) for part in mine.groupby("brand", sort=False)]
        widgets.table(widgets.columns(words.LINK_COLUMNS), rows)
    widgets.html(f"<p>{widgets.out(f'https://{name}')}</p>")


def answer(key: str) -> None:
    """An answer: who is named, what it says, what it cites; the whole of it is a page."""
    here = widgets.here()
    view = data.answer(here.workspace, int(key)) if key.isdigit() else None
    if view is None:
        return
    prompt = here.world.prompts.get(view.answer.prompt_id)
    drawer(prompt.text if prompt else "", lambda: _answer(here, view))


def _answer(here: widgets.Here, view: data.AnswerView) -> None:
    widgets.html(f"<p>{widgets.door('answer', words.OPEN_ANSWER, id=view.answer.id)}</p>")
    widgets.html(marked.named(view, here))
    widgets.html(marked.answer(view))
    mine = [c for c in view.citations if c.kind == "cited"]
    widgets.section(f"{strings.AnswersPage.KINDS['cited']} ({len(mine)})")
    widgets.html(marked.cited(view, mine, {}))


def work(site: str) -> None:
    drawer(site, lambda: workings.work(site))


def review(domain: str) -> None:
    drawer(domain, lambda: workings.review(domain))


KINDS: dict[str, Callable[[str], None]] = editors.KINDS | {
    "source": source,
    "answer": answer,
    "work": work,
    "review": review,
}
"""A row's `peek` names one of these."""
