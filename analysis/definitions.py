"""The same answers under the definitions that other trackers publish.

One site in several trackers has citations that differ tenfold, mostly because the words mean different
things. These are the definitions in use, each computed on our own facts, beside the number of ours it is
usually taken for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd
from sqlalchemy import Engine

from analysis import frames
from analysis.frames import Scope, World
from tracker.errors import UsageError


@dataclass(frozen=True, slots=True)
class OtherNumber:
    """One brand under one definition.

    Attributes
    ----------
    name : str
    value, ours : float or None
        The number, and the one of ours that goes by a similar name.
    ours_is : str
        Which of ours that is.
    n : int
        What the number is out of.
    definition : str
    """

    brand: str
    name: str
    value: float | None
    ours: float | None
    ours_is: str
    n: int
    definition: str


DEFINITIONS: dict[str, str] = {
    "answers naming it, all prompts": (
        "answers naming the brand ÷ answers, prompts that name the brand included"
    ),
    "prompts naming it once": (
        "prompts with at least one answer naming the brand ÷ prompts; rises with every repeat"
    ),
    "named or cited": "answers naming the brand or citing its site ÷ answers",
    "share of occurrences": (
        "times the brand's name occurs ÷ times any tracked brand's name occurs; long answers weigh more"
    ),
    "share of first places": "answers naming the brand first ÷ answers naming any tracked brand",
    "share weighted by place": (
        "sum of 1 ÷ place over the brand's mentions ÷ the same sum over all tracked brands"
    ),
    "average place, absent last": (
        "mean place where an answer without the brand counts as one place after the last brand"
    ),
    "cited or fetched": (
        "answers citing or only fetching the brand's site ÷ answers whose citations are known"
    ),
    "citation share among brands": "citations of the brand's site ÷ citations of all tracked brands' sites",
    "citations": "number of citations of the brand's site, not divided by anything; rises with every ask",
    "mean of engines": "mention rate of each engine, averaged with equal weight whatever their answers",
}


AMONG_BRANDS = (
    "share of occurrences",
    "share of first places",
    "share weighted by place",
    "citation share among brands",
)
"""Shares of all tracked brands: of one brand alone they are none."""


def other_definitions(
    database: Engine, world: World, scope: Scope | None = None, *, brand: str | None = None
) -> list[OtherNumber]:
    """Every definition of `DEFINITIONS` for each brand (or one), on the answers of the scope."""
    if brand is not None and brand not in {b.name for b in world.brands}:
        raise UsageError(
            f"there is no brand {brand!r}", f"use one of: {', '.join(b.name for b in world.brands)}"
        )
    scope = scope or Scope()
    numbers: list[OtherNumber] = []
    for its_own, brands in groupby(world.brands, scope.during):
        sums = frames.visibility_sums(database, world, its_own, ("engine",))
        every = frames.visibility_sums(database, world, replace(its_own, branded="include"))
        positions = frames.mention_places(database, world, its_own).set_index("brand_id")
        for one in brands:
            if len(sums) and brand in (None, one.name):
                numbers += _of_brand(one.id, one.name, sums, every, positions, len(world.brands))
    return numbers


def _of_brand(
    key: int, name: str, sums: pd.DataFrame, every: pd.DataFrame, positions: pd.DataFrame, brands: int
) -> list[OtherNumber]:
    mine = sums[sums["brand_id"] == key]
    total = {column: int(mine[column].sum()) for column in frames.MEASURES}
    alls = {column: int(sums[column].sum()) for column in frames.MEASURES}
    wide = every[every["brand_id"] == key]
    by_prompt = mine.groupby("prompt_id")["mentioned"].sum()
    by_engine = mine.groupby("engine")[["mentioned", "answers"]].sum()
    first = float(positions["first"].get(key, 0)) if len(positions) else 0.0
    weight = float(positions["reciprocal"].get(key, 0)) if len(positions) else 0.0
    absent = (total["answers"] - total["mentioned"]) * (brands + 1)
    numbers: dict[str, tuple[float, float, str]] = {
        "answers naming it, all prompts": (wide["mentioned"].sum(), wide["answers"].sum(), "mention rate"),
        "prompts naming it once": (float((by_prompt > 0).sum()), len(by_prompt), "mention rate"),
        "named or cited": (total["mentioned"] + total["ghost"], total["answers"], "mention rate"),
        "share of occurrences": (total["mentions"], alls["mentions"], "share of voice"),
        "share of first places": (
            first,
            float(positions["first"].sum()) if len(positions) else 0,
            "share of voice",
        ),
        "share weighted by place": (
            weight,
            float(positions["reciprocal"].sum()) if len(positions) else 0,
            "share of voice",
        ),
        "average place, absent last": (total["position_sum"] + absent, total["answers"], "average position"),
        "cited or fetched": (
            total["cited"] + total["retrieved_not_cited"],
            total["citable"],
            "citation rate",
        ),
        "citation share among brands": (total["citations"], alls["citations"], "citation share"),
        "citations": (total["citations"], 1, "citation rate"),
        "mean of engines": (float((by_engine["mentioned"] / by_engine["answers"]).mean()), 1, "mention rate"),
    }
    ours = {
        "mention rate": _divided(total["mentioned"], total["answers"]),
        "share of voice": _divided(total["mentioned"], alls["mentioned"]),
        "average position": _divided(total["position_sum"], total["mentioned"]),
        "citation rate": _divided(total["cited"], total["citable"]),
        "citation share": _divided(total["citations"], total["all_citations"]),
    }
    if brands < 2:
        ours["share of voice"] = None
    return [
        OtherNumber(
            brand=name,
            name=label,
            value=None if brands < 2 and label in AMONG_BRANDS else _divided(y, x),
            ours=ours[like],
            ours_is=like,
            n=total["answers"] if x == 1 else int(x),
            definition=DEFINITIONS[label],
        )
        for label, (y, x, like) in numbers.items()
    ]


def _divided(y: float, x: float) -> float | None:
    return float(y / x) if x else None
