r"""What moved, told once, for whoever is alerted: rates, shares, and companies nobody tracks.

Watched every week (`analysis.watch`): each brand's mention rate, citation rate and share of voice; the own
brand's mention rate on each engine and in each topic; and how often each name that stands where tracked names
stand, and is not tracked, is named. All are judged together by weighted e-BH, tracked things with four fifths
of the weight: with :math:`e_i` after the newest week, an alert needs :math:`k\, w e_{(k)} ≥ m/0.05`. If
nothing moves, a year has any alert at all with a probability of 5 % at most, however often it is looked at.

References
----------
Wang & Ramdas (2022), "False discovery rate control with e-values".
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.changes import MOVED_AT, fresh_starts, watched, weekly
from analysis.frames import Floats, Scope, World
from analysis.intervals import Interval, paired_difference
from analysis.visibility import Compared
from analysis.watch import BURN_IN, YEAR, Watched, e_adjusted
from tracker import numbers
from tracker.answers import untracked

AlertKind = Literal["rate", "share", "new rival"]
Way = Literal["up", "down"]

TRACKED_WEIGHT = 0.8
"""Of the error allowed, the part of tracked things; names nobody tracks, which are many, have the rest."""
SAME = 4
"""An alert that falls silent for so many weeks and comes back is the same one."""
MOST = 400
"""Answers of a week in which names nobody tracks are looked for."""
SEEN = 8
"""Answers that name an untracked company before it is followed; all names count among the watched."""


@dataclass(frozen=True)
class MoveAlert:
    """Something that moved, and is not noise as far as weekly looks can tell.

    Attributes
    ----------
    id : str
        The same in every week in which the same move is told.
    kind : {"rate", "share", "new rival"}
        A rate of a tracked brand; its share of voice; how often a company is named that nobody tracks.
    measure : str
        "mention_rate", "citation_rate" or "share_of_voice".
    engine, topic : str or None
        Where only answers of one engine or topic are meant.
    way : {"up", "down"}
    since : date
        Monday of the week in which the move most likely began.
    told : date
        Monday of the week in which it was first sure enough to be told.
    before, after : float or None
        Mean rate over prompts before `since` and from it on, under the engines' present models.
    difference : Interval
        After minus before, paired by prompt. The week was picked because it differs: the size is for
        orientation.
    e : float
        e-value after the newest week.
    noise : float
        Of alerts as sure as this one, the share that is noise is at most this (e-BH).
    words : str
        All of it as a sentence.
    """

    id: str
    kind: AlertKind
    brand: str
    own: bool
    measure: Compared
    engine: str | None
    topic: str | None
    way: Way
    since: date
    told: date
    before: float | None
    after: float | None
    difference: Interval
    e: float
    noise: float
    words: str

    newest: date
    """Monday of the newest week looked at."""

    @property
    def new(self) -> bool:
        """Whether it is told for the first time."""
        return self.told == self.newest


@dataclass(frozen=True)
class WatchedThing:
    kind: AlertKind
    brand: str
    own: bool
    measure: Compared
    engine: str | None
    topic: str | None
    rates: pd.DataFrame
    seen: Watched
    fresh: dict[int, set[date]]


def alerts(
    database: Engine,
    world: World,
    scope: Scope | None = None,
    *,
    last: date | None = None,
    untracked_names: bool = True,
) -> list[MoveAlert]:
    """What moved and is told now, the own brand's first, then the surest.

    Parameters
    ----------
    scope : Scope, optional
        Which prompts; its weeks are not asked, since a weekly look is at all of them.
    last : date, optional
        Monday of the newest week to look at.
    untracked_names : bool
        Whether to read the texts for companies nobody tracks; reading takes a while.
    """
    scope = replace(scope or Scope(), first=None, last=last or (scope.last if scope else None))
    asked = frames.asked(database, world, scope)
    sums = frames.visibility_sums(database, world, scope, ("engine", "week"))
    if sums.empty:
        return []
    weeks = sorted(set(sums["week"]))
    fresh = fresh_starts(asked)
    things = list(tracked_things(sums, world.lasting(weeks[-1]), weeks, fresh))
    names, unseen = _names(database, world, scope, weeks, fresh) if untracked_names else ([], 0)
    noise = noise_by_week(things, names, unseen)
    told = [_alert(thing, weeks, each) for thing, each in zip([*things, *names], noise, strict=True)]
    found = [alert for alert in told if alert is not None]
    return sorted(found, key=lambda a: (not a.own, a.noise, -a.e, a.kind, a.brand))


def noise_by_week(
    things: Sequence[WatchedThing], names: Sequence[WatchedThing] = (), unseen: int = 0
) -> Floats:
    """After each week, of what is as sure as each thing or surer, the share that is noise at most; shape
    (things + names, weeks). `unseen`: names that are not followed, and count all the same."""
    e = np.stack([thing.seen.e for thing in [*things, *names]])
    weight = _weights(len(things), len(names) + unseen)
    silent = np.ones(unseen)
    return np.stack(
        [e_adjusted(weight * np.concatenate([column, silent]))[: len(e)] for column in e.T], axis=1
    )


def _weights(tracked: int, names: int) -> Floats:
    """Their mean is 1."""
    if not names or not tracked:
        return np.ones(tracked + names)
    m = tracked + names
    parts = (TRACKED_WEIGHT * m / tracked, (1 - TRACKED_WEIGHT) * m / names)
    return np.repeat(parts, (tracked, names))


def tracked_things(
    sums: pd.DataFrame, world: World, weeks: Sequence[date], fresh: dict[int, set[date]]
) -> Iterator[WatchedThing]:
    """What is watched of the catalog's brands, of sums per brand × prompt × engine × week."""
    sums = sums[sums["brand_id"].isin([brand.id for brand in world.brands])]
    parts: list[tuple[str | None, str | None, pd.DataFrame]] = []
    engines = sorted(set(sums["engine"]), key=lambda key: world.engines[int(key)])
    topics = sums["prompt_id"].map({key: prompt.topic for key, prompt in world.prompts.items()})
    if len(engines) > 1:
        parts += [(world.engines[int(key)], None, sums[sums["engine"] == key]) for key in engines]
    if topics.nunique() > 1:
        parts += [(None, topic, sums[topics == topic]) for topic in sorted(set(topics))]
    measures: list[Compared] = ["mention_rate", "citation_rate"]
    measures += ["share_of_voice"] if len(world.brands) > 1 else []
    of_all = [(brand, measure, None, None, sums) for brand in world.brands for measure in measures]
    own = [
        (world.own, measures[0], engine, topic, part)
        for engine, topic, part in parts
        if world.own is not None
    ]
    for brand, measure, engine, topic, part in [*of_all, *own]:
        rates = weekly(part, brand.id, measure, weeks) if brand is not None else None
        if brand is not None and rates is not None:
            kind: AlertKind = "share" if measure == "share_of_voice" else "rate"
            yield WatchedThing(
                kind, brand.name, brand.own, measure, engine, topic, rates, watched(rates, fresh), fresh
            )


def _names(
    database: Engine, world: World, scope: Scope, weeks: Sequence[date], fresh: dict[int, set[date]]
) -> tuple[list[WatchedThing], int]:
    """Names nobody tracks that are followed, and how many more there are.

    They are followed from the beginning of the present year of looks, so that what was read before stays as
    it was.
    """
    looks = max(len(weeks) - 1 - BURN_IN, 0)
    first = weeks[max(looks // YEAR * YEAR - BURN_IN, 0)]
    inside = scope.prompts(world)
    answers: Counter[tuple[int, int, date]] = Counter()
    named: dict[str, Counter[tuple[int, int, date]]] = {}
    spelled: dict[str, Counter[str]] = {}
    for one in untracked.by_answer(database, world.id, since=first, until=weeks[-1], most=MOST):
        if one.prompt_id not in inside or one.engine_id not in (scope.engines or (one.engine_id,)):
            continue
        cell = (one.prompt_id, one.engine_id, one.week)
        answers[cell] += 1
        for key, name in one.names:
            named.setdefault(key, Counter())[cell] += 1
            spelled.setdefault(key, Counter())[name] += 1
    index = pd.MultiIndex.from_tuples(list(answers), names=["prompt_id", "engine", "week"])
    total = pd.Series(list(answers.values()), index=index, dtype=float)
    out = []
    for key, cells in sorted(named.items()):
        if cells.total() < SEEN:
            continue
        rate = pd.Series({cell: cells[cell] for cell in answers}, dtype=float) / total
        rate.index = index
        rates = rate.unstack("week").T.reindex(list(weeks))
        name = spelled[key].most_common(1)[0][0]
        seen = watched(rates, fresh)
        out.append(WatchedThing("new rival", name, False, "mention_rate", None, None, rates, seen, fresh))
    return out, len(named) - len(out)


def _alert(thing: WatchedThing, weeks: Sequence[date], noise: Floats) -> MoveAlert | None:
    """The alert of a thing after the newest week; None where there is none."""
    ways = np.array([_way(thing.seen, t) if noise[t] <= MOVED_AT else 0 for t in range(len(weeks))])
    now = int(ways[-1])
    if not now or (thing.kind == "new rival" and now < 0):
        return None
    alarmed = np.flatnonzero(ways == now)
    breaks = np.flatnonzero(np.diff(alarmed) > SAME)
    told = weeks[int(alarmed[breaks[-1] + 1 if len(breaks) else 0])]
    since = weeks[int(thing.seen.since[-1])]
    was, now_is = _sides(thing, since)
    difference = paired_difference(was, now_is)
    both = np.isfinite(was) & np.isfinite(now_is)
    before, after = ((float(side[both].mean()) if both.any() else None) for side in (was, now_is))
    way: Way = "up" if now > 0 else "down"
    named = (thing.kind, thing.measure, thing.brand, thing.engine, thing.topic, way, told.isoformat())
    alert = MoveAlert(
        id=hashlib.sha256(repr(named).encode()).hexdigest()[:16],
        kind=thing.kind,
        brand=thing.brand,
        own=thing.own,
        measure=thing.measure,
        engine=thing.engine,
        topic=thing.topic,
        way=way,
        since=since,
        told=told,
        before=before,
        after=after,
        difference=difference,
        e=float(thing.seen.e[-1]),
        noise=float(noise[-1]),
        words="",
        newest=weeks[-1],
    )
    return replace(alert, words=sentence(alert))


def _way(seen: Watched, t: int) -> int:
    start = int(seen.since[t])
    return int(np.sign(np.nansum(seen.z[start : t + 1]))) if start >= 0 else 0


def _sides(thing: WatchedThing, since: date) -> tuple[Floats, Floats]:
    """Mean rate of each prompt before a week and from it on, under its engines' present models."""
    rates = thing.rates.copy()
    for engine, starts in thing.fresh.items():
        mine = rates.columns.get_level_values("engine") == engine
        rates.loc[[week < max(starts) for week in rates.index] if starts else [], mine] = np.nan
    late = np.array([week >= since for week in rates.index])
    sides = [rates[mask].mean().groupby(level="prompt_id").mean() for mask in (~late, late)]
    return sides[0].to_numpy(np.float64), sides[1].to_numpy(np.float64)


def sentence(alert: MoveAlert) -> str:
    """What moved, by how much, since when, and how likely it is noise."""
    where = f" on {alert.engine}" if alert.engine else f" in {alert.topic}" if alert.topic else ""
    day = numbers.day(alert.since)
    was, now = numbers.percent(alert.before), numbers.percent(alert.after)
    d = alert.difference
    span = f", {numbers.points_range(d.low, d.high)}" if d.enough else ""
    prompts = numbers.counted(d.clusters, "prompt")
    sizes = f"{was} before, {now} since ({numbers.points(d.estimate)}{span}; {prompts})"
    odds = f"Of alerts as sure as this one, at most 1 in {max(int(1 / alert.noise), 1):,} is noise."
    if alert.kind == "new rival":
        return f"{alert.brand}, which nobody tracks, is named more{where} since about {day}: {sizes}. {odds}"
    moved = "rose" if alert.way == "up" else "fell"
    measure = alert.measure.replace("_", " ")
    return f"{alert.brand}'s {measure}{where} {moved} about {day}: {sizes}. {odds}"
