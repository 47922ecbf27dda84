"""Who links to the brands: imports, referring domains, anchors, gained and lost."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.review import Review
from dashboard import cells, charts, data, strings, widgets
from dashboard.data import BrandLinks, links
from tracker import numbers

words = strings.LinksPage

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_links()
    brands = widgets.computed(data.brand_links, here.workspace)
    if brands:
        by_brand(brands)
        one_brand(brands)
    imports()


def by_brand(brands: Sequence[BrandLinks]) -> None:
    widgets.section(words.BY_BRAND)
    widgets.table(
        widgets.columns(words.BRAND_COLUMNS, numeric=(1, 2, 3, 4, 5)),
        [cells.link_counts(each) for each in brands],
        own=[i for i, brand in enumerate(here.world.brands) if brand.own],
    )


def one_brand(brands: Sequence[BrandLinks]) -> None:
    name = widgets.choice(words.BRAND, "whose", [each.brand for each in brands])
    mine = next(each for each in brands if each.brand == name)
    if not mine.links:
        owned = here.world.brand(name).domains
        why = words.NONE_TEXT if owned else words.NO_DOMAINS.format(brand=name)
        widgets.empty(words.NONE.format(brand=name), why)
        return
    velocity(mine, name)
    widgets.section(words.DOMAINS)
    with widgets.bar():
        most = widgets.how_many(len(mine.referring), "referring_shown")
        widgets.download("links.csv", cells.LINK_HEADS, lambda: cells.link_raw(links(here.workspace), name))
    shown = [cells.referring(row) for row in widgets.records(mine.referring.head(most))]
    heads = [head.format(brand=name) for head in words.DOMAIN_COLUMNS]
    widgets.table(widgets.columns(heads, numeric=(2, 3)), shown)
    anchors(mine)
    if here.world.own and name == here.world.own.name:
        profile(name)


def velocity(mine: BrandLinks, name: str) -> None:
    months = cells.by_month(mine.months)
    if len(months):
        widgets.section(words.GAINED, words.GAINED_SUB.format(brand=name))
        marked = charts.marks(data.marked_moments(here.workspace), months["month"], lasting=30)
        widgets.chart(charts.gained_and_lost(months, marked), words.GAINED, marked)


def profile(name: str) -> None:
    """Anchor classes against the rivals', and unusual weeks: of the own brand only."""
    link_profile = widgets.computed(data.link_profile, here.workspace)
    if link_profile is None:
        return
    shown = [share for share in link_profile.anchors if share.own.estimate or share.rivals.estimate]
    if shown:
        widgets.section(words.CLASSES, words.CLASSES_SUB.format(brand=name))
        heads = widgets.columns([h.format(brand=name) for h in words.CLASS_COLUMNS], numeric=(1, 2))
        widgets.table(heads, [cells.anchor_share(share) for share in shown])
    if link_profile.spikes:
        widgets.section(words.SPIKES)
        rows = [cells.link_week(week) for week in link_profile.spikes[-8:]]
        widgets.table(widgets.columns(words.SPIKE_COLUMNS, numeric=(1, 2)), rows)
    queue(link_profile.queue)


def queue(rows: Sequence[Review]) -> None:
    if not rows:
        return
    widgets.section(words.QUEUE, words.QUEUE_SUB)
    with widgets.bar():
        most = widgets.how_many(len(rows), "queue_shown", steps=(10, 50, 200))
        widgets.download("links-to-look-at.csv", cells.REVIEW_HEADS, lambda: map(cells.review_raw, rows))
    heads = widgets.columns(words.QUEUE_COLUMNS, numeric=(1,), wide=(2,))
    widgets.table(heads, [cells.review(row) for row in rows[:most]])


def anchors(mine: BrandLinks) -> None:
    widgets.section(words.ANCHORS)
    rows = [
        (
            r.text[:120] if isinstance(r.text, str) else words.NO_ANCHOR,
            numbers.count(r.links),
            numbers.count(r.domains),
        )
        for r in widgets.records(mine.anchors)
    ]
    widgets.table(widgets.columns(words.ANCHOR_COLUMNS, numeric=(1, 2)), rows, csv="anchors")


def imports() -> None:
    widgets.section(words.IMPORTS)
    rows = [
        (
            widgets.small(i.file_name, numbers.moment(i.imported_at)),
            i.vendor,
            numbers.day(i.as_of),
            *map(numbers.count, (i.read, i.stored, i.rejected)),
        )
        for i in data.imports(here.workspace)
    ]
    widgets.table(widgets.columns(words.IMPORT_COLUMNS, numeric=(3, 4, 5)), rows, csv="imports")


show()
