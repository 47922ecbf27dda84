"""Who asks a judge what, and with whose money: every state change of a judgement is one short transaction here.

The discipline is that of `tracker.run.claims`: a judgement belongs to the process that claimed it until its lease runs out
or the process is known to be dead; claiming sets its highest likely cost aside, settling puts the real cost in its
place. The workspace's row is locked first, so no two processes count on the same money or take the same thing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Engine as Database
from sqlalchemy import and_, func, or_, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.engines.failures import PASSING, Reason
from tracker.models import AskState, JudgeLedger, Judgement, Workspace
from tracker.run import claims
from tracker.run.claims import LEASE, is_dead

log = logging.getLogger("citelift.judge")
TaskName = Literal["stance", "domain", "labelled"]
JudgeReason = Reason | Literal["invalid verdict"]


@dataclass(frozen=True)
class Bench:
    """What all judgements of one `citelift judge` have in common."""

    workspace_id: int
    task: TaskName
    model: str
    prompt_version: str
    budget_micros: int
    month_budget_micros: int | None = None
    """Of the workspace, runs included."""
    options: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    """Also what ended without a verdict for a reason that does not pass by itself."""


@dataclass(frozen=True)
class Case:
    """One thing to judge, and the request about it."""

    subject: str
    request: str
    estimated_micros: int
    answer_id: int | None = None
    brand_id: int | None = None


@dataclass(frozen=True)
class Claimed:
    id: int
    case: Case
    month: date


@dataclass(frozen=True)
class Batch:
    claimed: tuple[Claimed, ...]
    left: tuple[Case, ...] = ()
    """Free, and the money is not enough for the first of them."""


@dataclass(frozen=True)
class Judged:
    """What became of a claimed case: a verdict, or a reason; `given_back` where it was never sent."""

    verdict: str | None = None
    served_model: str | None = None
    reason: JudgeReason | None = None
    detail: str | None = None
    attempts: int = 0
    cost_micros: int = 0
    """To be booked now; what earlier attempts may have cost is booked already."""
    reserved_micros: int = 0
    given_back: bool = False


def _lock(session: Session, workspace_id: int) -> None:
    mine = select(Workspace.id).where(Workspace.id == workspace_id)
    session.exec(mine.with_for_update(key_share=True)).one()


def _same(bench: Bench) -> list[Any]:
    return [
        Judgement.workspace_id == bench.workspace_id,
        Judgement.task == bench.task,
        Judgement.model == bench.model,
        Judgement.prompt_version == bench.prompt_version,
    ]


def settled(bench: Bench) -> list[Any]:
    """Conditions on judgements of this bench that nothing more is to be asked about, or that somebody asks now."""
    ended = Judgement.state == AskState.ANSWERED, Judgement.state == AskState.CLAIMED
    for_good = and_(col(Judgement.state) == AskState.FAILED, col(Judgement.reason).not_in(PASSING))
    return [*_same(bench), or_(*ended) if bench.again else or_(*ended, for_good)]  # type: ignore[arg-type]


def left_of(session: Session, bench: Bench, now: datetime) -> int:
    """What may still be set aside this month: of the judge's budget, and of the workspace's."""
    ledger = session.get(JudgeLedger, (bench.workspace_id, _month(now)), populate_existing=True)
    own = bench.budget_micros - (ledger.spent_micros + ledger.reserved_micros if ledger else 0)
    if bench.month_budget_micros is None:
        return own
    return min(own, bench.month_budget_micros - claims.month_spent(session, bench.workspace_id, now))


def _month(now: datetime) -> date:
    return now.date().replace(day=1)


def claim(database: Database, bench: Bench, cases: Sequence[Case], *, me: str, now: datetime) -> Batch:
    """Take those of the cases that nobody has, as many as the money covers, in their order."""
    with store.writing(database) as session:
        _lock(session, bench.workspace_id)
        taken = session.exec(
            select(Judgement.subject).where(
                *settled(bench), col(Judgement.subject).in_([c.subject for c in cases])
            )
        )
        gone = set(taken)
        free = [case for case in cases if case.subject not in gone]
        left = left_of(session, bench, now)
        count = 0
        for case in free:
            left -= case.estimated_micros
            if left < 0:
                break
            count += 1
        claimed = _take(session, bench, free[:count], me, now)
        _book(
            session, bench.workspace_id, _month(now), reserved=sum(c.case.estimated_micros for c in claimed)
        )
    return Batch(tuple(claimed), tuple(free[count:]))


def _take(session: Session, bench: Bench, cases: Sequence[Case], me: str, now: datetime) -> list[Claimed]:
    month = _month(now)
    rows = [
        {
            "workspace_id": bench.workspace_id,
            "task": bench.task,
            "subject": case.subject,
            "model": bench.model,
            "prompt_version": bench.prompt_version,
            "answer_id": case.answer_id,
            "brand_id": case.brand_id,
            "state": AskState.CLAIMED,
            "reason": None,
            "detail": None,
            "claimed_by": me,
            "lease_until": now + LEASE,
            "month": month,
            "estimated_micros": case.estimated_micros,
        }
        for case in cases
    ]
    key = ["workspace_id", "task", "subject", "model", "prompt_version"]
    store.upsert(session, Judgement, rows, key=key)
    subjects = [case.subject for case in cases]
    found = select(Judgement.subject, Judgement.id).where(*_same(bench), col(Judgement.subject).in_(subjects))
    ids = dict(session.exec(found).all())
    return [Claimed(ids[case.subject] or 0, case, month) for case in cases]


def _book(session: Session, workspace_id: int, month: date, *, spent: int = 0, reserved: int = 0) -> None:
    store.bulk_insert(
        session,
        JudgeLedger,
        [{"workspace_id": workspace_id, "month": month, "spent_micros": 0, "reserved_micros": 0}],
        ignore=True,
    )
    session.connection().execute(
        update(JudgeLedger)
        .where(col(JudgeLedger.workspace_id) == workspace_id, col(JudgeLedger.month) == month)
        .values(
            spent_micros=col(JudgeLedger.spent_micros) + spent,
            reserved_micros=col(JudgeLedger.reserved_micros) + reserved,
        )
    )


def set_aside(database: Database, bench: Bench, claimed: Claimed, *, paid: int, now: datetime) -> bool:
    """Before the next attempt, when the one before may have been paid for: what was set aside (`paid`) is spent, and
    as much again is set aside. False, and nothing set aside, where the money is not there."""
    with store.writing(database) as session:
        _lock(session, bench.workspace_id)
        enough = left_of(session, bench, now) >= claimed.case.estimated_micros
        again = claimed.case.estimated_micros if enough else 0
        _book(session, bench.workspace_id, claimed.month, spent=paid, reserved=again - paid)
        session.connection().execute(
            update(Judgement)
            .where(col(Judgement.id) == claimed.id)
            .values(spent_micros=col(Judgement.spent_micros) + paid, estimated_micros=again)
        )
    return enough


def settle(
    database: Database, bench: Bench, claimed: Claimed, end: Judged, *, me: str, now: datetime
) -> bool:
    """The judgement's end, and its money. False where it is no longer ours: a process that was away for longer than
    its lease has lost it to another, and its outcome must not count a second time."""
    if end.given_back:
        state = AskState.PLANNED
    else:
        state = AskState.ANSWERED if end.verdict is not None else AskState.FAILED
    values: dict[str, Any] = {
        "state": state,
        "verdict": end.verdict,
        "served_model": end.served_model,
        "reason": end.reason,
        "detail": end.detail,
        "attempts": col(Judgement.attempts) + end.attempts,
        "claimed_by": None,
        "lease_until": None,
        "spent_micros": col(Judgement.spent_micros) + end.cost_micros,
    }
    if not end.given_back:
        values["asked_at"] = now
    mine = (Judgement.id == claimed.id, Judgement.state == AskState.CLAIMED, Judgement.claimed_by == me)
    with store.writing(database) as session:
        _lock(session, bench.workspace_id)
        if not session.connection().execute(update(Judgement).where(*mine).values(**values)).rowcount:  # type: ignore[arg-type]
            return False
        _book(
            session, bench.workspace_id, claimed.month, spent=end.cost_micros, reserved=-end.reserved_micros
        )
    return True


def heartbeat(database: Database, workspace_id: int, me: str, now: datetime) -> None:
    mine = (
        Judgement.workspace_id == workspace_id,
        Judgement.state == AskState.CLAIMED,
        Judgement.claimed_by == me,
    )
    with store.writing(database) as session:
        _lock(session, workspace_id)
        session.connection().execute(update(Judgement).where(*mine).values(lease_until=now + LEASE))  # type: ignore[arg-type]


def recover(database: Database, workspace_id: int, now: datetime) -> int:
    """Free what dead processes had claimed. It may have been on its way, so its estimate is booked as spent and the
    budget stays a ceiling whatever the engine charged."""
    with store.writing(database) as session:
        _lock(session, workspace_id)
        held = select(Judgement).where(
            Judgement.workspace_id == workspace_id, Judgement.state == AskState.CLAIMED
        )
        lost = [
            j
            for j in session.exec(held)
            if is_dead(j.claimed_by or "::") or (j.lease_until is not None and j.lease_until < now)
        ]
        for each in lost:
            each.state, each.claimed_by, each.lease_until = AskState.PLANNED, None, None
            each.spent_micros += each.estimated_micros
            _book(
                session,
                workspace_id,
                each.month,
                spent=each.estimated_micros,
                reserved=-each.estimated_micros,
            )
            session.add(each)
    if lost:
        log.warning("a process died", extra={"asked_again": len(lost)})
    return len(lost)


@dataclass(frozen=True)
class Standing:
    """Where the judgements of one bench stand."""

    states: Mapping[str, int]
    reasons: Mapping[str, int]
    known_micros: int | None
    """What one has cost on average."""


def standing(session: Session, bench: Bench) -> Standing:
    same = _same(bench)
    states = session.exec(select(Judgement.state, func.count()).where(*same).group_by(Judgement.state))
    why = select(Judgement.reason, func.count()).where(*same, Judgement.state == AskState.FAILED)
    answered = (*same, Judgement.state == AskState.ANSWERED)
    mean = session.exec(select(func.avg(Judgement.spent_micros)).where(*answered)).one()
    return Standing(
        dict(states.all()),
        {str(reason): count for reason, count in session.exec(why.group_by(col(Judgement.reason)))},
        None if mean is None else round(mean),
    )
