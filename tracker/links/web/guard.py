"""A proxy on this machine through which a browser reaches checked addresses and nothing else.

The browser resolves no name and opens no other connection: each of its requests, of whatever frame, worker or
redirect, is a new connection here. Its host and port are checked as every fetch's are, the name is resolved
here, every address is checked, and the connection goes to exactly those.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from tracker.links.web.policy import Policy
from tracker.links.web.safety import Destination, Stop, addresses, destination

_HEAD = 64 * 1024
_CHUNK = 64 * 1024
_CONNECTIONS = 64
_OF_THE_BROWSER = frozenset(
    ("update.googleapis.com", "clients2.google.com", "accounts.google.com", "content-autofill.googleapis.com")
)
"""Whom Chromium itself calls at home, whatever it draws."""
_REQUEST = re.compile(rb"([A-Z]{3,10}) (\S{1,8192}) HTTP/1\.[01]\r\n")
_OF_HOP = re.compile(rb"(?:Proxy-[^:\r\n]*|Connection|Keep-Alive):[^\r\n]*\r\n", re.IGNORECASE)


@dataclass
class Guard:
    policy: Policy
    most_bytes: int = 32 * 1024 * 1024
    """Of one connection."""
    seconds: float = 60.0
    port: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(where to, why), for who wants to know what a page tried."""

    @contextmanager
    def running(self) -> Iterator[Guard]:
        places = threading.BoundedSemaphore(_CONNECTIONS)
        with closing(socket.create_server(("127.0.0.1", 0), backlog=_CONNECTIONS)) as door:
            self.port = door.getsockname()[1]
            threading.Thread(target=self._serve, args=(door, places), daemon=True).start()
            try:
                yield self
            finally:
                # A thread that waits for a caller would keep the door.
                with contextlib.suppress(OSError):
                    door.shutdown(socket.SHUT_RDWR)

    def _serve(self, door: socket.socket, places: threading.BoundedSemaphore) -> None:
        while True:
            places.acquire()
            try:
                caller, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(caller, places), daemon=True).start()

    def _one(self, caller: socket.socket, places: threading.BoundedSemaphore) -> None:
        try:
            with closing(caller):
                caller.settimeout(self.policy.idle_seconds)
                self._answer(caller)
        except OSError:
            return
        finally:
            places.release()

    def _answer(self, caller: socket.socket) -> None:
        head, rest = _head(caller)
        found = _REQUEST.match(head)
        if found is None:
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        aim = found[2].decode("latin-1")
        tunnel = found[1] == b"CONNECT"
        try:
            place = self._place(f"https://{aim}/" if tunnel else aim, tunnel)
            line = self._dial(place)
        except Stop as stop:
            self.refused.append((aim[:200], stop.reason))
            said = f"HTTP/1.1 403 {stop.reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            caller.sendall(said.encode())
            return
        with closing(line):
            if tunnel:
                caller.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                line.sendall(rest)
            else:
                line.sendall(_for_origin(head, found, place) + rest)
            self._relay(caller, line)

    def _place(self, url: str, tunnel: bool) -> Destination:
        """A tunnel's name stands with its port, and a plain request's scheme is http."""
        if tunnel:
            host, _, port = url.removeprefix("https://").removesuffix("/").rpartition(":")
            scheme = "http" if port == "80" else "https"
            url = f"{scheme}://{host}:{port}/"
        elif not url.startswith("http://"):
            raise Stop("bad_scheme", f"{url[:40]} is not http")
        place = destination(url, self.policy.allowed)
        if place.host in _OF_THE_BROWSER:
            raise Stop("bad_host", f"{place.host} is nobody's page")
        return place

    def _dial(self, place: Destination) -> socket.socket:
        policy = self.policy
        failure = ""
        for address in addresses(place, policy.resolver, policy.allowed, policy.connect_seconds)[:4]:
            try:
                return socket.create_connection((address, place.port), timeout=policy.connect_seconds)
            except OSError as error:
                failure = str(error)
        raise Stop("connect", f"{place.host}:{place.port} {failure}"[:300])

    def _relay(self, caller: socket.socket, line: socket.socket) -> None:
        deadline = time.monotonic() + self.seconds
        size = 0
        while size < self.most_bytes and (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([caller, line], [], [], min(left, self.policy.idle_seconds))
            if not ready:
                return
            for end in ready:
                data = end.recv(_CHUNK)
                if not data:
                    return
                size += len(data)
                (line if end is caller else caller).sendall(data)


def _head(caller: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = caller.recv(_CHUNK)
        data += more
        if not more or len(data) > _HEAD:
            return b"", b""
    head, _, rest = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _for_origin(head: bytes, found: re.Match[bytes], place: Destination) -> bytes:
    """A proxy's request as the site itself is asked, with one request a connection."""
    path = "/" + place.url.split("/", 3)[3] if place.url.count("/") > 2 else "/"
    lines = _OF_HOP.sub(b"", head[found.end() :])
    return found[1] + b" " + path.encode("latin-1") + b" HTTP/1.1\r\nConnection: close\r\n" + lines
