"""The simulated engines: which real engine each one imitates. The server that answers for them is `tracker.sandbox`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal[
    "chat",
    "responses",
    "azure",
    "perplexity",
    "perplexity-agent",
    "anthropic",
    "gemini",
    "xai",
    "openrouter",
    "groq",
    "mistral",
    "deepseek",
    "nova",
]


@dataclass(frozen=True, slots=True)
class SandboxEngine:
    """How litellm reaches one dialect: its model, `api_base` = the sandbox's url, `options` as keyword arguments.

    The models are real names so that litellm takes each engine's real road and its prices are the real ones.
    """

    shape: Shape
    litellm_model: str
    call: Literal["acompletion", "aresponses"] = "acompletion"
    options: Mapping[str, object] = field(default_factory=dict)


_WEB_SEARCH: Mapping[str, object] = {"tools": [{"type": "web_search"}]}
_ANTHROPIC_SEARCH: Mapping[str, object] = {
    "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}],
    "max_tokens": 2048,
}

# Keyed by the catalog's model string. The server knows the dialects apart by path and model name.
ENGINES: Mapping[str, SandboxEngine] = {
    f"sandbox/{e.shape}": e
    for e in (
        SandboxEngine("chat", "openai/gpt-5-search-api", options={"web_search_options": {}}),
        SandboxEngine(
            "responses",
            "openai/gpt-6-luna",
            "aresponses",
            {**_WEB_SEARCH, "include": ["web_search_call.action.sources"], "tool_choice": "required"},
        ),
        SandboxEngine(
            "azure",
            "azure/gpt-4.1-mini",
            "aresponses",
            {"tools": [{"type": "web_search_preview"}], "api_version": "preview"},
        ),
        SandboxEngine("perplexity", "perplexity/sonar"),
        SandboxEngine(
            "perplexity-agent",
            "perplexity/perplexity/sonar",
            "aresponses",
            {**_WEB_SEARCH, "extra_body": {"tool_choice": {"type": "web_search"}}},
        ),
        SandboxEngine("anthropic", "anthropic/claude-sonnet-5-5", options=_ANTHROPIC_SEARCH),
        SandboxEngine("gemini", "gemini/gemini-3.8-flash", options={"web_search_options": {}}),
        SandboxEngine("xai", "xai/grok-4.7", "aresponses", {**_WEB_SEARCH, "tool_choice": "required"}),
        SandboxEngine(
            "openrouter",
            "openrouter/openai/gpt-5.2",
            options={"tools": [{"type": "openrouter:web_search"}]},
        ),
        SandboxEngine("groq", "groq/groq/compound"),
        SandboxEngine("mistral", "mistral/mistral-large-latest"),
        SandboxEngine("deepseek", "openai/deepseek-v4-flash", "aresponses", _WEB_SEARCH),
        SandboxEngine(
            "nova",
            "bedrock/us.amazon.nova-2-lite-v1:0",
            options={"web_search_options": {}, "aws_region_name": "us-east-1"},
        ),
    )
}

JUDGE = SandboxEngine("chat", "openai/gpt-5-nano")
"""A judge (`tracker.sandbox.judge`), not an answer engine: it knows no web."""
MODELS: Mapping[str, SandboxEngine] = {**ENGINES, "sandbox/judge": JUDGE}
