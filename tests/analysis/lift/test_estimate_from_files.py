from __future__ import annotations

from pathlib import Path

from tests.bench.calibration_files import Size, measured, write


def test_files_of_answers_and_links_give_the_exposures_and_lifts_they_were_written_with(
    tmp_path: Path,
) -> None:
    told = write("planted", 3, tmp_path, Size(weeks=8, sources=20))
    rows = measured(tmp_path)
    assert {row["source"]: row["exposed"] for row in rows} == {
        name: truth.exposed for name, truth in told.items() if any(row["source"] == name for row in rows)
    }
    assert all(truth.exposed == 0 for name, truth in told.items() if name not in {r["source"] for r in rows})
    known = [row for row in rows if row["lift"] is not None]
    covered = [row["low"] <= told[row["source"]].lift <= row["high"] for row in known]
    assert sum(covered) >= 0.8 * len(covered) > 0
    surest = [told[r["source"]].lift for r in known if r["verdict"] == "associated within the same question"]
    assert len(surest) >= 2
    assert sum(lift >= 0.05 for lift in surest) >= len(surest) - 1
