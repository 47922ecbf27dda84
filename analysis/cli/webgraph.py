"""`citelift webgraph rank`: a metric over the whole graph, and the watched domains' places in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.progress import stages_bar
from tracker.cli.verbs import add, group_of
from tracker.cli.webgraph import AsOfOption, GraphOption
from tracker.cli.workspaces import synced
from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.links.releases import SavedRanks


def register(app: typer.Typer) -> None:
    add(group_of(app, "webgraph"), rank)


def rank(
    where: Where,
    metric: Annotated[
        Literal["pagerank", "harmonic", "trustrank", "spam_mass"],
        typer.Option("--metric", help="The last two need seeds."),
    ] = "pagerank",
    seed: Annotated[
        list[str] | None,
        typer.Option("--seed", help="A trusted domain, or @FILE with one a line. May be repeated."),
    ] = None,
    graph: GraphOption = Path("webgraph"),
    registers: Annotated[int, typer.Option(help="harmonic: more are exacter, and take more memory.")] = 16,
    as_of: AsOfOption = None,
    keep: Annotated[
        bool, typer.Option("--store/--no-store", help="Keep the watched domains' places in the database.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Rank every domain of the graph, to a Parquet file; a killed one goes on. Needs citelift[webgraph]."""
    from analysis.webgraph.rank import Parameters
    from analysis.webgraph.rank import rank as ranking
    from tracker import store
    from tracker.links import releases
    from tracker.links.webgraph import arrays, ranked

    known = arrays.opened(graph)
    given = Parameters(seeds=_seeds(seed or []), registers=registers)
    saved: SavedRanks | None = None
    if not keep:
        with stages_bar() as told:
            made = ranking(known, metric, given, told)
    else:
        day = as_of.date() if as_of else releases.day_of(known.head.release)
        settings = where.settings()
        with opened(settings) as db:
            # what is missing in the catalog is said before hours are spent
            workspace_id, _ = synced(db, settings, need="brands")
            with stages_bar() as told:
                made = ranking(known, metric, given, told)
            with store.reading(db) as session:
                names = releases.wanted(session, workspace_id)
            saved = releases.save_graph_ranks(db, known, metric, names, as_of=day, now=datetime.now(UTC))
    _print(metric, known.nodes, ranked.file_of(known, metric), made, saved, as_json)


def _seeds(given: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for each in given:
        if not each.startswith("@"):
            names.append(each)
            continue
        try:
            lines = Path(each[1:]).read_text("utf-8").splitlines()
        except OSError as error:
            raise UsageError(
                f"the seeds in {each[1:]} cannot be read: {error.strerror}", "give a file"
            ) from error
        names += [name for line in lines if (name := line.split("#", 1)[0].strip())]
    return tuple(names)


def _print(
    metric: str, nodes: int, file: Path, made: dict[str, Any], saved: SavedRanks | None, as_json: bool
) -> None:
    stored = [{"metric": each.metric, "domains": each.domains} for each in saved.metrics] if saved else []
    if as_json:
        print_json(
            {
                "metric": metric,
                "domains": nodes,
                "file": str(file),
                "made": made,
                "rows": stored,
                "missing": saved.missing if saved else [],
                "repeated": saved.repeated if saved else [],
            }
        )
        return
    out.print(f"{metric} of {nodes:,} domains: {plain(file)}")
    if metric == "harmonic":
        error = made["median_error"]
        measured = (
            ""
            if error is None
            else (
                f"; measured on {made['checked']} domains: half are within "
                f"{numbers.percent(error)}, 95 % within {numbers.percent(made['p95_error'])}"
            )
        )
        out.print(
            f"An estimate: one ball's standard error is {numbers.percent(made['standard_error'])}{measured}."
        )
    elif metric != "spam_mass":
        out.print(
            f"Settled after {made['iterations']} iterations; summed over all domains, at most "
            f"{made['error']:.1e} off."
        )
    absent = made["key"].get("absent", 0)
    if absent:
        err.print(f"  note: {absent:,} seeds are not in the graph")
    if saved:
        rows = [(each["metric"], each["domains"]) for each in stored]
        table("Kept of the watched domains", ("metric", "domains with a value"), rows, right=(1,))
        for name in saved.repeated:
            err.print(
                f"  note: {plain(name)} stands in the release more than once; its better position counts"
            )
