"""One planned ask → one raw reply, or a named failure. The only module that imports litellm.

litellm carries the request and knows the addresses; the reply is taken from it as the engine sent it. Its retries,
caches and fallbacks stay off: a fallback would answer with another engine, and a retry could pay twice unseen.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Literal

import httpx

from tracker import settings
from tracker.engines import MAX_TOKENS, Call, call_for, is_sandbox
from tracker.errors import EngineError

Reason = Literal[
    "rate limited",
    "engine error",
    "timeout",
    "no connection",
    "unreadable reply",
    "empty answer",
    "key refused",
    "no credit",
    "request refused",
    "content refused",
    "no search",
    "engine stopped",
    "no budget",
]
RETRYABLE: frozenset[Reason] = frozenset(
    {"rate limited", "engine error", "timeout", "no connection", "unreadable reply"}
)
FATAL: frozenset[Reason] = frozenset({"key refused", "no credit"})
"""What no other ask of the same engine can do better: the engine is left alone for the rest of the run."""
MAX_BODY = 20_000_000


@dataclass(frozen=True)
class Question:
    text: str
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    country: str | None = None
    language: str | None = None
    timeout: float = 180
    api_base: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent to the sandbox only: which ask this is, and for which simulated date."""


@dataclass(frozen=True)
class RawReply:
    body: bytes
    capture: Literal["raw", "normalised"]
    received_at: datetime
    latency_ms: int
    litellm_micros: int | None = None


class AskFailed(Exception):  # noqa: N818
    """Why there is no reply. `maybe_paid`: the engine may have worked, and charged, before the failure."""

    def __init__(
        self, reason: Reason, detail: str, *, retry_after: float | None = None, maybe_paid: bool = False
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.retry_after, self.maybe_paid = reason, detail, retry_after, maybe_paid

    @property
    def retryable(self) -> bool:
        return self.reason in RETRYABLE


async def ask(question: Question) -> RawReply:
    """Send one question and return the reply's body; every way of failing is an `AskFailed`."""
    call = call_for(question.model)
    started = time.monotonic()
    try:
        async with asyncio.timeout(question.timeout + 5):
            if call.route == "http":
                return await _over_http(question, call, started)
            return await _over_litellm(question, call, started)
    except AskFailed:
        raise
    except Exception as error:  # noqa: BLE001  the one broad except: whatever went wrong is this ask's outcome
        raise _named(error) from None


async def _over_litellm(question: Question, call: Call, started: float) -> RawReply:
    litellm, captured = _litellm()
    arguments, model = _arguments(question, call)
    call_id = f"citelift-{time.monotonic_ns()}-{id(arguments)}"
    arguments |= {"litellm_call_id": call_id, "timeout": question.timeout, "num_retries": 0, "stream": False}
    try:
        if arguments.pop("_route") == "responses":
            response = await litellm.aresponses(model=model, input=question.text, **arguments)
        else:
            messages = [{"role": "user", "content": question.text}]
            response = await litellm.acompletion(model=model, messages=messages, max_retries=0, **arguments)
    finally:
        raw = captured.pop(call_id, None)
    hidden = getattr(response, "_hidden_params", None) or {}
    dollars = hidden.get("response_cost")
    body, capture = _body(raw, response)
    return RawReply(
        body, capture, datetime.now(UTC), _milliseconds(started), round(dollars * 1e6) if dollars else None
    )


def _arguments(question: Question, call: Call) -> tuple[dict[str, Any], str]:
    if is_sandbox(question.model):
        return _sandbox_arguments(question)
    options = {**call.options, **question.options}
    if question.country:
        options = _located(options, question.country)
    limit = "max_output_tokens" if call.route == "responses" else "max_tokens"
    arguments: dict[str, Any] = {"_route": call.route, limit: MAX_TOKENS, **options}
    if secret := _api_key(call):
        arguments["api_key"] = secret
    base = question.api_base or call.api_base
    if base:
        arguments["api_base"] = base
    if call.keys[:2] == ("AZURE_API_KEY", "AZURE_API_BASE") and "api_base" not in arguments:
        address = settings.key("AZURE_API_BASE")
        arguments["api_base"] = address.get_secret_value() if address else None
    return arguments, call.model(question.model)


def _sandbox_arguments(question: Question) -> tuple[dict[str, Any], str]:
    from tracker.sandbox import ENGINES

    engine = ENGINES.get(question.model)
    if engine is None:
        raise AskFailed(
            "request refused", f"the sandbox has no {question.model}; it has {', '.join(sorted(ENGINES))}"
        )
    route = "responses" if engine.call == "aresponses" else "chat"
    arguments = {"_route": route, "api_base": question.api_base, "api_key": "sandbox", **engine.options}
    return arguments | {"extra_headers": dict(question.headers), **question.options}, engine.litellm_model


def _located(options: dict[str, Any], country: str) -> dict[str, Any]:
    """Ask for results of a country, in the engines whose search takes one."""
    place = {"type": "approximate", "country": country}
    tools = [
        {**tool, "user_location": tool.get("user_location", place)}
        if str(tool.get("type", "")).startswith("web_search")
        else tool
        for tool in options.get("tools", [])
    ]
    located = {**options, "tools": tools} if tools else dict(options)
    if "web_search_options" in options:
        searching = {"user_location": {"type": "approximate", "approximate": {"country": country}}}
        located["web_search_options"] = searching | options["web_search_options"]
    return located


def _api_key(call: Call) -> str | None:
    if not call.keys or call.keys[0].startswith(("AWS_", "GOOGLE_", "DATAFORSEO_")):
        return None
    found = next((secret for name in call.keys[0].split("|") if (secret := settings.key(name))), None)
    return found.get_secret_value() if found else None


def _body(raw: Any, response: Any) -> tuple[bytes, Literal["raw", "normalised"]]:
    if isinstance(raw, bytes | bytearray) and raw:
        return bytes(raw), "raw"
    if isinstance(raw, str) and raw.strip():
        return raw.encode(), "raw"
    if isinstance(raw, dict):
        return json.dumps(raw, ensure_ascii=False).encode(), "raw"
    return json.dumps(response.model_dump(), ensure_ascii=False, default=str).encode(), "normalised"


@cache
def _litellm() -> tuple[Any, dict[str, Any]]:
    """litellm, quiet and offline, and the place where it leaves the engines' own bodies."""
    import logging
    import os
    import warnings

    os.environ.setdefault(
        "LITELLM_LOCAL_MODEL_COST_MAP", "True"
    )  # else importing it fetches a file from the network
    os.environ.setdefault("LITELLM_LOG", "CRITICAL")
    import litellm
    from litellm.integrations.custom_logger import CustomLogger

    captured: dict[str, Any] = {}

    class Capture(CustomLogger):  # type: ignore[misc]
        def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            captured[kwargs.get("litellm_call_id")] = kwargs.get("original_response")

    # Engines add fields that litellm's types do not foresee; the raw body is what is read.
    warnings.filterwarnings("ignore", message="(?s).*Pydantic serializer warnings")
    litellm.callbacks = [Capture()]
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    litellm.telemetry = False
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm, captured


async def _over_http(question: Question, call: Call, started: float) -> RawReply:
    build = {"serpapi": _serpapi, "dataforseo": _dataforseo, "mistral": _mistral, "exa": _exa}[
        call.adapter or ""
    ]
    request = build(question, call)
    async with httpx.AsyncClient(timeout=question.timeout, trust_env=False) as client:
        response = await client.send(request)
        body = response.content
        if call.adapter == "serpapi" and (token := _page_token(body)):
            response = await client.send(_serpapi(question, call, token))
            body = response.content
    if response.status_code >= 400:
        raise _by_status(response.status_code, body.decode("utf-8", "replace"), response.headers)
    if len(body) > MAX_BODY:
        raise AskFailed("unreadable reply", f"{len(body):,} bytes", maybe_paid=True)
    try:
        json.loads(body)
    except ValueError:
        raise AskFailed("unreadable reply", f"not JSON: {body[:80]!r}", maybe_paid=True) from None
    return RawReply(body, "raw", datetime.now(UTC), _milliseconds(started))


def _serpapi(question: Question, call: Call, page_token: str | None = None) -> httpx.Request:
    engine = question.model.removeprefix("serpapi/")
    parameters = {"engine": "google" if engine == "google_ai_overview" else engine, "q": question.text}
    if page_token:
        parameters = {"engine": "google_ai_overview", "page_token": page_token}
    parameters |= {
        "gl": (question.country or "us").lower(),
        "hl": question.language or "en",
        "api_key": _api_key(call) or "",
    }
    parameters |= {name: str(value) for name, value in question.options.items()}
    return httpx.Request(
        "GET", f"{question.api_base or 'https://serpapi.com'}/search.json", params=parameters
    )


def _page_token(body: bytes) -> str | None:
    """Google shows some overviews only on a second request, which SerpApi names by a token that lives for minutes."""
    try:
        overview = json.loads(body).get("ai_overview") or {}
    except (ValueError, AttributeError):
        return None
    token = (
        overview.get("page_token") if isinstance(overview, dict) and not overview.get("text_blocks") else None
    )
    return token if isinstance(token, str) else None


def _dataforseo(question: Question, call: Call) -> httpx.Request:
    path = question.model.removeprefix("dataforseo/")
    login, password = (settings.key(name) for name in call.keys)
    pair = f"{login.get_secret_value() if login else ''}:{password.get_secret_value() if password else ''}"
    task = {"keyword": question.text, "location_code": 2840, "language_code": question.language or "en"}
    if question.country:
        task |= {
            "location_name": None,
            "location_code": None,
            "location_coordinate": None,
            "country_iso_code": question.country,
        }
        task = {name: value for name, value in task.items() if value is not None}
    base = question.api_base or "https://api.dataforseo.com"
    return httpx.Request(
        "POST",
        f"{base}/v3/serp/google/{path}/live/advanced",
        json=[{**task, **question.options}],
        headers={"Authorization": "Basic " + b64encode(pair.encode()).decode()},
    )


def _mistral(question: Question, call: Call) -> httpx.Request:
    body = {
        "model": question.model.removeprefix("mistral/"),
        "inputs": question.text,
        "tools": [{"type": "web_search"}],
        "stream": False,
        "store": False,
        **question.options,
    }
    base = question.api_base or "https://api.mistral.ai"
    headers = {"Authorization": f"Bearer {_api_key(call)}"}
    return httpx.Request("POST", f"{base}/v1/conversations", json=body, headers=headers)


def _exa(question: Question, call: Call) -> httpx.Request:
    base = question.api_base or "https://api.exa.ai"
    headers = {"x-api-key": _api_key(call) or ""}
    return httpx.Request(
        "POST", f"{base}/answer", json={"query": question.text, **question.options}, headers=headers
    )


def _named(error: Exception) -> AskFailed:
    """Which of our reasons an exception of litellm, its SDKs or the network is."""
    if isinstance(error, TimeoutError | httpx.TimeoutException) or "Timeout" in type(error).__name__:
        return AskFailed("timeout", "no complete reply in time", maybe_paid=True)
    if isinstance(error, json.JSONDecodeError):
        return AskFailed("unreadable reply", str(error), maybe_paid=True)
    if isinstance(error, EngineError):
        return AskFailed("request refused", str(error))
    status = getattr(error, "status_code", None)
    text = redact(str(getattr(error, "message", "") or error))
    if "ContentPolicy" in type(error).__name__:
        return AskFailed("content refused", text[:500])
    if re.search(
        r"(?i)json|expecting value|unable to get json|validation error|invalid response object", text
    ) and status in {None, 200, 422, 500}:
        return AskFailed("unreadable reply", text[:500], maybe_paid=True)
    if "APIConnection" in type(error).__name__ or isinstance(error, httpx.TransportError | OSError):
        return AskFailed("no connection", text[:500], maybe_paid=not isinstance(error, httpx.ConnectError))
    if isinstance(status, int) and status >= 400:
        return _by_status(status, text, getattr(error, "litellm_response_headers", None) or {})
    return AskFailed("unreadable reply", f"{type(error).__name__}: {text[:500]}", maybe_paid=True)


def _by_status(status: int, text: str, headers: Mapping[str, str]) -> AskFailed:
    text = redact(text)[:500]
    if status == 402 or (
        status == 429 and re.search(r"(?i)insufficient_quota|exceeded your current quota|credit", text)
    ):
        return AskFailed("no credit", text)
    if status == 429:
        return AskFailed("rate limited", text, retry_after=_seconds(headers.get("retry-after")))
    if status in {401, 403}:
        return AskFailed("key refused", text)
    if status == 408:
        return AskFailed("timeout", text, maybe_paid=True)
    if status >= 500:
        return AskFailed("engine error", text, retry_after=_seconds(headers.get("retry-after")))
    return AskFailed("request refused", text)


def _seconds(header: str | None) -> float | None:
    """Retry-After: seconds, or the date until when."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


_KEYS = re.compile(
    r"(?i)\b(sk|pk|pplx|gsk|xai|key|token|bearer|aiza)[-_ ]?[A-Za-z0-9_\-]{12,}|AIza[A-Za-z0-9_\-]{20,}"
)


def redact(text: str) -> str:
    """The text without any key of the environment, nor anything that looks like one."""
    for secret in settings.secrets():
        text = text.replace(secret, "[key]")
    return _KEYS.sub("[key]", text)


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
