"""How asks and runs end without having been asked, or to be asked anew; and what a run has come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import and_, delete, func, or_, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.engines.failures import PASSING, Reason
from tracker.models import Ask, AskState, Engine, Ledger, Prompt, Reply, RunState
from tracker.run import mend
from tracker.run.claims import MAYBE_PAID

GONE: Reason = "left the catalog"
AGAIN: frozenset[Reason] = PASSING | {GONE}
"""Reasons of asks that a resumed run plans again."""


def reopen(session: Session, run_id: int) -> int:
    """For a resumed run: what failed for a passing reason, or was never tried, is planned again; what may
    have been paid for where the catalog says so. A stored reply that can be read after all is not asked for
    again; one that cannot goes, or it would be taken for the next one. Returns the asks that will have
    another end."""
    readable = mend.offer_readable(session, run_id)
    asked_again = select(Engine.id).where(Engine.after_crash == "ask_again")
    which = (
        col(Ask.run_id) == run_id,
        col(Ask.state).in_([AskState.FAILED, AskState.SKIPPED]),
        or_(
            col(Ask.reason).in_(AGAIN),
            and_(col(Ask.reason) == MAYBE_PAID, col(Ask.engine_id).in_(asked_again)),
        ),
    )
    connection = session.connection()
    connection.execute(delete(Reply).where(col(Reply.ask_id).in_(select(col(Ask.id)).where(*which))))
    values: dict[str, Any] = {"state": AskState.PLANNED, "reason": None, "detail": None, "ended_at": None}
    return readable + int(connection.execute(update(Ask).where(*which).values(**values)).rowcount)


def skip_gone(session: Session, run_id: int, engines: Sequence[int], now: datetime) -> int:
    """Asks of these engines, and of prompts that are tracked no more, are not asked: nobody wants to pay for
    them."""
    untracked = select(Prompt.id).where(col(Prompt.active).is_(False))
    which = or_(col(Ask.engine_id).in_(engines), col(Ask.prompt_id).in_(untracked))
    waiting = (col(Ask.run_id) == run_id, col(Ask.state) == AskState.PLANNED)
    result = session.connection().execute(
        update(Ask)
        .where(*waiting, which)
        .values(state=AskState.SKIPPED, reason=GONE, detail=None, ended_at=now)
    )
    return int(result.rowcount)


def ask_anew(session: Session, run_id: int, engine_id: int, model: str, estimated_micros: int) -> None:
    """The catalog names another model for the engine: what is not asked yet is asked of that one."""
    other = (col(Ask.run_id) == run_id, col(Ask.engine_id) == engine_id, col(Ask.model) != model)
    session.connection().execute(
        update(Ask)
        .where(*other, col(Ask.state) == AskState.PLANNED)
        .values(model=model, estimated_micros=estimated_micros)
    )


def skip_rest(
    database: Database, run_id: int, engine_id: int, reason: Reason, detail: str, now: datetime
) -> int:
    """Engine stopped: its remaining asks are rows with that reason, not silence."""
    with store.writing(database) as session:
        result = session.connection().execute(
            update(Ask)
            .where(
                col(Ask.run_id) == run_id, col(Ask.engine_id) == engine_id, col(Ask.state) == AskState.PLANNED
            )
            .values(state=AskState.SKIPPED, reason=reason, detail=detail[:500], ended_at=now)
        )
        return int(result.rowcount)


@dataclass(frozen=True)
class Tally:
    """Where a run stands."""

    states: Mapping[str, int]
    reasons: Mapping[str, int]
    spent_micros: int

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        return self.states.get(AskState.PLANNED, 0) + self.states.get(AskState.CLAIMED, 0)

    @property
    def can_go_on(self) -> bool:
        """Whether resuming the run would ask anything."""
        return self.open > 0 or not AGAIN.isdisjoint(self.reasons)


def tally(session: Session, run_id: int) -> Tally:
    states = session.exec(select(Ask.state, func.count()).where(Ask.run_id == run_id).group_by(Ask.state))
    failed = select(Ask.reason, func.count()).where(Ask.run_id == run_id, col(Ask.reason).is_not(None))
    spent = session.exec(select(func.sum(Ledger.spent_micros)).where(Ledger.run_id == run_id)).one()
    reasons = {str(reason): count for reason, count in session.exec(failed.group_by(col(Ask.reason)))}
    return Tally(dict(states.all()), reasons, int(spent or 0))


def by_engine(session: Session, run_id: int) -> dict[str, dict[str, int]]:
    """Asks of each engine by their state."""
    counted = (
        select(Engine.name, Ask.state, func.count())
        .join(Engine, col(Engine.id) == col(Ask.engine_id))
        .where(Ask.run_id == run_id)
        .group_by(col(Engine.name), Ask.state)
        .order_by(col(Engine.name))
    )
    found: dict[str, dict[str, int]] = {}
    for name, state, asks in session.exec(counted):
        found.setdefault(name, {})[str(state)] = asks
    return found


@dataclass(frozen=True)
class Trouble:
    """Why so many asks of an engine have no answer, with one of the engine's own words on it."""

    engine: str
    reason: str
    asks: int
    detail: str


def troubles(session: Session, run_id: int) -> tuple[Trouble, ...]:
    """Per engine and reason, the most frequent first."""
    statement = (
        select(Engine.name, Ask.reason, func.count(), func.max(Ask.detail))
        .join(Engine, col(Engine.id) == col(Ask.engine_id))
        .where(Ask.run_id == run_id, col(Ask.reason).is_not(None))
        .group_by(col(Engine.name), col(Ask.reason))
        .order_by(func.count().desc(), col(Engine.name), col(Ask.reason))
    )
    return tuple(
        Trouble(name, str(reason), asks, detail or "")
        for name, reason, asks, detail in session.exec(statement)
    )


def end_state(tally: Tally, short: Sequence[str], *, cancelled: bool) -> tuple[RunState, str | None]:
    """`short`: the budgets that are used up."""
    if tally.open:
        if cancelled:
            return RunState.CANCELLED, f"{tally.open} asks were not sent"
        whose = f" ({', '.join(short)})" if short else ""
        return RunState.BUDGET, f"{tally.open} asks were not sent: the budget is used up{whose}"
    if tally.reasons:
        words = ", ".join(
            f"{count} {reason}" for reason, count in sorted(tally.reasons.items(), key=lambda pair: -pair[1])
        )
        return RunState.PARTIAL, words
    return RunState.DONE, None


def engines_of(session: Session, run_id: int) -> list[Engine]:
    statement = (
        select(Engine).join(Ledger, col(Ledger.engine_id) == col(Engine.id)).where(Ledger.run_id == run_id)
    )
    return list(session.exec(statement.order_by(col(Engine.id))))
