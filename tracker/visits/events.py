"""GA4's raw events as BigQuery exports them: JSON lines, Parquet or Avro, whole or packed with gzip.

A session is its `session_start` event. Its source is what the session's last click says, else what was
collected with the event, else its referrer; its landing page is the event's `page_location`. Source: the
schema of `events_YYYYMMDD` in Google's documentation of the export.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from tracker import extra
from tracker.errors import DataError, UsageError
from tracker.files import avro
from tracker.visits.agents import assistant_of
from tracker.visits.logs import Hashed, Key, LogCount, compact_day, url_of_page

PARQUET, GZIP = b"PAR1", b"\x1f\x8b"
START = "session_start"
COLUMNS = (
    "event_date",
    "event_name",
    "event_params",
    "collected_traffic_source",
    "session_traffic_source_last_click",
    "traffic_source",
)
BATCH = 2_000


def reads(head: bytes) -> bool:
    """Whether a file that begins so may hold raw events."""
    return head.startswith((PARQUET, avro.MAGIC, GZIP)) or head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(
        b"{"
    )


def count(path: Path, host: str) -> LogCount:
    """Sessions by day, assistant and landing page, in flat memory."""
    out = LogCount(Counter())
    seen = 0
    digest = hashlib.sha256()
    with path.open("rb") as raw:
        stream: Any = Hashed(raw, digest.update)
        for event in _events(stream, raw):
            seen += 1
            if event is None:
                out.unreadable += 1
            elif event.get("event_name") == START and (key := _session(event, host)):
                out.hits[key] += 1
        out.read_bytes = raw.tell()
    if seen == out.unreadable:
        raise DataError(f"{path.name} holds no events", "export GA4's table events_YYYYMMDD whole")
    out.matched = sum(out.hits.values())
    out.digest = digest.hexdigest()
    return out


def _events(stream: Hashed, raw: IO[bytes]) -> Iterator[Mapping[str, Any] | None]:
    head = raw.read(4)
    raw.seek(0)
    if head.startswith(PARQUET):
        extra.need("parquet")
        yield from _of_parquet(raw)
        raw.seek(0)
        while stream.read(1 << 20):
            pass
        return
    reading: Any = gzip.GzipFile(fileobj=stream) if head.startswith(GZIP) else stream  # type: ignore[call-overload]
    if head == avro.MAGIC:
        extra.need("avro")
        yield from avro.rows(reading)
        return
    for line in _lines(reading):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        yield event if isinstance(event, dict) and "event_name" in event else None


def _lines(reading: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while block := reading.read(1 << 20):
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    yield rest


def _of_parquet(raw: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(raw)
        known = [name for name in COLUMNS if name in file.schema_arrow.names]
        if "event_name" not in known:
            raise DataError("this Parquet file holds no GA4 events", "export the table events_YYYYMMDD")
        for batch in file.iter_batches(BATCH, columns=known):
            yield from batch.to_pylist()
    except (arrow.ArrowException, OSError) as error:
        raise UsageError(f"the Parquet file cannot be read: {error}", "export it again") from None


def _session(event: Mapping[str, Any], host: str) -> Key | None:
    params = {each.get("key"): each.get("value") or {} for each in _items(event.get("event_params"))}

    def param(name: str) -> str:
        return str(params.get(name, {}).get("string_value") or "")

    click = event.get("session_traffic_source_last_click") or {}
    sources = (
        (click.get("manual_campaign") or {}).get("source"),
        (click.get("cross_channel_campaign") or {}).get("source"),
        (event.get("collected_traffic_source") or {}).get("manual_source"),
        param("source"),
        param("page_referrer"),
    )
    named = next((str(each) for each in sources if each and each != "(direct)"), "")
    assistant = assistant_of(named) if named else None
    day = compact_day(str(event.get("event_date") or ""))
    if assistant is None or day is None:
        return None
    return day, "visited", assistant, url_of_page(param("page_location"), host), ""


def _items(params: Any) -> Iterable[Mapping[str, Any]]:
    """Repeated fields: a list, also as Parquet's writers may wrap it, `{"list": [{"element": …}]}`."""
    if isinstance(params, dict):
        params = params.get("list") or params.get("array") or ()
    return [each.get("element", each) if isinstance(each, dict) else {} for each in params or ()]
