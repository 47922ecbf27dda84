"""False discoveries and findings of the event study on worlds with the truth written in.

Run from the top of the repository: ``python -m tests.bench.calibration_events [--seeds 20]``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.events.histories import Histories
from analysis.events.study import study


@dataclass(frozen=True)
class World:
    data: Histories
    true_families: frozenset[str]
    true_sources: frozenset[str]


@dataclass(frozen=True)
class Recipe:
    """How links come about and what they do.

    growth gives each brand x cluster its path in log-odds; hazard turns a path into the weekly chance of a
    link (per source, before a source's own reach) for the share of families in `followers`; jump is a brand's
    break at half time; lift is what a link of a true family adds to the log-odds."""

    growth: str = "none"
    follow: float = 0.0
    window: int = 4
    jump: float = 0.0
    lift: float = 0.0
    pull: float = 0.8
    walk: float = 0.07
    brands: int = 8
    sources: int = 40
    weeks: int = 26
    per_cell: int = 60
    links: float = 0.02
    base: float = -1.0
    families: int = 6
    followers: float = 1.0


CLUSTERS = 5
WORLDS = {
    "null": Recipe(),
    "null, noisy brands": Recipe(walk=0.2),
    "null, popularity drives links": Recipe(pull=2.0),
    "momentum, steady growth": Recipe(growth="line", follow=2.0),
    "momentum, growth from a low level": Recipe(growth="line", follow=2.0, base=-2.5),
    "momentum, growth spurts": Recipe(growth="spurt", follow=2.0),
    "momentum, wandering brands": Recipe(growth="walk", follow=2.0),
    "momentum, links follow within a week": Recipe(growth="spurt", follow=2.0, window=1),
    "momentum, 16 weeks": Recipe(growth="line", follow=2.0, weeks=16),
    "momentum, 40 brands": Recipe(growth="spurt", follow=2.0, brands=40),
    "momentum, a third of the families follow it": Recipe(growth="spurt", follow=2.0, followers=0.34),
    "momentum, a third follow, 40 brands": Recipe(growth="spurt", follow=2.0, followers=0.34, brands=40),
    "momentum, a third follow steady growth": Recipe(growth="line", follow=2.0, followers=0.34),
    "momentum, one family": Recipe(growth="spurt", follow=2.0, families=1),
    "momentum, one family, 40 brands": Recipe(growth="spurt", follow=2.0, families=1, brands=40),
    "model change, brands jump": Recipe(jump=0.6),
    "planted, +0.8 log-odds": Recipe(lift=0.8, links=0.008),
    "planted, 40 brands": Recipe(lift=0.8, links=0.008, brands=40),
    "planted and momentum": Recipe(lift=0.8, links=0.008, growth="line", follow=2.0),
}


def world(recipe: Recipe, seed: int) -> World:
    rng = np.random.default_rng(seed)
    b, t, s = recipe.brands, recipe.weeks, recipe.sources
    standing = rng.normal(0, 0.9, b)
    level = recipe.base + standing[:, None] + rng.normal(0, 0.5, (b, CLUSTERS))
    growth = GROWTHS[recipe.growth](rng, b, t)
    path = growth + rng.normal(0, recipe.walk, (b, t)).cumsum(axis=1)
    path += recipe.jump * rng.normal(size=b)[:, None] * (np.arange(t) >= t // 2)
    family = rng.integers(0, recipe.families, s)
    first = _links(rng, recipe, standing, growth, family < recipe.followers * recipe.families)
    true = rng.choice(recipe.families, 2, replace=False) if recipe.lift else np.zeros(0, dtype=int)
    live = first[:, :, None] <= np.arange(t)
    effect = recipe.lift * np.minimum(live[np.isin(family, true)].sum(axis=0), 2)
    eta = level[:, :, None] + (path + effect)[:, None, :]
    answers = rng.poisson(recipe.per_cell, (CLUSTERS, t))
    counts = rng.binomial(answers, 1 / (1 + np.exp(-eta)))
    sources = tuple(f"source-{k}.example" for k in range(s))
    families = tuple(f"family {k}" for k in family)
    data = Histories(
        tuple(f"brand {k}" for k in range(b)),
        tuple(f"cluster {k}" for k in range(CLUSTERS)),
        sources,
        families,
        answers,
        counts,
        first,
    )
    names = frozenset(f"family {k}" for k in true)
    return World(data, names, frozenset(x for x, own in zip(sources, families, strict=True) if own in names))


def _line(rng: np.random.Generator, brands: int, weeks: int) -> np.ndarray:
    return 0.08 * rng.normal(size=(brands, 1)) * (np.arange(weeks) - weeks / 2)


def _spurt(rng: np.random.Generator, brands: int, weeks: int) -> np.ndarray:
    """Each brand rises (or falls) once, over 6 to 12 weeks, by about one log-odds unit."""
    onset, length = rng.integers(-4, weeks, (brands, 1)), rng.integers(6, 13, (brands, 1))
    return rng.normal(0.5, 0.8, (brands, 1)) * np.clip((np.arange(weeks) - onset) / length, 0, 1)


def _walk(rng: np.random.Generator, brands: int, weeks: int) -> np.ndarray:
    return rng.normal(0, 0.15, (brands, weeks)).cumsum(axis=1)


GROWTHS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "none": lambda rng, brands, weeks: np.zeros((brands, weeks)),
    "line": _line,
    "spurt": _spurt,
    "walk": _walk,
}


def _links(
    rng: np.random.Generator, recipe: Recipe, standing: np.ndarray, growth: np.ndarray, follows: np.ndarray
) -> np.ndarray:
    """First live week (sources, brands); -1 before the first week, weeks + 1 never."""
    b, t, s = recipe.brands, recipe.weeks, recipe.sources
    past = np.concatenate([np.repeat(growth[:, :1], recipe.window, axis=1), growth], axis=1)
    recent = (growth - past[:, :t]) / recipe.window
    scale = recent.std() or 1.0
    draw = recipe.follow * follows[:, None, None] * np.clip(recent / scale, -2, 2)
    chance = recipe.links * np.exp(recipe.pull * standing[:, None] / 2 + draw)
    reach = rng.gamma(2.0, 0.5, s)
    drawn = rng.random((s, b, t)) < np.minimum(reach[:, None, None] * chance, 0.5)
    first = np.where(drawn.any(axis=2), drawn.argmax(axis=2), t + 1)
    old = rng.random((s, b)) < 12 * recipe.links / (1 + np.exp(-recipe.pull * standing))
    return np.where(old, -1, first)


def run(recipe: Recipe, seeds: int, by: str) -> str:
    false_share, found, called, early, tested = [], [], 0, 0, 0
    for seed in range(seeds):
        made = world(recipe, seed)
        table = study(made.data, by=by, draws=999, seed=seed)
        truth = made.true_families if by == "family" else made.true_sources
        moved = [row.name for row in table.rows if row.verdict == "moved after"]
        false_share.append(sum(name not in truth for name in moved) / max(len(moved), 1))
        called += len(moved)
        early += sum(row.verdict == "pre-trend: cannot say" for row in table.rows)
        tested += sum(row.p is not None for row in table.rows)
        if truth:
            found.append(sum(name in moved for name in truth) / len(truth))
    power = f"{np.mean(found):.0%}" if found else "-"
    return f"{np.mean(false_share):.1%} | {called} | {early} of {tested} | {power}"


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seeds", type=int, default=20)
    reader.add_argument("--world", choices=list(WORLDS))
    given = reader.parse_args()
    print("| world | table of | false discovery | called | pre-trend | found |\n|---|---|---|---|---|---|")
    for name in [given.world] if given.world else WORLDS:
        for by in ("family", "source"):
            print(f"| {name} | {by} | {run(WORLDS[name], given.seeds, by)} |", flush=True)


if __name__ == "__main__":
    main()
