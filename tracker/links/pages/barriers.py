"""What stands in a page's place: a challenge, a refusal, a login, a question about cookies, an empty shell.

Such a page says nothing about the links of the page that was asked for, so it is never a reason to call one
lost. Asked only of pages that have no link to a brand: one that has let us in.

- Statuses 401 and 407 are a *login*; 429 is *rate_limited*; every other 4xx but 404 and 410, and a 503 with a
  challenge's marks, is *denied*, or a *challenge* where a header or mark says so. LinkedIn answers 999.
- A page of any other kind must have next to nothing to read, since a challenge's scripts ride on ordinary
  pages too: its marks then make it a *challenge*, and so do marks and words together on a short page; words
  alone make it one of the four where they are its title or a heading, or where little else is there.
- A redirect that leads to a place for *consent*, *login* or a captcha, and not where it was asked to.
- A *shell* has scripts and nothing to read, or an application's empty mount, or asks for JavaScript.
- *Empty* is an answer that says all is well and has nothing in it. A *pdf* is one that could not be read:
  encrypted, damaged, too large, or no reader is installed. An *extract* is a part of a page that somebody's
  crawl has taken out (`tracker.links.pages.saved`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from tracker.links.pages.text import PageText, clean
from tracker.links.web.fetch import Fetched
from tracker.shipped import words_of

Kind = Literal["challenge", "denied", "rate_limited", "login", "consent", "shell", "pdf", "empty", "extract"]
KINDS: tuple[str, ...] = get_args(Kind)
Gone = Literal["not_found", "suspended", "parked"]

_DATA = words_of("tracker.links.pages", "barriers.yaml")

THIN = 1_500
"""Characters to read, at most, of a page that may be a challenge, a refusal or a login."""
_BARE = 400
"""Characters at which words anywhere on the page speak for all of it."""
_CONSENT = 4_000
_EMPTY = 250
"""Characters to read, at most, of a shell: a menu and a footer may stand there already."""
_SOURCE = 300_000
"""Characters of the source that are searched for marks."""


@dataclass(frozen=True, slots=True)
class Barrier:
    kind: Kind
    by: str | None = None
    """Whose it is, where a mark says so."""


def barrier(page: Fetched, tree: LexborHTMLParser | None, text: PageText) -> Barrier | None:
    """What stands in the page's place; None where the page itself was read, or where nothing was."""
    owner = _owner(page)
    if page.status in (404, 410):
        return None
    if not 200 <= page.status < 300:
        return _of_status(page.status, owner, page.error_text)
    if tree is None:
        return _of_redirect(page) or (Barrier("challenge", owner) if owner else Barrier("empty"))
    return _of_redirect(page) or _of_page(page, tree, text, owner)


def _of_status(status: int, owner: str | None, said: str) -> Barrier | None:
    if status == 429:
        return Barrier("rate_limited", owner)
    if status in (401, 407):
        return Barrier("login", owner)
    if status == 999 or 400 <= status < 500:
        return Barrier("challenge" if owner or _says("challenge", said[:20_000]) else "denied", owner)
    if status == 503 and (owner or _says("challenge", said[:20_000])):
        return Barrier("challenge", owner)
    return None


def _of_redirect(page: Fetched) -> Barrier | None:
    asked, final = urlsplit(page.url), urlsplit(page.final_url)
    if any(mark in final.query.lower() for mark in _DATA["query_marks"]):
        return Barrier("denied")
    if (asked.hostname, asked.path) == (final.hostname, final.path) or not final.hostname:
        return None
    labels = final.hostname.removeprefix("www.").split(".")[:-1]
    segments = [part for part in unquote(final.path).lower().split("/") if part]
    before = {part for part in unquote(asked.path).lower().split("/") if part}
    moved = final.hostname != asked.hostname
    carries = _carries(final.query, asked.hostname or "", asked.path)

    def leads_to(kind: str) -> bool:
        paths = set(_DATA[f"{kind}_paths"]) & set(segments[:3]) - before
        hosts = moved and labels[0] in _DATA.get(f"{kind}_hosts", ())
        return bool(paths) or hosts

    if leads_to("consent"):
        return Barrier("consent")
    if leads_to("captcha") and (carries or moved):
        return Barrier("challenge")
    return Barrier("login") if leads_to("login") and (carries or "authwall" in segments) else None


def _carries(query: str, host: str, path: str) -> bool:
    """Whether a redirect remembers where it came from, to lead back there."""
    written = unquote(unquote(query))
    return bool(host and host in written) or (len(path) > 1 and path in written)


def _of_page(page: Fetched, tree: LexborHTMLParser, text: PageText, owner: str | None) -> Barrier | None:
    loud = _loud(tree)
    whole = " ".join(text.text.split())
    size = len(whole)
    spoken = _says("challenge", whole[:THIN]) or _says("denied", whole[:THIN])
    if owner is not None and (size <= _BARE or (size <= THIN and spoken)):
        return Barrier("challenge", owner)
    for kind in ("challenge", "denied"):
        if size <= THIN and (_says(kind, loud) or (size <= _BARE and _says(kind, whole))):
            return Barrier(kind)
    if _asks_for_consent(tree, whole, loud):
        return Barrier("consent")
    if size <= THIN and tree.css_first("input[type=password]") is not None and _says("login", loud):
        return Barrier("login")
    if _is_shell(page, tree, text, whole):
        return Barrier("shell")
    return None if whole or tree.css_first("img, iframe, video, object, embed") else Barrier("empty")


def _asks_for_consent(tree: LexborHTMLParser, whole: str, loud: str) -> bool:
    if not _says("consent", whole[:_CONSENT]):
        return False
    boxes = _boxes(tree)
    if boxes:
        # On most pages the question is a box, and the page stands beside it.
        return len(whole) - sum(len(" ".join(box.split())) for box in boxes) <= _EMPTY
    return len(whole) <= _CONSENT and _says("consent", loud) and tree.css_first("form, button") is not None


def _boxes(tree: LexborHTMLParser) -> list[str]:
    """The texts of the outermost elements that ask about cookies."""
    named = re.compile(_DATA["consent_boxes"], re.IGNORECASE)
    texts: list[str] = []
    taken: set[int] = set()
    for node in tree.css("div[class], div[id], section[class], section[id], dialog, aside[class], aside[id]"):
        names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"[:500]
        if not named.search(names):
            continue
        outer = node.parent
        while outer is not None and outer.mem_id not in taken:
            outer = outer.parent
        taken.add(node.mem_id)
        if outer is None:
            texts.append(node.text(deep=True, separator=" ") or "")
    return texts


def _is_shell(page: Fetched, tree: LexborHTMLParser, text: PageText, whole: str) -> bool:
    scripts = tree.css_first("script") is not None
    asked = _says("script", whole[:2_000]) or any(
        _says("script", (node.text(deep=True) or "")[:1_000]) for node in tree.css("noscript")[:20]
    )
    if not scripts:
        return asked and len(whole) <= _BARE
    mount = tree.css_first(_DATA["mounts"])
    empty = mount is not None and len((mount.text(deep=True) or "").split()) < 20
    read = len(whole) - _linked(text)
    return len(whole) < 50 or (read <= _EMPTY and (asked or empty)) or (read <= THIN and empty and asked)


def _linked(text: PageText) -> int:
    """Characters that stand in links."""
    return sum(
        end - start
        for start, end, node in text.pieces()
        if node.tag == "a" or (node.parent is not None and node.parent.tag == "a")
    )


def _loud(tree: LexborHTMLParser) -> str:
    """Title and headings."""
    nodes = [*tree.css("title")[:2], *tree.css("h1, h2, [role=heading]")[:6]]
    return " \n ".join(clean(node.text(deep=True) or "", 200) for node in nodes)


@cache
def _words(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(_DATA['phrases'][kind])})(?!\w)", re.IGNORECASE)


def _says(kind: str, text: str) -> bool:
    return _words(kind).search(text) is not None


def _owner(page: Fetched) -> str | None:
    for name, start, owner in _DATA["headers"]:
        if any(value.lower().startswith(start) for value in page.header(name)):
            return str(owner)
    source = (page.text or page.error_text)[:_SOURCE].lower()
    return next((who for who, marks in _DATA["marks"].items() if _has(source, marks)), None)


def _has(source: str, marks: Iterable[str]) -> bool:
    return any(mark in source for mark in marks)


# --- pages that are gone though they answer -----------------------------------------------------------------


@cache
def _gone_title(kind: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(_DATA['gone'][kind])})", re.IGNORECASE)


_SEPARATOR = re.compile(r"\s+[-–—|·•:»«/]+\s+|\s*[|»«]\s*|(?<=\w):\s+")


def says_gone(page: Fetched, tree: LexborHTMLParser, text: PageText) -> Gone | None:
    """What a page with status 200 says of itself: that there is none, or no site any more."""
    titles = _titles(tree)
    for kind in ("not_found", "suspended", "parked"):
        if any(_gone_title(kind).fullmatch(part) for part in titles):
            return kind
    thin = len(text.text) <= THIN
    return "parked" if thin and _has(page.text[:_SOURCE].lower(), _DATA["parking"]) else None


def _titles(tree: LexborHTMLParser) -> Sequence[str]:
    parts: list[str] = []
    for node in [*tree.css("title")[:1], *tree.css("h1")[:2]]:
        title = clean(node.text(deep=True) or "", 200)
        parts += [title, *_SEPARATOR.split(title)]
    return [part.strip(" .!-–|") for part in parts if part.strip(" .!-–|")]
