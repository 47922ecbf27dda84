"""Whose page a citation is: in its address, behind a redirect that its title names, or unknown."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from tracker.citations.results import DomainFrom, ReadCitation
from tracker.domains import domain_of, try_parse, written_host

# Google's grounding links stand on this host; the publisher is behind them.
REDIRECT_HOST = "vertexaisearch.cloud.google.com"
# Links of Google's products to its own pages name a thing and lead to another search.
_GOOGLE = re.compile(r"https?://(?:(?:www|maps|shopping|lens)\.)?google\.[a-z.]+/", re.IGNORECASE)
# A place on the map is somebody's business, not Google's.
_PLACE = re.compile(
    r"https?://(?:maps\.google\.[a-z.]+|(?:www\.)?google\.[a-z.]+/maps|maps\.app\.goo\.gl|goo\.gl/maps)(?:[/?#]|$)",
    re.IGNORECASE,
)
# A post under its number alone: the search that met it names neither its author nor its page.
_POST = re.compile(r"https?://(?:(?:www|mobile)\.)?(?:x|twitter)\.com/i/(?:web/)?status/", re.IGNORECASE)


def publisher(url: str, *names: str | None) -> tuple[str | None, DomainFrom]:
    """The domain of a citation's page; `names` are titles and the like that may spell it.

    Behind a redirect that nothing names the publisher is unknown, never Google; so is that of a place on the
    map.
    """
    if is_redirect(url):
        for name in names:
            domain = _domain_named(name)
            if domain is not None:
                return domain, "title"
        return None, "redirect"
    if _PLACE.match(url):
        return None, "url"
    address = try_parse(url)
    return (address.domain if address else None), "url"


def _domain_named(name: str | None) -> str | None:
    """The registrable domain, if a title is nothing but a host name."""
    host = written_host(name) if name is not None else None
    return domain_of(host) if host is not None else None


def names_no_page(url: str) -> bool:
    """Whether an address has a site and is no page of it."""
    return _POST.match(url) is not None


def leads_to_a_search(url: str) -> bool:
    """Whether a link of a Google product only leads to another of its pages."""
    return _GOOGLE.match(url) is not None


def is_redirect(url: str) -> bool:
    """Whether the address is Google's grounding redirect, so that the publisher is not in it."""
    try:
        return urlsplit(url).hostname == REDIRECT_HOST
    except ValueError:
        return False


def resolved(citation: ReadCitation, target: str) -> ReadCitation:
    """A redirect whose target is known: the publisher is the target's; the verbatim URL stays."""
    address = try_parse(target)
    if address is None or address.domain is None:
        return citation
    return replace(citation, domain=address.domain, domain_from="redirect")
