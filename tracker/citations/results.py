"""What a reader hands back: plain frozen facts, nothing of the engine's own shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Shape = Literal[
    "openai_responses",
    "perplexity_agent",
    "openai_chat",
    "openrouter",
    "perplexity_chat",
    "groq",
    "litellm",
    "gemini",
    "gemini_interactions",
    "anthropic",
    "bedrock",
    "cohere",
    "mistral",
    "exa",
    "tavily",
    "serpapi_overview",
    "serpapi_ai_mode",
    "dataforseo",
    "dataforseo_scraper",
    "dataforseo_responses",
    "brightdata",
    "oxylabs",
    "cloro",
    "apify",
    "error",
]
Kind = Literal["cited", "retrieved", "written"]
DomainFrom = Literal["url", "title", "redirect"]
Problem = Literal["error", "refusal", "pause", "empty", "cut off"]
CUT_OFF = frozenset(
    ("length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "max_steps", "incomplete")
)
"""Engines' words, in small letters, for an answer that ends where a limit was reached: half of it is missing,
so it is no row of any rate."""

# Raised whenever the same body would be read differently, so that `reread` knows which rows are stale.
READER_VERSION = 6


@dataclass(frozen=True, slots=True)
class ReadCitation:
    """One occurrence of a page. `position` counts from 1 within its kind; `url` is verbatim."""

    url: str
    kind: Kind
    position: int
    start: int | None
    end: int | None
    title: str | None
    domain: str | None
    domain_from: DomainFrom


@dataclass(frozen=True, slots=True)
class Usage:
    """What the engine says it used; `reported_micros` only where the body itself names a price."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    searches_billed: int | None = None
    reported_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One body, read. `search_used` is None where the shape cannot tell; offsets count code points of `text`.

    `stop` is the engine's own word for why it ended; `problem` says why this is no answer, `detail` in the
    engine's words. `warnings` are oddities met on the way that change no number.
    """

    shape: Shape
    engine_model: str | None
    search_used: bool | None
    text: str
    searches: tuple[str, ...]
    citations: tuple[ReadCitation, ...]
    stop: str | None
    problem: Problem | None
    usage: Usage
    detail: str | None = None
    warnings: tuple[str, ...] = ()

    def of_kind(self, kind: Kind) -> tuple[ReadCitation, ...]:
        return tuple(citation for citation in self.citations if citation.kind == kind)


def as_json(reading: Reading) -> dict[str, Any]:
    """The public form of `citelift read-raw --json`: cited in order, then retrieved, then written."""
    return {
        "shape": reading.shape,
        "engine_model": reading.engine_model,
        "search_used": reading.search_used,
        "text": reading.text,
        "searches": list(reading.searches),
        "citations": [
            {
                "url": citation.url,
                "kind": citation.kind,
                "position": citation.position,
                "start": citation.start,
                "end": citation.end,
                "title": citation.title,
                "domain": citation.domain,
            }
            for citation in reading.citations
        ],
    }
