"""How each engine is asked: one table. An engine of the catalog finds its row by its model string.

The row says which call reaches it, how a search is forced, which environment variable holds the key, and what
a search costs. Facts as of November 2026, litellm 1.105; a catalog's `options` win over a row's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Literal

from tracker import settings
from tracker.engines.simulated import KEY, SIMULATED

Route = Literal["chat", "responses", "http"]
MAX_TOKENS = 4_000
"""Room for one answer; litellm would otherwise send the model's maximum, and the estimate with it."""


@dataclass(frozen=True)
class Call:
    pattern: str
    route: Route
    searches: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    """Environment variables that must be set; `A|B` means either."""
    sends_key: bool = True
    """False where litellm finds credentials of more than one part in the environment by itself."""
    base_variable: str | None = None
    """Environment variable of the address, where every customer has one of their own."""
    hosts: tuple[str, ...] = ()
    """Whom the key is for; `*` stands within one label. Empty: the address that litellm knows."""
    vendors: tuple[str, ...] = ()
    """How variables of the environment that name another address begin, where not as the model does."""
    search_fee_micros: int = 0
    fee_once: bool = False
    """The fee is for the answer, however many searches it took."""
    max_searches: int = 1
    rename: tuple[str, str] | None = None
    """(prefix in the catalog, prefix for litellm) where the two differ."""
    api_base: str | None = None
    adapter: str | None = None
    """For `http`: which request builder of `tracker.engines.adapters` makes it."""
    imitates: str | None = None
    """The real model as which a simulated engine is asked."""

    def model(self, model: str) -> str:
        """What the engine calls the catalog's `model`, with the prefix by which litellm finds it."""
        real = self.imitates or model
        return self.rename[1] + real.removeprefix(self.rename[0]) if self.rename else real


_WEB = {"tools": [{"type": "web_search"}], "tool_choice": "required"}
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
_DATAFORSEO = ("DATAFORSEO_LOGIN", "DATAFORSEO_PASSWORD")

CALLS: tuple[Call, ...] = (
    Call(
        "openai/*-search-preview*",
        "chat",
        hosts=_AT_OPENAI,
        options={"web_search_options": {}},
        keys=_OPENAI,
        search_fee_micros=25_000,
        fee_once=True,
    ),
    Call(
        "openai/*-search-api*",
        "chat",
        hosts=_AT_OPENAI,
        options={"web_search_options": {}},
        keys=_OPENAI,
        search_fee_micros=10_000,
    ),
    Call(
        "openai/*",
        "responses",
        hosts=_AT_OPENAI,
        options=_WEB | _SOURCES,
        keys=_OPENAI,
        search_fee_micros=10_000,
        max_searches=4,
    ),
    Call(
        "azure/*",
        "responses",
        hosts=_AT_AZURE,
        options={
            "tools": [{"type": "web_search_preview"}],
            "tool_choice": "required",
            "api_version": "preview",
        },
        keys=_AZURE,
        base_variable="AZURE_API_BASE",
        search_fee_micros=14_000,
        max_searches=4,
    ),
    Call(
        "perplexity/sonar*",
        "chat",
        hosts=("api.perplexity.ai",),
        options={"web_search_options": {"search_context_size": "low"}},
        keys=("PERPLEXITYAI_API_KEY|PERPLEXITY_API_KEY",),
        search_fee_micros=14_000,
    ),
    Call(
        "perplexity/*",
        "responses",
        hosts=("api.perplexity.ai",),
        options={"tools": [{"type": "web_search"}], "extra_body": {"tool_choice": {"type": "web_search"}}},
        keys=("PERPLEXITYAI_API_KEY|PERPLEXITY_API_KEY",),
        search_fee_micros=5_000,
        max_searches=3,
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
        max_searches=4,
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
        max_searches=4,
    ),
    Call(
        "anthropic/*",
        "chat",
        hosts=("api.anthropic.com",),
        options=_ANTHROPIC,
        keys=("ANTHROPIC_API_KEY",),
        search_fee_micros=10_000,
        max_searches=3,
    ),
    Call(
        "xai/*",
        "responses",
        hosts=("api.x.ai", "*.api.x.ai"),
        options=_WEB,
        keys=("XAI_API_KEY",),
        search_fee_micros=5_000,
        max_searches=4,
    ),
    Call(
        "mistral/*",
        "http",
        hosts=("api.mistral.ai",),
        adapter="mistral",
        keys=("MISTRAL_API_KEY",),
        search_fee_micros=30_000,
        max_searches=2,
    ),
    Call(
        "openrouter/*",
        "chat",
        hosts=("openrouter.ai", "*.openrouter.ai"),
        options={"tools": [{"type": "openrouter:web_search"}]},
        keys=("OPENROUTER_API_KEY",),
        search_fee_micros=20_000,
    ),
    Call(
        "groq/*compound*",
        "chat",
        hosts=_AT_GROQ,
        keys=("GROQ_API_KEY",),
        search_fee_micros=8_000,
        max_searches=3,
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
        max_searches=4,
    ),
    Call(
        "meta/*",
        "responses",
        hosts=("api.meta.ai",),
        options={"tools": [{"type": "web_search"}]},
        keys=("META_API_KEY",),
        search_fee_micros=2_500,
    ),
    Call(
        "exa/*", "http", hosts=("api.exa.ai",), adapter="exa", keys=("EXA_API_KEY",), search_fee_micros=5_000
    ),
    Call(
        "serpapi/*",
        "http",
        hosts=("serpapi.com",),
        adapter="serpapi",
        keys=("SERPAPI_API_KEY",),
        search_fee_micros=15_000,
        max_searches=2,
    ),
    Call(
        "dataforseo/*",
        "http",
        hosts=("api.dataforseo.com", "sandbox.dataforseo.com"),
        adapter="dataforseo",
        keys=_DATAFORSEO,
        search_fee_micros=4_000,
    ),
    Call(
        "cohere/*",
        "chat",
        hosts=("api.cohere.com", "api.cohere.ai"),
        searches=False,
        keys=("COHERE_API_KEY",),
    ),
    Call("groq/*", "chat", hosts=_AT_GROQ, searches=False, keys=("GROQ_API_KEY",)),
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


def secret(call: Call) -> str:
    """The key of a call's first variable that is set; empty where none is."""
    if call.imitates:
        return KEY
    names = call.keys[0].split("|") if call.keys else []
    key = next((value for name in names if (value := settings.key(name))), None)
    return key.get_secret_value() if key else ""


def missing_keys(model: str) -> list[str]:
    """The environment variables that asking this model needs and that are not set."""
    call = call_for(model)
    if call.imitates:
        return []
    return [names for names in call.keys if not any(settings.key(name) for name in names.split("|"))]
