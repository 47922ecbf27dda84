"""Where the own brand stands, whether it moved, and what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from analysis.changes import WeekChange
from analysis.frames import Scope
from analysis.visibility import Row
from dashboard import access, cells, charts, data, drawers, lines, places, rungs, standing, strings, widgets
from dashboard.strings import Glance, Measure
from tracker import numbers

words = strings.Overview
WEEKS, RUNGS = 12, 6

here = widgets.here()


def show() -> None:
    if widgets.is_untouched() and access.may("edit", here.world.name):
        st.switch_page(places.BY_NAME[places.SETUP].file)
    widgets.stop_without_answers(words.TITLE, words.LEAD.format(brand=here.brand))
    scope = widgets.scope()
    rows = data.visibility(here.workspace, scope)
    if not rows:
        widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
        widgets.nothing(scope)
        return
    moved = data.changes(here.workspace, scope)
    weekly = data.visibility(here.workspace, longer(scope), ("week",))
    tiles = standing.tiles(rows, moved, weekly)
    widgets.html(f'<h1 class="cl-say">{standing.sentence(rows, moved)}</h1>{tiles}')
    widgets.graded(scope)
    if moved and moved[0].reasons:
        widgets.html(standing.care(moved[0].reasons))
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        over_time(weekly)
    with right:
        moves(scope, moved)
    widgets.quiet(cells.window(scope, here.world, data.excluded(here.workspace, scope)))
    ladder(scope)
    brands(rows, moved)
    engines(scope)


def longer(scope: Scope) -> Scope:
    """The scope with the weeks before it that a line over time needs to be one."""
    if scope.first is None or scope.last is None:
        return scope
    return replace(scope, first=min(scope.first, scope.last - timedelta(weeks=WEEKS - 1)))


@st.fragment
def over_time(weekly: list[Row]) -> None:
    with widgets.bar():
        name = widgets.switch(words.MEASURE, "rate", Measure.NAMES)
        rivals = [brand.name for brand in here.world.brands if not brand.own]
        second = (
            widgets.choice(words.HIGHLIGHT, "rival", [words.NOBODY, *rivals], label_visibility="collapsed")
            if rivals
            else words.NOBODY
        )
    lines.draw(here, weekly, name, second)


def moves(scope: Scope, moved: list[WeekChange]) -> None:
    widgets.section(widgets.join(Glance.NEXT, widgets.more("work", Glance.MORE_NEXT)))
    if here.world.own is None:
        widgets.quiet(Glance.NO_OWN)
    elif not data.has_links(here.workspace):
        widgets.quiet(widgets.join(Glance.NO_LINKS, " ", widgets.code(strings.Empty.LINKS_COMMANDS[0])))
    else:
        whole = data.whole(here.workspace, scope)
        offers = widgets.computed(data.opportunities, here.workspace, whole)
        if offers is not None:
            widgets.html(standing.steps(data.decided(here.workspace, offers)))
    widgets.section(widgets.join(Glance.CHANGED, widgets.more("timeline", Glance.MORE_EVENTS)))
    widgets.html(f'<div class="cl-lately">{standing.lately(here, scope, moved)}</div>')


@st.fragment
def ladder(scope: Scope) -> None:
    if not data.has_links(here.workspace):
        return
    widgets.section(widgets.join(words.LADDER, widgets.more("sources", words.LADDER_MORE)))
    found = widgets.computed(data.ladder, here.workspace, data.whole(here.workspace, scope))
    if found and (picked := rungs.draw(here, found, found.rungs[:RUNGS], "ladder")):
        drawers.source(picked)


def brands(rows: list[Row], moved: list[WeekChange]) -> None:
    widgets.section(widgets.join(words.BRANDS, widgets.more("rivals", Glance.MORE_RIVALS)), words.BRANDS_SUB)
    ordered = sorted(rows, key=lambda row: -(row.rates["mention_rate"].estimate or 0))
    changed = {c.brand: c for c in moved if c.measure == "mention_rate"}
    hues = rungs.colours(here)
    shown = [cells.brand_line(row, ordered, changed.get(row.brand), hues) for row in ordered]
    own = [i for i, row in enumerate(ordered) if row.own]
    few = [i for i, row in enumerate(ordered) if row.directional]
    heads = widgets.columns(words.BRAND_COLUMNS, numeric=(1, 3, 4, 5, 6))
    widgets.table(heads, shown, own=own, few=few, csv="brands")


def engines(scope: Scope) -> None:
    rows = [row for row in data.visibility(here.workspace, scope, ("engine",)) if row.own]
    if len(rows) < 2:
        return
    widgets.section(words.ENGINES.format(brand=here.brand))
    top = max((row.rates["mention_rate"].high or 0) for row in rows) or 1
    shown = [(row.engine, *cells.rates(row, top, charts.QUIET), numbers.count(row.answers)) for row in rows]
    widgets.table(widgets.columns(words.ENGINE_COLUMNS, numeric=(1, 3, 4, 5)), shown, csv="engines")


show()
