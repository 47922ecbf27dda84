"""`python -m tests.bench.calibration [--seeds 20] [--first 0] [--kinds planted,null,…]` prints the table of
lift; with `--timing`, those of direction and of gains."""

from __future__ import annotations

import argparse
from typing import get_args

from analysis.lift.simulate import Kind
from tests.bench.calibration.study import table, tally
from tests.bench.calibration.timing import directions, promises, worlds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.calibration", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(get_args(Kind)))
    parser.add_argument("--timing", action="store_true")
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    if chosen.timing:
        found = [told for kind in chosen.kinds.split(",") for told in worlds(kind, seeds)]
        print(f"{directions(found)}\n\n{promises(found)}")
        return
    for i, kind in enumerate(chosen.kinds.split(",")):
        print("\n".join(table([tally(kind, seeds)]).splitlines()[2 if i else 0 :]), flush=True)


if __name__ == "__main__":
    main()
