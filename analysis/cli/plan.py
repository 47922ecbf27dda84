"""`citelift plan`: what a run asks and costs, and with `--power` how long until a lift could be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tracker import numbers
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.run import plan_json, show_plan
from tracker.cli.verbs import ASK, add
from tracker.errors import CiteliftError

if TYPE_CHECKING:
    from analysis.lift.panel import Panel
    from analysis.lift.power import PowerPlan
    from tracker.run.plan import Plan
    from tracker.settings import Settings


def register(app: typer.Typer) -> None:
    add(app, plan, group=ASK)


def plan(
    where: Where,
    power: Annotated[
        bool,
        typer.Option(
            "--power", help="How many weeks and repeats until a lift could be seen; takes a minute."
        ),
    ] = False,
    points: Annotated[
        float, typer.Option(min=0.1, max=99, help="With --power: the lift in percentage points.")
    ] = 10.0,
    source: Annotated[
        str | None, typer.Option(help="With --power: whose lift; default a source cited as often as most.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a run would ask, what it may cost and how small a change it could detect. Spends nothing."""
    from tracker import health

    settings = where.settings()
    made = health.plan_for(settings)
    found = _power(settings, made, points / 100, source) if power else None
    if as_json:
        print_json(plan_json(made) | ({"power": _json(found)} if found else {}))
        return
    show_plan(made)
    if found:
        _show(found)


def _power(settings: Settings, made: Plan, points: float, source: str | None) -> PowerPlan:
    from analysis.lift.power import plan_lift

    panel, words = _panel(settings, made)
    err.print(f"Simulating on {words} …")
    return plan_lift(points, panel, source=source)


def _panel(settings: Settings, made: Plan) -> tuple[Panel, str]:
    """The workspace's own answers and links where there are enough, else a typical world of the plan's size."""
    from analysis import frames
    from analysis.lift.power import typical_panel
    from tracker.store import open_database

    try:
        database = open_database(settings.database_url, read_only=True)
    except CiteliftError:
        panel = None
    else:
        try:
            panel = frames.lift_panel(database, frames.world(database, settings.workspace or made.workspace))
        except CiteliftError:
            panel = None
        database.dispose()
    if panel is not None and panel.answers and panel.exposed.nnz:
        return panel, f"your {panel.answers:,} answers and the links of {len(panel.sources)} sources"
    prompts = max((engine.prompts for engine in made.engines), default=40)
    engines = max(1, len(made.engines))
    words = f"a typical world of {prompts} prompts and {engines} engines: there are no answers with links yet"
    return typical_panel(prompts=prompts, engines=engines), words


def _json(found: PowerPlan) -> dict[str, object]:
    rows = [
        {
            "weeks": r.weeks,
            "repeats": r.repeats,
            "answers": r.answers,
            "exposed": r.exposed,
            "se": r.se,
            "power": r.power,
            "detectable": r.detectable,
        }
        for r in found.rows
    ]
    return {"points": found.points, "wanted": found.wanted, "source": found.source, "rows": rows}


def _show(found: PowerPlan) -> None:
    rows = [
        (
            r.weeks,
            r.repeats,
            f"{r.answers:,}",
            f"{r.exposed:,.0f}",
            "not enough data" if r.se is None else numbers.percent(r.power, 0),
            numbers.UNKNOWN if r.detectable is None else numbers.points_apart(r.detectable),
        )
        for r in found.rows
    ]
    out.print()
    table(
        f"Chance to see a lift of {numbers.points_apart(found.points)} of a source like {plain(found.source)}",
        (
            "weeks",
            "repeats",
            "answers",
            "exposed pairs",
            "power",
            f"smallest lift seen with {numbers.percent(found.wanted, 0)}",
        ),
        rows,
        right=(0, 1, 2, 3, 4, 5),
    )
    if found.cheapest is None:
        out.print(
            "None of these is enough. More prompts help more than more repeats; pooling sources into families helps too."
        )
    else:
        best = found.cheapest
        out.print(
            f"Fewest answers that reach {numbers.percent(found.wanted, 0)}: {best.weeks} weeks with {best.repeats} repeats ({best.answers:,} answers)."
        )
