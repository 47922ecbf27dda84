"""A server's log of ten gigabytes, gzipped, against `zcat | grep` for the same names on the same file.

    python -m tests.bench.bench_log [--quick]

The file is made of one block of different lines, repeated; four lines in a hundred name a crawler, half of
them from addresses that are not its operator's. What is judged is processor time (at least half as fast as
the two commands together), memory (flat: the last gigabytes take no more than the first), and that every
line is counted and every forged one apart: exit code 1 otherwise.
"""

from __future__ import annotations

import gzip
import ipaddress
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tracker.visits import agents, logs

BYTES, BLOCK, MEMBER = 10_000_000_000, 4_000_000, 25
"""Of the log, of one block, and blocks a gzip member."""
LEAST, MOST_MB = 0.5, 300
OURS = ipaddress.ip_network("52.230.152.0/24")
PEOPLE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML) Chrome/126.0 Safari/537.36"
CRAWLER = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
)


def block(rng: random.Random) -> tuple[bytes, int, int]:
    """(lines, how many are a crawler's, how many of those are forged)"""
    lines, crawled, forged, size = [], 0, 0, 0
    while size < BLOCK:
        bot = rng.random() < 0.04
        false = bot and rng.random() < 0.5
        ip = (
            f"52.230.152.{rng.randrange(256)}"
            if bot and not false
            else f"198.51.{rng.randrange(256)}.{rng.randrange(256)}"
        )
        second = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}"
        page = f"/{rng.choice(('blog', 'docs', 'shop'))}/{rng.randrange(400)}?session={rng.randrange(10**12)}"
        line = (
            f'{ip} - - [18/May/2026:{second} +0000] "GET {page} HTTP/1.1" 200 {rng.randrange(90_000)} '
            f'"https://norvane.com/{rng.randrange(10**6)}" "{CRAWLER if bot else PEOPLE}"\n'
        )
        lines.append(line)
        size += len(line)
        crawled, forged = crawled + bot, forged + false
    return "".join(lines).encode(), crawled, forged


def cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def sample(into: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        into.append(memory_mb())


def main() -> int:
    wanted = BYTES // 100 if "--quick" in sys.argv else BYTES
    lines, crawled, forged = block(random.Random(7))
    members = wanted // (len(lines) * MEMBER) or 1
    blocks = members * MEMBER
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "access.log.gz"
        member = gzip.compress(lines * MEMBER, 6)
        with path.open("wb") as file:
            for _ in range(members):
                file.write(member)
        names = Path(folder) / "names"
        names.write_text("\n".join(agents.agents()), "utf-8")
        began, wall = cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
        found = subprocess.run(
            f"{shutil.which('zcat')} {path} | {shutil.which('grep')} -c -F -f {names}",
            shell=True,
            capture_output=True,
            check=True,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )
        bare, bare_wall = cpu(resource.RUSAGE_CHILDREN) - began, time.perf_counter() - wall
        began, wall = cpu(resource.RUSAGE_SELF), time.perf_counter()
        ranges = dict.fromkeys(["GPTBot"], agents.ranges_of([OURS]))
        samples: list[float] = []
        ended = threading.Event()
        sampling = threading.Thread(target=sample, args=(samples, ended))
        sampling.start()
        counted = logs.count(path, "norvane.com", ranges)
        ended.set()
        sampling.join()
        mine, mine_wall = cpu(resource.RUSAGE_SELF) - began, time.perf_counter() - wall
        size = path.stat().st_size
    half = len(samples) // 2
    early, late = max(samples[:half] or [0]), max(samples[half:])
    hits = sum(counted.hits.values())
    print(
        f"{counted.read_bytes / 1e9:.2f} GB ({size / 1e9:.2f} gzipped): {mine:.1f} CPU s against {bare:.1f} "
        f"of zcat | grep ({bare / mine:.2f}; by wall {bare_wall / mine_wall:.2f}), {early:.0f} MB in the "
        f"first half, {late:.0f} in the second; {hits:,} counted, {counted.forged:,} forged"
    )
    right = (
        int(found.stdout) == hits == crawled * blocks
        and counted.forged == forged * blocks
        and counted.read_bytes == len(lines) * blocks
    )
    if not right:
        print(f"counted wrongly: {crawled * blocks:,} crawled, {forged * blocks:,} of them forged")
    return 0 if right and bare / mine >= LEAST and late <= min(early * 1.1, MOST_MB) else 1


if __name__ == "__main__":
    sys.exit(main())
