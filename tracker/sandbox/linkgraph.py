"""Who links to whom in the simulated web, and the files a user would have of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from pathlib import Path
from random import Random

from tracker.sandbox.web import Publisher, WebLink, WebPage, number, page_about, pages_of, slug
from tracker.sandbox.world import SimulatedWorld

Spell = tuple[date, date | None]

_COLUMNS = ("source_url", "target_url", "anchor", "rel", "first_seen", "last_seen", "lost_at")
_PAGES_PER_PAIR = 60
# The order and the names of the columns of Ahrefs' backlinks export as of 2026.
_AHREFS = [
    "Referring page title",
    "Referring page URL",
    "Language",
    "Platform",
    "Referring page HTTP code",
    "Domain rating",
    "UR",
    "Domain traffic",
    "Referring domains",
    "Linked domains",
    "External links",
    "Page traffic",
    "Keywords",
    "Target URL",
    "Left context",
    "Anchor",
    "Right context",
    "Redirect Chain URLs",
    "Redirect Chain status codes",
    "Type",
    "Is spam",
    "Content",
    "Nofollow",
    "UGC",
    "Sponsored",
    "Rendered",
    "Raw",
    "Lost status",
    "Drop reason",
    "Discovered status",
    "First seen",
    "Last seen",
    "Lost",
    "Author",
    "Page type",
    "Page category",
    "Links in group",
]


@dataclass(frozen=True, slots=True)
class LinkFiles:
    """Where the exports of a world were written. `links` and `ahrefs` tell the same brand links twice."""

    links: Path
    ahrefs: Path
    authority: Path


@lru_cache(maxsize=4)
def brand_links(world: SimulatedWorld) -> tuple[WebLink, ...]:
    rows: list[WebLink] = []
    for s, source in enumerate(world.sources):
        rng = Random(number(world.seed, "links", source.domain))
        for b in _linked_brands(world, rng, s):
            rows += _pair(world, rng, s, b)
    return (*rows, *_placed(world))


def _placed(world: SimulatedWorld) -> Iterator[WebLink]:
    at = {s.domain: i for i, s in enumerate(world.sources)}
    of = {b.name: i for i, b in enumerate(world.brands)}
    for won in world.placed:
        s, b = at[won.source], of[won.brand]
        rng = Random(number(world.seed, "placed", won.source, won.brand))
        for page in _everywhere(world, s):
            yield _link(world, rng, s, b, page, won.first, None)


def _everywhere(world: SimulatedWorld, s: int) -> list[WebPage]:
    return list(dict.fromkeys(chain.from_iterable(world.pages(s, t) for t in world.topics)))


def planted_spells(world: SimulatedWorld) -> dict[int, dict[int, list[Spell]]]:
    """Source whose links lift → brand → spells in which some link from it is live."""
    return spells_of(world, {*world.lifts, *world.untapped})


def spells_of(world: SimulatedWorld, sources: Collection[int]) -> dict[int, dict[int, list[Spell]]]:
    """Of these sources, brand → spells in which some link is live."""
    at = {s.domain: i for i, s in enumerate(world.sources)}
    of = {b.name: i for i, b in enumerate(world.brands)}
    spells: dict[int, dict[int, list[Spell]]] = {s: {} for s in sources}
    for link in brand_links(world):
        if at.get(link.source) in spells:
            spells[at[link.source]].setdefault(of[link.brand], []).append((link.first_seen, link.lost_at))
    return spells


def live(spells: Iterable[Spell], day: date) -> bool:
    return any(first <= day and (lost is None or day < lost) for first, lost in spells)


def _linked_brands(world: SimulatedWorld, rng: Random, s: int) -> list[int]:
    n = len(world.brands)
    if s in world.untapped:
        return []
    if s in world.listed:
        return sorted(world.listed[s][: max(1, len(world.listed[s]) // 2)])
    pull = [p**0.6 for p in world.popularity]
    if s in world.lifts or s in world.selected:
        count = rng.randint(2, max(2, min(6, n // 2))) if n > 2 else 1
        order = sorted(range(n), key=lambda b: -(rng.random() ** (1 / pull[b])))
        return sorted(order[:count])
    strength = 0.25 + 0.6 * world.sources[s].rating / 90
    top = max(pull)
    return [b for b in range(n) if b in world.rising or rng.random() < strength * pull[b] / top]


def _pair(world: SimulatedWorld, rng: Random, s: int, b: int) -> list[WebLink]:
    """The links from one publisher to one brand; the earliest of them is the pair's date.

    A publisher with a part recommends the brand on all its pages from the same day, so that its lift is the
    same whether a reader counts the publisher's citations or those of the very page with the link.
    """
    first = _first_seen(world, rng, s, b)
    if first is None:
        return []
    planted = s in world.at_work
    topics = world.topics if planted else sorted(world.topics, key=lambda t: (-world.affinity(s, t), t))[:2]
    pages = list(dict.fromkeys(chain.from_iterable(world.pages(s, t) for t in topics)))
    if planted:
        return [_link(world, rng, s, b, page, first, None) for page in pages[:_PAGES_PER_PAIR]]
    if rng.random() < 0.3:
        pages.append(page_about(world.sources[s], world.brands[b].name, topics[0], world.start.year))
    lost = None
    if rng.random() < 0.09:
        lost = first + timedelta(days=rng.randint(20, 60 + (world.end - first).days))
    chosen = rng.sample(pages, rng.randint(1, min(3, len(pages))))
    last_chance = max(first, world.end - timedelta(days=8))
    days = [first, *(min(first + timedelta(days=rng.randint(0, 120)), last_chance) for _ in chosen[1:])]
    return [_link(world, rng, s, b, page, seen, lost) for page, seen in zip(chosen, days, strict=True)]


def _first_seen(world: SimulatedWorld, rng: Random, s: int, b: int) -> date | None:
    """Two links in three are older than the period, in a varied world two in five of those that lift and
    none of what is selected from its day on; a rising brand's follow its rise."""
    days = world.weeks * 7
    if b in world.rising:
        if rng.random() < 0.35:
            return None
        return world.start + timedelta(days=int(days * (0.15 + 0.8 * rng.random() ** 0.6)))
    old = 0.0 if s in world.selected else 0.68
    if s in world.lifts:
        old = 0.4 if world.kind == "varied" else 0.75
    if rng.random() < old:
        return world.start - timedelta(days=rng.randint(15, 700))
    return world.start + timedelta(days=rng.randint(3, max(4, days * (5 if s in world.lifts else 9) // 10)))


def _link(
    world: SimulatedWorld, rng: Random, s: int, b: int, page: WebPage, seen: date, lost: date | None
) -> WebLink:
    brand, source = world.brands[b], world.sources[s]
    gone = None if lost is None else max(lost, seen + timedelta(days=1))
    last = (gone or world.end) - timedelta(days=rng.randint(1, 6))
    return WebLink(
        source.domain,
        page.url,
        page.title,
        _target(rng, brand.domains, brand.name),
        brand.name,
        _anchor(rng, brand.name, brand.domains),
        "" if s in world.at_work else _rel(rng, source),
        seen,
        max(seen, last),
        gone,
    )


def _target(rng: Random, domains: tuple[str, ...], name: str) -> str:
    domain = rng.choice(domains) if domains else f"{slug(name)}.example"
    host = domain if domain.count(".") > 1 else f"www.{domain}"
    paths = ("/", "/", "/pricing", "/features", f"/blog/why-{slug(name)}", "/?utm_source=partner")
    return f"https://{host}{rng.choice(paths)}"


def _anchor(rng: Random, name: str, domains: tuple[str, ...]) -> str:
    choices = (
        name,
        name,
        f"{name} pricing",
        f"try {name}",
        "this tool",
        "read more",
        "",
        f"{name}, reviewed",
    )
    return rng.choice((*choices, domains[0] if domains else name))


def _rel(rng: Random, source: Publisher) -> str:
    roll = rng.random()
    if source.type == "community":
        return "nofollow ugc" if roll < 0.6 else ""
    if source.type == "review":
        return "sponsored nofollow" if roll < 0.15 else ""
    return "nofollow" if roll < 0.12 else ""


def web_links(world: SimulatedWorld) -> Iterator[dict[str, str]]:
    """Links among publishers, drawn towards the highly rated ones, so that PageRank has something to rank."""
    pull = [1.045**s.rating for s in world.sources]
    for s, source in enumerate(world.sources):
        rng = Random(number(world.seed, "web", source.domain))
        for other in sorted(set(rng.choices(range(len(pull)), pull, k=rng.randint(5, 14))) - {s}):
            here, there = (_front(world, rng, i) for i in (s, other))
            first = world.start - timedelta(days=rng.randint(30, 1500))
            yield _row(
                here.url,
                there.url,
                world.sources[other].domain,
                "",
                first,
                world.end - timedelta(days=2),
                None,
            )


def _front(world: SimulatedWorld, rng: Random, s: int) -> WebPage:
    return rng.choice(pages_of(world.sources[s], rng.choice(world.topics), world.start.year))


def backlinks(world: SimulatedWorld) -> list[dict[str, str]]:
    """Rows of the generic CSV: every brand link, the web's own links, and a few ugly but legal ones."""
    rows = [
        _row(x.source_url, x.target_url, x.anchor, x.rel, x.first_seen, x.last_seen, x.lost_at)
        for x in brand_links(world)
    ]
    return [*rows, *web_links(world), *_ugly(world)]


def _row(
    source: str, target: str, anchor: str, rel: str, first: date, last: date | None, lost: date | None
) -> dict[str, str]:
    days = (d.isoformat() if d else "" for d in (first, last, lost))
    return dict(zip(_COLUMNS, (source, target, anchor, rel, *days), strict=True))


def _ugly(world: SimulatedWorld) -> Iterator[dict[str, str]]:
    """From publishers that no answer ever cites, so that the planted truth stays what it is."""
    first, last = world.start - timedelta(days=90), world.end - timedelta(days=3)
    home = next((b.domains[0] for b in world.brands if b.own and b.domains), "brand.example")
    cases: tuple[tuple[str, str, str], ...] = (
        ("HTTPS://WWW.Shouting-Directory.EXAMPLE:443/List", f"https://{home}", "UPPER"),
        ("https://trailing-dot-press.example./a", f"https://{home}./pricing", "trailing dot"),
        ("http://comma-in-path.example/a,b;c?q=1,2", f"http://{home}/?a=1&b=2#top", 'said "hello, world"'),
        ("https://formula-anchors.example/p", f"https://{home}/", '=HYPERLINK("https://x.example","click")'),
        ("https://münchner-bürobote.example/tür?q=ä", f"https://{home}/preise", "größer – “besser” ✅"),
        ("https://two-line-anchor.example/", f"https://{home}/", "first line\nsecond line"),
        ("https://user:word@old-intranet.example/links", f"https://{home}/", "  spaces  "),
        ("http://198.51.100.7/links.html", f"https://{home}/", "an address, not a domain"),
        ("https://twin-links.example/x", f"https://{home}/", "same link"),
        ("https://twin-links.example/x", f"https://{home}/", "same link"),
    )
    for source, target, anchor in cases:
        yield _row(source, target, anchor, "NoFollow  UGC" if anchor == "UPPER" else "", first, last, None)
    yield dict.fromkeys(_COLUMNS, "") | {
        "source_url": "https://only-two-fields.example/",
        "target_url": f"https://{home}/",
    }


def _csv(rows: Iterable[Iterable[object]], **options: object) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **options).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def _ahrefs_row(world: SimulatedWorld, link: WebLink) -> list[str]:
    source = next(s for s in world.sources if s.domain == link.source)
    count = number(world.seed, "page", link.source_url)
    flags = {flag: str(flag in link.rel.split()).lower() for flag in ("nofollow", "ugc", "sponsored")}
    known = {
        "Referring page title": link.source_title,
        "Referring page URL": link.source_url,
        "Language": "de" if source.domain.endswith(".de") else "en",
        "Platform": {"community": "message-boards", "reference": "wikis"}.get(source.type, "wordpress"),
        "Referring page HTTP code": "200",
        "Domain rating": str(source.rating),
        "UR": str(count % 60),
        "Domain traffic": str(source.rating**3),
        "Referring domains": str(count % 90),
        "Linked domains": str(3 + count % 40),
        "External links": str(5 + count % 70),
        "Page traffic": str(count % 900),
        "Keywords": str(count % 50),
        "Target URL": link.target_url,
        "Anchor": link.anchor,
        "Type": "text",
        "Is spam": "false",
        "Content": "true",
        "Nofollow": flags["nofollow"],
        "UGC": flags["ugc"],
        "Sponsored": flags["sponsored"],
        "Rendered": "false",
        "Raw": "true",
        "Lost status": "removedfromhtml" if link.lost_at else "",
        "Drop reason": "linkremoved" if link.lost_at else "",
        "Discovered status": "linkfound",
        "First seen": f"{link.first_seen} 09:{count % 60:02d}:00",
        "Last seen": f"{link.last_seen} 17:{count % 60:02d}:00" if link.last_seen else "",
        "Lost": f"{link.lost_at} 04:{count % 60:02d}:00" if link.lost_at else "",
        "Links in group": "1",
    }
    return [known.get(column, "") for column in _AHREFS]


def _standing(world: SimulatedWorld) -> Iterator[tuple[str, int, int]]:
    for source in world.sources:
        luck = number(world.seed, "refdomains", source.domain) % 1000 / 1000
        yield source.domain, source.rating, int(1.11**source.rating * (0.6 + luck))


def write_links(world: SimulatedWorld, folder: Path) -> LinkFiles:
    """A generic CSV of everything, the brand links again as an Ahrefs export, and an authority list."""
    folder.mkdir(parents=True, exist_ok=True)
    files = LinkFiles(folder / "links.csv", folder / "ahrefs-backlinks.csv", folder / "authority.csv")
    rows = ([row[c] for c in _COLUMNS] for row in backlinks(world))
    files.links.write_text(_csv([_COLUMNS, *rows]), encoding="utf-8", newline="")
    ahrefs = _csv(
        [_AHREFS, *(_ahrefs_row(world, link) for link in brand_links(world))],
        delimiter="\t",
        quoting=csv.QUOTE_ALL,
    )
    files.ahrefs.write_bytes(b"\xff\xfe" + ahrefs.encode("utf-16-le"))
    standing = _csv([("domain", "domain_rating", "referring_domains"), *_standing(world)])
    files.authority.write_text(standing, encoding="utf-8", newline="")
    return files
