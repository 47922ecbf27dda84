"""The verbs that read answers: visibility, changes, sources, stability, report. They compute nothing.

Whatever is heavy is imported inside its verb: `citelift --help` must answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from analysis.cli import (
    alerts,
    authority,
    classes,
    experiments,
    firstparty,
    graph,
    lift,
    opportunities,
    prospects,
    quality,
    webgraph,
    work,
)
from analysis.cli.scope import (
    AnswerFilter,
    Asked,
    BrandedOption,
    BrandOption,
    RivalsOption,
    Selection,
    TopOption,
    reading,
    words_of,
)
from tracker import numbers
from tracker.cli.options import DAY, JsonOption, Where
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.verbs import READ, add
from tracker.errors import UsageError

if TYPE_CHECKING:
    from analysis.changes import Moving
    from analysis.frames import World
    from analysis.intervals import Interval
    from analysis.visibility import Row


def register(app: typer.Typer) -> None:
    for verb in (visibility, changes, sources, stability, report):
        add(app, verb, group=READ)
    for verbs in (
        lift,
        authority,
        opportunities,
        prospects,
        work,
        experiments,
        alerts,
        firstparty,
        quality,
        classes,
        graph,
        webgraph,
    ):
        verbs.register(app)


def _bounds(name: str, interval: Interval) -> dict[str, float | int | None]:
    return {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}


def row_json(row: Row) -> dict[str, Any]:
    """One row of `citelift visibility --json`: `low` and `high` are the mention rate's; others have names."""
    head = row.rates["mention_rate"]
    fields: dict[str, Any] = {
        "brand": row.brand,
        "engine": row.engine,
        "topic": row.topic,
        "country": row.country,
        "language": row.language,
        "week": row.week.isoformat() if row.week else None,
        "answers": row.answers,
        "prompts": row.prompts,
        "mention_rate": head.estimate,
        "low": head.low,
        "high": head.high,
        "method": head.method,
        "citable_answers": row.citable,
    }
    for name, interval in row.rates.items():
        if name != "mention_rate":
            fields |= _bounds(name, interval)
    fields |= _bounds("prompt_coverage", row.coverage)
    fields |= {"mentions": row.counts["mentioned"], "citations": row.counts["citations"]}
    fields |= {"ghost_citations": row.counts["ghost"], "silent_mentions": row.counts["silent"]}
    return fields | {"own": row.own, "directional_only": row.directional}


def visibility(
    where: Where,
    which: Selection,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Split by any of engine, topic, country, language, week, with commas between."
        ),
    ] = None,
    brand: BrandOption = None,
    branded: BrandedOption = "exclude",
    rivals: RivalsOption = "include",
    compare: Annotated[
        bool, typer.Option("--compare", help="The same answers under the definitions other trackers publish.")
    ] = False,
    definitions: Annotated[bool, typer.Option("--definitions", help="Print what each number means.")] = False,
    as_json: JsonOption = False,
) -> None:
    """How often answers name and cite each brand, with intervals. Prompts naming your brand are left out."""
    from analysis import visibility as v
    from analysis.grades import grades
    from analysis.presence import presence

    if definitions:
        _definitions(as_json)
        return
    with reading(where, which, branded=branded, rivals=rivals) as asked:
        if compare:
            _compare(asked, brand, as_json)
            return
        headline = _only(v.table(asked.database, asked.world, asked.scope, words_of(by)), asked.world, brand)
        if not as_json:
            _print_visibility(asked, headline)
            return
        rows = headline
        if by is None:
            cells = v.table(asked.database, asked.world, asked.scope, ("engine", "topic", "week"))
            rows = _only(cells, asked.world, brand)
        left_out = (
            sorted(asked.world.prompts[p].text for p in asked.world.branded) if branded == "exclude" else []
        )
        head: dict[str, Any] = {
            "window": asked.window,
            "branded": branded,
            "branded_prompts_left_out": left_out,
            "rivals": rivals,
            "prompts_naming_rivals": sorted(asked.world.prompts[p].text for p in asked.world.naming_rivals),
        }
        if by is None:
            head["headline"] = [row_json(row) for row in headline]
        head["grades"] = [asdict(one) for one in grades(asked.database, asked.world, asked.scope)]
        head["presence"] = [
            {"engine": one.engine, "pages": one.rate.n} | _bounds("presence_rate", one.rate)
            for one in presence(asked.database, asked.world, asked.scope)
        ]
        print_json({**head, "rows": [row_json(row) for row in rows]})


def _only(rows: list[Row], world: World, brand: str | None) -> list[Row]:
    if brand is None:
        return rows
    name = world.brand(brand).name
    return [row for row in rows if row.brand == name]


def _print_visibility(asked: Asked, rows: Sequence[Row]) -> None:
    from analysis.grades import grades
    from analysis.left_out import why_nothing
    from analysis.presence import presence
    from analysis.visibility import KEYS

    if not rows:
        out.print(plain(why_nothing(asked.database, asked.world, asked.scope)))
        return
    keys = [k for k in KEYS if any(getattr(row, k) is not None for row in rows)]
    columns = [*keys, "brand", "mention rate", "citation rate", "share of voice", "prompts", "answers"]
    shown = []
    for row in rows:
        cells: list[object] = [getattr(row, key) for key in keys]
        cells.append(f"{row.brand} (you)" if row.own else row.brand)
        for name in ("mention_rate", "citation_rate", "share_of_voice"):
            interval = row.rates[name]
            cells.append(
                f"{numbers.percent(interval.estimate)} ({numbers.percent_range(interval.low, interval.high)})"
            )
        answers = f"{row.answers:,}" + (" directional only" if row.directional else "")
        shown.append([*cells, row.prompts, answers])
    right = range(len(keys) + 1, len(columns))
    table(
        f"Visibility {asked.window['from']} to {asked.window['to']} ({numbers.LEVEL} intervals)",
        columns,
        shown,
        right=right,
    )
    if asked.scope.branded == "exclude" and asked.world.branded:
        out.print(
            f"\n{len(asked.world.branded)} prompts that name your own brand are left out (--branded include)."
        )
    if asked.world.naming_rivals:
        count = numbers.counted(len(asked.world.naming_rivals), "prompt")
        words = {
            "include": "counted in; --rivals exclude leaves them out",
            "exclude": "left out",
            "only": "counted",
        }
        out.print(f"Prompts that name a rival: {count} ({words[asked.scope.rivals]}).")
    for one in presence(asked.database, asked.world, asked.scope):
        span = numbers.percent_range(one.rate.low, one.rate.high)
        share = f"{numbers.percent(one.rate.estimate)} ({span})"
        out.print(f"{plain(one.engine)} shows an overview on {share} of {one.rate.n:,} pages of results.")
    for grade in grades(asked.database, asked.world, asked.scope):
        out.print(plain(grade.words))
    out.print(f"{asked.world.weeks_in_words} What the numbers mean: citelift visibility --definitions")


def _definitions(as_json: bool) -> None:
    from analysis.visibility import DEFINITIONS

    if as_json:
        print_json({"definitions": DEFINITIONS})
        return
    for name, text in DEFINITIONS.items():
        out.print(f"[bold]{name.replace('_', ' ')}[/bold]: {plain(text)}")


def _compare(asked: Asked, brand: str | None, as_json: bool) -> None:
    from analysis.definitions import other_definitions

    chosen = asked.world.brand(brand).name if brand else None
    rows = other_definitions(asked.database, asked.world, asked.scope, brand=chosen)
    if as_json:
        print_json({"window": asked.window, "rows": [asdict(row) for row in rows]})
        return
    shown = [(r.brand, r.name, numbers.number(r.value, 3), r.n, r.definition) for r in rows]
    table(
        "The same answers, other definitions",
        ("brand", "number", "value", "n", "definition"),
        shown,
        right=(2, 3),
    )


def changes(
    where: Where,
    which: AnswerFilter,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="A day of the earlier week.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="A day of the later week.")
    ] = None,
    periods: Annotated[
        int | None,
        typer.Option("--periods", min=1, help="So many weeks against as many before, as one look."),
    ] = None,
    branded: BrandedOption = "exclude",
    as_json: JsonOption = False,
) -> None:
    """What changed from one week to the next, and what is noise. Without dates: the two newest weeks.

    Each comparison is one look. What has moved for those who look every week stands below it.
    """
    from analysis import frames
    from analysis.changes import compare_periods, compare_weeks, moving
    from analysis.grades import grades

    with reading(where, which, branded=branded) as asked:
        days = [frames.monday(day.date()) if day else None for day in (first, last)]
        if periods is None:
            differences = compare_weeks(asked.database, asked.world, asked.scope, first=days[0], last=days[1])
        elif first is not None:
            raise UsageError("--from and --periods say two things", "leave one out; --to ends the periods")
        else:
            differences = compare_periods(
                asked.database, asked.world, asked.scope, weeks=periods, last=days[1]
            )
        watched = moving(asked.database, asked.world, asked.scope, last=days[1])
        scope = asked.scope
        for one in differences[:1]:
            begin = one.first - timedelta(weeks=one.weeks - 1)
            scope = replace(scope, first=begin, last=one.last)
        graded = grades(asked.database, asked.world, scope)
    if as_json:
        print_json(
            {
                "rows": [asdict(change) for change in differences],
                "watched": [asdict(m) for m in watched],
                "grades": [asdict(one) for one in graded],
            }
        )
        return
    if not differences:
        short = "only one week" if periods is None else f"fewer than {2 * periods} weeks"
        out.print(f"There is {short} of answers: nothing to compare yet.")
        return
    rows = [
        (
            c.brand,
            c.measure.replace("_", " "),
            numbers.percent(c.before),
            numbers.percent(c.after),
            numbers.points(c.difference.estimate),
            numbers.points_range(c.difference.low, c.difference.high),
            c.difference.clusters,
            c.verdict,
        )
        for c in differences
    ]
    columns = ("brand", "number", "before", "after", "difference", numbers.LEVEL, "prompts", "verdict")
    span = f"{periods} weeks up to that" if periods else "Week"
    table(
        f"{span} of {differences[0].first} → {span.lower()} of {differences[0].last}",
        columns,
        rows,
        right=(2, 3, 4, 5, 6),
    )
    for reason in (*differences[0].reasons, *differences[0].notes):
        out.print(f"  {plain(reason)}")
    _print_moving(watched)
    for grade in graded[:1]:
        out.print(plain(grade.words))


def _print_moving(watched: Sequence[Moving]) -> None:
    moved = [m for m in watched if m.moved]
    for m in moved:
        sizes = f"{numbers.percent(m.before)} before, {numbers.percent(m.after)} since"
        name = m.measure.replace("_", " ")
        out.print(
            plain(
                f"Looked at every week: {m.brand}'s {name} moved about {m.since} ({sizes}; e = {m.e:,.0f})."
            )
        )
    if watched and not moved:
        out.print("Looked at every week, nothing has moved (e-values; false alarm in at most 1 of 20 years).")


def sources(
    where: Where,
    which: Selection,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The domains that answers cite most, by engine."""
    from analysis import frames
    from analysis.intervals import wilson
    from tracker.answers import unlisted

    with reading(where, which) as asked:
        cited = frames.sources(asked.database, asked.world, asked.scope, ("engine",))
        answers = frames.citable_answers(asked.database, asked.world, asked.scope)
        names = asked.world.engines
        window = asked.window
        with asked.database.connect() as connection:
            sites = unlisted.unlisted(connection, asked.world.id)
            nowhere = unlisted.no_addresses(connection, asked.world.id)
    rows: list[dict[str, Any]] = []
    for r in cited.to_dict("records"):
        rate = wilson(r["answers"], answers[r["engine"]])
        rows.append(
            {
                "domain": r["domain"],
                "engine": names[r["engine"]],
                "answers": r["answers"],
                "of_answers": rate.n,
                "rate": rate.estimate,
                "low": rate.low,
                "high": rate.high,
                "citations": r["citations"],
                "retrieved_answers": r["retrieved"],
            }
        )
    if as_json:
        forgotten = {"yours": [asdict(site) for site in sites], "no_address": asdict(nowhere)}
        print_json({"window": window, "rows": rows, **forgotten})
        return
    shown = [
        (
            r["domain"],
            r["engine"],
            f"{r['answers']:,} of {r['of_answers']:,}",
            numbers.percent(r["rate"]),
            numbers.percent_range(r["low"], r["high"]),
        )
        for r in rows[:top]
    ]
    table(
        "Most cited domains",
        ("domain", "engine", "answers citing it", "rate", numbers.LEVEL),
        shown,
        right=(2, 3, 4),
    )
    for site in sites[:5]:
        whose = "yours" if site.own else f"{site.brand}'s"
        count = numbers.counted(site.answers, "answer")
        out.print(
            plain(f"{site.domain}, cited by {count}, belongs to no brand: {whose}? (`domains:`, `owns:`)")
        )
    if nowhere.citations:
        count = numbers.counted(nowhere.citations, "citation")
        examples = ", ".join(url[:60] for url in nowhere.examples)
        out.print(plain(f"{count} name no page on the web and are in no share, such as {examples}"))


def report(
    where: Where,
    which: AnswerFilter,
    week: Annotated[
        datetime | None, typer.Option("--week", formats=DAY, help="Any day of the week; default the newest.")
    ] = None,
    period: Annotated[
        Literal["week", "month", "quarter"], typer.Option(help="What it is a report of.")
    ] = "week",
    brand: Annotated[
        str | None, typer.Option("--for", help="A tracked brand to write it for; default your own.")
    ] = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path("reports"),
    formats: Annotated[
        str, typer.Option("--format", help="Any of html, pdf, md, csv, with commas.")
    ] = "html,pdf,md,csv",
    as_json: JsonOption = False,
) -> None:
    """Write the report: page 1 to decide by, then rivals, link sources, links, and what cannot be said."""
    from analysis.report import write as reports
    from tracker.catalog import look

    style = look.load(where.settings().catalog)
    with reading(where, which, branded="exclude") as asked:
        written = reports.write(
            asked.database,
            asked.world,
            folder,
            week=week.date() if week else None,
            scope=asked.scope,
            formats=words_of(formats),  # type: ignore[arg-type]
            classes=asked.classes,
            period=period,
            brand=brand,
            look=style,
        )
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        out.print(plain(path))


def stability(
    where: Where,
    which: Selection,
    as_json: JsonOption = False,
) -> None:
    """How steady each engine's cited domains are from week to week."""
    from analysis.stability import source_stability

    with reading(where, which) as asked:
        rows = source_stability(asked.database, asked.world, asked.scope)
    if as_json:
        print_json({"window": asked.window, "rows": [asdict(row) for row in rows]})
        return
    shown = [
        (
            s.engine,
            s.weeks,
            len(s.core),
            s.rotating,
            numbers.percent(s.core_share),
            numbers.number(s.jaccard, 2),
            numbers.number(s.overlap, 2),
            s.pairs,
            numbers.number(s.repeats.jaccard if s.repeats else None, 2),
            numbers.number(s.repeats.floor if s.repeats else None, 2),
        )
        for s in rows
    ]
    columns = (
        "engine",
        "weeks",
        "core",
        "rotating",
        "core's share",
        "Jaccard",
        "rank-biased overlap",
        "pairs of weeks",
        "repeats' Jaccard",
        "if nothing changed",
    )
    table("Stability of cited domains", columns, shown, right=range(1, 10))
