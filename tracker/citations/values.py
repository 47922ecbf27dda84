"""Reading values out of somebody else's JSON: a wrong type is an absent value, never an exception."""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tracker.errors import DataError

# PostgreSQL refuses NUL and no encoder takes a lone surrogate; one stands for one, so offsets keep.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_INTEGER = 2**63 - 1
_MAX_DEPTH = 200
_BLANK = "\ufeff \t\r\n"
_EVENT_FIELDS = ("data:", "event:", ":")
_GZIP = b"\x1f\x8b"
_MAX_UNPACKED = 100_000_000


def parse_body(
    body: str | bytes | dict[str, Any], join: Callable[[list[Any]], dict[str, Any] | None] | None = None
) -> dict[str, Any]:
    """The body as an object; a list holding one object (Google's stream and error form) is that object.

    `join` makes one object of the pieces of a stream, or nothing of what is no stream it knows.
    """
    value: Any = body
    if isinstance(value, bytes | bytearray):
        value = _decoded(bytes(value))
    streamed = isinstance(value, str) and value.lstrip(_BLANK).startswith(_EVENT_FIELDS)
    if isinstance(value, str):
        value = _events(value) if streamed else _loaded(value)
    if isinstance(value, list):
        whole = join(value) if join is not None else None
        value = value[0] if whole is None and len(value) == 1 and not streamed else whole or value
    if streamed and isinstance(value, list):
        raise DataError(
            "the reply body is an event stream", "ask with streaming off; citations come last there"
        )
    if not isinstance(value, dict):
        size = f" of {len(value)} items" if isinstance(value, list) else ""
        raise DataError(
            f"the reply body is {_name(value)}{size}, not a JSON object",
            "give the whole body of one non-streamed reply",
        )
    if _too_deep(value):
        raise DataError(
            f"the reply body nests deeper than {_MAX_DEPTH} levels", "no engine does this: ask again"
        )
    return value


def _decoded(body: bytes) -> str:
    """Text of the body: gzip as it comes over the wire, and whatever Unicode form an editor saved it in."""
    body = _unpacked(body) if body.startswith(_GZIP) else body
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError as error:
        raise DataError(
            f"the reply body is not {error.encoding.upper()} (byte {error.start})",
            "save the body exactly as received",
        ) from error


def _unpacked(body: bytes) -> bytes:
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(body, _MAX_UNPACKED)
    except zlib.error as error:
        raise DataError(
            f"the reply body is not whole gzip: {error}", "save the body exactly as received"
        ) from error
    if len(unpacked) == _MAX_UNPACKED:
        raise DataError(
            f"the reply body unpacks to {_MAX_UNPACKED:,} bytes or more", "no engine says so much"
        )
    return unpacked


def _loaded(body: str) -> Any:
    start = body.lstrip(_BLANK)
    if not start:
        raise DataError("the reply body is empty", "ask again; nothing was answered")
    try:
        return json.loads(start)
    except json.JSONDecodeError as error:
        raise DataError(
            f"the reply body is not JSON (line {error.lineno}, column {error.colno}: {error.msg})",
            "it may be cut off or be a proxy's HTML page: ask again",
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"the reply body cannot be read as JSON: {error}", "ask again") from error


def _events(body: str) -> list[Any]:
    """What the events of a stream carry; `[DONE]` and whatever else is no JSON carries nothing."""
    carried = []
    for event in re.split(r"\r?\n(?:[ \t]*\r?\n)+", body.lstrip(_BLANK)):
        lines = [line.removeprefix("data:") for line in event.split("\n") if line.startswith("data:")]
        whole = _carried("\n".join(lines))
        carried += whole or [value for line in lines for value in _carried(line)]
    return carried


def _carried(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _name(value: Any) -> str:
    names = {str: "a string", bool: "a truth value", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def record(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; one object alone counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def string(value: Any) -> str | None:
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else None


def word(value: Any) -> str | None:
    """A string with something in it."""
    text = string(value)
    return text if text and text.strip() else None


def words(value: Any) -> list[str]:
    """The non-empty strings of a list; one string alone counts as a list of one."""
    strings = [value] if isinstance(value, str) else items(value)
    return [item for item in map(word, strings) if item is not None]


def integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and (not math.isfinite(value) or not value.is_integer()):
        return None
    return int(value) if abs(value) <= _MAX_INTEGER else None


def count(value: Any) -> int | None:
    number = integer(value)
    return number if number is not None and number >= 0 else None


def total(counts: dict[str, Any], *keys: str) -> int | None:
    """The sum of those that are there, None where none is."""
    known = [number for number in (count(counts.get(key)) for key in keys) if number is not None]
    return sum(known) if known else None


def micros(value: Any, per_dollar: int = 1) -> int | None:
    """Dollars (or `per_dollar` parts of one) → whole micro-dollars."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_INTEGER:
        return None
    exact = Decimal(str(value)) * 1_000_000 / per_dollar
    return int(exact.to_integral_value(ROUND_HALF_EVEN)) if exact <= _MAX_INTEGER else None


def at(value: Any, *path: str) -> Any:
    """The value under nested keys, None where any is missing."""
    for key in path:
        value = record(value).get(key)
    return value


def embedded(value: Any) -> dict[str, Any]:
    """An object, or one that stands as JSON in a string (tool arguments)."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return record(value)
