"""The clock: schedules of our own tables, fired by APScheduler, each due moment taken care of exactly once.

One clock per database, by a lease that a second `serve` waits for. A due moment is a `Firing` row with a unique key
and leads to a run with a key of its own, so that a clock that dies in the middle, or two that overlap for a moment,
plan nothing twice. What fell due while nobody was there is caught up as one firing, the latest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine as Database
from sqlalchemy import update
from sqlmodel import Session, col, select

from tracker import claims, store
from tracker.errors import UsageError
from tracker.models import Firing, Lease, Schedule

log = logging.getLogger("citelift.clock")
Kind = Literal["run", "report"]
Action = Callable[[Schedule, datetime, threading.Event], str]
"""(schedule, due moment, stop) → what came of it, in a few words."""
CLOCK = "clock"
LEASE = timedelta(seconds=45)
LEASE_SECONDS, RELOAD_SECONDS = 10.0, 10.0
LONGEST_AWAY = timedelta(days=400)


def trigger(cron: str, timezone: str) -> CronTrigger:
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f"unknown time zone {timezone!r}", "use a name like Europe/Berlin or UTC") from None
    try:
        return CronTrigger.from_crontab(_named_days(cron), timezone=zone)
    except ValueError as error:
        raise UsageError(
            f"not a cron expression: {cron!r} ({error})", "five fields, like `0 6 * * 1` for Mondays at six"
        ) from None


def _named_days(cron: str) -> str:
    """Cron counts weekdays from Sunday, APScheduler from Monday: numbers become names."""
    fields = cron.split()
    if len(fields) != 5:
        return cron
    names = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
    parts = []
    for part in fields[4].split(","):
        span, slash, step = part.partition("/")
        ends = [names[int(end)] if end.isdigit() and int(end) < 8 else end for end in span.split("-")]
        if span in {"0-6", "0-7", "1-7"}:
            ends = ["*"]
        elif span.startswith("0-"):
            parts.append("sun" + slash + step)
            ends = ["mon", ends[-1]]
        parts.append("-".join(ends) + slash + step)
    return " ".join([*fields[:4], ",".join(parts)])


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
) -> None:
    trigger(cron, timezone)
    row = {
        "workspace_id": workspace_id,
        "name": name,
        "kind": kind,
        "cron": cron,
        "timezone": timezone,
        "catalog": catalog,
        "active": True,
        "last_due_at": now,
    }
    store.upsert(session, Schedule, [row], key=["workspace_id", "name"])


def latest_due(schedule: Schedule, now: datetime) -> datetime | None:
    """The last moment in (last_due_at, now] at which the schedule was due: what was missed counts once."""
    clock = trigger(schedule.cron, schedule.timezone)
    moment = max(schedule.last_due_at or now, now - LONGEST_AWAY)
    found: datetime | None = None
    while True:
        following = clock.get_next_fire_time(moment, moment + timedelta(microseconds=1))
        if following is None or following > now:
            return found.astimezone(UTC) if found else None
        found = moment = following


def next_due(schedule: Schedule, now: datetime) -> datetime | None:
    following: datetime | None = trigger(schedule.cron, schedule.timezone).get_next_fire_time(None, now)
    return following


@dataclass(frozen=True)
class Clock:
    """What `serve` runs with: where, what it can do, and how it is told to stop."""

    database: Database
    actions: Mapping[str, Action]
    stop: threading.Event
    on_state: Callable[[str], None] = lambda words: None
    reload_seconds: float = RELOAD_SECONDS


def serve(clock: Clock) -> None:
    """Hold the clock until `stop` is set; returns when the work in hand has ended."""
    me = claims.holder()
    waited = False
    while not clock.stop.is_set():
        if take_lease(clock.database, me, datetime.now(UTC)):
            _hold(clock, me)
            return
        if not waited:
            clock.on_state("another citelift serve holds this database's clock; waiting for it to end")
            waited = True
        clock.stop.wait(clock.reload_seconds)


def take_lease(database: Database, me: str, now: datetime) -> bool:
    """Whether the clock is ours from now on: it was free, expired, already ours, or its holder is dead."""
    with store.writing(database) as session:
        store.bulk_insert(session, Lease, [{"name": CLOCK, "holder": me, "until": now + LEASE}], ignore=True)
        lease = session.exec(select(Lease).where(Lease.name == CLOCK).with_for_update()).one()
        if lease.holder != me and lease.until > now and not claims.is_dead(lease.holder):
            return False
        lease.holder, lease.until = me, now + LEASE
        session.add(lease)
    return True


def _drop_lease(database: Database, me: str) -> None:
    with store.writing(database) as session:
        past = datetime(2000, 1, 1, tzinfo=UTC)
        session.connection().execute(update(Lease).where(col(Lease.holder) == me).values(until=past))


def _hold(clock: Clock, me: str) -> None:
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    lost = threading.Event()
    scheduler.add_job(
        lambda: _renew(clock, me, lost), "interval", seconds=LEASE_SECONDS, id="lease", max_instances=1
    )
    known: dict[int, tuple[str, str]] = {}
    scheduler.start()
    clock.on_state("the clock is running")
    try:
        while not (clock.stop.is_set() or lost.is_set()):
            _reload(clock, scheduler, known)
            clock.stop.wait(clock.reload_seconds)
    finally:
        clock.stop.set()
        scheduler.shutdown(wait=True)
        _drop_lease(clock.database, me)
        clock.on_state("the clock is stopped")


def _renew(clock: Clock, me: str, lost: threading.Event) -> None:
    if not take_lease(clock.database, me, datetime.now(UTC)):
        log.error("the clock was taken over by another process")
        lost.set()


def _reload(clock: Clock, scheduler: BackgroundScheduler, known: dict[int, tuple[str, str]]) -> None:
    """Make APScheduler's jobs those of the table; a schedule seen for the first time catches up at once."""
    with store.reading(clock.database) as session:
        active = {s.id or 0: s for s in session.exec(select(Schedule).where(col(Schedule.active)))}
    for gone in set(known) - set(active):
        scheduler.remove_job(f"schedule-{gone}")
        del known[gone]
    for key, schedule in active.items():
        now_is = (schedule.cron, schedule.timezone)
        if known.get(key) == now_is:
            continue
        scheduler.add_job(
            take_care,
            trigger(schedule.cron, schedule.timezone),
            args=[clock, key],
            id=f"schedule-{key}",
            replace_existing=True,
        )
        scheduler.add_job(take_care, args=[clock, key], id=f"catch-up-{key}", replace_existing=True)
        known[key] = now_is


def take_care(clock: Clock, schedule_id: int, now: datetime | None = None) -> str | None:
    """Do what is due and not done, or go on with what a dead clock had begun."""
    now = now or datetime.now(UTC)
    with store.writing(clock.database) as session:
        schedule = session.get(Schedule, schedule_id)
        if schedule is None or not schedule.active:
            return None
        due = _begun(session, schedule_id) or latest_due(schedule, now)
        if due is None:
            return None
        row = {"schedule_id": schedule_id, "due_at": due, "started_at": now}
        store.bulk_insert(session, Firing, [row], ignore=True)
        schedule.last_due_at = max(due, schedule.last_due_at or due)
        session.add(schedule)
    return _act(clock, schedule, due)


def _begun(session: Session, schedule_id: int) -> datetime | None:
    statement = select(Firing.due_at).where(Firing.schedule_id == schedule_id, col(Firing.ended_at).is_(None))
    return session.exec(statement.order_by(col(Firing.due_at))).first()


def _act(clock: Clock, schedule: Schedule, due: datetime) -> str | None:
    log.info("schedule=%s kind=%s due=%s", schedule.name, schedule.kind, due.isoformat())
    outcome = clock.actions[schedule.kind](schedule, due, clock.stop)
    if clock.stop.is_set():
        return None  # unfinished: the next clock goes on with this firing
    with store.writing(clock.database) as session:
        session.connection().execute(
            update(Firing)
            .where(col(Firing.schedule_id) == schedule.id, col(Firing.due_at) == due)
            .values(ended_at=datetime.now(UTC), outcome=outcome[:500])
        )
    clock.on_state(f"{schedule.name}: {outcome}")
    return outcome
