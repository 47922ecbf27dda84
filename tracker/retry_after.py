"""`Retry-After`: how long a server asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 1e9
"""Thirty years: what is longer was not meant."""


def seconds(value: str | None, at: datetime) -> float | None:
    """Seconds from `at`, from either spelling of the header; None when it is absent or no time to wait. A
    date that has passed is 0. Fractions, which the standard does not have, are sent and read all the same."""
    if value is None:
        return None
    try:
        wait = float(value)
    except ValueError:
        return _until(value, at)
    return wait if 0 <= wait <= LONGEST else None


def _until(value: str, at: datetime) -> float | None:
    try:
        due = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max(0.0, (due - at).total_seconds())
