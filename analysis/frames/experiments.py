"""What experiments count: answers that cite the candidates, how long links were live, what pages show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from analysis.experiments.counts import TrialCounts
from analysis.frames.answered import answers, citations, named
from analysis.frames.linked import Links, page_checks
from analysis.frames.tables import Floats
from analysis.frames.tracked import Scope, World
from tracker import domains
from tracker.answers.owned import PAGE
from tracker.errors import UsageError

DAY = 86_400.0


@dataclass(frozen=True)
class SourceKey:
    """A site or one page; `page` is None for a site."""

    name: str
    domain: str
    domain_id: int
    page: int | None


def source_key(text: str) -> SourceKey:
    """`example.com` is a site, `example.com/best-crm` a page."""
    address = domains.try_parse(text)
    if address is None:
        raise UsageError(
            f"{text!r} is no site and no page", "write example.com, or the full address of a page"
        )
    domain = domains.domain_id(address.domain)
    root = f"https://{address.host.removeprefix('www.')}/"
    if address.canonical == root:
        return SourceKey(address.domain, address.domain, domain, None)
    return SourceKey(address.canonical, address.domain, domain, domains.page_id(address.canonical))


def experiment_counts(
    database: Engine,
    world: World,
    scope: Scope,
    sources: Sequence[str],
    *,
    prompts: Collection[int] | None = None,
    engines: Collection[str] | None = None,
) -> TrialCounts:
    """Weekly counts of the own brand over some prompts and engines (all of the scope without them)."""
    own = world.own
    if own is None:
        raise UsageError("the workspace has no own brand", "mark one brand of brands.yaml with `own: true`")
    keys = [source_key(text) for text in sources]
    frame = answers(database, world, scope)
    keep = np.ones(len(frame), bool)
    if prompts is not None:
        keep &= frame["prompt_id"].isin(list(prompts)).to_numpy(bool)
    if engines is not None:
        known = {key for key, name in world.engines.items() if name in engines}
        keep &= frame["engine"].isin(list(known)).to_numpy(bool)
    frame = frame[keep].reset_index(drop=True)
    ids = frame["answer"].to_numpy(np.int64)
    position = next(i for i, brand in enumerate(world.brands) if brand.own)
    has_name = named(database, world, ids)[:, position]
    weeks = sorted(set(frame["week"]))
    cells = sorted(set(zip(frame["prompt_id"].astype(int), frame["engine"].astype(int), strict=True)))
    spot, monday = {cell: i for i, cell in enumerate(cells)}, {week: i for i, week in enumerate(weeks)}
    w = np.array([monday[week] for week in frame["week"]], np.int64)
    c = np.array([spot[cell] for cell in zip(frame["prompt_id"], frame["engine"], strict=True)], np.int64)
    shape = (len(weeks), len(cells))
    asked, with_name = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    np.add.at(asked, (w, c), 1)
    np.add.at(with_name, (w, c), has_name)
    cited, unnamed = (np.zeros((len(keys), *shape), np.int64) for _ in range(2))
    facts = citations(database, world, scope, domains=sorted({key.domain_id for key in keys}))
    row = {int(answer): i for i, answer in enumerate(ids)}
    for s, key in enumerate(keys):
        mine = facts[facts["source_id"] == key.domain_id]
        mine = mine if key.page is None else mine[(mine["page"] == key.page).fillna(False)]
        at = np.array([row[a] for a in mine["answer"].unique().tolist() if a in row], np.int64)
        np.add.at(cited[s], (w[at], c[at]), 1)
        np.add.at(unnamed[s], (w[at], c[at]), ~has_name[at])
    return TrialCounts(
        tuple(weeks), tuple(key.name for key in keys), tuple(cells), asked, with_name, cited, unnamed
    )


def live_shares(
    links: Links, world: World, sources: Sequence[str], blocks: Sequence[tuple[date, date]]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Share of the days of each block (first day, last day) on which some link of the source to the own brand
    was live, shape (S, blocks); and whether anything at all is known of such a link, shape (S,)."""
    position = next(i for i, brand in enumerate(world.brands) if brand.own)
    spans = links.spans[links.spans["brand"] == position]
    shares, known = np.zeros((len(sources), len(blocks))), np.zeros(len(sources), bool)
    for s, key in enumerate(map(source_key, sources)):
        mine = spans[spans["source_id"] == key.domain_id]
        mine = mine if key.page is None else mine[(mine["page"] == key.page).fillna(False)]
        known[s] = len(mine) > 0
        start, end = mine["start"].to_numpy(np.float64), mine["end"].to_numpy(np.float64)
        for b, (first, last) in enumerate(blocks):
            noon = np.arange(first.toordinal(), last.toordinal() + 1) - date(1970, 1, 1).toordinal() + 0.5
            at = noon[:, None] * DAY
            shares[s, b] = ((start <= at) & (at < end)).any(axis=1).mean() if len(mine) else 0.0
    return shares, known


def naming_sources(database: Engine, world: World, sources: Sequence[str]) -> set[str]:
    """Those of the sources of which our newest look at a page found the own brand named without a link."""
    own = world.own
    checks = page_checks(database, world)
    naming = [
        int(p) for p, names in zip(checks["page"], checks["named"], strict=True) if own and own.name in names
    ]
    with database.connect() as connection:
        found = connection.execute(select(PAGE.c.id, PAGE.c.domain_id).where(PAGE.c.id.in_(naming))).all()
    pages, sites = {int(p) for p, _ in found}, {int(d) for _, d in found}
    keys = [source_key(text) for text in sources]
    return {key.name for key in keys if (key.domain_id in sites if key.page is None else key.page in pages)}
