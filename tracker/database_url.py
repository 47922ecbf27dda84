"""A database's address: read, and shown without its password or what may be one in a mistyped address."""

from __future__ import annotations

import re

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from tracker.errors import StoreError

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*)(?::/*|/+)")
_PLAIN_PLACE = re.compile(r"[\w.-]+(?::\d{1,5})?(?:/[\w.-]*)?")
HIDDEN = "***"


def parsed(url: str) -> URL:
    """SQLite or PostgreSQL; anything else is refused."""
    hint = "use sqlite:///file.db or postgresql://user@host/name"
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"not a database address: {shown(url)}", hint) from None
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    kind = address.drivername.partition("+")[0]
    if kind not in {"sqlite", "postgresql"}:
        raise StoreError(f"citelift does not store in {kind}", hint)
    return address


def shown(url: str) -> str:
    """The kind, and host and name where nothing in them can be a secret."""
    scheme = _SCHEME.match(url)
    if scheme is None or (scheme[1].lower() not in {"sqlite"} and "://" not in url):
        return HIDDEN
    kind, rest = scheme[1], url[scheme.end() :]
    if kind.lower() == "sqlite":
        return url.strip() if not re.search("[@?]", rest) else f"{kind}:///{HIDDEN}"
    _, at, place = rest.rpartition("@")
    place = re.split(r"[?#]", place)[0]
    user = f"{HIDDEN}@" if at else ""
    return f"{kind}://{user}{place if _PLAIN_PLACE.fullmatch(place) else HIDDEN}"


def without_secrets(message: str, url: str) -> str:
    """A driver's words without anything that the address has where passwords stand."""
    for secret in sorted(_possible_secrets(url), key=len, reverse=True):
        message = message.replace(secret, HIDDEN)
    return message


def _possible_secrets(url: str) -> set[str]:
    scheme = _SCHEME.match(url)
    rest = url[scheme.end() :] if scheme else url
    login, _, _ = rest.rpartition("@")
    pieces = re.split(r"[:@/?#\s]+", login.partition(":")[2])
    pieces += re.findall(r"(?i)(?:pass\w*|pwd|secret|key|token)\s*=\s*([^&\s]+)", url)
    return {piece for piece in pieces if len(piece) > 2}
