"""Which brands a page names, linked or not, and how prominently: what an engine that reads it would meet.

- *Rank*: the order of the brands' first mentions; a statement that the page has nothing on a brand is none.
- *Heading*: named in a heading of the page, h1 to h4.
- *First screen*: named in the first 1,000 characters of the content, menus and other furniture left out.
- *List rank*: where the brand heads an item of a list, the number that is written there (`3. Norvane`), else
  the item's place in its ordered list or table, else its order among the tracked brands that head a section.
- *Placement*: `content` where the text itself names it, else where its first mention stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from tracker.links.pages.nodes import chain_of
from tracker.links.pages.placement import PageLayout, Placement
from tracker.links.pages.text import PageText
from tracker.mentions import Finder, Span

FIRST_SCREEN = 1_000
_HEADINGS = frozenset(("h1", "h2", "h3", "h4"))
_ITEMS = frozenset(("h2", "h3", "h4", "li", "tr"))
_NUMBERED = re.compile(
    r"[\W_]*(?:#\s*(\d{1,3})\b|(?:no\.?|nr\.?|n°)\s*(\d{1,3})\b|(\d{1,3})\s*[.):])", re.IGNORECASE
)
_LEAD = 40
"""Characters before a brand's name that still leave it the head of its item: "Best overall: Norvane"."""
_MAX_SPANS = 400


@dataclass(frozen=True, slots=True)
class Listing:
    """One brand on one page."""

    brand: int
    rank: int | None = None
    """None where the page links to the brand and does not name it."""
    count: int = 0
    heading: bool = False
    first_screen: bool = False
    list_rank: int | None = None
    placement: Placement | None = None
    linked: bool = False
    followed: bool = False


@dataclass(slots=True)
class _Item:
    """What a brand heads: a section, an item of a list, a row."""

    brand: int
    tag: str
    number: int | None


def listings(
    text: PageText, layout: PageLayout | None, finder: Finder, linked: Iterable[tuple[int, bool]]
) -> tuple[Listing, ...]:
    """Every brand that is named or linked; `linked` says of each link its brand and whether it is followed.

    Without a layout (a PDF, a bare text) nothing is known of headings and lists.
    """
    follows: dict[int, bool] = {}
    for brand, followed in linked:
        follows[brand] = follows.get(brand, False) or followed
    mentions, every = finder.read(text.text)
    named = [each for each in mentions if each.stance == "named"]
    keys = {each.key for each in named}
    spans = [span for span in every if span.key in keys][:_MAX_SPANS]
    around = _Surroundings(text, layout)
    ranks = _list_ranks(spans, around)
    rows = [
        Listing(
            brand=each.key,
            rank=each.position,
            count=each.count,
            heading=any(span.key == each.key and around.in_heading(span) for span in spans),
            first_screen=any(span.key == each.key and around.on_first_screen(span) for span in spans),
            list_rank=ranks.get(each.key),
            placement=around.placement([span for span in spans if span.key == each.key]),
            linked=each.key in follows,
            followed=follows.get(each.key, False),
        )
        for each in named
    ]
    unnamed = sorted(set(follows) - keys)
    return (*rows, *(Listing(brand, linked=True, followed=follows[brand]) for brand in unnamed))


class _Surroundings:
    def __init__(self, text: PageText, layout: PageLayout | None) -> None:
        self.text, self.layout = text, layout
        self.known: dict[int, Placement] = {}
        self.screen_end = self._end_of_first_screen()

    def place(self, node: LexborNode) -> Placement:
        if self.layout is None:
            return "content"
        if node.mem_id not in self.known:
            self.known[node.mem_id] = self.layout.around(node)
        return self.known[node.mem_id]

    def _end_of_first_screen(self) -> int:
        if self.layout is None:
            return FIRST_SCREEN
        size = 0
        for start, end, node in self.text.pieces():
            if self.place(node) == "content":
                if size + end - start >= FIRST_SCREEN:
                    return start + FIRST_SCREEN - size
                size += end - start
        return len(self.text.text)

    def on_first_screen(self, span: Span) -> bool:
        if span.start >= self.screen_end:
            return False
        return self.layout is None or self.place(self.text.node_at(span.start)) == "content"

    def in_heading(self, span: Span) -> bool:
        return self.layout is not None and any(
            node.tag in _HEADINGS for node in chain_of(self.text.node_at(span.start))[:6]
        )

    def placement(self, spans: Sequence[Span]) -> Placement | None:
        if self.layout is None or not spans:
            return "content" if spans else None
        places = [self.place(self.text.node_at(span.start)) for span in spans]
        return "content" if "content" in places else places[0]

    def item(self, span: Span) -> _Item | None:
        """What the name heads, in the content."""
        if self.layout is None:
            return None
        node = self.text.node_at(span.start)
        item = next((outer for outer in chain_of(node)[:12] if outer.tag in _ITEMS), None)
        if item is None or self.place(node) != "content":
            return None
        whole = " ".join((item.text(deep=True, separator=" ") or "")[:400].split())
        written = re.match(_NUMBERED, whole)
        lead = whole.find(" ".join(span.text.split()))
        if not 0 <= lead - (written.end() if written else 0) <= _LEAD:
            return None
        number = next((int(n) for n in written.groups() if n), None) if written else _order(item)
        return _Item(span.key, str(item.tag), number)


def _order(item: LexborNode) -> int | None:
    """The place of an item of an ordered list, or of a row of a table below its head."""
    parent = item.parent
    if parent is None or (item.tag == "li" and parent.tag != "ol") or item.tag not in ("li", "tr"):
        return None
    start = parent.attributes.get("start") or "1"
    number = int(start) if item.tag == "li" and start.isdigit() and len(start) < 5 else 1
    node = item.prev
    while node is not None:
        number += node.tag == item.tag and (item.tag == "li" or node.css_first("td") is not None)
        node = node.prev
    return number


def _list_ranks(spans: Sequence[Span], around: _Surroundings) -> dict[int, int]:
    items = [item for item in map(around.item, spans) if item is not None]
    ranks: dict[int, int] = {}
    heads: dict[str, list[int]] = {}
    for item in items:
        if item.number is not None:
            ranks.setdefault(item.brand, item.number)
        elif item.tag != "li" and item.brand not in heads.setdefault(item.tag, []):
            heads[item.tag].append(item.brand)
    for brands in heads.values():
        if len(brands) > 1:
            for order, brand in enumerate(brands, start=1):
                ranks.setdefault(brand, order)
    return ranks
