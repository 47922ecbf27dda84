"""Host names as WHATWG browsers compute them, and whose they are: suffixes, registrable domains, tenants."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from functools import cache, lru_cache
from importlib.metadata import version

import can_ada
from publicsuffixlist import PublicSuffixList

from tracker.domains import platforms

_SUFFIXES = PublicSuffixList()
_STAMP = version("publicsuffixlist").rsplit(".", 1)[1]
SUFFIX_LIST_DATE = date(int(_STAMP[:4]), int(_STAMP[4:6]), int(_STAMP[6:8]))

AROUND = (
    "".join(map(chr, range(0x21)))
    + "\x7f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u200b\u200e\u200f\u2060\ufeff"
    + ("".join(map(chr, range(0x2000, 0x200B))))
)
"""White space and invisible signs that stand around what somebody wrote."""
_NOT_IN_HOST = re.compile(r"[/\\?#@\t\n\r\ud800-\udfff]|\]:")
_DOTTED = re.compile(r"[^./?#\\@:\s%]+(?:[.。．｡][^./?#\\@:\s%]+)+\.?")
_FOUR_NUMBERS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
# A host that is as WHATWG writes it: ASCII, lower case, and a last label that can begin no number.
_PLAIN_HOST = re.compile(r"(?:[a-z0-9\-]+\.)+[a-z][a-z0-9\-]*")


def domain_of(host: str) -> str | None:
    """The registrable domain of a bare host; an IP address is its own; None for a public suffix or no host.

    A name under a top-level domain that nobody listed counts by its last two labels, as the list's rules say.
    """
    name = hostname(host)
    if not name or is_address(name):
        return name or None
    return registrable(name)


def registrable(name: str) -> str | None:
    """The same for a name that is as WHATWG writes it. A tenant of a platform owns its name there."""
    domain = _SUFFIXES.privatesuffix(name)
    return None if domain is None else platforms.tenant(name, domain)


def is_public_suffix(host: str) -> bool:
    """Whether many owners register names under this host, so that nobody owns it as a whole."""
    name = hostname(host)
    return name != "" and not is_address(name) and _SUFFIXES.is_public(name)


@cache
def _registries() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)


def registry_suffix(host: str) -> str | None:
    """The suffix that a registry of a country or of a kind gives names under (`co.uk`), never a company's."""
    return _registries().publicsuffix(host)


def written_host(text: str) -> str | None:
    """The host that a title or a link label spells (`www.Example.co.uk`), or None when it is other text.

    Stricter than `domain_of`: the last label must be a listed top-level domain, so `Node.js` is no host.
    """
    text = text.strip(AROUND)
    if not _DOTTED.fullmatch(text):
        return None
    name = hostname(text)
    if not name or is_address(name):
        return name if _FOUR_NUMBERS.fullmatch(text) else None
    return name if _SUFFIXES.publicsuffix(name, accept_unknown=False) else None


@lru_cache(maxsize=1 << 14)
def hostname(raw: str) -> str:
    """The host as WHATWG writes it, without final dots; empty where `raw` is no bare host.

    `.com` and `a..com`, which WHATWG lets pass, name nothing either: no label is empty.
    """
    if _PLAIN_HOST.fullmatch(raw) and "xn--" not in raw:
        return raw
    host = raw.strip(AROUND)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    if not host or _NOT_IN_HOST.search(host) or not can_ada.can_parse(f"https://{host}/"):
        return ""
    name = can_ada.parse(f"https://{host}/").hostname
    if name.endswith(".."):  # without these dots it may be a number, or no host at all
        return hostname(name.rstrip("."))
    return "" if name.startswith(".") or ".." in name else name.removesuffix(".")


def is_address(name: str) -> bool:
    """Whether a host as WHATWG writes it is IPv6 or IPv4; the suffix list would cut 192.168.1.1 to 1.1."""
    if name.startswith("["):
        return True
    if not name[-1].isdigit():
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def bare(host: str, domain: str) -> str:
    """The host as the canonical URL has it: without a leading `www.`, where the rest is still somebody's."""
    rest = host.removeprefix("www.")
    if rest == host or rest.startswith("www."):
        return host
    # where the domain is shorter than the host, what is left without `www.` still holds it
    keeps = domain == host and (_SUFFIXES.is_public(rest) or not hostname(rest))
    return host if keeps else rest
