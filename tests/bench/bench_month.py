"""`citelift serve` and its standby over a month of weekly runs and reports, PostgreSQL restarted in each run.

python -m tests.bench.bench_month [weeks=5]

The month passes in minutes: the clock of both processes is set on by a day, or to what is due next (`clock`;
needs a C compiler). PostgreSQL keeps its own, as on another host. In the third week the process that holds
the clock is ended, and the standby takes over.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from tests.bench import clock
from tests.bench.bench_deaths import away, fresh, server
from tests.tracker.test_schedule import Serving, a_catalog
from tracker import schedule, store
from tracker.models import Answer, Ask, Firing, Reply, Run, Schedule, Workspace

RUN_AT, REPORT_AT = timedelta(hours=6), timedelta(hours=9)
PROMPTS, REPEATS, RPM = 30, 2, 180
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  \S")


class Month:
    def __init__(self, folder: Path, running: Any, address: str) -> None:
        self.folder, self.running, self.address = folder, running, address
        self.database = store.open_database(address)
        self.clock = clock.made_in(folder)
        self.ahead = timedelta()
        self.set(datetime.now(UTC))
        self.both = [self.serving("one"), self.serving("two")]

    def serving(self, name: str) -> Serving:
        log = {"CITELIFT_LOG": str(self.folder / f"{name}.jsonl"), "CITELIFT_RPM": str(RPM)}
        return Serving(self.address, self.folder, name, **self.clock.environment, **log)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, moment: datetime) -> None:
        self.ahead = moment - datetime.now(UTC)
        self.clock.set(self.ahead)

    def firing(self, kind: str, due: datetime) -> Firing | None:
        with store.reading(self.database) as session:
            found = select(Firing).join(Schedule, col(Schedule.id) == Firing.schedule_id)
            return session.exec(found.where(Schedule.kind == kind, Firing.due_at == due)).first()

    def ended(self, kind: str, due: datetime) -> bool:
        row = self.firing(kind, due)
        return row is not None and row.ended_at is not None

    def answers(self) -> int:
        with store.reading(self.database) as session:
            return session.exec(select(func.count()).select_from(Answer)).one()

    def week(self, monday: datetime, number: int) -> None:
        before = self.answers()
        self.set(monday + RUN_AT + timedelta(seconds=1))
        until(lambda: self.answers() >= before + 5)
        self.database.dispose()
        away(self.running, ("fast", "immediate")[number % 2], 8)
        until(lambda: self.ended("run", monday + RUN_AT))
        self.set(monday + REPORT_AT + timedelta(seconds=1))
        until(lambda: self.ended("report", monday + REPORT_AT))
        if number == 2:
            end(self.both[0])
            until(lambda: self.both[1].says("the clock is running"))
            self.both[0] = self.serving("three")
            until(lambda: self.both[0].words.read_text())  # before that, SIGTERM finds no handler
        while self.now() < monday + timedelta(days=6):
            self.set(self.now() + DAY)
            time.sleep(0.5)


def end(serving: Serving) -> None:
    began = time.monotonic()
    serving.process.send_signal(signal.SIGTERM)
    code = serving.process.wait(120)
    assert code == 0, f"{code}: {serving.words.read_text()[-2_000:]}"
    print(f"  {serving.words.stem} ended {time.monotonic() - began:.1f} s after SIGTERM", flush=True)


def until(what: Callable[[], object], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def month(weeks: int, running: Any) -> None:
    with TemporaryDirectory() as name, fresh("postgresql", running) as address:
        this = Month(Path(name), running, address)
        catalog = a_catalog(this.folder / "prompts", PROMPTS, REPEATS)
        monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        monday += timedelta(days=7 - monday.weekday())
        with store.writing(this.database) as session:
            session.add(Workspace(id=1, name="w"))
            session.flush()
            for kind, cron in (("run", "0 6 * * 1"), ("report", "0 9 * * 1")):
                more = {"timezone": "UTC", "catalog": str(catalog), "now": datetime.now(UTC), "who": "bench"}
                schedule.add(session, 1, name=f"weekly {kind}", kind=kind, cron=cron, **more)  # type: ignore[arg-type]
        until(lambda: any(each.says("the clock is running") for each in this.both))
        if this.both[1].says("the clock is running"):
            this.both.reverse()
        try:
            mondays = [monday + timedelta(days=7 * number) for number in range(weeks)]
            for number, each in enumerate(mondays):
                this.week(each, number)
            for one in this.both:
                end(one)
        finally:
            for one in this.both:
                one.process.kill()
        show(this, mondays)
        this.database.dispose()


def show(this: Month, mondays: list[datetime]) -> None:
    with store.reading(this.database) as session:
        firings = session.exec(select(Firing).order_by(col(Firing.due_at))).all()
        asks, attempts = session.exec(select(func.count(), func.sum(Ask.attempts))).one()
        states = dict(session.exec(select(Ask.state, func.count()).group_by(Ask.state)).all())
        stored = session.exec(select(func.count()).select_from(Reply)).one()
        runs = session.exec(select(func.count()).select_from(Run)).one()
    for firing in firings:
        print(f"  {firing.due_at:%a %Y-%m-%d %H:%M}: {(firing.outcome or 'never ended')[:90]}")
    words = [line for path in sorted(this.folder.glob("*.txt")) for line in path.read_text().splitlines()]
    log = [line for path in sorted(this.folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    again = sum("trying again" in line for line in words)
    away_lines = sum("away" in line for line in words)
    said = f"{again} say that a firing is tried again, {away_lines} that the database is away"
    print(
        f"month: {len(firings)} firings of {2 * len(mondays)} due, {runs} runs, {asks} asks {states},"
        f" {stored} stored, {attempts} attempts; {len(words)} lines on the screen, {said};"
        f" {len(log)} in the log",
        flush=True,
    )
    due = [each + at for each in mondays for at in (RUN_AT, REPORT_AT)]
    assert [firing.due_at for firing in firings] == due
    assert all(firing.ended_at for firing in firings)
    assert runs == len(mondays)
    assert states == {"answered": asks}
    assert stored == attempts == asks == runs * PROMPTS * REPEATS
    assert not any("Traceback" in line for line in words)
    without = [line for line in words if not LINE.match(line)]
    assert without == [], without
    assert all(json.loads(line)["at"] for line in log)
    assert sum("run of" in line and "begins" in line for line in words) >= len(mondays)


def main() -> None:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    numbers = dict(word.split("=") for word in sys.argv[1:])
    with server() as running:
        month(int(numbers.get("weeks", 5)), running)


if __name__ == "__main__":
    main()
