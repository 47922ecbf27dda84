"""A page that sends its reader on by itself: <meta http-equiv="refresh">."""

from __future__ import annotations

import re

import can_ada
from selectolax.lexbor import LexborHTMLParser, LexborNode

SOON = 10.0
"""Seconds after which a reader has had the time to read the page: until then it is a redirect."""
_MARK = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh", re.IGNORECASE)
_CONTENT = re.compile(
    r"\s*(?P<seconds>\d{0,6}(?:\.\d{0,6})?)\s*[;,]?\s*(?:url\s*=)?\s*(?P<quote>['\"]?)(?P<url>.*)",
    re.I | re.S,
)
_LONGEST = 8_000


def refresh(html: str, final_url: str) -> str | None:
    """Where a page leads at once; None where it does not, or leads to itself, which only loads it anew."""
    if not _MARK.search(html):
        return None
    return of_tree(LexborHTMLParser(html), final_url)


def of_tree(tree: LexborHTMLParser, final_url: str) -> str | None:
    for node in tree.css("meta[http-equiv='refresh' i]"):
        if _for_other_readers(node):
            continue
        found = _CONTENT.match((node.attributes.get("content") or "")[:_LONGEST])
        if found is None or not found["url"].strip() or float(found["seconds"] or 0) > SOON:
            continue
        written = found["url"].split(found["quote"], 1)[0] if found["quote"] else found["url"]
        aim = joined(base(tree, final_url), written)
        if aim is not None and aim.split("#", 1)[0] != final_url.split("#", 1)[0]:
            return aim
    return None


def _for_other_readers(node: LexborNode) -> bool:
    """Inside <noscript> stands what a browser never follows: the way to "please enable JavaScript"."""
    outer = node.parent
    while outer is not None:
        if outer.tag in ("noscript", "template"):
            return True
        outer = outer.parent
    return False


def base(tree: LexborHTMLParser, final_url: str) -> str:
    """What relative links of the page start from."""
    node = tree.css_first("base[href]")
    return (joined(final_url, node.attributes.get("href") or "") if node else None) or final_url


def joined(start: str, href: str) -> str | None:
    """A link's address as a browser reads it; None where it leads to no web page."""
    if len(href) > _LONGEST:
        return None
    try:
        url = str((can_ada.parse(start) + href.strip()).href)
    except (ValueError, TypeError):
        return None
    return url if url.startswith(("http://", "https://")) else None
