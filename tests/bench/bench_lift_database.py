"""Lift from the database to the whole table: seconds of CPU that reading takes beside the comparison itself,
and peak memory.

`python -m tests.bench.bench_lift_database [--answers 100000] [--sites 200] [--folder FOLDER] [--url URL]`:
the world of `tests.bench.large` with as many cited sites, 100 links for each, as a file of SQLite or in the
empty PostgreSQL database of the URL (whose server's own seconds are not counted)."""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

from analysis import frames
from analysis.lift.estimate import lift
from tests.bench import large
from tracker import store


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_lift_database", description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000, choices=sorted(large.SIZES))
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("build/worlds"))
    parser.add_argument("--url")
    chosen = parser.parse_args()
    address = large.made(chosen.folder, chosen.answers, chosen.url, chosen.sites)
    database = store.open_database(address, read_only=True)
    world = frames.world(database, 1)
    before, start = peak(), time.process_time()
    panel = frames.lift_panel(database, world)
    read, held = time.process_time(), peak()
    table = lift(panel)
    done = time.process_time()
    ratio = (done - start) / (done - read)
    print(
        f"{panel.answers:,} answers × {len(panel.brands)} × {len(panel.sources):,}, {panel.exposed.nnz:,} "
        f"exposures, {database.dialect.name}: read in {read - start:.1f} CPU s, compared in "
        f"{done - read:.1f} (whole ÷ comparison {ratio:.2f}); before {before:.0f} MB, with the panel "
        f"{held:.0f}, peak {peak():.0f}; {sum(row.goes_with_more for row in table.rows)} claimed"
    )


if __name__ == "__main__":
    main()
