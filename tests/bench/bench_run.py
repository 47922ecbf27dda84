"""Runs: throughput against a bare litellm loop, memory from a thousand asks to fifty thousand, faults and
kills.

python -m tests.bench.bench_run [throughput] [memory] [faults] [kills]
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import func
from sqlmodel import col, select

from tracker import catalog, sandbox, store
from tracker.catalog import BrandEntry, Catalog, EngineEntry, PromptEntry
from tracker.engines.ask import _litellm
from tracker.engines.calls import call_for
from tracker.engines.simulated import KEY
from tracker.models import Answer, Ask, Ledger
from tracker.run import jobs, plan

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
CONCURRENCY = 64
PROMPTS = 100
ROUNDS = 7
TARGET = 0.85
FAULTS = sandbox.Faults(
    http_429=0.10, http_500=0.05, timeout=0.05, truncated=0.02, empty=0.01, retry_after=0.2, hang=10, seed=5
)
BUDGET = 2_000_000_000


def catalog_of(asks: int, engines: Sequence[str] = ("chat",), budget: int | None = None) -> Catalog:
    brands = [BrandEntry("Norvane", domains=("norvane.com",), own=True)]
    brands += [
        BrandEntry(name, domains=(f"{name.lower()}.com",)) for name in ("Quellby", "Tarnwick", "Oltera")
    ]
    prompts = [PromptEntry(f"What is the best CRM for team number {n}?", "crm") for n in range(PROMPTS)]
    repeats = asks // (PROMPTS * len(engines))
    rows = [EngineEntry(name, f"sandbox/{name}", repeats=repeats, budget_micros=budget) for name in engines]
    return Catalog("bench", tuple(brands), tuple(prompts), tuple(rows))


def world_of(found: Catalog) -> sandbox.SimulatedWorld:
    brands = [sandbox.WorldBrand(b.name, b.domains, b.own) for b in found.brands]
    return sandbox.SimulatedWorld.build(
        brands, [sandbox.WorldPrompt(p.text, p.topic) for p in found.prompts], seed=3
    )


@dataclass(frozen=True)
class Spent:
    wall: float
    cpu: float


def _clock() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def _since(start: tuple[float, float]) -> Spent:
    now = _clock()
    return Spent(now[0] - start[0], now[1] - start[1])


def bare(found: Catalog, url: str) -> Spent:
    """What any program would do: litellm in a loop, so many at once, nothing kept."""
    litellm = _litellm()
    (entry,) = found.engines
    call = call_for(entry.model)
    model = call.model(entry.model)

    async def main() -> None:
        places = asyncio.Semaphore(CONCURRENCY)

        async def one(prompt: int, repeat: int) -> None:
            headers = {"x-citelift-ask": f"bare:{prompt}:{repeat}", "x-citelift-asked-at": AT.isoformat()}
            headers["x-citelift-repeat"] = str(repeat)
            text = found.prompts[prompt].text
            more = {"api_base": url, "api_key": KEY, "extra_headers": headers, **call.options}
            async with places:
                if call.route == "responses":
                    await litellm.aresponses(model=model, input=text, **more)
                else:
                    messages = [{"role": "user", "content": text}]
                    await litellm.acompletion(model=model, messages=messages, **more)

        await asyncio.gather(*(one(p, r) for r in range(entry.repeats) for p in range(PROMPTS)))

    start = _clock()
    asyncio.run(main())
    return _since(start)


def whole(found: Catalog, url: str) -> Spent:
    """The same asks as a run: planned, claimed, asked, stored, read, stored again, settled."""
    with tempfile.TemporaryDirectory() as folder:
        database = store.open_database(f"sqlite:///{folder}/bench.db")
        run_id = planned(database, found)
        start = _clock()
        limits = jobs.Limits(concurrency=CONCURRENCY)
        summary = asyncio.run(jobs.execute(database, run_id, limits, sandbox_url=url))
        spent = _since(start)
        database.dispose()
    assert summary.state == "done", summary
    return spent


def planned(database: store.Engine, found: Catalog) -> int:
    with store.writing(database) as session:
        workspace_id = catalog.sync(session, found)
        return jobs.create_run(session, workspace_id, found, plan.make(found), key="bench", now=AT)


def throughput(engine: str, asks: int = 2_000) -> float:
    found = catalog_of(asks, (engine,))
    with sandbox.Sandbox(world_of(found)) as url:
        bare(catalog_of(500, (engine,)), url)
        pairs = [(bare(found, url), whole(found, url)) for _ in range(ROUNDS)]
    ratios = sorted(a.wall / b.wall for a, b in pairs)
    processor = sorted(a.cpu / b.cpu for a, b in pairs)
    print(
        f"{engine}: bare {asks / median(a.wall for a, _ in pairs):.0f}/s, run "
        f"{asks / median(b.wall for _, b in pairs):.0f}/s; "
        f"ratio {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), of processor time "
        f"{median(processor):.2f}"
    )
    return median(ratios)


def memory(asks: int) -> int:
    """Peak resident memory, in MB, of a process of its own that works on so many asks."""
    code = f"from tests.bench.bench_run import _memory; _memory({asks})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def _memory(asks: int) -> None:
    found = catalog_of(asks)
    with sandbox.Sandbox(world_of(found)) as url:
        whole(found, url)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def limits() -> jobs.Limits:
    return jobs.Limits(concurrency=CONCURRENCY, timeout=5, max_attempts=8, first_backoff=0.1)


def faults(asks: int = 5_000) -> None:
    found = catalog_of(asks, budget=BUDGET)
    with tempfile.TemporaryDirectory() as folder, sandbox.Sandbox(world_of(found), faults=FAULTS) as url:
        database = store.open_database(f"sqlite:///{folder}/bench.db")
        run_id = planned(database, found)
        begun = time.perf_counter()
        asyncio.run(jobs.execute(database, run_id, limits(), sandbox_url=url))
        _tally("faults", database, asks, url, time.perf_counter() - begun)


WORKER = """
import asyncio, sys
from tests.bench.bench_run import jobs, limits, store
print("up", flush=True)
say = lambda p: print(p.answered + p.failed, flush=True)
database, run, url = store.open_database(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
asyncio.run(jobs.execute(database, run, limits(), sandbox_url=url, on_progress=say))
"""


def kills(asks: int = 5_000, times: int = 5) -> None:
    """Killed with -9 at random moments of its work, each time resumed."""
    found, chance = catalog_of(asks, budget=BUDGET), random.Random(1)
    with tempfile.TemporaryDirectory() as folder, sandbox.Sandbox(world_of(found), faults=FAULTS) as url:
        address = f"sqlite:///{folder}/bench.db"
        database = store.open_database(address)
        run_id = planned(database, found)
        begun = time.perf_counter()
        for number in range(times):
            _kill_at(address, run_id, url, asks * (number + chance.random()) / (times + 1), chance)
        asyncio.run(jobs.execute(database, run_id, limits(), sandbox_url=url))
        _tally(f"{times} kills", database, asks, url, time.perf_counter() - begun)


def _kill_at(address: str, run_id: int, url: str, done: float, chance: random.Random) -> None:
    command = [sys.executable, "-c", WORKER, address, str(run_id), url]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip().isdigit() and int(line) >= done:
            break
    time.sleep(chance.uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def _tally(name: str, database: store.Engine, asks: int, url: str, seconds: float) -> None:
    with store.reading(database) as session:
        states = dict(session.exec(select(Ask.state, func.count()).group_by(Ask.state)).all())
        failed = (
            select(Ask.reason, func.count()).where(col(Ask.reason).is_not(None)).group_by(col(Ask.reason))
        )
        reasons = dict(session.exec(failed).all())
        answers = session.exec(select(func.count()).select_from(Answer)).one()
        distinct = session.exec(select(func.count(func.distinct(Answer.ask_id)))).one()
        (ledger,) = session.exec(select(Ledger)).all()
    counted = sandbox.counters(url)
    print(
        f"{name}: {seconds:.0f} s; {states}, reasons {reasons}; {answers} answers of {distinct} asks; "
        f"${ledger.spent_micros / 1e6:.6f} of ${BUDGET / 1e6:.0f} booked, {ledger.reserved_micros} set "
        "aside; "
        f"engine answered {counted['answered_again']} a second time"
    )
    assert sum(states.values()) == states.get("answered", 0) + states.get("failed", 0) == asks
    assert answers == distinct == states["answered"]
    assert ledger.spent_micros <= BUDGET
    assert ledger.reserved_micros == 0


def main(parts: Sequence[str] = ("throughput", "memory", "faults", "kills")) -> None:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    if "throughput" in parts:
        slowest = min(throughput(engine) for engine in ("chat", "anthropic"))
        print(f"target {TARGET}: {'met' if slowest >= TARGET else 'MISSED'}")
    if "memory" in parts:
        small, large = memory(1_000), memory(50_000)
        print(f"peak memory: {small} MB at 1,000 asks, {large} MB at 50,000")
    if "faults" in parts:
        faults()
    if "kills" in parts:
        kills()


if __name__ == "__main__":
    main(sys.argv[1:] or ("throughput", "memory", "faults", "kills"))
