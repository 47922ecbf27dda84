"""Slack, Teams, Discord and one's own programs over HTTP; everything else through Apprise.

The four go without Apprise, which says only yes or no: whether a message may be sent again depends on
whether the request left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from tracker import __version__, retry_after, settings
from tracker.errors import DataError
from tracker.notify import signature
from tracker.notify.message import Message
from tracker.notify.people import Recipient
from tracker.notify.results import Handed, LaterError, RejectedError, UnclearError

SECONDS = 30.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST = 2_800
"""Letters of one block in Slack (3,000), of one description in Discord (4,096)."""


def address_of(person: Recipient) -> str:
    """Where it goes: the address itself, or what its environment variable holds."""
    url = person.url
    if not url.startswith(("http://", "https://")):
        held = settings.key(url)
        if held is None:
            raise RejectedError(f"the environment variable {url} is not set")
        url = held.get_secret_value()
    if person.channel != "apprise":
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise RejectedError("a hook's address must begin with https://")
    return url


def webhook_id(key: str, recipient: str) -> str:
    """The same for every try: by it a receiver knows a repetition."""
    return "msg_" + hashlib.sha256(f"{key}\x1f{recipient}".encode()).hexdigest()[:27]


def send(
    message: Message, person: Recipient, *, key: str, at: datetime, hand_over: Callable[[], None]
) -> Handed:
    url = address_of(person)
    if person.channel == "apprise":
        return _through_apprise(message, url, hand_over)
    if person.channel == "webhook":
        return _post(url, hand_over, at, **_signed(message, person, key, at))
    if person.channel == "discord" and message.picture is not None:
        payload = {"payload_json": json.dumps(discord(message))}
        picture = (message.picture.name, message.picture.content, message.picture.media)
        return _post(url, hand_over, at, data=payload, files={"files[0]": picture})
    body = {"slack": slack, "teams": teams, "discord": discord}[person.channel](message)
    return _post(url, hand_over, at, json=body)


def _signed(message: Message, person: Recipient, key: str, at: datetime) -> dict[str, Any]:
    secret = settings.key(person.secret)
    if secret is None:
        raise RejectedError(f"the environment variable {person.secret} is not set")
    whole = {"type": message.kind, "timestamp": at.isoformat(), "data": dict(message.data)}
    body = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    try:
        head = signature.headers(
            secret.get_secret_value(), webhook_id(key, person.name), int(at.timestamp()), body
        )
    except DataError as error:
        raise RejectedError(error.problem) from None
    return {"content": body, "headers": {"content-type": "application/json", **head}}


def _post(url: str, hand_over: Callable[[], None], at: datetime, **request: Any) -> Handed:
    agent = {"user-agent": f"citelift/{__version__}"}
    host = urlsplit(url).hostname
    with httpx.Client(timeout=SECONDS, follow_redirects=False, headers=agent) as client:
        hand_over()
        try:
            reply = client.post(url, **request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise LaterError(f"{host} cannot be reached: {type(error).__name__}") from None
        except httpx.InvalidURL:
            raise RejectedError("the hook's address is none") from None
        except httpx.HTTPError as error:
            raise UnclearError(
                f"the line to {host} broke before it answered: {type(error).__name__}"
            ) from None
    said = f"{reply.status_code} from {host}"
    if reply.is_success:
        return Handed(said)
    if reply.status_code in {502, 504}:
        raise UnclearError(f"{said}: what stands behind it may have taken it")
    if reply.status_code in {408, 425, 429} or reply.status_code >= 500:
        raise LaterError(said, retry_after.seconds(reply.headers.get("retry-after"), at))
    raise RejectedError(f"{said}: {_words(reply)}" if _words(reply) else said)


def _words(reply: httpx.Response) -> str:
    text = " ".join(reply.text.split())[:120]
    return "" if "<" in text else text


def _through_apprise(message: Message, url: str, hand_over: Callable[[], None]) -> Handed:
    try:
        import apprise
    except ModuleNotFoundError:
        raise RejectedError("Apprise is not installed: pip install 'citelift[apprise]'") from None
    told = apprise.Apprise()
    if not told.add(url):
        raise RejectedError("Apprise does not know this kind of address")
    hand_over()
    body = "\n".join([message.lead, *message.points, message.link]).strip()
    if not told.notify(body=body, title=message.subject, body_format=apprise.NotifyFormat.TEXT):
        raise UnclearError("Apprise says that it failed, and not whether anything arrived")
    return Handed("taken by Apprise")


# What each shows


def slack(message: Message) -> dict[str, Any]:
    """Block Kit; text of others is escaped as Slack asks, and mentions nobody."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.subject[:150]}},
        _section(_escaped(message.lead)),
    ]
    if message.facts:
        fields = [
            _mrkdwn(f"*{_escaped(f.name)}*\n{_escaped(f.value)}\n{_escaped(f.under)}") for f in message.facts
        ]
        blocks.append({"type": "section", "fields": fields[:10]})
    if message.points:
        blocks.append(_section("\n".join(f"• {_escaped(point)}" for point in message.points)))
    if message.link:
        blocks.append(_section(f"<{message.link}|Open it in citelift>"))
    return {"text": _escaped(message.lead), "blocks": blocks, "unfurl_links": False}


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text[:_LONGEST]}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(message: Message) -> dict[str, Any]:
    """An adaptive card, as the Workflows app takes it. Markdown in text of others is broken up."""
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": _flat(message.subject),
            "weight": "Bolder",
            "size": "Large",
            "wrap": True,
        },
        {"type": "TextBlock", "text": _flat(message.lead), "wrap": True},
    ]
    if message.facts:
        pairs = [{"title": _flat(f.name), "value": _flat(f"{f.value} {f.under}")} for f in message.facts]
        body.append({"type": "FactSet", "facts": pairs})
    body += [{"type": "TextBlock", "text": f"• {_flat(each)}", "wrap": True} for each in message.points]
    card: dict[str, Any] = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": body,
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open it in citelift", "url": message.link}]
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _flat(text: str) -> str:
    """Without what Markdown would make a link, an image or bold of."""
    return text.strip().translate({ord(sign): "\u200b" + sign for sign in "[]*_`<>"})


def discord(message: Message) -> dict[str, Any]:
    embed: dict[str, Any] = {
        "title": message.subject[:256],
        "description": "\n".join([_flat(message.lead), *(f"• {_flat(each)}" for each in message.points)])[
            :_LONGEST
        ],
    }
    if message.facts:
        embed["fields"] = [
            {"name": f.name[:256] or "–", "value": _flat(f"{f.value}\n{f.under}")[:1024], "inline": True}
            for f in message.facts[:25]
        ]
    if message.link:
        embed["url"] = message.link
    if message.picture is not None:
        embed["image"] = {"url": f"attachment://{message.picture.name}"}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}
