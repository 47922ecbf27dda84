"""Engines, the sources that they cite, and the brands those link to."""

from __future__ import annotations

import streamlit as st

from dashboard import charts, data, drawers, rungs, strings, widgets
from dashboard.data import MappedSource
from dashboard.strings import Empty
from tracker import numbers

words = strings.MapPage

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    widgets.stop_without_links()
    found = widgets.computed(data.mapped, here.workspace, widgets.scope())
    if found is None:
        return
    if not found:
        widgets.empty(Empty.CITATIONS, Empty.CITATIONS_TEXT, Empty.CITATIONS_COMMANDS)
        return
    drawn(found)


@st.fragment
def drawn(found: list[MappedSource]) -> None:
    with widgets.bar():
        which = widgets.switch(words.SHOW_LABEL, "shown", words.SHOW)
        most = int(widgets.switch(words.MOST_LABEL, "most", words.MOST))
    missing = [each for each in found if each.linked and here.brand not in each.linked]
    shown = (missing if which == "gaps" else found)[:most]
    if not shown:
        widgets.empty(words.NONE, words.NONE_TEXT)
        return
    flow = flow_of(shown)
    spec = charts.sankey(flow, rungs.colours(here), [each.name for each in missing])
    picked = widgets.echart(spec, words.ALT, key="map", height=max(380, 24 * len(shown) + 60))
    if picked is not None and flow.nodes[picked][0] == 1:
        drawers.source(flow.nodes[picked][1])
    widgets.quiet(words.NOTE)
    table(shown)


def flow_of(shown: list[MappedSource]) -> charts.Flow:
    """An answer that cites a source counts in equal parts for the brands that the source links to."""
    engines = {(engine, each.name): float(n) for each in shown for engine, n in each.answers.items()}
    ends = [(each, brand.name) for each in shown for brand in here.world.brands if brand.name in each.linked]
    return charts.Flow(engines, {(each.name, name): each.total / len(each.linked) for each, name in ends})


def table(shown: list[MappedSource]) -> None:
    widgets.section(words.TABLE)
    widgets.download("map.csv", words.COLUMNS, lambda: [raw(each) for each in shown])
    peek = [f"source:{each.name}" for each in shown]
    heads = widgets.columns(words.COLUMNS, numeric=(2,), wide=(4,))
    widgets.table(heads, [line(each) for each in shown], peek=peek)


def raw(each: MappedSource) -> tuple[object, ...]:
    return (each.name, each.kind, each.total, engines(each), brands(each), here.brand in each.linked)


def engines(each: MappedSource) -> str:
    return ", ".join(f"{engine} {numbers.count(n)}" for engine, n in each.answers.items())


def brands(each: MappedSource) -> str:
    return ", ".join(b.name for b in here.world.brands if b.name in each.linked) or words.NOBODY


def line(each: MappedSource) -> tuple[object, ...]:
    kind = strings.Sources.KINDS.get(each.kind, each.kind)
    cited = numbers.count(each.total)
    answers = widgets.door("answers", cited, measure="source_rate", source=each.name)
    mine = widgets.badge(*words.MINE[here.brand in each.linked])
    return widgets.site(each.name), kind, answers, engines(each), brands(each), mine


show()
