"""A webhook's signature, as the Standard Webhooks specification (1.0) writes it.

Signed is `id.timestamp.body` by HMAC-SHA256: who records a call can neither change it nor, after
`TOLERANCE`, use it again; within that time its id tells that it came before.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping

from tracker.errors import DataError

PREFIX = "whsec_"
TOLERANCE = 300
"""Seconds by which a receiver's clock may differ."""


def secret_bytes(secret: str) -> bytes:
    """A key in the specification's own writing, or any other text as its letters."""
    if not secret.startswith(PREFIX):
        return secret.encode("utf-8")
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except Error:
        raise DataError("a signing key that begins with whsec_ must go on in base64") from None


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()).decode()


def headers(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, id, timestamp, body),
    }


def check(secret: str, given: Mapping[str, str], body: bytes, now: int) -> None:
    """For receivers in Python: raises a DataError unless the call is ours, whole and fresh.

    A call that was seen before has an id that was seen before: keep ids for twice the tolerance.
    """
    try:
        id, timestamp = given["webhook-id"], int(given["webhook-timestamp"])
        signatures = given["webhook-signature"].split()
    except (KeyError, ValueError):
        raise DataError("the call carries no signature") from None
    if abs(now - timestamp) > TOLERANCE:
        raise DataError("the call is too old, or from the future")
    right = sign(secret, id, timestamp, body)
    if not any(hmac.compare_digest(right, each) for each in signatures):
        raise DataError("the signature is not of this body")
