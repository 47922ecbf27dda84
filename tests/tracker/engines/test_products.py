"""Services that read products off, each as a loopback service that checks the request against its
documentation and answers with a body of the documented shape."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.tracker.citations.bodies.products import BRIGHTDATA, CHATGPT_SCRAPED, answered, job, scraped
from tests.tracker.engines.test_ask import QUESTION, SECRET, keys
from tracker.answers.rows import read_body
from tracker.engines import products
from tracker.engines.ask import AskFailed, Question, RawReply, ask
from tracker.engines.calls import CALLS, call_for, unknown_service
from tracker.engines.prices import ceiling

__all__ = ["keys"]
pytestmark = pytest.mark.usefixtures("loopback_allowed", "keys")

BASIC = "Basic " + base64.b64encode(f"{SECRET}:{SECRET}".encode()).decode()
BEARER = f"Bearer {SECRET}"


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "FIRST_LOOK", 0.01)
    monkeypatch.setattr(products, "LONGEST_LOOK", 0.02)


class Service:
    """Answers by method and path; a request that its documentation does not know is refused."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.seen: list[tuple[str, str, dict[str, str], Any, dict[str, str]]] = []
        self.replies: dict[str, list[Any]] = {}
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.url = server.url_for("").rstrip("/")

    def on(self, what: str, *replies: Any) -> None:
        """`what` is `POST /path`; the last reply is given again and again."""
        self.replies[what] = list(replies)

    def _answer(self, request: Request) -> Response:
        what = f"{request.method} {request.path}"
        body = json.loads(request.get_data()) if request.get_data() else None
        self.seen.append((request.method, request.path, dict(request.args), body, dict(request.headers)))
        if what not in self.replies:
            return Response(json.dumps({"error": f"no {what}"}), 404, content_type="application/json")
        replies = self.replies[what]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Response):
            return reply
        return Response(json.dumps(reply), content_type="application/json")

    def asked(self, model: str, **more: Any) -> RawReply:
        return asyncio.run(ask(Question(QUESTION, model, api_base=self.url, timeout=20, **more)))

    def refused(self, model: str, **more: Any) -> AskFailed:
        with pytest.raises(AskFailed) as caught:
            self.asked(model, **more)
        return caught.value


@pytest.fixture
def service(httpserver: HTTPServer) -> Iterator[Service]:
    yield Service(httpserver)
    httpserver.clear()


# DataForSEO


def test_dataforseo_reads_chatgpt_at_its_own_path_and_price(service: Service) -> None:
    path = "/v3/ai_optimization/chat_gpt/llm_scraper/live/advanced"
    service.on(f"POST {path}", scraped(CHATGPT_SCRAPED))
    reply = service.asked("dataforseo/chat_gpt/llm_scraper", country="DE", language="de")
    ((_, _, _, body, headers),) = service.seen
    assert headers["Authorization"] == BASIC
    assert body == [
        {
            "keyword": QUESTION,
            "language_code": "de",
            "location_code": 2276,
            "force_web_search": True,
        }
    ]
    reading = read_body(reply.body)
    assert (reading.shape, reading.search_used, reading.usage.reported_micros) == (
        "dataforseo_scraper",
        True,
        4000,
    )


def test_dataforseo_reads_gemini_which_needs_no_word_about_searching(service: Service) -> None:
    service.on("POST /v3/ai_optimization/gemini/llm_scraper/live/advanced", scraped({"items": []}))
    service.asked("dataforseo/gemini/llm_scraper")
    assert service.seen[0][3] == [{"keyword": QUESTION, "language_code": "en", "location_code": 2840}]


@pytest.mark.parametrize(
    ("model", "place", "expected"),
    [
        (
            "chat_gpt/gpt-6-luna",
            {"web_search_country_iso_code": "DE", "web_search_city": "Munich"},
            {"force_web_search": True, "max_output_tokens": 4096},
        ),
        ("claude/claude-sonnet-5-5", {"web_search_country_iso_code": "DE"}, {"force_web_search": True}),
        ("gemini/gemini-3.8-flash", {}, {"max_output_tokens": 4096}),
        ("perplexity/sonar", {"web_search_country_iso_code": "DE"}, {"max_output_tokens": 2048}),
    ],
)
def test_dataforseo_asks_a_model_by_name_with_search_and_as_much_of_the_place_as_it_takes(
    service: Service, model: str, place: dict[str, Any], expected: dict[str, Any]
) -> None:
    product, name = model.split("/")
    service.on(
        f"POST /v3/ai_optimization/{product}/llm_responses/live",
        answered({"type": "text", "text": "Norvane.", "annotations": []}),
    )
    reply = service.asked(f"dataforseo/{model}", country="de", options={"city": "Munich"})
    (task,) = service.seen[0][3]
    assert (task["user_prompt"], task["model_name"], task["web_search"]) == (QUESTION, name, True)
    assert {key: task[key] for key in task if key.startswith("web_search_")} == place
    assert {key: task[key] for key in expected} == expected
    assert read_body(reply.body).usage.reported_micros == 12_900


def test_dataforseo_is_not_paid_for_refusing_a_long_prompt(service: Service) -> None:
    question = Question("w" * 501, "dataforseo/chat_gpt/gpt-6-luna", api_base=service.url)
    with pytest.raises(AskFailed, match="501 characters") as caught:
        asyncio.run(ask(question))
    assert (caught.value.reason, caught.value.maybe_paid, service.seen) == ("request refused", False, [])


def test_a_keyword_of_dataforseo_keeps_its_plus_and_percent(service: Service) -> None:
    service.on("POST /v3/serp/google/ai_mode/live/advanced", scraped({"items": []}))
    asyncio.run(ask(Question("C++ or 100% Go?", "dataforseo/ai_mode", api_base=service.url)))
    assert service.seen[0][3][0]["keyword"] == "C%2B%2B or 100%25 Go?"


# Bright Data


DATASETS = {
    "chatgpt": ("gd_m7aof0k82r803d5bjm", "https://chatgpt.com/"),
    "perplexity": ("gd_m7dhdot1vw9a7gc1n", "https://www.perplexity.ai/"),
    "gemini": ("gd_mbz66arm2mf9cu856y", "https://gemini.google.com/"),
    "copilot": ("gd_m7di5jy6s9geokz8w", "https://copilot.microsoft.com/chats"),
    "google_ai_mode": ("gd_mcswdt6z2elth3zqr2", "https://google.com/aimode"),
}


@pytest.mark.parametrize(("product", "where"), DATASETS.items())
def test_brightdata_is_triggered_looked_at_and_fetched(
    service: Service, product: str, where: tuple[str, str]
) -> None:
    service.on("POST /datasets/v3/trigger", {"snapshot_id": "s_m4x7enmven8djfqak"})
    service.on(
        "GET /datasets/v3/progress/s_m4x7enmven8djfqak",
        {"status": "starting"},
        Response("busy", 503),
        {"status": "running"},
        {"status": "ready"},
    )
    service.on("GET /datasets/v3/snapshot/s_m4x7enmven8djfqak", {"status": "building"}, [BRIGHTDATA])
    reply = service.asked(f"brightdata/{product}", country="de")
    assert {headers["Authorization"] for *_, headers in service.seen} == {BEARER}
    method, path, query, body, _ = service.seen[0]
    assert (method, path) == ("POST", "/datasets/v3/trigger")
    assert query == {"dataset_id": where[0], "format": "json", "include_errors": "true"}
    search = {"web_search": True} if product == "chatgpt" else {}
    assert body == [{"url": where[1], "prompt": QUESTION, "index": 1, "country": "DE", **search}]
    assert service.seen[-1][2] == {"format": "json"}
    assert sum(path.endswith("trigger") for _, path, *_ in service.seen) == 1
    assert read_body(reply.body).shape == "brightdata"


@pytest.mark.parametrize(
    ("on", "replies", "expected"),
    [
        ("POST /datasets/v3/trigger", [Response('{"error": "Invalid token"}', 401)], ("key refused", False)),
        (
            "POST /datasets/v3/trigger",
            [Response("Insufficient balance", 403)],
            ("no credit", False),
        ),
        ("POST /datasets/v3/trigger", [{"message": "?"}], ("unreadable reply", True)),
        ("GET /datasets/v3/progress/s_1", [{"status": "failed"}], ("engine error", True)),
        ("GET /datasets/v3/progress/s_1", [Response("{}", 401)], ("key refused", True)),
    ],
)
def test_a_job_that_fails_says_so_and_whether_it_may_be_paid(
    service: Service, on: str, replies: list[Any], expected: tuple[str, bool]
) -> None:
    service.on("POST /datasets/v3/trigger", {"snapshot_id": "s_1"})
    service.on(on, *replies)
    failure = service.refused("brightdata/chatgpt")
    assert (failure.reason, failure.maybe_paid) == expected


def test_a_job_that_never_ends_is_a_timeout_that_may_be_paid_for(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.on("POST /datasets/v3/trigger", {"snapshot_id": "s_1"})
    service.on("GET /datasets/v3/progress/s_1", {"status": "running"})
    question = Question(QUESTION, "brightdata/chatgpt", api_base=service.url, timeout=20)

    async def impatient() -> None:
        async with asyncio.timeout(1):
            await products.collect(products.JOBS["brightdata"], question, call_for(question.model))

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    assert call_for("brightdata/chatgpt").takes_seconds == 600


def test_an_id_that_would_lead_elsewhere_is_no_job(service: Service) -> None:
    service.on("POST /datasets/v3/trigger", {"snapshot_id": "../../v2/account"})
    assert service.refused("brightdata/chatgpt").reason == "unreadable reply"
    assert len(service.seen) == 1


# Oxylabs


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("chatgpt", {"source": "chatgpt", "prompt": QUESTION, "search": True}),
        ("perplexity", {"source": "perplexity", "prompt": QUESTION}),
        ("gemini", {"source": "gemini", "prompt": QUESTION}),
        ("google_ai_mode", {"source": "google_ai_mode", "query": QUESTION, "render": "html"}),
        ("google_ai_overview", {"source": "google_search", "query": QUESTION, "render": "html"}),
    ],
)
def test_oxylabs_is_pushed_and_pulled(service: Service, product: str, expected: dict[str, Any]) -> None:
    links = [{"rel": "results", "href": "http://elsewhere.example/results"}]
    service.on("POST /v1/queries", {"id": "7352996936896485377", "status": "pending", "_links": links})
    service.on("GET /v1/queries/7352996936896485377", {"status": "pending"}, {"status": "done"})
    content = {"markdown_text": "Norvane.", "prompt": QUESTION}
    service.on("GET /v1/queries/7352996936896485377/results", Response("", 204), job(content))
    reply = service.asked(f"oxylabs/{product}", country="GB")
    assert {headers["Authorization"] for *_, headers in service.seen} == {BASIC}
    assert service.seen[0][3] == {**expected, "parse": True, "geo_location": "United Kingdom"}
    assert read_body(reply.body).text == "Norvane."


def test_oxylabs_job_that_faulted_costs_nothing(service: Service) -> None:
    service.on("POST /v1/queries", {"id": "7", "status": "pending"})
    service.on("GET /v1/queries/7", {"id": "7", "status": "faulted"})
    failure = service.refused("oxylabs/chatgpt")
    assert (failure.reason, failure.maybe_paid) == ("engine error", False)


# Cloro


@pytest.mark.parametrize(
    ("product", "kind", "payload"),
    [
        ("chatgpt", "CHATGPT", {"prompt": QUESTION, "include": {"markdown": True, "searchQueries": True}}),
        ("perplexity", "PERPLEXITY", {"prompt": QUESTION, "include": {"markdown": True}}),
        ("copilot", "COPILOT", {"prompt": QUESTION, "include": {"markdown": True}}),
        ("gemini", "GEMINI", {"prompt": QUESTION, "include": {"markdown": True}}),
        ("grok", "GROK", {"prompt": QUESTION, "include": {"markdown": True}}),
        ("google_ai_mode", "AIMODE", {"prompt": QUESTION, "include": {"markdown": True}}),
        (
            "google_ai_overview",
            "GOOGLE",
            {"query": QUESTION, "include": {"aioverview": {"markdown": True}}},
        ),
    ],
)
def test_cloro_gets_a_task_and_is_looked_at(
    service: Service, product: str, kind: str, payload: dict[str, Any]
) -> None:
    task = {"id": "0b5e1c6a-7f0e-4a59-9d1f-1d5f8f1f2a3b"}
    answer = {"text": "Norvane.", "sources": [], "aioverview": {"text": "Norvane."}}
    if kind != "GOOGLE":
        del answer["aioverview"]
    service.on("POST /v1/async/task", {"success": True, "task": {**task, "status": "QUEUED"}})
    service.on(
        f"GET /v1/async/task/{task['id']}",
        {"task": {**task, "status": "QUEUED"}},
        {"task": {**task, "status": "PROCESSING"}},
        {"task": {**task, "status": "COMPLETED"}, "credits": {"charged": 7}, "response": answer},
    )
    reply = service.asked(f"cloro/{product}", country="fr")
    assert {headers["Authorization"] for *_, headers in service.seen} == {BEARER}
    assert service.seen[0][3] == {"taskType": kind, "payload": {**payload, "country": "FR"}}
    assert (read_body(reply.body).shape, read_body(reply.body).text) == ("cloro", "Norvane.")


def test_cloro_without_credits_is_no_credit(service: Service) -> None:
    error = {"success": False, "error": {"code": "INSUFFICIENT_CREDITS", "message": "Not enough credits"}}
    service.on("POST /v1/async/task", Response(json.dumps(error), 403, content_type="application/json"))
    failure = service.refused("cloro/chatgpt")
    assert (failure.reason, failure.maybe_paid) == ("no credit", False)


# SearchAPI and Scrapingdog

ANSWER = {
    "search_metadata": {"status": "Success"},
    "text_blocks": [{"type": "paragraph", "answer": "Norvane.", "reference_indexes": [0]}],
    "reference_links": [{"index": 0, "link": "https://n.com/", "title": "N"}],
}


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("chatgpt", {"web_search": "true"}),
        ("gemini", {}),
        ("perplexity", {}),
        ("bing_copilot", {}),
        ("google_ai_mode", {"gl": "de", "hl": "de"}),
    ],
)
def test_searchapi_is_one_request_with_its_key_in_a_header(
    service: Service, engine: str, expected: dict[str, str]
) -> None:
    service.on("GET /api/v1/search", {**ANSWER, "search_parameters": {"engine": engine, "q": QUESTION}})
    reply = service.asked(f"searchapi/{engine}", country="DE", language="de")
    ((_, _, query, _, headers),) = service.seen
    assert query == {"engine": engine, "q": QUESTION, **expected}
    assert headers["Authorization"] == BEARER
    assert read_body(reply.body).text == "Norvane."


def test_searchapi_fetches_an_overview_that_is_only_promised(service: Service) -> None:
    overview = {"ai_overview": {key: ANSWER[key] for key in ("text_blocks", "reference_links")}}
    service.on("GET /api/v1/search", {"ai_overview": {"page_token": "later"}}, overview)
    reply = service.asked("searchapi/google_ai_overview")
    assert [query["engine"] for _, _, query, *_ in service.seen] == ["google", "google_ai_overview"]
    assert service.seen[1][2] == {"engine": "google_ai_overview", "page_token": "later"}
    assert read_body(reply.body).text == "Norvane."


def test_scrapingdog_reads_ai_mode(service: Service) -> None:
    blocks = [{"type": "paragraph", "snippet": "Norvane.", "reference_indexes": [0]}]
    service.on(
        "GET /google/ai_mode", {"text_blocks": blocks, "references": [{"index": 0, "link": "https://n.com/"}]}
    )
    reply = service.asked("scrapingdog/google_ai_mode", country="FR", language="fr")
    ((_, _, query, _, _),) = service.seen
    assert query == {"query": QUESTION, "country": "fr", "language": "fr", "api_key": SECRET}
    assert [one.url for one in read_body(reply.body).of_kind("cited")] == ["https://n.com/"]
    service.on("GET /google/ai_mode", Response(f"bad api_key={SECRET}", 401))
    assert SECRET not in str(service.refused("scrapingdog/google_ai_mode"))


# Apify


@pytest.mark.parametrize(
    ("actor", "options", "expected"),
    [
        ("apify/chatgpt-search-scraper", {}, {"queries": QUESTION, "countryCode": "us"}),
        ("rl1987/chatgpt-scraper", {"prompt_key": "prompts[]"}, {"prompts": [QUESTION]}),
        ("someone/else", {"prompt_key": "q", "proxy": "x"}, {"q": QUESTION, "proxy": "x"}),
    ],
)
def test_an_actor_of_apify_is_run_looked_at_and_its_data_set_fetched(
    service: Service, actor: str, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    item = {"searchQuery": {"term": QUESTION}, "chatGptSearchResult": {"text": "Norvane.", "sources": []}}
    name = actor.replace("/", "~")
    service.on(f"POST /v2/actors/{name}/runs", {"data": {"id": "HG7ML7M8z78YcAPEB", "status": "READY"}})
    service.on(
        "GET /v2/actor-runs/HG7ML7M8z78YcAPEB",
        {"data": {"id": "HG7ML7M8z78YcAPEB", "status": "RUNNING"}},
        {"data": {"id": "HG7ML7M8z78YcAPEB", "status": "SUCCEEDED"}},
    )
    service.on("GET /v2/actor-runs/HG7ML7M8z78YcAPEB/dataset/items", [item])
    reply = service.asked(f"apify/{actor}", country="US", options=options)
    assert {headers["Authorization"] for *_, headers in service.seen} == {BEARER}
    assert service.seen[0][3] == expected
    assert read_body(reply.body).text == "Norvane."


def test_an_actor_that_failed_may_be_paid_for(service: Service) -> None:
    service.on("POST /v2/actors/apify~x/runs", {"data": {"id": "R", "status": "READY"}})
    service.on("GET /v2/actor-runs/R", {"data": {"id": "R", "status": "FAILED"}})
    failure = service.refused("apify/apify/x")
    assert (failure.reason, failure.maybe_paid) == ("engine error", True)


# The rows

OFFERED = [call for call in CALLS if call.surface != "api"]


@pytest.mark.parametrize("call", OFFERED, ids=lambda call: call.pattern)
def test_a_row_of_a_service_has_a_key_a_host_a_price_and_a_source(call: Any) -> None:
    model = call.pattern.replace("*", "x")
    assert call_for(model) is call
    assert all((call.keys, call.hosts, call.source, call.adapter))
    assert ceiling(call, model, QUESTION) == call.search_fee_micros * call.max_searches > 0


@pytest.mark.parametrize(
    ("model", "offered"),
    [
        ("dataforseo/chat_gpt/llm_scrapper", "dataforseo/chat_gpt/llm_scraper"),
        ("dataforseo/claude/llm_scraper", "dataforseo/gemini/llm_scraper"),
        ("dataforseo/bing", "dataforseo/ai_mode"),
        ("brightdata/chat_gpt", "brightdata/chatgpt"),
        ("serpapi/youtube", "serpapi/google_ai_mode"),
        ("apify/only-one-name", "apify/*/*"),
    ],
)
def test_what_a_service_does_not_offer_is_refused_unasked(service: Service, model: str, offered: str) -> None:
    assert offered in (unknown_service(model) or "")
    failure = service.refused(model)
    assert (failure.reason, failure.maybe_paid, service.seen) == ("request refused", False, [])


def test_nothing_else_is_a_services() -> None:
    known = ("openai/gpt-6-luna", "together_ai/x", "exa/any")
    assert [unknown_service(name) for name in known] == [None] * 3
