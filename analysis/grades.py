r"""Whether a headline number can carry a decision, or shows a direction only; and why.

A number is *decision-grade* on an engine if it rests on fifty prompts or more, each asked at least twice a
week, and one model answered in all of its weeks: with another model its baseline begins anew. Beside it
stands the seven-day noise range: by how much it would move from one week to the next if nothing changed,

.. math:: \pm z \sqrt{2 v / n}, \qquad
    v = \overline{p_c (1 - p_c) \tfrac{m_c}{m_c - 1}} \text{ over cells (prompt × week) with } m_c ≥ 2,

n the answers of the newest week; the same prompts are asked in both weeks, so that only repeats differ. A
number over several engines is decision-grade where it is on each of them.

References
----------
The advertising industry's guidance of August 2026 on measuring answers of language models, as summarised in
public: fifty prompts, repeats stated, per engine, a seven-day noise range, a new baseline with a new model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from tracker import numbers
from tracker.answers import served

Level = Literal["decision-grade", "directional"]

LEAST_PROMPTS = 50
LEAST_REPEATS = 2
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Grade:
    """What the own brand's mention rate rests on, on one engine or on all.

    Attributes
    ----------
    engine : str or None
        None for all engines together.
    level : {"decision-grade", "directional"}
    prompts : int
        Of all engines: of the one with the fewest.
    repeats : float or None
        Answers a prompt and week, mean; of all engines, of the one with the fewest.
    noise : float or None
        Half the seven-day noise range, in probability; None where nothing is asked twice.
    since : date or None
        Monday of the first week of the present model; None where the model is unknown.
    reasons : tuple of str
        What it falls short of; empty where it does not.
    """

    engine: str | None
    level: Level
    prompts: int
    repeats: float | None
    noise: float | None
    since: date | None
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """The grade, what it rests on, and what it lacks, as a sentence."""
        whose = f" on {self.engine}" if self.engine else ""
        facts = [numbers.counted(self.prompts, "prompt")]
        if self.repeats is not None:
            facts.append(f"{numbers.number(self.repeats)} answers a prompt and week")
        if self.noise is not None:
            facts.append(f"7-day noise ± {numbers.points_apart(self.noise)}")
        lacking = "".join(f" {reason[0].upper()}{reason[1:]}." for reason in self.reasons)
        return f"{self.level.capitalize()}{whose}: {', '.join(facts)}.{lacking}"


def grades(database: Engine, world: World, scope: Scope | None = None) -> list[Grade]:
    """The grade over all engines first, then each engine's; none without answers or without an own brand."""
    scope = scope or Scope()
    if world.own is None:
        return []
    sums = frames.visibility_sums(database, world, scope, ("engine", "week"))
    sums = sums[(sums["brand_id"] == world.own.id) & (sums["answers"] > 0)]
    if sums.empty:
        return []
    models = frames.served_weeks(frames.asked(database, world, scope))
    newest = max(sums["week"])
    each = [
        _of_engine(world.engines[int(str(key))], part, models.get(int(str(key)), []), newest)
        for key, part in sums.groupby("engine")
    ]
    each.sort(key=lambda grade: grade.engine or "")
    return [_of_all(each, sums, newest), *each] if len(each) > 1 else [*_alone(each), *each]


def shortfalls(prompts: int, repeats: float) -> tuple[str, ...]:
    """What a design lacks to be decision-grade, before anything is asked."""
    out = []
    if prompts < LEAST_PROMPTS:
        out.append(f"{LEAST_PROMPTS} prompts are needed, and there are {prompts}")
    if repeats < LEAST_REPEATS:
        out.append(f"each prompt must be asked {LEAST_REPEATS} times a week, so that noise can be told")
    return tuple(out)


def _of_engine(
    engine: str, sums: pd.DataFrame, models: Sequence[tuple[date, frozenset[str]]], newest: date
) -> Grade:
    prompts = int(sums["prompt_id"].nunique())
    repeats = float(sums["answers"].mean())
    known = [(week, each) for week, each in models if each]
    changes = served.once(served.changes(known))
    reasons = list(shortfalls(prompts, repeats))
    if changes:
        day = numbers.day(changes[-1].at)
        reasons.append(f"another model answers since {day}, and the baseline begins anew with it")
    return Grade(
        engine=engine,
        level="directional" if reasons else "decision-grade",
        prompts=prompts,
        repeats=repeats,
        noise=_noise(sums, newest),
        since=changes[-1].at if changes else (known[0][0] if known else None),
        reasons=tuple(reasons),
    )


def _alone(each: Sequence[Grade]) -> list[Grade]:
    """One engine: the grade of all is its own."""
    return [Grade(None, g.level, g.prompts, g.repeats, g.noise, g.since, g.reasons) for g in each]


def _of_all(each: Sequence[Grade], sums: pd.DataFrame, newest: date) -> Grade:
    short: dict[str, list[str]] = {}
    for grade in each:
        for reason in grade.reasons:
            short.setdefault(reason, []).append(grade.engine or "")
    begins = [grade.since for grade in each if grade.since is not None]
    everywhere = len(each)
    return Grade(
        engine=None,
        level="directional" if short else "decision-grade",
        prompts=min(grade.prompts for grade in each),
        repeats=min(grade.repeats or 0.0 for grade in each),
        noise=_noise(sums, newest),
        since=max(begins) if begins else None,
        reasons=tuple(
            reason if len(engines) == everywhere else f"on {', '.join(engines)}: {reason}"
            for reason, engines in short.items()
        ),
    )


def _noise(sums: pd.DataFrame, newest: date) -> float | None:
    twice = sums[sums["answers"] >= LEAST_REPEATS]
    n = int(sums.loc[sums["week"] == newest, "answers"].sum())
    if twice.empty or not n:
        return None
    m = twice["answers"].to_numpy(np.float64)
    p = twice["mentioned"].to_numpy(np.float64) / m
    least = 0.5 / (n + 1)
    variance = max(float((p * (1 - p) * m / (m - 1)).mean()), least * (1 - least))
    return float(special.ndtri(0.5 + CONFIDENCE / 2)) * float(np.sqrt(2 * variance / n))
