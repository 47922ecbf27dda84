"""`citelift plan`: what a run asks and costs, and with `--power` how long until a lift could be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker import numbers
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.verbs import ASK, add
from tracker.errors import CiteliftError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from analysis.frames import World
    from analysis.lift.panel import Panel
    from analysis.lift.power import PowerPlan
    from analysis.planned import PlannedTrial
    from tracker.run.plan import Detectable, EnginePlan, Plan
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
    run_plan = health.plan_for(settings)
    power_plan = _power(settings, run_plan, points / 100, source) if power else None
    trials = _trials(settings, run_plan, points / 100) if power else []
    if as_json:
        print_json(_plan_json(run_plan) | (_json(power_plan, trials) if power_plan else {}))
        return
    _show_plan(run_plan)
    if power_plan:
        _show(power_plan)
        _show_trials(trials, points / 100)


def _plan_json(plan: Plan) -> dict[str, Any]:
    rows = [
        {
            "engine": e.name,
            "model": e.model,
            "prompts": e.prompts,
            "repeats": e.repeats,
            "asks": e.asks,
            "most_usd": e.most_micros / 1e6,
            "likely_usd": None if e.likely_micros is None else e.likely_micros / 1e6,
            "budget_usd": None if e.budget_micros is None else e.budget_micros / 1e6,
            "verdict": e.verdict,
            "missing_keys": list(e.missing_keys),
            "elsewhere": list(e.elsewhere),
            "places": list(e.places),
            "lacks_for_decisions": list(_lacking(plan, e)),
            "detectable_change": {str(d.repeats): round(d.change, 4) for d in e.detectable},
            "detectable_citation_change": {
                str(d.repeats): round(d.change, 4) for d in e.detectable_citations
            },
        }
        for e in plan.engines
    ]
    return {
        "workspace": plan.workspace,
        "asks": plan.asks,
        "most_usd": plan.most_micros / 1e6,
        "likely_usd": plan.likely_micros / 1e6,
        "runs_per_month": round(plan.runs_per_month, 2),
        "month_usd": plan.likely_micros * plan.runs_per_month / 1e6,
        "rows": rows,
    }


def _show_plan(plan: Plan) -> None:
    rows = [
        (
            e.name,
            e.model,
            f"{e.prompts:,} × {e.repeats}",
            numbers.money(e.most_micros),
            numbers.money(e.likely_micros),
            numbers.money(e.budget_micros) if e.budget_micros is not None else "none",
            _verdict(e),
        )
        for e in plan.engines
    ]
    columns = ("engine", "model", "asks", "at most", "usually", "budget", "verdict")
    title = f"Plan for workspace {plan.workspace}: {plan.asks:,} asks (prompts × repeats)"
    table(title, columns, rows, right=(2, 3, 4, 5))
    out.print(
        f"\nA run: {numbers.money(plan.likely_micros)} expected, {numbers.money(plan.most_micros)} at most. "
        f"A month ({plan.runs_per_month:.1f} runs): "
        f"{numbers.money(round(plan.likely_micros * plan.runs_per_month))}."
    )
    out.print()
    changes = [
        (e.name, _points(e.detectable), _points(e.detectable_citations), _basis(e)) for e in plan.engines
    ]
    table(
        f"Smallest change of a rate that two runs could show ({numbers.percent(0.8, 0)} power), by repeats",
        ("engine", "mention rate", "citation rate", "from"),
        changes,
    )
    out.print("\nNumbers are decision-grade with the same model in all weeks, and:")
    for e in plan.engines:
        out.print(plain(f"  {e.name}: {'; '.join(_lacking(plan, e)) or 'nothing more is needed'}."))


WEEKS_A_MONTH = 365.25 / 12 / 7


def _lacking(plan: Plan, engine: EnginePlan) -> tuple[str, ...]:
    from analysis.grades import shortfalls

    return shortfalls(engine.prompts, engine.repeats * max(plan.runs_per_month / WEEKS_A_MONTH, 1))


def _points(changes: Sequence[Detectable]) -> str:
    return ", ".join(f"{one.repeats}×: {numbers.points_apart(one.change)}" for one in changes)


def _verdict(engine: EnginePlan) -> str:
    notes: list[str] = [engine.verdict]
    if engine.missing_keys:
        notes.append(f"key missing: {', '.join(engine.missing_keys)}")
    if not engine.priced:
        notes.append("no price known: $0.10 an ask assumed")
    if not engine.searches:
        notes.append("does not search")
    notes += engine.places
    if engine.elsewhere:
        notes.append(f"ITS KEY GOES TO {', '.join(engine.elsewhere)}")
    return "; ".join(notes)


def _basis(engine: EnginePlan) -> str:
    seen = engine.observed
    rate = numbers.percent(seen.rate, 0)
    shared = f"intraclass correlation of repeats {numbers.number(seen.intraclass, 2)}"
    if not seen.answers:
        return f"assumed rate {rate}, {shared}"
    return f"{seen.answers:,} answers: rate {rate}, {shared}"


def _power(settings: Settings, plan: Plan, points: float, source: str | None) -> PowerPlan:
    from analysis.lift.power import plan_lift

    panel, words = _panel(settings, plan)
    err.print(f"Simulating on {words} …")
    return plan_lift(points, panel, source=source)


@contextmanager
def _stored(settings: Settings, plan: Plan) -> Iterator[tuple[Database, World] | None]:
    """The workspace's database, if there is one."""
    from analysis import frames
    from tracker.store import open_database

    try:
        database = open_database(settings.database_url, read_only=True)
    except CiteliftError:
        yield None
        return
    try:
        world = frames.world(database, settings.workspace or plan.workspace)
    except CiteliftError:
        yield None
    else:
        yield database, world
    finally:
        database.dispose()


def _panel(settings: Settings, plan: Plan) -> tuple[Panel, str]:
    """The workspace's own answers and links where there are enough, else a typical world of this size."""
    from analysis import frames
    from analysis.lift.power import typical_panel

    with _stored(settings, plan) as here:
        panel = frames.lift_panel(*here) if here else None
    if panel is not None and panel.answers and panel.exposed.nnz:
        return panel, f"your {panel.answers:,} answers and the links of {len(panel.sources)} sources"
    prompts = max((engine.prompts for engine in plan.engines), default=40)
    engines = max(1, len(plan.engines))
    words = f"a typical world of {prompts} prompts and {engines} engines: there are no answers with links yet"
    return typical_panel(prompts=prompts, engines=engines), words


def _trials(settings: Settings, plan: Plan, points: float) -> list[PlannedTrial]:
    """Experiments foreseen as of the week after the newest answers."""
    from analysis import frames
    from analysis.classes.classify import own_folder
    from analysis.planned import planned

    with _stored(settings, plan) as here:
        weeks = frames.weeks(*here) if here else []
        if here is None or not weeks or here[1].own is None:
            return []
        today = weeks[-1] + timedelta(weeks=1)
        return planned(*here, today=today, lift=points, classes=own_folder(settings.catalog))


def _json(power: PowerPlan, trials: Sequence[PlannedTrial]) -> dict[str, object]:
    told = {"points": power.points, "wanted": power.wanted, "source": power.source}
    best = {"source": power.best, "rows": [asdict(r) for r in power.best_rows]}
    return {
        "power": {**told, "rows": [asdict(r) for r in power.rows], "best": best},
        "experiments": [asdict(each) for each in trials],
    }


def _show_trials(trials: Sequence[PlannedTrial], points: float) -> None:
    if not trials:
        return
    rows = [
        (each.pairs, *(numbers.percent(p.unnamed, 0) for p in each.powers))
        if each.powers
        else (each.pairs, each.reason, "", "")
        for each in trials
    ]
    out.print()
    title = f"Chance that an experiment of 8 weeks says 'raised' where a link gives {numbers.points(points)}"
    columns = ("pairs", *(f"{numbers.percent(won, 0)} of links won" for won in (0.4, 0.7, 1.0)))
    table(title, columns, rows, right=(0,))


def _show(power: PowerPlan) -> None:
    rows = [
        (
            r.weeks,
            r.repeats,
            f"{r.answers:,}",
            f"{r.exposed:,.0f}",
            "not enough data" if r.se is None else numbers.percent(r.power, 0),
            numbers.UNKNOWN if r.detectable is None else numbers.points_apart(r.detectable),
            "not enough data" if best.se is None else numbers.percent(best.power, 0),
        )
        for r, best in zip(power.rows, power.best_rows, strict=True)
    ]
    out.print()
    table(
        f"Chance to see a lift of {numbers.points_apart(power.points)} of a source like {power.source}",
        (
            "weeks",
            "repeats",
            "answers",
            "exposed pairs",
            "power",
            f"smallest lift seen with {numbers.percent(power.wanted, 0)}",
            f"power of {power.best}",
        ),
        rows,
        right=(0, 1, 2, 3, 4, 5, 6),
    )
    out.print(
        plain(f"{power.best} has the most answers with a live link; {power.source} stands in the middle.")
    )
    if power.cheapest is None:
        out.print(
            "None of these is enough. More prompts help more than more repeats; "
            "pooling sources into families helps too."
        )
    else:
        best = power.cheapest
        out.print(
            f"Fewest answers that reach {numbers.percent(power.wanted, 0)}: {best.weeks} weeks with "
            f"{best.repeats} repeats ({best.answers:,} answers)."
        )
