"""One fetched page → what it says about the brands: links, placement, robots, canonical, names without links.

Then, over several looks at one page, whether a link is live, suspected lost or lost, and why. A loss counts only when
it was seen twice some days apart: pages are down, blocked or half-rendered for an hour all the time. Everything read
from a page is hostile text; it leaves this module without control characters and no longer than its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import can_ada
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import func, or_, select, union_all
from sqlmodel import Session, col

from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.pages.placement import Placement, place
from tracker.links.web.fetch import Fetched, Refused, Validators
from tracker.mentions import Finder
from tracker.models import Backlink, Brand, Citation, Domain, Page, PageCheck, PageLink

LostReason = Literal[
    "removed",
    "hidden",
    "nofollowed",
    "not_found",
    "gone",
    "server_error",
    "blocked",
    "redirected",
    "noindex",
    "canonical_elsewhere",
    "blocked_by_robots",
    "dns",
    "timeout",
    "unreachable",
    "not_a_page",
]
LOST_REASONS: tuple[str, ...] = get_args(LostReason)
State = Literal["live", "suspected", "lost", "unknown"]
Which = Literal["all", "linking", "cited"]

CONFIRM_DAYS = 3
_MAX_TEXT = 500_000
_MAX_LINKS = 2_000
_MAX_URL = 2_000
_SKIPPED = frozenset(("script", "style", "noscript", "template", "textarea", "select", "svg"))
_INLINE = frozenset(
    "a abbr b bdi bdo cite code del dfn em font i ins kbd mark q s samp small span strong sub sup u var wbr".split()  # noqa: SIM905
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
    """What belongs to one brand. A domain covers its hosts; a url is that one page."""

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
        canonical_elsewhere=_elsewhere(canonical, page.final_url),
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
        self.by_name = {name.lower(): target.brand for target in targets for name in target.domains}
        self.by_page = {
            found.canonical: target.brand
            for target in targets
            for url in target.urls
            if (found := domains.try_parse(url)) is not None
        }
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
            links.append(Link(brand, clean(url, _MAX_URL), anchor, image, placed.placement, rel, follows))
        return tuple(links)

    def _wanted(self, href: str) -> bool:
        found = self._address(href)
        if found is None:
            return False
        self.outlinks += found[1].domain != self.own
        if self._brand(found[1]) is None or self.taken >= _MAX_LINKS:
            return False
        self.taken += 1
        return True

    def _target(self, href: str) -> tuple[str, int]:
        found = self._address(href)
        assert found is not None
        brand = self._brand(found[1])
        assert brand is not None
        return found[0], brand

    def _brand(self, address: domains.Address) -> int | None:
        if address.canonical in self.by_page:
            return self.by_page[address.canonical]
        labels = address.host.split(".")
        names = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self.by_name[name] for name in names if name in self.by_name), None)

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
    return clean(url, _MAX_URL) if url else None


def _elsewhere(canonical: str | None, final_url: str | None) -> bool:
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


# --- several looks at one page -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """One check of one page, as far as one brand's link goes."""

    at: datetime
    state: Literal["fetched", "not_modified", "refused"]
    status: int | None = None
    reason: str | None = None
    final_url: str | None = None
    noindex: bool = False
    canonical_elsewhere: bool = False
    present: bool = False
    follows: bool = False
    hidden: bool = False


def look(outcome: PageReport | Refused, brand: int) -> Look:
    if isinstance(outcome, Refused):
        return Look(outcome.at, "refused", reason=outcome.reason)
    mine = [link for link in outcome.links if link.brand == brand]
    return Look(
        at=outcome.at,
        state="not_modified" if outcome.status == 304 else "fetched",
        status=outcome.status,
        final_url=outcome.final_url,
        noindex=outcome.noindex,
        canonical_elsewhere=outcome.canonical_elsewhere,
        present=bool(mine),
        follows=any(link.follows for link in mine),
        hidden=bool(mine) and all(link.placement == "hidden" for link in mine),
    )


_OF_REFUSAL: dict[str, LostReason] = {
    "dns": "dns",
    "timeout": "timeout",
    "too_slow": "timeout",
    "connect": "unreachable",
    "tls": "unreachable",
    "protocol": "unreachable",
    "robots_disallowed": "blocked_by_robots",
    "robots_unreachable": "unreachable",
    "unsafe_redirect": "redirected",
    "bad_redirect": "redirected",
    "too_many_redirects": "redirected",
    "not_html": "not_a_page",
}


def lost_reason(before: Look, now: Look) -> LostReason | None:
    """Why the link that `before` had is worth nothing now; None while it stands, or while nobody can tell.

    A page that was already noindex or nofollow when the link was first seen lost nothing.
    """
    if not before.present or now.state == "not_modified" or not known(now):
        return None
    if now.state == "refused":
        return _OF_REFUSAL.get(now.reason or "")
    if now.status is not None and not 200 <= now.status < 300:
        return _of_status(now.status)
    if not now.present:
        return "redirected" if _moved(before, now) else "removed"
    if now.noindex and not before.noindex:
        return "noindex"
    if now.canonical_elsewhere and not before.canonical_elsewhere:
        return "canonical_elsewhere"
    if now.hidden and not before.hidden:
        return "hidden"
    return "nofollowed" if before.follows and not now.follows else None


def known(now: Look) -> bool:
    """False where the look says nothing of the page: our own limits, or a host that asked us to wait."""
    if now.state == "refused":
        return now.reason in _OF_REFUSAL
    return now.status != 429


def _of_status(status: int) -> LostReason:
    if status >= 500:
        return "server_error"
    if status == 404:
        return "not_found"
    if status == 410:
        return "gone"
    return "redirected" if 300 <= status < 400 else "blocked"


def _moved(before: Look, now: Look) -> bool:
    one, two = domains.try_parse(before.final_url or ""), domains.try_parse(now.final_url or "")
    return one is not None and two is not None and one.canonical != two.canonical


@dataclass(frozen=True, slots=True)
class Verdict:
    state: State
    since: datetime | None = None
    """When the present run of losses, or of good looks, began."""
    reason: LostReason | None = None
    looks: int = 0


def confirm(history: Iterable[Look], *, days: float = CONFIRM_DAYS) -> Verdict:
    """Live, suspected (seen lost once, or twice too close together) or lost, from all looks at one page."""
    if days <= 0:
        raise UsageError(f"a loss cannot be confirmed {days} days apart", "give a positive number of days")
    good: Look | None = None
    run: list[tuple[datetime, LostReason | None]] = []
    count = 0
    for now in sorted(history, key=lambda each: each.at):
        count += 1
        if not known(now):
            continue
        reason = None if good is None else lost_reason(good, now)
        if good is None and not now.present:
            continue
        if reason is None and (now.state == "not_modified" and run and run[-1][1] is not None):
            # Unchanged since the look that had lost the link.
            reason = run[-1][1]
        if run and (run[-1][1] is None) != (reason is None):
            run = []
        run.append((now.at, reason))
        good = now if reason is None and now.state == "fetched" else good
    return _verdict(run, count, timedelta(days=days))


def _verdict(run: Sequence[tuple[datetime, LostReason | None]], count: int, apart: timedelta) -> Verdict:
    if not run:
        return Verdict("unknown", looks=count)
    (first, _), (last, reason) = run[0], run[-1]
    if reason is None:
        return Verdict("live", first, looks=count)
    return Verdict("lost" if last - first >= apart else "suspected", first, reason, count)


# --- the tables ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    page_id: int
    url: str
    """As it was seen, which is what can be fetched; never the canonical name."""
    validators: Validators | None = field(default=None)


def targets_of(session: Session, workspace_id: int) -> tuple[Target, ...]:
    brands = session.scalars(select(Brand).where(col(Brand.workspace_id) == workspace_id, col(Brand.active)))
    return tuple(Target(brand.id, tuple(brand.domains)) for brand in brands if brand.id is not None)


def pages_to_check(
    session: Session,
    workspace_id: int,
    *,
    now: datetime,
    every: timedelta,
    limit: int = 1_000,
    which: Which = "all",
) -> list[Due]:
    """Linking and cited pages whose last check is older than `every`: never checked first, then the oldest."""
    if which not in get_args(Which):
        raise UsageError(f"unknown kind of pages {which!r}", f"one of {', '.join(get_args(Which))}")
    links: Any = select(
        col(Backlink.source_page_id).label("page"), col(Backlink.source_url).label("url")
    ).where(
        col(Backlink.workspace_id) == workspace_id,
        col(Backlink.source_page_id).is_not(None),
        col(Backlink.source_url).is_not(None),
        col(Backlink.source_domain_id) != col(Backlink.target_domain_id),
    )
    cited: Any = select(col(Citation.page_id).label("page"), col(Citation.url).label("url")).where(
        col(Citation.workspace_id) == workspace_id,
        col(Citation.page_id).is_not(None),
        col(Citation.kind) == "cited",
    )
    chosen = {"all": union_all(links, cited), "linking": links, "cited": cited}
    seen = chosen[which].subquery()
    checks = (
        select(col(PageCheck.page_id).label("page"), func.max(col(PageCheck.checked_at)).label("last"))
        .where(col(PageCheck.workspace_id) == workspace_id)
        .group_by(col(PageCheck.page_id))
        .subquery()
    )
    rows = session.connection().execute(
        select(seen.c.page, func.min(seen.c.url), checks.c.last)
        .join(checks, checks.c.page == seen.c.page, isouter=True)
        .where(or_(checks.c.last.is_(None), checks.c.last <= now - every))
        .group_by(seen.c.page, checks.c.last)
        .order_by(checks.c.last.is_not(None), checks.c.last, seen.c.page)
        .limit(limit)
    )
    return [
        Due(page, url, _validators(session, workspace_id, page) if last else None) for page, url, last in rows
    ]


def _validators(session: Session, workspace_id: int, page_id: int) -> Validators | None:
    """Of the last look, and only when that look got the page: after a failure the body is wanted again."""
    row = session.scalars(_select_checks(workspace_id, page_id).limit(1)).first()
    if row is None or row.state == "refused" or row.final_url is None or row.status not in (200, 304):
        return None
    return Validators(row.final_url, row.etag, row.last_modified)


def _select_checks(workspace_id: int, page_id: int) -> Any:
    return (
        select(PageCheck)
        .where(col(PageCheck.workspace_id) == workspace_id, col(PageCheck.page_id) == page_id)
        .order_by(col(PageCheck.checked_at).desc(), col(PageCheck.id).desc())
    )


def save_check(session: Session, workspace_id: int, outcome: PageReport | Refused) -> int:
    """Store one look; the id of its row. The page and its domain are created where they are new."""
    page_id = _page_row(session, outcome.url)
    if isinstance(outcome, Refused):
        row = PageCheck(
            workspace_id=workspace_id,
            page_id=page_id,
            checked_at=outcome.at,
            state="refused",
            reason=outcome.reason,
        )
    else:
        row = _report_row(session, workspace_id, page_id, outcome)
    session.add(row)
    session.flush()
    assert row.id is not None
    links = outcome.links if isinstance(outcome, PageReport) else ()
    store.bulk_insert(session, PageLink, [_link_row(row.id, link) for link in links])
    return row.id


def _page_row(session: Session, url: str) -> int:
    address = domains.parse(url)
    page_id, domain_id = domains.page_id(address.canonical), domains.domain_id(address.domain)
    store.bulk_insert(session, Domain, [{"id": domain_id, "name": address.domain}], ignore=True)
    page = {"id": page_id, "domain_id": domain_id, "host": address.host, "url": address.canonical}
    store.bulk_insert(session, Page, [page], ignore=True)
    return page_id


def _report_row(session: Session, workspace_id: int, page_id: int, report: PageReport) -> PageCheck:
    known_by = report.validators
    names: dict[int, str] = {}
    if report.named:
        brands = session.scalars(select(Brand).where(col(Brand.id).in_(report.named)))
        names = {brand.id: brand.name for brand in brands if brand.id is not None}
    return PageCheck(
        workspace_id=workspace_id,
        page_id=page_id,
        checked_at=report.at,
        state="not_modified" if report.status == 304 else "fetched",
        status=report.status,
        final_url=clean(report.final_url, _MAX_URL),
        canonical=report.canonical,
        robots=", ".join(report.robots)[:500] or None,
        title=report.title,
        language=report.language,
        outlinks=report.outlinks,
        etag=clean(known_by.etag, 500) if known_by and known_by.etag else None,
        last_modified=clean(known_by.last_modified, 100) if known_by and known_by.last_modified else None,
        named=[names[key] for key in report.named if key in names],
    )


def _link_row(check_id: int, link: Link) -> dict[str, Any]:
    return {
        "check_id": check_id,
        "brand_id": link.brand,
        "target_url": link.url,
        "anchor": link.anchor or None,
        "placement": link.placement,
        "nofollow": link.nofollow,
        "ugc": link.ugc,
        "sponsored": link.sponsored,
    }


def history(session: Session, workspace_id: int, page_id: int, brand_id: int) -> list[Look]:
    """All stored looks at one page for one brand, oldest first: what `confirm` judges."""
    rows = list(session.scalars(_select_checks(workspace_id, page_id)))
    links: dict[int, list[PageLink]] = {}
    wanted = [row.id for row in rows]
    for link in session.scalars(
        select(PageLink).where(col(PageLink.check_id).in_(wanted), col(PageLink.brand_id) == brand_id)
    ):
        links.setdefault(link.check_id, []).append(link)
    return [_stored_look(row, links.get(row.id, [])) for row in reversed(rows)]


def _stored_look(row: PageCheck, links: Sequence[PageLink]) -> Look:
    robots = {word.strip() for word in (row.robots or "").split(",")}
    return Look(
        at=row.checked_at,
        state=row.state,  # type: ignore[arg-type]
        status=row.status,
        reason=row.reason,
        final_url=row.final_url,
        noindex="noindex" in robots,
        canonical_elsewhere=_elsewhere(row.canonical, row.final_url),
        present=bool(links),
        follows="nofollow" not in robots and any(not (x.nofollow or x.ugc or x.sponsored) for x in links),
        hidden=bool(links) and all(link.placement == "hidden" for link in links),
    )
