"""The verbs about an open web graph: what its files say of our domains, and all of it on the disk. Prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker import numbers
from tracker.cli.opening import opened
from tracker.cli.options import DAY, JsonOption, Where
from tracker.cli.printing import err, out, plain, print_json, table
from tracker.cli.progress import stages_bar
from tracker.cli.verbs import IMPORT, add, add_group
from tracker.cli.workspaces import synced, workspace_of
from tracker.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from tracker.links.webgraph.linking import Changed, Linked
    from tracker.links.webgraph.watched import Edges

CacheOption = Annotated[Path, typer.Option("--cache", help="Folder of downloads; a broken one goes on.")]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", help="The release's day, where its name does not say.", formats=DAY),
]
GraphOption = Annotated[Path, typer.Option("--graph", help="The folder that `webgraph build` made.")]
TopOption = Annotated[int, typer.Option("--top", min=1, help="Domains to list, the best ranked first.")]


def register(app: typer.Typer) -> None:
    group = add_group(
        app, "webgraph", "The open web graph of Common Crawl: of our domains, or all of it.", IMPORT
    )
    verbs: tuple[Callable[..., None], ...] = (ranks, edges, build, links, gap, diff)
    for verb in verbs:
        add(group, verb)


def ranks(
    where: Where,
    file: Annotated[
        str, typer.Argument(help="The release's ranks, a file or an https:// address; gz or not.")
    ],
    release: Annotated[str, typer.Option(help="Its name, like cc-main-2026-jul-aug-sep.")],
    total: Annotated[
        int | None, typer.Option(min=1, help="Domains of the whole release, where the file is an extract.")
    ] = None,
    as_of: AsOfOption = None,
    cache: CacheOption = Path("downloads"),
    as_json: JsonOption = False,
) -> None:
    """Keep harmonic and PageRank positions and percentiles of the brands', linking and cited domains."""
    from tracker.links import releases
    from tracker.links.webgraph import watched

    with _of_release(where, release, as_of) as (db, day, names):
        found = watched.ranks(file, names, release=release, total=total, cache=cache)
        stored = releases.save_ranks(db, found, as_of=day, now=datetime.now(UTC))
    if as_json:
        rows = [{"metric": each.metric, "domains": each.domains} for each in stored]
        print_json(
            {
                "release": release,
                "as_of": day,
                "domains": found.domains,
                "rows": rows,
                "missing": found.missing,
                "repeated": found.repeated,
            }
        )
        return
    table(
        f"Release {release}, as of {day}",
        ("metric", "domains with a value"),
        [(each.metric, each.domains) for each in stored],
        right=(1,),
    )
    out.print(f"{len(found.rows):,} of {len(names):,} wanted domains are in it; the others stay unknown.")
    if found.domains is None:
        err.print("  note: an extract does not say how many domains there are: no percentiles; give --total")
    _say_repeated(found.repeated)


def edges(
    where: Where,
    vertices: Annotated[str, typer.Argument(help="The release's vertices, a file or an https:// address.")],
    edges: Annotated[str, typer.Argument(help="The release's edges, a file or an https:// address.")],
    release: Annotated[str, typer.Option(help="Its name, like cc-main-2026-jul-aug-sep.")],
    as_of: AsOfOption = None,
    cache: CacheOption = Path("downloads"),
    most: Annotated[
        int, typer.Option("--most-links", help="Count, and do not list, who links to bigger sites.", min=0)
    ] = 100_000,
    as_json: JsonOption = False,
) -> None:
    """Keep who links to the brands', linking and cited domains, infrastructure left out."""
    from tracker.links import releases

    with _of_release(where, release, as_of) as (db, day, names):
        kept = releases.save_edges(
            db,
            vertices,
            edges,
            names,
            release=release,
            as_of=day,
            now=datetime.now(UTC),
            most=most,
            cache=cache,
        )
    _print_edges(kept, release, day, most, as_json)


def _print_edges(kept: Edges, release: str, day: date, most: int, as_json: bool) -> None:
    rows = [(each.domain, each.linking, each.share, each.infrastructure) for each in kept.counts]
    if as_json:
        columns = ("domain", "linking", "share", "infrastructure")
        print_json(
            {
                "release": release,
                "as_of": day,
                "domains": kept.domains,
                "edges": kept.written,
                "rows": [dict(zip(columns, row, strict=True)) for row in rows],
                "missing": kept.missing,
                "filtered": kept.filtered,
                "summarised": kept.summarised,
            }
        )
        return
    rows.sort(key=lambda row: -row[1])
    shown = [(name, f"{linking:,}", numbers.percent(share, 4), n) for name, linking, share, n in rows[:30]]
    columns = ("domain", "linking domains", "share of the release", "of them infrastructure")
    table(f"Release {release}, as of {day}", columns, shown, right=(1, 2, 3))
    out.print(
        f"{kept.written:,} links kept; {len(kept.missing):,} wanted domains are not in the release; "
        f"{len(kept.filtered):,} are infrastructure and {len(kept.summarised):,} have more than {most:,} "
        "linking domains, counted only."
    )


@contextmanager
def _of_release(
    where: Where, release: str, as_of: datetime | None
) -> Iterator[tuple[Database, date, set[str]]]:
    """The database, the release's day, and the domains that are kept."""
    from tracker.links import releases

    day = as_of.date() if as_of else releases.day_of(release)
    with opened(where.settings()) as db:
        yield db, day, _wanted(db, where)


def _say_repeated(names: Iterable[str]) -> None:
    for name in names:
        err.print(f"  note: {plain(name)} stands in the release more than once; its better position counts")


# --- the whole graph ----------------------------------------------------------------------------------------


def build(
    vertices: Annotated[
        str, typer.Argument(help="A file, a folder or a 'pattern*' of parts, or an https:// address.")
    ],
    edges: Annotated[str, typer.Argument(help="The same of the edges, sorted by source.")],
    release: Annotated[str, typer.Option(help="Its name, like cc-main-2026-jul-aug-sep.")],
    into: Annotated[Path, typer.Option("--into", help="Folder for the arrays; a killed build goes on.")],
    transposed: Annotated[
        bool, typer.Option("--transpose", help="Also who links to whom, so that `links` needs no pass.")
    ] = False,
    cache: CacheOption = Path("downloads"),
    as_json: JsonOption = False,
) -> None:
    """Make the whole graph ready for ranks and questions, as arrays on the disk. Needs citelift[webgraph]."""
    from tracker.links.webgraph import build as building

    parts = [list(building.parts_of(each, cache)) for each in (vertices, edges)]
    with stages_bar() as told:
        head = building.build(parts[0], parts[1], into, release=release, transposed=transposed, told=told)
    if as_json:
        print_json(
            {
                "release": head.release,
                "folder": str(into),
                "domains": head.nodes,
                "links": head.links,
                "said_twice": head.dropped,
                "repeated_names": head.repeated,
                "transposed": "transpose" in head.done,
            }
        )
        return
    out.print(f"{plain(head.release)}: {head.nodes:,} domains and {head.links:,} links in {plain(into)}.")
    if head.dropped:
        err.print(f"  note: {head.dropped:,} links were said twice and count once")
    if head.repeated:
        err.print(f"  note: {head.repeated:,} names stand twice; a name's better position counts")


def links(
    where: Where,
    domain: Annotated[
        list[str] | None, typer.Argument(help="Whose; without any, of all watched domains, and stored.")
    ] = None,
    graph: GraphOption = Path("webgraph"),
    as_of: AsOfOption = None,
    top: TopOption = 30,
    most: Annotated[
        int, typer.Option("--most-links", help="Count, and do not list, who links to bigger sites.", min=0)
    ] = 100_000,
    as_json: JsonOption = False,
) -> None:
    """Who links to a domain. Without one: keep who links to the brands', linking and cited domains."""
    from tracker.links import releases
    from tracker.links.webgraph import arrays, linking

    known = arrays.opened(graph)
    if domain:
        listed = most if as_json else top
        _print_linked(
            f"Links to {', '.join(domain)}",
            known.head.release,
            linking.links(known, domain, most=listed),
            as_json,
        )
        return
    release = known.head.release
    day = as_of.date() if as_of else releases.day_of(release)
    settings = where.settings()
    with opened(settings) as db:
        names = _wanted(db, where)
        kept = releases.save_graph_edges(db, known, names, as_of=day, now=datetime.now(UTC), most=most)
    _print_edges(kept, release, day, most, as_json)


def gap(
    where: Where,
    vs: Annotated[list[str], typer.Option("--vs", help="A rival's name or a domain; may be repeated.")],
    own: Annotated[
        list[str] | None, typer.Option("--own", help="Your domains; by default the own brand's.")
    ] = None,
    graph: GraphOption = Path("webgraph"),
    top: TopOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Domains that link to a rival and not to you, the best ranked first."""
    from tracker.links.webgraph import arrays, linking

    known = arrays.opened(graph)
    brands = {} if own and all("." in each for each in vs) else _brands(where)
    mine = own or [name for _, is_own, names in brands.values() if is_own for name in names]
    if not mine:
        raise UsageError(
            "the workspace has no own brand", "say --own example.com, or own: true in brands.yaml"
        )
    rivals = [name for each in vs for name in _domains_of(each, brands)]
    most = 100_000 if as_json else top
    _print_linked(
        f"Links to {', '.join(vs)} and not to {', '.join(mine)}",
        known.head.release,
        linking.gap(known, mine, rivals, most=most),
        as_json,
    )


def diff(
    where: Where,
    older: Annotated[Path, typer.Argument(help="The folder of the older release.")],
    newer: Annotated[Path, typer.Argument(help="The folder of the newer release.")],
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="Whose; by default the brands'. May be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Linking domains that came and went between two releases."""
    from tracker.links.webgraph import arrays, linking

    one, two = arrays.opened(older), arrays.opened(newer)
    names = domain or [name for _, _, names in _brands(where).values() for name in names]
    changed = linking.diff(one, two, names)
    if as_json:
        print_json(
            {
                "older": one.head.release,
                "newer": two.head.release,
                "rows": [_changed_json(each) for each in changed],
            }
        )
        return
    rows = [
        (
            each.domain,
            *(count and f"{count.linking:,}" for count in (each.before, each.after)),
            *(count and numbers.percent(count.share, 4) for count in (each.before, each.after)),
            *(f"{len(part):,}" if each.listed else None for part in (each.new, each.lost, each.unseen)),
        )
        for each in changed
    ]
    columns = ("domain", "before", "after", "share before", "share after", "new", "lost", "not seen any more")
    table(
        f"Linking domains, {one.head.release} → {two.head.release}", columns, rows, right=tuple(range(1, 8))
    )
    out.print(
        "Releases see different parts of the web: compare shares. Lost: still in the newer release and no "
        "longer linking."
    )


def _changed_json(each: Changed) -> dict[str, object]:
    return {
        "domain": each.domain,
        "before": each.before and each.before.linking,
        "after": each.after and each.after.linking,
        "share_before": each.before and each.before.share,
        "share_after": each.after and each.after.share,
        "new": each.new if each.listed else None,
        "lost": each.lost if each.listed else None,
        "not_seen": each.unseen if each.listed else None,
    }


def _print_linked(title: str, release: str, linked: Linked, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "release": release,
                "ordered_by": linked.ordered_by,
                "counts": [
                    {
                        "domain": c.domain,
                        "linking": c.linking,
                        "share": c.share,
                        "infrastructure": c.infrastructure,
                    }
                    for c in linked.counts
                ],
                "rows": [{"domain": r.domain, "hosts": r.hosts, "position": r.position} for r in linked.rows],
                "missing": linked.missing,
            }
        )
        return
    for count in linked.counts:
        out.print(
            f"{plain(count.domain)}: {count.linking:,} linking domains, {numbers.percent(count.share, 4)} of "
            f"{plain(release)}; {count.infrastructure:,} of them infrastructure, not listed."
        )
    for name in linked.missing:
        out.print(f"{plain(name)} is not in {plain(release)}: unknown, not without links.")
    if linked.rows:
        order = f"{linked.ordered_by} position" if linked.ordered_by else "position (rank the graph first)"
        rows: Sequence[Sequence[object]] = [(each.domain, each.hosts, each.position) for each in linked.rows]
        table(title, ("domain", "hosts", order), rows, right=(1, 2))


def _wanted(db: Database, where: Where) -> set[str]:
    from tracker import store
    from tracker.links import releases

    workspace_id, _ = synced(db, where.settings(), need="brands")
    with store.reading(db) as session:
        return releases.wanted(session, workspace_id)


def _brands(where: Where) -> dict[str, tuple[str, bool, list[str]]]:
    """Name in small letters → name, whether it is the own brand, and domains."""
    from sqlmodel import col, select

    from tracker import store
    from tracker.models import Brand

    settings = where.settings()
    with opened(settings, read_only=True) as db, store.reading(db) as session:
        workspace_id = workspace_of(session, settings)
        rows = session.exec(select(Brand).where(Brand.workspace_id == workspace_id, col(Brand.active))).all()
        return {each.name.lower(): (each.name, each.own, list(each.domains)) for each in rows}


def _domains_of(given: str, brands: dict[str, tuple[str, bool, list[str]]]) -> list[str]:
    known = brands.get(given.lower())
    return known[2] if known else [given]
