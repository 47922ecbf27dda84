"""DataForSEO: AI Overview and AI Mode among the items of a result page, ChatGPT and Gemini as read off their
products (LLM Scraper), and models' own answers through their APIs (LLM Responses)."""

from __future__ import annotations

from typing import Any

from tracker.citations.draft import NOT_SHOWN, Draft, Occurrence
from tracker.citations.panel import SourcePanel, cite_panel, pages_of
from tracker.citations.results import Shape, Usage
from tracker.citations.serp import cite_all, new_line, span_from, words_of
from tracker.citations.values import at, count, integer, items, micros, record, records, string, word, words

# No results, which for a page without an overview is an answer.
_NO_RESULTS = 40102


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
        cite_all(draft, listed.values())
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
    start = new_line(draft)
    words, rows = words_of(element, ("title", "text", "snippet")), _rows(record(element.get("table")))
    draft.text += words or ("" if rows else word(element.get("markdown")) or "")
    if not _holds(words, rows):
        new_line(draft)
        draft.text += "\n".join(" | ".join(cells) for cells in rows)
    span = span_from(draft, start)
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


def _rows(table: dict[str, Any]) -> list[list[str]]:
    rows = [
        [string(cell) or string(at(cell, "text")) or "" for cell in items(row)]
        for row in [table.get("table_header"), *items(table.get("table_content"))]
    ]
    return [cells for cells in rows if any(cells)]


def _holds(words: str, rows: list[list[str]]) -> bool:
    """Whether the words are the table once more."""
    return all(cell in words for cells in rows for cell in cells)


def _judge_dataforseo(draft: Draft, body: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    for holder in (body, *tasks):
        status = integer(holder.get("status_code"))
        if status is not None and not 20000 <= status < 30000 and status != _NO_RESULTS:
            draft.stop = str(status)
            draft.fail("error", word(holder.get("status_message")) or str(status))


_ADVERTISED = ("chat_gpt_ad", "gemini_ad")


def is_scraped(result: dict[str, Any]) -> bool:
    """Whether a result was read off a product: its items are called after it."""
    return any(
        (word(item.get("type")) or "").startswith(("chat_gpt_", "gemini_"))
        for key in ("items", "sources")
        for item in records(result.get(key))
    )


def is_model_answer(result: dict[str, Any]) -> bool:
    return any(isinstance(item.get("sections"), list) for item in records(result.get("items"))) or (
        "model_name" in result and "money_spent" in result
    )


def results_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    tasks = records(body.get("tasks"))
    return [result for task in tasks for result in records(task.get("result"))] or [body]


def read_dataforseo_scraper(body: dict[str, Any]) -> Draft:
    """`sources` are what the answer stands on, of each item and of all; `search_results` all that was met."""
    draft = Draft("dataforseo_scraper")
    for result in results_of(body):
        draft.engine_model = word(result.get("model")) or draft.engine_model
        for query in words(result.get("fan_out_queries")):
            draft.search(query)
        _read_scraped(draft, result)
    draft.search_used = bool(draft.cited or draft.retrieved or draft.searches)
    draft.usage = Usage(searches_billed=1, reported_micros=micros(body.get("cost")) or None)
    _judge_dataforseo(draft, body, records(body.get("tasks")))
    return draft


def _read_scraped(draft: Draft, result: dict[str, Any]) -> None:
    texts = [(item, _item_text(item)) for item in records(result.get("items"))]
    whole = string(result.get("markdown")) or "\n".join(text for _, text in texts if text)
    start = new_line(draft)
    draft.text += whole
    last = start
    panel = SourcePanel(more=pages_of(result.get("search_results")))
    for item, text in texts:
        offset = draft.text.find(text, last) if text else -1
        span = (offset, offset + len(text)) if offset >= 0 else (None, None)
        last = max(last, offset)
        for page in pages_of(item.get("sources")):
            draft.cite(page.url, page.title, *span)
            panel.shown.append(page)
    panel.shown += pages_of(result.get("sources"))
    cite_panel(draft, panel)


def _item_text(item: dict[str, Any]) -> str:
    if item.get("type") in _ADVERTISED:
        return ""
    return string(item.get("markdown")) or string(item.get("text")) or ""


def read_dataforseo_responses(body: dict[str, Any]) -> Draft:
    """Sections of messages, each with the pages it stands on; reasoning is no part of the answer."""
    draft = Draft("dataforseo_responses")
    tokens: tuple[int | None, int | None] = None, None
    for result in results_of(body):
        draft.engine_model = word(result.get("model_name")) or draft.engine_model
        for query in words(result.get("fan_out_queries")):
            draft.search(query)
        for item in records(result.get("items")):
            for section in records(item.get("sections")) if item.get("type") == "message" else []:
                _read_section(draft, section)
        tokens = count(result.get("input_tokens")), count(result.get("output_tokens"))
        draft.search_used = bool(draft.cited or draft.searches or result.get("web_search") is True)
    draft.usage = Usage(*tokens, None, micros(body.get("cost")) or None)
    _judge_dataforseo(draft, body, records(body.get("tasks")))
    return draft


def _read_section(draft: Draft, section: dict[str, Any]) -> None:
    text = string(section.get("text")) or ""
    start = len(draft.text) + (2 if draft.text and text else 0)
    draft.text += ("\n\n" if draft.text and text else "") + text
    annotations = records(section.get("annotations"))
    placed = [entry for entry in annotations if integer(entry.get("end_index"))]
    for entry in placed:
        span = _placed(text, entry)
        url = word(entry.get("direct_url")) or word(entry.get("url"))
        draft.cite(url, entry.get("title"), *((start + span[0], start + span[1]) if span else (None, None)))
        draft.retrieve(url, entry.get("title"))
    if not placed:
        # Perplexity's count in the text: the list is one of pages, not of places.
        piece = Draft(draft.shape, text=text)
        cite_panel(piece, SourcePanel(shown=pages_of(annotations, ("direct_url", "url"))))
        for page in piece.cited:
            if page.start is not None and page.end is not None:
                page.start, page.end = page.start + start, page.end + start
        draft.cited += piece.cited
        draft.retrieved += piece.retrieved
        draft.warnings += piece.warnings


def _placed(text: str, entry: dict[str, Any]) -> tuple[int, int] | None:
    """As given where it holds the annotated words, else where those stand."""
    start, end = integer(entry.get("start_index")) or 0, integer(entry.get("end_index")) or 0
    quoted = string(entry.get("text"))
    if 0 <= start < end <= len(text) and (not quoted or text[start:end] == quoted):
        return start, end
    offset = text.find(quoted) if quoted else -1
    return (offset, offset + len(quoted or "")) if offset >= 0 else None


def read_of(result: dict[str, Any]) -> Shape:
    """Which of the three a result is."""
    if is_scraped(result):
        return "dataforseo_scraper"
    return "dataforseo_responses" if is_model_answer(result) else "dataforseo"
