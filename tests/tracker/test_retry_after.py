"""`Retry-After` in both spellings of the standard, and what others send in their place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker.retry_after import seconds

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("1.5", 1.5),
        # The three dates of RFC 9110, section 5.6.7, made to fall ten minutes later.
        ("Mon, 01 Jun 2026 12:10:00 GMT", 600),
        ("Monday, 01-Jun-26 12:10:00 GMT", 600),
        ("Mon Jun  1 12:10:00 2026", 600),
        ("Mon, 01 Jun 2026 14:10:00 +0200", 600),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
        ("99999999999", None),
        ("soon", None),
        ("Mon, 01 Jun 99999 12:00:00 GMT", None),
    ],
)
def test_a_wait_is_seconds_or_a_date_and_nothing_else(value: str | None, wait: float | None) -> None:
    assert seconds(value, AT) == wait
