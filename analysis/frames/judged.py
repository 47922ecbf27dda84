"""A judge's verdicts, and how well it agrees with people. Verdicts of two judges are never pooled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd
from sqlalchemy import Engine, and_, func, select

from analysis.frames.answered import within
from analysis.frames.tables import AGREEMENT, JUDGEMENT, rows
from analysis.frames.tracked import Scope, World
from tracker.answers import counted
from tracker.answers.counted import ANSWER, MENTION
from tracker.answers.rollups import SETTING
from tracker.catalog import judged_domains as switch


@dataclass(frozen=True, slots=True)
class Judge:
    """A model with one version of its prompt."""

    model: str
    prompt_version: str


@dataclass(frozen=True, slots=True)
class DomainVerdict:
    """A domain's kind, and whose word it is."""

    kind: str
    model: str
    prompt_version: str


@dataclass(frozen=True)
class Met:
    """How hand labels met one judge's verdicts.

    Attributes
    ----------
    set_name : str
        `built-in`, or the user's file.
    counts : dict of str to dict of str to int
        Label → verdict → items.
    failed : int
        Items without a verdict: in no denominator.
    """

    set_name: str
    counts: dict[str, dict[str, int]]
    failed: int
    measured_at: datetime


def last_judge(
    database: Engine, workspace: World, *tasks: Literal["stance", "domain", "labelled"]
) -> Judge | None:
    """The judge whose verdict on one of the tasks is the newest."""
    statement = (
        select(JUDGEMENT.c.model, JUDGEMENT.c.prompt_version)
        .where(JUDGEMENT.c.workspace_id == workspace.id, JUDGEMENT.c.task.in_(tasks))
        .where(JUDGEMENT.c.verdict.is_not(None), JUDGEMENT.c.state == "answered")
        .order_by(JUDGEMENT.c.asked_at.desc(), JUDGEMENT.c.id.desc())
        .limit(1)
    )
    with database.connect() as connection:
        row = connection.execute(statement).first()
    return Judge(*row) if row else None


def _judged_by(judge: Judge, task: str) -> list[object]:
    return [
        JUDGEMENT.c.task == task,
        JUDGEMENT.c.model == judge.model,
        JUDGEMENT.c.prompt_version == judge.prompt_version,
        JUDGEMENT.c.state == "answered",
    ]


def served_models(database: Engine, workspace: World, judge: Judge) -> list[str]:
    """The models that answered in a judge's name, over all its tasks."""
    statement = (
        select(JUDGEMENT.c.served_model)
        .distinct()
        .where(JUDGEMENT.c.workspace_id == workspace.id, JUDGEMENT.c.served_model.is_not(None))
        .where(JUDGEMENT.c.model == judge.model, JUDGEMENT.c.prompt_version == judge.prompt_version)
    )
    with database.connect() as connection:
        return sorted(connection.execute(statement).scalars())


def stance_counts(database: Engine, workspace: World, scope: Scope, judge: Judge) -> pd.DataFrame:
    """Mentions per brand × prompt × verdict: `brand_id`, `prompt_id`, `stance` (None: not judged),
    `mentions`."""
    same = and_(
        JUDGEMENT.c.answer_id == MENTION.c.answer_id,
        JUDGEMENT.c.brand_id == MENTION.c.brand_id,
        *_judged_by(judge, "stance"),  # type: ignore[arg-type]
    )
    key = (MENTION.c.brand_id, ANSWER.c.prompt_id, JUDGEMENT.c.verdict.label("stance"))
    statement = (
        select(*key, func.count().label("mentions"))
        .join_from(MENTION, ANSWER, ANSWER.c.id == MENTION.c.answer_id)
        .outerjoin(JUDGEMENT, same)
        .where(counted.usable(workspace.id), *within(ANSWER, scope))
        .where(MENTION.c.brand_id.in_([brand.id for brand in workspace.brands]))
        .group_by(MENTION.c.brand_id, ANSWER.c.prompt_id, JUDGEMENT.c.verdict)
    )
    with database.connect() as connection:
        frame = rows(connection, statement)
    return frame[frame["prompt_id"].isin(scope.prompts(workspace))].reset_index(drop=True)


def stances_of(database: Engine, workspace: World, judge: Judge, answer_id: int) -> dict[int, str]:
    """A judge's stances on one answer, by brand."""
    statement = select(JUDGEMENT.c.brand_id, JUDGEMENT.c.verdict).where(
        JUDGEMENT.c.workspace_id == workspace.id,
        JUDGEMENT.c.answer_id == answer_id,
        *_judged_by(judge, "stance"),  # type: ignore[arg-type]
    )
    with database.connect() as connection:
        return {int(brand): str(stance) for brand, stance in connection.execute(statement)}


def agreements(database: Engine, workspace: World, judge: Judge) -> list[Met]:
    """Measurements of a judge on labelled sets, the newest first."""
    statement = (
        select(AGREEMENT.c.set_name, AGREEMENT.c.counts, AGREEMENT.c.failed, AGREEMENT.c.measured_at)
        .where(AGREEMENT.c.workspace_id == workspace.id, AGREEMENT.c.model == judge.model)
        .where(AGREEMENT.c.prompt_version == judge.prompt_version)
        .order_by(AGREEMENT.c.measured_at.desc(), AGREEMENT.c.id.desc())
    )
    with database.connect() as connection:
        return [Met(*row) for row in connection.execute(statement)]


def judged_domains(database: Engine, workspace: World) -> dict[str, DomainVerdict]:
    """Kinds that the last judge gave, by domain; empty unless the catalog lets a judge classify."""
    allowed = select(SETTING.c.value).where(SETTING.c.name == switch(workspace.id))
    with database.connect() as connection:
        if connection.execute(allowed).scalar() != "on":
            return {}
    judge = last_judge(database, workspace, "domain")
    if judge is None:
        return {}
    kinds = domain_verdicts(database, workspace, judge)
    return {name: DomainVerdict(kind, judge.model, judge.prompt_version) for name, kind in kinds.items()}


def domain_verdicts(database: Engine, workspace: World, judge: Judge) -> dict[str, str]:
    """Kinds that a judge gave, by domain, whether or not anything uses them."""
    statement = select(JUDGEMENT.c.subject, JUDGEMENT.c.verdict).where(
        JUDGEMENT.c.workspace_id == workspace.id,
        *_judged_by(judge, "domain"),  # type: ignore[arg-type]
    )
    with database.connect() as connection:
        return {str(name): str(kind) for name, kind in connection.execute(statement)}
