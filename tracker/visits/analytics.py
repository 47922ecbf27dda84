"""Visits that assistants sent, from analytics: a CSV of GA4's reports or explorations or of a query on its
BigQuery export; the export's raw events are `tracker.visits.events`'."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from datetime import date
from pathlib import Path

from tracker.errors import DataError, UsageError
from tracker.visits import events
from tracker.visits.agents import assistant_of
from tracker.visits.logs import Key, LogCount, compact_day, url_of_page

LARGEST = 200_000_000
_COLUMNS = {
    "source": (
        "session source / medium",
        "session source",
        "source / medium",
        "source",
        "first user source",
        "traffic_source.source",
        "collected_traffic_source.manual_source",
        "session_source",
        "page referrer",
        "page_referrer",
    ),
    "page": (
        "landing page + query string",
        "landing page",
        "page location",
        "page_location",
        "page path and screen class",
        "page path + query string",
        "page path",
        "landing_page",
    ),
    "sessions": ("sessions", "engaged sessions", "total users", "active users", "views", "session_count"),
    "day": ("date", "event_date", "day"),
}
_PERIOD = re.compile(r"#\s*End date:\s*(\d{8})", re.IGNORECASE)


def count(path: Path, host: str, as_of: date | None) -> LogCount:
    """Sessions by day, assistant and landing page; `as_of` is the day of rows that name none."""
    try:
        with path.open("rb") as file:
            begin = file.read(64)
        if events.reads(begin):
            return events.count(path, host)
        if path.stat().st_size > LARGEST:
            hint = "export raw events as JSON lines or Parquet, which are read in pieces"
            raise UsageError(f"{path.name} is larger than a table of {LARGEST // 1_000_000} MB", hint)
        content = path.read_bytes()
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}",
            "export it again: as CSV, or raw events as JSON, Parquet or Avro",
        ) from None
    lines = text.splitlines()
    ended = _PERIOD.search(text[:5_000])
    end = as_of or (compact_day(ended[1]) if ended else None)
    rows = list(csv.reader(io.StringIO("\n".join(line for line in lines if not line.startswith("#")))))
    start = next((i for i, row in enumerate(rows) if _find(row, "source") is not None), None)
    if start is None:
        raise DataError(
            f"{path.name} has no column of sources", "export sessions by session source and landing page"
        )
    head = rows[start]
    at = {name: _find(head, name) for name in _COLUMNS}
    source, sessions = at["source"], at["sessions"]
    if source is None or sessions is None:
        raise DataError(f"{path.name} has no column of sessions", f"its columns: {', '.join(head)}")
    hits: Counter[Key] = Counter()
    unreadable = 0
    for row in rows[start + 1 :]:
        assistant = assistant_of(row[source]) if len(row) > source else None
        if assistant is None:
            continue
        day = compact_day(_cell(row, at["day"])) or end
        number = _cell(row, sessions).replace(",", "").replace("\u00a0", "")
        if day is None:
            raise DataError(f"{path.name} names no day", "give the export's last day: --as-of 2026-05-31")
        if not number.isdigit():
            unreadable += 1
            continue
        hits[day, "visited", assistant, url_of_page(_cell(row, at["page"]), host), ""] += int(number)
    return LogCount(
        hits, len(content), sum(hits.values()), 0, unreadable, hashlib.sha256(content).hexdigest()
    )


def _find(head: list[str], what: str) -> int | None:
    names = [name.strip().lower() for name in head]
    return next((names.index(name) for name in _COLUMNS[what] if name in names), None)


def _cell(row: list[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""
