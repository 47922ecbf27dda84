"""Who is dead, whose rows a lease still keeps, and who may hold what only one may hold."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from tests.tracker.run.test_jobs import prepared, small_catalog
from tracker import leases, store
from tracker.models import Ask, AskState, Lease

MINUTE = timedelta(minutes=1)


def ended() -> str:
    """A process of this machine that has come to its end, as it called itself."""
    code = "from tracker import leases; print(leases.holder())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_this_process_lives_and_one_that_ended_is_dead() -> None:
    assert not leases.is_dead(leases.holder())
    assert leases.is_dead(ended())


def test_a_number_that_another_process_got_since_is_dead() -> None:
    machine, pid, started = leases.holder().rsplit(":", 2)
    assert leases.is_dead(f"{machine}:{pid}:{int(started) - 1}")
    assert not leases.is_dead(f"{machine}:{pid}:"), "where the system does not say when it began"


def test_of_another_machine_only_the_lease_tells() -> None:
    _, pid, started = ended().rsplit(":", 2)
    assert not leases.is_dead(f"elsewhere:{pid}:{started}")
    assert not leases.is_dead(f"fe80::1/4026531836:{pid}:{started}")


def test_a_machines_name_may_have_colons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_machine", lambda: "fe80::1/4026531836")
    assert not leases.is_dead(leases.holder())
    _, pid, started = ended().rsplit(":", 2)
    assert leases.is_dead(f"fe80::1/4026531836:{pid}:{started}")


def test_a_renewed_lease_lasts_from_now_and_only_ones_own_are_renewed(database: Engine) -> None:
    run_id = prepared(database, small_catalog(2, 1, engines=("chat",)))
    past = datetime(2026, 1, 1, tzinfo=UTC)
    with store.writing(database) as session:
        mine, another = session.exec(select(Ask).order_by(col(Ask.id)))
        key = mine.id
        for ask, whose in ((mine, "me"), (another, "another")):
            ask.state, ask.claimed_by, ask.lease_until = AskState.CLAIMED, whose, past
    held = leases.Held(Ask, {"run_id": run_id})
    assert leases.renew(database, held, "me") == {key}
    with store.reading(database) as session:
        until = {ask.claimed_by: ask.lease_until for ask in session.exec(select(Ask))}
        moment = leases.now(session)
    assert until["another"] == past
    assert until["me"] is not None
    assert moment < until["me"] <= moment + leases.LEASE


def test_a_thing_has_one_holder_until_its_lease_ends_or_it_is_given_back(database: Engine) -> None:
    me = leases.holder()
    other = f"elsewhere:{os.getpid()}:1"
    assert leases.take(database, "clock", other, MINUTE)
    assert not leases.take(database, "clock", me, MINUTE)
    assert leases.take(database, "another clock", me, MINUTE)
    leases.drop(database, "clock", me)
    assert not leases.take(database, "clock", me, MINUTE), "only its holder gives it back"
    leases.drop(database, "clock", other)
    assert leases.take(database, "clock", me, MINUTE)
    with store.reading(database) as session:
        lease = session.exec(select(Lease).where(Lease.name == "clock")).one()
        moment = leases.now(session)
    assert lease.holder == me
    assert moment < lease.until <= moment + MINUTE


def test_what_a_dead_process_holds_is_free(database: Engine) -> None:
    assert leases.take(database, "clock", ended(), MINUTE)
    assert leases.take(database, "clock", leases.holder(), MINUTE)


def test_what_is_held_for_no_time_is_free(database: Engine) -> None:
    assert leases.take(database, "clock", "elsewhere:1:1", -MINUTE)
    assert leases.take(database, "clock", leases.holder(), MINUTE)
