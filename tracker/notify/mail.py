"""E-mail over SMTP: text, HTML with its picture, the report attached.

What the server gets before the end of the message it forgets when the line breaks; so the mark that it may
have arrived is set after the server asked for the message and before it is sent, and nothing between the two
can fail on our side.
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from tracker import settings
from tracker.notify.message import Message
from tracker.notify.people import Recipient, Sender, Smtp
from tracker.notify.results import Handed, LaterError, RejectedError, UnclearError

SECONDS = 60.0
PICTURE = "picture"
_WIRE = policy.SMTP.clone(max_line_length=998)


def message_id(sender: Sender, notice_key: str, recipient: str) -> str:
    """The same for every try, so that a mailbox that gets it twice can tell."""
    digest = hashlib.sha256(f"{notice_key}\x1f{recipient}".encode()).hexdigest()[:32]
    return f"<{digest}@{sender.email.rpartition('@')[2]}>"


def compose(message: Message, sender: Sender, to: str, *, key: str, recipient: str, at: datetime) -> bytes:
    mail = EmailMessage(policy=_WIRE)
    mail["From"] = formataddr((_one_line(sender.name), sender.email))
    mail["To"] = to
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id(sender, key, recipient)
    mail["Auto-Submitted"] = "auto-generated"
    if sender.reply_to:
        mail["Reply-To"] = sender.reply_to
    mail.set_content(message.text, cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        if message.picture is not None:
            html = mail.get_payload()[1]  # type: ignore[index]
            main, _, sub = message.picture.media.partition("/")
            html.add_related(  # type: ignore[union-attr]
                message.picture.content,
                main,
                sub,
                cid=f"<{PICTURE}>",
                filename=message.picture.name,
                disposition="inline",
            )
    for each in message.attachments:
        main, _, sub = each.media.partition("/")
        mail.add_attachment(each.content, main, sub, filename=each.name)
    return mail.as_bytes()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def send(
    message: Message,
    person: Recipient,
    sender: Sender,
    smtp: Smtp,
    *,
    key: str,
    at: datetime,
    hand_over: Callable[[], None],
) -> Handed:
    """`hand_over` marks, durably, that from now on it may have arrived; where it raises, nothing is sent."""
    wire = compose(message, sender, person.to, key=key, recipient=person.name, at=at)
    try:
        with _connected(smtp) as server:
            server.ehlo_or_helo_if_needed()
            _sign_in(server, smtp)
            _accepted(server.mail(sender.email), "the sender")
            _accepted(server.rcpt(person.to), "the address")
            code, words = server.docmd("DATA")
            if code != 354:
                _raise(code, words, "the message")
            with ExitStack() as unsent:
                unsent.callback(server.close)  # saying QUIT now would be a line of the message
                hand_over()
                unsent.pop_all()
            return _delivered(server, wire)
    except smtplib.SMTPAuthenticationError as error:
        raise RejectedError(f"the mail server refuses login and password ({error.smtp_code})") from None
    except smtplib.SMTPNotSupportedError as error:
        raise RejectedError(f"the mail server cannot: {error}") from None
    except ssl.SSLCertVerificationError as error:
        raise RejectedError(f"the mail server's certificate: {error.verify_message}") from None
    except smtplib.SMTPResponseException as error:
        _raise(error.smtp_code, error.smtp_error, "to be spoken to")
    except (OSError, smtplib.SMTPException) as error:
        raise LaterError(f"the mail server at {smtp.host}:{smtp.port}: {_why(error)}") from None
    raise AssertionError


def _connected(smtp: Smtp) -> smtplib.SMTP:
    trust = ssl.create_default_context(cafile=None)
    if smtp.ca is not None:
        trust.load_verify_locations(str(smtp.ca))
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=SECONDS, context=trust)
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=SECONDS)
    with ExitStack() as unused:
        unused.callback(server.close)
        if smtp.security == "starttls":
            server.starttls(context=trust)
        unused.pop_all()
    return server


def _sign_in(server: smtplib.SMTP, smtp: Smtp) -> None:
    if not smtp.login:
        return
    login, password = settings.key(smtp.login), settings.key(smtp.password)
    for name, value in ((smtp.login, login), (smtp.password, password)):
        if value is None:
            raise RejectedError(f"the environment variable {name} is not set")
    assert login is not None
    assert password is not None
    server.login(login.get_secret_value(), password.get_secret_value())


def _accepted(reply: tuple[int, bytes], what: str) -> None:
    code, words = reply
    if code not in {250, 251}:
        _raise(code, words, what)


def _raise(code: int, words: bytes | str, what: str) -> None:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    said = f"the mail server refuses {what}: {code} {' '.join(text.split())[:200]}"
    raise RejectedError(said) if code >= 500 else LaterError(said)


def _delivered(server: smtplib.SMTP, wire: bytes) -> Handed:
    """The message and its end; from here on a broken line is no answer."""
    quoted = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in wire.split(b"\r\n"))
    try:
        server.send(quoted + (b"" if quoted.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, words = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise UnclearError(
            f"the line to the mail server broke before it said that it took it: {_why(error)}"
        ) from None
    if code != 250:
        _raise(code, words, "the message")
    return Handed(words.decode("utf-8", "replace")[:200])


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
