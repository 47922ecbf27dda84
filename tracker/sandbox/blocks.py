"""Replies that are lists of blocks and parts: Anthropic's, Gemini's, Nova's and Mistral's conversations."""

from __future__ import annotations

import json

from tracker.sandbox.answers import WorldAnswer
from tracker.sandbox.web import WebPage
from tracker.sandbox.world import SimulatedWorld
from tracker.sandbox.writing import (
    Cited,
    Json,
    Rendered,
    ident_of,
    plain_text,
    read_in_turn,
    stretches,
    tokens,
)


def anthropic(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    blocks, text = stretches(answer)
    content = _anthropic_search(answer)
    cited: list[Cited] = []
    at = 0
    for stretch, credit in blocks:
        block: Json = {"type": "text", "text": stretch}
        if credit:
            block = {"citations": [_location(answer, i) for i in credit], **block}
            pages = (answer.retrieved[i] for i in credit)
            cited += [Cited(p.url, at, at + len(stretch), p.title) for p in pages]
        content.append(block)
        at += len(stretch)
    usage: Json = {
        "input_tokens": tokens(answer.prompt) + 2_500 * len(answer.searches),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": tokens(text),
        "service_tier": "standard",
    }
    if answer.searches:
        usage["server_tool_use"] = {"web_search_requests": len(answer.searches), "web_fetch_requests": 0}
    body: Json = {
        "model": model,
        "id": f"msg_{ident_of(answer)[:24]}",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    return Rendered(body, text, tuple(cited), read_in_turn(answer), answer.searches)


def _anthropic_search(answer: WorldAnswer) -> list[Json]:
    out: list[Json] = []
    n = len(answer.searches)
    age = f"{answer.day:%B} {answer.day.day}, {answer.day.year}"
    for i, query in enumerate(answer.searches):
        ident = f"srvtoolu_{ident_of(answer, f'tool{i}')[:24]}"
        results = [
            {
                "type": "web_search_result",
                "title": p.title,
                "url": p.url,
                "encrypted_content": f"{answer.key:x}{k:04x}{i:04x}",
                "page_age": age,
            }
            for k, p in enumerate(answer.retrieved[i::n])
        ]
        out.append({"type": "server_tool_use", "id": ident, "name": "web_search", "input": {"query": query}})
        out.append({"type": "web_search_tool_result", "tool_use_id": ident, "content": results})
    return out


def _location(answer: WorldAnswer, i: int) -> Json:
    page = answer.retrieved[i]
    return {
        "type": "web_search_result_location",
        "cited_text": f"{page.title}.",
        "url": page.url,
        "title": page.title,
        "encrypted_index": f"{answer.key:x}{i:04x}",
    }


def _redirect(answer: WorldAnswer, page: WebPage) -> str:
    token = f"AUZIYQ{ident_of(answer, page.url)}"
    return f"https://vertexaisearch.cloud.google.com/grounding-api-redirect/{token}"


def gemini(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """Offsets are UTF-8 bytes on the wire, a start of 0 is left out, addresses are Google's redirects."""
    text = plain_text(answer.passages)
    supports: list[Json] = []
    cited: list[Cited] = []
    at = at_byte = 0
    for p in answer.passages:
        size = len(p.text.encode())
        if p.cites:
            segment: Json = {"startIndex": at_byte, "endIndex": at_byte + size, "text": p.text}
            if not at_byte:
                del segment["startIndex"]
            supports.append({"segment": segment, "groundingChunkIndices": list(p.cites)})
            pages = (answer.retrieved[i] for i in p.cites)
            cited += [Cited(_redirect(answer, x), at, at + len(p.text), x.domain) for x in pages]
        at += len(p.text) + len(p.tail)
        at_byte += size + len(p.tail.encode())
    candidate: Json = {
        "content": {"parts": [{"text": text}], "role": "model"},
        "finishReason": "STOP",
        "index": 0,
    }
    if answer.searched:
        candidate["groundingMetadata"] = _grounding(answer, supports)
    prompt_tokens, answer_tokens = tokens(answer.prompt), tokens(text)
    body: Json = {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": prompt_tokens,
            "candidatesTokenCount": answer_tokens,
            "totalTokenCount": prompt_tokens + answer_tokens,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt_tokens}],
        },
        "modelVersion": model,
        "responseId": ident_of(answer)[:22],
    }
    read = tuple(_redirect(answer, p) for p in answer.retrieved)
    domains = tuple(p.domain for p in answer.cited)
    return Rendered(body, text, tuple(cited), read, answer.searches, domains)


def _grounding(answer: WorldAnswer, supports: list[Json]) -> Json:
    chunks = [{"web": {"uri": _redirect(answer, p), "title": p.domain}} for p in answer.retrieved]
    return {
        "webSearchQueries": list(answer.searches),
        "searchEntryPoint": {"renderedContent": '<div class="container"></div>'},
        "groundingChunks": chunks,
        "groundingSupports": supports,
    }


def nova(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """A citation block follows the text it supports."""
    blocks, text = stretches(answer)
    content = _nova_search(answer)
    cited: list[Cited] = []
    for stretch, credit in blocks:
        content.append({"text": stretch})
        for page in (answer.retrieved[i] for i in credit):
            source = {"location": {"web": {"url": page.url, "domain": page.domain}}}
            content.append({"citationsContent": {"citations": [source]}})
            cited.append(Cited(page.url, None, None, page.domain))
    prompt_tokens, answer_tokens = tokens(answer.prompt), tokens(text)
    body: Json = {
        "metrics": {"latencyMs": 900},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": prompt_tokens,
            "outputTokens": answer_tokens,
            "totalTokens": prompt_tokens + answer_tokens,
        },
    }
    return Rendered(body, text, tuple(cited), (), answer.searches)


def _nova_search(answer: WorldAnswer) -> list[Json]:
    out: list[Json] = []
    for i, query in enumerate(answer.searches):
        ident = f"tooluse_{ident_of(answer, f'tool{i}')[:22]}"
        use = {
            "input": {"query": query},
            "name": "nova_grounding",
            "toolUseId": ident,
            "type": "server_tool_use",
        }
        result = {"content": [{"text": "[HIDDEN]"}], "status": "success", "toolUseId": ident}
        out += [{"toolUse": use}, {"toolResult": {**result, "type": "nova_grounding_result"}}]
    return out


def mistral(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """A conversation: references stand behind the text they support, in an entry of their own kind."""
    blocks, text = stretches(answer)
    content: list[Json] = []
    cited: list[Cited] = []
    at = 0
    for stretch, credit in blocks:
        content.append({"type": "text", "text": stretch})
        for page in (answer.retrieved[i] for i in credit):
            content.append(
                {"type": "tool_reference", "tool": "web_search", "title": page.title, "url": page.url}
            )
            cited.append(Cited(page.url, at, at + len(stretch), page.title))
        at += len(stretch)
    outputs = [_execution(answer, i) for i in range(len(answer.searches))]
    outputs.append({"type": "message.output", "role": "assistant", "model": model, "content": content})
    prompt_tokens, answer_tokens = tokens(answer.prompt), tokens(text)
    usage: Json = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": answer_tokens,
        "total_tokens": prompt_tokens + answer_tokens,
    }
    if answer.searches:
        usage["connectors"] = {"web_search": len(answer.searches)}
    body: Json = {
        "object": "conversation.response",
        "conversation_id": f"conv_{ident_of(answer)}",
        "outputs": [{"object": "entry", **entry} for entry in outputs],
        "usage": usage,
    }
    return Rendered(body, text, tuple(cited), (), answer.searches)


def _execution(answer: WorldAnswer, i: int) -> Json:
    arguments = json.dumps({"query": answer.searches[i]})
    return {
        "type": "tool.execution",
        "id": f"tool_{ident_of(answer, f'tool{i}')}",
        "name": "web_search",
        "arguments": arguments,
        "info": {},
    }
