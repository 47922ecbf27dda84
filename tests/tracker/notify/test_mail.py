"""E-mail against a real server: what arrives, over which line, and how each refusal ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.shared import made_once
from tests.tracker.notify import servers
from tests.tracker.notify.servers import LOGIN, PASSWORD, Mailbox, mail_server
from tests.tracker.notify.test_hooks import MESSAGE, PICTURE
from tracker.notify import mail
from tracker.notify.message import Attachment, Message
from tracker.notify.people import Recipient, Sender, Smtp
from tracker.notify.results import LaterError, RejectedError, UnclearError

NOW = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)
SENDER = Sender("reports@acme.com", "Agentur Müller, Köln", "ana@acme.com")
ANA = Recipient("ana", "email", to="ana@client.com")
PDF = Attachment("report.pdf", "application/pdf", b"%PDF-1.7 \x00\xff\r\n.\r\n..\r\nend")
WHOLE = replace(
    MESSAGE,
    subject="Norvane: 34 % – größer,\r\nBcc: eve@evil.com",
    text="First line\n.\n.. dots\nUmlaut ä " + "x" * 2_000,
    html='<p>Hallo ä</p><img src="cid:picture" alt="">',
    picture=PICTURE,
    attachments=(PDF,),
)


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def plain(box: Mailbox) -> Iterator[Smtp]:
    with mail_server(box) as port:
        yield Smtp("127.0.0.1", port, "none")


def send(smtp: Smtp, message: Message = WHOLE, key: str = "report:1") -> list[str]:
    marks: list[str] = []
    mail.send(message, ANA, SENDER, smtp, key=key, at=NOW, hand_over=lambda: marks.append("handed"))
    return marks


def test_a_mail_has_text_html_with_its_picture_and_the_report(box: Mailbox, plain: Smtp) -> None:
    assert send(plain) == ["handed"]
    (got,) = box.mails
    assert got["From"] == '"Agentur Müller, Köln" <reports@acme.com>'
    assert (got["To"], got["Reply-To"]) == ("ana@client.com", "ana@acme.com")
    assert got["Subject"] == "Norvane: 34 % – größer, Bcc: eve@evil.com"
    assert got["Bcc"] is None
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content_type() == "multipart/mixed"
    body, attached = got.iter_parts()
    kinds = [part.get_content_type() for part in body.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    assert got.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n") == WHOLE.text
    assert got.get_body(("html",)).get_content().rstrip() == WHOLE.html
    picture = next(part for part in got.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<picture>"
    assert picture.get_content() == PICTURE.content
    assert (attached.get_filename(), attached.get_content()) == ("report.pdf", PDF.content)


def test_every_try_has_the_same_message_id(box: Mailbox, plain: Smtp) -> None:
    for key in ("report:1", "report:1", "report:2"):
        send(plain, key=key)
    first, again, other = (got["Message-ID"] for got in box.mails)
    assert first == again != other
    assert first.endswith("@acme.com>")


@pytest.mark.parametrize(
    ("at", "answer", "error", "handed"),
    [
        ("at_rcpt", "550 no such mailbox", RejectedError, []),
        ("at_rcpt", "451 greylisted", LaterError, []),
        ("answers", "554 rejected as spam", RejectedError, ["handed"]),
        ("answers", "452 out of space", LaterError, ["handed"]),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    box: Mailbox, plain: Smtp, at: str, answer: str, error: type[Exception], handed: list[str]
) -> None:
    setattr(box, at, [answer])
    marks: list[str] = []
    with pytest.raises(error, match=answer[:3]):
        mail.send(WHOLE, ANA, SENDER, plain, key="k", at=NOW, hand_over=lambda: marks.append("handed"))
    assert marks == handed
    assert box.mails == []


def test_a_mark_that_cannot_be_set_sends_nothing(box: Mailbox, plain: Smtp) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mail.send(WHOLE, ANA, SENDER, plain, key="k", at=NOW, hand_over=fails)
    assert send(plain) == ["handed"]
    assert len(box.mails) == 1


def test_a_line_that_breaks_after_the_message_is_unclear(box: Mailbox, plain: Smtp) -> None:
    box.answers = ["421 going down, and so is the line"]
    with pytest.raises(LaterError, match="421"):
        send(plain)
    with box.held_at("DATA"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "SECONDS", 0.3)
        with pytest.raises(UnclearError, match="broke before it said that it took it"):
            send(plain)
    assert len(box.mails) == 1


def test_nobody_there_is_tried_later() -> None:
    with pytest.raises(LaterError, match=r"127\.0\.0\.1:9"):
        send(Smtp("127.0.0.1", 9, "none"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = made_once(tmp_path_factory, "mail-certificate", servers.certificate)
    return folder / "cert.pem", folder / "key.pem"


def test_login_and_password_travel_encrypted_and_a_strange_certificate_is_refused(
    box: Mailbox, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_LOGIN", LOGIN)
    monkeypatch.setenv("ACME_PASSWORD", PASSWORD)
    with mail_server(box, certificate) as port:
        smtp = Smtp("127.0.0.1", port, "starttls", "ACME_LOGIN", "ACME_PASSWORD", certificate[0])
        assert send(smtp) == ["handed"]
        assert box.encrypted == [True]
        with pytest.raises(RejectedError, match="certificate"):
            send(replace(smtp, ca=None))
        with pytest.raises(RejectedError, match=r"530|refuses the sender"):
            send(replace(smtp, security="none", login=""))
        monkeypatch.setenv("ACME_PASSWORD", "wrong-wrong")
        with pytest.raises(RejectedError, match="refuses login and password") as refusal:
            send(smtp)
        assert "wrong-wrong" not in str(refusal.value)
        monkeypatch.delenv("ACME_PASSWORD")
        with pytest.raises(RejectedError, match="ACME_PASSWORD is not set"):
            send(smtp)
    assert len(box.mails) == 1
