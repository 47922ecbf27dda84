"""Which link sources go with more mentions: the ladder, the table, and what none of it can say."""

from __future__ import annotations

import streamlit as st

from analysis.lift import cautions
from analysis.lift.direction import by_family, sentence
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.lift.listing import ListingTable
from analysis.lift.listing import sentence as listed_or_linked
from dashboard import cells, charts, data, drawers, rungs, strings, widgets
from dashboard.data import Ladder
from dashboard.strings import Common
from tracker import numbers

words = strings.Lift
MOST, SOME = 40, 12

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    widgets.stop_without_links()
    with widgets.bar():
        names = [words.ALL_BRANDS, *(brand.name for brand in here.world.brands)]
        chosen = widgets.choice(words.BRAND, "links_of", names)
    scope = data.bounded(here.workspace, widgets.scope())
    if chosen == words.ALL_BRANDS:
        found = widgets.computed(data.ladder, here.workspace, scope)
        lifts = found.table if found else None
    else:
        found, lifts = None, widgets.computed(data.lift, here.workspace, scope, chosen)
    if lifts is None:
        return
    if not lifts.rows:
        widgets.empty(strings.Empty.SCOPE, strings.Empty.WIDEN)
        return
    summary(lifts, found)
    widgets.graded(scope)
    if found:
        ladder(found)
    else:
        forest([row for row in lifts.rows if row.lift is not None])
    if told := widgets.computed(data.listing, here.workspace, scope):
        listing(told)
    widgets.box(words.CAN, cells.lift_limits(lifts))
    everything(lifts)


def summary(lifts: LiftTable, found: Ladder | None) -> None:
    claimed = sum(words.TONES.get(row.verdict) == "good" for row in lifts.rows)
    head = words.HEADLINE.format(claimed=claimed, sources=len(lifts.rows)) if claimed else words.HEADLINE_NONE
    thin = sum(row.lift is None for row in lifts.rows)
    basis = {
        "answers": numbers.counted(lifts.answers, "answer"),
        "prompts": numbers.counted(lifts.prompts, "prompt"),
    }
    if found and claimed and here.world.own:
        head += words.LINKED_BY.format(n=claimed - len(found.missing(here.brand)), claimed=claimed)
    widgets.section(head, words.SUMMARY.format(**basis, thin=thin, sources=len(lifts.rows)))
    st.markdown(sentence(lifts.direction))
    said = (by_family(lifts.by_family), *lifts.warnings, cautions.known_share(lifts.known))
    for each in filter(None, said):
        widgets.quiet(each)


@st.fragment
def ladder(found: Ladder) -> None:
    with widgets.bar():
        every = st.toggle(words.SHOW_ALL, key="every", bind="query-params")
        missing = st.toggle(words.SHOW_MISSING, key="missing", bind="query-params")
    rungs_shown = [r for r in found.rungs if every or r.row.goes_with_more or r.gain]
    if missing:
        rungs_shown = [r for r in rungs_shown if here.brand not in r.linked]
    if picked := rungs.draw(here, found, rungs_shown[:MOST] or found.rungs[:SOME], "ladder"):
        drawers.source(picked)


def forest(rows: list[LiftRow]) -> None:
    if not rows:
        return
    widgets.section(words.CHART, words.CHART_SUB)
    frame = cells.lift_forest(rows[: widgets.how_many(len(rows), "charted", steps=(20, 60))])
    drawn = charts.forest(frame, axis=words.AXIS, kind="points")
    widgets.chart(drawn, words.CHART, key="lifts", opens=True)


def listing(told: ListingTable) -> None:
    widgets.section(words.LISTING, listed_or_linked(told))
    if told.listed.value is not None:
        lines = cells.listing_lines(told)
        widgets.table(widgets.columns(words.LISTING_COLUMNS, numeric=(1, 2, 3, 4)), lines)


def everything(lifts: LiftTable) -> None:
    widgets.section(words.TABLE, words.PAIRS_HELP)
    with widgets.bar():
        order = widgets.choice(Common.SORT, "sources_by", list(words.SORTS.values()))
        verdicts = [words.ALL_VERDICTS, *words.VERDICTS.values()]
        wanted = widgets.choice(words.VERDICT, "verdict", verdicts, width=290)
        most = widgets.how_many(len(lifts.rows), "sources_shown")
        widgets.download(
            "link-sources.csv", cells.LIFT_HEADS, lambda: [cells.lift_raw(row) for row in lifts.rows]
        )
    rows = [row for row in lifts.rows if wanted in (words.ALL_VERDICTS, words.VERDICTS[row.verdict])]
    rows = cells.lift_ordered(rows, next(key for key, name in words.SORTS.items() if name == order))
    shown = rows[:most]
    heads = widgets.columns(words.COLUMNS, numeric=(1, 2, 3, 4))
    few = [i for i, row in enumerate(shown) if row.lift is None]
    peek = [f"source:{row.source}" for row in shown]
    widgets.table(heads, [cells.lift_line(row) for row in shown], few=few, peek=peek)
    if any(row.gated for row in shown):
        widgets.quiet(cautions.gate(lifts.discovery, lifts.gate))


show()
