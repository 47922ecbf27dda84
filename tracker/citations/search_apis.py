"""Search APIs that answer: Exa `/answer`, Tavily `/search`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracker.citations.draft import Draft, Occurrence
from tracker.citations.results import Usage
from tracker.citations.text import markdown_links
from tracker.citations.values import at, micros, records, string, word, words


def read_exa(body: dict[str, Any]) -> Draft:
    """Links in the answer are what it cites; its `citations` are what it read."""
    answer = body.get("answer")
    draft = Draft("exa", text=string(answer) or "", search_used=True)
    named: list[Occurrence] = []
    for page in records(body.get("citations")):
        draft.retrieve(page.get("url") or page.get("id"), page.get("title"))
        named += [
            Occurrence(url, string(page.get("title"))) for url in words([page.get("id"), page.get("url")])
        ]
    cite_from_list(draft, dict(enumerate(draft.retrieved, start=1)), named)
    draft.usage = Usage(searches_billed=1, reported_micros=micros(at(body, "costDollars", "total")) or None)
    if body.get("error"):
        draft.fail("error", word(body.get("error")))
    if isinstance(answer, dict | list):
        draft.warnings.append("the answer is structured, not text")
    return draft


def cite_from_list(draft: Draft, pages: Mapping[int, Occurrence], named: Iterable[Occurrence] = ()) -> None:
    """Links in the text cite, by whatever address their page is `named`; where there is none, `[n]` does."""
    titles = {page.url: page.title for page in (*pages.values(), *named)}
    for link in markdown_links(draft.text):
        draft.cite(link.url, titles.get(link.url), link.start, link.end)
    if not draft.cited:
        draft.cite_markers(pages)


def read_tavily(body: dict[str, Any]) -> Draft:
    """Results only; an `answer`, where asked for, cites nothing in particular."""
    draft = Draft("tavily", text=string(body.get("answer")) or "", search_used=True)
    draft.search(body.get("query"))
    for result in records(body.get("results")):
        draft.retrieve(result.get("url"), result.get("title"))
    pages = {n: Occurrence(page.url, page.title) for n, page in enumerate(draft.retrieved, start=1)}
    draft.cite_markers(pages)
    draft.usage = Usage(searches_billed=1)
    return draft
