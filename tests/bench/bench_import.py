"""Importing backlinks against polars or DuckDB reading the same CSV and SQLAlchemy core inserting its rows.

Run from the top of the repository: ``python -m tests.bench.bench_import [--rows 1000000]``. Each contender
runs in its own process, so that its peak memory is its own; only the ratios of one run count."""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

BAR = 0.8
"""Of the faster contender, by wall time and with two idle cores: a big file is read in a process of its own
while this one stores, and one busy core takes that away (then some 0.5 to 0.7, as by processor time). Small
files carry the start of that process: judge 1,000,000 rows."""
COLUMNS = ("source_url", "target_url", "anchor", "rel", "first_seen", "last_seen", "lost_at")


def make(path: Path, rows: int) -> None:
    """Backlinks as a mid-sized brand has them: 60,000 linking domains, 500 pages linked to, pages hardly
    repeated."""
    draw = random.Random(1)
    rels = ("", "nofollow", "ugc nofollow", "sponsored")
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for n in range(rows):
            site = draw.randrange(60_000)
            first, last = draw.randrange(1, 29), draw.randrange(1, 29)
            out.writerow(
                (
                    f"https://www.site{site}.com/blog/{draw.randrange(1_000)}/post-{n}",
                    f"https://acme.com/p/{draw.randrange(500)}",
                    f"anchor text {n % 5_000}",
                    rels[n % 4],
                    f"2026-{draw.randrange(1, 11):02d}-{first:02d}",
                    f"2026-11-{last:02d}",
                    "",
                )
            )


def importing(path: Path, folder: Path) -> int:
    from tracker import store
    from tracker.links.imports import import_links
    from tracker.models import Workspace

    database = store.open_database(f"sqlite:///{folder}/citelift.db")
    with store.writing(database) as session:
        session.add(Workspace(id=1, name="bench"))
    return import_links(database, 1, path, now=datetime(2026, 12, 1, tzinfo=UTC)).stored


def with_polars(path: Path, folder: Path) -> int:
    import polars

    frame = polars.read_csv(path)
    return _insert(folder, frame.columns, (part.to_dicts() for part in frame.iter_slices(10_000)))


def with_duckdb(path: Path, folder: Path) -> int:
    import duckdb

    found = duckdb.execute("select * from read_csv(?, header = true, all_varchar = true)", [str(path)])
    names = [each[0] for each in found.description or ()]

    def parts():  # type: ignore[no-untyped-def]
        while block := found.fetchmany(10_000):
            yield [dict(zip(names, row, strict=True)) for row in block]

    return _insert(folder, names, parts())


def _insert(folder: Path, names, parts) -> int:  # type: ignore[no-untyped-def]
    import sqlalchemy as sa

    database = sa.create_engine(f"sqlite:///{folder}/plain.db")
    meta = sa.MetaData()
    columns = [sa.Column(name, sa.Text) for name in names]
    table = sa.Table("links", meta, sa.Column("id", sa.Integer, primary_key=True), *columns)
    meta.create_all(database)
    count = 0
    with database.begin() as connection:
        for part in parts:
            connection.execute(table.insert(), part)
            count += len(part)
    return count


CONTENDERS = {"import_links": importing, "polars + core": with_polars, "duckdb + core": with_duckdb}


def alone(name: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_import", "--only", name, "--file", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def only(name: str, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        CONTENDERS[name](
            _head(path, Path(folder)), Path(folder)
        )  # imports and first statements are not timed
        for each in Path(folder).iterdir():
            each.unlink()
        wall, cpu = time.perf_counter(), _cpu()
        count = CONTENDERS[name](path, Path(folder))
        wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    usage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = sum(each.ru_maxrss for each in usage) / 1024
    print(json.dumps({"rows": count, "seconds": wall, "cpu": cpu, "peak_mb": peak}))


def _cpu() -> float:
    """Of this process and of those it started and waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _head(path: Path, folder: Path) -> Path:
    small = folder / "head.csv"
    with path.open() as file:
        small.write_text("".join(islice(file, 100)))
    return small


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeats", type=int, default=2)
    options.add_argument("--only", choices=list(CONTENDERS))
    options.add_argument("--file", type=Path)
    given = options.parse_args()
    if given.only:
        only(given.only, given.file)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backlinks.csv"
        make(path, given.rows)
        print(f"{given.rows:,} backlinks, {path.stat().st_size / 1e6:.0f} MB")
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
        for _ in range(given.repeats):  # by turns, so that another job on the machine meets all of them
            for name in CONTENDERS:
                runs[name].append(alone(name, path))
    best = {name: min(each, key=lambda run: run["seconds"]) for name, each in runs.items()}
    for name, run in best.items():
        print(
            f"{name:14} {run['seconds']:6.1f} s  (cpu {run['cpu']:5.1f} s)  "
            f"{run['rows'] / run['seconds']:9,.0f} rows/s"
            f"  peak {run['peak_mb']:5.0f} MB"
        )
    bare = min(run["seconds"] for name, run in best.items() if name != "import_links")
    ratio = bare / best["import_links"]["seconds"]
    print(f"speed of import_links against the faster of the two: {ratio:.2f} (asked: {BAR} with idle cores)")
    spent = min(run["cpu"] for name, each in runs.items() if name != "import_links" for run in each)
    print(f"  by processor time: {spent / min(run['cpu'] for run in runs['import_links']):.2f}")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
