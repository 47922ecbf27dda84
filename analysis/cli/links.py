"""The verbs about links: lift, association, authority, events, opportunities, quality, classify.

Whatever is heavy is imported inside its verb: `citelift --help` must answer at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from analysis.cli import graph as cli_graph
from analysis.cli.scope import (
    BrandOption,
    EngineOption,
    FromOption,
    ToOption,
    TopicOption,
    TopOption,
    WeeksOption,
    band,
    kinds_of,
    print_rows,
    ratio,
    reading,
    share,
)
from tracker.cli.opening import opened
from tracker.cli.options import CatalogOption, DatabaseOption, JsonOption, WorkspaceOption, settings_from
from tracker.cli.printing import out, plain, print_json, table
from tracker.cli.workspaces import workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from analysis.classes.classify import Label
    from analysis.cli.scope import Asked


def register(app: typer.Typer) -> None:
    for verb in (lift, association, authority, events, opportunities, quality, classify):
        app.command()(verb)
    cli_graph.register(app)


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
    from analysis.classes.families import families
    from analysis.events import study

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with reading(catalog, database, workspace, **options) as asked:
        data = frames.histories(
            asked.database,
            asked.world,
            asked.scope,
            outcome=outcome,
            families=families(asked.database, asked.world, folder=asked.classes),
        )
        found = study(data, by=by) if data.sources and data.answers.size else None
    rows = found.rows if found else ()
    if as_json:
        head = {"design": "before and after", "by": by, "outcome": outcome, "window": asked.window}
        print_json({**head, "rows": [asdict(row) for row in rows]})
        return
    shown = [
        (
            *(r.name, "–" if r.att is None else f"{100 * r.att:+.1f} points", band(r.low, r.high, sign="+")),
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
    from analysis.classes.families import families
    from analysis.lift.estimate import lift as estimate

    if set_state is not None:
        _decide(catalog, database, workspace, set_state, note)
        return
    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with reading(catalog, database, workspace, **options) as asked:
        panel = frames.lift_panel(
            asked.database,
            asked.world,
            asked.scope,
            families=families(asked.database, asked.world, folder=asked.classes),
        )
        lifts = estimate(panel, checks="claims") if gains and panel.answers and panel.exposed.nnz else None
        found = o.opportunities(asked.database, asked.world, asked.scope, lift=lifts, classes=asked.classes)
    if as_json:
        rows = [{k: v for k, v in asdict(row).items() if k != "rank"} for row in found]
        print_json({"window": asked.window, "rows": rows})
        return
    shown = [
        (
            *(r.source, r.kind, f"{r.cited_answers:,} of {r.answers:,} ({share(r.rate)})", r.engines),
            "–" if r.gain is None else f"{100 * r.gain:+.2f} ({band(r.gain_low, r.gain_high, sign='+')})",
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
    from analysis.classes.classify import decide
    from tracker import store

    settings = settings_from(catalog, database, workspace)
    if set_kind is not None:
        name, _, kind = set_kind.partition("=")
        with opened(settings) as db:
            with store.reading(db) as session:
                key = workspace_of(session, settings)
            decide(db, frames.world(db, key), name.strip(), kind.strip())
        out.print(f"{plain(name)}: {plain(kind)}")
        return
    with reading(catalog, database, workspace) as asked:
        cited = frames.sources(asked.database, asked.world, asked.scope).head(400 if as_json else top)
        names, folder = [str(name) for name in cited["domain"]], classes or asked.classes
        found = _pages_classed(asked, names, folder) if pages else _domains_classed(asked, cited, folder)
    if pages:
        shown = found if as_json else found[:top]
        print_rows("Classes of cited pages", ("page", "class", "evidence", "answers"), shown, as_json)
        return
    columns = ("domain", "class", "basis", "evidence", "answers")
    print_rows("Classes of cited domains", columns, found, as_json)


def _pages_classed(asked: Asked, names: list[str], folder: Path | None) -> list[dict[str, Any]]:
    from analysis import frames
    from analysis.classes.classify import Classifier
    from tracker import domains

    classifier = Classifier.stored(asked.database, asked.world, folder=folder)
    ids = [domains.domain_id(name) for name in names]
    return [
        {"page": r["url"], **_classed(classifier.page(r["url"], r["title"])), "answers": int(r["answers"])}
        for r in frames.pages_of(asked.database, asked.world, asked.scope, ids).to_dict("records")
    ]


def _domains_classed(asked: Asked, cited: pd.DataFrame, folder: Path | None) -> list[dict[str, Any]]:
    from analysis.classes.classify import labels

    found = labels(asked.database, asked.world, cited["domain"].tolist(), folder=folder)
    return [
        {"domain": r["domain"], **_classed(found[r["domain"]]), "answers": int(r["answers"])}
        for r in cited.to_dict("records")
    ]


def _classed(label: Label) -> dict[str, str]:
    return {"class": label.kind, "basis": label.basis, "evidence": label.evidence}


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
    with reading(catalog, database, workspace) as asked:
        links = frames.backlinks(asked.database, asked.world)
        found: Sequence[Any]
        if show == "anchors":
            found = q.anchors(asked.world, links)
        else:
            ever = q.factors(asked.database, asked.world, brand=brand, table=links, lost=True)
            live = q.factors(asked.database, asked.world, brand=brand, table=links)
            found = q.velocity(ever) if show == "velocity" else live
        if show == "review":
            found = q.review(live, frames.disavowed(asked.database, asked.world), ever)
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
    print_rows(f"Links: {show}", columns, shown, as_json)


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


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
    from analysis.classes.families import families
    from analysis.lift.estimate import lift as estimate

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with reading(catalog, database, workspace, **options) as asked:
        chosen = asked.world.brand(brand).name if brand else None
        panel = frames.lift_panel(
            asked.database,
            asked.world,
            asked.scope,
            exposure=exposure,
            families=families(asked.database, asked.world, folder=asked.classes),
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
                band(r.low, r.high, sign="+"),
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
    from analysis.association.association import WHY_NOT_EVIDENCE, associate

    options: Any = {"first": first, "last": last, "weeks": weeks, "engine": engine, "topic": topic}
    with reading(catalog, database, workspace, **options) as asked:
        data, names = frames.association_data(asked.database, asked.world, asked.scope)
        values = frames.authority_table(asked.database, metric, asked.world, names=names)
        kinds = kinds_of(asked, names)
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
            *(band(r.low, r.high, 1, "+", 2), ratio(r.odds_ratio_per_doubling)),
            band(r.or_low, r.or_high, 1, places=2),
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


def authority(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric", help="Show the domains of this metric; trustrank and spam_mass need --seed."
        ),
    ] = None,
    seed: Annotated[
        list[str] | None,
        typer.Option(
            "--seed", help="A domain that is surely good; again for more, or @FILE with one a line."
        ),
    ] = None,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The authority metrics there are, or the strongest domains by one of them."""
    from analysis import frames

    if (metric in cli_graph.SEEDED) is not bool(seed):
        raise UsageError(
            f"{metric or 'a list of metrics'} {'needs' if not seed else 'takes no'} seeds",
            "give --metric trustrank or spam_mass together with --seed DOMAIN or --seed @FILE",
        )
    with reading(catalog, database, workspace) as asked:
        if metric in cli_graph.SEEDED:
            cli_graph.print_seeded(asked, metric, seed or [], top, as_json)
            return
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
            print_rows("Authority metrics", ("metric", "as_of", "domains", "source"), known, as_json)
            return
        found = frames.authority_table(asked.database, metric, asked.world)
    sign = -1 if found.higher_is_better else 1
    ordered = sorted(found.values.items(), key=lambda item: (sign * item[1], item[0]))
    rows = [{"domain": name, "value": value} for name, value in (ordered if as_json else ordered[:top])]
    print_rows(
        f"{metric}: {found.source}", ("domain", "value"), rows, as_json, authority=metric, source=found.source
    )
