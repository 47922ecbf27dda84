"""Who asks a judge what: every state change of a judgement is one short transaction here.

The discipline is that of runs: `tracker.leases` for who holds a judgement, `tracker.run.money` for its money.
The workspace's row is locked first, so no two processes count on the same money or take the same thing.
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

from tracker import archived, leases, store
from tracker.engines.failures import PASSING, Reason
from tracker.leases import LEASE, Held
from tracker.models import AskState, Judgement
from tracker.run import money
from tracker.run.money import Account, Payment

log = logging.getLogger("citelift.judge")
TaskName = Literal["stance", "domain", "labelled"]
JudgeReason = Reason | Literal["invalid verdict"]


def held(workspace_id: int) -> Held:
    return Held(Judgement, {"workspace_id": workspace_id})


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

    def account(self, month: date) -> Account:
        return money.of_judge(self.workspace_id, month, self.budget_micros, self.month_budget_micros)


@dataclass(frozen=True)
class Case:
    """One thing to judge, and the request about it."""

    subject: str
    request: str
    estimated_micros: int
    answer_id: int | None = None
    brand_id: int | None = None


@dataclass(frozen=True)
class ClaimedCase:
    id: int
    case: Case
    month: date


@dataclass(frozen=True)
class ClaimedCases:
    claimed: tuple[ClaimedCase, ...]
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
    booked_micros: int = 0
    given_back: bool = False


def _same(bench: Bench) -> list[Any]:
    return [
        Judgement.workspace_id == bench.workspace_id,
        Judgement.task == bench.task,
        Judgement.model == bench.model,
        Judgement.prompt_version == bench.prompt_version,
    ]


def settled(bench: Bench) -> list[Any]:
    """Conditions on judgements of this bench that nothing more is to be asked about, or that somebody asks
    now."""
    ended = Judgement.state == AskState.ANSWERED, Judgement.state == AskState.CLAIMED
    for_good = and_(col(Judgement.state) == AskState.FAILED, col(Judgement.reason).not_in(PASSING))
    return [*_same(bench), or_(*ended) if bench.again else or_(*ended, for_good)]  # type: ignore[arg-type]


def left_of(session: Session, bench: Bench, now: datetime) -> int:
    """What may still be set aside this month: of the judge's budget, and of the workspace's."""
    left = money.left(session, bench.account(_month(now)), now)
    assert left is not None
    return left


def _month(now: datetime) -> date:
    return now.date().replace(day=1)


def claim(database: Database, bench: Bench, cases: Sequence[Case], *, me: str, now: datetime) -> ClaimedCases:
    """Take those of the cases that nobody has, as many as the money covers, in their order. `now` says which
    month's money it is."""
    with store.writing(database) as session:
        account = bench.account(_month(now))
        money.lock(session, account)
        subjects = [case.subject for case in cases]
        taken = select(Judgement.subject).where(*settled(bench), col(Judgement.subject).in_(subjects))
        gone = set(session.exec(taken))
        free = [case for case in cases if case.subject not in gone]
        left = money.left(session, account, now)
        count = money.affordable([case.estimated_micros for case in free], left)
        claimed = _take(session, bench, free[:count], me, _month(now))
        money.book(session, account, released=-sum(c.case.estimated_micros for c in claimed))
    return ClaimedCases(tuple(claimed), tuple(free[count:]))


def _take(session: Session, bench: Bench, cases: Sequence[Case], me: str, month: date) -> list[ClaimedCase]:
    until = leases.now(session) + LEASE
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
            "lease_until": until,
            "sent_at": None,
            "reserved_micros": case.estimated_micros,
            "month": month,
            "estimated_micros": case.estimated_micros,
        }
        for case in cases
    ]
    key = ["workspace_id", "task", "subject", "model", "prompt_version"]
    its: Any = Judgement.__table__  # type: ignore[attr-defined]
    store.upsert(session, Judgement, archived.numbered(session.connection(), its, rows), key=key)
    subjects = [case.subject for case in cases]
    rows_of = select(Judgement.subject, Judgement.id).where(
        *_same(bench), col(Judgement.subject).in_(subjects)
    )
    ids = dict(session.exec(rows_of).all())
    return [ClaimedCase(ids[case.subject] or 0, case, month) for case in cases]


def set_aside(
    database: Database, bench: Bench, claimed: ClaimedCase, payment: Payment, *, me: str, now: datetime
) -> bool:
    """`money.set_aside` for the next attempt at a judgement that is still ours; False where it is not, and
    nothing is booked: whoever took it over has booked it."""
    with store.writing(database) as session:
        account = bench.account(claimed.month)
        money.lock(session, account)
        if not leases.still_held(session, Judgement, me, [claimed.id]):
            return False
        judgement = session.get_one(Judgement, claimed.id)
        if payment.is_done(judgement.spent_micros):
            return judgement.reserved_micros > 0
        micros, paid = claimed.case.estimated_micros, judgement.reserved_micros
        enough = money.set_aside(session, account, micros, paid=paid, now=now)
        judgement.spent_micros += paid
        judgement.reserved_micros = micros if enough else 0
        judgement.sent_at = None
        session.add(judgement)
    return enough


def settle(
    database: Database, bench: Bench, claimed: ClaimedCase, end: Judged, *, me: str, now: datetime
) -> bool:
    """The judgement's end, and its money. False where it is no longer ours."""
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
        "sent_at": None,
        "reserved_micros": 0,
        "spent_micros": col(Judgement.spent_micros) + end.cost_micros,
    }
    if not end.given_back:
        values["asked_at"] = now
    with store.writing(database) as session:
        account = bench.account(claimed.month)
        money.lock(session, account)
        if not leases.still_held(session, Judgement, me, [claimed.id]):
            return False
        session.connection().execute(
            update(Judgement).where(col(Judgement.id) == claimed.id).values(**values)
        )
        money.book(session, account, spent=end.cost_micros, released=end.reserved_micros)
    return True


def recover(database: Database, workspace_id: int) -> int:
    """Free what dead processes had claimed. What was sent may have been paid for, so its estimate is booked
    as spent and the budget stays a ceiling whatever the engine charged."""
    with store.writing(database) as session:
        money.lock_workspace(session, workspace_id)
        lost = leases.left_behind(session, held(workspace_id))
        for each in lost:
            paid = each.reserved_micros if each.sent_at is not None else 0
            account = money.of_judge(workspace_id, each.month, 0)
            money.book(session, account, spent=paid, released=each.reserved_micros)
            each.spent_micros += paid
            each.state, each.claimed_by, each.lease_until, each.sent_at = AskState.PLANNED, None, None, None
            each.reserved_micros = 0
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
