"""Addresses that lead to a page whose own address stands in them (`wrappers.yaml`): read, never followed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from tracker.shipped import words_of


class Wrapper(NamedTuple):
    path: re.Pattern[str]
    query: tuple[str, ...]
    """Parameters that may hold the address; `*` is the whole query."""
    code: str | None

    @property
    def stands_in_path(self) -> bool:
        return "(?P<url>" in self.path.pattern

    @property
    def concern(self) -> str:
        """A pattern of the paths and queries that may hold an address."""
        queries = [r".*" if name == "*" else rf"(?:.*&)?{re.escape(name)}=.*" for name in self.query]
        if self.stands_in_path:
            return rf"(?:{self.path.pattern})(?:\?.*)?"
        return rf"(?:{self.path.pattern})\?(?:{'|'.join(queries)})"

    def candidates(self, host: str, path: str, query: str) -> Iterator[str]:
        """What may be the address inside, the likeliest first."""
        fits = self.path.fullmatch(path)
        if fits is None:
            return
        inside = fits.groupdict()
        if (url := inside.get("url") or inside.get("url2")) is not None:
            url = url if "/" in url else unquote(url)
            url += inside.get("rest") or ""
            yield self._decoded(f"{url}?{query}" if query and self.code is None else url, host, query)
        pairs = [pair.partition("=") for pair in query.split("&")]
        for name in self.query:
            if name == "*":
                yield query
            yield from (self._decoded(unquote(value), host, query) for key, _, value in pairs if key == name)

    def _decoded(self, text: str, host: str, query: str) -> str:
        return _CODES[self.code](text, host, query) if self.code is not None else text


def _base64(text: str) -> str:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.decode("utf-8", "replace")


def _inside_base64(text: str, _host: str, _query: str) -> str:
    match = re.search(r"https?://[!-~]+", _base64(text))
    return match[0] if match else ""


def _of_cache(text: str, _host: str, _query: str) -> str:
    match = re.match(r"(?:cache|related):(?:[\w-]{12}:)?([^\s+]+)", text)
    return match[1] if match else ""


def _translated(path: str, host: str, query: str) -> str:
    """`norvane-com.translate.goog`: a dot is a hyphen there, a hyphen is two."""
    name = host.removesuffix(".translate.goog")
    codes = re.search(r"(?:^|&)_x_tr_enc=([01,]+)", query)
    if codes and (prefix := re.match(r"([01])-", name)):
        name = name[prefix.end() :]
    name = re.sub("-+", lambda run: "-" * (len(run[0]) // 2) + "." * (len(run[0]) % 2), name)
    return f"https://{name}{path}?{query}" if query else f"https://{name}{path}"


_CODES: dict[str, Callable[[str, str, str], str]] = {
    "base64": lambda text, *_: unquote(_base64(text)),
    "a1 base64": lambda text, *_: _base64(text.removeprefix("a1")),
    "inside base64": _inside_base64,
    "cache": _of_cache,
    "translated host": _translated,
    "proofpoint": lambda text, *_: unquote(text.replace("-", "%").replace("_", "/")),
    "disqus": lambda text, *_: re.sub(r":[\w-]{20,}$", "", text),
}


def _by_host() -> dict[str, list[Wrapper]]:
    known: dict[str, list[Wrapper]] = {}
    for rule in words_of("tracker.domains", "wrappers.yaml")["wrappers"]:
        wrapper = Wrapper(
            re.compile(rule["path"], re.DOTALL), tuple(_words(rule.get("query", ""))), rule.get("code")
        )
        if wrapper.code is not None and wrapper.code not in _CODES:
            raise ValueError(f"wrappers.yaml: no code {wrapper.code!r}")
        for host in _words(rule["hosts"]):
            known.setdefault(host, []).append(wrapper)
    return known


def _words(text: str) -> list[str]:
    return text.split()


_BY_HOST = _by_host()
HOSTS = frozenset(_BY_HOST)
"""As `wrappers.yaml` names them, with `*.` and `.*`."""


def of_host(host: str, registry: str | None) -> tuple[Wrapper, ...]:
    """The wrappers that stand on a host; `registry` is its registry's suffix."""
    bare = host.removeprefix("www.")
    names = [bare, f"*.{bare}"]
    if registry is not None and bare.endswith("." + registry):
        names.append(bare.removesuffix(registry) + "*")
    labels = bare.split(".")
    names += ["*." + ".".join(labels[i:]) for i in range(1, len(labels) - 1)]
    return tuple(wrapper for name in names for wrapper in _BY_HOST.get(name, ()))
