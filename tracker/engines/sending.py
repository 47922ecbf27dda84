"""Requests that go out without litellm: one pool of connections, admitted hosts, bodies of bounded size."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from tracker.engines import hosts
from tracker.engines.failures import AskFailed, by_status

MAX_BODY = 20_000_000
# httpx writes every address it asks at INFO; some services take their key in the address and nowhere else.
logging.getLogger("httpx").setLevel(logging.WARNING)

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def client() -> httpx.AsyncClient:
    """One pool of connections for each event loop: setting up TLS anew for every ask costs more than the
    ask."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        _clients[loop] = httpx.AsyncClient(trust_env=False, limits=limits)
    return _clients[loop]


async def fetch(request: httpx.Request, timeout: float) -> bytes:
    """The body of a good reply; every other is an `AskFailed`."""
    hosts.admit(str(request.url))
    request.extensions["timeout"] = httpx.Timeout(timeout).as_dict()
    response = await client().send(request, stream=True)
    try:
        pieces, size = [], 0
        async for piece in response.aiter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BODY:
                raise AskFailed("unreadable reply", f"more than {MAX_BODY:,} bytes", maybe_paid=True)
    finally:
        await response.aclose()
    body = b"".join(pieces)
    if response.status_code >= 400:
        raise by_status(response.status_code, body.decode("utf-8", "replace"), response.headers)
    return body


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise AskFailed("unreadable reply", f"not JSON: {body[:80]!r}", maybe_paid=True) from None
