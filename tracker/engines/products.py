"""Services that read an assistant's own pages: a job is handed in, looked at until it is done, and fetched.

A job that is handed in may be paid for, whatever becomes of looking at it; it is never handed in twice for
one ask. Its address is made from its id, never taken from the reply.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from tracker.engines.countries import country
from tracker.engines.failures import AskFailed
from tracker.engines.question import Question
from tracker.engines.row import Call
from tracker.engines.sending import fetch, parsed
from tracker.engines.signing import address, basic, bearer

FIRST_LOOK, LONGEST_LOOK = 2.0, 10.0
"""Seconds between looks at a job."""
_ID = re.compile(r"[\w.~-]{1,100}")
State = Literal["waiting", "done", "failed"]
Request = Callable[[Question, Call, str], httpx.Request]


@dataclass(frozen=True)
class Job:
    """How one service's jobs are handed in, looked at and fetched."""

    submit: Callable[[Question, Call], httpx.Request]
    key: Callable[[Any], Any]
    """The job's id, in the reply to handing it in."""
    look: Request
    state: Callable[[Any], State]
    fetch: Request | None = None
    """None: what is looked at holds the result."""
    is_result: Callable[[Any], bool] = bool
    failure_is_paid: bool = False


async def collect(job: Job, asked: Question, call: Call) -> bytes:
    """The result of one job; raises what it ended with where there is none. Whoever calls limits the time."""
    submitted = parsed(await _sent(job.submit(asked, call), asked))
    key = job.key(submitted)
    if not isinstance(key, str | int) or not _ID.fullmatch(str(key)):
        raise AskFailed("unreadable reply", f"no job was named: {str(submitted)[:200]}", maybe_paid=True)
    wait, fetching = FIRST_LOOK, False
    while True:
        await asyncio.sleep(wait)
        wait = min(LONGEST_LOOK, wait * 1.3)
        request = job.fetch if fetching and job.fetch else job.look
        body = await _looked(request(asked, call, str(key)), asked)
        reply = parsed(body) if body.strip() else None
        if fetching and job.is_result(reply):
            return body
        state = "waiting" if reply is None or fetching else job.state(reply)
        if state == "failed":
            raise AskFailed("engine error", _words(reply), maybe_paid=job.failure_is_paid)
        if state == "done" and job.fetch is None:
            return body
        if state == "done":
            wait, fetching = 0.0, True


async def _sent(request: httpx.Request, asked: Question) -> bytes:
    request.headers.update(asked.headers)
    return await fetch(request, asked.timeout)


async def _looked(request: httpx.Request, asked: Question) -> bytes:
    """Empty where a look fails in passing: the job goes on, and is looked at again."""
    try:
        return await _sent(request, asked)
    except AskFailed as failure:
        if failure.retryable:
            return b""
        failure.maybe_paid = True
        raise
    except httpx.TransportError:
        return b""


def _words(reply: Any) -> str:
    return f"the service's job failed: {str(reply)[:300]}"


# Bright Data

_DATASETS = {
    "chatgpt": ("gd_m7aof0k82r803d5bjm", "https://chatgpt.com/"),
    "perplexity": ("gd_m7dhdot1vw9a7gc1n", "https://www.perplexity.ai/"),
    "gemini": ("gd_mbz66arm2mf9cu856y", "https://gemini.google.com/"),
    "copilot": ("gd_m7di5jy6s9geokz8w", "https://copilot.microsoft.com/chats"),
    "grok": ("gd_m8ve0u141icu75ae74", "https://grok.com/"),
    "google_ai_mode": ("gd_mcswdt6z2elth3zqr2", "https://google.com/aimode"),
}


def _brightdata_submit(asked: Question, call: Call) -> httpx.Request:
    product = call.model(asked.model).removeprefix("brightdata/")
    dataset, url = _DATASETS[product]
    record: dict[str, Any] = {"url": url, "prompt": asked.text, "index": 1}
    if asked.place.country:
        record["country"] = asked.place.country
    if product == "chatgpt":
        record["web_search"] = True
    record |= asked.own_options
    query = {"dataset_id": dataset, "format": "json", "include_errors": "true"}
    return _brightdata(asked, call, "POST", "trigger", json=[record], params=query)


def _brightdata(asked: Question, call: Call, method: str, path: str, **more: Any) -> httpx.Request:
    base = address(asked, "https://api.brightdata.com")
    headers = {"Authorization": bearer(call)}
    return httpx.Request(method, f"{base}/datasets/v3/{path}", headers=headers, **more)


def _brightdata_state(reply: Any) -> State:
    status = reply.get("status") if isinstance(reply, dict) else None
    if status == "ready":
        return "done"
    return "failed" if status in ("failed", "error", "cancelled", "canceled") else "waiting"


# Oxylabs

_OXYLABS: dict[str, dict[str, Any]] = {
    "chatgpt": {"source": "chatgpt", "search": True},
    "perplexity": {"source": "perplexity"},
    "gemini": {"source": "gemini"},
    "google_ai_mode": {"source": "google_ai_mode", "render": "html"},
    "google_ai_overview": {"source": "google_search", "render": "html"},
}


def _oxylabs_submit(asked: Question, call: Call) -> httpx.Request:
    product = call.model(asked.model).removeprefix("oxylabs/")
    field = "query" if product.startswith("google") else "prompt"
    body: dict[str, Any] = {**_OXYLABS[product], field: asked.text, "parse": True}
    if asked.place.country:
        known = country(asked.place.country)
        if known is None:
            raise AskFailed("request refused", f"no country is written {asked.place.country}")
        body["geo_location"] = known.name
    return _oxylabs(asked, call, "POST", "", json={**body, **asked.own_options})


def _oxylabs(asked: Question, call: Call, method: str, path: str, **more: Any) -> httpx.Request:
    base = address(asked, "https://data.oxylabs.io")
    return httpx.Request(method, f"{base}/v1/queries{path}", headers={"Authorization": basic(call)}, **more)


def _oxylabs_state(reply: Any) -> State:
    status = str(reply.get("status") if isinstance(reply, dict) else "").lower()
    return "done" if status == "done" else "failed" if status == "faulted" else "waiting"


# Cloro

_CLORO_TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "chatgpt": ("CHATGPT", {"markdown": True, "searchQueries": True}),
    "perplexity": ("PERPLEXITY", {"markdown": True}),
    "gemini": ("GEMINI", {"markdown": True}),
    "copilot": ("COPILOT", {"markdown": True}),
    "grok": ("GROK", {"markdown": True}),
    "google_ai_mode": ("AIMODE", {"markdown": True}),
    "google_ai_overview": ("GOOGLE", {"aioverview": {"markdown": True}}),
}


def _cloro_submit(asked: Question, call: Call) -> httpx.Request:
    kind, include = _CLORO_TASKS[call.model(asked.model).removeprefix("cloro/")]
    field = "query" if kind == "GOOGLE" else "prompt"
    country_code = asked.place.country or "US"
    payload = {field: asked.text, "country": country_code, "include": include, **asked.own_options}
    return _cloro(asked, call, "POST", "", json={"taskType": kind, "payload": payload})


def _cloro(asked: Question, call: Call, method: str, path: str, **more: Any) -> httpx.Request:
    base = address(asked, "https://api.cloro.dev")
    headers = {"Authorization": bearer(call)}
    return httpx.Request(method, f"{base}/v1/async/task{path}", headers=headers, **more)


def _task_of(reply: Any) -> dict[str, Any]:
    task = reply.get("task") if isinstance(reply, dict) else None
    return task if isinstance(task, dict) else {}


def _cloro_state(reply: Any) -> State:
    status = str(_task_of(reply).get("status")).upper()
    return "done" if status == "COMPLETED" else "failed" if status == "FAILED" else "waiting"


# Apify

_APIFY_DONE, _APIFY_OVER = "SUCCEEDED", ("FAILED", "ABORTED", "TIMED-OUT")


def _apify_submit(asked: Question, call: Call) -> httpx.Request:
    """Apify's own Actors take `queries` and a `countryCode`; of others `prompt_key` says what they call the
    question, with `[]` behind it where it is a list."""
    _, owner, name = call.model(asked.model).split("/", 2)
    own = asked.own_options
    key = str(own.pop("prompt_key", "queries"))
    question = [asked.text] if key.endswith("[]") else asked.text
    body: dict[str, Any] = {key.removesuffix("[]"): question}
    if asked.place.country and owner == "apify":
        body["countryCode"] = asked.place.country.lower()
    path = f"actors/{owner}~{name}/runs"
    return _apify(asked, call, "POST", path, json={**body, **own})


def _apify(asked: Question, call: Call, method: str, path: str, **more: Any) -> httpx.Request:
    base = address(asked, "https://api.apify.com")
    headers = {"Authorization": bearer(call)}
    return httpx.Request(method, f"{base}/v2/{path}", headers=headers, **more)


def _data_of(reply: Any) -> dict[str, Any]:
    data = reply.get("data") if isinstance(reply, dict) else None
    return data if isinstance(data, dict) else {}


def _apify_state(reply: Any) -> State:
    status = _data_of(reply).get("status")
    return "done" if status == _APIFY_DONE else "failed" if status in _APIFY_OVER else "waiting"


JOBS: dict[str, Job] = {
    "brightdata": Job(
        _brightdata_submit,
        lambda reply: reply.get("snapshot_id") if isinstance(reply, dict) else None,
        lambda asked, call, key: _brightdata(asked, call, "GET", f"progress/{key}"),
        _brightdata_state,
        lambda asked, call, key: _brightdata(
            asked, call, "GET", f"snapshot/{key}", params={"format": "json"}
        ),
        # While it is being built there is a status in its place.
        lambda reply: isinstance(reply, list) or (isinstance(reply, dict) and "status" not in reply),
        failure_is_paid=True,
    ),
    "oxylabs": Job(
        _oxylabs_submit,
        lambda reply: reply.get("id") if isinstance(reply, dict) else None,
        lambda asked, call, key: _oxylabs(asked, call, "GET", f"/{key}"),
        _oxylabs_state,
        lambda asked, call, key: _oxylabs(asked, call, "GET", f"/{key}/results"),
        lambda reply: isinstance(reply, dict) and isinstance(reply.get("results"), list),
    ),
    "cloro": Job(
        _cloro_submit,
        lambda reply: _task_of(reply).get("id"),
        lambda asked, call, key: _cloro(asked, call, "GET", f"/{key}"),
        _cloro_state,
    ),
    "apify": Job(
        _apify_submit,
        lambda reply: _data_of(reply).get("id"),
        lambda asked, call, key: _apify(
            asked, call, "GET", f"actor-runs/{key}", params={"waitForFinish": "30"}
        ),
        _apify_state,
        lambda asked, call, key: _apify(
            asked, call, "GET", f"actor-runs/{key}/dataset/items", params={"format": "json"}
        ),
        lambda reply: isinstance(reply, list),
        failure_is_paid=True,
    ),
}
