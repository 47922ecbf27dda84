"""Who asks what: every state change of an ask that is being asked is one short transaction here.

Any number of processes may work on a run. An ask belongs to the process that claimed it until its lease runs
out or the process is known to be dead (`tracker.leases`). Its money is set aside with the claim
(`tracker.run.money`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from tracker import leases, store
from tracker.answers.rows import pack
from tracker.engines.failures import Reason
from tracker.leases import LEASE, Held
from tracker.models import Ask, AskState, Engine, Prompt, Reply, Run
from tracker.run import money
from tracker.run.money import Payment

MAYBE_PAID: Reason = "maybe paid"


def held(run_id: int) -> Held:
    return Held(Ask, {"run_id": run_id})


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
    kept: bool = False
    """Its reply is stored already, packed: by a process that died before it read it."""


@dataclass(frozen=True)
class ClaimedAsks:
    asks: tuple[Claimed, ...]
    out_of_budget: bool = False
    """Asks are due and the money is not enough for one more."""
    next_in: float | None = None
    """Seconds until the next ask falls due, where asks are spread over a window."""


def claim(
    database: Database,
    run_id: int,
    engine_id: int,
    *,
    me: str,
    limit: int,
    month_budget: int | None = None,
) -> ClaimedAsks:
    """Take up to `limit` planned asks of one engine, as many as the budgets still cover at their highest
    cost. An empty batch without a reason means that nothing is left."""
    with store.writing(database) as session:
        now = leases.now(session)
        account = account_of(session, run_id, engine_id, month_budget)
        money.lock(session, account)
        left = money.left(session, account, now)
        due = _due(session, run_id, engine_id, now, limit)
        asks = due[: money.affordable([ask.estimated_micros for ask in due], left)]
        if asks:
            values = {"keys": [ask.id for ask in asks], "me": me, "until": now + LEASE}
            session.connection().execute(_CLAIM, values)
            money.book(session, account, released=-sum(ask.estimated_micros for ask in asks))
        if due:
            return ClaimedAsks(tuple(asks), out_of_budget=not asks)
        waiting = (Ask.run_id == run_id, Ask.engine_id == engine_id, Ask.state == AskState.PLANNED)
        following = session.exec(select(func.min(Ask.not_before)).where(*waiting)).one()
        return ClaimedAsks((), next_in=None if following is None else (following - now).total_seconds())


def account_of(
    session: Session, run_id: int, engine_id: int, month_budget: int | None = None
) -> money.Account:
    workspace_id = session.exec(select(Run.workspace_id).where(Run.id == run_id)).one()
    return money.of_run(workspace_id, run_id, engine_id, month_budget)


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
    .values(
        state=AskState.CLAIMED,
        claimed_by=bindparam("me"),
        lease_until=bindparam("until"),
        reserved_micros=col(Ask.estimated_micros),
    )
)
_FREE: Mapping[str, Any] = {
    "state": AskState.PLANNED,
    "claimed_by": None,
    "lease_until": None,
    "sent_at": None,
    "reserved_micros": 0,
}
"""What an ask is again that is given back."""


def _due(session: Session, run_id: int, engine_id: int, now: datetime, limit: int) -> list[Claimed]:
    values = {"run": run_id, "engine": engine_id, "now": now, "most": limit}
    return [Claimed(*row) for row in session.connection().execute(_DUE, values)]


def set_aside(
    database: Database,
    claimed: Claimed,
    me: str,
    payment: Payment,
    *,
    month_budget: int | None = None,
    going_on: bool = False,
) -> bool:
    """`money.set_aside` for the next request of an ask that is still ours: what is set aside becomes spent,
    and as much again is set aside. `going_on`: that request leaves at once, and the mark stays. False where
    the money is not there, and where another has taken the ask over: who did has booked it."""
    with store.writing(database) as session:
        if not leases.still_held(session, Ask, me, [claimed.id]):
            return False
        ask = session.get_one(Ask, claimed.id)
        if payment.is_done(ask.spent_micros):
            return ask.reserved_micros > 0
        account = account_of(session, ask.run_id, ask.engine_id, month_budget)
        micros, paid = claimed.estimated_micros, ask.reserved_micros
        enough = money.set_aside(session, account, micros, paid=paid, now=leases.now(session))
        ask.spent_micros += paid
        ask.reserved_micros = micros if enough else 0
        ask.sent_at = ask.sent_at if going_on else None
        session.add(ask)
        return enough


def owned(session: Session, me: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those whose asks are still ours."""
    mine = leases.still_held(session, Ask, me, [outcome.ask.id for outcome in outcomes])
    return [outcome for outcome in outcomes if outcome.ask.id in mine]


def take_back(session: Session, me: str, outcomes: Sequence[Outcome], *, held_by: str | None = None) -> None:
    """Replies that came when their asks had been given up, or planned again, for a process that was thought
    dead: the asks are ours again, and what was booked for them is only set aside. `held_by`: also asks that
    this process, which died, still holds. What another has claimed meanwhile stays with it."""
    replied = {outcome.ask.id: outcome for outcome in outcomes if outcome.reply is not None}
    until = leases.now(session) + LEASE
    for ask in session.exec(select(Ask).where(col(Ask.id).in_(list(replied))).with_for_update()):
        reserved = replied[ask.id or 0].reserved_micros
        booked = ask.state == AskState.PLANNED or (ask.state == AskState.FAILED and ask.reason == MAYBE_PAID)
        if booked and ask.spent_micros >= reserved:
            account = account_of(session, ask.run_id, ask.engine_id)
            money.book(session, account, spent=-reserved, released=-reserved)
            ask.spent_micros -= reserved
            ask.reserved_micros = reserved
        elif held_by is None or ask.state != AskState.CLAIMED or ask.claimed_by != held_by:
            continue
        ask.state, ask.claimed_by, ask.lease_until = AskState.CLAIMED, me, until
        ask.reason = ask.detail = ask.ended_at = None
        session.add(ask)
    session.flush()


def keep_replies(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Raw replies, before anything reads them."""
    rows = [{"ask_id": o.ask.id, **o.reply} for o in outcomes if o.reply and not o.kept]
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
        account = account_of(session, run_id, engine_id)
        money.book(session, account, spent=spent[engine_id], released=reserved[engine_id])
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
        reserved_micros=0,
        sent_at=None,
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
            "paid": o.cost_micros,
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


def release(database: Database, run_id: int, engine_id: int, asks: Sequence[Claimed], me: str) -> None:
    """Give claimed asks back that were never sent, but for those that another has taken over."""
    if not asks:
        return
    with store.writing(database) as session:
        mine = leases.still_held(session, Ask, me, [ask.id for ask in asks])
        session.connection().execute(update(Ask).where(col(Ask.id).in_(mine)).values(**_FREE))
        back = sum(ask.estimated_micros for ask in asks if ask.id in mine)
        money.book(session, account_of(session, run_id, engine_id), released=back)


@dataclass(frozen=True)
class Recovered:
    """What dead processes had claimed."""

    stored: tuple[Outcome, ...] = ()
    """Their replies are stored: ours now, to be read and settled."""
    planned: int = 0
    """Never sent."""
    asked_again: int = 0
    given_up: int = 0
    """Sent, and without a reply: they may have been paid for, and are booked."""

    def __bool__(self) -> bool:
        return bool(self.stored or self.planned or self.asked_again or self.given_up)


def recover(database: Database, run_id: int, me: str, *, mine: bool = False) -> Recovered:
    """See to what dead processes had claimed; with `mine`, to what this one cut off. What was never sent is
    planned again. What was sent may have been paid for: its estimate is booked, so that the budget stays a
    ceiling whatever the engine charged, and `after_crash` of its engine says whether it is asked again."""
    with store.writing(database) as session:
        left = _cut_off(session, run_id, me) if mine else leases.left_behind(session, held(run_id))
        lost: dict[int, Ask] = {ask.id or 0: ask for ask in left}
        stored = _stored_outcomes(session, list(lost))
        again = set(session.exec(select(Engine.id).where(Engine.after_crash == "ask_again")))
        ends: Counter[str] = Counter()
        for outcome in stored:
            ask = lost.pop(outcome.ask.id)
            ask.claimed_by, ask.lease_until = me, leases.now(session) + LEASE
            session.add(ask)
        for ask in lost.values():
            account = account_of(session, ask.run_id, ask.engine_id)
            paid, asked_again = ask.sent_at is not None, ask.engine_id in again
            money.book(
                session, account, spent=ask.reserved_micros if paid else 0, released=ask.reserved_micros
            )
            ask.spent_micros += ask.reserved_micros if paid else 0
            for name, value in _FREE.items():
                setattr(ask, name, value)
            if paid and not asked_again:
                ask.state, ask.reason, ask.ended_at = AskState.FAILED, MAYBE_PAID, leases.now(session)
                why = "run was cancelled" if mine else "process died"
                ask.detail = f"its {why} after sending it, and before its reply was stored"
            session.add(ask)
            ends["planned" if not paid else "asked_again" if asked_again else "given_up"] += 1
    return Recovered(tuple(stored), **ends)


def _cut_off(session: Session, run_id: int, me: str) -> Sequence[Ask]:
    mine = select(Ask).where(*held(run_id).where(), col(Ask.claimed_by) == me)
    return session.exec(mine.with_for_update()).all()


def pick_up(database: Database, outcomes: Sequence[Outcome], held_by: str, me: str) -> list[Outcome]:
    """Replies that a process kept in a file when it died: stored now, and ours to be read."""
    with store.writing(database) as session:
        take_back(session, me, outcomes, held_by=held_by)
        mine = [
            replace(outcome, reply={**outcome.reply, "body": pack(outcome.reply["body"])})
            for outcome in owned(session, me, outcomes)
            if outcome.reply is not None
        ]
        keep_replies(session, mine)
        return [replace(outcome, kept=True) for outcome in mine]


def strays(database: Database, run_id: int, me: str, known: Set[int]) -> list[Outcome]:
    """Asks that are ours without our knowing: the word of it was lost with the connection. Those that were
    never sent are planned again; those whose replies are stored come back, to be read."""
    with store.writing(database) as session:
        mine = select(Ask).where(*held(run_id).where(), col(Ask.claimed_by) == me).with_for_update()
        lost = {ask.id or 0: ask for ask in session.exec(mine) if ask.id not in known}
        stored = _stored_outcomes(session, list(lost))
        for key in lost.keys() - {outcome.ask.id for outcome in stored}:
            ask = lost[key]
            money.book(session, account_of(session, run_id, ask.engine_id), released=ask.reserved_micros)
            for name, value in _FREE.items():
                setattr(ask, name, value)
            session.add(ask)
        return stored


def held_by_others(database: Database, run_id: int, me: str) -> int:
    """Asks of this run that other processes have claimed: theirs to end, or ours if they die."""
    with store.reading(database) as session:
        theirs = (Ask.run_id == run_id, Ask.state == AskState.CLAIMED, Ask.claimed_by != me)
        return session.exec(select(func.count()).select_from(Ask).where(*theirs)).one()


def _stored_outcomes(session: Session, keys: Sequence[int]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for start in range(0, len(keys), 500):
        statement = select(Ask, Reply).join(Reply, col(Reply.ask_id) == col(Ask.id))
        for ask, reply in session.exec(statement.where(col(Ask.id).in_(keys[start : start + 500]))):
            claimed = Claimed(
                ask.id or 0, ask.prompt_id, ask.repeat, ask.model, ask.estimated_micros, "", None, None
            )
            row = reply.model_dump(exclude={"ask_id"})
            outcomes.append(
                Outcome(
                    claimed,
                    ask.engine_id,
                    attempts=0,
                    at=reply.received_at,
                    cost_micros=0,
                    reserved_micros=ask.reserved_micros,
                    reply=row,
                    kept=True,
                )
            )
    return outcomes
