"""The verbs about the graph of links: what is around a domain, ways, communities, rings, gaps, trust and spam mass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli.scope import Asked, TopOption, print_rows, reading
from tracker import domains
from tracker.cli.options import CatalogOption, DatabaseOption, JsonOption, WorkspaceOption
from tracker.errors import DataError, UsageError

if TYPE_CHECKING:
    from analysis.authority.graph import Digraph
    from analysis.authority.ranks import Graph

SEEDED = ("trustrank", "spam_mass")


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Who links to whom among the domains we know.", no_args_is_help=True)
    verbs: tuple[Callable[..., None], ...] = (around, paths, communities, rings, gap)
    for verb in verbs:
        group.command()(verb)
    app.add_typer(group, name="graph")


# --- trust and spam mass: they need somebody's word for what is good --------------------------------------------------


def print_seeded(asked: Asked, metric: str, seeds: Sequence[str], top: int, as_json: bool) -> None:
    from analysis import frames
    from analysis.authority.ranks import spam_mass, trustrank

    graph = _known(frames.link_graph(asked.database, asked.world))
    names = [str(name) for name in graph.names]
    chosen = _seeds(seeds)
    if metric == "trustrank":
        ranks = trustrank(graph, chosen)
        percentiles = ranks.percentiles.tolist()
        pairs = zip(names, ranks.values.tolist(), percentiles, strict=True)
        rows: list[dict[str, Any]] = [{"domain": n, "value": v, "percentile": p} for n, v, p in pairs]
        rows.sort(key=lambda row: (-row["value"], row["domain"]))
        columns: tuple[str, ...] = ("domain", "value", "percentile")
        absent = ranks.notes["absent"]
    else:
        mass = spam_mass(graph, chosen)
        suspects = set(mass.suspects())
        figures = zip(names, mass.relative.tolist(), mass.absolute.tolist(), mass.rank.tolist(), strict=True)
        rows = [
            {"domain": n, "value": r, "absolute": a, "rank": k, "suspect": n in suspects}
            for n, r, a, k in figures
        ]
        rows.sort(key=lambda row: (not row["suspect"], -row["absolute"], row["domain"]))
        columns = ("domain", "value", "absolute", "rank", "suspect")
        absent = [seed for seed in chosen if graph.code_of(seed) is None]
    head = {"authority": metric, "source": f"computed from {graph.basis}", "seeds": chosen, "absent": absent}
    shown = rows if as_json else [_rounded(row) for row in rows[:top]]
    print_rows(f"{metric} from {len(chosen)} seeds, {head['source']}", columns, shown, as_json, **head)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in row.items()}


def _seeds(given: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for each in given:
        lines += _lines(Path(each[1:])) if each.startswith("@") else [each]
    return list(dict.fromkeys(_domain(line) for line in lines))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}", "give a text file with one domain a line") from None
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _domain(text: str) -> str:
    address = domains.try_parse(text) or domains.try_parse(f"http://{text}")
    if address is None:
        raise UsageError(f"{text!r} is no domain", "write it as example.com")
    return address.domain


# --- neighbourhoods and structure -------------------------------------------------------------------------------------


def _known(graph: Graph) -> Graph:
    if not graph.edges:
        raise DataError(
            "there are no links to look at",
            "import some first: `citelift import links FILE` or `citelift webgraph edges VERTICES EDGES`",
        )
    return graph


@contextmanager
def _graph(
    catalog: Path | None, database: str | None, workspace: str | None, keep: Sequence[str] = ()
) -> Iterator[tuple[Asked, Digraph, str]]:
    from analysis import frames
    from analysis.authority.graph import digraph

    with reading(catalog, database, workspace) as asked:
        ranked = _known(frames.link_graph(asked.database, asked.world))
        brands = [name for brand in asked.world.brands for name in _domains(brand.domains)]
        yield asked, digraph(ranked, [*brands, *keep]), ranked.basis


def _domains(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(domains.domain_of(name) or name for name in names))


def around(
    domain: Annotated[list[str] | None, typer.Argument(help="The centres; without any, the brands.")] = None,
    radius: Annotated[int, typer.Option(min=1, max=4, help="So many links away.")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="At most so many domains.")] = 300,
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """The domains that link to the centres or are linked by them."""
    from analysis.authority.graph import neighbourhood

    wanted = [_domain(each) for each in domain or ()]
    with _graph(catalog, database, workspace, wanted) as (asked, links, basis):
        centres = wanted or [name for brand in asked.world.brands for name in _domains(brand.domains)]
        found = neighbourhood(links, centres, radius=radius, limit=limit)
    linked = {name: [0, 0] for name in found.nodes}
    for source, target, count in found.edges:
        linked[source][1] += count
        linked[target][0] += count
    rows = [
        {"domain": name, "distance": far, "links_in": linked[name][0], "links_out": linked[name][1]}
        for name, far in zip(found.nodes, found.distance, strict=True)
    ]
    edges = [{"source": a, "target": b, "links": n} for a, b, n in found.edges]
    head = {"source": basis, "centres": found.centres, "left_out": found.left_out, "edges": edges}
    columns = ("domain", "distance", "links_in", "links_out")
    print_rows(
        f"Around {', '.join(found.centres)}", columns, rows if as_json else rows[:top], as_json, **head
    )


def paths(
    source: Annotated[str, typer.Argument(help="Where the way begins.")],
    target: Annotated[str, typer.Argument(help="Where it ends: a brand's domain, or another.")],
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """The shortest ways along links from one domain to another."""
    from analysis.authority import graph

    begin, end = _domain(source), _domain(target)
    with _graph(catalog, database, workspace, (begin, end)) as (_, links, basis):
        found = graph.paths(links, begin, end, most=top)
    rows = [{"links": len(path) - 1, "path": path if as_json else " → ".join(path)} for path in found]
    print_rows(f"From {begin} to {end}", ("links", "path"), rows, as_json, source=basis)


def communities(
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """Groups of domains that link among themselves more than to others (Louvain)."""
    from analysis.authority import graph

    with _graph(catalog, database, workspace) as (asked, links, basis):
        found = graph.communities(links)
        brands = {name: brand.name for brand in asked.world.brands for name in _domains(brand.domains)}
    rows: list[dict[str, Any]] = []
    for part in found if as_json else found[:top]:
        held = sorted({brands[name] for name in part if name in brands})
        names = sorted(part, key=lambda name: (-links.degree(name), name))
        rows.append(
            {"size": len(part), "brands": held, "domains": names if as_json else ", ".join(names[:8])}
        )
    shown = rows if as_json else [{**row, "brands": ", ".join(row["brands"])} for row in rows]
    print_rows("Communities", ("size", "brands", "domains"), shown, as_json, source=basis)


def rings(
    smallest: Annotated[int, typer.Option(min=2, help="Members at least.")] = 3,
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Domains that all link to one another: an exchange, one owner, or a real community. A reason to look, no verdict."""
    from analysis.authority import graph

    with _graph(catalog, database, workspace) as (_, links, basis):
        found = graph.rings(links, smallest=smallest)
    rows = [
        {
            "members": ring.members if as_json else ", ".join(ring.members),
            "links": ring.links,
            "linked_from_outside_by": ring.outside,
        }
        for ring in (found if as_json else found[:top])
    ]
    columns = ("members", "links", "linked_from_outside_by")
    print_rows("Rings of domains that all link to one another", columns, rows, as_json, source=basis)


def gap(
    rivals: Annotated[
        int, typer.Option("--rivals", min=1, help="Rivals that a source links to at least.")
    ] = 1,
    catalog: CatalogOption = None,
    database: DatabaseOption = None,
    workspace: WorkspaceOption = None,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Domains that link to rivals and not to the own brand: most rivals first."""
    from analysis.authority import graph

    with _graph(catalog, database, workspace) as (asked, links, basis):
        mine = asked.world.own
        if mine is None:
            raise UsageError("the workspace has no own brand", "mark one with own: true in brands.yaml")
        others = {b.name: _domains(b.domains) for b in asked.world.brands if not b.own}
        found = graph.link_gap(links, _domains(mine.domains), others, smallest=rivals)
    rows = [
        {
            "source": each.source,
            "rivals": each.rivals if as_json else ", ".join(each.rivals),
            "links": each.links,
        }
        for each in (found if as_json else found[:top])
    ]
    print_rows("Link gap", ("source", "rivals", "links"), rows, as_json, basis=basis)
