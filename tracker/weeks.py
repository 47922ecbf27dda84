"""Weeks run from Monday to Sunday in the time zone of their workspace; what day and week a moment belongs to
is decided here and nowhere else.

Answers carry moments (UTC), and their week is stored with them. Links and events that a file dates by a day
carry that day at midnight UTC: such days are days in whatever zone the workspace is.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tracker.errors import UsageError

UTC = "UTC"


@cache
def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"unknown time zone {name!r}", "use a name like Europe/Berlin, America/New_York or UTC"
        ) from None


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def day_of(moment: datetime, timezone: str) -> date:
    """The day that a clock on the wall there shows at an aware moment."""
    return moment.astimezone(zone(timezone)).date()


def on_the_wall(moment: datetime, timezone: str) -> datetime:
    """The day and time that a clock there shows, as if it were UTC: to be compared with links' days."""
    return moment.astimezone(zone(timezone)).replace(tzinfo=zone(UTC))


def week_of(moment: datetime, timezone: str) -> date:
    """The Monday of the week in which a moment lies there."""
    return monday(day_of(moment, timezone))


def moving(workspace_id: int) -> str:
    """The setting that stands while stored answers are still to be counted in another zone's weeks."""
    return f"moving weeks:{workspace_id}"


def in_words(timezone: str) -> str:
    """What every page, report and list says of its weeks."""
    return f"Weeks run from Monday to Sunday, in {'UTC' if timezone == UTC else f'the time of {timezone}'}."
