"""The ledgers: what may be set aside, what is set aside, what is spent; one discipline for runs and for the
judge.

Claiming sets the highest likely cost aside, so that spent plus reserved never passes the budget; settling
puts the real cost in its place. The rows are locked first, so that no two processes count on the same money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import Any, TypeAlias

from sqlalchemy import and_, func, or_, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.models import Ask, AskState, Engine, JudgeLedger, Ledger, Run, Workspace

Books: TypeAlias = type[Ledger] | type[JudgeLedger]


@dataclass
class Payment:
    """One booking of what a request may have cost. It is tried again where the connection broke before the
    word of its end came: what was booked for the ask or judgement before the first try tells whether it was
    done."""

    before: int | None = None

    def is_done(self, spent: int) -> bool:
        if self.before is None:
            self.before = spent
        return spent != self.before


@dataclass(frozen=True)
class Account:
    """One row of a ledger, and the budgets that hold for it."""

    workspace_id: int
    table: Books
    key: Mapping[str, Any]
    budget: int | None = None
    """A judge's, which the catalog has; an engine's in a run stands in its row."""
    month_budget: int | None = None
    """Of the workspace, runs and judge together."""

    def where(self) -> list[Any]:
        return [getattr(self.table, name) == value for name, value in self.key.items()]


def of_run(workspace_id: int, run_id: int, engine_id: int, month_budget: int | None = None) -> Account:
    return Account(workspace_id, Ledger, {"run_id": run_id, "engine_id": engine_id}, None, month_budget)


def of_judge(workspace_id: int, month: date, budget: int, month_budget: int | None = None) -> Account:
    return Account(
        workspace_id, JudgeLedger, {"workspace_id": workspace_id, "month": month}, budget, month_budget
    )


def lock(session: Session, account: Account) -> None:
    """Until the transaction ends, nobody else sets money of this account aside, or of its workspace's
    month."""
    if account.month_budget is not None or account.table is JudgeLedger:
        lock_workspace(session, account.workspace_id)
    if account.table is JudgeLedger:
        empty = {**account.key, "spent_micros": 0, "reserved_micros": 0}
        store.bulk_insert(session, JudgeLedger, [empty], ignore=True)


def lock_workspace(session: Session, workspace_id: int) -> None:
    mine = select(Workspace.id).where(Workspace.id == workspace_id)
    # Weaker than an update of the key: answers may name the workspace meanwhile.
    session.exec(mine.with_for_update(key_share=True)).one()


def left(session: Session, account: Account, now: datetime) -> int | None:
    """What may still be set aside; None where nothing limits it."""
    books = account.table
    columns = (col(books.spent_micros), col(books.reserved_micros))
    row = session.connection().execute(select(*columns).where(*account.where()).with_for_update()).first()
    used = row.spent_micros + row.reserved_micros if row else 0
    budget = _budget(session, account)
    limits = [] if budget is None else [budget - used]
    if account.month_budget is not None:
        limits.append(account.month_budget - month_spent(session, account.workspace_id, now))
    return min(limits, default=None)


def _budget(session: Session, account: Account) -> int | None:
    if account.table is JudgeLedger:
        return account.budget
    return session.exec(select(Ledger.budget_micros).where(*account.where())).one()


def affordable(costs: Iterable[int], left: int | None) -> int:
    """How many of these, in their order, the money covers."""
    sums = accumulate(costs)
    return sum(1 for total in sums if left is None or total <= left)


def book(session: Session, account: Account, *, spent: int = 0, released: int = 0) -> None:
    """`released` was set aside and is no more; a negative one is set aside."""
    books = account.table
    values = {
        "spent_micros": col(books.spent_micros) + spent,
        "reserved_micros": col(books.reserved_micros) - released,
    }
    session.connection().execute(update(books).where(*account.where()).values(**values))


def set_aside(session: Session, account: Account, micros: int, *, paid: int, now: datetime) -> bool:
    """Before the next request, when the one before may have been paid for: what was set aside for it (`paid`)
    is spent, and as much again is set aside. False, and nothing set aside, where the money is not there."""
    lock(session, account)
    limit = left(session, account, now)
    enough = limit is None or limit >= micros
    book(session, account, spent=paid, released=paid - (micros if enough else 0))
    return enough


def month_spent(session: Session, workspace_id: int, now: datetime) -> int:
    """Spent and set aside by the workspace's runs of this UTC month, and by its judge; a run over the month's
    end counts in both."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    judge = session.get(JudgeLedger, (workspace_id, first.date()), populate_existing=True)
    total = session.exec(
        select(func.sum(Ledger.spent_micros + Ledger.reserved_micros))
        .join(Run, col(Run.id) == col(Ledger.run_id))
        .where(Run.workspace_id == workspace_id)
        .where(or_(col(Run.planned_at) >= first, col(Run.ended_at) >= first, col(Run.ended_at).is_(None)))
    ).one()
    return int(total or 0) + (judge.spent_micros + judge.reserved_micros if judge else 0)


def used_up(session: Session, run_id: int, month_budget: int | None) -> list[str]:
    """Whose budget does not cover what is left to ask."""
    waiting = (
        select(Engine.name, Ledger.budget_micros, Ledger.spent_micros, func.max(Ask.estimated_micros))
        .join(Ledger, and_(col(Ledger.run_id) == Ask.run_id, col(Ledger.engine_id) == Ask.engine_id))
        .join(Engine, col(Engine.id) == Ask.engine_id)
        .where(Ask.run_id == run_id, Ask.state == AskState.PLANNED)
        .group_by(col(Engine.name), col(Ledger.budget_micros), col(Ledger.spent_micros))
        .order_by(Engine.name)
    )
    engines = session.exec(waiting).all()
    short = [
        f"{name}'s for a run"
        for name, budget, spent, dearest in engines
        if budget is not None and budget - spent < dearest
    ]
    return [*short, "the month's"] if month_budget is not None and len(short) < len(engines) else short
