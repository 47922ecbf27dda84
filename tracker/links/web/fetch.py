"""One polite, safe look at a page on the open web.

Safe: every address is checked before the first byte and the connection goes to exactly the checked address,
on every redirect again; nothing is taken from the environment and no cookie is kept. Polite: robots.txt, one
request a host at a time, the delays that the host asks for. Whatever goes wrong is a `Refused` with its own
reason, never an error.
"""

from __future__ import annotations

import math
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import can_ada
import httpcore
import httpx

from tracker import retry_after
from tracker.links.web import body, refresh, robots
from tracker.links.web.hosts import MANY_HOSTS, Host, Hosts
from tracker.links.web.line import Line, Transport
from tracker.links.web.policy import Policy
from tracker.links.web.safety import (
    REASONS,
    Destination,
    Reason,
    Stop,
    addresses,
    destination,
)

__all__ = [
    "REASONS",
    "Fetched",
    "Fetcher",
    "Hop",
    "Policy",
    "Reason",
    "Refused",
    "Validators",
]

_HTML = ("text/html", "application/xhtml+xml")
_ERROR_BYTES = 256 * 1024
_MAYBE_PDF = ("application/pdf", "application/x-pdf", "application/octet-stream", "binary/octet-stream", "")
PDF = "application/pdf"
_RULES_LIVE = timedelta(hours=24)
_FAILURE_LIVES = timedelta(hours=1)
_LONGEST_WAIT = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier fetch of one address was given; sent to that very address only."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    """As asked for."""
    final_url: str
    at: datetime
    status: int
    text: str
    """Empty unless the status is 2xx."""
    error_text: str = ""
    """What the page of another status says, its first part."""
    document: bytes = b""
    """The bytes of a PDF."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""
    hops: tuple[Hop, ...] = ()
    content_type: str = ""
    charset: str | None = None
    size: int = 0
    wire: int = 0
    address: str = ""
    retry_at: datetime | None = None

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def validators(self) -> Validators:
        tag, date = self.header("etag"), self.header("last-modified")
        return Validators(self.final_url, tag[0] if tag else None, date[0] if date else None)


@dataclass(frozen=True, slots=True)
class Refused:
    url: str
    at: datetime
    reason: Reason
    detail: str
    hops: tuple[Hop, ...] = ()
    retry_at: datetime | None = None


@dataclass(slots=True)
class _Reply:
    status: int
    headers: httpx.Headers
    address: str
    data: bytes = b""
    wire: int = 0

    @property
    def location(self) -> str | None:
        return self.headers.get("location") if self.status in (301, 302, 303, 307, 308) else None


@dataclass(slots=True)
class _Visit:
    """One fetch call: what it has resolved (the first answer counts), where it has been, how long it took."""

    url: str
    at: datetime
    validators: Validators | None
    hops: list[Hop] = field(default_factory=list)
    pins: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    spent: float = 0.0


@cache
def _public_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class Fetcher:
    """Shared by all threads of a run: it remembers each site's robots.txt and when each host is free."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.tls = policy.tls or _public_authorities()
        self.hosts = Hosts(policy)
        self.rules: dict[str, tuple[datetime, robots.Rules]] = {}

    def free_at(self, url: str) -> float:
        """When the host may be asked again, by the monotonic clock."""
        try:
            return self.hosts.free_at(destination(url, self.policy.allowed).host)
        except Stop:
            return -math.inf

    def wait_for(self, url: str, at: datetime) -> None:
        """Until the host may be asked again, for a request that somebody else then makes."""
        place = destination(url, self.policy.allowed)
        rules = self._rules(place, self._visit(url, at))
        with self.hosts.turn(place.host) as host:
            host.free_at = time.monotonic() + max(self.policy.delay_seconds, rules.delay)

    def allows(self, url: str, at: datetime) -> bool:
        """Whether the address may be asked for: it is one of the public web, and its robots.txt lets us."""
        try:
            visit = self._visit(url, at)
            place = self._reach(url, visit)
            rules = self._rules(place, visit)
        except Stop:
            return False
        return rules.allows(place.url)

    def _visit(self, url: str, at: datetime) -> _Visit:
        visit = _Visit(url, at, None)
        self._reach(url, visit)
        return visit

    def fetch(self, url: str, *, at: datetime, validators: Validators | None = None) -> Fetched | Refused:
        """`at` stands for now: it dates the result and ages the robots.txt that are remembered."""
        visit = _Visit(url, at, validators)
        try:
            return self._follow(visit)
        except Stop as stop:
            retry_at = None if stop.wait is None else at + timedelta(seconds=stop.wait)
            return Refused(url, at, stop.reason, stop.detail, tuple(visit.hops), retry_at)

    def _follow(self, visit: _Visit) -> Fetched:
        url = visit.url
        while True:
            place = self._reach(url, visit)
            rules = self._rules(place, visit)
            if rules.unreachable:
                raise Stop("robots_unreachable", rules.unreachable)
            if not rules.allows(place.url):
                raise Stop("robots_disallowed", f"robots.txt of {place.host} excludes {robots.AGENT}")
            reply = self._page(place, rules, visit)
            result = None if reply.location else self._result(place, reply, visit)
            onward = reply.location or (refresh.refresh(result.text, place.url) if result else None)
            if onward is None or (result and any(hop.url == onward for hop in visit.hops)):
                assert result is not None
                return result
            visit.hops.append(Hop(place.url, reply.status))
            if len(visit.hops) > self.policy.max_redirects:
                raise Stop("too_many_redirects", f"more than {self.policy.max_redirects}")
            url = _joined(onward, place)

    def _reach(self, url: str, visit: _Visit) -> Destination:
        try:
            place = destination(url, self.policy.allowed)
            if self.policy.stand_in is not None:
                visit.pins[place.host, place.port] = (self.policy.stand_in[0],)
            elif (place.host, place.port) not in visit.pins:
                visit.pins[place.host, place.port] = addresses(
                    place, self.policy.resolver, self.policy.allowed, self.policy.connect_seconds
                )
        except Stop as stop:
            if visit.hops and stop.reason != "dns":
                reason: Reason = "bad_redirect" if stop.reason == "bad_url" else "unsafe_redirect"
                raise Stop(reason, f"{stop.reason}: {stop.detail}") from stop
            raise
        return place

    def _page(self, place: Destination, rules: robots.Rules, visit: _Visit) -> _Reply:
        with self.hosts.turn(place.host) as host:
            try:
                reply = self._exchange(place, visit, self._conditions(place, visit), self._page_body)
                self._hold(host, reply, visit.at)
            finally:
                rest = time.monotonic() + max(self.policy.delay_seconds, rules.delay)
                host.free_at = max(host.free_at, rest)
        return reply

    def _conditions(self, place: Destination, visit: _Visit) -> dict[str, str]:
        known = visit.validators
        if known is None or known.url != place.url:
            return {}
        pairs = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        # They come from a stranger's headers of another day: nothing that could end a header line goes out
        # again.
        return {
            name: value for name, value in pairs.items() if value and re.fullmatch(r"[ -~]{1,512}", value)
        }

    def _page_body(self, response: httpx.Response) -> body.Unpacked:
        if not 200 <= response.status_code < 300:
            return self._error_body(response)
        kind = _kind(response.headers)
        if kind in _HTML:
            return self._read(response, self.policy.max_bytes, cut=False)
        if kind not in _MAYBE_PDF:
            raise Stop("not_html", f"content type {kind[:80]!r}")
        found = self._read(response, self.policy.max_document_bytes, cut=False)
        if _is_pdf(found.data):
            return found
        if kind or not re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<[!a-zA-Z?]", found.data[:512]):
            raise Stop("not_html", f"content type {kind[:80]!r}, and the body begins like no page and no PDF")
        if len(found.data) > self.policy.max_bytes:
            raise Stop("too_large", f"more than {self.policy.max_bytes} bytes")
        return found

    def _error_body(self, response: httpx.Response) -> body.Unpacked:
        """What it says tells a site that turns us away from one that is down; what cannot be read says
        nothing.
        """
        if not 400 <= response.status_code < 600 or _kind(response.headers) not in (*_HTML, ""):
            return body.Unpacked(b"", 0)
        try:
            return self._read(response, _ERROR_BYTES, cut=True)
        except (Stop, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            return body.Unpacked(b"", 0)

    def _read(self, response: httpx.Response, limit: int, cut: bool) -> body.Unpacked:
        length = response.headers.get("content-length", "")
        if not cut and length.isascii() and length.isdigit() and int(length[:20]) > limit:
            raise Stop("too_large", f"{length[:20]} bytes announced, at most {limit} are read")
        encoding = response.headers.get("content-encoding", "").strip().lower()
        return body.unpack(response.iter_raw(), encoding, limit, self.policy.max_ratio, cut)

    def _exchange(
        self,
        place: Destination,
        visit: _Visit,
        extra: Mapping[str, str],
        read: Callable[[httpx.Response], body.Unpacked],
    ) -> _Reply:
        started = time.monotonic()
        line = Line(visit.pins[place.host, place.port], self.policy, self.policy.total_seconds - visit.spent)
        try:
            return self._talk(place, line, extra, read)
        except httpcore.TimeoutException as error:
            raise Stop(
                "timeout", f"{place.host} said nothing for {self.policy.idle_seconds:.0f} s"
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.StreamError) as error:
            raise Stop("protocol", (str(error) or type(error).__name__)[:300]) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise Stop("bad_url", str(error)[:300]) from error
        finally:
            visit.spent += time.monotonic() - started

    def _talk(
        self,
        place: Destination,
        line: Line,
        extra: Mapping[str, str],
        read: Callable[[httpx.Response], body.Unpacked],
    ) -> _Reply:
        headers = {
            "User-Agent": self.policy.user_agent,
            "Accept": "text/html,application/xhtml+xml;q=0.9,application/pdf;q=0.8,*/*;q=0.1",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            **extra,
        }
        limits = httpx.Timeout(self.policy.idle_seconds, connect=self.policy.connect_seconds)
        transport = Transport(line, self.tls)
        with (
            httpx.Client(transport=transport, trust_env=False, timeout=limits) as client,
            client.stream("GET", place.url, headers=headers, follow_redirects=False) as response,
        ):
            line.in_head = False
            found = read(response)
            return _Reply(response.status_code, response.headers, line.address, found.data, found.wire)

    def _hold(self, host: Host, reply: _Reply, at: datetime) -> None:
        if reply.status in (429, 503):
            wait = _retry_after(reply.headers, at)
            host.free_at = time.monotonic() + (self.policy.backoff_seconds if wait is None else wait)

    def _rules(self, place: Destination, visit: _Visit) -> robots.Rules:
        known = self.rules.get(place.origin)
        if known is not None and visit.at - known[0] < (
            _FAILURE_LIVES if known[1].unreachable else _RULES_LIVE
        ):
            return known[1]
        rules = self._ask_rules(place, visit)
        if len(self.rules) > MANY_HOSTS:
            self.rules.clear()
        self.rules[place.origin] = visit.at, rules
        return rules

    def _ask_rules(self, place: Destination, visit: _Visit) -> robots.Rules:
        """Errors of the host itself (no name, no connection) stay what they are: the page would meet them
        too.
        """
        side = _Visit(visit.url, visit.at, None, pins=visit.pins)
        url = _robots_url(place)
        for _ in range(robots.MAX_REDIRECTS + 1):
            try:
                here = self._reach(url, side)
                with self.hosts.turn(here.host) as host:
                    reply = self._exchange(here, side, {}, self._rules_body)
                    self._hold(host, reply, visit.at)
            except Stop as stop:
                if not side.hops and stop.reason in ("connect", "tls", "too_soon"):
                    raise
                return robots.Rules(unreachable=f"{_robots_url(place)}: {stop.reason}: {stop.detail}"[:400])
            if reply.location is None:
                return _rules_of(reply, url)
            side.hops.append(Hop(here.url, reply.status))
            url = _joined(reply.location, here)
        return robots.Rules()

    def _rules_body(self, response: httpx.Response) -> body.Unpacked:
        if not 200 <= response.status_code < 300:
            return body.Unpacked(b"", 0)
        return self._read(response, robots.MAX_BYTES, cut=True)

    def _result(self, place: Destination, reply: _Reply, visit: _Visit) -> Fetched:
        good = 200 <= reply.status < 300
        is_pdf = good and _kind(reply.headers) in _MAYBE_PDF and _is_pdf(reply.data)
        declared = reply.headers.get("content-type", "")
        text = body.decode(reply.data, declared) if reply.data and not is_pdf else None
        wait = _retry_after(reply.headers, visit.at) if reply.status in (429, 503) else None
        return Fetched(
            url=visit.url,
            final_url=place.url,
            at=visit.at,
            status=reply.status,
            text=text.text if text and good else "",
            error_text=text.text if text and not good else "",
            document=reply.data if is_pdf else b"",
            headers=tuple((name.lower(), value) for name, value in reply.headers.multi_items()),
            hops=tuple(visit.hops),
            content_type=PDF if is_pdf else _kind(reply.headers),
            charset=text.charset if text else None,
            size=len(reply.data),
            wire=reply.wire,
            address=reply.address,
            retry_at=None if wait is None else visit.at + timedelta(seconds=wait),
        )


def _is_pdf(data: bytes) -> bool:
    """By its first bytes: servers name a PDF's type in many ways, and other things so."""
    return b"%PDF-" in data[:1_024]


def _robots_url(place: Destination) -> str:
    return "/".join(place.url.split("/", 3)[:3]) + "/robots.txt"


def _rules_of(reply: _Reply, url: str) -> robots.Rules:
    if reply.status >= 500 or reply.status == 429:
        return robots.Rules(unreachable=f"{url} answered {reply.status}")
    return robots.parse(reply.data) if 200 <= reply.status < 300 else robots.Rules()


def _kind(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).split(";", 1)[0].strip().lower()


def _joined(location: str, place: Destination) -> str:
    try:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2}", location.strip()):
            return location.strip()
        return str((can_ada.parse(place.url) + location.strip()).href)
    except (ValueError, TypeError) as error:
        raise Stop("bad_redirect", f"{location[:200]!r} is no address") from error


def _retry_after(headers: httpx.Headers, at: datetime) -> float | None:
    wait = retry_after.seconds(headers.get("retry-after"), at)
    return None if wait is None else min(wait, _LONGEST_WAIT)
