"""Google's AI Overview and AI Mode through a SERP API: SerpApi (SearchAPI, Bright Data alike) and DataForSEO.

The text is built from the blocks, each on its own line, so that a block's references have a span in it.
A page that shows no overview is a result of its own (`stop` is "not_shown"), not an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tracker.citations.draft import NOT_SHOWN, Draft, Occurrence
from tracker.citations.results import Shape, Usage
from tracker.citations.values import at, integer, items, micros, record, records, string, word

_INNER = ("list", "text_blocks", "comparison", "items", "cards", "blocks", "top_stories")
_WORD_KEYS = ("title", "subtitle", "feature", "snippet", "text", "answer")
_MARKDOWN = ("markdown", "reconstructed_markdown")
_MARKDOWN_SOURCES = "\n### References\n"
# Links to Google's own pages name a thing and lead to another search.
_GOOGLE = re.compile(r"https?://(?:(?:www|maps|shopping|lens)\.)?google\.[a-z.]+/", re.IGNORECASE)
_UNATTRIBUTED = "one list without places: no block says which page it stands on"
# DataForSEO: no results, which for a page without an overview is an answer.
_NO_RESULTS = 40102

References = dict[int, Occurrence]


def page_token(body: dict[str, Any]) -> str | None:
    """SerpApi may give only a token: the overview is then a second call (`engine=google_ai_overview`)."""
    overview = record(body.get("ai_overview"))
    return None if overview.get("text_blocks") else word(overview.get("page_token"))


def read_serpapi_overview(body: dict[str, Any]) -> Draft:
    return _read_serpapi(body, record(body.get("ai_overview")), "serpapi_overview")


def read_serpapi_ai_mode(body: dict[str, Any]) -> Draft:
    return _read_serpapi(body, body, "serpapi_ai_mode")


def _read_serpapi(body: dict[str, Any], answer: dict[str, Any], shape: Shape) -> Draft:
    draft = Draft(shape, search_used=True)
    draft.search(at(body, "search_parameters", "q") or at(body, "general", "query"))
    references = _references(draft, answer)
    blocks = records(answer.get("text_blocks") or answer.get("texts"))
    for block in blocks:
        _read_block(draft, block, references)
    if not draft.text.strip():
        draft.text = next((text for text in (word(answer.get(key)) for key in _MARKDOWN) if text), "")
        draft.text = draft.text.partition(_MARKDOWN_SOURCES)[0]
    if draft.text.strip() and not any(map(_refers, blocks)):
        linked = {page.url for page in draft.cited}
        _cite_all(draft, [page for page in references.values() if page.url not in linked])
    _judge_serpapi(draft, body, answer)
    return draft


def _references(draft: Draft, answer: dict[str, Any]) -> References:
    """Blocks point at a reference's `index`; where there is none, at its position in the list."""
    references: References = {}
    for position, reference in enumerate(records(answer.get("references") or answer.get("reference_links"))):
        url, index = word(reference.get("link") or reference.get("href")), integer(reference.get("index"))
        draft.retrieve(url, reference.get("title"))
        if url is not None:
            references[position if index is None else index] = Occurrence(url, string(reference.get("title")))
    return references


def _cite_all(draft: Draft, pages: Iterable[Occurrence]) -> None:
    """The list is what the reader of the page is shown as its sources, so it counts as cited."""
    for page in pages:
        draft.cite(page.url, page.title)
        draft.warnings.append(_UNATTRIBUTED)


def _new_line(draft: Draft) -> int:
    if draft.text and not draft.text.endswith("\n"):
        draft.text += "\n"
    return len(draft.text)


def _span(draft: Draft, start: int) -> tuple[int | None, int | None]:
    return (start, len(draft.text)) if len(draft.text) > start else (None, None)


def _words_of(block: dict[str, Any], keys: tuple[str, ...]) -> str:
    texts = [text for text in (word(block.get(key)) for key in keys) if text is not None]
    return "\n".join(dict.fromkeys(texts))


def _refers(block: Any) -> bool:
    """Whether the block or one inside it says which references it stands on."""
    if isinstance(block, list):
        return any(map(_refers, block))
    return isinstance(block, dict) and any(
        bool(items(inner)) if key == "reference_indexes" else _refers(inner) for key, inner in block.items()
    )


def _read_block(draft: Draft, block: dict[str, Any], references: References) -> None:
    start = _new_line(draft)
    inner = [part for key in _INNER for part in records(block.get(key))]
    words = _words_of(block, _WORD_KEYS)
    # Bright Data names a list by its first entry.
    draft.text += "" if inner and words == _words_of(inner[0], _WORD_KEYS) else words
    values = [text for text in map(word, items(block.get("values"))) if text is not None]
    draft.text += (": " if values and len(draft.text) > start else "") + " | ".join(values)
    own_words = len(draft.text) > start
    if own_words:
        _refer(draft, block, references, start)
    for row in items(block.get("table")):
        _read_row(draft, row, references)
    for row in items(block.get("detailed")):
        for cell in records(row):
            _refer_cell(draft, cell, references, start)
    for part in inner:
        _read_block(draft, part, references)
    if not own_words:
        _refer(draft, block, references, start)


def _read_row(draft: Draft, row: Any, references: References) -> None:
    _new_line(draft)
    for number, cell in enumerate(items(row)):
        draft.text += " | " if number else ""
        start = len(draft.text)
        draft.text += string(cell) or word(at(cell, "snippet")) or word(at(cell, "text")) or ""
        _refer(draft, record(cell), references, start)


def _refer_cell(draft: Draft, cell: dict[str, Any], references: References, start: int) -> None:
    """A cell of the table once more, whose words stand in the text already."""
    words = word(cell.get("snippet"))
    offset = draft.text.find(words, start) if words else -1
    _refer(
        draft, cell, references, max(offset, start), offset + len(words) if words and offset >= 0 else None
    )


def _refer(
    draft: Draft, block: dict[str, Any], references: References, start: int, end: int | None = None
) -> None:
    span = (start, end) if end is not None else _span(draft, start)
    for index in items(block.get("reference_indexes")):
        number = integer(index)
        page = references.get(number) if number is not None else None
        if page is None:
            draft.warnings.append("a block refers to no reference")
        else:
            draft.cite(page.url, page.title, *span)
    _cite_links(draft, block, references, span)


def _cite_links(
    draft: Draft,
    block: dict[str, Any],
    references: References,
    span: tuple[int | None, int | None],
) -> None:
    """Links in a block's words, or the page it shows: cited unless its references name the page already."""
    indexes = map(integer, items(block.get("reference_indexes")))
    named = [references[index].url for index in indexes if index in references]
    titles = {page.url: page.title for page in references.values()}
    for link in [*records(block.get("snippet_links")), block]:
        url = word(link.get("link"))
        if url is None or _GOOGLE.match(url) or url in named:
            continue
        label = word(link.get("text")) if link is not block else None
        offset = draft.text.find(label, span[0], span[1]) if label else -1
        label_span = (offset, offset + len(label)) if label and offset >= 0 else span
        draft.cite(url, titles.get(url) or (block.get("title") if link is block else None), *label_span)


def _judge_serpapi(draft: Draft, body: dict[str, Any], answer: dict[str, Any]) -> None:
    error = word(body.get("error")) or word(answer.get("error"))
    status = word(at(body, "search_metadata", "status"))
    draft.stop = status
    if draft.text.strip():
        return
    if page_token(body) is not None:
        draft.fail("pause", "the overview is behind a page token: fetch it by a second call within minutes")
    elif status == "Error":
        draft.fail("error", error or status)
    elif status in ("Processing", "Queued"):
        draft.fail("pause", f"the search is {status.lower()}")
    else:
        draft.stop, draft.detail = NOT_SHOWN, error


def read_dataforseo(body: dict[str, Any]) -> Draft:
    """References stand at the top, at each element and as links; the top list misses some: all are retrieved.

    What an element carries is cited with the element as its span.
    """
    draft = Draft("dataforseo", search_used=True, stop=NOT_SHOWN)
    tasks = records(body.get("tasks"))
    for result in [result for task in tasks for result in records(task.get("result"))] or [body]:
        draft.search(result.get("keyword"))
        for item in records(result.get("items")):
            if item.get("type") == "ai_overview":
                draft.stop = "shown"
                _read_overview(draft, item)
    draft.usage = Usage(reported_micros=micros(body.get("cost")) or None)
    _judge_dataforseo(draft, body, tasks)
    return draft


def _read_overview(draft: Draft, overview: dict[str, Any]) -> None:
    listed: dict[str, Occurrence] = {}
    for reference in records(overview.get("references")):
        _list(listed, reference)
    cited = len(draft.cited)
    for element in records(overview.get("items")):
        _read_element(draft, element, listed)
    if not draft.text.strip():
        draft.text = string(overview.get("markdown")) or string(overview.get("text")) or ""
    if draft.text.strip() and len(draft.cited) == cited:
        _cite_all(draft, listed.values())
    draft.retrieved.extend(listed.values())


def _list(listed: dict[str, Occurrence], reference: dict[str, Any]) -> str | None:
    url = word(reference.get("url"))
    if url is not None:
        listed.setdefault(url, Occurrence(url, string(reference.get("title"))))
    return url


def _read_element(draft: Draft, element: dict[str, Any], listed: dict[str, Occurrence]) -> None:
    kind = word(element.get("type")) or ""
    if kind.endswith("_reference"):
        _list(listed, element)
    if kind.endswith("_reference") or "paid" in kind:
        return
    start = _new_line(draft)
    draft.text += _words_of(element, ("title", "text", "snippet")) or word(element.get("markdown")) or ""
    _read_table(draft, record(element.get("table")))
    span = _span(draft, start)
    for key in ("references", "links"):
        for reference in records(element.get(key)):
            _cite_reference(draft, reference, listed, span)
    # A video or a page shown as a card is its own reference.
    _cite_reference(draft, element, listed, span)
    for key in ("items", "components"):
        for inner in records(element.get(key)):
            _read_element(draft, inner, listed)


def _cite_reference(
    draft: Draft,
    reference: dict[str, Any],
    listed: dict[str, Occurrence],
    span: tuple[int | None, int | None],
) -> None:
    url = _list(listed, reference)
    if url is not None:
        draft.cite(url, reference.get("title"), *span)


def _read_table(draft: Draft, table: dict[str, Any]) -> None:
    for row in [table.get("table_header"), *items(table.get("table_content"))]:
        cells = [string(cell) or string(at(cell, "text")) or "" for cell in items(row)]
        if any(cells):
            _new_line(draft)
            draft.text += " | ".join(cells)


def _judge_dataforseo(draft: Draft, body: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    for holder in (body, *tasks):
        status = integer(holder.get("status_code"))
        if status is not None and not 20000 <= status < 30000 and status != _NO_RESULTS:
            draft.stop = str(status)
            draft.fail("error", word(holder.get("status_message")) or str(status))
