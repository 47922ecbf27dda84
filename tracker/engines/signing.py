"""Whose key a request carries, and where it goes."""

from __future__ import annotations

from base64 import b64encode

from tracker import settings
from tracker.engines.question import Question
from tracker.engines.row import Call
from tracker.engines.simulated import KEY


def secret(call: Call) -> str:
    """The key of a call's first variable that is set; empty where none is."""
    if call.imitates:
        return KEY
    names = call.keys[0].split("|") if call.keys else []
    key = next((value for name in names if (value := settings.key(name))), None)
    return key.get_secret_value() if key else ""


def bearer(call: Call) -> str:
    """The header's value where the key alone is asked for."""
    return f"Bearer {secret(call)}"


def basic(call: Call) -> str:
    """The header's value where a name and a password are asked for."""
    pair = [KEY, KEY] if call.imitates else [_value(name) for name in call.keys]
    return "Basic " + b64encode(":".join(pair).encode()).decode()


def _value(name: str) -> str:
    key = settings.key(name)
    return key.get_secret_value() if key else ""


def address(asked: Question, usual: str) -> str:
    """An engine's `options` may name another address, as they may where litellm is asked."""
    return str(asked.api_base or asked.options.get("api_base") or usual).rstrip("/")
