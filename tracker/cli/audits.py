"""`citelift audit`: who changed what."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, print_json, table
from tracker.cli.verbs import READ, add
from tracker.cli.workspaces import workspace_of


def register(app: typer.Typer) -> None:
    add(app, audit, group=READ)


def audit(
    where: Where,
    newest: Annotated[int, typer.Option("--newest", min=1, help="So many of the newest changes.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List what people changed, by verbs and in the browser: who, when, what, before and after."""
    from tracker import audit as log
    from tracker import store

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        entries = log.changes(session, workspace_of(session, settings), newest)
    if as_json:
        names = ("who", "what", "subject", "before", "after")
        rows = [{"at": e.at.isoformat(), **{name: getattr(e, name) for name in names}} for e in entries]
        print_json({"rows": rows})
    elif entries:
        columns = ("when (UTC)", "who", "what", "which", "before", "after")
        rows_shown = [
            (f"{e.at:%Y-%m-%d %H:%M}", e.who, e.what, e.subject, _short(e.before), _short(e.after))
            for e in entries
        ]
        table("Changes", columns, rows_shown)
    else:
        out.print("Nothing was changed yet.")


def _short(values: dict[str, Any] | None) -> str:
    return "" if values is None else json.dumps(values, ensure_ascii=False)
