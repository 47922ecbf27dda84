"""An answer as its product shows it: text with links in it, and a panel of sources beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.citations.draft import Draft, Occurrence
from tracker.citations.publisher import leads_to_a_search
from tracker.citations.text import MarkdownLink, markdown_links
from tracker.citations.values import records, string, word
from tracker.domains import try_parse

UNATTRIBUTED = "one list without places: no block says which page it stands on"


@dataclass(slots=True)
class SourcePanel:
    """`shown` are the sources that the answer stands on, `more` those it only met."""

    shown: list[Occurrence] = field(default_factory=list)
    more: list[Occurrence] = field(default_factory=list)
    labelled: list[tuple[str | None, Occurrence]] = field(default_factory=list)
    """Links in the answer by the words that carry them, where the text came without its links."""


def pages_of(
    listed: Any, url: Sequence[str] = ("url",), title: Sequence[str] = ("title",)
) -> list[Occurrence]:
    """The pages of a list, each under the first of the keys that it has."""
    pages = []
    for entry in records(listed):
        address = next((text for text in (word(entry.get(key)) for key in url) if text), None)
        if address is not None:
            name = next((text for text in (string(entry.get(key)) for key in title) if text), None)
            pages.append(Occurrence(address, name))
    return pages


def cite_panel(draft: Draft, panel: SourcePanel) -> None:
    """Links in the text cite, and `[n]` does, counted in the list that is shown. The rest of that list is
    cited without a place, unless markers say what of it is used. All of the panel was retrieved."""
    shown = [page for page in panel.shown if not leads_to_a_search(page.url)]
    before = len(draft.cited)
    draft.cite_markers(dict(enumerate(panel.shown, start=1)))
    marked = len(draft.cited) > before
    titles = {_page(page.url): page.title for page in (*panel.more, *shown)}
    for link in markdown_links(draft.text):
        if not leads_to_a_search(link.url) and not _covered(draft, link):
            draft.cite(link.url, titles.get(_page(link.url)), link.start, link.end)
    cited = {_page(page.url) for page in draft.cited}
    for label, page in panel.labelled:
        if _page(page.url) not in cited and not leads_to_a_search(page.url):
            cited.add(_page(page.url))
            draft.cite(page.url, page.title or titles.get(_page(page.url)), *_words(draft.text, label))
    if not marked:
        _cite_rest(draft, shown, cited)
    _retrieve(draft, (*panel.shown, *panel.more))


def _covered(draft: Draft, link: MarkdownLink) -> bool:
    """Whether words around the link cite its page already, or it is a marker that does."""
    return any(
        page.start is not None
        and page.end is not None
        and page.start <= link.start
        and link.end <= page.end
        and _page(page.url) == _page(link.url)
        for page in draft.cited
    )


def _cite_rest(draft: Draft, shown: Iterable[Occurrence], cited: set[str]) -> None:
    for page in shown:
        if _page(page.url) not in cited:
            cited.add(_page(page.url))
            draft.cite(page.url, page.title)
            draft.warnings.append(UNATTRIBUTED)


def _retrieve(draft: Draft, pages: Iterable[Occurrence]) -> None:
    known: set[str] = set()
    for page in pages:
        if _page(page.url) not in known:
            known.add(_page(page.url))
            draft.retrieve(page.url, page.title)


def _page(url: str) -> str:
    """The page's name: a panel adds its own parameters to addresses that the text has without them."""
    address = try_parse(url)
    return address.canonical if address else url


def _words(text: str, label: str | None) -> tuple[int | None, int | None]:
    offset = text.find(label) if label and label.strip() else -1
    return (offset, offset + len(label or "")) if offset >= 0 else (None, None)
