"""The own brand against each rival on the same answers, and where the gaps are."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Scope
from dashboard import cells, charts, data, strings, untracked, widgets
from dashboard.strings import Measure
from tracker import numbers

words = strings.Rivals

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_answers()
    widgets.stop_without_own()
    if len(here.world.brands) == 1:
        widgets.empty(words.ALONE, words.ALONE_TEXT, words.ALONE_COMMANDS)
        untracked.named(here)
        return
    scope = widgets.scope()
    if not data.visibility(here.workspace, scope):
        widgets.nothing(scope)
        return
    widgets.graded(scope)
    difference(scope)
    gaps(scope)
    untracked.named(here)


def difference(scope: Scope) -> None:
    widgets.section(words.DIFFERENCE, words.DIFFERENCE_SUB)
    name = widgets.switch(words.DIFFERENCE, "rate", Measure.NAMES)
    found = widgets.computed(data.differences, here.workspace, scope, name)
    if found is None:
        return
    pairs = sorted(found, key=lambda p: -(p[1].difference.estimate or 0))
    known = [(rival, pair.difference) for rival, pair in pairs if pair.difference.enough]
    if known:
        frame = pd.DataFrame(
            {
                "name": [rival for rival, _ in known],
                "estimate": [d.estimate for _, d in known],
                "low": [d.low for _, d in known],
                "high": [d.high for _, d in known],
                "tone": [cells.reading(d)[1] for _, d in known],
                "note": [
                    f"{numbers.points(d.estimate)} ({numbers.points_range(d.low, d.high)})" for _, d in known
                ],
                "href": [widgets.address("rival", name=rival) for rival, _ in known],
            }
        )
        figure = charts.forest(frame, axis=words.AXIS, kind="points")
        widgets.chart(figure, words.DIFFERENCE, key="apart", opens=True)
    rows = [
        (
            widgets.door("rival", rival, name=rival),
            numbers.percent(pair.after),
            numbers.percent(pair.before),
            numbers.points(pair.difference.estimate),
            numbers.points_range(pair.difference.low, pair.difference.high),
            pair.difference.clusters,
            widgets.badge(*cells.reading(pair.difference)),
        )
        for rival, pair in pairs
    ]
    widgets.table(widgets.columns(words.COLUMNS, numeric=(1, 2, 3, 4, 5)), rows, csv="rivals")


def gaps(scope: Scope) -> None:
    widgets.section(words.GAP, words.GAP_SUB)
    by = widgets.switch(words.GAP_BY, "gaps", words.GAP_CHOICES)
    frame = data.rivals_gap(here.workspace, scope, by)
    frame = frame[frame["rate"].notna()]
    names = [brand.name for brand in here.world.brands]
    hrefs = [
        widgets.address("answers", measure="mention_rate", brand=brand, counted="yes", **{by: cell})
        for brand, cell in zip(frame["brand"], frame["cell"], strict=True)
    ]
    figure = charts.heat(frame.assign(href=hrefs), brands=names, title=words.GAP_CHOICES[by])
    widgets.chart(figure, words.GAP, key="gap", opens=True)
    rows = [
        gap(str(cell), part)
        for cell, part in frame.groupby("cell")
        if part["own"].any() and not part["own"].all()
    ]
    rows.sort(key=lambda row: row[0])
    heads = (words.GAP_CHOICES[by], *words.GAP_COLUMNS[1:])
    widgets.table(widgets.columns(heads, numeric=(1, 2, 3, 4)), [row[1] for row in rows])
    widgets.quiet(words.GAP_NOTE)


def gap(cell: str, part: pd.DataFrame) -> tuple[float, tuple[object, ...]]:
    mine, best = part[part["own"]].iloc[0], part[~part["own"]].sort_values("rate").iloc[-1]
    away = mine["rate"] - best["rate"]
    own = widgets.small(numbers.percent(mine["rate"]), numbers.percent_range(mine["low"], mine["high"]))
    rival = widgets.small(numbers.percent(best["rate"]), best["brand"])
    return away, (cell, own, rival, numbers.points(away), numbers.count(int(mine["n"])))


show()
