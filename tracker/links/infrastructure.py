"""Domains that pages link to for their own working, from `infrastructure.txt`: never a source of a link."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files


@cache
def infrastructure() -> frozenset[str]:
    """The visible list beside this module."""
    text = (files("tracker.links") / "infrastructure.txt").read_text("utf-8")
    names = (line.split("#", 1)[0].strip().lower() for line in text.splitlines())
    return frozenset(name for name in names if name)


def is_infrastructure(host: str, listed: Collection[str] | None = None) -> bool:
    """Whether a host or one of its parents is on the list."""
    names = infrastructure() if listed is None else listed
    labels = host.split(".")
    return any(".".join(labels[start:]) in names for start in range(len(labels) - 1))
