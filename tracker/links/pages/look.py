"""One fetched page → what it says about the brands: links, placement, robots, canonical, names without links.

Everything read from a page is hostile text; it leaves this module without control characters and no longer
than its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker import domains
from tracker.domains.ownership import Owners, estate
from tracker.links.pages import pdf, structured
from tracker.links.pages.barriers import Barrier, Gone, barrier, says_gone
from tracker.links.pages.bylines import NOBODY, Byline, byline
from tracker.links.pages.kinds import UNKNOWN, KindOfLink, PageKind
from tracker.links.pages.listing import Listing, listings
from tracker.links.pages.placement import PageLayout, Placed, Placement
from tracker.links.pages.text import PageText, clean, clean_lines
from tracker.links.pages.text import read as read_text
from tracker.links.web import refresh
from tracker.links.web.fetch import Fetched, Validators
from tracker.mentions import Finder

_MAX_LINKS = 2_000
MAX_URL = 2_000
_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_OUR_AGENTS = ("robots", "googlebot")


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
    kind: KindOfLink = UNKNOWN

    @property
    def nofollow(self) -> bool:
        return "nofollow" in self.rel

    @property
    def ugc(self) -> bool:
        return "ugc" in self.rel

    @property
    def sponsored(self) -> bool:
        return "sponsored" in self.rel


Means = Literal["fetch", "browser", "file"]
"""How a page was read: as a server sent it, as a browser drew it, or from somebody's crawl."""


State = Literal["fetched", "not_modified", "barred"]


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
    outlinks: int | None = None
    """Links to other domains; None where no body was read."""
    links: tuple[Link, ...] = ()
    listings: tuple[Listing, ...] = ()
    barrier: Barrier | None = None
    """What stands in the page's place, which then says nothing of its links."""
    gone: Gone | None = None
    """What a page says that answers and is not there."""
    byline: Byline = NOBODY
    content_type: str | None = None
    means: Means = "fetch"
    validators: Validators | None = None

    @property
    def named(self) -> tuple[int, ...]:
        """Brands that the page names without linking to them."""
        return tuple(sorted(each.brand for each in self.listings if each.rank and not each.linked))

    @property
    def state(self) -> State:
        if self.barrier is not None:
            return "barred"
        return "not_modified" if self.status == 304 else "fetched"

    @property
    def reason(self) -> str | None:
        return self.barrier.kind if self.barrier else self.gone

    @property
    def noindex(self) -> bool:
        return "noindex" in self.robots

    @property
    def nofollow(self) -> bool:
        return "nofollow" in self.robots


def check(
    page: Fetched, *, targets: Sequence[Target], finder: Finder | None = None, means: Means = "fetch"
) -> PageReport:
    """What the page says about the targets; of a page without a body (404, 304) only what its headers say."""
    report = PageReport(
        url=page.url,
        final_url=page.final_url,
        at=page.at,
        status=page.status,
        robots=_header_robots(page.header("x-robots-tag")),
        content_type=page.content_type or None,
        means=means,
        validators=page.validators,
    )
    if page.document:
        return _check_document(page, report, targets, finder)
    if not page.text:
        return replace(report, barrier=barrier(page, None, PageText("", (), ())))
    return _check_html(page, LexborHTMLParser(page.text), report, targets, finder)


def _check_html(
    page: Fetched,
    tree: LexborHTMLParser,
    report: PageReport,
    targets: Sequence[Target],
    finder: Finder | None,
) -> PageReport:
    robots = tuple(sorted({*report.robots, *_meta_robots(tree)}))
    start = refresh.base(tree, page.final_url)
    reader = _Links(start, page.final_url, targets)
    layout = PageLayout(tree, reader.wanted)
    text = read_text(tree)
    things = structured.things(tree)
    said_by = byline(tree, start, things)
    page_kind = PageKind(
        tree,
        page.final_url,
        text,
        structured.types(tree, things),
        outlinks=reader.outlinks,
        has_author=said_by.author is not None,
    )
    links = reader.read(layout.placed(), "nofollow" in robots, page_kind)
    canonical = _canonical(tree, page, start)
    gone = None if links else says_gone(page, tree, text)
    stands_in = None if links or gone else barrier(page, tree, text)
    linked = [(link.brand, link.follows) for link in links]
    return replace(
        report,
        title=_title(tree),
        language=_language(tree, page),
        canonical=canonical,
        canonical_elsewhere=elsewhere(canonical, page.final_url),
        robots=robots,
        outlinks=reader.outlinks,
        links=links,
        listings=listings(text, layout, finder, linked) if finder and not stands_in else (),
        byline=NOBODY if stands_in else said_by,
        barrier=stands_in,
        gone=gone,
    )


def _check_document(
    page: Fetched, report: PageReport, targets: Sequence[Target], finder: Finder | None
) -> PageReport:
    document = pdf.read(page.document)
    if document is None:
        return replace(report, barrier=Barrier("pdf"))
    reader = _Links(page.final_url, page.final_url, targets)
    links = reader.of_document(document.links, report.nofollow)
    text = PageText(clean_lines(document.text), (0,), ())
    linked = [(link.brand, link.follows) for link in links]
    return replace(
        report,
        title=clean(document.title or "", 300) or None,
        outlinks=reader.outlinks,
        links=links,
        listings=listings(text, None, finder, linked) if finder else (),
    )


class _Links:
    def __init__(self, base: str, final_url: str, targets: Sequence[Target]) -> None:
        self.base = base
        own = domains.try_parse(final_url)
        self.own = own.domain if own else ""
        self.owners = Owners({target.brand: estate((*target.domains, *target.urls)) for target in targets})
        self.outlinks = 0
        self.taken = 0
        self.known: dict[str, tuple[str, domains.Address] | None] = {}

    def read(self, places: Iterable[Placed], page_nofollow: bool, kinds: PageKind) -> tuple[Link, ...]:
        links = []
        for placed in places:
            url, brand = self._target(placed.node.attributes.get("href") or "")
            rel = _rel(placed.node)
            anchor, image = _anchor(placed.node)
            follows = not page_nofollow and not {"nofollow", "ugc", "sponsored"} & set(rel)
            kind = kinds.of(placed.node, url, rel, placed.placement)
            where = placed.placement
            links.append(Link(brand, clean(url, MAX_URL), anchor, image, where, rel, follows, kind))
        return tuple(links)

    def of_document(self, pairs: Iterable[tuple[str, str]], nofollow: bool) -> tuple[Link, ...]:
        links = []
        for href, words in pairs:
            if self.wanted(href):
                url, brand = self._target(href)
                links.append(
                    Link(brand, clean(url, MAX_URL), clean(words, 500), False, "content", (), not nofollow)
                )
        return tuple(links)

    def wanted(self, href: str) -> bool:
        target = self._address(href)
        if target is None:
            return False
        self.outlinks += target[1].domain != self.own
        if self.owners.of(target[1]) is None or self.taken >= _MAX_LINKS:
            return False
        self.taken += 1
        return True

    def _target(self, href: str) -> tuple[str, int]:
        target = self._address(href)
        assert target is not None
        brand = self.owners.of(target[1])
        assert brand is not None
        return target[0], brand

    def _address(self, href: str) -> tuple[str, domains.Address] | None:
        if href not in self.known:
            self.known[href] = _resolved(self.base, href)
        return self.known[href]


def _resolved(base: str, href: str) -> tuple[str, domains.Address] | None:
    joined = refresh.joined(base, href)
    address = domains.try_parse(joined) if joined else None
    return (joined, address) if joined and address else None


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
        match = re.match(r"\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2})\b", text or "")
        if match:
            return match[1].replace("_", "-").lower()
    return None


def _canonical(tree: LexborHTMLParser, page: Fetched, base: str) -> str | None:
    for node in tree.css("link[rel][href]"):
        if "canonical" in _rel(node):
            return _capped(refresh.joined(base, node.attributes.get("href") or ""))
    for value in page.header("link"):
        match = re.search(
            r"<([^<>]{1,2000})>[^,<]{0,200}?rel\s*=\s*\"?[^\",<]{0,50}\bcanonical\b", value, re.I
        )
        if match:
            return _capped(refresh.joined(page.final_url, match[1]))
    return None


def _capped(url: str | None) -> str | None:
    return clean(url, MAX_URL) if url else None


def elsewhere(canonical: str | None, final_url: str | None) -> bool:
    one = domains.try_parse(canonical) if canonical else None
    two = domains.try_parse(final_url) if final_url else None
    return one is not None and two is not None and one.canonical != two.canonical


def _meta_robots(tree: LexborHTMLParser) -> set[str]:
    directives: set[str] = set()
    for node in tree.css("meta[name][content]")[:500]:
        if (node.attributes.get("name") or "").strip().lower() in _OUR_AGENTS:
            directives |= _directives((node.attributes.get("content") or "")[:2_000])
    return directives


def _directives(text: str) -> set[str]:
    words = {clean(part.lower(), 60) for part in re.split(r"[,;\s](?!\s*\d)", text)} - {""}
    return words | ({"noindex", "nofollow"} if "none" in words else set())


def _header_robots(values: Iterable[str]) -> tuple[str, ...]:
    """`googlebot: noindex, nofollow` names a robot for all that follows it in the same header."""
    directives: set[str] = set()
    for value in values:
        agent = ""
        for part in value[:2_000].split(","):
            name, colon, rest = part.partition(":")
            word = name.strip().lower()
            if colon and word not in _WITH_VALUE:
                agent, part = word, rest
            if agent in ("", *_OUR_AGENTS):
                directives |= _directives(part)
    return tuple(sorted(directives))
