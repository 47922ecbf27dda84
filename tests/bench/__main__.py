"""Runs the benchmarks, each in a process of its own, and fails if one does.

`python -m tests.bench` runs every bench_*.py; `python -m tests.bench import webgraph` those. Calibrations
take long and judge no speed: they run by name only (`python -m tests.bench calibration`). What follows `--`
goes to each of them."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def benches() -> dict[str, str]:
    """Name → module of what runs without being asked for."""
    return {path.stem.removeprefix("bench_"): path.stem for path in sorted(HERE.glob("bench_*.py"))}


def calibrations() -> dict[str, str]:
    files = {path.stem: path.stem for path in sorted(HERE.glob("calibration*.py"))}
    return files | {
        path.parent.name: path.parent.name for path in sorted(HERE.glob("calibration*/__main__.py"))
    }


def chosen(names: list[str]) -> dict[str, str]:
    known = benches() | calibrations()
    unknown = [name for name in names if name.removeprefix("bench_") not in known]
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    return {name: known[name] for name in (given.removeprefix("bench_") for given in names)} or benches()


def run(module: str, arguments: list[str]) -> tuple[int, float]:
    began = time.perf_counter()
    command = [
        sys.executable,
        "-u",
        "-c",
        f"import sys; sys.argv[0] = {module!r}\nfrom importlib import import_module\n"
        f"sys.exit(import_module('tests.bench.{module}').main())",
        *arguments,
    ]
    if (HERE / module).is_dir():
        command[2:4] = ["-m", f"tests.bench.{module}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"  {line.rstrip()}", flush=True)
    return process.returncode, time.perf_counter() - began


def main() -> int:
    reader = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    reader.add_argument("names", nargs="*", help="which benchmarks; all of them where none is named")
    given, arguments = _split(sys.argv[1:])
    wanted = chosen(reader.parse_args(given).names)
    failed = []
    for name, module in wanted.items():
        print(f"{name}", flush=True)
        code, seconds = run(module, arguments)
        print(f"  {'failed' if code else 'done'} in {seconds:.0f} s", flush=True)
        if code:
            failed.append(f"{name} (exit code {code})")
    skipped = [name for name in benches() | calibrations() if name not in wanted]
    if skipped:
        print(f"not run: {', '.join(skipped)}; name them to run them")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    return (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])


if __name__ == "__main__":
    sys.exit(main())
