"""What hooks get over real HTTP, and what each answer of theirs comes to."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tracker.notify.servers import Hook, hook_server
from tracker.errors import DataError
from tracker.notify import hooks, signature
from tracker.notify.message import Attachment, Fact, Message, pack, unpack
from tracker.notify.people import Recipient
from tracker.notify.results import LaterError, RejectedError, UnclearError

NOW = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PICTURE = Attachment("trend.png", "image/png", b"\x89PNG\r\n\x1a\nnot really")
MESSAGE = Message(
    kind="report.ready",
    subject="Norvane in AI answers",
    text="all of it",
    lead="Norvane & <b>Söhne</b> is named in 34 %, up 8 points.",
    facts=(Fact("Mention rate", "34.0 %", "27 to 41"),),
    points=("[a](javascript:b) is *first*",),
    link="https://citelift.acme.com/overview",
    data={"week": "2026-06-01", "mention_rate": 0.34},
)


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def url(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with hook_server(hook) as address:
        monkeypatch.setenv("TEAM_WEBHOOK", f"{address}/in")
        monkeypatch.setenv("TEAM_SECRET", SECRET)
        yield address


def send(channel: str, message: Message = MESSAGE, url: str = "TEAM_WEBHOOK") -> list[str]:
    marks: list[str] = []
    person = Recipient("team", channel, url=url, secret="TEAM_SECRET")  # type: ignore[arg-type]
    hooks.send(message, person, key="report:1", at=NOW, hand_over=lambda: marks.append("handed"))
    return marks


def body_of(hook: Hook) -> Any:
    ((_, _, body),) = hook.calls
    return json.loads(body)


def test_slack_gets_blocks_in_which_no_text_is_markup(hook: Hook, url: str) -> None:
    assert send("slack") == ["handed"]
    body = body_of(hook)
    assert body["text"] == "Norvane &amp; &lt;b&gt;Söhne&lt;/b&gt; is named in 34 %, up 8 points."
    kinds = [block["type"] for block in body["blocks"]]
    assert kinds == ["header", "section", "section", "section", "section"]
    assert body["blocks"][-1]["text"]["text"] == "<https://citelift.acme.com/overview|Open it in citelift>"


def test_teams_gets_an_adaptive_card_in_the_envelope_of_workflows(hook: Hook, url: str) -> None:
    send("teams")
    (attachment,) = body_of(hook)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"][0]["url"] == MESSAGE.link
    assert "[a](javascript:b)" not in json.dumps(card)


def test_discord_gets_the_picture_and_pings_nobody(hook: Hook, url: str) -> None:
    send("discord", replace(MESSAGE, picture=PICTURE, lead="@everyone look"))
    ((_, headers, body),) = hook.calls
    assert headers["content-type"].startswith("multipart/form-data")
    assert PICTURE.content in body
    start = body.index(b"{")
    sent, _ = json.JSONDecoder().raw_decode(body[start:].decode("utf-8", "replace"))
    assert sent["allowed_mentions"] == {"parse": []}
    assert sent["embeds"][0]["image"] == {"url": "attachment://trend.png"}


def test_a_webhook_is_signed_as_the_specification_says(hook: Hook, url: str) -> None:
    send("webhook")
    ((path, headers, body),) = hook.calls
    assert path == "/in"
    assert json.loads(body) == {
        "type": "report.ready",
        "timestamp": NOW.isoformat(),
        "data": {"week": "2026-06-01", "mention_rate": 0.34},
    }
    # By hand, from the words of the specification.
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    key = b64decode(SECRET.removeprefix("whsec_"))
    right = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{right}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))


def test_the_specifications_own_example_has_its_signature() -> None:
    found = signature.sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"body": b'{"amount":2}'}, "not of this body"),
        ({"id": "msg_other"}, "not of this body"),
        ({"later": 301}, "too old"),
        ({"later": -301}, "too old"),
        ({"later": 299}, None),
        ({"secret": "another"}, "not of this body"),
        ({"headers": {}}, "no signature"),
    ],
)
def test_a_receiver_takes_only_what_is_ours_whole_and_fresh(
    change: dict[str, Any], words: str | None
) -> None:
    body, stamp = b'{"amount":1}', 1_700_000_000
    headers = signature.headers("the key", "msg_1", stamp, body)
    headers |= {"webhook-id": change.get("id", "msg_1")}
    given = change.get("headers", headers)
    later = stamp + change.get("later", 0)
    if words is None:
        signature.check("the key", given, body, later)
        return
    with pytest.raises(DataError, match=words):
        signature.check(change.get("secret", "the key"), given, change.get("body", body), later)


def test_every_try_has_the_same_id_and_every_notice_another(hook: Hook, url: str) -> None:
    send("webhook")
    send("webhook")
    ids = [headers["webhook-id"] for _, headers, _ in hook.calls]
    assert ids[0] == ids[1] == hooks.webhook_id("report:1", "team")
    assert hooks.webhook_id("report:2", "team") != ids[0] != hooks.webhook_id("report:1", "crm")


@pytest.mark.parametrize(
    ("answer", "error", "wait"),
    [
        ((429, {"retry-after": "120"}), LaterError, 120.0),
        ((503, {"retry-after": "Mon, 08 Jun 2026 07:10:00 GMT"}), LaterError, 600.0),
        ((500, {}), LaterError, None),
        ((404, {}), RejectedError, None),
        ((410, {}), RejectedError, None),
        ((302, {"location": "http://127.0.0.1:9/"}), RejectedError, None),
        ((502, {}), UnclearError, None),
    ],
)
def test_what_a_hook_answers_decides_whether_it_is_tried_again(
    hook: Hook, url: str, answer: tuple[int, dict[str, str]], error: type[Exception], wait: float | None
) -> None:
    hook.answers = [answer]
    with pytest.raises(error) as raised:
        send("slack")
    assert getattr(raised.value, "wait", None) == wait
    assert len(hook.calls) == 1


def test_a_line_that_breaks_after_the_request_is_no_failure_and_no_success(hook: Hook, url: str) -> None:
    hook.drop = 1
    with pytest.raises(UnclearError, match="broke before it answered"):
        send("slack")


def test_nobody_there_is_tried_later_and_what_cannot_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEAM_WEBHOOK", "http://127.0.0.1:9/in")
    monkeypatch.setenv("TEAM_SECRET", SECRET)
    with pytest.raises(LaterError, match="cannot be reached"):
        send("slack")
    for address in ("http://hooks.example.com/in", "ftp://127.0.0.1/in"):
        monkeypatch.setenv("TEAM_WEBHOOK", address)
        with pytest.raises(RejectedError, match="must begin with https"):
            send("slack")
    monkeypatch.delenv("TEAM_WEBHOOK")
    with pytest.raises(RejectedError, match="TEAM_WEBHOOK is not set"):
        send("slack")


def test_apprise_speaks_to_what_citelift_does_not(
    hook: Hook, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("apprise")
    monkeypatch.setenv("TEAM_WEBHOOK", url.replace("http://", "json://"))
    assert send("apprise") == ["handed"]
    body = body_of(hook)
    assert body["title"] == MESSAGE.subject
    assert MESSAGE.lead in body["message"]
    monkeypatch.setenv("TEAM_WEBHOOK", "nonsense://x")
    with pytest.raises(RejectedError, match="does not know"):
        send("apprise")


def test_a_stored_message_comes_back_as_it_was() -> None:
    message = replace(MESSAGE, picture=PICTURE, attachments=(PICTURE,), html="<p>ü</p>")
    assert unpack(pack(message)) == message
    with pytest.raises(DataError, match="cannot be read"):
        unpack(b"nothing of the kind")
