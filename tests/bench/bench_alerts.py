"""Null years of weekly looks at 60 things, and years with a planted change: how often alerts are told.

    python -m tests.bench.bench_alerts [YEARS] [PLANTED]

Sixteen brands by mention rate, citation rate and share of voice, the own brand also on four engines and in
eight topics: 40 prompts, asked three times a week of each engine, for 56 weeks (4 to learn from, 52 looks).
The sums of each week are drawn as frames, and what is told is decided by the functions that decide it
(`analysis.alerts`, `analysis.alarms.stopped`). Rates differ between prompts and brands; in the world
"shaking" each cell's rate also varies from week to week. A change of the own brand's mention rate, in points,
begins in week 30. Exit code 1 where more than 5 % of null years tell anything (a bound below that 5 % of the
true rate would cross once in twenty is no failure), where +10 points are found within 4 weeks in under 85 %,
or +5 within 8 weeks in under 55 %.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis import alarms
from analysis.alerts import WatchedThing, noise_by_week, tracked_things
from analysis.changes import MOVED_AT
from analysis.frames import World
from analysis.frames.tracked import BrandFact, PromptFact
from analysis.watch import BURN_IN, YEAR

BRANDS, PROMPTS, ENGINES, TOPICS, REPEATS = 16, 40, 4, 8, 3
WEEKS, START, THINGS = YEAR + BURN_IN, 30, 60
SILENT = 0.05
"""Of answers, those of an engine that did not search."""
DAYS = [date(2025, 1, 6) + timedelta(weeks=number) for number in range(WEEKS)]
WORLD = World(
    1,
    "null",
    tuple(BrandFact(key, f"brand {key}", key == 1, (), (), ()) for key in range(1, BRANDS + 1)),
    {
        key: PromptFact(key, f"prompt {key}", f"topic {key % TOPICS}", None, None, 1.0)
        for key in range(1, PROMPTS + 1)
    },
    {key: f"engine {key}" for key in range(1, ENGINES + 1)},
)
CELLS = (BRANDS, PROMPTS, ENGINES, WEEKS)


def sums(rng: np.random.Generator, shaking: float, planted: float) -> pd.DataFrame:
    """Per brand × prompt × engine × week: answers, and those that name and cite the brand."""
    base = rng.beta(2, 5, CELLS[:2])[:, :, None] + rng.normal(0, 0.03, CELLS[:3])
    named, cited = (np.repeat(part[..., None], WEEKS, axis=3) for part in (base, base * 0.4))
    named[0, ..., START:] += planted
    drift = rng.normal(0, shaking, CELLS) if shaking else 0.0
    counts = [rng.binomial(REPEATS, np.clip(part + drift, 0.01, 0.99)) for part in (named, cited)]
    keys = np.indices(CELLS).reshape(4, -1)
    return pd.DataFrame(
        {
            "brand_id": keys[0] + 1,
            "prompt_id": keys[1] + 1,
            "engine": keys[2] + 1,
            "week": np.array(DAYS, object)[keys[3]],
            "answers": REPEATS,
            "citable": REPEATS,
            "mentioned": counts[0].ravel(),
            "cited": counts[1].ravel(),
        }
    )


def things(seed: int, shaking: float = 0.0, planted: float = 0.0) -> list[WatchedThing]:
    found = list(tracked_things(sums(np.random.default_rng(seed), shaking, planted), WORLD, DAYS, {}))
    assert len(found) == THINGS
    return found


def moved(seed: int, shaking: float) -> int:
    """Alerts of moves in a null year: things of which anything is told at any of its looks."""
    return int((noise_by_week(things(seed, shaking)) <= MOVED_AT).any(axis=1).sum())


def found_after(seed: int, points: float) -> float:
    """Weeks until any alert of the own brand's mention rate is told; infinite where none is in the year."""
    followed = things(seed, 0.0, points)
    noise = noise_by_week(followed)
    mine = [n for n, each in enumerate(followed) if each.own and each.measure == "mention_rate"]
    told = np.flatnonzero((noise[mine] <= MOVED_AT).any(axis=0))
    told = told[told >= START]
    return float(told[0] - START + 1) if len(told) else float("inf")


def went_silent(seed: int, silent_from: int | None = None) -> list[int]:
    """Weeks of a year in which it is told that an engine stopped searching."""
    rng = np.random.default_rng(seed)
    asked = PROMPTS * REPEATS
    counts = rng.binomial(asked, SILENT, (WEEKS, ENGINES))
    if silent_from is not None:
        counts[silent_from:, 0] = asked
    told = []
    for week in range(1, WEEKS):
        before = counts[:week].sum(axis=0)
        for engine in range(ENGINES):
            now, past = (
                {"not_searched": int(n), "stored": int(of)}
                for n, of in ((counts[week, engine], asked), (before[engine], asked * week))
            )
            if alarms.stopped(now, past) < alarms.silent_level(ENGINES):
                told.append(week)
    return told


def rate(bad: int, of: int) -> str:
    high = stats.beta.ppf(0.975, bad + 1, of - bad) if bad < of else 1.0
    return f"{bad} of {of} ({bad / of:.1%}, up to {high:.1%})"


def main(arguments: list[str] | None = None) -> int:
    given: list[Any] = list(map(int, arguments if arguments is not None else sys.argv[1:]))
    years, planted = (*given, *(100, 40)[len(given) :])[:2]
    failed = False
    for name, shaking in (("constant", 0.0), ("shaking", 0.08)):
        alerts = [moved(seed, shaking) for seed in range(years)]
        loud = sum(each > 0 for each in alerts)
        failed |= bool(stats.binom.sf(loud - 1, years, MOVED_AT) < 0.05)
        print(f"null years, {name}: any move told in {rate(loud, years)}; {sum(alerts)} alerts", flush=True)
    silent = sum(bool(went_silent(seed)) for seed in range(years))
    failed |= bool(stats.binom.sf(silent - 1, years, alarms.ALPHA) < 0.05)
    print(f"null years, an engine said to have stopped searching: {rate(silent, years)}")
    stopped = [went_silent(seed, START) for seed in range(planted)]
    print(f"an engine stops: told in its first week in {sum(START in each for each in stopped)} of {planted}")
    for points, within, least in ((0.10, 4, 0.85), (0.05, 8, 0.55)):
        after = np.array([found_after(10_000 + seed, points) for seed in range(planted)])
        share = float((after <= within).mean())
        failed |= share < least
        print(
            f"+{points * 100:.0f} points: told within {within} weeks in {share:.0%} of {planted} years "
            f"(asked {least:.0%}), median {np.median(after):.0f}, never in {np.isinf(after).mean():.0%}",
            flush=True,
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
