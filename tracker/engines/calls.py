"""How each engine is asked: one table. An engine of the catalog finds its row by its model string.

The row says which call reaches it, how a search is forced, which environment variable holds the key, and what
a search costs. Facts as of 26 November 2026, litellm 1.105; a catalog's `options` win over a row's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tracker import settings
from tracker.engines.row import ANYWHERE, ROOM_TO_REASON, UNCAPPED, Call, TokenPrice
from tracker.engines.services import SERVICES
from tracker.engines.simulated import SIMULATED

MOST_SEARCHES = 6
"""Searches that one reply may run, where a row can say so."""
_WEB = {"tools": [{"type": "web_search"}], "tool_choice": "required"}
_CAPPED = {"max_tool_calls": MOST_SEARCHES}
_SOURCES = {"include": ["web_search_call.action.sources"]}
_ANTHROPIC = {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]}
_GOOGLE: dict[str, Any] = {"tools": [{"googleSearch": {}}]}
_AT_OPENAI = ("api.openai.com", "*.api.openai.com")
_AT_AZURE = (
    "*.openai.azure.com",
    "*.cognitiveservices.azure.com",
    "*.services.ai.azure.com",
    "*.openai.azure.us",
)
_AT_GOOGLE = ("generativelanguage.googleapis.com",)
_AT_VERTEX = ("aiplatform.googleapis.com", "*-aiplatform.googleapis.com", "aiplatform.*.rep.googleapis.com")
_AT_GROQ = ("api.groq.com",)
_AT_BEDROCK = ("bedrock-runtime.*.amazonaws.com", "bedrock-runtime-fips.*.amazonaws.com")
_OPENAI, _AZURE = ("OPENAI_API_KEY",), ("AZURE_API_KEY", "AZURE_API_BASE")
_GEMINI = ("GEMINI_API_KEY|GOOGLE_API_KEY",)

CALLS: tuple[Call, ...] = (
    Call(
        "openai/*-search-preview*",
        "chat",
        hosts=_AT_OPENAI,
        options={"web_search_options": {}},
        keys=_OPENAI,
        search_fee_micros=25_000,
        fee_once=True,
        place=ANYWHERE,
        place_form="options",
        home="US",
    ),
    Call(
        "openai/*-search-api*",
        "chat",
        hosts=_AT_OPENAI,
        options={"web_search_options": {}},
        keys=_OPENAI,
        search_fee_micros=10_000,
        place=ANYWHERE,
        place_form="options",
        home="US",
    ),
    Call(
        "openai/*",
        "responses",
        hosts=_AT_OPENAI,
        options=_WEB | _SOURCES | _CAPPED,
        keys=_OPENAI,
        search_fee_micros=10_000,
        max_searches=MOST_SEARCHES,
        cap="max_tool_calls",
        max_tokens=ROOM_TO_REASON,
        place=ANYWHERE,
        place_form="tool",
        home="US",
    ),
    Call(
        "azure/*",
        "responses",
        hosts=_AT_AZURE,
        options=_WEB | _CAPPED | {"api_version": "preview"},
        keys=_AZURE,
        base_variable="AZURE_API_BASE",
        search_fee_micros=14_000,
        max_searches=MOST_SEARCHES,
        cap="max_tool_calls",
        max_tokens=ROOM_TO_REASON,
        place=ANYWHERE,
        place_form="tool",
        home="US",
    ),
    Call(
        "perplexity/sonar*",
        "chat",
        hosts=("api.perplexity.ai",),
        options={"web_search_options": {"search_context_size": "low"}},
        keys=("PERPLEXITYAI_API_KEY|PERPLEXITY_API_KEY",),
        search_fee_micros=14_000,
        place=ANYWHERE,
        place_form="options",
    ),
    Call(
        "perplexity/*",
        "responses",
        hosts=("api.perplexity.ai",),
        options={
            "tools": [{"type": "web_search"}],
            "extra_body": {"tool_choice": {"type": "web_search"}, "max_steps": 3},
        },
        keys=("PERPLEXITYAI_API_KEY|PERPLEXITY_API_KEY",),
        search_fee_micros=5_000,
        max_searches=3,
        cap="max_steps",
        max_tokens=ROOM_TO_REASON,
        place=ANYWHERE,
        place_form="tool",
    ),
    Call(
        "gemini/gemini-2*",
        "chat",
        hosts=_AT_GOOGLE,
        options=_GOOGLE,
        keys=_GEMINI,
        search_fee_micros=35_000,
        fee_once=True,
    ),
    Call(
        "gemini/*",
        "chat",
        hosts=_AT_GOOGLE,
        options=_GOOGLE,
        keys=_GEMINI,
        search_fee_micros=14_000,
        max_searches=UNCAPPED,
        max_tokens=ROOM_TO_REASON,
    ),
    Call(
        "vertex_ai/gemini-2*",
        "chat",
        hosts=_AT_VERTEX,
        vendors=("vertexai", "vertex"),
        options=_GOOGLE,
        keys=("GOOGLE_APPLICATION_CREDENTIALS",),
        sends_key=False,
        search_fee_micros=35_000,
        fee_once=True,
    ),
    Call(
        "vertex_ai/gemini*",
        "chat",
        hosts=_AT_VERTEX,
        vendors=("vertexai", "vertex"),
        options=_GOOGLE,
        keys=("GOOGLE_APPLICATION_CREDENTIALS",),
        sends_key=False,
        search_fee_micros=14_000,
        max_searches=UNCAPPED,
        max_tokens=ROOM_TO_REASON,
    ),
    Call(
        "anthropic/*",
        "chat",
        hosts=("api.anthropic.com",),
        options=_ANTHROPIC,
        keys=("ANTHROPIC_API_KEY",),
        search_fee_micros=10_000,
        max_searches=3,
        cap="max_uses",
        place=ANYWHERE,
        place_form="tool",
    ),
    Call(
        "xai/*",
        "responses",
        hosts=("api.x.ai", "*.api.x.ai"),
        options=_WEB,
        keys=("XAI_API_KEY",),
        search_fee_micros=5_000,
        max_searches=UNCAPPED,
        max_tokens=ROOM_TO_REASON,
        place=ANYWHERE,
        place_form="extra_body",
    ),
    Call(
        "openrouter/*",
        "chat",
        hosts=("openrouter.ai", "*.openrouter.ai"),
        options={"tools": [{"type": "openrouter:web_search"}]},
        keys=("OPENROUTER_API_KEY",),
        search_fee_micros=20_000,
        max_searches=UNCAPPED // 3,
        max_tokens=ROOM_TO_REASON,
        resells=True,
        place=ANYWHERE,
        place_form="parameters",
    ),
    Call(
        "groq/*compound*",
        "chat",
        hosts=_AT_GROQ,
        keys=("GROQ_API_KEY",),
        search_fee_micros=8_000,
        max_searches=10,
        price=TokenPrice(0.59, 0.79),
        place=("country",),
        place_form="groq",
    ),
    Call(
        "bedrock/*nova*",
        "chat",
        hosts=_AT_BEDROCK,
        vendors=("awsbedrock", "bedrock"),
        options={"web_search_options": {}},
        keys=("AWS_ACCESS_KEY_ID|AWS_BEARER_TOKEN_BEDROCK", "AWS_SECRET_ACCESS_KEY|AWS_BEARER_TOKEN_BEDROCK"),
        sends_key=False,
        search_fee_micros=30_000,
    ),
    Call(
        "deepseek/*",
        "responses",
        hosts=("api.deepseek.com",),
        options={"tools": [{"type": "web_search"}]},
        keys=("DEEPSEEK_API_KEY",),
        rename=("deepseek/", "openai/"),
        api_base="https://api.deepseek.com",
        max_searches=10,
        max_tokens=ROOM_TO_REASON,
        place=ANYWHERE,
        place_form="tool",
    ),
    Call(
        "meta/*",
        "responses",
        hosts=("api.meta.ai",),
        options={"tools": [{"type": "web_search"}]},
        keys=("META_API_KEY",),
        search_fee_micros=2_500,
        max_searches=UNCAPPED,
        max_tokens=ROOM_TO_REASON,
        place=ANYWHERE,
        place_form="tool",
    ),
    Call(
        "cohere/*",
        "chat",
        hosts=("api.cohere.com", "api.cohere.ai"),
        searches=False,
        keys=("COHERE_API_KEY",),
    ),
    Call("groq/*", "chat", hosts=_AT_GROQ, searches=False, keys=("GROQ_API_KEY",)),
    *SERVICES,
)
NO_SEARCH = Call("*", "chat", searches=False)

_RUN_DECIDES = frozenset(("model", "messages", "input", "stream", "timeout", "num_retries", "max_retries"))
_OTHER_ANSWERS = frozenset(
    ("drop_params", "fallbacks", "context_window_fallbacks", "mock_response", "cache", "caching")
)
# What makes litellm send the key, or the question, to somebody else.
_ELSEWHERE = frozenset(
    (
        "custom_llm_provider",
        "use_litellm_proxy",
        "litellm_credential_name",
        "model_list",
        "client",
        "proxy",
        "ssl_verify",
        "callbacks",
        "success_callback",
        "failure_callback",
        "logger_fn",
        "aws_sts_endpoint",
    )
)


def foreign_options(model: str, names: Iterable[str]) -> list[str]:
    """Options that no catalog may set: what the run decides for every ask, and what makes litellm answer with
    another engine, another day's reply or, unseen, without a search, or tell somebody else."""
    direct = call_for(model).route == "http"
    return sorted(({"stream"} if direct else _RUN_DECIDES | _OTHER_ANSWERS | _ELSEWHERE) & set(names))


@cache
def call_for(model: str) -> Call:
    """The row of a model string; a model without one is asked plainly, without search."""
    if real := SIMULATED.get(model):
        return replace(call_for(real), imitates=real)
    return next((call for call in CALLS if fnmatchcase(model, call.pattern)), NO_SEARCH)


def unknown_service(model: str) -> str | None:
    """What a service offers, where the model string names the service and nothing of it: it would be asked
    for what it does not have, and be paid."""
    vendor = model.partition("/")[0] + "/"
    offered = [call.pattern for call in SERVICES if call.pattern.startswith(vendor)]
    if not offered or call_for(model) is not NO_SEARCH:
        return None
    return ", ".join(offered)


_ALWAYS_SEARCH = ("openai/*-search-*", "perplexity/sonar*", "groq/*compound*")


@cache
def plain_call(model: str) -> Call | None:
    """How a model is asked for its own words alone, without search; None where it cannot be."""
    call = call_for(model)
    if any(fnmatchcase(call.imitates or model, pattern) for pattern in _ALWAYS_SEARCH):
        return None
    if call.route == "http":
        if call.adapter != "mistral":
            return None
        return Call(
            "mistral/*", "chat", searches=False, keys=call.keys, hosts=call.hosts, imitates=call.imitates
        )
    # Azure's preview of the Responses API is what has a search; the rest of a row's options only ask for one.
    version = {name: call.options[name] for name in ("api_version",) if name in call.options}
    return replace(call, searches=False, options=version, search_fee_micros=0)


def missing_keys(model: str) -> list[str]:
    """The environment variables that asking this model needs and that are not set."""
    call = call_for(model)
    if call.imitates:
        return []
    return [names for names in call.keys if not any(settings.key(name) for name in names.split("|"))]
