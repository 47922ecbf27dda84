"""Requests a second of the simulated engines, per dialect, with the server's own processor time.

Run from the top of the repository: ``python -m tests.bench.bench_sandbox``. The client needs more time than
the server, so the figure that counts is requests per second of the server's core."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tracker.sandbox import DEMO_SEED, Sandbox, SimulatedWorld, counters
from tracker.sandbox.__main__ import world_of

ROOT = Path(__file__).resolve().parents[2]
MODELS = {"chat": "gpt-5-search-api", "perplexity": "sonar", "anthropic": "claude-sonnet-5-5"}


def request(world: SimulatedWorld, shape: str, i: int) -> tuple[str, dict[str, Any], dict[str, str]]:
    text = world.prompts[i % len(world.prompts)].text
    body: dict[str, Any] = {"model": MODELS[shape], "messages": [{"role": "user", "content": text}]}
    if shape == "anthropic":
        body["tools"] = [{"type": "web_search_20250305", "name": "web_search"}]
    else:
        body["web_search_options"] = {}
    sent = {
        "x-citelift-ask": f"{shape}-{i}",
        "x-citelift-repeat": str(i),
        "x-citelift-asked-at": "2026-04-01",
    }
    return "/v1/messages" if shape == "anthropic" else "/chat/completions", body, sent


async def load(
    url: str, world: SimulatedWorld, shape: str, count: int, concurrency: int
) -> tuple[float, float]:
    """Seconds taken, and bytes of the mean body."""
    numbers = iter(range(count))
    size = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def worker() -> None:
            nonlocal size
            for i in numbers:
                path, body, sent = request(world, shape, i)
                async with session.post(url + path, json=body, headers=sent) as reply:
                    assert reply.status == 200
                    size += len(await reply.read())

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        return time.perf_counter() - began, size / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=64)
    options = parser.parse_args()
    world = world_of(ROOT / "prompts", seed=DEMO_SEED, kind="planted")
    print(
        f"{'dialect':<12}{'req/s':>9}{'req/s of a core':>18}{'body':>9}{'high water':>12}  "
        f"({os.cpu_count()} cores)"
    )
    for shape in MODELS:
        with Sandbox(world) as url:
            child = max(psutil.Process().children(), key=lambda c: c.create_time())
            before = sum(child.cpu_times()[:2])
            seconds, size = asyncio.run(load(url, world, shape, options.count, options.concurrency))
            spent = sum(child.cpu_times()[:2]) - before
            high = counters(url)["in_flight_high_water"]
        rates = f"{options.count / seconds:>9,.0f}{options.count / spent:>18,.0f}"
        print(f"{shape:<12}{rates}{size:>7,.0f} B{high:>12}")


if __name__ == "__main__":
    main()
