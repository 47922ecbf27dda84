"""Each engine's HTTP dialect: how its reply carries text and citations, and how it says no.

A renderer returns the body together with what a correct reader must get out of it, so that the tests hold
readers to the truth and not to another reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tracker.sandbox.answers import WorldAnswer
from tracker.sandbox.blocks import anthropic, gemini, mistral, nova
from tracker.sandbox.chats import chat, groq, openrouter, perplexity
from tracker.sandbox.requests import Shape
from tracker.sandbox.responses import azure, deepseek, perplexity_agent, responses, xai
from tracker.sandbox.world import SimulatedWorld
from tracker.sandbox.writing import Json, Rendered

_RENDERERS: Mapping[Shape, Callable[[SimulatedWorld, WorldAnswer, str], Rendered]] = {
    "chat": chat,
    "responses": responses,
    "azure": azure,
    "perplexity": perplexity,
    "perplexity-agent": perplexity_agent,
    "anthropic": anthropic,
    "gemini": gemini,
    "xai": xai,
    "openrouter": openrouter,
    "groq": groq,
    "mistral": mistral,
    "deepseek": deepseek,
    "nova": nova,
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
