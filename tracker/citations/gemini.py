"""Google: Gemini and Vertex generateContent, and the Interactions API. Both count UTF-8 bytes."""

from __future__ import annotations

import re
from typing import Any

from tracker.citations.draft import Draft, Found
from tracker.citations.results import Usage
from tracker.citations.text import Offsets
from tracker.citations.values import at, count, integer, items, record, records, string, word, words

_REFUSALS = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "IMAGE_SAFETY",
)
_ERRORS = ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "OTHER")
_CHUNK_KINDS = ("web", "retrievedContext", "maps", "image")
_SEARCH_TOOLS = ("GOOGLE_SEARCH_WEB", "GOOGLE_SEARCH", "ENTERPRISE_WEB_SEARCH")
# From Gemini 3 on each search is billed, before it each prompt that was grounded.
_UNDERSCORE = re.compile(r"(?<=[a-z0-9])_([a-z])")
_BILLED_A_PROMPT = re.compile(r"gemini-(?:1|2)\b|gemini-[12]\.\d")


def camel_case(body: dict[str, Any]) -> dict[str, Any]:
    """Google's Python clients dump a reply with snake-case names; the wire has camel case."""
    if not any("_" in key for key in _names(body)):
        return body
    return {_camel(key): _camel_below(value) for key, value in body.items()}


def _names(body: dict[str, Any]) -> list[str]:
    candidates = records(body.get("candidates"))
    return [str(key) for level in (body, *candidates, *map(_metadata, candidates)) for key in level]


def _metadata(candidate: dict[str, Any]) -> dict[str, Any]:
    return record(candidate.get("groundingMetadata"))


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


def _camel_below(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel(str(key)): _camel_below(below) for key, below in value.items()}
    return [_camel_below(item) for item in value] if isinstance(value, list) else value


def read_gemini(body: dict[str, Any]) -> Draft:
    candidate = next(iter(records(body.get("candidates"))), {})
    draft = Draft(
        "gemini", engine_model=word(body.get("modelVersion")), stop=word(candidate.get("finishReason"))
    )
    offsets = _read_parts(
        draft, items(at(candidate, "content", "parts")) or [at(candidate, "content", "parts")]
    )
    grounding = record(candidate.get("groundingMetadata"))
    ground(draft, grounding, offsets)
    _read_url_context(draft, candidate)
    draft.search_used = _searched(draft, grounding)
    usage = record(body.get("usageMetadata"))
    draft.usage = Usage(
        _sum(usage, "promptTokenCount", "toolUsePromptTokenCount"),
        _sum(usage, "candidatesTokenCount", "thoughtsTokenCount"),
        _billed(draft),
    )
    _judge(draft, body)
    return draft


class PartOffsets:
    """Byte offsets inside a part → code points of the whole text."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[int, str]] = {}
        self._counted: dict[int, Offsets] = {}

    def add(self, index: int, start: int, text: str) -> None:
        self._parts[index] = (start, text)

    def span(self, segment: dict[str, Any]) -> tuple[int | None, int | None]:
        """A segment in its part; where the bytes do not hold its own words, the words decide."""
        index = integer(segment.get("partIndex"))
        start, end = integer(segment.get("startIndex")), integer(segment.get("endIndex"))
        quoted = string(segment.get("text"))
        candidates = [index] if index is not None and index in self._parts else list(self._parts)
        fallback: tuple[int | None, int | None] = (None, None)
        for part in candidates if end is not None else []:
            shift, text = self._parts[part]
            first, last = self._point(part, start or 0), self._point(part, end or 0)
            if first is None or last is None or first > last:
                continue
            if quoted is None or text[first:last] == quoted:
                return shift + first, shift + last
            if fallback == (None, None):
                fallback = (shift + first, shift + last)
        return self._quoted(candidates, quoted) or fallback

    def _point(self, part: int, offset: int) -> int | None:
        if part not in self._counted:
            self._counted[part] = Offsets(self._parts[part][1], "utf-8")
        return self._counted[part].code_point(offset)

    def _quoted(self, candidates: list[int], quoted: str | None) -> tuple[int, int] | None:
        for part in candidates if quoted else []:
            shift, text = self._parts[part]
            place = text.find(quoted or "")
            if place >= 0:
                return shift + place, shift + place + len(quoted or "")
        return None


def _read_parts(draft: Draft, parts: list[Any]) -> PartOffsets:
    """The answer's parts, without thoughts; `partIndex` counts all parts, thoughts and tools included."""
    offsets = PartOffsets()
    for index, part in enumerate(parts):
        text = string(at(part, "text"))
        if text is not None and at(part, "thought") is not True:
            offsets.add(index, len(draft.text), text)
            draft.text += text
        if word(at(part, "toolCall", "toolType")) in _SEARCH_TOOLS:
            draft.search_used = True
    return offsets


def ground(draft: Draft, grounding: dict[str, Any], offsets: PartOffsets) -> None:
    """Chunks are what was retrieved; a support cites each chunk it names, in its order."""
    chunks = [_chunk(chunk) for chunk in items(grounding.get("groundingChunks"))]
    for query in words(grounding.get("webSearchQueries")):
        draft.search(query)
    for found in chunks:
        if found is not None:
            draft.retrieved.append(found)
    for support in records(grounding.get("groundingSupports")):
        start, end = offsets.span(record(support.get("segment")))
        for index in items(support.get("groundingChunkIndices")):
            place = integer(index)
            found = chunks[place] if place is not None and 0 <= place < len(chunks) else None
            if found is None:
                draft.warnings.append("a grounding support points at no chunk")
            else:
                draft.cited.append(Found(found.url, found.title, start, end, found.named_domain))


def _chunk(chunk: Any) -> Found | None:
    for kind in _CHUNK_KINDS:
        page = record(at(chunk, kind))
        url = word(page.get("uri")) or word(page.get("sourceUri"))
        if url is not None:
            return Found(url, string(page.get("title")), named_domain=word(page.get("domain")))
    return None


def _read_url_context(draft: Draft, candidate: dict[str, Any]) -> None:
    known = {found.url for found in draft.retrieved}
    for page in records(at(candidate, "urlContextMetadata", "urlMetadata")):
        url = word(page.get("retrievedUrl"))
        if (
            url is not None
            and url not in known
            and page.get("urlRetrievalStatus") == "URL_RETRIEVAL_STATUS_SUCCESS"
        ):
            draft.retrieve(url)


def _searched(draft: Draft, grounding: dict[str, Any]) -> bool:
    return bool(draft.search_used or draft.searches or draft.cited) or any(
        grounding.get(key) for key in ("groundingChunks", "searchEntryPoint", "webSearchQueries")
    )


def _billed(draft: Draft) -> int | None:
    if not draft.search_used:
        return 0
    if _BILLED_A_PROMPT.search(draft.engine_model or ""):
        return 1
    return len(draft.searches) or None


def _sum(usage: dict[str, Any], *keys: str) -> int | None:
    known = [found for found in (count(usage.get(key)) for key in keys) if found is not None]
    return sum(known) if known else None


def _judge(draft: Draft, body: dict[str, Any]) -> None:
    blocked = word(at(body, "promptFeedback", "blockReason"))
    if blocked is not None:
        draft.fail("refusal", blocked)
    elif draft.stop in _REFUSALS:
        draft.fail("refusal", draft.stop)
    elif draft.stop in _ERRORS and not draft.text.strip():
        draft.fail("error", draft.stop)
    if body.get("error"):
        draft.fail("error", word(at(body, "error", "message")))


def read_interactions(body: dict[str, Any]) -> Draft:
    """Steps in order (`outputs` in the first version of the API); annotations count bytes of their block."""
    draft = Draft("gemini_interactions", engine_model=word(body.get("model")) or word(body.get("agent")))
    draft.stop = word(body.get("status"))
    draft.search_used = False
    for step in records(body.get("steps")) or records(body.get("outputs")):
        _read_step(draft, step)
    draft.search_used = draft.search_used or bool(draft.cited)
    usage = record(body.get("usage"))
    draft.usage = Usage(
        _sum(usage, "total_input_tokens", "total_tool_use_tokens"),
        _sum(usage, "total_output_tokens", "total_thought_tokens"),
        _counted_queries(usage, draft),
    )
    if draft.stop in ("failed", "cancelled", "incomplete") or body.get("error"):
        draft.fail("error", word(at(body, "error", "message")) or draft.stop)
    elif draft.stop in ("in_progress", "requires_action"):
        draft.fail("pause", f"the interaction is {draft.stop}")
    return draft


def _counted_queries(usage: dict[str, Any], draft: Draft) -> int | None:
    """Newer bodies count their queries themselves."""
    counted = [
        count(tool.get("search_query_count"))
        for tool in records(usage.get("grounding_tool_count"))
        if tool.get("type") == "google_search"
    ]
    known = [found for found in counted if found is not None]
    return sum(known) if known else _billed(draft)


def _read_step(draft: Draft, step: dict[str, Any]) -> None:
    kind = word(step.get("type"))
    if kind == "model_output":
        for block in records(step.get("content")):
            _read_block(draft, block)
    elif kind == "text":
        _read_block(draft, step)
    elif kind == "google_search_call":
        draft.search_used = True
        for query in words(at(step, "arguments", "queries")):
            draft.search(query)
    elif kind in ("google_search_result", "url_context_result"):
        draft.search_used = draft.search_used or kind == "google_search_result"
        for result in records(step.get("result")):
            draft.retrieve(result.get("url"), result.get("title"))


def _read_block(draft: Draft, block: dict[str, Any]) -> None:
    text = string(block.get("text"))
    if text is None:
        return
    offsets, start = Offsets(text, "utf-8"), len(draft.text)
    draft.text += text
    for annotation in records(block.get("annotations")):
        url = word(annotation.get("url")) or word(annotation.get("source")) or word(annotation.get("uri"))
        if url is None or annotation.get("type", "url_citation") not in ("url_citation", "place_citation"):
            continue
        end = integer(annotation.get("end_index"))
        first = offsets.code_point(integer(annotation.get("start_index")) or 0)
        last = offsets.code_point(end) if end is not None else None
        held = first is not None and last is not None and first <= last
        draft.cite(
            url,
            annotation.get("title"),
            *((start + (first or 0), start + (last or 0)) if held else (None, None)),
        )
