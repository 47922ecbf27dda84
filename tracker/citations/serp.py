"""Google's AI Overview and AI Mode through SerpApi, and the services that write alike: SearchAPI (which reads
ChatGPT, Gemini, Perplexity and Copilot off in the same form), Scrapingdog, Bright Data's result pages.

The text is built from the blocks, each on its own line, so that a block's references have a span in it.
A page that shows no overview is a result of its own (`stop` is "not_shown"), not an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker.citations.draft import NOT_SHOWN, Draft, Occurrence
from tracker.citations.panel import UNATTRIBUTED
from tracker.citations.publisher import leads_to_a_search
from tracker.citations.results import Shape
from tracker.citations.values import at, integer, items, record, records, string, word

_INNER = ("list", "text_blocks", "comparison", "items", "cards", "blocks", "top_stories")
_WORD_KEYS = ("title", "subtitle", "feature", "snippet", "text", "answer")
_MARKDOWN = ("markdown", "reconstructed_markdown")
# Assistants, whose answer may come without a search and whose question is none.
_PRODUCTS = ("chatgpt", "gemini", "perplexity", "bing_copilot")
_MARKDOWN_SOURCES = "\n### References\n"

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
    draft = Draft(shape, search_used=True, engine_model=word(at(body, "response_metadata", "model")))
    product = at(body, "search_parameters", "engine") in _PRODUCTS
    if not product:
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
        cite_all(draft, [page for page in references.values() if page.url not in linked])
    if product:
        draft.search_used = bool(references or draft.cited)
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


def cite_all(draft: Draft, pages: Iterable[Occurrence]) -> None:
    """The list is what the reader of the page is shown as its sources, so it counts as cited."""
    for page in pages:
        draft.cite(page.url, page.title)
        draft.warnings.append(UNATTRIBUTED)


def new_line(draft: Draft) -> int:
    if draft.text and not draft.text.endswith("\n"):
        draft.text += "\n"
    return len(draft.text)


def span_from(draft: Draft, start: int) -> tuple[int | None, int | None]:
    return (start, len(draft.text)) if len(draft.text) > start else (None, None)


def words_of(block: dict[str, Any], keys: tuple[str, ...]) -> str:
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
    start = new_line(draft)
    inner = [part for key in _INNER for part in records(block.get(key))]
    words = words_of(block, _WORD_KEYS)
    # Bright Data names a list by its first entry.
    draft.text += "" if inner and words == words_of(inner[0], _WORD_KEYS) else words
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
    new_line(draft)
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
    span = (start, end) if end is not None else span_from(draft, start)
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
        if url is None or leads_to_a_search(url) or url in named:
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
