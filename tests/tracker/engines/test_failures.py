"""Every failed ask has one reason, and only what may have reached the engine may have to be paid."""

from __future__ import annotations

import json
from typing import ClassVar

import httpx
import pytest

from tracker.engines.failures import by_status, named, without_keys
from tracker.errors import UsageError


class APIConnectionError(Exception):
    """litellm's name for what it lost on the way, whatever that was."""


class ContentPolicyViolationError(Exception):
    status_code = 400


class APIResponseValidationError(Exception):
    status_code = 200


class UnavailableError(Exception):
    status_code = 503
    litellm_response_headers: ClassVar = {"retry-after": "9"}


class InternalError(Exception):
    status_code = 500


def after(error: Exception, cause: Exception, *, told: bool = True) -> Exception:
    """`error` as it stands when `cause` led to it, said so or only happening before."""
    if told:
        error.__cause__ = cause
    else:
        error.__context__ = cause
    return error


REFUSED = ConnectionRefusedError(111, "refused")


@pytest.mark.parametrize(
    ("error", "reason", "maybe_paid"),
    [
        (TimeoutError(), "timeout", True),
        (httpx.ReadTimeout("late"), "timeout", True),
        (json.JSONDecodeError("Expecting value", "", 0), "unreadable reply", True),
        (UsageError("no such option", "leave it out"), "request refused", False),
        (Exception("Missing credentials. Please pass an `api_key`"), "key refused", False),
        (InternalError("XAI_API_KEY is not set"), "key refused", False),
        (InternalError("No module named 'google'"), "request refused", False),
        (ContentPolicyViolationError("no"), "content refused", False),
        (APIResponseValidationError("no"), "unreadable reply", True),
        (InternalError("Unable to get json response"), "unreadable reply", True),
        (Exception("Unable to get json response"), "unreadable reply", True),
        (UnavailableError("Unable to get json response"), "engine error", False),
        (UnavailableError("Error converting to valid response block"), "unreadable reply", True),
        (httpx.ConnectError("nobody there"), "no connection", False),
        (httpx.ReadError("cut off"), "no connection", True),
        (ConnectionResetError(104, "reset"), "no connection", True),
        (APIConnectionError("Cannot connect to host x:443"), "no connection", False),
        (APIConnectionError("lost"), "no connection", True),
        (after(APIConnectionError("lost"), REFUSED), "no connection", False),
        (after(APIConnectionError("lost"), REFUSED, told=False), "no connection", False),
        (after(APIConnectionError("lost"), TypeError("'NoneType'")), "unreadable reply", True),
        (after(APIConnectionError("lost"), after(TypeError(), REFUSED)), "no connection", False),
        (after(InternalError("oops"), TypeError("'NoneType'")), "engine error", False),
        (UnavailableError("come back later"), "engine error", False),
        (Exception("something odd"), "unreadable reply", True),
    ],
    ids=lambda value: f"{type(value).__name__}: {value}" if isinstance(value, Exception) else None,
)
def test_an_error_has_one_reason_and_may_be_paid_or_not(
    error: Exception, reason: str, maybe_paid: bool
) -> None:
    failure = named(error)
    assert (failure.reason, failure.maybe_paid) == (reason, maybe_paid)
    assert failure.detail


def test_what_the_error_says_is_kept_and_its_kind_where_it_is_unknown() -> None:
    assert named(Exception("something odd")).detail == "Exception: something odd"
    assert named(InternalError("XAI_API_KEY is not set")).detail == "XAI_API_KEY is not set"
    assert named(httpx.ReadError("cut off")).detail == "cut off"


def test_the_engines_word_on_waiting_comes_with_its_error() -> None:
    assert named(UnavailableError("come back later")).retry_after == 9


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (422, "unknown model gpt-9", "no such model"),
        (423, "unknown model gpt-9", "request refused"),
        (409, "conflict", "engine error"),
        (425, "too early", "engine error"),
        (426, "upgrade", "request refused"),
        (499, "gone", "request refused"),
    ],
)
def test_a_rare_status_has_one_reason_and_is_not_paid(status: int, text: str, reason: str) -> None:
    failure = by_status(status, text, {})
    assert (failure.reason, failure.maybe_paid, failure.detail) == (reason, False, text)


def test_a_key_that_a_reply_repeats_is_taken_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted-0a1b2c3d4e5f")
    body = b'{"said": "your key planted-0a1b2c3d4e5f, twice: planted-0a1b2c3d4e5f"}'
    assert without_keys(body) == b'{"said": "your key [key], twice: [key]"}'
    assert without_keys(b'{"said": "nothing"}') == b'{"said": "nothing"}'
