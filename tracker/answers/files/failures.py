"""Whether a recorded text is an answer, or what came in place of one: an error page, a captcha, a `null`."""

from __future__ import annotations

import json
import re
from functools import cache

from tracker.shipped import words_of

_MARKUP = re.compile(r"\s*(?:<!doctype html|<html\b|<\?xml)", re.IGNORECASE)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_AROUND = " \t\r\n\"'`*_#>.!"


def failure(text: str) -> str | None:
    """One word for what came instead of an answer; None for an answer."""
    if text.lstrip()[:1] == "{" and _is_error_body(text):
        return "error_body"
    if _MARKUP.match(text):
        return _begins(_TAGS.sub(" ", text[:20_000])) or "error_page"
    if len(text) > 2 * _longest():
        return None
    words = " ".join(text.split()).casefold()
    word = words.strip(_AROUND)
    if reason := _whole().get(word) or _whole().get(words):
        return reason
    return _begins(word) if len(word) <= _longest() else None


def _begins(text: str) -> str | None:
    text = " ".join(text.split()).replace("’", "'").casefold()
    return next((reason for reason, pattern in _patterns() if pattern.match(text)), None)


def _is_error_body(text: str) -> bool:
    """A reply's body that holds an error and no text."""
    try:
        body = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return False
    if not isinstance(body, dict):
        return False
    signs = {"error", "errors", "detail", "message", "status", "code", "statuscode", "success", "type"}
    names = {re.sub(r"[\W_]+", "", str(name)).casefold() for name in body}
    return (
        bool(names)
        and bool(names & {"error", "errors", "detail", "message"})
        and names
        <= signs
        | {
            "requestid",
            "timestamp",
            "path",
            "title",
            "instance",
            "param",
        }
    )


@cache
def _lists() -> dict[str, object]:
    return words_of("tracker.answers.files", "failures.yaml")


@cache
def _longest() -> int:
    return int(str(_lists()["longest"]))


@cache
def _whole() -> dict[str, str]:
    lists: dict[str, list[str]] = _lists()["whole"]  # type: ignore[assignment]
    return {str(word): reason for reason, words in lists.items() for word in words}


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    lists: dict[str, list[str]] = _lists()["begins"]  # type: ignore[assignment]
    return tuple(
        (reason, re.compile("|".join(f"(?:{' '.join(p.split())})" for p in patterns)))
        for reason, patterns in lists.items()
    )
