"""The export layouts this program reads. A layout is recognised by its header, never by a file's name.

A new layout is one more row in a file of `layouts/`: what must be in the header (`signature`), which column
fills which field (`columns`), and which columns are the vendor's own figures (`metrics`). Header names are
compared without regard to case, spaces and punctuation; `A|B` means "A, or else B"; columns may stand in any
order, and unknown ones are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, get_args

from tracker.links.files.words import WORDS
from tracker.shipped import words_of

Scope = Literal["all", "one_per_domain", "new", "lost", "sample", "domains", "unknown", "counts"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
FULL_SCOPES: frozenset[str] = frozenset({"all", "one_per_domain", "domains"})
"""Scopes whose snapshot claims to be complete: only between two of these may a missing link count as lost."""
BY_LINK: frozenset[str] = frozenset({"all", "unknown"})
"""Scopes whose rows are links, each with its page; of the unknown one nobody says that all are there."""

Rows = Literal["links", "domains", "counts", "authority"]
Container = tuple[str, ...]

FIELDS: dict[str, str] = {
    # field → how its cells are read (`rows.Reader`)
    "source_url": "url",
    "target_url": "url",
    "source_domain": "domain",
    "target_domain": "domain",
    "anchor": "text",
    "alt": "text",
    "rel": "text",
    "nofollow": "nofollow",
    "follow": "follow",
    "only_nofollow": "truth",
    "only_follow": "truth",
    "ugc": "truth",
    "sponsored": "truth",
    "link_type": "type",
    "is_image": "truth",
    "is_frame": "truth",
    "is_form": "truth",
    "is_redirect": "truth",
    "is_mention": "truth",
    "first_seen": "moment",
    "last_seen": "moment",
    "lost_at": "moment",
    "lost": "truth",
    "new": "truth",
    "lost_reason": "text",
    "title": "text",
    "language": "text",
    "context_left": "text",
    "context_right": "text",
    "placement": "text",
    "sitewide": "truth",
    "spam": "truth",
    "state": "state",
}
LONGEST_SITE = 300
"""Characters in which a header may name a site: matching a longer one takes the square of its length."""


@dataclass(frozen=True)
class Layout:
    name: str
    vendor: str
    signature: tuple[str, ...]
    """Header names that must all be there."""
    columns: Mapping[str, str]
    scope: Scope = "all"
    rows: Rows = "links"
    metrics: tuple[str, ...] = ()
    """The vendor's figures; they keep their names."""
    labels: tuple[str, ...] = ()
    """The vendor's words about a link (page type, platform); kept as text under their names."""
    absent: tuple[str, ...] = ()
    """Header names that make it another layout."""
    container: Container = ()
    """For JSON: the key of the list whose elements are rows. Column names are then dotted paths."""
    blank_is_false: bool = False
    """Flags in which an empty cell means no, and not "unknown"."""
    counting: bool = False
    """All figures are counts: `1.240` and `1,240` are both 1240."""
    matrix: int = 0
    """Link matrices: each column that is named after a site says whether the row links to it. So many such
    columns there are at least.
    """
    spelled: tuple[str, ...] = ()
    """The whole header, letter for letter, where its words are anybody's."""
    own_site: bool = False
    """The owner's report about the owner's site: rows need not name the target."""
    embeds: tuple[str, ...] = ()
    """Words of the type column for what a page loads (pictures, styles, scripts): no links, though in the
    file.
    """
    json_only: bool = False
    """Its names are too common to be a signature in a table."""
    notes: str = ""

    @property
    def is_json(self) -> bool:
        return bool(self.container)


FAMILIES = (
    "ahrefs",
    "semrush",
    "majestic",
    "moz",
    "google",
    "bing",
    "screamingfrog",
    "dataforseo",
    "smaller",
    "openpagerank",
)
"""The files of layouts. Of two layouts that explain a header equally well, the first one is taken."""
LISTS = frozenset({"container", "signature", "absent", "metrics", "labels", "embeds", "spelled"})

NO_LINKS: frozenset[str] = frozenset({"mention", "embed"})
"""Link types that are facts about a page and no links from it."""


def _layouts() -> Iterator[Layout]:
    for family in FAMILIES:
        raw = words_of("tracker.links.files", f"layouts/{family}.yaml")
        for name, row in raw["layouts"].items():
            yield _layout(name, {"vendor": raw.get("vendor"), **row})


def _layout(name: str, row: dict[str, Any]) -> Layout:
    """A row of the table; `@source` stands for all names of that column in `words.yaml`, and a list in a list
    for its members.
    """
    row["columns"] = {field: _names(names) for field, names in row["columns"].items()}
    for key in row.keys() & LISTS:
        row[key] = tuple(_names(names) for names in _flattened(row[key]))
    return Layout(name=name, **row)


def _names(names: str) -> str:
    return "|".join(WORDS["headers"][names[1:]]) if names.startswith("@") else names


def _flattened(names: Iterable[Any]) -> Iterator[str]:
    for each in names:
        yield from _flattened(each) if isinstance(each, list) else [each]


LAYOUTS: tuple[Layout, ...] = tuple(_layouts())
CONTAINERS: Container = tuple(dict.fromkeys(key for layout in LAYOUTS for key in layout.container))
TABLES = tuple(each for each in LAYOUTS if not each.json_only)
BY_NAME: dict[str, Layout] = {layout.name: layout for layout in LAYOUTS}

# Google translates the headers of its reports; what stands in the columns gives them away.
TRANSLATED: dict[tuple[str, ...], str] = {
    ("page",): "gsc-latest-links",
    ("page", "date"): "gsc-latest-links",
    ("page", "count"): "gsc-top-linked-pages",
    ("page", "count", "count"): "gsc-top-linked-pages",
    ("site", "count"): "gsc-top-linking-sites",
    ("site", "count", "count"): "gsc-top-linking-sites",
}
LINK_WORDS = re.compile("|".join(WORDS["links"]), re.IGNORECASE)
"""Without such a word in its header, a table of pages and numbers is about something else: visits, prices,
ranks."""
NOT_TRANSLATED = frozenset(WORDS["not translated"])
"""Words in a header that say it is some other table, although its cells look like one of Google's."""


@lru_cache(maxsize=1 << 14)
def plain(header: str) -> str:
    """A header name as it is compared: `URL Rating (desc)` and `url_rating` are one."""
    return re.sub(
        r"[\W_]+", "", re.sub(r"\s*\((?:asc|desc)\)\s*$", "", header.strip(), flags=re.IGNORECASE)
    ).casefold()


def shown(header: str) -> str:
    """A header name as it is kept."""
    return re.sub(r"\s*\((?:asc|desc)\)\s*$", "", header.replace("\ufeff", "").strip(), flags=re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """A layout against one header: which column (by number) is which."""

    layout: Layout
    fields: dict[str, int]
    metrics: dict[str, int]
    labels: dict[str, int]
    targets: dict[str, int] = field(default_factory=dict)

    @property
    def known(self) -> int:
        return len(
            {*self.fields.values(), *self.metrics.values(), *self.labels.values(), *self.targets.values()}
        )

    @property
    def rank(self) -> tuple[int, int]:
        return self.known, len(self.layout.signature)


def match(header: Sequence[str], layouts: Iterable[Layout] = TABLES) -> Match | None:
    """The layout that explains the most columns of a header; of equals, the one that stands first in the
    table.

    The generic one only where no tool's own names are there: it would know the tool's words, but not what
    they mean.
    """
    places = _places(header)
    found = [read_header(layout, header) for layout in layouts if _signed(layout, header, places)]
    tools = [each for each in found if each.layout.vendor != "generic"]
    return max(tools or found, key=lambda each: each.rank) if found else None


def _places(header: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for number, name in enumerate(header):
        places.setdefault(plain(name) or f"#{number}", number)
    return places


def _signed(layout: Layout, header: Sequence[str], places: Mapping[str, int]) -> bool:
    if layout.spelled and tuple(map(shown, header)) != layout.spelled:
        return False
    if sum(map(_names_a_site, header)) < layout.matrix:
        return False
    return all(_place(names, places) is not None for names in layout.signature) and not any(
        _place(names, places) is not None for names in layout.absent
    )


_SITE = re.compile(r"(https?://)?(\*\.)?[\w-]+(\.[\w-]+)*\.[^\W\d_]{2,}(/\S*)?")


def _names_a_site(header: str) -> bool:
    return len(header) <= LONGEST_SITE and _SITE.fullmatch(header.strip()) is not None


def _place(names: str, places: Mapping[str, int]) -> int | None:
    return next((places[plain(name)] for name in names.split("|") if plain(name) in places), None)


def read_header(layout: Layout, header: Sequence[str]) -> Match:
    places = _places(header)

    def located(names: Iterable[str]) -> dict[str, int]:
        found = (_place(name, places) for name in names)
        return {shown(header[place]): place for place in found if place is not None}

    fields = {
        name: place for name, names in layout.columns.items() if (place := _place(names, places)) is not None
    }
    targets: dict[str, int] = {}
    metrics, labels = located(layout.metrics), located(layout.labels)
    if layout.matrix:
        taken = {*fields.values(), *metrics.values(), *labels.values()}
        targets = {shown(name): n for n, name in enumerate(header) if n not in taken and _names_a_site(name)}
    return Match(layout, fields, metrics, labels, targets)
