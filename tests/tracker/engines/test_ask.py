"""Every engine through its real road to a recorder on loopback: what goes out, and that what comes back is
read."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tracker.answers.rows import read_body
from tracker.engines import failures
from tracker.engines.ask import AskFailed, Question, RawReply, ask
from tracker.engines.calls import CALLS, call_for
from tracker.engines.failures import by_status, named, redact, retry_after

pytestmark = pytest.mark.usefixtures("loopback_allowed")

SECRET = "planted-4f9a8b7c6d5e4f3a2b1c0d9e"
QUESTION = "Which CRM suits two people?"

USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
CHAT = {
    "id": "c",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "served",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Norvane is good."}}
    ],
    "usage": USAGE,
}
RESPONSES = {
    "id": "r",
    "object": "response",
    "created_at": 1_790_000_000,
    "status": "completed",
    "model": "served",
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "output": [
        {
            "id": "w",
            "type": "web_search_call",
            "status": "completed",
            "action": {"type": "search", "query": "crm"},
        },
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Norvane is good.", "annotations": []}],
        },
    ],
    "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
}
GEMINI = {
    "candidates": [
        {
            "content": {"role": "model", "parts": [{"text": "Norvane is good."}]},
            "finishReason": "STOP",
            "groundingMetadata": {"webSearchQueries": ["crm"]},
        }
    ],
    "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12},
    "modelVersion": "served",
}
ANTHROPIC = {
    "id": "a",
    "type": "message",
    "role": "assistant",
    "model": "served",
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "content": [{"type": "text", "text": "Norvane is good."}],
    "usage": {"input_tokens": 5, "output_tokens": 7},
}
MISTRAL = {
    "object": "conversation.response",
    "conversation_id": "c",
    "outputs": [
        {
            "object": "entry",
            "type": "message.output",
            "role": "assistant",
            "model": "served",
            "content": [{"type": "text", "text": "Norvane is good."}],
        }
    ],
    "usage": USAGE,
}
COHERE = {
    "id": "c",
    "finish_reason": "COMPLETE",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "Norvane is good."}]},
    "usage": {"tokens": {"input_tokens": 5, "output_tokens": 7}},
}
NOVA = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Norvane is good."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 5, "outputTokens": 7, "totalTokens": 12},
    "metrics": {"latencyMs": 5},
}
EXA = {
    "answer": "Norvane is good.",
    "citations": [{"id": "https://n.com", "url": "https://n.com", "title": "N"}],
}
OVERVIEW = {
    "search_metadata": {"status": "Success"},
    "search_parameters": {"q": QUESTION},
    "ai_overview": {
        "text_blocks": [{"type": "paragraph", "snippet": "Norvane is good.", "reference_indexes": [0]}],
        "references": [{"index": 0, "title": "N", "link": "https://n.com/"}],
    },
}
AI_MODE = {
    "search_metadata": {"status": "Success"},
    "search_parameters": {"engine": "google_ai_mode", "q": QUESTION},
} | OVERVIEW["ai_overview"]
DATAFORSEO = {
    "version": "0.1",
    "status_code": 20000,
    "status_message": "Ok.",
    "cost": 0.004,
    "tasks": [
        {
            "status_code": 20000,
            "cost": 0.004,
            "data": {"api": "serp", "keyword": QUESTION},
            "result": [
                {
                    "keyword": QUESTION,
                    "items": [
                        {
                            "type": "ai_overview",
                            "markdown": "Norvane is good.",
                            "items": [{"type": "ai_overview_element", "text": "Norvane is good."}],
                            "references": [
                                {"type": "ai_overview_reference", "url": "https://n.com/", "domain": "n.com"}
                            ],
                        }
                    ],
                }
            ],
        }
    ],
}

WEB = [{"type": "web_search"}]
# model, reply, path that must be asked, what the body must hold, what forces or offers the search
ENGINES: tuple[tuple[str, Any, str, dict[str, Any]], ...] = (
    (
        "openai/gpt-6-luna",
        RESPONSES,
        "/responses",
        {
            "tools": WEB,
            "tool_choice": "required",
            "include": ["web_search_call.action.sources"],
            "max_tool_calls": 6,
            "max_output_tokens": 16_000,
        },
    ),
    ("openai/gpt-5-search-api", CHAT, "/chat/completions", {"web_search_options": {}}),
    ("openai/gpt-4o-search-preview", CHAT, "/chat/completions", {"web_search_options": {}}),
    (
        "azure/my-deployment",
        RESPONSES,
        "/openai/v1/responses",
        {"tools": WEB, "tool_choice": "required", "max_tool_calls": 6, "max_output_tokens": 16_000},
    ),
    (
        "perplexity/perplexity/sonar",
        RESPONSES,
        "/v1/responses",
        {"tools": WEB, "tool_choice": {"type": "web_search"}, "max_steps": 3},
    ),
    ("perplexity/sonar", CHAT, "/chat/completions", {}),
    ("gemini/gemini-3.8-flash", GEMINI, ":generateContent", {"tools": [{"googleSearch": {}}]}),
    (
        "anthropic/claude-sonnet-5-5",
        ANTHROPIC,
        "/v1/messages",
        {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}], "max_tokens": 4000},
    ),
    ("xai/grok-4.7", RESPONSES, "/responses", {"tools": WEB, "tool_choice": "required"}),
    (
        "mistral/mistral-medium-latest",
        MISTRAL,
        "/v1/conversations",
        {"tools": WEB, "stream": False, "store": False, "completion_args": {"max_tokens": 4000}},
    ),
    ("openrouter/openai/gpt-5.2", CHAT, "/chat/completions", {"tools": [{"type": "openrouter:web_search"}]}),
    ("groq/groq/compound", CHAT, "/chat/completions", {"model": "groq/compound"}),
    ("deepseek/deepseek-v4-flash", RESPONSES, "/responses", {"tools": WEB, "model": "deepseek-v4-flash"}),
    ("meta/muse-spark-1.3", RESPONSES, "/responses", {"tools": WEB}),
    ("exa/answer", EXA, "/answer", {"query": QUESTION}),
    ("dataforseo/ai_mode", DATAFORSEO, "/v3/serp/google/ai_mode/live/advanced", {}),
    ("dataforseo/organic", DATAFORSEO, "/v3/serp/google/organic/live/advanced", {}),
    ("cohere/command-a-03-2025", COHERE, "/", {}),
    (
        "bedrock/us.amazon.nova-2-lite-v1:0",
        NOVA,
        "/converse",
        {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
    ),
)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every engine has a key, and it is a planted one."""
    for call in CALLS:
        for name in "|".join(call.keys).split("|"):
            if name and not name.endswith(("_BASE", "_CREDENTIALS")):
                monkeypatch.setenv(name, SECRET)
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    monkeypatch.setenv("AWS_REGION_NAME", "us-east-1")


class Recorder:
    """Answers every request with the next of its replies, the last one again and again."""

    def __init__(self, server: HTTPServer, *replies: Any) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self.bodies: list[Any] = []
        server.clear()
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.url = server.url_for("").rstrip("/")

    def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        raw = request.get_data()
        self.bodies.append(json.loads(raw) if raw.startswith((b"{", b"[")) else None)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        if isinstance(reply, Response):
            return reply
        return Response(json.dumps(reply), content_type="application/json")


@pytest.fixture
def server(httpserver: HTTPServer) -> Iterator[HTTPServer]:
    yield httpserver
    httpserver.clear()


def asked(model: str, url: str, **more: Any) -> RawReply:
    return asyncio.run(ask(Question(QUESTION, model, api_base=url, timeout=120, **more)))


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("model", "reply", "path", "expected"), ENGINES, ids=[row[0] for row in ENGINES])
def test_an_engine_is_asked_for_a_search_without_its_key_in_the_address(
    server: HTTPServer, model: str, reply: Any, path: str, expected: dict[str, Any]
) -> None:
    recorder = Recorder(server, reply)
    raw = asked(model, recorder.url)
    (request,) = recorder.requests
    body = recorder.bodies[0][0] if isinstance(recorder.bodies[0], list) else recorder.bodies[0]
    assert path in request.path
    assert {name: body.get(name) for name in expected} == expected
    assert QUESTION in json.dumps(body)
    assert not body.get("stream")
    assert SECRET not in request.url
    reading = read_body(raw.body)
    assert reading.text == "Norvane is good."
    # litellm hands no body on for Cohere; its own form is read instead.
    assert raw.capture == ("normalised" if model.startswith("cohere/") else "raw")


@pytest.mark.usefixtures("keys")
def test_vertex_is_asked_with_a_token_for_the_service_account(
    server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(server, {"access_token": "t0ken", "expires_in": 3600, "token_type": "Bearer"}, GEMINI)
    private = rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "norvane",
        "client_email": "a@norvane.iam.gserviceaccount.com",
        "private_key": private.decode(),
        "token_uri": f"{recorder.url}/token",
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    raw = asked("vertex_ai/gemini-3.8-flash", recorder.url)
    token, request = recorder.requests
    assert token.path == "/token"
    assert ":generateContent" in request.path
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert recorder.bodies[1]["tools"] == [{"googleSearch": {}}]
    assert read_body(raw.body).text == "Norvane is good."
    assert raw.capture == "raw"


@pytest.mark.parametrize(
    "model",
    ["openai/x", "azure/x", "perplexity/perplexity/sonar", "anthropic/x", "xai/x", "gemini/gemini-3.8-flash"],
)
def test_a_model_of_a_search_engine_searches(model: str) -> None:
    assert call_for(model).searches


@pytest.mark.usefixtures("keys")
def test_any_other_model_is_asked_plainly_and_its_urls_are_only_written(server: HTTPServer) -> None:
    message = {"role": "assistant", "content": "Norvane, see https://norvane.com/pricing for more."}
    reply = {**CHAT, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    recorder = Recorder(server, reply)
    raw = asked("together_ai/some-model", recorder.url, options={"api_key": "x"})
    assert not {"tools", "web_search_options"} & recorder.bodies[0].keys()
    assert not call_for("together_ai/some-model").searches
    assert [(c.kind, c.domain) for c in read_body(raw.body).citations] == [("written", "norvane.com")]


@pytest.mark.usefixtures("keys")
def test_a_catalogs_options_win_over_the_rows_and_a_country_is_asked_for(server: HTTPServer) -> None:
    recorder = Recorder(server, RESPONSES)
    asked("openai/gpt-6-luna", recorder.url, country="de", options={"max_output_tokens": 50})
    body = recorder.bodies[0]
    assert body["max_output_tokens"] == 50
    assert body["tools"][0]["user_location"] == {"type": "approximate", "country": "DE"}


@pytest.mark.usefixtures("keys")
def test_serpapi_is_asked_a_second_time_where_the_overview_is_only_promised(server: HTTPServer) -> None:
    recorder = Recorder(server, {"ai_overview": {"page_token": "later"}}, OVERVIEW)
    raw = asked("serpapi/google_ai_overview", recorder.url, country="DE", language="de")
    first, second = recorder.requests
    assert (first.args["engine"], first.args["gl"], first.args["no_cache"]) == ("google", "de", "true")
    assert (second.args["engine"], second.args["page_token"]) == ("google_ai_overview", "later")
    assert read_body(raw.body).text.strip() == "Norvane is good."


@pytest.mark.usefixtures("keys")
def test_ai_mode_is_one_request(server: HTTPServer) -> None:
    recorder = Recorder(server, AI_MODE)
    raw = asked("serpapi/google_ai_mode", recorder.url)
    assert [request.args["engine"] for request in recorder.requests] == ["google_ai_mode"]
    assert [c.url for c in read_body(raw.body).of_kind("cited")] == ["https://n.com/"]


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("code", "task", "cost", "expected"),
    [
        (40100, None, 0, ("key refused", False)),
        (40200, None, 0, ("no credit", False)),
        (20000, 40202, 0, ("rate limited", False)),
        (20000, 40501, 0, ("request refused", False)),
        (20000, 40402, 0, ("no such model", False)),
        (40402, None, 0, ("no such model", False)),
        (20000, 50401, 0.004, ("engine error", True)),
        (20000, 40102, 0.004, None),
        (20000, 20000, 0.004, None),
    ],
)
def test_dataforseo_says_inside_a_good_status_what_went_wrong(
    server: HTTPServer, code: int, task: int | None, cost: float, expected: tuple[str, bool] | None
) -> None:
    tasks = None if task is None else [{"status_code": task, "status_message": "So it is.", "result": None}]
    reply = {"status_code": code, "status_message": "So it is.", "cost": cost, "tasks": tasks}
    recorder = Recorder(server, reply)
    found: tuple[str, bool] | None = None
    try:
        asked("dataforseo/ai_mode", recorder.url)
    except AskFailed as failure:
        found = (failure.reason, failure.maybe_paid)
    assert found == expected


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("country", "code"), [(None, 2840), ("DE", 2276), ("gb", 2826)])
def test_dataforseo_knows_countries_by_number(server: HTTPServer, country: str | None, code: int) -> None:
    recorder = Recorder(server, DATAFORSEO)
    asked("dataforseo/ai_mode", recorder.url, country=country)
    assert recorder.bodies[0][0]["location_code"] == code
    with pytest.raises(AskFailed, match="location_code"):
        asked("dataforseo/ai_mode", recorder.url, country="ZZ")


# A paused turn

SEARCHED = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "crm"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [
            {
                "type": "web_search_result",
                "url": "https://n.com/",
                "title": "N",
                "encrypted_content": "e",
                "page_age": None,
            }
        ],
    },
    {
        "type": "text",
        "text": "Norvane leads. ",
        "citations": [
            {
                "type": "web_search_result_location",
                "url": "https://n.com/",
                "title": "N",
                "cited_text": "t",
                "encrypted_index": "i",
            }
        ],
    },
]
PAUSED = {**ANTHROPIC, "stop_reason": "pause_turn", "content": SEARCHED}


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


@pytest.mark.usefixtures("keys")
def test_a_paused_turn_goes_on_with_its_own_content_and_is_read_as_one(server: HTTPServer) -> None:
    recorder = Recorder(server, PAUSED, ANTHROPIC)
    question = Question(QUESTION, "anthropic/claude-sonnet-5-5", api_base=recorder.url, timeout=120)
    raw = asyncio.run(ask(question, may_continue=yes))
    sent = recorder.bodies[1]
    assert sent["messages"][1] == {"role": "assistant", "content": SEARCHED}
    assert sent["tools"] == recorder.bodies[0]["tools"]
    assert [json.loads(raw.body)["citelift_parts"][n]["stop_reason"] for n in (0, 1)] == [
        "pause_turn",
        "end_turn",
    ]
    reading = read_body(raw.body)
    assert (reading.text, reading.problem) == ("Norvane leads. Norvane is good.", None)
    assert [c.url for c in reading.of_kind("cited")] == ["https://n.com/"]
    assert (reading.usage.input_tokens, reading.usage.output_tokens) == (10, 14)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("may_continue", "requests"), [(no, 1), (None, 1), (yes, 4)])
def test_a_turn_that_never_ends_or_may_not_go_on_is_kept_as_paused(
    server: HTTPServer, may_continue: Any, requests: int
) -> None:
    recorder = Recorder(server, PAUSED)
    question = Question(QUESTION, "anthropic/claude-sonnet-5-5", api_base=recorder.url, timeout=120)
    raw = asyncio.run(ask(question, may_continue=may_continue))
    assert len(recorder.requests) == requests
    assert read_body(raw.body).problem == "pause"


@pytest.mark.usefixtures("keys")
def test_a_turn_that_fails_after_its_pause_may_have_been_paid(server: HTTPServer) -> None:
    recorder = Recorder(server, PAUSED, Response("{}", 401))
    question = Question(QUESTION, "anthropic/claude-sonnet-5-5", api_base=recorder.url, timeout=120)
    with pytest.raises(AskFailed) as caught:
        asyncio.run(ask(question, may_continue=yes))
    assert (caught.value.reason, caught.value.maybe_paid) == ("key refused", True)


@pytest.mark.parametrize(
    "model",
    ["deepseek/deepseek-v4-flash", "azure/x", "openai/gpt-6-luna", "mistral/m", "gemini/gemini-3.8-flash"],
)
@pytest.mark.usefixtures("keys")
def test_the_address_in_a_catalogs_options_is_the_one_that_is_asked(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("AZURE_API_BASE", "http://127.0.0.1:9")
    replies = {"mistral/m": MISTRAL, "gemini/gemini-3.8-flash": GEMINI}
    recorder = Recorder(server, replies.get(model, RESPONSES))
    asyncio.run(ask(Question(QUESTION, model, {"api_base": recorder.url}, timeout=120)))
    assert len(recorder.requests) == 1


# Failures


@pytest.mark.parametrize(
    ("status", "text", "headers", "reason", "wait"),
    [
        (429, "slow down", {"Retry-After": "7"}, "rate limited", 7),
        (429, "slow down", {"retry-after-ms": "250"}, "rate limited", 0.25),
        (429, "slow down", {}, "rate limited", None),
        (429, '{"error":{"code":"insufficient_quota"}}', {}, "no credit", None),
        (429, 'check your plan and billing … "retryDelay": "17s"', {}, "rate limited", 17),
        (429, '{"error": "Your account has run out of searches."}', {}, "no credit", None),
        (429, "Your team has either used all available credits or reached its limit", {}, "no credit", None),
        (403, "Your team has used all available credits. Please purchase more.", {}, "no credit", None),
        (400, "Your credit balance is too low to access the Anthropic API.", {}, "no credit", None),
        (400, "credit is a word like any other", {}, "request refused", None),
        (402, "pay", {}, "no credit", None),
        (401, "who are you", {}, "key refused", None),
        (403, "not allowed", {}, "key refused", None),
        (403, "your input was flagged by moderation", {}, "content refused", None),
        (404, "no such model", {}, "no such model", None),
        (410, "Sonar is gone", {}, "no such model", None),
        (400, "The model `gpt-9` does not exist", {}, "no such model", None),
        (400, "tool_choice is not supported with this model", {}, "request refused", None),
        (408, "late", {}, "timeout", None),
        (500, "oops", {}, "engine error", None),
        (529, "overloaded", {"retry-after": "3"}, "engine error", 3),
    ],
)
def test_a_status_has_one_reason(
    status: int, text: str, headers: dict[str, str], reason: str, wait: float | None
) -> None:
    failure = by_status(status, text, headers)
    assert (failure.reason, failure.retry_after) == (reason, wait)
    # Only where the engine gave up on a reply that it had begun may it bill it.
    assert failure.maybe_paid is (status == 408)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "litellm.AuthenticationError: AuthenticationError: OpenAIException - "
            '{"error": {"message": "Bad key."}}',
            "Bad key.",
        ),
        ("litellm.InternalServerError: OpenAIException - Cannot connect to host", "Cannot connect to host"),
        ('{"detail": "Unauthorized"}', "Unauthorized"),
        ('{"a": 1}', '{"a": 1}'),
        ('{"error', '{"error'),
        ("plain words", "plain words"),
    ],
)
def test_a_failure_is_told_in_the_engines_own_sentence(text: str, said: str) -> None:
    assert AskFailed("key refused", text).detail == said


def test_retry_after_may_be_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert retry_after({"Retry-After": format_datetime(soon, usegmt=True)}) == pytest.approx(30, abs=2)
    assert retry_after({"Retry-After": "soon"}) is None
    assert retry_after({"Retry-After": format_datetime(soon - timedelta(hours=1), usegmt=True)}) == 0


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("reply", "reason", "maybe_paid"),
    [
        (Response('{"id": "c", "choi', content_type="application/json"), "unreadable reply", True),
        (Response(b'{"id": "b\xe9\xff"}', content_type="application/json"), "unreadable reply", True),
        (Response('{"a":' + "[" * 100_000, content_type="application/json"), "unreadable reply", True),
        (Response('{"error": {"message": "bad json in your tools"}}', 500), "engine error", False),
        (Response('{"error": {"message": "validation error"}}', 422), "request refused", False),
    ],
)
@pytest.mark.parametrize("model", ["openai/gpt-5-search-api", "mistral/mistral-medium-latest"])
def test_a_bad_reply_has_one_reason_whatever_the_road(
    server: HTTPServer, model: str, reply: Response, reason: str, maybe_paid: bool
) -> None:
    recorder = Recorder(server, reply)
    with pytest.raises(AskFailed) as caught:
        asked(model, recorder.url)
    assert (caught.value.reason, caught.value.maybe_paid) == (reason, maybe_paid)


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-5-search-api",
        "openrouter/a/b",
        "gemini/gemini-3.8-flash",
        "anthropic/claude-sonnet-5-5",
        "groq/groq/compound",
        "mistral/m",
        "exa/answer",
    ],
)
@pytest.mark.parametrize("body", ['["pause_turn"]', "123", '{"a": "pause_turn"}', '{"candidates": [{"con'])
@pytest.mark.usefixtures("keys")
def test_a_reply_of_another_kind_is_unreadable_and_maybe_paid(
    server: HTTPServer, model: str, body: str
) -> None:
    recorder = Recorder(server, Response(body, content_type="application/json"))
    question = Question(QUESTION, model, api_base=recorder.url, timeout=120)
    found: object
    try:
        found = asyncio.run(ask(question, may_continue=yes)).body
    except AskFailed as failure:
        found = (failure.reason, failure.maybe_paid)
    assert found in (body.encode(), ("unreadable reply", True))


@pytest.mark.parametrize(
    "model", ["openai/gpt-5-search-api", "openai/gpt-6-luna", "mistral/mistral-medium-latest"]
)
@pytest.mark.usefixtures("keys")
def test_nobody_listening_costs_nothing(model: str) -> None:
    with pytest.raises(AskFailed) as caught:
        asked(model, "http://127.0.0.1:9")
    assert (caught.value.reason, caught.value.maybe_paid) == ("no connection", False)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("fireworks_ai/x", "key refused"),
        ("cerebras/x", "key refused"),
        ("gemini/gemini-3.8-flash", "key refused"),
        ("azure_ai/x", "request refused"),
    ],
)
def test_what_litellm_misses_before_it_sends_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, model: str, reason: str
) -> None:
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_API_BASE"))]:
        monkeypatch.delenv(name)
    with pytest.raises(AskFailed) as caught:
        asyncio.run(ask(Question(QUESTION, model, timeout=120)))
    assert (caught.value.reason, caught.value.maybe_paid) == (reason, False)
    assert "Traceback" not in caught.value.detail


@pytest.mark.usefixtures("keys")
def test_an_engine_that_hangs_is_left_when_its_time_is_up(server: HTTPServer) -> None:
    def hang(request: Request) -> Response:
        time.sleep(1.5)
        return Response("{}")

    server.expect_request("/chat/completions").respond_with_handler(hang)
    question = Question(QUESTION, "openai/gpt-5-search-api", api_base=server.url_for(""), timeout=0.3)
    with pytest.raises(AskFailed) as caught:
        asyncio.run(ask(question))
    assert (caught.value.reason, caught.value.maybe_paid) == ("timeout", True)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("model", [row[0] for row in ENGINES if not row[0].startswith("bedrock")])
def test_a_key_that_the_engine_echoes_is_not_repeated(server: HTTPServer, model: str) -> None:
    recorder = Recorder(server, Response(json.dumps({"error": {"message": f"bad key {SECRET}"}}), 401))
    with pytest.raises(AskFailed) as caught:
        asked(model, recorder.url)
    assert caught.value.reason == "key refused"
    assert SECRET not in str(caught.value) + caught.value.detail + repr(caught.value.__cause__)


def test_keys_are_redacted_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", 'od/d "key"+1234')
    for form in ('od/d "key"+1234', "od%2Fd%20%22key%22%2B1234", 'od/d \\"key\\"+1234'):
        assert "1234" not in redact(f"x {form} y")
    assert "abc123def456ghi" not in redact("Authorization: Bearer abc123def456ghi")
    assert redact("the keyboardshortcuts page") == "the keyboardshortcuts page"


def test_a_sandbox_engine_that_is_none_is_refused() -> None:
    with pytest.raises(AskFailed, match="it has sandbox/anthropic"):
        asked("sandbox/nobody", "http://127.0.0.1:9")


def test_exceptions_without_a_status_are_unreadable_replies() -> None:
    assert named(KeyError("choices")).reason == "unreadable reply"
    assert named(TimeoutError()).maybe_paid
    assert failures.RETRYABLE.isdisjoint(failures.FATAL)
