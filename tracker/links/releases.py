"""What a release of an open web graph says of our domains, kept: ranks as authority lists, in-edges as rows.

Storing a release again, with more domains wanted than the last time, adds what is new and changes nothing
else.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine as Database
from sqlalchemy import func, union
from sqlmodel import Session, col, select

from tracker import domains, store
from tracker.errors import UsageError
from tracker.links.webgraph import linking, ranked, watched
from tracker.links.webgraph.arrays import WebGraph
from tracker.links.webgraph.names import wanted_names
from tracker.links.webgraph.scan import Edge
from tracker.links.webgraph.watched import Edges, Ranks
from tracker.models import AuthorityList, AuthorityValue, Backlink, Brand, Citation, Domain, WebEdge

SHARE = "cc_linking_share"
_MONTHS = [name.lower() for name in calendar.month_abbr]


@dataclass(frozen=True)
class StoredMetric:
    metric: str
    domains: int
    """That have a value now."""


def wanted(session: Session, workspace_id: int) -> set[str]:
    """The domains of brands and rivals, those that link to them and those that answers cite."""
    known = union(
        select(col(Backlink.source_domain_id)).where(col(Backlink.workspace_id) == workspace_id),
        select(col(Backlink.target_domain_id)).where(col(Backlink.workspace_id) == workspace_id),
        select(col(Citation.domain_id)).where(
            col(Citation.workspace_id) == workspace_id,
            col(Citation.kind) == "cited",
            col(Citation.domain_id).is_not(None),
        ),
    ).subquery()
    names = set(session.exec(select(Domain.name).where(col(Domain.id).in_(select(known.c[0])))))
    brands = session.exec(select(Brand).where(Brand.workspace_id == workspace_id, col(Brand.active)))
    names |= {name for brand in brands for name in brand.domains}
    return {name for name in names if domains.domain_of(name) or domains.is_public_suffix(name)}


def day_of(release: str) -> date:
    """The last day of the months that a release's name covers (cc-main-2025-26-nov-dec-jan → 2026-01-31)."""
    match = re.fullmatch(r"cc-main-(\d{4})(?:-(\d{2}))?((?:-[a-z]{3})+)", release.strip().lower())
    months = match[3].strip("-").split("-") if match else []
    if match is None or not set(months) <= set(_MONTHS):
        raise UsageError(
            f"the release {release!r} does not say its months", "give its day with --as-of YYYY-MM-DD"
        )
    year, month = int(match[1]), _MONTHS.index(months[-1])
    year = 100 * (year // 100) + int(match[2]) if match[2] else year
    return date(year, month, calendar.monthrange(year, month)[1])


def save_ranks(database: Database, ranks: Ranks, *, as_of: date, now: datetime) -> tuple[StoredMetric, ...]:
    figures: dict[str, dict[str, float | None]] = {
        "cc_harmonic_position": {row.domain: float(row.harmonic_position) for row in ranks.rows},
        "cc_pagerank_position": {row.domain: float(row.pagerank_position) for row in ranks.rows},
        "cc_harmonic_percentile": {row.domain: row.harmonic_percentile for row in ranks.rows},
        "cc_pagerank_percentile": {row.domain: row.pagerank_percentile for row in ranks.rows},
    }
    with store.writing(database) as session:
        return tuple(
            _save(session, ranks.release, metric, known, False, as_of, now)
            for metric, values in figures.items()
            if (known := {name: value for name, value in values.items() if value is not None})
        )


def _save(
    session: Session,
    release: str,
    metric: str,
    values: dict[str, float],
    higher_is_better: bool,
    as_of: date,
    now: datetime,
    source: str = "Common Crawl web graph",
) -> StoredMetric:
    key = blake2b(f"{metric}\n{release}".encode(), digest_size=16).hexdigest()
    head = session.exec(
        select(AuthorityList).where(AuthorityList.metric == metric, AuthorityList.file_hash == key)
    ).first() or AuthorityList(
        metric=metric,
        as_of=as_of,
        imported_at=now,
        source=f"{source} {release}",
        file_hash=key,
        higher_is_better=higher_is_better,
    )
    head.as_of = as_of
    session.add(head)
    session.flush()
    _save_domains(session, values)
    rows = [
        {"list_id": head.id, "domain_id": domains.domain_id(name), "value": value}
        for name, value in sorted(values.items())
    ]
    store.upsert(session, AuthorityValue, rows, key=["list_id", "domain_id"])
    count = select(func.count()).select_from(AuthorityValue).where(AuthorityValue.list_id == head.id)
    head.rows = session.exec(count).one()
    return StoredMetric(metric, head.rows)


def _save_domains(session: Session, names: Sequence[str] | dict[str, float]) -> None:
    rows = [{"id": domains.domain_id(name), "name": name} for name in sorted(set(names))]
    store.bulk_insert(session, Domain, rows, ignore=True)


class _EdgeWriter:
    """One transaction that begins with the first batch: the scan before it, hours long, locks nobody out."""

    def __init__(self, database: Database, release: str) -> None:
        self.database, self.release = database, release
        self.stack = ExitStack()
        self.session: Session | None = None

    def __enter__(self) -> _EdgeWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.__exit__(kind, error, trace)

    def write(self, batch: Sequence[Edge]) -> None:
        if self.session is None:
            self.session = self.stack.enter_context(store.writing(self.database))
        _save_domains(self.session, [name for edge in batch for name in (edge.source, edge.target)])
        rows = [
            {
                "release": self.release,
                "source_domain_id": domains.domain_id(edge.source),
                "target_domain_id": domains.domain_id(edge.target),
                "hosts": edge.hosts,
            }
            for edge in batch
        ]
        store.upsert(self.session, WebEdge, rows, key=["release", "source_domain_id", "target_domain_id"])


def save_edges(
    database: Database,
    vertices: str | Path,
    links: str | Path,
    names: set[str],
    *,
    release: str,
    as_of: date,
    now: datetime,
    most: int = watched.MOST_LISTED,
    cache: Path | None = None,
) -> Edges:
    """The edges of a release's files as rows, all or none, save those to giants that are no brand's; the
    share of the release's domains that link to each as an authority list.
    """

    def read(brands: set[str], write: Callable[[Sequence[Edge]], None]) -> Edges:
        return watched.edges(
            vertices, links, names, release=release, most=most, in_full=brands, write=write, cache=cache
        )

    return _save_edges(database, read, release, as_of, now)


def save_graph_edges(
    database: Database,
    graph: WebGraph,
    names: set[str],
    *,
    as_of: date,
    now: datetime,
    most: int = watched.MOST_LISTED,
) -> Edges:
    """The same of a built graph."""

    def read(brands: set[str], write: Callable[[Sequence[Edge]], None]) -> Edges:
        return linking.in_edges(graph, names, most=most, in_full=brands, write=write)

    return _save_edges(database, read, graph.head.release, as_of, now)


def _save_edges(
    database: Database,
    read: Callable[[set[str], Callable[[Sequence[Edge]], None]], Edges],
    release: str,
    as_of: date,
    now: datetime,
) -> Edges:
    with store.reading(database) as session:
        brands = {name for each in session.exec(select(Brand.domains)) for name in each}
    with _EdgeWriter(database, release) as writer:
        edges = read({domains.domain_of(name) or name for name in brands}, writer.write)
    shares = {each.domain: each.share for each in edges.counts}
    if shares:
        with store.writing(database) as session:
            _save(session, release, SHARE, shares, True, as_of, now)
    return edges


@dataclass(frozen=True, slots=True)
class SavedRanks:
    metrics: tuple[StoredMetric, ...]
    missing: tuple[str, ...]
    """Wanted, and not in the release."""
    repeated: tuple[str, ...]
    """Stand in the release more than once: the better position counts."""


def save_graph_ranks(
    database: Database, graph: WebGraph, metric: str, names: set[str], *, as_of: date, now: datetime
) -> SavedRanks:
    """What was ranked here, beside Common Crawl's own lists and never in their place."""
    by_name = wanted_names(names)
    places, repeated = ranked.places(graph, metric, list(by_name))
    known = {by_name[name]: place for name, place in places.items()}
    figures = {
        f"webgraph_{metric}_position": {name: float(place.position) for name, place in known.items()},
        f"webgraph_{metric}_percentile": {
            name: place.position / graph.nodes for name, place in known.items()
        },
    }
    if metric == "spam_mass":
        figures = {"webgraph_spam_mass": {name: place.value for name, place in known.items()}}
    release, source = graph.head.release, "Ranked here from the web graph"
    with store.writing(database) as session:
        stored = tuple(
            _save(session, release, each, values, False, as_of, now, source)
            for each, values in figures.items()
            if values
        )
    missing = sorted(set(by_name.values()) - set(known))
    return SavedRanks(stored, tuple(missing), tuple(by_name[name] for name in repeated))
