"""Chat completions: OpenAI's annotations, OpenRouter, Perplexity Sonar, Groq compound, plain models."""

from __future__ import annotations

import re
from typing import Any

from tracker.citations.draft import WEB, Draft, Occurrence
from tracker.citations.results import Shape, Usage
from tracker.citations.search_apis import cite_from_list
from tracker.citations.text import UrlSpans
from tracker.citations.values import (
    at,
    count,
    embedded,
    integer,
    items,
    micros,
    record,
    records,
    string,
    word,
    words,
)

GROK = re.compile(r"^(?:[\w-]+/)?grok\b", re.IGNORECASE)
TICKS_PER_DOLLAR = 10_000_000_000
# OpenAI's search models look on the web before every answer, and say nothing about it in the body.
_ALWAYS_SEARCHES = re.compile(r"search-(?:preview|api)\b")


def start(body: dict[str, Any], shape: Shape) -> Draft:
    """What all chat completions share: text, model, stop, refusal, tokens."""
    choice = next(iter(records(body.get("choices"))), {})
    message = message_of(body)
    draft = Draft(shape, engine_model=word(body.get("model")), text=content_text(message.get("content")))
    draft.stop = word(choice.get("finish_reason"))
    draft.usage = chat_usage(body)
    error = choice.get("error") or body.get("error")
    if error or draft.stop == "error":
        draft.fail("error", word(at(error, "message")) or word(error) or draft.stop)
    refusal = word(message.get("refusal"))
    if refusal is not None or draft.stop == "content_filter":
        draft.fail("refusal", refusal or draft.stop)
    return draft


def message_of(body: dict[str, Any]) -> dict[str, Any]:
    """The message, or what a single piece of a stream has in its place."""
    choice = next(iter(records(body.get("choices"))), {})
    return record(choice.get("message")) or record(choice.get("delta"))


def content_text(content: Any) -> str:
    """A string, or the text parts of a list of parts."""
    if isinstance(content, str):
        return string(content) or ""
    parts = [part if isinstance(part, str) else at(part, "text") for part in items(content)]
    return "".join(text for text in map(string, parts) if text is not None)


def chat_usage(body: dict[str, Any]) -> Usage:
    usage = record(body.get("usage"))
    tokens = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    return Usage(
        tokens[0] if tokens[0] is not None else count(usage.get("input_tokens")),
        tokens[1] if tokens[1] is not None else count(usage.get("output_tokens")),
        billed_searches(usage),
        reported_micros(usage) or micros(at(body, "costDollars", "total")) or None,
    )


def billed_searches(usage: dict[str, Any]) -> int | None:
    for holder in ("server_tool_use_details", "server_tool_use", "prompt_tokens_details"):
        billed = count(at(usage, holder, "web_search_requests"))
        if billed is not None:
            return billed
    return count(usage.get("num_search_queries"))


def reported_micros(usage: dict[str, Any]) -> int | None:
    """Perplexity names `cost.total_cost`, OpenRouter `cost`, xAI ticks. A gateway writes 0 for unknown."""
    cost = usage.get("cost")
    dollars = micros(cost.get("total_cost") if isinstance(cost, dict) else cost)
    return dollars or micros(usage.get("cost_in_usd_ticks"), TICKS_PER_DOLLAR) or None


def annotate(draft: Draft, annotations: Any) -> None:
    """`url_citation` annotations: nested (chat), flat (Responses, litellm's bridge)."""
    spans = UrlSpans(draft.text)
    for annotation in records(annotations):
        if annotation.get("type", "url_citation") != "url_citation":
            continue
        nested = annotation.get("url_citation")
        cited = nested if isinstance(nested, dict) else annotation
        url = word(cited.get("url"))
        if url is None:
            draft.warnings.append("an annotation without a URL")
            continue
        claimed = integer(cited.get("start_index")), integer(cited.get("end_index"))
        span = spans.verified(url, *claimed)
        if span != claimed:
            draft.warnings.append("offsets of an annotation did not hold its URL and were put right")
        draft.cite(url, cited.get("title"), *span)


def read_openai_chat(body: dict[str, Any]) -> Draft:
    draft = _read_annotated(body)
    if not draft.cited and GROK.match(draft.engine_model or ""):
        _read_live_search(draft, body)
    elif not draft.cited:
        _read_own_list(draft, message_of(body))
    return draft


def _read_own_list(draft: Draft, message: dict[str, Any]) -> None:
    """A message may carry the pages it was written from, as Exa's does in this form."""
    pages = listed_pages(message.get("citations"))
    for page in pages.values():
        draft.retrieve(page.url, page.title)
    if pages:
        draft.search_used = True
        cite_from_list(draft, pages)


def _read_live_search(draft: Draft, body: dict[str, Any]) -> None:
    """xAI's first search gives one list, which it calls citations; `[n]` in the text tells more."""
    pages = _listed_pages(body)
    draft.cite_markers(pages)
    marked = bool(draft.cited)
    for page in pages.values():
        if marked:
            draft.retrieve(page.url, page.title)
        else:
            draft.cite(page.url, page.title)
    used = count(at(body, "usage", "num_sources_used"))
    if pages or used is not None:
        draft.search_used = bool(pages or used)


def _read_annotated(body: dict[str, Any]) -> Draft:
    draft = start(body, "openai_chat")
    annotate(draft, message_of(body).get("annotations"))
    if (
        any(page.url.startswith(WEB) for page in draft.cited)
        or (draft.usage.searches_billed or 0) > 0
        or _ALWAYS_SEARCHES.search(draft.engine_model or "")
    ):
        draft.search_used = True
    elif draft.usage.searches_billed == 0:
        draft.search_used = False
    return draft


def read_openrouter(body: dict[str, Any]) -> Draft:
    """Annotations are what the API labels as cited, even where it lists all that was retrieved with 0/0."""
    draft = _read_annotated(body)
    draft.shape = "openrouter"
    pages = _listed_pages(body)
    for page in pages.values():
        draft.retrieve(page.url, page.title)
    if not draft.cited:
        draft.cite_markers(pages)
    elif all(not page.end for page in draft.cited):
        draft.warnings.append("one list without places: pages only consulted may be among the cited")
    draft.search_used = True if pages else draft.search_used
    return draft


def read_perplexity_chat(body: dict[str, Any]) -> Draft:
    """Sonar: `[n]` in the text is `citations[n-1]`; the list itself is only what was retrieved."""
    draft = start(body, "perplexity_chat")
    pages = _listed_pages(body)
    for page in pages.values():
        draft.retrieve(page.url, page.title)
    for step in [*records(body.get("reasoning_steps")), *records(message_of(body).get("reasoning_steps"))]:
        _read_step(draft, step)
    draft.cite_markers(pages)
    if draft.retrieved or draft.searches or (draft.usage.searches_billed or 0) > 0:
        draft.search_used = True
    elif isinstance(body.get("citations"), list) or isinstance(body.get("search_results"), list):
        draft.search_used = False
    return draft


def _read_step(draft: Draft, step: dict[str, Any]) -> None:
    """Pro Search tells what it looked for on the way; pages it met there need not be on its final list."""
    for query in words(at(step, "web_search", "search_keywords")):
        draft.search(query)
    met = {page.url for page in draft.retrieved}
    for key, inner in (("web_search", "search_results"), ("fetch_url_content", "contents")):
        for page in listed_pages(at(step, key, inner)).values():
            if page.url not in met:
                draft.retrieve(page.url, page.title)
                met.add(page.url)


def _listed_pages(body: dict[str, Any]) -> dict[int, Occurrence]:
    """`citations` is what markers count in; `search_results` where it is absent."""
    return listed_pages(body.get("citations")) or listed_pages(body.get("search_results"))


def listed_pages(listed: Any) -> dict[int, Occurrence]:
    """Number in the text → page, from a list of addresses or of objects with one."""
    pages: dict[int, Occurrence] = {}
    for number, entry in enumerate(items(listed), start=1):
        url = word(entry) or word(at(entry, "url"))
        if url is not None:
            pages[number] = Occurrence(url, string(at(entry, "title")))
    return pages


def read_groq(body: dict[str, Any]) -> Draft:
    """Compound lists what its tools found; nothing in the text points at it."""
    draft = start(body, "groq")
    annotate(draft, message_of(body).get("annotations"))
    tools = records(message_of(body).get("executed_tools"))
    for tool in tools:
        arguments = embedded(tool.get("arguments"))
        draft.search(arguments.get("query"))
        for result in [
            *records(at(tool, "search_results", "results")),
            *records(tool.get("browser_results")),
        ]:
            draft.retrieve(result.get("url"), result.get("title"))
    draft.search_used = bool(draft.retrieved) or any(_is_search(tool) for tool in tools)
    return draft


def _is_search(tool: dict[str, Any]) -> bool:
    return any(name in (word(tool.get("type")) or "") for name in ("search", "visit", "browser"))
