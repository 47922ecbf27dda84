"""`citelift graph …`: what is around a domain, ways, communities, rings and gaps among the links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli.scope import Asked, TopOption, print_rows, reading
from tracker import domains
from tracker.cli.options import JsonOption, Where
from tracker.cli.printing import out
from tracker.cli.verbs import READ, add, add_group
from tracker.errors import DataError, UsageError

if TYPE_CHECKING:
    from analysis.authority.graph import Digraph
    from analysis.authority.ranks import Graph


def register(app: typer.Typer) -> None:
    graph = add_group(app, "graph", "Who links to whom among the domains we know.", READ)
    verbs: tuple[Callable[..., None], ...] = (around, paths, communities, rings, gap)
    for verb in verbs:
        add(graph, verb)


def known(graph: Graph) -> Graph:
    if not graph.edges:
        raise DataError(
            "there are no links to look at",
            "import some first: `citelift import links FILE` or `citelift webgraph edges VERTICES EDGES`",
        )
    return graph


@contextmanager
def _graph(where: Where, keep: Sequence[str] = ()) -> Iterator[tuple[Asked, Digraph, str]]:
    from analysis import frames
    from analysis.authority.graph import digraph

    with reading(where) as asked:
        ranked = known(frames.link_graph(asked.database, asked.world))
        brands = [name for brand in asked.world.brands for name in _domains(brand.domains)]
        yield asked, digraph(ranked, [*brands, *keep]), ranked.basis


def domain_named(text: str) -> str:
    address = domains.try_parse(text) or domains.try_parse(f"http://{text}")
    if address is None:
        raise UsageError(f"{text!r} is no domain", "write it as example.com")
    return address.domain


def _domains(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(domains.domain_of(name) or name for name in names))


def around(
    where: Where,
    domain: Annotated[list[str] | None, typer.Argument(help="The centres; without any, the brands.")] = None,
    radius: Annotated[int, typer.Option(min=1, max=4, help="So many links away.")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="At most so many domains.")] = 300,
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """The domains that link to the centres or are linked by them."""
    from analysis.authority.graph import neighbourhood

    wanted = [domain_named(each) for each in domain or ()]
    with _graph(where, wanted) as (asked, links, basis):
        centres = wanted or [name for brand in asked.world.brands for name in _domains(brand.domains)]
        near = neighbourhood(links, centres, radius=radius, limit=limit)
    linked = {name: [0, 0] for name in near.nodes}
    for source, target, count in near.edges:
        linked[source][1] += count
        linked[target][0] += count
    rows = [
        {"domain": name, "distance": far, "links_in": linked[name][0], "links_out": linked[name][1]}
        for name, far in zip(near.nodes, near.distance, strict=True)
    ]
    edges = [{"source": a, "target": b, "links": n} for a, b, n in near.edges]
    head = {"source": basis, "centres": near.centres, "left_out": near.left_out, "edges": edges}
    columns = ("domain", "distance", "links_in", "links_out")
    print_rows(f"Around {', '.join(near.centres)}", columns, rows if as_json else rows[:top], as_json, **head)


def paths(
    where: Where,
    source: Annotated[str, typer.Argument(help="Where the way begins.")],
    target: Annotated[str, typer.Argument(help="Where it ends: a brand's domain, or another.")],
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """The shortest ways along links from one domain to another."""
    from analysis.authority import graph

    begin, end = domain_named(source), domain_named(target)
    with _graph(where, (begin, end)) as (_, links, basis):
        chains = graph.paths(links, begin, end, most=top)
    rows = [{"links": len(path) - 1, "path": path if as_json else " → ".join(path)} for path in chains]
    print_rows(f"From {begin} to {end}", ("links", "path"), rows, as_json, source=basis)


def communities(
    where: Where,
    top: TopOption = 10,
    as_json: JsonOption = False,
) -> None:
    """Groups of domains that link among themselves more than to others (Louvain)."""
    from analysis.authority import graph

    with _graph(where) as (asked, links, basis):
        groups = graph.communities(links)
        brands = {name: brand.name for brand in asked.world.brands for name in _domains(brand.domains)}
    rows: list[dict[str, Any]] = []
    for part in groups if as_json else groups[:top]:
        held = sorted({brands[name] for name in part if name in brands})
        names = sorted(part, key=lambda name: (-links.degree(name), name))
        rows.append(
            {"size": len(part), "brands": held, "domains": names if as_json else ", ".join(names[:8])}
        )
    shown = rows if as_json else [{**row, "brands": ", ".join(row["brands"])} for row in rows]
    print_rows("Communities", ("size", "brands", "domains"), shown, as_json, source=basis)


def rings(
    where: Where,
    smallest: Annotated[int, typer.Option(min=2, help="Members at least.")] = 3,
    top: TopOption = 20,
    as_json: JsonOption = False,
) -> None:
    """Domains that all link to one another: an exchange, one owner or a community. A reason to look."""
    from analysis.authority import graph

    with _graph(where) as (_, links, basis):
        closed = graph.rings(links, smallest=smallest)
    rows = [
        {
            "members": ring.members if as_json else ", ".join(ring.members),
            "links": ring.links,
            "linked_from_outside_by": ring.outside,
        }
        for ring in (closed if as_json else closed[:top])
    ]
    columns = ("members", "links", "linked_from_outside_by")
    print_rows("Rings of domains that all link to one another", columns, rows, as_json, source=basis)


def gap(
    where: Where,
    rivals: Annotated[
        int, typer.Option("--rivals", min=1, help="Rivals that a source links to at least.")
    ] = 1,
    top: TopOption = 30,
    skip: Annotated[int, typer.Option("--skip", min=0, help="Begin after so many rows.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Domains that link to rivals and not to the own brand: most rivals first."""
    from analysis import frames
    from analysis.authority.gap import link_gap

    with reading(where) as asked:
        known_links = known(frames.link_graph(asked.database, asked.world))
        mine = asked.world.own
        if mine is None:
            raise UsageError("the workspace has no own brand", "mark one with own: true in brands.yaml")
        others = {b.name: _domains(b.domains) for b in asked.world.brands if not b.own}
        gaps = link_gap(known_links, _domains(mine.domains), others, smallest=rivals)
    shown = gaps.page(skip, None if as_json else top)
    rows = [
        {
            "source": each.source,
            "rivals": each.rivals if as_json else ", ".join(each.rivals),
            "links": each.links,
        }
        for each in shown
    ]
    head = {"basis": known_links.basis, "gaps": len(gaps)}
    print_rows("Link gap", ("source", "rivals", "links"), rows, as_json, **head)
    if not as_json and skip + len(rows) < len(gaps):
        out.print(
            f"Rows {skip + 1:,} to {skip + len(rows):,} of {len(gaps):,}; the next: --skip {skip + top}"
        )
