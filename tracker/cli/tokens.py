"""The verbs of tokens: `citelift tokens add | list | revoke`. Prints, never computes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import AUTOMATE, add, add_group
from tracker.cli.workspaces import synced, workspace_of

NameArgument = Annotated[str, typer.Argument(help="Who or what uses it, like looker.")]


def register(app: typer.Typer) -> None:
    group = add_group(app, "tokens", "Let programs in: the HTTP API and agents.", AUTOMATE)
    add(group, add_token, "add")
    add(group, list_tokens, "list")
    add(group, revoke_token, "revoke")


def add_token(
    where: Where,
    name: NameArgument,
    role: Annotated[
        Literal["viewer", "editor"],
        typer.Option("--role", help="viewer reads; editor also notes events and sets states."),
    ] = "viewer",
    days: Annotated[int | None, typer.Option("--days", min=1, help="It ends after so many days.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token for one workspace, and show its secret this once."""
    from tracker import audit, store, tokens

    settings = where.settings()
    who, now = audit.terminal_user(), datetime.now(UTC)
    with opened(settings) as db:
        if settings.workspace is None and settings.catalog.is_dir():
            synced(db, settings, need="brands")
        with store.writing(db) as session:
            workspace = workspace_of(session, settings)
            secret = tokens.add(session, workspace, name, role, who=who, now=now, days=days)
    if as_json:
        print_json({"name": name, "role": role, "secret": secret})
        return
    out.print(secret)
    err.print("Keep it now: only its hash is stored, and it is not shown again.")


def list_tokens(where: Where, as_json: JsonOption = False) -> None:
    """The tokens of the workspace, without their secrets."""
    from tracker import store, tokens

    settings, now = where.settings(), datetime.now(UTC)
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        made = tokens.listed(session, workspace_of(session, settings))
    rows = [
        {
            "name": each.name,
            "role": each.role,
            "made_at": each.made_at.isoformat(),
            "expires_at": each.expires_at.isoformat() if each.expires_at else None,
            "state": tokens.state(each, now),
        }
        for each in made
    ]
    if as_json:
        print_json({"rows": rows})
    elif rows:
        columns = ("name", "role", "made_at", "expires_at", "state")
        table("Tokens", [name.replace("_", " ") for name in columns], [[r[c] for c in columns] for r in rows])
    else:
        out.print("There is no token yet: citelift tokens add NAME")


def revoke_token(where: Where, name: NameArgument) -> None:
    """End a token at once."""
    from tracker import audit, store, tokens

    settings = where.settings()
    with opened(settings) as db, store.writing(db) as session:
        workspace, who = workspace_of(session, settings), audit.terminal_user()
        tokens.revoke(session, workspace, name, who=who, now=datetime.now(UTC))
    out.print(f"{plain(name)} lets nobody in any more.")
