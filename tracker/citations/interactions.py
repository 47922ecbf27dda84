"""Google's Interactions API, the agents' too: steps in order. Its offsets count UTF-8 bytes."""

from __future__ import annotations

from typing import Any

from tracker.citations.draft import Draft
from tracker.citations.gemini import billed_by_google
from tracker.citations.results import Usage
from tracker.citations.text import Offsets
from tracker.citations.values import at, count, integer, record, records, string, total, word, words

_QUERIES = ("google_search_call", "google_maps_call")
# A search in a store of the caller's own is none of the web's, and nobody pays a web fee for it.
_PAGES = ("google_search_result", "google_maps_result", "url_context_result")
_SEARCHES = ("google_search", "google_maps")
_FAILED = ("failed", "cancelled", "budget_exceeded")
_WAITING = ("queued", "in_progress", "requires_action")


def read_interactions(body: dict[str, Any]) -> Draft:
    """Steps in order (`outputs` in the first version of the API); annotations count bytes of their block."""
    draft = Draft("gemini_interactions", engine_model=word(body.get("model")) or word(body.get("agent")))
    draft.stop = word(body.get("status"))
    draft.search_used = False
    for step in records(body.get("steps")) or records(body.get("outputs")):
        _read_step(draft, step)
    usage = record(body.get("usage"))
    counted = _counted(usage)
    draft.search_used = draft.search_used or bool(draft.cited or counted)
    draft.usage = Usage(
        total(usage, "total_input_tokens", "total_tool_use_tokens"),
        total(usage, "total_output_tokens", "total_thought_tokens"),
        counted if counted is not None else billed_by_google(draft),
    )
    draft.search_used = draft.search_used or bool(draft.retrieved)
    if draft.stop in _FAILED or body.get("error"):
        draft.fail("error", word(at(body, "error", "message")) or draft.stop)
    elif draft.stop in _WAITING:
        draft.fail("pause", f"the interaction is {draft.stop}")
    return draft


def _counted(usage: dict[str, Any]) -> int | None:
    """Newer bodies count their queries themselves; before, the searches."""
    counts = [
        count(tool.get("search_query_count")) or count(tool.get("count"))
        for tool in records(usage.get("grounding_tool_count"))
        if tool.get("type") in _SEARCHES
    ]
    known = [number for number in counts if number is not None]
    return sum(known) if known else None


def _read_step(draft: Draft, step: dict[str, Any]) -> None:
    kind = word(step.get("type"))
    if kind == "model_output":
        for block in records(step.get("content")):
            _read_block(draft, block)
    elif kind == "text":
        _read_block(draft, step)
    elif kind in _QUERIES:
        draft.search_used = True
        for query in words(at(step, "arguments", "queries")):
            draft.search(query)
    elif kind in _PAGES:
        draft.search_used = draft.search_used or kind != "url_context_result"
        for result in records(step.get("result")):
            _read_result(draft, result)


def _read_result(draft: Draft, result: dict[str, Any]) -> None:
    """A page, unless it could not be read, or the places found on the map."""
    status = word(result.get("status"))
    if status is None or status.lower() in ("ok", "success"):
        draft.retrieve(result.get("url"), result.get("title"))
    for place in records(result.get("places")):
        draft.retrieve(place.get("url"), place.get("name"))


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
            word(annotation.get("title")) or annotation.get("name"),
            *((start + (first or 0), start + (last or 0)) if held else (None, None)),
        )
