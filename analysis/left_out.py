"""Why a selection of answers has nothing in it to count."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from tracker import numbers

REASONS = {
    "problem": "failed or came empty",
    "cut_off": "were cut off at a limit of length",
    "not_shown": "found a page of results without an AI overview",
}
"""Columns of `analysis.frames.excluded` that leave every rate."""


def why_nothing(database: Engine, world: World, scope: Scope) -> str:
    """One sentence on a scope without a number: what there is instead."""
    if not scope.prompts(world):
        return _no_prompt(world, scope)
    stored = frames.excluded(database, world, scope)
    if total := int(stored["stored"].sum()):
        why = [
            f"{numbers.count(n)} {words}" for name, words in REASONS.items() if (n := int(stored[name].sum()))
        ]
        because = ", ".join(why) or "no brand is tracked"
        return f"All {numbers.counted(total, 'answer')} here are left out: {because}."
    weeks = frames.weeks(database, world)
    if not weeks:
        return "No answer is stored yet."
    known = f"the weeks with answers begin on {numbers.day(weeks[0])} to {numbers.day(weeks[-1])}"
    return f"No answer was stored for this selection; {known}."


def _no_prompt(world: World, scope: Scope) -> str:
    wanted = {"topic": " or ".join(scope.topics), "country": scope.country, "language": scope.language}
    only = ", ".join(f"{what} {value}" for what, value in wanted.items() if value)
    every = replace(scope, branded="include", rivals="include").prompts(world)
    if not every:
        return f"No prompt fits the selection ({only})." if only else "No prompt is tracked."
    named = len(every & world.branded) if scope.branded == "exclude" else 0
    if named == len(every):
        return f"All {numbers.counted(len(every), 'prompt')} here name the own brand, and those are left out."
    return (
        f"None of {numbers.counted(len(every), 'prompt')} is left by the choice of prompts that name brands."
    )
