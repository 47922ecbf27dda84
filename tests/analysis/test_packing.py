"""Results as bytes and back."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.frames import Scope
from analysis.intervals import Interval
from analysis.lift.direction import Direction
from analysis.lift.estimate import lift
from analysis.lift.simulate import world
from analysis.packing import pack, unpack

FRAME = pd.DataFrame(
    {
        "name": ["a", None],
        "n": [2**62 + 1, -1],
        "share": [0.1, np.nan],
        "day": [date(2026, 3, 2), None],
        "at": pd.to_datetime([1.5, np.nan], unit="s", utc=True),
        "page": pd.array([2**62 + 1, None], dtype="Int64"),
        "own": [True, False],
    }
)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        2**62 + 1,
        0.1 + 0.2,
        float("inf"),
        "\u202e<b>ü</b>\x00\ud83d",
        (1, ("a", None)),
        [1, [2]],
        {1: "one", "1": "text", (1, 2): 3.0},
        frozenset({"b", "a"}),
        date(2026, 3, 2),
        datetime(2026, 3, 2, 9, tzinfo=UTC),
        Path("classes"),
        Scope(first=date(2026, 3, 2), topic="crm"),
        [Interval(0.5, None, 0.7, 3, 2, "wilson")],
        {"t": 1},
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_what_is_read_is_what_was_written(value: object) -> None:
    found = unpack(pack(value))
    assert found == value
    assert type(found) is type(value)


def test_numbers_of_arrays_become_plain_ones() -> None:
    found = unpack(pack((np.int64(3), np.float64(0.25), np.bool_(True))))
    assert found == (3, 0.25, True)
    assert [type(each) for each in found] == [int, float, bool]


def test_a_frame_keeps_its_columns_and_kinds() -> None:
    found = unpack(pack({"frame": FRAME}))["frame"]
    pd.testing.assert_frame_equal(found, FRAME)
    assert unpack(pack(FRAME.iloc[:0])).columns.tolist() == FRAME.columns.tolist()


def test_a_lift_table_is_read_as_it_was() -> None:
    table = lift(world("planted", 16)[0])
    assert table.rows
    found = unpack(pack(table))
    assert found == table
    assert isinstance(found.direction, Direction | None)


@dataclass(frozen=True)
class NotOurs:
    n: int


@pytest.mark.parametrize("value", [object(), NotOurs, {1: object()}, b"bytes"])
def test_what_cannot_be_kept_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be kept"):
        pack(value)


@pytest.mark.parametrize(
    "said",
    [
        {"o": "os:system", "f": ["true"]},
        {"o": "subprocess:Popen", "f": [["true"]]},
        {"o": "analysis.packing:unpack", "f": []},
        {"o": "tracker.store:Path", "f": ["x"]},
        {"o": "tests.analysis.test_packing:NotOurs", "f": [1]},
        {"exec": "1"},
    ],
    ids=lambda said: next(iter(said.values())),
)
def test_nothing_but_results_is_made_of_stored_bytes(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no result of ours|nothing is written"):
        unpack(zlib.compress(json.dumps(said).encode()))


def test_a_counter_is_a_mapping() -> None:
    assert unpack(pack(Counter("aab"))) == {"a": 2, "b": 1}


def test_bytes_are_text_in_between() -> None:
    assert base64.b64decode(base64.b64encode(pack([1]))) == pack([1])
