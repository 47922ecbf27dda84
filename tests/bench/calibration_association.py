"""How often association calls a shuffled authority, and holds and finds a planted odds ratio.

Run from the top of the repository: ``python -m tests.bench.calibration_association [--seeds 20] [--shuffles
30]``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from analysis.association.association import (
    Citations,
    candidates,
    doublings,
    odds_per_doubling,
    placebo,
    spearman,
)


@dataclass(frozen=True)
class World:
    citations: Citations
    authority: np.ndarray
    kinds: np.ndarray


def world(
    seed: int,
    *,
    domains: int = 300,
    prompts: int = 40,
    repeats: int = 3,
    spread: float = 1.0,
    effect: float = 0.0,
    typed: float = 0.0,
    pool: int = 12,
    engines: tuple[str, ...] = ("engine",),
    serp: tuple[str, ...] = (),
) -> World:
    """Answers that retrieve `pool` domains and cite some of them.

    A candidate is cited with log-odds: the answer's own level + the domain's own pull (sd `spread`) + the
    prompt's taste for it + `effect` per doubling of authority + `typed` for one of three domain types, which
    also has `typed` times four more doublings of authority. Reach is heavy-tailed: a few domains are in most
    pools."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, domains)
    doubled = rng.normal(6, 3, domains) + 4 * typed * (kinds == 0)
    pull = rng.normal(0, spread, domains) + effect * doubled + typed * (kinds == 0)
    reach = np.exp(rng.normal(0, 1.2, domains))
    taken = []
    for prompt in range(prompts):
        topic = rng.choice(domains, 2 * pool, replace=False, p=reach / reach.sum())
        taste = rng.normal(0, 0.7 * (spread > 0), domains)
        for _ in range(repeats * len(engines)):
            found = rng.choice(topic, pool, replace=False)
            level = rng.normal(-0.8, 0.5) - (effect * doubled[found]).mean()
            cited = rng.random(pool) < 1 / (1 + np.exp(-(level + pull[found] + taste[found])))
            taken.append((prompt, found, cited))
    answer = np.repeat(np.arange(len(taken)), pool)
    prompt = np.array([one[0] for one in taken])
    engine = np.arange(len(taken)) % len(engines)
    found, cited = (np.concatenate([one[part] for one in taken]) for part in (1, 2))
    data = Citations(answer, found, cited, prompt, engine, engines, frozenset(serp))
    return World(data, 2.0**doubled, kinds)


NULLS = {
    "no pull": {"spread": 0.0},
    "domains with a pull": {},
    "strong pull": {"spread": 2.0},
    "60 domains": {"domains": 60},
    "12 prompts": {"prompts": 12},
    "10 repeats": {"repeats": 10},
    "types matter": {"typed": 1.0},
}


def shuffled_within(values: np.ndarray, kinds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    after = values.copy()
    for kind in np.unique(kinds):
        after[kinds == kind] = rng.permutation(values[kinds == kind])
    return after


def sizes(name: str, recipe: dict[str, float], seeds: int, shuffles: int) -> str:
    called = np.zeros(3)
    for seed in range(seeds):
        made, rng = world(seed, **recipe), np.random.default_rng(1000 + seed)
        rows = candidates(made.citations, "engine")
        times = np.bincount(made.citations.domain[made.citations.cited], minlength=len(made.authority))
        seen = np.unique(rows.domain)
        for _ in range(shuffles):
            fake = shuffled_within(made.authority, made.kinds, rng)
            odds = odds_per_doubling(rows, doublings(fake))
            check = placebo(rows, doublings(fake), made.kinds, seed=seed, shuffles=199)
            rank = spearman(times[seen], fake[seen], seed=seed, resamples=400)
            called += [not odds.low <= 1 <= odds.high, check.p <= 0.05, not rank.low <= 0 <= rank.high]
    share = called / (seeds * shuffles)
    if name == "types matter":
        # the unconditional interval and the rank correlation rightly see the difference between types
        return f"| {name} | - | {share[1]:.1%} | - |"
    return f"| {name} | {share[0]:.1%} | {share[1]:.1%} | {share[2]:.1%} |"


def planted(seeds: int, effect: float) -> str:
    held = found = 0
    for seed in range(seeds):
        made = world(seed, effect=effect, spread=0.0)
        odds = odds_per_doubling(candidates(made.citations, "engine"), doublings(made.authority))
        held += odds.low <= np.exp(effect) <= odds.high
        found += odds.low > 1
    return f"| odds ratio {np.exp(effect):.2f} per doubling | {held / seeds:.1%} | {found / seeds:.1%} |"


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seeds", type=int, default=20)
    reader.add_argument("--shuffles", type=int, default=30)
    given = reader.parse_args()
    print(
        "| shuffled authority (target 5 %) | odds ratio's interval | placebo | Spearman's interval "
        "|\n|---|---|---|---|"
    )
    for name, recipe in NULLS.items():
        print(sizes(name, recipe, given.seeds, given.shuffles), flush=True)
    print("\n| planted | interval holds it | found |\n|---|---|---|")
    for effect in (0.05, 0.1, 0.2):
        print(planted(10 * given.seeds, effect), flush=True)


if __name__ == "__main__":
    main()
