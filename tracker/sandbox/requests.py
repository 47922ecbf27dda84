"""What is asked in a request of any engine's dialect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tracker.sandbox.writing import Json

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
class Request:
    shape: Shape
    model: str
    prompt: str
    search: bool
    forced: bool


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
    if path.endswith("/conversations"):
        return "mistral"
    return "nova" if path.endswith("/converse") else None


def _chat_family(model: str) -> Shape:
    if model.startswith("sonar"):
        return "perplexity"
    if "compound" in model:
        return "groq"
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
    turns = next((body[name] for name in ("messages", "contents", "input", "inputs") if body.get(name)), "")
    if not isinstance(turns, list):
        return _text_of(turns)
    user_turns = [t for t in turns if not isinstance(t, dict) or t.get("role", "user") == "user"]
    return _text_of(user_turns[-1]) if user_turns else ""


def _asks_for_search(shape: Shape, model: str, body: Json) -> bool:
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
