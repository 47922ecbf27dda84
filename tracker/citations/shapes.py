"""Which shape a body has: decided by its content alone, never by a file's or an engine's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tracker.citations.chat import GROK
from tracker.citations.dataforseo import read_of, results_of
from tracker.citations.results import Shape
from tracker.citations.scrapers import APIFY_ANSWERS
from tracker.citations.values import at, items, record, records, word

Body = dict[str, Any]

_SONAR = re.compile(r"^(?:perplexity/)?(?:sonar\b|pplx-|r1-1776|llama-3\.1-sonar)")
_COMPOUND = re.compile(r"^(?:groq/)?compound(?:-|$)")
_OUTPUT_ITEMS = re.compile(r"^(?:message|reasoning|search_results|\w+_call(?:_output)?|fetch_url_results)$")
_STEPS = re.compile(
    r"^(?:model_output|thought|(?:google_search|google_maps|url_context|file_search|code_execution|retrieval"
    r"|mcp_server_tool)_(?:call|result))$"
)
_BLOCKS = ("text", "thinking", "tool_use", "server_tool_use", "web_search_tool_result")
_MISTRAL_ENTRIES = ("message.output", "tool.execution")
_LITELLM_FIELDS = (
    "citations",
    "web_search_results",
    "citationsContent",
    "thought_signatures",
    "web_search_calls",
    "stop_reason",
)


def recognise_shape(body: Body) -> Shape | None:
    return next((shape for shape, fits in _RULES if fits(body)), None)


def _message(body: Body) -> Body:
    return record(next(iter(records(body.get("choices"))), {}).get("message"))


def _is_chat(body: Body) -> bool:
    return bool(records(body.get("choices"))) or (
        isinstance(body.get("choices"), list) and body.get("object") == "chat.completion"
    )


def _is_litellm(body: Body) -> bool:
    """litellm's own dump, where it carries what another shape's annotations would have."""
    if not _is_chat(body):
        return False
    fields = record(_message(body).get("provider_specific_fields"))
    return (
        any(key.startswith("vertex_ai_") for key in body)
        or any(fields.get(key) for key in _LITELLM_FIELDS)
        or any("document_ids" in citation for citation in records(body.get("citations")))
    )


def _is_groq(body: Body) -> bool:
    return _is_chat(body) and (
        isinstance(_message(body).get("executed_tools"), list)
        or _COMPOUND.match(word(body.get("model")) or "") is not None
    )


def _is_openrouter(body: Body) -> bool:
    return _is_chat(body) and (
        (word(body.get("id")) or "").startswith("gen-") or word(body.get("provider")) is not None
    )


def _is_perplexity_chat(body: Body) -> bool:
    """xAI's first search wrote `citations` too, but its list and its text are not Sonar's."""
    model = word(body.get("model")) or ""
    return _is_chat(body) and (
        (
            any(_lists_pages(body.get(key)) for key in ("citations", "search_results"))
            and not GROK.match(model)
        )
        or _SONAR.match(model) is not None
    )


def _lists_pages(listed: Any) -> bool:
    """A list of addresses or of objects with one; also an empty one."""
    return isinstance(listed, list) and (
        not listed or any(isinstance(entry, str) or "url" in record(entry) for entry in listed)
    )


def _is_responses(body: Body) -> bool:
    output = records(body.get("output")) if isinstance(body.get("output"), list) else []
    return body.get("object") == "response" or any(
        _OUTPUT_ITEMS.match(word(item.get("type")) or "") for item in output
    )


def _is_perplexity_agent(body: Body) -> bool:
    """Its own items, or the price block that only it writes."""
    if not _is_responses(body):
        return False
    own = ("search_results", "fetch_url_results")
    return any(item.get("type") in own for item in records(body.get("output"))) or isinstance(
        at(body, "usage", "cost"), dict
    )


def _is_gemini(body: Body) -> bool:
    return isinstance(body.get("candidates"), list) or any(
        isinstance(body.get(key), dict)
        for key in ("promptFeedback", "usageMetadata", "prompt_feedback", "usage_metadata")
    )


def _is_interactions(body: Body) -> bool:
    return body.get("object") == "interaction" or any(
        _STEPS.match(word(step.get("type")) or "")
        for key in ("steps", "outputs")
        for step in records(body.get(key))
    )


def _is_anthropic(body: Body) -> bool:
    """Its documentation and some clients leave out the reply's type, not its blocks' types."""
    if body.get("type") == "message":
        return isinstance(body.get("content"), list | str)
    return (body.get("role") == "assistant" or "stop_reason" in body) and any(
        block.get("type") in _BLOCKS for block in items(body.get("content")) if isinstance(block, dict)
    )


def _is_bedrock(body: Body) -> bool:
    return isinstance(at(body, "output", "message"), dict)


def _is_mistral(body: Body) -> bool:
    return body.get("object") == "conversation.response" or (
        isinstance(body.get("outputs"), list)
        and (
            word(body.get("conversation_id")) is not None
            or any(entry.get("type") in _MISTRAL_ENTRIES for entry in records(body.get("outputs")))
        )
    )


def _is_cohere(body: Body) -> bool:
    message = body.get("message")
    if isinstance(body.get("text"), str) and word(body.get("generation_id")) is not None:
        return True
    return isinstance(message, dict) and (
        "finish_reason" in body or any(isinstance(message.get(key), list) for key in ("content", "citations"))
    )


def _is_exa(body: Body) -> bool:
    return "answer" in body and isinstance(body.get("citations"), list)


def _is_tavily(body: Body) -> bool:
    return isinstance(body.get("results"), list) and "query" in body


def _is_dataforseo(body: Body) -> bool:
    return ("tasks" in body and "status_code" in body) or (
        isinstance(body.get("items"), list) and ("se_domain" in body or "status_code" in body)
    )


def _is_dataforseo_scraper(body: Body) -> bool:
    return any(read_of(result) == "dataforseo_scraper" for result in results_of(body))


def _is_dataforseo_responses(body: Body) -> bool:
    return any(read_of(result) == "dataforseo_responses" for result in results_of(body))


def _is_brightdata(body: Body) -> bool:
    """A record of a data set, also one that only says why there is none."""
    if any(key in body for key in ("answer_text", "answer_text_markdown", "answer_html")):
        return "prompt" in body or "url" in body or "input" in body
    return isinstance(body.get("input"), dict) and "error" in body and "prompt" in record(body.get("input"))


def _is_oxylabs(body: Body) -> bool:
    first = next(iter(records(body.get("results"))), {})
    return "content" in first and any(key in first for key in ("job_id", "parser_type", "status_code"))


def _is_cloro(body: Body) -> bool:
    """The reply at once, a task that was looked at, or the bare result."""
    if isinstance(body.get("task"), dict) and "id" in record(body.get("task")):
        return True
    result = body.get("result")
    return (
        isinstance(result, dict)
        and ("success" in body or "status" in body)
        and ("aioverview" in result or "sources" in result or "text" in result)
    )


def _is_apify(body: Body) -> bool:
    return any(isinstance(body.get(key), dict) for key in APIFY_ANSWERS) or (
        isinstance(body.get("searchQuery"), dict) and "aiOverview" in body
    )


def _is_ai_mode(body: Body) -> bool:
    if at(body, "search_parameters", "engine") == "google_ai_mode":
        return True
    return isinstance(body.get("text_blocks"), list) and "ai_overview" not in body


def _is_overview(body: Body) -> bool:
    return any(
        isinstance(body.get(key), dict) for key in ("ai_overview", "search_metadata", "search_parameters")
    )


def _is_error(body: Body) -> bool:
    if body.get("type") == "error" or body.get("object") == "error" or body.get("error") not in (None, False):
        return True
    if word(body.get("message")) is not None or word(body.get("Message")) is not None:
        return True
    return body.get("detail") not in (None, "") or bool(items(body.get("errors")))


_RULES: tuple[tuple[Shape, Callable[[Body], bool]], ...] = (
    ("anthropic", _is_anthropic),
    ("gemini", _is_gemini),
    ("gemini_interactions", _is_interactions),
    ("bedrock", _is_bedrock),
    ("perplexity_agent", _is_perplexity_agent),
    ("openai_responses", _is_responses),
    ("mistral", _is_mistral),
    ("groq", _is_groq),
    ("openrouter", _is_openrouter),
    ("perplexity_chat", _is_perplexity_chat),
    ("litellm", _is_litellm),
    ("openai_chat", _is_chat),
    ("cohere", _is_cohere),
    ("exa", _is_exa),
    ("dataforseo_scraper", _is_dataforseo_scraper),
    ("dataforseo_responses", _is_dataforseo_responses),
    ("dataforseo", _is_dataforseo),
    ("brightdata", _is_brightdata),
    ("oxylabs", _is_oxylabs),
    ("cloro", _is_cloro),
    ("apify", _is_apify),
    ("serpapi_ai_mode", _is_ai_mode),
    ("serpapi_overview", _is_overview),
    ("tavily", _is_tavily),
    ("error", _is_error),
)
