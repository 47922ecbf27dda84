"""The simulated engines, and the real one that each imitates: it is asked by the same code, with the same
options, tools and limits. Only the address, a sandbox's (`tracker.sandbox`), and the key are others."""

from __future__ import annotations

from collections.abc import Mapping

KEY = "sandbox"
"""What a simulated engine is given for a key: no real one may reach it."""

SIMULATED: Mapping[str, str] = {
    "sandbox/chat": "openai/gpt-5-search-api",
    "sandbox/responses": "openai/gpt-6-luna",
    "sandbox/azure": "azure/gpt-4.1-mini",
    "sandbox/perplexity": "perplexity/sonar",
    "sandbox/perplexity-agent": "perplexity/perplexity/sonar",
    "sandbox/anthropic": "anthropic/claude-sonnet-5-5",
    "sandbox/gemini": "gemini/gemini-3.8-flash",
    "sandbox/xai": "xai/grok-4.7",
    "sandbox/openrouter": "openrouter/openai/gpt-5.2",
    "sandbox/groq": "groq/groq/compound",
    "sandbox/mistral": "mistral/mistral-large-latest",
    "sandbox/deepseek": "deepseek/deepseek-v4-flash",
    "sandbox/nova": "bedrock/us.amazon.nova-2-lite-v1:0",
    "sandbox/judge": "openai/gpt-6-luna",
}
"""The catalog's model string → the real one, which is on sale, so that prices are the real ones too."""
JUDGE = "sandbox/judge"
"""A word list that answers a judge's prompts, and no answer engine: it knows no web."""


def is_sandbox(model: str) -> bool:
    return model.startswith("sandbox/")
