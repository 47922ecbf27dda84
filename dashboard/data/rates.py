"""How visible the brands are, as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import pandas as pd
import streamlit as st

from analysis import alerts as told
from analysis import frames, left_out
from analysis import grades as grading
from analysis import visibility as v
from analysis.alerts import MoveAlert
from analysis.changes import (
    Moving,
    Pair,
    WeekChange,
    compare_brands,
    compare_periods,
    compare_weeks,
    moving,
)
from analysis.frames import Scope
from analysis.grades import Grade
from analysis.visibility import Compared, Row
from dashboard.data.computing import kept
from dashboard.data.opened import OpenWorkspace, database, world


@st.cache_data(show_spinner=False, max_entries=256)
def visibility(workspace: OpenWorkspace, scope: Scope, by: tuple[str, ...] = ()) -> list[Row]:
    """Mention rate, citation rate and share of voice of every brand."""
    return v.table(database(workspace), world(workspace), scope, by, measures=get_args(Compared))


@kept
def changes(workspace: OpenWorkspace, scope: Scope) -> list[WeekChange]:
    """The scope's weeks against as many before them, within its engine, topic and country; the two newest
    weeks where there are not so many."""
    if scope.first is None or scope.last is None:
        return compare_weeks(database(workspace), world(workspace), scope)
    weeks = (scope.last - scope.first).days // 7 + 1
    periods = compare_periods(database(workspace), world(workspace), scope, weeks=weeks, last=scope.last)
    return periods or compare_weeks(database(workspace), world(workspace), scope)


@kept
def movers(workspace: OpenWorkspace, scope: Scope) -> list[Moving]:
    """What moved for those who look every week, over all weeks."""
    return [m for m in moving(database(workspace), world(workspace), replace(scope, last=None)) if m.moved]


@st.cache_data(show_spinner=False, max_entries=64)
def grades(workspace: OpenWorkspace, scope: Scope) -> list[Grade]:
    """Whether the numbers can carry a decision and why: of all engines together, then of each. `Grade.words`
    says it."""
    return grading.grades(database(workspace), world(workspace), scope)


@kept
def move_alerts(workspace: OpenWorkspace) -> list[MoveAlert]:
    """What moved for those who look every week, the own brand's first; texts are not read for new names."""
    return told.alerts(database(workspace), world(workspace), untracked_names=False)


@st.cache_data(show_spinner=False, max_entries=64)
def excluded(workspace: OpenWorkspace, scope: Scope) -> pd.DataFrame:
    return frames.excluded(database(workspace), world(workspace), scope)


@st.cache_data(show_spinner=False, max_entries=64)
def why_nothing(workspace: OpenWorkspace, scope: Scope) -> str:
    return left_out.why_nothing(database(workspace), world(workspace), scope)


@kept
def differences(workspace: OpenWorkspace, scope: Scope, measure: Compared) -> list[tuple[str, Pair]]:
    """The own brand minus each rival, on the very same answers."""
    here = world(workspace)
    if here.own is None or not visibility(workspace, scope):
        return []
    rivals = [brand.name for brand in here.brands if not brand.own]
    db, own = database(workspace), here.own.name
    return [(name, compare_brands(db, here, name, own, scope, measure)) for name in rivals]


@st.cache_data(show_spinner=False, max_entries=64)
def rivals_gap(workspace: OpenWorkspace, scope: Scope, by: str) -> pd.DataFrame:
    """Mention rate of every brand per topic or engine: `cell`, `brand`, `own`, `rate`, `low`, `high`, `n`."""
    rows = []
    for row in visibility(workspace, scope, (by,)):
        rate = row.rates["mention_rate"]
        rows.append((getattr(row, by), row.brand, row.own, rate.estimate, rate.low, rate.high, rate.n))
    return pd.DataFrame(rows, columns=["cell", "brand", "own", "rate", "low", "high", "n"])


@st.cache_data(show_spinner=False, max_entries=64)
def prompts(workspace: OpenWorkspace, scope: Scope) -> pd.DataFrame:
    """Per prompt, for the own brand: `prompt_id`, `text`, `topic`, `branded`, `rival` (names you, a rival),
    `answers`, `mentioned`, `citable`, `cited`, `weekly`."""
    here = world(workspace)
    own = here.own or (here.brands[0] if here.brands else None)
    sums = frames.visibility_sums(database(workspace), here, scope, ("week",))
    mine = sums[sums["brand_id"] == own.id] if own else sums.iloc[:0]
    rows = []
    for key, part in mine.groupby("prompt_id"):
        prompt, ordered = here.prompts[int(str(key))], part.sort_values("week")
        weekly = [m / a for m, a in zip(ordered["mentioned"], ordered["answers"], strict=True) if a]
        totals: dict[str, int] = {
            m: int(ordered[m].sum()) for m in ("answers", "mentioned", "citable", "cited")
        }
        named = {"branded": prompt.id in here.branded, "rival": prompt.id in here.naming_rivals}
        head = {"prompt_id": prompt.id, "text": prompt.text, "topic": prompt.topic, **named}
        rows.append({**head, **totals, "weekly": weekly})
    counts = ("answers", "mentioned", "citable", "cited")
    names = ("prompt_id", "text", "topic", "branded", "rival", *counts, "weekly")
    return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True)
class PromptEngine:
    """One engine's answers to one prompt, for the own brand."""

    engine: str
    answers: int
    mentioned: int
    citable: int
    cited: int
    weekly: tuple[float, ...]


@st.cache_data(show_spinner=False, max_entries=64)
def prompt_by_engine(workspace: OpenWorkspace, scope: Scope, prompt: int) -> list[PromptEngine]:
    """Whatever the scope says of prompts that name brands."""
    here = world(workspace)
    own = here.own or (here.brands[0] if here.brands else None)
    whole = replace(scope, branded="include", rivals="include", topic=None, country=None, language=None)
    sums = frames.visibility_sums(database(workspace), here, whole, ("engine", "week"))
    mine = sums[(sums["prompt_id"] == prompt) & (sums["brand_id"] == (own.id if own else -1))]
    return [
        PromptEngine(
            here.engines[int(str(key))],
            int(part["answers"].sum()),
            int(part["mentioned"].sum()),
            int(part["citable"].sum()),
            int(part["cited"].sum()),
            tuple((part.sort_values("week")["mentioned"] / part.sort_values("week")["answers"]).tolist()),
        )
        for key, part in mine.groupby("engine")
    ]
