"""A parsed page's elements: what stands around one, and what its author calls it."""

from __future__ import annotations

from selectolax.lexbor import LexborNode

_MAX_DEPTH = 80


def chain_of(node: LexborNode | None) -> list[LexborNode]:
    """The node and its ancestors, inside out; a page nested deeper than any author nests is cut."""
    found: list[LexborNode] = []
    while node is not None and node.tag not in ("-document", "html") and len(found) < _MAX_DEPTH:
        found.append(node)
        node = node.parent
    return found


def names_of(node: LexborNode) -> list[str]:
    attributes = node.attributes
    text = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:1_000]
    # A custom element is named like a class: <shreddit-comment>.
    return [*text.split(), node.tag] if node.tag and "-" in node.tag else text.split()
