"""One source: where it is cited, whom it names and links to, and what its link goes with."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from analysis.frames import Scope
from analysis.lift.ladder import Rung
from dashboard import cells, charts, data, numbered, sourced, strings, widgets
from dashboard.data import SourceView
from tracker import numbers

words = strings.SourcePage
MOST = 20

here = widgets.here()


def show() -> None:
    name = st.query_params.get("d", "").strip().casefold()
    widgets.tab(name or words.NO_NAME)
    scope = replace(widgets.scope(), branded="include") if data.weeks(here.workspace) else Scope()
    view = data.source(here.workspace, name, scope)
    widgets.html(f"<p>{widgets.door('sources', words.BACK)}</p>")
    if view is None:
        widgets.title(widgets.plain(name or words.NO_NAME), "")
        widgets.empty(words.NONE, words.NONE_TEXT.format(name=name or words.NO_NAME))
        return
    kind = strings.Sources.KINDS.get(view.kind, view.kind)
    head = f"{widgets.text(name)}{widgets.out(f'https://{name}')} {widgets.badge(kind)}"
    widgets.html(f'<h1 class="cl-say">{head}</h1>')
    found = None
    if data.has_links(here.workspace):
        found = widgets.computed(data.ladder, here.workspace, data.whole(here.workspace, scope))
    rung = sourced.rung_of(found, view.name)
    widgets.cards(sourced.source_cards(view, rung, here.world.brands))
    widgets.graded(scope)
    over_time(view)
    left, right = st.columns(2, gap="large")
    with left:
        engines(view)
        named(view)
    with right:
        pages(view)
        checks(rung)
    evidence(view)


def over_time(view: SourceView) -> None:
    if len(view.weeks) > 1:
        widgets.section(words.OVER_TIME)
        scope = replace(widgets.scope(), branded="include")
        hrefs = [
            numbered.address("source_rate", source=view.name, scope=replace(scope, first=week, last=week))
            for week in view.weeks["week"]
        ]
        frame = view.weeks.assign(day=view.weeks["week"], count=view.weeks["answers"], href=hrefs)
        widgets.chart(charts.by_day(frame, axis=words.AXIS), words.OVER_TIME, key="weeks_of", opens=True)


def engines(view: SourceView) -> None:
    widgets.section(words.ENGINES)
    rows = [sourced.cited_share(row, view.name) for row in widgets.records(view.engines)]
    widgets.table(widgets.columns(words.ENGINE_COLUMNS, numeric=(1, 2, 3)), rows, csv="source-by-engine")


def named(view: SourceView) -> None:
    widgets.section(words.NAMED, words.NAMED_SUB.format(n=numbers.counted(view.answers, "answer")))
    by_brand = dict(iter(view.links.groupby("brand")))
    rows = [
        sourced.named_beside(brand.name, view, by_brand.get(brand.name, pd.DataFrame()))
        for brand in here.world.brands
    ]
    own = [i for i, brand in enumerate(here.world.brands) if brand.own]
    widgets.table(widgets.columns(words.NAMED_COLUMNS, numeric=(1, 2)), rows, own=own, csv="named-by-source")


def pages(view: SourceView) -> None:
    widgets.section(words.PAGES)
    shown = widgets.records(view.pages.head(MOST))
    rows = [(sourced.page(row), sourced.of_page(row, view.name)) for row in shown]
    widgets.table(widgets.columns(words.PAGE_COLUMNS, numeric=(1,), wide=(0,)), rows, csv="source-pages")


def checks(rung: Rung | None) -> None:
    if rung is not None and rung.row.checks:
        widgets.section(words.CHECKS, strings.Lift.CHECKS_SUB)
        widgets.table(widgets.columns(strings.Lift.CHECK_COLUMNS), cells.lift_checks(rung.row))


def evidence(view: SourceView) -> None:
    widgets.section(words.EVIDENCE)
    if view.links.empty:
        widgets.quiet(words.NO_LINKS)
        return
    rows = [sourced.evidence(row) for row in widgets.records(view.links.head(100))]
    widgets.table(widgets.columns(words.EVIDENCE_COLUMNS, wide=(1,)), rows)


show()
