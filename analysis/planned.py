"""What experiments of different sizes would see, before anybody drafts one: for `citelift plan --power`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from analysis import trials
from analysis.experiments.power import Power
from analysis.frames import World
from tracker.errors import UsageError

PLANNED = (6, 12, 20)
"""Pairs of the experiments that a plan foresees."""


@dataclass(frozen=True)
class PlannedTrial:
    """What an experiment of so many pairs would see; `reason` says why none can be foreseen."""

    pairs: int
    powers: tuple[Power, ...]
    reason: str = ""


def planned(
    database: Engine, world: World, *, today: date, lift: float, classes: Path | None = None
) -> list[PlannedTrial]:
    """Experiments of 6, 12 and 20 pairs of the most cited sites that do not link to the brand, from past
    answers."""
    out = []
    for pairs in PLANNED:
        try:
            draft = trials.ExperimentDraft("planned", pairs=pairs)
            design = trials.propose(database, world, draft, today=today, classes=classes)
            if len(design["pairs"]) < pairs:
                there = f"only {len(design['pairs'])} pairs of sites are cited often enough"
                out.append(PlannedTrial(pairs, (), there))
                continue
            powers = trials.foreseen(database, world, design, today=today, lifts=(lift,))
            out.append(PlannedTrial(pairs, tuple(powers)))
        except UsageError as error:
            out.append(PlannedTrial(pairs, (), str(error)))
    return out
