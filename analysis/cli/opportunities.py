"""`citelift opportunities`: what to do next, and what was decided about it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli.decisions import decided
from analysis.cli.scope import Selection, TopOption, reading
from tracker import numbers
from tracker.cli.options import JsonOption, NoteOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import ACT, add

if TYPE_CHECKING:
    from analysis.opportunities import Opportunity


def register(app: typer.Typer) -> None:
    add(app, opportunities, group=ACT)


def opportunities(
    where: Where,
    which: Selection,
    set_state: Annotated[
        str | None,
        typer.Option(
            "--set",
            help=(
                "Decide on a source, as source=working; open, working, contacted, replied, agreed, done, "
                "dismissed."
            ),
        ),
    ] = None,
    note: NoteOption = "",
    gains: Annotated[
        bool, typer.Option("--gains/--no-gains", help="Compute expected gains from lift.")
    ] = True,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Sources that could bring your brand something, best first, each with its reasons and the next step."""
    from analysis import frames
    from analysis import opportunities as o
    from analysis.classes.families import families
    from analysis.lift.estimate import lift as estimate
    from analysis.lift.listing import listing, sentence
    from analysis.reconciled import against_events
    from tracker import audit

    if set_state is not None:
        who = audit.terminal_user()
        decide = partial(o.decide, note=note, now=datetime.now(UTC), who=who)
        decided(where, set_state, decide, as_json=as_json)
        return
    with reading(where, which) as asked:
        read = frames.inside_answers(asked.database, asked.world, asked.scope)
        of_family = families(asked.database, asked.world, folder=asked.classes)
        panel = frames.lift_panel(asked.database, asked.world, families=of_family, read=read)
        lifts = estimate(panel, checks="claims") if gains and panel.answers and panel.exposed.nnz else None
        if lifts is not None and lifts.gains:
            here = (asked.database, asked.world, asked.scope)
            lifts, _ = against_events(*here, panel, lifts, of_family)
        told = listing(*frames.listing_data(asked.database, asked.world, read=read)) if gains else None
        offers = o.opportunities(
            asked.database, asked.world, asked.scope, lift=lifts, listing=told, classes=asked.classes
        )
        maybe_owned = o.called_like_a_brand(asked.database, asked.world)
    if as_json:
        rows = [{k: v for k, v in asdict(row).items() if k != "weight"} for row in offers]
        print_json({"window": asked.window, "rows": rows, "yours": [asdict(site) for site in maybe_owned]})
        return
    shown = [
        (
            r.source,
            r.kind,
            f"{r.cited_answers:,} of {r.answers:,} ({numbers.percent(r.rate)})",
            r.engines,
            _gain(r),
            "; ".join(reason.text for reason in r.reasons),
            r.ask.what,
            r.state,
        )
        for r in offers[:top]
    ]
    columns = (
        "source",
        "class",
        "answers citing it",
        "engines",
        f"gain ({numbers.LEVEL})",
        "why",
        "ask for",
        "state",
    )
    table("Opportunities", columns, shown, right=(2, 3, 4))
    for site in maybe_owned:
        whose = "Yours" if site.own else f"{plain(site.brand)}'s"
        out.print(
            f"{plain(site.domain)} is cited by {site.answers:,} answers and belongs to no brand. {whose}? "
            "Then list it under `domains:` or `owns:` of brands.yaml."
        )
    if any(r.gain is not None for r in offers[:top]):
        out.print(o.MAYBE_LISTED)
    if told is not None and told.told_apart:
        out.print(sentence(told))
    if offers:
        out.print(
            f"\n{len(offers)} in all. Pages and next steps: --json. "
            f"Decide: --set {plain(offers[0].source)}=working"
        )


def _gain(row: Opportunity) -> str:
    if row.gain is None:
        return "stands out" if row.stands_out else numbers.UNKNOWN
    return f"{numbers.points(row.gain)} ({numbers.points_range(row.gain_low, row.gain_high)})"
