"""From where a question is asked, as it leaves for each engine; what is said where an engine takes none."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.tracker.engines.test_ask import ENGINES, Recorder, asked, keys, server
from tracker.engines.ask import AskFailed
from tracker.engines.calls import call_for
from tracker.engines.places import at_home, not_told
from tracker.engines.question import Place, place_of

__all__ = ["keys", "server"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")

MUNICH = {"country": "DE", "region": "Bavaria", "city": "Munich"}
APPROXIMATE = {"type": "approximate", **MUNICH}
REPLIES = {model: reply for model, reply, *_ in ENGINES}
IN_THE_TOOL = (
    "openai/gpt-6-luna",
    "azure/my-deployment",
    "anthropic/claude-sonnet-5-5",
    "perplexity/perplexity/sonar",
    "xai/grok-4.7",
    "deepseek/deepseek-v4-flash",
    "meta/muse-spark-1.3",
)


def sent(server: HTTPServer, model: str, **more: Any) -> dict[str, Any]:
    recorder = Recorder(server, REPLIES[model])
    asked(model, recorder.url, **more)
    body: dict[str, Any] = recorder.bodies[0]
    return body


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("model", IN_THE_TOOL)
def test_a_search_tool_is_told_country_region_and_city(server: HTTPServer, model: str) -> None:
    body = sent(server, model, country="de", options={"region": "Bavaria", "city": "Munich"})
    (tool,) = body["tools"]
    assert tool["user_location"] == APPROXIMATE
    assert not MUNICH.keys() & body.keys()


@pytest.mark.usefixtures("keys")
def test_engines_that_take_a_place_elsewhere_are_told_it_there(server: HTTPServer) -> None:
    options = {"region": "Bavaria", "city": "Munich"}
    chat = sent(server, "openai/gpt-5-search-api", country="DE", options=options)
    assert chat["web_search_options"] == {"user_location": {"type": "approximate", "approximate": MUNICH}}
    gateway = REPLIES["openrouter/openai/gpt-5.2"]
    recorder = Recorder(server, gateway)
    asked("openrouter/openai/gpt-6-luna", recorder.url, country="DE", options=options)
    assert recorder.bodies[0]["tools"] == [
        {"type": "openrouter:web_search", "parameters": {"user_location": APPROXIMATE}}
    ]
    groq = sent(server, "groq/groq/compound", country="GB")
    assert groq["search_settings"] == {"country": "united kingdom"}


@pytest.mark.usefixtures("keys")
def test_an_engines_own_country_holds_where_the_prompt_has_none(server: HTTPServer) -> None:
    body = sent(server, "openai/gpt-6-luna", options={"country": "fr"})
    assert body["tools"][0]["user_location"] == {"type": "approximate", "country": "FR"}


@pytest.mark.parametrize(
    ("options", "country", "expected"),
    [
        ({}, None, Place()),
        ({"country": "fr", "city": "Lyon"}, None, Place("FR", None, "Lyon")),
        ({"country": "FR", "city": "Lyon"}, "fr", Place("FR", None, "Lyon")),
        ({"country": "FR", "city": "Lyon"}, "DE", Place("DE")),
        ({"city": " "}, "DE", Place("DE")),
    ],
)
def test_a_city_belongs_to_its_country(options: dict[str, str], country: str | None, expected: Place) -> None:
    assert place_of(options, country) == expected


@pytest.mark.parametrize(
    ("model", "options", "countries", "said", "home"),
    [
        ("gemini/gemini-3.8-flash", {}, ["DE", "FR", None], ["cannot be told a country (DE, FR)"], None),
        ("gemini/gemini-3.8-flash", {"city": "Lyon"}, [None], ["cannot be told a city (Lyon)"], None),
        ("mistral/m", {}, ["DE"], ["cannot be told a country (DE)"], None),
        ("oxylabs/chatgpt", {"city": "Lyon"}, ["FR"], ["cannot be told a city (Lyon)"], None),
        ("openai/gpt-6-luna", {}, ["DE", None, None], [], "2 prompts without a country: answered as from US"),
        ("openai/gpt-6-luna", {"country": "DE"}, [None], [], None),
        ("sandbox/gemini", {}, ["DE"], [], None),
    ],
)
def test_what_cannot_be_told_is_said(
    model: str, options: dict[str, str], countries: list[str | None], said: list[str], home: str | None
) -> None:
    call = call_for(model)
    remarks = [remark.partition(":")[0] for remark in not_told(call, options, countries)]
    assert (remarks, at_home(call, options, countries)) == (said, home)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("model", ["gemini/gemini-3.8-flash", "openai/gpt-6-luna", "exa/answer"])
def test_a_path_that_is_not_there_under_an_api_base_is_said_with_it(server: HTTPServer, model: str) -> None:
    recorder = Recorder(server, Response("Not found", 404))
    with pytest.raises(AskFailed) as caught:
        asked(model, f"{recorder.url}/wrong")
    assert caught.value.reason == "no such model"
    assert f"api_base {recorder.url}/wrong" in caught.value.detail
