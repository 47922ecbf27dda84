"""An engine's key reaches its vendor's hosts, what the environment allows by name, and nobody else."""

from __future__ import annotations

import asyncio
import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.tracker.catalog.test_files import write
from tests.tracker.engines.test_ask import ENGINES, QUESTION, SECRET, keys
from tracker import catalog, health, settings
from tracker.engines import hosts
from tracker.engines.ask import AskFailed, Question, ask
from tracker.engines.calls import CALLS, call_for
from tracker.engines.simulated import SIMULATED
from tracker.errors import CatalogError, EngineError, UsageError
from tracker.run import plan

__all__ = ["keys"]
pytestmark = pytest.mark.usefixtures("keys")


REAL = {"bedrock/*nova*": "bedrock/us.amazon.nova-2-lite-v1:0", "perplexity/sonar*": "perplexity/sonar"}
"""Names that litellm wants to know."""


def a_model_of(pattern: str) -> str:
    return REAL.get(pattern) or re.sub(r"\[(.).*?\]", r"\1", pattern).replace("*", "x")


EVERY_ROW = [a_model_of(call.pattern) for call in CALLS]
NO_ROW = ("together_ai/x", "mistral/m")
MODELS = sorted({row[0] for row in ENGINES} | {"groq/llama-4", *EVERY_ROW, *NO_ROW})
SENT = [model for model in MODELS if not model.startswith("vertex_ai/")]
"""Vertex has no key, but credentials: litellm exchanges them out in the world before it asks."""
ROUTED = [model for model in MODELS if call_for(model).route != "http"]
VARIABLES = {
    "openai": ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    "azure": ("AZURE_API_BASE",),
    "perplexity": ("PERPLEXITY_API_BASE",),
    "gemini": ("GEMINI_API_BASE",),
    "anthropic": ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
    "xai": ("XAI_API_BASE",),
    "openrouter": ("OPENROUTER_API_BASE",),
    "groq": ("GROQ_API_BASE",),
    "bedrock": ("AWS_BEDROCK_RUNTIME_ENDPOINT",),
    "meta": ("META_API_BASE",),
    "cohere": ("COHERE_API_BASE",),
    "together_ai": ("TOGETHERAI_API_BASE", "TOGETHER_AI_BASE_URL"),
}
REPOINTED = [(model, name) for model in ROUTED for name in VARIABLES.get(model.partition("/")[0], ())]


class Listener:
    """A host that is nobody's vendor, and what it was sent."""

    def __init__(self, server: HTTPServer, reply: Response | None = None) -> None:
        self.heard: list[str] = []
        self.reply = reply or Response("{}", content_type="application/json")
        server.expect_request(re.compile(".*")).respond_with_handler(self._hear)
        self.url = server.url_for("").rstrip("/")

    def _hear(self, request: Request) -> Response:
        self.heard.append(f"{request.url}\n{request.headers}\n{request.get_data(as_text=True)}")
        return self.reply


@pytest.fixture
def listener(httpserver: HTTPServer) -> Listener:
    return Listener(httpserver)


@pytest.fixture
def second() -> Iterator[HTTPServer]:
    server = HTTPServer(host="127.0.0.1")
    server.start()
    yield server
    server.stop()


def refused(model: str, **more: Any) -> AskFailed:
    with pytest.raises(AskFailed) as caught:
        asyncio.run(ask(Question(QUESTION, model, timeout=20, **more)))
    failure = caught.value
    assert (failure.reason, failure.maybe_paid) == ("request refused", False), failure
    return failure


@pytest.fixture
def gate_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if what options and environment say were overlooked: only the request itself is left to judge."""
    monkeypatch.setattr(hosts, "refusal", lambda *_: None)


@pytest.mark.parametrize("option", ["api_base", "base_url"])
@pytest.mark.parametrize("model", MODELS)
def test_a_catalogs_option_sends_a_key_to_no_foreign_host(
    listener: Listener, model: str, option: str
) -> None:
    failure = refused(model, options={option: listener.url})
    assert option in failure.detail
    assert listener.heard == []


@pytest.mark.usefixtures("gate_alone")
@pytest.mark.parametrize("model", SENT)
def test_the_request_itself_is_stopped_where_its_host_is_foreign(listener: Listener, model: str) -> None:
    failure = refused(model, options={"api_base": listener.url})
    assert "the key is not for that host" in failure.detail
    assert SECRET not in failure.detail
    assert listener.heard == []


@pytest.mark.parametrize(("model", "variable"), REPOINTED)
def test_a_variable_of_the_environment_sends_a_key_to_no_foreign_host(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, model: str, variable: str
) -> None:
    monkeypatch.setenv(variable, listener.url)
    assert variable in refused(model).detail
    if call_for(model).hosts:  # one without a row would be asked for at its own address, out in the world
        monkeypatch.setattr(hosts, "refusal", lambda *_: None)
        refused(model)
    assert listener.heard == []


def test_a_judge_is_asked_at_its_vendors_too(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_BASE", listener.url)
    assert "MISTRAL_API_BASE" in refused("mistral/m", search=False).detail
    assert listener.heard == []


@pytest.mark.parametrize(("model", "variable"), REPOINTED)
def test_a_variable_may_name_a_host_that_is_allowed(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, model: str, variable: str
) -> None:
    monkeypatch.setenv(variable, listener.url)
    monkeypatch.setenv(hosts.ALLOWED, listener.url)
    assert hosts.refusal(call_for(model), model, {}) is None
    (host,) = hosts.elsewhere(call_for(model), model, {})
    assert host == f"{listener.url} (the variable {variable})"


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("model", [model for model in SENT if not model.startswith("bedrock/")])
def test_a_redirect_carries_no_key_to_another_host(
    httpserver: HTTPServer, second: HTTPServer, monkeypatch: pytest.MonkeyPatch, model: str, status: int
) -> None:
    foreign = Listener(second)
    vendor = Listener(httpserver, Response("", status, headers={"Location": f"{foreign.url}/take"}))
    monkeypatch.setenv(hosts.ALLOWED, vendor.url)
    with pytest.raises(AskFailed):
        asyncio.run(ask(Question(QUESTION, model, {"api_base": vendor.url}, timeout=20)))
    assert len(vendor.heard) == 1
    assert foreign.heard == []


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What a proxy hears that the environment names and that lets nobody through. No name is looked up."""
    heard: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(65_536))
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    def resolved(host: Any, *more: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", b"127.0.0.1", "localhost"):
            raise socket.gaierror("only this machine is asked")
        return getaddrinfo(host, *more, **options)

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_address[1]}")
        yield heard
        server.shutdown()


@pytest.mark.parametrize("model", SENT)
def test_a_proxy_of_the_environment_hears_no_key(proxy: list[bytes], model: str) -> None:
    options = {"api_base": "https://acme.openai.azure.com"} if model.startswith("azure/") else {}
    with pytest.raises(AskFailed):
        asyncio.run(ask(Question(QUESTION, model, options, timeout=20)))
    assert not any(SECRET.encode() in words for words in proxy)
    assert all(words.startswith(b"CONNECT ") for words in proxy)


@pytest.mark.parametrize("model", SIMULATED)
@pytest.mark.parametrize(
    "address", ["https://api.openai.com", "http://192.0.2.1:9", "https://foreign.example"]
)
def test_what_is_meant_for_a_simulated_engine_leaves_this_machine_for_nobody(
    model: str, address: str
) -> None:
    search = model != "sandbox/judge"
    assert "was stopped" in refused(model, api_base=address, search=search).detail


def test_every_row_of_the_table_is_among_the_models_tested() -> None:
    assert [call_for(model).pattern for model in EVERY_ROW] == [call.pattern for call in CALLS]


def test_every_row_names_its_vendors_hosts() -> None:
    assert [call.pattern for call in CALLS if not call.hosts] == []


@pytest.mark.parametrize(
    ("model", "address", "admitted"),
    [
        ("openai/x", "https://api.openai.com/v1", True),
        ("openai/x", "https://eu.api.openai.com/v1", True),
        ("openai/x", "https://API.OpenAI.com:443", True),
        ("openai/x", "https://api.openai.com.", True),
        ("openai/x", "http://api.openai.com/v1", False),
        ("openai/x", "https://api.openai.com:8443", False),
        ("openai/x", "https://api.openai.com.evil.example", False),
        ("openai/x", "https://evil-api.openai.com", False),
        ("openai/x", "https://api.openai.com@evil.example", False),
        ("openai/x", "https://evil.example#@api.openai.com", False),
        ("openai/x", "https://evil.example\\@api.openai.com", False),
        ("openai/x", "https://evil.example/https://api.openai.com", False),
        ("openai/x", "//api.openai.com", False),
        ("openai/x", "api.openai.com", False),
        ("openai/x", "https://api.openai.com:many", False),
        ("openai/x", "https://a.b.api.openai.com", False),
        ("openai/x", "https://api.groq.com", False),
        ("groq/groq/compound", "https://api.openai.com", False),
        ("azure/x", "https://acme.openai.azure.com", True),
        ("azure/x", "https://acme.cognitiveservices.azure.com", True),
        ("azure/x", "https://openai.azure.com.evil.example", False),
        ("azure/x", "https://evil%2eexample%2f.openai.azure.com", False),
        ("azure/x", "https://*.openai.azure.com", False),
        ("azure/x", "https://a,b.openai.azure.com", False),
        ("azure/x", "https://.openai.azure.com", False),
        ("azure/x", "https://ev\u0131l.openai.azure.com", False),
        ("openai/x", "https://api.open\u0430i.com", False),
        ("openai/x", "https://api\u3002openai\u3002com", False),
        ("openai/x", "https://evil\uff0eexample\uff0fapi.openai.com", False),
        ("openai/x", "https://xn--pi-7kc.openai.com", False),
        ("openai/x", "https://user:pw@api.openai.com", False),
        ("openai/x", "https:///api.openai.com", False),
        ("openai/x", "https://[::ffff:127.0.0.1]", False),
        ("bedrock/us.amazon.nova-2-lite-v1:0", "https://bedrock-runtime.evil%2ecom%2f.amazonaws.com", False),
        ("bedrock/us.amazon.nova-2-lite-v1:0", "https://bedrock-runtime.eu-west-1.amazonaws.com", True),
        ("bedrock/us.amazon.nova-2-lite-v1:0", "https://bedrock-runtime.evil.com/.amazonaws.com", False),
        ("exa/answer", "https://api.exa.ai", True),
        ("exa/answer", "https://api.exa.com", False),
        ("together_ai/x", "https://api.together.xyz", False),
    ],
)
def test_an_address_in_options_is_the_vendors_or_refused(model: str, address: str, admitted: bool) -> None:
    problem = hosts.refusal(call_for(model), model, {"api_base": address})
    assert (problem is None) is admitted


@pytest.mark.parametrize("value", ["evil.example/", "us-east-1.evil.example#", "a b", "x@evil.example"])
@pytest.mark.parametrize("name", ["aws_region_name", "vertex_location"])
def test_a_region_that_is_no_region_is_refused(name: str, value: str) -> None:
    model = "bedrock/us.amazon.nova-2-lite-v1:0" if name.startswith("aws") else "vertex_ai/gemini-3.8-flash"
    assert "is no region" in (hosts.refusal(call_for(model), model, {name: value}) or "")
    assert hosts.refusal(call_for(model), model, {name: "europe-west4"}) is None


@pytest.mark.parametrize(("name", "value"), [("SSL_VERIFY", "False"), ("USE_LITELLM_PROXY", "true")])
def test_switches_that_give_every_key_away_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert name in refused("openai/gpt-6-luna").detail
    assert hosts.refusal(call_for("exa/answer"), "exa/answer", {}) is None


@pytest.mark.parametrize(
    ("allowed", "address", "admitted"),
    [
        ("gateway.acme.com", "https://gateway.acme.com/v1", True),
        ("gateway.acme.com", "https://gateway.acme.com:8443/v1", True),
        ("gateway.acme.com:8443", "https://gateway.acme.com/v1", False),
        ("gateway.acme.com", "http://gateway.acme.com/v1", False),
        ("a.com, http://gateway.acme.com", "http://gateway.acme.com/v1", True),
        ("*.acme.com", "https://gateway.acme.com", True),
        ("*.acme.com", "https://a.gateway.acme.com", False),
        ("*.acme.com", "https://acme.com.evil.example", False),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/v1", True),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4001/v1", False),
        ("GATEWAY.acme.com", "https://gateway.ACME.com", True),
    ],
)
def test_the_environment_allows_by_name(
    monkeypatch: pytest.MonkeyPatch, allowed: str, address: str, admitted: bool
) -> None:
    monkeypatch.setenv(hosts.ALLOWED, allowed)
    for model in ("openai/gpt-6-luna", "exa/answer", "together_ai/x"):
        problem = hosts.refusal(call_for(model), model, {"api_base": address})
        assert (problem is None) is admitted


@pytest.mark.parametrize("entry", ["*", "*.com", "ftp://a.com", "https://", "a b@c", "https://a.com/path"])
def test_an_allowance_that_names_no_host_is_refused(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv(hosts.ALLOWED, entry)
    with pytest.raises(UsageError, match=hosts.ALLOWED):
        hosts.allowed_hosts()


OPTIONS = "engines:\n  - {{name: e, model: {model}, budget_usd: 1, options: {{{options}}}}}\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("api_base: 'https://evil.example'", "sends the key for openai/gpt-6-luna to https://evil.example"),
        ("base_url: 'http://api.openai.com'", "to http://api.openai.com"),
        ("extra_headers: {X-Api-Key: abc}", "a key (`X-Api-Key`)"),
        ("extra_headers: {Team: 'Bearer abcdefgh'}", "a key (`Team`)"),
        ("headers: {Host: evil.example}", "a key (`Host`)"),
        ("extra_body: {a: [{b: {apiKey: x}}]}", "a key (`apiKey`)"),
        ("tools: [{type: mcp, headers: {Authorization: x}}]", "a key (`Authorization`)"),
        (f"user: 'me {SECRET}'", "a key (`user`)"),
        ("user: os.environ/OPENAI_API_KEY", "a key (`user`)"),
        ("vertex_credentials: key.json", "a key (`vertex_credentials`)"),
        ("custom_llm_provider: groq", "`custom_llm_provider` is not for a catalog"),
        ("use_litellm_proxy: true", "`use_litellm_proxy` is not for a catalog"),
        ("ssl_verify: false", "`ssl_verify` is not for a catalog"),
    ],
)
def test_a_catalog_that_gives_a_key_away_is_refused_by_its_line(
    tmp_path: Path, options: str, words: str
) -> None:
    folder = write(tmp_path, engines=OPTIONS.format(model="openai/gpt-6-luna", options=options))
    with pytest.raises(CatalogError) as caught:
        catalog.load(folder)
    assert "engines.yaml:2:" in str(caught.value)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    ["max_tokens: 50", "extra_headers: {X-Team: search}", "prompt_cache_key: a", "user: someone", "seed: 7"],
)
def test_other_options_stay_as_free_as_they_were(tmp_path: Path, options: str) -> None:
    catalog.load(write(tmp_path, engines=OPTIONS.format(model="openai/gpt-6-luna", options=options)))


def test_check_and_plan_are_loud_about_a_host_that_is_no_vendors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, engines=OPTIONS.format(model="openai/gpt-6-luna", options=""))
    own = settings.load(catalog=folder, database_url=f"sqlite:///{tmp_path}/x.db")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.acme.com/v1")
    (told,) = [problem for problem in health.check(own).errors if problem.id == "engine.host"]
    assert "OPENAI_BASE_URL" in told.problem
    assert hosts.ALLOWED in told.hint
    with pytest.raises(EngineError, match="OPENAI_BASE_URL sends the key"):
        health.plan_for(own)
    monkeypatch.setenv(hosts.ALLOWED, "gateway.acme.com")
    report = health.check(own)
    assert report.errors == ()
    (told,) = [problem for problem in report.problems if problem.id == "engine.elsewhere"]
    assert "https://gateway.acme.com (the variable OPENAI_BASE_URL)" in told.problem
    (engine,) = plan.make(catalog.load(folder)).engines
    assert engine.elsewhere == ("https://gateway.acme.com (the variable OPENAI_BASE_URL)",)
