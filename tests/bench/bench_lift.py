"""Lift on 100,000 answers × 8 brands × 200 sources beside pyfixest.feols on the same design.

`python -m tests.bench.bench_lift [--answers 100000] [--sources 200]`: each runs in its own process, on the
same panel, and prints seconds of processor time and peak memory above the panel's; the last line gives the
ratios. Both estimate all sources jointly with answer, brand × prompt × engine and brand × topic × week ×
engine effects and errors by prompt."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings

import numpy as np
import pandas as pd

from analysis.lift.estimate import lift
from analysis.lift.panel import Panel
from analysis.lift.simulate import RECIPES, world


def draw(answers: int, sources: int) -> Panel:
    """Drawn in slices of answers: the simulator keeps dense (answers, brands, sources) arrays."""
    from dataclasses import replace

    from scipy import sparse

    step = 10_000
    parts = []
    for at in range(0, answers, step):
        size = min(step, answers - at)
        parts.append(
            world("planted", 1 + at // step, answers=size, sources=sources, recipe=RECIPES["planted"])[0]
        )
    join = {
        n: np.concatenate([getattr(p, n) for p in parts])
        for n in ("prompt", "engine", "week", "topic", "named")
    }
    stack = {n: sparse.csr_array(sparse.vstack([getattr(p, n) for p in parts])) for n in ("cited", "exposed")}
    return replace(parts[0], **join, **stack)


def ours(panel: Panel) -> np.ndarray:
    table = lift(panel, within="topic-week", answer="level", checks="none", min_exposed=1)
    return np.array([np.nan if (x := table.row(s).lift) is None else x for s in panel.sources])


def theirs(panel: Panel) -> np.ndarray:
    import pyfixest

    b = len(panel.brands)
    names = [f"x{i}" for i in range(len(panel.sources))]
    frame = pd.DataFrame(panel.exposed.toarray(), columns=names)
    answer = np.arange(panel.answers)
    brand = np.tile(np.arange(b), panel.answers)
    code = {
        "a": answer,
        "p": panel.prompt,
        "cell": panel.prompt * 1000 + panel.engine,
        "twe": (panel.topic * 1000 + panel.week) * 1000 + panel.engine,
    }
    wide = {name: np.repeat(values, b) for name, values in code.items()}
    frame["y"] = panel.named.ravel().astype(float)
    frame["a"], frame["p"] = wide["a"], wide["p"]
    frame["bpe"], frame["btwe"] = wide["cell"] * 100 + brand, wide["twe"] * 100 + brand
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pyfixest.feols(f"y ~ {' + '.join(names)} | a + bpe + btwe", frame, vcov={"CRV1": "p"})
    coefficients = found.coef()
    return np.array([coefficients.get(n, np.nan) for n in names])


def one(which: str, answers: int, sources: int) -> None:
    panel = draw(answers, sources)
    small = panel.take(np.arange(400))
    (ours if which == "ours" else theirs)(small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    found = (ours if which == "ours" else theirs)(panel)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {"seconds": seconds, "mb": (peak - before) / 1024, "peak": peak / 1024, "lift": found.tolist()}
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_lift", description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--one", choices=["ours", "theirs"])
    chosen = parser.parse_args()
    if chosen.one:
        one(chosen.one, chosen.answers, chosen.sources)
        return
    size = ["--answers", str(chosen.answers), "--sources", str(chosen.sources)]
    found = {}
    for which in ("ours", "theirs"):
        command = [sys.executable, "-m", "tests.bench.bench_lift", "--one", which, *size]
        found[which] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        row = found[which]
        print(
            f"{which:7s} {row['seconds']:7.1f} s   {row['mb']:7.0f} MB above the panel   peak "
            f"{row['peak']:.0f} MB"
        )
    a, b = found["ours"], found["theirs"]
    apart = np.nanmax(np.abs(np.array(a["lift"], float) - np.array(b["lift"], float)))
    print(
        f"ours ÷ pyfixest: time {a['seconds'] / b['seconds']:.2f}, memory {a['mb'] / b['mb']:.2f}; apart "
        f"{apart:.1e}"
    )


if __name__ == "__main__":
    main()
