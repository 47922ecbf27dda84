"""The keys and kinds of a reply that stand on no list of `keys`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tracker.citations.keys import AGENT_ITEMS, KEYS, KINDS, NESTED, SAME_KINDS
from tracker.citations.results import Shape
from tracker.citations.values import at

Trie = dict[str, Any]


def keys_unknown(body: Mapping[str, Any], shape: Shape) -> list[str]:
    if shape == "dataforseo":
        body = _overviews_only(body)
    unknown = list(_walk(body, _trie(shape), ""))
    for path, values in _kinds(shape).items():
        known = values.split()
        for value in _values(body, path.replace("[]", ".[]").split(".")):
            if isinstance(value, str) and value not in known:
                unknown.append(f"{path} = {value!r}")
    return sorted(set(unknown))


def _overviews_only(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rest of a result page has dozens of item types, none of which is read."""

    def kept(value: Any) -> Any:
        if isinstance(value, list):
            return [kept(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        below = {key: kept(inner) if key in ("tasks", "result") else inner for key, inner in value.items()}
        if isinstance(below.get("items"), list):
            below["items"] = [item for item in below["items"] if at(item, "type") == "ai_overview"]
        return below

    overviews: Mapping[str, Any] = kept(body)
    return overviews


def _kinds(shape: Shape) -> Mapping[str, str]:
    if shape == "perplexity_agent":
        kinds = dict(KINDS["openai_responses"])
        kinds["output[].type"] += " " + AGENT_ITEMS
        return kinds
    return KINDS.get(SAME_KINDS.get(shape, shape), {})


@cache
def _trie(shape: Shape) -> Trie:
    return _grown(" ".join(KEYS[shape].values()))


@cache
def _nested(name: str) -> Trie:
    return _grown(NESTED[name])


def _grown(paths: str) -> Trie:
    root: Trie = {}
    for path in paths.split():
        node = root
        for segment in path.replace("[]", ".[]").split("."):
            node = node.setdefault(segment, {})
    return root


def _walk(value: Any, node: Trie, path: str) -> Iterator[str]:
    if "**" in node:
        return
    for name in NESTED:
        if f"@{name}" in node:
            node = {**_nested(name), **node}
    if isinstance(value, Mapping):
        for key, below in value.items():
            child = _child(node, str(key))
            here = f"{path}.{key}" if path else str(key)
            if child is None:
                yield here
            else:
                yield from _walk(below, child, here)
    elif isinstance(value, list):
        child = node.get("[]")
        containers = [item for item in value if isinstance(item, Mapping | list)]
        if child is None:
            if containers:
                yield path + "[]"
            return
        for item in containers:
            yield from _walk(item, child, path + "[]")


def _child(node: Trie, key: str) -> Trie | None:
    """A key's own entry, with whatever `*` allows there as well."""
    own: Trie | None = node.get(key)
    other: Trie | None = node.get("*")
    if own is None or other is None:
        return own if own is not None else other
    return own if "**" in other or "**" in own else {**other, **own}


def _values(value: Any, segments: list[str]) -> Iterator[Any]:
    if not segments:
        yield value
    elif segments[0] == "[]":
        for item in value if isinstance(value, list) else []:
            yield from _values(item, segments[1:])
    elif isinstance(value, Mapping) and segments[0] in value:
        yield from _values(value[segments[0]], segments[1:])
