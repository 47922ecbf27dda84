"""The table of engines, against a mock that nobody here wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import bench_mock
from tests.tracker.engines.test_ask import keys

__all__ = ["keys"]


@pytest.mark.usefixtures("keys", "loopback_allowed")
def test_an_independent_mock_answers_a_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (why := bench_mock.missing()) is not None:
        pytest.skip(why)
    with bench_mock.mock() as url:
        monkeypatch.setenv("AZURE_API_BASE", url)
        seen = bench_mock.whole_run(f"sqlite:///{tmp_path}/mock.db", url)
    asks = len(bench_mock.ENGINES) * bench_mock.PROMPTS * bench_mock.REPEATS
    assert (seen.asks, seen.answered, seen.exact, seen.named, seen.reasons) == (asks, asks, asks, asks, {})
