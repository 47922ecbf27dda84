"""Anthropic messages: blocks in order; a citation's span is its whole text block."""

from __future__ import annotations

from typing import Any

from tracker.citations.draft import WEB, Draft, Occurrence
from tracker.citations.results import Usage
from tracker.citations.values import at, count, integer, record, records, string, word


def read_anthropic(body: dict[str, Any]) -> Draft:
    draft = Draft("anthropic", engine_model=word(body.get("model")), stop=word(body.get("stop_reason")))
    draft.search_used = False
    blocks = body.get("content")
    if isinstance(blocks, str):
        blocks = [{"type": "text", "text": blocks}]
    fetched: list[Occurrence] = []
    for block in records(blocks):
        _read_block(draft, block, fetched)
    if _only_failed(records(blocks)):
        draft.search_used = False
    usage = record(body.get("usage"))
    draft.usage = Usage(
        _input_tokens(usage),
        count(usage.get("output_tokens")),
        count(at(usage, "server_tool_use", "web_search_requests")),
    )
    if (draft.usage.searches_billed or 0) > 0:
        draft.search_used = True
    if draft.stop == "pause_turn":
        draft.fail("pause", "the turn is unfinished: send the content back to continue, then merge the parts")
    if draft.stop == "refusal":
        details = record(body.get("stop_details"))
        draft.fail("refusal", word(details.get("explanation")) or word(details.get("category")) or "refusal")
    return draft


def _only_failed(blocks: list[dict[str, Any]]) -> bool:
    """Whether there were searches and an error was all that came of each: that is no search."""
    results = [block.get("content") for block in blocks if block.get("type") == "web_search_tool_result"]
    return bool(results) and all(
        at(content, "type") == "web_search_tool_result_error"
        or any(one.get("type") == "web_search_tool_result_error" for one in records(content))
        for content in results
    )


def _input_tokens(usage: dict[str, Any]) -> int | None:
    """Cached tokens are not in `input_tokens` here, but were read all the same."""
    parts = [
        count(usage.get(key))
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    ]
    known = [part for part in parts if part is not None]
    return sum(known) if parts[0] is not None else None


def _read_block(draft: Draft, block: dict[str, Any], fetched: list[Occurrence]) -> None:
    kind = block.get("type")
    if kind == "text":
        _read_text(draft, block, fetched)
    elif kind == "server_tool_use" and block.get("name") == "web_search":
        draft.search_used = True
        draft.search(at(block, "input", "query"))
    elif kind == "web_search_tool_result":
        draft.search_used = True
        _read_results(draft, block.get("content"))
    elif kind == "web_fetch_tool_result" and at(block, "content", "type") == "web_fetch_result":
        read_page(draft, record(block.get("content")), fetched)


def _read_text(draft: Draft, block: dict[str, Any], fetched: list[Occurrence]) -> None:
    start = len(draft.text)
    draft.text += string(block.get("text")) or ""
    for citation in records(block.get("citations")):
        url = word(citation.get("url")) or source_url(citation, fetched)
        if citation.get("type") == "web_search_result_location":
            draft.search_used = True
        if url is not None:
            draft.cite(
                url, word(citation.get("title")) or citation.get("document_title"), start, len(draft.text)
            )


def read_page(draft: Draft, page: dict[str, Any], fetched: list[Occurrence]) -> None:
    source = Occurrence(word(page.get("url")) or "", word(at(page, "content", "title")))
    fetched.append(source)
    if source.url:
        # Looking at a page uses the web, as opening one does at other engines.
        draft.search_used = True
        draft.retrieve(source.url, source.title)


def source_url(citation: dict[str, Any], fetched: list[Occurrence]) -> str | None:
    """A search result given by the caller is named by `source`, a fetched page by its number and title.

    The numbers count every document of the conversation, the caller's as well: where the title disagrees
    it is another document, and the page with that title is the one.
    """
    source, index = word(citation.get("source")), integer(citation.get("document_index"))
    if source is not None and source.startswith(WEB):
        return source
    title = word(citation.get("document_title"))
    same = [number for number, page in enumerate(fetched) if page.title == title]
    if index is None or (index not in same and (title is None or not same)):
        return None
    return fetched[index if index in same else same[0]].url or None


def _read_results(draft: Draft, content: Any) -> None:
    for result in records(content):
        if result.get("type") == "web_search_tool_result_error":
            draft.warnings.append(f"a search failed: {word(result.get('error_code')) or 'no reason given'}")
        else:
            draft.retrieve(result.get("url"), result.get("title"))
