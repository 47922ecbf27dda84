"""What somebody wrote → the page, host and domain it names."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import NamedTuple, TypeAlias

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
_SIMPLEST = re.compile(r"https?://([A-Za-z0-9.\-]+)(/[A-Za-z0-9\-._~!$'()*+,@=/]*)?")
_GLUED = re.compile(r"[,;|]https?://", re.IGNORECASE)
_SCHEMES = frozenset(["http", "https"])
_ENDS = frozenset("/.,:!*')")
"""Signs at the end of a path that may not belong to it."""


_RULED = frozenset(
    max(name.removesuffix(".*").split(".")[: None if name.endswith(".*") else -1], key=len)
    for name in (*wrappers.HOSTS, *platforms.HOSTS)
)
"""A label of every host that some rule is about; most hosts have none, and no rule need be looked for."""


class Address(NamedTuple):
    """A named tuple and no dataclass: an import makes millions of them."""

    url: str
    canonical: str
    host: str
    domain: str


_address = partial(tuple.__new__, Address)
"""The same, from a tuple, in half the time."""


class _Rules(NamedTuple):
    """What paths of a host may mean beyond what they say."""

    concern: re.Pattern[str]
    """The paths and queries that some rule is about."""
    without_query: re.Pattern[str] | None
    """Those of them that may be only paths, with or without slashes at their end."""
    wrapped: re.Pattern[str]
    """Those that a wrapper is about."""
    wrappers: tuple[wrappers.Wrapper, ...]
    pages: tuple[platforms.PageRule, ...]


_Site: TypeAlias = tuple[str, str, str, _Rules | None]
"""Host (empty where there is none), domain, the host as the canonical URL has it, rules. A plain tuple: the
collector of garbage passes over those of strings, and an import keeps tens of thousands."""


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
        host, domain, name, rules = site_of(written)
        if host and (rules is None or _is_no_concern(rules, path or "/")):
            if path is None:
                return _address((url, f"https://{name}/", host, domain))
            if url[-1] not in _ENDS or (url[-1] == ")" and _is_balanced(path)):
                whole = name == written and url[4] == "s"
                return _address((url, url if whole else f"https://{name}{path}", host, domain))
            path = path.rstrip("/")
            if not path or path[-1] not in _ENDS or _is_balanced(path):
                return _address((url, f"https://{name}{path or '/'}", host, domain))
    plain = _PLAIN.fullmatch(url)
    if plain is not None and ("://" not in url[8:] or _is_one(plain[2])) and len(url) <= MAX_LENGTH:
        host, domain, name, rules = site_of(plain[1])
        page = _plain_page(name, domain, rules, plain[2], plain[3] or "") if host else None
        if page is not None:
            return _address((url, page, host, domain))
    return _parse_any(_storable(url))


def _plain_page(name: str, domain: str, rules: _Rules | None, path: str, query: str) -> str | None:
    """The name of a page on no wrapper, out of parts that a browser would leave as they are."""
    if rules is None:
        return canonical(name, path, query, domain)
    written = _written(path, query)
    concerned = rules.concern.fullmatch(written) is not None
    if concerned:
        if rules.wrapped.fullmatch(written) is not None:
            return None
        renamed = platforms.page(rules.pages, path, query) or written
        if not renamed.startswith("/"):
            return None
        path, _, query = renamed.partition("?")
    page = canonical(name, path, query, domain)
    clean = page[len(name) + len("https://") :]
    if not concerned and clean == written:
        return page
    return page if rules.concern.fullmatch(clean) is None or _is_settled(rules, clean) else None


def _is_settled(rules: _Rules, written: str) -> bool:
    """Whether a path and query name what they say they name."""
    if rules.wrapped.fullmatch(written) is not None:
        return False
    path, _, query = written.partition("?")
    return platforms.page(rules.pages, path, query) in (None, written)


def _written(path: str, query: str) -> str:
    return f"{path or '/'}?{query}" if query else path or "/"


def _is_no_concern(rules: _Rules, path: str) -> bool:
    return rules.without_query is None or rules.without_query.fullmatch(path) is None


def _is_one(path: str) -> bool:
    """Whether no second address was glued to the first."""
    return "://" not in path or _GLUED.search(path) is None


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
    path, query, port = parts.path, parts.query, parts.port
    host, domain, name, rules = parts.site
    if rules is not None and (page := platforms.page(rules.pages, path, query)) is not None:
        if not page.startswith("/"):
            return parse(page)._replace(url=text)
        path, _, query = page.partition("?")
    name = f"{name}:{port}" if port else name
    url = canonical(name, path, query, domain)
    if url != text and depth < DEPTH and _concerns(rules, url, len(name) + 8):
        return _parse_any(url, depth + 1)._replace(url=text)  # cleaning bared another name
    return _address((text, url, host, domain))


def _concerns(rules: _Rules | None, page: str, start: int) -> bool:
    return rules is not None and rules.concern.fullmatch(page, start) is not None


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
    _, _, _, rules = parts.site
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
    if plain is not None and plain[1].lower() not in _SCHEMES and _is_one(plain[2]):
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
    site = host, _, _, rules = site_of(written)
    if not host:
        raise bad_url(text, _why(text))
    return _Parts(hostname(written) if rules is not None else host, site, port, path, query)


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


class _AskedHosts(dict[str, _Site]):
    """What was asked of hosts; asking it again takes a third of what `lru_cache` does, and imports ask by the
    million."""

    LIMIT = 1 << 16

    def __missing__(self, raw: str) -> _Site:
        if len(self) >= self.LIMIT:
            self.clear()
        site = self[raw] = _site(raw)
        return site


site_of = _AskedHosts().__getitem__


def _site(raw: str) -> _Site:
    written = hostname(raw)
    if written in _SCHEMES:  # a doubled scheme: the host comes later
        return written, written, written, _DOUBLED
    if not written or is_address(written):
        return written, written, written, None
    ruled = not _RULED.isdisjoint(written.split("."))
    host = platforms.renamed(written) if ruled else written
    domain = registrable(host) or host
    return host, domain, bare(host, domain), _rules(written, host) if ruled else None


def _rules(written: str, host: str) -> _Rules | None:
    inside = wrappers.of_host(written, registry_suffix(written))
    pages = platforms.page_rules(written)
    if host != written:
        pages += platforms.page_rules(host)
    if not inside and not pages:
        return None
    wrapped = tuple(each.concern for each in inside)
    of_pages = tuple(each.written.pattern for each in pages)
    in_paths = [each.concern for each in inside if each.stands_in_path]
    in_paths += [each.written.pattern for each in pages if not each.needs_query]
    return _Rules(
        _any_of((*wrapped, *of_pages)),
        _any_of(tuple(in_paths), behind="/*") if in_paths else None,
        _any_of(wrapped),
        inside,
        pages,
    )


@cache
def _any_of(patterns: tuple[str, ...], behind: str = "") -> re.Pattern[str]:
    unnamed = (re.sub(r"\(\?P<\w+>|\((?!\?)", "(?:", pattern) for pattern in patterns)
    every = "|".join(f"(?:{pattern})" for pattern in unnamed) or "(?!)"
    return re.compile(f"(?:{every}){behind}", re.DOTALL)


_DOUBLED = _Rules(_any_of((".*",)), _any_of((".*",)), _any_of((".*",)), (), ())
