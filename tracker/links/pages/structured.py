"""What a page says of itself in schema.org's words: JSON-LD, and the types of its microdata."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser

_MOST_BLOCKS = 40
_LONGEST = 500_000
_DEEPEST = 12


def things(tree: LexborHTMLParser) -> list[Mapping[str, Any]]:
    """Every object of the page's JSON-LD, whatever holds it, outermost first. No JSON says nothing."""
    found: list[Mapping[str, Any]] = []
    for node in tree.css("script[type='application/ld+json' i]")[:_MOST_BLOCKS]:
        text = (node.text(deep=True) or "")[:_LONGEST]
        try:
            found += _objects(json.loads(text, strict=False))
        except (ValueError, RecursionError):
            continue
    return found


def _objects(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for each in value.values():
            yield from _objects(each, depth + 1)


def types_of(thing: Mapping[str, Any]) -> tuple[str, ...]:
    kinds = thing.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return tuple(each.rpartition("/")[2] for each in listed if isinstance(each, str))


def types(tree: LexborHTMLParser, known: list[Mapping[str, Any]]) -> frozenset[str]:
    """The types of all things on the page."""
    marked = {(n.attributes.get("itemtype") or "").rpartition("/")[2] for n in tree.css("[itemtype]")[:500]}
    return frozenset(marked | {kind for thing in known for kind in types_of(thing)}) - {""}
