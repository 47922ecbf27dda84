"""What a reader reads on a page, and which element each part of it stands in.

Everything read from a page is hostile text; it leaves this module without control characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_TEXT = 500_000
_SKIPPED = frozenset(("script", "style", "noscript", "template", "textarea", "select", "option", "svg"))
_INLINE_WORDS = """
a abbr b bdi bdo cite code del dfn em font i ins kbd mark q s samp small span strong sub sup u var wbr
"""
_INLINE = frozenset(_INLINE_WORDS.split())
# Controls, bidirectional overrides and isolates, invisible marks, tag characters, half surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def clean(text: str, most: int) -> str:
    """One line without anything that could forge, hide or turn around what stands beside it."""
    return " ".join(_UNSAFE.sub("", text[: most * 8]).split())[:most].rstrip()


def clean_lines(text: str) -> str:
    return _UNSAFE.sub("", text[:_MAX_TEXT])


def _on_one_line(text: str) -> str:
    if text.isascii() and text.isprintable() and "  " not in text:  # as most pieces of a page are
        return text
    return _UNSAFE.sub("", re.sub(r"\s+", " ", text))


@dataclass(frozen=True)
class PageText:
    text: str
    starts: tuple[int, ...]
    nodes: tuple[LexborNode, ...]
    """Of each piece of text: where it begins, and the element it stands in."""

    def pieces(self) -> Iterator[tuple[int, int, LexborNode]]:
        """(start, end, element) of each."""
        return zip(self.starts, (*self.starts[1:], len(self.text)), self.nodes, strict=False)

    def node_at(self, offset: int) -> LexborNode:
        return self.nodes[max(0, bisect_right(self.starts, offset) - 1)]


def read(tree: LexborHTMLParser) -> PageText:
    """Blocks end lines, inline marks do not part a name."""
    parts: list[str] = []
    starts: list[int] = []
    nodes: list[LexborNode] = []
    size = 0
    for node in (tree.body or tree.root or tree).traverse(include_text=True):  # type: ignore[union-attr]
        if node.tag != "-text":
            if node.tag not in _INLINE and parts and parts[-1] != "\n":
                parts.append("\n")
                size += 1
            continue
        outer = node.parent
        if outer is None or outer.tag in _SKIPPED:
            continue
        text = _on_one_line(node.text_content or "")
        if not text:
            continue
        starts.append(size)
        nodes.append(outer)
        parts.append(text)
        size += len(text)
        if size > _MAX_TEXT:
            break
    return PageText("".join(parts)[:_MAX_TEXT], tuple(starts), tuple(nodes))
