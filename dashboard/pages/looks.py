"""What our own looks at pages say of each claimed link, what changed, and who is named without a link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from dashboard import cells, data, strings, widgets
from tracker import numbers
from tracker.links.pages.alerts import Alert, StoredListing
from tracker.links.pages.verify import StoredVerdict

words = strings.LooksPage
here = widgets.here()
Row = TypeVar("Row", StoredVerdict, Alert, StoredListing)


def show() -> None:
    widgets.title(words.TITLE, words.LEAD)
    widgets.stop_without_links()
    said = data.link_verdicts(here.workspace)
    if not said:
        widgets.empty(words.NONE, words.NONE_TEXT, words.NONE_COMMANDS)
        return
    with widgets.bar():
        brand = widgets.choice(words.BRAND, "whose", [words.ALL, *(b.name for b in here.world.brands)])
    counted(of_brand(said, brand))
    changed(of_brand(data.link_alerts(here.workspace), brand))
    listed(of_brand(said, brand))
    named(of_brand(data.page_listings(here.workspace), brand))


def of_brand(rows: Sequence[Row], brand: str) -> list[Row]:
    return [row for row in rows if brand in (words.ALL, row.brand)]


def counted(said: Sequence[StoredVerdict]) -> None:
    widgets.section(words.COUNTED, words.COUNTED_SUB)
    counts = Counter(row.verdict for row in said)
    rows = [
        (cells.said_of_link(key), numbers.count(counts[key]), words.MEANINGS[key])
        for key in words.VERDICTS
        if counts[key]
    ]
    widgets.table(widgets.columns(words.COUNT_COLUMNS, numeric=(1,), wide=(2,)), rows)


def changed(alerts: Sequence[Alert]) -> None:
    widgets.section(words.CHANGED, words.CHANGED_SUB)
    if not alerts:
        widgets.quiet(words.NO_CHANGE)
        return
    with widgets.bar():
        most = widgets.how_many(len(alerts), "changes_shown", steps=(10, 50, 200))
        download("link-changes.csv", alerts)
    rows = [cells.link_alert(alert) for alert in alerts[:most]]
    widgets.table(widgets.columns(words.CHANGE_COLUMNS, wide=(2,)), rows)


def listed(said: Sequence[StoredVerdict]) -> None:
    widgets.section(words.LISTED)
    names = {name: key for key, name in words.VERDICTS.items() if any(row.verdict == key for row in said)}
    with widgets.bar():
        picked = widgets.choice(words.VERDICT, "verdict", [words.ALL, *names])
        shown = [row for row in said if picked == words.ALL or row.verdict == names[picked]]
        most = widgets.how_many(len(shown), "verdicts_shown")
        download("link-verdicts.csv", shown)
    rows = [cells.link_verdict(row) for row in shown[:most]]
    widgets.table(widgets.columns(words.LIST_COLUMNS, wide=(0,)), rows)


def named(listings: Sequence[StoredListing]) -> None:
    unlinked = [row for row in listings if row.rank is not None and not row.linked]
    if not unlinked:
        return
    widgets.section(words.NAMED, words.NAMED_SUB)
    with widgets.bar():
        most = widgets.how_many(len(unlinked), "named_shown")
        download("named-without-link.csv", unlinked)
    rows = [cells.named_unlinked(row) for row in unlinked[:most]]
    widgets.table(widgets.columns(words.NAMED_COLUMNS, numeric=(2, 5), wide=(0,)), rows)


def download(name: str, rows: Sequence[StoredVerdict | Alert | StoredListing]) -> None:
    if rows:
        widgets.download(
            name, list(rows[0].as_json()), lambda: (list(row.as_json().values()) for row in rows)
        )


show()
