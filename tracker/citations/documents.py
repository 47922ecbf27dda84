"""Engines that cite by block or by document: Amazon Nova, Cohere, Mistral conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.citations.draft import WEB, Draft
from tracker.citations.results import Usage
from tracker.citations.values import at, count, embedded, integer, items, record, records, string, word, words

_COHERE_FAILED = ("ERROR", "TIMEOUT")
_MISTRAL_SEARCH = ("web_search", "web_search_premium", "news", "open_url", "open_search_results")


def read_bedrock(body: dict[str, Any]) -> Draft:
    """Nova's converse: citation blocks follow the text they support and give no span in it."""
    draft = Draft("bedrock", engine_model=word(body.get("modelId")), stop=word(body.get("stopReason")))
    draft.search_used = False
    billed = 0
    for block in records(at(body, "output", "message", "content")):
        draft.text += string(block.get("text")) or ""
        if at(block, "toolUse", "name") == "nova_grounding":
            billed += 1
            draft.search_used = True
            draft.search(at(block, "toolUse", "input", "query"))
        _read_citations_content(draft, block.get("citationsContent"))
        draft.search_used = draft.search_used or _cites_the_web(block.get("citationsContent"))
    usage = record(body.get("usage"))
    draft.usage = Usage(count(usage.get("inputTokens")), count(usage.get("outputTokens")), billed)
    if draft.stop in ("guardrail_intervened", "content_filtered"):
        draft.fail("refusal", draft.stop)
    return draft


def _read_citations_content(draft: Draft, content: Any) -> None:
    """Text may stand inside the citation block itself; then that is the span it supports."""
    start = len(draft.text)
    draft.text += "".join(string(part.get("text")) or "" for part in records(at(content, "content")))
    citations = content if isinstance(content, list) else at(content, "citations")
    cite_web(draft, citations, _span_of(start, len(draft.text)))


def _cites_the_web(content: Any) -> bool:
    citations = content if isinstance(content, list) else at(content, "citations")
    return any(at(citation, "location", "web") for citation in records(citations))


def cite_web(draft: Draft, citations: Any, span: tuple[int | None, int | None] = (None, None)) -> None:
    """Nova's citations of web pages, and the caller's own search results; those of documents name none."""
    for citation in records(citations):
        web = record(at(citation, "location", "web"))
        source = word(citation.get("source")) or ""
        url = word(web.get("url")) or (source if source.startswith(WEB) else None)
        if url is not None:
            draft.cite(url, word(citation.get("title")) or web.get("domain"), *span)


def read_cohere(body: dict[str, Any]) -> Draft:
    """Chat v2: citations name the caller's own documents; a span counts within its content block."""
    if "message" not in body:
        return _read_first_cohere(body)
    draft = Draft("cohere", engine_model=word(body.get("model")), stop=word(body.get("finish_reason")))
    message = record(body.get("message"))
    starts: dict[int, int] = {}
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else items(content)
    for index, block in enumerate(blocks):
        if at(block, "type") in (None, "text"):
            starts[index] = len(draft.text)
            draft.text += string(at(block, "text")) or ""
    for citation in records(message.get("citations")):
        _read_cohere_citation(draft, citation, starts)
    draft.search_used = any(page.url.startswith(WEB) for page in draft.cited)
    tokens = record(at(body, "usage", "tokens")) or record(at(body, "usage", "billed_units"))
    draft.usage = Usage(
        count(tokens.get("input_tokens")),
        count(tokens.get("output_tokens")),
        count(at(body, "usage", "billed_units", "search_units")),
    )
    if draft.stop in _COHERE_FAILED:
        draft.fail("error", draft.stop)
    return draft


def _read_first_cohere(body: dict[str, Any]) -> Draft:
    """Chat v1, which could search the web: citations name the documents that stand beside the text."""
    draft = Draft("cohere", text=string(body.get("text")) or "", stop=word(body.get("finish_reason")))
    pages: dict[str, dict[str, Any]] = {}
    for document in records(body.get("documents")):
        draft.retrieve(document.get("url"), document.get("title"))
        pages[str(document.get("id"))] = document
    for query in records(body.get("search_queries")):
        draft.search(query.get("text"))
    cite_documents(draft, body.get("citations"), pages)
    # Queries also go over the caller's own documents, which have no address and come from no connector.
    draft.search_used = bool(draft.retrieved or records(body.get("search_results")))
    meta = record(body.get("meta"))
    tokens = record(meta.get("tokens"))
    draft.usage = Usage(
        count(tokens.get("input_tokens")),
        count(tokens.get("output_tokens")),
        count(at(meta, "billed_units", "search_units")),
    )
    if draft.stop in _COHERE_FAILED:
        draft.fail("error", draft.stop)
    return draft


def cite_documents(draft: Draft, citations: Any, pages: Mapping[str, dict[str, Any]] | None) -> None:
    """Chat v1's citations; where their documents were not kept (None), each is named by its id."""
    for citation in records(citations):
        claimed = integer(citation.get("start")), integer(citation.get("end"))
        span = _cohere_span(draft.text, *claimed, string(citation.get("text")), 0)
        for name in words(citation.get("document_ids")):
            page = pages.get(name) if pages is not None else {}
            if page is None:
                draft.warnings.append("a citation names no document")
            else:
                draft.cite(word(page.get("url")) or name, page.get("title"), *span)


def _read_cohere_citation(draft: Draft, citation: dict[str, Any], starts: dict[int, int]) -> None:
    if citation.get("type") in ("THINKING_CONTENT", "PLAN"):
        return
    start, end, quoted = (
        integer(citation.get("start")),
        integer(citation.get("end")),
        string(citation.get("text")),
    )
    index = integer(citation.get("content_index"))
    shift = starts.get(index, 0) if index is not None else min(starts.values(), default=0)
    span = _cohere_span(draft.text, start, end, quoted, shift)
    for source in records(citation.get("sources")):
        page = record(source.get("document")) or embedded(source.get("tool_output"))
        draft.cite(
            word(page.get("url")) or word(source.get("id")) or word(page.get("id")),
            page.get("title"),
            *span,
        )


def _cohere_span(
    text: str, start: int | None, end: int | None, quoted: str | None, shift: int
) -> tuple[int | None, int | None]:
    """The span as given where it holds the quoted words, else where the words stand."""
    if start is None or end is None:
        return None, None
    first, last = start + shift, end + shift
    if 0 <= first <= last <= len(text) and (not quoted or text[first:last] == quoted):
        return first, last
    offset = text.find(quoted) if quoted else -1
    return (offset, offset + len(quoted or "")) if offset >= 0 else (None, None)


def read_mistral(body: dict[str, Any]) -> Draft:
    """Conversations: `tool_reference` chunks stand behind the words they support; others are text.

    Messages are joined by a blank line: an agent may hand over to another between two of them.
    """
    draft = Draft("mistral", stop=word(body.get("finish_reason")))
    draft.search_used = False
    for entry in records(body.get("outputs")):
        kind = entry.get("type")
        if kind == "tool.execution" and word(entry.get("name")) in _MISTRAL_SEARCH:
            draft.search_used = True
            draft.search(embedded(entry.get("arguments")).get("query"))
        elif kind == "message.output":
            draft.engine_model = word(entry.get("model")) or draft.engine_model
            _read_mistral_content(draft, entry.get("content"))
    usage = record(body.get("usage"))
    connectors = [
        count(number) for name, number in record(usage.get("connectors")).items() if name in _MISTRAL_SEARCH
    ]
    draft.usage = Usage(
        count(usage.get("prompt_tokens")),
        count(usage.get("completion_tokens")),
        sum(number for number in connectors if number is not None) if connectors else None,
    )
    return draft


def _read_mistral_content(draft: Draft, content: Any) -> None:
    chunks = [content] if isinstance(content, str | dict) else items(content)
    if draft.text and any(word(chunk) or word(at(chunk, "text")) for chunk in chunks):
        draft.text += "\n\n"
    start = len(draft.text)
    for chunk in chunks:
        if isinstance(chunk, str):
            start = len(draft.text)
            draft.text += string(chunk) or ""
        elif at(chunk, "type") in (None, "text"):
            start = len(draft.text)
            draft.text += string(at(chunk, "text")) or ""
        elif at(chunk, "type") == "tool_reference" and word(at(chunk, "url")) is not None:
            draft.cite(at(chunk, "url"), at(chunk, "title"), *_span_of(start, len(draft.text)))
            if (word(at(chunk, "tool")) or "web_search") in _MISTRAL_SEARCH:
                draft.search_used = True


def _span_of(start: int, end: int) -> tuple[int | None, int | None]:
    return (start, end) if end > start else (None, None)
