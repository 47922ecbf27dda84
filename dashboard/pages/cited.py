"""The domains that answers cite, how stable they are, and what was fetched and left out."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Scope
from analysis.visibility import FEW
from dashboard import charts, data, sourced, strings, untracked, widgets
from dashboard.strings import Empty
from tracker import numbers

words = strings.Sources
ENGINES = 6  # columns of their own

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_answers()
    scope = widgets.scope()
    domains = widgets.computed(data.sources, here.workspace, scope)
    if domains is None:
        return
    cited = domains[domains["answers"] > 0]
    if cited.empty:
        widgets.empty(Empty.CITATIONS, Empty.CITATIONS_TEXT, Empty.CITATIONS_COMMANDS)
        return
    chart(cited)
    table(cited)
    untracked.forgotten(here)
    stability(scope)
    retrieved(domains)


def chart(cited: pd.DataFrame) -> None:
    widgets.section(words.CHART, words.CHART_SUB)
    total = cited.groupby("domain")["answers"].sum().sort_values(ascending=False, kind="stable")
    top = cited[cited["domain"].isin(total.index[:20])].assign(
        rate=lambda f: f["answers"] / f["of"].clip(lower=1)
    )
    top = top.assign(rank=top["domain"].map(total)).sort_values(["rank", "domain"], ascending=[False, True])
    top = top.assign(href=[widgets.address("source", d=str(name)) for name in top["domain"]])
    widgets.chart(charts.sites(top, axis=words.AXIS), words.CHART, key="most_cited", opens=True)


def table(cited: pd.DataFrame) -> None:
    widgets.section(words.TABLE, words.TABLE_SUB)
    present = [name for key, name in words.KINDS.items() if key in set(cited["kind"])]
    domains = data.by_domain(cited)
    with widgets.bar():
        kind = widgets.choice(words.KIND, "kind", [words.ALL_KINDS, *present])
        most = widgets.how_many(len(domains), "domains_shown")
        widgets.download("sources.csv", list(cited.columns), lambda: cited.itertuples(index=False))
    rows = [row for row in domains if kind in (words.ALL_KINDS, words.KINDS.get(row.kind))]
    shown = rows[:most]
    engines = list(domains[0].engines)[:ENGINES]
    heads = [*words.COLUMNS[:3], *(engines if len(domains[0].engines) > 1 else ()), words.COLUMNS[3]]
    few = [i for i, row in enumerate(shown) if row.of < FEW]
    peek = [f"source:{row.domain}" for row in shown]
    numeric = range(2, len(heads))
    lines = [sourced.cited_everywhere(row, heads[3:-1]) for row in shown]
    widgets.table(widgets.columns(heads, numeric=numeric), lines, few=few, peek=peek)


def stability(scope: Scope) -> None:
    widgets.section(words.STABILITY, words.STABILITY_SUB)
    rows = widgets.computed(data.stability, here.workspace, scope) or []
    shown = [
        (
            row.engine,
            widgets.small(len(row.core), ", ".join(row.core[:3])),
            numbers.count(row.rotating),
            numbers.percent(row.core_share, 0),
            numbers.percent(row.jaccard, 0),
            numbers.percent(row.repeats.floor if row.repeats else None, 0),
            numbers.percent(row.overlap, 0),
            numbers.percent(row.repeats.jaccard if row.repeats else None, 0),
            row.weeks,
        )
        for row in rows
    ]
    few = [i for i, row in enumerate(rows) if row.weeks < 2]
    widgets.table(
        widgets.columns(words.STABILITY_COLUMNS, numeric=range(2, 9)), shown, few=few, csv="stability"
    )
    widgets.quiet(words.STABILITY_HELP)


def retrieved(domains: pd.DataFrame) -> None:
    widgets.section(words.RETRIEVED, words.RETRIEVED_SUB)
    only = domains[domains["retrieved"] > domains["answers"]].assign(
        gap=lambda f: f["retrieved"] - f["answers"]
    )
    if only.empty:
        widgets.quiet(words.RETRIEVED_NONE)
        return
    top = only.sort_values(["gap", "domain"], ascending=[False, True]).head(15)
    rows = [
        (widgets.site(r.domain), r.engine, f"{r.retrieved:,}", f"{r.answers:,}") for r in widgets.records(top)
    ]
    widgets.table(widgets.columns(words.RETRIEVED_COLUMNS, numeric=(2, 3)), rows, csv="retrieved")


show()
