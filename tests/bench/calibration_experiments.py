"""Experiments in worlds with the truth written in: size where links do nothing, power where they work, what
the power table foresees; and looks every week.

`python -m tests.bench.calibration_experiments [size|power|looks]`"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analysis import watch
from analysis.experiments.counts import TrialCounts
from analysis.experiments.design import Design, PairCandidate, blocks_of, lots, paired, weight
from analysis.experiments.flips import p_value
from analysis.experiments.outcomes import ALPHA, Units, units
from analysis.experiments.power import power
from analysis.experiments.worlds import MONDAY, RECIPES, ExperimentWorld, TrialRecipe

BEFORE = 8
SIZES, POWERS, FORESEEN, YEARS = 1000, 500, 40, 100


@dataclass(frozen=True)
class Plan:
    """One design of the study."""

    design: Design
    pairs: int
    weeks: int

    def __str__(self) -> str:
        return f"{self.pairs} pairs, {self.weeks} weeks{', switching' if self.design == 'switch' else ''}"


def pairs_of(counts: TrialCounts) -> tuple[list[tuple[int, int]], list[float]]:
    """Positions and weights, paired on the weeks before."""
    found, _ = paired(
        PairCandidate(name, int(counts.cited[i].sum()), int(counts.unnamed[i].sum()), "all", "nothing known")
        for i, name in enumerate(counts.sources)
    )
    at = {name: i for i, name in enumerate(counts.sources)}
    positions = [(at[pair.first.source], at[pair.second.source]) for pair in found]
    return positions, [weight((pair.first.unnamed, pair.second.unnamed)) for pair in found]


def experiment(plan: Plan, recipe: TrialRecipe, seed: int) -> Units:
    """One experiment from the pairing to the end of its window."""
    sources, weeks, blocks = 2 * plan.pairs, BEFORE + plan.weeks, blocks_of(plan.design, plan.weeks)
    world = ExperimentWorld(recipe, sources, seed, weeks=weeks)
    live = np.zeros((sources, weeks))
    before = _weeks(world.answers(live), 0, BEFORE)
    positions, weights = pairs_of(before)
    drawn = lots(f"study {seed}", plan.pairs, blocks)
    length = plan.weeks // blocks
    starts = [BEFORE + block * length for block in range(blocks)]
    for block, start in enumerate(starts):
        meant = np.zeros(sources, np.int64)
        meant[[a if drawn[i][block] else b for i, (a, b) in enumerate(positions)]] = 1
        live[:, start : start + length] = world.won(meant)[:, None]
    answers = world.answers(live)
    after = [_weeks(answers, start, start + length) for start in starts]
    return units(before, after, positions, drawn, weights, live[:, starts])


def _weeks(counts: TrialCounts, first: int, end: int) -> TrialCounts:
    return counts.between(MONDAY + timedelta(weeks=first), MONDAY + timedelta(weeks=end - 1))


def ends(plan: Plan, recipe: TrialRecipe, seed: int) -> tuple[bool, bool, bool, bool, bool]:
    """Rejected on (iii), (ii) and, if it were tested, (i); "raised" on (iii) and on (ii)."""
    u = experiment(plan, recipe, seed)
    without, named, where = u.unnamed * u.lot * u.weight, u.named * u.lot, u.where_cited * u.lot
    p = [float(p_value(values)) for values in (without, named, where)]
    beside = float((u.beside * u.lot * u.weight).sum())
    raised = p[0] < ALPHA and without.sum() < 0 < beside, p[1] < ALPHA and named.sum() > 0
    return p[0] < ALPHA, p[1] < ALPHA, p[2] < ALPHA, bool(raised[0]), bool(raised[1])


def shares(plan: Plan, recipe: TrialRecipe, runs: int) -> NDArray[np.float64]:
    return 100 * np.array([ends(plan, recipe, seed) for seed in range(runs)], np.float64).mean(axis=0)


def foreseen(plan: Plan, recipe: TrialRecipe, runs: int, weeks: int = 26) -> NDArray[np.float64]:
    """What the power table says of such worlds before anything starts, from `weeks` of past answers."""
    found = []
    for seed in range(runs):
        world = ExperimentWorld(recipe, 2 * plan.pairs, 90_000 + seed, weeks=weeks)
        past = world.answers(np.zeros((2 * plan.pairs, weeks)))
        positions, weights = pairs_of(_weeks(past, weeks - BEFORE, weeks))
        one = power(
            past,
            positions,
            weights,
            design=plan.design,
            before=BEFORE,
            weeks=plan.weeks,
            lift=recipe.lift,
            compliance=recipe.compliance,
            draws=100,
            seed=seed,
        )
        found.append((one.unnamed, one.named))
    return 100 * np.array(found).mean(axis=0)


def size() -> None:
    print(
        "\n| links do nothing; design | (iii) | (ii) | (i), if it were tested | 'raised' on (iii) |"
        "\n|---|---|---|---|---|"
    )
    for plan in (Plan("pairs", 12, 8), Plan("switch", 4, 12)):
        for name, recipe in RECIPES.items():
            a, b, c, raised, _ = shares(plan, recipe, SIZES)
            print(f"| {name}; {plan} | {a:.1f}% | {b:.1f}% | {c:.1f}% | {raised:.1f}% |", flush=True)


def powers() -> None:
    print(
        "\n| 20 points; links won | design | (iii) | foreseen | (ii) | foreseen |\n|---|---|---|---|---|---|"
    )
    for plan in (Plan("pairs", 8, 8), Plan("pairs", 12, 8), Plan("pairs", 16, 8), Plan("switch", 4, 12)):
        for won in (0.4, 0.7, 1.0):
            recipe = TrialRecipe(lift=0.2, compliance=won)
            *_, a, b = shares(plan, recipe, POWERS)
            c, d = foreseen(plan, recipe, FORESEEN)
            print(f"| {won:.0%} | {plan} | {a:.0f}% | {c:.0f}% | {b:.0f}% | {d:.0f}% |", flush=True)


def year(
    rng: np.random.Generator,
    things: int,
    *,
    weeks: int = 57,
    shift: float = 0,
    at: int = 30,
    wobble: float = 0,
) -> NDArray[np.float64]:
    """e-values of things over a year, shape (things, weeks), of 40 prompts × 3 engines × 4 repeats a week.

    The first thing shifts; all wobble from week to week."""
    prompts, engines, repeats = 40, 3, 4
    group = np.repeat(np.arange(prompts), engines)
    found = np.empty((things, weeks))
    for i in range(things):
        odds = rng.normal(-0.8, 0.9, (prompts, 1)) + rng.normal(0, 0.4, (1, engines))
        rate = 1 / (1 + np.exp(-odds.ravel())) + rng.normal(0, wobble, (weeks, 1))
        rate = np.clip(rate + (i == 0) * shift * (np.arange(weeks) >= at)[:, None], 0, 1)
        found[i] = watch.watch(rng.binomial(repeats, rate) / repeats, group).e
    return found


def looks() -> None:
    rng = np.random.default_rng(1)
    for wobble in (0.0, 0.02):
        years = [year(rng, 60, wobble=wobble) for _ in range(YEARS)]
        any_alarm = [any(watch.e_benjamini_hochberg(e[:, t]).any() for t in range(e.shape[1])) for e in years]
        one = np.mean([(e.max(axis=1) >= 1 / ALPHA).mean() for e in years])
        print(
            f"wobble {wobble}: years with an alarm, of 60 things {np.mean(any_alarm):.1%}, of one {one:.1%}"
        )
        for shift, within in ((0.10, 4), (0.05, 8)):
            e = np.array([year(rng, 1, shift=shift, wobble=wobble)[0] for _ in range(400)])[
                :, 30 : 30 + within
            ]
            alone, of_many = (e >= 20).any(axis=1).mean(), (e >= 60 * 20).any(axis=1).mean()
            print(
                f"  +{100 * shift:.0f} points within {within} weeks: {alone:.0%}; as one of 60 {of_many:.0%}",
                flush=True,
            )


def main() -> int:
    """The parts that are named, or all."""
    parts = {"size": size, "power": powers, "looks": looks}
    for word in sys.argv[1:] or list(parts):
        parts[word]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
