"""The sandbox's simulated web: invented publishers, their pages, and the links among them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Literal, get_args

SourceType = Literal["editorial", "community", "reference", "video", "review", "corporate"]


def number(*parts: object) -> int:
    """The same 64 bits for the same parts in every process: `hash()` is salted, this is not."""
    return int.from_bytes(blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest())


def fraction(*parts: object) -> float:
    """A uniform number in [0, 1) that belongs to these parts."""
    return number(*parts) / 2**64


def slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or f"x{number(text) % 100_000}"


@dataclass(frozen=True, slots=True)
class Publisher:
    domain: str
    type: SourceType
    rating: int
    host: str


@dataclass(frozen=True, slots=True)
class WebPage:
    url: str
    title: str
    domain: str
    topic: str


@dataclass(frozen=True, slots=True)
class WebLink:
    source: str
    source_url: str
    source_title: str
    target_url: str
    brand: str
    anchor: str
    rel: str
    first_seen: date
    last_seen: date | None
    lost_at: date | None

    def live_on(self, day: date) -> bool:
        return self.first_seen <= day and (self.lost_at is None or day < self.lost_at)


# The publishers are invented. `general` ones write about every topic, the others about some.
# Their hosts are chosen for the joins: www, a subdomain, a two-part suffix, a private suffix, an IDN.
_PUBLISHERS: dict[SourceType, str] = {
    "editorial": """
        techdaily.com:88:www:general ledgerandloop.com:61:www brightdeskreview.com:57:www
        opsquarterlypost.com:66:www
        smallfirmweekly.com:72:www:general thequietdeskpost.com:38: deskandfieldpost.co.uk:54:www
        nordstapelpost.se:43:www bizharbornews.org:59:: growthalmanach.com:69:blog:general
        stackgazetteer.com:74:www
        makersledgerpost.com:35:: officekompassheft.de:47:www kontorblattonline.de:51:www
        lapetiteagencehebdo.fr:33::
        bürobotenblatt.de:29:: harbourlinejournal.com:64:www""",
    "community": """
        askfounderscircle.org:70:: deskboardtalk.net:46:forum crewthreadhall.net:41::
        opsforumhall.com:63:www:general
        smallteamnotes.github.io:27:: answerbarnyard.com:81:www:general sellersguildhall.org:49:community
        tinkerboardroom.com:37:: countersidetalk.org:44:talk""",
    "reference": """
        openbizwikia.org:90:en:general glossaryattic.org:52:www softwareatlasia.org:77:www:general
        termpediana.net:58:: bizstandardry.org:67:docs datahandbookery.org:48::""",
    "video": """
        clipharbourtv.com:85:www:general vidlessonry.com:53:www watchdeskly.tv:45::
        screencastbarn.com:62:www explainerloft.com:40::""",
    "review": """
        toolverdictory.com:83:www:general softpickery.com:76:www:general ratedstackly.com:65:www
        comparebenchly.com:68:www appscalery.com:55:: reviewquayside.com:60:www pricewatchery.net:39::
        buyersmatrixly.com:71:www verdictharbour.net:42:: shortlistery.com:73:www:general
        honestappnotes.com:34:: switchersguidebook.com:50:www sidebysideapps.com:56:www""",
    "corporate": """
        northgatepartnership.com:47:www bluefernconsultancy.co:31:www cloudmoorings.com:75:blog
        paywharfbank.eu:64:www hireloomery.com:44:: mailbarrow.com:59:www trainyardacademy.com:53:learn
        auditlaneadvice.com:36:: shipyardhosting.com:66:docs deskfolkagency.com:28::""",
}


def _publishers() -> tuple[tuple[Publisher, bool], ...]:
    rows: list[tuple[Publisher, bool]] = []
    for kind in get_args(SourceType):
        for entry in _PUBLISHERS[kind].split():
            domain, rating, sub, *rest = entry.split(":")
            host = f"{sub}.{domain}" if sub else domain
            rows.append((Publisher(domain, kind, int(rating), host), "general" in rest))
    return tuple(rows)


PUBLISHERS: tuple[tuple[Publisher, bool], ...] = _publishers()

_SHELVES: dict[SourceType, tuple[tuple[str, str], ...]] = {
    "editorial": (
        ("/{y}/{m}/best-{t}-compared", "The best {T} choices, compared"),
        ("/guides/{t}-explained", "{T}, explained for busy people"),
        ("/reviews/{t}-roundup.html", "Our {y} {T} round-up"),
        ("/{y}/{m}/{t}-what-changed/", "{T}: what changed this year"),
    ),
    "community": (
        ("/t/what-do-you-use-for-{t}/{i}", "What do you use for {T}?"),
        ("/questions/{i}/{t}-recommendations", "{T} recommendations for a team of five"),
        ("/thread/{i}?page=2", "Leaving a spreadsheet behind: {T} thread"),
    ),
    "reference": (
        ("/wiki/{t}_(software)", "{T} (software)"),
        ("/wiki/List_of_{t}_tools", "List of {T} tools"),
        ("/entry/{t}", "{T} – definition and market"),
    ),
    "video": (
        ("/watch?v={i36}", "{T} in ten minutes"),
        ("/watch?v={i36}&t=95", "I tried every {T} tool for a month"),
        ("/lessons/{t}/{i}", "Lesson: choosing {T}"),
    ),
    "review": (
        ("/category/{t}/", "Top {T} products by user rating"),
        ("/compare/{t}?sort=rating", "Compare {T} side by side"),
        ("/best/{t}-for-small-teams", "Best {T} for small teams, rated"),
        ("/{t}/pricing-guide", "{T} pricing guide"),
    ),
    "corporate": (
        ("/blog/{t}-checklist", "A {T} checklist from our projects"),
        ("/resources/{t}-buyers-guide", "The buyer’s guide to {T}"),
        ("/integrations/{t}", "{T} integrations"),
    ),
}


def pages_of(source: Publisher, topic: str, year: int) -> tuple[WebPage, ...]:
    """What a publisher has on a topic: two or three pages, the same in every world."""
    shelf = _SHELVES[source.type]
    first = number("shelf", source.domain, topic)
    count = 2 + first % 2
    return tuple(
        _page(source, topic, year, *shelf[(first // 7 + i) % len(shelf)], i)
        for i in range(min(count, len(shelf)))
    )


def _page(source: Publisher, topic: str, year: int, path: str, title: str, i: int) -> WebPage:
    ident = number("page", source.domain, topic, i)
    fields: dict[str, object] = {
        "t": slug(topic),
        "T": topic.upper() if len(topic) <= 3 else topic,
        "y": year - 1 - ident % 2,
        "m": f"{1 + ident % 12:02d}",
        "i": 10_000 + ident % 90_000,
        "i36": f"{ident:016x}"[:11],
    }
    return WebPage(
        f"https://{source.host}{path.format(**fields)}", title.format(**fields), source.domain, topic
    )


def page_about(source: Publisher, brand: str, topic: str, year: int) -> WebPage:
    """A page whose address and title name a brand: citing it is not naming the brand in the answer."""
    ident = number("about", source.domain, brand)
    path = ("/reviews/{b}-review", "/{b}-alternatives", "/compare/{b}-vs-the-rest", "/tag/{b}/")[ident % 4]
    title = (
        "{B} review ({y})",
        "{B} alternatives worth a look",
        "{B} against the rest",
        "Everything on {B}",
    )[ident % 4]
    return WebPage(
        f"https://{source.host}{path.format(b=slug(brand))}",
        title.format(B=brand, y=year),
        source.domain,
        topic,
    )
