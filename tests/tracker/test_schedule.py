"""The clock: crontab's meaning, each due moment taken care of once, one clock at a time, nothing lost at its
end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func
from sqlmodel import col, select

from tests.bench import clock as clock_of
from tests.shared import ROOT
from tests.tracker.run.test_jobs import under_way
from tracker import audit, leases, schedule, store
from tracker.errors import CiteliftError, UsageError
from tracker.models import Answer, Ask, Firing, Lease, Run, Schedule, Workspace
from tracker.schedule import Clock, latest_due, take_care, trigger

NOW = datetime(2026, 6, 10, 12, 0, 30, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")


def due(cron: str, start: str, count: int, zone: str = "UTC") -> list[str]:
    clock = trigger(cron, zone)
    moment = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    found = []
    for _ in range(count):
        following = clock.get_next_fire_time(moment, moment + timedelta(microseconds=1))
        assert following is not None
        found.append(f"{following:%a %m-%d %H:%M}")
        moment = following
    return found


# 2026-06-07 is a Sunday.
@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [
        ("0", "Sun"),
        ("7", "Sun"),
        ("1", "Mon"),
        ("6", "Sat"),
        ("sun", "Sun"),
        ("MON", "Mon"),
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("mon-fri", "Mon Tue Wed Thu Fri"),
        ("0-2", "Sun Mon Tue"),
        ("0-0", "Sun"),
        ("5-7", "Sun Fri Sat"),
        ("6-7", "Sun Sat"),
        ("fri-sun", "Sun Fri Sat"),
        ("0,3", "Sun Wed"),
        ("7,0", "Sun"),
        ("1-5/2", "Mon Wed Fri"),
        ("mon-fri/2", "Mon Wed Fri"),
        ("*/2", "Sun Tue Thu Sat"),
        ("0-6/3", "Sun Wed Sat"),
        ("0-6", "Sun Mon Tue Wed Thu Fri Sat"),
        ("0-7", "Sun Mon Tue Wed Thu Fri Sat"),
        ("1-7", "Sun Mon Tue Wed Thu Fri Sat"),
        ("*", "Sun Mon Tue Wed Thu Fri Sat"),
    ],
)
def test_weekdays_are_crons_and_count_from_sunday(weekdays: str, expected: str) -> None:
    days = expected.split()
    found = due(f"0 6 * * {weekdays}", "2026-06-07T00:00", len(days))
    assert [each.split()[0] for each in found] == days
    assert all(each.endswith("06:00") for each in found)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 6 * * *", ["Sun 06-07 06:30", "Mon 06-08 06:30"]),
        ("*/20 6-7 * * *", ["Sun 06-07 06:00", "Sun 06-07 06:20", "Sun 06-07 06:40", "Sun 06-07 07:00"]),
        ("5/25 6 * * *", ["Sun 06-07 06:05", "Sun 06-07 06:30", "Sun 06-07 06:55", "Mon 06-08 06:05"]),
        ("0 0 1 jan,jul *", ["Wed 07-01 00:00", "Fri 01-01 00:00"]),
        ("0 0 1 oct-dec/2 *", ["Thu 10-01 00:00", "Tue 12-01 00:00"]),
        ("0 6 9 * mon", ["Mon 06-08 06:00", "Tue 06-09 06:00", "Mon 06-15 06:00"]),
        ("0 6 */9 * mon", ["Mon 08-10 06:00"]),
    ],
)
def test_every_field_means_what_crontab_says(cron: str, expected: list[str]) -> None:
    assert due(cron, "2026-06-07T00:00", len(expected)) == expected


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "hourly",
        "@daily",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "* * * * 5-1",
        "* * * * 1/0",
        "*/0 * * * *",
        "* * * * mo",
        "* * * * mon#1",
        "-1 * * * *",
        "1- * * * *",
        "1,,2 * * * *",
        "5-1 * * * *",
        "* * * janx *",
        "* * L * *",
        "1;2 * * * *",
    ],
)
def test_what_is_no_cron_expression_is_refused(cron: str) -> None:
    with pytest.raises(UsageError, match="not a cron expression") as refusal:
        trigger(cron, "UTC")
    assert "five fields" in refusal.value.hint


@pytest.mark.parametrize(
    "zone", ["Berlin", "", "Europe/Atlantis", "../etc/passwd", "CET+9x", "/UTC", "Europe"]
)
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="unknown time zone"):
        trigger("0 6 * * 1", zone)


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        # 2026-03-29: 02:00–03:00 does not exist; 2026-10-25: 02:00–03:00 happens twice.
        ("30 2 * * *", "2026-03-28T12:00", ["Sun 03-29 03:30", "Mon 03-30 02:30"]),
        ("30 2,3 * * *", "2026-03-28T12:00", ["Sun 03-29 03:30", "Mon 03-30 02:30"]),
        ("30 2 * * *", "2026-10-24T12:00", ["Sun 10-25 02:30", "Mon 10-26 02:30"]),
        ("*/30 2 * * *", "2026-10-24T12:00", ["Sun 10-25 02:00", "Sun 10-25 02:30", "Mon 10-26 02:00"]),
        ("0 * * * *", "2026-10-25T01:30", ["Sun 10-25 02:00", "Sun 10-25 02:00", "Sun 10-25 03:00"]),
        ("0 * * * *", "2026-03-29T00:30", ["Sun 03-29 01:00", "Sun 03-29 03:00", "Sun 03-29 04:00"]),
        ("0 6 * * *", "2026-03-28T12:00", ["Sun 03-29 06:00", "Mon 03-30 06:00"]),
    ],
)
def test_a_clock_change_neither_skips_nor_doubles_a_fixed_hour(
    cron: str, start: str, expected: list[str]
) -> None:
    assert due(cron, start, len(expected), "Europe/Berlin") == expected


def a_schedule(cron: str, last: datetime | None, zone: str = "UTC") -> Schedule:
    return Schedule(workspace_id=1, name="s", kind="run", cron=cron, timezone=zone, last_due_at=last)


@pytest.mark.parametrize(
    ("cron", "away", "expected"),
    [
        ("* * * * *", timedelta(seconds=20), None),
        ("* * * * *", timedelta(seconds=31), datetime(2026, 6, 10, 12, 0, tzinfo=UTC)),
        ("* * * * *", timedelta(days=390), datetime(2026, 6, 10, 12, 0, tzinfo=UTC)),
        ("0 6 * * 1", timedelta(days=1), None),
        ("0 6 * * 1", timedelta(days=30), datetime(2026, 6, 8, 6, 0, tzinfo=UTC)),
        ("0 6 1 1 *", timedelta(days=200), datetime(2026, 1, 1, 6, 0, tzinfo=UTC)),
        ("0 6 29 2 *", timedelta(days=3_000), None),
    ],
)
def test_what_was_missed_is_one_firing_the_latest(
    cron: str, away: timedelta, expected: datetime | None
) -> None:
    began = time.process_time()
    assert latest_due(a_schedule(cron, NOW - away), NOW) == expected
    assert time.process_time() - began < 5


def test_a_moment_taken_care_of_is_not_due_again() -> None:
    last = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
    assert latest_due(a_schedule("0 * * * *", last), NOW) is None
    assert latest_due(a_schedule("0 * * * *", last - timedelta(microseconds=1)), NOW) == last
    assert latest_due(a_schedule("0 * * * *", None), NOW) is None


def test_dst_moments_are_caught_up_once() -> None:
    autumn = a_schedule("30 2 * * *", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Berlin")
    assert latest_due(autumn, datetime(2026, 10, 25, 12, tzinfo=UTC)) is None
    spring = a_schedule("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), "Europe/Berlin")
    assert latest_due(spring, datetime(2026, 3, 29, 12, tzinfo=UTC)) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


# --- firings
# --------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(database: Engine) -> Engine:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
    return database


def add(database: Engine, cron: str = "* * * * *", now: datetime = NOW, **more: str) -> None:
    given = {"name": "s", "kind": "run", "timezone": "UTC", "catalog": "prompts"} | more
    with store.writing(database) as session:
        schedule.add(session, 1, cron=cron, now=now, who="ana", **given)  # type: ignore[arg-type]


def firings(database: Engine) -> list[Firing]:
    with store.reading(database) as session:
        return list(session.exec(select(Firing).order_by(col(Firing.due_at))))


def the_schedule(database: Engine) -> Schedule:
    with store.reading(database) as session:
        return session.exec(select(Schedule)).one()


def a_clock(database: Engine, act: Callable[..., str], **more: object) -> Clock:
    actions = {"run": act, "report": act}
    return Clock(database, actions, threading.Event(), waits=(0.01, 0.01), **more)  # type: ignore[arg-type]


def test_a_due_moment_is_acted_on_once_with_its_outcome_kept(held: Engine) -> None:
    add(held, now=NOW - timedelta(hours=1))
    seen: list[datetime] = []
    clock = a_clock(held, lambda what, at, stop: seen.append(at) or "fine")
    number = the_schedule(held).id or 0
    assert take_care(clock, number, NOW) == "fine"
    assert take_care(clock, number, NOW) is None
    assert seen == [datetime(2026, 6, 10, 12, 0, tzinfo=UTC)]
    (row,) = firings(held)
    assert (row.outcome, row.started_at, row.ended_at is not None) == ("fine", NOW, True)


def test_two_clocks_at_one_moment_make_one_firing(held: Engine) -> None:
    add(held, now=NOW - timedelta(hours=1))
    number = the_schedule(held).id or 0
    together = threading.Barrier(2)

    def work(_: int) -> None:
        clock = a_clock(held, lambda what, at, stop: "fine")
        together.wait()
        take_care(clock, number, NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert len(firings(held)) == 1


def test_a_firing_that_was_cut_off_goes_on_first_and_then_what_fell_due_meanwhile(held: Engine) -> None:
    add(held, "0 * * * *", now=NOW - timedelta(hours=3))
    number = the_schedule(held).id or 0

    def killed(what: Schedule, at: datetime, stop: threading.Event) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_care(a_clock(held, killed), number, NOW - timedelta(hours=2))
    seen: list[datetime] = []
    take_care(a_clock(held, lambda what, at, stop: seen.append(at) or "fine"), number, NOW)
    assert seen == [NOW.replace(hour=10, second=0), NOW.replace(hour=12, second=0)]
    assert [row.outcome for row in firings(held)] == ["fine", "fine"]


def test_a_firing_that_is_stopped_stays_open_for_the_next_clock(held: Engine) -> None:
    add(held, now=NOW - timedelta(hours=1))
    number = the_schedule(held).id or 0
    take_care(a_clock(held, lambda what, at, stop: stop.set() or "cut short"), number, NOW)
    assert [row.ended_at for row in firings(held)] == [None]
    assert take_care(a_clock(held, lambda what, at, stop: "fine"), number, NOW) == "fine"
    assert [row.outcome for row in firings(held)] == ["fine"]


def test_a_firing_that_fails_is_tried_again_and_says_so(held: Engine) -> None:
    add(held, now=NOW - timedelta(hours=1))
    tries: list[int] = []
    news: list[str] = []

    def fails_once(what: Schedule, at: datetime, stop: threading.Event) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise CiteliftError("the disk is full", "make room")
        return "fine"

    clock = a_clock(held, fails_once, on_state=news.append)
    assert take_care(clock, the_schedule(held).id or 0, NOW) == "fine"
    assert [row.outcome for row in firings(held)] == ["fine"]
    assert any("the disk is full; trying again" in line for line in news)


def test_a_failed_action_is_an_outcome_and_the_next_firing_comes(held: Engine) -> None:
    add(held, "0 * * * *", now=NOW - timedelta(hours=1))
    number = the_schedule(held).id or 0

    def fails(what: Schedule, at: datetime, stop: threading.Event) -> str:
        raise CiteliftError("the disk is full", "make room")

    assert take_care(a_clock(held, fails), number, NOW) == "failed 3 times: the disk is full"
    later = NOW + timedelta(hours=1)
    assert take_care(a_clock(held, lambda what, at, stop: "x" * 900), number, later) is not None
    assert [row.outcome for row in firings(held)] == ["failed 3 times: the disk is full", "x" * 500]


def test_a_fault_of_the_program_costs_no_firing_its_week(sqlite_database: Engine) -> None:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
    add(sqlite_database, "0 0 1 1 *", now=datetime.now(UTC) - timedelta(days=400))
    tries: list[int] = []
    news: list[str] = []

    def fails_once(what: Schedule, at: datetime, stop: threading.Event) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError("nobody thought of that")
        return "fine"

    clock = a_clock(sqlite_database, fails_once, on_state=news.append, reload_seconds=0.05)
    with in_a_thread(clock):
        until(lambda: [row.outcome for row in firings(sqlite_database)] == ["fine"])
    fault = "schedule-1 failed: ZeroDivisionError: nobody thought of that; trying again in 0 s"
    assert fault in news


def test_a_removed_schedule_fires_no_more_and_its_open_firing_is_given_up(held: Engine) -> None:
    add(held, now=NOW - timedelta(hours=1))
    number = the_schedule(held).id or 0
    take_care(a_clock(held, lambda what, at, stop: stop.set() or ""), number, NOW)
    with store.writing(held) as session:
        schedule.remove(session, 1, "s", now=NOW, who="ana")
    never = a_clock(held, lambda what, at, stop: pytest.fail("it was removed"))
    assert take_care(never, number, NOW + timedelta(days=1)) is None
    assert [row.outcome for row in firings(held)] == ["given up: the schedule was removed"]
    with store.writing(held) as session, pytest.raises(UsageError, match="there is no schedule 's'"):
        schedule.remove(session, 1, "s", now=NOW, who="ana")
    add(held, now=NOW + timedelta(days=1))
    assert take_care(never, number, NOW + timedelta(days=1)) is None


def test_who_changed_a_schedule_is_written_down(held: Engine) -> None:
    add(held)
    add(held)
    add(held, cron="0 6 * * 1")
    with store.writing(held) as session:
        schedule.remove(session, 1, "s", now=NOW, who="bea")
    with store.reading(held) as session:
        told = [(e.who, e.what, e.subject, e.before, e.after) for e in audit.changes(session, 1, 9)][::-1]
    whole = {"kind": "run", "cron": "* * * * *", "timezone": "UTC", "catalog": "prompts", "options": {}}
    assert told == [
        ("ana", "schedule added", "s", None, whole),
        ("ana", "schedule changed", "s", {"cron": "* * * * *"}, {"cron": "0 6 * * 1"}),
        ("bea", "schedule removed", "s", whole | {"cron": "0 6 * * 1"}, None),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "dance"}, "unknown kind 'dance'"),
        ({"cron": "0 0 30 2 *"}, "never due"),
        ({"cron": "nonsense"}, "not a cron expression"),
        ({"timezone": "Mars/Olympus"}, "unknown time zone"),
    ],
)
def test_a_schedule_that_could_not_fire_is_not_stored(
    sqlite_database: Engine, given: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        add(sqlite_database, **given)
    with store.reading(sqlite_database) as session:
        assert session.exec(select(Schedule)).all() == []


# --- the lease
# ------------------------------------------------------------------------------------------------------


def test_the_lease_has_one_holder_until_it_ends_or_the_holder_dies(database: Engine) -> None:
    living, other = leases.holder(), "elsewhere:1:1"
    assert take_clock(database, living)
    assert take_clock(database, living)
    assert not take_clock(database, other)
    lease_until(database, living, timedelta(seconds=-1))
    assert take_clock(database, other)
    assert not take_clock(database, living)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    lease_until(database, living.rsplit(":", 2)[0] + f":{dead.pid}:1", timedelta(days=1))
    assert take_clock(database, living)


def take_clock(database: Engine, me: str) -> bool:
    return leases.take(database, schedule.CLOCK, me, schedule.LEASE)


def lease_until(database: Engine, holder: str, wait: timedelta) -> None:
    with store.writing(database) as session:
        lease = session.exec(select(Lease)).one()
        lease.holder, lease.until = holder, leases.now(session) + wait
        session.add(lease)


@contextmanager
def in_a_thread(clock: Clock) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=schedule.serve, args=(clock,))
    thread.start()
    try:
        yield thread
    finally:
        clock.stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_schedule_added_or_edited_while_serving_takes_effect_and_a_removed_one_stops(held: Engine) -> None:
    seen: list[str] = []
    clock = a_clock(held, lambda what, at, stop: seen.append(what.cron) or "fine", reload_seconds=0.05)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with in_a_thread(clock):
        add(held, "0 0 1 1 *", now=hour_ago)
        time.sleep(0.3)
        assert seen == []
        add(held, "*/2 * * * *", now=hour_ago)
        until(lambda: seen == ["*/2 * * * *"])
        with store.writing(held) as session:
            schedule.remove(session, 1, "s", now=datetime.now(UTC), who="ana")
        with store.writing(held) as session:
            row = session.exec(select(Schedule)).one()
            row.cron, row.last_due_at = "* * * * *", hour_ago
            session.add(row)
        time.sleep(0.3)
        assert len(seen) == 1


def test_a_schedule_never_runs_beside_itself_and_four_long_ones_do_not_cost_the_lease(
    sqlite_database: Engine,
) -> None:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    for name in "abcde":
        add(sqlite_database, "* * * * *", now=hour_ago, name=name)
    working: list[str] = []
    free = threading.Event()

    def long(what: Schedule, at: datetime, stop: threading.Event) -> str:
        working.append(what.name)
        free.wait(10)
        return "fine"

    clock = a_clock(sqlite_database, long, reload_seconds=0.05, lease_seconds=0.05)
    with in_a_thread(clock):
        until(lambda: len(working) == 4)
        add(sqlite_database, "*/1 * * * *", now=hour_ago, name=working[0])

        def until_when() -> datetime:
            with store.reading(sqlite_database) as session:
                return session.exec(select(Lease.until)).one()

        before = until_when()
        until(lambda: until_when() > before)
        time.sleep(0.2)
        assert len(working) == len(set(working)) == 4
        free.set()
        until(lambda: set(working) == set("abcde"))


def test_a_clock_that_is_taken_over_ends_its_work_and_waits(held: Engine) -> None:
    add(held, now=datetime.now(UTC) - timedelta(hours=1))
    words: list[str] = []
    cut: list[bool] = []

    def long(what: Schedule, at: datetime, stop: threading.Event) -> str:
        cut.append(stop.wait(10))
        return "fine"

    clock = a_clock(
        held, long, reload_seconds=0.05, lease_seconds=0.05, retry_seconds=0.05, on_state=words.append
    )
    with in_a_thread(clock):
        until(lambda: firings(held))
        with store.writing(held) as session:
            lease = session.exec(select(Lease)).one()
            lease.holder, lease.until = "elsewhere:1:1", datetime.now(UTC) + timedelta(minutes=5)
            session.add(lease)
        until(lambda: any(line.startswith("another") for line in words))
        assert cut == [True]
        assert not clock.stop.is_set()
        assert [row.ended_at for row in firings(held)] == [None]
    assert words[1].startswith("s: run of ")
    assert [line for line in words if not line.startswith("s: ")][:3] == [
        "the clock is running",
        "the clock is stopped",
        "another citelift serve holds this database's clock; waiting for it to end",
    ]
    with store.reading(held) as session:
        assert session.exec(select(Lease.holder)).one() == "elsewhere:1:1"


# --- real processes
# -------------------------------------------------------------------------------------------------


class Serving:
    """A real `citelift serve`, its words in a file."""

    def __init__(self, url: str, folder: Path, name: str = "one", *flags: str, **environment: str) -> None:
        self.words = folder / f"{name}.txt"
        program = "from dashboard.command import main; main()"
        command = [sys.executable, "-c", program, "serve", "--database", url]
        with self.words.open("w") as file:
            self.process = subprocess.Popen(
                [*command, "--reports", str(folder / "reports"), *flags],
                stdout=file,
                stderr=file,
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            )

    def says(self, text: str) -> bool:
        assert self.process.poll() is None, self.words.read_text()
        return text in self.words.read_text()

    def ends(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    started: list[Serving] = []

    def start(url: str, name: str = "one", **environment: str) -> Serving:
        started.append(Serving(url, tmp_path, name, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def lease_is_free(database: Engine) -> bool:
    with store.reading(database) as session:
        return session.exec(select(Lease.until)).one() < datetime.now(UTC)


def until_it_says(serve: Serving, text: str) -> None:
    until(lambda: serve.says(text))


def test_serve_ends_cleanly_when_interrupted_and_gives_the_clock_back(
    database: Engine, database_url: str, serving: Callable[..., Serving]
) -> None:
    one = serving(database_url)
    until_it_says(one, "the clock is running")
    assert not lease_is_free(database)
    assert one.ends(signal.SIGINT) == 0
    assert "the clock is stopped" in one.words.read_text()
    assert lease_is_free(database)


def test_a_second_serve_waits_and_takes_over_from_one_that_ends_or_dies(
    database: Engine, database_url: str, serving: Callable[..., Serving]
) -> None:
    running = serving(database_url)
    until_it_says(running, "the clock is running")
    for number in (signal.SIGTERM, signal.SIGKILL):
        waiting = serving(database_url, f"after {number}")
        until_it_says(waiting, "waiting for it to end")
        assert not waiting.says("the clock is running")
        assert running.ends(number) == (0 if number == signal.SIGTERM else -number)
        until_it_says(waiting, "the clock is running")
        running = waiting
    assert running.ends(signal.SIGTERM) == 0
    assert lease_is_free(database)


def test_a_serve_that_waits_ends_when_told_to(
    sqlite_database: Engine, tmp_path: Path, serving: Callable[..., Serving]
) -> None:
    assert leases.take(sqlite_database, schedule.CLOCK, "elsewhere:1:1", timedelta(hours=1))
    one = serving(f"sqlite:///{tmp_path / 'citelift.db'}")
    until_it_says(one, "waiting for it to end")
    assert one.ends(signal.SIGTERM) == 0


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler, for a clock that can be set")
def test_what_fell_due_while_the_machine_slept_is_done_when_it_wakes(
    tmp_path: Path, sqlite_database: Engine, serving: Callable[..., Serving]
) -> None:
    """Its clock is set on by a week; what counts the seconds of waiting stood still."""
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
    add(sqlite_database, "0 6 * * 1", datetime.now(UTC), kind="report", catalog=str(tmp_path))
    now = clock_of.made_in(tmp_path)
    one = serving(f"sqlite:///{tmp_path / 'citelift.db'}", **now.environment)
    until(lambda: one.says("the clock is running"), 60)
    assert firings(sqlite_database) == []
    now.set(timedelta(days=7))
    until(lambda: ended(sqlite_database), 60)
    (row,) = firings(sqlite_database)
    assert row.outcome.startswith("no report")
    assert timedelta() < row.due_at - datetime.now(UTC) <= timedelta(days=7)


def a_catalog(folder: Path, prompts: int, repeats: int, model: str = "sandbox/chat") -> Path:
    folder.mkdir()
    brands = "workspace: w\nbrands:\n  - {name: Norvane, domains: [norvane.com], own: true}\n"
    (folder / "brands.yaml").write_text(brands + "  - {name: Quellby, domains: [quellby.com]}\n")
    asked = "".join(
        f"  - {{text: 'What is the best CRM for team {n}?', topic: crm}}\n" for n in range(prompts)
    )
    (folder / "tracked.yaml").write_text(f"prompts:\n{asked}")
    (folder / "engines.yaml").write_text(
        f"engines:\n  - {{name: chat, model: {model}, repeats: {repeats}}}\n"
    )
    return folder


def count(database: Engine, table: type) -> int:
    with store.reading(database) as session:
        return session.exec(select(func.count()).select_from(table)).one()


def until_more_is_answered(database: Engine) -> None:
    answered = count(database, Answer)
    until(lambda: count(database, Answer) >= answered + 3, 120)


def ended(database: Engine) -> bool:
    return any(row.ended_at for row in firings(database))


def test_a_scheduled_run_that_is_cut_off_and_then_killed_is_finished_by_the_next_serve(
    tmp_path: Path, sqlite_database: Engine, serving: Callable[..., Serving]
) -> None:
    with store.writing(sqlite_database) as session:
        session.add(Workspace(id=1, name="w"))
    folder = a_catalog(tmp_path / "prompts", 30, 4)
    add(sqlite_database, "0 * * * *", datetime.now(UTC) - timedelta(hours=2), catalog=str(folder))
    url = f"sqlite:///{tmp_path / 'citelift.db'}"
    flew = []
    for number in (signal.SIGTERM, signal.SIGKILL):
        cut = serving(url, str(number), CITELIFT_RPM="300")
        until_more_is_answered(sqlite_database)
        cut.ends(number)
        flew.append(under_way(sqlite_database))
        assert count(sqlite_database, Answer) < 120
        assert not ended(sqlite_database)
    serving(url, "last")
    until(lambda: ended(sqlite_database), 120)
    (row,) = firings(sqlite_database)
    given_up = count(sqlite_database, Ask) - count(sqlite_database, Answer)
    assert flew == [0, given_up]
    assert row.outcome == ("run 1 done" if not given_up else f"run 1 partial: {given_up} maybe paid")
    with store.reading(sqlite_database) as session:
        run = session.exec(select(Run)).one()
        assert run.key == f"1:schedule:1:{row.due_at.isoformat()}"
        assert run.asked_for == row.due_at
    assert count(sqlite_database, Ask) == 120


def test_a_scheduled_run_stores_answers_and_what_cannot_run_says_why(
    tmp_path: Path, database: Engine, database_url: str, serving: Callable[..., Serving]
) -> None:
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="w"))
    hour_ago = datetime.now(UTC) - timedelta(hours=1, minutes=1)
    folder = a_catalog(tmp_path / "prompts", 4, 1)
    real = a_catalog(tmp_path / "real", 1, 1, "openai/gpt-4o-mini")
    other = a_catalog(tmp_path / "other", 1, 1)
    (other / "brands.yaml").write_text(
        "workspace: x\nbrands: [{name: Else, domains: [else.com], own: true}]\n"
    )
    add(database, "0 * * * *", hour_ago, name="keyless", catalog=str(real))
    one = serving(database_url)
    until(lambda: one.says("keyless: not run: keys are missing: OPENAI_API_KEY"), 120)
    add(database, "0 * * * *", hour_ago, name="good", catalog=str(folder))
    until(lambda: one.says("good: run 1 done"), 120)
    add(database, "0 * * * *", hour_ago, name="mixing", catalog=str(real))
    add(database, "0 * * * *", hour_ago, name="gone", catalog=str(tmp_path / "nowhere"))
    add(database, "0 * * * *", hour_ago, name="foreign", catalog=str(other))
    until(lambda: len(firings(database)) == 5 and all(row.ended_at for row in firings(database)), 120)
    assert one.ends(signal.SIGTERM) == 0
    said = one.words.read_text()
    assert "mixing: not run: workspace w holds simulated answers" in said
    assert "foreign: not run:" in said
    assert "is now the catalog of another workspace, x" in said
    assert "gone: not run:" in said
    assert count(database, Answer) == 4
    assert count(database, Run) == 1
