"""`citelift users` and `citelift share`: who may see the dashboard."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import DatabaseOption, JsonOption, Where, settings_from
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import AUTOMATE, add, add_group
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import UsageError

NameArgument = Annotated[str, typer.Argument(help="The name to sign in with.")]
RoleOption = Annotated[str | None, typer.Option("--role", help="viewer, editor or admin.")]
OfOption = Annotated[
    list[str] | None, typer.Option("--of", help="A workspace to see; can be repeated. Left out: all.")
]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=366, help="How long the link is good.")]


def register(app: typer.Typer) -> None:
    users = add_group(app, "users", "Who may sign in to the dashboard.", AUTOMATE)
    add(users, users_add, "add")
    add(users, users_list, "list")
    add(users, users_change, "change")
    add(users, users_passwd, "passwd")
    add(users, users_remove, "remove")
    share = add_group(app, "share", "Links that show one page or report, and end.", AUTOMATE)
    add(share, share_page, "page")
    add(share, share_report, "report")
    add(share, share_list, "list")
    add(share, share_revoke, "revoke")


def _password() -> str:
    """Asked twice at a terminal; elsewhere the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise UsageError("the two passwords differ", "start again")
    return first


def users_add(
    name: NameArgument,
    role: RoleOption = "viewer",
    of: OfOption = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They sign in by the OpenID provider alone.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Let somebody sign in. The password is asked for, or read from standard input. From the first one on,
    nobody sees the dashboard without."""
    from tracker import audit, store
    from tracker.access import people

    password = None if no_password else _password()
    with opened(settings_from(database=database)) as db, store.writing(db) as session:
        people.add(
            session,
            name,
            password,
            role=role or "viewer",
            workspaces=of,
            who=audit.terminal_user(),
            now=datetime.now(UTC),
        )
    out.print(plain(f"{name} may sign in as {role}."))


def users_list(database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List who may sign in."""
    from tracker import store
    from tracker.access import people

    with opened(settings_from(database=database), read_only=True) as db, store.reading(db) as session:
        rows = [(p.name, p.role, p.workspaces, f"{p.created_at:%Y-%m-%d}") for p in people.listed(session)]
    names = ("name", "role", "workspaces", "since")
    if as_json:
        print_json({"rows": [dict(zip(names, row, strict=True)) for row in rows]})
    elif rows:
        shown = [(n, r, ", ".join(w) if w else "all", s) for n, r, w, s in rows]
        table("Who may sign in", names, shown)
    else:
        out.print("Nobody has to sign in: whoever reaches the dashboard sees it.")


def users_change(
    name: NameArgument, role: RoleOption = None, of: OfOption = None, database: DatabaseOption = None
) -> None:
    """Give somebody another role or other workspaces. Their browsers have to sign in again."""
    from tracker import audit, store
    from tracker.access import people

    with opened(settings_from(database=database)) as db, store.writing(db) as session:
        who, now = audit.terminal_user(), datetime.now(UTC)
        people.change(session, name, role=role, workspaces=of, who=who, now=now)
    out.print(plain(f"{name} is changed, and has to sign in again."))


def users_passwd(name: NameArgument, database: DatabaseOption = None) -> None:
    """Give somebody another password. Their browsers have to sign in again."""
    from tracker import audit, store
    from tracker.access import people

    password = _password()
    with opened(settings_from(database=database)) as db, store.writing(db) as session:
        who, now = audit.terminal_user(), datetime.now(UTC)
        people.change(session, name, password=password, who=who, now=now)
    out.print(plain(f"{name} has another password, and has to sign in again."))


def users_remove(name: NameArgument, database: DatabaseOption = None) -> None:
    """Let somebody sign in no more, and end their sessions."""
    from tracker import audit, store
    from tracker.access import people

    with opened(settings_from(database=database)) as db, store.writing(db) as session:
        people.remove(session, name, who=audit.terminal_user(), now=datetime.now(UTC))
        left = people.count(session)
    out.print(plain(f"{name} may sign in no more."))
    if not left:
        out.print("Nobody is left: whoever reaches the dashboard sees it.")


def share_page(
    where: Where,
    address: Annotated[
        str, typer.Argument(help="The page as the browser shows it, like /answers?topic=crm.")
    ],
    days: DaysOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Share one page with its filters: only that page, only to read, until it ends or is revoked."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    _shared(where, parts.path.strip("/") or "home", parts.query, None, days, as_json)


def share_report(
    where: Where,
    file: Annotated[Path, typer.Argument(help="A report that `citelift report` wrote, in HTML.")],
    days: DaysOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Share one report as it is now, until it ends or is revoked."""
    if file.suffix.lower() not in {".html", ".htm"} or not file.is_file():
        raise UsageError(f"{file} is no report in HTML", "`citelift report` writes one")
    _shared(where, None, "", file, days, as_json)


def _shared(where: Where, page: str | None, query: str, file: Path | None, days: int, as_json: bool) -> None:
    from tracker import audit, store
    from tracker.access import shares

    settings = where.settings()
    body = file.read_text("utf-8", "replace") if file else None
    with opened(settings) as db:
        workspace_id, _ = synced(db, settings, need="brands")
        with store.writing(db) as session:
            token = shares.make(
                session,
                workspace_id,
                title=file.name if file else f"/{page}" + (f"?{query}" if query else ""),
                page=page,
                query=query,
                body=body,
                lasts=timedelta(days=days),
                who=audit.terminal_user(),
                now=datetime.now(UTC),
            )
    if as_json:
        print_json({"path": f"/share/{token}", "days": days})
        return
    out.print(plain(f"/share/{token}"))
    out.print(f"Put the dashboard's address before it. It is shown only now, and ends in {days} days.")


def share_list(where: Where, as_json: JsonOption = False) -> None:
    """List the links there are, open or not."""
    from tracker import store
    from tracker.access import shares

    settings = where.settings()
    now = datetime.now(UTC)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        links = shares.listed(session, workspace_of(session, settings))
    names = ("no", "what", "by", "until", "state")
    rows = [
        (
            link.id,
            link.title,
            link.created_by,
            f"{link.expires_at:%Y-%m-%d}",
            "revoked" if link.revoked_at else "ended" if link.expires_at <= now else "open",
        )
        for link in links
    ]
    if as_json:
        print_json({"rows": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        table("Shared links", names, rows, right=(0,))


def share_revoke(
    where: Where, number: Annotated[int, typer.Argument(help="Its number in `citelift share list`.")]
) -> None:
    """Take a link back: from now on it shows nothing."""
    from tracker import audit, store
    from tracker.access import shares

    settings = where.settings()
    with opened(settings) as db, store.writing(db) as session:
        workspace_id = workspace_of(session, settings)
        shares.revoke(session, workspace_id, number, who=audit.terminal_user(), now=datetime.now(UTC))
    out.print(f"Link {number} shows nothing from now on.")
