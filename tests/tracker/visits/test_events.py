"""GA4's raw events in each way in which BigQuery exports them, written here by other programs."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars
import pytest

from tracker.errors import CiteliftError
from tracker.visits import analytics


def event(source: str | None, page: str, name: str = "session_start", **more: Any) -> dict[str, Any]:
    """As the documented schema nests it; BigQuery's JSON writes integers as strings."""
    empty: dict[str, Any] = {
        "string_value": None,
        "int_value": None,
        "float_value": None,
        "double_value": None,
    }
    params = [
        {
            "key": "ga_session_id",
            "value": {**empty, "int_value": 1716000000, "float_value": 0.5, "double_value": 1.5},
        },
        {"key": "page_location", "value": {**empty, "string_value": page}},
        {"key": "page_referrer", "value": {**empty, "string_value": more.pop("referrer", None)}},
    ]
    return {
        "event_date": "20260518",
        "event_timestamp": 1779085524000000,
        "event_name": name,
        "event_params": params,
        "user_pseudo_id": "1.2",
        "collected_traffic_source": {
            "manual_source": more.pop("collected", None),
            "manual_medium": "referral",
        },
        "session_traffic_source_last_click": {
            "manual_campaign": {"source": source, "medium": "referral"},
            "cross_channel_campaign": {"source": source},
        },
    }


EVENTS = [
    event("chatgpt.com", "https://www.norvane.com/crm?utm_source=chatgpt.com"),
    event("chatgpt.com", "https://www.norvane.com/crm"),
    event("chatgpt.com", "https://www.norvane.com/crm", "page_view"),
    event(None, "https://norvane.com/b", collected="perplexity.ai"),
    event("(direct)", "https://norvane.com/c", referrer="https://copilot.microsoft.com/chat?x=1"),
    event("google", "https://norvane.com/crm", referrer="https://chatgpt.com/"),
]
DAY = date(2026, 5, 18)
EXPECTED = {
    ("ChatGPT", "norvane.com/crm", DAY): 2,
    ("Perplexity", "norvane.com/b", DAY): 1,
    ("Copilot", "norvane.com/c", DAY): 1,
}


def json_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in EVENTS), "utf-8")


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in EVENTS).encode()))


def frame() -> polars.DataFrame:
    return polars.DataFrame(EVENTS)


WRITERS = {
    "JSON": json_lines,
    "JSON.gz": packed,
    "Parquet": lambda path: frame().write_parquet(path),
    "Parquet.gz": lambda path: frame().write_parquet(path, compression="gzip", row_group_size=2),
    "Avro": lambda path: frame().write_avro(path),
    "Avro, deflate": lambda path: frame().write_avro(path, compression="deflate"),
    "Avro, snappy": lambda path: frame().write_avro(path, compression="snappy"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_sessions_are_counted_in_each_way_of_exporting_them(tmp_path: Path, name: str) -> None:
    path = tmp_path / "events_20260518"
    WRITERS[name](path)
    found = analytics.count(path, "norvane.com", None)
    assert {(agent, url, day): n for (day, _, agent, url, _), n in found.hits.items()} == EXPECTED
    assert (found.unreadable, len(found.digest)) == (0, 64)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_file_that_was_cut_off_is_refused_in_words(tmp_path: Path, name: str, part: float) -> None:
    path = tmp_path / "events"
    WRITERS[name](path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    if name == "JSON":  # a line that was cut off is one line that cannot be read
        assert analytics.count(path, "norvane.com", None).unreadable == 1
        return
    with pytest.raises(CiteliftError):
        analytics.count(path, "norvane.com", None)


def test_what_is_no_events_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text('{"a": 1}\nnot json\n', "utf-8")
    with pytest.raises(CiteliftError, match="holds no events"):
        analytics.count(path, "norvane.com", None)
    polars.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(CiteliftError, match="holds no GA4 events"):
        analytics.count(path, "norvane.com", None)
    path.write_bytes(b"Obj\x01" + bytes(range(256)) * 4)
    with pytest.raises(CiteliftError):
        analytics.count(path, "norvane.com", None)
