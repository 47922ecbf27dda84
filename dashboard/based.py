"""Tells the browser where the server is. Streamlit's script would otherwise ask for it under the page's own
address first, be refused twice, and start later.

An ASGI layer around the app."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASKED_OF_FILES = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
SAID_OF_FILES = (b"content-length", b"etag", b"last-modified", b"accept-ranges")
"""Of the file as it lies there, which is not what is sent."""
HEAD = b"<head>"
SAID = b"<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin }</script>"


class Based:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and _wants_html(scope):
            plain = [pair for pair in scope["headers"] if pair[0] not in ASKED_OF_FILES]
            await self.app({**scope, "headers": plain}, receive, _WholePage(send))
        else:
            await self.app(scope, receive, send)


class _WholePage:
    """Passes everything on; a page of HTML as a whole, with the word in its head."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += bytes(message.get("body", b""))
            if not message.get("more_body"):
                await self._whole(self.start)

    async def _whole(self, start: Message) -> None:
        body = self.body.replace(HEAD, HEAD + SAID, 1)
        kept = [pair for pair in start["headers"] if pair[0].lower() not in SAID_OF_FILES]
        start["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})


def _wants_html(scope: Scope) -> bool:
    return any(key == b"accept" and b"text/html" in value for key, value in scope["headers"])


def _is_html(start: Message) -> bool:
    kind = next((bytes(value) for key, value in start["headers"] if key.lower() == b"content-type"), b"")
    return bool(start["status"] == 200) and kind.startswith(b"text/html")
