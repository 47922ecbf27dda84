"""Which addresses a page may be fetched from: url → checked destination → checked, pinned addresses."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal, get_args

import can_ada

Reason = Literal[
    "bad_url",
    "bad_scheme",
    "bad_port",
    "userinfo",
    "numeric_host",
    "bad_host",
    "loopback_address",
    "private_address",
    "link_local_address",
    "shared_address",
    "multicast_address",
    "reserved_address",
    "metadata_address",
    "6to4_address",
    "teredo_address",
    "nat64_address",
    "mapped_address",
    "dns",
    "connect",
    "tls",
    "timeout",
    "too_slow",
    "protocol",
    "headers_too_large",
    "unsafe_redirect",
    "bad_redirect",
    "too_many_redirects",
    "robots_disallowed",
    "robots_unreachable",
    "too_soon",
    "not_html",
    "bad_encoding",
    "too_large",
    "decompression_bomb",
]
REASONS: tuple[str, ...] = get_args(Reason)

MAX_URL = 8_192
Resolver = Callable[[str, int], Sequence[str]]


class Stop(Exception):  # noqa: N818
    """Why a fetch ends early; it never leaves the fetcher, which turns it into a `Refused`."""

    def __init__(self, reason: Reason, detail: str, wait: float | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Destination:
    url: str
    """As the WHATWG rules spell it, without the fragment."""
    scheme: str
    host: str
    """Without brackets, punycode."""
    port: int
    literal: IPv4Address | IPv6Address | None

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def destination(url: str, allowed: Collection[tuple[str, int]] = ()) -> Destination:
    """The checked parts of a url, or Stop. `allowed` lists (address, port) pairs free of the port rule."""
    if len(url) > MAX_URL:
        raise Stop("bad_url", f"longer than {MAX_URL} characters")
    try:
        parsed = can_ada.parse(url)
    # A lone surrogate is a TypeError there.
    except (ValueError, TypeError) as error:
        raise Stop("bad_url", "no parser of the web reads this address") from error
    scheme = str(parsed.protocol).removesuffix(":")
    if scheme not in ("http", "https"):
        raise Stop("bad_scheme", f"{scheme[:20]} is neither http nor https")
    if parsed.username or parsed.password or "@" in _authority(url):
        raise Stop("userinfo", "the address carries a user name or password")
    host = str(parsed.hostname).strip("[]")
    literal = _literal(host)
    if literal is not None:
        _refuse_disguised(url, literal)
    port = int(parsed.port) if parsed.port else (443 if scheme == "https" else 80)
    if port not in (80, 443) and port not in {each for _, each in allowed}:
        raise Stop("bad_port", f"port {port} is neither 80 nor 443")
    if literal is None and not _is_name(host):
        raise Stop("bad_host", f"{host[:80]!r} is no public host name")
    return Destination(str(parsed.href).split("#", 1)[0], scheme, host, port, literal)


def _authority(url: str) -> str:
    """The raw text between the scheme and the path, as WHATWG readers cut it (backslash is a slash)."""
    cleaned = re.sub(r"[\t\n\r]", "", url).strip("".join(map(chr, range(33))))
    rest = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*:", "", cleaned).lstrip("/\\")
    return re.split(r"[/\\?#]", rest, maxsplit=1)[0]


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refuse_disguised(url: str, literal: IPv4Address | IPv6Address) -> None:
    """Decimal, octal, hex, short and full-width hosts are read by WHATWG as addresses: nobody honest links
    so.
    """
    if isinstance(literal, IPv6Address):
        return
    raw = _authority(url).rsplit(":", 1)[0] if ":" in _authority(url) else _authority(url)
    if raw.removesuffix(".") != str(literal):
        raise Stop("numeric_host", f"{raw[:60]!r} is {literal} in disguise")


_LOCAL = re.compile(r"(?:^|\.)(?:localhost|local|internal|onion|home\.arpa)$")
"""Names that no public server has (RFC 6761, 6762, 7686, 8375): what answers to them is inside."""


def _is_name(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    if len(labels) < 2 or len(host) > 253 or _LOCAL.search(host.removesuffix(".")):
        return False
    return all(re.fullmatch(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", label) for label in labels)


_V4: tuple[tuple[Reason, str], ...] = (
    ("loopback_address", "127.0.0.0/8"),
    ("private_address", "10.0.0.0/8"),
    ("private_address", "172.16.0.0/12"),
    ("private_address", "192.168.0.0/16"),
    ("link_local_address", "169.254.0.0/16"),
    ("shared_address", "100.64.0.0/10"),
    ("multicast_address", "224.0.0.0/4"),
    # The clouds' own answering machine on a public address (Azure).
    ("metadata_address", "168.63.129.16/32"),
    ("6to4_address", "192.88.99.0/24"),
    ("reserved_address", "0.0.0.0/8"),
    ("reserved_address", "192.0.0.0/24"),
    ("reserved_address", "192.0.2.0/24"),
    ("reserved_address", "192.31.196.0/24"),
    ("reserved_address", "192.52.193.0/24"),
    ("reserved_address", "192.175.48.0/24"),
    ("reserved_address", "198.18.0.0/15"),
    ("reserved_address", "198.51.100.0/24"),
    ("reserved_address", "203.0.113.0/24"),
    ("reserved_address", "240.0.0.0/4"),
)
_V6: tuple[tuple[Reason, str], ...] = (
    ("loopback_address", "::1/128"),
    ("reserved_address", "::/128"),
    ("private_address", "fc00::/7"),
    ("private_address", "fec0::/10"),
    ("link_local_address", "fe80::/10"),
    ("multicast_address", "ff00::/8"),
    ("teredo_address", "2001::/32"),
    ("6to4_address", "2002::/16"),
    # Local-use translation: what stands behind it is the network's own affair.
    ("nat64_address", "64:ff9b:1::/48"),
    ("mapped_address", "::ffff:0:0:0/96"),
    ("mapped_address", "::/96"),
    ("reserved_address", "2001::/23"),
    ("reserved_address", "2001:db8::/32"),
    ("reserved_address", "3fff::/20"),
)
_NETWORKS_4 = tuple((reason, IPv4Network(text)) for reason, text in _V4)
_NETWORKS_6 = tuple((reason, IPv6Network(text)) for reason, text in _V6)
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_6 = IPv6Network("2000::/3")


def fault(address: str) -> tuple[Reason, str] | None:
    """Why nothing may be fetched from an address; None for global unicast."""
    try:
        number = ip_address(address.split("%", 1)[0])
    except ValueError:
        return "reserved_address", f"{address[:60]!r} is no address"
    if isinstance(number, IPv4Address):
        return _fault_4(number)
    if number.ipv4_mapped is not None:
        return _behind("mapped_address", number, number.ipv4_mapped)
    if number in _NAT64:
        return _behind("nat64_address", number, _embedded(number))
    return _fault_6(number)


def _fault_4(address: IPv4Address) -> tuple[Reason, str] | None:
    for reason, network in _NETWORKS_4:
        if address in network:
            return reason, f"{address} is in {network}"
    return None if address.is_global else ("reserved_address", f"{address} is not global")


def _fault_6(address: IPv6Address) -> tuple[Reason, str] | None:
    for reason, network in _NETWORKS_6:
        if address in network:
            return reason, f"{address} is in {network}"
    # ISATAP hides an IPv4 address in the interface half of any prefix.
    if (int(address) >> 32) & 0xFCFF_FFFF == 0x5EFE:
        return "mapped_address", f"{address} is an ISATAP form of {_embedded(address)}"
    if address in _GLOBAL_6 and address.is_global:
        return None
    return "reserved_address", f"{address} is not global unicast"


def _embedded(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFF_FFFF)


def _behind(reason: Reason, outer: IPv6Address, inner: IPv4Address) -> tuple[Reason, str] | None:
    why = _fault_4(inner)
    return None if why is None else (reason, f"{outer} stands for {inner}: {why[0]}")


def system_resolver(host: str, port: int) -> Sequence[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def addresses(
    place: Destination, resolver: Resolver, allowed: Collection[tuple[str, int]], seconds: float
) -> tuple[str, ...]:
    """The addresses to connect to, every one checked; one bad answer among good ones refuses the host."""
    resolved = [str(place.literal)] if place.literal else _resolve(place, resolver, seconds)
    if not resolved:
        raise Stop("dns", f"{place.host} has no address")
    for address in resolved:
        if (address, place.port) in allowed:
            continue
        why = fault(address)
        if why is not None:
            raise Stop(*why)
        if place.port not in (80, 443):
            raise Stop("bad_port", f"port {place.port} is neither 80 nor 443")
    return tuple(dict.fromkeys(resolved))


def _resolve(place: Destination, resolver: Resolver, seconds: float) -> list[str]:
    """In a thread of its own: the system's resolver takes no timeout and may hang for minutes."""
    answer: list[str] = []
    failure: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            answer.extend(resolver(place.host, place.port))
        except (OSError, UnicodeError) as error:
            failure.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise Stop("dns", f"no answer for {place.host} within {seconds:.0f} s")
    if failure:
        raise Stop("dns", f"{place.host}: {failure[0]}")
    return answer
