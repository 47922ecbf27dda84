"""Where a request may go: an engine's key is for its vendor's hosts, over TLS, and for nobody else.

Asked twice: of what the catalog and the environment say, before anything is spent, and again of every request
as it leaves, redirects included, whatever a library made of the options. `CITELIFT_ALLOWED_HOSTS` is the one
way to let an engine be asked elsewhere. A proxy (HTTPS_PROXY) is no such place: it carries what it cannot
read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from tracker import settings
from tracker.engines.row import Call
from tracker.errors import UsageError

ALLOWED = "CITELIFT_ALLOWED_HOSTS"
WAY_OUT = f"take it out, or allow the host by name in the environment: {ALLOWED}=host, or http://host:port"
ADDRESS_OPTIONS = ("api_base", "base_url", "azure_endpoint", "aws_bedrock_runtime_endpoint")
_PARTS_OF_A_HOST = ("aws_region_name", "region_name", "vertex_location", "vertex_ai_location")
_VARIABLE = re.compile(r"(API_BASE|BASE_URL|API_URL|ENDPOINT|API_HOST)$")
_LABEL = re.compile(r"[a-z0-9_-]+")
_OFF = {"false", "0", "no", "off"}


@dataclass(frozen=True)
class KeyAddress:
    url: str
    named_by: str
    """`the option api_base`, `the variable OPENAI_BASE_URL`"""


@dataclass(frozen=True)
class _HostPattern:
    """What a pattern of hosts allows; `*` stands for one label, or within one."""

    scheme: str
    name: str
    port: int | None
    """None: any."""

    def matches(self, scheme: str, name: str, port: int | None) -> bool:
        if scheme != self.scheme or self.port not in (None, port):
            return False
        pattern, labels = self.name.split("."), name.split(".")
        return len(pattern) == len(labels) and all(map(_is_label, labels, pattern))


def _is_label(label: str, pattern: str) -> bool:
    """A star stands for what a label may hold: clients differ in what they make of `evil%2ecom%2f`."""
    if "*" not in pattern:
        return label == pattern
    return _LABEL.fullmatch(label) is not None and fnmatchcase(label, pattern)


def refusal(call: Call, model: str, options: Mapping[str, Any]) -> str | None:
    """Why the asks of this engine must not be sent, as far as options and environment tell."""
    problem = refused_option(call, model, options)
    if problem is None:
        problem = _refused(call, model, _from_environment(call, model, options))
    if problem is None and call.route != "http" and not call.imitates:
        problem = _switched_off()
    return problem


def refused_option(call: Call, model: str, options: Mapping[str, Any]) -> str | None:
    """Why options must not stand in a catalog: they send the key to a host that it is not for."""
    for name in _PARTS_OF_A_HOST:
        if name in options and not re.fullmatch(r"[A-Za-z0-9-]+", str(options[name])):
            return f"the option {name} is no region: {options[name]!r}"
    return _refused(call, model, _from_options(options))


def _refused(call: Call, model: str, addresses: Iterator[KeyAddress]) -> str | None:
    for address in addresses:
        if not _is_admitted(call, address.url):
            return f"{address.named_by} sends the key for {model} to {_shown(address.url)}"
    return None


def _switched_off() -> str | None:
    """litellm's own switches in the environment."""
    values = settings.variables()
    if values.get("SSL_VERIFY", "").strip().lower() in _OFF:
        return "the variable SSL_VERIFY turns certificates off: a key would go to whoever answers"
    if values.get("USE_LITELLM_PROXY", "").strip().lower() in {"true", "1"}:
        return "the variable USE_LITELLM_PROXY sends every key to a proxy"
    return None


def elsewhere(call: Call, model: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Hosts that are in use because the environment allows them: not the vendor's."""
    addresses = [*_from_options(options), *_from_environment(call, model, options)]
    return tuple(
        f"{_shown(address.url)} ({address.named_by})"
        for address in addresses
        if not _is_vendors(call, *_split(address.url))
    )


def _from_options(options: Mapping[str, Any]) -> Iterator[KeyAddress]:
    for name in ADDRESS_OPTIONS:
        if options.get(name):
            yield KeyAddress(str(options[name]), f"the option {name}")


def _from_environment(call: Call, model: str, options: Mapping[str, Any]) -> Iterator[KeyAddress]:
    """Variables count where neither the row nor the catalog names the address."""
    if call.imitates or call.api_base or call.route == "http" or any(map(options.get, ADDRESS_OPTIONS)):
        return
    for name in _variables_of(call, model):
        yield KeyAddress(settings.variables()[name].strip(), f"the variable {name}")


def _variables_of(call: Call, model: str) -> list[str]:
    """The variables, set, that re-point this vendor in litellm, which names them after the vendor."""
    if call.base_variable:
        return [call.base_variable] if settings.key(call.base_variable) else []
    vendor = _plain(model.partition("/")[0] if "/" in model else "")
    stems = {_plain(name) for name in call.vendors} or {vendor}
    return sorted(
        name
        for name, value in settings.variables().items()
        if value.strip() and _VARIABLE.search(name) and any(_plain(name).startswith(stem) for stem in stems)
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_admitted(call: Call, url: str) -> bool:
    return may_have_key(call.hosts, url)


def may_have_key(hosts: Iterable[str], url: str) -> bool:
    """Whether a key for these hosts of its vendor may go to this address."""
    scheme, name, port = _split(url)
    return _is_one_of(hosts, scheme, name, port) or any(
        host.matches(scheme, name, port) for host in allowed_hosts()
    )


def _is_vendors(call: Call, scheme: str, name: str, port: int | None) -> bool:
    return _is_one_of(call.hosts, scheme, name, port)


def _is_one_of(hosts: Iterable[str], scheme: str, name: str, port: int | None) -> bool:
    return port in (None, 443) and any(
        _HostPattern("https", pattern, None).matches(scheme, name, port) for pattern in hosts
    )


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _split(url: str) -> tuple[str, str, int | None]:
    """(scheme, host, port); empty where the address is not a plain one: parsers differ about those."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", None
    if re.search(r"[\s\\\x00-\x1f]", url) or "@" in parts.netloc:
        return "", "", None
    return parts.scheme, (parts.hostname or "").rstrip("."), port


def _shown(url: str) -> str:
    scheme, name, port = _split(url)
    return f"{scheme}://{name}{f':{port}' if port else ''}" if name else "an address that is none"


def allowed_hosts() -> list[_HostPattern]:
    entries = settings.variables().get(ALLOWED, "")
    return [_host(entry) for entry in re.split(r"[\s,]+", entries) if entry]


def _host(entry: str) -> _HostPattern:
    scheme, name, port = _split(entry if "://" in entry else f"https://{entry}")
    # A star for a whole public suffix would allow everybody.
    too_wide = name.startswith("*") and name.count(".") < 2
    if scheme not in {"http", "https"} or not name or too_wide or "/" in entry.partition("://")[2]:
        raise UsageError(
            f"{ALLOWED} holds {entry[:80]!r}, which is no host",
            "write hosts with commas between: gateway.acme.com, llm.acme.com:8443, http://127.0.0.1:4000",
        )
    return _HostPattern(scheme, name.lower(), port)


class RequestGate:
    """The requests of one ask: each is admitted or raises."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.refused: str | None = None
        self._pinned: str | None = None

    def admit(self, url: str) -> None:
        if self.call.imitates:
            fine = _is_loopback(_split(url)[1])
        else:
            fine = _is_admitted(self.call, url) or self._is_litellms_own(url)
        if fine:
            return
        self.refused = f"a request to {_shown(url)} was stopped: the key is not for that host"
        raise ConnectionError(self.refused)

    def _is_litellms_own(self, url: str) -> bool:
        """A vendor without a row here is at the first address that litellm knows for it, and stays there."""
        scheme, name, _ = _split(url)
        if self.call.hosts or scheme != "https":
            return False
        self._pinned = self._pinned or name
        return name == self._pinned


_gate: ContextVar[RequestGate | None] = ContextVar("gate", default=None)


@contextmanager
def gated(call: Call) -> Iterator[RequestGate]:
    gate = RequestGate(call)
    token = _gate.set(gate)
    try:
        yield gate
    finally:
        _gate.reset(token)


def admit(url: str) -> None:
    """Raise unless the ask that is under way may send a request there."""
    if gate := _gate.get():
        gate.admit(url)


Send = Callable[[Any, Any], Awaitable[Any]]


def guard(transport: Any) -> None:
    """Ask `admit` before every request of a class of httpx transports, redirected ones too."""
    send: Send = transport.handle_async_request

    @wraps(send)
    async def guarded(self: Any, request: Any) -> Any:
        admit(str(request.url))
        return await send(self, request)

    transport.handle_async_request = guarded
