"""A month of an agency with two clients in two time zones, on one clock, across two clock changes: every run,
report and alert exactly once, in each zone's morning."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import Engine
from sqlmodel import col, select

from dashboard import clock
from tests.facts import Facts
from tests.tracker.notify.servers import Mailbox, mail_server
from tracker import schedule, settings, store
from tracker.models import Delivery, Firing, Notice, Schedule
from tracker.schedule import Clock, take_care

ZONES = {1: "Europe/Berlin", 2: "America/New_York"}
START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
MONDAYS = 5
"""2, 9, 16, 23 and 30 March; New York changes its clocks on the 8th, Berlin on the 29th."""
HOURS = {"run": 6, "alerts": 8, "report": 9}


def client(database: Engine, folder: Path, workspace: int, port: int) -> Path:
    """A workspace with answers of nine weeks, its catalog and who is told."""
    facts = Facts(workspace=workspace, first_answer=1 + 10_000 * workspace, engines=("alpha",))
    first = datetime(2026, 1, 26, 12, tzinfo=UTC)
    for number in range(9):
        for prompt in facts.prompts:
            facts.answer(prompt, "alpha", first + timedelta(weeks=number), named=["Norvane", "Oltera"])
    facts.store(database)
    catalog = folder / f"client-{workspace}"
    catalog.mkdir()
    (catalog / "notify.yaml").write_text(
        f"timezone: {ZONES[workspace]}\n"
        "sender: {email: reports@acme.com}\n"
        f"smtp: {{host: 127.0.0.1, port: {port}, security: none}}\n"
        "recipients:\n"
        f"  - {{name: ana, to: ana-{workspace}@client.com}}\n"
        f"  - {{name: bea, to: bea-{workspace}@client.com}}\n",
        "utf-8",
    )
    with store.writing(database) as session:
        for kind, hour in HOURS.items():
            schedule.add(
                session,
                workspace,
                name=f"weekly {kind}",
                kind=kind,  # type: ignore[arg-type]
                cron=f"0 {hour} * * 1",
                timezone=ZONES[workspace],
                catalog=str(catalog),
                now=START,
                who="ana",
            )
    return catalog


def moments(schedules: list[Schedule]) -> list[datetime]:
    """A minute before and five seconds after each moment at which something is due."""
    found = set()
    for each in schedules:
        fires = schedule.trigger(each.cron, each.timezone)
        moment = START
        while (following := fires.get_next_fire_time(moment, moment)) and following < END:
            moment = following.astimezone(UTC)
            found |= {moment - timedelta(minutes=1), moment + timedelta(seconds=5)}
    return sorted(found)


def test_a_month_of_two_clients_tells_each_exactly_once_in_its_own_morning(
    sqlite_database: Engine, tmp_path: Path
) -> None:
    box = Mailbox()
    with mail_server(box) as port:
        for workspace in ZONES:
            client(sqlite_database, tmp_path, workspace, port)
        with store.reading(sqlite_database) as session:
            schedules = list(session.exec(select(Schedule).order_by(col(Schedule.id))))
        asked: Counter[tuple[int, datetime]] = Counter()

        def run(what: Schedule, due: datetime, stop: threading.Event) -> str:
            asked[what.workspace_id, due] += 1
            return "not run: keys are missing: OPENAI_API_KEY" if due.day == 16 else "run 1 done"

        actions: dict[str, schedule.Action] = {
            "run": run,
            "report": lambda what, due, stop: clock.scheduled_report(
                sqlite_database, tmp_path / "reports", what, due
            ),
            "alerts": lambda what, due, stop: clock.tell_alerts(
                sqlite_database, settings.load(), what, datetime.now(UTC)
            ),
        }
        for moment in moments(schedules):
            with time_machine.travel(moment, tick=False):
                for _ in ("the clock", "a second one"):
                    held = Clock(sqlite_database, actions, threading.Event())
                    for each in schedules:
                        take_care(held, each.id or 0, moment)

    with store.reading(sqlite_database) as session:
        firings = session.exec(
            select(Firing, Schedule).join(Schedule, col(Schedule.id) == Firing.schedule_id)
        )
        fired = Counter()
        for firing, each in firings:
            wall = firing.due_at.astimezone(ZoneInfo(each.timezone))
            assert (wall.weekday(), wall.hour, wall.minute) == (0, HOURS[each.kind], 0)
            assert firing.ended_at is not None
            fired[each.workspace_id, each.kind] += 1
        deliveries = session.exec(select(Delivery)).all()
        notices = session.exec(select(Notice.workspace_id, Notice.kind)).all()
    assert fired == Counter({(w, kind): MONDAYS for w in ZONES for kind in HOURS})
    assert set(asked.values()) == {1}
    assert {each.state for each in deliveries} == {"sent"}
    # One report a Monday; one alert, of the run that was missed on the 16th, to each of the two people.
    assert Counter(tuple(each) for each in notices) == Counter(
        {(w, "report"): MONDAYS for w in ZONES} | {(w, "alerts"): 2 for w in ZONES}
    )
    told = Counter((got["To"], got["Subject"]) for got in box.mails)
    assert set(told.values()) == {1}
    assert len(told) == 2 * 2 * (MONDAYS + 1)
    for got in box.mails:
        zone = ZoneInfo(ZONES[int(got["To"].partition("@")[0][-1])])
        wall = parsedate_to_datetime(got["Date"]).astimezone(zone)
        hour = HOURS["report"] if "in AI answers" in got["Subject"] else HOURS["alerts"]
        assert (wall.weekday(), wall.hour) == (0, hour)
