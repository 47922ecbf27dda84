"""The clock: schedules of our own tables, fired by APScheduler, each due moment taken care of exactly once.

One clock per database, by a lease that a second `serve` waits for. A due moment is a `Firing` row with a
unique key and leads to a run with a key of its own, so that a clock that dies in the middle, or two that
overlap for a moment, plan nothing twice. What fell due while nobody was there is caught up as one firing, the
latest.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine as Database
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from tracker import audit, leases, store, weeks
from tracker.errors import CiteliftError, UsageError
from tracker.models import Firing, Schedule

log = logging.getLogger("citelift.clock")
Kind = Literal["run", "report", "alerts"]
Action = Callable[[Schedule, datetime, threading.Event], str]
"""(schedule, due moment, stop) → what came of it, in a few words."""
CLOCK = "clock"
LEASE = timedelta(seconds=45)
WAITS = (5.0, 60.0, 300.0, 900.0)
"""Seconds between the tries of a firing that fails."""
LEASE_SECONDS, RELOAD_SECONDS, RETRY_SECONDS = 10.0, 5.0, 3.0
LONGEST_AWAY = timedelta(days=400)
INSTANT = timedelta(microseconds=1)
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERS = re.compile(r"(?:\*|\d{1,2}(?:-\d{1,2})?)(?:/\d{1,2})?")
_WEEKDAY = re.compile(rf"(?:\*|([0-7]|{'|'.join(DAYS)})(?:-([0-7]|{'|'.join(DAYS)}))?)(?:/(\d))?")


class Cron(BaseTrigger):  # type: ignore[misc]
    """What crontab means by five fields, where APScheduler means something else.

    Where both days are restricted either will do. A fixed hour that a clock change repeats comes once; one
    that it leaves out comes an hour later.
    """

    def __init__(self, parts: Sequence[CronTrigger], zone: ZoneInfo, *, fixed_hour: bool) -> None:
        self.parts, self.zone, self.fixed_hour = tuple(parts), zone, fixed_hour

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        # APScheduler takes the earlier of `now` and what follows `previous`, and the caller's sum of a local
        # time and a span may have fallen back into the hour before.
        start = now.astimezone(UTC) if previous is None else previous.astimezone(UTC) + INSTANT
        while True:
            times = [part.get_next_fire_time(None, start) for part in self.parts]
            moments = [each.astimezone(UTC) for each in times if each]
            if not moments:
                return None
            # By way of UTC: an hour that does not exist gets its real name, a repeated one says so.
            following: datetime = min(moments).astimezone(self.zone)
            if not (self.fixed_hour and following.fold):
                return following
            start = min(moments) + INSTANT


def trigger(cron: str, timezone: str) -> Cron:
    zone = weeks.zone(timezone)
    try:
        return _parsed(cron, zone)
    except ValueError as error:
        raise UsageError(
            f"not a cron expression: {cron!r} ({error})", "five fields, like `0 6 * * 1` for Mondays at six"
        ) from None


def _parsed(cron: str, zone: ZoneInfo) -> Cron:
    fields = cron.lower().split()
    if len(fields) != 5:
        raise ValueError(f"{len(fields)} fields, not five")
    minute, hour, day, month, weekday = fields
    month = re.sub("|".join(MONTHS), lambda name: str(MONTHS.index(name[0]) + 1), month)
    for name, words in (("minute", minute), ("hour", hour), ("day", day), ("month", month)):
        # APScheduler would take `1-5junk` and names with a step, and drop what it does not know.
        if not all(_NUMBERS.fullmatch(part) for part in words.split(",")):
            raise ValueError(f"{words!r} is no {name}")
    times = {"minute": minute, "hour": hour, "month": month, "timezone": zone}
    days = {"day": day, "day_of_week": _weekdays(weekday)}
    either = not day.startswith("*") and not weekday.startswith("*")
    choices = [{name: value} for name, value in days.items()] if either else [days]
    parts = [CronTrigger(**times, **choice) for choice in choices]
    return Cron(parts, zone, fixed_hour=not hour.startswith("*"))


def _weekdays(field: str) -> str:
    """Cron counts weekdays from Sunday, APScheduler from Monday, and takes no step between names: every day
    by name."""
    days: set[int] = set()
    for part in field.split(","):
        match = _WEEKDAY.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no weekday")
        first, last, step = match.groups()
        start = _day_number(first) if first else 0
        end = 6 if not first or (step and not last) else _day_number(last or first)
        end = 7 if end == 0 < start else end
        if end < start or step == "0":
            raise ValueError(f"{part!r} has no day in it")
        days |= {day % 7 for day in range(start, end + 1, int(step or 1))}
    return ",".join(DAYS[day] for day in sorted(days))


def _day_number(text: str) -> int:
    return int(text) if text.isdigit() else DAYS.index(text)


def add(
    session: Session,
    workspace_id: int,
    *,
    name: str,
    kind: Kind,
    cron: str,
    timezone: str,
    catalog: str,
    now: datetime,
    who: str,
    options: Mapping[str, str] | None = None,
) -> None:
    """Also puts back into service what `remove` took out; what fell due before is not caught up."""
    if kind not in get_args(Kind):
        raise UsageError(f"unknown kind {kind!r}", f"one of {', '.join(get_args(Kind))}")
    if trigger(cron, timezone).get_next_fire_time(None, now) is None:
        raise UsageError(f"{cron!r} is never due", "no year has such a day: change day or month")
    row = {
        "workspace_id": workspace_id,
        "name": name,
        "kind": kind,
        "cron": cron,
        "timezone": timezone,
        "catalog": catalog,
        "active": True,
        "options": dict(options or {}),
        "last_due_at": now,
    }
    present = _active(session, workspace_id, name)
    before = _facts(present) if present else None
    store.upsert(session, Schedule, [row], key=["workspace_id", "name"])
    after = {key: row[key] for key in _FACTS}
    what = "schedule changed" if before else "schedule added"
    audit.record_change(
        session, workspace_id, who=who, what=what, subject=name, before=before, after=after, now=now
    )


_FACTS = ("kind", "cron", "timezone", "catalog", "options")


def _facts(schedule: Schedule) -> dict[str, Any]:
    return {key: getattr(schedule, key) for key in _FACTS}


def _active(session: Session, workspace_id: int, name: str) -> Schedule | None:
    mine = (Schedule.workspace_id == workspace_id, Schedule.name == name, col(Schedule.active))
    return session.exec(select(Schedule).where(*mine)).first()


def remove(session: Session, workspace_id: int, name: str, *, now: datetime, who: str) -> None:
    """Take a schedule out of service; a firing that was begun and not ended is given up."""
    schedule = _active(session, workspace_id, name)
    if schedule is None:
        raise UsageError(f"there is no schedule {name!r}", "`citelift schedule list` shows them")
    schedule.active = False
    session.add(schedule)
    session.connection().execute(
        update(Firing)
        .where(col(Firing.schedule_id) == schedule.id, col(Firing.ended_at).is_(None))
        .values(ended_at=now, outcome="given up: the schedule was removed")
    )
    audit.record_change(
        session,
        workspace_id,
        who=who,
        what="schedule removed",
        subject=name,
        before=_facts(schedule),
        after=None,
        now=now,
    )


def latest_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The last moment in (last_due_at, now] at which the schedule was due: what was missed counts once."""
    clock = trigger(schedule.cron, schedule.timezone)
    since = max(schedule.last_due_at or now, now - LONGEST_AWAY)
    back = timedelta(minutes=1)
    while True:
        # Backwards in doubling steps: a year of minutes, walked through from its beginning, takes half a
        # minute.
        start = max(since, now - back)
        last = _last_within(clock, start, now)
        if last is not None or start == since:
            return last
        back *= 2


def _last_within(clock: Cron, after: datetime, until: datetime) -> datetime | None:
    last: datetime | None = None
    moment = after
    while (following := clock.get_next_fire_time(moment, moment + INSTANT)) and following <= until:
        last = moment = following.astimezone(UTC)
    return last


def next_due(schedule: Schedule, now: datetime) -> datetime | None:
    return trigger(schedule.cron, schedule.timezone).get_next_fire_time(None, now)


@dataclass(frozen=True)
class Clock:
    """What `serve` runs with: where, what it can do, and how it is told to stop."""

    database: Database
    actions: Mapping[str, Action]
    stop: threading.Event
    on_state: Callable[[str], None] = lambda words: None
    reload_seconds: float = RELOAD_SECONDS
    lease_seconds: float = LEASE_SECONDS
    retry_seconds: float = RETRY_SECONDS
    waits: tuple[float, ...] = WAITS
    running: dict[str, datetime] = field(default_factory=dict)
    """What is being taken care of, and since when."""

    def away(self, error: DBAPIError) -> None:
        """The database went away, for a while as it is hoped. What else goes wrong with it is raised."""
        if not store.passes(error):
            raise error
        log.warning("the database is away: %s", error.orig)


def serve(clock: Clock) -> None:
    """Hold the clock until `stop` is set; returns when the work in hand has ended.

    Who loses the clock to another process (a laptop that slept) ends its work and waits like any second one.
    A database that goes away is waited for.
    """
    me = leases.holder()
    state = ""
    while not clock.stop.is_set():
        before, state = state, _hold_or_wait(clock, me)
        if state and state != before:
            clock.on_state(state)
        clock.stop.wait(clock.retry_seconds)


def _hold_or_wait(clock: Clock, me: str) -> str:
    """Hold the clock as long as it is ours; else say why not."""
    try:
        if leases.take(clock.database, CLOCK, me, LEASE):
            _hold(clock, me)
            return ""
    except DBAPIError as error:
        clock.away(error)
        return "the database is away; waiting for it to come back"
    return "another citelift serve holds this database's clock; waiting for it to end"


def _hold(clock: Clock, me: str) -> None:
    ending = threading.Event()
    held = replace(clock, stop=ending)
    released = threading.Event()
    keeper = threading.Thread(target=_keep_lease, args=(held, me, released), name="lease", daemon=True)
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    known: dict[int, tuple[str, str]] = {}
    scheduler.add_listener(partial(_try_later, held, scheduler), EVENT_JOB_ERROR)
    scheduler.start()
    keeper.start()
    clock.on_state("the clock is running")
    try:
        while not (clock.stop.is_set() or ending.is_set()):
            _reload(held, scheduler, known)
            # It sleeps by a clock that stands still while the machine does, and that nobody sets.
            scheduler.wakeup()
            clock.stop.wait(clock.reload_seconds)
    finally:
        ending.set()
        for name, since in clock.running.items():
            clock.on_state(f"{name}: running since {since:%Y-%m-%d %H:%M} UTC; it may end")
        scheduler.shutdown(wait=True)
        released.set()
        keeper.join()
        _drop(clock, me)
        clock.on_state("the clock is stopped")


def _try_later(clock: Clock, scheduler: BackgroundScheduler, event: JobExecutionEvent) -> None:
    """A fault of the program must not cost a firing a week: its trace is shown, and it is tried again."""
    fault = f"{type(event.exception).__name__}: {event.exception}"
    wait = clock.waits[-1]
    clock.on_state(f"{event.job_id} failed: {fault}; trying again in {wait:.0f} s")
    log.error("%s failed, again in %.0f s: %s", event.job_id, wait, fault)
    with suppress(JobLookupError):  # it was removed meanwhile
        scheduler.modify_job(event.job_id, next_run_time=datetime.now(UTC) + timedelta(seconds=wait))


def _drop(clock: Clock, me: str) -> None:
    try:
        leases.drop(clock.database, CLOCK, me)
    except DBAPIError as error:
        clock.away(error)  # it runs out by itself


def _keep_lease(clock: Clock, me: str, released: threading.Event) -> None:
    """In a thread of its own, up to the end of the last work in hand: long runs may fill the scheduler's
    threads."""
    while not released.wait(clock.lease_seconds):
        try:
            if leases.take(clock.database, CLOCK, me, LEASE):
                continue
        except DBAPIError as error:
            clock.away(error)
            continue
        log.error("the clock was taken over by another process")
        clock.stop.set()
        return


def _reload(clock: Clock, scheduler: BackgroundScheduler, known: dict[int, tuple[str, str]]) -> None:
    """Make APScheduler's jobs those of the table; each new or changed one runs at once, to catch up."""
    try:
        with store.reading(clock.database) as session:
            active = {s.id or 0: s for s in session.exec(select(Schedule).where(col(Schedule.active)))}
    except DBAPIError as error:
        return clock.away(error)
    for gone in set(known) - set(active):
        scheduler.remove_job(f"schedule-{gone}")
        del known[gone]
    for key, schedule in active.items():
        now_is = (schedule.cron, schedule.timezone)
        if known.get(key) == now_is:
            continue
        # One job for catching up and for what follows, so that a schedule never runs beside itself.
        scheduler.add_job(
            take_care,
            trigger(schedule.cron, schedule.timezone),
            args=[clock, key],
            id=f"schedule-{key}",
            replace_existing=True,
            next_run_time=datetime.now(UTC),
        )
        known[key] = now_is


def take_care(clock: Clock, schedule_id: int, now: datetime | None = None) -> str | None:
    """Go on with what a dead clock had begun, then do what is due, also what fell due meanwhile; the last
    outcome. A firing that fails is tried again after a while; one whose database is away as long as it
    takes."""
    outcome = None
    tries = 0
    while not clock.stop.is_set():
        try:
            begun = _begin(clock, schedule_id, now or datetime.now(UTC))
            if begun is None:
                return outcome
            outcome = _act(clock, *begun, last=tries >= len(clock.waits))
            tries = 0
        except (DBAPIError, CiteliftError, OSError) as error:  # of the system: no space, no more processes
            away = isinstance(error, DBAPIError) and store.passes(error)
            if not (away or isinstance(error, CiteliftError)) and tries >= len(clock.waits):
                raise
            wait = clock.waits[min(tries, len(clock.waits) - 1)]
            tries += not away
            words = "the database is away" if away else str(error).partition("\n")[0]
            clock.on_state(f"schedule {schedule_id} failed: {words}; trying again in {wait:.0f} s")
            log.warning("schedule=%s failed, again in %.0f s: %s", schedule_id, wait, words)
            clock.stop.wait(wait)
    return outcome


def _begin(clock: Clock, schedule_id: int, now: datetime) -> tuple[Schedule, datetime] | None:
    with store.writing(clock.database) as session:
        schedule = session.get(Schedule, schedule_id, with_for_update=True)
        if schedule is None or not schedule.active:
            return None
        due = _begun(session, schedule_id) or latest_due(schedule, now)
        if due is None:
            return None
        row = {"schedule_id": schedule_id, "due_at": due, "started_at": now}
        store.bulk_insert(session, Firing, [row], ignore=True)
        schedule.last_due_at = max(due, schedule.last_due_at or due)
        session.add(schedule)
    return schedule, due


def _begun(session: Session, schedule_id: int) -> datetime | None:
    statement = select(Firing.due_at).where(Firing.schedule_id == schedule_id, col(Firing.ended_at).is_(None))
    return session.exec(statement.order_by(col(Firing.due_at))).first()


def _act(clock: Clock, schedule: Schedule, due: datetime, *, last: bool) -> str | None:
    """`last`: no other try follows, and a failure is the outcome."""
    log.info("schedule=%s kind=%s due=%s", schedule.name, schedule.kind, due.isoformat())
    began = datetime.now(UTC)
    clock.running[schedule.name] = began
    clock.on_state(f"{schedule.name}: {schedule.kind} of {due:%Y-%m-%d %H:%M} UTC begins")
    try:
        outcome = clock.actions[schedule.kind](schedule, due, clock.stop)
    except CiteliftError as error:
        if not last:
            raise
        outcome = f"failed {len(clock.waits) + 1} times: {error.problem}"
    finally:
        del clock.running[schedule.name]
    if clock.stop.is_set():
        return None  # unfinished: the next clock goes on with this firing
    with store.writing(clock.database) as session:
        session.connection().execute(
            update(Firing)
            .where(col(Firing.schedule_id) == schedule.id, col(Firing.due_at) == due)
            .values(ended_at=datetime.now(UTC), outcome=outcome[:500])
        )
    log.info("schedule=%s due=%s outcome=%s began=%s", schedule.name, due, outcome, began.isoformat())
    clock.on_state(f"{schedule.name}: {outcome}")
    return outcome
