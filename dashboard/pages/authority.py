"""Authority against citations: a description, with the sentence that says why it is no evidence by itself."""

from __future__ import annotations

import pandas as pd

from analysis.association.association import WHY_NOT_EVIDENCE, Association
from dashboard import charts, data, strings, widgets
from dashboard.strings import Empty
from tracker import numbers

words = strings.AssociationPage

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    metrics = widgets.computed(data.metrics, here.workspace)
    if metrics is None:
        return
    if not metrics:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    with widgets.bar():
        names = [words.METRICS.get(metric, metric) for metric in metrics]
        picked = widgets.choice(words.METRIC, "authority", names, width=260)
    scope = widgets.scope()
    view = widgets.computed(data.association, here.workspace, metrics[names.index(picked)], scope)
    if view is None:
        return
    widgets.box(WHY_NOT_EVIDENCE, widgets.text(words.SOURCE.format(source=view.source)), "warn")
    if not view.rows:
        widgets.empty(Empty.CITATIONS, Empty.CITATIONS_TEXT, Empty.CITATIONS_COMMANDS)
        return
    ranks(view.rows)
    odds(view.rows)
    table(view.rows)
    if view.domains["authority"].notna().any():
        widgets.section(words.CHART)
        domains = view.domains.assign(
            href=[widgets.address("source", d=str(name)) for name in view.domains["domain"]]
        )
        drawn = charts.scatter(domains, x=picked, y=words.CHART_Y)
        widgets.chart(drawn, words.CHART, key="authority_of", opens=True)


def figure(rows: list[tuple[str, float, float, float, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["name", "estimate", "low", "high", "note"])
    return frame.assign(tone="quiet")


def ranks(rows: tuple[Association, ...]) -> None:
    known = [r for r in rows if r.spearman is not None and r.low is not None and r.high is not None]
    if known:
        notes = [
            f"{numbers.correlation(r.spearman)} ({numbers.correlation_range(r.low, r.high)})" for r in known
        ]
        frame = figure([(r.engine, r.spearman, r.low, r.high, n) for r, n in zip(known, notes, strict=True)])  # type: ignore[misc]
        widgets.section(words.RANK, words.RANK_SUB)
        widgets.chart(charts.forest(frame, axis=words.RANK_AXIS, kind="correlation"), words.RANK)


def odds(rows: tuple[Association, ...]) -> None:
    ratios = []
    for row in rows:
        ratios.append((row.engine, row.odds_ratio_per_doubling, row.or_low, row.or_high))
        without = row.without_top
        ratios.append((f"{row.engine}, {words.WITHOUT}", without.ratio, without.low, without.high))
    known = [
        (*r, f"{numbers.ratio(r[1])} ({numbers.ratio_range(r[2], r[3])})") for r in ratios if None not in r
    ]
    if known:
        widgets.section(words.ODDS, words.ODDS_SUB)
        widgets.chart(charts.forest(figure(known), axis=words.ODDS_AXIS, kind="ratio"), words.ODDS)  # type: ignore[arg-type]


def table(rows: tuple[Association, ...]) -> None:
    shown = [
        (
            r.engine,
            numbers.correlation(r.spearman),
            numbers.correlation_range(r.low, r.high),
            numbers.count(r.domains),
            numbers.ratio(r.odds_ratio_per_doubling),
            numbers.ratio_range(r.or_low, r.or_high),
            numbers.ratio(r.without_top.ratio),
            numbers.count(r.answers),
            words.POOLS.get(r.pool, r.pool),
        )
        for r in rows
    ]
    widgets.table(widgets.columns(words.COLUMNS, numeric=(1, 2, 3, 4, 5, 6, 7)), shown, csv="authority")
    notes = [
        words.CONTROL.format(engine=r.engine, control="; ".join(filter(None, (r.control, r.reason))))
        for r in rows
    ]
    widgets.html(f'<div class="cl-quiet">{widgets.bullets(notes)}</div>')


show()
