"""Stored rows as they are: answers with what they cite and name, runs with what they cost, imports,
schedules."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, func
from sqlalchemy import select as typed_select
from sqlmodel import Session, col

from analysis.frames.tracked import World
from analysis.packing import pack
from tracker import store
from tracker.answers import counted
from tracker.answers.rows import unpack
from tracker.models import (
    Agreement,
    Answer,
    Ask,
    AuthorityList,
    Backlink,
    Citation,
    DisavowEntry,
    Domain,
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
    RecordedReply,
    Reply,
    Run,
    RunState,
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


ANEW: tuple[Any, ...] = (OpportunityState.changed_at, DisavowEntry.decided_at)
"""Of these, what no number rests on: pages read it anew each time."""
PASSING: tuple[Any, ...] = (
    Experiment.drafted_at,
    Experiment.started_at,
    ExperimentEntry.recorded_at,
    Firing.started_at,
    Firing.ended_at,
)
"""Of these, what is about work and plans, and no fact about answers or links."""


def contents(database: Engine, workspace: int, *, notes: bool = True) -> tuple[object, ...]:
    """What differs whenever something that a number rests on was stored, decided or taken away; with `notes`,
    also whenever people wrote down an event, or decided about a site that may link to them."""
    with store.reading(database, live=True) as session:
        spent = func.sum(Ledger.spent_micros + Ledger.reserved_micros)
        money = session.execute(select(spent, func.count()).select_from(Ledger)).one()
        runs = session.execute(select(Run.state, func.count()).group_by(Run.state).order_by(Run.state)).all()
        last_run = session.scalar(select(func.max(Run.id)))
        passing = [session.scalar(select(func.max(moment))) for moment in PASSING]
        events = session.execute(select(func.count(), func.max(Event.id))).one() if notes else None
        anew = [session.scalar(select(func.max(moment))) for moment in ANEW] if notes else None
        when = select(Schedule.id, Schedule.kind, Schedule.cron, Schedule.timezone, Schedule.active)
        planned = session.execute(when.order_by(col(Schedule.id))).all()
        known = _facts(session, workspace)
    noted = None if events is None else tuple(events)
    return (known, tuple(money), runs, last_run, passing, noted, anew, planned)


def _facts(session: Session, workspace: int) -> tuple[object, ...]:
    """What differs whenever a fact about answers, links or sites did."""
    tables = [table for table in MARKED if table not in (Event, Run)]
    newest = [session.scalar(select(func.max(col(t.id)))) for t in tables]
    settings = session.execute(select(Setting.name, Setting.value).order_by(Setting.name)).all()
    apart = (*ANEW, *PASSING)
    moments = [each for each in DECIDED if not any(each is other for other in apart)]
    decided = [session.scalar(select(func.max(moment))) for moment in moments]
    chosen = select(DomainClass.domain_id, DomainClass.kind).where(DomainClass.workspace_id == workspace)
    classes = session.execute(chosen.order_by(DomainClass.domain_id)).all()
    known = select(LinkImport.id, LinkImport.scope, LinkImport.as_of, LinkImport.vendor)
    imports = session.execute(known.order_by(col(LinkImport.id))).all()
    return (workspace, newest, settings, decided, classes, imports)


def mark(database: Engine, workspace: int, classes: Path | None, *, notes: bool = True) -> str:
    """Changes whenever a number of the workspace may have: `contents`, and the catalog's own classes."""
    return _hash(contents(database, workspace, notes=notes), _edited(classes))


def version(database: Engine, world: World, classes: Path | None) -> str:
    """Changes whenever a result that is kept may have: the facts, what is tracked, the catalog's own classes,
    and the program. Runs, money, plans and notes are no part of it."""
    with store.reading(database, live=True) as session:
        facts = _facts(session, world.id)
    tracked = (world.brands, sorted(world.prompts.items()), sorted(world.engines.items()), world.timezone)
    return _hash(facts, pack(tracked), _edited(classes), _program())


def _edited(classes: Path | None) -> list[tuple[str, int]]:
    return sorted((path.name, path.stat().st_mtime_ns) for path in classes.iterdir()) if classes else []


def _hash(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


@cache
def _program() -> str:
    """Of the sources that numbers come from: a newer program computes anew."""
    root = Path(__file__).resolve().parents[2]
    whole = hashlib.blake2b(digest_size=12)
    for package in ("tracker", "analysis"):
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".csv", ".yaml", ".txt"):
                whole.update(path.read_bytes())
    return whole.hexdigest()


def is_running(database: Engine, workspace: int) -> bool:
    """Whether a run stores answers now, as far as its state says."""
    under_way = select(Run.id).where(Run.workspace_id == workspace, Run.state == RunState.RUNNING)
    with store.reading(database) as session:
        return session.scalar(under_way.limit(1)) is not None


def noted(database: Engine, workspace: int) -> tuple[object, ...]:
    """What differs whenever people wrote down an event or a decision about a site, or took one away."""
    mine = Event.workspace_id == workspace
    newest = select(func.count(), func.max(col(Event.id))).select_from(Event).where(mine)
    decided = select(func.count(), func.max(OpportunityState.changed_at)).where(
        OpportunityState.workspace_id == workspace
    )
    with store.reading(database) as session:
        return (*session.execute(newest).one(), *session.execute(decided).one())


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
class AnswerLine:
    """An answer of a list: what was asked, who is named in which order, and the sites it cites."""

    id: int
    prompt_id: int
    engine_id: int
    asked_at: datetime
    week: date
    repeat: int
    problem: str | None
    named: tuple[int, ...]
    """Brand ids."""
    cites: tuple[str, ...]
    """Domains in the order cited, each once."""


def answer_lines(database: Engine, workspace: World, ids: Sequence[int]) -> list[AnswerLine]:
    """The answers of these ids, in their order; without those of other workspaces."""
    if not ids:
        return []
    head = (Answer.id, Answer.prompt_id, Answer.engine_id, Answer.asked_at, Answer.week, Answer.repeat)
    wanted = select(*head, Answer.problem).where(Answer.workspace_id == workspace.id, col(Answer.id).in_(ids))
    naming = (
        select(Mention.answer_id, Mention.brand_id)
        .where(col(Mention.answer_id).in_(ids), counted.names_it())
        .order_by(Mention.answer_id, Mention.position)
    )
    citing = (
        select(Citation.answer_id, Domain.name)
        .join(Domain, col(Domain.id) == col(Citation.domain_id))
        .where(col(Citation.answer_id).in_(ids), Citation.kind == "cited")
        .order_by(Citation.answer_id, Citation.position)
    )
    with store.reading(database) as session:
        heads = {row[0]: tuple(row) for row in session.execute(wanted)}
        named: dict[int, list[int]] = {}
        for key, brand in session.execute(naming):
            named.setdefault(key, []).append(brand)
        cites: dict[int, dict[str, None]] = {}
        for key, name in session.execute(citing):
            cites.setdefault(key, {})[name] = None
    lines = []
    for key in ids:
        if key in heads:
            _, prompt, engine, at, week, repeat, problem = heads[key]
            its = (tuple(named.get(key, ())), tuple(cites.get(key, ())))
            lines.append(AnswerLine(key, prompt, engine, at, week, repeat, problem, *its))
    return lines


@dataclass(frozen=True)
class Sibling:
    """An answer to the same prompt: where it stands among weeks, engines and repeats."""

    id: int
    week: date
    engine_id: int
    repeat: int
    problem: str | None


def siblings(database: Engine, workspace: World, prompt: int) -> list[Sibling]:
    """All answers to a prompt, by week, engine and repeat."""
    wanted = select(Answer.id, Answer.week, Answer.engine_id, Answer.repeat, Answer.problem).where(
        Answer.workspace_id == workspace.id, Answer.prompt_id == prompt
    )
    ordered = wanted.order_by(Answer.week, Answer.engine_id, Answer.repeat, Answer.id)
    with store.reading(database) as session:
        return [Sibling(*row) for row in session.execute(ordered)]


def raw_reply(database: Engine, workspace: World, key: int) -> bytes | None:
    """The unmodified reply behind an answer; None where none is kept."""
    asked = (
        select(Reply.body)
        .join(Answer, col(Answer.ask_id) == col(Reply.ask_id))
        .where(Answer.id == key, Answer.workspace_id == workspace.id)
    )
    recorded = select(RecordedReply.body).where(
        RecordedReply.answer_id == key, RecordedReply.workspace_id == workspace.id
    )
    with store.reading(database) as session:
        packed = session.scalar(asked) or session.scalar(recorded)
    return None if packed is None else unpack(packed)


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
    with store.reading(database, live=True) as session:
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
    mine = LinkImport.workspace_id == workspace.id, LinkImport.scope != "counts"
    statement = select(LinkImport.id).where(*mine).limit(1)
    with store.reading(database) as session:
        return session.scalar(statement) is not None
