"""What was computed: one at a time computes, the newest result stays, and the dead hold nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, update
from sqlmodel import select

from tracker import computed, leases, store
from tracker.models import Computed

KEY = (1, "key")


def claim(database: Engine, me: str, version: str = "v1") -> bool:
    return computed.claim(database, *KEY, "lift", version, me)


def keep(database: Engine, me: str, version: str = "v1", body: bytes = b"body") -> bool:
    return computed.keep(database, *KEY, me, version=version, body=body, seconds=2.0)


def another() -> str:
    """A process that lives elsewhere."""
    return "another-host:1:1"


def test_one_of_two_computes(database: Engine) -> None:
    assert computed.newest(database, *KEY) is None
    assert claim(database, leases.holder())
    assert not claim(database, another())
    assert keep(database, leases.holder())
    found = computed.newest(database, *KEY)
    assert found is not None
    assert (found.version, found.body, found.seconds) == ("v1", b"body", 2.0)
    assert not claim(database, another()), "there is nothing to compute"
    assert claim(database, another(), "v2")


def test_of_many_who_ask_at_once_one_computes(database: Engine) -> None:
    ready, won = Barrier(6), []

    def asks(number: int) -> None:
        ready.wait()
        if claim(database, f"host-{number}:1:1"):
            won.append(number)

    threads = [Thread(target=asks, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_the_older_result_stands_until_the_newer_one_is_there(database: Engine) -> None:
    assert claim(database, leases.holder())
    keep(database, leases.holder())
    assert claim(database, another(), "v2")
    older = computed.newest(database, *KEY)
    assert older is not None
    assert older.version == "v1" == computed.version_of(database, *KEY)
    assert keep(database, another(), "v2", b"newer")
    newer = computed.newest(database, *KEY)
    assert newer is not None
    assert newer.body == b"newer"


def dead() -> str:
    """The name of a process of this machine that has ended."""
    program = "from tracker import leases; print(leases.holder())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("why", ["its process is dead", "its lease is over"])
def test_another_takes_over_and_what_the_first_brings_later_does_not_count(
    database: Engine, why: str
) -> None:
    first = dead() if why == "its process is dead" else another()
    assert claim(database, first)
    if why == "its lease is over":
        with store.writing(database) as session:
            past = leases.now(session) - timedelta(seconds=1)
            session.connection().execute(update(Computed).values(lease_until=past))
    assert computed.going(database, *KEY) is None
    assert claim(database, leases.holder())
    assert not computed.tell(database, *KEY, first)
    assert not keep(database, first, body=b"late")
    assert computed.newest(database, *KEY) is None
    assert keep(database, leases.holder())


def test_how_far_it_is_is_told_with_what_it_took_before(database: Engine) -> None:
    me = leases.holder()
    claim(database, me)
    keep(database, me)
    assert computed.going(database, *KEY) is None
    claim(database, me, "v2")
    assert computed.tell(database, *KEY, me, "comparing")
    going = computed.going(database, *KEY)
    assert going is not None
    assert (going.step, going.last) == ("comparing", 2.0)
    assert 0 <= going.seconds < 60
    computed.give_up(database, *KEY, me)
    assert computed.going(database, *KEY) is None
    assert computed.version_of(database, *KEY) == "v1"


def test_only_the_newest_results_are_kept(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed, "MOST", 3)
    me = leases.holder()
    for number in range(6):
        place = (database, 1, f"key {number}")
        computed.claim(*place, "lift", "v1", me)
        computed.keep(*place, me, version="v1", body=b"", seconds=0)
    with store.reading(database) as session:
        kept = set(session.exec(select(Computed.key)).all())
    assert kept == {"key 3", "key 4", "key 5"}
