"""Companies that an answer names and nobody tracks: names that stand where tracked names stand.

A name by itself in a list item, heading, cell or link, or in bold: `1. **Pipewell** – …`,
`| Pipewell | $9 |`, `[Pipewell](https://pipewell.com)`. What is made of everyday words (Key features) or of
the trade's abbreviations (CRM, API) is none, unless its link leads to a site of that name. No model is asked,
so places and people can be among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from tracker import domains
from tracker.errors import BadUrl
from tracker.mentions import markup
from tracker.mentions.finder import Finder
from tracker.mentions.folding import fold_name
from tracker.mentions.languages import languages_of

Kind = Literal["list", "heading", "table", "link", "bold"]

_WORD = r"[^\W_][\w'’&.+-]*"
_NAME = rf"(?P<name>{_WORD}(?:[ \u00a0](?:{_WORD}|&)){{0,3}})"
_OPEN = r"[*_]{0,3}\[?[*_]{0,3}"
_CLOSE = r"[*_]{0,3}\0*[*_]{0,3}"
_END = rf"{_CLOSE}(?=[ \t]*(?:$|[:：|–—(,]|-+[ \t]))"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("list", re.compile(rf"^[ \t>]*(?:[-*+•]|\d{{1,2}}[.)])[ \t]+{_OPEN}{_NAME}{_END}", re.MULTILINE)),
    (
        "heading",
        re.compile(rf"^[ \t>]*#{{1,6}}[ \t]+(?:\d{{1,2}}[.)][ \t]*)?{_OPEN}{_NAME}{_END}", re.MULTILINE),
    ),
    ("table", re.compile(rf"\|[ \t]*{_OPEN}{_NAME}{_CLOSE}[ \t]*(?=\|)")),
    ("link", re.compile(rf"\[[*_]{{0,3}}{_NAME}[*_]{{0,3}}\0")),
    ("bold", re.compile(rf"(?:\*\*|__){_NAME}(?:\*\*|__)")),
)
"""Over an answer whose link destinations and source labels are hidden."""
_DESTINATION = re.compile(r"[*_]{0,3}\]\(\s*<?(https?://[^\s()<>]+)")
_INNER_CAPITAL = re.compile(r"[^\W\d_A-Z][A-Z]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name and how it stands in one answer; `site` is the domain that its own link leads to."""

    key: str
    name: str
    kind: Kind
    site: str | None
    beside: bool
    """Whether a tracked name stands in the same way in this answer."""


def candidates(text: str, finder: Finder) -> list[Candidate]:
    """Each once, at its first place; `finder` knows the tracked names."""
    tracked = [(span.start, span.end) for span in finder.spans(text)]
    names: dict[str, tuple[str, Kind, str | None]] = {}
    company: set[Kind] = set()
    for kind, name, start, url in _standing(text):
        if any(first < start + len(name) and start < last for first, last in tracked):
            company.add(kind)
        elif _may_be_a_company(name, url):
            key = fold_name(name)
            first_name, first_kind, known = names.get(key, (name, kind, None))
            names[key] = (first_name, first_kind, known or url)
    return [Candidate(key, name, kind, site, kind in company) for key, (name, kind, site) in names.items()]


def _standing(text: str) -> Iterator[tuple[Kind, str, int, str | None]]:
    """Each name that stands so, where it begins, and the site that its link leads to."""
    prose = markup.hide(text)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(prose):
            link = _DESTINATION.match(text, match.end("name"))
            yield kind, match["name"].rstrip(".'’-"), match.start("name"), _site(link[1]) if link else None


def _may_be_a_company(name: str, site: str | None) -> bool:
    words = name.split()
    if len(name) < 2 or not any(c.isalpha() for c in name):
        return False
    if not all(_has_a_capital(word) or len(word) < 4 for word in words):
        return False
    letters = "".join(c for c in fold_name(name) if c.isalnum())
    return (site is not None and site.startswith(letters)) or not all(_is_generic(word) for word in words)


def _has_a_capital(word: str) -> bool:
    """A capital anywhere (eBay), a digit, or a host (monday.com)."""
    return not word.islower() or word[0].isdigit() or domains.written_host(word) is not None


def _is_generic(word: str) -> bool:
    if _INNER_CAPITAL.search(word) and len(word) > 3:
        return False
    parts = [part.strip(".'’+&") for part in fold_name(word).removesuffix("'s").split("-")]
    return all(not any(c.isalpha() for c in part) or _is_everyday(part) for part in parts)


def _is_everyday(part: str) -> bool:
    return any(one in _generic() or languages_of(one) for one in (part, part.removesuffix("s")))


@cache
def _generic() -> frozenset[str]:
    lines = resources.files("tracker.mentions").joinpath("generic.txt").read_text("utf-8").splitlines()
    return frozenset(fold_name(word) for line in lines if not line.startswith("#") for word in line.split())


def _site(url: str) -> str | None:
    try:
        return domains.parse(url).domain
    except BadUrl:
        return None
