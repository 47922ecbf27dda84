"""How much the cited domains of each engine change from week to week."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from analysis.rankings import jaccard, rank_biased_overlap
from analysis.repeats import RepeatAgreement, agreement

CORE = 0.8
RECENT = 8
"""Weeks whose repeats are compared, at most."""


@dataclass(frozen=True)
class Stability:
    """How much the cited domains of one engine change from week to week.

    Attributes
    ----------
    engine : str
    weeks : int
        Weeks with citations.
    core : tuple of str
        Domains cited in at least four of five weeks, most cited first.
    rotating : int
        Domains cited in fewer.
    jaccard, overlap : float or None
        Means over neighbouring weeks: shared domains ÷ domains of either week; rank-biased overlap of the two
        rankings.
    pairs : int
        Neighbouring weeks behind the means.
    core_share : float or None
        Share of all (answer, domain) citations that go to core domains.
    repeats : RepeatAgreement or None
        How far repeats of one prompt agree in the newest weeks, and what weeks would share if nothing
        changed; None without answers there.
    """

    engine: str
    weeks: int
    core: tuple[str, ...]
    rotating: int
    jaccard: float | None
    overlap: float | None
    pairs: int
    core_share: float | None
    repeats: RepeatAgreement | None = None
    each: tuple[tuple[date, float, float], ...] = field(default=(), repr=False)


def source_stability(database: Engine, world: World, scope: Scope | None = None) -> list[Stability]:
    """Core and rotating sources of each engine, with week-to-week overlap and the agreement of repeats."""
    scope = scope or Scope(branded="include")
    frame = frames.sources(database, world, scope, ("engine", "week"))
    frame = frame[frame["answers"] > 0]
    if frame.empty:
        return []
    newest = max(frame["week"]) - timedelta(weeks=RECENT - 1)
    recent = replace(scope, first=max(newest, scope.first or newest))
    places = dict(iter(frames.cited_places(database, world, recent).groupby("engine")))
    return [
        _stability(world.engines[int(str(engine))], part, places.get(engine))
        for engine, part in frame.groupby("engine", sort=True)
    ]


def _stability(engine: str, part: pd.DataFrame, places: pd.DataFrame | None) -> Stability:
    days = sorted(part["week"].unique())
    seen = part.groupby("domain")["week"].nunique()
    total = part.groupby("domain")["answers"].sum()
    core = seen.index[(seen >= CORE * len(days)).to_numpy() & (len(days) >= 2)]
    ranked = {
        day: week.sort_values(["answers", "domain"], ascending=[False, True])["domain"].tolist()
        for day, week in part.groupby("week")
    }
    each = tuple(
        (after, jaccard(ranked[before], ranked[after]), rank_biased_overlap(ranked[before], ranked[after]))
        for before, after in pairwise(days)
        if (after - before).days == 7
    )
    top = sorted(core, key=lambda name: (-total[name], name))
    return Stability(
        engine=engine,
        weeks=len(days),
        core=tuple(top),
        rotating=len(seen) - len(core),
        jaccard=float(np.mean([j for _, j, _ in each])) if each else None,
        overlap=float(np.mean([o for _, _, o in each])) if each else None,
        pairs=len(each),
        core_share=float(total[core].sum() / total.sum()) if len(days) >= 2 else None,
        repeats=None if places is None else agreement(places),
        each=each,
    )
