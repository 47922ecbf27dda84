"""Stored rows as they are: answers with what they cite and name, runs with what they cost, imports,
schedules."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, func
from sqlalchemy import select as typed_select
from sqlmodel import Session, col

from analysis.frames.tracked import World
from tracker import store
from tracker.answers import counted
from tracker.models import (
    Agreement,
    Answer,
    Ask,
    AuthorityList,
    Backlink,
    Citation,
    DisavowEntry,
    DomainClass,
    Event,
    Experiment,
    ExperimentEntry,
    Firing,
    Judgement,
    Ledger,
    LinkImport,
    LinkKind,
    Mention,
    OpportunityState,
    PageCheck,
    Run,
    Schedule,
    Setting,
    Workspace,
)
from tracker.models import Engine as AskedEngine

MARKED = (Answer, Citation, Mention, Backlink, LinkImport, AuthorityList, Event, Run, PageCheck)

DECIDED = (
    OpportunityState.changed_at,
    Judgement.asked_at,
    Agreement.measured_at,
    DisavowEntry.decided_at,
    LinkKind.decided_at,
    Experiment.drafted_at,
    Experiment.started_at,
    ExperimentEntry.recorded_at,
    Firing.started_at,
    Firing.ended_at,
)
"""When somebody, or a schedule, last did something that verbs and pages show."""

select: Any = typed_select
"""SQLAlchemy's overloads know nothing of SQLModel's columns."""


def workspace_names(database: Engine) -> tuple[str, ...]:
    with store.reading(database) as session:
        return tuple(session.scalars(select(Workspace.name).order_by(Workspace.name)))


def contents(database: Engine, workspace: int) -> tuple[object, ...]:
    """What differs whenever something that a number rests on was stored, decided or taken away."""
    with store.reading(database) as session:
        newest = [session.scalar(select(func.max(col(t.id)))) for t in MARKED]
        spent = func.sum(Ledger.spent_micros + Ledger.reserved_micros)
        money = session.execute(select(spent, func.count()).select_from(Ledger)).one()
        runs = session.execute(select(Run.state, func.count()).group_by(Run.state).order_by(Run.state)).all()
        settings = session.execute(select(Setting.name, Setting.value).order_by(Setting.name)).all()
        decided = [session.scalar(select(func.max(moment))) for moment in DECIDED]
        noted = session.scalar(select(func.count()).select_from(Event))
        chosen = select(DomainClass.domain_id, DomainClass.kind).where(DomainClass.workspace_id == workspace)
        classes = session.execute(chosen.order_by(DomainClass.domain_id)).all()
        known = select(LinkImport.id, LinkImport.scope, LinkImport.as_of, LinkImport.vendor)
        imports = session.execute(known.order_by(col(LinkImport.id))).all()
        when = select(Schedule.id, Schedule.kind, Schedule.cron, Schedule.timezone, Schedule.active)
        planned = session.execute(when.order_by(col(Schedule.id))).all()
    return (workspace, newest, tuple(money), runs, settings, decided, noted, classes, imports, planned)


def mark(database: Engine, workspace: int, classes: Path | None) -> str:
    """Changes whenever a number of the workspace may have: `contents`, and the catalog's own classes."""
    edited = sorted((path.name, path.stat().st_mtime_ns) for path in classes.iterdir()) if classes else []
    whole = repr((contents(database, workspace), edited))
    return hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()


def newest_answers(
    database: Engine, workspace: World, prompt: int, engine: int | None, limit: int
) -> list[Answer]:
    """The newest answers to a prompt, those with a problem among them."""
    wanted = select(Answer).where(Answer.workspace_id == workspace.id, Answer.prompt_id == prompt)
    if engine is not None:
        wanted = wanted.where(Answer.engine_id == engine)
    newest = wanted.order_by(col(Answer.asked_at).desc(), col(Answer.engine_id), col(Answer.repeat))
    with store.reading(database) as session:
        return list(session.scalars(newest.limit(limit)))


@dataclass(frozen=True)
class AnswerRecord:
    """An answer, its citations by kind and position, its mentions by position."""

    answer: Answer
    citations: tuple[Citation, ...]
    mentions: tuple[Mention, ...]


def answer_record(database: Engine, workspace: World, key: int) -> AnswerRecord | None:
    """None where the workspace has no such answer."""
    citations = select(Citation).where(Citation.answer_id == key)
    mentions = select(Mention).where(Mention.answer_id == key)
    with store.reading(database) as session:
        answer = session.get(Answer, key)
        if answer is None or answer.workspace_id != workspace.id:
            return None
        return AnswerRecord(
            answer,
            tuple(session.scalars(citations.order_by(Citation.kind, Citation.position))),
            tuple(session.scalars(mentions.order_by(Mention.position))),
        )


def quotable(
    database: Engine, workspace: World, week: date, prompts: Collection[int], brand: int | None
) -> Answer | None:
    """An answer of a week that shows well: it names the brand (any, if None) first, among most others."""
    beside: Any = func.count
    named = select(Mention.answer_id, beside().label("brands"), func.min(Mention.position).label("place"))
    named = named.where(Mention.workspace_id == workspace.id, counted.names_it())
    if brand is None:
        chosen = named.group_by(Mention.answer_id).subquery()
    else:
        others = named.group_by(Mention.answer_id).subquery()
        mine = select(Mention.answer_id, col(Mention.position).label("place")).where(
            Mention.workspace_id == workspace.id, Mention.brand_id == brand, counted.names_it()
        )
        mine = mine.subquery()
        chosen = (
            select(mine.c.answer_id, mine.c.place, others.c.brands)
            .join(others, others.c.answer_id == mine.c.answer_id)
            .subquery()
        )
    wanted = (
        select(Answer)
        .join(chosen, chosen.c.answer_id == col(Answer.id))
        .where(counted.usable(workspace.id), Answer.week == week, col(Answer.prompt_id).in_(list(prompts)))
        .order_by(chosen.c.place, chosen.c.brands.desc(), col(Answer.id))
        .limit(1)
    )
    with store.reading(database) as session:
        return session.scalars(wanted).first()


@dataclass(frozen=True)
class RunRecord:
    """A run with the counts of its asks and its money in micro-dollars."""

    id: int
    asked_for: datetime
    trigger: str
    state: str
    reason: str | None
    answered: int
    failed: int
    open: int
    asks: int
    spent_micros: int
    budget_micros: int | None


def newest_runs(database: Engine, workspace: World, limit: int) -> list[RunRecord]:
    newest = select(Run).where(Run.workspace_id == workspace.id).order_by(col(Run.asked_for).desc())
    with store.reading(database) as session:
        return [_run_record(session, run) for run in session.scalars(newest.limit(limit))]


def _run_record(session: Session, run: Run) -> RunRecord:
    from tracker.run import ends

    tally = ends.tally(session, run.id or 0)
    budgets = session.scalars(select(Ledger.budget_micros).where(Ledger.run_id == run.id)).all()
    limited = bool(budgets) and None not in budgets
    return RunRecord(
        id=run.id or 0,
        asked_for=run.asked_for,
        trigger=run.trigger,
        state=run.state,
        reason=run.reason,
        answered=tally.states.get("answered", 0),
        failed=tally.states.get("failed", 0),
        open=tally.open,
        asks=tally.total,
        spent_micros=tally.spent_micros,
        budget_micros=sum(budget or 0 for budget in budgets) if limited else run.budget_micros,
    )


def spending(database: Engine, workspace: World) -> pd.DataFrame:
    """Per run and engine: `asked_for`, `engine_id`, `spent`, `budget` (micro-dollars; None: no limit)."""
    statement = (
        select(Run.asked_for, Ledger.engine_id, Ledger.spent_micros, Ledger.budget_micros)
        .join_from(Ledger, Run, col(Run.id) == col(Ledger.run_id))
        .where(Run.workspace_id == workspace.id)
    )
    with store.reading(database) as session:
        spent = session.execute(statement).all()
    return pd.DataFrame(spent, columns=["asked_for", "engine_id", "spent", "budget"])


def failures(database: Engine, workspace: World) -> pd.DataFrame:
    """Asks that failed or were skipped: `engine_id`, `reason`, `asks`, `detail` (one example), most first."""
    statement = (
        select(Ask.engine_id, Ask.reason, func.count(), func.max(Ask.detail))
        .where(Ask.workspace_id == workspace.id, col(Ask.reason).is_not(None))
        .group_by(Ask.engine_id, Ask.reason)
        .order_by(func.count().desc())
    )
    with store.reading(database) as session:
        failed = session.execute(statement).all()
    return pd.DataFrame(failed, columns=["engine_id", "reason", "asks", "detail"])


def engine_models(database: Engine, workspace: World) -> list[str]:
    statement = select(AskedEngine.model).where(AskedEngine.workspace_id == workspace.id)
    with store.reading(database) as session:
        return list(session.scalars(statement))


def schedules(database: Engine, workspace: World) -> list[tuple[Schedule, Firing | None]]:
    """The active schedules by name, each with what came of it last."""
    active = select(Schedule).where(Schedule.workspace_id == workspace.id, col(Schedule.active))
    with store.reading(database) as session:
        return [
            (schedule, session.scalars(_last_firing(schedule.id)).first())
            for schedule in session.scalars(active.order_by(Schedule.name))
        ]


def _last_firing(schedule: int | None) -> Any:
    return select(Firing).where(Firing.schedule_id == schedule).order_by(col(Firing.due_at).desc()).limit(1)


def link_imports(database: Engine, workspace: World) -> list[LinkImport]:
    """The newest first."""
    statement = select(LinkImport).where(LinkImport.workspace_id == workspace.id)
    newest = statement.order_by(col(LinkImport.imported_at).desc(), col(LinkImport.id).desc())
    with store.reading(database) as session:
        return list(session.scalars(newest))


def has_links(database: Engine, workspace: World) -> bool:
    statement = select(LinkImport.id).where(LinkImport.workspace_id == workspace.id).limit(1)
    with store.reading(database) as session:
        return session.scalar(statement) is not None
