"""The own site: crawled, cited, named and visited, page by page, and visits beside the sample."""

from __future__ import annotations

from datetime import timedelta

from analysis.firstparty import PageFunnel, ShareGap
from dashboard import data, strings, widgets
from tracker import numbers

words = strings.OwnSite

here = widgets.here()


def show() -> None:
    widgets.title(strings.Nav.OWN_SITE, words.LEAD.format(brand=here.brand))
    scope = widgets.scope() if data.weeks(here.workspace) else None
    first = scope.first if scope else None
    last = scope.last + timedelta(days=6) if scope and scope.last else None
    pages = data.own_pages(here.workspace, first, last)
    if not any(page.crawled or page.fetched or page.visited or page.forged for page in pages):
        widgets.empty(words.NOTHING, words.NOTHING_TEXT, words.NOTHING_COMMANDS)
        return
    way(pages)
    assistants(data.own_gaps(here.workspace, first, last))
    table(pages)


def way(pages: list[PageFunnel]) -> None:
    """Each step with the pages that came so far."""
    cards = []
    for step, (name, what) in words.STEPS.items():
        hits = [getattr(page, step) for page in pages]
        note = words.PAGES_NOTE.format(pages=numbers.counted(sum(map(bool, hits)), "page"))
        cards.append(widgets.Card(name, numbers.count(sum(hits)), what.format(brand=here.brand), note))
    widgets.cards(cards)
    widgets.quiet(words.BASIS)
    forged, unchecked = sum(page.forged for page in pages), sum(page.unchecked for page in pages)
    if forged or unchecked:
        widgets.quiet(words.FORGED.format(forged=numbers.count(forged), unchecked=numbers.count(unchecked)))


def assistants(gaps: list[ShareGap]) -> None:
    if not gaps:
        return
    widgets.section(words.GAPS, words.GAPS_SUB)
    heads = widgets.columns(words.GAP_COLUMNS, numeric=(1, 2, 3, 4))
    widgets.table(heads, [gap(each) for each in gaps])


def gap(each: ShareGap) -> tuple[object, ...]:
    def share(n: int, of: int) -> object:
        counted = words.OF.format(n=numbers.count(n), of=numbers.count(of))
        return widgets.small(numbers.percent(n / of if of else None), counted)

    cited = share(each.cited, each.of_cited) if each.of_cited else words.NOT_ASKED
    span = numbers.points_range(each.low, each.high) if each.gap is not None else numbers.UNKNOWN
    return each.assistant, share(each.visits, each.of_visits), cited, numbers.points(each.gap), span


def table(pages: list[PageFunnel]) -> None:
    widgets.section(words.PAGES)
    with widgets.bar():
        most = widgets.how_many(len(pages), "own_shown")
        widgets.download("own-pages.csv", words.PAGE_COLUMNS, lambda: map(facts, pages))
    rows = [(widgets.join(page.url, widgets.out(f"https://{page.url}")), *facts(page)[1:]) for page in pages]
    widgets.table(widgets.columns(words.PAGE_COLUMNS, numeric=range(1, 6), wide=(0,)), rows[:most])


def facts(page: PageFunnel) -> tuple[object, ...]:
    counts = (getattr(page, step) for step in words.STEPS)
    return page.url, *counts, numbers.day(page.first.get("visited"))


show()
