"""Signing in by an OpenID provider: only who it vouches for, to this browser, and whom we know, gets in."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from dashboard.door import Doorkeeper, cookies_of
from tracker import settings, store
from tracker.access import oidc, people

pytestmark = pytest.mark.usefixtures("loopback_allowed")

CLIENT, SECRET = "citelift", "planted-secret-of-the-client"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HOST = "localhost:8501"


@dataclass
class Provider:
    """Written from the specification: a code for one authorization, PKCE and the client's secret checked."""

    server: HTTPServer
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    """What the next token says otherwise; a key of None is left out."""
    key: Any = KEY
    head: dict[str, Any] = field(default_factory=lambda: {"kid": "one"})

    @property
    def issuer(self) -> str:
        return self.server.url_for("").rstrip("/")

    def begin(self) -> None:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one"}
        self.server.expect_request("/.well-known/openid-configuration").respond_with_json(told)
        self.server.expect_request("/keys").respond_with_json({"keys": [public]})
        self.server.expect_request("/token", method="POST").respond_with_handler(self.token)

    def authorized(self, location: str) -> dict[str, str]:
        """What somebody who signs in at the provider brings back."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["redirect_uri"] == f"http://{HOST}/signin/oidc/back"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, request: Request) -> Response:
        form = request.form
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        whose = request.authorization
        known = whose is not None and (whose.username, whose.password) == (CLIENT, SECRET)
        if asked is None or not known or challenge != asked["code_challenge"]:
            return Response('{"error": "invalid_grant"}', 400, content_type="application/json")
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 60}
        claims |= {"nonce": asked["nonce"], "email": "Ana@Client.com", "email_verified": True} | self.says
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.head.get("alg") == "none":
            signed = jwt.encode(claims, None, "none")
        else:
            signed = jwt.encode(claims, self.key, self.head.get("alg", "RS256"), {"kid": self.head["kid"]})
        return Response(json.dumps({"id_token": signed}), content_type="application/json")


@pytest.fixture
def provider(
    httpserver: HTTPServer, tmp_path: Path, sqlite_template: bytes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    path = tmp_path / "c.db"
    path.write_bytes(sqlite_template)
    url = f"sqlite:///{path}"
    database = store.open_database(url)
    with store.writing(database) as session:
        now = datetime.now(UTC)
        people.add(session, "ana@client.com", None, role="viewer", workspaces=None, who="root", now=now)
    database.dispose()
    made = Provider(httpserver)
    made.begin()
    monkeypatch.setenv("CITELIFT_DATABASE_URL", url)
    monkeypatch.setenv("CITELIFT_OIDC_ISSUER", made.issuer)
    monkeypatch.setenv("CITELIFT_OIDC_CLIENT_ID", CLIENT)
    monkeypatch.setenv("CITELIFT_OIDC_CLIENT_SECRET", SECRET)
    oidc._discovered.cache_clear()
    yield made
    oidc._discovered.cache_clear()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def cookies(self) -> dict[str, str]:
        return cookies_of(self.headers.get("set-cookie", "").split(";")[0])


def get(path: str, cookies: dict[str, str] | None = None, method: str = "GET", host: str = HOST) -> Answer:
    """A request to the door, before anything else."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the pages"})

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    where, _, query = path.partition("?")
    pairs = {"host": host, "accept": "text/html"}
    pairs["cookie"] = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    headers = [(name.encode(), value.encode()) for name, value in pairs.items()]
    scope = {"type": "http", "path": where, "method": method, "query_string": query.encode()}
    asyncio.run(Doorkeeper(app)(scope | {"headers": headers, "client": ("127.0.0.1", 1)}, receive, send))
    start, body = sent[0], b"".join(part.get("body", b"") for part in sent[1:])
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, body.decode())


def came_back(provider: Provider, back: str = "/answers?topic=crm") -> Answer:
    left = get(f"/signin/oidc?{urlencode({'next': back})}")
    return get(f"/signin/oidc/back?{urlencode(provider.authorized(left.headers['location']))}", left.cookies)


def test_whom_the_provider_vouches_for_and_we_know_comes_in_and_lands_where_they_wanted(
    provider: Provider,
) -> None:
    assert get("/answers").headers["location"] == "/signin?next=%2Fanswers"
    assert urlsplit(provider.issuer).netloc in get("/signin").body
    answer = came_back(provider)
    assert (answer.status, answer.headers["location"]) == (303, "/answers?topic=crm")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert get("/answers", answer.cookies).body == "the pages"
    database = store.open_database(settings.load().database_url)
    with store.writing(database) as session:
        people.remove(session, "ana@client.com", who="root", now=datetime.now(UTC))
        people.add(
            session, "eve", "correct horse battery", role="admin", workspaces=None, who="root", now=NOW
        )
    database.dispose()
    assert get("/answers", answer.cookies).status == 303


NOW = datetime(2026, 5, 18, tzinfo=UTC)
WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "another client": {"aud": "another"},
    "another client's, in a list": {"aud": [CLIENT, "another"], "azp": "another"},
    "an old one": {"exp": 1_700_000_000, "iat": 1_699_999_000},
    "another browser's": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "nobody we know": {"email": "eve@evil.example"},
    "no such claim": {"email": None},
    "an address that nobody verified": {"email_verified": False},
    "no subject": {"sub": None},
}


@pytest.mark.parametrize("says", WRONG.values(), ids=WRONG.keys())
def test_a_word_that_is_not_about_this_comes_to_nothing(provider: Provider, says: dict[str, Any]) -> None:
    provider.says = says
    answer = came_back(provider)
    assert (answer.status, "citelift_session" in answer.cookies) == (403, False)
    assert 'role="alert"' in answer.body


@pytest.mark.parametrize(
    ("key", "head"),
    [
        (ANOTHER, {"kid": "one"}),
        (ANOTHER, {"kid": "two"}),
        (None, {"kid": "one", "alg": "none"}),
        (CLIENT * 8, {"kid": "one", "alg": "HS256"}),
    ],
    ids=["another key", "a key nobody has", "no signature", "a shared secret"],
)
def test_only_the_providers_own_keys_sign(provider: Provider, key: Any, head: dict[str, Any]) -> None:
    provider.key, provider.head = key, head
    assert came_back(provider).status == 403


def test_an_answer_to_another_attempt_is_refused_and_a_code_works_once(provider: Provider) -> None:
    mine, theirs = get("/signin/oidc"), get("/signin/oidc")
    stolen = provider.authorized(theirs.headers["location"])
    assert get(f"/signin/oidc/back?{urlencode(stolen)}", mine.cookies).status == 403
    assert get(f"/signin/oidc/back?{urlencode(stolen)}").status == 403
    assert get(f"/signin/oidc/back?{urlencode(stolen)}", {"citelift_attempt": "..."}).status == 403
    own = provider.authorized(mine.headers["location"])
    assert get(f"/signin/oidc/back?{urlencode(own)}", mine.cookies).status == 303
    assert get(f"/signin/oidc/back?{urlencode(own)}", mine.cookies).status == 403


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_it_never_leads_to_another_site(provider: Provider, back: str) -> None:
    assert came_back(provider, back).headers["location"] == "/"


def test_what_the_provider_refuses_is_said(provider: Provider) -> None:
    left = get("/signin/oidc")
    state = provider.authorized(left.headers["location"])["state"]
    answer = get(f"/signin/oidc/back?{urlencode({'error': 'access_denied', 'state': state})}", left.cookies)
    assert (answer.status, "did not sign you in" in answer.body) == (403, True)


def test_a_wrong_secret_or_a_provider_that_is_down_lets_nobody_in(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITELIFT_OIDC_CLIENT_SECRET", "wrong-secret-of-the-client")
    assert came_back(provider).status == 403
    provider.server.clear()
    oidc._discovered.cache_clear()
    assert get("/signin/oidc").status == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [("CITELIFT_OIDC_ISSUER", "http://accounts.example.com"), ("CITELIFT_OIDC_ISSUER", "http://[::1")],
)
def test_a_provider_without_tls_is_not_asked(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert get("/signin/oidc").status in (403, 503)


def test_where_it_is_not_set_up_there_is_no_such_way(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert get("/signin/oidc", host="evil.example").status == 404
    assert get("/signin/oidc", method="POST").status == 404
    monkeypatch.delenv("CITELIFT_OIDC_CLIENT_ID")
    assert get("/signin/oidc").status == 404
    assert "Sign in with" not in get("/signin").body


def test_who_has_no_password_signs_in_with_none(provider: Provider) -> None:
    database = store.open_database(settings.load().database_url)
    with store.reading(database) as session:
        person = people.named(session, "ana@client.com")
    database.dispose()
    assert not people.verified(person, "")
    assert not people.verified(person, "correct horse battery")
