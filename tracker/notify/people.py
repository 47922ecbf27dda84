"""`notify.yaml`: who is told what, where and when. Secrets stand in the environment; here are their names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Literal, get_args

import yaml

from tracker import settings, weeks
from tracker.catalog.nodes import CatalogFile, Problem
from tracker.errors import CatalogError, UsageError

Channel = Literal["email", "slack", "teams", "discord", "webhook", "apprise"]
Gets = Literal["reports", "alerts"]
When = Literal["at once", "daily", "weekly"]
Security = Literal["starttls", "tls", "none"]
AlarmKind = Literal[
    "move", "rival", "link", "spike", "search", "model", "failing", "budget", "missed", "delivery"
]
"""What alerts are about: a rate or share that moved, a new rival, a link on a cited page, risky links, an
engine that stopped searching, changed its model or fails, money, a run or report that did not happen, a
message that did not arrive."""
_OF_A_RECIPIENT = (
    "name",
    "channel",
    "to",
    "url",
    "secret",
    "gets",
    "schedules",
    "when",
    "at",
    "kinds",
    "quiet",
    "timezone",
)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Smtp:
    host: str
    port: int
    security: Security
    login: str = ""
    """The environment variable that holds it; blank to send without signing in."""
    password: str = ""
    ca: Path | None = None
    """A certificate to trust besides the system's, for a server of one's own."""


@dataclass(frozen=True)
class Sender:
    email: str
    name: str = "citelift"
    reply_to: str = ""


@dataclass(frozen=True)
class Recipient:
    name: str
    channel: Channel
    to: str = ""
    """An e-mail address."""
    url: str = ""
    """The environment variable that holds the address of a hook, or the address itself for a webhook."""
    secret: str = ""
    """The environment variable that holds a webhook's signing key."""
    gets: tuple[Gets, ...] = ("reports", "alerts")
    schedules: tuple[str, ...] = ()
    """Names of the report schedules wanted; none: all."""
    when: When = "at once"
    at: time = time(8)
    """Of a digest, on the wall of `timezone`."""
    kinds: tuple[AlarmKind, ...] = get_args(AlarmKind)
    quiet: tuple[time, time] | None = None
    timezone: str = weeks.UTC

    def wants(self, schedule: str) -> bool:
        return "reports" in self.gets and (not self.schedules or schedule in self.schedules)


@dataclass(frozen=True)
class People:
    recipients: tuple[Recipient, ...] = ()
    sender: Sender | None = None
    smtp: Smtp | None = field(default=None, repr=False)

    def called(self, name: str) -> Recipient:
        for each in self.recipients:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.recipients) or "none yet"
        raise UsageError(f"nobody in notify.yaml is called {name!r}", f"there are: {known}")


def variables(people: People) -> list[str]:
    """The environment variables that must be set for everybody to be told."""
    named = [people.smtp.login, people.smtp.password] if people.smtp else []
    for each in people.recipients:
        named += [each.secret, *([] if each.url.startswith(("http://", "https://")) else [each.url])]
    return sorted({name for name in named if name})


def load(folder: Path) -> People:
    """Who is told; nobody where there is no `notify.yaml`. Raises a CatalogError that lists every problem."""
    people, problems = inspect(folder)
    if problems:
        raise CatalogError("notify.yaml cannot be used:\n" + "\n".join(map(str, problems)))
    return people


def inspect(folder: Path) -> tuple[People, list[Problem]]:
    problems: list[Problem] = []
    return read(CatalogFile.open(folder, "notify", problems, required=False)), problems


def read(file: CatalogFile) -> People:
    top = file.mapping(file.root, ("timezone", "sender", "smtp", "recipients"), "notify.yaml")
    timezone = _timezone(file, top.get("timezone"), weeks.UTC)
    found = [_recipient(file, node, timezone) for node in file.items(top.get("recipients"), "recipients")]
    recipients = tuple(each for each in found if each)
    people = People(recipients, _sender(file, top.get("sender")), _smtp(file, top.get("smtp")))
    for name in _twice(each.name for each in recipients):
        file.refuse("notify.twice", top["recipients"], f"two recipients are `{name}`", "rename one of them")
    if any(each.channel == "email" for each in recipients):
        for name, part in (("sender", people.sender), ("smtp", people.smtp)):
            if part is None and name not in top:
                hint = "`sender: {email: reports@acme.com}`, `smtp: {host: smtp.acme.com}`"
                file.refuse("notify.no-mail", file.root, f"e-mail without `{name}:`", f"add {hint}")
    return people


def _twice(names: Iterator[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def _timezone(file: CatalogFile, node: yaml.Node | None, default: str) -> str:
    name = file.text(node, "timezone", default) or default
    try:
        weeks.zone(name)
    except UsageError as error:
        file.refuse("notify.timezone", node, error.problem, error.hint)
        return default
    return name


def _sender(file: CatalogFile, node: yaml.Node | None) -> Sender | None:
    fields = file.mapping(node, ("email", "name", "reply_to"), "sender")
    email = _email(file, fields.get("email"), "email")
    if node is None or email is None:
        return None
    reply = _email(file, fields.get("reply_to"), "reply_to") if "reply_to" in fields else ""
    return Sender(email, file.text(fields.get("name"), "name", "citelift") or "citelift", reply or "")


def _email(file: CatalogFile, node: yaml.Node | None, what: str) -> str | None:
    text = file.text(node, what)
    if text is not None and not _ADDRESS.fullmatch(text):
        file.refuse("notify.address", node, f"`{text}` is no e-mail address", "write it like ana@acme.com")
        return None
    return text


def _smtp(file: CatalogFile, node: yaml.Node | None) -> Smtp | None:
    known = ("host", "port", "security", "login", "password", "ca")
    fields = file.mapping(node, known, "smtp")
    host = file.text(fields.get("host"), "host")
    if node is None or host is None:
        return None
    security = _choice(file, fields.get("security"), "security", get_args(Security), "starttls")
    usual = {"starttls": 587, "tls": 465, "none": 25}[security]
    ca = file.text(fields.get("ca"), "ca")
    smtp = Smtp(
        host,
        file.number(fields.get("port"), "port", int, 1, 65_535, usual),
        security,  # type: ignore[arg-type]
        _variable(file, fields.get("login"), "login"),
        _variable(file, fields.get("password"), "password"),
        (file.path.parent / ca) if ca else None,
    )
    if smtp.login and security == "none" and host not in {"localhost", "127.0.0.1", "::1"}:
        hint = "use `security: starttls`, or send without signing in"
        file.refuse("notify.plain-password", node, "the password would travel in the clear", hint)
    return smtp


def _choice(
    file: CatalogFile, node: yaml.Node | None, what: str, choices: tuple[str, ...], default: str
) -> str:
    text = file.text(node, what, default) or default
    if text not in choices:
        file.refuse("notify.choice", node, f"unknown {what} `{text}`", f"one of {', '.join(choices)}")
        return default
    return text


def _choices(
    file: CatalogFile, node: yaml.Node | None, what: str, choices: tuple[str, ...]
) -> tuple[str, ...]:
    if node is None:
        return choices
    for text in (found := file.texts(node, what)):
        if text not in choices:
            file.refuse("notify.choice", node, f"unknown {what} `{text}`", f"some of {', '.join(choices)}")
    return tuple(text for text in found if text in choices)


def _variable(file: CatalogFile, node: yaml.Node | None, what: str) -> str:
    """The name of an environment variable; what looks like the secret itself is refused, and not repeated."""
    text = file.text(node, what, "") or ""
    if not text:
        return ""
    if not _VARIABLE.fullmatch(text) or not text.endswith(settings.KEY_SUFFIXES):
        hint = f"name a variable that ends in {', '.join(settings.KEY_SUFFIXES[-3:])}, and set it"
        file.refuse("notify.secret", node, f"`{what}` must name an environment variable", hint)
        return ""
    return text


def _recipient(file: CatalogFile, node: yaml.Node, timezone: str) -> Recipient | None:
    fields = file.mapping(node, _OF_A_RECIPIENT, "a recipient")
    name = file.text(fields.get("name"), "name")
    if name is None or not _NAME.fullmatch(name):
        hint = "small letters, digits and -, like `name: ana`"
        file.refuse("notify.name", fields.get("name", node), "a recipient needs a short `name`", hint)
        return None
    channel = _choice(file, fields.get("channel"), "channel", get_args(Channel), "email")
    to, url, secret = "", "", ""
    if channel == "email":
        to = _email(file, fields.get("to"), "to") or ""
        if "to" not in fields:
            file.refuse("notify.required", node, f"`{name}` has no address", "add `to: ana@acme.com`")
    elif "url" not in fields:
        hint = f"add `url: {name.upper().replace('-', '_')}_WEBHOOK`, and set that variable"
        file.refuse("notify.required", node, f"`{name}` has no `url`", hint)
    elif channel == "webhook" and re.match(r"https?://", str(fields["url"].value)):
        url = file.text(fields["url"], "url") or ""
        if "@" in url.partition("//")[2].partition("/")[0]:
            file.refuse("notify.secret", fields["url"], "the address holds a password", "sign with `secret:`")
    else:
        url = _variable(file, fields["url"], "url")
    if channel == "webhook":
        secret = _variable(file, fields.get("secret"), "secret")
        if "secret" not in fields:
            hint = "add `secret: CRM_SECRET`, and set that variable: receivers check the signature with it"
            file.refuse("notify.required", node, f"`{name}` has no `secret`", hint)
    return Recipient(
        name,
        channel,  # type: ignore[arg-type]
        to,
        url,
        secret,
        _choices(file, fields.get("gets"), "gets", get_args(Gets)),  # type: ignore[arg-type]
        file.texts(fields.get("schedules"), "schedule"),
        _choice(file, fields.get("when"), "when", get_args(When), "at once"),  # type: ignore[arg-type]
        _time(file, fields.get("at")),
        _choices(file, fields.get("kinds"), "kind", get_args(AlarmKind)),  # type: ignore[arg-type]
        _quiet(file, fields.get("quiet")),
        _timezone(file, fields.get("timezone"), timezone),
    )


def _time(file: CatalogFile, node: yaml.Node | None) -> time:
    text = file.text(node, "at", "08:00") or "08:00"
    try:
        hour, minute = (int(part) for part in text.split(":"))
        return time(hour, minute)
    except ValueError:
        file.refuse("notify.time", node, f"`{text}` is no time of day", 'write it like `at: "08:00"`')
        return time(8)


def _quiet(file: CatalogFile, node: yaml.Node | None) -> tuple[time, time] | None:
    text = file.text(node, "quiet")
    if text is None:
        return None
    match = _HOURS.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        a, b, c, d = map(int, match.groups())
        return time(a, b), time(c, d)
    except ValueError:
        file.refuse("notify.time", node, f"`{text}` are no hours", 'write them like `quiet: "20:00-07:00"`')
        return None
