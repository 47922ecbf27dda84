"""One fetched page → what it says about the brands: links, placement, robots, canonical, names without links.

Everything read from a page is hostile text; it leaves this module without control characters and no longer
than its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import can_ada
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker import domains
from tracker.domains.ownership import Owners, estate
from tracker.links.pages.placement import Placement, place
from tracker.links.web.fetch import Fetched, Validators
from tracker.mentions import Finder

_MAX_TEXT = 500_000
_MAX_LINKS = 2_000
MAX_URL = 2_000
_SKIPPED = frozenset(("script", "style", "noscript", "template", "textarea", "select", "svg"))
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "var",
        "wbr",
    ]
)
# Controls, bidirectional overrides and isolates, invisible marks, tag characters, half surrogate pairs.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_OUR_AGENTS = ("robots", "googlebot")


def clean(text: str, most: int) -> str:
    """One line without anything that could forge, hide or turn around what stands beside it."""
    return " ".join(_UNSAFE.sub("", text[: most * 8]).split())[:most].rstrip()


@dataclass(frozen=True, slots=True)
class Target:
    """What belongs to one brand, as `tracker.domains.ownership` reads it: hosts, and pages with all below
    them.
    """

    brand: int
    domains: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    brand: int
    url: str
    anchor: str
    """The text, or the image's alternative text."""
    image: bool
    placement: Placement
    rel: tuple[str, ...]
    follows: bool
    """Neither the link nor the page takes the recommendation back."""

    @property
    def nofollow(self) -> bool:
        return "nofollow" in self.rel

    @property
    def ugc(self) -> bool:
        return "ugc" in self.rel

    @property
    def sponsored(self) -> bool:
        return "sponsored" in self.rel


@dataclass(frozen=True, slots=True)
class PageReport:
    url: str
    final_url: str
    at: datetime
    status: int
    title: str | None = None
    language: str | None = None
    canonical: str | None = None
    canonical_elsewhere: bool = False
    robots: tuple[str, ...] = ()
    """Directives for every robot or for Google's, from <meta> and from X-Robots-Tag."""
    refresh: str | None = None
    outlinks: int | None = None
    """Links to other domains; None where no body was read."""
    links: tuple[Link, ...] = ()
    named: tuple[int, ...] = ()
    """Brands that the page names without linking to them."""
    validators: Validators | None = None

    @property
    def noindex(self) -> bool:
        return "noindex" in self.robots

    @property
    def nofollow(self) -> bool:
        return "nofollow" in self.robots


def check(page: Fetched, *, targets: Sequence[Target], finder: Finder | None = None) -> PageReport:
    """What the page says about the targets; of a page without a body (404, 304) only what its headers say."""
    robots = _header_robots(page.header("x-robots-tag"))
    if not page.text:
        return PageReport(
            page.url, page.final_url, page.at, page.status, robots=robots, validators=page.validators
        )
    tree = LexborHTMLParser(page.text)
    robots = tuple(sorted({*robots, *_meta_robots(tree)}))
    base = _base(tree, page.final_url)
    reader = _Links(base, page.final_url, targets)
    links = reader.read(tree, "nofollow" in robots)
    canonical = _canonical(tree, page, base)
    linked = {link.brand for link in links}
    named = {each.key for each in finder.mentions(_text(tree)) if each.stance == "named"} if finder else set()
    return PageReport(
        url=page.url,
        final_url=page.final_url,
        at=page.at,
        status=page.status,
        title=_title(tree),
        language=_language(tree, page),
        canonical=canonical,
        canonical_elsewhere=elsewhere(canonical, page.final_url),
        robots=robots,
        refresh=_refresh(tree, base),
        outlinks=reader.outlinks,
        links=links,
        named=tuple(sorted(named - linked)),
        validators=page.validators,
    )


class _Links:
    def __init__(self, base: str, final_url: str, targets: Sequence[Target]) -> None:
        self.base = can_ada.parse(base)
        own = domains.try_parse(final_url)
        self.own = own.domain if own else ""
        self.owners = Owners({target.brand: estate((*target.domains, *target.urls)) for target in targets})
        self.outlinks = 0
        self.taken = 0
        self.known: dict[str, tuple[str, domains.Address] | None] = {}

    def read(self, tree: LexborHTMLParser, page_nofollow: bool) -> tuple[Link, ...]:
        links = []
        for placed in place(tree, self._wanted):
            url, brand = self._target(placed.node.attributes.get("href") or "")
            rel = _rel(placed.node)
            anchor, image = _anchor(placed.node)
            follows = not page_nofollow and not {"nofollow", "ugc", "sponsored"} & set(rel)
            links.append(Link(brand, clean(url, MAX_URL), anchor, image, placed.placement, rel, follows))
        return tuple(links)

    def _wanted(self, href: str) -> bool:
        found = self._address(href)
        if found is None:
            return False
        self.outlinks += found[1].domain != self.own
        if self.owners.of(found[1]) is None or self.taken >= _MAX_LINKS:
            return False
        self.taken += 1
        return True

    def _target(self, href: str) -> tuple[str, int]:
        found = self._address(href)
        assert found is not None
        brand = self.owners.of(found[1])
        assert brand is not None
        return found[0], brand

    def _address(self, href: str) -> tuple[str, domains.Address] | None:
        if href not in self.known:
            self.known[href] = _resolved(self.base, href)
        return self.known[href]


def _resolved(base: Any, href: str) -> tuple[str, domains.Address] | None:
    joined = _joined(base, href)
    address = domains.try_parse(joined) if joined else None
    return (joined, address) if joined and address else None


def _joined(base: Any, href: str) -> str | None:
    if len(href) > 8_000:
        return None
    try:
        url = str((base + href.strip()).href)
    except (ValueError, TypeError):
        return None
    return url if url.startswith(("http://", "https://")) else None


def _base(tree: LexborHTMLParser, final_url: str) -> str:
    node = tree.css_first("base[href]")
    return (
        _joined(can_ada.parse(final_url), node.attributes.get("href") or "") if node else None
    ) or final_url


def _rel(node: LexborNode) -> tuple[str, ...]:
    words = re.split(r"[\s,]+", (node.attributes.get("rel") or "")[:500].lower())
    return tuple(sorted({clean(word, 30) for word in words if word}))[:20]


def _anchor(node: LexborNode) -> tuple[str, bool]:
    text = clean((node.text(deep=True) or "")[:20_000], 500)
    picture = node.css_first("img, input[type=image], svg, picture") if node.tag == "a" else node
    if text or picture is None:
        return text or clean(
            node.attributes.get("aria-label") or node.attributes.get("title") or "", 500
        ), False
    inner = picture.css_first("img, title") or picture
    words = inner.attributes.get("alt") or (inner.text(deep=True) if inner.tag == "title" else "")
    return clean(words or node.attributes.get("aria-label") or node.attributes.get("title") or "", 500), True


def _title(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("head title") or tree.css_first("title")
    return clean(node.text(deep=True) or "", 300) or None if node else None


def _language(tree: LexborHTMLParser, page: Fetched) -> str | None:
    html = tree.css_first("html")
    meta = tree.css_first("meta[http-equiv='content-language' i]")
    said = [html.attributes.get("lang") or html.attributes.get("xml:lang") if html else None]
    said += [meta.attributes.get("content") if meta else None, *page.header("content-language")]
    for text in said:
        found = re.match(r"\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2})\b", text or "")
        if found:
            return found[1].replace("_", "-").lower()
    return None


def _canonical(tree: LexborHTMLParser, page: Fetched, base: str) -> str | None:
    start = can_ada.parse(base)
    for node in tree.css("link[rel][href]"):
        if "canonical" in _rel(node):
            return _capped(_joined(start, node.attributes.get("href") or ""))
    for value in page.header("link"):
        found = re.search(
            r"<([^<>]{1,2000})>[^,<]{0,200}?rel\s*=\s*\"?[^\",<]{0,50}\bcanonical\b", value, re.I
        )
        if found:
            return _capped(_joined(can_ada.parse(page.final_url), found[1]))
    return None


def _capped(url: str | None) -> str | None:
    return clean(url, MAX_URL) if url else None


def elsewhere(canonical: str | None, final_url: str | None) -> bool:
    one = domains.try_parse(canonical) if canonical else None
    two = domains.try_parse(final_url) if final_url else None
    return one is not None and two is not None and one.canonical != two.canonical


def _refresh(tree: LexborHTMLParser, base: str) -> str | None:
    node = tree.css_first("meta[http-equiv='refresh' i]")
    content = (node.attributes.get("content") or "")[:4_000] if node else ""
    found = re.match(r"\s*[\d.]*\s*[;,]?\s*(?:url\s*=)?\s*['\"]?([^'\"]*)", content, re.IGNORECASE)
    return _capped(_joined(can_ada.parse(base), found[1])) if found and found[1].strip() else None


def _meta_robots(tree: LexborHTMLParser) -> set[str]:
    found: set[str] = set()
    for node in tree.css("meta[name][content]")[:500]:
        if (node.attributes.get("name") or "").strip().lower() in _OUR_AGENTS:
            found |= _directives((node.attributes.get("content") or "")[:2_000])
    return found


def _directives(text: str) -> set[str]:
    words = {clean(part.lower(), 60) for part in re.split(r"[,;\s](?!\s*\d)", text)} - {""}
    return words | ({"noindex", "nofollow"} if "none" in words else set())


def _header_robots(values: Iterable[str]) -> tuple[str, ...]:
    """`googlebot: noindex, nofollow` names a robot for all that follows it in the same header."""
    found: set[str] = set()
    for value in values:
        agent = ""
        for part in value[:2_000].split(","):
            name, colon, rest = part.partition(":")
            word = name.strip().lower()
            if colon and word not in _WITH_VALUE:
                agent, part = word, rest
            if agent in ("", *_OUR_AGENTS):
                found |= _directives(part)
    return tuple(sorted(found))


def _text(tree: LexborHTMLParser) -> str:
    """What a reader reads; blocks end lines, inline marks do not part a name."""
    parts: list[str] = []
    size = 0
    for node in (tree.body or tree.root or tree).traverse(include_text=True):  # type: ignore[union-attr]
        if node.tag != "-text":
            if node.tag not in _INLINE:
                parts.append("\n")
            continue
        if node.parent is not None and node.parent.tag in _SKIPPED:
            continue
        text = node.text_content or ""
        parts.append(re.sub(r"\s+", " ", text))
        size += len(text)
        if size > _MAX_TEXT:
            break
    return _UNSAFE.sub("", "".join(parts))[:_MAX_TEXT]
