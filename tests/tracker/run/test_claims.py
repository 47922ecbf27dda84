"""Who owns an ask and whose money it is: leases, deaths, budgets of runs and months, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func
from sqlmodel import col, select

from tests.tracker.run.test_jobs import count, prepared, small_catalog
from tracker import leases, store
from tracker.models import Ask, AskState, Ledger, Reply, Run, RunState
from tracker.models import Engine as EngineRow
from tracker.run import claims, ends, money
from tracker.run.claims import Claimed, Outcome, Recovered
from tracker.run.create import latest_open
from tracker.run.money import Payment

NOW = datetime.now(UTC)


REPLY = {
    "workspace_id": 1,
    "body": b"x",
    "capture": "raw",
    "received_at": NOW,
    "latency_ms": 1,
    "cost_micros": 1,
}


@pytest.fixture
def run_id(database: Engine) -> int:
    return prepared(database, small_catalog(4, 1, budget=None, engines=("chat",)))


def take(database: Engine, run_id: int, me: str, limit: int = 4, **more: object) -> tuple[Claimed, ...]:
    return claims.claim(database, run_id, 1, me=me, limit=limit, **more).asks  # type: ignore[arg-type]


def outcome(ask: Claimed, cost: int = 7, **more: object) -> Outcome:
    return Outcome(ask, 1, 1, NOW, cost, ask.estimated_micros, **more)  # type: ignore[arg-type]


def settle(database: Engine, run_id: int, me: str, *outcomes: Outcome) -> int:
    with store.writing(database) as session:
        mine = claims.owned(session, me, outcomes)
        claims.settle(session, run_id, mine)
    return len(mine)


def expire(database: Engine) -> None:
    """The leases run out: as long as one lasts has gone by without a sign of life."""
    with store.writing(database) as session:
        for ask in session.exec(select(Ask).where(col(Ask.lease_until).is_not(None))):
            assert ask.lease_until is not None
            ask.lease_until -= leases.LEASE
            session.add(ask)


def send(database: Engine, *asks: Claimed) -> None:
    with store.writing(database) as session:
        for ask in asks:
            session.get_one(Ask, ask.id).sent_at = NOW


def policy(database: Engine, after_crash: str) -> None:
    with store.writing(database) as session:
        session.exec(select(EngineRow)).one().after_crash = after_crash


def ledger(database: Engine) -> tuple[int, int]:
    """What is spent and set aside: the same in the book as over the asks."""
    with store.reading(database) as session:
        found = session.exec(select(Ledger)).one()
        of_asks = session.exec(select(func.sum(Ask.reserved_micros))).one()
    assert found.reserved_micros == of_asks
    return found.spent_micros, found.reserved_micros


def budget(database: Engine, micros: int) -> None:
    with store.writing(database) as session:
        found = session.exec(select(Ledger)).one()
        found.budget_micros = micros
        session.add(found)


def test_an_ask_is_claimed_once(database: Engine, run_id: int) -> None:
    first, second = take(database, run_id, "a:1:", 3), take(database, run_id, "b:2:", 3)
    assert (len(first), len(second)) == (3, 1)
    assert not {ask.id for ask in first} & {ask.id for ask in second}


def test_a_claim_sets_its_money_aside_and_its_end_puts_the_cost_there(database: Engine, run_id: int) -> None:
    asks = take(database, run_id, "a:1:")
    assert ledger(database) == (0, sum(ask.estimated_micros for ask in asks))
    assert settle(database, run_id, "a:1:", *(outcome(ask) for ask in asks)) == 4
    assert ledger(database) == (28, 0)


def test_a_claim_never_passes_the_budget(database: Engine, run_id: int) -> None:
    (ask,) = take(database, run_id, "a:1:", 1)
    budget(database, 3 * ask.estimated_micros - 1)
    batch = claims.claim(database, run_id, 1, me="a:1:", limit=4)
    assert (len(batch.asks), batch.out_of_budget) == (1, False)
    assert claims.claim(database, run_id, 1, me="a:1:", limit=4).out_of_budget


def test_the_months_budget_is_counted_inside_the_claim(database: Engine, run_id: int) -> None:
    (ask,) = take(database, run_id, "a:1:", 1)
    left = take(database, run_id, "a:1:", 4, month_budget=3 * ask.estimated_micros)
    assert len(left) == 2


def test_a_run_of_last_month_that_works_in_this_one_counts(database: Engine, run_id: int) -> None:
    with store.writing(database) as session:
        run = session.get_one(Run, run_id)
        run.planned_at, run.ended_at = NOW - timedelta(days=70), NOW
        session.add(run)
        money.book(session, claims.account_of(session, run_id, 1), spent=5)
    with store.reading(database) as session:
        assert money.month_spent(session, 1, NOW) == 5
        assert money.month_spent(session, 1, NOW + timedelta(days=40)) == 0


def test_what_was_never_sent_is_planned_again_and_costs_nothing(database: Engine, run_id: int) -> None:
    take(database, run_id, "elsewhere:1:")
    assert not claims.recover(database, run_id, "b:2:")
    expire(database)
    assert claims.recover(database, run_id, "b:2:") == Recovered(planned=4)
    assert ledger(database) == (0, 0)
    assert len(take(database, run_id, "b:2:")) == 4


def test_what_was_sent_is_booked_and_given_up(database: Engine, run_id: int) -> None:
    asks = take(database, run_id, "elsewhere:1:")
    send(database, *asks[:3])
    expire(database)
    assert claims.recover(database, run_id, "b:2:") == Recovered(planned=1, given_up=3)
    assert ledger(database) == (3 * asks[0].estimated_micros, 0)
    assert count(database, Ask, Ask.state == AskState.FAILED, Ask.reason == "maybe paid") == 3
    with store.writing(database) as session:
        assert ends.reopen(session, run_id) == 0
        assert not ends.tally(session, run_id).reasons.keys() & ends.AGAIN


def test_what_was_sent_is_booked_and_asked_again_where_the_catalog_says_so(
    database: Engine, run_id: int
) -> None:
    policy(database, "ask_again")
    (ask, *_) = take(database, run_id, "elsewhere:1:")
    send(database, ask)
    expire(database)
    assert claims.recover(database, run_id, "b:2:") == Recovered(planned=3, asked_again=1)
    micros = ask.estimated_micros
    assert ledger(database) == (micros, 0)
    again = take(database, run_id, "b:2:")
    assert settle(database, run_id, "elsewhere:1:", outcome(ask)) == 0
    assert ledger(database) == (micros, 4 * micros)
    assert settle(database, run_id, "b:2:", outcome(again[0])) == 1


@pytest.mark.parametrize("after_crash", ["give_up", "ask_again"])
def test_a_reply_that_comes_after_all_is_kept_and_its_ask_is_not_asked_again(
    database: Engine, run_id: int, after_crash: str
) -> None:
    """Its process was away for longer than its lease: the machine slept while the request was under way."""
    policy(database, after_crash)
    (ask,) = take(database, run_id, "elsewhere:1:", 1)
    send(database, ask)
    expire(database)
    claims.recover(database, run_id, "b:2:")
    assert ledger(database) == (ask.estimated_micros, 0)
    late = outcome(ask, reply=REPLY)
    with store.writing(database) as session:
        claims.take_back(session, "elsewhere:1:", [late])
    assert ledger(database) == (0, ask.estimated_micros)
    assert ask.id not in {one.id for one in take(database, run_id, "b:2:")}
    assert settle(database, run_id, "elsewhere:1:", late) == 1
    with store.reading(database) as session:
        found = session.get_one(Ask, ask.id)
    assert (found.state, found.reason, found.spent_micros) == ("answered", None, 7)


def test_a_late_reply_takes_nothing_from_who_asks_again(database: Engine, run_id: int) -> None:
    policy(database, "ask_again")
    (ask,) = take(database, run_id, "elsewhere:1:", 1)
    send(database, ask)
    expire(database)
    claims.recover(database, run_id, "b:2:")
    take(database, run_id, "b:2:")
    before = ledger(database)
    with store.writing(database) as session:
        claims.take_back(session, "elsewhere:1:", [outcome(ask, reply=REPLY)])
    assert ledger(database) == before
    assert settle(database, run_id, "elsewhere:1:", outcome(ask, reply=REPLY)) == 0


def test_a_heartbeat_keeps_the_lease(database: Engine, run_id: int) -> None:
    take(database, run_id, "elsewhere:1:")
    expire(database)
    kept = leases.renew(database, claims.held(run_id), "elsewhere:1:")
    assert len(kept) == 4
    assert not claims.recover(database, run_id, "b:2:")


def test_what_another_took_over_is_not_given_back_for_it(database: Engine, run_id: int) -> None:
    asks = take(database, run_id, "elsewhere:1:")
    expire(database)
    claims.recover(database, run_id, "b:2:")
    assert len(take(database, run_id, "b:2:", 3)) == 3
    before = ledger(database)
    claims.release(database, run_id, 1, asks, "elsewhere:1:")
    assert ledger(database) == before
    assert count(database, Ask, Ask.state == AskState.CLAIMED) == 3


def test_a_stored_reply_of_a_dead_process_is_taken_over_by_one_only(database: Engine, run_id: int) -> None:
    (ask, *_) = take(database, run_id, "elsewhere:1:")
    with store.writing(database) as session:
        claims.keep_replies(session, [outcome(ask, reply=REPLY)])
    expire(database)
    recovered = claims.recover(database, run_id, "b:2:")
    stored = recovered.stored
    assert (recovered.planned, [(one.ask.id, one.kept) for one in stored]) == (3, [(ask.id, True)])
    assert not claims.recover(database, run_id, "c:3:")
    assert settle(database, run_id, "c:3:", *stored) == 0
    assert settle(database, run_id, "b:2:", *stored) == 1


def test_what_a_dead_process_kept_in_a_file_is_picked_up_where_it_holds_the_ask_still(
    database: Engine, run_id: int
) -> None:
    ours, theirs = take(database, run_id, "elsewhere:1:", 1) + take(database, run_id, "c:3:", 1)
    send(database, ours, theirs)
    before = ledger(database)
    kept = [outcome(ask, reply=REPLY) for ask in (ours, theirs)]
    picked = claims.pick_up(database, kept, "elsewhere:1:", "b:2:")
    assert [each.ask.id for each in picked] == [ours.id]
    assert ledger(database) == before
    with store.reading(database) as session:
        holders = [session.get_one(Ask, ask.id).claimed_by for ask in (ours, theirs)]
        assert session.exec(select(Reply.ask_id)).all() == [ours.id]
    assert holders == ["b:2:", "c:3:"]


def test_a_reply_that_could_not_be_read_goes_when_its_ask_is_planned_again(
    database: Engine, run_id: int
) -> None:
    (ask, *_) = take(database, run_id, "a:1:")
    failed = outcome(ask, reply=REPLY, reason="unreadable reply")
    with store.writing(database) as session:
        claims.keep_replies(session, [failed])
        claims.settle(session, run_id, [failed])
        assert ends.reopen(session, run_id) == 1
    assert count(database, Reply) == 0


def test_what_was_given_back_is_planned_again_with_its_money(database: Engine, run_id: int) -> None:
    (ask, *rest) = take(database, run_id, "a:1:")
    claims.release(database, run_id, 1, rest, "a:1:")
    settle(database, run_id, "a:1:", outcome(ask, cost=0, booked_micros=0, given_back=True))
    assert ledger(database) == (0, 0)
    assert len(take(database, run_id, "b:2:")) == 4


def test_an_ask_dearer_than_expected_raises_what_is_set_aside_for_the_next(
    database: Engine, run_id: int
) -> None:
    (ask,) = take(database, run_id, "a:1:", 1)
    settle(database, run_id, "a:1:", outcome(ask, cost=ask.estimated_micros + 5))
    assert {one.estimated_micros for one in take(database, run_id, "a:1:")} == {ask.estimated_micros + 5}


@pytest.mark.parametrize("going_on", [True, False])
@pytest.mark.parametrize(("money", "enough"), [(2, True), (1, False)])
def test_another_request_after_what_may_be_paid_needs_the_money_twice_and_is_booked_once(
    database: Engine, run_id: int, money: int, enough: bool, going_on: bool
) -> None:
    (ask,) = take(database, run_id, "a:1:", 1)
    micros = ask.estimated_micros
    budget(database, money * micros)
    send(database, ask)
    payment = Payment()
    for _ in range(2):  # done again, where the word of the first was lost with the connection
        assert claims.set_aside(database, ask, "a:1:", payment, going_on=going_on) is enough
        assert ledger(database) == (micros, micros if enough else 0)


def test_asks_spread_over_a_window_wait_for_their_time(database: Engine, run_id: int) -> None:
    now = datetime.now(UTC)
    with store.writing(database) as session:
        for number, ask in enumerate(session.exec(select(Ask).order_by(col(Ask.id)))):
            ask.not_before = now + timedelta(hours=number)
            session.add(ask)
    assert len(take(database, run_id, "a:1:")) == 1
    batch = claims.claim(database, run_id, 1, me="a:1:", limit=4)
    assert batch.asks == ()
    assert batch.next_in == pytest.approx(3600, abs=900)


def test_a_process_knows_itself_alive_and_another_of_its_number_dead() -> None:
    me = leases.holder()
    assert not leases.is_dead(me)
    machine, pid, started = me.rsplit(":", 2)
    assert leases.is_dead(f"{machine}:{pid}:{int(started or 0) + 1}")
    assert leases.is_dead(f"{machine}:4194303:1")
    assert not leases.is_dead(f"elsewhere:{pid}:1")


def test_a_run_that_has_nothing_left_to_ask_does_not_hide_one_that_has(database: Engine, run_id: int) -> None:
    newer = prepared(database, small_catalog(4, 1, budget=None, engines=("chat",)), key="newer")
    with store.writing(database) as session:
        session.get_one(Run, newer).state = RunState.PARTIAL
        for ask in session.exec(select(Ask).where(Ask.run_id == newer)):
            ask.state, ask.reason = AskState.FAILED, "empty answer"
        session.flush()
        found = latest_open(session, 1)
        assert found is not None
        assert found.id == run_id
        assert not ends.tally(session, newer).can_go_on
        ask.reason = "timeout"
        session.flush()
        assert latest_open(session, 1) == session.get(Run, newer)
        assert ends.tally(session, newer).can_go_on
