"""A mail server and a receiver of hooks on loopback, which keep what they get and may fail on order."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOGIN, PASSWORD = "reports", "s3cret-of-the-test"


class Mailbox:
    """What arrived. `answers` and `at_rcpt` are given instead of 250, and `held_at` lets a client wait."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.answers: list[str] = []
        self.at_rcpt: list[str] = []
        self.encrypted: list[bool] = []
        self.reached = threading.Event()
        self._stage = ""

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(each, policy=policy.default) for each in self.raw]  # type: ignore[misc]

    @contextmanager
    def held_at(self, stage: str) -> Iterator[None]:
        """Meanwhile the server does not answer at MAIL, RCPT or (what it has taken by then) DATA."""
        self.reached.clear()
        self._stage = stage
        try:
            yield
        finally:
            self._stage = ""

    async def _wait(self, stage: str) -> None:
        if self._stage == stage:
            self.reached.set()
        while self._stage == stage:
            await asyncio.sleep(0.01)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._wait("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._wait("RCPT")
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.encrypted.append(session.ssl is not None)
        await self._wait("DATA")
        return "250 queued"


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = LoginPassword(LOGIN.encode(), PASSWORD.encode())
    return AuthResult(success=isinstance(data, LoginPassword) and data == right, handled=False)


@contextmanager
def mail_server(box: Mailbox, certificate: tuple[Path, Path] | None = None) -> Iterator[int]:
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        options = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": _check,
            "auth_required": True,
        }
    controller = Controller(box, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext {names} "
        f"-keyout {key} -out {cert}".split(),
        check=True,
        capture_output=True,
    )
    return cert, key


class Hook:
    """Calls that came: path, headers, body; `answers` are the next (status, headers)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.drop = 0
        """Calls after which the line is cut without an answer."""
        self.go_on = threading.Event()
        self.go_on.set()

    def wait_for(self, count: int, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while len(self.calls) < count:
            assert time.monotonic() < end, "nothing came"
            time.sleep(0.01)


@contextmanager
def hook_server(hook: Hook) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hook.calls.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            hook.go_on.wait(30)
            if hook.drop:
                hook.drop -= 1
                self.close_connection = True
                return
            status, head = hook.answers.pop(0) if hook.answers else (200, {})
            self.send_response(status)
            for name, value in head.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        hook.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
