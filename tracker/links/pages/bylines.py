"""Who stands behind a page, by its own markup: author, day, page about the site, named entity.

This is shown beside a link and counts nowhere: it is what a reader of search engines' guidelines on
experience, expertise, authoritativeness and trust would look for, and every part of it can be made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from tracker.links.pages import structured
from tracker.links.pages.text import clean
from tracker.links.web import refresh
from tracker.shipped import words_of

_WORDS = words_of("tracker.links.pages", "byline_words.yaml")
_ABOUT = re.compile(rf"(?:{'|'.join(_WORDS['about'])})", re.IGNORECASE)
_BY = re.compile(rf"(?:{'|'.join(_WORDS['by'])})\s+", re.IGNORECASE)
_ORGANISATIONS = frozenset(_WORDS["organisations"])
_DAY = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})")
_LONGEST = 200
_AUTHORS = (
    "[itemprop=author] [itemprop=name], [itemprop=author], a[rel~=author], .byline, .author-name, .p-author"
)


@dataclass(frozen=True, slots=True)
class Byline:
    author: str | None = None
    published: date | None = None
    about_url: str | None = None
    entity: str | None = None
    """A person or organisation that schema.org's words on the page call its publisher or its subject."""


NOBODY = Byline()


def byline(tree: LexborHTMLParser, base: str, things: Sequence[Mapping[str, Any]]) -> Byline:
    return Byline(_author(tree, things), _published(tree, things), _about(tree, base), _entity(things))


def _author(tree: LexborHTMLParser, things: Sequence[Mapping[str, Any]]) -> str | None:
    named = [name for thing in things for name in _names(thing.get("author"))]
    named += [_content(tree, css) for css in ("meta[name=author i]", "meta[property='article:author']")]
    nodes = tree.css(_AUTHORS)
    named += [node.text(deep=True, separator=" ") or "" for node in nodes[:5]]
    return _first(_BY.sub("", clean(name, _LONGEST), count=1) for name in named)


def _first(texts: Iterable[str]) -> str | None:
    """The first that is a name: no address, and not a whole sentence."""
    return next((each for each in texts if 2 <= len(each) <= 80 and "://" not in each), None)


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [name for each in value[:5] for name in _names(each)]
    return _names(value.get("name")) if isinstance(value, dict) else []


def _content(tree: LexborHTMLParser, css: str) -> str:
    node = tree.css_first(css)
    return (node.attributes.get("content") or "") if node is not None else ""


def _published(tree: LexborHTMLParser, things: Sequence[Mapping[str, Any]]) -> date | None:
    said = [str(thing.get("datePublished") or "") for thing in things]
    said += [_content(tree, f"meta[{name}]") for name in _WORDS["published"]]
    said += [node.attributes.get("datetime") or "" for node in tree.css("time[datetime]")[:3]]
    return next((day for text in said if (day := _day(text)) is not None), None)


def _day(text: str) -> date | None:
    found = _DAY.match(text)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _about(tree: LexborHTMLParser, base: str) -> str | None:
    for node in tree.css("a[href]")[:3_000]:
        text = clean((node.text(deep=True) or "")[:200], 60)
        if _ABOUT.fullmatch(text):
            joined = refresh.joined(base, node.attributes.get("href") or "")
            return clean(joined, 2_000) if joined else None
    return None


def _entity(things: Sequence[Mapping[str, Any]]) -> str | None:
    publishers = [name for thing in things for name in _names(thing.get("publisher"))]
    owners = [
        name
        for thing in things
        if _ORGANISATIONS & set(structured.types_of(thing))
        for name in _names(thing.get("name"))
    ]
    return _first(clean(name, _LONGEST) for name in [*publishers, *owners])
