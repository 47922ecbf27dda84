"""What libraries say while the clock runs is one line each, which then gets its time."""

from __future__ import annotations

import logging

from tracker.logs import OneLine


def test_what_a_library_says_in_many_lines_is_handed_on_as_one() -> None:
    lines: list[str] = []
    handler = OneLine(lines.append)
    record = logging.LogRecord("asyncio", logging.ERROR, "x", 1, "Unclosed session\n  %s", ("a",), None)
    handler.handle(record)
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        fault = (ValueError, error, error.__traceback__)
    handler.handle(logging.LogRecord("asyncio", logging.ERROR, "x", 1, "Task failed", None, fault))
    assert lines == ["asyncio: Unclosed session a", "asyncio: Task failed: two lines"]
