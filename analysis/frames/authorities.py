"""Authority of domains: imported lists, and metrics computed from the stored links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from analysis.frames.tables import (
    DOMAIN,
    EDGE,
    LIST,
    VALUE,
    WORKSPACE,
    Floats,
    Ints,
    chunks,
    domain_names,
    rows,
)
from analysis.frames.tracked import World
from tracker.errors import DataError, UsageError
from tracker.links import ledger
from tracker.links.infrastructure import is_infrastructure

if TYPE_CHECKING:
    from analysis.authority.ranks import Graph


COMPUTED = ("pagerank", "harmonic", "referring_domains")
"""Authority metrics that are computed from the stored links where no imported list has the name."""


@dataclass(frozen=True)
class Authority:
    """One metric over domains, with where it comes from.

    Attributes
    ----------
    metric, source : str
    as_of : date or None
        None for a metric computed from the stored links.
    values : dict of str to float
        As the list has them.
    higher_is_better : bool
    """

    metric: str
    source: str
    as_of: date | None
    values: Mapping[str, float]
    higher_is_better: bool = True

    def strength(self, names: Sequence[str]) -> Floats:
        """Values by which more is better (a position becomes its reciprocal); NaN
        where the list has no row.
        """
        raw = np.array([self.values.get(name, np.nan) for name in names], np.float64)
        if self.higher_is_better:
            return raw
        out: Floats = np.divide(1.0, raw, out=np.full_like(raw, np.nan), where=raw > 0)
        return out


def authority_metrics(database: Engine) -> pd.DataFrame:
    """Imported lists, newest first: `metric`, `as_of`, `source`, `rows`, `higher_is_better`."""
    wanted = (LIST.c.id, LIST.c.metric, LIST.c.as_of, LIST.c.source, LIST.c.rows, LIST.c.higher_is_better)
    with database.connect() as connection:
        return rows(
            connection, select(*wanted).order_by(LIST.c.metric, LIST.c.as_of.desc(), LIST.c.id.desc())
        )


def authority_table(
    database: Engine, metric: str, workspace: World | None = None, *, names: Sequence[str] | None = None
) -> Authority:
    """The newest imported list of this name; else, for `COMPUTED` names, the metric over the stored links.

    `names` limits an imported list to these domains, so that a list of millions is not read for a few
    hundred.
    """
    known = authority_metrics(database)
    of_metric = known[known["metric"] == metric]
    if len(of_metric):
        newest = of_metric.iloc[0]
        values = _list_values(database, int(newest["id"]), names)
        higher = bool(newest["higher_is_better"])
        return Authority(metric, str(newest["source"]), newest["as_of"], values, higher)
    if metric in COMPUTED:
        return _computed(database, metric, workspace)
    offered = ", ".join([*COMPUTED, *dict.fromkeys(known["metric"])])
    raise UsageError(
        f"there is no authority metric {metric!r}",
        (
            f"use one of: {offered}; or bring a list in with `citelift import authority FILE --metric "
            f"{metric} …`"
        ),
    )


def _list_values(database: Engine, list_id: int, names: Sequence[str] | None) -> dict[str, float]:
    from tracker.domains import domain_id

    if names is None:
        statement = (
            select(DOMAIN.c.name, VALUE.c.value)
            .join_from(VALUE, DOMAIN, DOMAIN.c.id == VALUE.c.domain_id)
            .where(VALUE.c.list_id == list_id)
        )
        with database.connect() as connection:
            return {n: float(v) for n, v in connection.execute(statement)}
    by_id = {domain_id(name): name for name in names}
    values: dict[str, float] = {}
    with database.connect() as connection:
        for part in chunks(sorted(by_id), 10_000):
            statement = select(VALUE.c.domain_id, VALUE.c.value).where(
                VALUE.c.list_id == list_id, VALUE.c.domain_id.in_(part)
            )
            values |= {by_id[i]: float(v) for i, v in connection.execute(statement)}
    return values


def _computed(database: Engine, metric: str, workspace: World | None) -> Authority:
    from analysis.authority import ranks as authority

    graph = link_graph(database, workspace)
    if not graph.edges:
        raise DataError(
            f"{metric} needs links, and there are none",
            "import some first: `citelift import links FILE` or `citelift webgraph edges VERTICES EDGES`",
        )
    compute: dict[str, Callable[[authority.Graph], authority.NodeRanks]] = {
        "pagerank": authority.pagerank,
        "harmonic": authority.harmonic,
        "referring_domains": authority.referring_domains,
    }
    ranks = compute[metric](graph)
    values = dict(zip(map(str, graph.names), np.asarray(ranks.values, np.float64).tolist(), strict=True))
    return Authority(metric, f"computed from {graph.basis}", None, values)


def link_graph(database: Engine, workspace: World | None = None) -> Graph:
    """Every known link between domains as `analysis.authority.ranks.Graph`: the workspace's exports and the
    open web graph.

    A domain links to another while any link of its does (`tracker.links.ledger`); what has been lost is left
    out, also where the web graph, which is older, has it. A domain's links to itself are left out too, and
    infrastructure (fonts, scripts, tags) is never a source.
    """
    from analysis.authority.ranks import Graph

    edges = select(EDGE.c.source_domain_id, EDGE.c.target_domain_id).distinct()
    with database.connect() as connection:
        every = select(WORKSPACE.c.id)
        wanted = connection.execute(every).scalars() if workspace is None else [workspace.id]
        pairs = [ledger.pairs_now(connection, each) for each in list(wanted)]
        stored, known = _pairs([each.live for each in pairs]), _pairs([each.known for each in pairs])
        spare = np.array(connection.execute(edges).fetchall(), np.int64).reshape(-1, 2)
        spare = spare[~_among(spare, known)]
        sources = np.unique(np.concatenate([stored[:, 0], spare[:, 0]]))
        named = domain_names(connection, sources)
        plumbing = _plumbing(named)
        stored, spare = (part[~np.isin(part[:, 0], plumbing)] for part in (stored, spare))
        both = np.concatenate([stored, spare])
        ids, codes = np.unique(both, return_inverse=True)
        named |= domain_names(connection, np.setdiff1d(ids, sources))
    names = [named.get(int(i), f"domain {i}") for i in ids]
    codes = np.asarray(codes).reshape(-1, 2)
    parts = (("link exports", stored), ("the open web graph", spare))
    basis = " and ".join(name for name, part in parts if len(part))
    return Graph.from_edges(codes[:, 0], codes[:, 1], names, self_loops="drop", basis=basis or "no links")


def _plumbing(names: Mapping[int, str]) -> Ints:
    return np.array([key for key, name in names.items() if is_infrastructure(name)], np.int64)


def _pairs(parts: Sequence[Ints]) -> Ints:
    return np.unique(np.concatenate([np.zeros((0, 2), np.int64), *parts]), axis=0)


def _among(pairs: Ints, known: Ints) -> NDArray[np.bool_]:
    """Whether each pair is one of the known ones."""
    indexes = [pd.MultiIndex.from_arrays([part[:, 0], part[:, 1]]) for part in (pairs, known)]
    return np.asarray(indexes[0].isin(indexes[1]), np.bool_)
