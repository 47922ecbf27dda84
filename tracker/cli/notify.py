"""The verbs of delivery: who is told, whether it arrives, what did not. Prints, never computes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import DAY, JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import AUTOMATE, add, add_group
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.catalog.writing import Edits
    from tracker.notify.people import Recipient


def register(app: typer.Typer) -> None:
    group = add_group(app, "notify", "Who is told of reports and alerts, and whether it arrived.", AUTOMATE)
    add(group, notify_list, "list")
    add(group, notify_test, "test")
    add(group, notify_again, "again")
    add(group, notify_add, "add")
    add(group, notify_change, "change")
    add(group, notify_remove, "remove")
    add(group, notify_mail, "mail")
    add(app, letterhead, group=AUTOMATE)


def notify_list(where: Where, as_json: JsonOption = False) -> None:
    """List who stands in notify.yaml, and the newest deliveries with how each ended."""
    from tracker import store
    from tracker.notify import outbox, people

    settings = where.settings()
    told = people.load(settings.catalog)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        deliveries = outbox.listed(session, workspace_of(session, settings))
    persons = [
        {
            "name": each.name,
            "channel": each.channel,
            "to": each.to or each.url,
            "gets": list(each.gets),
            "when": each.when,
            "quiet": hours(each),
            "timezone": each.timezone,
        }
        for each in told.recipients
    ]
    if as_json:
        print_json({"recipients": persons, "deliveries": [asdict(each) for each in deliveries]})
        return
    if not persons:
        out.print("Nobody is told yet: list recipients in notify.yaml (`citelift help automate`).")
    else:
        names = ("name", "channel", "to", "gets", "alerts", "quiet hours", "time of")
        rows = [
            (p.name, p.channel, p.to or p.url, " and ".join(p.gets), p.when, hours(p), p.timezone)
            for p in told.recipients
        ]
        table("Recipients", names, rows)
    if deliveries:
        out.print()
        shown = [
            (d.id, d.recipient, d.notice, d.state, d.attempts, _when(d.ended_at or d.next_at), d.detail)
            for d in deliveries
        ]
        heads = ("no.", "to", "what", "state", "tries", "ended, or next try", "what the other side said")
        table("Deliveries", heads, shown, right=(0, 4))


def hours(person: Recipient) -> str | None:
    return "-".join(f"{at:%H:%M}" for at in person.quiet) if person.quiet else None


def _when(moment: datetime | None) -> str:
    return numbers.moment(moment)


def notify_test(
    where: Where,
    name: Annotated[
        str | None, typer.Argument(help="One of notify.yaml's recipients; without it, all of them.")
    ] = None,
) -> None:
    """Send a short message to see that it arrives."""
    from tracker.notify import people, testing

    settings = where.settings()
    told = people.load(settings.catalog)
    with opened(settings) as db:
        workspace_id, catalog = synced(db, settings, need="brands")
        brand, workspace = catalog.own.name, catalog.workspace
        ended = testing.send(db, workspace_id, told, name, brand, workspace, datetime.now(UTC))
    for each in ended:
        out.print(f"{plain(each.recipient)}: {plain(each.state)} ({plain(each.detail)})")
    if any(each.state != "sent" for each in ended):
        err.print("What waits is tried again by `citelift serve`, or by `citelift notify send`.")
        raise typer.Exit(3)


def notify_again(
    where: Where,
    number: Annotated[int, typer.Argument(help="Its number in `citelift notify list`.")],
) -> None:
    """Send a delivery that failed, or of which nobody knows whether it arrived, once more."""
    from tracker import audit, store
    from tracker.notify import outbox, people

    settings = where.settings()
    now = datetime.now(UTC)
    with opened(settings) as db:
        with store.writing(db) as session:
            workspace_id = workspace_of(session, settings)
            outbox.again(session, workspace_id, number, now, who=audit.terminal_user())
        sent = outbox.send_due(db, workspace_id, people.load(settings.catalog), now)
    out.print(str(sent))


NameArgument = Annotated[str, typer.Argument(help="A short name, like ana.")]
ChannelOption = Annotated[
    str | None, typer.Option("--channel", help="email, slack, teams, discord, webhook or apprise.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Their e-mail address.")]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="The variable with a hook's address, or a webhook's address.")
]
SecretOption = Annotated[
    str | None, typer.Option("--secret", help="The variable with a webhook's signing key.")
]
GetsOption = Annotated[
    list[str] | None, typer.Option("--gets", help="reports or alerts; can be repeated. Left out: both.")
]
KindsOption = Annotated[
    list[str] | None, typer.Option("--kind", help="Of alerts, like link or model; can be repeated.")
]
SchedulesOption = Annotated[
    list[str] | None, typer.Option("--of", help="A report's schedule; can be repeated. Left out: all.")
]
WhenOption = Annotated[str | None, typer.Option("--when", help="Of alerts: at once, daily or weekly.")]
AtOption = Annotated[str | None, typer.Option("--at", help="Of a digest, like 08:00.")]
QuietOption = Annotated[str | None, typer.Option("--quiet", help='Hours without alerts, like "20:00-07:00".')]
ZoneOption = Annotated[str | None, typer.Option("--timezone", help="Like Europe/Berlin.")]


@dataclass(frozen=True)
class RecipientOptions:
    """What notify.yaml may say of somebody, but the name."""

    channel: ChannelOption = None
    to: ToOption = None
    url: UrlOption = None
    secret: SecretOption = None
    gets: GetsOption = None
    kinds: KindsOption = None
    schedules: SchedulesOption = None
    when: WhenOption = None
    at: AtOption = None
    quiet: QuietOption = None
    timezone: ZoneOption = None


def notify_add(
    where: Where,
    name: NameArgument,
    wanted: RecipientOptions,
    as_json: JsonOption = False,
) -> None:
    """Let somebody be told: add them to notify.yaml, comments kept."""
    from tracker.catalog.writing import adding

    edits = adding({"name": name, **asdict(wanted)})
    _change_recipients(where, edits, name, f"{name} is told from now on", as_json)


def notify_change(
    where: Where,
    name: NameArgument,
    wanted: RecipientOptions,
    clear: Annotated[
        list[str] | None, typer.Option(help="A key to take out, like quiet; can be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Change who is told in notify.yaml: what is given replaces what stood there, and comments stay."""
    from tracker.catalog.writing import changing

    given: dict[str, Any] = {key: value for key, value in asdict(wanted).items() if value}
    given |= dict.fromkeys(clear or [])
    if not given:
        raise UsageError("nothing to change was given", "see `citelift notify change --help`")
    _change_recipients(where, changing("recipients", name, given), name, f"{name} is changed", as_json)


def notify_remove(where: Where, name: NameArgument, as_json: JsonOption = False) -> None:
    """Take somebody out of notify.yaml. What waits for them is sent no more."""
    from tracker.catalog.writing import removing

    _change_recipients(where, removing("recipients", name), name, f"{name} is told no more", as_json)


def _change_recipients(where: Where, edits: Edits, name: str, words: str, as_json: bool) -> None:
    from tracker import audit, editing

    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        who, now = audit.terminal_user(), datetime.now(UTC)
        editing.change_recipients(db, workspace_id, settings.catalog, edits, who=who, now=now)
    if as_json:
        print_json({"recipient": name})
    else:
        out.print(f"{plain(words)}: see `citelift notify list`.")


def notify_mail(
    where: Where,
    sender: Annotated[str | None, typer.Option("--from", help="The address that mail comes from.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The name beside it.")] = None,
    reply_to: Annotated[str | None, typer.Option("--reply-to", help="Where answers go.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="The mail server.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="Its port, like 587.")] = None,
    security: Annotated[str | None, typer.Option("--security", help="starttls, tls or none.")] = None,
    login: Annotated[str | None, typer.Option("--login", help="The variable that holds it.")] = None,
    password: Annotated[str | None, typer.Option("--password", help="The variable that holds it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say in notify.yaml from where e-mail is sent; its login and password stay in the environment."""
    from tracker import audit, editing

    said: dict[tuple[str, ...], str | int | None] = {}
    said |= {("sender", "email"): sender, ("sender", "name"): name, ("sender", "reply_to"): reply_to}
    said |= {("smtp", "host"): host, ("smtp", "port"): port}
    said |= {("smtp", "security"): security, ("smtp", "login"): login, ("smtp", "password"): password}
    given = {key: value for key, value in said.items() if value}
    if not given:
        raise UsageError("nothing to change was given", "see `citelift notify mail --help`")
    settings = where.settings()
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        who, now = audit.terminal_user(), datetime.now(UTC)
        editing.change_mail(db, workspace_id, settings.catalog, given, who=who, now=now)
    if as_json:
        print_json({".".join(key): value for key, value in given.items()})
    else:
        out.print("notify.yaml says so now; `citelift notify test` shows whether it arrives.")


def letterhead(
    where: Where,
    name: Annotated[str | None, typer.Option("--name", help="Who reports are from.")] = None,
    logo: Annotated[Path | None, typer.Option("--logo", help="A .png, .svg or .jpg; it is copied.")] = None,
    accent: Annotated[str | None, typer.Option("--accent", help='A colour, like "#0b6e63".')] = None,
    language: Annotated[str | None, typer.Option("--language", help="Of figures and days, like de.")] = None,
    pages: Annotated[str | None, typer.Option("--pages", help="The dashboard's address, for links.")] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="Whom to ask.")] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="Your words in the report.")] = None,
    week: Annotated[
        datetime | None, typer.Option("--week", help="A day of the comment's week.", formats=DAY)
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option(help="What to take out, like logo; can be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show or say how reports look, in report.yaml: whose they are, colours, figures, a week's comment."""
    from tracker import audit, editing, weeks
    from tracker.catalog import look
    from tracker.catalog.look import Logo

    settings = where.settings()
    said = {("name",): name, ("accent",): accent, ("language",): language}
    said |= {("pages",): pages, ("contact",): contact}
    given: dict[tuple[str, ...], str | None] = {key: value for key, value in said.items() if value}
    given |= {(key,): None for key in clear or ()}
    if comment is not None:
        if week is None:
            raise UsageError("a comment is about a week", "give a day of it, like --week 2026-05-18")
        given["comments", f"{weeks.monday(week.date()):%Y-%m-%d}"] = comment
    if given or logo is not None:
        picture = None if logo is None else Logo(logo.name, read_logo(logo))
        with opened(settings) as db:
            workspace_id, _ = synced(db, settings, need="brands")
            who, now = audit.terminal_user(), datetime.now(UTC)
            editing.change_look(db, workspace_id, settings.catalog, given, logo=picture, who=who, now=now)
    found = look.load(settings.catalog)
    facts = {"name": found.name, "logo": found.logo[0] if found.logo else "", "accent": found.accent}
    facts |= {"language": found.language or "", "pages": found.pages, "contact": found.contact}
    comments = {f"{day:%Y-%m-%d}": words for day, words in sorted(found.comments.items())}
    if as_json:
        print_json(facts | {"comments": comments})
        return
    table("How reports look", ("what", "it says"), [*facts.items(), *comments.items()])


def read_logo(path: Path) -> bytes:
    from tracker.catalog.look import LARGEST_LOGO

    try:
        with path.open("rb") as file:
            return file.read(LARGEST_LOGO + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "give a picture's file") from None
