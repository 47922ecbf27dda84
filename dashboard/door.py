"""Who may come in, asked before Streamlit sees anything: signing in, shared links, headers.

An ASGI layer around the whole app. A browser without a right to be here gets no page, no upload and no
socket; one whose right ends meanwhile has its socket closed at the next message.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import strings
from dashboard.guests import ATTEMPT, SESSION, SHARE, Book
from tracker import settings
from tracker.access import oidc, sessions
from tracker.errors import CiteliftError

words = strings.SignIn
STYLE = Path(__file__).with_name("theme") / "door.css"
OPEN = ("/_stcore/health", "/static/", "/favicon", "/signin", "/signout", "/share/")
"""The program itself is no secret."""
PROVIDER, CAME_BACK = "/signin/oidc", "/signin/oidc/back"
ATTEMPT_LASTS = 600
"""Seconds that signing in at the provider may take."""
AGAIN = 5.0
"""Seconds for which an open socket's right is believed."""
LONGEST_FORM = 8_000
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Vega compiles its expressions, and Streamlit sets styles in its markup.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss: data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
OWN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Of the pages written here and of shared reports: no script at all."""


class Doorkeeper:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.book = Book()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path in ("/signin", "/signout"):
            await self._form(scope, receive, send)
        elif path in (PROVIDER, CAME_BACK):
            await self._provider(scope, send)
        elif path.startswith("/share/"):
            await self._share(scope, send)
        elif path.startswith(OPEN) or await self._is_welcome(scope):
            await self.app(scope, receive, send)
        elif scope["method"] == "GET" and "text/html" in _header(scope, "accept"):
            query = _query(scope)
            back = quote(path + (f"?{query}" if query else ""), safe="")
            await _answer(send, 303, "", {"location": f"/signin?next={back}"})
        else:
            await _answer(send, 401, "")

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_same_origin(scope) or not await self._is_welcome(scope):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        believed = time.monotonic()

        async def checked() -> Message:
            nonlocal believed
            message = await receive()
            if message["type"] == "websocket.receive" and time.monotonic() - believed > AGAIN:
                if not await self._is_welcome(scope):
                    return {"type": "websocket.disconnect", "code": 1008}
                believed = time.monotonic()
            return message

        await self.app(scope, checked, send)

    async def _is_welcome(self, scope: Scope) -> bool:
        cookies = cookies_of(_header(scope, "cookie"))
        return await to_thread.run_sync(self.book.visitor, cookies) is not None

    async def _form(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = cookies_of(_header(scope, "cookie")).get(SESSION, "")
        if scope["path"] == "/signout":
            if scope["method"] != "POST":
                await _answer(send, 200, _page(words.OUT, _OUT))
                return
            if _is_same_origin(scope):
                await to_thread.run_sync(self.book.sign_out, token)
            await _answer(
                send, 303, "", {"location": "/signin", "set-cookie": self.book.cookie(SESSION, "", 0)}
            )
            return
        query = parse_qs(_query(scope))
        back = _own_path(query.get("next", ["/"])[0])
        if scope["method"] != "POST":
            await _answer(send, 200, _page(words.IN, _in(back)))
            return
        form = parse_qs((await _body(receive)).decode("utf-8", "replace"), keep_blank_values=True)
        name, password = form.get("name", [""])[0], form.get("password", [""])[0]
        if not _is_same_origin(scope):
            await _answer(send, 403, _page(words.IN, _in(back, words.ELSEWHERE)))
            return
        address = str((scope.get("client") or ("",))[0])
        try:
            found = await to_thread.run_sync(self.book.sign_in, name, password, address)
        except sessions.TooManyGuesses:
            await _answer(send, 429, _page(words.IN, _in(back, words.WAIT)), {"retry-after": "900"})
            return
        except CiteliftError as error:
            await _answer(send, 503, _page(words.IN, _in(back, error.problem)))
            return
        if found is None:
            await _answer(send, 401, _page(words.IN, _in(back, words.WRONG)))
            return
        await self._let_in(send, found, back)

    async def _provider(self, scope: Scope, send: Send) -> None:
        """To the OpenID provider, and back from it with a session of ours."""
        query = {key: values[0] for key, values in parse_qs(_query(scope)).items()}
        redirect = _redirect(scope)
        if not oidc.is_configured(settings.load()) or redirect is None or scope["method"] != "GET":
            await _answer(send, 404, _page(words.GONE, f"<p>{escape(words.NO_PROVIDER)}</p>"))
            return
        try:
            if scope["path"] == PROVIDER:
                back = _own_path(query.get("next", "/"))
                aim, kept = await to_thread.run_sync(self.book.leave_for_provider, back, redirect)
                cookie = self.book.cookie(ATTEMPT, kept, ATTEMPT_LASTS)
                await _answer(send, 303, "", {"location": aim, "set-cookie": cookie})
                return
            kept = cookies_of(_header(scope, "cookie")).get(ATTEMPT, "")
            token, back = await to_thread.run_sync(self.book.admit, kept, query, redirect)
        except CiteliftError as error:
            refused = isinstance(error, oidc.SignInRefused)
            said = f"{error.problem[:1].upper()}{error.problem[1:]}: {error.hint}."
            await _answer(send, 403 if refused else 503, _page(words.IN, _in("/", said)))
            return
        await self._let_in(send, token, _own_path(back))

    async def _let_in(self, send: Send, token: str, back: str) -> None:
        cookie = self.book.cookie(SESSION, token, int(sessions.LASTS.total_seconds()))
        await _answer(send, 303, "", {"location": back, "set-cookie": cookie})

    async def _share(self, scope: Scope, send: Send) -> None:
        """A report is shown as it is; a page is opened by a cookie that is good for this link only."""
        token = scope["path"].removeprefix("/share/")
        link = await to_thread.run_sync(self.book.link, token)
        if link is None:
            await _answer(send, 404, _page(words.GONE, f"<p>{escape(words.GONE_TEXT)}</p>"))
        elif link.body is not None:
            await _answer(send, 200, link.body)
        else:
            left = max(0, int((link.expires_at - datetime.now(UTC)).total_seconds()))
            aim = _own_path(f"/{link.page}" + (f"?{link.query}" if link.query else ""))
            cookie = self.book.cookie(SHARE, token, left)
            await _answer(send, 303, "", {"location": aim, "set-cookie": cookie})


def cookies_of(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _query(scope: Scope) -> str:
    return str(scope.get("query_string", b"").decode("latin-1"))


def _redirect(scope: Scope) -> str | None:
    """Where the provider sends browsers back to: the address that is set, or this machine's own."""
    shown = settings.load().dashboard_url
    host = _header(scope, "host")
    if shown:
        return shown.rstrip("/") + CAME_BACK
    local = urlsplit(f"http://{host}").hostname in {"localhost", "127.0.0.1", "::1"}
    return f"http://{host}{CAME_BACK}" if local else None


def _header(scope: Scope, name: str) -> str:
    wanted = name.encode()
    return b"; ".join(value for key, value in scope["headers"] if key == wanted).decode("latin-1")


def _is_same_origin(scope: Scope) -> bool:
    """Whether the browser says that a page of ours asks; a program without an `Origin` has no cookies."""
    origin = _header(scope, "origin")
    return not origin or urlsplit(origin).netloc == _header(scope, "host")


def _own_path(text: str) -> str:
    """The path of a page here: nothing that a browser would take for another site."""
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or not text.startswith("/") or text.startswith(("//", "/\\")):
        return "/"
    return quote(text, safe="/?&=%+,-._~!*'()")


async def _body(receive: Receive) -> bytes:
    whole = b""
    while True:
        message = await receive()
        whole += bytes(message.get("body", b""))
        if not message.get("more_body") or len(whole) > LONGEST_FORM:
            return whole[:LONGEST_FORM]


async def _answer(send: Send, status: int, body: str, more: Mapping[str, str] | None = None) -> None:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": OWN_POLICY,
        "cache-control": "no-store",
        **(more or {}),
    }
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body.encode("utf-8", "replace")})


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {key.lower() for key, _ in message["headers"]}
            wanted = {**HEADERS, "content-security-policy": POLICY}
            more = [(key.encode(), value.encode()) for key, value in wanted.items()]
            message["headers"] = [*message["headers"], *(pair for pair in more if pair[0] not in there)]
        await send(message)

    return sent


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f"<style>{STYLE.read_text('utf-8')}</style><main><p class=brand>citelift</p><h1>{escape(title)}</h1>"
        f"{body}</main></html>"
    )


def _in(back: str, trouble: str = "") -> str:
    said = f'<p role="alert">{escape(trouble)}</p>' if trouble else ""
    configured = settings.load()
    if oidc.is_configured(configured):
        at = words.PROVIDER.format(provider=oidc.shown(configured))
        said += f'<p><a href="{PROVIDER}?next={escape(quote(back, safe=""))}">{escape(at)}</a></p>'
    return (
        f'{said}<form method="post" action="/signin?next={escape(quote(back, safe=""))}">'
        f'<label>{escape(words.NAME)}<input name="name" autocomplete="username" required autofocus></label>'
        f'<label>{escape(words.PASSWORD)}<input name="password" type="password" '
        f'autocomplete="current-password" required></label><button>{escape(words.IN)}</button></form>'
    )


_OUT = f'<form method="post" action="/signout"><button>{escape(words.OUT)}</button></form>'
