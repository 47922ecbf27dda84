"""Who links to the brands: imports, referring domains, anchors, gained and lost."""

from __future__ import annotations

import pandas as pd

from dashboard import charts, data, formats, strings, widgets
from dashboard.strings import Sources

words = strings.Links

here = widgets.here()


def show() -> None:
    widgets.title(words.TITLE, words.LEAD.format(brand=here.brand))
    widgets.stop_without_links()
    found = data.links(here.place)
    by_brand(found)
    names = [brand.name for brand in here.world.brands]
    if names:
        name = widgets.choice(words.BRAND, "brand", names)
        one_brand(found, name)
    imports()


def by_brand(found: pd.DataFrame) -> None:
    widgets.section(words.BY_BRAND)
    widgets.table(
        widgets.columns(words.BRAND_COLUMNS, numeric=(1, 2, 3, 4, 5)),
        [brand_line(brand.name, found[found["brand"] == brand.name]) for brand in here.world.brands],
        own=[i for i, brand in enumerate(here.world.brands) if brand.own],
    )


def brand_line(name: str, mine: pd.DataFrame) -> tuple[object, ...]:
    known, lost = mine["nofollow"].notna(), mine["lost"].notna()
    followed = int((mine.loc[known, "nofollow"] == 0).sum())
    share = formats.percent(followed / int(known.sum()), 0) if known.any() else formats.UNKNOWN
    counts = (mine["source"].nunique(), len(mine), int((~lost).sum()), int(lost.sum()))
    of = words.FOLLOWED_OF.format(n=formats.count(followed), of=formats.count(int(known.sum())))
    return (name, *map(formats.count, counts), widgets.small(share, of) if known.any() else share)


def one_brand(found: pd.DataFrame, name: str) -> None:
    mine = found[found["brand"] == name]
    if mine.empty:
        widgets.empty(words.NONE.format(brand=name), words.NONE_TEXT)
        return
    velocity(mine, name)
    widgets.section(words.DOMAINS)
    rows = referring(found, mine)
    with widgets.bar():
        most = widgets.how_many(len(rows), "referring_shown")
        widgets.download(
            "links.csv",
            HEADS,
            lambda: (
                mine[list(HEADS)]
                .astype(object)
                .where(mine[list(HEADS)].notna(), None)
                .itertuples(index=False)
            ),
        )
    shown = rows[:most]
    heads = [head.format(brand=name) for head in words.DOMAIN_COLUMNS]
    widgets.table(widgets.columns(heads, numeric=(2, 3)), shown)
    anchors(mine)


HEADS = ("source", "kind", "url", "target_url", "anchor", "brand", "nofollow", "first", "lost", "vendors")


def velocity(mine: pd.DataFrame, name: str) -> None:
    parts = []
    for column, what, sign in (("first", words.WHAT["gained"], 1), ("lost", words.WHAT["lost"], -1)):
        months = mine[column].dropna().dt.tz_localize(None).dt.to_period("M").dt.to_timestamp().value_counts()
        parts += [(month, what, sign * n) for month, n in months.items()]
    frame = pd.DataFrame(parts, columns=["month", "what", "links"])
    if frame["month"].nunique() > 1:
        newest = frame["month"].max()
        months = pd.date_range(
            max(frame["month"].min(), newest - pd.DateOffset(months=23)), newest, freq="MS"
        )
        quiet = pd.DataFrame({"month": months, "what": words.WHAT["gained"], "links": 0})
        widgets.section(words.GAINED, words.GAINED_SUB.format(brand=name))
        widgets.chart(
            charts.gained_and_lost(pd.concat([frame[frame["month"] >= months[0]], quiet])), words.GAINED
        )


def referring(found: pd.DataFrame, mine: pd.DataFrame) -> list[tuple[object, ...]]:
    rivals = found[~found["own"]].groupby("source")["brand"].nunique()
    rows = []
    for source, part in mine.groupby("source"):
        anchor = next((a for a in part["anchor"] if isinstance(a, str) and a.strip()), words.NO_ANCHOR)
        first = part["first"].min()
        seen = formats.day(first) if pd.notna(first) else formats.UNKNOWN
        kind = Sources.KINDS.get(part["kind"].iloc[0], part["kind"].iloc[0])
        page = widgets.link(next((u for u in part["url"] if isinstance(u, str)), f"https://{source}"), source)
        rows.append(
            (
                len(part),
                (
                    page,
                    kind,
                    formats.count(len(part)),
                    formats.count(int(rivals.get(source, 0))),
                    seen,
                    anchor[:80],
                ),
            )
        )
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])]


def anchors(mine: pd.DataFrame) -> None:
    widgets.section(words.ANCHORS)
    texts = mine.assign(
        text=[a.strip() if isinstance(a, str) and a.strip() else words.NO_ANCHOR for a in mine["anchor"]]
    )
    counted = texts.groupby("text").agg(links=("source", "size"), domains=("source", "nunique")).reset_index()
    top = counted.sort_values(["links", "text"], ascending=[False, True]).head(12)
    rows = [(r.text[:120], formats.count(r.links), formats.count(r.domains)) for r in widgets.records(top)]
    widgets.table(widgets.columns(words.ANCHOR_COLUMNS, numeric=(1, 2)), rows)


def imports() -> None:
    widgets.section(words.IMPORTS)
    rows = [
        (
            widgets.small(i.file_name, formats.moment(i.imported_at)),
            i.vendor,
            formats.day(i.as_of),
            *map(formats.count, (i.read, i.stored, i.rejected)),
        )
        for i in data.imports(here.place)
    ]
    widgets.table(widgets.columns(words.IMPORT_COLUMNS, numeric=(3, 4, 5)), rows)


show()
