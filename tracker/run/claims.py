"""Who asks what, and with whose money: every state change of an ask is one short transaction here.

Any number of processes may work on a run. An ask belongs to the process that claimed it until the lease runs out or
the process is known to be dead. Claiming sets the ask's highest likely cost aside, so that spent plus reserved never
passes the budget; settling puts the real cost in its place.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import and_, bindparam, delete, func, or_, update
from sqlmodel import Session, col, select

from tracker import store
from tracker.engines.failures import PASSING, Reason
from tracker.models import (
    Ask,
    AskState,
    Engine,
    JudgeLedger,
    Ledger,
    Prompt,
    Reply,
    Run,
    RunState,
    Workspace,
)

LEASE = timedelta(seconds=90)
HEARTBEAT_SECONDS = 20.0
GONE: Reason = "left the catalog"
AGAIN: frozenset[Reason] = PASSING | {GONE}
"""Reasons of asks that a resumed run plans again."""


@dataclass(frozen=True)
class Claimed:
    id: int
    prompt_id: int
    repeat: int
    model: str
    estimated_micros: int
    text: str
    country: str | None
    language: str | None


@dataclass(frozen=True)
class Outcome:
    """What became of a claimed ask: a reply, or a reason."""

    ask: Claimed
    engine_id: int
    attempts: int
    at: datetime
    cost_micros: int
    """To be booked as spent now."""
    reserved_micros: int
    """Still set aside for it, to be released now."""
    booked_micros: int = 0
    """Booked already, for earlier attempts that may have been paid."""
    advance_micros: int = 0
    """Booked already, for the first parts of this very reply: its cost includes them."""
    reply: Mapping[str, Any] | None = None
    reason: Reason | None = None
    detail: str | None = None
    known_micros: int | None = None
    """What the reply itself says it cost."""
    given_back: bool = False
    """Stopped between two attempts: planned again."""


def holder() -> str:
    """This process, so that another on the same machine can tell whether it still lives."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def _machine() -> str:
    """Where process numbers mean the same: containers may share a host's name and not its processes."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{space}"


def _started(pid: int) -> str:
    """When a process began, so that a reused number is not taken for it; empty where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rsplit(b")", 1)[1].split()[19].decode()
    except (OSError, IndexError):
        return ""


def is_dead(name: str) -> bool:
    """Whether a holder is a process of this machine that has ended; of other machines only the lease tells."""
    machine, pid, started = name.rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return bool(started) and _started(int(pid)) != started


@dataclass(frozen=True)
class Batch:
    asks: tuple[Claimed, ...]
    out_of_budget: bool = False
    """Asks are due and the money is not enough for one more."""
    next_at: datetime | None = None
    """When the next ask falls due, where asks are spread over a window."""


def claim(
    database: Database,
    run_id: int,
    engine_id: int,
    *,
    me: str,
    limit: int,
    now: datetime,
    month_budget: int | None = None,
) -> Batch:
    """Take up to `limit` planned asks of one engine, as many as the budgets still cover at their highest cost.
    An empty batch without a reason means that nothing is left."""
    with store.writing(database) as session:
        left = _left(session, run_id, engine_id, now, month_budget)
        due = _due(session, run_id, engine_id, now, limit)
        asks = due[: _affordable(due, left)]
        if asks:
            values = {"keys": [ask.id for ask in asks], "me": me, "until": now + LEASE}
            session.connection().execute(_CLAIM, values)
            book(session, run_id, engine_id, released=-sum(ask.estimated_micros for ask in asks))
        if due:
            return Batch(tuple(asks), out_of_budget=not asks)
        waiting = (Ask.run_id == run_id, Ask.engine_id == engine_id, Ask.state == AskState.PLANNED)
        return Batch((), next_at=session.exec(select(func.min(Ask.not_before)).where(*waiting)).one())


def _left(
    session: Session, run_id: int, engine_id: int, now: datetime, month_budget: int | None
) -> int | None:
    """What may still be set aside: of the run's budget for the engine, and of the workspace's month. The rows are
    locked, so that two engines or processes cannot count on the same money."""
    month = None
    if month_budget is not None:
        workspace_id = session.exec(select(Run.workspace_id).where(Run.id == run_id)).one()
        session.exec(select(Workspace).where(Workspace.id == workspace_id).with_for_update()).one()
        month = month_budget - month_spent(session, workspace_id, now)
    ledger = session.connection().execute(_LEDGER, {"run": run_id, "engine": engine_id}).one()
    budget, spent, reserved = ledger
    own = None if budget is None else budget - spent - reserved
    return min((limit for limit in (own, month) if limit is not None), default=None)


_LEDGER = (
    select(col(Ledger.budget_micros), col(Ledger.spent_micros), col(Ledger.reserved_micros))
    .where(col(Ledger.run_id) == bindparam("run"), col(Ledger.engine_id) == bindparam("engine"))
    .with_for_update()
)
_DUE = (
    select(
        Ask.id,
        Ask.prompt_id,
        Ask.repeat,
        Ask.model,
        Ask.estimated_micros,
        Prompt.text,
        Prompt.country,
        Prompt.language,
    )  # type: ignore[call-overload]
    .join(Prompt, col(Prompt.id) == col(Ask.prompt_id))
    .where(col(Ask.run_id) == bindparam("run"), col(Ask.engine_id) == bindparam("engine"))
    .where(Ask.state == AskState.PLANNED)
    .where(col(Ask.not_before).is_(None) | (col(Ask.not_before) <= bindparam("now")))
    .order_by(col(Ask.id))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=Ask)
)
_CLAIM = (
    update(Ask)
    .where(col(Ask.id).in_(bindparam("keys", expanding=True)))
    .values(state=AskState.CLAIMED, claimed_by=bindparam("me"), lease_until=bindparam("until"))
)


def _due(session: Session, run_id: int, engine_id: int, now: datetime, limit: int) -> list[Claimed]:
    values = {"run": run_id, "engine": engine_id, "now": now, "most": limit}
    return [Claimed(*row) for row in session.connection().execute(_DUE, values)]


def _affordable(asks: Sequence[Claimed], left: int | None) -> int:
    if left is None:
        return len(asks)
    for count, ask in enumerate(asks):
        left -= ask.estimated_micros
        if left < 0:
            return count
    return len(asks)


def set_aside(
    database: Database,
    run_id: int,
    engine_id: int,
    micros: int,
    *,
    now: datetime,
    month_budget: int | None = None,
    paid: int = 0,
) -> bool:
    """Before an ask's next request, when the one before may have been paid for: set its cost aside too. `paid` of
    what is set aside already becomes spent first. False, and nothing set aside, where the money is not there."""
    with store.writing(database) as session:
        left = _left(session, run_id, engine_id, now, month_budget)
        enough = left is None or left >= micros
        book(session, run_id, engine_id, spent=paid, released=paid - (micros if enough else 0))
    return enough


def heartbeat(database: Database, run_id: int, me: str, now: datetime) -> set[int]:
    """Renew the leases; returns the asks that are still ours."""
    with store.writing(database) as session:
        mine = (Ask.run_id == run_id, Ask.state == AskState.CLAIMED, Ask.claimed_by == me)
        renewed = update(Ask).where(*mine).values(lease_until=now + LEASE).returning(col(Ask.id))  # type: ignore[arg-type]
        return set(filter(None, session.connection().execute(renewed).scalars()))


_OWNED = (
    select(col(Ask.id))
    .where(col(Ask.id).in_(bindparam("keys", expanding=True)))
    .where(Ask.state == AskState.CLAIMED, col(Ask.claimed_by) == bindparam("me"))
    .with_for_update()
)


def owned(session: Session, me: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those whose asks are still ours. A process that was away for longer than its lease has lost its asks to
    another, which has booked and perhaps asked them again: their outcomes must not count a second time."""
    mine = _still_held(session, me, [outcome.ask.id for outcome in outcomes])
    return [outcome for outcome in outcomes if outcome.ask.id in mine]


def _still_held(session: Session, me: str, keys: Sequence[int]) -> set[int]:
    return set(filter(None, session.connection().execute(_OWNED, {"keys": keys, "me": me}).scalars()))


def keep_replies(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Raw replies, before anything reads them."""
    rows = [{"ask_id": o.ask.id, **o.reply} for o in outcomes if o.reply]
    store.bulk_insert(session, Reply, rows, ignore=True)


def settle(session: Session, run_id: int, outcomes: Sequence[Outcome]) -> None:
    """The asks' ends, and the money."""
    _finish(session, outcomes)
    spent: Counter[int] = Counter()
    reserved: Counter[int] = Counter()
    dearest: dict[int, int] = {}
    for outcome in outcomes:
        spent[outcome.engine_id] += outcome.cost_micros
        reserved[outcome.engine_id] += outcome.reserved_micros
        whole = outcome.cost_micros + outcome.advance_micros
        if whole > outcome.ask.estimated_micros:
            dearest[outcome.engine_id] = max(whole, dearest.get(outcome.engine_id, 0))
    for engine_id in sorted(spent):
        book(session, run_id, engine_id, spent=spent[engine_id], released=reserved[engine_id])
    for engine_id, micros in sorted(dearest.items()):
        _expect(session, run_id, engine_id, micros)


def _expect(session: Session, run_id: int, engine_id: int, micros: int) -> None:
    """An ask cost more than was set aside for it: from now on that much is set aside for each."""
    waiting = (Ask.run_id == run_id, Ask.engine_id == engine_id, Ask.state == AskState.PLANNED)
    cheaper = update(Ask).where(*waiting, Ask.estimated_micros < micros)  # type: ignore[arg-type]
    session.connection().execute(cheaper.values(estimated_micros=micros))


_FINISH = (
    update(Ask)
    .where(col(Ask.id) == bindparam("key"))
    .values(
        state=bindparam("to"),
        attempts=col(Ask.attempts) + bindparam("tries"),
        spent_micros=col(Ask.spent_micros) + bindparam("paid"),
        reason=bindparam("why"),
        detail=bindparam("words"),
        ended_at=bindparam("at"),
        claimed_by=None,
        lease_until=None,
    )
)


def _finish(session: Session, outcomes: Sequence[Outcome]) -> None:
    rows = [
        {
            "key": o.ask.id,
            "to": _end(o),
            "tries": o.attempts,
            "paid": o.cost_micros + o.booked_micros + o.advance_micros,
            "why": o.reason,
            "words": o.detail,
            "at": None if o.given_back else o.at,
        }
        for o in outcomes
    ]
    if rows:
        session.connection().execute(_FINISH, rows)


def _end(outcome: Outcome) -> AskState:
    if outcome.given_back:
        return AskState.PLANNED
    return AskState.ANSWERED if outcome.reason is None else AskState.FAILED


_BOOK = (
    update(Ledger)
    .where(col(Ledger.run_id) == bindparam("run"), col(Ledger.engine_id) == bindparam("engine"))
    .values(
        spent_micros=col(Ledger.spent_micros) + bindparam("spent"),
        reserved_micros=col(Ledger.reserved_micros) - bindparam("released"),
    )
)


def book(session: Session, run_id: int, engine_id: int, *, spent: int = 0, released: int = 0) -> None:
    values = {"run": run_id, "engine": engine_id, "spent": spent, "released": released}
    session.connection().execute(_BOOK, values)


def release(database: Database, run_id: int, engine_id: int, asks: Sequence[Claimed], me: str) -> None:
    """Give claimed asks back that were never sent, but for those that another has taken over."""
    if not asks:
        return
    with store.writing(database) as session:
        mine = _still_held(session, me, [ask.id for ask in asks])
        values: dict[str, Any] = {"state": AskState.PLANNED, "claimed_by": None, "lease_until": None}
        session.connection().execute(update(Ask).where(col(Ask.id).in_(mine)).values(**values))
        book(session, run_id, engine_id, released=sum(ask.estimated_micros for ask in asks if ask.id in mine))


def recover(database: Database, run_id: int, me: str, now: datetime) -> tuple[int, list[Outcome]]:
    """What dead processes had claimed. An ask whose reply they had stored becomes ours and comes back as an outcome,
    to be read and settled. The others are planned again; they may have been on their way, so their estimate is
    booked as spent and the budget stays a ceiling whatever the engine charged. Returns how many of those, and the
    outcomes."""
    with store.writing(database) as session:
        statement = select(Ask).where(Ask.run_id == run_id, Ask.state == AskState.CLAIMED).with_for_update()
        lost = [a for a in session.exec(statement) if _expired(a, now) or is_dead(a.claimed_by or "::")]
        replied = _stored_outcomes(session, [ask.id for ask in lost if ask.id is not None])
        known = {outcome.ask.id for outcome in replied}
        for ask in lost:
            if ask.id in known:
                ask.claimed_by, ask.lease_until = me, now + LEASE
            else:
                ask.state, ask.claimed_by, ask.lease_until = AskState.PLANNED, None, None
                ask.spent_micros += ask.estimated_micros
                micros = ask.estimated_micros
                book(session, run_id, ask.engine_id, spent=micros, released=micros)
            session.add(ask)
    return len(lost) - len(replied), replied


def held_by_others(database: Database, run_id: int, me: str) -> int:
    """Asks of this run that other processes have claimed: theirs to end, or ours if they die."""
    with store.reading(database) as session:
        theirs = (Ask.run_id == run_id, Ask.state == AskState.CLAIMED, Ask.claimed_by != me)
        return session.exec(select(func.count()).select_from(Ask).where(*theirs)).one()


def _stored_outcomes(session: Session, keys: Sequence[int]) -> list[Outcome]:
    found: list[Outcome] = []
    for start in range(0, len(keys), 500):
        statement = select(Ask, Reply).join(Reply, col(Reply.ask_id) == col(Ask.id))
        for ask, reply in session.exec(statement.where(col(Ask.id).in_(keys[start : start + 500]))):
            claimed = Claimed(
                ask.id or 0, ask.prompt_id, ask.repeat, ask.model, ask.estimated_micros, "", None, None
            )
            row = reply.model_dump(exclude={"ask_id"})
            found.append(
                Outcome(claimed, ask.engine_id, 0, reply.received_at, 0, ask.estimated_micros, 0, reply=row)
            )
    return found


def _expired(ask: Ask, now: datetime) -> bool:
    return ask.lease_until is not None and ask.lease_until < now


def reopen(session: Session, run_id: int) -> int:
    """For a resumed run: what failed for a passing reason, or was never tried, is planned again. A reply that could
    not be read goes: it would be taken for the next one."""
    which = (
        col(Ask.run_id) == run_id,
        col(Ask.state).in_([AskState.FAILED, AskState.SKIPPED]),
        col(Ask.reason).in_(AGAIN),
    )
    connection = session.connection()
    connection.execute(delete(Reply).where(col(Reply.ask_id).in_(select(col(Ask.id)).where(*which))))
    values: dict[str, Any] = {"state": AskState.PLANNED, "reason": None, "detail": None, "ended_at": None}
    return int(connection.execute(update(Ask).where(*which).values(**values)).rowcount)


def skip_gone(session: Session, run_id: int, engines: Sequence[int], now: datetime) -> int:
    """Asks of these engines, and of prompts that are tracked no more, are not asked: nobody wants to pay for them."""
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


def month_spent(session: Session, workspace_id: int, now: datetime) -> int:
    """Spent and set aside by the workspace's runs of this UTC month, and by its judge; a run over the month's end counts
    in both."""
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
    found = [
        f"{name}'s for a run"
        for name, budget, spent, dearest in engines
        if budget is not None and budget - spent < dearest
    ]
    return [*found, "the month's"] if month_budget is not None and len(found) < len(engines) else found


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
