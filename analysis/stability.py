"""How much the cited domains of each engine change from week to week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World

CORE = 0.8
PERSISTENCE = 0.9


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
    """

    engine: str
    weeks: int
    core: tuple[str, ...]
    rotating: int
    jaccard: float | None
    overlap: float | None
    pairs: int
    core_share: float | None
    each: tuple[tuple[date, float, float], ...] = field(default=(), repr=False)


def source_stability(database: Engine, world: World, scope: Scope | None = None) -> list[Stability]:
    """Core and rotating sources of each engine, with week-to-week overlap."""
    frame = frames.sources(database, world, scope or Scope(branded="include"), ("engine", "week"))
    frame = frame[frame["answers"] > 0]
    return [
        _stability(world.engines[int(str(engine))], part)
        for engine, part in frame.groupby("engine", sort=True)
    ]


def _stability(engine: str, part: pd.DataFrame) -> Stability:
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
        each=each,
    )


def jaccard(first: Iterable[str], second: Iterable[str]) -> float:
    """Shared ÷ all of two sets; 1 for two empty ones."""
    a, b = set(first), set(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def rank_biased_overlap(first: Sequence[str], second: Sequence[str], p: float = PERSISTENCE) -> float:
    r"""Extrapolated rank-biased overlap of two rankings without ties, of equal or different length.

    With overlap :math:`X_d` of the first d places, lengths s ≤ l:

    .. math::
        \frac{1-p}{p}\left(\sum_{d=1}^{l}\frac{X_d}{d}p^d + \sum_{d=s+1}^{l}\frac{X_s(d-s)}{sd}p^d\right)
        + \left(\frac{X_l-X_s}{l}+\frac{X_s}{s}\right)p^l

    Parameters
    ----------
    p : float
        Weight of going on to the next place; 0.9 puts 86 % of the weight on the first ten.

    References
    ----------
    Webber, Moffat & Zobel (2010), "A similarity measure for indefinite rankings", eq. 32.
    """
    short, long = sorted((list(first), list(second)), key=len)
    s, l = len(short), len(long)  # noqa: E741
    if not s:
        return 1.0 if not l else 0.0
    rank_short = {name: i for i, name in enumerate(short, start=1)}
    meets = np.zeros(l + 1)
    for i, name in enumerate(long, start=1):
        if name in rank_short:
            meets[max(i, rank_short[name])] += 1
    overlap = np.cumsum(meets)
    d = np.arange(1, l + 1)
    powers = p**d
    total = float((overlap[1:] / d * powers).sum())
    beyond = d > s
    total += float((overlap[s] * (d - s) / (s * d) * powers)[beyond].sum())
    end = (overlap[l] - overlap[s]) / l + overlap[s] / s
    return (1 - p) / p * total + float(end) * p**l
