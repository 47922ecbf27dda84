"""`python -m tests.bench.calibration [--seeds 20] [--first 0] [--worlds "planted;null"] [--keep FILE]` prints
the tables of lift, direction and gains. Worlds that FILE holds already are not made again."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.bench.calibration import tables
from tests.bench.calibration.study import WORLDS, study


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.calibration", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--worlds", help="Names with a semicolon between.", default=";".join(WORLDS))
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    found = list(study(chosen.worlds.split(";"), seeds, chosen.keep))
    print("\n\n".join(each(found) for each in (tables.lifts, tables.directions, tables.promises)))


if __name__ == "__main__":
    main()
