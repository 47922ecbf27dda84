"""One planned ask → one raw reply, or a named failure. The only module that imports litellm.

litellm carries the request and knows the addresses; the reply is taken from it as the engine sent it. Its
retries, caches and fallbacks stay off: a fallback would answer with another engine, and a retry could pay
twice unseen.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import httpx

from tracker import settings
from tracker.citations import recognise
from tracker.citations.values import parse_body
from tracker.engines import adapters, hosts, sending
from tracker.engines.calls import call_for, plain_call, unknown_service
from tracker.engines.failures import AskFailed, Reason, named, redact, without_keys
from tracker.engines.places import located
from tracker.engines.prices import token_price
from tracker.engines.question import Question
from tracker.engines.row import Call
from tracker.engines.signing import secret
from tracker.engines.simulated import SIMULATED, is_sandbox
from tracker.errors import DataError

__all__ = ["AskFailed", "Question", "RawReply", "Reason", "ask", "redact"]

MAX_PARTS = 4
"""Requests that one answer may take where the engine pauses its turn."""
PARTS_KEY = "citelift_parts"


@dataclass(frozen=True)
class RawReply:
    """`body` as the engine sent it; the parts of a paused and continued turn together, in order."""

    body: bytes
    capture: Literal["raw", "normalised"]
    received_at: datetime
    latency_ms: int
    litellm_micros: int | None = None


async def ask(question: Question, *, may_continue: Callable[[], Awaitable[bool]] | None = None) -> RawReply:
    """Send one question and return the reply's body; every way of failing is an `AskFailed`.

    `may_continue` is asked before a paused turn is continued, which costs another request; without it the
    reply is left as it is.
    """
    call = call_for(question.model) if question.search else plain_call(question.model)
    if call is None:
        raise AskFailed("request refused", f"{question.model} cannot be asked without a search")
    if is_sandbox(question.model):
        _refuse_without_sandbox(question)
    if offered := unknown_service(question.model):
        raise AskFailed("request refused", f"no engine is called {question.model}: there are {offered}")
    if problem := hosts.refusal(call, question.model, question.options):
        raise AskFailed("request refused", problem)
    parts: list[RawReply] = []
    try:
        parts.append(await _send(question, call, None))
        while may_continue and len(parts) < MAX_PARTS and _is_paused(parts[-1].body) and await may_continue():
            parts.append(await _send(question, call, [json.loads(part.body) for part in parts]))
    except AskFailed as failure:
        failure.maybe_paid = failure.maybe_paid or bool(parts)
        raise
    return parts[0] if len(parts) == 1 else _together(parts)


def _refuse_without_sandbox(question: Question) -> None:
    """What is meant for a simulated engine goes nowhere else."""
    if question.model not in SIMULATED:
        known = ", ".join(sorted(SIMULATED))
        raise AskFailed("request refused", f"the sandbox has no {question.model}; it has {known}")
    if question.api_base is None:
        raise AskFailed("no connection", "no sandbox is running")


async def _send(question: Question, call: Call, before: list[dict[str, Any]] | None) -> RawReply:
    with hosts.gated(call) as gate:
        return await _through(gate, question, call, before)


async def _through(
    gate: hosts.RequestGate, question: Question, call: Call, before: list[dict[str, Any]] | None
) -> RawReply:
    if call.route != "http":
        _litellm()  # its first import takes seconds, which are not the engine's
    started = time.monotonic()
    captured = _Captured()
    token = _captured.set(captured)
    response: Any = None
    try:
        async with asyncio.timeout(max(question.timeout + 5, call.takes_seconds)):
            if call.route == "http":
                captured.body = await adapters.send(question, call)
            else:
                response = await _over_litellm(question, call, before, captured)
    except AskFailed as failure:
        raise _placed(failure, question, call) from None
    except Exception as error:  # noqa: BLE001  the one broad except: whatever went wrong is this ask's outcome
        if gate.refused:
            raise AskFailed("request refused", gate.refused) from None
        # litellm may stumble over a reply that is there, and paid for; its own form of it is not needed.
        if not _is_reply(captured.body):
            raise _placed(named(error), question, call) from None
    finally:
        _captured.reset(token)
    body, capture = _body(captured.body, response)
    if len(body) > sending.MAX_BODY:
        raise AskFailed("unreadable reply", f"more than {sending.MAX_BODY:,} bytes", maybe_paid=True)
    return RawReply(without_keys(body), capture, datetime.now(UTC), _milliseconds(started), _micros(response))


def _placed(failure: AskFailed, question: Question, call: Call) -> AskFailed:
    """Where somebody else's address was asked and does not know the path or the model, it is named."""
    base = _base(question, call)
    if failure.reason != "no such model" or base is None or base == call.api_base or call.imitates:
        return failure
    detail = f"not found under api_base {base} (does its path fit the engine?): {failure.detail}"
    return AskFailed(failure.reason, detail, maybe_paid=failure.maybe_paid)


def _is_paused(body: bytes) -> bool:
    """Anthropic may stop in the middle of a long turn, and goes on when it gets its own content back."""
    if b"pause_turn" not in body:
        return False
    try:
        reply = parse_body(body)
    except DataError:
        return False
    return reply.get("stop_reason") == "pause_turn" and isinstance(reply.get("content"), list)


def _together(parts: list[RawReply]) -> RawReply:
    bodies = b",".join(part.body for part in parts)
    costs = [part.litellm_micros for part in parts]
    return replace(
        parts[-1],
        body=b'{"' + PARTS_KEY.encode() + b'":[' + bodies + b"]}",
        latency_ms=sum(part.latency_ms for part in parts),
        litellm_micros=None if None in costs else sum(cost or 0 for cost in costs),
    )


async def _over_litellm(
    question: Question, call: Call, before: list[dict[str, Any]] | None, captured: _Captured
) -> Any:
    litellm = _litellm()
    _without_records()
    route, model, arguments = _arguments(question, call)
    arguments |= {"timeout": question.timeout, "num_retries": 0}
    captured.known_price = token_price(model) is not None
    if before:
        return await _go_on(litellm, question, model, arguments, before)
    if route == "responses":
        return await litellm.aresponses(model=model, input=question.text, stream=False, **arguments)
    messages = [{"role": "user", "content": question.text}]
    return await litellm.acompletion(model=model, messages=messages, stream=False, max_retries=0, **arguments)


def _is_reply(raw: Any) -> bool:
    try:
        return isinstance(raw, str | bytes) and recognise(raw) != "error"
    except DataError:
        return False


async def _go_on(
    litellm: Any, question: Question, model: str, arguments: dict[str, Any], before: list[dict[str, Any]]
) -> Any:
    """The rest of a paused turn. litellm's chat call would drop the citations of the content that is sent
    back, so this goes through its Anthropic call, which passes messages on as they are."""
    content = [block for part in before for block in part.get("content", [])]
    messages = [{"role": "user", "content": question.text}, {"role": "assistant", "content": content}]
    return await litellm.anthropic_messages(model=model, messages=messages, stream=False, **arguments)


def _micros(response: Any) -> int | None:
    hidden = getattr(response, "_hidden_params", None) or {}
    dollars = hidden.get("response_cost")
    return round(dollars * 1e6) if dollars else None


def _arguments(question: Question, call: Call) -> tuple[Literal["chat", "responses"], str, dict[str, Any]]:
    """(call family, litellm's model, keyword arguments)"""
    options = located(call, {**call.options, **question.own_options}, question.place)
    responses = call.route == "responses"
    limit = "max_output_tokens" if responses else "max_tokens"
    other = {"max_completion_tokens"} & options.keys()
    arguments: dict[str, Any] = ({} if other else {limit: call.max_tokens}) | options
    if (call.sends_key or call.imitates) and (key := secret(call)):
        arguments["api_key"] = key
    if question.headers:
        arguments["extra_headers"] = {**options.get("extra_headers", {}), **question.headers}
    if base := _base(question, call):
        arguments["api_base"] = base
    return "responses" if responses else "chat", call.model(question.model), arguments


def _base(question: Question, call: Call) -> str | None:
    return question.api_base or question.options.get("api_base") or _usual_base(call)


def _usual_base(call: Call) -> str | None:
    address = settings.key(call.base_variable) if call.base_variable else None
    return address.get_secret_value() if address else call.api_base


def _body(raw: Any, response: Any) -> tuple[bytes, Literal["raw", "normalised"]]:
    if isinstance(raw, bytes | bytearray) and raw:
        return bytes(raw), "raw"
    if isinstance(raw, str) and raw.strip():
        return raw.encode("utf-8", "surrogatepass"), "raw"
    if isinstance(raw, dict):
        return json.dumps(raw, ensure_ascii=False).encode(), "raw"
    dumped = response if isinstance(response, dict) else response.model_dump()
    return json.dumps(dumped, ensure_ascii=False, default=str).encode(), "normalised"


@dataclass
class _Captured:
    known_price: bool = False
    body: Any = None


_captured: ContextVar[_Captured | None] = ContextVar("captured", default=None)


@cache
def _litellm() -> Any:
    """litellm, quiet and offline, leaving the engines' own bodies in `_captured`."""
    import gc
    import logging
    import os
    import warnings

    # Else importing it fetches a file from the network.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOG", "CRITICAL")
    gc.disable()  # looking for garbage while it loads takes a quarter of the time, and there is none
    try:
        import litellm
        from litellm.integrations.custom_logger import CustomLogger
        from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport
    finally:
        gc.freeze()
        gc.enable()

    class Capture(CustomLogger):
        def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            captured = _captured.get()
            if captured is not None:
                captured.body = kwargs.get("original_response")
                if captured.known_price:
                    # Else litellm prices the reply, at a tenth of the call's time; `tracker.engines.prices`
                    # does that.
                    kwargs["cache_hit"] = True

    # Engines add fields that litellm's types do not foresee; the raw body is what is read.
    warnings.filterwarnings("ignore", message="(?s).*Pydantic serializer warnings")
    hosts.guard(LiteLLMAiohttpTransport)
    hosts.guard(httpx.AsyncHTTPTransport)
    litellm.input_callback = [Capture()]
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    litellm.telemetry = False
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


def _without_records() -> None:
    """litellm's own record of every success and failure, which nobody here reads, takes a tenth of a call's
    time."""
    try:
        from litellm._internal_context import is_internal_call
    except ImportError:
        return
    is_internal_call.set(True)


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
