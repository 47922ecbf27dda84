"""Engines that litellm does not reach: the request each one wants, sent with httpx."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tracker.citations import page_token
from tracker.engines import products
from tracker.engines.countries import country
from tracker.engines.failures import AskFailed, by_status
from tracker.engines.question import Question
from tracker.engines.row import MAX_TOKENS, Call
from tracker.engines.sending import fetch, parsed
from tracker.engines.signing import address, basic, bearer, secret


async def send(asked: Question, call: Call) -> bytes:
    """The body of the reply; a result page that names a second request for its answer is followed once, and a
    job is waited for."""
    name = call.adapter or ""
    if name in products.JOBS:
        return await products.collect(products.JOBS[name], asked, call)
    request = _BUILD[name](asked, call)
    request.headers.update(asked.headers)
    body = await fetch(request, asked.timeout)
    reply = parsed(body)
    if name.startswith("dataforseo") and isinstance(reply, dict):
        _raise_if_refused(reply)
    if name in _AGAIN and isinstance(reply, dict) and (token := page_token(reply)):
        body = await fetch(_AGAIN[name](asked, call, token), asked.timeout)
        parsed(body)
    return body


def _serpapi(asked: Question, call: Call, token: str | None = None) -> httpx.Request:
    engine = call.model(asked.model).removeprefix("serpapi/")
    parameters = {"engine": "google" if engine == "google_ai_overview" else engine, "q": asked.text}
    if token:
        parameters = {"engine": "google_ai_overview", "page_token": token}
    # Without no_cache the same result is given for an hour: repeats would be copies.
    parameters |= {
        "gl": (asked.place.country or "us").lower(),
        "hl": asked.language or "en",
        "no_cache": "true",
        **{name: str(value) for name, value in asked.own_options.items()},
        "api_key": secret(call),
    }
    base = address(asked, "https://serpapi.com")
    return httpx.Request("GET", f"{base}/search.json", params=parameters)


def _searchapi(asked: Question, call: Call, token: str | None = None) -> httpx.Request:
    """Result pages take a country; the assistants take the question, and ChatGPT whether to search."""
    engine = call.model(asked.model).removeprefix("searchapi/")
    parameters = {"engine": "google" if engine == "google_ai_overview" else engine, "q": asked.text}
    if token:
        parameters = {"engine": "google_ai_overview", "page_token": token}
    elif engine == "chatgpt":
        parameters["web_search"] = "true"
    if engine.startswith("google") and not token:
        parameters |= {"gl": (asked.place.country or "us").lower(), "hl": asked.language or "en"}
    parameters |= {name: str(value) for name, value in asked.own_options.items()}
    base = address(asked, "https://www.searchapi.io")
    headers = {"Authorization": bearer(call)}
    return httpx.Request("GET", f"{base}/api/v1/search", params=parameters, headers=headers)


def _scrapingdog(asked: Question, call: Call) -> httpx.Request:
    parameters = {
        "query": asked.text,
        "country": (asked.place.country or "us").lower(),
        **({"language": asked.language} if asked.language else {}),
        **{name: str(value) for name, value in asked.own_options.items()},
        "api_key": secret(call),
    }
    path = call.model(asked.model).removeprefix("scrapingdog/").replace("google_", "google/", 1)
    base = address(asked, "https://api.scrapingdog.com")
    return httpx.Request("GET", f"{base}/{path}", params=parameters)


def _dataforseo(asked: Question, call: Call) -> httpx.Request:
    path = call.model(asked.model).removeprefix("dataforseo/")
    task = _keyword_task(asked)
    if path == "organic":
        task["load_async_ai_overview"] = True
    return _dataforseo_request(asked, call, f"serp/google/{path}/live/advanced", task)


def _dataforseo_scraper(asked: Question, call: Call) -> httpx.Request:
    product = call.model(asked.model).split("/")[1]
    task = _keyword_task(asked)
    if product == "chat_gpt":
        task["force_web_search"] = True
    return _dataforseo_request(asked, call, f"ai_optimization/{product}/llm_scraper/live/advanced", task)


_LONGEST_PROMPT = 500
"""Characters that LLM Responses take; it charges for refusing more."""


def _dataforseo_responses(asked: Question, call: Call) -> httpx.Request:
    _, product, model = call.model(asked.model).split("/", 2)
    if len(asked.text) > _LONGEST_PROMPT:
        problem = f"a prompt of {len(asked.text)} characters: {call.adapter} takes {_LONGEST_PROMPT}"
        raise AskFailed("request refused", problem)
    task: dict[str, Any] = {
        "user_prompt": asked.text,
        "model_name": model,
        "max_output_tokens": call.max_tokens if product != "perplexity" else 2_048,
        "web_search": True,
    }
    if product in ("chat_gpt", "claude"):
        task["force_web_search"] = True
    names = {"country": "web_search_country_iso_code", "city": "web_search_city"}
    task |= {names[part]: value for part, value in asked.place.parts().items() if part in call.place}
    return _dataforseo_request(asked, call, f"ai_optimization/{product}/llm_responses/live", task)


def _keyword_task(asked: Question) -> dict[str, Any]:
    """In a keyword `%` and `+` are codes."""
    task: dict[str, Any] = {
        "keyword": asked.text.replace("%", "%25").replace("+", "%2B"),
        "language_code": asked.language or "en",
    }
    if not any(name.startswith("location") for name in asked.options):
        task["location_code"] = _location(asked.place.country or "US")
    return task


def _dataforseo_request(asked: Question, call: Call, path: str, task: dict[str, Any]) -> httpx.Request:
    base = address(asked, "https://api.dataforseo.com")
    headers = {"Authorization": basic(call)}
    return httpx.Request("POST", f"{base}/v3/{path}", json=[{**task, **asked.own_options}], headers=headers)


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


def _location(letters: str) -> int:
    """DataForSEO's number of a country is 2000 + the ISO one."""
    known = country(letters)
    if known is None:
        raise AskFailed(
            "request refused",
            f"the country {letters} has no known DataForSEO location: put `location_code` into the "
            "engine's options",
        )
    return 2000 + known.number


def _mistral(asked: Question, call: Call) -> httpx.Request:
    own = asked.own_options
    limits = {name: own.pop(name) for name in ("max_tokens",) if name in own}
    arguments = {"max_tokens": MAX_TOKENS, **limits, **(own.pop("completion_args", None) or {})}
    body = {
        "model": call.model(asked.model).removeprefix("mistral/"),
        "inputs": asked.text,
        "tools": [{"type": "web_search"}],
        "completion_args": arguments,
        "stream": False,
        "store": False,
        **own,
    }
    headers = {"Authorization": bearer(call)}
    base = address(asked, "https://api.mistral.ai")
    return httpx.Request("POST", f"{base}/v1/conversations", json=body, headers=headers)


def _exa(asked: Question, call: Call) -> httpx.Request:
    body = {"query": asked.text, **asked.own_options}
    base = address(asked, "https://api.exa.ai")
    return httpx.Request("POST", f"{base}/answer", json=body, headers={"x-api-key": secret(call)})


_BUILD: dict[str, Callable[[Question, Call], httpx.Request]] = {
    "serpapi": _serpapi,
    "searchapi": _searchapi,
    "scrapingdog": _scrapingdog,
    "dataforseo": _dataforseo,
    "dataforseo_scraper": _dataforseo_scraper,
    "dataforseo_responses": _dataforseo_responses,
    "mistral": _mistral,
    "exa": _exa,
}
_AGAIN: dict[str, Callable[[Question, Call, str], httpx.Request]] = {
    "serpapi": _serpapi,
    "searchapi": _searchapi,
}
