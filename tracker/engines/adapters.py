"""Engines that litellm does not reach: the request each one wants, sent with httpx."""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from tracker import settings
from tracker.citations import page_token
from tracker.engines import hosts
from tracker.engines.calls import Call, secret
from tracker.engines.countries import numeric_code
from tracker.engines.failures import AskFailed, by_status
from tracker.engines.question import Question

MAX_BODY = 20_000_000
# httpx writes every address it asks at INFO; SerpApi takes its key in the address and nowhere else.
logging.getLogger("httpx").setLevel(logging.WARNING)


async def send(asked: Question, call: Call) -> bytes:
    """The body of the reply; a result page that names a second request for its answer is followed once."""
    request = _BUILD[call.adapter or ""](asked, call)
    request.headers.update(asked.headers)
    body = await _fetch(request, asked.timeout)
    reply = _parsed(body)
    if call.adapter == "dataforseo" and isinstance(reply, dict):
        _raise_if_refused(reply)
    if call.adapter == "serpapi" and isinstance(reply, dict) and (token := page_token(reply)):
        body = await _fetch(_serpapi(asked, call, token), asked.timeout)
        _parsed(body)
    return body


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise AskFailed("unreadable reply", f"not JSON: {body[:80]!r}", maybe_paid=True) from None


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def client() -> httpx.AsyncClient:
    """One pool of connections for each event loop: setting up TLS anew for every ask costs more than the
    ask."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        _clients[loop] = httpx.AsyncClient(trust_env=False, limits=limits)
    return _clients[loop]


async def _fetch(request: httpx.Request, timeout: float) -> bytes:
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


def _address(asked: Question, usual: str) -> str:
    """An engine's `options` may name another address, as they may where litellm is asked."""
    return str(asked.api_base or asked.options.get("api_base") or usual).rstrip("/")


def _options(asked: Question) -> dict[str, Any]:
    return {name: value for name, value in asked.options.items() if name != "api_base"}


def _serpapi(asked: Question, call: Call, token: str | None = None) -> httpx.Request:
    engine = call.model(asked.model).removeprefix("serpapi/")
    parameters = {"engine": "google" if engine == "google_ai_overview" else engine, "q": asked.text}
    if token:
        parameters = {"engine": "google_ai_overview", "page_token": token}
    # Without no_cache the same result is given for an hour: repeats would be copies.
    parameters |= {
        "gl": (asked.country or "us").lower(),
        "hl": asked.language or "en",
        "no_cache": "true",
        **{name: str(value) for name, value in _options(asked).items()},
        "api_key": secret(call),
    }
    base = _address(asked, "https://serpapi.com")
    return httpx.Request("GET", f"{base}/search.json", params=parameters)


def _dataforseo(asked: Question, call: Call) -> httpx.Request:
    path = call.model(asked.model).removeprefix("dataforseo/")
    login, password = (settings.key(name) for name in call.keys)
    pair = f"{login.get_secret_value() if login else ''}:{password.get_secret_value() if password else ''}"
    task: dict[str, Any] = {"keyword": asked.text, "language_code": asked.language or "en"}
    if not any(name.startswith("location") for name in asked.options):
        task["location_code"] = _location(asked.country or "US")
    if path == "organic":
        task["load_async_ai_overview"] = True
    base = _address(asked, "https://api.dataforseo.com")
    return httpx.Request(
        "POST",
        f"{base}/v3/serp/google/{path}/live/advanced",
        json=[{**task, **_options(asked)}],
        headers={"Authorization": "Basic " + b64encode(pair.encode()).decode()},
    )


# DataForSEO answers nearly everything with HTTP 200 and a status of its own inside; other statuses than these
# (a search without results, say) are the reader's.
_STATUSES = {
    task_status: http_status
    for http_status, task_statuses in {
        400: (40501, 40502, 40503, 40504, 40506),
        401: (40100,),
        402: (40200, 40201, 40203, 40210),
        403: (40104, 40204, 40207),
        404: (40400, 40402),
        429: (40202, 40209),
        500: (40101, 40103),
    }.items()
    for task_status in task_statuses
}


def _raise_if_refused(reply: dict[str, Any]) -> None:
    tasks = reply.get("tasks")
    for part in [reply, *(tasks if isinstance(tasks, list) else [])]:
        code = part.get("status_code") if isinstance(part, dict) else None
        if not isinstance(code, int):
            continue
        status = 500 if 50_000 <= code < 60_000 else _STATUSES.get(code)
        if status is not None:
            failure = by_status(status, str(part.get("status_message") or code), {})
            failure.maybe_paid = bool(reply.get("cost") or part.get("cost"))
            raise failure


def _location(country: str) -> int:
    """DataForSEO's number of a country is 2000 + the ISO one."""
    code = numeric_code(country)
    if code is None:
        raise AskFailed(
            "request refused",
            f"the country {country} has no known DataForSEO location: put `location_code` into the "
            "engine's options",
        )
    return 2000 + code


def _mistral(asked: Question, call: Call) -> httpx.Request:
    body = {
        "model": call.model(asked.model).removeprefix("mistral/"),
        "inputs": asked.text,
        "tools": [{"type": "web_search"}],
        "stream": False,
        "store": False,
        **_options(asked),
    }
    headers = {"Authorization": f"Bearer {secret(call)}"}
    base = _address(asked, "https://api.mistral.ai")
    return httpx.Request("POST", f"{base}/v1/conversations", json=body, headers=headers)


def _exa(asked: Question, call: Call) -> httpx.Request:
    body = {"query": asked.text, **_options(asked)}
    base = _address(asked, "https://api.exa.ai")
    return httpx.Request("POST", f"{base}/answer", json=body, headers={"x-api-key": secret(call)})


_BUILD: dict[str, Callable[[Question, Call], httpx.Request]] = {
    "serpapi": _serpapi,
    "dataforseo": _dataforseo,
    "mistral": _mistral,
    "exa": _exa,
}
