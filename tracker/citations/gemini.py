"""Google's generateContent, of Gemini and of Vertex. Its offsets count UTF-8 bytes."""

from __future__ import annotations

import re
from typing import Any

from tracker.citations.draft import WEB, Draft, Occurrence
from tracker.citations.results import Usage
from tracker.citations.text import Offsets
from tracker.citations.values import at, integer, items, record, records, string, total, word, words

_REFUSALS = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
)
_ERRORS = (
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "NO_IMAGE",
    "IMAGE_OTHER",
    "OTHER",
)
_PUBLIC_KINDS = ("web", "maps", "image")
_CHUNK_KINDS = (*_PUBLIC_KINDS, "retrievedContext")
_SEARCH_TOOLS = (
    "GOOGLE_SEARCH_WEB",
    "GOOGLE_SEARCH_IMAGE",
    "GOOGLE_SEARCH",
    "GOOGLE_MAPS",
    "ENTERPRISE_WEB_SEARCH",
)
_READ = "URL_RETRIEVAL_STATUS_SUCCESS"
# Stands for all parts of the text together.
_ALL = -1
_UNDERSCORE = re.compile(r"(?<=[a-z0-9])_([a-z])")
# From Gemini 3 on each search is billed, one that is repeated once, before it each prompt that was grounded.
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
    parts = items(at(candidate, "content", "parts")) or [at(candidate, "content", "parts")]
    offsets = _read_parts(draft, parts)
    grounding = record(candidate.get("groundingMetadata")) or record(body.get("groundingMetadata"))
    ground(draft, grounding, offsets)
    _read_tool_calls(draft, parts)
    _read_url_context(draft, candidate, parts)
    draft.search_used = _searched(draft, grounding)
    usage = record(body.get("usageMetadata"))
    draft.usage = Usage(
        total(usage, "promptTokenCount", "toolUsePromptTokenCount"),
        total(usage, "candidatesTokenCount", "thoughtsTokenCount"),
        billed_by_google(draft),
    )
    # A page that was looked at is a use of the web as well, though nobody pays for a search.
    draft.search_used = draft.search_used or _on_the_web(draft.retrieved)
    _judge(draft, body)
    return draft


class PartOffsets:
    """Byte offsets inside a part → code points of the whole text."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[int, str]] = {}
        self._counted: dict[int, Offsets] = {}

    def add(self, index: int, start: int, text: str) -> None:
        self._parts[index] = (start, text)

    def span(self, segment: dict[str, Any], quoted: str | None = None) -> tuple[int | None, int | None]:
        """A segment in its part; where the bytes do not hold its own words, the words decide."""
        start, end = integer(segment.get("startIndex")), integer(segment.get("endIndex"))
        quoted = string(segment.get("text")) or quoted
        candidates = self._candidates(integer(segment.get("partIndex")))
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

    def _candidates(self, index: int | None) -> list[int]:
        """The part that is named; else each, and all as one: a reply cut into parts counts through them."""
        if index is not None and index in self._parts:
            return [index]
        single = [part for part in self._parts if part != _ALL]
        if len(single) > 1:
            self._parts[_ALL] = (0, "".join(self._parts[part][1] for part in single))
            single.append(_ALL)
        return single

    def _point(self, part: int, offset: int) -> int | None:
        if part not in self._counted:
            self._counted[part] = Offsets(self._parts[part][1], "utf-8")
        return self._counted[part].code_point(offset)

    def _quoted(self, candidates: list[int], quoted: str | None) -> tuple[int, int] | None:
        for part in candidates if quoted else []:
            shift, text = self._parts[part]
            offset = text.find(quoted or "")
            if offset >= 0:
                return shift + offset, shift + offset + len(quoted or "")
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
    """Chunks are what was retrieved; a support cites each chunk it names, in its order.

    A chunk without an address is a file of the caller's own. Vertex's first form says `groundingSupport`.
    """
    chunks = [_chunk(chunk) for chunk in items(grounding.get("groundingChunks"))]
    pages = [page for page in chunks if page is not None]
    draft.retrieved += pages
    _read_queries(draft, grounding, own_files_only=bool(chunks) and not _on_the_web(pages))
    for support in records(grounding.get("groundingSupports") or grounding.get("groundingSupport")):
        quoted = string(support.get("segment_text")) or string(support.get("segmentText"))
        span = offsets.span(record(support.get("segment")), quoted)
        named = support.get("groundingChunkIndices") or support.get("supportChunkIndices")
        for index in items(named):
            number = integer(index)
            if number is None or not 0 <= number < len(chunks):
                draft.warnings.append("a grounding support points at no chunk")
            elif (page := chunks[number]) is not None:
                draft.cited.append(Occurrence(page.url, page.title, *span, page.named_domain))


def _on_the_web(pages: list[Occurrence]) -> bool:
    """A file in the caller's own bucket has an address as well, but not there."""
    return any(page.url.startswith(WEB) for page in pages)


def _read_queries(draft: Draft, grounding: dict[str, Any], own_files_only: bool) -> None:
    """Of the web and of images; `retrievalQueries` are those of Maps and of data stores."""
    for query in words(grounding.get("webSearchQueries")) + words(grounding.get("imageSearchQueries")):
        draft.search(query)
    known = set(draft.searches)
    for query in [] if own_files_only else words(grounding.get("retrievalQueries")):
        if query not in known:
            draft.search(query)


def _chunk(chunk: Any) -> Occurrence | None:
    for kind in _CHUNK_KINDS:
        page = record(at(chunk, kind))
        url = word(page.get("uri")) or word(page.get("sourceUri"))
        if url is not None:
            return Occurrence(url, string(page.get("title")), named_domain=word(page.get("domain")))
    return None


def _read_tool_calls(draft: Draft, parts: list[Any]) -> None:
    """Gemini 3 shows its tools' calls; their queries tell more only where the grounding has none."""
    for part in parts if not draft.searches else []:
        call = record(at(part, "toolCall"))
        if call.get("toolType") in _SEARCH_TOOLS:
            for query in words(at(call, "args", "queries")):
                draft.search(query)


def _read_url_context(draft: Draft, candidate: dict[str, Any], parts: list[Any]) -> None:
    known = {page.url for page in draft.retrieved}
    pages = records(at(candidate, "urlContextMetadata", "urlMetadata"))
    for part in parts:
        response = record(at(part, "toolResponse", "response"))
        pages += records(response.get("urls_metadata") or response.get("urlsMetadata"))
    for page in pages:
        url = word(page.get("retrievedUrl")) or word(page.get("retrieved_url"))
        status = page.get("urlRetrievalStatus") or page.get("url_retrieval_status")
        if url is not None and url not in known and status == _READ:
            known.add(url)
            draft.retrieve(url)


def _searched(draft: Draft, grounding: dict[str, Any]) -> bool:
    """A search in the caller's own files is none."""
    return (
        bool(draft.search_used or draft.searches or _on_the_web(draft.cited))
        or any(grounding.get(key) for key in ("searchEntryPoint", "webSearchQueries"))
        or any(at(chunk, kind) for chunk in items(grounding.get("groundingChunks")) for kind in _PUBLIC_KINDS)
    )


def billed_by_google(draft: Draft) -> int | None:
    if not draft.search_used:
        return 0
    if _BILLED_A_PROMPT.search(draft.engine_model or ""):
        return 1
    return len(set(draft.searches)) or None


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
