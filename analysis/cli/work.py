"""`citelift work …`: what people work on, until when, and what came of what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli.prospects import OwnerOption, StageOption, set_prospect
from analysis.cli.scope import TopOption, reading
from tracker import numbers
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, print_json, table
from tracker.cli.verbs import ACT, add, add_group

if TYPE_CHECKING:
    from analysis.work import After


def register(app: typer.Typer) -> None:
    group = add_group(app, "work", "What you work on: who, until when, and what came of it.", ACT)
    add(group, list_work, "list")
    add(group, set_prospect, "set")


def list_work(
    where: Where,
    stage: StageOption = None,
    owner: OwnerOption = None,
    closed: Annotated[bool, typer.Option("--closed", help="Also what is done or dismissed.")] = False,
    top: TopOption = 50,
    as_json: JsonOption = False,
) -> None:
    """What people decided about sites, by the day it is due; of what is done, how you were named before and
    since.
    """
    from analysis.prospects import CLOSED
    from analysis.work import after_work
    from tracker import store
    from tracker.links.prospects import prospects, stage_named

    wanted = stage_named(stage) if stage is not None else None
    with reading(where) as asked:
        with store.reading(asked.database) as session:
            records = prospects(session, asked.world.id)
        chosen = {
            name: record
            for name, record in records.items()
            if (wanted is None or record.stage == wanted)
            and (closed or wanted is not None or record.state not in CLOSED)
            and (owner is None or record.owner.casefold() == owner.casefold())
        }
        since = after_work(asked.database, asked.world, chosen)
    ordered = sorted(chosen.values(), key=lambda r: (r.due is None, r.due, r.domain))
    if as_json:
        rows = [
            r.as_json() | {"after": since[r.domain].as_json() if r.domain in since else None} for r in ordered
        ]
        print_json({"rows": rows})
        return
    if not ordered:
        err.print("Work: nothing is taken up. Take something up: citelift work set SITE --stage working")
        return
    columns = ("site", "stage", "owner", "due", "worth", "note", "mention rate since")
    shown = [
        (
            r.domain,
            r.stage,
            r.owner,
            r.due or "",
            "" if r.value_micros is None else numbers.money(r.value_micros),
            r.note,
            _moved(since[r.domain]) if r.domain in since else "",
        )
        for r in ordered[:top]
    ]
    table("Work", columns, shown, right=(4,))
    if len(ordered) > top:
        out.print(f"{len(ordered):,} in all: --json has them.")


def _moved(after: After) -> str:
    if after.change is None or after.change.difference.estimate is None:
        return "not enough weeks yet"
    moved = after.change.difference
    span = numbers.points_range(moved.low, moved.high)
    return f"{numbers.points(moved.estimate)} ({span}), {numbers.counted(after.weeks, 'week')} each side"
