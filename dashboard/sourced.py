"""What is known of one source, as cells and cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.frames import BrandFact
from analysis.intervals import wilson
from analysis.lift.ladder import Rung
from dashboard import cells, numbered, widgets
from dashboard.data import CitedDomain, Ladder, SourceView
from dashboard.strings import Drawer, LinksPage, SourcePage, Sources
from tracker import numbers

words = SourcePage


def rung_of(found: Ladder | None, name: str) -> Rung | None:
    return next((rung for rung in found.rungs if rung.row.source == name), None) if found else None


def source_cards(view: SourceView, rung: Rung | None, brands: Sequence[BrandFact]) -> list[widgets.Card]:
    """Reach, lift, links and gain."""
    share = wilson(min(view.answers, view.of), view.of)
    live = set(view.links[view.links["lost"].isna()]["brand"])
    own = next((brand.name for brand in brands if brand.own), None)
    of = words.OF.format(n=numbers.count(view.answers), of=numbers.count(view.of))
    span = numbers.percent_range(share.low, share.high)
    linked = words.LINKED.format(n=len(live), of=len(brands))
    made = [
        widgets.Card(words.CITED, numbers.percent(share.estimate), f"{span} · {of}", help=words.CITED_HELP)
    ]
    if rung is not None and rung.row.lift is not None:
        row = rung.row
        span = numbers.points_range(row.low, row.high)
        size, verdict = numbers.points(row.lift), cells.lift_verdict(row)
        made.append(widgets.Card(words.LIFT, size, span, verdict, help=words.LIFT_HELP))
    made.append(widgets.Card(words.LINKS, linked, words.YOU[own in live]))
    if rung is not None and rung.gain:
        made.append(widgets.Card(words.GAIN, numbers.points(rung.gain), help=words.GAIN_HELP))
    return made


def cited_share(row: Any, source: str) -> tuple[object, ...]:
    """An engine's answers that cite a source."""
    share = wilson(min(row.answers, row.of), row.of)
    shown = widgets.small(numbers.percent(share.estimate), SourcePage.OF.format(n=row.answers, of=row.of))
    scope = widgets.scope()
    cited = numbered.door(shown, "source_rate", scope=scope, source=source, engine=row.engine)
    span = numbers.percent_range(share.low, share.high)
    return row.engine, cited, span, numbers.count(row.retrieved or None)


def cited_everywhere(row: CitedDomain, engines: Sequence[str]) -> tuple[object, ...]:
    """A cited domain: its share of all answers, and of each engine's; each opens its answers."""
    share = wilson(min(row.answers, row.of), row.of)
    span = numbers.percent_range(share.low, share.high)
    every = numbered.door(numbers.percent(share.estimate), "source_rate", source=row.domain)
    each = [
        numbered.door(numbers.percent(n / of, 0), "source_rate", source=row.domain, engine=name)
        if n
        else numbers.UNKNOWN
        for name in engines
        for n, of in (row.engines[name],)
    ]
    kind = Sources.KINDS.get(row.kind, row.kind)
    return widgets.site(row.domain), kind, widgets.small(every, span), *each, numbers.count(row.citations)


def named_beside(brand: str, view: SourceView, links: pd.DataFrame) -> tuple[object, ...]:
    """A brand in the answers that cite a source."""
    share = wilson(min(view.named.get(brand, 0), view.answers), view.answers)
    state = SourcePage.NOT_LIVE if links.empty else cells.linked_brand(brand, links)[3]
    span = numbers.percent_range(share.low, share.high, 0)
    return brand, numbers.percent(share.estimate, 0), span, state


def page(row: Any) -> widgets.Safe:
    """A cited page by its title; the arrow leaves for it."""
    named = row.title if isinstance(row.title, str) and row.title.strip() else row.url
    return widgets.small(widgets.join(named, widgets.out(row.url)), row.url if named != row.url else "")


def of_page(row: Any, source: str) -> widgets.Safe:
    scope, answers = widgets.scope(), numbers.count(row.answers)
    return numbered.door(answers, "source_rate", scope=scope, source=source, page=row.url)


def evidence(row: Any) -> tuple[object, ...]:
    """One link as an import or a look has it."""
    lost = pd.notna(row.lost)
    state = widgets.badge(Drawer.LOST.format(day=numbers.day(row.lost)), "bad") if lost else Drawer.LIVE
    url = row.url if isinstance(row.url, str) else ""
    anchor = row.anchor if isinstance(row.anchor, str) and row.anchor.strip() else LinksPage.NO_ANCHOR
    seen = numbers.day(row.first) if pd.notna(row.first) else numbers.UNKNOWN
    return row.brand, widgets.join(url, widgets.out(url)), anchor[:120], seen, state
