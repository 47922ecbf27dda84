"""`citelift pull links`: from the API of a vendor. Prints, never computes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json
from tracker.cli.verbs import IMPORT, add, add_group
from tracker.cli.workspaces import synced
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.links.pull.pulling import Pulled, PullPlan


def register(app: typer.Typer) -> None:
    add(add_group(app, "pull", "Fetch from the APIs of link tools.", IMPORT), pull_links, "links")


def pull_links(
    where: Where,
    source: Annotated[
        str, typer.Option("--from", help="ahrefs, dataforseo, majestic, semrush, openpagerank or bing.")
    ],
    budget: Annotated[float, typer.Option(help="USD that this pull may cost in all.", min=0)] = 0.0,
    target: Annotated[
        str | None, typer.Option(help="The domain that is linked to; without it, your own.")
    ] = None,
    rows: Annotated[int, typer.Option(help="The most rows.", min=1)] = 10_000,
    unit_price: Annotated[
        float | None, typer.Option(help="USD for 1,000 of the vendor's units, by your plan.", min=0)
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show requests and cost; ask nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch links, or Open PageRank's values, with your key, and store them as a dated import. Goes on where
    it was broken off.
    """
    from tracker import store
    from tracker.links.pull import pulling
    from tracker.links.pull.vendors import VENDORS

    if source not in VENDORS:
        raise UsageError(f"no links come from {source!r}", "use one of " + ", ".join(VENDORS))
    settings = where.settings()
    with opened(settings) as db:
        workspace_id, catalog = synced(db, settings, need="brands")
        own = next((brand.domains[0] for brand in catalog.brands if brand.own and brand.domains), None)
        order = pulling.Order(
            vendor=VENDORS[source],
            workspace_id=workspace_id,
            target=pulling.domain_named(target or own),
            rows=rows,
            budget_usd=budget,
            unit_usd=None if unit_price is None else unit_price / 1_000,
        )
        if plan_only:
            with store.reading(db) as session:
                planned = pulling.plan(session, order, datetime.now(UTC))
            print_json(planned.as_json()) if as_json else _show_plan(planned)
            return
        made = pulling.pull(db, order, now=lambda: datetime.now(UTC), progress=None if as_json else _progress)
    print_json(made.as_json()) if as_json else _show(made)
    raise typer.Exit(3 if made.stored is not None and made.stored.rejected else 0)


def _progress(rows: int, usd: float) -> None:
    err.print(f"  {rows:,} rows, {usd:.4f} USD")


def _show_plan(planned: PullPlan) -> None:
    out.print(
        f"{plain(planned.vendor)} on {plain(planned.target)}: up to {planned.rows:,} rows in "
        f"{planned.requests:,} requests, at most {planned.units:,.2f} units or {planned.usd:.4f} USD. "
        "Nothing was asked."
    )
    if planned.rows_there:
        out.print(
            f"{planned.rows_there:,} rows are there already, from a pull that was broken off; they cost "
            f"{planned.spent_usd:.4f} USD."
        )


def _show(made: Pulled) -> None:
    whole = "all that there are" if made.complete else "as many as were asked for: a sample"
    out.print(
        f"{plain(made.plan.vendor)} on {plain(made.plan.target)}: {made.rows:,} rows ({whole}) in "
        f"{made.requests:,} requests, {made.usd:.4f} USD."
    )
    if made.stored is None:
        out.print("The vendor has no rows on it, so nothing was stored.")
        return
    out.print(
        f"{made.stored.stored:,} stored as of {made.stored.as_of}, "
        f"{made.stored.already_there:,} already there, {made.stored.rejected:,} rejected."
    )
    for warning in made.stored.warnings:
        err.print(f"  note: {plain(warning)}")
