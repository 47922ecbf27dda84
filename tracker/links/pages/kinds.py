"""What kind of link a page gives, as link builders name them, each with the evidence it rests on.

The strongest evidence decides, in this order: what the linked address itself says (*affiliate*), what the
link or the page declares (*sponsored*), where the link stands (*comment*), then what the page is: *profile*,
*forum*, *press* release, *guest post*, *directory*, *resource page*, and an article in whose text it stands
(*editorial*). A link in a menu, sidebar or footer is none of them, and neither is one without evidence:
*unknown* is an answer. The words and marks stand in `link_kinds.yaml`. A person's own word wins over all this
(`tracker.links.kinds`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker import domains
from tracker.links.pages.nodes import chain_of
from tracker.links.pages.text import PageText, clean
from tracker.shipped import words_of

Kind = Literal[
    "editorial",
    "guest post",
    "resource page",
    "directory",
    "forum",
    "comment",
    "profile",
    "press",
    "sponsored",
    "affiliate",
    "unknown",
]
KINDS: tuple[str, ...] = get_args(Kind)
_WORDS: dict[str, Any] = words_of("tracker.links.pages", "link_kinds.yaml")
_FURNITURE = ("nav", "sidebar", "footer", "hidden")
_PLACED_OUTSIDE = re.compile(r"nav|header|footer|sidebar|aside|menu", re.IGNORECASE)
_SENTENCE = 60
"""Characters around a link, without it, that make the text it stands in."""
_HEADER = 400
"""Characters of the box around a title in which a page's label stands."""
_BELOW = 4
"""Pieces, the title's box among them, in which such a label may stand."""
_LONGEST_NAME, _MOST_HYPHENS = 40, 3
"""Of the name of a person in an address; titles of articles are longer."""
_MANY = 8
"""Links to elsewhere that a list has at least to be a page of resources."""


@dataclass(frozen=True, slots=True)
class KindOfLink:
    kind: Kind
    because: str


UNKNOWN = KindOfLink("unknown", "")
_BY_HOST: tuple[Kind, ...] = ("profile", "forum", "press", "directory")
"""Kinds that some hosts give alone, in the order in which a page is asked."""


@cache
def _any_of(kind: str, what: str) -> re.Pattern[str]:
    words = "|".join(_WORDS[kind][what]).replace(" ", r"\s+")
    return re.compile(rf"(?<![\w])(?:{words})(?![\w])", re.IGNORECASE)


@cache
def _nearly(kind: str, what: str) -> re.Pattern[str]:
    """What a lower-case text matches wherever `_any_of` matches the text, in a fraction of the time."""
    return re.compile("|".join(_WORDS[kind][what]).replace(" ", r"\s+"))


def _is_name(segment: str) -> bool:
    """Whether it may be what a member is called, and no title or page of the site's own."""
    short = len(segment) <= _LONGEST_NAME and segment.count("-") <= _MOST_HYPHENS
    return short and _any_of("profile", "no_names").fullmatch(segment) is None


class AddressKind:
    """What the addresses of a link say of its kind, whoever looked at the page."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = (parts.hostname or "").removeprefix("www.")
        address = domains.try_parse(url)
        self.domain = address.domain if address else self.host
        self.query = unquote(parts.query).casefold()[:500]
        self.segments = [part for part in unquote(parts.path).casefold().split("/") if part][:8]

    @property
    def _discloses(self) -> bool:
        """Whether the page says that it earns by its links."""
        return False

    def _sure_directory(self) -> str | None:
        wanted = _any_of("directory", "sure_paths")
        parts = [*self.segments, *map("/".join, pairwise(self.segments))]
        known = next((part for part in parts if wanted.fullmatch(part)), None)
        return f"/{known}/ in its address" if known else None

    def _names_a_person(self) -> str | None:
        """The address ends with one name, where names of members stand: `/users/ana`, `/@ana`, `/~ana`."""
        if self._sure_directory() is not None:
            return None
        words = self.segments
        while len(words) > 1 and _any_of("profile", "behind_name").fullmatch(words[-1]):
            words = words[:-1]
        if len(words) == 1 and re.fullmatch(r"[@~][\w.-]{2,}", words[0]):
            return f"/{words[0]} is its address"
        if len(words) == 1 and self.domain in _WORDS["profile"]["root_hosts"] and _is_name(words[0]):
            return f"a name on {self.domain}"
        if not 2 <= len(words) <= 3 or not _is_name(words[-1]):
            return None
        before = _any_of("profile", "before_name").fullmatch(words[-2])
        return f"/{words[-2]}/ before a name in its address" if before else None

    def claimed(self, target: str | None, rel: Sequence[str], placement: str, platform: str) -> KindOfLink:
        """The kind of a link that an export lists and nobody looked at: by its addresses, and by what the
        tool says of rel, place and platform. An article, a guest post or a list of resources shows on the
        page alone.
        """
        paid = self._affiliate(target, rel) if target else None
        if paid is None and "sponsored" in rel:
            paid = KindOfLink("sponsored", "rel=sponsored")
        if paid is not None or _PLACED_OUTSIDE.search(placement):
            return paid or UNKNOWN
        if re.fullmatch(r"comments?", placement, re.IGNORECASE):
            return KindOfLink("comment", f"placed in “{clean(placement, 30)}”")
        if why := self._names_a_person():
            return KindOfLink("profile", why)
        for kind in _BY_HOST:
            if why := self._host(kind):
                return KindOfLink(kind, why)
        if why := self._sure_directory():
            return KindOfLink("directory", why)
        software = _any_of("forum", "generators").search(platform)
        boards = software or re.search(r"(?<!\w)message[- ]?boards?(?!\w)", platform, re.IGNORECASE)
        return KindOfLink("forum", f"platform “{clean(boards[0], 30)}”") if boards else UNKNOWN

    def _host(self, kind: str) -> str | None:
        return next(
            (f"on {each}" for each in _WORDS[kind]["hosts"] if each in (self.host, self.domain)), None
        )

    def _affiliate(self, url: str, rel: Sequence[str]) -> KindOfLink | None:
        words = _WORDS["affiliate"]
        parts = [part for part in urlsplit(url).path.casefold().split("/") if part]
        if any(_any_of("affiliate", "shares").fullmatch(part) for part in parts[:3]):
            return None
        for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)[:50]:
            key = name.casefold()
            known = words["values"].get(key, ())
            if key in words["parameters"] or value.casefold() in known:
                return KindOfLink("affiliate", f"{clean(name, 30)}={clean(value, 30)} in the linked address")
            if key in words["doubtful"] and value and ("sponsored" in rel or self._discloses):
                said = "rel=sponsored" if "sponsored" in rel else "a disclosure on the page"
                return KindOfLink("affiliate", f"{clean(name, 30)}={clean(value, 30)}, and {said}")
        return None


class PageKind(AddressKind):
    """What is asked of a page once, for all its links."""

    def __init__(
        self,
        tree: LexborHTMLParser,
        url: str,
        text: PageText,
        types: frozenset[str],
        *,
        outlinks: int,
        has_author: bool,
    ) -> None:
        self.tree, self.text, self.types = tree, text, types
        self.outlinks, self.has_author = outlinks, has_author
        super().__init__(url)

    def of(self, node: LexborNode, url: str, rel: Sequence[str], placement: str) -> KindOfLink:
        paid = self._affiliate(url, rel)
        if paid is None and "sponsored" in rel:
            paid = KindOfLink("sponsored", "rel=sponsored")
        if paid is not None or placement in _FURNITURE:
            return paid or UNKNOWN
        if placement == "comment":
            return self._forum() or KindOfLink("comment", "stands among the comments")
        return (
            self._sponsored()
            or self._profile(rel)
            or self._forum()
            or self._press()
            or self._guest()
            or self._directory()
            or self._resource(node)
            or self._editorial(node, placement)
            or UNKNOWN
        )

    # --- what is asked --------------------------------------------------------------------------------------

    def _type(self, kind: str) -> str | None:
        return next((f"schema.org {each}" for each in _WORDS[kind]["schema"] if each in self.types), None)

    def _path(self, kind: str, most: int = 8) -> str | None:
        wanted = _any_of(kind, "paths")
        segment = next((part for part in self.segments[:most] if wanted.fullmatch(part)), None)
        return f"/{segment}/ in its address" if segment else None

    def _says(self, kind: str) -> str | None:
        if _nearly(kind, "sentences").search(self.lower) is None:
            return None
        match = _any_of(kind, "sentences").search(self.body)
        return f"says “{clean(match[0], 60)}”" if match else None

    @cached_property
    def body(self) -> str:
        return self.text.text

    @cached_property
    def lower(self) -> str:
        return self.body.lower()

    @cached_property
    def titles(self) -> list[str]:
        """The title and its parts, and the first headings."""
        nodes = [*self.tree.css("title")[:1], *self.tree.css("h1")[:2]]
        whole = [clean(node.text(deep=True) or "", 200) for node in nodes]
        return [*whole, *(part.strip() for each in whole for part in re.split(r"\s+[-–—|·»:]\s+", each))]

    def _titled(self, kind: str, what: str = "titles") -> str | None:
        wanted = _any_of(kind, what)
        title = next((each for each in self.titles if wanted.fullmatch(each)), None)
        return f"called “{clean(title, 60)}”" if title else None

    @cached_property
    def article(self) -> str | None:
        """Why the page is an article."""
        if (typed := self._type("editorial")) is not None:
            return typed
        og = self.tree.css_first("meta[property='og:type']")
        if og is not None and (og.attributes.get("content") or "").strip().casefold() == "article":
            return "og:type article"
        dated = self.tree.css_first("article time, time[datetime], [itemprop=datePublished]") is not None
        return "an author and a date" if dated and self.has_author else None

    # --- kinds ----------------------------------------------------------------------------------------------

    @cached_property
    def _discloses(self) -> bool:
        return _any_of("affiliate", "disclosures").search(self.body) is not None

    def _sponsored(self) -> KindOfLink | None:
        why = self._paid
        return KindOfLink("sponsored", why) if why else None

    @cached_property
    def _paid(self) -> str | None:
        said = self._type("sponsored") or self._label("sponsored")
        return said or self._says("sponsored") or self._path("sponsored")

    def _label(self, kind: str) -> str | None:
        """A label in the box around the title; elsewhere on the page it is about something else."""
        wanted = _any_of(kind, "labels")
        for line in self.header:
            if wanted.fullmatch(line):
                return f"labelled “{clean(line, 60)}”"
        return None

    @cached_property
    def header(self) -> list[str]:
        """The lines of the box around the title, and the short ones right below it."""
        title = self.tree.css_first("h1")
        box = title
        while box is not None and box.parent is not None and box.parent.tag not in ("body", "html"):
            if len(box.parent.text(deep=True) or "") > _HEADER:
                break
            box = box.parent
        if box is None:
            return []
        texts = [box.text(deep=True, separator="\n") or ""]
        below = box.next
        while below is not None and len(texts) < _BELOW:
            text = below.text(deep=True, separator="\n") or ""
            if len(text) > _SENTENCE:
                break
            texts += [text] if text.strip() else []
            below = below.next
        lines = [line for text in texts for line in text.split("\n")]
        return [line.strip(" \t:.–—|·") for line in lines if line.strip()]

    def _profile(self, rel: Sequence[str]) -> KindOfLink | None:
        og = self.tree.css_first("meta[property='og:type']")
        is_og = og is not None and (og.attributes.get("content") or "").casefold() in _WORDS["profile"]["og"]
        why = self._type("profile") or self._host("profile") or ("og:type profile" if is_og else None)
        if why is None and "me" in rel:
            why = "rel=me"
        if why is None and not self._posts():
            if self._is_forum is not None:
                why = self._path("profile", 3) or self._asks_for_profile()
            why = why or (None if self.article else self._names_a_person())
        return KindOfLink("profile", why) if why else None

    def _asks_for_profile(self) -> str | None:
        asked = _any_of("profile", "queries").search(self.query)
        return f"{asked[0]} in its address" if asked else None

    def _posts(self) -> bool:
        return "DiscussionForumPosting" in self.types or "QAPage" in self.types

    def _forum(self) -> KindOfLink | None:
        return KindOfLink("forum", self._is_forum) if self._is_forum else None

    @cached_property
    def _is_forum(self) -> str | None:
        generator = self.tree.css_first("meta[name=generator i]")
        made = (generator.attributes.get("content") or "") if generator is not None else ""
        if software := _any_of("forum", "generators").search(made):
            return f"made with {clean(software[0], 30)}"
        why = self._host("forum") or self._type("forum")
        if why:
            return why
        mark = next((css for css in _WORDS["forum"]["marks"] if self.tree.css_first(css) is not None), None)
        if mark:
            return f"marked up like a forum ({mark})"
        label = self.host.split(".")[0]
        if _any_of("forum", "subdomains").fullmatch(label) and not self.article:
            return f"on {label}.…"
        return self._path("forum", 2) if not self.article and self.segments[:1] != ["t"] else None

    def _press(self) -> KindOfLink | None:
        why = self._host("press") or self._says("press") or self._label("press") or self._path("press")
        return KindOfLink("press", why) if why else None

    def _guest(self) -> KindOfLink | None:
        """What the page itself says: a box about the author alone is mostly about the site's own people."""
        why = self._says("guest post") or self._label("guest post") or self._path("guest post")
        return KindOfLink("guest post", why) if why else None

    def _directory(self) -> KindOfLink | None:
        why = self._host("directory") or self._titled("directory")
        if why is None and not self.article:
            many = self.outlinks >= _MANY
            why = self._sure_directory() or (self._titled("directory", "weak_titles") if many else None)
        if why is None and not self.article and (path := self._path("directory", 3)):
            typed = self._type("directory")
            why = f"{path}, {typed}" if typed else None
        return KindOfLink("directory", why) if why else None

    def _resource(self, node: LexborNode) -> KindOfLink | None:
        listed = any(each.tag in ("li", "td", "dd", "dt") for each in chain_of(node)[:6])
        if self.outlinks < _MANY or not listed:
            return None
        why = self._titled("resource page")
        if why is None and not self.article:
            why = self._path("resource page") or self._titled("resource page", "weak_titles")
        labels = [each for each in self.host.split(".")[:2] if each in _WORDS["resource page"]["subdomains"]]
        why = why or (f"on {labels[0]}.…" if labels else None)
        return KindOfLink("resource page", f"{why}, {self.outlinks} links to elsewhere") if why else None

    def _editorial(self, node: LexborNode, placement: str) -> KindOfLink | None:
        if self.article is None or placement not in ("content", "references"):
            return None
        if placement == "references":
            return KindOfLink("editorial", f"among the references of an article ({self.article})")
        block = next(
            (n for n in chain_of(node)[1:] if n.tag in ("p", "li", "td", "dd", "blockquote", "div")), None
        )
        around = len(" ".join((block.text(deep=True) or "").split())) if block is not None else 0
        own = len(" ".join((node.text(deep=True) or "").split()))
        if around - own < _SENTENCE:
            return None
        return KindOfLink("editorial", f"in the text of an article ({self.article})")
