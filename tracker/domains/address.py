"""What somebody wrote → the page, host and domain it names."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import can_ada

from tracker.domains import platforms, wrappers
from tracker.domains.canonical import canonical
from tracker.domains.hosts import bare, hostname, is_address, registrable, registry_suffix
from tracker.domains.written import address_text, bad_url
from tracker.errors import BadUrl

MAX_LENGTH = 8_000
DEPTH = 5
"""Wrappers within wrappers that are unwrapped."""

_BARE = re.compile(r"[\w-]+(\.[\w-]+)+/?")
# What a browser's parser would leave as it is, but for the host: most addresses, and 5 times faster than
# asking it.
_PLAIN = re.compile(
    r"https?://([A-Za-z0-9.\-]+)((?:/(?!\.|"
    r"%2[eE])[A-Za-z0-9\-._~!$&'()*+,:@=%]*)*)(?:\?([A-Za-z0-9\-._~!$&()*+,:@=%/;?]*))?(?:#.*)?",
    re.DOTALL,
)
# The most frequent of these, faster again: a path with nothing to clean, and no query.
_SIMPLEST = re.compile(r"https?://([A-Za-z0-9.\-]+)(/[A-Za-z0-9\-._~!$'()*+,:@=/]*)?")
_SCHEMES = frozenset(["http", "https"])
_ENDS = frozenset("/.,:!*')")
"""Signs at the end of a path that may not belong to it."""


class Address(NamedTuple):
    """A named tuple and no dataclass: an import makes millions of them."""

    url: str
    canonical: str
    host: str
    domain: str


class _Rules(NamedTuple):
    """What paths of a host may mean beyond what they say."""

    concern: re.Pattern[str]
    """The paths and queries that some rule is about."""
    wrapped: re.Pattern[str]
    """Those that a wrapper is about."""
    wrappers: tuple[wrappers.Wrapper, ...]
    pages: tuple[platforms.PageRule, ...]


class _Site(NamedTuple):
    host: str
    """Empty where there is none."""
    domain: str
    name: str
    """The host as the canonical URL has it."""
    rules: _Rules | None


class _Parts(NamedTuple):
    host: str
    """As WHATWG writes it, under the name that was written."""
    site: _Site
    port: str
    path: str
    query: str


def parse(url: str) -> Address:
    """The page that `url` names; raises `BadUrl` with the reason where it names none on the web.

    `Address.url` is `url` unchanged, except that half surrogate pairs and NUL, which no database text can
    hold, become U+FFFD and `%00`.
    """
    simplest = _SIMPLEST.fullmatch(url)
    if simplest is not None and "/." not in url and len(url) <= MAX_LENGTH:
        written, path = simplest.groups()
        host, domain, name, rules = _site(written)
        if host and (rules is None or not _may_mean_more(rules, path or "/")):
            if path and (url[-1] not in _ENDS or _is_balanced(path)) and name == written and url[4] == "s":
                return Address(url, url, host, domain)
            path = path.rstrip("/") if path else ""
            if not path or path[-1] not in _ENDS or _is_balanced(path):
                return Address(url, f"https://{name}{path or '/'}", host, domain)
    plain = _PLAIN.fullmatch(url)
    if plain is not None and len(url) <= MAX_LENGTH:
        host, domain, name, rules = _site(plain[1])
        path, query = plain[2], plain[3] or ""
        if host and (rules is None or rules.concern.fullmatch(_written(path, query)) is None):
            page = canonical(name, path, query, domain)
            if rules is None or rules.concern.fullmatch(page, len(name) + 8) is None:
                return Address(url, page, host, domain)
    return _parse_any(_storable(url))


def _written(path: str, query: str) -> str:
    return f"{path or '/'}?{query}" if query else path or "/"


def _may_mean_more(rules: _Rules, path: str) -> bool:
    """Also without its last slash, which its name will not have."""
    if rules.concern.fullmatch(path) is not None:
        return True
    return path[-1] == "/" and rules.concern.fullmatch(path.rstrip("/") or "/") is not None


def _is_balanced(path: str) -> bool:
    """Whether a path ends in a bracket that it opened: `/wiki/Mercury_(planet)`."""
    return path[-1] == ")" and path.count("(") >= path.count(")")


def try_parse(url: str) -> Address | None:
    try:
        return parse(url)
    except BadUrl:
        return None


def named(text: str) -> Address:
    """What a person wrote as a domain: a bare name is a host whatever it ends in, `acme.test` or a suffix
    newer than the list."""
    return parse(f"http://{text}" if _BARE.fullmatch(text) else text)


def target(url: str) -> str:
    """What to ask for to see the page that `url` names: cleaned, out of wrappers, else as it was written."""
    text, _ = _unwrapped(_storable(url))
    return text


def _parse_any(text: str, depth: int = 0) -> Address:
    _, parts = _unwrapped(text)
    path, query, site, port = parts.path, parts.query, parts.site, parts.port
    if site.rules is not None and (page := platforms.page(site.rules.pages, path, query)) is not None:
        if not page.startswith("/"):
            return parse(page)._replace(url=text)
        path, _, query = page.partition("?")
    name = f"{site.name}:{port}" if port else site.name
    url = canonical(name, path, query, site.domain)
    if url != text and depth < DEPTH and _concerns(site, url, len(name) + 8):
        return _parse_any(url, depth + 1)._replace(url=text)  # cleaning bared another name
    return Address(text, url, site.host, site.domain)


def _concerns(site: _Site, page: str, start: int) -> bool:
    return site.rules is not None and site.rules.concern.fullmatch(page, start) is not None


def _unwrapped(text: str) -> tuple[str, _Parts]:
    text, parts = _parts(text)
    for _ in range(DEPTH):
        inside = _inside(parts)
        if inside is None:
            break
        text, parts = inside
    return text, parts


def _inside(parts: _Parts) -> tuple[str, _Parts] | None:
    """The address that a wrapper holds, and its parts."""
    rules = parts.site.rules
    if rules is None or rules.wrapped.fullmatch(_written(parts.path, parts.query)) is None:
        return None
    for wrapper in rules.wrappers:
        for written in wrapper.candidates(parts.host, parts.path or "/", parts.query):
            inside = _try_parts(written)
            if inside is not None and ("." in inside[1].host or inside[1].host.startswith("[")):
                return inside
    return None


def _try_parts(text: str) -> tuple[str, _Parts] | None:
    try:
        return _parts(text)
    except BadUrl:
        return None


def _parts(text: str) -> tuple[str, _Parts]:
    if len(text) > MAX_LENGTH:
        raise bad_url(text, f"it is longer than {MAX_LENGTH:,} characters")
    plain = _PLAIN.fullmatch(text)
    if plain is not None and plain[1].lower() not in _SCHEMES:
        return text, _of_host(text, plain[1], "", plain[2], plain[3] or "")
    return _parts_as_browser(text)


def _parts_as_browser(text: str) -> tuple[str, _Parts]:
    address = address_text(text)
    try:
        parsed = can_ada.parse(address)
    except ValueError:
        raise bad_url(text, _why(address)) from None
    port = "" if parsed.port in ("80", "443") else parsed.port
    return address, _of_host(address, parsed.hostname, port, parsed.pathname, parsed.search[1:])


def _of_host(text: str, written: str, port: str, path: str, query: str) -> _Parts:
    site = _site(written)
    if not site.host:
        raise bad_url(text, _why(text))
    return _Parts(hostname(written) if site.rules is not None else site.host, site, port, path, query)


def _why(absolute: str) -> str:
    rest = re.sub(r"^https?:[/\\]*", "", absolute, flags=re.IGNORECASE)
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    if not authority or authority.startswith(":"):
        return "it has no host"
    return f"{authority!r} is not a host with an optional port"


def _storable(url: str) -> str:
    if not url.isascii():
        url = url.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return url.strip("\0").replace("\0", "%00") if "\0" in url else url


@lru_cache(maxsize=1 << 16)
def _site(raw: str) -> _Site:
    written = hostname(raw)
    if written in _SCHEMES:  # a doubled scheme: the host comes later
        return _Site(written, written, written, _DOUBLED)
    if not written or is_address(written):
        return _Site(written, written, written, None)
    host = platforms.renamed(written)
    domain = registrable(host) or host
    return _Site(host, domain, bare(host, domain), _rules(written, host))


def _rules(written: str, host: str) -> _Rules | None:
    inside = wrappers.of_host(written, registry_suffix(written))
    pages = platforms.page_rules(written)
    if host != written:
        pages += platforms.page_rules(host)
    if not inside and not pages:
        return None
    wrapped = tuple(each.concern for each in inside)
    every = (*wrapped, *[each.written.pattern for each in pages])
    return _Rules(_any_of(every), _any_of(wrapped or ("(?!)",)), inside, pages)


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    unnamed = (re.sub(r"\(\?P<\w+>|\((?!\?)", "(?:", pattern) for pattern in patterns)
    return re.compile("|".join(f"(?:{pattern})" for pattern in unnamed), re.DOTALL)


_DOUBLED = _Rules(_any_of((".*",)), _any_of(("(?!)",)), (), ())
