"""Every way in which an ask can fail, under one of a few names that decide what happens next."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

import httpx

from tracker import retry_after as retry
from tracker import settings
from tracker.citations.failure import NO_REASON, read_error
from tracker.citations.values import parse_body
from tracker.errors import CiteliftError, DataError

Reason = Literal[
    "rate limited",
    "engine error",
    "timeout",
    "no connection",
    "unreadable reply",
    "empty answer",
    "key refused",
    "no credit",
    "no such model",
    "request refused",
    "content refused",
    "engine stopped",
    "no budget",
    "left the catalog",
    "maybe paid",
]
PROBLEMS: Mapping[str, Reason] = {
    "error": "engine error",
    "refusal": "content refused",
    "empty": "empty answer",
}
"""What a reading calls a problem, as the reason of an ask that has no answer."""
RETRYABLE: frozenset[Reason] = frozenset(
    {"rate limited", "engine error", "timeout", "no connection", "unreadable reply"}
)
FATAL: frozenset[Reason] = frozenset({"key refused", "no credit", "no such model"})
"""What no other ask of the same engine can do better: the engine is left alone for the rest of the run."""
PASSING: frozenset[Reason] = RETRYABLE | FATAL | {"engine stopped", "no budget"}
"""What another day, key or budget may mend: worth asking again then. The others are the engine's last
word."""
HINTS: Mapping[str, str] = {
    "key refused": "check the engine's key in the environment; `citelift check` names the variable",
    "no credit": "top up the account of the engine",
    "no such model": "check `model:` in engines.yaml, and that the account may use it",
    "request refused": "check `options:` in engines.yaml; `citelift check --live` asks one question",
    "no connection": "check the network, and `api_base` where one is set",
    "rate limited": "lower `rpm:` or `concurrency:` of the engine",
    "maybe paid": "`after_crash: ask_again` in engines.yaml has `citelift run --resume` ask them again",
    "timeout": "raise CITELIFT_TIMEOUT_SECONDS, or lower `concurrency:`",
}
DETAIL = 500
"""Characters that are kept of an engine's own words."""


class AskFailed(Exception):  # noqa: N818
    """Why there is no reply. `maybe_paid`: the engine may have worked, and charged, before the failure."""

    def __init__(
        self, reason: Reason, detail: str, *, retry_after: float | None = None, maybe_paid: bool = False
    ) -> None:
        detail = redact(_explained(detail))[:DETAIL]
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.retry_after, self.maybe_paid = reason, detail, retry_after, maybe_paid

    @property
    def retryable(self) -> bool:
        return self.reason in RETRYABLE


_WRAPPING = re.compile(r"^(?:litellm\.)?(?:\w+(?:Error|Exception)(?:: | - ))+")


def _explained(text: str) -> str:
    """The engine's own sentence, without litellm's names for it and the JSON around it."""
    text = _WRAPPING.sub("", text.strip().removeprefix("litellm.")).split("\nTraceback (most recent", 1)[0]
    try:
        body = parse_body(text) if text.startswith("{") else None
    except DataError:
        return text
    explanation = read_error(body).detail if body else None
    return explanation if explanation and explanation != NO_REASON else text


_NOT_JSON = re.compile(
    r"(?i)expecting value|unable to get json|unterminated string|delimiter: line|enclosed in double quotes"
    r"|invalid response object|error (?:parsing|decoding) .{0,40}json|jsondecodeerror|error while decoding "
    r"json"
    r"|codec can't decode|maximum recursion depth|empty or invalid response"
)


# litellm gives a reply that came and holds no answer the status of a request that was refused, or of a broken
# connection.
_NO_ANSWER = re.compile(
    r"Error converting to valid response|provider returned (?:'choices'|a response with no 'choices')"
)
_STUMBLES = (TypeError, KeyError, IndexError, AttributeError, ValueError)
# What litellm and the SDKs miss before they send anything; it comes with the face of a broken connection or a
# 500.
_UNSENT: tuple[tuple[re.Pattern[str], Reason], ...] = (
    (
        re.compile(r"(?i:missing credentials|missing .{0,20}api[ _]key)|\b[A-Z_]+_(?:KEY|TOKEN) is not set"),
        "key refused",
    ),
    (re.compile(r"No module named|api_base is required"), "request refused"),
)


def named(error: Exception) -> AskFailed:
    """Which of our reasons an exception of litellm, its SDKs or the network is."""
    kind = type(error).__name__
    if isinstance(error, TimeoutError | httpx.TimeoutException) or "Timeout" in kind:
        return AskFailed("timeout", "no complete reply in time", maybe_paid=True)
    if isinstance(error, json.JSONDecodeError):
        return AskFailed("unreadable reply", str(error), maybe_paid=True)
    if isinstance(error, CiteliftError):
        return AskFailed("request refused", str(error))
    status = getattr(error, "status_code", None)
    text = str(getattr(error, "message", "") or error)
    if status in {None, 500} and (unsent := next((why for sign, why in _UNSENT if sign.search(text)), None)):
        return AskFailed(unsent, text)
    if "ContentPolicy" in kind:
        return AskFailed("content refused", text)
    if "ResponseValidation" in kind or (status in {None, 200, 500} and _NOT_JSON.search(text)):
        return AskFailed("unreadable reply", text, maybe_paid=True)
    if _NO_ANSWER.search(text):
        return AskFailed("unreadable reply", text, maybe_paid=True)
    causes = list(_causes(error))
    broken = any(isinstance(one, httpx.TransportError | OSError) for one in causes)
    lost = any("APIConnection" in type(one).__name__ for one in causes)
    if lost and not broken and any(isinstance(one, _STUMBLES) for one in causes):
        return AskFailed("unreadable reply", text, maybe_paid=True)
    if lost or broken:
        return AskFailed("no connection", text, maybe_paid=not _never_sent(causes))
    if isinstance(status, int) and status >= 400:
        return by_status(status, text, getattr(error, "litellm_response_headers", None) or {})
    return AskFailed("unreadable reply", f"{kind}: {text}", maybe_paid=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from: litellm gives "nobody answers" the face of an engine's 500."""
    chain: BaseException | None = error
    while chain is not None:
        yield chain
        chain = chain.__cause__ or chain.__context__


def _never_sent(causes: Sequence[BaseException]) -> bool:
    """Whether the connection was refused before a request could go out, which costs nothing."""
    return any(
        isinstance(one, httpx.ConnectError | ConnectionRefusedError) or "Cannot connect to host" in str(one)
        for one in causes
    )


def by_status(status: int, text: str, headers: Mapping[str, str]) -> AskFailed:
    """The reason behind an HTTP status, with the engine's own word on when to come back."""
    wait = retry_after(headers, text)
    if status == 402 or (status in {400, 403} and _NO_CREDIT.search(text)):
        return AskFailed("no credit", text)
    if status == 429 and wait is None and (_NO_CREDIT.search(text) or "billing" in text.lower()):
        return AskFailed("no credit", text)
    if status == 429:
        return AskFailed("rate limited", text, retry_after=wait)
    if status == 403 and re.search(r"(?i)moderation|flagged|content policy|safety", text):
        return AskFailed("content refused", text)
    if status in {401, 403}:
        return AskFailed("key refused", text)
    if status in {404, 410} or (status in {400, 422} and _NO_MODEL.search(text)):
        return AskFailed("no such model", text)
    if status == 408:
        return AskFailed("timeout", text, maybe_paid=True)
    if status >= 500 or status in {409, 425}:
        return AskFailed("engine error", text, retry_after=wait)
    return AskFailed("request refused", text)


_NO_MODEL = re.compile(
    r"(?i)model_not_found|invalid model|unknown model|model\b.{0,80}\b(?:does not exist|not found|not exist"
    r"|is not valid|"
    r"not a valid|is not supported|has been (?:retired|deprecated|decommissioned))|not a valid model|LLM "
    r"Provider NOT provided"
)


# Anthropic says so with the status of a bad request, xAI with that of a bad key or of too many requests.
# Engines that name a time to come back only mean "too fast".
_NO_CREDIT = re.compile(
    r"(?i)insufficient[_ ](?:quota|credit|balance|funds)|credit[_ ]balance[_ ](?:is )?too[_ ]low"
    r"|used all available credits|monthly spending limit|purchase (?:more )?credits"
    r"|run out of (?:searches|credits)|credit balance does not cover|used all (?:of )?(?:your|the) searches"
)


def retry_after(headers: Mapping[str, str], text: str = "") -> float | None:
    """Seconds to wait: Retry-After in seconds or as a date, its milliseconds form, or a delay in the body."""
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    now = datetime.now(UTC)
    milliseconds = retry.seconds(lower.get("retry-after-ms"), now)
    if milliseconds is not None:
        return milliseconds / 1000
    wait = retry.seconds(lower.get("retry-after"), now)
    if wait is not None:
        return wait
    delay = re.search(r'retryDelay\\?"\s*:\s*\\?"(\d+(?:\.\d+)?)s', text)
    return float(delay[1]) if delay else None


_KEYS = re.compile(
    r"(?i)\b(?:sk|pk|pplx|gsk|xai|key|token|bearer|aiza)[-_ ]?(?=[A-Za-z0-9_\-]*[0-9])[A-Za-z0-9_\-]{12,}"
    r"|AIza[A-Za-z0-9_\-]{20,}|(?<=api_key=)[^&\s\"']+|(?<=[?&]key=)[^&\s\"']+"
)


def without_keys(body: bytes) -> bytes:
    """A reply as it came, but for our own keys where an engine sends them back."""
    for form in _forms():
        if form.encode() in body:
            body = body.replace(form.encode(), b"[key]")
    return body


_PAIRS = (("DATAFORSEO_LOGIN", "DATAFORSEO_PASSWORD"), ("OXYLABS_USERNAME", "OXYLABS_PASSWORD"))


def _forms() -> tuple[str, ...]:
    return forms_at(int(time.monotonic()))


@lru_cache(maxsize=1)
def forms_at(_second: int) -> tuple[str, ...]:
    """Worked out once a second: every reply is searched for them."""
    return tuple(dict.fromkeys(_written()))


def _written() -> Iterator[str]:
    """Every secret of the environment as it may be written: bare, in an address, in JSON, in a Basic
    header."""
    for pair in _PAIRS:
        name, password = (settings.key(variable) for variable in pair)
        if name and password:
            yield b64encode(f"{name.get_secret_value()}:{password.get_secret_value()}".encode()).decode()
    for secret in settings.secrets():
        yield from {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}


def redact(text: str) -> str:
    """The text without any key of the environment, nor anything that looks like one."""
    for form in _forms():
        text = text.replace(form, "[key]")
    return _KEYS.sub("[key]", text)
