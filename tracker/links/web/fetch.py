"""One polite, safe look at a page on the open web.

Safe: every address is checked before the first byte and the connection goes to exactly the checked address,
on every redirect again; nothing is taken from the environment and no cookie is kept. Polite: robots.txt, one
request a host at a time, the delays that the host asks for. Whatever goes wrong is a `Refused` with its own
reason, never an error.
"""

from __future__ import annotations

import math
import queue
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import can_ada
import httpcore
import httpx

from tracker import retry_after
from tracker.errors import UsageError
from tracker.links.web import body, robots
from tracker.links.web.safety import (
    REASONS,
    Destination,
    Reason,
    Resolver,
    Stop,
    addresses,
    destination,
    system_resolver,
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
    "Wanted",
    "fetch_many",
]

_HTML = ("text/html", "application/xhtml+xml")
_RULES_LIVE = timedelta(hours=24)
_FAILURE_LIVES = timedelta(hours=1)
_LONGEST_WAIT = 7 * 86_400.0
_MANY_HOSTS = 20_000
_MAX_DIALS = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """How far a fetch may go. The defaults are the strict ones; only tests open `allowed`."""

    contact: str
    """Where a site's owner reads who we are: an http(s) or mailto address, sent in the user agent."""
    resolver: Resolver = system_resolver
    allowed: frozenset[tuple[str, int]] = frozenset()
    """(address, port) pairs free of the address and port rules."""
    tls: ssl.SSLContext | None = None
    max_bytes: int = 8 * 1024 * 1024
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
        if not re.fullmatch(r"(?:https?://|mailto:)[!-~]{3,200}", self.contact):
            raise UsageError(
                f"{self.contact!r} is no address at which a site's owner could reach you",
                "give an http(s) page about your crawler, or mailto:somebody@your-domain",
            )

    @property
    def user_agent(self) -> str:
        return f"{robots.AGENT}/1.0 (checks links; +{self.contact})"


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


@dataclass(frozen=True, slots=True)
class Wanted:
    url: str
    validators: Validators | None = None


class _Stream(httpcore.NetworkStream):
    """A connection with a deadline and a limit on what comes before the body."""

    def __init__(self, inner: httpcore.NetworkStream, line: _Line) -> None:
        self.inner, self.line = inner, line

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self.line.left()
        try:
            data = self.inner.read(min(max_bytes, 16_384), min(timeout or left, left))
        except httpcore.ReadTimeout:
            self.line.left()
            raise
        self.line.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self.line.left()
        self.inner.write(buffer, min(timeout or left, left))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self.line.left()
        try:
            inner = self.inner.start_tls(ssl_context, server_hostname, min(timeout or left, left))
        except httpcore.ConnectError as error:
            raise Stop("tls", str(error)[:300]) from error
        return _Stream(inner, self.line)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Line(httpcore.NetworkBackend):
    """Connects to the checked addresses whatever name it is given: between check and use no one is asked
    again.
    """

    def __init__(self, dial: tuple[str, ...], policy: Policy, seconds: float) -> None:
        self.dial, self.policy = dial, policy
        self.deadline = time.monotonic() + seconds
        self.seconds = seconds
        self.head = 0
        self.in_head = True
        self.address = ""

    def left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Stop("too_slow", f"not done after {self.seconds:.0f} s")
        return left

    def count(self, size: int) -> None:
        if self.in_head:
            self.head += size
            if self.head > self.policy.max_header_bytes:
                raise Stop("headers_too_large", f"no end of headers in {self.policy.max_header_bytes} bytes")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure = ""
        for address in self.dial[:_MAX_DIALS]:
            try:
                inner = httpcore.SyncBackend().connect_tcp(
                    address, port, min(timeout or self.left(), self.left())
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = str(error) or type(error).__name__
                continue
            self.address = address
            return _Stream(inner, self)
        raise Stop("connect", f"{host}:{port} {failure}"[:300])


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self.response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self.response.iter_stream()

    def close(self) -> None:
        self.response.close()


class _Transport(httpx.BaseTransport):
    """httpx with our own line below it: name in Host, SNI and certificate; checked address on the wire."""

    def __init__(self, line: _Line, tls: ssl.SSLContext) -> None:
        self.pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=line, max_connections=1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        response = self.pool.handle_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, extensions=dict(request.extensions)
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self.pool.close()


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
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = -math.inf


class _Hosts:
    """One request a host at a time, and not before the host is free again."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.lock = threading.Lock()
        self.hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, name: str) -> Iterator[_Host]:
        host = self._of(name)
        with host.lock:
            wait = host.free_at - time.monotonic()
            if wait > self.policy.max_wait_seconds:
                raise Stop("too_soon", f"{name} asked to be left alone for {wait:.0f} s", wait)
            if wait > 0:
                self.policy.sleep(wait)
            yield host

    def _of(self, name: str) -> _Host:
        with self.lock:
            if len(self.hosts) > _MANY_HOSTS:
                now = time.monotonic()
                self.hosts = {k: h for k, h in self.hosts.items() if h.lock.locked() or h.free_at > now}
            return self.hosts.setdefault(name, _Host())


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
        self.hosts = _Hosts(policy)
        self.rules: dict[str, tuple[datetime, robots.Rules]] = {}

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
            if reply.location is None:
                return self._result(place, reply, visit)
            visit.hops.append(Hop(place.url, reply.status))
            if len(visit.hops) > self.policy.max_redirects:
                raise Stop("too_many_redirects", f"more than {self.policy.max_redirects}")
            url = _joined(reply.location, place)

    def _reach(self, url: str, visit: _Visit) -> Destination:
        try:
            place = destination(url, self.policy.allowed)
            if (place.host, place.port) not in visit.pins:
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
            return body.Unpacked(b"", 0)
        kind = _kind(response.headers)
        if kind and kind not in _HTML:
            raise Stop("not_html", f"content type {kind[:80]!r}")
        found = self._read(response, self.policy.max_bytes, cut=False)
        if not kind and not re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<[!a-zA-Z?]", found.data[:512]):
            raise Stop("not_html", "no content type, and the body does not begin like HTML")
        return found

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
        line = _Line(visit.pins[place.host, place.port], self.policy, self.policy.total_seconds - visit.spent)
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
        line: _Line,
        extra: Mapping[str, str],
        read: Callable[[httpx.Response], body.Unpacked],
    ) -> _Reply:
        headers = {
            "User-Agent": self.policy.user_agent,
            "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            **extra,
        }
        limits = httpx.Timeout(self.policy.idle_seconds, connect=self.policy.connect_seconds)
        transport = _Transport(line, self.tls)
        with (
            httpx.Client(transport=transport, trust_env=False, timeout=limits) as client,
            client.stream("GET", place.url, headers=headers, follow_redirects=False) as response,
        ):
            line.in_head = False
            found = read(response)
            return _Reply(response.status_code, response.headers, line.address, found.data, found.wire)

    def _hold(self, host: _Host, reply: _Reply, at: datetime) -> None:
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
        if len(self.rules) > _MANY_HOSTS:
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
        kind = reply.headers.get("content-type", "")
        text = body.decode(reply.data, kind) if reply.data else None
        wait = _retry_after(reply.headers, visit.at) if reply.status in (429, 503) else None
        return Fetched(
            url=visit.url,
            final_url=place.url,
            at=visit.at,
            status=reply.status,
            text=text.text if text else "",
            headers=tuple((name.lower(), value) for name, value in reply.headers.multi_items()),
            hops=tuple(visit.hops),
            content_type=_kind(reply.headers),
            charset=text.charset if text else None,
            size=len(reply.data),
            wire=reply.wire,
            address=reply.address,
            retry_at=None if wait is None else visit.at + timedelta(seconds=wait),
        )


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


def fetch_many(
    wanted: Iterable[Wanted], fetcher: Fetcher, *, at: datetime, workers: int = 8
) -> Iterator[Fetched | Refused]:
    """Every page once, as results arrive; the pages of one host one after another in one thread."""
    by_host: dict[str, list[Wanted]] = {}
    for each in wanted:
        by_host.setdefault(_host_of(each.url), []).append(each)
    results: queue.SimpleQueue[Fetched | Refused | None] = queue.SimpleQueue()
    ended = threading.Event()

    def work(pages: list[Wanted]) -> None:
        try:
            for page in pages:
                if ended.is_set():
                    return
                results.put(fetcher.fetch(page.url, at=at, validators=page.validators))
        finally:
            results.put(None)

    with ThreadPoolExecutor(workers) as pool:
        tasks = [pool.submit(work, pages) for pages in by_host.values()]
        try:
            left = len(tasks)
            while left:
                result = results.get()
                left -= result is None
                if result is not None:
                    yield result
            for task in tasks:
                task.result()
        finally:
            ended.set()
            for task in tasks:
                task.cancel()


def _host_of(url: str) -> str:
    try:
        return destination(url).host
    except Stop:
        return url
