"""Error bodies: one reader for all engines, since each says who, what and why under a few known keys."""

from __future__ import annotations

from typing import Any

from tracker.citations.draft import Draft
from tracker.citations.values import at, integer, items, records, string, word

_MESSAGES = (
    ("error", "message"),
    ("error", "detail"),
    ("error",),
    ("detail", "error"),
    ("detail", "message"),
    ("detail",),
    ("message", "detail"),
    ("message",),
    ("Message",),
    ("status_message",),
)
_CODES = (
    ("error", "type"),
    ("error", "status"),
    ("error", "code"),
    ("type",),
    ("__type",),
    ("code",),
    ("tag",),
    ("status_code",),
)

NO_REASON = "the engine gave no reason"


def read_error(body: dict[str, Any]) -> Draft:
    draft = Draft("error", engine_model=word(body.get("model")))
    draft.stop = _first(body, _CODES)
    draft.fail("error", _first(body, _MESSAGES) or _listed(body) or NO_REASON)
    return draft


def _first(body: dict[str, Any], paths: tuple[tuple[str, ...], ...]) -> str | None:
    for path in paths:
        value = at(body, *path)
        number = integer(value)
        text = word(value) if number is None else str(number)
        if text is not None and text != "error":
            return text
    return None


def _listed(body: dict[str, Any]) -> str | None:
    """Validation errors come as a list of objects, each with `msg` or `message`."""
    reasons = [
        reason
        for key in ("detail", "errors", "error")
        for entry in [*records(body.get(key)), *items(body.get(key))]
        for reason in [string(entry) or word(at(entry, "msg")) or word(at(entry, "message"))]
        if reason
    ]
    return "; ".join(dict.fromkeys(reasons)) or None
