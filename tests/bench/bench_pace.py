"""Two processes on one database keep one pace: requests a minute, an engine's word on waiting, failures.

`python -m tests.bench pace`. Both are real `citelift run --key`; what left is what the sandbox's clock and
counters say, over both.

`rpm`: at 120 a minute, the busiest second and the busiest minute. `wait`: an engine that answers every first
request with 429 and Retry-After of so many seconds has none but what was under way until they are over.
`breaker`: an engine of nothing but failures is paused for both, and left alone by both after as many requests
as for one."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.bench.runs import KINDS, Scene, ended, scene, server
from tracker import sandbox
from tracker.run.gate import BREAKER_FAILURES, BREAKER_PAUSES

RPM = 120
RETRY_AFTER = 10.0
IN_FLIGHT = 8
PARTS = ("rpm", "wait", "breaker")


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.bench pace --", description=__doc__)
    reader.add_argument("parts", nargs="*", help=", ".join(PARTS))
    reader.add_argument("--on", choices=KINDS, help="one database only")
    given = reader.parse_args()
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    parts = given.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    with server() as running:
        for kind in [given.on] if given.on else KINDS:
            for part in parts:
                {"rpm": rpm, "wait": wait, "breaker": breaker}[part](kind, running)


def rpm(kind: str, running: Any) -> None:
    with scene(kind, 300, running, faults=sandbox.Faults(latency=0.2), rpm=RPM) as on:
        both = [on.process() for _ in range(2)]
        on.until(lambda: all(on.flying(p).asks for p in both), *both)  # both are at work
        late = _lateness(both)
        assert [ended(process) for process in both] == ["done"] * 2
        said = sandbox.counters(on.url)
    second, minute = int(str(said["busiest_second"])), int(str(said["busiest_minute"]))
    print(
        f"{kind}: rpm {RPM}, two processes: busiest second {second}, busiest minute {minute}; this machine "
        f"let a process wait for up to {late:.1f} s",
        flush=True,
    )
    assert minute <= RPM, said
    # Between the gate and the engine a request may be as late as the machine is busy, and the next on time;
    # the first of each process also waits until its client is built.
    assert second <= RPM / 60 * (1 + late) + 4, said
    assert said["asked_again"] == 0, said


def _lateness(processes: Sequence[subprocess.Popen[str]]) -> float:
    """Until they have ended: by how much a short sleep was too long."""
    late, moment = 0.0, 0.02
    while any(process.poll() is None for process in processes):
        begun = time.monotonic()
        time.sleep(moment)
        late = max(late, time.monotonic() - begun - moment)
    return late


def wait(kind: str, running: Any) -> None:
    faults = sandbox.Faults(http_429=1.0, only_first_attempts=1, retry_after=RETRY_AFTER)
    with scene(kind, 100, running, faults=faults, concurrency=IN_FLIGHT) as on:
        both = [on.process() for _ in range(2)]
        on.until(lambda: _requests(on) > 0, *both)
        begun = time.monotonic()
        seen: list[tuple[float, int]] = []
        while (at := time.monotonic() - begun) < RETRY_AFTER - 1:
            seen.append((at, _requests(on)))
            time.sleep(0.1)
        assert [ended(process) for process in both] == ["done"] * 2
    print(
        f"{kind}: Retry-After {RETRY_AFTER:.0f} s, two processes: {seen[-1][1]} requests before", flush=True
    )
    assert seen[-1][1] <= IN_FLIGHT, seen


def _requests(on: Scene) -> int:
    return int(str(sandbox.counters(on.url)["requests"]))


def breaker(kind: str, running: Any) -> None:
    with scene(kind, 600, running, faults=sandbox.Faults(http_500=1.0), concurrency=IN_FLIGHT) as on:
        both = [on.process() for _ in range(2)]
        begun = time.monotonic()
        assert {ended(process) for process in both} == {"partial"}
        seconds, requests = time.monotonic() - begun, _requests(on)
    most = BREAKER_FAILURES * (len(BREAKER_PAUSES) + 1) + 2 * IN_FLIGHT
    print(f"{kind}: failures, two processes: {requests} requests in {seconds:.0f} s", flush=True)
    assert requests <= most, (requests, most)
    assert seconds >= sum(BREAKER_PAUSES)


if __name__ == "__main__":
    main()
