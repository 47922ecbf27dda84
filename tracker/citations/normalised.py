"""litellm's own dump, for calls whose raw body was not kept: the engine's facts stand beside the message."""

from __future__ import annotations

from typing import Any

from tracker.citations.anthropic import read_page, source_url
from tracker.citations.chat import annotate, message_of, start
from tracker.citations.documents import cite_documents, cite_web
from tracker.citations.draft import WEB, Draft, Occurrence
from tracker.citations.gemini import PartOffsets, ground
from tracker.citations.values import at, embedded, items, record, records, string, word

_SEARCHES = ("web_search", "nova_grounding")


def read_litellm(body: dict[str, Any]) -> Draft:
    draft = start(body, "litellm")
    message = message_of(body)
    fields = record(message.get("provider_specific_fields"))
    grounding = records(body.get("vertex_ai_grounding_metadata"))
    offsets = PartOffsets()
    offsets.add(0, 0, draft.text)
    for metadata in grounding:
        ground(draft, metadata, offsets)
    _read_anthropic(draft, fields)
    if not draft.searches:
        _read_tool_calls(draft, message)
    for content in records(fields.get("citationsContent")):
        cite_web(draft, content.get("citations"))
    cite_documents(draft, body.get("citations"), None)
    if not draft.cited and not grounding:
        annotate(draft, message.get("annotations"))
    on_the_web = draft.retrieved or any(page.url.startswith(WEB) for page in draft.cited)
    if on_the_web or draft.searches or (draft.usage.searches_billed or 0) > 0:
        draft.search_used = True
    elif draft.usage.searches_billed == 0 or isinstance(body.get("vertex_ai_grounding_metadata"), list):
        draft.search_used = bool(draft.search_used)
    draft.stop = word(fields.get("stop_reason")) or draft.stop
    if draft.stop == "pause_turn":
        draft.fail("pause", "the turn is unfinished: send the content back to continue, then merge the parts")
    return draft


def _read_anthropic(draft: Draft, fields: dict[str, Any]) -> None:
    """One list of citations a block; newer versions quote the block, which gives its span."""
    fetched: list[Occurrence] = []
    for result in records(fields.get("web_search_results")):
        if result.get("type") == "web_fetch_tool_result":
            read_page(draft, record(result.get("content")), fetched)
            continue
        for page in records(result.get("content")):
            draft.retrieve(page.get("url"), page.get("title"))
    last = 0
    for block in items(fields.get("citations")):
        for citation in records(block):
            url = word(citation.get("url")) or source_url(citation, fetched)
            quoted = string(citation.get("supported_text"))
            offset = draft.text.find(quoted, last) if quoted else -1
            span = (offset, offset + len(quoted)) if quoted and offset >= 0 else (None, None)
            last = max(offset, last)
            if url is not None:
                draft.cite(url, word(citation.get("title")) or citation.get("document_title"), *span)
    for call in records(fields.get("web_search_calls")):
        draft.search(at(call, "action", "query") or at(call, "input", "query"))


def _read_tool_calls(draft: Draft, message: dict[str, Any]) -> None:
    """The engine's own searches stand among the tool calls, as if the caller were to run them."""
    for call in records(message.get("tool_calls")):
        if at(call, "function", "name") in _SEARCHES:
            draft.search_used = True
            draft.search(embedded(at(call, "function", "arguments")).get("query"))
