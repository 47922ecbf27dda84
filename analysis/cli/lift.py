"""The verbs that ask whether links matter: lift, association, events. They print what others compute."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from analysis.cli.scope import BrandOption, Selection, TopOption, kinds_of, reading
from tracker import numbers
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import READ, add
from tracker.errors import UsageError

LIFT_FIELDS = (
    "source",
    "lift",
    "low",
    "high",
    "p",
    "q",
    "exposed",
    "prompts",
    "verdict",
    "checks",
    "family",
    "shrunk",
    "rank_key",
    "common",
    "details",
    "gated",
    "pull",
    "pull_low",
    "missing",
    "missing_low",
)


def register(app: typer.Typer) -> None:
    for verb in (lift, association, events):
        add(app, verb, group=READ)


def lift(
    where: Where,
    which: Selection,
    brand: BrandOption = None,
    exposure: Annotated[
        Literal["auto", "page", "domain"],
        typer.Option("--exposure", help="auto: the cited page's own links where known, else its domain's."),
    ] = "auto",
    checks: Annotated[
        Literal["all", "claims", "none"],
        typer.Option("--checks", help="Check every number, only those that claim something, or none."),
    ] = "all",
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Which link sources go with more mentions: the comparison of brands inside one answer."""
    from analysis import frames
    from analysis.classes.families import families
    from analysis.grades import grades
    from analysis.lift import cautions
    from analysis.lift.direction import by_family, sentence
    from analysis.lift.estimate import lift as estimate
    from analysis.lift.listing import listing
    from analysis.lift.listing import sentence as listed_or_linked
    from analysis.reconciled import against_events

    with reading(where, which) as asked:
        chosen = asked.world.brand(brand).name if brand else None
        read = frames.inside_answers(asked.database, asked.world, asked.scope)
        of_family = families(asked.database, asked.world, folder=asked.classes)
        panel = frames.lift_panel(
            asked.database, asked.world, exposure=exposure, families=of_family, read=read
        )
        if chosen is not None and chosen not in panel.brands:
            ended = asked.world.brand(chosen).until
            raise UsageError(
                f"{chosen} ended on {ended}, and every answer is compared over the same brands",
                f"read the weeks until then: --to {ended}",
            )
        pages = frames.listing_data(asked.database, asked.world, read=read)
        graded = grades(asked.database, asked.world, asked.scope)
        lift_table = estimate(panel, brand=chosen, checks=checks)
        here = (asked.database, asked.world, asked.scope)
        lift_table, beside = against_events(*here, panel, lift_table, of_family)
    told = listing(*pages)
    if as_json:
        runs = lift_table.direction.verdict if lift_table.direction else None
        rows = [
            {name: getattr(row, name) for name in LIFT_FIELDS}
            | {
                "direction": runs if row.goes_with_more else None,
                "works": lift_table.works.get(row.source),
            }
            for row in lift_table.rows
        ]
        head = {"design": "within-answer", "brand": lift_table.brand, "window": asked.window}
        print_json(
            {
                **head,
                "answers": lift_table.answers,
                "prompts": lift_table.prompts,
                "within": lift_table.within,
                "direction": asdict(lift_table.direction) if lift_table.direction else None,
                "listing": asdict(told),
                "by_family": {name: asdict(one) for name, one in lift_table.by_family.items()},
                "exports_know": asdict(lift_table.known) if lift_table.known else None,
                "against_events": [asdict(one) for one in beside],
                "warnings": lift_table.warnings,
                "grades": [asdict(one) for one in graded],
                "rows": rows,
            }
        )
        return
    shown = [
        (
            r.source,
            numbers.points(r.lift),
            numbers.points_range(r.low, r.high),
            numbers.probability(r.q),
            f"{r.exposed:,}",
            r.prompts,
            f"{r.verdict} *" if r.gated else r.verdict,
        )
        for r in lift_table.rows[:top]
    ]
    columns = ("source", "lift", numbers.LEVEL, "q", "exposed", "prompts", "verdict")
    table(
        f"Lift of link sources, {asked.window['from']} to {asked.window['to']}",
        columns,
        shown,
        right=range(1, 6),
    )
    out.print(
        f"\n{lift_table.answers:,} answers, {lift_table.prompts} prompts, "
        f"{len(lift_table.rows)} sources that link to a brand."
    )
    for grade in graded[:1]:
        out.print(plain(grade.words))
    for each in lift_table.warnings:
        out.print(f"Warning: {each}")
    if any(r.gated for r in lift_table.rows[:top]):
        out.print(f"* {cautions.gate(lift_table.discovery, lift_table.gate)}")
    out.print(sentence(lift_table.direction))
    out.print(listed_or_linked(told))
    for both in beside:
        out.print(plain(both.words))
    for said in (by_family(lift_table.by_family), cautions.known_share(lift_table.known)):
        if said:
            out.print(plain(said))
    claims = [r for r in lift_table.rows[:top] if r.goes_with_more]
    if claims:
        out.print(cautions.WITHOUT_THE_LINK)
    for r in claims:
        out.print(f"  {plain(r.source)}: {cautions.explained(r)}")
    if len(lift_table.rows) > top:
        out.print(f"{len(lift_table.rows) - top} more rows: --top {len(lift_table.rows)} or --json")


def association(
    where: Where,
    which: Selection,
    metric: Annotated[
        str, typer.Option("--authority", help="An imported metric, or pagerank, harmonic, referring_domains.")
    ] = "pagerank",
    pool: Annotated[
        Literal["auto", "retrieved", "serp", "cited-only"],
        typer.Option("--pool", help="Candidates of an answer."),
    ] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Does authority go with being cited? Descriptive: it is no evidence that links work."""
    from analysis import frames
    from analysis.association.association import WHY_NOT_EVIDENCE, associate

    with reading(where, which) as asked:
        data, names = frames.association_data(asked.database, asked.world, asked.scope)
        values = frames.authority_table(asked.database, metric, asked.world, names=names)
        kinds = kinds_of(asked, names)
    by_engine = associate(
        data, values.strength(names), metric=metric, basis=values.source, kinds=kinds, pool=pool
    )
    rows = [
        {
            "engine": r.engine,
            "authority": r.authority,
            "domains": r.domains,
            "spearman": r.spearman,
            "low": r.low,
            "high": r.high,
            "odds_ratio_per_doubling": r.odds_ratio_per_doubling,
            "or_low": r.or_low,
            "or_high": r.or_high,
            "answers": r.answers,
            "pool": r.pool,
            "basis": r.basis,
            "unknown_domains": r.unknown,
            "without_top_20": asdict(r.without_top),
            "control": r.control,
            "placebo": asdict(r.placebo) if r.placebo else None,
            "reason": r.reason,
        }
        for r in by_engine
    ]
    if as_json:
        print_json({"window": asked.window, "note": WHY_NOT_EVIDENCE, "rows": rows})
        return
    shown = [
        (
            r.engine,
            f"{r.domains:,}",
            numbers.correlation(r.spearman),
            numbers.correlation_range(r.low, r.high),
            numbers.ratio(r.odds_ratio_per_doubling),
            numbers.ratio_range(r.or_low, r.or_high),
            f"{r.answers:,}",
            r.pool,
        )
        for r in by_engine
    ]
    columns = (
        "engine",
        "domains",
        "Spearman",
        numbers.LEVEL,
        "odds per doubling",
        numbers.LEVEL,
        "answers",
        "candidates",
    )
    table(f"{metric} ({values.source}) and citations", columns, shown, right=range(1, 7))
    out.print(f"\n{WHY_NOT_EVIDENCE}")
    for row in by_engine:
        out.print(
            f"  {plain(row.engine)}: {plain(row.control)}{'; ' + plain(row.reason) if row.reason else ''}"
        )


def events(
    where: Where,
    which: Selection,
    by: Annotated[
        Literal["family", "source"], typer.Option("--by", help="Pool sources into families or not.")
    ] = "family",
    outcome: Annotated[
        Literal["mention", "citation"], typer.Option("--outcome", help="Named, or cited.")
    ] = "mention",
    as_json: JsonOption = False,
) -> None:
    """Before and after a brand's first link from a source, against brands not yet linked."""
    from analysis import frames
    from analysis.classes.families import families
    from analysis.events.study import study

    with reading(where, which) as asked:
        data = frames.histories(
            asked.database,
            asked.world,
            asked.scope,
            outcome=outcome,
            families=families(asked.database, asked.world, folder=asked.classes),
        )
        event_table = study(data, by=by) if data.sources and data.answers.size else None
    rows = event_table.rows if event_table else ()
    if as_json:
        head = {"design": "before and after", "by": by, "outcome": outcome, "window": asked.window}
        print_json({**head, "rows": [asdict(row) for row in rows]})
        return
    shown = [
        (
            r.name,
            numbers.points(r.att),
            numbers.points_range(r.low, r.high),
            numbers.probability(r.q),
            r.events,
            r.treated,
            r.controls,
            f"{r.verdict}{': ' + r.reason if r.reason else ''}",
        )
        for r in rows
    ]
    columns = (by, "change", numbers.LEVEL, "q", "links", "linked brands", "not yet linked", "verdict")
    table(f"Before and after a first link ({outcome})", columns, shown, right=range(1, 7))
    if not rows:
        out.print("No cited source is known to link to a tracked brand.")
