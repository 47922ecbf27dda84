"""What engines themselves report to the owner of the site: citations and impressions in their AI answers."""

from __future__ import annotations

import pandas as pd

from dashboard import charts, data, strings, widgets
from tracker import numbers

words = strings.Reported

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    table = data.reported(here.workspace)
    if table.empty:
        widgets.empty(words.NOTHING, words.NOTHING_TEXT, words.NOTHING_COMMANDS)
        return
    for (vendor, measure), part in table.groupby(["vendor", "measure"], sort=True):
        report(str(vendor), str(measure), part)


def report(vendor: str, measure: str, part: pd.DataFrame) -> None:
    name = f"{words.VENDORS.get(vendor, vendor)}: {words.MEASURES[measure]}"
    widgets.section(name, words.WHAT[measure])
    widgets.quiet(words.AS_OF.format(day=numbers.day(part["as_of"].max())))
    days(measure, part)
    for dimension, one in words.DIMENSIONS.items():
        listed = part[part["dimension"] == dimension]
        if not listed.empty:
            top(f"{vendor}-{measure}-{dimension}", one, words.ONE[dimension], measure, listed)


def days(measure: str, part: pd.DataFrame) -> None:
    """All of the site by day; where the export has no such rows, its pages together."""
    dated = part[part["day"].notna()]
    whole = dated[dated["dimension"] == "site"]
    dated = whole if not whole.empty else dated[dated["dimension"] == "page"]
    if dated.empty:
        return
    by_day = dated.groupby("day", as_index=False).agg(count=("count", "sum"))
    title = words.DAYS.format(measure=words.MEASURES[measure].capitalize())
    first, last = by_day["day"].min(), by_day["day"].max()
    widgets.quiet(
        words.TOTAL.format(
            count=numbers.count(int(by_day["count"].sum())),
            measure=words.MEASURES[measure],
            days=numbers.counted(len(by_day), "day"),
            first=numbers.day(first),
            last=numbers.day(last),
        )
    )
    widgets.chart(charts.by_day(by_day, axis=words.AXIS), title)


def top(key: str, heading: str, one: str, measure: str, listed: pd.DataFrame) -> None:
    counted = listed.groupby("subject", as_index=False).agg(times=("count", "sum"), days=("day", "nunique"))
    counted = counted.sort_values(["times", "subject"], ascending=[False, True])
    total = int(counted["times"].sum())
    widgets.section(heading)
    with widgets.bar():
        most = widgets.how_many(len(counted), f"{key}_shown")
        widgets.download(f"{key}.csv", list(counted.columns), lambda: counted.itertuples(index=False))
    rows = [
        (
            widgets.link(row.subject) if row.subject.startswith("http") else row.subject,
            numbers.count(row.times),
            numbers.percent(row.times / total if total else None),
            numbers.count(row.days) if row.days else "",
        )
        for row in widgets.records(counted.head(most))
    ]
    heads = (one, words.MEASURES[measure].split()[0].capitalize(), words.SHARE, words.OF_DAYS)
    widgets.table(widgets.columns(heads, numeric=(1, 2, 3)), rows)


show()
