"""What is told, as every channel can say it: packed once, so that a later try sends the very same."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.errors import DataError


@dataclass(frozen=True)
class Attachment:
    name: str
    media: str
    """Like `application/pdf`."""
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Fact:
    """One number with its name, where a channel has room for a few."""

    name: str
    value: str
    under: str = ""


@dataclass(frozen=True)
class Message:
    """`text` is the whole of it in plain words; the rest is for who can show more."""

    kind: str
    """report.ready, alerts.found or test: what a webhook's receiver tells them apart by."""
    subject: str
    text: str
    lead: str
    """The one sentence that a phone shows."""
    facts: tuple[Fact, ...] = ()
    points: tuple[str, ...] = ()
    """A few lines below the lead."""
    html: str = ""
    picture: Attachment | None = None
    """Stands in the HTML as `cid:picture`."""
    attachments: tuple[Attachment, ...] = ()
    link: str = ""
    """The page that shows it."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """For programs: what a webhook carries."""


def pack(message: Message) -> bytes:
    plain = {
        **{name: getattr(message, name) for name in ("kind", "subject", "text", "lead", "html", "link")},
        "points": list(message.points),
        "facts": [[fact.name, fact.value, fact.under] for fact in message.facts],
        "data": dict(message.data),
        "picture": _written(message.picture) if message.picture else None,
        "attachments": [_written(each) for each in message.attachments],
    }
    return zlib.compress(json.dumps(plain, ensure_ascii=False).encode("utf-8"), 6)


def _written(part: Attachment) -> list[str]:
    return [part.name, part.media, b64encode(part.content).decode()]


def unpack(content: bytes) -> Message:
    try:
        plain = json.loads(zlib.decompress(content))
        picture, attachments = plain.pop("picture"), plain.pop("attachments")
        facts, points = plain.pop("facts"), plain.pop("points")
        return Message(
            **plain,
            facts=tuple(Fact(*each) for each in facts),
            points=tuple(points),
            picture=_read(picture) if picture else None,
            attachments=tuple(_read(each) for each in attachments),
        )
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise DataError(f"a stored message cannot be read: {error}", "send the report anew") from None


def _read(part: list[str]) -> Attachment:
    name, media, content = part
    return Attachment(name, media, b64decode(content))
