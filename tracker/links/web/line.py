"""httpx on a connection of our own: to checked addresses only, with a deadline and a limit on the head."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from tracker.links.web.policy import Policy
from tracker.links.web.safety import Stop

_MAX_DIALS = 4


class _Stream(httpcore.NetworkStream):
    """A connection with a deadline and a limit on what comes before the body."""

    def __init__(self, inner: httpcore.NetworkStream, line: Line) -> None:
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


class Line(httpcore.NetworkBackend):
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
        port = self.policy.stand_in[1] if self.policy.stand_in else port
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


class Transport(httpx.BaseTransport):
    """httpx with our own line below it: name in Host, SNI and certificate; checked address on the wire."""

    def __init__(self, line: Line, tls: ssl.SSLContext) -> None:
        self.plain = line.policy.stand_in is not None
        self.pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=line, max_connections=1)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=b"http" if self.plain else request.url.raw_scheme,
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
