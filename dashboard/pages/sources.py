"""Which link sources go with more mentions: the forest, the table, the checks, and what none of it can
say."""

from __future__ import annotations

import streamlit as st

from analysis.lift import cautions
from analysis.lift.direction import by_family, sentence
from analysis.lift.estimate import LiftRow, LiftTable
from analysis.lift.listing import ListingTable
from analysis.lift.listing import sentence as listed_or_linked
from dashboard import cells, charts, data, strings, widgets
from dashboard.strings import Common
from tracker import numbers

words = strings.Lift

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    widgets.stop_without_links()
    with widgets.bar():
        names = [words.ALL_BRANDS, *(brand.name for brand in here.world.brands)]
        chosen = widgets.choice(words.BRAND, "links_of", names)
    scope = widgets.scope()
    with st.spinner(words.COMPUTING):
        lifts = data.lift(here.workspace, scope, None if chosen == words.ALL_BRANDS else chosen)
        told = data.listing(here.workspace, scope)
    if not lifts.rows:
        widgets.empty(strings.Empty.SCOPE, strings.Empty.WIDEN)
        return
    summary(lifts)
    forest([row for row in lifts.rows if row.lift is not None])
    listing(told)
    limits(lifts)
    everything(lifts)
    checks([row for row in lifts.rows if row.checks])


def summary(lifts: LiftTable) -> None:
    claimed = sum(words.TONES.get(row.verdict) == "good" for row in lifts.rows)
    head = words.HEADLINE.format(claimed=claimed, sources=len(lifts.rows)) if claimed else words.HEADLINE_NONE
    thin = sum(row.lift is None for row in lifts.rows)
    basis = {
        "answers": numbers.counted(lifts.answers, "answer"),
        "prompts": numbers.counted(lifts.prompts, "prompt"),
    }
    widgets.section(head, words.SUMMARY.format(**basis, thin=thin, sources=len(lifts.rows)))
    st.markdown(sentence(lifts.direction))
    said = (by_family(lifts.by_family), *lifts.warnings, cautions.known_share(lifts.known))
    for each in filter(None, said):
        widgets.quiet(each)


def forest(rows: list[LiftRow]) -> None:
    if not rows:
        return
    widgets.section(words.CHART, words.CHART_SUB)
    shown = rows[: widgets.how_many(len(rows), "charted", steps=(20, 60))]
    widgets.chart(charts.forest(cells.lift_forest(shown), axis=words.AXIS, kind="points"), words.CHART)


def listing(told: ListingTable) -> None:
    widgets.section(words.LISTING, listed_or_linked(told))
    if told.listed.value is not None:
        lines = cells.listing_lines(told)
        widgets.table(widgets.columns(words.LISTING_COLUMNS, numeric=(1, 2, 3, 4)), lines)


def limits(lifts: LiftTable) -> None:
    halves = ((words.CAN_HEAD, words.CAN_SAY), (words.CANNOT_HEAD, words.CANNOT_SAY))
    body = "".join(
        f"<div><b>{widgets.text(head)}</b>{widgets.bullets(sentences)}</div>" for head, sentences in halves
    )
    pooled = ""
    if lifts.unlinked and lifts.unlinked.estimate is not None:
        span = numbers.points_range(lifts.unlinked.low, lifts.unlinked.high)
        value = numbers.points(lifts.unlinked.estimate)
        pooled = f"<p>{widgets.text(words.POOLED.format(value=value, interval=span))}</p>"
    widgets.box(words.CAN, widgets.Safe(f'<div class="cl-cols">{body}</div>{pooled}'))


def everything(lifts: LiftTable) -> None:
    widgets.section(words.TABLE, words.PAIRS_HELP)
    with widgets.bar():
        order = widgets.choice(Common.SORT, "sources_by", list(words.SORTS.values()))
        wanted = widgets.choice(
            words.VERDICT, "verdict", [words.ALL_VERDICTS, *words.VERDICTS.values()], width=290
        )
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


def checks(rows: list[LiftRow]) -> None:
    if not rows:
        return
    widgets.section(words.CHECKS, words.CHECKS_SUB)
    name = widgets.choice(words.SOURCE, "source", [row.source for row in rows], width=320)
    row = next(row for row in rows if row.source == name)
    widgets.table(widgets.columns(words.CHECK_COLUMNS), cells.lift_checks(row))
    if row.goes_with_more:
        widgets.quiet(words.EXPLAINED.format(what=cautions.explained(row)))


show()
