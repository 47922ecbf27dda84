"""Replies in the shapes of chat completions: OpenAI's own, OpenRouter's, Groq's and the former
Perplexity's."""

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
    markdown,
    marked,
    plain_text,
    results_of,
    tokens,
)


def _nested(cited: Sequence[Cited]) -> list[Json]:
    return [
        {
            "type": "url_citation",
            "url_citation": {"end_index": c.end, "start_index": c.start, "title": c.title, "url": c.url},
        }
        for c in cited
    ]


def chat_body(answer: WorldAnswer, model: str, message: Json, text: str, prefix: str = "chatcmpl-") -> Json:
    asked = tokens(answer.prompt)
    return {
        "id": prefix + ident_of(answer),
        "object": "chat.completion",
        "created": instant(answer),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": tokens(text),
            "total_tokens": asked + tokens(text),
        },
    }


def chat(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, cited = markdown(answer, tag=True)
    release = "2026-04-20" if answer.day >= world.served_changes_on else "2025-10-14"
    message: Json = {"refusal": None, "annotations": _nested(cited)}
    body = chat_body(answer, f"{model}-{release}", message, text)
    body["system_fingerprint"] = ""
    return Rendered(body, text, cited)


def openrouter(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, cited = markdown(answer, tag=True)
    message: Json = {"refusal": None, "reasoning": None}
    if cited:
        message["annotations"] = _nested(cited)
    body = chat_body(answer, model, message, text, "gen-")
    cost = 10_000 * len(answer.searches) + 2 * tokens(answer.prompt) + 10 * tokens(text)
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage |= {
        "cost": cost / 1e6,
        "is_byok": False,
        "server_tool_use_details": {"web_search_requests": len(answer.searches)},
    }
    body |= {"provider": "OpenAI", "system_fingerprint": None}
    return Rendered(body, text, cited, cost_micro_usd=cost)


def groq(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """Compound says what it read, never what it used."""
    text = plain_text(answer.passages)
    tools = [
        {
            "arguments": f'{{"query": "{q}"}}',
            "index": i,
            "output": "",
            "search_results": {
                "results": [
                    {"content": p.title, "score": round(0.95 - 0.06 * k, 4), "title": p.title, "url": p.url}
                    for k, p in enumerate(answer.retrieved)
                    if k % len(answer.searches) == i
                ]
            },
            "type": "search",
        }
        for i, q in enumerate(answer.searches)
    ]
    n = len(answer.searches)
    read = tuple(p.url for i in range(n) for k, p in enumerate(answer.retrieved) if k % n == i)
    body = chat_body(answer, model, {"executed_tools": tools} if tools else {}, text)
    # litellm reads `service_tier` unasked and fails where it is missing.
    body |= {"service_tier": "on_demand", "x_groq": {"id": f"req_{ident_of(answer)[:24]}"}}
    return Rendered(body, text, (), read, answer.searches)


def perplexity(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, marks = marked(answer)
    body = chat_body(answer, model, {}, text, "")
    prompt_tokens, answer_tokens = tokens(answer.prompt), tokens(text)
    cost = {"input": prompt_tokens, "output": answer_tokens, "request": 5_000}
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage |= {
        "search_context_size": "low",
        "cost": {f"{k}{'' if k == 'request' else '_tokens'}_cost": v / 1e6 for k, v in cost.items()}
        | {"total_cost": sum(cost.values()) / 1e6},
    }
    body |= {"citations": [p.url for p in answer.retrieved], "search_results": results_of(answer)}
    cited = tuple(Cited(p.url, start, end, None) for p, start, end in marks)
    read = tuple(p.url for p in answer.retrieved)
    return Rendered(body, text, cited, read, cost_micro_usd=sum(cost.values()))
