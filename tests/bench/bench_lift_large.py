"""Lift with all checks and direction on a million answers: seconds of CPU and peak memory above the panel's.

`python -m tests.bench.bench_lift_large [--answers 1000000] [--sources 2000] [--brands 8]`. The panel is drawn
straight into sparse tables, since the simulator's dense ones would not fit; a tenth of the sources have a
lift of 15 points, links begin in any of 26 weeks or before."""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from scipy import sparse

from analysis.lift.estimate import lift
from analysis.lift.panel import Panel

PROMPTS, ENGINES, WEEKS, TOPICS, CITES = 200, 4, 26, 5, 5


def draw(answers: int, sources: int, brands: int, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    cell = np.arange(answers) % (PROMPTS * ENGINES * WEEKS)
    prompt, rest = np.divmod(cell, ENGINES * WEEKS)
    engine, week = np.divmod(rest, WEEKS)
    reach = (1 / np.arange(1, sources + 1) ** 0.8).cumsum()
    picks = np.searchsorted(reach, rng.random((answers, CITES)) * reach[-1])
    cited = sparse.csr_array(
        (np.ones(picks.size), (np.repeat(np.arange(answers), CITES), picks.ravel())), (answers, sources)
    )
    cited.sum_duplicates()
    cited.data[:] = 1.0
    linked = rng.random((sources, brands)) < 0.3
    begins = np.where(
        linked, np.where(rng.random(linked.shape) < 0.5, -1, rng.integers(1, WEEKS, linked.shape)), WEEKS
    )
    ends = np.full(linked.shape, WEEKS)
    flat = cited.tocoo()
    rows, columns = [], []
    for b in range(brands):
        live = begins[flat.col, b] <= week[flat.row]
        rows.append(flat.row[live].astype(np.int64) * brands + b)
        columns.append(flat.col[live])
    where = (np.concatenate(rows), np.concatenate(columns))
    exposed = sparse.csr_array((np.ones(len(where[0])), where), (answers * brands, sources))
    effect = np.where(np.arange(sources) % 10 == 3, 0.15, 0.0)
    base = rng.beta(2, 4, (PROMPTS, brands))
    rate = np.clip(base[prompt] + (exposed @ effect).reshape(answers, brands), 0.01, 0.99)
    return Panel(
        prompt=prompt,
        engine=engine,
        week=week,
        topic=prompt % TOPICS,
        brands=tuple(f"brand {b}" for b in range(brands)),
        sources=tuple(f"source-{s}.example" for s in range(sources)),
        families=("source",) * sources,
        named=rng.random(rate.shape) < rate,
        cited=cited,
        exposed=exposed,
        own=0,
        begins=begins,
        ends=ends,
    )


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_lift_large", description=__doc__)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--brands", type=int, default=8)
    chosen = parser.parse_args()
    panel = draw(chosen.answers, chosen.sources, chosen.brands)
    before, start = peak(), time.process_time()
    table = lift(panel)
    seconds = time.process_time() - start
    claimed = [row for row in table.rows if row.goes_with_more]
    true = sum(int(row.source.split("-")[1].split(".")[0]) % 10 == 3 for row in claimed)
    told = table.direction.verdict if table.direction else "no direction"
    print(
        f"{chosen.answers:,} answers × {chosen.brands} × {chosen.sources:,}: {seconds:.0f} CPU s, panel "
        f"{before:.0f} MB, peak {peak():.0f} MB; {len(claimed)} claimed, {true} of them true; {told}"
    )


if __name__ == "__main__":
    main()
