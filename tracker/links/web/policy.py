"""How far a fetch may go, and under whose name."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from tracker.errors import UsageError
from tracker.links.web import robots
from tracker.links.web.safety import Resolver, system_resolver


@dataclass(frozen=True, slots=True)
class Policy:
    """How far a fetch may go. The defaults are the strict ones; only tests open `allowed`, and only looks at
    a simulated web have a `stand_in`."""

    contact: str
    """Where a site's owner reads who we are: an http(s) or mailto address, sent in the user agent."""
    resolver: Resolver = system_resolver
    allowed: frozenset[tuple[str, int]] = frozenset()
    """(address, port) pairs free of the address and port rules."""
    tls: ssl.SSLContext | None = None
    stand_in: tuple[str, int] | None = None
    """A loopback address and port that stands for every host of a simulated web, spoken to without TLS."""
    max_bytes: int = 8 * 1024 * 1024
    max_document_bytes: int = 32 * 1024 * 1024
    max_header_bytes: int = 64 * 1024
    max_ratio: float = 100.0
    max_redirects: int = 5
    connect_seconds: float = 10.0
    idle_seconds: float = 15.0
    total_seconds: float = 30.0
    delay_seconds: float = 1.0
    max_wait_seconds: float = 60.0
    backoff_seconds: float = 60.0
    """After 429 or 503 without Retry-After."""
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if self.stand_in is not None and not ip_address(self.stand_in[0]).is_loopback:
            raise UsageError(f"{self.stand_in[0]} is not this machine", "a simulated web runs on 127.0.0.1")
        if not re.fullmatch(r"(?:https?://|mailto:)[!-~]{3,200}", self.contact):
            raise UsageError(
                f"{self.contact!r} is no address at which a site's owner could reach you",
                "give an http(s) page about your crawler, or mailto:somebody@your-domain",
            )

    @property
    def user_agent(self) -> str:
        return f"{robots.AGENT}/1.0 (checks links; +{self.contact})"


def simulated(url: str) -> Policy:
    """Looks at the simulated web of a sandbox at this address: nothing else is reached, and no host rests."""
    parts = urlsplit(url)
    try:
        host, port = ip_address(parts.hostname or ""), parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme != "http" or host is None or port is None:
        raise UsageError(
            f"{url!r} is no address of a sandbox",
            "`python -m tracker.sandbox` prints its own, like http://127.0.0.1:8080",
        )
    return Policy("mailto:nobody@sandbox.invalid", stand_in=(str(host), port), delay_seconds=0)
