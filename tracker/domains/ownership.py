"""Whose page it is: what a brand owns (domains, hosts, paths, a name under every country), and the look-up.

A brand's entries, as `domains:` and `owns:` of brands.yaml have them:

- `norvane.com`, `shop.norvane.io`: the host and all below it;
- `youtube.com/@norvane`, `norvane.com/golf`: the page and all below it, in any case, on any subdomain of
  the host; `*` in a path is any text;
- `play.google.com/store/apps/details?id=com.norvane`: the page with this parameter, whatever stands beside
  it;
- `norvane.*`: the name under the suffix of every registry (`norvane.de`, `norvane.co.uk`), never under a
  company's own (`norvane.github.io` may be anybody's).

A page belongs to one brand: the narrowest entry decides (path, then host, then domain, then name).

Paths are matched by the patterns of SQL's LIKE, over the address as `comparable` writes it, so that the
database and this module cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from tracker.domains.address import Address, parse
from tracker.domains.hosts import hostname, registry_suffix
from tracker.errors import BadUrl

Key = TypeVar("Key")
ESCAPE = "\\"
"""Of a LIKE pattern."""


@dataclass(frozen=True, order=True)
class Pages:
    """Pages of a host by path and parameters."""

    domain: str
    host: str
    path: str
    """As written: small letters, `*` for any text."""
    pairs: tuple[str, ...] = ()

    @cached_property
    def likes(self) -> tuple[str, ...]:
        """LIKE patterns of the comparable address; one that fits is enough."""
        ends = [f"&%&{'&%&'.join(map(_literal, self.pairs))}&%"] if self.pairs else ["&%", "/%"]
        path = _literal(self.path).replace("*", "%")
        hosts = (f"https://{_literal(self.host)}", f"https://%.{_literal(self.host)}")
        return tuple(f"{host}{path}{end}" for host in hosts for end in ends)

    @property
    def unlike(self) -> str:
        """What must not fit: the host as a part of another address's path."""
        return f"https://%/%.{_literal(self.host)}%"

    @cached_property
    def _fits(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_regex, self.likes)), re.DOTALL)

    @cached_property
    def _misfits(self) -> re.Pattern[str]:
        return re.compile(_regex(self.unlike), re.DOTALL)

    def hold(self, address: Address) -> bool:
        written = comparable(address.canonical)
        return self._fits.fullmatch(written) is not None and self._misfits.fullmatch(written) is None

    def under(self, host: str) -> bool:
        return self.host == host or self.host.endswith("." + host)


@dataclass(frozen=True)
class Estate:
    """What one brand owns; what a wider entry holds anyway is named once."""

    domains: frozenset[str] = frozenset()
    hosts: frozenset[tuple[str, str]] = frozenset()
    """(host, its domain), of domains that are not the brand's."""
    pages: frozenset[Pages] = frozenset()
    names: frozenset[str] = frozenset()
    """`norvane`, `shop.norvane`: under any registry's suffix."""
    named_pages: frozenset[tuple[str, Pages]] = frozenset()
    """(name, pages) likewise; the pages' host is the name."""

    @property
    def labels(self) -> frozenset[str]:
        """The last label of each name: domains that may be meant start with one."""
        every = [*self.names, *(name for name, _ in self.named_pages)]
        return frozenset(name.rpartition(".")[2] for name in every)

    def among(self, known: Iterable[str]) -> Estate:
        """The same with its names spelled out, as far as they are among the known domains."""
        domains, hosts, pages = set(self.domains), set(self.hosts), set(self.pages)
        for domain in known:
            suffix = registry_suffix(domain)
            label = domain.removesuffix(f".{suffix}") if suffix else ""
            for name in self.names:
                if name == label:
                    domains.add(domain)
                elif name.endswith("." + label) and label:
                    hosts.add((f"{name}.{suffix}", domain))
            for name, part in self.named_pages:
                if label and (name == label or name.endswith("." + label)):
                    pages.add(Pages(domain, f"{name}.{suffix}", part.path, part.pairs))
        return _estate(domains, hosts, pages, self.names, self.named_pages)

    def name_holds(self, host: str) -> bool:
        suffix = registry_suffix(host)
        bare = "." + host.removesuffix(f".{suffix}") if suffix else ""
        return any(bare.endswith("." + name) for name in self.names)


def estate(entries: Iterable[str]) -> Estate:
    """Of entries that `entry` accepts; others are passed over, since the catalog's door refuses them."""
    domains, hosts, pages, names, named_pages = set(), set(), set(), set(), set()
    for text in entries:
        try:
            owned = _read(text)
        except BadUrl:
            continue
        part = Pages(owned.domain, owned.host, owned.path, owned.pairs)
        if owned.name and (owned.path or owned.pairs):
            named_pages.add((owned.name, part))
        elif owned.name:
            names.add(owned.name)
        elif owned.path or owned.pairs:
            pages.add(part)
        elif owned.host == owned.domain:
            domains.add(owned.domain)
        else:
            hosts.add((owned.host, owned.domain))
    return _estate(domains, hosts, pages, names, named_pages)


def _estate(
    domains: set[str],
    hosts: set[tuple[str, str]],
    pages: set[Pages],
    names: Iterable[str],
    named_pages: Iterable[tuple[str, Pages]],
) -> Estate:
    spare = {
        (host, domain)
        for host, domain in hosts
        if domain not in domains and not any(host.endswith("." + other) for other, _ in hosts)
    }
    kept = {
        part
        for part in pages
        if part.domain not in domains and not any(part.under(host) for host, _ in spare)
    }
    return Estate(
        frozenset(domains), frozenset(spare), frozenset(kept), frozenset(names), frozenset(named_pages)
    )


def entry(text: str) -> str:
    """An entry as it is kept: the address without scheme and `www.`, its canonical path. Raises `BadUrl`."""
    owned = _read(text)
    host = f"{owned.name}.*" if owned.name else owned.host
    query = "?" + "&".join(owned.pairs) if owned.pairs else ""
    return f"{host}{owned.path}{query}"


def is_host(kept: str) -> bool:
    """Whether an entry, as it is kept, is a host and all below it."""
    return not set(kept) & set("*/?")


@dataclass(frozen=True)
class _Entry:
    host: str
    domain: str
    path: str
    pairs: tuple[str, ...] = ()
    name: str = ""
    """For an entry that ends in `.*`; then host and domain are empty."""


def _read(text: str) -> _Entry:
    bare = re.sub(r"^\s*(?:https?:)?//", "", text, flags=re.IGNORECASE).strip()
    host_part = re.match(r"[^/?#]*", bare)
    assert host_part is not None
    written, rest = host_part[0].lower(), bare[host_part.end() :]
    if "." not in written:
        raise BadUrl(
            f"`{text}` does not start with a host", "write it as example.com or youtube.com/@yourbrand"
        )
    if not written.endswith(".*"):
        written = written.removeprefix("*.")
        if "*" in written or "@" in written:
            raise BadUrl(
                f"`{text}` has a sign where none can stand",
                "write `name.*` for a name under every country, `*.example.com` for all subdomains",
            )
        address = parse(f"https://{written}{_with_star(rest)}")
        host = address.host.removeprefix("www.")
        whole = host == address.domain.removeprefix("www.")
        return _Entry(address.domain if whole else host, address.domain, *_path(address))
    name = written.removesuffix(".*").removeprefix("www.")
    spelled = hostname(f"{name}.com").removesuffix(".com")
    if "*" in name or not spelled:
        raise BadUrl(f"`{text}` is no name under every country", "write it as `name.*`, such as `norvane.*`")
    path, pairs = _path(parse(f"https://{spelled}.com{_with_star(rest)}"))
    return _Entry(spelled, "", path, pairs, spelled)


_STAR = "-any-text-"
"""Stands for a `*` at the end of a path while the address is cleaned, which takes it for an ornament."""


def _with_star(rest: str) -> str:
    rest = re.sub(r"/\*\Z", "", rest)
    return rest[:-1] + _STAR if rest.endswith("*") else rest


def _path(address: Address) -> tuple[str, tuple[str, ...]]:
    path, _, query = re.sub(r"^https://[^/]*", "", address.canonical).partition("?")
    return path.lower().rstrip("/").replace(_STAR, "*"), tuple(query.lower().split("&")) if query else ()


def comparable(canonical: str) -> str:
    """An address as LIKE patterns compare it: in small letters, `&` around every parameter."""
    return f"{canonical}&".replace("?", "&").replace("&", "&&").lower()


def _literal(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def _regex(like: str) -> str:
    """The regular expression of a LIKE pattern."""
    parts = re.findall(r"\\.|.", like, re.DOTALL)
    return "".join(".*" if part == "%" else "." if part == "_" else re.escape(part[-1]) for part in parts)


class Owners(Generic[Key]):
    """Which of several owners a page belongs to."""

    def __init__(self, estates: Mapping[Key, Estate]) -> None:
        self.domains = {domain: key for key, mine in estates.items() for domain in mine.domains}
        self.hosts = {host: key for key, mine in estates.items() for host, _ in mine.hosts}
        self._of_hosts = {domain for mine in estates.values() for _, domain in mine.hosts}
        pages = [(part, key) for key, mine in estates.items() for part in mine.pages]
        self.pages: dict[str, list[tuple[Pages, Key]]] = {}
        for part, key in sorted(pages, key=lambda pair: -len(pair[0].path) - len(pair[0].pairs)):
            self.pages.setdefault(part.domain, []).append((part, key))
        self.named = [(mine, key) for key, mine in estates.items() if mine.names or mine.named_pages]

    @property
    def partly(self) -> frozenset[str]:
        """Domains of which a part is somebody's, so that the domain alone does not tell whose a page is."""
        return frozenset(self.pages) | frozenset(self._of_hosts)

    def of(self, address: Address) -> Key | None:
        for part, key in self.pages.get(address.domain, ()):
            if part.hold(address):
                return key
        labels = address.host.split(".")
        for start in range(len(labels)):
            if (owner := self.hosts.get(".".join(labels[start:]))) is not None:
                return owner
        if address.domain in self.domains:
            return self.domains[address.domain]
        return self._by_name(address)

    def _by_name(self, address: Address) -> Key | None:
        for mine, key in self.named:
            spelled = mine.among([address.domain])
            if any(part.hold(address) for part in spelled.pages):
                return key
            if mine.name_holds(address.host):
                return key
        return None
