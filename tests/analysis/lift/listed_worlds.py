"""Worlds of pages that name and link to brands, with the truth written in: what works is the listing, the
link, a followed link, a prominent place, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse, special

from analysis.lift.listing import Evidence
from analysis.lift.panel import Panel

Kind = Literal["null", "listing", "link", "followed", "prominence"]
TOPICS = 5


@dataclass(frozen=True)
class _Pages:
    """P pages × B brands: who is named, linked, followed; rank, heading, first screen."""

    source: np.ndarray
    named: np.ndarray
    linked: np.ndarray
    followed: np.ndarray
    rank: np.ndarray
    heading: np.ndarray
    first: np.ndarray


def world(
    kind: Kind,
    seed: int,
    *,
    looked: float = 0.75,
    sources: int = 40,
    each: int = 6,
    brands: int = 8,
    prompts: int = 40,
    weeks: int = 12,
    engines: int = 3,
    repeats: int = 4,
    size: float = 0.045,
) -> tuple[Panel, Evidence]:
    """Popular brands are named and linked more. `size` is what a (followed) link adds where it adds anything;
    half of the sources have a listing worth 2 to 12 points, but in "null"."""
    rng = np.random.default_rng([seed, sum(map(ord, kind))])
    grid = np.indices((prompts, engines, weeks, repeats)).reshape(4, -1)
    prompt, engine, week = grid[0], grid[1], grid[2]
    popularity = -1.2 + rng.normal(0, 0.9, (brands, 1)) + rng.normal(0, 0.6, (brands, prompts))
    home = rng.integers(0, TOPICS, sources)
    pages = _pages(rng, kind, popularity, home, each)
    listed = np.where(rng.random(sources) < 0.5, rng.uniform(0.02, 0.12, sources), 0.0) * (kind != "null")
    answer, source, page = _cited(rng, prompt, home, each)
    walk = rng.normal(0, 0.07, (brands, engines, weeks)).cumsum(axis=2) + rng.normal(
        0, 0.4, (brands, engines, 1)
    )
    eta = popularity[:, prompt].T + 0.3 * rng.normal(size=(len(prompt), 1)) + walk[:, engine, week].T
    effect = listed[pages.source][:, None] * pages.named
    if kind == "prominence":
        effect = effect + pages.named * 0.12 / pages.rank
    if kind in ("link", "followed"):
        effect = effect + size * (pages.linked if kind == "link" else pages.followed)
    rate = special.expit(eta)
    np.add.at(rate, answer, effect[page])
    named = rng.random(rate.shape) < np.clip(rate, 0.01, 0.99)
    seen = rng.random(len(pages.source)) < looked
    shape = (rate.size, sources)

    def where(table: np.ndarray, known: np.ndarray) -> sparse.csr_array:
        row, brand = np.nonzero(table[page] & known[page][:, None])
        at = np.unique(np.stack([answer[row] * brands + brand, source[row]]), axis=1)
        return sparse.csr_array((np.ones(at.shape[1]), (at[0], at[1])), shape=shape)

    kinds = (*(pages.named & (pages.rank == place) for place in (1, 2, 3)), pages.heading, pages.first)
    prominent = np.stack([where(table, seen).sum(axis=1) for table in kinds], axis=1)
    evidence = Evidence(
        listed=where(pages.named, seen),
        linked=where(pages.linked, seen),
        followed=where(pages.followed, seen),
        unseen=where(pages.linked, ~seen),
        prominence=sparse.csr_array(prominent),
        looked=int(seen[page].sum()),
        citations=len(page),
        pages=len(np.unique(page[seen[page]])),
    )
    cited = sparse.csr_array((np.ones(len(answer)), (answer, source)), shape=(len(prompt), sources))
    panel = Panel(
        prompt=prompt,
        engine=engine,
        week=week,
        topic=prompt % TOPICS,
        brands=tuple(f"brand {i}" for i in range(brands)),
        sources=tuple(f"source-{i}.example" for i in range(sources)),
        families=("source",) * sources,
        named=named,
        cited=cited,
        exposed=evidence.unseen,
    )
    return panel, evidence


def _pages(
    rng: np.random.Generator, kind: Kind, popularity: np.ndarray, home: np.ndarray, each: int
) -> _Pages:
    source = np.repeat(np.arange(len(home)), each)
    topic = np.arange(popularity.shape[1]) % TOPICS
    by_topic = np.stack([popularity[:, topic == t].mean(axis=1) for t in range(TOPICS)])
    known = ((by_topic - by_topic.mean()) / by_topic.std())[home][source]
    named = rng.random(known.shape) < special.expit(-0.6 + known + rng.normal(0, 0.4, (len(source), 1)))
    order = np.where(named, 0.7 * known + rng.gumbel(size=known.shape), -9.0)
    rank = np.argsort(np.argsort(-order, axis=1), axis=1) + 1
    custom = rng.normal(0, 1.0, (len(home), 1))[source]
    odds = 2.2 - 1.2 * (rank - 1) if kind == "prominence" else 0.5 * known + custom
    linked = named & (rng.random(known.shape) < special.expit(odds))
    followed = linked & (rng.random(known.shape) < 0.6)
    heading = named & (rng.random(known.shape) < special.expit(1.5 - 0.8 * (rank - 1)))
    first = named & (rng.random(known.shape) < special.expit(2.0 - 0.7 * (rank - 1)))
    return _Pages(source, named, linked, followed, rank, heading, first)


def _cited(
    rng: np.random.Generator, prompt: np.ndarray, home: np.ndarray, each: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answer, source and page of every citation."""
    prompts, sources = int(prompt.max()) + 1, len(home)
    tail = np.log(rng.pareto(1.0, sources) + 0.1)
    away = np.arange(prompts)[:, None] % TOPICS != home
    reach = (tail + rng.normal(0, 0.8, (prompts, sources)) - 2.0 * away)[prompt]
    reach = reach + rng.gumbel(size=reach.shape)
    count = 1 + rng.poisson(3, len(prompt))
    answer, source = np.nonzero(np.argsort(np.argsort(-reach, axis=1), axis=1) < count[:, None])
    taste = rng.normal(0, 0.7, (prompts, sources, each))[prompt] + rng.gumbel(
        size=(len(prompt), sources, each)
    )
    return answer, source, (taste.argmax(axis=2) + np.arange(sources) * each)[answer, source]
