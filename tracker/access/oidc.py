"""Signing in by OpenID Connect: the authorization code flow with PKCE, and what of its answer counts.

The provider says who somebody is; what they may do here stands with the people of `citelift users`, whose
name is the provider's claim. The ID token is believed only with a signature of the provider's own keys, its
issuer, this client, its time, and the nonce of the very browser that asked.

References
----------
OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9700 (OAuth 2.0 Security Best Current Practice).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import httpx

from tracker import settings
from tracker.errors import CiteliftError, UsageError
from tracker.settings import Settings

SECRET = "CITELIFT_OIDC_CLIENT_SECRET"  # noqa: S105 - its name
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures by a key of the provider; never `none`, and no shared secret."""
LEEWAY, TIMEOUT, KNOWN_FOR = 60, 10, 600
"""Seconds: that clocks may differ, that the provider may take, that its configuration is believed."""
LARGEST = 1_000_000


class SignInRefused(CiteliftError):  # noqa: N818
    """Why the provider's answer is not believed, or whom nobody knows here."""


@dataclass(frozen=True)
class Provider:
    issuer: str
    client: str
    claim: str
    authorize: str
    token: str
    keys: str
    basic: bool
    """Whether the client's secret goes into a header; else into the form."""


@dataclass(frozen=True)
class Attempt:
    """What one browser keeps between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str
    back: str

    def packed(self) -> str:
        return ".".join((self.state, self.nonce, self.verifier, quote(self.back, safe="")))


def begun(back: str) -> Attempt:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(state, nonce, verifier, back)


def unpacked(kept: str) -> Attempt:
    """What the browser kept; an attempt of nobody's where it is something else."""
    parts = kept.split(".")
    if len(parts) != 4:
        return begun("/")
    state, nonce, verifier, back = parts
    return Attempt(state, nonce, verifier, unquote(back))


def shown(configured: Settings) -> str:
    """The provider as people know it."""
    issuer = configured.oidc_issuer or ""
    return urlsplit(issuer).netloc if _is_safe(issuer) else issuer


def is_configured(configured: Settings) -> bool:
    return bool(configured.oidc_issuer and configured.oidc_client_id)


def provider(configured: Settings) -> Provider:
    """As its own discovery document says; looked at again after ten minutes."""
    issuer, client = configured.oidc_issuer, configured.oidc_client_id
    if not issuer or not client:
        raise UsageError("no OpenID provider is set", "set CITELIFT_OIDC_ISSUER and CITELIFT_OIDC_CLIENT_ID")
    return _discovered(issuer.rstrip("/"), client, configured.oidc_claim, int(time.time() // KNOWN_FOR))


@lru_cache(maxsize=4)
def _discovered(issuer: str, client: str, claim: str, _when: int) -> Provider:
    told = _json("GET", f"{issuer}/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != issuer:
        raise SignInRefused("the provider calls itself otherwise", "set CITELIFT_OIDC_ISSUER as it says")
    found = {name: str(told.get(f"{name}_endpoint") or "") for name in ("authorization", "token")}
    found["jwks"] = str(told.get("jwks_uri") or "")
    for name, address in found.items():
        if not _is_safe(address):
            raise SignInRefused(f"the provider's {name} address is no https", "ask whoever runs it")
    methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_basic" in methods
    return Provider(issuer, client, claim, found["authorization"], found["token"], found["jwks"], basic)


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    )


def address(of: Provider, attempt: Attempt, redirect: str) -> str:
    """Where a browser is sent to sign in."""
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": of.client,
        "redirect_uri": redirect,
        "scope": "openid email profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{of.authorize}{'&' if '?' in of.authorize else '?'}{urlencode(query)}"


def name_of(of: Provider, attempt: Attempt, query: Mapping[str, str], redirect: str) -> str:
    """Who came back with this answer; `SignInRefused` where it is none to this attempt."""
    if not attempt.state or not secrets.compare_digest(query.get("state", ""), attempt.state):
        raise SignInRefused("this answer belongs to another attempt", "sign in again")
    if query.get("error") or not query.get("code"):
        raise SignInRefused("the provider did not sign you in", "try again, or ask whoever runs it")
    form = {
        "grant_type": "authorization_code",
        "code": query["code"],
        "redirect_uri": redirect,
        "code_verifier": attempt.verifier,
        "client_id": of.client,
    }
    secret, more = settings.key(SECRET), {}
    if secret and of.basic:
        pair = (quote(of.client, safe=""), quote(secret.get_secret_value(), safe=""))
        more = {"auth": pair}
    elif secret:
        form["client_secret"] = secret.get_secret_value()
    told = _json("POST", of.token, data=form, **more)
    return _claimed(of, _verified(of, str(told.get("id_token") or ""), attempt.nonce))


def _verified(of: Provider, token: str, nonce: str) -> Mapping[str, Any]:
    import jwt

    try:
        head = jwt.get_unverified_header(token)
        keys = jwt.PyJWKSet.from_dict(_json("GET", of.keys)).keys
        fitting = [key for key in keys if key.key_id == head.get("kid")] or (keys if len(keys) == 1 else [])
        if head.get("alg") not in ALGORITHMS or not fitting:
            raise SignInRefused("the provider's signature is by no key of its own", "sign in again")
        told: Mapping[str, Any] = jwt.decode(
            token,
            fitting[0].key,
            algorithms=[str(head["alg"])],
            audience=of.client,
            issuer=[of.issuer, f"{of.issuer}/"],
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError:
        raise SignInRefused("the provider's word is not good for this", "sign in again") from None
    if not secrets.compare_digest(str(told.get("nonce", "")), nonce):
        raise SignInRefused("this answer belongs to another attempt", "sign in again")
    if told.get("azp", of.client) != of.client:
        raise SignInRefused("this answer is for another program", "sign in again")
    return told


def _claimed(of: Provider, told: Mapping[str, Any]) -> str:
    name = str(told.get(of.claim) or "").strip()
    if not name:
        raise SignInRefused(f"the provider says no {of.claim}", "set CITELIFT_OIDC_CLAIM to one that it says")
    if of.claim == "email" and told.get("email_verified") is False:
        raise SignInRefused("the provider has not seen that this address is yours", "verify it there")
    return name


def _json(method: str, url: str, **more: Any) -> dict[str, Any]:
    if not _is_safe(url):
        raise SignInRefused("the provider's address is no https", "set CITELIFT_OIDC_ISSUER with https")
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            answer = client.request(method, url, headers={"accept": "application/json"}, **more)
        told = answer.json() if answer.status_code == 200 and len(answer.content) <= LARGEST else None
    except (httpx.HTTPError, ValueError):
        told = None
    if not isinstance(told, dict):
        raise SignInRefused("the provider does not answer as it should", "try again in a minute")
    return told
