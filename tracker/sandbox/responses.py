"""Replies in the shapes of the Responses API: OpenAI's own, Azure's, xAI's, DeepSeek's and Perplexity's."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.sandbox.answers import WorldAnswer
from tracker.sandbox.world import SimulatedWorld
from tracker.sandbox.writing import (
    Cited,
    Json,
    Rendered,
    ident_of,
    instant,
    linked_text,
    markdown,
    marked,
    read_in_turn,
    results_of,
    tokens,
)


def _flat(cited: Sequence[Cited]) -> list[Json]:
    return [
        {"type": "url_citation", "end_index": c.end, "start_index": c.start, "title": c.title, "url": c.url}
        for c in cited
    ]


def response_body(answer: WorldAnswer, model: str, output: list[Json], text: str, **more: object) -> Json:
    asked = tokens(answer.prompt) + 2_000 * len(answer.searches)
    return {
        "id": f"resp_{ident_of(answer)}",
        "object": "response",
        "created_at": instant(answer),
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "none", "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens(text),
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": asked + tokens(text),
        },
        "user": None,
        "metadata": {},
        **more,
    }


def message(answer: WorldAnswer, text: str, annotations: list[Json]) -> Json:
    content = {"type": "output_text", "annotations": annotations, "logprobs": [], "text": text}
    return {
        "id": f"msg_{ident_of(answer, 'message')}",
        "type": "message",
        "status": "completed",
        "content": [content],
        "role": "assistant",
    }


def _search_calls(answer: WorldAnswer, status: str = "completed", sources: bool = True) -> list[Json]:
    n = len(answer.searches)
    calls: list[Json] = []
    for i, query in enumerate(answer.searches):
        action: Json = {"type": "search", "query": query}
        if sources:
            action["sources"] = [{"type": "url", "url": p.url} for p in answer.retrieved[i::n]]
        ident = f"ws_{ident_of(answer, f'search{i}')}"
        calls.append({"id": ident, "type": "web_search_call", "status": status, "action": action})
    return calls


def responses(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, cited = markdown(answer, tag=True)
    output = [*_search_calls(answer), message(answer, text, _flat(cited))]
    body = response_body(
        answer, model, output, text, tool_usage={"web_search": {"num_requests": len(answer.searches)}}
    )
    return Rendered(body, text, cited, read_in_turn(answer), answer.searches)


def azure(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """No tracking tags, no source list, and calls that never leave "searching"."""
    text, cited = markdown(answer, tag=False)
    output = [*_search_calls(answer, "searching", sources=False), message(answer, text, _flat(cited))]
    return Rendered(
        response_body(answer, model, output, text, content_filters=None), text, cited, (), answer.searches
    )


def xai(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    order = {i: n for n, i in enumerate(dict.fromkeys(i for p in answer.passages for i in p.cites), 1)}
    text, links = linked_text(answer, lambda p, i: (f"[[{order[i]}]]({p.url})", p.url), opening="")
    numbers = [str(order[i]) for p in answer.passages for i in p.cites]
    cited = tuple(Cited(url, start, end, n) for (_, url, start, end), n in zip(links, numbers, strict=True))
    output = [*_search_calls(answer), message(answer, text, _flat(cited))]
    body = response_body(answer, model, output, text)
    cost = 5_000 * len(answer.searches) + 15 * tokens(text)
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage |= {"num_sources_used": 0, "cost_in_usd_ticks": cost * 10_000}
    return Rendered(body, text, cited, read_in_turn(answer), answer.searches, cost_micro_usd=cost)


def deepseek(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """Addresses stand in the text only; annotations stay empty."""
    text, _ = markdown(answer, tag=False)
    output = [*_search_calls(answer), message(answer, text, [])]
    return Rendered(
        response_body(answer, model, output, text), text, (), read_in_turn(answer), answer.searches
    )


def perplexity_agent(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, marks = marked(answer)
    results = [{"id": i, **row} for i, row in enumerate(results_of(answer), 1)]
    search: list[Json] = []
    if answer.searches:
        search.append({"queries": list(answer.searches), "results": results, "type": "search_results"})
    body = response_body(answer, model, [*search, message(answer, text, [])], text)
    cost = 2_500 * len(answer.searches) + tokens(text)
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage["cost"] = {
        "currency": "USD",
        "input_cost": 0,
        "output_cost": tokens(text) / 1e6,
        "tool_calls_cost": 2_500 * len(answer.searches) / 1e6,
        "total_cost": cost / 1e6,
    }
    cited = tuple(Cited(p.url, start, end, p.title) for p, start, end in marks)
    read = tuple(p.url for p in answer.retrieved)
    return Rendered(body, text, cited, read, answer.searches, cost_micro_usd=cost)
