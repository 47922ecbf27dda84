"""How large a YAML file becomes when its aliases are followed: a page of it can hold more than any memory.

Only events are looked at, one after the other; nothing is built, so what is too much is refused at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import yaml

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_NODES = 250_000
MAX_SCALAR = 100_000
MAX_CHARACTERS = 20_000_000


@dataclass
class _Open:
    """A list or mapping whose end has not come; then what it holds, aliases followed."""

    anchor: str | None
    nodes: int = 1
    characters: int = 0
    depth: int = 0

    def add(self, inner: _Open) -> None:
        self.nodes += inner.nodes
        self.characters += inner.characters
        self.depth = max(self.depth, inner.depth + 1)


@dataclass
class _Weighed:
    anchors: dict[str, _Open] = field(default_factory=dict)
    above: list[_Open] = field(default_factory=list)

    def close(self, node: _Open) -> None:
        if node.anchor:
            self.anchors[node.anchor] = node
        if self.above:
            self.above[-1].add(node)


def too_heavy(events: Iterable[yaml.Event]) -> tuple[str, int] | None:
    """What is too much, and in which line; None for a file that may be read."""
    state = _Weighed()
    for event in events:
        problem = _weigh(state, event)
        if problem:
            return problem, event.start_mark.line + 1 if event.start_mark else 1
    return None


def _weigh(state: _Weighed, event: yaml.Event) -> str | None:
    if isinstance(event, yaml.AliasEvent):
        known = state.anchors.get(event.anchor or "")
        if known is None and any(node.anchor == event.anchor for node in state.above):
            return f"`*{event.anchor}` stands inside itself"
        if known is not None:
            state.above[-1].add(known)
    elif isinstance(event, yaml.ScalarEvent):
        if len(event.value) > MAX_SCALAR:
            return f"one value has {len(event.value):,} characters"
        state.close(_Open(event.anchor, characters=len(event.value)))
    elif isinstance(event, yaml.CollectionStartEvent):
        state.above.append(_Open(event.anchor))
    elif isinstance(event, yaml.CollectionEndEvent):
        state.close(state.above.pop())
    return _excess(state)


def _excess(state: _Weighed) -> str | None:
    inner = state.above[-1] if state.above else None
    if inner is None:
        return None
    if len(state.above) + inner.depth > MAX_DEPTH:
        return f"is nested deeper than {MAX_DEPTH} levels"
    if inner.nodes > MAX_NODES:
        return f"holds more than {MAX_NODES:,} values, those of its aliases counted"
    if inner.characters > MAX_CHARACTERS:
        return f"holds more than {MAX_CHARACTERS:,} characters, those of its aliases counted"
    return None
