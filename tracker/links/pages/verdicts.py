"""What one look says of one claimed link, in one word.

- **live**, **live_nofollow**: the link stands there, with or without the recommendation. Where the page has
  no link to the very page that was claimed, another link of the page to the same site stands for it, unless
  that one is claimed itself (`other_page`). A link that stands there and is worth less has its reason beside
  the word: `hidden`, `noindex`, `canonical_elsewhere`.
- **gone**: we read the page, and the link is not on it. **redirected**: we were led to another page, and it
  is not there. **page_gone**: the server, or the page itself, says that there is none.
- **blocked**: a challenge, a refusal, a login or a question about cookies stands in the page's place.
  **needs_browser**: a shell that a script would fill. **robots**: the site asks not to be read. **pdf**: a
  PDF that could not be read. **unreachable**: down, slow, or no address for us. These five say nothing of the
  link.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tracker import domains
from tracker.links.pages.history import GONE
from tracker.links.pages.look import PageReport
from tracker.links.web.fetch import Refused

Word = Literal[
    "live",
    "live_nofollow",
    "redirected",
    "gone",
    "page_gone",
    "blocked",
    "needs_browser",
    "pdf",
    "robots",
    "unreachable",
]
VERDICTS: tuple[str, ...] = get_args(Word)
LIVE = frozenset(("live", "live_nofollow"))
NOT_THERE = frozenset(("redirected", "gone", "page_gone"))

_REDIRECTED = ("unsafe_redirect", "bad_redirect", "too_many_redirects")


@dataclass(frozen=True, slots=True)
class Claim:
    """A link that some export says is there."""

    brand: int
    target_url: str | None
    """None where only a site is named."""
    is_redirect: bool = False
    """The page is said to redirect to the brand's, not to link to it."""


@dataclass(frozen=True, slots=True)
class LinkSeen:
    url: str
    brand: int
    placement: str
    anchor: str | None
    nofollow: bool
    ugc: bool
    sponsored: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """A look, as far as verdicts go: fresh, or as it was stored."""

    url: str
    """As asked for."""
    state: str
    status: int | None = None
    reason: str | None = None
    final_url: str | None = None
    noindex: bool = False
    nofollow: bool = False
    canonical_elsewhere: bool = False
    links: tuple[LinkSeen, ...] = ()


def sight(outcome: PageReport | Refused) -> Sight:
    if isinstance(outcome, Refused):
        return Sight(outcome.url, "refused", reason=outcome.reason)
    links = [
        LinkSeen(each.url, each.brand, each.placement, each.anchor, each.nofollow, each.ugc, each.sponsored)
        for each in outcome.links
    ]
    return Sight(
        url=outcome.url,
        state=outcome.state,
        status=outcome.status,
        reason=outcome.reason,
        final_url=outcome.final_url,
        noindex=outcome.noindex,
        nofollow=outcome.nofollow,
        canonical_elsewhere=outcome.canonical_elsewhere,
        links=tuple(links),
    )


@dataclass(frozen=True, slots=True)
class LinkState:
    claim: Claim
    word: Word
    reason: str | None = None
    placement: str | None = None
    anchor: str | None = None


def judge(seen: Sight, claims: Sequence[Claim]) -> tuple[LinkState, ...]:
    """A verdict for every claim about one page."""
    nothing = _says_nothing(seen)
    if nothing is not None:
        return tuple(LinkState(claim, *nothing) for claim in claims)
    claimed = {_page(claim.target_url) for claim in claims if claim.target_url}
    return tuple(_of_claim(seen, claim, claimed) for claim in claims)


def _says_nothing(seen: Sight) -> tuple[Word, str | None] | None:
    """The verdict of a look that did not get the page."""
    if seen.state == "refused":
        if seen.reason == "robots_disallowed":
            return "robots", None
        if seen.reason in _REDIRECTED:
            return "redirected", seen.reason
        return ("blocked", "rate_limited") if seen.reason == "too_soon" else ("unreachable", seen.reason)
    if seen.state == "barred":
        if seen.reason == "shell":
            return "needs_browser", None
        if seen.reason == "pdf":
            return "pdf", None
        return ("unreachable" if seen.reason == "empty" else "blocked"), seen.reason
    if seen.status is not None and seen.status >= 500:
        return "unreachable", "server_error"
    return None


def _of_claim(seen: Sight, claim: Claim, claimed: Collection[str | None]) -> LinkState:
    if seen.status in GONE:
        return LinkState(claim, "page_gone", "not_found" if seen.status == 404 else "gone")
    if claim.is_redirect:
        return _of_redirect(seen, claim)
    mine = [
        link for link in seen.links if link.brand == claim.brand and _same_site(link.url, claim.target_url)
    ]
    exact = [link for link in mine if claim.target_url is None or _page(link.url) == _page(claim.target_url)]
    others = [link for link in mine if _page(link.url) not in claimed]
    if exact or others:
        return _standing(seen, claim, exact or others, is_other=not exact)
    if seen.reason in ("not_found", "suspended", "parked"):
        return LinkState(claim, "page_gone", seen.reason)
    return LinkState(claim, "redirected" if _moved(seen) else "gone")


def _standing(seen: Sight, claim: Claim, links: Sequence[LinkSeen], *, is_other: bool) -> LinkState:
    best = min(
        links,
        key=lambda link: (link.placement == "hidden", bool(_held_back(link)), link.placement != "content"),
    )
    held = "nofollow" if seen.nofollow else _held_back(best)
    lesser: Iterable[tuple[bool, str]] = (
        (best.placement == "hidden", "hidden"),
        (is_other, "other_page"),
        (seen.noindex, "noindex"),
        (seen.canonical_elsewhere, "canonical_elsewhere"),
    )
    reason = next((word for holds, word in lesser if holds), held)
    return LinkState(claim, "live_nofollow" if held else "live", reason, best.placement, best.anchor or None)


def _worth_less(link: LinkSeen) -> tuple[bool, bool, bool]:
    return link.placement == "hidden", _held_back(link) is not None, link.placement != "content"


def _held_back(link: LinkSeen) -> str | None:
    flags = ((link.nofollow, "nofollow"), (link.sponsored, "sponsored"), (link.ugc, "ugc"))
    return next((word for holds, word in flags if holds), None)


def _of_redirect(seen: Sight, claim: Claim) -> LinkState:
    if _moved(seen) and _same_site(seen.final_url or "", claim.target_url):
        return LinkState(claim, "live", "redirect")
    return LinkState(claim, "redirected" if _moved(seen) else "gone")


def _moved(seen: Sight) -> bool:
    one, two = _page(seen.url), _page(seen.final_url)
    return one is not None and two is not None and one != two


def _page(url: str | None) -> str | None:
    address = domains.try_parse(url) if url else None
    return address.canonical if address else None


def _same_site(url: str, target_url: str | None) -> bool:
    if target_url is None:
        return True
    one, two = domains.try_parse(url), domains.try_parse(target_url)
    return one is not None and two is not None and one.domain == two.domain
