"""When a person may be told: after their quiet hours, and in a digest at its hour on their wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tracker import weeks
from tracker.notify.people import Recipient


def not_before(person: Recipient, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that it falls into."""
    if person.quiet is None or person.quiet[0] == person.quiet[1]:
        return now
    begin, end = person.quiet
    wall = now.astimezone(weeks.zone(person.timezone))
    clock = wall.time().replace(tzinfo=None)
    over_night = begin > end
    inside = (clock >= begin or clock < end) if over_night else begin <= clock < end
    if not inside:
        return now
    day = wall.date() + timedelta(days=1 if over_night and clock >= begin else 0)
    return _moment(day, end, person.timezone)


def _moment(day: date, at: time, timezone: str) -> datetime:
    """The first moment at which a clock on the wall there shows it; one that a clock change leaves out comes
    an hour later."""
    return datetime.combine(day, at, weeks.zone(timezone)).astimezone(UTC)


def latest_digest(person: Recipient, now: datetime) -> datetime:
    """The newest moment, up to now, at which this person's digest is due: every day, or on Mondays."""
    day = now.astimezone(weeks.zone(person.timezone)).date()
    step = timedelta(days=1)
    if person.when == "weekly":
        day, step = weeks.monday(day), timedelta(days=7)
    moment = _moment(day, person.at, person.timezone)
    return moment if moment <= now else _moment(day - step, person.at, person.timezone)
