"""Which shape a body has, and the reader for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, get_args

from tracker.citations.anthropic import read_anthropic
from tracker.citations.chat import read_groq, read_openai_chat, read_openrouter, read_perplexity_chat
from tracker.citations.dataforseo import (
    read_dataforseo,
    read_dataforseo_responses,
    read_dataforseo_scraper,
)
from tracker.citations.documents import read_bedrock, read_cohere, read_mistral
from tracker.citations.draft import Draft
from tracker.citations.failure import read_error
from tracker.citations.gemini import camel_case, read_gemini
from tracker.citations.interactions import read_interactions
from tracker.citations.normalised import read_litellm
from tracker.citations.responses import read_perplexity_agent, read_responses
from tracker.citations.results import Kind, ReadCitation, Reading, Shape, Usage
from tracker.citations.scrapers import read_apify, read_brightdata, read_cloro, read_oxylabs
from tracker.citations.search_apis import read_exa, read_tavily
from tracker.citations.serp import read_serpapi_ai_mode, read_serpapi_overview
from tracker.citations.shapes import recognise_shape
from tracker.citations.stream import joined
from tracker.citations.unknown import keys_unknown
from tracker.citations.values import at, parse_body, record
from tracker.errors import DataError, UsageError

SHAPES: tuple[Shape, ...] = get_args(Shape)

_READERS: dict[Shape, Callable[[dict[str, Any]], Draft]] = {
    "openai_responses": read_responses,
    "perplexity_agent": read_perplexity_agent,
    "openai_chat": read_openai_chat,
    "openrouter": read_openrouter,
    "perplexity_chat": read_perplexity_chat,
    "groq": read_groq,
    "litellm": read_litellm,
    "gemini": read_gemini,
    "gemini_interactions": read_interactions,
    "anthropic": read_anthropic,
    "bedrock": read_bedrock,
    "cohere": read_cohere,
    "mistral": read_mistral,
    "exa": read_exa,
    "tavily": read_tavily,
    "serpapi_overview": read_serpapi_overview,
    "serpapi_ai_mode": read_serpapi_ai_mode,
    "dataforseo": read_dataforseo,
    "dataforseo_scraper": read_dataforseo_scraper,
    "dataforseo_responses": read_dataforseo_responses,
    "brightdata": read_brightdata,
    "oxylabs": read_oxylabs,
    "cloro": read_cloro,
    "apify": read_apify,
    "error": read_error,
}

_ENVELOPES = (("response", "body"), ("response",), ("result", "message"), ("result",), ("body",))


def read(body: str | bytes | dict[str, Any], shape: Shape | Literal["auto"] = "auto") -> Reading:
    """Raises `DataError` where the body is no JSON object or has no known shape; never anything else."""
    known, name = _prepared(body, shape)
    return _READERS[name](known).reading()


def recognise(body: str | bytes | dict[str, Any]) -> Shape:
    """The shape of a body by its content; raises `DataError` naming the known ones."""
    return _prepared(body, "auto")[1]


def unknown_keys(body: str | bytes | dict[str, Any], shape: Shape | Literal["auto"] = "auto") -> list[str]:
    """Paths (`a.b[].c`) and kinds (`a.type = 'x'`) in the body that no reader knows; empty is good news."""
    return keys_unknown(*_prepared(body, shape))


def _prepared(body: str | bytes | dict[str, Any], shape: str) -> tuple[dict[str, Any], Shape]:
    known = parse_body(body, joined)
    if shape == "auto":
        known = _unwrapped(known)
    name = _chosen(known, shape)
    return (camel_case(known) if name == "gemini" else known), name


def _unwrapped(body: dict[str, Any]) -> dict[str, Any]:
    """The reply in a line of a batch, in a job's result or in the last event of a stream."""
    if recognise_shape(body) is None:
        for path in _ENVELOPES:
            inner = record(at(body, *path))
            if inner and recognise_shape(inner) is not None:
                return inner
    return body


def _chosen(body: dict[str, Any], shape: str) -> Shape:
    if shape == "auto":
        recognised = recognise_shape(body)
        if recognised is None:
            raise DataError(
                f"no known shape has the keys {_some(sorted(map(str, body)))}",
                f"name the shape, one of: {', '.join(SHAPES)}",
            )
        return recognised
    for known in SHAPES:
        if shape == known:
            return known
    raise UsageError(f"no shape is called {shape!r}", f"use auto or one of: {', '.join(SHAPES)}")


def _some(keys: list[str]) -> str:
    return (
        ", ".join(keys[:8]) + (f" and {len(keys) - 8} more" if len(keys) > 8 else "")
        if keys
        else "of nothing"
    )


def merge(parts: Sequence[Reading]) -> Reading:
    """One answer from the parts of an interrupted turn: text joined, spans moved, tokens added.

    The last part says how it ended; a search in any part is a search.
    """
    if not parts:
        raise UsageError("there is nothing to merge", "give at least one reading")
    last, citations, shift = parts[-1], [], 0
    for part in parts:
        citations += [_moved(citation, shift) for citation in part.citations]
        shift += len(part.text)
    text = "".join(part.text for part in parts)
    empty = last.problem == "empty" and bool(text.strip())
    return replace(
        last,
        engine_model=next((part.engine_model for part in reversed(parts) if part.engine_model), None),
        search_used=_any_search([part.search_used for part in parts]),
        text=text,
        searches=tuple(search for part in parts for search in part.searches),
        citations=_renumbered(citations),
        problem=None if empty else last.problem,
        detail=None if empty else last.detail,
        usage=_summed([part.usage for part in parts]),
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
    )


def _moved(citation: ReadCitation, shift: int) -> ReadCitation:
    if citation.start is None or citation.end is None:
        return citation
    return replace(citation, start=citation.start + shift, end=citation.end + shift)


def _renumbered(citations: list[ReadCitation]) -> tuple[ReadCitation, ...]:
    return tuple(
        replace(citation, position=position)
        for kind in get_args(Kind)
        for position, citation in enumerate((one for one in citations if one.kind == kind), start=1)
    )


def _any_search(used: list[bool | None]) -> bool | None:
    return True if True in used else (None if None in used else False)


def _summed(usages: list[Usage]) -> Usage:
    def total(name: str) -> int | None:
        known = [getattr(usage, name) for usage in usages]
        return None if None in known else sum(known)

    return Usage(*(total(field.name) for field in fields(Usage)))
