"""The verbs that read: visibility, lift, association, … They print what the other modules computed.

Whatever is heavy is imported inside its verb: `citelift --help` must answer at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tracker.errors import UsageError
from tracker.opening import (
    CatalogOption,
    DatabaseOption,
    JsonOption,
    WorkspaceOption,
    opened,
    settings_from,
    workspace_of,
)
from tracker.printing import err, out, plain, print_json, table

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from analysis.frames import Scope, World
    from analysis.intervals import Interval
    from analysis.visibility import Row

Branded = Literal["exclude", "include", "only"]
DAY = ["%Y-%m-%d"]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=DAY, help="First day; its whole week counts.")
]
ToOption = Annotated[
    datetime | None, typer.Option("--to", formats=DAY, help="Last day; its whole week counts.")
]
WeeksOption = Annotated[int | None, typer.Option("--weeks", min=1, help="Only the last so many weeks.")]
EngineOption = Annotated[str | None, typer.Option("--engine", help="Only this engine.")]
TopicOption = Annotated[str | None, typer.Option("--topic", help="Only this topic.")]
CountryOption = Annotated[str | None, typer.Option("--country", help="Only prompts of this country.")]
BrandOption = Annotated[str | None, typer.Option("--brand", help="Only this brand.")]
BrandedOption = Annotated[Branded, typer.Option("--branded", help="Prompts that name the own brand.")]
TopOption = Annotated[int, typer.Option("--top", min=1, help="Rows to print; --json has them all.")]


def register(app: typer.Typer) -> None:
    for verb in (
        *(visibility, changes, sources, stability, lift, association, authority, events),
        *(opportunities, quality, classify, report),
    ):
        app.command()(verb)


@dataclass(frozen=True)
class Asked:
    """An open database, its workspace, and the answers a command is about."""

    database: Database
    world: World
    scope: Scope
    window: Mapping[str, str | None]


@contextmanager
def _reading(
    catalog: Path | None,
    database: str | None,
    workspace: str | None,
    *,
    first: datetime | None = None,
    last: datetime | None = None,
    weeks: int | None = None,
    engine: str | None = None,
    topic: str | None = None,
    country: str | None = None,
    branded: Branded = "include",
) -> Iterator[Asked]:
    from analysis import frames
    from tracker import store

    settings = settings_from(catalog, database, workspace)
    with opened(settings, read_only=True) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
        world = frames.world(db, key)
        known = frames.weeks(db, world)
        start = frames.monday(first.date()) if first else None
        end = frames.monday(last.date()) if last else None
        if start and end and start > end:
            raise UsageError("--from lies after --to", "turn them round")
        if weeks is not None and known:
            start = max(known[-1] - timedelta(weeks=weeks - 1), start or known[0])
        scope = frames.Scope(
            first=start,
            last=end,
            engine=world.engine(engine) if engine else None,
            topic=world.require_topic(topic) if topic else None,
            country=country,
            branded=branded,
        )
        inside = [day for day in known if (start is None or day >= start) and (end is None or day <= end)]
        yield Asked(db, world, scope, _window(inside))


def _window(weeks: Sequence[date]) -> dict[str, str | None]:
    if not weeks:
        return {"from": None, "to": None}
    return {"from": weeks[0].isoformat(), "to": (weeks[-1] + timedelta(days=6)).isoformat()}


def _share(value: float | None, places: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{places}f} %"


def _band(low: float | None, high: float | None, scale: float = 100, sign: str = "") -> str:
    return "–" if low is None or high is None else f"{scale * low:{sign}.1f} … {scale * high:{sign}.1f}"


def _bounds(name: str, interval: Interval) -> dict[str, float | int | None]:
    return {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}


def row_json(row: Row) -> dict[str, Any]:
    """One row of `citelift visibility --json`: `low` and `high` are the mention rate's, the others carry their names."""
    head = row.rates["mention_rate"]
    found: dict[str, Any] = {
        "brand": row.brand,
        "engine": row.engine,
        "topic": row.topic,
        "country": row.country,
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
            found |= _bounds(name, interval)
    found |= _bounds("prompt_coverage", row.coverage)
    found |= {"mentions": row.counts["mentioned"], "citations": row.counts["citations"]}
    found |= {"ghost_citations": row.counts["ghost"], "silent_mentions": row.counts["silent"]}
    return found | {"own": row.own, "directional_only": row.directional}


def visibility(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Split by any of engine, topic, country, week, with commas between."),
    ] = None,
    first: FromOption = None,
    last: ToOption = None,
    weeks: WeeksOption = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
    country: CountryOption = None,
    brand: BrandOption = None,
    branded: BrandedOption = "exclude",
    compare: Annotated[
        bool, typer.Option("--compare", help="The same answers under the definitions other trackers publish.")
    ] = False,
    definitions: Annotated[bool, typer.Option("--definitions", help="Print what each number means.")] = False,
    as_json: JsonOption = False,
) -> None:
    """How often answers name and cite each brand, with intervals. Prompts that name your own brand are left out."""
    from analysis import visibility as v

    if definitions:
        _definitions(as_json)
        return
    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with _reading(catalog, database, workspace, country=country, branded=branded, **options) as asked:
        if compare:
            _compare(asked, brand, as_json)
            return
        headline = _only(v.table(asked.database, asked.world, asked.scope, _keys(by)), asked.world, brand)
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
        }
        if by is None:
            head["headline"] = [row_json(row) for row in headline]
        print_json({**head, "rows": [row_json(row) for row in rows]})


def _keys(by: str | None) -> list[str]:
    return [name.strip() for name in (by or "").split(",") if name.strip()]


def _only(rows: list[Row], world: World, brand: str | None) -> list[Row]:
    if brand is None:
        return rows
    name = world.brand(brand).name
    return [row for row in rows if row.brand == name]


def _print_visibility(asked: Asked, rows: Sequence[Row]) -> None:
    if not rows:
        out.print("No answers in this window.")
        return
    keys = [
        k for k in ("engine", "topic", "country", "week") if any(getattr(row, k) is not None for row in rows)
    ]
    columns = [*keys, "brand", "mention rate", "citation rate", "share of voice", "prompts", "answers"]
    shown = []
    for row in rows:
        cells: list[object] = [getattr(row, key) for key in keys]
        cells.append(f"{row.brand} (you)" if row.own else row.brand)
        for name in ("mention_rate", "citation_rate", "share_of_voice"):
            interval = row.rates[name]  # type: ignore[index]
            cells.append(f"{_share(interval.estimate)} ({_band(interval.low, interval.high)})")
        answers = f"{row.answers:,}" + (" directional only" if row.directional else "")
        shown.append([*cells, row.prompts, answers])
    right = range(len(keys) + 1, len(columns))
    table(
        f"Visibility {asked.window['from']} to {asked.window['to']} (95 % intervals)",
        columns,
        shown,
        right=right,
    )
    if asked.scope.branded == "exclude" and asked.world.branded:
        out.print(
            f"\n{len(asked.world.branded)} prompts that name your own brand are left out (--branded include)."
        )
    out.print("What the numbers mean: citelift visibility --definitions")


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
    shown = [(r.brand, r.name, "–" if r.value is None else f"{r.value:.3f}", r.n, r.definition) for r in rows]
    table(
        "The same answers, other definitions",
        ("brand", "number", "value", "n", "definition"),
        shown,
        right=(2, 3),
    )


def changes(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="A day of the earlier week.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="A day of the later week.")
    ] = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
    branded: BrandedOption = "exclude",
    as_json: JsonOption = False,
) -> None:
    """What changed from one week to the next, and what is noise. Without dates: the two newest weeks."""
    from analysis import frames
    from analysis import visibility as v

    with _reading(catalog, database, workspace, engine=engine, topic=topic, branded=branded) as asked:
        days = [frames.monday(day.date()) if day else None for day in (first, last)]
        found = v.changes(asked.database, asked.world, asked.scope, first=days[0], last=days[1])
    if as_json:
        print_json({"rows": [asdict(change) for change in found]})
        return
    if not found:
        out.print("There is only one week of answers: nothing to compare yet.")
        return
    rows = [
        (
            *(c.brand, c.measure.replace("_", " "), _share(c.before), _share(c.after)),
            "–" if c.difference.estimate is None else f"{100 * c.difference.estimate:+.1f} points",
            *(_band(c.difference.low, c.difference.high, sign="+"), c.difference.clusters, c.verdict),
        )
        for c in found
    ]
    columns = ("brand", "number", "before", "after", "difference", "95 %", "prompts", "verdict")
    table(f"Week of {found[0].first} → week of {found[0].last}", columns, rows, right=(2, 3, 4, 5, 6))
    for reason in (*found[0].reasons, *found[0].notes):
        out.print(f"  {plain(reason)}")


def sources(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    first: FromOption = None,
    last: ToOption = None,
    weeks: WeeksOption = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The domains that answers cite most, by engine."""
    from analysis import frames
    from analysis.intervals import wilson

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with _reading(catalog, database, workspace, **options) as asked:
        found = frames.sources(asked.database, asked.world, asked.scope, ("engine",))
        answers = frames.citable_answers(asked.database, asked.world, asked.scope)
        names = asked.world.engines
        window = asked.window
    rows: list[dict[str, Any]] = []
    for r in found.to_dict("records"):
        rate = wilson(r["answers"], answers[r["engine"]])
        rows.append(
            {
                **{"domain": r["domain"], "engine": names[r["engine"]], "answers": r["answers"]},
                **{"of_answers": rate.n, "rate": rate.estimate, "low": rate.low, "high": rate.high},
                **{"citations": r["citations"], "retrieved_answers": r["retrieved"]},
            }
        )
    if as_json:
        print_json({"window": window, "rows": rows})
        return
    shown = [
        (
            r["domain"],
            r["engine"],
            f"{r['answers']:,} of {r['of_answers']:,}",
            _share(r["rate"]),
            _band(r["low"], r["high"]),
        )
        for r in rows[:top]
    ]
    table(
        "Most cited domains",
        ("domain", "engine", "answers citing it", "rate", "95 %"),
        shown,
        right=(2, 3, 4),
    )


def lift(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    first: FromOption = None,
    last: ToOption = None,
    weeks: WeeksOption = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
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
    from analysis.families import families
    from analysis.lift import lift as estimate

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with _reading(catalog, database, workspace, **options) as asked:
        chosen = asked.world.brand(brand).name if brand else None
        panel = frames.lift_panel(
            asked.database,
            asked.world,
            asked.scope,
            exposure=exposure,
            families=families(asked.database, asked.world),
        )
    found = estimate(panel, brand=chosen, checks=checks)
    if as_json:
        rows = [
            {
                **{"source": r.source, "lift": r.lift, "low": r.low, "high": r.high, "p": r.p, "q": r.q},
                **{"exposed": r.exposed, "prompts": r.prompts, "verdict": r.verdict, "checks": r.checks},
                **{"family": r.family, "shrunk": r.shrunk, "rank_key": r.rank_key, "common": r.common},
                "details": r.details,
            }
            for r in found.rows
        ]
        head = {"design": "within-answer", "brand": found.brand, "window": asked.window}
        print_json(
            {**head, "answers": found.answers, "prompts": found.prompts, "within": found.within, "rows": rows}
        )
        return
    shown = [
        (
            *(
                r.source,
                "–" if r.lift is None else f"{100 * r.lift:+.1f} points",
                _band(r.low, r.high, sign="+"),
            ),
            *("–" if r.q is None else f"{r.q:.3f}", f"{r.exposed:,}", r.prompts, r.verdict),
        )
        for r in found.rows[:top]
    ]
    columns = ("source", "lift", "95 %", "q", "exposed", "prompts", "verdict")
    table(
        f"Lift of link sources, {asked.window['from']} to {asked.window['to']}",
        columns,
        shown,
        right=range(1, 6),
    )
    out.print(
        f"\n{found.answers:,} answers, {found.prompts} prompts, {len(found.rows)} sources that link to a brand."
    )
    if len(found.rows) > top:
        out.print(f"{len(found.rows) - top} more rows: --top {len(found.rows)} or --json")


def association(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    metric: Annotated[
        str, typer.Option("--authority", help="An imported metric, or pagerank, harmonic, referring_domains.")
    ] = "pagerank",
    pool: Annotated[
        Literal["auto", "retrieved", "serp", "cited-only"],
        typer.Option("--pool", help="Candidates of an answer."),
    ] = "auto",
    first: FromOption = None,
    last: ToOption = None,
    weeks: WeeksOption = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
    as_json: JsonOption = False,
) -> None:
    """Does authority go with being cited? Descriptive: it is no evidence that links work."""
    from analysis import frames
    from analysis.association import WHY_NOT_EVIDENCE, associate

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with _reading(catalog, database, workspace, **options) as asked:
        data, names = frames.association_data(asked.database, asked.world, asked.scope)
        values = frames.authority_table(asked.database, metric, asked.world, names=names)
        kinds = _kinds(asked, names)
    found = associate(
        data, values.strength(names), metric=metric, basis=values.source, kinds=kinds, pool=pool
    )
    rows = [
        {
            **{"engine": r.engine, "authority": r.authority, "domains": r.domains, "spearman": r.spearman},
            **{"low": r.low, "high": r.high, "odds_ratio_per_doubling": r.odds_ratio_per_doubling},
            **{
                "or_low": r.or_low,
                "or_high": r.or_high,
                "answers": r.answers,
                "pool": r.pool,
                "basis": r.basis,
            },
            **{"unknown_domains": r.unknown, "without_top_20": asdict(r.without_top), "control": r.control},
            **{"placebo": asdict(r.placebo) if r.placebo else None, "reason": r.reason},
        }
        for r in found
    ]
    if as_json:
        print_json({"window": asked.window, "note": WHY_NOT_EVIDENCE, "rows": rows})
        return
    shown = [
        (
            *(r.engine, f"{r.domains:,}", "–" if r.spearman is None else f"{r.spearman:+.3f}"),
            *(_band(r.low, r.high, 1, "+"), _ratio(r.odds_ratio_per_doubling), _band(r.or_low, r.or_high, 1)),
            *(f"{r.answers:,}", r.pool),
        )
        for r in found
    ]
    columns = ("engine", "domains", "Spearman", "95 %", "odds per doubling", "95 %", "answers", "candidates")
    table(f"{metric} ({values.source}) and citations", columns, shown, right=range(1, 7))
    out.print(f"\n{WHY_NOT_EVIDENCE}")
    for row in found:
        out.print(
            f"  {plain(row.engine)}: {plain(row.control)}{'; ' + plain(row.reason) if row.reason else ''}"
        )


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _kinds(asked: Asked, names: Sequence[str]) -> list[str]:
    from analysis import frames
    from analysis.classify import Classifier

    decided = frames.domain_kinds(asked.database, asked.world)
    classifier = Classifier.of(asked.world, decided=decided)
    return [classifier.domain(name).kind for name in names]


def authority(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    metric: Annotated[str | None, typer.Option("--metric", help="Show the domains of this metric.")] = None,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The authority metrics there are, or the strongest domains by one of them."""
    from analysis import frames

    with _reading(catalog, database, workspace) as asked:
        if metric is None:
            lists = frames.authority_metrics(asked.database)
            graph = frames.link_graph(asked.database, asked.world)
            known = [
                {"metric": r.metric, "as_of": str(r.as_of), "domains": r.rows, "source": r.source}
                for r in lists.itertuples(index=False)
            ]
            if graph.edges:
                source = f"computed from {graph.basis}"
                known += [
                    {"metric": name, "as_of": None, "domains": graph.nodes, "source": source}
                    for name in frames.COMPUTED
                ]
            _print_rows("Authority metrics", ("metric", "as_of", "domains", "source"), known, as_json)
            return
        found = frames.authority_table(asked.database, metric, asked.world)
    sign = -1 if found.higher_is_better else 1
    ordered = sorted(found.values.items(), key=lambda item: (sign * item[1], item[0]))
    rows = [{"domain": name, "value": value} for name, value in (ordered if as_json else ordered[:top])]
    _print_rows(
        f"{metric}: {found.source}", ("domain", "value"), rows, as_json, authority=metric, source=found.source
    )


def _print_rows(
    title: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]], as_json: bool, **head: object
) -> None:
    if as_json:
        print_json({**head, "rows": rows})
        return
    if not rows:
        err.print(f"{plain(title)}: nothing to show.")
        return
    table(title, [c.replace("_", " ") for c in columns], [[row[c] for c in columns] for row in rows])


def report(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    week: Annotated[
        datetime | None, typer.Option("--week", formats=DAY, help="Any day of the week; default the newest.")
    ] = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path("reports"),
    formats: Annotated[
        str, typer.Option("--format", help="Any of html, pdf, md, csv, with commas.")
    ] = "html,pdf,md,csv",
    as_json: JsonOption = False,
) -> None:
    """Write the week: what changed, what is noise, which link sources stand out, what cannot be said."""
    from analysis import report as reports

    with _reading(catalog, database, workspace) as asked:
        written = reports.write(
            asked.database,
            asked.world,
            folder,
            week=week.date() if week else None,
            formats=_keys(formats),  # type: ignore[arg-type]
        )
    if as_json:
        print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        out.print(plain(path))


def events(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    by: Annotated[
        Literal["family", "source"], typer.Option("--by", help="Pool sources into families or not.")
    ] = "family",
    outcome: Annotated[
        Literal["mention", "citation"], typer.Option("--outcome", help="Named, or cited.")
    ] = "mention",
    first: FromOption = None,
    last: ToOption = None,
    weeks: WeeksOption = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
    as_json: JsonOption = False,
) -> None:
    """Before and after a brand's first link from a source, against brands not yet linked."""
    from analysis import frames
    from analysis.events import study
    from analysis.families import families

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with _reading(catalog, database, workspace, **options) as asked:
        data = frames.histories(
            asked.database,
            asked.world,
            asked.scope,
            outcome=outcome,
            families=families(asked.database, asked.world),
        )
        found = study(data, by=by) if data.sources and data.answers.size else None
    rows = found.rows if found else ()
    if as_json:
        head = {"design": "before and after", "by": by, "outcome": outcome, "window": asked.window}
        print_json({**head, "rows": [asdict(row) for row in rows]})
        return
    shown = [
        (
            *(r.name, "–" if r.att is None else f"{100 * r.att:+.1f} points", _band(r.low, r.high, sign="+")),
            *("–" if r.q is None else f"{r.q:.3f}", r.events, r.treated, r.controls),
            f"{r.verdict}{': ' + r.reason if r.reason else ''}",
        )
        for r in rows
    ]
    columns = (by, "change", "95 %", "q", "links", "linked brands", "not yet linked", "verdict")
    table(f"Before and after a first link ({outcome})", columns, shown, right=range(1, 7))
    if not rows:
        out.print("No cited source is known to link to a tracked brand.")


def opportunities(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    first: FromOption = None,
    last: ToOption = None,
    weeks: WeeksOption = None,
    engine: EngineOption = None,
    topic: TopicOption = None,
    set_state: Annotated[
        str | None,
        typer.Option("--set", help="Decide on a source, as source=working; open, working, done, dismissed."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why, with --set.")] = "",
    gains: Annotated[
        bool, typer.Option("--gains/--no-gains", help="Compute expected gains from lift.")
    ] = True,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Sources that could bring your brand something, best first, each with its reasons and the next step."""
    from analysis import frames
    from analysis import opportunities as o
    from analysis.families import families
    from analysis.lift import lift as estimate

    if set_state is not None:
        _decide(catalog, database, workspace, set_state, note)
        return
    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with _reading(catalog, database, workspace, **options) as asked:
        panel = frames.lift_panel(
            asked.database, asked.world, asked.scope, families=families(asked.database, asked.world)
        )
        lifts = estimate(panel, checks="claims") if gains and panel.answers and panel.exposed.nnz else None
        found = o.opportunities(asked.database, asked.world, asked.scope, lift=lifts)
    if as_json:
        rows = [{k: v for k, v in asdict(row).items() if k != "rank"} for row in found]
        print_json({"window": asked.window, "rows": rows})
        return
    shown = [
        (
            *(r.source, r.kind, f"{r.cited_answers:,} of {r.answers:,} ({_share(r.rate)})", r.engines),
            "–" if r.gain is None else f"{100 * r.gain:+.2f} ({_band(r.gain_low, r.gain_high, sign='+')})",
            *("; ".join(reason.text for reason in r.reasons), r.state),
        )
        for r in found[:top]
    ]
    columns = ("source", "class", "answers citing it", "engines", "gain, points (95 %)", "why", "state")
    table("Opportunities", columns, shown, right=(2, 3, 4))
    if found:
        out.print(
            f"\n{len(found)} in all. Pages and next steps: --json. Decide: --set {plain(found[0].source)}=working"
        )


def _decide(catalog: Path | None, database: str | None, workspace: str | None, text: str, note: str) -> None:
    from analysis import frames
    from analysis.opportunities import decide
    from tracker import store

    source, _, state = text.partition("=")
    settings = settings_from(catalog, database, workspace)
    with opened(settings) as db:
        with store.reading(db) as session:
            key = workspace_of(session, settings)
        world = frames.world(db, key)
        decide(db, world, source.strip(), state.strip(), note=note, now=datetime.now(UTC))  # type: ignore[arg-type]
    out.print(f"{plain(source)}: {plain(state)}")


def stability(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    weeks: WeeksOption = None,
    as_json: JsonOption = False,
) -> None:
    """How steady each engine's cited domains are from week to week."""
    from analysis import visibility as v

    with _reading(catalog, database, workspace, weeks=weeks) as asked:
        found = v.stability(asked.database, asked.world, asked.scope)
    if as_json:
        print_json({"window": asked.window, "rows": [asdict(row) for row in found]})
        return
    shown = [
        (
            s.engine,
            s.weeks,
            len(s.core),
            s.rotating,
            _share(s.core_share),
            _ratio(s.jaccard),
            _ratio(s.overlap),
            s.pairs,
        )
        for s in found
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
    )
    table("Stability of cited domains", columns, shown, right=range(1, 8))


def classify(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    set_kind: Annotated[
        str | None, typer.Option("--set", help="Decide yourself, as example.com=editorial.")
    ] = None,
    classes: Annotated[
        Path | None, typer.Option("--classes", help="Your own domains.csv and rules.yaml.")
    ] = None,
    pages: Annotated[
        bool, typer.Option("--pages", help="Classify the cited pages, not the domains.")
    ] = False,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """What kind of site every cited domain is, with the evidence."""
    from analysis import frames
    from analysis.classify import Classifier, decide
    from tracker import domains, store

    settings = settings_from(catalog, database, workspace)
    if set_kind is not None:
        name, _, kind = set_kind.partition("=")
        with opened(settings) as db:
            with store.reading(db) as session:
                key = workspace_of(session, settings)
            decide(db, frames.world(db, key), name.strip(), kind.strip())
        out.print(f"{plain(name)}: {plain(kind)}")
        return
    with _reading(catalog, database, workspace) as asked:
        cited = frames.sources(asked.database, asked.world, asked.scope).head(400 if as_json else top)
        ids = {domains.domain_id(str(name)): str(name) for name in cited["domain"]}
        of_pages = frames.pages_of(asked.database, asked.world, asked.scope, list(ids))
        decided = frames.domain_kinds(asked.database, asked.world)
    folder = classes or (settings.catalog / "classes" if (settings.catalog / "classes").is_dir() else None)
    classifier = Classifier.of(asked.world, decided=decided, folder=folder)
    each = [
        (ids[int(r["source_id"])], r["url"], int(r["answers"]), classifier.page(r["url"], r["title"]))
        for r in of_pages.to_dict("records")
    ]
    if pages:
        found: list[dict[str, Any]] = [
            {"page": url, "class": label.kind, "basis": label.basis, "evidence": label.evidence, "answers": n}
            for _, url, n, label in each[: None if as_json else top]
        ]
        _print_rows("Classes of cited pages", ("page", "class", "evidence", "answers"), found, as_json)
        return
    kinds: dict[str, list[str]] = {}
    for name, _, _, label in each:
        kinds.setdefault(name, []).append(label.kind)
    found = []
    for r in cited.to_dict("records"):
        label = classifier.domain(r["domain"], kinds.get(r["domain"], []))
        head = {"domain": r["domain"], "class": label.kind, "basis": label.basis, "evidence": label.evidence}
        found.append({**head, "answers": int(r["answers"])})
    _print_rows(
        "Classes of cited domains", ("domain", "class", "basis", "evidence", "answers"), found, as_json
    )


def quality(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    brand: BrandOption = None,
    show: Annotated[
        Literal["factors", "anchors", "velocity", "review"],
        typer.Option(
            "--show",
            help="Every link's factors, anchors against rivals, new links a week, or the review queue.",
        ),
    ] = "review",
    set_decision: Annotated[
        str | None,
        typer.Option("--set", help="Decide on a referring domain, as example.com=keep or =disavow."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Why, with --set.")] = "",
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Links to your brand, one factor at a time. There is no score, and the default advice is to do nothing."""
    from analysis import frames
    from analysis import quality as q

    if set_decision is not None:
        from tracker import store

        name, _, choice = set_decision.partition("=")
        settings = settings_from(catalog, database, workspace)
        with opened(settings) as db:
            with store.reading(db) as session:
                key = workspace_of(session, settings)
            world = frames.world(db, key)
            entry = q.decide(db, world, name.strip(), choice.strip(), note=note, now=datetime.now(UTC))  # type: ignore[arg-type]
        out.print(f"{plain(entry)}: {plain(choice)}")
        return
    with _reading(catalog, database, workspace) as asked:
        links = frames.backlinks(asked.database, asked.world)
        found: Sequence[Any] = q.factors(asked.database, asked.world, brand=brand, table=links)
        if show == "anchors":
            found = q.anchors(asked.world, links)
        elif show == "velocity":
            found = q.velocity(found)
        elif show == "review":
            found = q.review(found, frames.disavowed(asked.database, asked.world))
    rows = [asdict(row) for row in found]
    if show == "anchors":
        for row in rows:
            for side in ("own", "rivals"):
                interval = row.pop(side)
                row |= {
                    side: interval["estimate"],
                    f"{side}_low": interval["low"],
                    f"{side}_high": interval["high"],
                }
                row |= {f"{side}_domains": interval["n"]}
    columns = {
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
        "velocity": ("week", "new", "expected", "limit", "spike", "risky", "because"),
        "review": ("domain", "links", "followed", "reasons", "decision"),
    }[show]
    shown = rows if as_json or show == "velocity" else rows[:top]
    if not as_json:
        shown = [{k: _cell(v) for k, v in row.items()} for row in shown]
    _print_rows(f"Links: {show}", columns, shown, as_json)


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
