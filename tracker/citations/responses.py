"""The Responses API and those who speak it: OpenAI, Azure, xAI, DeepSeek, Perplexity's Agent API."""

from __future__ import annotations

from typing import Any

from tracker.citations.chat import annotate, listed_pages, reported_micros
from tracker.citations.draft import Draft, Occurrence
from tracker.citations.results import Shape, Usage
from tracker.citations.values import (
    at,
    count,
    embedded,
    integer,
    items,
    record,
    records,
    string,
    word,
    words,
)

# Two are of Azure's agents, the last is OpenRouter's own.
_SEARCH_CALLS = (
    "web_search_call",
    "x_search_call",
    "bing_grounding_call",
    "bing_custom_search_preview_call",
    "openrouter:web_search",
)


def read_responses(body: dict[str, Any], shape: Shape = "openai_responses") -> Draft:
    draft = Draft(shape, engine_model=word(body.get("model")), stop=_stop(body))
    output = records(body.get("output"))
    _read_messages(draft, output)
    for item in output:
        if _is_search(item) and item.get("type") != "search_results":
            _read_call(draft, item)
        elif item.get("type") == "openrouter:web_fetch" and not item.get("error"):
            draft.retrieve(item.get("url"), item.get("title"))
    if shape == "openai_responses":
        _read_listed(draft, body)
    draft.usage = _usage(body, output)
    searched = any(_is_search(item) for item in output)
    draft.search_used = (
        searched or bool(draft.cited or draft.retrieved) or (draft.usage.searches_billed or 0) > 0
    )
    _judge(draft, body)
    return draft


def read_perplexity_agent(body: dict[str, Any]) -> Draft:
    """`[n]` in the text is the result whose `id` is n, wherever it stands in the lists."""
    draft = read_responses(body, "perplexity_agent")
    pages: dict[int, Occurrence] = {}
    unnumbered: list[Occurrence] = []
    for item in records(body.get("output")):
        if item.get("type") not in ("search_results", "fetch_url_results"):
            continue
        for query in words(item.get("queries")):
            draft.search(query)
        for result in records(item.get("results") or item.get("contents")):
            draft.retrieve(result.get("url"), result.get("title"))
            number, url = integer(result.get("id")), word(result.get("url"))
            if url is not None:
                page = Occurrence(url, string(result.get("title")))
                if number is not None:
                    pages.setdefault(number, page)
                elif item.get("type") == "search_results":
                    unnumbered.append(page)
    if not draft.cited:
        draft.cite_markers(pages or dict(enumerate(unnumbered, start=1)))
    return draft


def _read_listed(draft: Draft, body: dict[str, Any]) -> None:
    """xAI may list all pages it met beside the answer; where nothing else cites, that list does."""
    one_list = not draft.cited
    for page in listed_pages(body.get("citations")).values():
        if one_list:
            draft.cite(page.url, page.title)
        else:
            draft.retrieve(page.url, page.title)


def _read_messages(draft: Draft, output: list[dict[str, Any]]) -> None:
    """Messages are joined by a blank line. What only stands in commentary on the way is not cited by it."""
    messages = [item for item in output if item.get("type") == "message"]
    final = any(message.get("phase") == "final_answer" for message in messages)
    for message in messages:
        content = message.get("content")
        parts = [{"text": content}] if isinstance(content, str) else records(content)
        if draft.text and any(word(part.get("text")) for part in parts):
            draft.text += "\n\n"
        if final and message.get("phase") == "commentary":
            draft.answer_start = len(draft.text) + sum(len(string(part.get("text")) or "") for part in parts)
        for part in parts:
            _read_part(draft, part)


def _read_part(draft: Draft, part: dict[str, Any]) -> None:
    if part.get("type") == "refusal":
        draft.fail("refusal", word(part.get("refusal")))
        return
    start = len(draft.text)
    piece = Draft(draft.shape, text=string(part.get("text")) or "")
    annotate(piece, part.get("annotations"))
    draft.text += piece.text
    draft.warnings += piece.warnings
    for page in piece.cited:
        if page.start is not None and page.end:
            page.start, page.end = page.start + start, page.end + start
        draft.cited.append(page)


def _is_search(item: dict[str, Any]) -> bool:
    """A search that only failed is none."""
    if item.get("type") not in (*_SEARCH_CALLS, "search_results") and not _is_custom_search(item):
        return False
    return item.get("status") != "failed" and not item.get("error")


def _is_custom_search(item: dict[str, Any]) -> bool:
    """xAI's searches may also stand as custom tool calls (`x_keyword_search` and others)."""
    name = word(item.get("name")) or ""
    return item.get("type") == "custom_tool_call" and name.startswith(("x_", "web_search"))


def _read_call(draft: Draft, item: dict[str, Any]) -> None:
    """A custom call has its query among JSON in a string."""
    action = record(item.get("action"))
    if _is_custom_search(item):
        draft.search(embedded(item.get("input")).get("query"))
    for query in _queries(action):
        draft.search(query)
    for source in records(action.get("sources")) or records(item.get("results")):
        draft.retrieve(source.get("url"), source.get("title"))
    draft.retrieve(action.get("url"))


def _queries(action: dict[str, Any]) -> list[str]:
    """`query` is the search that ran; `queries` also lists its variants, and at DeepSeek its call's id."""
    query = word(action.get("query"))
    if query is not None:
        return [query]
    variants = words(action.get("queries"))
    return [] if any(variant.startswith("ws_call_id=") for variant in variants) else variants


def _usage(body: dict[str, Any], output: list[dict[str, Any]]) -> Usage:
    usage = record(body.get("usage"))
    return Usage(
        count(usage.get("input_tokens")),
        count(usage.get("output_tokens")),
        _billed(body, usage, output),
        reported_micros(usage),
    )


def _billed(body: dict[str, Any], usage: dict[str, Any], output: list[dict[str, Any]]) -> int | None:
    """What the engine counts itself; else the search calls, without pages opened."""
    details = record(usage.get("server_side_tool_usage_details"))
    xai = [count(details.get(key)) for key in ("web_search_calls", "x_search_calls")]
    named = [
        count(at(body, "tool_usage", "web_search", "num_requests")),
        sum(number for number in xai if number is not None)
        if any(number is not None for number in xai)
        else None,
        count(at(usage, "tool_calls_details", "search_web", "invocation")),
    ]
    for number in named:
        if number is not None:
            return number
    calls = [item for item in output if _is_search(item)]
    return sum(at(item, "action", "type") in (None, "search") for item in calls)


def _stop(body: dict[str, Any]) -> str | None:
    return word(at(body, "incomplete_details", "reason")) or word(body.get("status"))


def _judge(draft: Draft, body: dict[str, Any]) -> None:
    error = body.get("error")
    status = word(body.get("status"))
    if error or status in ("failed", "cancelled"):
        draft.fail("error", word(at(error, "message")) or word(error) or status)
    if draft.stop == "content_filter":
        draft.fail("refusal", draft.stop)
    if status in ("queued", "in_progress"):
        draft.fail("pause", f"the response is still {status}")
    if items(body.get("output")) == [] and not draft.problem:
        draft.fail("empty", "the reply has no output")
