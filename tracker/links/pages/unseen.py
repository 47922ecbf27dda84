"""Links that a reader of the page cannot see."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from tracker.links.pages.nodes import names_of

_HIDING_CLASS = re.compile(
    r"(?:sr-only|visually-?hidden|screen-reader-text|d-none|is-hidden|invisible|hide|hidden)$"
)
_SHOWN_AGAIN = re.compile(
    r"(?:\w+:(?:block|flex|grid|inline\S*|table|not-sr-only|visible)|d-\w+-(?:block|flex|inline\S*|grid))$"
)
_COLOURS = {"white": "fff", "black": "000", "transparent": "transparent"}


def is_unseen(link: LexborNode, chain: Sequence[LexborNode]) -> bool:
    if _empty(link):
        return True
    for node in chain:
        attributes = node.attributes
        if node.tag in ("template", "noscript") or "hidden" in attributes:
            return True
        if (attributes.get("aria-hidden") or "").lower() == "true" or _hides(_style(node)):
            return True
        names = names_of(node)
        if any(
            _HIDING_CLASS.match(name) for name in (attributes.get("class") or "").split()[:60]
        ) and not any(_SHOWN_AGAIN.match(name) for name in names):
            return True
    return _same_colour(chain)


def _empty(link: LexborNode) -> bool:
    """Nothing to see or click; an icon or an overlay has at least a class or a label."""
    if (
        link.tag == "area"
        or (link.text(deep=True) or "").strip()
        or link.css_first("img, svg, i, picture, video, input")
    ):
        return False
    return not any(link.attributes.get(name) for name in ("class", "aria-label", "title", "style")) and all(
        not child.attributes.get("class") for child in link.css("*")
    )


def _style(node: LexborNode) -> dict[str, str]:
    text = (node.attributes.get("style") or "")[:2_000].lower()
    pairs = (piece.split(":", 1) for piece in text.split(";") if ":" in piece)
    return {name.strip(): value.replace("!important", "").strip() for name, value in pairs}


def _hides(style: dict[str, str]) -> bool:
    if not style:
        return False
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _number(style.get("opacity")) == 0 or _tiny(style.get("font-size"), 1):
        return True
    cut = style.get("overflow") in ("hidden", "clip")
    if (_tiny(style.get("height"), 1) or _tiny(style.get("max-height"), 0)) and (
        cut or _tiny(style.get("width"), 1)
    ):
        return True
    if _tiny(style.get("width"), 1) and cut:
        return True
    placed = style.get("position") in ("absolute", "fixed")
    away = any(
        _far(style.get(side)) for side in ("left", "top", "right", "bottom", "margin-left", "margin-top")
    )
    if (placed and away) or _far(style.get("text-indent")) or _far(style.get("margin-left")):
        return True
    clip = (style.get("clip") or "") + (style.get("clip-path") or "")
    return bool(re.search(r"rect\((?:[01](?:px)?[\s,]*){4}\)|inset\((?:50|100)%\)", clip))


def _number(text: str | None) -> float | None:
    found = re.match(r"-?\d{0,6}\.?\d{1,6}", text or "")
    return float(found[0]) if found else None


def _tiny(text: str | None, limit: float) -> bool:
    value = _number(text)
    unit = re.sub(r"[-\d.\s]+", "", text or "")
    return value is not None and 0 <= value <= (limit if unit in ("px", "pt", "") else 0)


def _far(text: str | None) -> bool:
    value = _number(text)
    if value is None:
        return False
    limit = -50 if re.search(r"r?em|v[wh]|%", text or "") else -500
    return value <= limit


def _same_colour(chain: Sequence[LexborNode]) -> bool:
    """The link's inline colour is that of the nearest inline background."""
    colour = next((style["color"] for node in chain if (style := _style(node)).get("color")), None)
    if colour is None and chain[0].parent is not None:
        colour = next((node.attributes.get("color") for node in chain if node.attributes.get("color")), None)
    inner = next((node.attributes.get("color") for node in chain[0].css("font[color]")), None)
    ground = next((found for node in chain if (found := _background(node))), None)
    shown = _colour(inner or colour)
    return shown is not None and ground is not None and shown == _colour(ground)


def _background(node: LexborNode) -> str | None:
    style = _style(node)
    return style.get("background-color") or style.get("background") or node.attributes.get("bgcolor") or None


def _colour(text: str | None) -> str | None:
    if not text:
        return None
    value = (
        text.strip().lower().split(" ")[0] if "(" not in text else re.sub(r"\s+", "", text.strip().lower())
    )
    value = _COLOURS.get(value, value)
    found = re.fullmatch(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,1(?:\.0+)?)?\)", value)
    if found:
        value = "".join(f"{min(int(part), 255):02x}" for part in found.groups())
    value = value.removeprefix("#")
    if value == "transparent" or not re.fullmatch(r"[0-9a-z]{3,20}", value):
        return None
    return "".join(char * 2 for char in value) if re.fullmatch(r"[0-9a-f]{3}", value) else value
