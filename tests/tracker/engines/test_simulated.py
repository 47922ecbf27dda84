"""A simulated engine is asked as the real one that it imitates: the same request, another address and key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.tracker.engines.test_ask import QUESTION, SECRET, Recorder, asked, keys, server
from tracker.engines import prices
from tracker.engines.ask import AskFailed, Question, ask
from tracker.engines.calls import CALLS, call_for, foreign_options, missing_keys, plain_call
from tracker.engines.simulated import JUDGE, SIMULATED

pytestmark = pytest.mark.usefixtures("loopback_allowed")

__all__ = ["keys", "server"]

ANSWERING = {name: real for name, real in SIMULATED.items() if name != JUDGE}
LIMITS = {"chat": {"max_tokens": 321}, "responses": {"max_output_tokens": 321}, "http": {}}
NO_TEMPERATURE = {
    "openai/gpt-5-search-api": {"user": "0.25"},
    "openai/gpt-6-luna": {"metadata": {"team": "0.25"}},
    "anthropic/claude-sonnet-5-5": {"user": "0.25"},
}
PRESENT: dict[str, Any] = {"country": "DE", "language": "de"}


def request_of(server: HTTPServer, model: str, **more: Any) -> tuple[Request, Any]:
    recorder = Recorder(server, Response("{}", 400))
    with pytest.raises(AskFailed) as caught:
        asked(model, recorder.url, **more)
    assert caught.value.reason == "request refused", caught.value
    (request,) = recorder.requests
    return request, recorder.bodies[0]


def told(request: Request) -> dict[str, str]:
    """The headers that ask for something: not a key, not a signature, not the connection's own."""
    own = ("authorization", "api-key", "x-api-key", "x-goog-api-key", "content-length", "host", "x-amz-date")
    return {name: value for name, value in request.headers.items() if name.lower() not in own}


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("asks", ["plainly", "with options", "from a country", "with a tool of its own"])
@pytest.mark.parametrize(("simulated", "real"), ANSWERING.items())
def test_what_is_set_on_a_simulated_engine_is_sent_as_it_would_be_to_the_real_one(
    server: HTTPServer, simulated: str, real: str, asks: str
) -> None:
    route = call_for(real).route
    tool = {"type": "web_search", "filters": {"allowed_domains": ["norvane.com"]}}
    more: dict[str, Any] = {
        "plainly": {},
        "with options": {"options": LIMITS[route] | NO_TEMPERATURE.get(real, {"temperature": 0.25})},
        "from a country": PRESENT,
        "with a tool of its own": {"options": {"tools": [tool]} if route != "chat" else {}},
    }[asks]
    expected, expected_body = request_of(server, real, **more)
    request, body = request_of(server, simulated, **more)
    assert body == expected_body
    assert (request.method, request.path, request.args) == (expected.method, expected.path, expected.args)
    assert told(request) == told(expected)
    assert SECRET not in str(request.headers)
    assert "sandbox" in str(request.headers)
    if asks == "with options":
        assert "0.25" in str(body)
        assert route == "http" or "321" in str(body)
    if asks == "from a country" and real.startswith(("openai/", "azure/", "anthropic/")):
        assert "DE" in str(body)


@pytest.mark.usefixtures("keys")
def test_the_judge_is_asked_without_a_search(server: HTTPServer) -> None:
    expected = request_of(server, SIMULATED[JUDGE], search=False)
    request = request_of(server, JUDGE, search=False)
    assert request[1] == expected[1]
    assert not {"tools", "tool_choice", "include"} & request[1].keys()


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("model", ["perplexity/perplexity/sonar", "sandbox/perplexity-agent"])
def test_an_option_that_the_real_engines_road_refuses_is_refused_before_anything_is_sent(
    server: HTTPServer, model: str
) -> None:
    recorder = Recorder(server, Response("{}", 400))
    with pytest.raises(AskFailed) as caught:
        asked(model, recorder.url, options={"tool_choice": "required"})
    assert (caught.value.reason, caught.value.maybe_paid) == ("request refused", False)
    assert recorder.requests == []


@pytest.mark.parametrize(("simulated", "real"), SIMULATED.items())
def test_a_simulated_engine_has_the_limits_and_prices_of_the_real_one_and_needs_no_key(
    simulated: str, real: str
) -> None:
    options = {"model", "stream", "drop_params", "tools", "fallbacks"}
    assert foreign_options(simulated, options) == foreign_options(real, options)
    assert (plain_call(simulated) is None) == (plain_call(real) is None)
    call, imitated = call_for(real), call_for(simulated)
    assert call in CALLS
    assert prices.ceiling(imitated, simulated, QUESTION, {"max_tokens": 50}) == prices.ceiling(
        call, real, QUESTION, {"max_tokens": 50}
    )
    used: dict[str, Any] = {"reported_micros": None, "litellm_micros": None}
    used |= {"input_tokens": 1_000, "output_tokens": 500, "searches": 2}
    assert prices.cost(imitated, simulated, **used) == prices.cost(call, real, **used)
    assert missing_keys(simulated) == []


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("model", SIMULATED)
def test_what_is_meant_for_a_simulated_engine_goes_nowhere_where_none_is_running(model: str) -> None:
    question = Question(QUESTION, model, timeout=120, search=model != JUDGE)
    with pytest.raises(AskFailed, match="no sandbox is running"):
        asyncio.run(ask(question))
