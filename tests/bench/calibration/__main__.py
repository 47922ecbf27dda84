"""`python -m tests.bench.calibration [--seeds 20] [--first 0] [--kinds planted,null,…]` prints the table."""

from __future__ import annotations

import argparse
from typing import get_args

from analysis.lift.simulate import Kind
from tests.bench.calibration.study import table, tally


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.calibration", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(get_args(Kind)))
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    for i, kind in enumerate(chosen.kinds.split(",")):
        print("\n".join(table([tally(kind, seeds)]).splitlines()[2 if i else 0 :]), flush=True)


if __name__ == "__main__":
    main()
