"""Each engine's HTTP dialect: how a request says what is asked, and how a reply carries text and citations.

A renderer returns the body together with what a correct reader must get out of it, so that the tests hold
readers to the truth and not to another reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from random import Random

from tracker.engines.simulated import Shape
from tracker.sandbox.answers import WorldAnswer
from tracker.sandbox.prose import Passage
from tracker.sandbox.web import WebPage, number
from tracker.sandbox.world import SimulatedWorld

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Cited:
    url: str
    start: int | None
    end: int | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body, and the truth about it. `domains` differ from the URLs' where an engine hides them."""

    body: Json
    text: str
    cited: tuple[Cited, ...] = ()
    retrieved: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    cost_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    shape: Shape
    model: str
    prompt: str
    search: bool
    forced: bool


# Reading a request


def read_request(path: str, body: Json) -> Request | None:
    """None where no engine answers at this path."""
    shape = _shape_of(path, body)
    if shape is None:
        return None
    model = _model_of(path, body)
    return Request(shape, model, _prompt_of(body), _asks_for_search(shape, model, body), _forces(shape, body))


def _shape_of(path: str, body: Json) -> Shape | None:
    model = str(body.get("model", ""))
    if path.endswith("/chat/completions"):
        return _chat_family(model)
    if path.endswith(("/responses", "/agent")):
        return _responses_family(path, model)
    if path.endswith("/messages"):
        return "anthropic"
    if path.endswith(":generateContent"):
        return "gemini"
    return "nova" if path.endswith("/converse") else None


def _chat_family(model: str) -> Shape:
    if model.startswith("sonar"):
        return "perplexity"
    if "compound" in model:
        return "groq"
    if model.startswith(("mistral", "magistral", "ministral")):
        return "mistral"
    return "openrouter" if "/" in model else "chat"


def _responses_family(path: str, model: str) -> Shape:
    if path.endswith("/agent") or model.startswith("perplexity/"):
        return "perplexity-agent"
    if model.startswith("grok"):
        return "xai"
    if model.startswith("deepseek"):
        return "deepseek"
    return "azure" if "/openai/" in path else "responses"


def _model_of(path: str, body: Json) -> str:
    in_path = re.search(r"/model(?:s)?/([^/]+?)(?::generateContent|/converse)", path)
    return in_path.group(1).replace("%3A", ":") if in_path else str(body.get("model", "sandbox"))


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_text_of(part) for part in content)
    if isinstance(content, dict):
        return _text_of(content.get("text") or content.get("content") or content.get("parts") or "")
    return ""


def _prompt_of(body: Json) -> str:
    """The last thing the user said, whatever the dialect calls it."""
    turns = body.get("messages") or body.get("contents") or body.get("input") or ""
    if not isinstance(turns, list):
        return _text_of(turns)
    said = [t for t in turns if not isinstance(t, dict) or t.get("role", "user") == "user"]
    return _text_of(said[-1]) if said else ""


def _asks_for_search(shape: Shape, model: str, body: Json) -> bool:
    if shape == "mistral":
        return False
    if shape in ("perplexity", "groq") or "search" in model:
        return True
    tools = f"{body.get('tools', '')}{body.get('toolConfig', '')}".lower().replace("_", "")
    return (
        "web_search_options" in body
        or "websearch" in tools
        or "googlesearch" in tools
        or "grounding" in tools
    )


def _forces(shape: Shape, body: Json) -> bool:
    return shape in ("perplexity", "groq") or body.get("tool_choice") not in (None, "auto", "none")


# Writing a reply


def _instant(answer: WorldAnswer) -> int:
    return int(datetime.combine(answer.day, time(9), UTC).timestamp()) + answer.key % 3600


def _ident(answer: WorldAnswer, salt: str = "") -> str:
    return f"{number(answer.key, salt):016x}{answer.key:016x}"


def _plain(passages: Sequence[Passage]) -> str:
    return "".join(p.text + p.tail for p in passages).rstrip()


def _tokens(text: str) -> int:
    return max(1, len(text) // 4)


def _tagged(url: str) -> str:
    head, hash_, tail = url.partition("#")
    return f"{head}{'&' if '?' in head else '?'}utm_source=openai{hash_}{tail}"


def _linked_text(
    answer: WorldAnswer, link: Callable[[WebPage, int], tuple[str, str]], opening: str = " "
) -> tuple[str, list[tuple[WebPage, str, int, int]]]:
    """Text with a link after each passage; `link` gives (markup, url) for a page and its number."""
    out: list[str] = []
    at = 0
    found = []
    for passage in answer.passages:
        out.append(passage.text)
        at += len(passage.text)
        for i in passage.cites:
            page = answer.retrieved[i]
            markup, url = link(page, i)
            start = at + len(opening)
            out.append(opening + markup)
            at = start + len(markup)
            found.append((page, url, start, at))
        out.append(passage.tail)
        at += len(passage.tail)
    return "".join(out).rstrip(), found


def _markdown(answer: WorldAnswer, tag: bool) -> tuple[str, tuple[Cited, ...]]:
    rng = Random(answer.key ^ 0x5EED)
    # The tag is missing from some addresses of the same answer, and labels are now and then whole titles.
    urls = [_tagged(p.url) if tag and rng.random() < 0.85 else p.url for p in answer.retrieved]
    labels = [p.title if rng.random() < 0.12 else p.domain for p in answer.retrieved]
    text, found = _linked_text(answer, lambda _, i: (f"([{labels[i]}]({urls[i]}))", urls[i]))
    return text, tuple(Cited(url, start, end, page.title) for page, url, start, end in found)


def _flat(cited: Sequence[Cited]) -> list[Json]:
    return [
        {"type": "url_citation", "end_index": c.end, "start_index": c.start, "title": c.title, "url": c.url}
        for c in cited
    ]


def _nested(cited: Sequence[Cited]) -> list[Json]:
    return [
        {
            "type": "url_citation",
            "url_citation": {"end_index": c.end, "start_index": c.start, "title": c.title, "url": c.url},
        }
        for c in cited
    ]


def _chat_body(answer: WorldAnswer, model: str, message: Json, text: str, prefix: str = "chatcmpl-") -> Json:
    asked = _tokens(answer.prompt)
    return {
        "id": prefix + _ident(answer),
        "object": "chat.completion",
        "created": _instant(answer),
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
            "completion_tokens": _tokens(text),
            "total_tokens": asked + _tokens(text),
        },
    }


def _chat(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, cited = _markdown(answer, tag=True)
    release = "2026-04-20" if answer.day >= world.served_changes_on else "2025-10-14"
    message: Json = {"refusal": None, "annotations": _nested(cited)}
    body = _chat_body(answer, f"{model}-{release}", message, text)
    body["system_fingerprint"] = ""
    return Rendered(body, text, cited)


def _openrouter(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, cited = _markdown(answer, tag=True)
    message: Json = {"refusal": None, "reasoning": None}
    if cited:
        message["annotations"] = _nested(cited)
    body = _chat_body(answer, model, message, text, "gen-")
    cost = 10_000 * len(answer.searches) + 2 * _tokens(answer.prompt) + 10 * _tokens(text)
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage |= {
        "cost": cost / 1e6,
        "is_byok": False,
        "server_tool_use_details": {"web_search_requests": len(answer.searches)},
    }
    body |= {"provider": "OpenAI", "system_fingerprint": None}
    return Rendered(body, text, cited, cost_micro_usd=cost)


def _groq(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """Compound says what it read, never what it used."""
    text = _plain(answer.passages)
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
    body = _chat_body(answer, model, {"executed_tools": tools} if tools else {}, text)
    # litellm reads `service_tier` unasked and fails where it is missing.
    body |= {"service_tier": "on_demand", "x_groq": {"id": f"req_{_ident(answer)[:24]}"}}
    return Rendered(body, text, (), read, answer.searches)


def _mistral(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text = _plain(answer.passages)
    return Rendered(_chat_body(answer, model, {"tool_calls": None}, text, ""), text)


def _marked(answer: WorldAnswer) -> tuple[str, list[tuple[WebPage, int, int]]]:
    text, found = _linked_text(answer, lambda page, i: (f"[{i + 1}]", page.url), opening="")
    return text, [(page, start, end) for page, _, start, end in found]


def _results(answer: WorldAnswer) -> list[Json]:
    today = str(answer.day)
    return [
        {
            "title": p.title,
            "url": p.url,
            "date": f"{answer.day.year - 1}-{1 + len(p.url) % 12:02d}-{1 + len(p.title) % 28:02d}",
            "last_updated": today,
            "snippet": f"{p.title}. Page on {p.domain}.",
            "source": "web",
        }
        for p in answer.retrieved
    ]


def _perplexity(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, found = _marked(answer)
    body = _chat_body(answer, model, {}, text, "")
    asked, said = _tokens(answer.prompt), _tokens(text)
    cost = {"input": asked, "output": said, "request": 5_000}
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage |= {
        "search_context_size": "low",
        "cost": {f"{k}{'' if k == 'request' else '_tokens'}_cost": v / 1e6 for k, v in cost.items()}
        | {"total_cost": sum(cost.values()) / 1e6},
    }
    body |= {"citations": [p.url for p in answer.retrieved], "search_results": _results(answer)}
    cited = tuple(Cited(p.url, start, end, None) for p, start, end in found)
    read = tuple(p.url for p in answer.retrieved)
    return Rendered(body, text, cited, read, cost_micro_usd=sum(cost.values()))


def _response_body(answer: WorldAnswer, model: str, output: list[Json], text: str, **more: object) -> Json:
    asked = _tokens(answer.prompt) + 2_000 * len(answer.searches)
    return {
        "id": f"resp_{_ident(answer)}",
        "object": "response",
        "created_at": _instant(answer),
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
            "output_tokens": _tokens(text),
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": asked + _tokens(text),
        },
        "user": None,
        "metadata": {},
        **more,
    }


def _message(answer: WorldAnswer, text: str, annotations: list[Json]) -> Json:
    content = {"type": "output_text", "annotations": annotations, "logprobs": [], "text": text}
    return {
        "id": f"msg_{_ident(answer, 'message')}",
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
        ident = f"ws_{_ident(answer, f'search{i}')}"
        calls.append({"id": ident, "type": "web_search_call", "status": status, "action": action})
    return calls


def _read_in_turn(answer: WorldAnswer) -> tuple[str, ...]:
    n = len(answer.searches)
    return tuple(p.url for i in range(n) for p in answer.retrieved[i::n])


def _responses(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, cited = _markdown(answer, tag=True)
    output = [*_search_calls(answer), _message(answer, text, _flat(cited))]
    body = _response_body(
        answer, model, output, text, tool_usage={"web_search": {"num_requests": len(answer.searches)}}
    )
    return Rendered(body, text, cited, _read_in_turn(answer), answer.searches)


def _azure(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """No tracking tags, no source list, and calls that never leave "searching"."""
    text, cited = _markdown(answer, tag=False)
    output = [*_search_calls(answer, "searching", sources=False), _message(answer, text, _flat(cited))]
    return Rendered(
        _response_body(answer, model, output, text, content_filters=None), text, cited, (), answer.searches
    )


def _xai(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    order = {i: n for n, i in enumerate(dict.fromkeys(i for p in answer.passages for i in p.cites), 1)}
    text, found = _linked_text(answer, lambda p, i: (f"[[{order[i]}]]({p.url})", p.url), opening="")
    numbers = [str(order[i]) for p in answer.passages for i in p.cites]
    cited = tuple(Cited(url, start, end, n) for (_, url, start, end), n in zip(found, numbers, strict=True))
    output = [*_search_calls(answer), _message(answer, text, _flat(cited))]
    body = _response_body(answer, model, output, text)
    cost = 5_000 * len(answer.searches) + 15 * _tokens(text)
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage |= {"num_sources_used": 0, "cost_in_usd_ticks": cost * 10_000}
    return Rendered(body, text, cited, _read_in_turn(answer), answer.searches, cost_micro_usd=cost)


def _deepseek(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """Addresses stand in the text only; annotations stay empty."""
    text, _ = _markdown(answer, tag=False)
    output = [*_search_calls(answer), _message(answer, text, [])]
    return Rendered(
        _response_body(answer, model, output, text), text, (), _read_in_turn(answer), answer.searches
    )


def _perplexity_agent(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    text, found = _marked(answer)
    results = [{"id": i, **row} for i, row in enumerate(_results(answer), 1)]
    search: list[Json] = []
    if answer.searches:
        search.append({"queries": list(answer.searches), "results": results, "type": "search_results"})
    body = _response_body(answer, model, [*search, _message(answer, text, [])], text)
    cost = 2_500 * len(answer.searches) + _tokens(text)
    usage = body["usage"]
    assert isinstance(usage, dict)
    usage["cost"] = {
        "currency": "USD",
        "input_cost": 0,
        "output_cost": _tokens(text) / 1e6,
        "tool_calls_cost": 2_500 * len(answer.searches) / 1e6,
        "total_cost": cost / 1e6,
    }
    cited = tuple(Cited(p.url, start, end, p.title) for p, start, end in found)
    read = tuple(p.url for p in answer.retrieved)
    return Rendered(body, text, cited, read, answer.searches, cost_micro_usd=cost)


def _blocks(answer: WorldAnswer) -> tuple[list[tuple[str, tuple[int, ...]]], str]:
    """Stretches of text, a new one wherever the credit changes."""
    blocks: list[tuple[str, tuple[int, ...]]] = []
    pending = ""
    for p in answer.passages:
        if p.cites:
            if pending:
                blocks.append((pending, ()))
            blocks.append((p.text, p.cites))
            pending = p.tail
        else:
            pending += p.text + p.tail
    if pending.rstrip():
        blocks.append((pending.rstrip(), ()))
    return blocks, "".join(text for text, _ in blocks)


def _anthropic_search(answer: WorldAnswer) -> list[Json]:
    out: list[Json] = []
    n = len(answer.searches)
    age = f"{answer.day:%B} {answer.day.day}, {answer.day.year}"
    for i, query in enumerate(answer.searches):
        ident = f"srvtoolu_{_ident(answer, f'tool{i}')[:24]}"
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


def _anthropic(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    blocks, text = _blocks(answer)
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
        "input_tokens": _tokens(answer.prompt) + 2_500 * len(answer.searches),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": _tokens(text),
        "service_tier": "standard",
    }
    if answer.searches:
        usage["server_tool_use"] = {"web_search_requests": len(answer.searches), "web_fetch_requests": 0}
    body: Json = {
        "model": model,
        "id": f"msg_{_ident(answer)[:24]}",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    return Rendered(body, text, tuple(cited), _read_in_turn(answer), answer.searches)


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
    token = f"AUZIYQ{_ident(answer, page.url)}"
    return f"https://vertexaisearch.cloud.google.com/grounding-api-redirect/{token}"


def _gemini(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """Offsets are UTF-8 bytes on the wire, a start of 0 is left out, addresses are Google's redirects."""
    text = _plain(answer.passages)
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
    asked, said = _tokens(answer.prompt), _tokens(text)
    body: Json = {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": asked,
            "candidatesTokenCount": said,
            "totalTokenCount": asked + said,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": asked}],
        },
        "modelVersion": model,
        "responseId": _ident(answer)[:22],
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


def _nova(world: SimulatedWorld, answer: WorldAnswer, model: str) -> Rendered:
    """A citation block follows the text it supports."""
    blocks, text = _blocks(answer)
    content = _nova_search(answer)
    cited: list[Cited] = []
    for stretch, credit in blocks:
        content.append({"text": stretch})
        for page in (answer.retrieved[i] for i in credit):
            place = {"location": {"web": {"url": page.url, "domain": page.domain}}}
            content.append({"citationsContent": {"citations": [place]}})
            cited.append(Cited(page.url, None, None, page.domain))
    asked, said = _tokens(answer.prompt), _tokens(text)
    body: Json = {
        "metrics": {"latencyMs": 900},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": asked, "outputTokens": said, "totalTokens": asked + said},
    }
    return Rendered(body, text, tuple(cited), (), answer.searches)


def _nova_search(answer: WorldAnswer) -> list[Json]:
    out: list[Json] = []
    for i, query in enumerate(answer.searches):
        ident = f"tooluse_{_ident(answer, f'tool{i}')[:22]}"
        use = {
            "input": {"query": query},
            "name": "nova_grounding",
            "toolUseId": ident,
            "type": "server_tool_use",
        }
        result = {"content": [{"text": "[HIDDEN]"}], "status": "success", "toolUseId": ident}
        out += [{"toolUse": use}, {"toolResult": {**result, "type": "nova_grounding_result"}}]
    return out


_RENDERERS: Mapping[Shape, Callable[[SimulatedWorld, WorldAnswer, str], Rendered]] = {
    "chat": _chat,
    "responses": _responses,
    "azure": _azure,
    "perplexity": _perplexity,
    "perplexity-agent": _perplexity_agent,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "xai": _xai,
    "openrouter": _openrouter,
    "groq": _groq,
    "mistral": _mistral,
    "deepseek": _deepseek,
    "nova": _nova,
}


def render(world: SimulatedWorld, answer: WorldAnswer, shape: Shape, model: str) -> Rendered:
    return _RENDERERS[shape](world, answer, model)


_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request_error", "INVALID_ARGUMENT"),
    404: ("not_found_error", "NOT_FOUND"),
    405: ("invalid_request_error", "INVALID_ARGUMENT"),
    413: ("request_too_large", "INVALID_ARGUMENT"),
    429: ("rate_limit_error", "RESOURCE_EXHAUSTED"),
    500: ("api_error", "INTERNAL"),
    503: ("overloaded_error", "UNAVAILABLE"),
}


def error_body(shape: Shape | None, status: int, message: str) -> Json:
    kind, google = _STATUS[status]
    if shape == "anthropic":
        return {"type": "error", "error": {"type": kind, "message": message}}
    if shape == "gemini":
        return {"error": {"code": status, "message": message, "status": google}}
    if shape == "nova":
        return {"message": message}
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}
