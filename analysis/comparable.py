"""Whether two weeks may be compared: the same engines, the same served models, (nearly) the same prompts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from analysis.frames import served_weeks
from tracker.answers import served

COMMON_ENOUGH = 0.9
Pairs = Set[tuple[Any, Any]]


@dataclass(frozen=True)
class Comparability:
    """Whether two weeks may be compared, and on what.

    Attributes
    ----------
    comparable : bool
    reasons : tuple of str
        Why not; empty when comparable.
    notes : tuple of str
        What was left out of a comparison that is made.
    cells : frozenset of (int, int)
        (engine id, prompt id) that both weeks share under one served model.
    """

    comparable: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    cells: frozenset[tuple[int, int]]


Side = Literal["week", "period"]


def gate(
    asked: pd.DataFrame, first: date, last: date, engines: Mapping[Any, str], what: Side = "week"
) -> Comparability:
    """What two weeks, or two periods named by their last weeks, can be compared on, and what stands against
    it.

    Parameters
    ----------
    asked : DataFrame
        Of `analysis.frames.asked`.

    Notes
    -----
    Weeks that share at least nine in ten (prompt, engine) pairs are compared on what they share, and a note
    says how many pairs were left out: a failed ask must not end every comparison. Below that, or where an
    engine is missing or another model answered, they are "not comparable". Periods are compared on the
    engines whose model stayed, where there are any, and a note names the others: of many engines some model
    changes nearly every month.
    """
    week = {day: asked[asked["week"] == day] for day in (first, last)}
    if missing := [f"no answers in the {_side(what)} {day}" for day, frame in week.items() if frame.empty]:
        return Comparability(False, tuple(missing), (), frozenset())
    before, after = (set(zip(f["engine"], f["prompt_id"], strict=True)) for f in week.values())
    both = {engine for engine, _ in before} & {engine for engine, _ in after}
    shared = {pair for pair in before & after if pair[0] in both}
    asked_at_all = {pair for pair in before | after if pair[0] in both}
    models = {engine: dict(spells) for engine, spells in served_weeks(pd.concat(week.values())).items()}
    changed = {e for e in both if served.changed(models[e][first], models[e][last])}
    reasons = [*_absent(before, after, (first, last), engines, what)]
    notes = []
    switched = [
        _another_model(engines[e], models[e][first], models[e][last]) for e in _named(changed, engines)
    ]
    if what == "period" and both - changed:
        notes += [f"{each}, and is left out of the comparison" for each in switched]
    else:
        reasons += switched
    left_out = len(asked_at_all) - len(shared)
    if left_out and len(shared) < COMMON_ENOUGH * len(asked_at_all):
        common = f"only {len(shared)} of {len(asked_at_all)} prompt × engine pairs"
        reasons.append(f"{common} were asked in both {what}s")
    elif left_out:
        alone = f"{left_out} of {len(asked_at_all)} prompt × engine pairs"
        notes.append(f"{alone} were asked in one {what} only and are left out")
    cells = frozenset((int(e), int(p)) for e, p in shared if e not in changed)
    return Comparability(not reasons, tuple(reasons), tuple(notes), cells)


def _side(what: Side) -> str:
    return "week of" if what == "week" else "weeks up to that of"


def _absent(
    before: Pairs, after: Pairs, weeks: tuple[date, date], engines: Mapping[Any, str], what: Side
) -> Iterator[str]:
    asked = [{engine for engine, _ in pairs} for pairs in (before, after)]
    for engine in _named(asked[0] ^ asked[1], engines):
        week = weeks[1] if engine in asked[0] else weeks[0]
        yield f"{engines[engine]} has no answers in the {_side(what)} {week}"


def _another_model(engine: str, before: frozenset[str], after: frozenset[str]) -> str:
    was, now = (", ".join(sorted(models)) for models in (before, after))
    return f"{engine} was served by {was} and then by {now}"


def _named(keys: Set[Any], engines: Mapping[Any, str]) -> list[Any]:
    return sorted(keys, key=lambda key: engines[key])
