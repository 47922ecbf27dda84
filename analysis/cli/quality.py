"""`citelift quality`: links to your brand, one factor at a time, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

import typer

from analysis.cli.decisions import decided
from analysis.cli.scope import BrandOption, TopOption, print_rows, reading
from tracker.cli.options import JsonOption, NoteOption, Where
from tracker.cli.printing import out
from tracker.cli.verbs import ACT, add

Show = Literal["factors", "anchors", "velocity", "review"]
COLUMNS: dict[Show, tuple[str, ...]] = {
    "factors": (
        "source",
        "anchor",
        "anchor_class",
        "follow",
        "authority",
        "relevance",
        "placement",
        "sitewide",
    ),
    "anchors": ("anchor_class", "own", "own_domains", "rivals", "rivals_domains", "verdict"),
    "velocity": ("week", "new", "expected", "limit", "p", "verdict", "risky", "because"),
    "review": ("domain", "links", "followed", "votes", "reasons", "decision"),
}


def register(app: typer.Typer) -> None:
    add(app, quality, group=ACT)


def quality(
    where: Where,
    brand: BrandOption = None,
    show: Annotated[
        Show,
        typer.Option(
            "--show",
            help="Every link's factors, anchors against rivals, new links a week, or the review queue.",
        ),
    ] = "review",
    set_decision: Annotated[
        str | None,
        typer.Option("--set", help="Decide on a referring domain, as example.com=keep or =disavow."),
    ] = None,
    note: NoteOption = "",
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Links to your brand, one factor at a time. There is no score; the default advice is to do nothing."""
    from analysis import frames
    from analysis import quality as q
    from analysis import review as r
    from tracker import audit

    if set_decision is not None:
        who = audit.terminal_user()
        decide = partial(q.decide, note=note, now=datetime.now(UTC), who=who)
        decided(where, set_decision, decide, as_json=as_json)
        return
    with reading(where) as asked:
        links = frames.backlinks(asked.database, asked.world)
        shown: Sequence[Any]
        if show == "anchors":
            shown = q.anchors(asked.world, links)
        elif show == "factors":
            shown = q.factors(asked.database, asked.world, brand=brand, table=links)
        else:
            profile = r.profile(asked.database, asked.world, brand=brand, table=links)
            shown = profile.weeks if show == "velocity" else profile.queue
    rows = (
        [_with_sides(asdict(row)) for row in shown] if show == "anchors" else [asdict(row) for row in shown]
    )
    if not as_json:
        rows = [{name: _cell(value) for name, value in row.items()} for row in rows]
        rows = rows if show == "velocity" else rows[:top]
    print_rows(f"Links: {show}", COLUMNS[show], rows, as_json)
    if show == "review" and rows and not as_json:
        out.print(f"\nAdvice: {r.ADVICE}.")


def _with_sides(row: dict[str, Any]) -> dict[str, Any]:
    for side in ("own", "rivals"):
        interval = row.pop(side)
        row |= {side: interval["estimate"], f"{side}_low": interval["low"], f"{side}_high": interval["high"]}
        row |= {f"{side}_domains": interval["n"]}
    return row


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
